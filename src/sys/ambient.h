/*
 * What the TLS library's hooks work on, which are called without a context: memory in use, and what
 * is taken for the present. One in the program; in the library (src/lib), for which ambient.c is
 * replaced when it is linked, that of the handle which the thread is busy with.
 */
#ifndef SENTRY_SCIM_SYS_AMBIENT_H
#define SENTRY_SCIM_SYS_AMBIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct ambient {
	size_t in_use, peak; /* bytes, of sys/heap */
	bool time_is_assumed;
	int64_t time; /* seconds since 1970; if so */
};

struct ambient *ambient(void);
/* Lets START, whose work is for the whole process, run until it succeeds once; what it said last.
 */
bool ambient_start(bool (*start)(struct err *e), struct err *e);

#endif
