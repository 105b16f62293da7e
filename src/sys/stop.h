/*
 * Being told to stop: SIGINT and SIGTERM only leave a note, which whoever waits looks at. They are
 * installed without SA_RESTART, so a wait ends at once. SIGPIPE is ignored; writes report EPIPE.
 */
#ifndef SENTRY_SCIM_SYS_STOP_H
#define SENTRY_SCIM_SYS_STOP_H

#include <stdbool.h>

#include "base/err.h"

void stop_install(void);
/* The signal's number, or 0. */
int stop_asked(void);
/* ERR_INTERRUPTED with the signal's number; false, as every err_ function. */
bool stop_error(struct err *e);

#endif
