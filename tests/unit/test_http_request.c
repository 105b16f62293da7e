#include "codec/http_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"

static void test_a_head_as_it_goes_out(void **state)
{
	struct http_request r;
	struct buf out;

	(void)state;
	buf_init(&out, 1024);
	http_request_start(&r, &out, str_of("POST"), str_of("/scim/v2/Users?a=%20"));
	http_request_field(&r, str_of("Host"), str_of("sentry.io"));
	http_request_field(&r, str_of("X-Empty"), str_of(""));
	http_request_field(&r, str_of("X-Tab"), str_of("a\tb \xc3\xbc"));
	http_request_length(&r, UINT64_MAX);
	assert_true(http_request_end(&r));
	assert_null(r.fault);
	assert_string_equal(buf_text(&out),
		"POST /scim/v2/Users?a=%20 HTTP/1.1\r\n"
		"Host: sentry.io\r\n"
		"X-Empty: \r\n"
		"X-Tab: a\tb \xc3\xbc\r\n"
		"Content-Length: 18446744073709551615\r\n"
		"\r\n");
	buf_wipe(&out);
}

struct part {
	const char *bytes;
	size_t len;
};

#define PART(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

/* Writes a head with one bad part; nothing of it or behind it may be written. */
static void expect_refusal(struct str method, struct str target, struct str name, struct str value)
{
	struct http_request r;
	struct buf out;
	size_t before;

	buf_init(&out, 1024);
	http_request_start(&r, &out, method, target);
	before = out.len;
	http_request_field(&r, name, value);
	assert_int_equal(out.len, before);
	http_request_field(&r, str_of("Host"), str_of("h"));
	http_request_length(&r, 1);
	assert_int_equal(out.len, before);
	assert_false(http_request_end(&r));
	assert_non_null(r.fault);
	assert_int_equal(out.len, before);
	buf_wipe(&out);
}

static void test_nothing_can_be_smuggled_into_a_value(void **state)
{
	static const struct part values[] = {
		PART("a\r\nX: b"),
		PART("a\rX: b"),
		PART("a\nX: b"),
		PART("a\0b"),
		PART("\x1b[31m"),
		PART("a\x7f"),
		PART(" a"),
		PART("a "),
		PART("\ta"),
		PART("\r\n"),
	};
	struct guard g = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		expect_refusal(str_of("GET"), str_of("/"), str_of("X"),
			guard_copy(&g, str_from(values[i].bytes, values[i].len)));
	guard_release(&g);
}

static void test_nothing_can_be_smuggled_into_a_name(void **state)
{
	static const struct part names[] = {
		PART(""),
		PART("a b"),
		PART("a:"),
		PART("a\r\n"),
		PART("a\0"),
		PART("a\x80"),
		PART("(a)"),
		PART(" a"),
	};
	struct guard g = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		expect_refusal(str_of("GET"), str_of("/"),
			guard_copy(&g, str_from(names[i].bytes, names[i].len)), str_of("v"));
	guard_release(&g);
}

static void test_nothing_can_be_smuggled_into_the_request_line(void **state)
{
	static const struct part targets[] = {
		PART(""),
		PART("/a b"),
		PART("/a\r\n"),
		PART("/\0"),
		PART("/\x7f"),
		PART("/\xc3\xbc"),
		PART("/\t"),
	};
	struct guard g = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		expect_refusal(str_of("GET"),
			guard_copy(&g, str_from(targets[i].bytes, targets[i].len)), str_of("X"),
			str_of("v"));
	expect_refusal(str_of(""), str_of("/"), str_of("X"), str_of("v"));
	expect_refusal(str_of("GET /"), str_of("/"), str_of("X"), str_of("v"));
	expect_refusal(str_of("GET\r"), str_of("/"), str_of("X"), str_of("v"));
	guard_release(&g);
}

static void test_the_first_fault_is_told(void **state)
{
	struct http_request r;
	struct buf out;
	const char *first;

	(void)state;
	buf_init(&out, 1024);
	http_request_start(&r, &out, str_of("GET"), str_of("/"));
	http_request_field(&r, str_of("a b"), str_of("v"));
	first = r.fault;
	http_request_field(&r, str_of("a"), str_of("\n"));
	assert_false(http_request_end(&r));
	assert_ptr_equal(r.fault, first);
	buf_wipe(&out);
}

static void test_a_full_buffer_is_no_request(void **state)
{
	struct http_request r;
	struct buf out;
	size_t max;

	(void)state;
	for (max = 0; max <= sizeof("GET / HTTP/1.1\r\nHost: h\r\n\r\n") - 1; max++) {
		buf_init(&out, max);
		http_request_start(&r, &out, str_of("GET"), str_of("/"));
		http_request_field(&r, str_of("Host"), str_of("h"));
		assert_int_equal(http_request_end(&r), max == 27);
		assert_null(r.fault);
		buf_wipe(&out);
	}
}

static void test_tokens_byte_by_byte(void **state)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	unsigned i;
	char c;

	(void)state;
	for (i = 0; i < 256; i++) {
		c = (char)i;
		assert_int_equal(
			http_is_token(str_from(&c, 1)), i != 0 && strchr(token, c) != NULL);
		assert_int_equal(http_is_field_value(str_from(&c, 1)), i > 0x20 && i != 0x7f);
	}
	assert_true(http_is_token(str_of(token)));
	assert_true(http_is_field_value(str_of("")));
}

/* Values are looked at several bytes at a time: each byte at each place among the others. */
static void test_values_byte_by_byte_at_every_place(void **state)
{
	static const char around[] = "Bearer\xff a\x80\tb!~ value";
	char value[sizeof(around)];
	size_t len, at;
	unsigned i;

	(void)state;
	for (len = 1; len < sizeof(around); len++)
		for (at = 0; at < len; at++)
			for (i = 0; i < 256; i++) {
				bool good = (i >= 0x20 && i != 0x7f) || i == '\t';
				char first, last;

				memcpy(value, around, len);
				value[at] = (char)i;
				first = value[0];
				last = value[len - 1];
				good = good && strchr(" \t", first) == NULL &&
					strchr(" \t", last) == NULL;
				assert_int_equal(http_is_field_value(str_from(value, len)), good);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_head_as_it_goes_out),
		cmocka_unit_test(test_nothing_can_be_smuggled_into_a_value),
		cmocka_unit_test(test_nothing_can_be_smuggled_into_a_name),
		cmocka_unit_test(test_nothing_can_be_smuggled_into_the_request_line),
		cmocka_unit_test(test_the_first_fault_is_told),
		cmocka_unit_test(test_a_full_buffer_is_no_request),
		cmocka_unit_test(test_tokens_byte_by_byte),
		cmocka_unit_test(test_values_byte_by_byte_at_every_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
