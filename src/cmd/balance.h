/*
 * What became of several changes in one call, and the exit code that says it: the failures' own if
 * they have one in common and nothing succeeded, that of ERR_PARTIAL if some did, that of
 * ERR_UNKNOWN as soon as one outcome is not known.
 */
#ifndef SENTRY_SCIM_CMD_BALANCE_H
#define SENTRY_SCIM_CMD_BALANCE_H

#include <stdbool.h>

#include "base/err.h"

/* Begins as all zeroes. */
struct balance {
	unsigned done, failed;
	int code; /* of the failures */
};

void balance_failure(struct balance *b, const struct err *e);
int balance_exit_code(const struct balance *b);

#endif
