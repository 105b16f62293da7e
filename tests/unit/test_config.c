#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/json_scan.h"
#include "command.h"

static struct command command;

static int begin(void **state)
{
	(void)state;
	command_init(&command);
	return 0;
}

static int end(void **state)
{
	(void)state;
	command_wipe(&command);
	return 0;
}

static void run(int code, const char *const *arguments)
{
	command_run(&command, NULL, cmd_config, arguments);
	if (command.code != code)
		fail_msg("%d: %s", command.code, buf_text(&command.err));
}

#define RUN(code, ...) run(code, (const char *const[]){__VA_ARGS__, NULL})

/* The row of a setting; fails without one. VALUE: NULL for null. */
static void expect(const char *name, const char *value, const char *from)
{
	struct json_value row, v;
	size_t at = 0;
	unsigned rows = 0;

	while (json_element(buf_str(&command.out), &at, &row)) {
		if (!json_member(row.raw, "setting", &v) || !str_is(v.raw, name))
			continue;
		rows++;
		assert_true(json_member(row.raw, "value", &v));
		if (value == NULL ? v.type != JSON_NULL : !str_is(v.raw, value))
			fail_msg("%s: %.*s", name, STR_ARG(v.whole));
		assert_true(json_member(row.raw, "from", &v));
		if (!str_is(v.raw, from))
			fail_msg("%s from %.*s", name, STR_ARG(v.whole));
	}
	if (rows != 1)
		fail_msg("%s: %u rows in %s", name, rows, buf_text(&command.out));
}

static void every_setting_has_its_place(void **state)
{
	(void)state;
	RUN(0, "--org=acme", "--region", "us", "--timeout=7", "--ca-embedded");
	assert_true(json_valid(buf_str(&command.out), NULL));
	assert_string_equal(buf_text(&command.err), "");
	expect("org", "acme", "--org");
	expect("region", "us", "--region");
	expect("timeout", "7", "--timeout");
	expect("connect_timeout", "10", "default");
	expect("max_retries", "4", "default");
	expect("max_wait", "60", "default");
	expect("SCIM base in use", "https://us.sentry.io/api/0/organizations/acme/scim/v2",
		"the settings above");
	expect("proxy", NULL, "not set");
	expect("config file", NULL, "not set");
}

/* What is missing is what config is asked about. */
static void it_shows_what_there_is_while_something_is_missing(void **state)
{
	(void)state;
	command.token = NULL;
	RUN(0, "--org=acme", "--timeout=7");
	expect("token", NULL, "not set");
	expect("timeout", "7", "--timeout");
	expect("org", "acme", "--org");
	assert_non_null(strstr(buf_text(&command.err), "warning: no token"));
	command.token = COMMAND_TOKEN;
	RUN(0, "--timeout=7");
	expect("timeout", "7", "--timeout");
	expect("org", NULL, "not set");
	assert_non_null(strstr(buf_text(&command.err), "org"));
}

static void wrong_settings_are_errors_and_no_rows(void **state)
{
	(void)state;
	RUN(2, "--org=acme", "--timeout=soon");
	assert_int_equal(command.out.len, 0);
	RUN(2, "--url=ftp://x", "--org=acme");
	assert_int_equal(command.out.len, 0);
	RUN(2, "--config=/nonexistent", "--org=acme");
	assert_int_equal(command.out.len, 0);
}

/* Credentials of a proxy are secrets too. (That the token is nowhere, each run checks.) */
static void secrets_are_not_shown(void **state)
{
	(void)state;
	RUN(0, "--org=acme", "--proxy=http://user:hunter2hunter2@proxy.example:3128");
	assert_null(strstr(buf_text(&command.out), "hunter2"));
	assert_non_null(strstr(buf_text(&command.out), "proxy.example:3128"));
	assert_non_null(strstr(buf_text(&command.out), "sntryi_"));
	expect("proxy in use", "http://proxy.example:3128", "from --proxy");
}

static void a_proxy_that_is_not_used_is_said(void **state)
{
	(void)state;
	RUN(0, "--org=acme", "--proxy=http://proxy.example:3128", "--no-proxy=sentry.io");
	expect("no_proxy", "sentry.io", "--no-proxy");
	assert_non_null(strstr(buf_text(&command.out),
		"\"setting\":\"proxy in use\",\"value\":"
		"\"none\""));
}

static void other_formats_say_the_same(void **state)
{
	(void)state;
	RUN(0, "--org=acme", "--output=csv");
	assert_true(str_starts(buf_str(&command.out), "setting,value,from\n"));
	assert_non_null(strstr(buf_text(&command.out), "\norg,acme,--org\n"));
	RUN(0, "--org=acme", "--output=jsonl");
	assert_non_null(strstr(buf_text(&command.out),
		"\n{\"setting\":\"org\",\"value\":\"acme\",\"from\":\"--org\"}\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_setting_has_its_place, begin, end),
		cmocka_unit_test_setup_teardown(
			it_shows_what_there_is_while_something_is_missing, begin, end),
		cmocka_unit_test_setup_teardown(wrong_settings_are_errors_and_no_rows, begin, end),
		cmocka_unit_test_setup_teardown(secrets_are_not_shown, begin, end),
		cmocka_unit_test_setup_teardown(a_proxy_that_is_not_used_is_said, begin, end),
		cmocka_unit_test_setup_teardown(other_formats_say_the_same, begin, end),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
