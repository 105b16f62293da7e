#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command.h"
#include "sys/clock.h"

static struct scripted server;
static struct command command;

/* How the server answers, every time. */
struct manner {
	int status;
	const char *fields, *body;
	bool drops, head;
};

static void play(struct scripted *s, const struct scripted_request *r, struct buf *out)
{
	const struct manner *m = s->context;

	(void)r;
	if (m->drops)
		s->then = SCRIPTED_LEAVE;
	else if (m->head)
		buf_addf(out, "HTTP/1.1 %d X\r\nContent-Length: 1000\r\n\r\n", m->status);
	else
		scripted_say(out, m->status, m->fields != NULL ? m->fields : "", str_of(m->body));
}

static int begin(void **state)
{
	(void)state;
	command_init(&command);
	scripted_init(&server, play, NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	command_wipe(&command);
	scripted_wipe(&server);
	return 0;
}

#define ARGUMENTS(...)                                                                             \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static void run(struct manner m, const char *const *arguments)
{
	server.context = &m;
	server.requests = 0;
	buf_clear(&server.log);
	buf_clear(&server.bodies);
	command_run(&command, &server, cmd_api, arguments);
	server.context = NULL;
}

static const struct manner good = {.status = 200, .body = "{\"a\" : 1.0}"};

static void expect(int code, const char *out, const char *requests)
{
	if (command.code != code)
		fail_msg("%d: %s", command.code, buf_text(&command.err));
	assert_string_equal(buf_text(&command.out), out);
	assert_string_equal(buf_text(&server.log), requests);
}

/* ---- what may be asked ---- */

/* The token goes where the path leads. */
static void paths_never_leave_the_base(void **state)
{
	static const char *const paths[] = {"..", ".", "../Users", "Users/..", "Users/../../../x",
		"Users/.", "./Users", "%2e%2e/x", "Users/%2E%2e", ".%2e/x", "%2e", "Users/%2f..",
		"Users%2f..%2fx", "Users%5c..", "Users\\..\\x", "..\\x", "Users//x",
		"//evil.example/x", "///x", "http://evil.example/", "https://evil.example/Users",
		"x/http://y", "Users#x", "#", "", "/", "?count=1", "/?x", "Users/%zz", "Users/%2",
		"..;/x", "..;a=b", "Users/%2e.;x/y", ".;/x"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		run(good, ARGUMENTS("GET", paths[i]));
		if (command.code != 2 || server.requests != 0 || command.out.len > 0)
			fail_msg("'%s': %d %s", paths[i], command.code, buf_text(&server.log));
	}
}

static void other_paths_are_sent_as_they_are(void **state)
{
	static const struct {
		const char *path, *sent;
	} rows[] = {
		{"Users", "Users"},
		{"/Users", "Users"},
		{"Users/", "Users/"},
		{"Users/242?x=../..//y", "Users/242?x=../..//y"},
		{"Users?filter=userName%20eq%20%22a%22", "Users?filter=userName%20eq%20%22a%22"},
		{"Users/a%20b", "Users/a%20b"},
		{"Users/...", "Users/..."},
		{"Users/..a", "Users/..a"},
		{".well-known", ".well-known"},
		{"Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
			"Schemas/urn:ietf:params:scim:schemas:core:2.0:User"},
		{"Users;x=1/y", "Users;x=1/y"},
	};
	char wanted[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		run(good, ARGUMENTS("GET", rows[i].path));
		snprintf(wanted, sizeof(wanted), "GET %s\n", rows[i].sent);
		expect(0, "{\"a\" : 1.0}\n", wanted);
	}
}

/* A blank or a line end in a path would write a request of its own. */
static void nothing_else_can_be_put_into_a_request(void **state)
{
	static const char *const paths[] = {
		"Users HTTP/1.1\r\nX: y", "Users x", "a\nb", "a\rb", "a\x7f", "a\xc3\xa9", "a?b c"};
	static const char *const methods[] = {"", " ", "GE T", "GET\r\nX: y", "CONNECT", "connect",
		"G\xc3\xa9T", "GET/",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		run(good, ARGUMENTS("GET", paths[i]));
		expect(2, "", "");
	}
	for (i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		run(good, ARGUMENTS(methods[i], "Users"));
		expect(2, "", "");
	}
}

static void methods_are_upper_case(void **state)
{
	(void)state;
	run(good, ARGUMENTS("get", "Users"));
	expect(0, "{\"a\" : 1.0}\n", "GET Users\n");
	run(good, ARGUMENTS("Purge", "Users"));
	expect(0, "{\"a\" : 1.0}\n", "PURGE Users\n");
}

/* The answer tells of a body that never comes: it is not waited for. */
static void head_has_no_body(void **state)
{
	int64_t start = clock_now();

	(void)state;
	run((struct manner){.status = 200, .head = true}, ARGUMENTS("HEAD", "Users"));
	expect(0, "", "HEAD Users\n");
	assert_true(clock_now() - start < 20000);
	run((struct manner){.status = 403, .head = true}, ARGUMENTS("HEAD", "Users"));
	expect(6, "", "HEAD Users\n");
}

/* ---- bodies ---- */

static void bodies_come_from_a_file_or_standard_input(void **state)
{
	char path[] = "/tmp/test_api.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0 && write(fd, "{ \"x\" :1}\n", 10) == 10);
	close(fd);
	run(good, ARGUMENTS("PATCH", "Users/1", "--body", path));
	unlink(path);
	expect(0, "{\"a\" : 1.0}\n", "PATCH Users/1\n");
	assert_string_equal(buf_text(&server.bodies), "{ \"x\" :1}\n\n");
	command.input = "not even JSON";
	run(good, ARGUMENTS("POST", "Users", "--body=-"));
	expect(0, "{\"a\" : 1.0}\n", "POST Users\n");
	assert_string_equal(buf_text(&server.bodies), "not even JSON\n");
	run(good, ARGUMENTS("POST", "Users", "--body=/nonexistent"));
	expect(2, "", "");
}

