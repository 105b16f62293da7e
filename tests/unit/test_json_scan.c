#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "codec/json_scan.h"
#include "corpus.h"
#include "guard.h"

static const char member[] =
	"{\"schemas\":[\"urn:x\"],\"id\":\"242\",\"userName\":\"ada@x.org\","
	"\"n\":-1.5e+3,\"active\":true,\"b\":false,\"m\":null,"
	"\"name\":{\"givenName\":\"\\u0041d\\ud83d\\ude00\"},\"e\":{},\"a\":[ ]}";

static void tokens_come_in_order_and_the_end_stays(void **state)
{
	static const struct {
		enum json_token t;
		const char *raw;
		unsigned depth;
	} want[] = {
		{JSON_OBJECT, "{", 1},
		{JSON_KEY, "a", 1},
		{JSON_ARRAY, "[", 2},
		{JSON_NUMBER, "-0.5E-2", 2},
		{JSON_STRING, "x\\n", 2},
		{JSON_TRUE, "true", 2},
		{JSON_FALSE, "false", 2},
		{JSON_NULL, "null", 2},
		{JSON_ARRAY_CLOSE, "]", 1},
		{JSON_KEY, "", 1},
		{JSON_OBJECT, "{", 2},
		{JSON_OBJECT_CLOSE, "}", 1},
		{JSON_OBJECT_CLOSE, "}", 0},
		{JSON_END, NULL, 0},
		{JSON_END, NULL, 0},
	};
	const char *text = " { \"a\" : [ -0.5E-2 , \"x\\n\" , true,false,null ] , \"\":{} }\r\n\t";
	struct json_scan s;
	size_t i;

	(void)state;
	json_scan_init(&s, str_of(text));
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(json_scan_next(&s), want[i].t);
		assert_int_equal(s.depth, want[i].depth);
		if (want[i].raw != NULL)
			assert_true(str_is(s.raw, want[i].raw));
	}
	assert_null(s.fault);
	assert_int_equal(s.at, strlen(text));
}

static void faults_say_what_and_where(void **state)
{
	static const struct {
		struct str text;
		const char *what;
		size_t at;
	} cases[] = {
		{STR(""), "unexpected end", 0},
		{STR(" \n"), "unexpected end", 2},
		{STR("{"), "unexpected end", 1},
		{STR("["), "unexpected end", 1},
		{STR("[1"), "unexpected end", 2},
		{STR("[1,"), "unexpected end", 3},
		{STR("[1,]"), "unexpected character", 3},
		{STR("{\"a\":1,}"), "no quoted name where a member begins", 7},
		{STR("{\"a\":1,"), "unexpected end", 7},
		{STR("{a:1}"), "no quoted name where a member begins", 1},
		{STR("{\"a\" 1}"), "no colon behind a name", 5},
		{STR("{\"a\":}"), "unexpected character", 5},
		{STR("[1 2]"), "no comma or closing bracket behind a value", 3},
		{STR("[1}"), "no comma or closing bracket behind a value", 2},
		{STR("1 2"), "something behind the end of the value", 2},
		{STR("01"), "something behind the end of the value", 1},
		{STR("-"), "a number without the digits it needs", 1},
		{STR("1."), "a number without the digits it needs", 2},
		{STR("1e+"), "a number without the digits it needs", 3},
		{STR("nul"), "an unknown word", 0},
		{STR("\"a"), "unexpected end in a string", 2},
		{STR("\"a\nb\""), "a control character in a string", 2},
		{STR("\"a\0b\""), "a control character in a string", 2},
		{STR("\"\\x\""), "an unknown escape", 1},
		{STR("\"\\u12g4\""), "an unknown escape", 1},
		{STR("\"\\"), "an unknown escape", 1},
		{STR("\"\\ud800\""), "half a surrogate pair", 1},
		{STR("\"\\ud800\\u0041\""), "half a surrogate pair", 1},
		{STR("\"\\udc00\\ud800\""), "half a surrogate pair", 1},
		{STR("\"abcdefg\xFF\""), "a byte that is not UTF-8", 8},
		{STR("\"\xED\xA0\x80\""), "a byte that is not UTF-8", 1},
		{STR("\xEF\xBB\xBF{}"), "a byte order mark", 0},
		{STR("\0"), "unexpected character", 0},
		{STR("[1,\0]"), "unexpected character", 3},
	};
	struct guard g = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str text = guard_copy(&g, cases[i].text);
		struct json_fault fault;
		struct json_scan s;
		enum json_token t;

		assert_false(json_valid(text, &fault));
		assert_false(json_valid(text, NULL));
		assert_string_equal(fault.what, cases[i].what);
		assert_int_equal(fault.at, cases[i].at);
		json_scan_init(&s, text);
		do
			t = json_scan_next(&s);
		while (t != JSON_BAD && t != JSON_END);
		assert_int_equal(json_scan_next(&s), JSON_BAD);
		assert_int_equal(s.at, cases[i].at);
	}
	guard_release(&g);
}

