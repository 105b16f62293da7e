#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "guard.h"
#include "scim/user.h"

#define SCHEMAS "\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"]"

static struct guard guard;
static struct buf one, two;
static struct err err;

static int begin(void **state)
{
	(void)state;
	buf_init(&one, 1u << 20);
	buf_init(&two, 1u << 20);
	err_clear(&err);
	return 0;
}

static int end(void **state)
{
	(void)state;
	buf_wipe(&one);
	buf_wipe(&two);
	guard_release(&guard);
	return 0;
}

/* ---- the body of a create ---- */

struct body_row {
	const char *body, *name, *role;
	const char *set[7]; /* path and value in turn, as JSON */
	const char *wanted; /* or, in a failure, what is said */
};

static bool build(const struct body_row *r)
{
	struct user_attribute attributes[3];
	struct user_draft draft = {
		.body = guard_text(&guard, r->body),
		.user_name = str_of(r->name),
		.role = str_of(r->role),
		.attributes = attributes,
	};

	while (r->set[2 * draft.attribute_count] != NULL) {
		attributes[draft.attribute_count].path = str_of(r->set[2 * draft.attribute_count]);
		attributes[draft.attribute_count].value =
			str_of(r->set[2 * draft.attribute_count + 1]);
		draft.attribute_count++;
	}
	buf_clear(&one);
	buf_add_text(&one, "before");
	err_clear(&err);
	return user_body(&draft, &one, &err);
}

static void bodies_are_spliced_byte_for_byte(void **state)
{
	static const struct body_row rows[] = {
		{"", "ada@example.com", "", {NULL},
			"{" SCHEMAS ",\"userName\":\"ada@example.com\"}"},
		{"", "ada@example.com", "member", {NULL},
			"{" SCHEMAS
			",\"userName\":\"ada@example.com\",\"sentryOrgRole\":\"member\"}"},
		{"", "", "", {NULL}, "{" SCHEMAS "}"},
		{"{}", "", "", {NULL}, "{" SCHEMAS "}"},
		{"\r\n { \n } \t", "", "", {NULL}, "{" SCHEMAS " \n }"},
		/* order, white space and the digits of numbers survive */
		{"{ \"z\" : 1.50e+3, \"userName\" : \"a\" ,\n\t\"n\":-0.00, \"a\": [ ] }", "", "",
			{NULL},
			"{" SCHEMAS ", \"z\" : 1.50e+3, \"userName\" : \"a\" ,\n\t\"n\":-0.00, "
			"\"a\": [ ] }"},
		{"{\"big\":123456789012345678901234567890.10}", "b", "", {NULL},
			"{" SCHEMAS
			",\"big\":123456789012345678901234567890.10,\"userName\":\"b\"}"},
		/* what is there is replaced in its place */
		{"{\"sentryOrgRole\":null,\"x\":1,\"userName\" : {\"a\":[1]} }", "b", "member",
			{NULL},
			"{" SCHEMAS ",\"sentryOrgRole\":\"member\",\"x\":1,\"userName\" : \"b\" }"},
		{"{\"user\\u004eame\":\"a\"}", "b", "", {NULL},
			"{" SCHEMAS ",\"user\\u004eame\":\"b\"}"},
		/* a name inside something else is another one */
		{"{\"x\":{\"userName\":\"a\",\"schemas\":1}}", "b", "", {NULL},
			"{" SCHEMAS
			",\"x\":{\"userName\":\"a\",\"schemas\":1},\"userName\":\"b\"}"},
		/* schemas that are given stay, where and what they are */
		{"{\"userName\":\"a\",\"schemas\":[\"urn:x\"]}", "", "", {NULL},
			"{\"userName\":\"a\",\"schemas\":[\"urn:x\"]}"},
		{"{\"sch\\u0065mas\":null}", "", "", {NULL}, "{\"sch\\u0065mas\":null}"},
		{"", "a", "", {"schemas", "[]", NULL}, "{\"schemas\":[],\"userName\":\"a\"}"},
		/* attributes, in the order given, over name and role */
		{"", "a", "member",
			{"name.givenName", "\"Ada\"", "active", "true", "name.familyName", "\"L\"",
				NULL},
			"{" SCHEMAS ",\"userName\":\"a\",\"sentryOrgRole\":\"member\",\"name\":{"
			"\"givenName\":\"Ada\",\"familyName\":\"L\"},\"active\":true}"},
		{"", "a", "member", {"userName", "\"b\"", "sentryOrgRole", "7", NULL},
			"{" SCHEMAS ",\"userName\":\"b\",\"sentryOrgRole\":7}"},
		{"", "a", "", {"x", "1", "x", "1.0", NULL},
			"{" SCHEMAS ",\"userName\":\"a\",\"x\":1.0}"},
		{"", "a", "", {"a\\.b.c\\\\d", "1", NULL},
			"{" SCHEMAS ",\"userName\":\"a\",\"a.b\":{\"c\\\\d\":1}}"},
		/* text gets the escapes it needs and no others */
		{"", "a\"\\\n\xc3\xa9/", "\x7f", {NULL},
			"{" SCHEMAS ",\"userName\":\"a\\\"\\\\\\n\xc3\xa9/\",\"sentryOrgRole\":"
			"\"\x7f\"}"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!build(&rows[i]))
			fail_msg("%s: %s", rows[i].wanted, err.text);
		assert_int_equal(err.kind, ERR_NONE);
		assert_true(str_starts(buf_str(&one), "before"));
		assert_string_equal(buf_text(&one) + 6, rows[i].wanted);
		/* what is sent is always one object without duplicate names */
		assert_true(json_valid_object(str_skip(buf_str(&one), 6), NULL));
	}
}

