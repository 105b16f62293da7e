#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "codec/json_scan.h"
#include "guard.h"
#include "roster/reader.h"
#include "roster/rows.h"
#include "scim/user.h"
#include "sha256.h"

#define SCHEMAS "\"schemas\":[\"" USER_URN "\"]"

static void show_place(struct buf *out, struct roster_place place)
{
	buf_addf(
		out, "%llu:%llu", (unsigned long long)place.line, (unsigned long long)place.column);
}

/* A row as "NUMBER LINE:COLUMN BODY", without the schemas, and its teams, each in brackets. */
static void show_row(struct buf *out, const struct roster_row *row)
{
	struct str rest = buf_str(&row->teams), team, body = buf_str(&row->body);

	assert_true(json_valid_object(body, NULL));
	buf_addf(out, "%llu ", (unsigned long long)row->number);
	show_place(out, row->place);
	buf_add_char(out, ' ');
	if (str_starts(body, "{" SCHEMAS ",")) {
		buf_add_char(out, '{');
		body = str_skip(body, sizeof("{" SCHEMAS ",") - 1);
	}
	buf_add_str(out, body);
	while (str_cut(rest, '\0', &team, &rest))
		buf_addf(out, "[%.*s]", STR_ARG(team));
	buf_add_char(out, '\n');
}

static void show_fault(struct buf *out, const struct roster_fault *fault)
{
	show_place(out, fault->place);
	buf_addf(out, " %s\n", fault->text);
}

struct reading {
	struct rows *rows;
	struct roster_row row;
	struct roster_fault fault;
	struct guard guard;
	struct buf out;
};

/* All steps that can be made now; true at the end. */
static bool drain(struct reading *g)
{
	struct err e = {.kind = ERR_NONE};
	enum rows_step step;

	while ((step = rows_next(g->rows, &g->row, &g->fault, &e)) != ROWS_MORE) {
		if (step == ROWS_ROW)
			show_row(&g->out, &g->row);
		else if (step == ROWS_FAULT)
			show_fault(&g->out, &g->fault);
		else if (step == ROWS_END)
			return true;
		else
			fail_msg("%s", e.text);
	}
	return false;
}

/* What TEXT says when it is cut at FIRST and from there on every STEP bytes. */
static void read_in_pieces(struct reading *g, struct str text, size_t first, size_t step)
{
	size_t n = first;

	buf_clear(&g->out);
	rows_restart(g->rows);
	while (text.n > 0) {
		struct str piece = str_from(text.p, n < text.n ? n : text.n);

		piece = guard_copy(&g->guard, piece);
		rows_feed(g->rows, piece.p, piece.n);
		assert_false(drain(g));
		text = str_skip(text, piece.n);
		n = step;
	}
	rows_finish(g->rows);
	assert_true(drain(g));
	assert_true(drain(g));
}

static void begin_reading(struct reading *g)
{
	*g = (struct reading){.rows = rows_new()};
	assert_non_null(g->rows);
	roster_row_init(&g->row);
	buf_init(&g->out, 1u << 24);
}

static void end_reading(struct reading *g)
{
	rows_free(g->rows);
	roster_row_wipe(&g->row);
	guard_release(&g->guard);
	buf_wipe(&g->out);
}

static void check(struct str text, const char *expected)
{
	struct reading g;
	size_t cut;

	begin_reading(&g);
	read_in_pieces(&g, text, text.n, 1);
	assert_string_equal(buf_text(&g.out), expected);
	for (cut = 1; cut < text.n; cut++) {
		read_in_pieces(&g, text, cut, text.n);
		assert_string_equal(buf_text(&g.out), expected);
	}
	read_in_pieces(&g, text, 1, 1);
	assert_string_equal(buf_text(&g.out), expected);
	end_reading(&g);
}

struct sample {
	struct str text;
	const char *steps;
};

#define CHECK_ALL(samples) check_all(samples, sizeof(samples) / sizeof((samples)[0]))

static void check_all(const struct sample *samples, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		check(samples[i].text, samples[i].steps);
}

/* ---- CSV ---- */

static void csv_rows_become_bodies(void **state)
{
	static const struct sample samples[] = {
		{STR("userName\nada\n"), "0 2:1 {\"userName\":\"ada\"}\n"},
		{STR("userName,sentryOrgRole\r\nada,member\r\n\r\nbob,\r\n"),
			"0 2:1 {\"userName\":\"ada\",\"sentryOrgRole\":\"member\"}\n"
			"1 4:1 {\"userName\":\"bob\"}\n"},
		{STR("\n\r\nuserName\n\n\"a\nb\"\nc"),
			"0 5:1 {\"userName\":\"a\\nb\"}\n1 7:1 {\"userName\":\"c\"}\n"},
		{STR("\xEF\xBB\xBFuserName\nada"), "0 2:1 {\"userName\":\"ada\"}\n"},
		{STR("sentryOrgRole,userName,title\nmember,ada,\"Dr.\"\"X\"\"\"\n"),
			"0 2:1 {\"userName\":\"ada\",\"sentryOrgRole\":\"member\","
			"\"title\":\"Dr.\\\"X\\\"\"}\n"},
		{STR("name.givenName,userName,name.familyName,a\\.b\nAda,ada,L\xC3\xB6ve,1\nB,bob,,"
		     "\n"),
			"0 2:1 "
			"{\"userName\":\"ada\",\"name\":{\"givenName\":\"Ada\",\"familyName\":"
			"\"L\xC3\xB6ve\"},\"a.b\":\"1\"}\n"
			"1 3:1 {\"userName\":\"bob\",\"name\":{\"givenName\":\"B\"}}\n"},
		{STR("userName,teams\nada,a; b c ;d\nbob,\n"),
			"0 2:1 {\"userName\":\"ada\"}[a][b c][d]\n1 3:1 {\"userName\":\"bob\"}\n"},
		{STR("userName,schemas\nada,x\n"),
			"0 2:1 {\"schemas\":\"x\",\"userName\":\"ada\"}\n"},
		{STR("userName"), ""},
		{STR("userName\r\n"), ""},
	};

	(void)state;
	CHECK_ALL(samples);
}

