#define _GNU_SOURCE /* ppoll(), not in POSIX before 2024; setitimer(), no longer in it */

#include "sys/signals.h"

#include <errno.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

static int poll_with_signals(struct stop *s, struct pollfd *fds, nfds_t count, int timeout_ms);
static void limit_by_alarm(int ms, void (*call)(void));

static struct stop told = {.poll = poll_with_signals, .limit = limit_by_alarm};

static void note(int number)
{
	if (told.signal == 0)
		told.signal = number;
	if (told.times < SIG_ATOMIC_MAX)
		told.times++;
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

void signals_install(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	catch (SIGINT);
	catch (SIGTERM);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGXFSZ, &ignore, NULL);
}

struct stop *signals_stop(void)
{
	return &told;
}

static int poll_with_signals(struct stop *s, struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct timespec timeout = {
		.tv_sec = timeout_ms / 1000, .tv_nsec = (long)(timeout_ms % 1000) * 1000000};
	sigset_t ours, before;
	int ready, number;

	stop_signals(&ours);
	sigprocmask(SIG_BLOCK, &ours, &before);
	if (stop_asked(s) != 0) {
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

static void wake(int number)
{
	(void)number;
}

/* The timer repeats, since the first signal may come before the call has begun. */
static void limit_by_alarm(int ms, void (*call)(void))
{
	const struct itimerval tick = {
		.it_interval.tv_usec = ms * 1000, .it_value.tv_usec = ms * 1000};
	const struct itimerval none = {.it_value.tv_usec = 0};
	struct sigaction action = {.sa_handler = wake}, before;
	sigset_t alarm_only, mask;

	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	if (sigaction(SIGALRM, &action, &before) != 0)
		return;
	sigprocmask(SIG_UNBLOCK, &alarm_only, &mask);
	if (setitimer(ITIMER_REAL, &tick, NULL) == 0) {
		call();
		setitimer(ITIMER_REAL, &none, NULL);
	}
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(SIGALRM, &before, NULL);
}
