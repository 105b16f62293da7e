/*
 * Plans as documents: what is written is read again; what is no plan is refused with its place,
 * whatever is missing from it; nothing behind the end is read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "roster/plan_file.h"

#define SERVER "https://us.sentry.io/api/0/organizations/acme/scim/v2"
#define HEAD                                                                                       \
	"{\"sentryScimPlan\":1,\"server\":\"" SERVER "\",\"members\":4,\"state\":"                 \
	"\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\",\"prune\":true,"     \
	"\"teams\":false,\"changes\":["
#define TAIL "\n]}\n"
#define BODY "{\"userName\":\"n@x.org\",\"sentryOrgRole\":\"admin\",\"x\":[1.50,\"\\u00e9\"]}"
#define MAKE                                                                                       \
	"\n{\"action\":\"create\",\"line\":3,\"userName\":\"n@x.org\",\"to\":\"admin\","           \
	"\"body\":" BODY "}"
#define JOIN "\n{\"action\":\"add-to-team\",\"line\":3,\"userName\":\"n@x.org\",\"team\":\"Red\"}"
#define SET                                                                                        \
	"\n{\"action\":\"set-role\",\"line\":2,\"userName\":\"a\\\"@x.org\",\"id\":\"7\","         \
	"\"from\":\"admin\",\"to\":\"member\"}"
#define WHOLE                                                                                      \
	HEAD "\n{\"action\":\"create-team\",\"team\":\"Red\"}," MAKE "," JOIN                      \
	     ",\n{\"action\":\"remove-from-team\",\"line\":2,\"userName\":\"a@x.org\","            \
	     "\"id\":\"7\",\"team\":\"Blue\",\"teamId\":\"5\"}," SET                               \
	     ",\n{\"action\":\"remove\",\"userName\":\"c@x.org\",\"id\":\"9\",\"from\":"           \
	     "\"member\"}" TAIL

static struct guard guard;

/* Reads TEXT, which ends at a page that may not be touched. */
static bool read_plan(struct plan *p, struct str text, struct err *e)
{
	plan_init(p);
	err_clear(e);
	return plan_file_read(p, guard_copy(&guard, text), str_of(SERVER), e);
}

static void write_plan(const struct plan *p, struct buf *out)
{
	size_t i;

	buf_init(out, 1u << 20);
	assert_true(plan_file_begin(p, str_of(SERVER), out));
	for (i = 0; i < p->count; i++) {
		buf_add_text(out, i > 0 ? ",\n" : "\n");
		assert_true(plan_file_change(&p->changes[i], out));
	}
	assert_true(plan_file_end(out));
}

static void what_is_written_is_read_again(void **state)
{
	struct plan p;
	struct err e;
	struct buf out;

	(void)state;
	assert_true(read_plan(&p, str_of(WHOLE), &e));
	assert_int_equal(p.count, 6);
	assert_int_equal(p.members, 4);
	assert_true(p.prune);
	assert_false(p.teams);
	assert_int_equal(p.state.digest[1], 0x11);
	assert_int_equal(p.counts[PLAN_CREATE], 1);
	/* A create's row is its place, and a membership that waits for it has that row. */
	assert_int_equal(p.changes[1].row, 1);
	assert_int_equal(p.changes[2].row, 1);
	assert_int_equal(p.changes[4].row, PLAN_NO_ROW);
	assert_string_equal(p.changes[4].user_name.p, "a\"@x.org");
	guard_release(&guard); /* texts are copied */
	write_plan(&p, &out);
	assert_string_equal(buf_text(&out), WHOLE);
	plan_wipe(&p);
	buf_wipe(&out);
}

static void a_plan_that_ends_early_is_refused_wherever_it_ends(void **state)
{
	const struct str whole = str_from(WHOLE, sizeof(WHOLE) - 1 - 1);
	struct plan p;
	struct err e;
	size_t n;

	(void)state;
	for (n = 0; n < whole.n; n++) {
		assert_false(read_plan(&p, str_from(whole.p, n), &e));
		assert_int_equal(e.kind, ERR_INPUT);
		plan_wipe(&p);
	}
	assert_true(read_plan(&p, whole, &e));
	plan_wipe(&p);
}

