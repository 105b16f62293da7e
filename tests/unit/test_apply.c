/*
 * The changes of a plan, made: in their order, each told, and nobody removed who is not any more as
 * the plan says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "roster/apply.h"
#include "scripted.h"

#define MEMBER(id, name, role)                                                                     \
	"{\"id\":\"" id "\",\"userName\":\"" name "\",\"sentryOrgRole\":\"" role "\"}"

/* What the server answers to a request; a status of 0 ends the list. */
struct scripted_answer {
	const char *request;
	int status;
	const char *body;
};

static struct scripted server;
static struct plan plan;
static struct run_totals totals;
static struct err err;
static struct buf told;

static void play(struct scripted *s, const struct scripted_request *r, struct buf *out)
{
	const struct scripted_answer *a = s->context;
	char request[100];

	snprintf(request, sizeof(request), "%.*s %.*s", STR_ARG(r->method), STR_ARG(r->target));
	while (a->status != 0 && strcmp(a->request, request) != 0)
		a++;
	scripted_say(
		out, a->status != 0 ? a->status : 500, "", str_of(a->status != 0 ? a->body : "{}"));
}

static bool tell(void *context, const struct apply_result *r, struct err *e)
{
	(void)context;
	(void)e;
	buf_addf(&told, "%s %.*s: %s%s%s\n", plan_action_name(r->change->action),
		STR_ARG(r->change->user_name), journal_state_name(r->outcome),
		r->err != NULL ? ", " : "", r->err != NULL ? r->err->text : "");
	return true;
}

static void tick(void *context, const struct run_totals *t, int64_t now)
{
	(void)context;
	(void)t;
	(void)now;
}

static void add(
	enum plan_action action, const char *id, const char *name, const char *from, const char *to)
{
	const struct plan_change c = {.action = action,
		.row = PLAN_NO_ROW,
		.user_name = str_of(name),
		.id = str_of(id),
		.team = str_of(action == PLAN_ADD_TO_TEAM ? "Red" : ""),
		.team_id = str_of(action == PLAN_ADD_TO_TEAM ? "5" : ""),
		.from = str_of(from),
		.to = str_of(to)};

	assert_true(plan_add(&plan, &c, &err));
}

static int begin(void **state)
{
	(void)state;
	plan_init(&plan);
	buf_init(&told, 10000);
	err_clear(&err);
	totals = (struct run_totals){.rows = 0};
	return 0;
}

static int finish(void **state)
{
	(void)state;
	plan_wipe(&plan);
	buf_wipe(&told);
	scripted_wipe(&server);
	return 0;
}

static bool apply(const struct scripted_answer *answers)
{
	union {
		const struct scripted_answer *in;
		void *out;
	} context = {.in = answers};
	const struct apply_watcher watcher = {.change = tell, .tick = tick};
	const struct run_options options = {.jobs = 1, .rate = 1000};
	struct scripted_client end;
	struct caller caller;
	struct teams_totals teams = {.added = 0};
	struct apply a = {.plan = &plan,
		.options = &options,
		.watcher = &watcher,
		.totals = &totals,
		.teams = &teams};
	bool ok;

	scripted_init(&server, play, context.out);
	scripted_client_init(&end, &server);
	caller = (struct caller){.client = &end.client, .question = {.is_sentry = true}};
	a.caller = &caller;
	plan_sort(&plan);
	scripted_start(&server);
	ok = apply_plan(&a, &err);
	scripted_stop(&server);
	client_wipe(&end.client);
	return ok;
}

