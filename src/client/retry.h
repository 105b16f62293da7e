/*
 * The retry policy, as pure functions: how long to wait before asking again, or that it is enough.
 * The server's own word counts first (Retry-After, then X-Sentry-Rate-Limit-Reset against the
 * answer's own Date, so that a wrong clock here means nothing), then exponential back-off with full
 * jitter, so that many clients do not come back together.
 */
#ifndef SENTRY_SCIM_CLIENT_RETRY_H
#define SENTRY_SCIM_CLIENT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "codec/http_response.h"

struct retry_policy {
	unsigned max;     /* repetitions of one request */
	int64_t max_wait; /* ms: a longer wait that the server asks for is not waited for */
};

/* No wait was asked for. */
#define RETRY_UNASKED (-1)
/* Back-off without the server's word: U(0, min(CAP, BASE * 2^n)) ms. */
#define RETRY_BASE           250
#define RETRY_BASE_THROTTLED 1000
#define RETRY_CAP            30000
/* Added to what the server asks, at random, up to this many ms. */
#define RETRY_SPREAD 250

enum retry_verdict {
	RETRY_AFTER,     /* wait *WAIT ms, then ask again */
	RETRY_EXHAUSTED, /* asked often enough */
	RETRY_TOO_LONG   /* the server asks for a longer wait than allowed: *WAIT ms */
};

/* The wait in ms that R asks for, or RETRY_UNASKED. */
int64_t retry_asked(const struct http_response *r);
/*
 * DONE repetitions have been made. ASKED as above; THROTTLED: it was a 429. RANDOM: 32 even bits.
 */
enum retry_verdict retry_decide(const struct retry_policy *policy, unsigned done, int64_t asked,
	bool throttled, uint32_t random, int64_t *wait);

/* Whether a request that could not be sent for the reason ERR may be sent in a moment. */
bool retry_passes(const struct err *err);
/* Whether a failure like ERR is about the one resource that was asked for: requests about others
   may fare better. */
bool retry_others(const struct err *err);

#endif
