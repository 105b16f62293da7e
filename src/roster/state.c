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
	unsigned i = STATE_BYTES, carry = 0;

	if (d == NULL)
		return false;
	digest_add(d, &tag, 1);
	add_text(d, a);
	add_text(d, b);
	add_text(d, c);
	digest_end(d, part);
	while (i-- > 0) {
		carry += (unsigned)s->digest[i] + part[i];
		s->digest[i] = (uint8_t)carry;
		carry >>= 8;
	}
	return true;
}
