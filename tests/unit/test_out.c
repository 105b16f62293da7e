#define _XOPEN_SOURCE 700 /* posix_openpt(): standard output that is a terminal */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/out.h"
#include "codec/json_scan.h"
#include "codec/utf8.h"

#define ADA                                                                                        \
	"{\"id\":\"242\",\"userName\":\"ada@example.com\",\"name\":{\"id\":\"no\"},"               \
	"\"sentryOrgRole\":\"member\",\"active\":true}"
#define PRETTY                                                                                     \
	"{\n  \"userName\" : \"b\\n\\\"\",\r\n\t\"id\": \"7\", \"n\": -1.50e+3,\n  \"a\": [ ], "   \
	"\"o\": { },\n  \"l\": [ 1, [ null ], { \"x\": false, \"y\": [ true, \"z\" ] } ]\n}\n"
#define ONE_LINE                                                                                   \
	"{\"userName\":\"b\\n\\\"\",\"id\":\"7\",\"n\":-1.50e+3,\"a\":[],\"o\":{},\"l\":[1,[null]" \
	","                                                                                        \
	"{\"x\":false,\"y\":[true,\"z\"]}]}"

static struct buf got;
static struct err err;
static int saved; /* standard output, while it is redirected */

static int begin(void **state)
{
	(void)state;
	buf_init(&got, 1u << 24);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int end(void **state)
{
	(void)state;
	buf_wipe(&got);
	return 0;
}

/* Until restore() nothing may be asserted: the test's own words would go astray. */
static void redirect(int fd)
{
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	if (saved < 0 || dup2(fd, STDOUT_FILENO) < 0)
		abort();
}

static void restore(void)
{
	if (dup2(saved, STDOUT_FILENO) < 0)
		abort();
	close(saved);
}

static int scratch(void)
{
	FILE *file = tmpfile();
	int fd;

	if (file == NULL || (fd = dup(fileno(file))) < 0)
		abort();
	fclose(file);
	return fd;
}

static void read_back(int fd)
{
	ssize_t n;

	buf_clear(&got);
	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, buf_room(&got, 65536), 65536)) > 0)
		buf_grew(&got, (size_t)n);
	close(fd);
}

/* What the resources, ended by NULL, come out as; TERMINAL: as if that were one, WIDTH wide. */
struct job {
	enum output_format format;
	bool list, terminal, color, end_list;
	size_t width;
	const struct out_column *columns;
	const char *resources[6];
};

static void run(const struct job *j)
{
	const struct settings settings = {.output = j->format, .color = j->color};
	struct out out;
	int fd = scratch();
	bool ok = true;
	unsigned i;

	err_clear(&err);
	redirect(fd);
	out_init(&out, &settings, j->columns != NULL ? j->columns : out_members, j->list);
	out.terminal = j->terminal;
	out.width = j->width;
	for (i = 0; ok && j->resources[i] != NULL; i++)
		ok = out_resource(&out, str_of(j->resources[i]), &err);
	ok = ok && (j->end_list ? out_end_list(&out, &err) : out_end(&out, &err));
	out_wipe(&out);
	restore();
	read_back(fd);
	if (!ok)
		fail_msg("%s", err.text);
}

static void expect(const struct job *j, const char *wanted)
{
	run(j);
	assert_string_equal(buf_text(&got), wanted);
	assert_int_equal(got.len, strlen(wanted));
}

static void json_is_the_servers_own(void **state)
{
	(void)state;
	expect(&(struct job){.format = OUTPUT_JSON, .resources = {ADA}}, ADA "\n");
	expect(&(struct job){.format = OUTPUT_JSON, .resources = {PRETTY}}, PRETTY "\n");
	/* what is no terminal gets JSON unless it asks for something else */
	expect(&(struct job){.format = OUTPUT_AUTO, .resources = {ADA}}, ADA "\n");
	expect(&(struct job){.format = OUTPUT_JSON,
		       .resources = {"{\"x\":\"\xc2\x9b\xe2\x80\xae\"}"}},
		"{\"x\":\"\xc2\x9b\xe2\x80\xae\"}\n");
}

