#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "canned.h"
#include "codec/date.h"
#include "scim/diagnosis.h"

#define LIST   "{\"totalResults\":2,\"Resources\":[]}"
#define PLAIN  "{\"detail\":\"You do not have permission to perform this action.\"}"
#define ABSENT "{\"detail\":\"The requested resource does not exist\"}"
#define PAGE   "<html>Sign in</html>"
#define SCOPES                                                                                     \
	"WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"member:admin "             \
	"member:read\"\r\n"
#define LIMITS                                                                                     \
	"X-Sentry-Rate-Limit-Limit: 40\r\nX-Sentry-Rate-Limit-Remaining: %s\r\n"                   \
	"X-Sentry-Rate-Limit-ConcurrentLimit: 25\r\n"                                              \
	"X-Sentry-Rate-Limit-ConcurrentRemaining: 24\r\n"                                          \
	"X-Sentry-Rate-Limit-Reset: 1700000001\r\n"

static struct diagnosis d;
static struct canned reply;

static const struct answer_question sentry = {.is_sentry = true, .token = SENTRY_TOKEN_INTEGRATION};
static const struct answer_question other = {.is_sentry = false};

static int begin(void **state)
{
	(void)state;
	diagnosis_init(&d);
	canned_init(&reply);
	return 0;
}

static int end(void **state)
{
	(void)state;
	diagnosis_wipe(&d);
	canned_wipe(&reply);
	return 0;
}

static const struct finding *at(enum diagnosis_step step)
{
	return &d.steps[step];
}

static const char *fact(enum diagnosis_step step, const char *name)
{
	const char *key, *value;
	size_t next = 0;

	while (finding_next_fact(at(step), &next, &key, &value))
		if (strcmp(key, name) == 0)
			return value;
	return "";
}

static void has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s' is not in '%s'", part, text);
}

/* What the states of the steps from HTTP on are: o, w, f, s or . for open. */
static void expect_states(const char *letters)
{
	static const char of[] = {
		[DIAGNOSIS_OPEN] = '.',
		[DIAGNOSIS_OK] = 'o',
		[DIAGNOSIS_WARNING] = 'w',
		[DIAGNOSIS_FAILED] = 'f',
		[DIAGNOSIS_SKIPPED] = 's',
	};
	char seen[DIAGNOSIS_STEPS] = "";
	unsigned i;

	for (i = DIAGNOSIS_HTTP; i < DIAGNOSIS_STEPS; i++)
		seen[i - DIAGNOSIS_HTTP] = of[d.steps[i].state];
	assert_string_equal(seen, letters);
}

static enum diagnosis_next users(
	int status, const char *fields, const char *body, const struct answer_question *q)
{
	diagnosis_wipe(&d);
	diagnosis_init(&d);
	canned_set(&reply, status, fields, body);
	return diagnosis_users(&d, &reply.response, buf_str(&reply.body), q);
}

/* ---- the report ---- */

static void names_every_step_and_state(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < DIAGNOSIS_STEPS; i++)
		assert_true(strlen(diagnosis_step_name(i)) > 1);
	assert_string_equal(diagnosis_state_name(DIAGNOSIS_FAILED), "failed");
}

static void the_first_failure_decides_the_exit_code(void **state)
{
	struct err e = {.kind = ERR_NONE};

	(void)state;
	assert_int_equal(diagnosis_exit_code(&d), 0);
	finding_warn(&d.steps[DIAGNOSIS_CLOCK], "do", "look");
	assert_int_equal(diagnosis_exit_code(&d), 0);
	err_set(&e, ERR_AUTH, "no");
	finding_fail(&d.steps[DIAGNOSIS_SCIM], &e);
	assert_int_equal(diagnosis_exit_code(&d), 6);
	e.kind = ERR_CONFIG;
	finding_fail(&d.steps[DIAGNOSIS_SETTINGS], &e);
	assert_int_equal(diagnosis_exit_code(&d), 2);
	assert_int_equal(diagnosis_failure(&d), DIAGNOSIS_SETTINGS);
}

static void closing_skips_what_is_open_only(void **state)
{
	(void)state;
	finding_ok(&d.steps[DIAGNOSIS_SETTINGS], "fine");
	diagnosis_close(&d);
	assert_int_equal(at(DIAGNOSIS_SETTINGS)->state, DIAGNOSIS_OK);
	assert_int_equal(at(DIAGNOSIS_LIMITS)->state, DIAGNOSIS_SKIPPED);
}

