#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sys/ambient.h"

static unsigned tries;

static bool second_time_lucky(struct err *e)
{
	return ++tries == 2 || err_memory(e, "starting");
}

static void what_starts_the_library_runs_until_it_succeeds_once(void **state)
{
	struct err e = {.kind = ERR_NONE};

	(void)state;
	assert_false(ambient_start(second_time_lucky, &e));
	assert_int_equal(e.kind, ERR_MEMORY);
	err_clear(&e);
	assert_true(ambient_start(second_time_lucky, &e));
	assert_true(ambient_start(second_time_lucky, &e));
	assert_int_equal(tries, 2);
}

static void there_is_one_and_it_begins_empty(void **state)
{
	(void)state;
	assert_ptr_equal(ambient(), ambient());
	assert_int_equal(ambient()->in_use, 0);
	assert_false(ambient()->time_is_assumed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_is_one_and_it_begins_empty),
		cmocka_unit_test(what_starts_the_library_runs_until_it_succeeds_once),
	};

	return cmocka_run_group_tests_name("ambient", tests, NULL, NULL);
}