static void several_are_an_array(void **state)
{
	(void)state;
	expect(&(struct job){.format = OUTPUT_JSON, .list = true, .resources = {ADA}},
		"[" ADA "]\n");
	expect(&(struct job){.format = OUTPUT_JSON, .list = true, .resources = {ADA, PRETTY, ADA}},
		"[" ADA ",\n" PRETTY ",\n" ADA "]\n");
	assert_true(json_valid(buf_str(&got), NULL));
}

static void without_a_resource_nothing_is_written(void **state)
{
	static const enum output_format all[] = {
		OUTPUT_AUTO, OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_JSONL, OUTPUT_CSV};
	static const char *const empty[] = {"[]\n", "USER NAME  ROLE  ACTIVE  ID\n", "[]\n", "",
		"userName,sentryOrgRole,active,id\n"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof all / sizeof all[0]; i++) {
		expect(&(struct job){.format = all[i], .list = true}, "");
		/* a list that is known to be empty is an answer */
		expect(&(struct job){.format = all[i], .list = true, .end_list = true}, empty[i]);
	}
}

static void json_lines_are_lines(void **state)
{
	(void)state;
	expect(&(struct job){.format = OUTPUT_JSONL, .resources = {ADA, PRETTY, "{\"a\": [1, 2]}"}},
		ADA "\n" ONE_LINE "\n{\"a\": [1, 2]}\n");
	expect(&(struct job){.format = OUTPUT_JSONL, .list = true, .resources = {ADA}}, ADA "\n");
	expect(&(struct job){.format = OUTPUT_JSONL, .resources = {"{\r}"}}, "{}\n");
}

static void csv_is_quoted_where_it_must_be(void **state)
{
	(void)state;
	expect(&(struct job){.format = OUTPUT_CSV,
		       .resources = {ADA,
			       "{\"id\":\"1,2\",\"userName\":\"a\\\"b\",\"sentryOrgRole\":"
			       "\"x\\ny\","
			       "\"active\":false}",
			       "{\"id\":\"\\r\",\"userName\":\" a;b'\"}",
			       "{\"userName\":null,\"id\":[1,\"x\"],\"sentryOrgRole\":\"\","
			       "\"active\":7}",
			       "{\"userName\":\"\\u00e9\xc3\xa9\"}"}},
		"userName,sentryOrgRole,active,id\n"
		"ada@example.com,member,true,242\n"
		"\"a\"\"b\",\"x\ny\",false,\"1,2\"\n"
		" a;b',,,\"\r\"\n"
		",,7,\"[1,\"\"x\"\"]\"\n"
		"\xc3\xa9\xc3\xa9,,,\n");
	/* other resources have other columns; an array may be told by its length */
	expect(&(struct job){.format = OUTPUT_CSV,
		       .columns = out_teams,
		       .resources = {"{\"id\":\"5\",\"displayName\":\"T\",\"members\":[{},{}]}",
			       "{\"id\":\"6\",\"displayName\":\"U\",\"members\":[]}",
			       "{\"id\":\"7\",\"displayName\":\"V\"}"}},
		"displayName,members,id\nT,2,5\nU,0,6\nV,,7\n");
}

static void tables_are_aligned_by_what_the_eye_sees(void **state)
{
	(void)state;
	expect(&(struct job){.format = OUTPUT_TABLE, .resources = {ADA}},
		"USER NAME        ROLE    ACTIVE  ID\n"
		"ada@example.com  member  true    242\n");
	expect(&(struct job){.format = OUTPUT_TABLE,
		       .resources = {ADA,
			       "{\"userName\":\"\xe6\xbc\xa2\xe5\xad\x97\",\"id\":\"1\"}",
			       "{\"userName\":\"e\xcc\x81\",\"sentryOrgRole\":"
			       "\"\xf0\x9f\x98\x80\"}"}},
		"USER NAME        ROLE    ACTIVE  ID\n"
		"ada@example.com  member  true    242\n"
		"\xe6\xbc\xa2\xe5\xad\x97                             1\n"
		"e\xcc\x81                \xf0\x9f\x98\x80              \n");
	expect(&(struct job){.format = OUTPUT_TABLE, .color = true, .resources = {"{}"}},
		"\033[1mUSER NAME  ROLE  ACTIVE  ID\033[0m\n"
		"                         \n");
}

