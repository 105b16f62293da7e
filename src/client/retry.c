#include "client/retry.h"

#include <errno.h>

#include "codec/date.h"

/* Past this a wait is "for ever" for every purpose, and sums cannot overflow. */
#define LONGEST_WAIT_S (400 * 24 * 3600)

static int64_t clamp_seconds(int64_t seconds)
{
	if (seconds < 0)
		return 0;
	return seconds < LONGEST_WAIT_S ? seconds : LONGEST_WAIT_S;
}

static bool field_seconds(const struct http_response *r, const char *name, int64_t *out)
{
	struct str value;
	uint64_t n;

	if (!http_response_field(r, name, &value) || !str_to_u64(value, INT64_MAX, &n))
		return false;
	*out = (int64_t)n;
	return true;
}

int64_t retry_asked(const struct http_response *r)
{
	struct str value;
	int64_t date, until;
	bool dated;

	dated = http_response_field(r, "Date", &value) && date_parse_http(value, &date);
	if (field_seconds(r, "Retry-After", &until))
		return clamp_seconds(until) * 1000;
	if (dated && http_response_field(r, "Retry-After", &value) &&
		date_parse_http(value, &until))
		return clamp_seconds(until - date) * 1000;
	/* Sentry sends the reset with every answer; it asks for a wait only when nothing is left.
	 */
	if (r->status == 429 && dated && field_seconds(r, "X-Sentry-Rate-Limit-Reset", &until))
		return clamp_seconds(until - date) * 1000;
	return RETRY_UNASKED;
}

/* A number in [0, LIMIT], evenly, from 32 random bits. */
static int64_t spread(int64_t limit, uint32_t random)
{
	return (int64_t)(((uint64_t)limit + 1) * random >> 32);
}

static int64_t backoff(unsigned done, bool throttled, uint32_t random)
{
	int64_t limit = throttled ? RETRY_BASE_THROTTLED : RETRY_BASE;

	while (done-- > 0 && limit < RETRY_CAP)
		limit *= 2;
	return spread(limit < RETRY_CAP ? limit : RETRY_CAP, random);
}

enum retry_verdict retry_decide(const struct retry_policy *policy, unsigned done, int64_t asked,
	bool throttled, uint32_t random, int64_t *wait)
{
	*wait = asked == RETRY_UNASKED ? backoff(done, throttled, random)
				       : asked + spread(RETRY_SPREAD, random);
	if (done >= policy->max)
		return RETRY_EXHAUSTED;
	if (asked > policy->max_wait) {
		*wait = asked;
		return RETRY_TOO_LONG;
	}
	if (*wait > policy->max_wait)
		*wait = policy->max_wait > asked ? policy->max_wait : asked;
	return RETRY_AFTER;
}

bool retry_passes(const struct err *err)
{
	switch (err->kind) {
	case ERR_CONNECT:
	case ERR_TIMEOUT:
	case ERR_CLOSED: return true;
	case ERR_NAME: return err->number == EAGAIN;
	default: return false;
	}
}

bool retry_others(const struct err *err)
{
	switch (err->kind) {
	case ERR_REFUSED:
	case ERR_EXISTS:
	case ERR_NOT_FOUND:
	case ERR_INPUT:
	case ERR_PROTOCOL:
	case ERR_LIMIT: return true;
	default: return false;
	}
}
