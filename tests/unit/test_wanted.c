/*
 * What a roster wants: every row is found by its name whatever its case, with its role, teams and
 * spelling, and nobody else is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "roster/teams.h"
#include "roster/wanted.h"

static char path[] = "/tmp/test_wanted.XXXXXX";
static struct wanted wanted;
static struct roster_reader *reader;

static int begin(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	wanted_init(&wanted);
	return fd < 0 || close(fd) != 0;
}

static int end(void **state)
{
	(void)state;
	wanted_wipe(&wanted);
	return unlink(path);
}

/* Loads a roster of ROWS rows. */
static bool load(const char *text, uint64_t rows, struct err *e)
{
	FILE *file = fopen(path, "w");
	bool ok;

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
	err_clear(e);
	reader = roster_open(path, e);
	assert_non_null(reader);
	ok = wanted_load(&wanted, reader, rows, e);
	roster_close(reader);
	return ok;
}

static struct wanted_row *find(const char *name)
{
	return wanted_find(&wanted, str_of(name));
}

static const char *role_of(const char *name)
{
	const struct str role = wanted.roles[find(name)->role];

	return role.n > 0 ? role.p : "";
}

/* The teams of NAME, each followed by a blank. */
static const char *teams_of(const char *name)
{
	static char text[100];
	size_t count, i, at = 0, first = wanted_teams(&wanted, find(name)->number, &count);

	text[0] = '\0';
	for (i = first; i < first + count; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s ",
			wanted.teams[wanted.memberships[i].team].p);
	return text;
}

static void rows_are_found_by_name_whatever_its_case(void **state)
{
	struct err e;

	(void)state;
	assert_true(load("userName,sentryOrgRole,teams\nAda@x.org,admin,Red; Blue\n"
			 "bob@x.org,,\ncy@x.org,ADMIN,red\nd@x.org,member,BLUE;Green\n",
		4, &e));
	assert_int_equal(wanted.count, 4);
	assert_int_equal(find("ada@X.ORG")->number, 0);
	assert_int_equal(find("Ada@x.org")->number, 0);
	assert_int_equal(find("D@x.org")->number, 3);
	assert_null(find("ada@x.or"));
	assert_null(find(""));
	/* Roles and teams are kept once, as they came first. */
	assert_int_equal(wanted.role_count, 2);
	assert_int_equal(wanted.team_count, 3);
	assert_string_equal(role_of("cy@x.org"), "admin");
	assert_string_equal(role_of("bob@x.org"), "");
	assert_string_equal(teams_of("ada@x.org"), "Red Blue ");
	assert_string_equal(teams_of("bob@x.org"), "");
	assert_string_equal(teams_of("cy@x.org"), "Red ");
	assert_string_equal(teams_of("d@x.org"), "Blue Green ");
	assert_true(wanted.says_teams && find("bob@x.org")->flags & WANTED_SAYS_TEAMS);
}

static void a_spelling_is_told_from_others(void **state)
{
	struct err e;

	(void)state;
	assert_true(load("userName\nAda@x.org\n", 1, &e));
	assert_true(wanted_is_spelled(&wanted, find("ada@x.org"), str_of("Ada@x.org")));
	assert_false(wanted_is_spelled(&wanted, find("ada@x.org"), str_of("ada@x.org")) &&
		wanted_is_spelled(&wanted, find("ada@x.org"), str_of("ADA@X.ORG")) &&
		wanted_is_spelled(&wanted, find("ada@x.org"), str_of("AdA@x.org")));
	assert_false(wanted.says_teams || find("ada@x.org")->flags & WANTED_SAYS_TEAMS);
}

static void many_rows_are_all_found(void **state)
{
	struct buf text;
	struct err e;
	char name[20];
	unsigned i;

	(void)state;
	buf_init(&text, 1u << 20);
	buf_add_text(&text, "userName,teams\n");
	for (i = 0; i < 5000; i++)
		buf_addf(&text, "u%u,%s%u\n", i, i % 3 == 0 ? "" : "T", i % 7);
	assert_true(load(buf_text(&text), 5000, &e));
	for (i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "U%u", i);
		assert_int_equal(find(name)->number, i);
		snprintf(name, sizeof(name), "v%u", i);
		assert_null(find(name));
	}
	assert_int_equal(wanted.membership_count, 5000);
	buf_wipe(&text);
}

static void an_empty_roster_wants_nobody(void **state)
{
	struct err e;

	(void)state;
	assert_true(load("userName\n", 0, &e));
	assert_null(find("a"));
	assert_true(load("[]", 0, &e));
	assert_null(find("a"));
}

static void what_is_too_much_is_said(void **state)
{
	struct buf text;
	struct err e;
	unsigned i;

	(void)state;
	buf_init(&text, 1u << 20);
	buf_add_text(&text, "userName,sentryOrgRole\n");
	for (i = 0; i <= WANTED_ROLES_MAX; i++)
		buf_addf(&text, "u%u,r%u\n", i, i);
	assert_false(load(buf_text(&text), WANTED_ROLES_MAX + 1, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_string_equal(e.text, "the roster has more than 255 different roles");
	buf_clear(&text);
	buf_add_text(&text, "userName,teams\n");
	for (i = 0; i <= TEAMS_MAX; i++)
		buf_addf(&text, "u%u,t%u\n", i, i);
	assert_false(load(buf_text(&text), TEAMS_MAX + 1, &e));
	assert_string_equal(e.text, "the roster names more than 1000 teams");
	assert_false(load("userName\na\nb\n", 1, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_false(load("userName\na\n\"b\n", 1, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	buf_wipe(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_found_by_name_whatever_its_case),
		cmocka_unit_test(a_spelling_is_told_from_others),
		cmocka_unit_test(many_rows_are_all_found),
		cmocka_unit_test(an_empty_roster_wants_nobody),
		cmocka_unit_test(what_is_too_much_is_said),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
