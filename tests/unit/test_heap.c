#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "sys/heap.h"

static void hands_out_cleared_and_aligned_memory(void **state)
{
	(void)state;
	for (size_t size = 1; size < 100; size++) {
		unsigned char *memory = heap_calloc(1, size);

		assert_non_null(memory);
		assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xff, size);
		heap_free(memory);
	}
	assert_int_equal(heap_in_use(), 0);
}

static void counts_what_is_in_use(void **state)
{
	void *a, *b;

	(void)state;
	assert_int_equal(heap_in_use(), 0);
	a = heap_calloc(10, 10);
	b = heap_calloc(1, 50);
	assert_int_equal(heap_in_use(), 150);
	assert_true(heap_peak() >= 150);
	heap_free(a);
	assert_int_equal(heap_in_use(), 50);
	heap_free(b);
	heap_free(NULL);
	assert_int_equal(heap_in_use(), 0);
	assert_true(heap_peak() >= 150);
}

static void keeps_to_the_cap(void **state)
{
	void *all, *none;

	(void)state;
	all = heap_calloc(1, LIMIT_TLS_MEMORY);
	assert_non_null(all);
	assert_null(heap_calloc(1, 1));
	assert_int_equal(heap_in_use(), LIMIT_TLS_MEMORY);
	heap_free(all);
	assert_null(heap_calloc(1, LIMIT_TLS_MEMORY + 1));
	assert_int_equal(heap_in_use(), 0);
	none = heap_calloc(1, 1);
	assert_non_null(none);
	heap_free(none);
}

static void refuses_sizes_that_overflow(void **state)
{
	(void)state;
	assert_null(heap_calloc(SIZE_MAX, SIZE_MAX));
	assert_null(heap_calloc(SIZE_MAX / 2 + 1, 2));
	assert_null(heap_calloc(2, SIZE_MAX / 2 + 1));
	assert_null(heap_calloc(1, SIZE_MAX));
	assert_int_equal(heap_in_use(), 0);
}

static void takes_nothing_as_a_size(void **state)
{
	void *a = heap_calloc(0, 0), *b = heap_calloc(0, 8), *c = heap_calloc(8, 0);

	(void)state;
	assert_int_equal(heap_in_use(), 0);
	heap_free(a);
	heap_free(b);
	heap_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hands_out_cleared_and_aligned_memory),
		cmocka_unit_test(counts_what_is_in_use),
		cmocka_unit_test(keeps_to_the_cap),
		cmocka_unit_test(refuses_sizes_that_overflow),
		cmocka_unit_test(takes_nothing_as_a_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
