/*
 * How the program is told to stop: SIGINT and SIGTERM only leave a note, which whoever waits looks
 * at. They are installed without SA_RESTART, so a wait ends at once. One that was being ignored
 * when the program started (as a shell does for jobs in the background) goes on being ignored.
 * SIGPIPE and SIGXFSZ are ignored in any case; writes report EPIPE, and EFBIG where a limit on the
 * size of files (ulimit -f) is reached.
 */
#ifndef SENTRY_SCIM_SYS_SIGNALS_H
#define SENTRY_SCIM_SYS_SIGNALS_H

#include "sys/stop.h"

void signals_install(void);
/* The note: one, as a process has one set of signals. */
struct stop *signals_stop(void);

#endif
