/*
 * Sentry's rate limiter: a fixed window of one second and a limit on requests under way, both
 * counted per method and caller (the organization of an integration token, the user of any other,
 * the address of whoever shows none).
 */
#ifndef SENTRY_SCIM_SERVER_THROTTLE_H
#define SENTRY_SCIM_SERVER_THROTTLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "manners.h"
#include "reply.h"
#include "state.h"

struct bucket {
	char *key;
	int64_t window; /* the second since 1970 that is being counted */
	unsigned used;  /* requests in it */
	unsigned under_way;
};

struct throttle {
	struct bucket **buckets;
	size_t count;
};

void throttle_wipe(struct throttle *t);

/*
 * Counts a request of METHOD by the holder of TOKEN (NULL: nobody known), adds the limiter's fields
 * to REPLY and, where a limit is passed, writes the 429. NULL when nothing is limited; otherwise
 * the bucket to give back.
 */
struct bucket *throttle_enter(struct throttle *t, const struct manners *m, struct str method,
	const struct token *token, struct reply *reply, bool *limited);
/* The answer is out. B may be NULL. */
void throttle_leave(struct bucket *b);

/* The two bodies of a 429; REPLY's fields are left alone. */
void throttle_body_rate(struct reply *reply, bool bare, unsigned limit);
void throttle_body_concurrency(struct reply *reply, bool bare, unsigned limit);
/* The five fields of a limited answer. */
void throttle_fields(struct reply *reply, unsigned limit, unsigned left, int64_t reset,
	unsigned concurrency, unsigned concurrency_left);

#endif
