#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"

static void allocates_nothing_before_it_must(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 100);
	assert_int_equal(a.used, 0);
	assert_null(a.chunks);
	arena_wipe(&a);
}

static void objects_are_cleared_apart_and_aligned(void **state)
{
	struct arena a;
	unsigned char *last = NULL;
	int i;

	(void)state;
	arena_init(&a, 1u << 20);
	for (i = 0; i < 2000; i++) {
		unsigned char *p = arena_alloc(&a, 1, (size_t)(i % 40));

		assert_non_null(p);
		assert_ptr_not_equal(p, last);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		if (i % 40 > 0) {
			assert_int_equal(p[0], 0);
			assert_int_equal(p[i % 40 - 1], 0);
			memset(p, 0xFF, (size_t)(i % 40));
		}
		last = p;
	}
	arena_wipe(&a);
	assert_int_equal(a.used, 0);
}

static void never_takes_more_than_its_maximum(void **state)
{
	struct arena a;
	size_t got = 0;

	(void)state;
	arena_init(&a, 20000);
	while (arena_alloc(&a, 1, 64) != NULL)
		got += 64;
	assert_true(a.used <= a.max);
	assert_true(got > 18000);
	arena_wipe(&a);
	assert_non_null(arena_alloc(&a, 1, 19000));
	assert_null(arena_alloc(&a, 1, 2000));
	arena_wipe(&a);
	arena_init(&a, 8);
	assert_null(arena_alloc(&a, 1, 1));
	arena_wipe(&a);
}

static void overflowing_counts_are_refused(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, SIZE_MAX);
	assert_null(arena_alloc(&a, SIZE_MAX, 2));
	assert_null(arena_alloc(&a, SIZE_MAX / 2 + 1, 2));
	assert_null(arena_alloc(&a, 1, SIZE_MAX));
	assert_int_equal(a.used, 0);
	assert_null(arena_dup(&a, (struct str){.p = "", .n = SIZE_MAX}));
	arena_wipe(&a);
}

static void large_objects_get_a_chunk_of_their_own(void **state)
{
	struct arena a;
	char *p;

	(void)state;
	arena_init(&a, 1u << 20);
	p = arena_alloc(&a, 1000, 100);
	assert_non_null(p);
	p[0] = p[99999] = 1;
	assert_true(a.used < 101000);
	arena_wipe(&a);
}

static void copies_end_in_nul(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 1u << 20);
	assert_string_equal(arena_dup(&a, str_from("abcdef", 3)), "abc");
	assert_string_equal(arena_dup(&a, str_of(NULL)), "");
	arena_wipe(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocates_nothing_before_it_must),
		cmocka_unit_test(objects_are_cleared_apart_and_aligned),
		cmocka_unit_test(never_takes_more_than_its_maximum),
		cmocka_unit_test(overflowing_counts_are_refused),
		cmocka_unit_test(large_objects_get_a_chunk_of_their_own),
		cmocka_unit_test(copies_end_in_nul),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