/* Nothing that a server sends may steer a terminal, wherever the table goes. */
static void tables_hold_no_control_characters(void **state)
{
	(void)state;
	expect(&(struct job){.format = OUTPUT_TABLE,
		       .resources = {"{\"userName\":\"\\u001b[31m\\u0000\\n\",\"id\":"
				     "\"\xe2\x80\xae\"}"}},
		"USER NAME         ROLE  ACTIVE  ID\n"
		"\\x1b[31m\\x00\\x0a                \\u{202e}\n");
}

static void narrow_terminals_cut_the_first_column(void **state)
{
	(void)state;
	expect(&(struct job){.format = OUTPUT_TABLE, .width = 32, .resources = {ADA}},
		"USER NAME     ROLE    ACTIVE  ID\n"
		"ada@example\xe2\x80\xa6  member  true    242\n");
	expect(&(struct job){.format = OUTPUT_TABLE, .width = 34, .resources = {ADA}},
		"USER NAME      ROLE    ACTIVE  ID\n"
		"ada@example.\xe2\x80\xa6  member  true    242\n");
	/* a wide character that would stick out is left away whole */
	expect(&(struct job){.format = OUTPUT_TABLE,
		       .width = 1,
		       .resources = {"{\"userName\":\"12345678901234\"}",
			       "{\"userName\":\"1234567890\xe6\xbc\xa2\xe6\xbc\xa2\"}"}},
		"USER NAME     ROLE  ACTIVE  ID\n"
		"12345678901\xe2\x80\xa6                \n"
		"1234567890\xe2\x80\xa6                 \n");
}

/* A table comes in parts; their columns never get narrower, so that all of it can be read. */
static void long_tables_come_in_parts(void **state)
{
	const struct settings settings = {.output = OUTPUT_TABLE};
	struct out out;
	size_t most = 0, before, lines = 0;
	struct str line, rest;
	int fd = scratch();
	bool ok = true;
	unsigned i;
	char text[200];

	(void)state;
	err_clear(&err);
	redirect(fd);
	out_init(&out, &settings, out_members, true);
	for (i = 0; ok && i < 5000; i++) {
		snprintf(text, sizeof(text), "{\"id\":\"%u\",\"userName\":\"%0*u@example.com\"}", i,
			i < 2500 ? 30 : 5, i);
		ok = out_resource(&out, str_of(text), &err);
		most = out.rows.len > most ? out.rows.len : most;
	}
	ok = ok && out_end(&out, &err);
	out_wipe(&out);
	restore();
	read_back(fd);
	assert_true(ok);
	assert_true(most < 40000);
	before = 0;
	rest = buf_str(&got);
	while (str_cut(rest, '\n', &line, &rest)) {
		struct str id, head;

		str_cut_last(line, ' ', &head, &id);
		assert_true(before == 0 || head.n == before);
		before = head.n;
		if (lines > 0) {
			snprintf(text, sizeof(text), "%zu", lines - 1);
			assert_true(str_is(id, text));
		}
		lines++;
	}
	assert_int_equal(lines, 5001);
}

static void json_on_a_terminal_is_still_the_same_json(void **state)
{
	(void)state;
	expect(&(struct job){.format = OUTPUT_JSON,
		       .terminal = true,
		       .resources = {"{\"x\":\"\xc2\x9b\x7f\xe2\x80\xae\xe2\x80\x8b\xef\xbb\xbf\","
				     "\"\xc3\xa9\": 1.50}"}},
		"{\"x\":\"\\u009b\\u007f\\u202e\\u200b\\ufeff\",\"\xc3\xa9\": 1.50}\n");
	expect(&(struct job){.format = OUTPUT_CSV,
		       .terminal = true,
		       .resources = {"{\"userName\":\"\\u001b]0;x\\u0007,\\n\",\"id\":\"1\"}"}},
		"userName,sentryOrgRole,active,id\n\"\\x1b]0;x\\x07,\\x0a\",,,1\n");
}

