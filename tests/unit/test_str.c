#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

static void empty_slices_may_be_null(void **state)
{
	(void)state;
	assert_int_equal(str_of(NULL).n, 0);
	assert_true(str_equal(str_of(NULL), str_of("")));
	assert_true(str_equal_fold(str_of(NULL), str_from("x", 0)));
	assert_true(str_starts(str_of(NULL), ""));
	assert_true(str_contains(str_of(NULL), ""));
	assert_false(str_contains(str_of(NULL), "a"));
	assert_int_equal(str_skip(str_of(NULL), 3).n, 0);
	assert_int_equal(str_trim(str_of(NULL)).n, 0);
}

static void equality_is_on_bytes_and_length(void **state)
{
	(void)state;
	assert_true(str_is(str_from("abcd", 3), "abc"));
	assert_false(str_is(str_from("abcd", 3), "abcd"));
	assert_false(str_is(str_from("a\0b", 3), "a"));
	assert_false(str_is(str_of("Abc"), "abc"));
	assert_true(str_is_fold(str_of("AbC"), "aBc"));
}

/* "@[`{" stand next to the letters in ASCII; with bit 5 flipped blindly they would match. */
static void folding_touches_letters_only(void **state)
{
	(void)state;
	assert_false(str_is_fold(str_of("@"), "`"));
	assert_false(str_is_fold(str_of("["), "{"));
	assert_false(str_is_fold(str_of("\xC3\x89"), "\xC3\xA9"));
	assert_false(str_is_fold(str_of("\xE9"), "\xC9"));
}

static void prefixes_and_suffixes(void **state)
{
	(void)state;
	assert_true(str_starts(str_of("https://h"), "https://"));
	assert_false(str_starts(str_of("http"), "https"));
	assert_true(str_starts_fold(str_of("HTTPS://h"), "https://"));
	assert_true(str_ends_fold(str_of("a.EXAMPLE"), ".example"));
	assert_false(str_ends_fold(str_of("example"), ".example"));
	assert_true(str_ends_fold(str_of("x"), ""));
}

static void contains_finds_overlapping_beginnings(void **state)
{
	(void)state;
	assert_true(str_contains(str_of("aaab"), "aab"));
	assert_true(str_contains(str_of("b"), "b"));
	assert_false(str_contains(str_from("abcd", 3), "cd"));
	assert_false(str_contains(str_of("ab"), "abc"));
}

static void skip_is_clamped(void **state)
{
	(void)state;
	assert_true(str_is(str_skip(str_of("abc"), 1), "bc"));
	assert_true(str_is(str_skip(str_of("abc"), 3), ""));
	assert_true(str_is(str_skip(str_of("abc"), SIZE_MAX), ""));
}

static void trimming_keeps_inner_blanks_and_nuls(void **state)
{
	(void)state;
	assert_true(str_is(str_trim(str_of(" \ta b\t ")), "a b"));
	assert_true(str_is(str_trim(str_of(" \r\n")), "\r\n"));
	assert_true(str_is(str_trim_space(str_of("\r\n\v\f a \n")), "a"));
	assert_int_equal(str_trim_space(str_of(" \t ")).n, 0);
	assert_int_equal(str_trim(str_from("\0 ", 2)).n, 1);
}

static void cut_at_first_and_last(void **state)
{
	struct str head, tail;

	(void)state;
	assert_true(str_cut(str_of("a=b=c"), '=', &head, &tail));
	assert_true(str_is(head, "a") && str_is(tail, "b=c"));
	assert_true(str_cut_last(str_of("a=b=c"), '=', &head, &tail));
	assert_true(str_is(head, "a=b") && str_is(tail, "c"));
	assert_true(str_cut(str_of("=x"), '=', &head, &tail));
	assert_true(str_is(head, "") && str_is(tail, "x"));
	assert_true(str_cut_last(str_of("x="), '=', &head, &tail));
	assert_true(str_is(head, "x") && str_is(tail, ""));
}

