#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "codec/json_edit.h"
#include "codec/json_scan.h"
#include "guard.h"

struct edit_case {
	const char *object, *path, *value;
	const char *last, *first; /* the outcome for each place of a new member */
};

static const struct edit_case edits[] = {
	/* there already: replaced in place, all else untouched */
	{"{\"a\":1,\"b\":2}", "a", "\"x\"", "{\"a\":\"x\",\"b\":2}", "{\"a\":\"x\",\"b\":2}"},
	{" { \"b\" : 1.00 ,\n\"a\" : [ 1 ] } ", "a", "null", " { \"b\" : 1.00 ,\n\"a\" : null } ",
		" { \"b\" : 1.00 ,\n\"a\" : null } "},
	{"{\"\\u0061\":1}", "a", "2", "{\"\\u0061\":2}", "{\"\\u0061\":2}"},
	{"{\"n\":{\"a\":1,\"b\":{}},\"a\":0}", "n.a", "2", "{\"n\":{\"a\":2,\"b\":{}},\"a\":0}",
		"{\"n\":{\"a\":2,\"b\":{}},\"a\":0}"},
	{"{\"n\":{\"a\":1}}", "n", "{\"z\":0}", "{\"n\":{\"z\":0}}", "{\"n\":{\"z\":0}}"},

	/* missing: added */
	{"{}", "a", "1", "{\"a\":1}", "{\"a\":1}"},
	{" { } ", "a", "1", " {\"a\":1 } ", " {\"a\":1 } "},
	{"{\"b\":2}", "a", "1", "{\"b\":2,\"a\":1}", "{\"a\":1,\"b\":2}"},
	{"{ \"b\" : 2 }", "a", "1", "{ \"b\" : 2,\"a\":1 }", "{\"a\":1, \"b\" : 2 }"},
	{"{\"n\":{\"b\":2},\"c\":3}", "n.a", "1", "{\"n\":{\"b\":2,\"a\":1},\"c\":3}",
		"{\"n\":{\"a\":1,\"b\":2},\"c\":3}"},
	{"{\"n\":{}}", "n.a", "1", "{\"n\":{\"a\":1}}", "{\"n\":{\"a\":1}}"},

	/* with objects on the way */
	{"{}", "a.b.c", "[1]", "{\"a\":{\"b\":{\"c\":[1]}}}", "{\"a\":{\"b\":{\"c\":[1]}}}"},
	{"{\"x\":0}", "a.b", "1", "{\"x\":0,\"a\":{\"b\":1}}", "{\"a\":{\"b\":1},\"x\":0}"},
	{"{\"a\":{\"x\":0}}", "a.b.c", "1", "{\"a\":{\"x\":0,\"b\":{\"c\":1}}}",
		"{\"a\":{\"b\":{\"c\":1},\"x\":0}}"},

	/* names with dots, backslashes, quotes and more in them */
	{"{}", "urn:x:2\\.0:User.dept", "1", "{\"urn:x:2.0:User\":{\"dept\":1}}",
		"{\"urn:x:2.0:User\":{\"dept\":1}}"},
	{"{\"a.b\":1,\"a\":{}}", "a\\.b", "2", "{\"a.b\":2,\"a\":{}}", "{\"a.b\":2,\"a\":{}}"},
	{"{\"a\\\\\":{\"b\":1}}", "a\\\\.b", "2", "{\"a\\\\\":{\"b\":2}}", "{\"a\\\\\":{\"b\":2}}"},
	{"{}", "a\\b", "1", "{\"a\\\\b\":1}", "{\"a\\\\b\":1}"},
	{"{}", "a\\", "1", "{\"a\\\\\":1}", "{\"a\\\\\":1}"},
	{"{}", "\\.", "1", "{\".\":1}", "{\".\":1}"},
	{"{}", "\"\n", "1", "{\"\\\"\\n\":1}", "{\"\\\"\\n\":1}"},
	{"{}", "zo\xC3\xAB", "1", "{\"zo\xC3\xAB\":1}", "{\"zo\xC3\xAB\":1}"},
};

