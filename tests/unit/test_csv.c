#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "codec/csv.h"
#include "guard.h"

#define MAX 1000

/* What comes of a text: "[a|b]" for each record, "!fault@AT(LEN)" for what is wrong; blank steps
   are left out, since the rest of a long record may be passed over in any number of them. */
struct walk {
	struct csv csv;
	struct guard guard;
	struct buf out;
};

static void show(struct walk *w, enum csv_step step)
{
	unsigned i;

	if (step == CSV_BAD)
		buf_addf(&w->out, "!%s@%zu(%zu)", w->csv.fault, w->csv.fault_at, w->csv.len);
	if (step != CSV_RECORD)
		return;
	for (i = 0; i < w->csv.count; i++)
		buf_addf(&w->out, "%c%.*s", i == 0 ? '[' : '|', STR_ARG(csv_value(&w->csv, i)));
	buf_add_char(&w->out, ']');
}

/* Gives all records that can be read when only END bytes of TEXT are known; *FROM goes on. */
static void drain(struct walk *w, struct str text, size_t *from, size_t end)
{
	enum csv_step step;

	for (;;) {
		struct str part = str_from(text.p + *from, end - *from);

		step = csv_next(&w->csv, guard_copy(&w->guard, part), end == text.n);
		if (step == CSV_MORE)
			return;
		assert_int_not_equal(step, CSV_MEMORY);
		assert_in_range(w->csv.len, 1, part.n);
		show(w, step);
		*from += w->csv.len;
	}
}

/* As it comes when the text is cut at FIRST, and from there on every STEP bytes. */
static void walk(struct walk *w, struct str text, char delimiter, size_t first, size_t step)
{
	size_t from = 0, end = first < text.n ? first : text.n;

	buf_clear(&w->out);
	csv_init(&w->csv, delimiter, w->csv.max != 0 ? w->csv.max : MAX);
	drain(w, text, &from, end);
	while (end < text.n) {
		end = text.n - end > step ? end + step : text.n;
		drain(w, text, &from, end);
	}
	assert_int_equal(from, text.n);
	csv_wipe(&w->csv);
}

static void check(struct str text, char delimiter, size_t max, const char *expected)
{
	struct walk w = {.csv = {.max = max}};
	size_t cut;

	buf_init(&w.out, 1u << 20);
	walk(&w, text, delimiter, text.n, 1);
	assert_string_equal(buf_text(&w.out), expected);
	for (cut = 0; cut <= text.n; cut++) {
		walk(&w, text, delimiter, cut, text.n);
		assert_string_equal(buf_text(&w.out), expected);
	}
	walk(&w, text, delimiter, 0, 1);
	assert_string_equal(buf_text(&w.out), expected);
	guard_release(&w.guard);
	buf_wipe(&w.out);
}

static void good_records_give_their_fields(void **state)
{
	static const struct {
		struct str text;
		const char *records;
	} cases[] = {
		{STR(""), ""},
		{STR("a"), "[a]"},
		{STR("a,b,c\n"), "[a|b|c]"},
		{STR("a,b\r\nc,d\r\n"), "[a|b][c|d]"},
		{STR("a\r\nb\nc"), "[a][b][c]"},
		{STR(","), "[|]"},
		{STR(",\n,,\n"), "[|][||]"},
		{STR("\n\r\n\na\n\n\r\n"), "[a]"},
		{STR("\"\"\n"), "[]"},
		{STR("\"a\""), "[a]"},
		{STR("\"a,b\",\"c\nd\r\ne\",\"\"\"\"\n"), "[a,b|c\nd\r\ne|\"]"},
		{STR("\"a\"\"b\"\"\"\r\n"), "[a\"b\"]"},
		{STR("\"\"\"\",\"\",\"\"\"\"\"\"\n"), "[\"||\"\"]"},
		{STR(" a , b \n"), "[ a | b ]"},
		{STR("a;b\tc\n"), "[a;b\tc]"},
		{STR("\xC3\xA9,\xFF\n"), "[\xC3\xA9|\xFF]"},
		{STR("\"\r\"\n"), "[\r]"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].text, ',', 0, cases[i].records);
	check((struct str)STR("a;\"b;\";c,d\n"), ';', 0, "[a|b;|c,d]");
	check((struct str)STR("a\t\"b\t\"\t;\n"), '\t', 0, "[a|b\t|;]");
}

