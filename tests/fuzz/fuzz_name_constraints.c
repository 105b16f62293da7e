#include <stdint.h>
#include <stdlib.h>

#include "codec/der.h"
#include "codec/name_constraints.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* Three elements: constraints, subject, names; what does not divide so is given as it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_from((const char *)data, size), whole = rest;
	struct str part[3] = {rest, rest, rest}, content, culprit;
	enum name_verdict verdict;
	uint8_t tag;

	for (size_t i = 0; i < 3; i++) {
		struct str element;

		part[i] = der_next(&rest, &tag, &content, &element) ? element : rest;
	}
	verdict = name_constraints_judge(part[0], part[1], part[2], &culprit);
	must(verdict == NAME_WITHIN || verdict == NAME_OUTSIDE || verdict == NAME_UNJUDGED);
	if (verdict == NAME_OUTSIDE)
		must(culprit.p >= whole.p && culprit.p + culprit.n <= whole.p + whole.n);
	return 0;
}
