#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "client/message.h"

#define TOKEN "sntryi_canary"

static struct message_header extra[2];
static struct message_origin origin;
static struct buf out;
static struct err err;

static int begin(void **state)
{
	(void)state;
	extra[0] = (struct message_header){str_of("X-Gate"), str_of("open sesame")};
	extra[1] = (struct message_header){str_of("X-Empty"), str_of("")};
	origin = (struct message_origin){
		.root = str_of("https://sentry.example:9443/api/0/organizations/acme/scim/v2"),
		.root_path = str_of("/api/0/organizations/acme/scim/v2"),
		.api_root = str_of("https://sentry.example:9443/api/0/organizations/acme"),
		.api_path = str_of("/api/0/organizations/acme"),
		.authority = str_of("sentry.example:9443"),
		.token = str_of(TOKEN),
		.user_agent = str_of("sentry-scim/1"),
		.headers = extra,
	};
	buf_init(&out, LIMIT_REQUEST_HEAD + LIMIT_REQUEST_BODY);
	err_clear(&err);
	return 0;
}

static int end(void **state)
{
	(void)state;
	buf_wipe(&out);
	return 0;
}

static bool make(const char *method, const char *path, const char *body, bool shown)
{
	const struct message_call call = {
		.method = str_of(method), .path = str_of(path), .body = str_of(body)};

	buf_clear(&out);
	err_clear(&err);
	return message_write(&origin, &call, shown, &out, &err);
}

static void without_a_token_none_is_sent(void **state)
{
	(void)state;
	origin.token = str_from(NULL, 0);
	assert_true(make("GET", "Users", "", false));
	assert_null(strstr(buf_text(&out), "Authorization"));
	assert_true(make("GET", "Users", "", true));
	assert_null(strstr(buf_text(&out), "Authorization"));
}

static void requests_are_these_bytes(void **state)
{
	(void)state;
	origin.header_count = 2;
	assert_true(make("POST", "Users", "{\"userName\":\"\xc3\xa9\"}\n", false));
	assert_string_equal(buf_text(&out),
		"POST /api/0/organizations/acme/scim/v2/Users HTTP/1.1\r\n"
		"Host: sentry.example:9443\r\n"
		"User-Agent: sentry-scim/1\r\n"
		"Authorization: Bearer " TOKEN "\r\n"
		"Accept: application/json\r\n"
		"X-Gate: open sesame\r\n"
		"X-Empty: \r\n"
		"Content-Type: application/json\r\n"
		"Content-Length: 18\r\n"
		"\r\n"
		"{\"userName\":\"\xc3\xa9\"}\n");
}

/* No body, no words about one; and nothing asks for compression or an interim answer. */
static void without_a_body_there_is_no_length(void **state)
{
	(void)state;
	assert_true(make("GET", "Users?filter=userName%20eq%20%22a%22", "", false));
	assert_string_equal(buf_text(&out),
		"GET /api/0/organizations/acme/scim/v2/Users?filter=userName%20eq%20%22a%22 "
		"HTTP/1.1\r\n"
		"Host: sentry.example:9443\r\n"
		"User-Agent: sentry-scim/1\r\n"
		"Authorization: Bearer " TOKEN "\r\n"
		"Accept: application/json\r\n"
		"\r\n");
}

/* Servers and gateways answer 411 to a POST that says nothing about its length. */
static void methods_that_carry_bodies_say_that_there_is_none(void **state)
{
	static const struct {
		const char *method;
		bool told;
	} rows[] = {{"POST", true}, {"PUT", true}, {"PATCH", true}, {"DELETE", false},
		{"HEAD", false}, {"post", false}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_true(make(rows[i].method, "Users", "", false));
		assert_int_equal(strstr(buf_text(&out), "\r\nContent-Length: 0\r\n\r\n") != NULL,
			rows[i].told);
		assert_null(strstr(buf_text(&out), "Content-Type"));
	}
}

static void sentrys_own_interface_has_another_root(void **state)
{
	const struct message_call call = {
		.api = true, .method = str_of("GET"), .path = str_of("members/242/")};

	(void)state;
	assert_true(message_write(&origin, &call, false, &out, &err));
	assert_true(str_starts(
		buf_str(&out), "GET /api/0/organizations/acme/members/242/ HTTP/1.1\r\n"));
	buf_clear(&out);
	assert_true(message_write(&origin, &call, true, &out, &err));
	assert_true(str_starts(buf_str(&out),
		"GET https://sentry.example:9443/api/0/organizations/acme/members/242/ HTTP/"));
}

static void what_is_shown_names_the_url_and_hides_the_token(void **state)
{
	(void)state;
	assert_true(make("POST", "Users", "{}", true));
	assert_string_equal(buf_text(&out),
		"POST https://sentry.example:9443/api/0/organizations/acme/scim/v2/Users "
		"HTTP/1.1\r\n"
		"Host: sentry.example:9443\r\n"
		"User-Agent: sentry-scim/1\r\n"
		"Authorization: Bearer ***\r\n"
		"Accept: application/json\r\n"
		"Content-Type: application/json\r\n"
		"Content-Length: 2\r\n"
		"\r\n"
		"{}");
	/* neither the token's end nor its length shows */
	origin.token = str_of("x");
	assert_true(make("POST", "Users", "{}", true));
	assert_non_null(strstr(buf_text(&out), "Bearer ***\r\n"));
}

static void appended_not_written_over(void **state)
{
	const struct message_call call = {.method = str_of("GET"), .path = str_of("Users")};

	(void)state;
	buf_add_text(&out, "before");
	assert_true(message_write(&origin, &call, false, &out, &err));
	assert_true(str_starts(buf_str(&out), "beforeGET /"));
}

