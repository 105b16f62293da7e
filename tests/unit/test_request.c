#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "client/request.h"

static struct buf method;
static struct message_call call;

static enum err_kind parse(const char *verb, const char *path)
{
	struct err e = {.kind = ERR_NONE};

	buf_clear(&method);
	if (request_parse(verb, path, &method, &call, &e))
		assert_int_equal(e.kind, ERR_NONE);
	return e.kind;
}

static void a_method_is_taken_in_any_case(void **state)
{
	(void)state;
	assert_int_equal(parse("get", "/Users?count=1"), ERR_NONE);
	assert_true(str_is(call.method, "GET"));
	assert_true(str_is(call.path, "Users?count=1"));
	assert_int_equal(call.body.n, 0);
	assert_int_equal(parse("PaTcH", "Users/242"), ERR_NONE);
	assert_true(str_is(call.method, "PATCH"));
}

static void what_is_no_method_is_refused(void **state)
{
	char long_one[REQUEST_METHOD_MAX + 2];

	(void)state;
	memset(long_one, 'A', sizeof long_one - 1);
	long_one[sizeof long_one - 1] = '\0';
	assert_int_equal(parse("", "Users"), ERR_USAGE);
	assert_int_equal(parse("GET /", "Users"), ERR_USAGE);
	assert_int_equal(parse("connect", "Users"), ERR_USAGE);
	assert_int_equal(parse(long_one, "Users"), ERR_USAGE);
}

static void nothing_leads_out_of_the_root(void **state)
{
	static const char *const paths[] = {"", "/", "../x", "Users/..", "Users/%2e%2E/x",
		"Users/%2e;x=1/y", "Users//x", "Users/%2F..", "Users/a%5Cb",
		"https://evil.example/", "Users#x", "?count=1", "Users/%zz"};

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		assert_int_equal(parse("GET", paths[i]), ERR_USAGE);
}

static int begin(void **state)
{
	(void)state;
	buf_init(&method, REQUEST_METHOD_MAX);
	return 0;
}

static int end(void **state)
{
	(void)state;
	buf_wipe(&method);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_method_is_taken_in_any_case),
		cmocka_unit_test(what_is_no_method_is_refused),
		cmocka_unit_test(nothing_leads_out_of_the_root),
	};

	return cmocka_run_group_tests_name("request", tests, begin, end);
}