static void the_delimiter_is_known_from_the_header(void **state)
{
	static const struct sample samples[] = {
		{STR("userName;title\nada;a,b\n"),
			"0 2:1 {\"userName\":\"ada\",\"title\":\"a,b\"}\n"},
		{STR("a,b;userName\nx;ada\n"), "0 2:1 {\"userName\":\"ada\",\"a,b\":\"x\"}\n"},
		{STR("userName\ttitle\nada\t\"a\tb;,\"\n"),
			"0 2:1 {\"userName\":\"ada\",\"title\":\"a\\tb;,\"}\n"},
		{STR("\"userName\";\"title\"\nada;x\n"),
			"0 2:1 {\"userName\":\"ada\",\"title\":\"x\"}\n"},
		{STR("\"a;\nb\",userName\nx,ada\n"),
			"0 3:1 {\"userName\":\"ada\",\"a;\\nb\":\"x\"}\n"},
		{STR("username;x\nada;1\n"),
			"1:1 the column 'username' must be written 'userName'\n"},
	};

	(void)state;
	CHECK_ALL(samples);
}

static void a_wrong_header_is_blamed_column_by_column(void **state)
{
	static const struct sample samples[] = {
		{STR(""), "1:1 the file is empty: a header row must be there\n"},
		{STR("\r\n\n"), "3:1 the file is empty: a header row must be there\n"},
		{STR("\xEF\xBB\xBF"), "1:1 the file is empty: a header row must be there\n"},
		{STR("a,b\nada,1\n"), "1:1 there is no column userName\n"},
		{STR("\n\"x\"\nada\n"), "2:1 there is no column userName\n"},
		{STR("userName,,x, \nada,,1,2\n"),
			"1:10 a column without a name\n1:13 a column without a name\n"
			"0 2:1 {\"userName\":\"ada\",\"x\":\"1\"}\n"},
		{STR("userName, sentryOrgRole,x \nada,member,1\n"),
			"1:10 blanks around the name of a column\n"
			"1:25 blanks around the name of a column\n0 2:1 {\"userName\":\"ada\"}\n"},
		{STR("userName,x,X,\"x\",username\na,1,2,3,4\n"),
			"1:12 the column 'x' stands here twice\n1:14 the column 'x' stands here "
			"twice\n1:18 the column 'userName' stands here twice\n"
			"0 2:1 {\"userName\":\"a\",\"x\":\"1\"}\n"},
		{STR("a.b,userName,a,a.b.c,A.x,aa.b,userName.z\n1,ada,2,3,4,5,6\n"),
			"1:14 the columns 'a.b' and 'a' contradict each other\n"
			"1:16 the columns 'a.b' and 'a.b.c' contradict each other\n"
			"1:31 the columns 'userName' and 'userName.z' contradict each other\n"
			"0 2:1 {\"userName\":\"ada\",\"a\":{\"b\":\"1\"},\"A\":{\"x\":\"4\"},"
			"\"aa\":{\"b\":\"5\"}}\n"},
		{STR("userName,.a,a..b,a.,\\.,a\\\\.b\nada,1,2,3,4,5\n"),
			"1:10 a column with an empty name between its dots\n"
			"1:13 a column with an empty name between its dots\n"
			"1:18 a column with an empty name between its dots\n"
			"0 2:1 {\"userName\":\"ada\",\".\":\"4\",\"a\\\\\":{\"b\":\"5\"}}\n"},
		{STR("userName,Teams,sentryOrgrole\nada,x,y\n"),
			"1:10 the column 'Teams' must be written 'teams'\n"
			"1:16 the column 'sentryOrgrole' must be written 'sentryOrgRole'\n"
			"0 2:1 {\"userName\":\"ada\"}\n"},
		{STR("userName,\"x\nada,y\n"), "1:10 a quote that is not closed\n"},
		{STR("userName,\xFFx\nada,y\n"), "1:10 a byte that is not UTF-8\n"},
		{STR("user\0Name,x\nada,y\n"), "1:5 a NUL byte\n"},
		{STR("userName\rada\rbob\r"), "1:9 a carriage return that ends no line\n"},
		{STR("\xFF\xFEu\0s\0e\0r\0"), "1:1 the file is in UTF-16; save it as UTF-8\n"},
		{STR("userName,a\x1B[1m,a\x1B[1m\n"),
			"1:16 the column 'a\\x1b[1m' stands here twice\n"},
	};

	(void)state;
	CHECK_ALL(samples);
}

static void a_wrong_cell_is_blamed_and_the_next_row_is_read(void **state)
{
	static const struct sample samples[] = {
		{STR("a,userName\n1,\n2, \t\n3,x\n"),
			"2:3 userName is empty\n3:3 userName is empty\n"
			"2 4:1 {\"userName\":\"x\",\"a\":\"3\"}\n"},
		{STR("userName,a\nx\ny,1,2,\nz,\n\"q\nr\"\r\n"),
			"2:2 1 fields where the header has 2\n3:5 4 fields where the header has 2\n"
			"2 4:1 {\"userName\":\"z\"}\n6:3 1 fields where the header has 2\n"},
		{STR("userName,a\nx,b\xC3\ny,\xE2\x82\xAC\n"),
			"2:4 a byte that is not UTF-8\n1 3:1 "
			"{\"userName\":\"y\",\"a\":\"\xE2\x82\xAC\"}"
			"\n"},
		{STR("userName,a\nx,b\0c\ny,\n"), "2:4 a NUL byte\n1 3:1 {\"userName\":\"y\"}\n"},
		{STR("userName,a\nx,b\"c\xFF\ny,\"\xFF\"z\n"),
			"2:4 a quote inside a field that does not begin with one\n"
			"3:4 a byte that is not UTF-8\n"},
		{STR("userName,a\n\"x\n\",\"b\"c\ny,\n"),
			"3:6 text behind a closing quote\n1 4:1 {\"userName\":\"y\"}\n"},
		{STR("userName,a\nx,\"b\ny,1\nz,2\n"),
			"2:3 a quote that is not closed\n1 3:1 {\"userName\":\"y\",\"a\":\"1\"}\n"
			"2 4:1 {\"userName\":\"z\",\"a\":\"2\"}\n"},
		{STR("userName,teams\nx,a;;b\ny,a;A\nz,;\nu, \nv,\"a\n;a\"\nw,a\n"),
			"2:3 a team without a name\n3:3 a team that stands here twice\n"
			"4:3 a team without a name\n5:3 a team without a name\n"
			"4 6:1 {\"userName\":\"v\"}[a\n][a]\n5 8:1 {\"userName\":\"w\"}[a]\n"},
	};

	(void)state;
	CHECK_ALL(samples);
}

