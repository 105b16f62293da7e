#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "codec/json_emit.h"
#include "codec/json_scan.h"
#include "corpus.h"

static struct buf out;
static struct json_emit j;

static int start(void **state)
{
	(void)state;
	buf_init(&out, 1u << 20);
	json_emit_init(&j, &out);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	buf_wipe(&out);
	return 0;
}

static void commas_and_colons_come_by_themselves(void **state)
{
	(void)state;
	json_emit_object(&j);
	json_emit_member(&j, "userName", str_of("ada"));
	json_emit_key(&j, str_of("a"));
	json_emit_array(&j);
	json_emit_u64(&j, 18446744073709551615u);
	json_emit_bool(&j, true);
	json_emit_bool(&j, false);
	json_emit_null(&j);
	json_emit_array(&j);
	json_emit_array_close(&j);
	json_emit_object(&j);
	json_emit_object_close(&j);
	json_emit_string(&j, str_of(NULL));
	json_emit_array_close(&j);
	json_emit_key(&j, str_of("k\"k"));
	json_emit_raw(&j, str_of("{\"n\": 1.50}"));
	assert_false(json_emit_done(&j));
	json_emit_object_close(&j);
	assert_true(json_emit_done(&j));
	assert_null(j.fault);
	assert_string_equal(buf_text(&out),
		"{\"userName\":\"ada\",\"a\":[18446744073709551615,true,false,null,[],{},\"\"],"
		"\"k\\\"k\":{\"n\": 1.50}}");
	assert_true(json_valid_object(buf_str(&out), NULL));
}

static void a_scalar_alone_is_a_document(void **state)
{
	(void)state;
	assert_false(json_emit_done(&j));
	json_emit_u64(&j, 0);
	assert_true(json_emit_done(&j));
	json_emit_null(&j);
	assert_false(json_emit_done(&j));
	assert_string_equal(j.fault, "a second value at the top");
	assert_string_equal(buf_text(&out), "0");
}

static void a_member_wants_a_name(void **state)
{
	(void)state;
	json_emit_object(&j);
	json_emit_u64(&j, 1);
	assert_string_equal(j.fault, "a member without a name");
	json_emit_object_close(&j);
	assert_false(json_emit_done(&j));
}

static void names_belong_into_objects_once(void **state)
{
	(void)state;
	json_emit_array(&j);
	json_emit_key(&j, str_of("a"));
	assert_string_equal(j.fault, "a name out of place");
	json_emit_init(&j, &out);
	json_emit_key(&j, str_of("a"));
	assert_string_equal(j.fault, "a name out of place");
	json_emit_init(&j, &out);
	json_emit_object(&j);
	json_emit_key(&j, str_of("a"));
	json_emit_key(&j, str_of("b"));
	assert_string_equal(j.fault, "a name out of place");
}

static void brackets_must_match(void **state)
{
	(void)state;
	json_emit_array_close(&j);
	assert_string_equal(j.fault, "a closing bracket out of place");
	json_emit_init(&j, &out);
	json_emit_object(&j);
	json_emit_array_close(&j);
	assert_string_equal(j.fault, "a closing bracket out of place");
	json_emit_init(&j, &out);
	json_emit_array(&j);
	json_emit_object_close(&j);
	assert_string_equal(j.fault, "a closing bracket out of place");
	json_emit_init(&j, &out);
	json_emit_object(&j);
	json_emit_key(&j, str_of("a"));
	json_emit_object_close(&j);
	assert_string_equal(j.fault, "a closing bracket out of place");
}

static void the_first_fault_stays(void **state)
{
	(void)state;
	json_emit_string(&j, str_of("\xFF"));
	json_emit_array_close(&j);
	json_emit_null(&j);
	json_emit_key(&j, str_of("a"));
	assert_string_equal(j.fault, "a text that is not UTF-8");
	assert_false(json_emit_done(&j));
	json_emit_init(&j, &out);
	json_emit_object(&j);
	json_emit_key(&j, str_of("\xC3"));
	assert_string_equal(j.fault, "a name that is not UTF-8");
}

static void raw_values_are_checked(void **state)
{
	static const char *const wrong[] = {"", "1,2", "{", "NaN", "01", "\"a", "]"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		json_emit_init(&j, &out);
		json_emit_array(&j);
		json_emit_raw(&j, str_of(wrong[i]));
		assert_string_equal(j.fault, "a raw value that is not JSON");
	}
}

