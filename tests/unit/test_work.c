/*
 * What the commands on members and teams share: several removals and what becomes of them, lists,
 * and the end that reports.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command.h"

#define ADA "{\"id\":\"1\",\"userName\":\"ada@example.com\",\"sentryOrgRole\":\"owner\"}"
#define BOB "{\"id\":\"2\",\"userName\":\"bob@example.com\",\"sentryOrgRole\":\"member\"}"

static const char scim_404[] = "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],"
			       "\"detail\":\"Resource not found.\"}";

/* What the server does about one request, which begins so; the first that fits and is left. */
struct act {
	const char *request; /* "DELETE Users/1" */
	int status;          /* 0: the connection is dropped */
	const char *body;
};

struct script {
	const struct act *acts; /* ended by one without a request */
	bool used[16];
};

static struct scripted server;
static struct command command;

static void play(struct scripted *s, const struct scripted_request *r, struct buf *out)
{
	struct script *script = s->context;
	char line[512];
	unsigned i;

	snprintf(line, sizeof(line), "%.*s %.*s", STR_ARG(r->method), STR_ARG(r->target));
	for (i = 0; script->acts[i].request != NULL; i++) {
		if (script->used[i] || !str_starts(str_of(line), script->acts[i].request))
			continue;
		script->used[i] = true;
		if (script->acts[i].status == 204)
			buf_add_text(out, "HTTP/1.1 204 X\r\n\r\n");
		else if (script->acts[i].status != 0)
			scripted_say(out, script->acts[i].status, "", str_of(script->acts[i].body));
		else
			s->then = SCRIPTED_LEAVE;
		return;
	}
	scripted_say(out, 418, "", str_of("{\"detail\":\"nobody expected this\"}"));
}

static int begin(void **state)
{
	(void)state;
	command_init(&command);
	scripted_init(&server, play, NULL);
	server.root = COMMAND_ORG;
	return 0;
}

static int end(void **state)
{
	(void)state;
	command_wipe(&command);
	scripted_wipe(&server);
	return 0;
}

static void run(
	const struct act *acts, int (*what)(struct cmd_context *), const char *const *arguments)
{
	struct script script = {.acts = acts};

	server.context = &script;
	buf_clear(&server.log);
	buf_clear(&server.bodies);
	command_run(&command, &server, what, arguments);
	server.context = NULL;
}

#define RUN(acts, what, ...)                                                                       \
	run(acts, what, (const char *const[]){__VA_ARGS__, "--retries=1", "--max-wait=0", NULL})

static void expect(int code, const char *out, const char *requests)
{
	if (command.code != code)
		fail_msg("%d: %s", command.code, buf_text(&command.err));
	assert_string_equal(buf_text(&command.out), out);
	assert_string_equal(buf_text(&server.log), requests);
}

static void says(const char *text)
{
	if (strstr(buf_text(&command.err), text) == NULL)
		fail_msg("not '%s' in %s", text, buf_text(&command.err));
}

/* ---- removals ---- */

static void removals_are_tried_one_by_one(void **state)
{
	static const struct act acts[] = {{"DELETE Users/1", 204, NULL},
		{"DELETE Users/2", 404, scim_404}, {"DELETE Users/3", 204, NULL}, {NULL, 0, NULL}};

	(void)state;
	RUN(acts, cmd_member_delete, "1", "2", "3");
	expect(8, "", "DELETE Users/1\nDELETE Users/2\nDELETE Users/3\n");
	says("1 was removed (id 1)");
	says("2 was not removed");
	says("3 was removed (id 3)");
	RUN(acts, cmd_member_delete, "1");
	expect(0, "", "DELETE Users/1\n");
	RUN(acts, cmd_member_delete, "2");
	expect(7, "", "DELETE Users/2\n");
}