/* With any byte missing or another, what is read is a plan or refused; most of it is refused. */
static void a_damaged_plan_is_read_or_refused(void **state)
{
	static const char others[] = {'\0', '"', ',', '}', '0', (char)0xFF};
	char text[sizeof(WHOLE)];
	const size_t n = sizeof(WHOLE) - 1;
	struct plan p;
	struct err e;
	size_t i, k;

	(void)state;
	for (i = 0; i < n; i++) {
		memcpy(text, WHOLE, n);
		memmove(text + i, text + i + 1, n - i - 1);
		if (!read_plan(&p, str_from(text, n - 1), &e))
			assert_true(e.kind == ERR_INPUT || e.kind == ERR_CONFIG);
		plan_wipe(&p);
		memcpy(text, WHOLE, n);
		for (k = 0; k < sizeof(others); k++) {
			text[i] = others[k];
			if (!read_plan(&p, str_from(text, n), &e))
				assert_true(e.kind == ERR_INPUT || e.kind == ERR_CONFIG);
			plan_wipe(&p);
		}
	}
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
	static const struct {
		const char *text, *what;
	} cases[] = {
		{"", "line 1, column 1: "},
		{"[]", "line 1, column 1: "},
		{"{}", "this is no plan that `roster plan -o json` has written"},
		{"{\"sentryScimPlan\":\"1\"}", "this is no plan"},
		{"{\"sentryScimPlan\":2}", "the plan is of another version of the program"},
		{HEAD "\n1" TAIL, "line 2, column 1: this is no change that is known"},
		{HEAD "\n{}" TAIL, "line 2, column 1: this is no change that is known"},
		{HEAD "\n{\"action\":\"destroy\"}" TAIL, "line 2, column 1: this is no change"},
		{HEAD "\n{\"action\":\"create-team\"}" TAIL,
			"line 2, column 1: the change has no team"},
		{HEAD "\n{\"action\":\"create-team\",\"team\":\"\"}" TAIL,
			"line 2, column 32: team is no text, or an empty one"},
		{HEAD "\n{\"action\":\"create-team\",\"team\":\"a\",\"line\":-1}" TAIL,
			"line 2, column 43: line is no number"},
		{HEAD "\n{\"action\":\"create\",\"userName\":\"n@x.org\"}" TAIL,
			"line 2, column 1: the change has no body"},
		{HEAD "\n{\"action\":\"create\",\"userName\":\"m@x.org\",\"body\":" BODY "}" TAIL,
			": the body has another userName"},
		{HEAD "\n{\"action\":\"create\",\"userName\":\"m@x.org\",\"body\":[]}" TAIL,
			": the change has no body"},
		{HEAD JOIN "," MAKE TAIL, "this member is neither there nor created"},
		{HEAD SET "," MAKE TAIL, "the changes are not in their order"},
		{HEAD "\n{\"action\":\"remove\",\"userName\":\"n\",\"id\":\"..\"}" TAIL,
			"line 2, column 1: the change has no id that could be one"},
		{HEAD "\n{\"action\":\"add-to-team\",\"userName\":\"n\",\"id\":\"1\",\"team\":"
		      "\"T\","
		      "\"teamId\":\".\"}" TAIL,
			"the change has no id that could be one"},
	};
	struct plan p;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(read_plan(&p, str_of(cases[i].text), &e));
		assert_int_equal(e.kind, ERR_INPUT);
		if (strstr(e.text, cases[i].what) == NULL)
			fail_msg("%s: %s", cases[i].text, e.text);
		plan_wipe(&p);
	}
	err_clear(&e);
	plan_init(&p);
	assert_false(plan_file_read(&p, str_of(WHOLE), str_of("https://other"), &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	plan_wipe(&p);
}

/* Memberships may stand in any order behind the creates, and names may share a beginning. */
static void a_membership_finds_its_create_wherever_it_stands(void **state)
{
	struct buf text;
	struct plan p;
	struct err e;
	unsigned i, found = 0;

	(void)state;
	buf_init(&text, 1u << 20);
	buf_add_text(&text, HEAD);
	for (i = 0; i < 50; i++)
		buf_addf(&text,
			"%s{\"action\":\"create\",\"userName\":\"%u\",\"body\":{\"userName\":\"%"
			"u\"}}",
			i > 0 ? "," : "", i, i);
	for (i = 50; i-- > 0;)
		buf_addf(&text, ",{\"action\":\"add-to-team\",\"userName\":\"%u\",\"team\":\"T\"}",
			i * 7 % 50);
	buf_add_text(&text, TAIL);
	assert_true(read_plan(&p, buf_str(&text), &e));
	for (i = 0; i < p.count; i++)
		if (p.changes[i].action == PLAN_ADD_TO_TEAM) {
			found++;
			assert_true(str_equal(
				p.changes[i].user_name, p.changes[p.changes[i].row].user_name));
		}
	assert_int_equal(found, 50);
	plan_wipe(&p);
	buf_wipe(&text);
}

static void creates_are_handed_out_as_rows_of_one_line(void **state)
{
	struct plan_file_creates creates;
	struct roster_row row;
	struct plan p;
	struct err e;

	(void)state;
	assert_true(read_plan(&p,
		str_of(HEAD "{\"action\":\"create-team\",\"team\":\"T\"},"
			    "{\"action\":\"create\",\"line\":9,\"userName\":\"n\","
			    "\"body\":{\n\"userName\":\r\n\"n\"}}" TAIL),
		&e));
	creates = (struct plan_file_creates){.plan = &p};
	roster_row_init(&row);
	assert_int_equal(plan_file_next_create(&creates, &row, &e), ROSTER_ROW);
	assert_int_equal(row.number, 1);
	assert_int_equal(row.place.line, 9);
	assert_string_equal(buf_text(&row.user_name), "n");
	assert_string_equal(buf_text(&row.role), "");
	assert_string_equal(buf_text(&row.body), "{\n\"userName\":\r\n\"n\"}");
	assert_string_equal(buf_text(&row.source), "{ \"userName\":  \"n\"}\n");
	assert_int_equal(plan_file_next_create(&creates, &row, &e), ROSTER_END);
	assert_int_equal(plan_file_next_create(&creates, &row, &e), ROSTER_END);
	roster_row_wipe(&row);
	plan_wipe(&p);
}

static void what_does_not_fit_is_said(void **state)
{
	const struct plan_change c = {.action = PLAN_CREATE_TEAM, .team = STR("Red")};
	struct plan p;
	struct buf out;

	(void)state;
	plan_init(&p);
	buf_init(&out, 20);
	assert_false(plan_file_begin(&p, str_of(SERVER), &out));
	buf_init(&out, 20);
	assert_false(plan_file_change(&c, &out));
	assert_false(plan_file_end(&out));
	buf_wipe(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(a_plan_that_ends_early_is_refused_wherever_it_ends),
		cmocka_unit_test(a_damaged_plan_is_read_or_refused),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place),
		cmocka_unit_test(a_membership_finds_its_create_wherever_it_stands),
		cmocka_unit_test(creates_are_handed_out_as_rows_of_one_line),
		cmocka_unit_test(what_does_not_fit_is_said),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	guard_release(&guard);
	return failed;
}