static void check_edit(const struct edit_case *c, enum json_edit_where where, const char *want)
{
	struct guard object = {0}, path = {0}, value = {0};
	struct err e = {0};
	struct buf b;

	buf_init(&b, 1000);
	if (!json_edit_set(guard_text(&object, c->object), guard_text(&path, c->path),
		    guard_text(&value, c->value), where, &b, &e))
		fail_msg("%s in %s: %s", c->path, c->object, e.text);
	assert_string_equal(buf_text(&b), want);
	assert_true(json_valid_object(buf_str(&b), NULL));
	buf_wipe(&b);
	guard_release(&object);
	guard_release(&path);
	guard_release(&value);
}

static void one_member_changes_and_nothing_else(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		check_edit(&edits[i], JSON_EDIT_LAST, edits[i].last);
		check_edit(&edits[i], JSON_EDIT_FIRST, edits[i].first);
	}
}

static void what_is_wrong_is_said_and_nothing_written(void **state)
{
	static const struct {
		const char *object, *path, *text;
	} cases[] = {
		{"{}", "", "an empty name in the path of a member"},
		{"{}", ".a", "an empty name in the path of a member"},
		{"{}", "a.", "an empty name in the path of a member"},
		{"{}", "a..b", "an empty name in the path of a member"},
		{"{\"a\":{}}", "a.", "an empty name in the path of a member"},
		{"{\"a\":1}", "a.b", "the member a is there and is not an object"},
		{"{\"a\":[{}]}", "a.0", "the member a is there and is not an object"},
		{"{\"x\":{\"a\":null}}", "x.a.b", "the member a is there and is not an object"},
		{"{}", "a.\xFF", "a name in the path of a member is not UTF-8"},
		{"[]", "a", "what is to be changed is not a JSON object"},
		{"{\"b\":1", "a", "what is to be changed is not a JSON object"},
		{"{\"a\":}", "a", "what is to be changed is not a JSON object"},
		{"{\"a\":}", "a.b", "what is to be changed is not a JSON object"},
		{"", "a", "what is to be changed is not a JSON object"},
	};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 1000);
	buf_add_text(&b, "kept");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = {0};

		assert_false(json_edit_set(str_of(cases[i].object), str_of(cases[i].path),
			str_of("1"), JSON_EDIT_LAST, &b, &e));
		assert_int_equal(e.kind, ERR_INPUT);
		assert_string_equal(e.text, cases[i].text);
		assert_string_equal(buf_text(&b), "kept");
	}
	buf_wipe(&b);
}

static void a_full_buffer_is_an_error_at_every_size(void **state)
{
	static const char want[] = "{\"b\":2,\"a\":{\"c\":\"text\"}}";
	size_t max;

	(void)state;
	for (max = 0; max < sizeof(want) - 1; max++) {
		struct err e = {0};
		struct buf b;

		buf_init(&b, max);
		assert_false(json_edit_set(str_of("{\"b\":2}"), str_of("a.c"), str_of("\"text\""),
			JSON_EDIT_LAST, &b, &e));
		assert_int_equal(e.kind, ERR_MEMORY);
		assert_int_equal(b.len, 0);
		buf_wipe(&b);
	}
	check_edit(&(struct edit_case){"{\"b\":2}", "a.c", "\"text\"", NULL, NULL}, JSON_EDIT_LAST,
		want);
}

static void a_path_cannot_nest_deeper_than_a_reader_goes(void **state)
{
	struct buf path, out;
	struct err e = {0};
	unsigned i;

	(void)state;
	buf_init(&path, 1000);
	buf_init(&out, 10000);
	buf_add_char(&path, 'a');
	for (i = 1; i < LIMIT_JSON_DEPTH; i++)
		buf_add_text(&path, ".a");
	assert_true(
		json_edit_set(str_of("{}"), buf_str(&path), str_of("1"), JSON_EDIT_LAST, &out, &e));
	assert_true(json_valid_object(buf_str(&out), NULL));
	buf_add_text(&path, ".a");
	assert_false(
		json_edit_set(str_of("{}"), buf_str(&path), str_of("1"), JSON_EDIT_LAST, &out, &e));
	assert_string_equal(e.text, "too many names in the path of a member");
	buf_wipe(&path);
	buf_wipe(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_member_changes_and_nothing_else),
		cmocka_unit_test(what_is_wrong_is_said_and_nothing_written),
		cmocka_unit_test(a_full_buffer_is_an_error_at_every_size),
		cmocka_unit_test(a_path_cannot_nest_deeper_than_a_reader_goes),
	};

	return cmocka_run_group_tests_name("json_edit", tests, NULL, NULL);
}