/* A wrong token is wrong for all of them. */
static void what_fails_for_one_and_all_ends_it(void **state)
{
	static const struct act acts[] = {{"DELETE Groups/1", 204, NULL},
		{"DELETE Groups/2", 401, "{\"detail\":\"no\"}"}, {NULL, 0, NULL}};

	(void)state;
	RUN(acts, cmd_team_delete, "1", "2", "3", "4");
	expect(8, "", "DELETE Groups/1\nDELETE Groups/2\n");
	says("2 more were not tried, from 3 on");
	RUN(acts, cmd_team_delete, "2", "3");
	expect(6, "", "DELETE Groups/2\n");
	says("1 more was not tried, from 3 on");
}

static void names_are_looked_up_and_removed_by_id(void **state)
{
	static const struct act acts[] = {
		{"GET Users?", 200, "{\"totalResults\":1,\"Resources\":[" ADA "]}"},
		{"GET Users?", 200, "{\"totalResults\":1,\"Resources\":[" ADA "]}"},
		{"DELETE Users/1", 204, NULL}, {NULL, 0, NULL}};

	(void)state;
	/* the second is another address of the first: that member is left alone */
	RUN(acts, cmd_member_delete, "Ada@example.com", "countess@example.com");
	assert_int_equal(command.code, 8);
	says("Ada@example.com was removed (id 1)");
	says("another address of ada@example.com (id 1)");
	assert_non_null(strstr(buf_text(&server.log), "DELETE Users/1\nGET Users?"));
}

static void gone_after_a_lost_answer_is_done(void **state)
{
	static const struct act lost[] = {
		{"DELETE Users/1", 0, NULL}, {"DELETE Users/1", 404, scim_404}, {NULL, 0, NULL}};
	static const struct act silent[] = {{"DELETE Users/1", 0, NULL},
		{"DELETE Users/1", 0, NULL}, {"DELETE Users/2", 204, NULL}, {NULL, 0, NULL}};

	(void)state;
	RUN(lost, cmd_member_delete, "1");
	expect(0, "", "DELETE Users/1\nDELETE Users/1\n");
	says("1 was removed");
	RUN(silent, cmd_member_delete, "1", "2");
	expect(4, "", "DELETE Users/1\nDELETE Users/1\n");
	says("it is not known whether");
	says("1 more was not tried, from 2 on");
}

static void deactivation_is_a_patch(void **state)
{
	static const struct act acts[] = {{"PATCH Users/1", 204, NULL}, {NULL, 0, NULL}};

	(void)state;
	RUN(acts, cmd_member_delete, "1", "--via=deactivate");
	expect(0, "", "PATCH Users/1\n");
	assert_non_null(strstr(buf_text(&server.bodies), "{\"active\":false}"));
}

static void a_dry_run_shows_every_removal(void **state)
{
	static const struct act acts[] = {{NULL, 0, NULL}};

	(void)state;
	RUN(acts, cmd_member_delete, "1", "2", "--dry-run");
	assert_int_equal(command.code, 0);
	assert_string_equal(buf_text(&server.log), "");
	assert_non_null(strstr(buf_text(&command.out), "/scim/v2/Users/1 "));
	assert_non_null(strstr(buf_text(&command.out), "/scim/v2/Users/2 "));
	assert_null(strstr(buf_text(&command.err), "removed"));
}

/* ---- lists ---- */

static void a_limit_is_asked_for_and_kept(void **state)
{
	static const struct act acts[] = {
		{"GET Users?", 200, "{\"totalResults\":9,\"Resources\":[" ADA "," BOB "," ADA "]}"},
		{NULL, 0, NULL}};
	static const char *const wrong[] = {"0", "-1", "x", "1x", "", "4294967296", "1.5"};
	size_t i;

	(void)state;
	/* a server that gives more than was asked for */
	RUN(acts, cmd_member_list, "--limit=2");
	expect(0, "[" ADA ",\n" BOB "]\n", "GET Users?startIndex=1&count=2\n");
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		RUN(acts, cmd_member_list, "--limit", wrong[i]);
		if (command.code != 2 || server.log.len > 0 || command.out.len > 0)
			fail_msg("%s: %d", wrong[i], command.code);
	}
}

