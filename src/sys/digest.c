#include "sys/digest.h"

#include <mbedtls/sha256.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"

struct digest {
	mbedtls_sha256_context context;
	bool failed;
};

struct digest *digest_new(void)
{
	struct digest *d = memory_clear(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	mbedtls_sha256_init(&d->context);
	d->failed = mbedtls_sha256_starts(&d->context, 0) != 0;
	return d;
}

void digest_add(struct digest *d, const void *bytes, size_t len)
{
	d->failed = mbedtls_sha256_update(&d->context, bytes, len) != 0 || d->failed;
}

void digest_end(struct digest *d, uint8_t out[static DIGEST_BYTES])
{
	/* The software implementation cannot fail; a value that matches nothing is safe if it did.
	 */
	if (mbedtls_sha256_finish(&d->context, out) != 0 || d->failed)
		memset(out, 0, DIGEST_BYTES);
	digest_free(d);
}

void digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	mbedtls_sha256_free(&d->context);
	wipe(d, sizeof(*d));
	memory_free(d);
}