/* ---- JSON ---- */

static void json_lines_become_bodies(void **state)
{
	static const struct sample samples[] = {
		{STR("{\"userName\":\"ada\"}\n"), "0 1:1 {\"userName\":\"ada\"}\n"},
		{STR("\xEF\xBB\xBF\r\n {\"userName\" : \"ada\"} \r\n\n{\"userName\":\"b\"}"),
			"0 2:2 {\"userName\" : \"ada\"}\n1 4:1 {\"userName\":\"b\"}\n"},
		{STR("{\"x\":1.50,\"userName\":\"a\\u0062\",\"sentryOrgRole\":null,\"y\":{"
		     "\"teams\":[1]}"
		     "}\n"),
			"0 1:1 {\"x\":1.50,\"userName\":\"a\\u0062\",\"sentryOrgRole\":null,"
			"\"y\":{\"teams\":[1]}}\n"},
		{STR("{\"userName\":\"a\",\"schemas\":[]}\n"),
			"0 1:1 {\"userName\":\"a\",\"schemas\":[]}\n"},
		{STR("{\"teams\":[\"x\",\"y;\"],\"userName\":\"a\"}\n"
		     "{ \"teams\" : \"x;y\" , \"userName\":\"b\" }\n"
		     "{\"userName\":\"c\" , \"teams\":[]  }\n"
		     "{\"userName\":\"d\",\"te\\u0061ms\":null,\"z\":1}\n"
		     "{\"userName\":\"e\",\"teams\":\"\",\"z\":1}\n"),
			"0 1:1 {\"userName\":\"a\"}[x][y;]\n1 2:1 { \"userName\":\"b\" }[x][y]\n"
			"2 3:1 {\"userName\":\"c\"  }\n3 4:1 {\"userName\":\"d\",\"z\":1}\n"
			"4 5:1 {\"userName\":\"e\",\"z\":1}\n"},
	};
	(void)state;
	CHECK_ALL(samples);
}

/* `member create ada --role member --set a.b=1` sends just this. */
static void a_body_is_what_member_create_sends(void **state)
{
	static const char *const texts[] = {
		"a.b,sentryOrgRole,userName\n1,member,ada\n",
		"{\"userName\":\"ada\",\"sentryOrgRole\":\"member\",\"a\":{\"b\":\"1\"}}",
	};
	struct err e = {.kind = ERR_NONE};
	struct reading g;
	size_t i;

	(void)state;
	begin_reading(&g);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		rows_restart(g.rows);
		rows_feed(g.rows, texts[i], strlen(texts[i]));
		rows_finish(g.rows);
		assert_int_equal(rows_next(g.rows, &g.row, &g.fault, &e), ROWS_ROW);
		assert_string_equal(buf_text(&g.row.body),
			"{" SCHEMAS ",\"userName\":\"ada\",\"sentryOrgRole\":\"member\","
			"\"a\":{\"b\":\"1\"}}");
		assert_string_equal(buf_text(&g.row.role), "member");
	}
	end_reading(&g);
}

static void a_wrong_line_is_blamed_and_the_next_one_is_read(void **state)
{
	static const struct sample samples[] = {
		{STR("{\"userName\":\"a\",}\n{\"userName\":\"b\"\n{\"userName\":\"c\"} x\n"
		     "{\"userName\":\"d\",\"x\":{\"y\":1, \"y\":2}}\n[]\n{\"userName\":\"e\"}\n"),
			"1:17 no quoted name where a member begins\n2:16 unexpected end\n"
			"3:18 something behind the end of the value\n"
			"4:29 a name that stands in the same object twice\n"
			"5:1 a value that is not an object\n5 6:1 {\"userName\":\"e\"}\n"},
		{STR("{}\n{\"userName\":7}\n{\"userName\": \" \"}\n{\"userName\":\"\\u0000\"}\n"
		     " {\"x\":1}\n{\"userName\":\"\xFF\"}\n"),
			"1:1 there is no userName\n2:13 userName is not a text\n"
			"3:14 userName is empty\n4:13 userName holds a NUL character\n"
			"5:2 there is no userName\n6:14 a byte that is not UTF-8\n"},
		{STR("{\"userName\":\"a\",\"teams\":7}\n{\"userName\":\"a\",\"teams\":[\"x\",1]}\n"
		     "{\"userName\":\"a\",\"teams\":[\"x\", \" \"]}\n"
		     "{\"userName\":\"a\",\"teams\":[\"x\",\"y\",\"X\"]}\n"
		     "{\"userName\":\"a\",\"teams\":\"x;\"}\n"
		     "{\"userName\":\"a\",\"teams\":[\"\\u0000\"]}\n"),
			"1:25 teams is neither a text nor an array of texts\n"
			"2:30 a team that is not a text\n3:31 a team without a name\n"
			"4:34 a team that stands here twice\n5:25 a team without a name\n"
			"6:26 a team's name holds a NUL character\n"},
		{STR("{\"x\":{\"Teams\":1},\"username\":\"a\"}\n{\"userName\":\"a\","
		     "\"Te\\u0061ms\":[]"
		     "}\n"),
			"1:18 the name \"username\" must be written 'userName'\n"
			"2:17 the name \"Teams\" must be written 'teams'\n"},
	};

	(void)state;
	CHECK_ALL(samples);
}

