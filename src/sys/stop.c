#define _GNU_SOURCE /* ppoll(), not in POSIX before 2024 */

#include "sys/stop.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

static volatile sig_atomic_t asked;
static volatile sig_atomic_t times;

static void note(int number)
{
	if (asked == 0)
		asked = number;
	if (times < SIG_ATOMIC_MAX)
		times++;
}

static void stop_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

static void catch (int number)
{
	struct sigaction action = {.sa_handler = note}, before;

	if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
		return;
	stop_signals(&action.sa_mask);
	sigaction(number, &action, NULL);
}

void stop_install(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	catch (SIGINT);
	catch (SIGTERM);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL);
}

int stop_asked(void)
{
	return (int)asked;
}

unsigned stop_times(void)
{
	return (unsigned)times;
}

bool stop_error(struct err *e)
{
	int number = stop_asked();
	bool fresh = e->kind == ERR_NONE;

	err_set(e, ERR_INTERRUPTED, "stopped by %s", number == SIGINT ? "SIGINT" : "SIGTERM");
	if (fresh)
		e->number = number;
	return false;
}

int stop_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct timespec timeout = {
		.tv_sec = timeout_ms / 1000, .tv_nsec = (long)(timeout_ms % 1000) * 1000000};
	sigset_t ours, before;
	int ready, number;

	stop_signals(&ours);
	sigprocmask(SIG_BLOCK, &ours, &before);
	if (stop_asked() != 0) {
		ready = -1;
		errno = EINTR;
	} else {
		ready = ppoll(fds, count, timeout_ms < 0 ? NULL : &timeout, &before);
	}
	number = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = number;
	return ready;
}