static void depth_is_bounded(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < LIMIT_JSON_DEPTH; i++)
		json_emit_array(&j);
	assert_null(j.fault);
	for (i = 0; i < LIMIT_JSON_DEPTH; i++)
		json_emit_array_close(&j);
	assert_true(json_emit_done(&j));
	assert_true(json_valid(buf_str(&out), NULL));
	json_emit_init(&j, &out);
	for (i = 0; i <= LIMIT_JSON_DEPTH; i++)
		json_emit_array(&j);
	assert_string_equal(j.fault, "too many levels of nesting");
}

static void a_full_buffer_is_not_done(void **state)
{
	struct buf small;

	(void)state;
	buf_init(&small, 5);
	json_emit_init(&j, &small);
	json_emit_string(&j, str_of("abc"));
	assert_true(json_emit_done(&j));
	buf_clear(&small);
	json_emit_init(&j, &small);
	json_emit_string(&j, str_of("abcd"));
	assert_null(j.fault);
	assert_false(json_emit_done(&j));
	buf_wipe(&small);
}

static void controls_are_escaped_and_the_rest_is_not(void **state)
{
	(void)state;
	assert_true(json_quote(str_from("\0\x01\b\t\n\v\f\r\x1F \"\\/\x7F\xC3\xA9", 16), &out));
	assert_string_equal(buf_text(&out),
		"\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f \\\"\\\\/\x7F\xC3\xA9\"");
}

static void nothing_is_appended_for_bad_text(void **state)
{
	(void)state;
	buf_add_text(&out, "x");
	assert_false(json_quote(str_of("long enough\xED\xA0\x80"), &out));
	assert_string_equal(buf_text(&out), "x");
}

static void every_listed_text_survives_or_is_refused(void **state)
{
	struct str cells[2], rest;
	struct buf table, text, back;
	unsigned rows = 0;

	(void)state;
	buf_init(&text, 1u << 20);
	buf_init(&back, 1u << 20);
	corpus_read("json-own", str_of("emit.tsv"), &table);
	rest = buf_str(&table);
	corpus_row(&rest, cells, 2);
	for (; corpus_row(&rest, cells, 2); rows++) {
		bool refused = str_is(cells[1], "refused");
		struct json_value v;
		struct json_scan s;

		buf_clear(&text);
		buf_clear(&back);
		buf_clear(&out);
		corpus_decode(cells[0], &text);
		assert_int_equal(json_quote(buf_str(&text), &out), !refused);
		if (refused)
			continue;
		json_scan_init(&s, buf_str(&out));
		assert_true(json_scan_value(&s, &v));
		assert_int_equal(json_scan_next(&s), JSON_END);
		json_unescape(v.raw, &back);
		assert_true(str_equal(buf_str(&back), buf_str(&text)));
	}
	assert_int_equal(rows, 19);
	buf_wipe(&table);
	buf_wipe(&back);
	buf_wipe(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(commas_and_colons_come_by_themselves, start, stop),
		cmocka_unit_test_setup_teardown(a_scalar_alone_is_a_document, start, stop),
		cmocka_unit_test_setup_teardown(a_member_wants_a_name, start, stop),
		cmocka_unit_test_setup_teardown(names_belong_into_objects_once, start, stop),
		cmocka_unit_test_setup_teardown(brackets_must_match, start, stop),
		cmocka_unit_test_setup_teardown(the_first_fault_stays, start, stop),
		cmocka_unit_test_setup_teardown(raw_values_are_checked, start, stop),
		cmocka_unit_test_setup_teardown(depth_is_bounded, start, stop),
		cmocka_unit_test_setup_teardown(a_full_buffer_is_not_done, start, stop),
		cmocka_unit_test_setup_teardown(
			controls_are_escaped_and_the_rest_is_not, start, stop),
		cmocka_unit_test_setup_teardown(nothing_is_appended_for_bad_text, start, stop),
		cmocka_unit_test_setup_teardown(
			every_listed_text_survives_or_is_refused, start, stop),
	};

	return cmocka_run_group_tests_name("json_emit", tests, NULL, NULL);
}