/* Only a number at the top can be whole before its text is. */
static void no_strict_prefix_is_valid(void **state)
{
	struct str text = str_of(member);
	struct guard g = {0};
	size_t n;

	(void)state;
	assert_true(json_valid(guard_copy(&g, text), NULL));
	for (n = 0; n < text.n; n++) {
		struct json_value v;
		struct str part = guard_copy(&g, str_from(text.p, n));

		assert_false(json_valid(part, NULL));
		assert_false(json_valid_object(part, NULL));
		assert_false(json_member(part, "id", &v));
	}
	assert_true(json_valid(guard_text(&g, "12"), NULL));
	assert_true(json_valid(guard_text(&g, "1"), NULL));
	guard_release(&g);
}

/* Strings are scanned by words; each special byte must be seen at each place of one. */
static void special_bytes_are_seen_at_every_offset(void **state)
{
	static const char special[] = {'\0', '\x1F', '\x80', '\xFF', '\n', '\\'};
	struct guard g = {0};
	char text[44];
	size_t at, i;

	(void)state;
	for (at = 1; at < sizeof(text) - 2; at++)
		for (i = 0; i < sizeof(special); i++) {
			struct json_fault fault;

			memset(text, '~', sizeof(text));
			text[0] = text[sizeof(text) - 1] = '"';
			assert_true(json_valid(guard_copy(&g, str_from(text, sizeof(text))), NULL));
			text[at] = special[i];
			assert_false(
				json_valid(guard_copy(&g, str_from(text, sizeof(text))), &fault));
			assert_int_equal(fault.at, at);
			text[at] = '"';
			assert_true(json_valid(guard_copy(&g, str_from(text, at + 1)), NULL));
		}
	guard_release(&g);
}

static void every_plain_byte_is_taken_in_a_string(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 0x80; c++) {
		char text[12] = "\"aaaaaaaaa\"";
		bool plain = c >= 0x20 && c != '"' && c != '\\';

		text[4] = (char)c;
		assert_int_equal(json_valid(str_from(text, 11), NULL), plain);
	}
}

static void fill(struct buf *b, const char *text, size_t times)
{
	while (times-- > 0)
		buf_add_text(b, text);
}

static void nesting_is_bounded(void **state)
{
	struct json_fault fault;
	struct buf b;

	(void)state;
	buf_init(&b, 1u << 20);
	fill(&b, "[", LIMIT_JSON_DEPTH);
	fill(&b, "]", LIMIT_JSON_DEPTH);
	assert_true(json_valid(buf_str(&b), NULL));
	buf_clear(&b);
	fill(&b, "{\"a\":", LIMIT_JSON_DEPTH);
	buf_add_char(&b, '1');
	fill(&b, "}", LIMIT_JSON_DEPTH);
	assert_true(json_valid_object(buf_str(&b), NULL));
	buf_clear(&b);
	fill(&b, "[{\"a\":", LIMIT_JSON_DEPTH);
	assert_false(json_valid(buf_str(&b), &fault));
	assert_string_equal(fault.what, "too many levels of nesting");
	assert_int_equal(fault.at, LIMIT_JSON_DEPTH / 2 * 6);
	buf_wipe(&b);
}