/* Every way to steer or to deceive that messages know of is known here too. */
static void json_on_a_terminal_hides_nothing_that_messages_show(void **state)
{
	struct buf text, shown, back;
	struct json_value v;
	uint32_t c;

	(void)state;
	buf_init(&text, 64);
	buf_init(&shown, 64);
	buf_init(&back, 64);
	for (c = 0x80; c < 0x110000; c = c == 0xd7ff ? 0xe000 : c + 1) {
		/* all that can differ lies below, but for the tags */
		if (c == 0x3000)
			c = 0xfe00;
		if (c == 0x10000)
			c = 0xe0000;
		if (c == 0xe1000)
			break;
		buf_clear(&text);
		buf_clear(&shown);
		buf_clear(&back);
		utf8_encode(c, &text);
		utf8_printable(buf_str(&text), &shown);
		if (str_equal(buf_str(&text), buf_str(&shown)))
			continue;
		buf_clear(&text);
		buf_add_text(&text, "{\"x\":\"");
		utf8_encode(c, &text);
		buf_add_text(&text, "\"}");
		run(&(struct job){
			.format = OUTPUT_JSON, .terminal = true, .resources = {buf_text(&text)}});
		if (utf8_valid(buf_str(&got)) && !str_contains(buf_str(&got), "\\u"))
			fail_msg("U+%04X reaches the terminal", (unsigned)c);
		assert_true(json_find(buf_str(&got), "x", &v));
		json_unescape(v.raw, &back);
		buf_clear(&text);
		utf8_encode(c, &text);
		assert_true(str_equal(buf_str(&back), buf_str(&text)));
	}
	buf_wipe(&text);
	buf_wipe(&shown);
	buf_wipe(&back);
}

/* A terminal of the test's own; its other end in *MASTER. */
static int terminal(int *master)
{
	struct winsize size = {.ws_col = 34};
	struct termios mode;
	int fd;

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	if (*master < 0 || grantpt(*master) != 0 || unlockpt(*master) != 0)
		abort();
	fd = open(ptsname(*master), O_RDWR | O_NOCTTY);
	if (fd < 0 || tcgetattr(fd, &mode) != 0)
		abort();
	mode.c_oflag &= ~(tcflag_t)OPOST;
	if (tcsetattr(fd, TCSANOW, &mode) != 0 || ioctl(fd, TIOCSWINSZ, &size) != 0)
		abort();
	return fd;
}

static void read_terminal(int master, const char *wanted)
{
	char text[1024];
	ssize_t n = read(master, text, sizeof(text) - 1);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, wanted);
}

static void what_a_terminal_gets(void **state)
{
	const struct settings settings = {.output = OUTPUT_AUTO};
	int master, fd = terminal(&master);
	struct out out;
	bool ok;

	(void)state;
	err_clear(&err);
	redirect(fd);
	out_init(&out, &settings, out_members, false);
	ok = out_resource(&out, str_of(ADA), &err) && out_end(&out, &err);
	restore();
	assert_true(ok);
	assert_true(out.terminal);
	assert_int_equal(out.format, OUTPUT_TABLE);
	out_wipe(&out);
	read_terminal(master,
		"USER NAME      ROLE    ACTIVE  ID\n"
		"ada@example.\xe2\x80\xa6  member  true    242\n");

	redirect(fd);
	ok = out_text(str_of("a\x1b[1m\n\tb\n"), &err);
	restore();
	assert_true(ok);
	read_terminal(master, "a\\x1b[1m\n\\x09b\n");

	redirect(fd);
	ok = out_json(str_of("{\n \"x\": \"\xe2\x80\xae\"\n}"), &err);
	restore();
	assert_true(ok);
	read_terminal(master, "{\n \"x\": \"\\u202e\"\n}\n");
	close(fd);
	close(master);
}

