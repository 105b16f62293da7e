/*
 * Being told to stop, as whoever waits sees it. Who tells is the business of whoever owns the
 * object: the program's is told by signals (sys/signals.h). What is handed one may be handed NULL,
 * which is never told.
 */
#ifndef SENTRY_SCIM_SYS_STOP_H
#define SENTRY_SCIM_SYS_STOP_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>

#include "base/err.h"

struct stop {
	volatile sig_atomic_t times;  /* how often it was told */
	volatile sig_atomic_t signal; /* the first signal that did; 0: it was something else */
	/* As poll(2), and -1 with EINTR if told, before the call or in it. */
	int (*poll)(struct stop *s, struct pollfd *fds, nfds_t count, int timeout_ms);
	/* Makes a call that blocks, again and again interrupted after MS milliseconds; NULL: there
	   is nothing that could interrupt it. */
	void (*limit)(int ms, void (*call)(void));
};

/* How often it was told; 0: not at all. */
unsigned stop_asked(const struct stop *s);
/* ERR_INTERRUPTED with the signal's number; false, as every err_ function. */
bool stop_error(const struct stop *s, struct err *e);
/* As S->poll. Asking stop_asked() and then calling poll() would sleep through what comes in
   between. */
int stop_poll(struct stop *s, struct pollfd *fds, nfds_t count, int timeout_ms);

#endif
