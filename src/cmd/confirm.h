/*
 * Asking a person before what cannot be taken back.
 */
#ifndef SENTRY_SCIM_CMD_CONFIRM_H
#define SENTRY_SCIM_CMD_CONFIRM_H

#include <stdbool.h>

#include "base/err.h"
#include "cmd/opt.h"

/*
 * Shows WHAT is about to be done and asks once, when standard input and standard error are
 * terminals and --yes was not given; else it is done without a question. Anything but "y" or "yes"
 * is a no: ERR_INPUT, nothing was sent.
 */
MUST_USE bool confirm(const struct opts *o, const char *what, struct err *e);

#endif