static void text_for_others_is_left_as_it_is(void **state)
{
	int fd = scratch();
	bool ok;

	(void)state;
	redirect(fd);
	ok = out_text(str_from("a\x1b\0\n\xff", 5), &err) && out_text(str_of(""), &err) &&
		out_json(str_of("{\"x\":\"\xe2\x80\xae\"}"), &err);
	restore();
	read_back(fd);
	assert_true(ok);
	assert_int_equal(got.len, 17);
	assert_memory_equal(got.data, "a\x1b\0\n\xff{\"x\":\"\xe2\x80\xae\"}\n", 17);
}

/* Output that is lost is an error, in every format and at every step. */
static void lost_output_is_an_error(void **state)
{
	static const enum output_format all[] = {
		OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_JSONL, OUTPUT_CSV};
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC), pipes[2];
	struct settings settings = {.output = OUTPUT_JSON};
	struct out out;
	size_t i;
	bool ok, ended;

	(void)state;
	assert_true(full >= 0 && pipe(pipes) == 0);
	close(pipes[0]);
	for (i = 0; i < sizeof all / sizeof all[0]; i++) {
		settings.output = all[i];
		err_clear(&err);
		redirect(i % 2 == 0 ? full : pipes[1]);
		out_init(&out, &settings, out_members, false);
		ok = out_resource(&out, str_of(ADA), &err) && out_end(&out, &err);
		out_wipe(&out);
		restore();
		assert_false(ok);
		assert_int_equal(err.kind, ERR_OUTPUT);
		assert_int_equal(err.number, i % 2 == 0 ? ENOSPC : EPIPE);
		assert_int_equal(err_exit_code(&err), 10);

		/* what ends a list can be lost too */
		if (all[i] == OUTPUT_JSONL)
			continue;
		err_clear(&err);
		redirect(full);
		out_init(&out, &settings, out_members, true);
		ended = out_end_list(&out, &err);
		out_wipe(&out);
		restore();
		assert_false(ended);
		assert_int_equal(err.kind, ERR_OUTPUT);
	}
	err_clear(&err);
	redirect(full);
	close(STDOUT_FILENO);
	ok = out_text(str_of("x"), &err);
	restore();
	assert_false(ok);
	assert_int_equal(err.kind, ERR_OUTPUT);
	assert_int_equal(err.number, EBADF);
	assert_non_null(strstr(err.text, "standard output"));

	/* the bracket that ends an array */
	settings.output = OUTPUT_JSON;
	err_clear(&err);
	redirect(scratch());
	out_init(&out, &settings, out_members, true);
	ok = out_resource(&out, str_of(ADA), &err);
	dup2(full, STDOUT_FILENO);
	ended = out_end(&out, &err);
	out_wipe(&out);
	restore();
	assert_true(ok);
	assert_false(ended);
	assert_int_equal(err.kind, ERR_OUTPUT);
	close(full);
	close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_the_servers_own),
		cmocka_unit_test(several_are_an_array),
		cmocka_unit_test(without_a_resource_nothing_is_written),
		cmocka_unit_test(json_lines_are_lines),
		cmocka_unit_test(csv_is_quoted_where_it_must_be),
		cmocka_unit_test(tables_are_aligned_by_what_the_eye_sees),
		cmocka_unit_test(tables_hold_no_control_characters),
		cmocka_unit_test(narrow_terminals_cut_the_first_column),
		cmocka_unit_test(long_tables_come_in_parts),
		cmocka_unit_test(json_on_a_terminal_is_still_the_same_json),
		cmocka_unit_test(json_on_a_terminal_hides_nothing_that_messages_show),
		cmocka_unit_test(what_a_terminal_gets),
		cmocka_unit_test(text_for_others_is_left_as_it_is),
		cmocka_unit_test(lost_output_is_an_error),
	};

	return cmocka_run_group_tests_name("out", tests, begin, end);
}
