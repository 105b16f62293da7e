#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "codec/pbes2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static bool lies_in(struct str part, struct str whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str der = str_from((const char *)data, size);
	struct pbes2 p;

	if (!pbes2_parse(der, &p))
		return 0;
	must(lies_in(p.salt, der) && lies_in(p.iv, der) && lies_in(p.data, der));
	must(p.iv.n == PBES2_BLOCK && p.data.n >= PBES2_BLOCK && p.data.n % PBES2_BLOCK == 0);
	must(p.iterations >= 1 && p.iterations <= LIMIT_KEY_ITERATIONS);
	must(p.key_bytes == 16 || p.key_bytes == 24 || p.key_bytes == 32);
	must(p.prf <= PBES2_HMAC_SHA512);
	return 0;
}