/* Kinds of containers are bits: each must be closed by its own bracket, whatever stood there. */
static void brackets_match_at_every_level(void **state)
{
	(void)state;
	assert_true(json_valid(str_of("[{\"a\":[{}]},[[]],{\"b\":{}}]"), NULL));
	assert_false(json_valid(str_of("[{\"a\":[{]}]}"), NULL));
	assert_false(json_valid(str_of("[[],{},[}]"), NULL));
	assert_false(json_valid(str_of("{\"a\":[],\"b\":[}}"), NULL));
	assert_false(json_valid(str_of("]"), NULL));
	assert_false(json_valid(str_of("[]]"), NULL));
}

static void skipping_goes_to_the_last_token(void **state)
{
	struct json_scan s;
	struct json_value v;

	(void)state;
	json_scan_init(&s, str_of("{\"a\":[1,{\"b\":[]}],\"c\":2}"));
	assert_int_equal(json_scan_next(&s), JSON_OBJECT);
	assert_int_equal(json_scan_next(&s), JSON_KEY);
	assert_int_equal(json_scan_skip(&s, json_scan_next(&s)), JSON_ARRAY_CLOSE);
	assert_int_equal(json_scan_next(&s), JSON_KEY);
	assert_true(str_is(s.raw, "c"));
	assert_int_equal(json_scan_skip(&s, json_scan_next(&s)), JSON_NUMBER);
	assert_int_equal(json_scan_next(&s), JSON_OBJECT_CLOSE);
	json_scan_init(&s, str_of("[[1,{]"));
	assert_int_equal(json_scan_next(&s), JSON_ARRAY);
	assert_int_equal(json_scan_skip(&s, json_scan_next(&s)), JSON_BAD);
	json_scan_init(&s, str_of(" [1] "));
	assert_true(json_scan_value(&s, &v));
	assert_true(v.type == JSON_ARRAY && str_is(v.raw, "[1]") && str_is(v.whole, "[1]"));
	assert_false(json_scan_value(&s, &v));
	json_scan_init(&s, str_of("\"a\""));
	assert_true(json_scan_value(&s, &v));
	assert_true(v.type == JSON_STRING && str_is(v.raw, "a") && str_is(v.whole, "\"a\""));
}

static void places_count_from_one(void **state)
{
	struct str text = str_of("ab\ncd\n\nx");
	size_t line, column;

	(void)state;
	json_place(text, 0, &line, &column);
	assert_true(line == 1 && column == 1);
	json_place(text, 2, &line, &column);
	assert_true(line == 1 && column == 3);
	json_place(text, 3, &line, &column);
	assert_true(line == 2 && column == 1);
	json_place(text, 7, &line, &column);
	assert_true(line == 4 && column == 1);
	json_place(text, 1000, &line, &column);
	assert_true(line == 4 && column == 2);
	json_place(str_of(NULL), 0, &line, &column);
	assert_true(line == 1 && column == 1);
}

static void repeated_names_are_found_whatever_their_escapes(void **state)
{
	static const struct {
		const char *text;
		size_t at; /* of the name that is one too many; 0: none is */
	} cases[] = {
		{"{}", 0},
		{"{\"a\":1,\"b\":2}", 0},
		{"{\"a\":1,\"A\":2}", 0},
		{"{\"a\":1,\"ab\":2,\"\":3}", 0},
		{"{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":1}]}", 0},
		{"{\"a\":1,\"a\":2}", 7},
		{"{\"a\":1,\"\\u0061\":2}", 7},
		{"{\"\\n\":1,\"\\u000a\":2}", 8},
		{"{\"\\\"\":1,\"\\u0022\":2}", 8},
		{"{\"\xF0\x9F\x98\x80\":1,\"\\ud83d\\ude00\":2}", 10},
		{"{\"\":1,\"\":2}", 6},
		{"{\"b\":1,\"a\":{\"x\":1},\"c\":0,\"b\":[]}", 25},
		{"{\"b\":[{\"x\":1,\"y\":2,\"x\":3}]}", 19},
		{"{\"a\":1,\"b\":1,\"c\":1,\"c\":1,\"b\":1,\"a\":1}", 19},
	};
	struct guard g = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str text = guard_text(&g, cases[i].text);
		struct json_fault fault = {.what = "", .at = 0};

		assert_int_equal(json_valid_object(text, &fault), cases[i].at == 0);
		assert_int_equal(fault.at, cases[i].at);
		if (cases[i].at > 0)
			assert_string_equal(
				fault.what, "a name that stands in the same object twice");
	}
	guard_release(&g);
}