static void bodies_that_cannot_be_made_are_refused(void **state)
{
	static const struct body_row rows[] = {
		{"", "a\xff", "", {NULL}, "userName is not UTF-8"},
		{"", "a", "\xc3", {NULL}, "sentryOrgRole is not UTF-8"},
		{"", "a", "", {"", "1", NULL}, "an empty name"},
		{"", "a", "", {"a..b", "1", NULL}, "an empty name"},
		{"", "a", "", {".a", "1", NULL}, "an empty name"},
		{"", "a", "", {"userName.x", "1", NULL}, "userName is there and is not an object"},
		{"{\"name\":[]}", "a", "", {"name.x", "1", NULL}, "not an object"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_false(build(&rows[i]));
		assert_int_equal(err.kind, ERR_INPUT);
		if (strstr(err.text, rows[i].wanted) == NULL)
			fail_msg("%s: %s", rows[i].wanted, err.text);
		assert_string_equal(buf_text(&one), "before");
	}
}

static void bodies_larger_than_the_limit_are_refused(void **state)
{
	struct user_draft draft = {.user_name = str_of("ada@example.com")};
	char *text = calloc(1, LIMIT_REQUEST_BODY + 1);
	struct buf small;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', LIMIT_REQUEST_BODY);
	draft.role = str_from(text, LIMIT_REQUEST_BODY);
	assert_false(user_body(&draft, &one, &err));
	assert_int_equal(err.kind, ERR_MEMORY);
	free(text);

	err_clear(&err);
	draft.role = str_of("");
	buf_init(&small, 20);
	assert_false(user_body(&draft, &small, &err));
	assert_int_equal(err.kind, ERR_MEMORY);
	buf_wipe(&small);
}

static void facts_are_what_the_body_says_in_the_end(void **state)
{
	static const struct {
		const char *body, *name, *role;
	} rows[] = {
		{"{}", "", ""},
		{"{\"userName\":\"a\",\"sentryOrgRole\":\"member\"}", "a", "member"},
		{"{\"userName\":null,\"sentryOrgRole\":null}", "", ""},
		{"{\"userName\":\"\\u0061\\n\\ud83d\\ude00\",\"sentryOrgRole\":\"m\\u0065\"}",
			"a\n\xf0\x9f\x98\x80", "me"},
		{"{\"x\":{\"userName\":\"no\"},\"user\\u004Eame\" : \"a\" }", "a", ""},
		/* a role that is no text is for the server to judge */
		{"{\"userName\":\"a\",\"sentryOrgRole\":7}", "a", ""},
		{"{\"userName\":\"a\",\"sentryOrgRole\":{\"sentryOrgRole\":\"x\"}}", "a", ""},
	};
	static const char *const wrong[] = {"{\"userName\":7}", "{\"userName\":[\"a\"]}",
		"{\"userName\":true}", "{\"userName\":{}}"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_clear(&one);
		buf_clear(&two);
		assert_true(user_body_facts(guard_text(&guard, rows[i].body), &one, &two, &err));
		assert_string_equal(buf_text(&one), rows[i].name);
		assert_string_equal(buf_text(&two), rows[i].role);
	}
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		err_clear(&err);
		assert_false(user_body_facts(str_of(wrong[i]), &one, &two, &err));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_non_null(strstr(err.text, "userName"));
	}
	err_clear(&err);
	one.max = one.len;
	assert_false(user_body_facts(str_of("{\"userName\":\"more\"}"), &one, &two, &err));
	assert_int_equal(err.kind, ERR_MEMORY);
}

