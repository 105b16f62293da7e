#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/retry.h"
#include "cmd/balance.h"

/* What happened to each of several, and what must come of it. */
struct balance_row {
	int events[5]; /* DONE, a kind of error, or 0 at the end */
	int code;
	unsigned done, failed;
};

#define DONE (-1)

static int play(const struct balance_row *r, struct balance *b)
{
	unsigned i;

	*b = (struct balance){.done = 0};
	for (i = 0; i < 5 && r->events[i] != 0; i++) {
		struct err e = {.kind = ERR_NONE};

		if (r->events[i] == DONE) {
			b->done++;
			continue;
		}
		e.kind = (enum err_kind)r->events[i];
		e.number = e.kind == ERR_INTERRUPTED ? SIGINT : 0;
		balance_failure(b, &e);
	}
	return balance_exit_code(b);
}

static int code_of(enum err_kind kind)
{
	const struct err e = {.kind = kind, .number = SIGINT};

	return err_exit_code(&e);
}

static void one_code_speaks_for_all(void **state)
{
	const int partial = code_of(ERR_PARTIAL), unknown = code_of(ERR_UNKNOWN);
	const struct balance_row rows[] = {
		{{0}, 0, 0, 0},
		{{DONE, DONE}, 0, 2, 0},
		/* what all have in common */
		{{ERR_REFUSED}, code_of(ERR_REFUSED), 0, 1},
		{{ERR_NOT_FOUND, ERR_NOT_FOUND}, code_of(ERR_NOT_FOUND), 0, 2},
		{{ERR_AUTH}, code_of(ERR_AUTH), 0, 1},
		/* some of it */
		{{DONE, ERR_NOT_FOUND}, partial, 1, 1},
		{{ERR_NOT_FOUND, DONE}, partial, 1, 1},
		{{ERR_NOT_FOUND, ERR_AUTH}, partial, 0, 2},
		{{ERR_NOT_FOUND, ERR_AUTH, ERR_NOT_FOUND}, partial, 0, 3},
		{{DONE, ERR_AUTH, DONE, DONE}, partial, 3, 1},
		/* what is not known weighs more than all that is */
		{{ERR_UNKNOWN}, unknown, 0, 1},
		{{DONE, ERR_UNKNOWN}, unknown, 1, 1},
		{{ERR_UNKNOWN, DONE, ERR_NOT_FOUND}, unknown, 1, 2},
		{{ERR_NOT_FOUND, ERR_AUTH, ERR_UNKNOWN}, unknown, 0, 3},
		/* but the person who stopped it knows that */
		{{ERR_INTERRUPTED}, 130, 0, 1},
		{{DONE, ERR_INTERRUPTED}, 130, 1, 1},
		{{ERR_UNKNOWN, ERR_INTERRUPTED}, 130, 0, 2},
		{{DONE, ERR_NOT_FOUND, ERR_AUTH, ERR_INTERRUPTED}, 130, 1, 3},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct balance b;
		int code = play(&rows[i], &b);

		if (code != rows[i].code)
			fail_msg("row %zu: %d", i, code);
		assert_int_equal(b.done, rows[i].done);
		assert_int_equal(b.failed, rows[i].failed);
	}
}

/* A zero would tell a script that all is well. */
static void no_failure_is_a_success(void **state)
{
	enum err_kind kind, other;

	(void)state;
	for (kind = ERR_USAGE; kind < ERR_KINDS; kind++)
		for (other = ERR_USAGE; other < ERR_KINDS; other++) {
			struct balance b;

			assert_int_not_equal(
				play(&(struct balance_row){.events = {(int)kind}}, &b), 0);
			assert_int_not_equal(play(&(struct balance_row){.events = {DONE, (int)kind,
										(int)other, DONE}},
						     &b),
				0);
		}
}

/* The next member may be another's; the next connection is not another network. */
static void only_what_concerns_one_is_followed_by_the_next(void **state)
{
	static const bool go_on[ERR_KINDS] = {
		[ERR_REFUSED] = true,
		[ERR_EXISTS] = true,
		[ERR_NOT_FOUND] = true,
		[ERR_INPUT] = true,
		[ERR_PROTOCOL] = true,
		[ERR_LIMIT] = true,
	};
	enum err_kind kind;

	(void)state;
	for (kind = ERR_USAGE; kind < ERR_KINDS; kind++) {
		const struct err e = {.kind = kind};

		if (retry_others(&e) != go_on[kind])
			fail_msg("%s", err_kind_name(kind));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_code_speaks_for_all),
		cmocka_unit_test(no_failure_is_a_success),
		cmocka_unit_test(only_what_concerns_one_is_followed_by_the_next),
	};

	return cmocka_run_group_tests_name("balance", tests, NULL, NULL);
}