static void an_object_is_asked_for(void **state)
{
	struct json_fault fault;

	(void)state;
	assert_false(json_valid_object(str_of(" [1]"), &fault));
	assert_string_equal(fault.what, "a value that is not an object");
	assert_int_equal(fault.at, 1);
	assert_false(json_valid_object(str_of("{} {}"), &fault));
	assert_int_equal(fault.at, 3);
	assert_false(json_valid_object(str_of(""), NULL));
	assert_true(json_valid_unique(str_of(" [1]"), NULL));
	assert_false(json_valid_unique(str_of("[{\"a\":1,\"a\":2}]"), &fault));
	assert_int_equal(fault.at, 8);
}

/* One object with as many names as a mebibyte holds, all with one beginning, in falling order. */
static void a_mebibyte_of_names_is_checked_in_bounded_time(void **state)
{
	struct json_fault fault;
	struct buf b;
	unsigned i;

	(void)state;
	buf_init(&b, 1u << 22);
	buf_add_char(&b, '{');
	for (i = 100000; i-- > 0;)
		buf_addf(&b, "\"%06u\":0,", i);
	assert_true(b.len > 1000000);
	buf_add_text(&b, "\"x\":0}");
	assert_true(json_valid_object(buf_str(&b), &fault));
	buf_truncate(&b, b.len - 1);
	buf_add_text(&b, ",\"05000\\u0030\":0}");
	assert_false(json_valid_object(buf_str(&b), &fault));
	assert_int_equal(fault.at, b.len - 16);
	buf_wipe(&b);
}

static void members_are_found_by_their_meaning(void **state)
{
	struct json_value v;

	(void)state;
	assert_true(json_member(str_of("{\"\\u0069d\":\"7\"}"), "id", &v));
	assert_true(v.type == JSON_STRING && str_is(v.raw, "7"));
	assert_true(json_member(str_of("{\"a\":{\"id\":1},\"id\":2}"), "id", &v));
	assert_true(v.type == JSON_NUMBER && str_is(v.raw, "2") && str_is(v.whole, "2"));
	assert_true(json_member(str_of("{\"id\":1,\"id\":[ 2 ]}"), "id", &v));
	assert_true(v.type == JSON_ARRAY && str_is(v.raw, "[ 2 ]"));
	assert_false(json_member(str_of("{\"ID\":1}"), "id", &v));
	assert_false(json_member(str_of("{\"id\":1} x"), "id", &v));
	assert_false(json_member(str_of("[\"id\"]"), "id", &v));
}

/* A caller may keep a default in OUT and look for what changes it. */
static void nothing_is_written_when_nothing_is_found(void **state)
{
	struct json_value v = {.type = JSON_NULL};
	size_t at = 0;

	(void)state;
	assert_false(json_member(str_of("{\"id\":1,\"id\":}"), "id", &v));
	assert_false(json_find(str_of("{\"id\":{\"x\":1}}"), "id.y", &v));
	assert_false(json_element(str_of("[tru]"), &at, &v));
	assert_int_equal(v.type, JSON_NULL);
	assert_int_equal(at, 0);
}

static void paths_go_through_names_and_indexes(void **state)
{
	struct str text =
		str_of("{\"emails\":[{\"value\":\"a\"},{\"value\":\"b\"}],\"0\":{\"x\":null}}");
	struct json_value v;

	(void)state;
	assert_true(json_find(text, "emails.1.value", &v) && str_is(v.raw, "b"));
	assert_true(json_find(text, "emails.0", &v) && v.type == JSON_OBJECT);
	assert_true(json_find(text, "0.x", &v) && v.type == JSON_NULL);
	assert_false(json_find(text, "emails.2", &v));
	assert_false(json_find(text, "emails.-1", &v));
	assert_false(json_find(text, "emails.x", &v));
	assert_false(json_find(text, "emails.99999999999999999999", &v));
	assert_false(json_find(text, "emails.1.value.x", &v));
	assert_false(json_find(text, "", &v));
	assert_true(json_find(str_of("[[7]]"), "0.0", &v) && str_is(v.raw, "7"));
	assert_false(json_find(str_of("[[7]],"), "0.0", &v));
}