static void array_elements_become_bodies(void **state)
{
	static const struct sample samples[] = {
		{STR("[]"), ""},
		{STR("\xEF\xBB\xBF \n[ \r\n]\n \t"), ""},
		{STR("[{\"userName\":\"a\"}]"), "0 1:2 {\"userName\":\"a\"}\n"},
		{STR("[\n  {\"userName\":\"a]}\\\"\",\"x\":[{},[\"\\\\\"]]},\n  {\n\t\"userName\": "
		     "\"b\"\n  }\n]\n"),
			"0 2:3 {\"userName\":\"a]}\\\"\",\"x\":[{},[\"\\\\\"]]}\n"
			"1 3:3 {\n\t\"userName\": \"b\"\n  }\n"},
	};

	(void)state;
	CHECK_ALL(samples);
}

static void a_wrong_element_is_blamed_and_the_next_one_is_read(void **state)
{
	static const struct sample samples[] = {
		{STR("[{},7,\"x,]\",{\"userName\":\"a\"},[{}],nul,{\"userName\":\"b\","
		     "\n\"userName\":1}"
		     "]"),
			"1:2 there is no userName\n1:5 a value that is not an object\n"
			"1:7 a value that is not an object\n3 1:13 {\"userName\":\"a\"}\n"
			"1:30 a value that is not an object\n1:35 an unknown word\n"
			"2:1 a name that stands in the same object twice\n"},
		{STR("[,{\"userName\":\"a\"},,{\"userName\":\"b\"}{\"userName\":\"c\"},]"),
			"1:2 a comma and no element before it\n0 1:3 {\"userName\":\"a\"}\n"
			"1:20 a comma and no element before it\n1 1:21 {\"userName\":\"b\"}\n"
			"1:37 no comma or closing bracket behind an element\n"
			"2 1:37 {\"userName\":\"c\"}\n1:54 a comma and no element behind it\n"},
		{STR("["), "1:2 unexpected end: the array is not closed\n"},
		{STR("[\n"), "2:1 unexpected end: the array is not closed\n"},
		{STR("[{\"userName\":\"a\"}"),
			"0 1:2 {\"userName\":\"a\"}\n"
			"1:18 unexpected end: the array is not closed\n"},
		{STR("[{\"userName\":\"a\"},\n{\"userName\":"),
			"0 1:2 {\"userName\":\"a\"}\n2:13 unexpected end\n"},
		{STR("[{\"userName\":\"a\"},\n{\"userName\":\"b"),
			"0 1:2 {\"userName\":\"a\"}\n2:15 unexpected end in a string\n"},
		{STR("[] \n x"), "2:2 something behind the end of the array\n"},
		{STR("[]]{\"userName\":\"a\"}"), "1:3 something behind the end of the array\n"},
		{STR("[}{\"userName\":\"a\"}]"),
			"1:2 unexpected character\n"
			"1:3 no comma or closing bracket behind an element\n"
			"1 1:3 {\"userName\":\"a\"}\n"},
		{STR("[1x{\"userName\":\"a\"}]"),
			"1:2 a value that is not an object\n"
			"1:4 no comma or closing bracket behind an element\n"
			"1 1:4 {\"userName\":\"a\"}\n"},
	};

	(void)state;
	CHECK_ALL(samples);
}

static void an_element_without_an_end_does_not_hide_those_behind_it(void **state)
{
	static const struct sample samples[] = {
		/* A bracket is missing. */
		{STR("[\n{\"userName\":\"a\",\"x\":{\"y\":1},\n{\"userName\":\"b\"},\n"
		     "{\"userName\":\"c\"}\n]\n"),
			"3:1 no quoted name where a member begins\n1 3:1 {\"userName\":\"b\"}\n"
			"2 4:1 {\"userName\":\"c\"}\n"},
		/* A quote is. */
		{STR("[{\"userName\":\"a},\n {\"userName\":\"b\"},\n {\"userName\":\"c\"}\n]\n"),
			"1:18 a control character in a string\n1 2:2 {\"userName\":\"b\"}\n"
			"2 3:2 {\"userName\":\"c\"}\n"},
		/* The wrong bracket; what is indented deeper is no element. */
		{STR("[\n  {\n    \"userName\": \"a\",\n    \"emails\": [\n      {\"value\": 1},\n"
		     "      {\"value\": 2]\n    }\n  },\n  {\n    \"userName\": \"b\"\n  }\n]\n"),
			"6:18 no comma or closing bracket behind a value\n"
			"1 9:3 {\n    \"userName\": \"b\"\n  }\n"},
		/* The array's own end is found too. */
		{STR("[\n{\"userName\":\"a]},\n]\n"), "2:18 a control character in a string\n"},
		{STR("[\n{\"userName\":\"a]},\n]\n x"),
			"2:18 a control character in a string\n"
			"4:2 something behind the end of the array\n"},
		{STR("[{\"userName\":\"a\"]\n"),
			"1:17 no comma or closing bracket behind a value\n"},
	};

	(void)state;
	CHECK_ALL(samples);
}

/* ---- what all have in common ---- */

static void a_column_with_too_many_dots_is_blamed(void **state)
{
	struct buf text, expected;
	unsigned i;

	(void)state;
	buf_init(&text, 10000);
	buf_init(&expected, 10000);
	buf_add_text(&text, "userName,");
	buf_add_text(&expected, "0 2:1 {\"userName\":\"x\",");
	for (i = 1; i < LIMIT_JSON_DEPTH; i++) {
		buf_add_text(&text, "a.");
		buf_add_text(&expected, "\"a\":{");
	}
	buf_add_text(&text, "b\nx,1\n");
	buf_add_text(&expected, "\"b\":\"1\"}");
	for (i = 1; i < LIMIT_JSON_DEPTH; i++)
		buf_add_char(&expected, '}');
	buf_add_char(&expected, '\n');
	check(buf_str(&text), buf_text(&expected));
	buf_clear(&text);
	buf_add_text(&text, "userName,");
	for (i = 0; i < LIMIT_JSON_DEPTH; i++)
		buf_add_text(&text, "a.");
	buf_add_text(&text, "b\nx,1\n");
	check(buf_str(&text),
		"1:10 a column with too many dots in its name\n"
		"0 2:1 {\"userName\":\"x\"}\n");
	buf_wipe(&text);
	buf_wipe(&expected);
}