/* ---- --set ---- */

static void arguments_of_set_are_read(void **state)
{
	static const struct {
		const char *argument, *path, *value;
	} rows[] = {
		{"a=b", "a", "\"b\""},
		{"a=", "a", "\"\""},
		{"a=b=c", "a", "\"b=c\""},
		{"a==", "a", "\"=\""},
		{"a= \"b\" ", "a", "\" \\\"b\\\" \""},
		{"a=:b", "a", "\":b\""},
		{"name.givenName=Ada", "name.givenName", "\"Ada\""},
		{"a:=true", "a", "true"},
		{"a:= 1.50 ", "a", "1.50"},
		{"a:=[1,\n{\"b\":null}]", "a", "[1,\n{\"b\":null}]"},
		{"a:=\"=\"", "a", "\"=\""},
		{"a::=1", "a:", "1"},
		{"urn:x:y=1", "urn:x:y", "\"1\""},
		{"\xc3\xa9=\xc3\xa9", "\xc3\xa9", "\"\xc3\xa9\""},
	};
	struct str path;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_clear(&one);
		if (!user_parse_set(guard_text(&guard, rows[i].argument), &path, &one, &err))
			fail_msg("%s: %s", rows[i].argument, err.text);
		assert_true(str_is(path, rows[i].path));
		assert_string_equal(buf_text(&one), rows[i].value);
	}
}

static void other_arguments_of_set_are_refused(void **state)
{
	static const struct {
		const char *argument, *says;
	} rows[] = {
		{"", "KEY=TEXT or KEY:=JSON"},
		{"a", "KEY=TEXT or KEY:=JSON, not 'a'"},
		{"=b", "KEY=TEXT or KEY:=JSON"},
		{":=1", "KEY=TEXT or KEY:=JSON"},
		{"a:b", "KEY=TEXT or KEY:=JSON"},
		{"a:=", "not JSON"},
		{"a:=b", "not JSON"},
		{"a:=1 2", "at byte 3"},
		{"a:=tru", "text is given with '=' alone"},
		{"a:={\"x\":1,}", "at byte 8"},
		{"a=\xff", "the value of --set a is not UTF-8"},
		{"a:=\"\xff\"", "not JSON"},
		{"a:=[{\"x\":1,\"x\":2}]", "same object twice at byte 9"},
		{"\xff=a", "the key of --set is not UTF-8"},
		{"\xff:=1", "the key of --set is not UTF-8"},
	};
	struct str path;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_clear(&one);
		err_clear(&err);
		assert_false(
			user_parse_set(guard_text(&guard, rows[i].argument), &path, &one, &err));
		assert_int_equal(err.kind, ERR_USAGE);
		if (strstr(err.text, rows[i].says) == NULL)
			fail_msg("%s: %s", rows[i].argument, err.text);
	}
	buf_clear(&one);
	one.max = 3;
	err_clear(&err);
	assert_false(user_parse_set(str_of("a:=1234"), &path, &one, &err));
	assert_int_equal(err.kind, ERR_MEMORY);
}

