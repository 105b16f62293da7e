/*
 * Time. Deadlines and waits are milliseconds of the monotonic clock, absolute, in 64 bits, so that
 * several timers never need recomputing and a clock set by NTP changes nothing. The wall clock is
 * only for certificates, dates of answers and file names.
 */
#ifndef SENTRY_SCIM_SYS_CLOCK_H
#define SENTRY_SCIM_SYS_CLOCK_H

#include <stdint.h>

/* A deadline that never comes. */
#define CLOCK_NEVER INT64_MAX

/* Milliseconds of the monotonic clock. */
int64_t clock_now(void);
/* NOW + MS, clamped to CLOCK_NEVER. MS may be negative. */
int64_t clock_after(int64_t now, int64_t ms);
/* What poll() takes to wait until DEADLINE: rounded up, 0 when it has passed, -1 for never. */
int clock_poll_timeout(int64_t deadline, int64_t now);
/* Seconds since 1970-01-01T00:00:00Z by the machine's clock. */
int64_t clock_wall(void);

#endif