/* BEFORE, as many X as make a row of SIZE bytes with AFTER, and AFTER. */
static void add_long(struct buf *out, const char *before, size_t size, const char *after)
{
	size_t n = strlen(before) + strlen(after);

	buf_add_text(out, before);
	for (; n < size; n++)
		buf_add_char(out, 'x');
	buf_add_text(out, after);
}

static void read_long(struct reading *g, const struct buf *text)
{
	struct str all = buf_str(text);

	assert_false(text->failed);
	read_in_pieces(g, all, ROWS_FEED_MAX, ROWS_FEED_MAX);
}

static void expect_long(struct reading *g, const struct buf *text, const char *expected)
{
	static const size_t steps[] = {1, 7, 4096, 65535};
	size_t i;

	read_long(g, text);
	assert_string_equal(buf_text(&g->out), expected);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		/* Byte by byte it is long enough to be worth only once. */
		read_in_pieces(g, buf_str(text), steps[i] == 1 ? 65530 : steps[i], steps[i]);
		assert_string_equal(buf_text(&g->out), expected);
	}
}

static void a_row_at_the_limit_is_read_and_one_past_it_is_not(void **state)
{
	static const struct {
		const char *begin, *before, *after, *next, *faults;
	} formats[] = {
		{"userName,a\n", "ada,", "\n", "bob,\n",
			"2:1 a row that is too long\n1 3:1 {\"userName\":\"bob\"}\n"},
		{"", "{\"userName\":\"ada\",\"a\":\"", "\"}", "\n{\"userName\":\"bob\"}\n",
			"1:1 a row of more than 65536 bytes\n1 2:1 {\"userName\":\"bob\"}\n"},
		{"[\n", "{\"userName\":\"ada\",\"a\":\"", "\"}", ",\n{\"userName\":\"bob\"}]\n",
			"2:1 a row of more than 65536 bytes\n1 3:1 {\"userName\":\"bob\"}\n"},
	};
	struct reading g;
	struct buf text;
	size_t i;

	(void)state;
	begin_reading(&g);
	buf_init(&text, 1u << 20);
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		buf_clear(&text);
		buf_add_text(&text, formats[i].begin);
		add_long(&text, formats[i].before, LIMIT_ROSTER_ROW, formats[i].after);
		buf_add_text(&text, formats[i].next);
		read_long(&g, &text);
		assert_non_null(strstr(buf_text(&g.out), "0 "));
		assert_non_null(strstr(buf_text(&g.out), "{\"userName\":\"ada\","));
		assert_non_null(strstr(buf_text(&g.out), "{\"userName\":\"bob\"}\n"));
		assert_null(strstr(buf_text(&g.out), "row"));

		buf_clear(&text);
		buf_add_text(&text, formats[i].begin);
		add_long(&text, formats[i].before, LIMIT_ROSTER_ROW + 1, formats[i].after);
		buf_add_text(&text, formats[i].next);
		expect_long(&g, &text, formats[i].faults);

		buf_clear(&text);
		buf_add_text(&text, formats[i].begin);
		add_long(&text, formats[i].before, 5 * LIMIT_ROSTER_ROW, formats[i].after);
		buf_add_text(&text, formats[i].next);
		expect_long(&g, &text, formats[i].faults);
	}
	buf_wipe(&text);
	end_reading(&g);
}

static void a_quote_that_is_never_closed_costs_one_line(void **state)
{
	struct reading g;
	struct buf text;
	unsigned i;

	(void)state;
	begin_reading(&g);
	buf_init(&text, 1u << 20);
	buf_add_text(&text, "userName,a\nada,\"1\n");
	for (i = 0; i < 20000; i++)
		buf_addf(&text, "u%u,%u\n", i, i);
	read_long(&g, &text);
	assert_true(str_starts(buf_str(&g.out),
		"2:5 a quote that is not closed\n1 3:1 {\"userName\":\"u0\",\"a\":\"0\"}\n"));
	assert_non_null(strstr(
		buf_text(&g.out), "20000 20002:1 {\"userName\":\"u19999\",\"a\":\"19999\"}\n"));
	buf_wipe(&text);
	end_reading(&g);
}

static void the_worst_row_fits_into_a_request(void **state)
{
	struct reading g;
	struct buf text;
	size_t header;
	unsigned i;

	(void)state;
	begin_reading(&g);
	buf_init(&text, 1u << 20);
	/* Names and cells of control characters become six bytes each. */
	buf_add_text(&text, "userName");
	for (i = 1; i < LIMIT_CSV_FIELDS; i++)
		buf_addf(&text, ",\x01%0250u\x01", i);
	for (i = 0; i < text.len; i++)
		if (text.data[i] == '0')
			text.data[i] = '\x01';
	buf_add_char(&text, '\n');
	header = text.len;
	assert_in_range(header, LIMIT_ROSTER_ROW - 1100, LIMIT_ROSTER_ROW);
	buf_add_char(&text, 'u');
	for (i = 1; i < LIMIT_CSV_FIELDS; i++)
		add_long(&text, ",", 255, "");
	for (i = 0; i < text.len; i++)
		if (text.data[i] == 'x')
			text.data[i] = '\x02';
	buf_add_char(&text, '\n');
	assert_in_range(text.len - header, LIMIT_ROSTER_ROW - 1100, LIMIT_ROSTER_ROW);
	read_long(&g, &text);
	assert_true(str_starts(buf_str(&g.out), "0 2:1 {\"userName\":\"u\",\"\\u0001\\u0001"));
	buf_wipe(&text);
	end_reading(&g);
}

