#define _GNU_SOURCE /* pipe2() */

#include "sys/net_apart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clock.h"

/* The child sends it through the pipe in one piece. */
_Static_assert(
	sizeof(struct net_answer) <= 512, "POSIX promises pipe writes of 512 bytes in one piece");

/*
 * The child: asks the C library, hands over the answer, and goes without running anything that the
 * parent has registered or buffered. It dies with its parent; the parent kills it when told to
 * stop.
 */
static _Noreturn void answer_in_child(const char *name, enum net_family family, int out)
{
	struct net_answer answer;
	struct err unused;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	net_ask_here(NULL, name, family, CLOCK_NEVER, &answer, &unused);
	_exit(write(out, &answer, sizeof(answer)) == (ssize_t)sizeof(answer) ? 0 : 1);
}

/* Reads the child's answer. *DONE: the pipe is exhausted, with or without one. */
static bool read_answer(struct stop *stop, int in, int64_t deadline, struct net_answer *answer,
	bool *done, struct err *e)
{
	struct pollfd readable = {.fd = in, .events = POLLIN};
	ssize_t n;
	int ready;

	*done = false;
	for (;;) {
		ready = stop_poll(stop, &readable, 1, clock_poll_timeout(deadline, clock_now()));
		if (ready < 0 && errno == EINTR && stop_asked(stop) != 0)
			return stop_error(stop, e);
		if (ready < 0 && errno != EINTR)
			return err_sys(e, ERR_SYSTEM, errno, "cannot wait for the resolver");
		if (ready == 0 && clock_now() >= deadline)
			return err_set(e, ERR_TIMEOUT, "no name server answered in time");
		if (ready <= 0)
			continue;
		n = read(in, answer, sizeof(*answer));
		if (n < 0 && errno == EINTR)
			continue;
		*done = true;
		if (n == (ssize_t)sizeof(*answer))
			return true;
		return err_set(e, ERR_SYSTEM, "the resolver's process ended without an answer");
	}
}

static void reap(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
}

bool net_ask_apart(const struct net_resolver *r, const char *name, enum net_family family,
	int64_t deadline, struct net_answer *out, struct err *e)
{
	int ends[2];
	pid_t child;
	bool got, done;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_sys(e, ERR_SYSTEM, errno, "cannot make a pipe to the resolver");
	child = fork();
	if (child < 0) {
		err_sys(e, ERR_SYSTEM, errno, "cannot start the resolver's process");
		close(ends[0]);
		close(ends[1]);
		return false;
	}
	if (child == 0) {
		close(ends[0]);
		answer_in_child(name, family, ends[1]);
	}
	close(ends[1]);
	got = read_answer(r->stop, ends[0], deadline, out, &done, e);
	/* Once it is done it ends by itself, and its number may soon be another process's. */
	if (!done)
		kill(child, SIGKILL);
	reap(child);
	close(ends[0]);
	return got;
}
