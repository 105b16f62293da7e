#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "sys/clock.h"

static void now_advances_with_the_monotonic_clock(void **state)
{
	const struct timespec nap = {.tv_nsec = 5000000};
	struct timespec before, after;
	int64_t first, second;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &before);
	first = clock_now();
	nanosleep(&nap, NULL);
	second = clock_now();
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(first >= (int64_t)before.tv_sec * 1000 + before.tv_nsec / 1000000);
	assert_true(second <= (int64_t)after.tv_sec * 1000 + after.tv_nsec / 1000000);
	assert_true(second >= first + 4);
}

static void sums_are_clamped(void **state)
{
	(void)state;
	assert_true(clock_after(1000, 250) == 1250);
	assert_true(clock_after(1000, -250) == 750);
	assert_true(clock_after(1000, 0) == 1000);
	assert_true(clock_after(CLOCK_NEVER - 5, 4) == CLOCK_NEVER - 1);
	assert_true(clock_after(CLOCK_NEVER - 5, 5) == CLOCK_NEVER);
	assert_true(clock_after(CLOCK_NEVER - 5, 6) == CLOCK_NEVER);
	assert_true(clock_after(1, INT64_MAX) == CLOCK_NEVER);
	assert_true(clock_after(-1, INT64_MAX) == INT64_MAX - 1);
	assert_true(clock_after(INT64_MIN + 3, -3) == INT64_MIN);
	assert_true(clock_after(INT64_MIN + 3, -4) == INT64_MIN);
	assert_true(clock_after(0, INT64_MIN) == INT64_MIN);
}

static void never_stays_never(void **state)
{
	(void)state;
	assert_true(clock_after(CLOCK_NEVER, 1) == CLOCK_NEVER);
	assert_true(clock_after(CLOCK_NEVER, -1) == CLOCK_NEVER);
	assert_int_equal(clock_poll_timeout(CLOCK_NEVER, 0), -1);
	assert_int_equal(clock_poll_timeout(CLOCK_NEVER, INT64_MIN), -1);
}

static void timeouts_are_what_poll_takes(void **state)
{
	(void)state;
	assert_int_equal(clock_poll_timeout(1500, 1000), 500);
	assert_int_equal(clock_poll_timeout(1001, 1000), 1);
	assert_int_equal(clock_poll_timeout(1000, 1000), 0);
	assert_int_equal(clock_poll_timeout(999, 1000), 0);
	assert_int_equal(clock_poll_timeout(INT64_MIN, INT64_MAX - 1), 0);
	assert_int_equal(clock_poll_timeout(1000 + (int64_t)INT_MAX, 1000), INT_MAX);
	assert_int_equal(clock_poll_timeout(1001 + (int64_t)INT_MAX, 1000), INT_MAX);
	assert_int_equal(clock_poll_timeout(INT64_MAX - 1, INT64_MIN), INT_MAX);
}

static void the_wall_clock_counts_seconds_since_1970(void **state)
{
	const int64_t before = (int64_t)time(NULL), wall = clock_wall();

	(void)state;
	assert_true(wall >= before && wall <= (int64_t)time(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(now_advances_with_the_monotonic_clock),
		cmocka_unit_test(sums_are_clamped),
		cmocka_unit_test(never_stays_never),
		cmocka_unit_test(timeouts_are_what_poll_takes),
		cmocka_unit_test(the_wall_clock_counts_seconds_since_1970),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