static void teams_are_bounded(void **state)
{
	struct reading g;
	struct buf text;
	unsigned i;

	(void)state;
	begin_reading(&g);
	buf_init(&text, 1u << 20);
	buf_add_text(&text, "userName,teams\nx,");
	for (i = 1; i < LIMIT_ROSTER_TEAMS; i++)
		buf_addf(&text, "t%u;", i);
	buf_add_text(&text, "t0\n");
	read_long(&g, &text);
	assert_non_null(strstr(buf_text(&g.out), "[t1023][t0]\n"));
	buf_truncate(&text, text.len - 1);
	buf_add_text(&text, ";more\n");
	read_long(&g, &text);
	assert_string_equal(buf_text(&g.out), "2:3 more teams than a row may have\n");
	buf_wipe(&text);
	end_reading(&g);
}

static void a_long_text_in_a_fault_is_cut_between_characters(void **state)
{
	struct roster_fault fault;
	struct buf text;
	unsigned i;

	(void)state;
	buf_init(&text, 1000);
	buf_add_char(&text, 'a');
	for (i = 0; i < 100; i++)
		buf_add_text(&text, "\xC3\xA9");
	roster_fault_set(&fault, (struct roster_place){7, 8}, buf_str(&text));
	assert_int_equal(strlen(fault.text), 158);
	assert_string_equal(fault.text + 150, "\xA9\xC3\xA9\xC3\xA9...");
	assert_int_equal(fault.place.line, 7);
	roster_fault_set(&fault, fault.place, str_from(text.data, 159));
	assert_int_equal(strlen(fault.text), 159);
	roster_fault_set(&fault, fault.place, str_of("a\nb\xFF"));
	assert_string_equal(fault.text, "a\\x0ab\\xff");
	buf_wipe(&text);
}

static void a_row_knows_the_places_of_name_and_role(void **state)
{
	static const struct {
		const char *text;
		unsigned name_line, name_column, role_line, role_column;
	} cases[] = {
		{"sentryOrgRole,userName\n\"a\nb\",\"x\"\n", 3, 4, 2, 1},
		{"{\"userName\": \"a\",\"sentryOrgRole\" :\"m\\u0065mber\"}", 1, 14, 1, 35},
		{"[\n {\n\"sentryOrgRole\":\"b\",\n\t\"userName\": \"a\"}]", 4, 14, 3, 17},
	};
	struct err e = {.kind = ERR_NONE};
	struct reading g;
	size_t i;

	(void)state;
	begin_reading(&g);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str text = str_of(cases[i].text);

		rows_restart(g.rows);
		rows_feed(g.rows, text.p, text.n);
		rows_finish(g.rows);
		assert_int_equal(rows_next(g.rows, &g.row, &g.fault, &e), ROWS_ROW);
		assert_int_equal(g.row.user_name_place.line, cases[i].name_line);
		assert_int_equal(g.row.user_name_place.column, cases[i].name_column);
		assert_int_equal(g.row.role_place.line, cases[i].role_line);
		assert_int_equal(g.row.role_place.column, cases[i].role_column);
	}
	assert_string_equal(buf_text(&g.row.user_name), "a");
	assert_string_equal(buf_text(&g.row.role), "b");
	end_reading(&g);
}

/* Which teams a row says: none of them is another thing than nothing. */
static void a_row_knows_whether_it_says_teams(void **state)
{
	static const struct {
		const char *text;
		bool has_teams;
		size_t length; /* of the names with their NULs */
	} cases[] = {
		{"userName\na\n", false, 0},
		{"userName,teams\na,\n", true, 0},
		{"userName,teams\na,x; y\n", true, 4},
		{"{\"userName\":\"a\"}", false, 0},
		{"{\"userName\":\"a\",\"teams\":null}", false, 0},
		{"{\"userName\":\"a\",\"teams\":[]}", true, 0},
		{"{\"userName\":\"a\",\"teams\":\"\"}", true, 0},
		{"[{\"teams\":[\"x\"],\"userName\":\"a\"}]", true, 2},
	};
	struct err e = {.kind = ERR_NONE};
	struct reading g;
	size_t i;

	(void)state;
	begin_reading(&g);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str text = str_of(cases[i].text);

		rows_restart(g.rows);
		rows_feed(g.rows, text.p, text.n);
		rows_finish(g.rows);
		if (rows_next(g.rows, &g.row, &g.fault, &e) != ROWS_ROW ||
			g.row.has_teams != cases[i].has_teams || g.row.teams.len != cases[i].length)
			fail_msg("%s", cases[i].text);
	}
	end_reading(&g);
}

/* ---- files ---- */

static char folder[] = "/tmp/test_reader.XXXXXX";

static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path_of("roster"));
	unlink(path_of("fifo"));
	return rmdir(folder);
}

static const char *write_file(struct str text)
{
	const char *path = path_of("roster");
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text.p, 1, text.n, file), text.n);
	assert_int_equal(fclose(file), 0);
	return path;
}

/* The transcript of a whole pass, and what is sent on to --rejects in SOURCES. */
static void read_file(struct roster_reader *r, struct buf *out, struct buf *sources)
{
	struct err e = {.kind = ERR_NONE};
	struct roster_fault fault;
	struct roster_row row;
	enum roster_step step;

	roster_row_init(&row);
	while ((step = roster_next(r, &row, &fault, &e)) != ROSTER_END) {
		if (step == ROSTER_FAIL)
			fail_msg("%s", e.text);
		if (step == ROSTER_ROW) {
			show_row(out, &row);
			buf_add_str(sources, buf_str(&row.source));
		} else {
			show_fault(out, &fault);
		}
	}
	assert_int_equal(roster_next(r, &row, &fault, &e), ROSTER_END);
	roster_row_wipe(&row);
}