/* ---- resources ---- */

static void resources_are_read(void **state)
{
	static const char pretty[] = "\r\n{\n  \"schemas\": [ \"urn:x\" ],\n"
				     "  \"name\": {\"id\": \"no\", \"userName\": \"no\"},\n"
				     "  \"\\u0069d\" : \"24\\u0032\" ,\n"
				     "  \"emails\": [{\"userName\": \"no\", \"active\": 1}],\n"
				     "  \"userName\": \"a\\\"b\",\n"
				     "  \"sentryOrgRole\": null, \"active\": true }\n";
	struct str text = guard_text(&guard, pretty);
	struct user u;

	(void)state;
	assert_true(user_read(text, &u));
	assert_true(u.resource.p == text.p && u.resource.n == text.n);
	assert_true(str_is(u.id.raw, "24\\u0032"));
	assert_true(str_is(u.user_name.raw, "a\\\"b"));
	assert_true(str_is(u.user_name.whole, "\"a\\\"b\""));
	assert_int_equal(u.role.type, JSON_NULL);
	assert_int_equal(u.active.type, JSON_TRUE);

	/* of duplicates the last counts, as everywhere */
	assert_true(user_read(
		str_of("{\"id\":1,\"id\":\"2\",\"userName\":\"a\",\"userName\":\"b\"}"), &u));
	assert_true(str_is(u.id.raw, "2"));
	assert_true(str_is(u.user_name.raw, "b"));
	assert_int_equal(u.role.type, JSON_END);
	assert_int_equal(u.active.type, JSON_END);
}

static void what_is_no_user_is_not_read_as_one(void **state)
{
	static const char *const wrong[] = {
		"",
		"null",
		"[]",
		"\"id\"",
		"{}",
		"{\"id\":\"1\"}",
		"{\"userName\":\"a\"}",
		"{\"id\":1,\"userName\":\"a\"}",
		"{\"id\":null,\"userName\":\"a\"}",
		"{\"id\":\"\",\"userName\":\"a\"}",
		"{\"id\":\"1\",\"userName\":\"\"}",
		"{\"id\":\"1\",\"userName\":[\"a\"]}",
		"{\"id\":\"1\",\"userName\":\"a\",\"id\":2}",
		"{\"ID\":\"1\",\"username\":\"a\"}",
		"{\"x\":{\"id\":\"1\",\"userName\":\"a\"}}",
		"[{\"id\":\"1\",\"userName\":\"a\"}]",
		"{\"id\":\"1\",\"userName\":\"a\"",
		"{\"id\":\"1\",\"userName\":\"a\",}",
		"{\"id\":\"1\",\"userName\":\"a\"}{}",
		"{\"id\":\"1\",\"userName\":\"a\",\"x\":[1,}",
		"<html>\"id\":\"1\",\"userName\":\"a\"</html>",
	};
	struct user u;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (user_read(guard_text(&guard, wrong[i]), &u))
			fail_msg("%s was read", wrong[i]);
}

/* A body that was cut anywhere is no user. */
static void cut_resources_are_refused(void **state)
{
	static const char text[] = "{\"id\":\"1\",\"userName\":\"\\u00e9\",\"a\":[{},1e5,null]}";
	struct user u;
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(text) - 1; n++)
		assert_false(user_read(guard_copy(&guard, str_from(text, n)), &u));
	assert_true(user_read(guard_copy(&guard, str_from(text, n)), &u));
}

static enum user_match match(const char *raw, const char *name)
{
	struct user u = {.user_name = {.type = JSON_STRING, .raw = str_of(raw)}};

	return user_match(&u, str_of(name));
}

