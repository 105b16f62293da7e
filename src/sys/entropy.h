/*
 * Random bytes: the kernel's getrandom(2), and no other source. A kernel without it (before 3.17)
 * is served from /dev/random, never from /dev/urandom, which may answer before it is seeded.
 */
#ifndef SENTRY_SCIM_SYS_ENTROPY_H
#define SENTRY_SCIM_SYS_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sys/stop.h"

/*
 * Makes sure that the kernel's generator is seeded, waiting until DEADLINE (sys/clock.h) if it is
 * not, or until STOP (may be NULL) is told. ERR_SYSTEM with a hint when it is not in time, or when
 * there is no source at all; ERR_INTERRUPTED.
 */
MUST_USE bool entropy_ready(struct stop *stop, int64_t deadline, struct err *e);
/* Fills BYTES; false when the kernel gives none. Interrupted and short reads are completed. */
MUST_USE bool entropy_get(void *bytes, size_t len);
/* A number below BOUND (> 0), evenly distributed: for jitter. 0 when there is no entropy. */
uint32_t entropy_below(uint32_t bound);

#endif
