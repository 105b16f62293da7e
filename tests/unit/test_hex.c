/*
 * Hexadecimal digits there and back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/hex.h"

static void every_byte_goes_there_and_back(void **state)
{
	uint8_t bytes[256], back[256];
	struct buf text;

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		bytes[i] = (uint8_t)i;
	buf_init(&text, 512);
	hex_write(bytes, 256, &text);
	assert_int_equal(text.len, 512);
	assert_memory_equal(text.data, "000102030405060708090a0b0c0d0e0f1011", 36);
	assert_true(hex_read(buf_str(&text), back, 256));
	assert_memory_equal(back, bytes, 256);
	buf_wipe(&text);
}

static void what_is_not_just_digits_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "0", "012", "01234", "0x12", " 123", "12 4", "12g4", "+123", "-123"};
	uint8_t out[2];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(hex_read(str_of(bad[i]), out, 2));
	assert_true(hex_read(str_of("aBcD"), out, 2));
	assert_memory_equal(out, "\xab\xcd", 2);
	assert_true(hex_read(str_of(""), out, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_goes_there_and_back),
		cmocka_unit_test(what_is_not_just_digits_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