static void check_digest(const struct roster_reader *r, struct str text)
{
	uint8_t digest[ROSTER_DIGEST];
	char hex[SHA256_HEX], got[SHA256_HEX];
	unsigned i;

	assert_true(roster_digest(r, digest));
	sha256_hex(text, hex);
	for (i = 0; i < ROSTER_DIGEST; i++)
		snprintf(got + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(got, hex);
}

/* Two passes over PATH, which holds TEXT. */
static void read_twice(const char *path, struct str text, const char *expected)
{
	struct err e = {.kind = ERR_NONE};
	struct roster_reader *r = roster_open(path, &e);
	uint8_t digest[ROSTER_DIGEST];
	struct buf out, sources;
	unsigned i;

	if (r == NULL)
		fail_msg("%s", e.text);
	buf_init(&out, 1u << 24);
	buf_init(&sources, 1u << 24);
	assert_false(roster_digest(r, digest));
	assert_int_equal(roster_size(r), text.n);
	for (i = 0; i < 2; i++) {
		assert_int_equal(roster_position(r), 0);
		read_file(r, &out, &sources);
		assert_string_equal(buf_text(&out), expected);
		assert_int_equal(roster_position(r), text.n);
		check_digest(r, text);
		buf_clear(&out);
		assert_true(roster_rewind(r, &e));
		check_digest(r, text);
	}
	roster_close(r);
	buf_wipe(&out);
	buf_wipe(&sources);
}

static void a_file_is_read_twice_and_digested(void **state)
{
	struct str text = STR("userName\nada\n\"\n\n");

	(void)state;
	read_twice(write_file(text), text,
		"0 2:1 {\"userName\":\"ada\"}\n3:1 a quote that is not closed\n");
	/* What lies behind the point where rows end is part of the digest. */
	text = str_of("[] x and more\n");
	read_twice(write_file(text), text, "1:4 something behind the end of the array\n");
	text = str_of("");
	read_twice(write_file(text), text, "1:1 the file is empty: a header row must be there\n");
}

static void a_long_file_is_read_in_pieces(void **state)
{
	struct buf text, expected;
	unsigned i;

	(void)state;
	buf_init(&text, 1u << 24);
	buf_init(&expected, 1u << 24);
	buf_add_text(&text, "[");
	for (i = 0; i < 20000; i++) {
		buf_addf(&text, "%s\n {\"userName\":\"user%u\"}", i > 0 ? "," : "", i);
		buf_addf(&expected, "%u %u:2 {\"userName\":\"user%u\"}\n", i, i + 2, i);
	}
	buf_add_text(&text, "]");
	read_twice(write_file(buf_str(&text)), buf_str(&text), buf_text(&expected));
	buf_wipe(&text);
	buf_wipe(&expected);
}

/* How many rows a pass over R hands out before it ends; it must end in the way that is EXPECTED. */
static unsigned count_rows(struct roster_reader *r, enum roster_step expected)
{
	struct err e = {.kind = ERR_NONE};
	struct roster_fault fault;
	struct roster_row row;
	enum roster_step step;
	unsigned n = 0;

	roster_row_init(&row);
	assert_true(roster_rewind(r, &e));
	while ((step = roster_next(r, &row, &fault, &e)) == ROSTER_ROW)
		n++;
	roster_row_wipe(&row);
	assert_int_equal(step, expected);
	if (step == ROSTER_FAIL) {
		assert_int_equal(e.kind, ERR_INPUT);
		assert_string_equal(e.text, "the roster changed while it was used");
	}
	return n;
}

/* Writes BYTES at AT over what the file has there, and makes it SIZE bytes long. */
static void overwrite(size_t at, const char *bytes, size_t size)
{
	int fd = open(path_of("roster"), O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, strlen(bytes), (off_t)at), strlen(bytes));
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	close(fd);
}

static void a_file_that_changes_between_passes_fails_before_what_has_changed(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct roster_reader *r;
	uint8_t digest[ROSTER_DIGEST];
	struct buf text;
	const size_t block = ROWS_FEED_MAX;

	(void)state;
	buf_init(&text, 1u << 20);
	buf_add_text(&text, "userName\n");
	while (text.len < 2 * block + 100)
		buf_addf(&text, "u%06zu\n", text.len);
	r = roster_open(write_file(buf_str(&text)), &e);
	assert_non_null(r);
	assert_int_equal(count_rows(r, ROSTER_END), (text.len - 9) / 8);
	check_digest(r, buf_str(&text));
	/* As many rows, as many bytes: the first block, the second, the last. */
	overwrite(10, "x", text.len);
	assert_int_equal(count_rows(r, ROSTER_FAIL), 0);
	overwrite(10, text.data + 10, text.len);
	overwrite(2 * block - 1, "x", text.len);
	assert_int_equal(count_rows(r, ROSTER_FAIL), (block - 9) / 8);
	overwrite(2 * block - 1, text.data + 2 * block - 1, text.len);
	overwrite(text.len - 2, "x", text.len);
	assert_int_equal(count_rows(r, ROSTER_FAIL), (2 * block - 9) / 8);
	overwrite(0, buf_text(&text), text.len);
	assert_int_equal(count_rows(r, ROSTER_END), (text.len - 9) / 8);
	/* Longer and shorter, also by whole blocks. */
	overwrite(text.len, "v\n", text.len + 2);
	assert_int_equal(count_rows(r, ROSTER_FAIL), (2 * block - 9) / 8);
	overwrite(0, buf_text(&text), 2 * block);
	assert_int_equal(count_rows(r, ROSTER_FAIL), (2 * block - 9) / 8);
	overwrite(0, buf_text(&text), 0);
	assert_int_equal(count_rows(r, ROSTER_FAIL), 0);
	assert_true(roster_digest(r, digest));
	roster_close(r);
	/* Of a file that was empty, and of one that ends with a block. */
	r = roster_open(path_of("roster"), &e);
	assert_int_equal(count_rows(r, ROSTER_FAULT), 0);
	assert_int_equal(count_rows(r, ROSTER_FAULT), 0);
	overwrite(0, "userName\na\n", 11);
	assert_int_equal(count_rows(r, ROSTER_FAIL), 0);
	roster_close(r);
	overwrite(0, buf_text(&text), block);
	r = roster_open(path_of("roster"), &e);
	assert_int_equal(count_rows(r, ROSTER_END), (block - 9) / 8 + 1);
	overwrite(block, "u", block + 1);
	assert_int_equal(count_rows(r, ROSTER_FAIL), (block - 9) / 8);
	roster_close(r);
	buf_wipe(&text);
}

