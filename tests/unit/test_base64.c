#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "codec/base64.h"
#include "guard.h"

/* RFC 4648 10, and bytes of every value. */
static const struct {
	struct str bytes;
	const char *text;
} vectors[] = {
	{STR(""), ""},
	{STR("f"), "Zg=="},
	{STR("fo"), "Zm8="},
	{STR("foo"), "Zm9v"},
	{STR("foob"), "Zm9vYg=="},
	{STR("fooba"), "Zm9vYmE="},
	{STR("foobar"), "Zm9vYmFy"},
	{STR("\0\0\0\0"), "AAAAAA=="},
	{STR("\xFF\xFE\xFD\xFB\xEF\xBE"), "//79++++"},
};
#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static void vectors_go_both_ways(void **state)
{
	struct guard g = {0};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 100);
	for (i = 0; i < VECTORS; i++) {
		buf_clear(&b);
		base64_encode(guard_copy(&g, vectors[i].bytes), &b);
		assert_string_equal(buf_text(&b), vectors[i].text);
		buf_clear(&b);
		assert_true(base64_decode(guard_text(&g, vectors[i].text), false, &b));
		assert_true(str_equal(buf_str(&b), vectors[i].bytes));
	}
	buf_wipe(&b);
	guard_release(&g);
}

static void padding_may_be_missing_only_where_allowed(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_false(base64_decode(str_of("Zg"), false, &b));
	assert_true(base64_decode(str_of("Zg"), true, &b));
	assert_true(base64_decode(str_of("Zm8"), true, &b));
	assert_true(base64_decode(str_of("Zm8="), true, &b));
	assert_string_equal(buf_text(&b), "ffofo");
	assert_false(base64_decode(str_of("Z"), true, &b));
	assert_false(base64_decode(str_of("Zm9vY"), true, &b));
	assert_false(base64_decode(str_of("Zg="), true, &b));
	assert_string_equal(buf_text(&b), "ffofo");
	buf_wipe(&b);
}

static void anything_else_is_refused(void **state)
{
	static const char *const wrong[] = {"Zg==Zg==", "Zg==A", "Zm8=A", "=",
		"==", "A===", "Z=g=", "Zm9v=", "Zm9v====", "Zm-_", "Zm 9v", "Zm9v\n", "Zm9\x80",
		"Zg=a", "!"};
	struct guard g = {0};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 100);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(base64_decode(guard_text(&g, wrong[i]), true, &b));
		assert_int_equal(b.len, 0);
	}
	buf_wipe(&b);
	guard_release(&g);
}

static void only_the_alphabet_has_values(void **state)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf b;
	int c;

	(void)state;
	buf_init(&b, 100);
	for (c = 1; c < 256; c++) {
		char text[5] = "AAA";
		const char *hit = strchr(alphabet, c);

		text[3] = (char)c;
		buf_clear(&b);
		assert_int_equal(base64_decode(str_of(text), false, &b), hit != NULL || c == '=');
		if (hit != NULL)
			assert_int_equal(b.data[2], hit - alphabet);
	}
	buf_wipe(&b);
}

/* PEM arrives in lines of any length, and in pieces of any size. */
static void pieces_and_line_ends_do_not_matter(void **state)
{
	static const char text[] = "Zm9v\r\nYmFy\n Zg\t=\n=\n";
	struct str whole = str_of(text);
	size_t a, b;

	(void)state;
	for (a = 0; a <= whole.n; a++)
		for (b = a; b <= whole.n; b++) {
			struct base64_decoder d;
			struct buf out;

			buf_init(&out, 7);
			base64_decode_init(&d);
			assert_true(base64_decode_feed(&d, str_from(text, a), &out));
			assert_true(base64_decode_feed(&d, str_from(text + a, b - a), &out));
			assert_true(base64_decode_feed(&d, str_skip(whole, b), &out));
			assert_true(base64_decode_done(&d, false, &out));
			assert_string_equal(buf_text(&out), "foobarf");
			buf_wipe(&out);
		}
}

static void long_input_passes_the_inner_buffer_whole(void **state)
{
	struct buf bytes, text, back;
	unsigned i, n;

	(void)state;
	buf_init(&bytes, 1000);
	buf_init(&text, 2000);
	buf_init(&back, 1000);
	for (n = 0; n < 400; n++) {
		buf_clear(&bytes);
		buf_clear(&text);
		buf_clear(&back);
		for (i = 0; i < n; i++)
			buf_add_char(&bytes, (char)(i * 37 + n));
		base64_encode(buf_str(&bytes), &text);
		assert_int_equal(text.len, (n + 2) / 3 * 4);
		assert_true(base64_decode(buf_str(&text), false, &back));
		assert_true(str_equal(buf_str(&bytes), buf_str(&back)));
	}
	buf_wipe(&back);
	buf_wipe(&text);
	buf_wipe(&bytes);
}

static void lack_of_room_shows_in_the_buffer(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	assert_true(base64_decode(str_of("Zm9vYmFy"), false, &b));
	assert_true(b.failed);
	buf_clear(&b);
	assert_true(base64_decode(str_of("Zm9vYmE="), false, &b));
	assert_false(b.failed);
	buf_wipe(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_go_both_ways),
		cmocka_unit_test(padding_may_be_missing_only_where_allowed),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(only_the_alphabet_has_values),
		cmocka_unit_test(pieces_and_line_ends_do_not_matter),
		cmocka_unit_test(long_input_passes_the_inner_buffer_whole),
		cmocka_unit_test(lack_of_room_shows_in_the_buffer),
	};

	return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