static void names_are_compared_as_text(void **state)
{
	(void)state;
	assert_int_equal(match("a@b.c", "a@b.c"), USER_MATCH_EXACT);
	assert_int_equal(match("\\u0061@b\\u002ec", "a@b.c"), USER_MATCH_EXACT);
	assert_int_equal(match("A@B.c", "a@b.C"), USER_MATCH_FOLD);
	assert_int_equal(match("\\u0041@b.c", "a@b.c"), USER_MATCH_FOLD);
	assert_int_equal(match("a@b.c", "a@b.cd"), USER_MATCH_NONE);
	assert_int_equal(match("a@b.cd", "a@b.c"), USER_MATCH_NONE);
	assert_int_equal(match("a@b.c ", "a@b.c"), USER_MATCH_NONE);
	assert_int_equal(match("a{", "A["), USER_MATCH_NONE);
	/* letters beyond ASCII have no other case here */
	assert_int_equal(match("\xc3\xa9", "\xc3\x89"), USER_MATCH_NONE);
	assert_int_equal(match("\\\\u0061", "\\u0061"), USER_MATCH_EXACT);
}

static void filters_are_encoded(void **state)
{
	static const struct {
		const char *name;
		bool is_sentry;
		const char *path;
	} rows[] = {
		{"a@b.c", true, "Users?filter=userName%20eq%20%22a%40b.c%22"},
		{"A+b-c_d~e@x", true, "Users?filter=userName%20eq%20%22A%2Bb-c_d~e%40x%22"},
		{"a b&c#d%e;f'/?", true,
			"Users?filter=userName%20eq%20%22a%20b%26c%23d%25e%3Bf%27%2F%3F%22"},
		{"\xc3\xa9\x7f", true, "Users?filter=userName%20eq%20%22%C3%A9%7F%22"},
		{"aeq eqb", true, "Users?filter=userName%20eq%20%22aeq%20eqb%22"},
		{" a ", true, "Users?filter=userName%20eq%20%22%20a%20%22"},
		/* elsewhere the value is a JSON string (RFC 7644 3.4.2.2) */
		{"a,\"b\\ eq \n", false,
			"Users?filter=userName%20eq%20%22a%2C%5C%22b%5C%5C%20eq%20%5Cn%22"},
	};
	static const char *const never[] = {"", " ", "\t\r\n ", "a\xff", "\xed\xa0\x80"};
	static const char *const not_at_sentry[] = {
		"a,b", ",", "a\"b", "a\\b", "a eq b", " eq ", "a\tb", "a\x01"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_clear(&one);
		assert_true(user_filter_path(str_of(rows[i].name), rows[i].is_sentry, &one));
		assert_string_equal(buf_text(&one), rows[i].path);
	}
	buf_clear(&one);
	for (i = 0; i < sizeof never / sizeof never[0]; i++) {
		assert_false(user_filter_path(str_of(never[i]), true, &one));
		assert_false(user_filter_path(str_of(never[i]), false, &one));
	}
	for (i = 0; i < sizeof not_at_sentry / sizeof not_at_sentry[0]; i++) {
		assert_false(user_filter_path(str_of(not_at_sentry[i]), true, &one));
		assert_int_equal(one.len, 0);
		assert_true(user_filter_path(str_of(not_at_sentry[i]), false, &one));
		buf_clear(&one);
	}
	/* no room: nothing is left behind, least of all half a filter */
	one.max = 20;
	assert_false(user_filter_path(str_of("a@b.c"), true, &one));
	assert_int_equal(one.len, 0);
}

/* ---- lists ---- */

#define USER(id, name) "{\"id\":\"" id "\",\"userName\":\"" name "\"}"