static void a_failure_stays_and_warnings_add_up(void **state)
{
	struct finding *f = &d.steps[DIAGNOSIS_TLS];
	struct err e = {.kind = ERR_NONE};

	(void)state;
	finding_ok(f, "one");
	finding_warn(f, "first", "two");
	finding_warn(f, "second", "three");
	finding_ok(f, "four");
	assert_int_equal(f->state, DIAGNOSIS_WARNING);
	assert_string_equal(f->summary, "one; two; three; four");
	assert_string_equal(f->advice, "first");
	err_set(&e, ERR_TLS, "broken");
	finding_fail(f, &e);
	finding_ok(f, "never mind");
	finding_warn(f, "x", "never mind");
	assert_int_equal(f->state, DIAGNOSIS_FAILED);
	assert_string_equal(f->summary, "broken");
}

/* Each is cut, none is overrun, and what does not fit any more is left out whole. */
static void long_texts_are_cut(void **state)
{
	static char text[4000];
	struct finding *f = &d.steps[DIAGNOSIS_HTTP];
	const char *name, *value;
	size_t next = 0, count = 0;
	unsigned i;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	for (i = 0; i < 3; i++)
		finding_warn(f, text, "%s", text);
	assert_int_equal(strlen(f->summary), sizeof f->summary - 1);
	assert_int_equal(strlen(f->advice), sizeof f->advice - 1);
	finding_fact(f, "long", "%s", text);
	assert_string_equal(fact(DIAGNOSIS_HTTP, "long"), "(too long)");
	for (i = 0; i < 20; i++)
		finding_fact(f, "n", "%.2000s", text);
	while (finding_next_fact(f, &next, &name, &value))
		count++;
	assert_in_range(count, 5, 10);
}

/* ---- time ---- */

static void a_clock_before_the_build_is_wrong(void **state)
{
	(void)state;
	diagnosis_clock(&d, 1000000000, 1700000000, false);
	assert_int_equal(at(DIAGNOSIS_CLOCK)->state, DIAGNOSIS_WARNING);
	has(at(DIAGNOSIS_CLOCK)->summary, "2001-09-09T01:46:40Z");
	has(at(DIAGNOSIS_CLOCK)->summary, "clock is wrong");
	has(at(DIAGNOSIS_CLOCK)->advice, "--assume-time");
}

static void a_clock_after_the_build_may_be_right(void **state)
{
	(void)state;
	diagnosis_clock(&d, 1700000000, 1700000000, true);
	assert_int_equal(at(DIAGNOSIS_CLOCK)->state, DIAGNOSIS_OK);
	has(at(DIAGNOSIS_CLOCK)->summary, "--assume-time");
}