static void a_fault_has_its_place_and_the_next_record_is_read(void **state)
{
	static const struct {
		struct str text;
		const char *steps;
	} cases[] = {
		{STR("a,b\"c,d\nx\n"),
			"!a quote inside a field that does not begin with one@3(8)[x]"},
		{STR("a, \"b\"\nx\n"),
			"!a quote inside a field that does not begin with one@3(7)[x]"},
		{STR("a,\"b\"c,d\nx\n"), "!text behind a closing quote@5(9)[x]"},
		{STR("a,\"b\" ,d\r\nx\n"), "!text behind a closing quote@5(10)[x]"},
		{STR("\"say \"hi\" there\",x\ny\n"), "!text behind a closing quote@6(19)[y]"},
		{STR("a\"b\"c\"\n\"x\"\n"),
			"!a quote inside a field that does not begin with one@1(7)[x]"},
		{STR("a\rb\nx\n"), "!a carriage return that ends no line@1(4)[x]"},
		{STR("\"a\"\rb\nx\n"), "!a carriage return that ends no line@3(6)[x]"},
		{STR("a\r\r\nx"), "!a carriage return that ends no line@1(4)[x]"},
		{STR("\r\r\nx"), "!a carriage return that ends no line@0(3)[x]"},
		{STR("\r"), "!a carriage return that ends no line@0(1)"},
		{STR("x\na\r"), "[x]!a carriage return that ends no line@1(2)"},
		{STR("a,\"b\nc,d\n"), "!a quote that is not closed@2(5)[c|d]"},
		{STR("a,\"b\nc,\"\"\n"), "!a quote that is not closed@2(5)[c|]"},
		{STR("a,\"b"), "!a quote that is not closed@2(4)"},
		{STR("\""), "!a quote that is not closed@0(1)"},
		{STR("\"a\nb\",\"c\nd\n"), "!a quote that is not closed@6(9)[d]"},
		{STR("a\"b,\"c\nd\n"),
			"!a quote inside a field that does not begin with one@1(7)[d]"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].text, ',', 0, cases[i].steps);
}

static void a_record_is_bounded(void **state)
{
	(void)state;
	check((struct str)STR("1234,67\nx\n"), ',', 8, "[1234|67][x]");
	check((struct str)STR("1234,67"), ',', 7, "[1234|67]");
	check((struct str)STR("1234,678\nx\n"), ',', 8, "!a row that is too long@0(8)[x]");
	check((struct str)STR("1234,6789"), ',', 8, "!a row that is too long@0(8)");
	check((struct str)STR("1234,6789\"\"\"0123456789\n\nx\n"), ',', 8,
		"!a row that is too long@0(8)[x]");
	check((struct str)STR("a\"34,6789\nx\n"), ',', 8, "!a row that is too long@0(8)[x]");
	check((struct str)STR("\"23\n5678\"\nx\n"), ',', 8,
		"!a quote that is not closed@0(4)!a quote inside a field that does not begin with "
		"one@4(6)[x]");
	check((struct str)STR("\"234567890\nx\n"), ',', 8, "!a quote that is not closed@0(8)[x]");
	check((struct str)STR("\"23456\"\r\nx\n"), ',', 8, "!a row that is too long@0(8)[x]");
}

static void fields_are_counted_and_bounded(void **state)
{
	struct buf text;
	struct csv c;
	unsigned i;

	(void)state;
	buf_init(&text, MAX);
	csv_init(&c, ',', MAX);
	for (i = 1; i < LIMIT_CSV_FIELDS; i++)
		buf_add_char(&text, ',');
	assert_int_equal(csv_next(&c, buf_str(&text), true), CSV_RECORD);
	assert_int_equal(c.count, LIMIT_CSV_FIELDS);
	buf_add_text(&text, ",,,a");
	assert_int_equal(csv_next(&c, buf_str(&text), true), CSV_BAD);
	assert_int_equal(c.count, LIMIT_CSV_FIELDS);
	assert_int_equal(c.fault_at, LIMIT_CSV_FIELDS);
	assert_string_equal(c.fault, "more fields than a record may have");
	csv_wipe(&c);
	buf_wipe(&text);
}

