#include "sys/stop.h"

#include <stddef.h>

unsigned stop_asked(const struct stop *s)
{
	return s != NULL ? (unsigned)s->times : 0;
}

static const char *name_of(int signal)
{
	if (signal == 0)
		return "whoever called";
	return signal == SIGINT ? "SIGINT" : "SIGTERM";
}

bool stop_error(const struct stop *s, struct err *e)
{
	const int number = s != NULL ? (int)s->signal : 0;
	const bool fresh = e->kind == ERR_NONE;

	err_set(e, ERR_INTERRUPTED, "stopped by %s", name_of(number));
	if (fresh)
		e->number = number;
	return false;
}

int stop_poll(struct stop *s, struct pollfd *fds, nfds_t count, int timeout_ms)
{
	return s != NULL ? s->poll(s, fds, count, timeout_ms) : poll(fds, count, timeout_ms);
}
