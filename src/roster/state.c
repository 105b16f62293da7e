#include "roster/state.h"

#include "sys/digest.h"

/* With its length in front, so that no two triples read the same. */
static void add_text(struct digest *d, struct str s)
{
	uint8_t size[4] = {
		(uint8_t)(s.n >> 24), (uint8_t)(s.n >> 16), (uint8_t)(s.n >> 8), (uint8_t)s.n};

	digest_add(d, size, sizeof(size));
	digest_add(d, s.p, s.n);
}

bool state_add(struct state *s, enum state_kind kind, struct str a, struct str b, struct str c)
{
	uint8_t part[DIGEST_BYTES], tag = (uint8_t)kind;
	struct digest *d = digest_new();
	unsigned i;

	if (d == NULL)
		return false;
	digest_add(d, &tag, 1);
	add_text(d, a);
	add_text(d, b);
	add_text(d, c);
	digest_end(d, part);
	for (i = 0; i < STATE_BYTES; i++)
		s->digest[i] ^= part[i];
	return true;
}
