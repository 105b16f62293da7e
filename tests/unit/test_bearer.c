#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "codec/bearer.h"

static enum err_kind check(struct str token, const char *says)
{
	struct err e = {.kind = ERR_NONE};

	bool ok = bearer_check(token, "it", &e);

	assert_int_equal(ok, e.kind == ERR_NONE);
	if (says != NULL)
		assert_non_null(strstr(e.text, says));
	return e.kind;
}

static void visible_characters_make_a_token(void **state)
{
	static char longest[LIMIT_TOKEN];

	(void)state;
	memset(longest, '~', sizeof longest);
	assert_int_equal(check(str_of("sntryi_!"), NULL), ERR_NONE);
	assert_int_equal(check(str_from(longest, sizeof longest), NULL), ERR_NONE);
}

static void anything_else_is_refused_and_not_shown(void **state)
{
	static char too_long[LIMIT_TOKEN + 1];

	(void)state;
	memset(too_long, 'a', sizeof too_long);
	assert_int_equal(check(str_of(""), "empty"), ERR_CONFIG);
	assert_int_equal(check(str_from(too_long, sizeof too_long), "longer than"), ERR_CONFIG);
	assert_int_equal(check(str_of("abc def"), "byte 4"), ERR_CONFIG);
	assert_int_equal(check(str_of("abc\r\nEvil: x"), "byte 4"), ERR_CONFIG);
	assert_int_equal(check(str_of("\xEF\xBB\xBF"
				      "abc"),
				 "byte 1"),
		ERR_CONFIG);
	assert_int_equal(check(str_from("a\0b", 3), "byte 2"), ERR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(visible_characters_make_a_token),
		cmocka_unit_test(anything_else_is_refused_and_not_shown),
	};

	return cmocka_run_group_tests_name("bearer", tests, NULL, NULL);
}
