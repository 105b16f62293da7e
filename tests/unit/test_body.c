#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "codec/json_scan.h"
#include "guard.h"
#include "scim/body.h"

#define PATCH "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":["
#define GROUP "{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:Group\"],"

static struct guard guard;
static struct buf out;

static int begin(void **state)
{
	(void)state;
	buf_init(&out, LIMIT_REQUEST_BODY);
	return 0;
}

static int end(void **state)
{
	(void)state;
	buf_wipe(&out);
	guard_release(&guard);
	return 0;
}

/* What was appended, exactly; it is one object without duplicate names. */
static void expect(bool ok, const char *wanted)
{
	assert_true(ok);
	assert_string_equal(buf_text(&out), wanted);
	assert_true(json_valid_object(buf_str(&out), NULL));
	buf_clear(&out);
}

static void bodies_are_what_every_sentry_takes(void **state)
{
	const struct str ids[] = {{"242", 3}, {"7", 1}};

	(void)state;
	expect(body_role(guard_text(&guard, "manager"), &out), "{\"sentryOrgRole\":\"manager\"}");
	expect(body_team(guard_text(&guard, "Data \"E\""), &out),
		GROUP "\"displayName\":\"Data \\\"E\\\"\"}");
	expect(body_rename(guard_text(&guard, "D\\E\n"), &out),
		PATCH "{\"op\":\"replace\",\"value\":{\"displayName\":\"D\\\\E\\n\"}}]}");
	expect(body_deactivate(&out), PATCH "{\"op\":\"replace\",\"value\":{\"active\":false}}]}");
	expect(body_add_members(ids, 2, &out),
		PATCH "{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"242\"},"
		      "{\"value\":\"7\"}]}]}");
	expect(body_set_members(ids, 2, &out),
		PATCH "{\"op\":\"replace\",\"path\":\"members\",\"value\":[{\"value\":\"242\"},"
		      "{\"value\":\"7\"}]}]}");
	expect(body_set_members(ids, 0, &out),
		PATCH "{\"op\":\"replace\",\"path\":\"members\",\"value\":[]}]}");
	/* one operation for each: of several values in one Sentry heeds the first */
	expect(body_remove_members(ids, 2, &out),
		PATCH "{\"op\":\"remove\",\"path\":\"members[value eq \\\"242\\\"]\"},"
		      "{\"op\":\"remove\",\"path\":\"members[value eq \\\"7\\\"]\"}]}");
}

/* An id of another provider may hold anything: it stays inside its quotes, in both layers. */
static void ids_cannot_break_out_of_a_path(void **state)
{
	const struct str id = guard_text(&guard, "a\"] or [x eq \"\\");
	struct json_value path;
	struct buf plain;

	(void)state;
	assert_true(body_remove_members(&id, 1, &out));
	assert_true(json_find(buf_str(&out), "Operations.0.path", &path));
	buf_init(&plain, LIMIT_URL);
	json_unescape(path.raw, &plain);
	assert_string_equal(buf_text(&plain), "members[value eq \"a\\\"] or [x eq \\\"\\\\\"]");
	buf_wipe(&plain);
}

static void text_that_is_not_utf8_is_refused(void **state)
{
	const struct str ids[] = {{"1", 1}, {"\xff", 1}, {"2", 1}};

	(void)state;
	assert_false(body_role(str_of("\xc3"), &out));
	buf_clear(&out);
	assert_false(body_team(str_of("a\xff"), &out));
	buf_clear(&out);
	assert_false(body_rename(str_of("\xed\xa0\x80"), &out));
	buf_clear(&out);
	assert_false(body_add_members(ids, 3, &out));
	buf_clear(&out);
	assert_false(body_set_members(ids, 3, &out));
	buf_clear(&out);
	assert_false(body_remove_members(ids, 3, &out));
}

static void a_hundred_removals_are_a_hundred_operations(void **state)
{
	char text[PATCH_MAX][8];
	struct str ids[PATCH_MAX];
	struct json_value operations, one, path;
	size_t at = 0, n = 0;
	unsigned i;

	(void)state;
	for (i = 0; i < PATCH_MAX; i++) {
		snprintf(text[i], sizeof(text[i]), "%u", 1000 + i);
		ids[i] = str_of(text[i]);
	}
	assert_true(body_remove_members(ids, PATCH_MAX, &out));
	assert_true(json_member(buf_str(&out), "Operations", &operations));
	while (json_element(operations.raw, &at, &one)) {
		char wanted[64];

		snprintf(wanted, sizeof(wanted), "members[value eq \\\"%u\\\"]",
			(unsigned)(1000 + n++));
		assert_true(json_member(one.raw, "path", &path));
		assert_true(str_is(path.raw, wanted));
	}
	assert_int_equal(n, PATCH_MAX);
}

static void a_full_buffer_is_a_failure(void **state)
{
	const struct str id = {"242", 3};
	const size_t rooms[] = {0, 10, 60, 90, 120};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
		struct buf small;

		buf_init(&small, rooms[i]);
		assert_false(body_add_members(&id, 1, &small));
		buf_clear(&small);
		assert_false(body_remove_members(&id, 1, &small));
		buf_wipe(&small);
	}
	buf_init(&out, 10);
	assert_false(body_role(str_of("manager"), &out));
	buf_clear(&out);
	assert_false(body_deactivate(&out));
	buf_clear(&out);
	assert_false(body_team(str_of("x"), &out));
	buf_clear(&out);
	assert_false(body_rename(str_of("x"), &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bodies_are_what_every_sentry_takes, begin, end),
		cmocka_unit_test_setup_teardown(ids_cannot_break_out_of_a_path, begin, end),
		cmocka_unit_test_setup_teardown(text_that_is_not_utf8_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(
			a_hundred_removals_are_a_hundred_operations, begin, end),
		cmocka_unit_test_setup_teardown(a_full_buffer_is_a_failure, begin, end),
	};

	return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