static void what_failed_is_a_roster_again(void **state)
{
	static const struct {
		const char *text, *header, *sources;
	} cases[] = {
		{"\xEF\xBB\xBFuserName;x\r\nada;\"a;\r\nb\"\r\n\r\nbob;2", "userName;x\r\n",
			"ada;\"a;\r\nb\"\r\nbob;2\n"},
		{"userName", "userName\n", ""},
		{"{\"userName\":\"a\",\"teams\":\"x\"}\r\n{\"userName\":\"b\"}", "",
			"{\"userName\":\"a\",\"teams\":\"x\"}\n{\"userName\":\"b\"}\n"},
		{"[{\"userName\":\"a\"},\r\n{\r\n \"userName\":\n \"b\"\r}]", "",
			"{\"userName\":\"a\"}\n{ \"userName\": \"b\"}\n"},
	};
	struct err e = {.kind = ERR_NONE};
	struct buf first, second, sources, rejects;
	size_t i;

	(void)state;
	buf_init(&first, 1000);
	buf_init(&second, 1000);
	buf_init(&sources, 1000);
	buf_init(&rejects, 1000);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct roster_reader *r = roster_open(write_file(str_of(cases[i].text)), &e);

		assert_non_null(r);
		buf_clear(&first);
		buf_clear(&sources);
		read_file(r, &first, &sources);
		assert_true(str_is(roster_header(r), cases[i].header));
		assert_string_equal(buf_text(&sources), cases[i].sources);
		buf_clear(&rejects);
		buf_add_str(&rejects, roster_header(r));
		buf_add_str(&rejects, buf_str(&sources));
		roster_close(r);

		r = roster_open(write_file(buf_str(&rejects)), &e);
		assert_non_null(r);
		buf_clear(&second);
		buf_clear(&sources);
		read_file(r, &second, &sources);
		assert_string_equal(buf_text(&sources), cases[i].sources);
		roster_close(r);
	}
	buf_wipe(&first);
	buf_wipe(&second);
	buf_wipe(&sources);
	buf_wipe(&rejects);
}

static void the_format_is_told(void **state)
{
	static const struct {
		const char *text;
		enum roster_format format;
	} cases[] = {
		{"userName\n", ROSTER_CSV},
		{" \n {\"userName\":\"a\"}", ROSTER_JSON_LINES},
		{"\xEF\xBB\xBF\n[]", ROSTER_JSON_ARRAY},
	};
	struct err e = {.kind = ERR_NONE};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 1000);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct roster_reader *r = roster_open(write_file(str_of(cases[i].text)), &e);

		assert_non_null(r);
		read_file(r, &out, &out);
		assert_int_equal(roster_format(r), cases[i].format);
		assert_true(roster_rewind(r, &e));
		assert_int_equal(roster_format(r), cases[i].format);
		roster_close(r);
	}
	buf_wipe(&out);
}

static void what_cannot_be_opened_is_said(void **state)
{
	struct err e = {.kind = ERR_NONE};

	(void)state;
	assert_null(roster_open(path_of("missing"), &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_non_null(strstr(e.text, "missing"));
	err_clear(&e);
	assert_null(roster_open(folder, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_non_null(strstr(e.text, "is a directory"));
}

static void a_pipe_is_read_twice(void **state)
{
	struct str text = STR("userName\nada\n");
	pid_t child;
	int status;

	(void)state;
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	child = fork();
	assert_int_not_equal(child, -1);
	if (child == 0) {
		int fd = open(path_of("fifo"), O_WRONLY);

		_exit(fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n);
	}
	read_twice(path_of("fifo"), text, "0 2:1 {\"userName\":\"ada\"}\n");
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_rows_become_bodies),
		cmocka_unit_test(the_delimiter_is_known_from_the_header),
		cmocka_unit_test(a_wrong_header_is_blamed_column_by_column),
		cmocka_unit_test(a_wrong_cell_is_blamed_and_the_next_row_is_read),
		cmocka_unit_test(json_lines_become_bodies),
		cmocka_unit_test(a_body_is_what_member_create_sends),
		cmocka_unit_test(a_wrong_line_is_blamed_and_the_next_one_is_read),
		cmocka_unit_test(array_elements_become_bodies),
		cmocka_unit_test(a_wrong_element_is_blamed_and_the_next_one_is_read),
		cmocka_unit_test(an_element_without_an_end_does_not_hide_those_behind_it),
		cmocka_unit_test(a_column_with_too_many_dots_is_blamed),
		cmocka_unit_test(a_row_at_the_limit_is_read_and_one_past_it_is_not),
		cmocka_unit_test(a_quote_that_is_never_closed_costs_one_line),
		cmocka_unit_test(the_worst_row_fits_into_a_request),
		cmocka_unit_test(teams_are_bounded),
		cmocka_unit_test(a_long_text_in_a_fault_is_cut_between_characters),
		cmocka_unit_test(a_row_knows_the_places_of_name_and_role),
		cmocka_unit_test(a_row_knows_whether_it_says_teams),
		cmocka_unit_test(a_file_is_read_twice_and_digested),
		cmocka_unit_test(a_long_file_is_read_in_pieces),
		cmocka_unit_test(a_file_that_changes_between_passes_fails_before_what_has_changed),
		cmocka_unit_test(what_failed_is_a_roster_again),
		cmocka_unit_test(the_format_is_told),
		cmocka_unit_test(what_cannot_be_opened_is_said),
		cmocka_unit_test(a_pipe_is_read_twice),
	};

	return cmocka_run_group_tests_name("reader", tests, make_folder, remove_folder);
}
