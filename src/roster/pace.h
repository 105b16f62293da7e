/*
 * How fast a run may go: at most so many requests a second and so many at once, less when the
 * server says so, and not at all for a while after it has asked for that. Times are milliseconds of
 * the monotonic clock, given by the caller.
 */
#ifndef SENTRY_SCIM_ROSTER_PACE_H
#define SENTRY_SCIM_ROSTER_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "codec/http_response.h"

struct pace {
	unsigned rate;      /* requests a second, from the user */
	unsigned jobs;      /* at once, from the user */
	unsigned allowed;   /* at once, as of the server's last word; at most `jobs` */
	int64_t next_us;    /* when the next request may go, in microseconds */
	int64_t hold_until; /* nothing is sent before */
	int64_t hold_max;   /* ms: a longer wait that the server asks for is not waited for */
	int health;         /* successes fill it, failures drain it; empty: the server is unwell */
};

void pace_init(struct pace *p, unsigned rate, unsigned jobs, int64_t hold_max);
/* When a request may be sent, BUSY being under way: NOW or earlier means at once; CLOCK_NEVER when
   first one of those has to end. */
int64_t pace_when(const struct pace *p, unsigned busy, int64_t now);
/* One is being sent at NOW. */
void pace_sent(struct pace *p, int64_t now);
/* An answer has come: what it says of limits, and of the server's health. */
void pace_answer(struct pace *p, const struct http_response *r, int64_t now);
/* A request has come to nothing. */
void pace_failure(struct pace *p);
/* The server wants to be left alone for MS, by all connections. */
void pace_hold(struct pace *p, int64_t ms, int64_t now);
/* Whether so much has failed that going on would only add to the trouble. */
bool pace_unwell(const struct pace *p);

#endif