static void a_field_knows_where_it_begins(void **state)
{
	struct str text = STR("ab,\"c\"\"\nd\",,\"\"\r\n");
	struct csv c;

	(void)state;
	csv_init(&c, ',', MAX);
	assert_int_equal(csv_next(&c, text, false), CSV_RECORD);
	assert_int_equal(c.len, text.n);
	assert_int_equal(c.count, 4);
	assert_int_equal(c.fields[0].at, 0);
	assert_int_equal(c.fields[1].at, 3);
	assert_int_equal(c.fields[2].at, 11);
	assert_int_equal(c.fields[3].at, 12);
	csv_wipe(&c);
}

static void starting_again_forgets_what_was_begun(void **state)
{
	struct csv c;

	(void)state;
	csv_init(&c, ',', MAX);
	assert_int_equal(csv_next(&c, str_of("a;\"b"), false), CSV_MORE);
	csv_restart(&c, ';');
	assert_int_equal(csv_next(&c, str_of("a;\"b\"\n"), false), CSV_RECORD);
	assert_int_equal(c.count, 2);
	assert_true(str_is(csv_value(&c, 1), "b"));
	csv_wipe(&c);
}

/* One line end is looked for in what an open quote has swallowed, not one for each of its lines. */
static void quotes_that_are_never_closed_cost_no_more_than_reading_twice(void **state)
{
	struct str line = STR("a,\"\"\"\n");
	struct buf text;
	struct csv c;
	size_t taken = 0, steps = 0;
	enum csv_step step;

	(void)state;
	buf_init(&text, 1u << 20);
	while (text.len < 600000)
		buf_add_str(&text, line);
	csv_init(&c, ',', 65536);
	for (;;) {
		struct str rest = str_skip(buf_str(&text), taken);

		step = csv_next(&c, rest, true);
		if (step == CSV_MORE)
			break;
		assert_int_not_equal(step, CSV_MEMORY);
		taken += c.len;
		steps++;
	}
	assert_int_equal(taken, text.len);
	assert_in_range(steps, 1, text.len / line.n);
	csv_wipe(&c);
	buf_wipe(&text);
}

static void what_is_written_is_read_again(void **state)
{
	static const struct {
		struct str field;
		bool safe;
		const char *written;
	} cases[] = {
		{STR(""), false, ""},
		{STR("a b;c"), false, "a b;c"},
		{STR("a,b"), false, "\"a,b\""},
		{STR("\""), false, "\"\"\"\""},
		{STR("a\"\"b"), false, "\"a\"\"\"\"b\""},
		{STR("a\nb"), false, "\"a\nb\""},
		{STR("a\r"), false, "\"a\r\""},
		{STR("=1"), false, "=1"},
		{STR("=1"), true, "'=1"},
		{STR("=\"a\",b"), true, "\"'=\"\"a\"\",b\""},
		{STR("+"), true, "'+"},
		{STR("-1"), true, "'-1"},
		{STR("@a"), true, "'@a"},
		{STR("\ta"), true, "'\ta"},
		{STR("\ra"), true, "\"'\ra\""},
		{STR("a=1"), true, "a=1"},
	};
	struct buf out;
	struct csv c;
	size_t i;

	(void)state;
	buf_init(&out, MAX);
	csv_init(&c, ',', MAX);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str value;

		buf_clear(&out);
		csv_add_field(cases[i].field, cases[i].safe, &out);
		assert_string_equal(buf_text(&out), cases[i].written);
		buf_add_text(&out, ",end\n");
		assert_int_equal(csv_next(&c, buf_str(&out), false), CSV_RECORD);
		assert_int_equal(c.count, 2);
		value = csv_value(&c, 0);
		if (cases[i].safe && value.n > cases[i].field.n)
			value = str_skip(value, 1);
		assert_true(str_equal(value, cases[i].field));
	}
	csv_wipe(&c);
	buf_wipe(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_records_give_their_fields),
		cmocka_unit_test(a_fault_has_its_place_and_the_next_record_is_read),
		cmocka_unit_test(a_record_is_bounded),
		cmocka_unit_test(fields_are_counted_and_bounded),
		cmocka_unit_test(a_field_knows_where_it_begins),
		cmocka_unit_test(starting_again_forgets_what_was_begun),
		cmocka_unit_test(quotes_that_are_never_closed_cost_no_more_than_reading_twice),
		cmocka_unit_test(what_is_written_is_read_again),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
