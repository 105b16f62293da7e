#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"

static void the_first_error_wins(void **state)
{
	struct err e = {0};

	(void)state;
	assert_false(err_set(&e, ERR_NAME, "no address for %s", "h"));
	assert_false(err_set(&e, ERR_TLS, "later"));
	assert_false(err_memory(&e, "later"));
	assert_int_equal(e.kind, ERR_NAME);
	assert_string_equal(e.text, "no address for h");
}

static void what_a_cleared_error_held_before_is_gone(void **state)
{
	struct err e;

	(void)state;
	memset(&e, 'A', sizeof(e));
	e.kind = ERR_NONE;
	err_set(&e, ERR_USAGE, "x");
	assert_int_equal(e.number, 0);
	assert_string_equal(e.hint, "");
	err_clear(&e);
	assert_int_equal(e.kind, ERR_NONE);
	assert_string_equal(e.text, "");
}

static void a_system_error_says_which(void **state)
{
	struct err e = {0};
	char want[200] = "cannot open /x: ";

	(void)state;
	strncat(want, strerror(ENOENT), 100);
	assert_false(err_sys(&e, ERR_INPUT, ENOENT, "cannot open %s", "/x"));
	assert_int_equal(e.number, ENOENT);
	assert_string_equal(e.text, want);
}

static void memory_errors_say_while_doing_what(void **state)
{
	struct err e = {0};

	(void)state;
	assert_false(err_memory(&e, "reading the file"));
	assert_int_equal(e.kind, ERR_MEMORY);
	assert_string_equal(e.text, "out of memory while reading the file");
}

static void context_goes_in_front(void **state)
{
	struct err e = {0};

	(void)state;
	assert_false(err_context(&e, "nothing to say it about"));
	assert_int_equal(e.kind, ERR_NONE);
	err_set(&e, ERR_INPUT, "no name");
	assert_false(err_context(&e, "line %d", 3));
	assert_false(err_context(&e, "%s", "roster.csv"));
	assert_string_equal(e.text, "roster.csv: line 3: no name");
}

static void the_first_hint_wins_and_needs_an_error(void **state)
{
	struct err e = {0};

	(void)state;
	err_hint(&e, "too early");
	err_set(&e, ERR_USAGE, "wrong");
	assert_string_equal(e.hint, "");
	err_hint(&e, "try %s", "help");
	err_hint(&e, "or not");
	assert_string_equal(e.hint, "try help");
}

static void long_messages_are_cut(void **state)
{
	struct err e = {0};
	char text[2000];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&e, ERR_USAGE, "%s", text);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	err_context(&e, "before");
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_memory_equal(e.text, "before: aaa", 11);
	err_context(&e, "%s", text);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	err_hint(&e, "%s", text);
	assert_int_equal(strlen(e.hint), sizeof(e.hint) - 1);
	err_clear(&e);
	err_sys(&e, ERR_SYSTEM, EIO, "%s", text);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
}

/* A torn character would make the whole line unprintable for a terminal that wants UTF-8. */
static void a_cut_never_tears_a_character(void **state)
{
	char text[1200];
	size_t before, i;

	(void)state;
	for (before = 0; before < 4; before++) {
		struct err e = {0};

		memset(text, 'a', before);
		for (i = before; i + 4 < sizeof(text); i += 4)
			memcpy(text + i, "\xF0\x9F\x98\x80", 5);
		err_set(&e, ERR_USAGE, "%s", text);
		assert_int_equal((strlen(e.text) - before) % 4, 0);
		assert_true(strlen(e.text) > sizeof(e.text) - 9);
	}
}

static void exit_codes_are_those_of_the_manual(void **state)
{
	static const int codes[ERR_KINDS] = {
		0, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 1, 1, 1, 5, 6, 7, 9, 4, 8, 10, 10, 10, 128 + 15};
	int kind;

	(void)state;
	for (kind = 0; kind < ERR_KINDS; kind++) {
		struct err e = {.kind = (enum err_kind)kind, .number = 15};

		assert_int_equal(err_exit_code(&e), codes[kind]);
	}
}

static void every_kind_has_a_word_of_its_own(void **state)
{
	int i, j;

	(void)state;
	assert_string_equal(err_kind_name(ERR_TIMEOUT), "timeout");
	for (i = 0; i < ERR_KINDS; i++)
		for (j = 0; j < i; j++)
			assert_string_not_equal(
				err_kind_name((enum err_kind)i), err_kind_name((enum err_kind)j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_error_wins),
		cmocka_unit_test(what_a_cleared_error_held_before_is_gone),
		cmocka_unit_test(a_system_error_says_which),
		cmocka_unit_test(memory_errors_say_while_doing_what),
		cmocka_unit_test(context_goes_in_front),
		cmocka_unit_test(the_first_hint_wins_and_needs_an_error),
		cmocka_unit_test(long_messages_are_cut),
		cmocka_unit_test(a_cut_never_tears_a_character),
		cmocka_unit_test(exit_codes_are_those_of_the_manual),
		cmocka_unit_test(every_kind_has_a_word_of_its_own),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
