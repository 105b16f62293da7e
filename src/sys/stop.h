/*
 * Being told to stop: SIGINT and SIGTERM only leave a note, which whoever waits looks at. They are
 * installed without SA_RESTART, so a wait ends at once. One that was being ignored when the program
 * started (as a shell does for jobs in the background) goes on being ignored. SIGPIPE and
 * SIGXFSZ are ignored in any case; writes report EPIPE, and EFBIG where a limit on the size of
 * files (ulimit -f) is reached.
 */
#ifndef SENTRY_SCIM_SYS_STOP_H
#define SENTRY_SCIM_SYS_STOP_H

#include <poll.h>
#include <stdbool.h>

#include "base/err.h"

void stop_install(void);
/* The signal's number, or 0. The first one counts. */
int stop_asked(void);
/* How often the process has been told. */
unsigned stop_times(void);
/* ERR_INTERRUPTED with the signal's number; false, as every err_ function. */
bool stop_error(struct err *e);
/*
 * As poll(2), and -1 with EINTR if the program has been told to stop, before the call or in it.
 * Asking stop_asked() and then calling poll() would sleep through a signal that comes in between.
 */
int stop_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

#endif