/* Whatever a person or a server put into a part of it: it cannot end a line early. */
static void nothing_can_be_injected(void **state)
{
	static const char *const targets[] = {"Users HTTP/1.1\r\nX: y", "Users\r\n", "Users\n",
		"Us ers", "Us\ters", "Us\x7f", "Us\xc3\xa9rs"};
	static const char *const values[] = {
		"a\r\nX: y", "a\nX: y", "a\rb", "a\x01", "a\x7f", " a", "a ", "a\t"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		assert_false(make("GET", targets[i], "", false));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_null(strstr(buf_text(&out), "X: y"));
	}
	assert_false(make("GE T", "Users", "", false));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_false(make("", "Users", "", false));
	assert_int_equal(err.kind, ERR_INPUT);
	for (i = 0; i < sizeof values / sizeof values[0]; i++) {
		origin.token = str_of(values[i]);
		/* a blank in front of it stands in the middle of the field */
		if (values[i][0] == ' ')
			continue;
		assert_false(make("GET", "Users", "", false));
		assert_int_equal(err.kind, ERR_INPUT);
	}
	origin.token = str_from("a\0b", 3);
	assert_false(make("GET", "Users", "", false));
	origin.token = str_of(TOKEN);
	origin.authority = str_of("h\r\nX: y");
	assert_false(make("GET", "Users", "", false));
	origin.authority = str_of("h");
	assert_true(make("GET", "Users", "", false));
}

static void nothing_can_be_injected_by_headers(void **state)
{
	static const char *const values[] = {
		"a\r\nX: y", "a\nX: y", "a\rb", "a\x01", "a\x7f", " a", "a ", "a\t"};
	static const char *const names[] = {"", "X Y", "X:", "X\r\nY", "X\xc3\xa9", "(x)"};
	size_t i;

	(void)state;
	origin.header_count = 2;
	for (i = 0; i < sizeof values / sizeof values[0]; i++) {
		extra[1].value = str_of(values[i]);
		assert_false(make("GET", "Users", "", true));
		assert_int_equal(err.kind, ERR_INPUT);
	}
	extra[1].value = str_of("a\tb");
	assert_true(make("GET", "Users", "", true));
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		extra[1].name = str_of(names[i]);
		assert_false(make("GET", "Users", "", false));
		assert_int_equal(err.kind, ERR_INPUT);
	}
}

/* The token may be wrong; its text is not for messages even then. */
static void faults_do_not_tell_the_token(void **state)
{
	(void)state;
	origin.token = str_of("sntryi_ca\nnary");
	assert_false(make("GET", "Users", "", false));
	assert_null(strstr(err.text, "sntryi_"));
	assert_null(strstr(err.text, "nary"));
}

static void what_is_too_large_is_refused(void **state)
{
	char *text = calloc(1, LIMIT_REQUEST_BODY + 2);
	char *path = calloc(1, LIMIT_REQUEST_HEAD + 2);

	(void)state;
	assert_non_null(text);
	assert_non_null(path);
	memset(text, 'x', LIMIT_REQUEST_BODY);
	assert_true(make("POST", "Users", text, false));
	memset(path, 'x', LIMIT_REQUEST_HEAD + 1);
	assert_false(make("GET", path, "", false));
	assert_int_equal(err.kind, ERR_MEMORY);
	origin.token = str_from(path, LIMIT_TOKEN + 32);
	assert_false(make("GET", "Users", "", false));
	assert_int_equal(err.kind, ERR_MEMORY);
	origin.token = str_of(TOKEN);
	out.max = 100;
	assert_false(make("POST", "Users", "{}", false));
	assert_int_equal(err.kind, ERR_MEMORY);
	free(text);
	free(path);
}

static void a_header_is_taken_apart_and_never_quoted(void **state)
{
	static const char *const faulty[] = {"X-Key secret", "X Key: secret", "Host: secret",
		"Proxy-X: secret", "X-Key:  ", "X: a\rb"};
	struct err e = {.kind = ERR_NONE};
	struct message_header h;

	(void)state;
	assert_true(message_parse_header(str_of("X-Key:  a b "), &h, "--header", &e));
	assert_true(str_is(h.name, "X-Key") && str_is(h.value, "a b"));
	for (size_t i = 0; i < sizeof faulty / sizeof faulty[0]; i++) {
		err_clear(&e);
		assert_false(message_parse_header(str_of(faulty[i]), &h, "--header", &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_null(strstr(e.text, "secret"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_is_taken_apart_and_never_quoted),
		cmocka_unit_test_setup_teardown(requests_are_these_bytes, begin, end),
		cmocka_unit_test_setup_teardown(without_a_token_none_is_sent, begin, end),
		cmocka_unit_test_setup_teardown(without_a_body_there_is_no_length, begin, end),
		cmocka_unit_test_setup_teardown(
			methods_that_carry_bodies_say_that_there_is_none, begin, end),
		cmocka_unit_test_setup_teardown(sentrys_own_interface_has_another_root, begin, end),
		cmocka_unit_test_setup_teardown(
			what_is_shown_names_the_url_and_hides_the_token, begin, end),
		cmocka_unit_test_setup_teardown(appended_not_written_over, begin, end),
		cmocka_unit_test_setup_teardown(nothing_can_be_injected, begin, end),
		cmocka_unit_test_setup_teardown(nothing_can_be_injected_by_headers, begin, end),
		cmocka_unit_test_setup_teardown(faults_do_not_tell_the_token, begin, end),
		cmocka_unit_test_setup_teardown(what_is_too_large_is_refused, begin, end),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