static void elements_are_walked_to_the_end(void **state)
{
	struct str array = str_of(" [ 1 , \"a\" ,{\"b\":[2]}, [] ] ");
	static const char *const want[] = {"1", "\"a\"", "{\"b\":[2]}", "[]"};
	struct json_value v;
	size_t at = 0, i;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_true(json_element(array, &at, &v));
		assert_true(str_is(v.whole, want[i]));
	}
	assert_false(json_element(array, &at, &v));
	assert_false(json_element(array, &at, &v));
	at = 0;
	assert_false(json_element(str_of("[]"), &at, &v));
	assert_false(json_element(str_of("{}"), &at, &v));
	assert_true(json_element(str_of("[1 2]"), &at, &v));
	assert_false(json_element(str_of("[1 2]"), &at, &v));
}

static void texts_are_compared_with_escapes_undone(void **state)
{
	static const struct {
		const char *raw, *plain;
		bool same, same_folded;
	} cases[] = {
		{"", "", true, true},
		{"abc", "abc", true, true},
		{"aBc", "AbC", false, true},
		{"abc", "ab", false, false},
		{"ab", "abc", false, false},
		{"\\u0041", "A", true, true},
		{"\\u0041", "a", false, true},
		{"\\u0041b", "A", false, false},
		{"\\u0041", "Ab", false, false},
		{"\\n", "\\n", false, false},
		{"\\\\n", "\\n", true, true},
		{"\\u00e9", "\xC3\xA9", true, true},
		{"\\u00c9", "\xC3\xA9", false, false},
		{"\\ud83d\\ude00x", "\xF0\x9F\x98\x80x", true, true},
		{"\\u0061", "\xFF", false, false},
		{"\\u0000", "", false, false},
		{"\\/\\\"", "/\"", true, true},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str raw = str_of(cases[i].raw), plain = str_of(cases[i].plain);

		assert_int_equal(json_text_equal(raw, plain, false), cases[i].same);
		assert_int_equal(json_text_equal(raw, plain, true), cases[i].same_folded);
	}
}

static void escapes_are_undone(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	json_unescape(str_of("a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\\ud83d\\ude00z"), &b);
	assert_string_equal(buf_text(&b), "a\"\\/\b\f\n\r\t\xC3\xA9\xF0\x9F\x98\x80z");
	buf_clear(&b);
	json_unescape(str_of("\\u0000"), &b);
	assert_int_equal(b.len, 1);
	buf_clear(&b);
	json_unescape(str_of(""), &b);
	assert_int_equal(b.len, 0);
	buf_wipe(&b);
}

/* Replays one text: whole, with each reader, flush against the forbidden page. */
static void replay_text(const char *set, struct str name, struct str text, struct str verdict)
{
	struct guard g = {0};
	struct str s = guard_copy(&g, text);
	bool valid = json_valid(s, NULL);
	struct json_value v;
	size_t at = 0;

	if (!str_is(verdict, "either") && valid != str_is(verdict, "valid"))
		fail_msg("%s: %.*s should be %.*s", set, STR_ARG(name), STR_ARG(verdict));
	json_valid_object(s, NULL);
	json_member(s, "id", &v);
	json_find(s, "a.0", &v);
	while (json_element(s, &at, &v))
		if (valid && !json_valid(v.whole, NULL))
			fail_msg("%s: an element of %.*s is not valid", set, STR_ARG(name));
	guard_release(&g);
}

/* Replays every row of a set whose texts are called NAME + SUFFIX; answers how many there were. */
static unsigned replay(const char *set, const char *suffix, size_t columns, size_t verdict)
{
	char folder[100], name[200];
	struct buf table, text;
	struct str cells[5], rest;
	unsigned rows = 0;

	corpus_read(set, str_of("index.tsv"), &table);
	snprintf(folder, sizeof(folder), "%s/vectors", set);
	rest = buf_str(&table);
	corpus_row(&rest, cells, columns);
	while (corpus_row(&rest, cells, columns)) {
		snprintf(name, sizeof(name), "%.*s%s", STR_ARG(cells[0]), suffix);
		corpus_read(folder, str_of(name), &text);
		replay_text(set, cells[0], buf_str(&text), cells[verdict]);
		buf_wipe(&text);
		rows++;
	}
	buf_wipe(&table);
	return rows;
}

