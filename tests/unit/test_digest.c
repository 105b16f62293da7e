#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sha256.h"
#include "sys/digest.h"

static void to_hex(const uint8_t digest[static DIGEST_BYTES], char hex[static SHA256_HEX])
{
	unsigned i;

	for (i = 0; i < DIGEST_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* FIPS 180-2, appendix B; and nothing at all. */
static void the_standards_examples_come_out(void **state)
{
	static const struct {
		const char *text, *digest;
	} cases[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct digest *d = digest_new();
		uint8_t out[DIGEST_BYTES];
		char hex[SHA256_HEX];

		assert_non_null(d);
		digest_add(d, cases[i].text, strlen(cases[i].text));
		digest_end(d, out);
		to_hex(out, hex);
		assert_string_equal(hex, cases[i].digest);
	}
}

static void pieces_give_the_digest_of_the_whole(void **state)
{
	char text[300], whole[SHA256_HEX], hex[SHA256_HEX];
	uint8_t out[DIGEST_BYTES];
	size_t cut, i;

	(void)state;
	for (i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	sha256_hex(str_from(text, sizeof(text)), whole);
	for (cut = 0; cut <= sizeof(text); cut++) {
		struct digest *d = digest_new();

		assert_non_null(d);
		digest_add(d, text, cut);
		digest_add(d, text + cut, sizeof(text) - cut);
		digest_end(d, out);
		to_hex(out, hex);
		assert_string_equal(hex, whole);
	}
}

static void one_that_is_given_up_leaves_nothing_behind(void **state)
{
	struct digest *d = digest_new();

	(void)state;
	assert_non_null(d);
	digest_add(d, "secret", 6);
	digest_free(d);
	digest_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_standards_examples_come_out),
		cmocka_unit_test(pieces_give_the_digest_of_the_whole),
		cmocka_unit_test(one_that_is_given_up_leaves_nothing_behind),
	};

	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
