/*
 * Searching sorted arrays: the first place that is not less, whatever stands there how often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/search.h"

static int compare(const void *key, const void *element)
{
	int a = *(const int *)key, b = *(const int *)element;

	return (a > b) - (a < b);
}

/* Against a walk, for all arrays of up to 6 elements of 0 to 3 and all keys around them. */
static void finds_what_a_walk_finds(void **state)
{
	(void)state;
	for (unsigned code = 0; code < 1u << 12; code++) {
		int list[6];
		size_t count = 0;
		unsigned rest = code;

		for (; count < 6; count++, rest >>= 2) {
			list[count] = (int)(rest & 3);
			if (count > 0 && list[count] < list[count - 1])
				break;
		}
		for (int key = -1; key <= 4; key++) {
			size_t walk = 0;

			while (walk < count && list[walk] < key)
				walk++;
			assert_int_equal(
				search_first(list, count, sizeof(int), &key, compare), walk);
		}
	}
}

static void an_empty_array_need_not_be(void **state)
{
	int key = 1;

	(void)state;
	assert_int_equal(search_first(NULL, 0, sizeof(int), &key, compare), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_a_walk_finds),
		cmocka_unit_test(an_empty_array_need_not_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