static void changes_are_made_in_their_order_and_told(void **state)
{
	static const struct scripted_answer answers[] = {
		{"PATCH Groups/5", 204, ""},
		{"PUT Users/1", 200, MEMBER("1", "a", "admin")},
		{"PUT Users/2", 200, MEMBER("2", "b", "member")},
		{"GET Users/3", 200, MEMBER("3", "c", "member")},
		{"DELETE Users/3", 204, ""},
		{.status = 0},
	};

	(void)state;
	add(PLAN_REMOVE, "3", "c", "member", "");
	add(PLAN_SET_ROLE, "1", "a", "member", "admin");
	add(PLAN_SET_ROLE, "2", "b", "member", "admin");
	add(PLAN_ADD_TO_TEAM, "3", "c", "", "");
	add(PLAN_KEEP, "4", "o", "owner", "");
	assert_true(apply(answers));
	assert_string_equal(buf_text(&server.log),
		"PATCH Groups/5\nPUT Users/1\nPUT Users/2\nGET Users/3\nDELETE Users/3\n");
	/* An answer of 200 may have changed nothing. */
	assert_string_equal(buf_text(&told),
		"add-to-team c: updated\nset-role a: updated\n"
		"set-role b: failed, the server has left the role as it is: member\n"
		"remove c: removed\n");
	assert_int_equal(totals.done, 4);
}

static void who_has_changed_is_not_removed(void **state)
{
	static const struct scripted_answer answers[] = {
		{"GET Users/1", 200, MEMBER("1", "a", "owner")},
		{"GET Users/2", 200, MEMBER("2", "another", "member")},
		{"GET Users/3", 200, MEMBER("33", "c", "member")},
		{"GET Users/4", 404, "{}"},
		{"GET Users/5", 200, "{}"},
		{"GET Users/6", 200, "{\"id\":\"6\",\"userName\":\"f\"}"},
		{"DELETE Users/6", 404, "{}"},
		{.status = 0},
	};

	(void)state;
	add(PLAN_REMOVE, "1", "a", "member", "");
	add(PLAN_REMOVE, "2", "b", "member", "");
	add(PLAN_REMOVE, "3", "c", "member", "");
	add(PLAN_REMOVE, "4", "d", "member", "");
	add(PLAN_REMOVE, "5", "e", "member", "");
	add(PLAN_REMOVE, "6", "f", "", "");
	assert_true(apply(answers));
	assert_string_equal(buf_text(&told),
		"remove a: failed, the member has changed since the plan was made\n"
		"remove b: failed, the member has changed since the plan was made\n"
		"remove c: failed, the member has changed since the plan was made\n"
		"remove d: removed, it was gone already\n"
		"remove e: failed, the server's answer is no member\n"
		"remove f: removed, it was gone already\n");
	assert_null(strstr(buf_text(&server.log), "DELETE Users/1"));
	assert_int_equal(totals.by_state[JOURNAL_FAILED], 4);
}

static void what_is_stale_or_spared_is_not_asked_for(void **state)
{
	static const struct scripted_answer none = {.status = 0};

	(void)state;
	add(PLAN_REMOVE, "1", "a", "member", "");
	add(PLAN_REMOVE, "2", "b", "member", "");
	plan.changes[0].stale = true;
	plan.changes[1].reason = KEPT_OWNER;
	assert_true(apply(&none));
	assert_string_equal(buf_text(&server.log), "");
	assert_string_equal(buf_text(&told),
		"remove a: failed, the member has changed since the plan was made\n"
		"remove b: unchanged, " KEPT_OWNER "\n");
}

static void a_token_that_may_not_is_no_matter_of_single_members(void **state)
{
	static const struct scripted_answer answers[] = {
		{"GET Users/1", 403, "{}"},
		{"GET Users/2", 403, "{}"},
		{"GET Users/3", 403, "{}"},
		{.status = 0},
	};

	(void)state;
	add(PLAN_REMOVE, "1", "a", "member", "");
	add(PLAN_REMOVE, "2", "b", "member", "");
	add(PLAN_REMOVE, "3", "c", "member", "");
	add(PLAN_REMOVE, "4", "d", "member", "");
	assert_false(apply(answers));
	assert_int_equal(err.kind, ERR_AUTH);
	assert_int_equal(server.requests, 3);
	assert_int_equal(totals.by_state[JOURNAL_FAILED], 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(changes_are_made_in_their_order_and_told),
		TEST(who_has_changed_is_not_removed),
		TEST(what_is_stale_or_spared_is_not_asked_for),
		TEST(a_token_that_may_not_is_no_matter_of_single_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