static void cut_without_separator_keeps_all_in_the_head(void **state)
{
	struct str head, tail;

	(void)state;
	assert_false(str_cut(str_of("abc"), '=', &head, &tail));
	assert_true(str_is(head, "abc") && tail.n == 0);
	assert_false(str_cut_last(str_of("abc"), '=', &head, &tail));
	assert_true(str_is(head, "abc") && tail.n == 0);
	assert_false(str_cut(str_of(NULL), '=', &head, &tail));
	assert_true(head.n == 0 && tail.n == 0);
}

static void cut_may_write_over_its_input(void **state)
{
	struct str s = {.p = "a,b,c", .n = 5};
	struct str part;

	(void)state;
	assert_true(str_cut(s, ',', &part, &s));
	assert_true(str_is(part, "a") && str_is(s, "b,c"));
	assert_true(str_cut_last(s, ',', &s, &part));
	assert_true(str_is(s, "b") && str_is(part, "c"));
}

static void numbers_are_digits_only_and_bounded(void **state)
{
	static const char *const wrong[] = {"", "-1", "+1", " 1", "1 ", "0x1", "1.0", "a", "256",
		"99999999999999999999999", "1\n"};
	uint64_t n = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(str_to_u64(str_of(wrong[i]), 255, &n));
		assert_int_equal(n, 7);
	}
	assert_true(str_to_u64(str_of("255"), 255, &n));
	assert_int_equal(n, 255);
	assert_true(str_to_u64(str_of("000000000000000000000000000007"), 7, &n));
	assert_int_equal(n, 7);
	assert_true(str_to_u64(str_of("0"), 0, &n));
	assert_int_equal(n, 0);
	assert_false(str_to_u64(str_of("1"), 0, &n));
}

static void numbers_reach_the_largest_and_not_past_it(void **state)
{
	uint64_t n;

	(void)state;
	assert_true(str_to_u64(str_of("18446744073709551615"), UINT64_MAX, &n));
	assert_true(n == UINT64_MAX);
	assert_false(str_to_u64(str_of("18446744073709551616"), UINT64_MAX, &n));
	assert_false(str_to_u64(str_of("18446744073709551620"), UINT64_MAX, &n));
	assert_true(str_hex_to_u64(str_of("ffffFFFFffffFFFF"), UINT64_MAX, &n));
	assert_true(n == UINT64_MAX);
	assert_false(str_hex_to_u64(str_of("10000000000000000"), UINT64_MAX, &n));
	assert_true(str_hex_to_u64(str_of("0aF"), 0xAF, &n));
	assert_int_equal(n, 0xAF);
	assert_false(str_hex_to_u64(str_of("b0"), 0xAF, &n));
	assert_false(str_hex_to_u64(str_of("0x1"), 0xAF, &n));
	assert_false(str_hex_to_u64(str_of("g"), 0xAF, &n));
}

static void classes_agree_with_ascii_for_every_byte(void **state)
{
	int i;

	(void)state;
	for (i = -128; i < 128; i++) {
		char c = (char)i;
		bool digit = i >= 48 && i <= 57;
		bool upper = i >= 65 && i <= 90;
		bool lower = i >= 97 && i <= 122;

		assert_int_equal(char_is_digit(c), digit);
		assert_int_equal(char_is_alpha(c), upper || lower);
		assert_int_equal(char_is_alnum(c), digit || upper || lower);
		assert_int_equal(
			char_is_hex(c), digit || (i >= 65 && i <= 70) || (i >= 97 && i <= 102));
		assert_int_equal(char_lower(c), upper ? (char)(i + 32) : c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_slices_may_be_null),
		cmocka_unit_test(equality_is_on_bytes_and_length),
		cmocka_unit_test(folding_touches_letters_only),
		cmocka_unit_test(prefixes_and_suffixes),
		cmocka_unit_test(contains_finds_overlapping_beginnings),
		cmocka_unit_test(skip_is_clamped),
		cmocka_unit_test(trimming_keeps_inner_blanks_and_nuls),
		cmocka_unit_test(cut_at_first_and_last),
		cmocka_unit_test(cut_without_separator_keeps_all_in_the_head),
		cmocka_unit_test(cut_may_write_over_its_input),
		cmocka_unit_test(numbers_are_digits_only_and_bounded),
		cmocka_unit_test(numbers_reach_the_largest_and_not_past_it),
		cmocka_unit_test(classes_agree_with_ascii_for_every_byte),
	};

	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