static void the_best_match_of_a_list_is_found(void **state)
{
	static const struct {
		const char *body;
		unsigned hits;
		enum user_match match;
		const char *resource;
	} rows[] = {
		{"{\"totalResults\":0,\"Resources\":[]}", 0, USER_MATCH_NONE, NULL},
		{"{\"totalResults\":0}", 0, USER_MATCH_NONE, NULL},
		{"{\"Resources\":[]}", 0, USER_MATCH_NONE, NULL},
		{"{\"totalResults\":1,\"Resources\":[" USER("1", "a") "]}", 1, USER_MATCH_EXACT,
			USER("1", "a")},
		{"{\"Resources\":[" USER("1", "x") "," USER("2", "A") "," USER("3", "a") "," USER(
			 "4", "a") "]}",
			4, USER_MATCH_EXACT, USER("3", "a")},
		{"{\"Resources\":[" USER("1", "x") "," USER("2", "y") "]}", 2, USER_MATCH_NONE,
			USER("1", "x")},
		{"{\"Resources\":[" USER("1", "x") "," USER("2", "A") "," USER("3", "A") "]}", 3,
			USER_MATCH_FOLD, USER("2", "A")},
		{" {\n \"Resources\" : [ {\n \"id\" : \"1\" , \"userName\" : \"a\"\n } ] } ", 1,
			USER_MATCH_EXACT, "{\n \"id\" : \"1\" , \"userName\" : \"a\"\n }"},
		/* only the list's own resources count */
		{"{\"x\":{\"Resources\":[" USER("1", "a") "]},\"totalResults\":0}", 0,
			USER_MATCH_NONE, NULL},
	};
	enum user_match found;
	struct user best;
	unsigned hits;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!user_find(guard_text(&guard, rows[i].body), str_of("a"), &best, &found, &hits))
			fail_msg("no list: %s", rows[i].body);
		assert_int_equal(hits, rows[i].hits);
		assert_int_equal(found, rows[i].match);
		if (hits > 0)
			assert_true(str_is(best.resource, rows[i].resource));
	}
}

/* Who is not found is created again, so an answer that is not understood must not look empty. */
static void what_is_no_list_says_nothing(void **state)
{
	static const char *const wrong[] = {
		"",
		"[]",
		"{}",
		"null",
		"<html></html>",
		USER("1", "a"),
		"{\"Resources\":null}",
		"{\"Resources\":{}}",
		"{\"Resources\":\"[]\"}",
		"{\"totalResults\":1}",
		"{\"totalResults\":1,\"Resources\":[]}",
		"{\"totalResults\":\"0\"}",
		"{\"totalResults\":0.0}",
		"{\"Resources\":[7]}",
		"{\"Resources\":[null," USER("1", "a") "]}",
		"{\"Resources\":[" USER("1", "a") ",{}]}",
		"{\"Resources\":[[" USER("1", "a") "]]}",
		"{\"Resources\":[" USER("1", "a") "]",
		"{\"Resources\":[" USER("1", "a") "]} ,",
		"{\"resources\":[]}",
		"{\"detail\":\"x\",\"status\":\"404\"}",
	};
	enum user_match found;
	struct user best;
	unsigned hits;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (user_find(guard_text(&guard, wrong[i]), str_of("a"), &best, &found, &hits))
			fail_msg("taken for a list: %s", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bodies_are_spliced_byte_for_byte, begin, end),
		cmocka_unit_test_setup_teardown(bodies_that_cannot_be_made_are_refused, begin, end),
		cmocka_unit_test_setup_teardown(
			bodies_larger_than_the_limit_are_refused, begin, end),
		cmocka_unit_test_setup_teardown(
			facts_are_what_the_body_says_in_the_end, begin, end),
		cmocka_unit_test_setup_teardown(arguments_of_set_are_read, begin, end),
		cmocka_unit_test_setup_teardown(other_arguments_of_set_are_refused, begin, end),
		cmocka_unit_test_setup_teardown(resources_are_read, begin, end),
		cmocka_unit_test_setup_teardown(what_is_no_user_is_not_read_as_one, begin, end),
		cmocka_unit_test_setup_teardown(cut_resources_are_refused, begin, end),
		cmocka_unit_test_setup_teardown(names_are_compared_as_text, begin, end),
		cmocka_unit_test_setup_teardown(filters_are_encoded, begin, end),
		cmocka_unit_test_setup_teardown(the_best_match_of_a_list_is_found, begin, end),
		cmocka_unit_test_setup_teardown(what_is_no_list_says_nothing, begin, end),
	};

	return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
