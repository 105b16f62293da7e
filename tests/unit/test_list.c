#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guard.h"
#include "scim/list.h"

static struct guard guard;

static int end(void **state)
{
	(void)state;
	guard_release(&guard);
	return 0;
}

struct list_row {
	const char *body;
	bool good, has_total;
	uint64_t total;
	const char *resources[4]; /* ended by NULL */
};

static void lists_are_read(void **state)
{
	static const struct list_row rows[] = {
		/* Sentry's own */
		{"{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:ListResponse\"],"
		 "\"totalResults\":2,\"startIndex\":1,\"itemsPerPage\":2,\"Resources\":["
		 "{\"id\":\"1\"},{\"id\":\"2\"}]}",
			true, true, 2, {"{\"id\":\"1\"}", "{\"id\":\"2\"}", NULL}},
		{"{\"totalResults\":0,\"Resources\":[]}", true, true, 0, {NULL}},
		/* printed for people, members in another order; slices are byte for byte */
		{"\r\n{ \"Resources\" : [\n\t{ \"id\" : \"1\" , \"n\":1.50 }\n ,\n{}\n] ,\n"
		 "\"totalResults\" : 7\n}\n",
			true, true, 7, {"{ \"id\" : \"1\" , \"n\":1.50 }", "{}", NULL}},
		/* what is inside a resource is not the list's */
		{"{\"x\":{\"totalResults\":9,\"Resources\":[{}]},\"totalResults\":1,\"Resources\":["
		 "{\"Resources\":[{}],\"totalResults\":5}]}",
			true, true, 1, {"{\"Resources\":[{}],\"totalResults\":5}", NULL}},
		{"{\"Resources\":[{\"a\":[{}]},3,null,[{\"id\":\"1\"}],\"{}\",{\"b\":1}]}", true,
			false, 0, {"{\"a\":[{}]}", "{\"b\":1}", NULL}},
		{"{\"total\\u0052esults\":1,\"\\u0052esources\":[{}]}", true, true, 1,
			{"{}", NULL}},
		/* an empty result may leave them out, and nothing else may */
		{"{\"totalResults\":0}", true, true, 0, {NULL}},
		{"{\"totalResults\":1}", false, true, 1, {NULL}},
		{"{}", false, false, 0, {NULL}},
		{"{\"resources\":[]}", false, false, 0, {NULL}},
		/* a total that is no count is none */
		{"{\"totalResults\":\"2\",\"Resources\":[{}]}", true, false, 0, {"{}", NULL}},
		{"{\"totalResults\":-1,\"Resources\":[]}", true, false, 0, {NULL}},
		{"{\"totalResults\":1.0,\"Resources\":[]}", true, false, 0, {NULL}},
		{"{\"totalResults\":18446744073709551615,\"Resources\":[]}", true, true, UINT64_MAX,
			{NULL}},
		{"{\"totalResults\":18446744073709551616,\"Resources\":[]}", true, false, 0,
			{NULL}},
		/* not a list */
		{"{\"totalResults\":0,\"Resources\":{}}", false, true, 0, {NULL}},
		{"{\"totalResults\":0,\"Resources\":null}", false, true, 0, {NULL}},
		{"[{\"totalResults\":0,\"Resources\":[]}]", false, false, 0, {NULL}},
		{"", false, false, 0, {NULL}},
		{"<html>", false, false, 0, {NULL}},
		{"{\"totalResults\":0,\"Resources\":[]", false, false, 0, {NULL}},
		{"{\"totalResults\":0,\"Resources\":[]}x", false, false, 0, {NULL}},
		{"{\"totalResults\":1,\"Resources\":[{},]}", false, false, 0, {NULL}},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str body = guard_text(&guard, rows[i].body), resource;
		struct list_page page;
		size_t at = 0, n = 0;

		if (list_read(body, &page) != rows[i].good)
			fail_msg("%s", rows[i].body);
		assert_int_equal(page.has_total, rows[i].has_total);
		assert_int_equal(page.total, rows[i].total);
		if (!rows[i].good)
			continue;
		while (list_next(&page, &at, &resource)) {
			assert_non_null(rows[i].resources[n]);
			assert_true(str_is(resource, rows[i].resources[n]));
			assert_true(
				resource.p >= body.p && resource.p + resource.n <= body.p + body.n);
			n++;
		}
		if (rows[i].resources[n] != NULL)
			fail_msg("%s: only %zu", rows[i].body, n);
		/* the end stays the end */
		assert_false(list_next(&page, &at, &resource));
	}
}

static uint64_t identity(const char *resource)
{
	return list_identity(guard_text(&guard, resource));
}

static void identities_go_by_the_id_alone(void **state)
{
	const uint64_t one = identity("{\"id\":\"1\"}");

	(void)state;
	assert_int_not_equal(one, 0);
	assert_int_equal(identity("{ \"userName\":\"x\", \"id\" : \"1\" }"), one);
	assert_int_equal(identity("{\"x\":{\"id\":\"2\"},\"id\":\"1\"}"), one);
	/* the same text, however it is written */
	assert_int_equal(identity("{\"id\":\"\\u0031\"}"), one);
	assert_int_equal(identity("{\"\\u0069d\":\"1\"}"), one);
	assert_int_equal(
		identity("{\"id\":\"a\\/b\\u00e9\"}"), identity("{\"id\":\"a/b\xc3\xa9\"}"));
	/* another text */
	assert_int_not_equal(identity("{\"id\":\"2\"}"), one);
	assert_int_not_equal(identity("{\"id\":\"01\"}"), one);
	assert_int_not_equal(identity("{\"id\":\"1 \"}"), one);
	assert_int_not_equal(identity("{\"id\":\"1\\u0000\"}"), one);
	assert_int_not_equal(identity("{\"id\":\"\\\\u0031\"}"), one);
	assert_int_not_equal(identity("{\"id\":\"ab\"}"), identity("{\"id\":\"ba\"}"));
	assert_int_not_equal(identity("{\"id\":\"A\"}"), identity("{\"id\":\"a\"}"));
}

static void what_has_no_id_has_no_identity(void **state)
{
	static const char *const without[] = {"{}", "{\"id\":1}", "{\"id\":null}", "{\"id\":\"\"}",
		"{\"id\":[\"1\"]}", "{\"ID\":\"1\"}", "{\"x\":{\"id\":\"1\"}}", "[\"id\",\"1\"]",
		"\"id\"", "", "{\"id\":\"1\""};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof without / sizeof without[0]; i++)
		if (identity(without[i]) != 0)
			fail_msg("%s", without[i]);
}

/* A hash that loses bits would hide members of a large organization. */
static void many_ids_do_not_collide(void **state)
{
	enum { COUNT = 1 << 17, SLOTS = 1 << 18 };
	uint64_t *slots = calloc(SLOTS, sizeof(*slots));
	unsigned i;

	(void)state;
	assert_non_null(slots);
	for (i = 0; i < COUNT; i++) {
		char text[32];
		uint64_t h;
		size_t at;

		snprintf(text, sizeof(text), "{\"id\":\"%u\"}", i);
		h = list_identity(str_of(text));
		for (at = h % SLOTS; slots[at] != 0; at = (at + 1) % SLOTS)
			if (slots[at] == h)
				fail_msg("%u", i);
		slots[at] = h;
	}
	free(slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_read),
		cmocka_unit_test(identities_go_by_the_id_alone),
		cmocka_unit_test(what_has_no_id_has_no_identity),
		cmocka_unit_test(many_ids_do_not_collide),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, end);
}
