#include "codec/host_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"

static void test_names(void **state)
{
	static const struct {
		const char *pattern, *host;
		bool covered;
	} cases[] = {
		{"localhost", "localhost", true},
		{"LOCALHOST", "localhost", true},
		{"sentry.io", "Sentry.IO", true},
		{"localhost.evil.example", "localhost", false},
		{"evillocalhost", "localhost", false},
		{"localhos", "localhost", false},
		{"localhost.", "localhost", false},
		{"localhost", "localhost.", false},
		{"", "localhost", false},
		{"localhost", "", false},
		{"", "", false},
		{"*.scim.test", "a.scim.test", true},
		{"*.SCIM.test", "A.scim.TEST", true},
		{"*.scim.test", "xn--a-ecp.scim.test", true},
		{"*.scim.test", "a.b.scim.test", false},
		{"*.scim.test", "scim.test", false},
		{"*.scim.test", ".scim.test", false},
		{"*.scim.test", "ascim.test", false},
		{"*.scim.test.", "a.scim.test", false},
		{"a*.scim.test", "ab.scim.test", false},
		{"*a.scim.test", "ba.scim.test", false},
		{"**.scim.test", "a.scim.test", false},
		{"a.*.test", "a.scim.test", false},
		{"*.*.test", "a.scim.test", false},
		{"*", "localhost", false},
		{"*.", "localhost", false},
		{"*.test", "scim.test", false},
		{"*.com", "sentry.com", false},
		{".scim.test", "a.scim.test", false},
		{"127.0.0.1", "127.0.0.1", false},
		{"*.0.0.1", "127.0.0.1", false},
		{"::1", "::1", false},
		{"*.scim.test", "*.scim.test", false},
	};
	struct guard g = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (host_match_name(guard_text(&g, cases[i].pattern), str_of(cases[i].host)) !=
			cases[i].covered)
			fail_msg("%s for %s", cases[i].pattern, cases[i].host);
	guard_release(&g);
}

static void test_a_nul_in_a_pattern_ends_nothing(void **state)
{
	(void)state;
	assert_false(
		host_match_name(str_from("sentry.io\0.evil.example", 23), str_of("sentry.io")));
	assert_false(host_match_name(str_from("*.io\0", 5), str_of("sentry.io")));
}

static void test_addresses(void **state)
{
	static const char v4[] = {127, 0, 0, 1};
	static const char v6[16] = {[15] = 1};
	static const char mapped[16] = {[10] = (char)0xff, (char)0xff, 127, 0, 0, 1};
	struct str a4 = str_from(v4, 4), a6 = str_from(v6, 16), am = str_from(mapped, 16);

	(void)state;
	assert_true(host_match_address(a4, str_of("127.0.0.1")));
	assert_false(host_match_address(a4, str_of("127.0.0.2")));
	assert_false(host_match_address(a4, str_of("localhost")));
	assert_false(host_match_address(a4, str_of("")));
	assert_true(host_match_address(a6, str_of("::1")));
	assert_true(host_match_address(a6, str_of("0:0:0:0:0:0:0:1")));
	assert_false(host_match_address(a6, str_of("::2")));
	/* RFC 9525 6.2: the bytes are compared; a mapped address is another address. */
	assert_false(host_match_address(am, str_of("127.0.0.1")));
	assert_false(host_match_address(a4, str_of("::ffff:127.0.0.1")));
	/* Sizes that are no address, a name constraint's for example. */
	assert_false(host_match_address(str_from(v4, 3), str_of("127.0.0.1")));
	assert_false(host_match_address(str_from(v6, 8), str_of("127.0.0.1")));
	assert_false(host_match_address(str_from(v4, 0), str_of("127.0.0.1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_a_nul_in_a_pattern_ends_nothing),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