static void standard_input_is_read_once(void **state)
{
	(void)state;
	command.input = COMMAND_TOKEN;
	command.token = NULL;
	run(good, ARGUMENTS("POST", "Users", "--body=-", "--token-stdin"));
	expect(2, "", "");
	run(good, ARGUMENTS("POST", "Users", "--body=-", "--token-file=-"));
	expect(2, "", "");
	assert_string_equal(buf_text(&server.bodies), "");
}

/* ---- answers ---- */

static void the_body_is_printed_whatever_it_is(void **state)
{
	(void)state;
	run((struct manner){.status = 200, .body = "[1,\n 2]"}, ARGUMENTS("GET", "x"));
	expect(0, "[1,\n 2]\n", "GET x\n");
	run((struct manner){.status = 200, .body = "plain\x1btext\n"}, ARGUMENTS("GET", "x"));
	expect(0, "plain\x1btext\n", "GET x\n");
	run((struct manner){.status = 204, .head = true}, ARGUMENTS("DELETE", "Users/1"));
	expect(0, "", "DELETE Users/1\n");
}

static void a_refusal_leaves_standard_output_empty(void **state)
{
	(void)state;
	run((struct manner){.status = 404, .body = "{\"detail\":\"gone away\"}"},
		ARGUMENTS("GET", "Users/1"));
	expect(7, "", "GET Users/1\n");
	assert_non_null(strstr(buf_text(&command.err), "404"));
	assert_non_null(strstr(buf_text(&command.err), "gone away"));
}

/* What a second execution would do is known of the methods that HTTP defines, of no other. */
static void only_safe_repetitions_are_made(void **state)
{
	static const struct {
		const char *method;
		unsigned attempts;
		int code;
	} rows[] = {
		{"GET", 3, 9},
		{"HEAD", 3, 9},
		{"OPTIONS", 3, 9},
		{"PUT", 3, 4},
		{"DELETE", 3, 4},
		{"POST", 1, 4},
		{"PATCH", 1, 4},
		{"X", 1, 4},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		run((struct manner){.drops = true},
			ARGUMENTS(rows[i].method, "Users/1", "--retries=2", "--max-wait=0"));
		if (command.code != rows[i].code || server.requests != rows[i].attempts)
			fail_msg("%s: %d after %u: %s", rows[i].method, command.code,
				server.requests, buf_text(&command.err));
		assert_int_equal(command.out.len, 0);
	}
}

static void a_dry_run_shows_the_request(void **state)
{
	(void)state;
	command.input = "{}";
	run(good, ARGUMENTS("PATCH", "Users/1", "--body=-", "--dry-run"));
	assert_int_equal(command.code, 0);
	assert_int_equal(server.requests, 0);
	assert_true(str_starts(buf_str(&command.out), "PATCH http://127.0.0.1:"));
	assert_non_null(strstr(buf_text(&command.out), SCRIPTED_ROOT "/Users/1"));
	assert_non_null(strstr(buf_text(&command.out), "\n{}\n"));
	assert_non_null(strstr(buf_text(&command.out), "Bearer ***"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(paths_never_leave_the_base, begin, end),
		cmocka_unit_test_setup_teardown(other_paths_are_sent_as_they_are, begin, end),
		cmocka_unit_test_setup_teardown(nothing_else_can_be_put_into_a_request, begin, end),
		cmocka_unit_test_setup_teardown(methods_are_upper_case, begin, end),
		cmocka_unit_test_setup_teardown(head_has_no_body, begin, end),
		cmocka_unit_test_setup_teardown(
			bodies_come_from_a_file_or_standard_input, begin, end),
		cmocka_unit_test_setup_teardown(standard_input_is_read_once, begin, end),
		cmocka_unit_test_setup_teardown(the_body_is_printed_whatever_it_is, begin, end),
		cmocka_unit_test_setup_teardown(a_refusal_leaves_standard_output_empty, begin, end),
		cmocka_unit_test_setup_teardown(only_safe_repetitions_are_made, begin, end),
		cmocka_unit_test_setup_teardown(a_dry_run_shows_the_request, begin, end),
	};

	return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