static void own_corpus_agrees(void **state)
{
	(void)state;
	assert_int_equal(replay("json-own", ".json", 5, 2), 132);
}

static void json_testsuite_agrees(void **state)
{
	(void)state;
	assert_int_equal(replay("json-testsuite", "", 2, 1), 191);
}

static void yyjson_agrees(void **state)
{
	(void)state;
	assert_int_equal(replay("json-yyjson", "", 3, 1), 126);
}

/* Whether V is what a row of lookup.tsv says: TYPE is its word, VALUE its text. */
static bool is_as_listed(const struct json_value *v, struct str type, struct str value)
{
	static const char *const words[] = {[JSON_OBJECT] = "o",
		[JSON_ARRAY] = "a",
		[JSON_STRING] = "s",
		[JSON_NUMBER] = "n",
		[JSON_TRUE] = "t",
		[JSON_FALSE] = "f",
		[JSON_NULL] = "null"};
	struct buf want, got;
	bool same = str_is(type, words[v->type]);

	buf_init(&want, 1u << 20);
	buf_init(&got, 1u << 20);
	corpus_decode(value, &want);
	if (v->type == JSON_STRING) {
		json_unescape(v->raw, &got);
		same = same && str_equal(buf_str(&got), buf_str(&want)) &&
			json_text_equal(v->raw, buf_str(&want), false);
	} else if (v->type == JSON_NUMBER) {
		same = same && str_equal(v->raw, buf_str(&want));
	}
	buf_wipe(&got);
	buf_wipe(&want);
	return same;
}

/* Texts that RFC 8259 leaves to the reader, and this one refuses, are counted. */
static void lookups_find_what_they_should(void **state)
{
	struct buf table, text;
	struct str cells[4], rest;
	unsigned rows = 0, refused = 0;
	char name[300];

	(void)state;
	corpus_read("json-own", str_of("lookup.tsv"), &table);
	rest = buf_str(&table);
	corpus_row(&rest, cells, 4);
	for (; corpus_row(&rest, cells, 4); rows++) {
		struct json_value v;
		bool found, good;

		snprintf(name, sizeof(name), "%.*s.json", STR_ARG(cells[0]));
		corpus_read("json-own/vectors", str_of(name), &text);
		snprintf(name, sizeof(name), "%.*s", STR_ARG(cells[1]));
		found = json_find(buf_str(&text), name, &v);
		good = found ? is_as_listed(&v, cells[2], cells[3]) : str_is(cells[2], "-");
		if (!found && !json_valid(buf_str(&text), NULL))
			refused++;
		else if (!good)
			fail_msg("%.*s: %s", STR_ARG(cells[0]), name);
		buf_wipe(&text);
	}
	assert_int_equal(rows, 80);
	assert_int_equal(refused, 1);
	buf_wipe(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_come_in_order_and_the_end_stays),
		cmocka_unit_test(faults_say_what_and_where),
		cmocka_unit_test(no_strict_prefix_is_valid),
		cmocka_unit_test(special_bytes_are_seen_at_every_offset),
		cmocka_unit_test(every_plain_byte_is_taken_in_a_string),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(brackets_match_at_every_level),
		cmocka_unit_test(skipping_goes_to_the_last_token),
		cmocka_unit_test(places_count_from_one),
		cmocka_unit_test(repeated_names_are_found_whatever_their_escapes),
		cmocka_unit_test(an_object_is_asked_for),
		cmocka_unit_test(a_mebibyte_of_names_is_checked_in_bounded_time),
		cmocka_unit_test(members_are_found_by_their_meaning),
		cmocka_unit_test(nothing_is_written_when_nothing_is_found),
		cmocka_unit_test(paths_go_through_names_and_indexes),
		cmocka_unit_test(elements_are_walked_to_the_end),
		cmocka_unit_test(texts_are_compared_with_escapes_undone),
		cmocka_unit_test(escapes_are_undone),
		cmocka_unit_test(own_corpus_agrees),
		cmocka_unit_test(json_testsuite_agrees),
		cmocka_unit_test(yyjson_agrees),
		cmocka_unit_test(lookups_find_what_they_should),
	};

	return cmocka_run_group_tests_name("json_scan", tests, NULL, NULL);
}
