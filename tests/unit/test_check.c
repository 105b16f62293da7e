#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "roster/check.h"

static char path[] = "/tmp/test_check.XXXXXX";
static struct buf shown;

static int begin(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	buf_init(&shown, 1u << 20);
	return fd < 0 || close(fd) != 0;
}

static int end(void **state)
{
	(void)state;
	buf_wipe(&shown);
	return unlink(path);
}

static void write_file(struct str text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text.p, 1, text.n, file), text.n);
	assert_int_equal(fclose(file), 0);
}

static void show(void *context, const struct roster_fault *fault)
{
	assert_ptr_equal(context, &shown);
	buf_addf(&shown, "%llu:%llu %s\n", (unsigned long long)fault->place.line,
		(unsigned long long)fault->place.column, fault->text);
}

static struct roster_summary check(struct roster_reader *r, bool is_sentry)
{
	struct err e = {.kind = ERR_NONE};
	struct roster_summary sum;

	buf_clear(&shown);
	if (!roster_check(r, is_sentry ? ROSTER_SENTRY : ROSTER_ANY_SERVER, show, &shown, &sum, &e))
		fail_msg("%s", e.text);
	return sum;
}

static void expect(struct str text, bool is_sentry, uint64_t rows, uint64_t faults,
	uint64_t with_teams, const char *report)
{
	struct err e = {.kind = ERR_NONE};
	struct roster_reader *r;
	struct roster_summary sum;
	unsigned pass;

	write_file(text);
	r = roster_open(path, &e);
	assert_non_null(r);
	/* A check may be made at the end of another. */
	for (pass = 0; pass < 2; pass++) {
		sum = check(r, is_sentry);
		assert_string_equal(buf_text(&shown), report);
		assert_int_equal(sum.rows, rows);
		assert_int_equal(sum.faults, faults);
		assert_int_equal(sum.with_teams, with_teams);
		assert_int_equal(roster_position(r), text.n);
	}
	roster_close(r);
}

#define LONG_75 "123456789012345678901234567890123456789012345678901234567890123456789012345"

static void good_rows_are_counted(void **state)
{
	(void)state;
	expect((struct str)STR("userName,teams\na,x\nb,\nc,y;z\n"), true, 3, 0, 2, "");
	expect((struct str)STR("userName\n"), true, 0, 0, 0, "");
	expect((struct str)STR("[]"), true, 0, 0, 0, "");
	expect((struct str)STR("userName\n" LONG_75 "\n"), true, 1, 0, 0, "");
}

static void what_sentry_will_not_take_is_a_fault_of_the_cell(void **state)
{
	struct str text = STR("a,userName,sentryOrgRole,teams\n,x,owner,t\n,x" LONG_75 ",member,\n"
			      ",y" LONG_75 ",owner,t\n,b,Owner,t\n,c,co-owner,t\n");

	(void)state;
	expect(text, true, 1, 5, 1,
		"2:4 the role \"owner\" cannot be given through SCIM\n"
		"3:2 the user name is longer than the 75 characters Sentry takes\n"
		"4:2 the user name is longer than the 75 characters Sentry takes\n"
		"4:79 the role \"owner\" cannot be given through SCIM\n"
		"5:4 the role \"owner\" cannot be given through SCIM\n");
	expect(text, false, 5, 0, 4, "");
}

static void rules_are_those_of_who_may_be_there_already(void **state)
{
	static const struct {
		enum roster_rules rules;
		uint64_t rows;
		const char *report;
	} cases[] = {
		{ROSTER_ANY_SERVER, 3, ""},
		{ROSTER_SENTRY, 1,
			"3:3 the role \"owner\" cannot be given through SCIM\n"
			"4:1 the user name is longer than the 75 characters Sentry takes\n"},
		/* An owner may be called so; a name that is too long can be nobody's. */
		{ROSTER_SENTRY_STATE, 2,
			"4:1 the user name is longer than the 75 characters Sentry takes\n"},
	};
	struct err e = {.kind = ERR_NONE};
	struct roster_summary sum;
	struct roster_reader *r;
	size_t i;

	(void)state;
	write_file((struct str)STR(
		"userName,sentryOrgRole,teams\na,member,\nb,owner,t\nx" LONG_75 ",,t\n"));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&shown);
		r = roster_open(path, &e);
		assert_non_null(r);
		assert_true(roster_check(r, cases[i].rules, show, &shown, &sum, &e));
		assert_string_equal(buf_text(&shown), cases[i].report);
		assert_int_equal(sum.rows, cases[i].rows);
		assert_int_equal(sum.faults, 3 - cases[i].rows);
		assert_int_equal(sum.say_teams, cases[i].rows);
		assert_int_equal(sum.with_teams, cases[i].rows - 1);
		roster_close(r);
	}
}

