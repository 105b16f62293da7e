#define _GNU_SOURCE /* ppoll() */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The call that takes a struct timespec of this libc. */
#ifdef SYS_ppoll_time64
#define PPOLL SYS_ppoll_time64
#else
#define PPOLL SYS_ppoll
#endif

#include "apart.h"
#include "sys/clock.h"
#include "sys/signals.h"

static int nothing_is_noted_before_a_signal(void)
{
	signals_install();
	EXPECT(signals_stop()->signal == 0);
	return APART_PASSED;
}

static int the_first_signal_is_noted_and_reported(void)
{
	struct err e = {.kind = ERR_NONE};

	signals_install();
	raise(SIGTERM);
	EXPECT(signals_stop()->signal == SIGTERM);
	raise(SIGINT);
	EXPECT(signals_stop()->signal == SIGTERM);
	EXPECT(!stop_error(signals_stop(), &e));
	EXPECT(e.kind == ERR_INTERRUPTED && e.number == SIGTERM);
	EXPECT(strstr(e.text, "SIGTERM") != NULL);
	EXPECT(err_exit_code(&e) == 143);
	return APART_PASSED;
}

static int the_limit_on_the_size_of_files_does_not_end_the_program(void)
{
	signals_install();
	raise(SIGXFSZ);
	raise(SIGPIPE);
	EXPECT(signals_stop()->signal == 0);
	return APART_PASSED;
}

static int an_interrupt_exits_with_130(void)
{
	struct err e = {.kind = ERR_NONE};

	signals_install();
	raise(SIGINT);
	stop_error(signals_stop(), &e);
	EXPECT(err_exit_code(&e) == 130);
	EXPECT(strstr(e.text, "SIGINT") != NULL);
	return APART_PASSED;
}

static int an_error_that_is_set_keeps_its_number(void)
{
	struct err e = {.kind = ERR_NONE};

	signals_install();
	err_sys(&e, ERR_INPUT, ENOENT, "file");
	raise(SIGTERM);
	EXPECT(!stop_error(signals_stop(), &e));
	EXPECT(e.kind == ERR_INPUT && e.number == ENOENT);
	return APART_PASSED;
}

static int a_signal_that_was_ignored_stays_ignored(void)
{
	signal(SIGINT, SIG_IGN);
	signals_install();
	raise(SIGINT);
	EXPECT(signals_stop()->signal == 0);
	raise(SIGTERM);
	EXPECT(signals_stop()->signal == SIGTERM);
	return APART_PASSED;
}

static int a_broken_pipe_is_an_errno(void)
{
	int ends[2];

	signals_install();
	EXPECT(pipe(ends) == 0);
	close(ends[0]);
	EXPECT(write(ends[1], "x", 1) == -1 && errno == EPIPE);
	return APART_PASSED;
}

static int waiting_ends_at_once_when_already_asked(void)
{
	signals_install();
	raise(SIGINT);
	errno = 0;
	EXPECT(stop_poll(signals_stop(), NULL, 0, -1) == -1 && errno == EINTR);
	return APART_PASSED;
}

static int a_signal_ends_the_wait(void)
{
	const pid_t me = getpid();
	pid_t child;
	int ready;

	signals_install();
	child = fork();
	if (child == 0) {
		kill(me, SIGTERM);
		_exit(0);
	}
	ready = stop_poll(signals_stop(), NULL, 0, -1);
	EXPECT(ready == -1 && errno == EINTR);
	EXPECT(signals_stop()->signal == SIGTERM);
	EXPECT(apart_end(child) == 0);
	return APART_PASSED;
}

/*
 * Takes the C library's place, to bring a signal at the one moment that matters: after stop_poll()
 * has looked at the note, before the wait begins.
 */
static bool signal_at_the_door;

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	struct timespec copy;

	if (signal_at_the_door)
		raise(SIGTERM);
	if (timeout != NULL)
		copy = *timeout;
	return (int)syscall(PPOLL, fds, count, timeout != NULL ? &copy : NULL, mask, _NSIG / 8);
}

/* Story: asking stop_asked() and then calling poll() slept through a signal that came in between.
 */
static int no_signal_is_slept_through(void)
{
	signals_install();
	signal_at_the_door = true;
	/* Were it slept through, the wait would end with no error instead. */
	EXPECT(stop_poll(signals_stop(), NULL, 0, 5000) == -1 && errno == EINTR);
	EXPECT(signals_stop()->signal == SIGTERM);
	return APART_PASSED;
}

static int waits_as_poll_does(void)
{
	struct pollfd one;
	int64_t before;
	int ends[2];

	EXPECT(pipe(ends) == 0);
	one = (struct pollfd){.fd = ends[0], .events = POLLIN};
	EXPECT(stop_poll(signals_stop(), &one, 1, 0) == 0);
	before = clock_now();
	EXPECT(stop_poll(signals_stop(), &one, 1, 20) == 0);
	EXPECT(clock_now() - before >= 19);
	EXPECT(write(ends[1], "x", 1) == 1);
	EXPECT(stop_poll(signals_stop(), &one, 1, -1) == 1 && one.revents == POLLIN);
	return APART_PASSED;
}

static int the_signal_mask_is_left_as_it_was(void)
{
	sigset_t before, after;

	sigemptyset(&before);
	sigaddset(&before, SIGUSR1);
	sigaddset(&before, SIGINT);
	sigprocmask(SIG_SETMASK, &before, NULL);
	EXPECT(stop_poll(signals_stop(), NULL, 0, 0) == 0);
	sigprocmask(SIG_SETMASK, NULL, &after);
	EXPECT(sigismember(&after, SIGUSR1) == 1 && sigismember(&after, SIGINT) == 1);
	EXPECT(sigismember(&after, SIGTERM) == 0);
	return APART_PASSED;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		apart_test(nothing_is_noted_before_a_signal),
		apart_test(the_first_signal_is_noted_and_reported),
		apart_test(the_limit_on_the_size_of_files_does_not_end_the_program),
		apart_test(an_interrupt_exits_with_130),
		apart_test(an_error_that_is_set_keeps_its_number),
		apart_test(a_signal_that_was_ignored_stays_ignored),
		apart_test(a_broken_pipe_is_an_errno),
		apart_test(waiting_ends_at_once_when_already_asked),
		apart_test(a_signal_ends_the_wait),
		apart_test(no_signal_is_slept_through),
		apart_test(waits_as_poll_does),
		apart_test(the_signal_mask_is_left_as_it_was),
	};

	return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
