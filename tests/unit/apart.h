/*
 * Runs a check in a process of its own, because what it does to its process (signals told to stop,
 * descriptors moved, secrets registered for good) cannot be taken back. Inside, EXPECT() takes the
 * place of cmocka's assertions, which would jump into the parent's test runner.
 */
#ifndef SENTRY_SCIM_TESTS_APART_H
#define SENTRY_SCIM_TESTS_APART_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define APART_PASSED 0
#define APART_FAILED 1
#define APART_SKIP   77

#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			dprintf(STDOUT_FILENO, "# %s:%d: not so: %s\n", __FILE__, __LINE__,        \
				#condition);                                                       \
			return APART_FAILED;                                                       \
		}                                                                                  \
	} while (0)

typedef int apart_check(void);

static inline pid_t apart_start(apart_check *check)
{
	pid_t child;

	/* What stdio holds would be written twice. */
	fflush(NULL);
	child = fork();
	if (child == 0) {
		/* A shell that runs the tests in the background has these ignored. */
		signal(SIGHUP, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		_exit(check());
	}
	return child;
}

/* Whether the kernel is an emulator's, which shows its own maps and ignores what it is told of
 * some. */
static inline bool apart_emulated(void)
{
	return getenv("EMULATED") != NULL;
}

/* What CHECK answered; 128 + the signal's number if one ended it. */
static inline int apart_end(pid_t child)
{
	int status = 0;
	pid_t done;

	do {
		done = waitpid(child, &status, 0);
	} while (done < 0 && errno == EINTR);
	if (done != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline void apart_run(void **state)
{
	apart_check **check = (apart_check **)*state;
	int answer = apart_end(apart_start(*check));

	if (answer == APART_SKIP)
		skip();
	assert_int_equal(answer, APART_PASSED);
}

/* A row of a table of tests. */
#define apart_test(check)                                                                          \
	{                                                                                          \
		.name = #check, .test_func = apart_run, .initial_state = &(apart_check *)          \
		{                                                                                  \
			check                                                                      \
		}                                                                                  \
	}

#endif
