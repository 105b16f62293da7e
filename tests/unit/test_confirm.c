#define _XOPEN_SOURCE 700 /* posix_openpt() */

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "apart.h"
#include "base/str.h"
#include "cmd/confirm.h"
#include "sys/clock.h"
#include "sys/signals.h"

/* A terminal, of which this process has the other end. */
struct desk {
	int keys, screen; /* one pseudo-terminal's sides */
	char said[4096];  /* all that has come to the screen */
	struct opts opts;
};

static int desk_open(struct desk *d)
{
	*d = (struct desk){.keys = posix_openpt(O_RDWR | O_NOCTTY)};
	EXPECT(d->keys >= 0 && grantpt(d->keys) == 0 && unlockpt(d->keys) == 0);
	d->screen = open(ptsname(d->keys), O_RDWR | O_NOCTTY);
	EXPECT(d->screen >= 0);
	EXPECT(dup2(d->screen, STDIN_FILENO) == STDIN_FILENO);
	EXPECT(dup2(d->screen, STDERR_FILENO) == STDERR_FILENO);
	signals_install();
	return APART_PASSED;
}

static void look(struct desk *d)
{
	size_t at = strlen(d->said);
	struct pollfd one = {.fd = d->keys, .events = POLLIN};

	while (at + 1 < sizeof(d->said) && poll(&one, 1, 50) == 1) {
		ssize_t n = read(d->keys, d->said + at, sizeof(d->said) - 1 - at);

		if (n <= 0)
			break;
		at += (size_t)n;
	}
	d->said[at] = '\0';
}

static int ask(const char *typed, bool wanted)
{
	struct err e = {.kind = ERR_NONE};
	struct desk d;
	bool yes;

	EXPECT(desk_open(&d) == APART_PASSED);
	EXPECT(write(d.keys, typed, strlen(typed)) == (ssize_t)strlen(typed));
	yes = confirm(&d.opts, "About to remove 2 members for good: a b", &e);
	look(&d);
	if (yes != wanted)
		dprintf(STDOUT_FILENO, "# typed: %s\n", typed);
	EXPECT(yes == wanted);
	EXPECT(e.kind == (yes ? ERR_NONE : ERR_INPUT));
	EXPECT(yes || strcmp(e.text, "nothing was done") == 0);
	EXPECT(strstr(d.said,
		       "About to remove 2 members for good: a b. This cannot be taken back."
		       " Go on? [y/N]") != NULL);
	close(d.keys);
	close(d.screen);
	return APART_PASSED;
}

static int a_yes_is_a_yes(void)
{
	static const char *const typed[] = {"y\n", "Y\n", "yes\n", "YES\n", "  Yes  \n"};
	size_t i;

	for (i = 0; i < sizeof typed / sizeof typed[0]; i++)
		EXPECT(ask(typed[i], true) == APART_PASSED);
	return APART_PASSED;
}

static int all_else_is_a_no(void)
{
	static const char *const typed[] = {"\n", "n\n", "no\n", "yy\n", "ye\n", "yes please\n",
		"nyes\n", "1\n", "\x04" /* the end of input */,
		"                                                                     y\n"};
	size_t i;

	for (i = 0; i < sizeof typed / sizeof typed[0]; i++)
		EXPECT(ask(typed[i], false) == APART_PASSED);
	return APART_PASSED;
}

/* Reads the question and goes. */
static void *hang_up(void *context)
{
	struct desk *d = context;
	struct pollfd one = {.fd = d->keys, .events = POLLIN};

	if (poll(&one, 1, 10000) == 1)
		close(d->keys);
	return NULL;
}

static int who_hung_up_does_not_agree(void)
{
	struct err e = {.kind = ERR_NONE};
	pthread_t thread;
	struct desk d;

	EXPECT(desk_open(&d) == APART_PASSED);
	signal(SIGHUP, SIG_IGN);
	EXPECT(pthread_create(&thread, NULL, hang_up, &d) == 0);
	EXPECT(!confirm(&d.opts, "x", &e));
	EXPECT(e.kind == ERR_INPUT);
	pthread_join(thread, NULL);
	return APART_PASSED;
}

static int nobody_is_asked_with_yes(void)
{
	struct err e = {.kind = ERR_NONE};
	struct desk d;

	EXPECT(desk_open(&d) == APART_PASSED);
	d.opts.given[OPT_YES].count = 1;
	EXPECT(confirm(&d.opts, "x", &e) && e.kind == ERR_NONE);
	look(&d);
	EXPECT(strcmp(d.said, "") == 0);
	return APART_PASSED;
}

/* A script has nobody to answer, and one that could not see the question none to ask. */
static int nobody_is_asked_without_a_terminal(void)
{
	struct err e = {.kind = ERR_NONE};
	struct desk d;
	int fds[2];

	EXPECT(desk_open(&d) == APART_PASSED);
	EXPECT(pipe(fds) == 0 && dup2(fds[0], STDIN_FILENO) == STDIN_FILENO);
	EXPECT(confirm(&d.opts, "x", &e) && e.kind == ERR_NONE);
	EXPECT(dup2(d.screen, STDIN_FILENO) == STDIN_FILENO);
	EXPECT(dup2(fds[1], STDERR_FILENO) == STDERR_FILENO);
	EXPECT(confirm(&d.opts, "x", &e) && e.kind == ERR_NONE);
	look(&d);
	EXPECT(strcmp(d.said, "") == 0);
	return APART_PASSED;
}

static int a_signal_is_no_answer(void)
{
	struct err e = {.kind = ERR_NONE};
	int64_t start = clock_now();
	struct desk d;

	EXPECT(desk_open(&d) == APART_PASSED);
	raise(SIGINT);
	EXPECT(!confirm(&d.opts, "x", &e));
	EXPECT(e.kind == ERR_INTERRUPTED && err_exit_code(&e) == 130);
	EXPECT(clock_now() - start < 10000);
	return APART_PASSED;
}

/* What is shown may come from anywhere: it does not steer the terminal. */
static int the_question_is_printable(void)
{
	struct err e = {.kind = ERR_NONE};
	struct desk d;

	EXPECT(desk_open(&d) == APART_PASSED);
	EXPECT(write(d.keys, "n\n", 2) == 2);
	EXPECT(!confirm(&d.opts, "remove a\x1b[2Jb", &e));
	look(&d);
	EXPECT(strchr(d.said, '\x1b') == NULL);
	EXPECT(strstr(d.said, "remove a\\x1b[2Jb") != NULL);
	return APART_PASSED;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		apart_test(a_yes_is_a_yes),
		apart_test(all_else_is_a_no),
		apart_test(who_hung_up_does_not_agree),
		apart_test(nobody_is_asked_with_yes),
		apart_test(nobody_is_asked_without_a_terminal),
		apart_test(a_signal_is_no_answer),
		apart_test(the_question_is_printable),
	};

	return cmocka_run_group_tests_name("confirm", tests, NULL, NULL);
}
