#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sys/clock.h"
#include "sys/stop.h"

/* What signals do with one is test_signals.c's business. */

static int refuse_to_wait(struct stop *s, struct pollfd *fds, nfds_t count, int timeout_ms)
{
	(void)fds;
	(void)count;
	assert_int_equal(timeout_ms, 60000);
	s->times++;
	errno = EINTR;
	return -1;
}

static void nobody_is_never_told(void **state)
{
	const int64_t before = clock_now();

	(void)state;
	assert_int_equal(stop_asked(NULL), 0);
	assert_int_equal(stop_poll(NULL, NULL, 0, 20), 0);
	assert_true(clock_now() - before >= 19);
}

static void its_own_poll_tells(void **state)
{
	struct stop s = {.poll = refuse_to_wait};
	struct err e = {.kind = ERR_NONE};

	(void)state;
	assert_int_equal(stop_asked(&s), 0);
	assert_int_equal(stop_poll(&s, NULL, 0, 60000), -1);
	assert_int_equal(stop_asked(&s), 1);
	assert_false(stop_error(&s, &e));
	assert_int_equal(e.kind, ERR_INTERRUPTED);
	assert_int_equal(e.number, 0);
	assert_string_equal(e.text, "stopped by whoever called");
}

static void the_first_error_stays(void **state)
{
	struct stop s = {.signal = SIGINT};
	struct err e = {.kind = ERR_NONE};

	(void)state;
	err_set(&e, ERR_INPUT, "file");
	assert_false(stop_error(&s, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(e.number, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_never_told),
		cmocka_unit_test(its_own_poll_tells),
		cmocka_unit_test(the_first_error_stays),
	};

	return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