static void a_list_that_fails_at_once_writes_nothing(void **state)
{
	static const struct act refused[] = {
		{"GET Groups?", 403, "{\"detail\":\"no\"}"}, {NULL, 0, NULL}};
	static const struct act none[] = {
		{"GET Groups?", 200, "{\"totalResults\":0,\"Resources\":[]}"}, {NULL, 0, NULL}};

	(void)state;
	RUN(refused, cmd_team_list, "--output=json");
	expect(6, "", "GET Groups?startIndex=1&count=100\n");
	says("403");
	RUN(none, cmd_team_list, "--output=json");
	expect(0, "[]\n", "GET Groups?startIndex=1&count=100\n");
}

/* ---- one of them ---- */

static void what_was_found_is_shown_without_another_request(void **state)
{
	static const struct act acts[] = {
		{"GET Users?", 200, "{\"totalResults\":1,\"Resources\":[" BOB "]}"},
		{"GET Users/2", 200, BOB}, {NULL, 0, NULL}};

	(void)state;
	RUN(acts, cmd_member_get, "bob@example.com");
	assert_int_equal(command.code, 0);
	assert_string_equal(buf_text(&command.out), BOB "\n");
	assert_int_equal(server.requests, 1);
	RUN(acts, cmd_member_get, "2");
	expect(0, BOB "\n", "GET Users/2\n");
}

static void an_answer_that_is_no_resource_is_not_shown(void **state)
{
	static const char *const bodies[] = {
		"", "[]", "{}", "{\"id\":7}", "{\"id\":\"\"}", "<html>", "{\"id\":\"2\"", "\"2\""};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		const struct act acts[] = {{"GET Users/2", 200, bodies[i]}, {NULL, 0, NULL}};

		RUN(acts, cmd_member_get, "2");
		expect(1, "", "GET Users/2\n");
		says("is no member");
	}
}

/* Sentry answers 200 for an owner and leaves the role as it is. */
static void a_role_that_did_not_change_is_a_failure(void **state)
{
	static const struct act unchanged[] = {{"PUT Users/1", 200, ADA}, {NULL, 0, NULL}};
	static const struct act changed[] = {{"PUT Users/2", 200, BOB}, {NULL, 0, NULL}};
	static const struct act silent[] = {
		{"PUT Users/2", 204, NULL}, {"GET Users/2", 200, BOB}, {NULL, 0, NULL}};

	(void)state;
	RUN(unchanged, cmd_member_set_role, "1", "member");
	expect(1, "", "PUT Users/1\n");
	says("yet the role is 'owner'");
	RUN(changed, cmd_member_set_role, "2", "member");
	expect(0, BOB "\n", "PUT Users/2\n");
	assert_string_equal(buf_text(&server.bodies), "{\"sentryOrgRole\":\"member\"}\n");
	RUN(silent, cmd_member_set_role, "2", "member");
	expect(0, BOB "\n", "PUT Users/2\nGET Users/2\n");
	RUN(changed, cmd_member_set_role, "2", " ");
	expect(2, "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(removals_are_tried_one_by_one, begin, end),
		cmocka_unit_test_setup_teardown(what_fails_for_one_and_all_ends_it, begin, end),
		cmocka_unit_test_setup_teardown(names_are_looked_up_and_removed_by_id, begin, end),
		cmocka_unit_test_setup_teardown(gone_after_a_lost_answer_is_done, begin, end),
		cmocka_unit_test_setup_teardown(deactivation_is_a_patch, begin, end),
		cmocka_unit_test_setup_teardown(a_dry_run_shows_every_removal, begin, end),
		cmocka_unit_test_setup_teardown(a_limit_is_asked_for_and_kept, begin, end),
		cmocka_unit_test_setup_teardown(
			a_list_that_fails_at_once_writes_nothing, begin, end),
		cmocka_unit_test_setup_teardown(
			what_was_found_is_shown_without_another_request, begin, end),
		cmocka_unit_test_setup_teardown(
			an_answer_that_is_no_resource_is_not_shown, begin, end),
		cmocka_unit_test_setup_teardown(
			a_role_that_did_not_change_is_a_failure, begin, end),
	};

	return cmocka_run_group_tests_name("work", tests, NULL, NULL);
}
