#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "roster/state.h"

struct part {
	enum state_kind kind;
	const char *a, *b, *c;
};

static struct state sum(const struct part *parts, size_t count)
{
	struct state s = {.digest = {0}};
	size_t i;

	for (i = 0; i < count; i++)
		assert_true(state_add(&s, parts[i].kind, str_of(parts[i].a), str_of(parts[i].b),
			str_of(parts[i].c)));
	return s;
}

static void assert_differ(const struct state *one, const struct state *two)
{
	assert_int_not_equal(memcmp(one, two, sizeof(*one)), 0);
}

static void the_order_of_the_parts_is_no_matter(void **state)
{
	const struct part one[] = {{STATE_MEMBER, "1", "a@x", "member"},
		{STATE_TEAM, "2", "Dev", ""}, {STATE_MEMBERSHIP, "2", "1", ""}};
	const struct part two[] = {one[2], one[0], one[1]};
	struct state x = sum(one, 3), y = sum(two, 3);

	(void)state;
	assert_memory_equal(&x, &y, sizeof(x));
}

static void every_text_and_the_kind_count(void **state)
{
	const struct part parts[] = {{STATE_MEMBER, "1", "a", "b"}, {STATE_TEAM, "1", "a", "b"},
		{STATE_MEMBERSHIP, "1", "a", "b"}, {STATE_MEMBER, "2", "a", "b"},
		{STATE_MEMBER, "1", "A", "b"}, {STATE_MEMBER, "1", "a", ""},
		/* the same letters, cut elsewhere */
		{STATE_MEMBER, "1a", "", "b"}, {STATE_MEMBER, "", "1a", "b"},
		{STATE_MEMBER, "1", "ab", ""}};
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof parts / sizeof parts[0]; i++)
		for (j = 0; j < i; j++) {
			struct state x = sum(&parts[i], 1), y = sum(&parts[j], 1);

			assert_differ(&x, &y);
		}
}

/* As a list may hold what moved while it was read: it must not vanish from the sum. */
static void what_is_met_twice_counts_twice(void **state)
{
	const struct part ada = {STATE_MEMBER, "1", "a@x", "member"},
			  bob = {STATE_MEMBER, "2", "b@x", "member"};
	const struct part a[] = {ada, ada}, b[] = {bob, bob}, thrice[] = {ada, ada, ada};
	struct state none = sum(NULL, 0), one = sum(&ada, 1), two = sum(a, 2), other = sum(b, 2),
		     three = sum(thrice, 3);

	(void)state;
	assert_differ(&none, &two);
	assert_differ(&one, &two);
	assert_differ(&two, &other);
	assert_differ(&one, &three);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_of_the_parts_is_no_matter),
		cmocka_unit_test(every_text_and_the_kind_count),
		cmocka_unit_test(what_is_met_twice_counts_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
