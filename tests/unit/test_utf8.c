#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "codec/utf8.h"
#include "guard.h"

/* Encoding as RFC 3629 3 draws it, bit by bit, without the code under test. */
static size_t reference_encode(uint32_t point, char *out)
{
	static const unsigned heads[] = {0, 0, 0xC0, 0xE0, 0xF0};
	size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	size_t i;

	for (i = n; i-- > 1; point /= 64)
		out[i] = (char)(0x80 + point % 64);
	out[0] = (char)(heads[n] + point);
	return n;
}

static void every_scalar_value_goes_there_and_back(void **state)
{
	struct buf b;
	uint32_t point, back;
	char want[4];

	(void)state;
	buf_init(&b, 16);
	for (point = 0; point <= 0x10FFFF; point++) {
		size_t n = reference_encode(point, want);

		if (point >= 0xD800 && point <= 0xDFFF) {
			assert_int_equal(utf8_decode(str_from(want, n), &back), 0);
			continue;
		}
		b.len = 0;
		utf8_encode(point, &b);
		if (b.len != n || memcmp(b.data, want, n) != 0 ||
			utf8_decode(buf_str(&b), &back) != n || back != point)
			fail_msg("U+%04lX", (unsigned long)point);
	}
	buf_wipe(&b);
}

/* All that RFC 3629 allows, counted: no byte sequence of up to three bytes beyond it decodes. */
static void nothing_but_scalar_values_decodes(void **state)
{
	size_t decoded[5] = {0};
	uint32_t i, point;

	(void)state;
	for (i = 0; i < 1u << 24; i++) {
		char bytes[3] = {(char)(i >> 16), (char)(i >> 8), (char)i};

		decoded[utf8_decode(str_from(bytes, 3), &point)]++;
	}
	assert_int_equal(decoded[1], 0x80u * 0x10000u);
	assert_int_equal(decoded[2], (0x800u - 0x80u) * 0x100u);
	assert_int_equal(decoded[3], 0x10000u - 0x800u - 0x800u);
	assert_int_equal(decoded[4], 0);
}

static void four_byte_forms_stop_at_10ffff(void **state)
{
	uint32_t point;

	(void)state;
	assert_int_equal(utf8_decode(str_of("\xF0\x8F\xBF\xBF"), &point), 0);
	assert_int_equal(utf8_decode(str_of("\xF0\x90\x80\x80"), &point), 4);
	assert_int_equal(utf8_decode(str_of("\xF4\x8F\xBF\xBF"), &point), 4);
	assert_int_equal(utf8_decode(str_of("\xF4\x90\x80\x80"), &point), 0);
	assert_int_equal(utf8_decode(str_of("\xF5\x80\x80\x80"), &point), 0);
	assert_int_equal(utf8_decode(str_of("\xF0\x90\x80\x41"), &point), 0);
}

static void cut_sequences_do_not_decode_nor_read_on(void **state)
{
	static const char *const whole[] = {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};
	struct guard g = {0};
	uint32_t point;
	size_t i, n;

	(void)state;
	for (i = 0; i < 3; i++)
		for (n = 0; n < strlen(whole[i]); n++) {
			struct str s = guard_copy(&g, str_from(whole[i], n));

			assert_int_equal(utf8_decode(s, &point), 0);
			assert_int_equal(utf8_valid_prefix(s), 0);
		}
	guard_release(&g);
}

/* The scan goes by words: a bad byte must be found at each place in, before and behind one. */
static void the_valid_prefix_ends_where_the_fault_is(void **state)
{
	struct guard g = {0};
	char text[40];
	size_t n, bad;

	(void)state;
	for (n = 0; n <= sizeof(text); n++)
		for (bad = 0; bad <= n; bad++) {
			struct str s;

			memset(text, 'a', sizeof(text));
			if (bad < n)
				text[bad] = '\xFF';
			s = guard_copy(&g, str_from(text, n));
			assert_int_equal(utf8_valid_prefix(s), bad);
			assert_int_equal(utf8_valid(s), bad == n);
		}
	assert_int_equal(utf8_valid_prefix(str_of("a\xC3\xA9z\xE2\x82")), 4);
	guard_release(&g);
}

static void what_a_terminal_would_act_on_is_escaped(void **state)
{
	static const struct {
		struct str in;
		const char *out;
	} cases[] = {
		{STR(""), ""},
		{STR("plain \\ \"text\""), "plain \\ \"text\""},
		{STR("zo\xC3\xAB \xF0\x9F\x98\x80"), "zo\xC3\xAB \xF0\x9F\x98\x80"},
		{STR("\x1B[2J"), "\\x1b[2J"},
		{STR("a\nb\tc\rd"), "a\\x0ab\\x09c\\x0dd"},
		{STR("a\0b\x7F"), "a\\x00b\\x7f"},
		{STR("\xC2\x9B\x33"), "\\xc2\\x9b3"},
		{STR("\xC2\xA0"), "\xC2\xA0"},
		{STR("\xFF\xC3(\xE2\x82"), "\\xff\\xc3(\\xe2\\x82"},
		{STR("a\xE2\x80\xAE"), "a\\u{202e}"},
		{STR("\xE2\x80\x8B\xE2\x80\xA8\xE2\x81\xA6\xEF\xBB\xBF"),
			"\\u{200b}\\u{2028}\\u{2066}\\u{feff}"},
		{STR("\xF3\xA0\x81\x81"), "\\u{e0041}"},
		{STR("\xD8\x9C\xC2\xAD"), "\\u{61c}\\u{ad}"},
	};
	struct guard g = {0};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 1000);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&b);
		utf8_printable(guard_copy(&g, cases[i].in), &b);
		assert_string_equal(buf_text(&b), cases[i].out);
	}
	buf_wipe(&b);
	guard_release(&g);
}

static void columns_of_narrow_wide_and_combining_text(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
	} cases[] = {
		{"", 0}, {"ada@example.com", 15}, {"zo\xC3\xAB", 3},
		{"e\xCC\x81", 1},                            /* e, combining acute */
		{"\xE6\xBC\xA2\xE5\xAD\x97", 4},             /* two Han characters */
		{"\xED\x95\x9C", 2},                         /* a Hangul syllable */
		{"\xEF\xBC\xA1", 2},                         /* fullwidth A */
		{"\xEF\xBD\xB1", 1},                         /* halfwidth katakana */
		{"\xF0\x9F\x98\x80", 2},                     /* an emoji */
		{"\xE2\x9D\xA4\xEF\xB8\x8F", 1},             /* a heart, a variation selector */
		{"\xF0\xA0\x80\x80", 2},                     /* Han, plane 2 */
		{"\xD7\xA9\xD7\x81", 1},                     /* Hebrew with a point */
		{"\xE0\xB9\x80\xE0\xB8\x81\xE0\xB9\x87", 2}, /* Thai with a mark above */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(utf8_columns(str_of(cases[i].text)), cases[i].columns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_scalar_value_goes_there_and_back),
		cmocka_unit_test(nothing_but_scalar_values_decodes),
		cmocka_unit_test(four_byte_forms_stop_at_10ffff),
		cmocka_unit_test(cut_sequences_do_not_decode_nor_read_on),
		cmocka_unit_test(the_valid_prefix_ends_where_the_fault_is),
		cmocka_unit_test(what_a_terminal_would_act_on_is_escaped),
		cmocka_unit_test(columns_of_narrow_wide_and_combining_text),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