static void a_name_that_comes_again_is_a_fault_of_the_later_row(void **state)
{
	(void)state;
	expect((struct str)STR("userName\na\nb\nA\nc\nb\na\n\xC3\xA9\n\xC3\x89\n"), true, 5, 3, 0,
		"4:1 the user name of line 2 again\n6:1 the user name of line 3 again\n"
		"7:1 the user name of line 2 again\n");
	expect((struct str)STR("x,userName,teams\n1,a,t\n2,\"b\",t\n3,\"B\",t\n"), true, 2, 1, 2,
		"4:3 the user name of line 3 again\n");
	expect((struct str)STR("[{\"x\":1,\n\"userName\":\"a\\u0062\"},{\"userName\":\"aB\"}]"),
		false, 1, 1, 0, "2:35 the user name of line 2 again\n");
	/* Faulty rows name nobody; rows that Sentry will not take do. */
	expect((struct str)STR("userName,sentryOrgRole\na,\"\na,owner\na,owner\n"), true, 0, 4, 0,
		"2:3 a quote that is not closed\n"
		"3:3 the role \"owner\" cannot be given through SCIM\n"
		"4:1 the user name of line 3 again\n"
		"4:3 the role \"owner\" cannot be given through SCIM\n");
}

static void the_first_faults_of_the_file_are_shown_and_all_are_counted(void **state)
{
	struct buf text, expected;
	unsigned i;

	(void)state;
	buf_init(&text, 10000);
	buf_init(&expected, 10000);
	buf_add_text(&text, "userName\n");
	/* Faults of both passes by turns. */
	for (i = 0; i < 30; i++)
		buf_add_text(&text, i % 2 == 0 ? "a\n" : "\"b\n\"x\n");
	buf_add_text(&expected, "4:2 text behind a closing quote\n");
	for (i = 2; i < ROSTER_FAULTS_SHOWN + 1; i++)
		if (i % 2 == 0)
			buf_addf(&expected, "%u:1 the user name of line 2 again\n", 2 + i * 3 / 2);
		else
			buf_addf(&expected, "%u:2 text behind a closing quote\n",
				1 + (i + 1) * 3 / 2);
	expect(buf_str(&text), true, 1, 29, 0, buf_text(&expected));
	buf_wipe(&text);
	buf_wipe(&expected);
}

static void many_names_are_told_apart(void **state)
{
	struct buf text;
	unsigned i;

	(void)state;
	buf_init(&text, 1u << 22);
	buf_add_text(&text, "userName\n");
	for (i = 0; i < 60000; i++)
		buf_addf(&text, "%u\n", i);
	expect(buf_str(&text), true, 60000, 0, 0, "");
	buf_add_text(&text, "0\n59999\n60000\n");
	expect(buf_str(&text), true, 60001, 2, 0,
		"60002:1 the user name of line 2 again\n60003:1 the user name of line 60001 "
		"again\n");
	/* Each of them twice. */
	for (i = 0; i < 60001; i++)
		buf_addf(&text, "%u\n", i);
	buf_clear(&shown);
	write_file(buf_str(&text));
	{
		struct err e = {.kind = ERR_NONE};
		struct roster_reader *r = roster_open(path, &e);
		struct roster_summary sum;

		assert_non_null(r);
		sum = check(r, true);
		assert_int_equal(sum.rows, 60001);
		assert_int_equal(sum.faults, 60003);
		roster_close(r);
	}
	buf_wipe(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_rows_are_counted),
		cmocka_unit_test(what_sentry_will_not_take_is_a_fault_of_the_cell),
		cmocka_unit_test(rules_are_those_of_who_may_be_there_already),
		cmocka_unit_test(a_name_that_comes_again_is_a_fault_of_the_later_row),
		cmocka_unit_test(the_first_faults_of_the_file_are_shown_and_all_are_counted),
		cmocka_unit_test(many_names_are_told_apart),
	};

	return cmocka_run_group_tests_name("check", tests, begin, end);
}
