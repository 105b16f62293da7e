#include "roster/pace.h"

#include "client/retry.h"
#include "sys/clock.h"

#define SECOND_US 1000000
/* The bucket of the AWS SDKs' standard retry mode, with their costs turned to whole failures. */
#define HEALTH_FULL     100
#define COST_FAILURE    10
#define COST_THROTTLING 2

void pace_init(struct pace *p, unsigned rate, unsigned jobs, int64_t hold_max)
{
	*p = (struct pace){.rate = rate,
		.jobs = jobs,
		.allowed = jobs,
		.health = HEALTH_FULL,
		.hold_max = hold_max};
}

/*
 * A server that counts by the second lets RATE through between two ticks of its clock, wherever
 * these fall: RATE gaps must be longer than a second. The network brings some requests later and
 * others sooner than they were sent, for which two hundredths are kept.
 */
static int64_t distance(const struct pace *p)
{
	return (int64_t)SECOND_US / p->rate + SECOND_US / 50 / p->rate + 1;
}

int64_t pace_when(const struct pace *p, unsigned busy, int64_t now)
{
	int64_t when = (p->next_us + 999) / 1000;

	(void)now;
	if (busy >= p->allowed)
		return CLOCK_NEVER;
	return when > p->hold_until ? when : p->hold_until;
}

void pace_sent(struct pace *p, int64_t now)
{
	/* A late start does not entitle to a burst; the clock's own millisecond is no lateness. */
	int64_t floor_us = now * 1000 - 1000;

	p->next_us = (p->next_us > floor_us ? p->next_us : floor_us) + distance(p);
}

void pace_hold(struct pace *p, int64_t ms, int64_t now)
{
	int64_t until = clock_after(now, ms);

	if (until > p->hold_until)
		p->hold_until = until;
}

static bool number(const struct http_response *r, const char *name, uint64_t *out)
{
	struct str value;

	return http_response_field(r, name, &value) && str_to_u64(value, 1000000, out);
}

static void refill(struct pace *p)
{
	if (p->health < HEALTH_FULL)
		p->health++;
}

void pace_answer(struct pace *p, const struct http_response *r, int64_t now)
{
	uint64_t limit, left;
	int64_t asked = retry_asked(r);

	if (r->status == 429)
		p->health -= COST_THROTTLING;
	else if (r->status >= 500)
		p->health -= COST_FAILURE;
	else
		refill(p);
	if (r->status == 429 && asked > 0 && asked <= p->hold_max)
		pace_hold(p, asked, now);
	if (number(r, "X-Sentry-Rate-Limit-Limit", &limit) && limit > 0 && limit < p->rate)
		p->rate = (unsigned)limit;
	/* One place is left to others: at the limit itself every second request is refused. */
	if (number(r, "X-Sentry-Rate-Limit-ConcurrentLimit", &limit) && limit > 1 &&
		limit - 1 < p->jobs)
		p->allowed = (unsigned)limit - 1;
	if (number(r, "X-Sentry-Rate-Limit-ConcurrentRemaining", &left) && left == 0 &&
		p->allowed > 1)
		p->allowed--;
}

void pace_failure(struct pace *p)
{
	p->health -= COST_FAILURE;
}

bool pace_unwell(const struct pace *p)
{
	return p->health <= 0;
}
