#include "sys/clock.h"

#include <limits.h>
#include <time.h>

int64_t clock_now(void)
{
	struct timespec t;

	/* Fails only for a clock that the kernel does not know, and this one has always been there.
	 */
	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		return 0;
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_after(int64_t now, int64_t ms)
{
	if (now == CLOCK_NEVER)
		return CLOCK_NEVER;
	if (ms >= 0)
		return now > CLOCK_NEVER - ms ? CLOCK_NEVER : now + ms;
	return now < INT64_MIN - ms ? INT64_MIN : now + ms;
}

int clock_poll_timeout(int64_t deadline, int64_t now)
{
	uint64_t left;

	if (deadline == CLOCK_NEVER)
		return -1;
	if (deadline <= now)
		return 0;
	/* Both were rounded down, so waiting for their whole difference never wakes early. */
	left = (uint64_t)deadline - (uint64_t)now;
	return left < INT_MAX ? (int)left : INT_MAX;
}

int64_t clock_wall(void)
{
	return (int64_t)time(NULL);
}
