#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/siphash.h"
#include "guard.h"

/* The bytes of KEY and of the texts are 0, 1, 2, ..., as in the authors' own test vectors. */
static void count_up(uint8_t *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		bytes[i] = (uint8_t)i;
}

static void the_authors_vectors_come_out(void **state)
{
	static const struct {
		size_t length;
		uint64_t hash;
	} vectors[] = {
		{0, 0x726fdb47dd0e0e31},
		{1, 0x74f839c593dc67fd},
		{2, 0x0d6c8009d9a94f5a},
		{7, 0xab0200f58b01d137},
		{8, 0x93f5f5799a932462},
		{9, 0x9e0082df0ba9e4b0},
		{15, 0xa129ca6149be45e5},
		{16, 0x3f2acc7f57c29bdb},
		{17, 0x699ae9f52cbe4794},
		{23, 0xa80c038ccd5ccec8},
		{63, 0x958a324ceb064572},
	};
	uint8_t key[SIPHASH_KEY], text[64];
	struct guard g = {0};
	size_t i;

	(void)state;
	count_up(key, sizeof(key));
	count_up(text, sizeof(text));
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct str s = str_from((const char *)text, vectors[i].length);

		assert_int_equal(siphash(key, guard_copy(&g, s)), vectors[i].hash);
	}
	assert_int_equal(siphash(key, (struct str){0}), vectors[0].hash);
	guard_release(&g);
}

static void each_bit_of_key_and_text_counts(void **state)
{
	uint8_t key[SIPHASH_KEY], text[20];
	uint64_t plain;
	size_t i;

	(void)state;
	count_up(key, sizeof(key));
	count_up(text, sizeof(text));
	plain = siphash(key, str_from((const char *)text, sizeof(text)));
	for (i = 0; i < 8 * sizeof(key); i++) {
		key[i / 8] = (uint8_t)(key[i / 8] ^ 1u << i % 8);
		assert_int_not_equal(
			siphash(key, str_from((const char *)text, sizeof(text))), plain);
		key[i / 8] = (uint8_t)(key[i / 8] ^ 1u << i % 8);
	}
	for (i = 0; i < 8 * sizeof(text); i++) {
		text[i / 8] = (uint8_t)(text[i / 8] ^ 1u << i % 8);
		assert_int_not_equal(
			siphash(key, str_from((const char *)text, sizeof(text))), plain);
		text[i / 8] = (uint8_t)(text[i / 8] ^ 1u << i % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_authors_vectors_come_out),
		cmocka_unit_test(each_bit_of_key_and_text_counts),
	};

	return cmocka_run_group_tests_name("siphash", tests, NULL, NULL);
}
