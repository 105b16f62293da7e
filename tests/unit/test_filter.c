#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "codec/url.h"
#include "guard.h"
#include "scim/filter.h"

static struct guard guard;
static struct buf out, plain;

static int begin(void **state)
{
	(void)state;
	buf_init(&out, 3 * LIMIT_REQUEST_BODY);
	buf_init(&plain, LIMIT_REQUEST_BODY);
	return 0;
}

static int end(void **state)
{
	(void)state;
	buf_wipe(&out);
	buf_wipe(&plain);
	guard_release(&guard);
	return 0;
}

static void some_names_cannot_be_asked_for(void **state)
{
	static const struct {
		const char *value;
		bool anywhere, sentry;
	} rows[] = {
		{"ada@example.com", true, true},
		{"Ada Lovelace", true, true},
		{" a ", true, true},
		{"o'hara+x@example.com", true, true},
		{"\xc3\xa9", true, true},
		{"eq", true, true},
		{"a eq", true, true},
		{"aeqb", true, true},
		{"a(b)[c]", true, true},
		/* these would list everybody */
		{"", false, false},
		{" ", false, false},
		{"\t \r\n", false, false},
		/* Sentry splits at these, and knows no escapes */
		{"a,b", true, false},
		{"a\"b", true, false},
		{"a\\b", true, false},
		{"a eq b", true, false},
		{"a\tb", true, false},
		{"a\x1f", true, false},
		{"a\x7f", true, true},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str value = guard_text(&guard, rows[i].value);

		if (filter_possible(value, false) != rows[i].anywhere ||
			filter_possible(value, true) != rows[i].sentry)
			fail_msg("'%s'", rows[i].value);
	}
}

static void filters_are_encoded_for_a_query(void **state)
{
	static const struct {
		const char *value, *encoded, *decoded;
	} rows[] = {
		{"ada@example.com", "filter=userName%20eq%20%22ada%40example.com%22",
			"filter=userName eq \"ada@example.com\""},
		/* nothing in the value ends the filter, the parameter or the query */
		{"a\"b", "filter=userName%20eq%20%22a%5C%22b%22", "filter=userName eq \"a\\\"b\""},
		{"a\\", "filter=userName%20eq%20%22a%5C%5C%22", "filter=userName eq \"a\\\\\""},
		{"a&b=c#d", "filter=userName%20eq%20%22a%26b%3Dc%23d%22",
			"filter=userName eq \"a&b=c#d\""},
		{"a+b%20", "filter=userName%20eq%20%22a%2Bb%2520%22",
			"filter=userName eq \"a+b%20\""},
		{"a\n", "filter=userName%20eq%20%22a%5Cn%22", "filter=userName eq \"a\\n\""},
		{"\xc3\xa9", "filter=userName%20eq%20%22%C3%A9%22",
			"filter=userName eq \"\xc3\xa9\""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_clear(&out);
		buf_clear(&plain);
		buf_add_text(&out, "x&");
		assert_true(filter_add("userName", guard_text(&guard, rows[i].value), &out));
		assert_true(str_starts(buf_str(&out), "x&"));
		assert_string_equal(buf_text(&out) + 2, rows[i].encoded);
		assert_true(url_decode(str_skip(buf_str(&out), 2), &plain));
		assert_string_equal(buf_text(&plain), rows[i].decoded);
	}
	buf_clear(&out);
	assert_true(filter_add("displayName", str_of("x"), &out));
	assert_string_equal(buf_text(&out), "filter=displayName%20eq%20%22x%22");
}

static void what_does_not_fit_leaves_nothing_behind(void **state)
{
	struct buf small;

	(void)state;
	buf_add_text(&out, "x&");
	assert_false(filter_add("userName", guard_text(&guard, "a\xff"), &out));
	assert_string_equal(buf_text(&out), "x&");
	assert_false(out.failed);
	/* filter=a%20eq%20%22xx%22 are 24 bytes */
	buf_init(&small, 25);
	buf_add_text(&small, "&");
	assert_true(filter_add("a", str_of("xx"), &small));
	assert_int_equal(small.len, 25);
	buf_clear(&small);
	buf_add_text(&small, "&");
	assert_false(filter_add("a", str_of("xxx"), &small));
	assert_string_equal(buf_text(&small), "&");
	buf_wipe(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(some_names_cannot_be_asked_for, begin, end),
		cmocka_unit_test_setup_teardown(filters_are_encoded_for_a_query, begin, end),
		cmocka_unit_test_setup_teardown(
			what_does_not_fit_leaves_nothing_behind, begin, end),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