static void the_servers_date_is_compared(void **state)
{
	static const struct {
		int64_t now;
		const char *says;
	} rows[] = {
		{784111777, NULL},
		{784111777 + 300, NULL},
		{784111777 - 300, NULL},
		{784111777 + 301, "301 s ahead of"},
		{784111777 - 301, "301 s behind"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		users(200, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", LIST, &sentry);
		diagnosis_date(&d, &reply.response, rows[i].now);
		assert_int_equal(at(DIAGNOSIS_HTTP)->state,
			rows[i].says == NULL ? DIAGNOSIS_OK : DIAGNOSIS_WARNING);
		if (rows[i].says != NULL)
			has(at(DIAGNOSIS_HTTP)->summary, rows[i].says);
	}
	users(200, "Date: yesterday\r\n", LIST, &sentry);
	diagnosis_date(&d, &reply.response, 0);
	assert_int_equal(at(DIAGNOSIS_HTTP)->state, DIAGNOSIS_OK);
}

static void few_days_left_are_warned_of(void **state)
{
	static const struct {
		int64_t left;
		const char *says;
	} rows[] = {
		{14 * 86400, NULL}, {14 * 86400 - 1, "in 13 days"}, {86400, "in 1 day"},
		{1, "in 0 days"}, {0, NULL}, /* that is for verification to say */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		diagnosis_wipe(&d);
		diagnosis_init(&d);
		finding_ok(&d.steps[DIAGNOSIS_TLS], "TLSv1.3");
		diagnosis_expiry(&d.steps[DIAGNOSIS_TLS], "a.example", 1700000000 + rows[i].left,
			1700000000);
		assert_int_equal(at(DIAGNOSIS_TLS)->state,
			rows[i].says == NULL ? DIAGNOSIS_OK : DIAGNOSIS_WARNING);
		if (rows[i].says != NULL)
			has(at(DIAGNOSIS_TLS)->summary, rows[i].says);
	}
}

/* ---- answers ---- */

/* Each answer to GET Users: the states from HTTP on, the exit code, what to do next. */
static void each_answer_has_its_step(void **state)
{
	static const struct {
		int status;
		const char *fields, *body;
		bool foreign; /* another provider */
		const char *states;
		int code;
		enum diagnosis_next next;
	} rows[] = {
		{200, "", LIST, false, "ooooo", 0, DIAGNOSIS_ASK_MORE},
		{200, "", LIST, true, "ooooo", 0, DIAGNOSIS_ASK_MORE},
		{200, "", PAGE, false, "f...o", 1, DIAGNOSIS_ENOUGH},
		{200, "", "{\"hello\":1}", false, "f...o", 1, DIAGNOSIS_ENOUGH},
		{200, "", "", false, "f...o", 1, DIAGNOSIS_ENOUGH},
		{302, "Location: /login\r\n", "", false, "f...o", 1, DIAGNOSIS_ENOUGH},
		{400, "", PAGE, false, "f...o", 1, DIAGNOSIS_ENOUGH},
		{401, "", "{\"detail\":\"Invalid token\"}", false, "of..o", 6, DIAGNOSIS_ENOUGH},
		{401, "", "", false, "of..o", 6, DIAGNOSIS_ENOUGH},
		{401, "", PAGE, false, "f...o", 6, DIAGNOSIS_ENOUGH},
		{403, SCOPES, PLAIN, false, "oof.o", 6, DIAGNOSIS_ENOUGH},
		{403, "", PLAIN, false, "o.f.o", 6, DIAGNOSIS_TELL_APART},
		{403, "", PLAIN, true, "oof.o", 6, DIAGNOSIS_ENOUGH},
		{403, "", PAGE, false, "f...o", 6, DIAGNOSIS_ENOUGH},
		{404, "", ABSENT, false, "ooofo", 7, DIAGNOSIS_ENOUGH},
		{404, "", ABSENT, true, "ossfo", 7, DIAGNOSIS_ENOUGH},
		{404, "", "", false, "ossfo", 7, DIAGNOSIS_ENOUGH},
		{404, "", "Route not found, did you forget a trailing slash?", false, "ossfo", 7,
			DIAGNOSIS_ENOUGH},
		{404, "", PAGE, false, "f...o", 7, DIAGNOSIS_ENOUGH},
		{429, "", PAGE, false, "o...f", 9, DIAGNOSIS_ENOUGH},
		{429, "", "\"too frequently\"", false, "o...f", 9, DIAGNOSIS_ENOUGH},
		{500, "", "{\"detail\":\"Internal Error\"}", false, "f...o", 1, DIAGNOSIS_ENOUGH},
		{503, "", "", false, "f...o", 9, DIAGNOSIS_ENOUGH},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum diagnosis_next next = users(rows[i].status, rows[i].fields, rows[i].body,
			rows[i].foreign ? &other : &sentry);

		print_message("row %zu: %d %s\n", i, rows[i].status, rows[i].body);
		expect_states(rows[i].states);
		assert_int_equal(diagnosis_exit_code(&d), rows[i].code);
		assert_int_equal(next, rows[i].next);
	}
}

static void the_scopes_that_would_do_are_named(void **state)
{
	(void)state;
	users(403, SCOPES, PLAIN, &sentry);
	has(at(DIAGNOSIS_SCOPES)->advice, "member:admin member:read");
	has(at(DIAGNOSIS_SCOPES)->summary, "You do not have permission");
	assert_string_equal(fact(DIAGNOSIS_SCOPES, "member:read"), "no");
}

static void tokens_that_cannot_do_scim_are_told_so(void **state)
{
	struct answer_question q = sentry;

	(void)state;
	q.token = SENTRY_TOKEN_ORGANIZATION;
	assert_int_equal(users(403, SCOPES, PLAIN, &q), DIAGNOSIS_ENOUGH);
	expect_states("of..o");
	has(at(DIAGNOSIS_TOKEN)->advice, "sntryi_");
	q.token = SENTRY_TOKEN_AGENT;
	assert_int_equal(users(403, "", PLAIN, &q), DIAGNOSIS_ENOUGH);
	expect_states("of..o");
}

/* A 403 without a reason: what the other API says decides between scope and SCIM. */
static void the_other_api_tells_apart(void **state)
{
	static const struct {
		int status; /* 0: no answer */
		const char *body, *states;
	} rows[] = {
		{200, "{\"id\":\"1\"}", "ooofo"},
		{404, ABSENT, "ooofo"},
		{403, PLAIN, "oof.o"},
		{404, "", "oof.o"},
		{404, PAGE, "oof.o"},
		{503, "", "oof.o"},
		{0, "", "oof.o"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(users(403, "", PLAIN, &sentry), DIAGNOSIS_TELL_APART);
		if (rows[i].status != 0)
			canned_set(&reply, rows[i].status, "", rows[i].body);
		diagnosis_apart(
			&d, rows[i].status != 0 ? &reply.response : NULL, buf_str(&reply.body));
		print_message("row %zu\n", i);
		expect_states(rows[i].states);
		assert_int_equal(diagnosis_exit_code(&d), 6);
	}
}

static void teams_are_a_warning_at_most(void **state)
{
	static const struct {
		int status; /* 0: no answer */
		const char *fields, *body, *fact;
		enum diagnosis_state state;
	} rows[] = {
		{200, "", LIST, "yes", DIAGNOSIS_OK},
		{200, "", PAGE, "", DIAGNOSIS_WARNING},
		{403,
			"WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"team:read\""
			"\r\n",
			PLAIN, "no", DIAGNOSIS_WARNING},
		{500, "", "", "", DIAGNOSIS_WARNING},
		{0, "", "", "", DIAGNOSIS_WARNING},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		users(200, "", LIST, &sentry);
		if (rows[i].status != 0)
			canned_set(&reply, rows[i].status, rows[i].fields, rows[i].body);
		diagnosis_teams(&d, rows[i].status != 0 ? &reply.response : NULL,
			buf_str(&reply.body), &sentry);
		assert_int_equal(at(DIAGNOSIS_SCOPES)->state, rows[i].state);
		assert_string_equal(fact(DIAGNOSIS_SCOPES, "team:read"), rows[i].fact);
		assert_int_equal(diagnosis_exit_code(&d), 0);
	}
}

static void the_provider_says_what_it_can(void **state)
{
	(void)state;
	users(200, "", LIST, &sentry);
	canned_set(&reply, 200, "",
		"{\"patch\":{\"supported\":true},\"filter\":{\"maxResults\":100}}");
	diagnosis_provider(&d, &reply.response, buf_str(&reply.body));
	assert_string_equal(fact(DIAGNOSIS_SCIM, "patch supported"), "true");
	assert_string_equal(fact(DIAGNOSIS_SCIM, "resources in a page"), "100");
	users(200, "", LIST, &sentry);
	canned_set(&reply, 404, "", "");
	diagnosis_provider(&d, &reply.response, buf_str(&reply.body));
	has(fact(DIAGNOSIS_SCIM, "ServiceProviderConfig"), "no harm");
	assert_int_equal(at(DIAGNOSIS_SCIM)->state, DIAGNOSIS_OK);
	diagnosis_provider(&d, NULL, buf_str(&reply.body));
	assert_int_equal(at(DIAGNOSIS_SCIM)->state, DIAGNOSIS_WARNING);
}

static void limits_are_read_off_the_answer(void **state)
{
	char fields[512];

	(void)state;
	snprintf(fields, sizeof fields, LIMITS, "39");
	users(200, fields, LIST, &sentry);
	assert_int_equal(at(DIAGNOSIS_LIMITS)->state, DIAGNOSIS_OK);
	has(at(DIAGNOSIS_LIMITS)->summary, "40 requests in a window, 39 left");
	has(at(DIAGNOSIS_LIMITS)->summary, "25 at a time, 24 left");
	assert_string_equal(fact(DIAGNOSIS_LIMITS, "window ends"), "2023-11-14T22:13:21Z");
	snprintf(fields, sizeof fields, LIMITS, "0");
	users(200, fields, LIST, &sentry);
	assert_int_equal(at(DIAGNOSIS_LIMITS)->state, DIAGNOSIS_WARNING);
	snprintf(fields, sizeof fields, LIMITS, "many");
	users(200, fields, LIST, &sentry);
	assert_int_equal(at(DIAGNOSIS_LIMITS)->state, DIAGNOSIS_OK);
	users(200, "", LIST, &sentry);
	has(at(DIAGNOSIS_LIMITS)->summary, "names none");
}

static void without_a_token_any_answer_will_do(void **state)
{
	static const struct {
		int status;
		const char *body;
		int code;
	} rows[] = {{401, PLAIN, 0}, {404, "", 0}, {200, "{}", 0}, {502, PAGE, 9}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		diagnosis_wipe(&d);
		diagnosis_init(&d);
		canned_set(&reply, rows[i].status, "", rows[i].body);
		diagnosis_reached(&d, &reply.response, buf_str(&reply.body));
		assert_int_equal(diagnosis_exit_code(&d), rows[i].code);
		assert_int_equal(at(DIAGNOSIS_TOKEN)->state, DIAGNOSIS_OPEN);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(names_every_step_and_state),
		T(the_first_failure_decides_the_exit_code),
		T(closing_skips_what_is_open_only),
		T(a_failure_stays_and_warnings_add_up),
		T(long_texts_are_cut),
		T(a_clock_before_the_build_is_wrong),
		T(a_clock_after_the_build_may_be_right),
		T(the_servers_date_is_compared),
		T(few_days_left_are_warned_of),
		T(each_answer_has_its_step),
		T(the_scopes_that_would_do_are_named),
		T(tokens_that_cannot_do_scim_are_told_so),
		T(the_other_api_tells_apart),
		T(teams_are_a_warning_at_most),
		T(the_provider_says_what_it_can),
		T(limits_are_read_off_the_answer),
		T(without_a_token_any_answer_will_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
