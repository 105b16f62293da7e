#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/memory.h"

static void what_is_cleared_is_cleared(void **state)
{
	static const unsigned char nothing[96];
	unsigned char *block = memory_clear(12, 8);

	(void)state;
	assert_non_null(block);
	assert_memory_equal(block, nothing, sizeof(nothing));
	memory_free(block);
}

static void what_grows_keeps_its_content(void **state)
{
	char *block = memory_resize(NULL, 4);

	(void)state;
	assert_non_null(block);
	memcpy(block, "abc", 4);
	block = memory_resize(block, 100000);
	assert_non_null(block);
	assert_string_equal(block, "abc");
	memory_free(block);
	memory_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_cleared_is_cleared),
		cmocka_unit_test(what_grows_keeps_its_content),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
