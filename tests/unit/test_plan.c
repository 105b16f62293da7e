/*
 * A plan's changes: kept with their texts, in order, found by action, and guarded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "roster/plan.h"

static void add(struct plan *p, enum plan_action action, uint32_t row, const char *team,
	const char *user_name)
{
	char text[2][20];
	const struct plan_change c = {.action = action,
		.row = row,
		.user_name = str_of(strcpy(text[0], user_name)),
		.team = str_of(strcpy(text[1], team))};
	struct err e = {.kind = ERR_NONE};

	assert_true(plan_add(p, &c, &e));
	memset(text, 'x', sizeof(text)); /* texts are copied */
}

static void changes_are_in_order_whatever_theirs_was(void **state)
{
	static const struct {
		enum plan_action action;
		uint32_t row;
		const char *team, *user_name;
	} ordered[] = {
		{PLAN_CREATE_TEAM, PLAN_NO_ROW, "A", ""},
		{PLAN_CREATE_TEAM, PLAN_NO_ROW, "AA", ""},
		{PLAN_CREATE_TEAM, PLAN_NO_ROW, "B", ""},
		{PLAN_ADD_TO_TEAM, 0, "B", "z"},
		{PLAN_ADD_TO_TEAM, 2, "A", "a"},
		{PLAN_ADD_TO_TEAM, 2, "B", "a"},
		{PLAN_SET_ROLE, 1, "", "y"},
		{PLAN_REMOVE, PLAN_NO_ROW, "", "b"},
		{PLAN_REMOVE, PLAN_NO_ROW, "", "c"},
		{PLAN_KEEP, PLAN_NO_ROW, "", "o"},
	};
	const size_t n = sizeof(ordered) / sizeof(ordered[0]);
	struct plan p;
	size_t i, start, count;

	(void)state;
	for (start = 0; start < n; start++) {
		plan_init(&p);
		for (i = 0; i < n; i++) {
			const size_t k = (start + i * 7) % n;

			add(&p, ordered[k].action, ordered[k].row, ordered[k].team,
				ordered[k].user_name);
		}
		plan_sort(&p);
		assert_int_equal(p.count, n);
		for (i = 0; i < n; i++) {
			assert_int_equal(p.changes[i].action, ordered[i].action);
			assert_int_equal(p.changes[i].row, ordered[i].row);
			assert_true(str_is(p.changes[i].team, ordered[i].team));
			assert_true(str_is(p.changes[i].user_name, ordered[i].user_name));
		}
		assert_ptr_equal(plan_changes(&p, PLAN_ADD_TO_TEAM, &count), &p.changes[3]);
		assert_int_equal(count, 3);
		plan_changes(&p, PLAN_REMOVE_FROM_TEAM, &count);
		assert_int_equal(count, 0);
		assert_ptr_equal(plan_changes(&p, PLAN_KEEP, &count), &p.changes[9]);
		assert_int_equal(count, 1);
		assert_int_equal(p.counts[PLAN_REMOVE], 2);
		plan_wipe(&p);
	}
	plan_changes(&p, PLAN_REMOVE, &count);
	assert_int_equal(count, 0);
}

static void what_is_kept_is_nothing_to_do(void **state)
{
	struct plan p;
	unsigned i;

	(void)state;
	plan_init(&p);
	assert_true(plan_is_empty(&p));
	for (i = 0; i < 100; i++)
		add(&p, PLAN_KEEP, i, "", "o");
	assert_true(plan_is_empty(&p));
	add(&p, PLAN_REMOVE, PLAN_NO_ROW, "", "a");
	assert_false(plan_is_empty(&p));
	plan_wipe(&p);
	/* Creates are counted without being kept. */
	p.counts[PLAN_CREATE] = 1;
	assert_false(plan_is_empty(&p));
}

static void more_than_ten_removals_that_are_a_tenth_want_a_word(void **state)
{
	static const struct {
		uint64_t removals, members, most;
		bool good;
	} cases[] = {
		{0, 0, PLAN_USUAL, true},
		{10, 10, PLAN_USUAL, true},
		{11, 109, PLAN_USUAL, false},
		{11, 110, PLAN_USUAL, true},
		{100, 999, PLAN_USUAL, false},
		{100, 1000, PLAN_USUAL, true},
		{1, 1000, 0, false},
		{0, 1000, 0, true},
		{10, 10, 9, false},
		{500, 500, 500, true},
		{UINT64_MAX / 2, UINT64_MAX - 1, UINT64_MAX - 1, true},
	};
	struct plan p;
	struct err e;
	size_t i;

	(void)state;
	plan_init(&p);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p.counts[PLAN_REMOVE] = cases[i].removals;
		p.members = cases[i].members;
		err_clear(&e);
		assert_int_equal(plan_guard(&p, cases[i].most, &e), cases[i].good);
		assert_int_equal(e.kind, cases[i].good ? ERR_NONE : ERR_INPUT);
	}
}

static void actions_have_names(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < PLAN_ACTIONS; i++)
		assert_true(strlen(plan_action_name((enum plan_action)i)) > 0);
	assert_string_equal(plan_action_name(PLAN_REMOVE_FROM_TEAM), "remove-from-team");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_in_order_whatever_theirs_was),
		cmocka_unit_test(what_is_kept_is_nothing_to_do),
		cmocka_unit_test(more_than_ten_removals_that_are_a_tenth_want_a_word),
		cmocka_unit_test(actions_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
