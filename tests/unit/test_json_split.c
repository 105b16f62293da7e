#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "codec/json_scan.h"
#include "codec/json_split.h"
#include "corpus.h"
#include "guard.h"

/* The last step when the text comes up to CUT and from there STEP bytes at a time. */
static enum json_split_step split(
	struct json_split *s, struct str text, size_t cut, size_t step, struct guard *g)
{
	enum json_split_step last;

	json_split_init(s);
	for (;;) {
		struct str part = str_from(text.p, cut < text.n ? cut : text.n);

		last = json_split_next(s, guard_copy(g, part));
		assert_in_range(s->at, 0, part.n);
		if (last != JSON_SPLIT_MORE || cut >= text.n)
			return last;
		cut += step;
	}
}

static void check(struct str text, enum json_split_step expected, size_t at)
{
	struct guard g = {0};
	struct json_split s;
	size_t cut;

	for (cut = 0; cut <= text.n; cut++) {
		assert_int_equal(split(&s, text, cut, text.n + 1, &g), expected);
		assert_int_equal(s.at, at);
	}
	assert_int_equal(split(&s, text, 0, 1, &g), expected);
	assert_int_equal(s.at, at);
	guard_release(&g);
}

static void a_value_ends_where_its_brackets_and_quotes_do(void **state)
{
	static const struct {
		struct str text;
		size_t length;
	} cases[] = {
		{STR("{},"), 2},
		{STR("[]x"), 2},
		{STR("{\"a\":[1,{}]}]"), 12},
		{STR("[[[]],{}]{"), 9},
		{STR("{\"}\":\"]\\\"}\"}x"), 12},
		{STR("[\"\\\\\"]\""), 6},
		{STR("\"a\\\"b\",c"), 6},
		{STR("\"\"\""), 2},
		{STR("12.5e3,"), 6},
		{STR("true]"), 4},
		{STR("null}"), 4},
		{STR("1 2"), 1},
		{STR("1\n"), 1},
		{STR("a\"b"), 1},
		{STR("a{b"), 1},
		{STR("a[b"), 1},
		/* Nothing that could be a value: one byte, so that whoever asked gets on. */
		{STR("}{"), 1},
		{STR(",,"), 1},
		{STR(":1"), 1},
		/* What stands between brackets is not judged. */
		{STR("{,:x 1}"), 7},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].text, JSON_SPLIT_DONE, cases[i].length);
}

static void a_value_that_goes_on_is_waited_for(void **state)
{
	static const struct str cases[] = {STR(""), STR("{"), STR("[{}"), STR("{\"}"),
		STR("\"a\\\""), STR("\""), STR("12"), STR("tru"), STR("[\"\\")};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i], JSON_SPLIT_MORE, cases[i].n);
}

static void what_can_have_no_end_is_broken_where_that_shows(void **state)
{
	struct buf deep;

	(void)state;
	check((struct str)STR("{]}"), JSON_SPLIT_BROKEN, 1);
	check((struct str)STR("[{\"a\":1],"), JSON_SPLIT_BROKEN, 7);
	check((struct str)STR("[[}"), JSON_SPLIT_BROKEN, 2);
	check((struct str)STR("[\"a\n\"]"), JSON_SPLIT_BROKEN, 3);
	check((struct str)STR("\"\\\t\""), JSON_SPLIT_BROKEN, 2);
	check((struct str)STR("\"\0\""), JSON_SPLIT_BROKEN, 1);
	buf_init(&deep, 1000);
	while (deep.len < LIMIT_JSON_DEPTH)
		buf_add_char(&deep, deep.len % 3 == 0 ? '[' : '{');
	check(buf_str(&deep), JSON_SPLIT_MORE, LIMIT_JSON_DEPTH);
	while (deep.len < 2 * LIMIT_JSON_DEPTH)
		buf_add_char(&deep, (2 * LIMIT_JSON_DEPTH - 1 - deep.len) % 3 == 0 ? ']' : '}');
	check(buf_str(&deep), JSON_SPLIT_DONE, 2 * LIMIT_JSON_DEPTH);
	buf_truncate(&deep, LIMIT_JSON_DEPTH);
	buf_add_text(&deep, "[");
	check(buf_str(&deep), JSON_SPLIT_BROKEN, LIMIT_JSON_DEPTH);
	buf_wipe(&deep);
}

/* Every text of the corpus that is a container and valid is found to end where it does. */
static void valid_texts_are_split_behind_themselves(void **state)
{
	struct str cells[8], rest;
	struct buf table, text;
	unsigned found = 0;

	(void)state;
	corpus_read("json-testsuite", str_of("index.tsv"), &table);
	rest = buf_str(&table);
	while (corpus_row(&rest, cells, 8)) {
		struct json_split s;
		struct str value;

		if (!str_ends_fold(cells[0], ".json"))
			continue;
		corpus_read("json-testsuite/vectors", cells[0], &text);
		value = str_trim_space(buf_str(&text));
		if (json_valid(value, NULL) && (value.p[0] == '{' || value.p[0] == '[')) {
			buf_add_text(&text, "]");
			value = str_from(str_trim_space(buf_str(&text)).p, value.n + 1);
			json_split_init(&s);
			assert_int_equal(json_split_next(&s, value), JSON_SPLIT_DONE);
			assert_int_equal(s.at, str_trim_space(str_from(value.p, value.n - 1)).n);
			found++;
		}
		buf_wipe(&text);
	}
	assert_int_equal(found, 59);
	buf_wipe(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_ends_where_its_brackets_and_quotes_do),
		cmocka_unit_test(a_value_that_goes_on_is_waited_for),
		cmocka_unit_test(what_can_have_no_end_is_broken_where_that_shows),
		cmocka_unit_test(valid_texts_are_split_behind_themselves),
	};

	return cmocka_run_group_tests_name("json_split", tests, NULL, NULL);
}
