#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "cmd/input.h"
#include "sys/console.h"

static char path[] = "/tmp/test_input.XXXXXX";
static struct buf document, said;
static struct arena arena;
static struct settings_input settings;
static struct str body;
static struct err err;

static int prepare(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	console_setup(0);
	return fd >= 0 && close(fd) == 0 ? 0 : -1;
}

static int tidy(void **state)
{
	(void)state;
	return unlink(path);
}

static int begin(void **state)
{
	(void)state;
	buf_init(&document, LIMIT_REQUEST_BODY);
	buf_init(&said, 1u << 16);
	arena_init(&arena, LIMIT_COMMAND_ARENA);
	settings = (struct settings_input){.token = NULL};
	body = str_of("untouched");
	err_clear(&err);
	return 0;
}

static int end(void **state)
{
	(void)state;
	buf_wipe(&document);
	buf_wipe(&said);
	arena_wipe(&arena);
	return 0;
}

static void write_file(struct str text)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(text.p, 1, text.n, file), text.n);
	assert_int_equal(fclose(file), 0);
}

/* Reads and understands TEXT; what goes to standard error meanwhile is in `said`. */
static bool take(const char *text)
{
	int pipes[2], saved;
	ssize_t n;
	bool ok;

	end(NULL);
	begin(NULL);
	write_file(str_of(text));
	if (pipe(pipes) != 0 || (saved = dup(STDERR_FILENO)) < 0 ||
		dup2(pipes[1], STDERR_FILENO) < 0)
		abort();
	close(pipes[1]);
	ok = input_object(path, &document, &err) &&
		input_document(path, buf_str(&document), &arena, &settings, &body, &err);
	dup2(saved, STDERR_FILENO);
	close(saved);
	while ((n = read(pipes[0], buf_room(&said, 4096), 4096)) > 0)
		buf_grew(&said, (size_t)n);
	close(pipes[0]);
	assert_int_equal(ok, err.kind == ERR_NONE);
	return ok;
}

static void expect_text(const char *text, const char *wanted)
{
	if (wanted == NULL)
		assert_null(text);
	else
		assert_string_equal(text, wanted);
}

static void documents_say_who_and_what(void **state)
{
	static const struct {
		const char *text, *token, *region, *org, *body;
	} rows[] = {
		{"{\"auth\":{\"token\":\"t\",\"region\":\"us\",\"organizationSlug\":\"acme\"},"
		 "\"body\":{\"userName\":\"a\",\"sentryOrgRole\":\"member\"}}",
			"t", "us", "acme", "{\"userName\":\"a\",\"sentryOrgRole\":\"member\"}"},
		{" {\n\t\"body\" : { \"n\" : 1.50 } ,\r\n \"auth\" : { } } \n", NULL, NULL, NULL,
			"{ \"n\" : 1.50 }"},
		{"{\"auth\":{\"token\":\"\\u0073\\\"\\ud83d\\ude00\"}}", "s\"\xf0\x9f\x98\x80",
			NULL, NULL, ""},
		{"{\"\\u0061uth\":{\"tok\\u0065n\":\"t\"},\"b\\u006fdy\":{}}", "t", NULL, NULL,
			"{}"},
		{"{\"auth\":{\"token\":\"\",\"region\":\"\"}}", "", "", NULL, ""},
		{"{}", NULL, NULL, NULL, ""},
		/* null is as if it were not there */
		{"{\"auth\":null,\"body\":null}", NULL, NULL, NULL, ""},
		{"{\"auth\":{\"token\":null,\"region\":null,\"organizationSlug\":\"o\"}}", NULL,
			NULL, "o", ""},
		/* names inside the body are the body's */
		{"{\"body\":{\"auth\":{\"token\":\"no\"},\"token\":\"no\"}}", NULL, NULL, NULL,
			"{\"auth\":{\"token\":\"no\"},\"token\":\"no\"}"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!take(rows[i].text))
			fail_msg("%s: %s", rows[i].text, err.text);
		expect_text(settings.token, rows[i].token);
		expect_text(settings.region, rows[i].region);
		expect_text(settings.org, rows[i].org);
		assert_true(str_is(body, rows[i].body));
		assert_string_equal(buf_text(&said), "");
	}
}

/* The settings outlive the document, which is wiped. */
static void settings_are_copies(void **state)
{
	(void)state;
	assert_true(take("{\"auth\":{\"token\":\"token\",\"region\":\"us\"}}"));
	buf_wipe(&document);
	assert_string_equal(settings.token, "token");
	assert_string_equal(settings.region, "us");
}

static void faults_have_a_place(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"", "1:1: unexpected end"},
		{"\n\n  ", "3:3: unexpected end"},
		{"[]", "1:1: a value that is not an object"},
		{"\n \"text\"", "2:2: a value that is not an object"},
		{"{\"auth\":{},}", "1:12: no quoted name"},
		{"{\"auth\":{}\n\"body\":{}}", "2:1: no comma or closing bracket"},
		{"{\n\"auth\" {}}", "2:8: no colon"},
		{"{} x", "1:4: something behind the end"},
		{"{\"a\":1}\n{}", "2:1: something behind the end"},
		{"\xef\xbb\xbf{}", "1:1: a byte order mark"},
		{"{\"a\":\"\xff\"}", "1:7: a byte that is not UTF-8"},
		{"{\"a\":01}", "1:7: "},
		{"{'a':1}", "1:2: no quoted name"},
		{"{\"a\":1 /* x */}", "1:8: no comma or closing bracket"},
		/* duplicates at any depth, with escapes undone */
		{"{\"auth\":{},\n \"auth\":{}}",
			"2:2: a name that stands in the same object twice"},
		{"{\"body\":{\"userName\":1,\"user\\u004eame\":2}}",
			"1:23: a name that stands in the same object twice"},
		{"{\"body\":{\"x\":[{\"y\":1,\"y\":2}]}}", "1:22: a name that stands"},
		/* wrong types */
		{"{\"auth\":[]}", "1:9: this must be an object"},
		{"{\n  \"auth\": \"t\"}", "2:11: this must be an object"},
		{"{\"body\":7}", "1:9: this must be an object"},
		{"{\"body\":[{}]}", "1:9: this must be an object"},
		{"{\"auth\":{\"token\":7}}", "1:18: this must be a string"},
		{"{\"auth\":{\n\"region\":\n{}}}", "3:1: this must be a string"},
		{"{\"auth\":{\"organizationSlug\":true}}", "1:29: this must be a string"},
		{"{\"auth\":{\"token\":\"a\\u0000b\"}}", "1:18: this text holds a NUL"},
	};
	char wanted[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_false(take(rows[i].text));
		assert_int_equal(err.kind, ERR_INPUT);
		assert_int_equal(err_exit_code(&err), 2);
		snprintf(wanted, sizeof(wanted), "%s:%s", path, rows[i].says);
		if (!str_starts(str_of(err.text), wanted))
			fail_msg("%s: %s", rows[i].text, err.text);
	}
}

/* A token stands in the document: faults tell places, never its text. */
static void faults_do_not_quote(void **state)
{
	(void)state;
	assert_false(take("{\"auth\":{\"token\":\"sntryi_canary\"},,}"));
	assert_null(strstr(err.text, "canary"));
	assert_false(take("{\"auth\":{\"token\":[\"sntryi_canary\"]}}"));
	assert_null(strstr(err.text, "canary"));
	assert_false(take("{\"auth\":\"sntryi_canary\"}"));
	assert_null(strstr(err.text, "canary"));
}

static void unknown_names_are_warned_about(void **state)
{
	(void)state;
	assert_true(take("{\"auth\":{\"token\":\"t\",\"org\":\"acme\",\"x\":{\"y\":[1]}},"
			 "\"bodies\":[{\"z\":1}],\"body\":{\"anything\":1}}"));
	assert_string_equal(buf_text(&said),
		"sentry-scim: warning: 'bodies' in the top of the input document means nothing\n"
		"sentry-scim: warning: 'org' in 'auth' of the input document means nothing\n"
		"sentry-scim: warning: 'x' in 'auth' of the input document means nothing\n");
	assert_string_equal(settings.token, "t");
	assert_true(str_is(body, "{\"anything\":1}"));
	/* case counts, as everywhere in JSON */
	assert_true(take("{\"Auth\":{\"token\":\"t\"}}"));
	assert_null(settings.token);
	assert_non_null(strstr(buf_text(&said), "'Auth'"));
}

static void files_that_cannot_be_read_are_named(void **state)
{
	(void)state;
	assert_false(input_object("/nonexistent/file", &document, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.text, "/nonexistent/file"));
	err_clear(&err);
	write_file(str_of("{\"a\":\"0123456789\"}"));
	document.max = 10;
	assert_false(input_object(path, &document, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.text, "more than 10 bytes"));
}

static void standard_input_has_a_name_of_its_own(void **state)
{
	int saved = dup(STDIN_FILENO), fd;

	(void)state;
	write_file(str_of("{\n \"a\" 1}"));
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
	close(fd);
	assert_false(input_object("-", &document, &err));
	assert_string_equal(err.text, "standard input:2:6: no colon behind a name");

	write_file(str_of("{\"a\":1}"));
	buf_clear(&document);
	err_clear(&err);
	assert_int_equal(lseek(STDIN_FILENO, 0, SEEK_SET), 0);
	assert_true(input_object("-", &document, &err));
	assert_string_equal(buf_text(&document), "{\"a\":1}");
	dup2(saved, STDIN_FILENO);
	close(saved);
}

static void no_room_is_no_fault_of_the_document(void **state)
{
	(void)state;
	write_file(str_of("{\"auth\":{\"token\":\"t\"}}"));
	assert_true(input_object(path, &document, &err));
	arena.max = 0;
	assert_false(input_document(path, buf_str(&document), &arena, &settings, &body, &err));
	assert_int_equal(err.kind, ERR_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(documents_say_who_and_what, begin, end),
		cmocka_unit_test_setup_teardown(settings_are_copies, begin, end),
		cmocka_unit_test_setup_teardown(faults_have_a_place, begin, end),
		cmocka_unit_test_setup_teardown(faults_do_not_quote, begin, end),
		cmocka_unit_test_setup_teardown(unknown_names_are_warned_about, begin, end),
		cmocka_unit_test_setup_teardown(files_that_cannot_be_read_are_named, begin, end),
		cmocka_unit_test_setup_teardown(standard_input_has_a_name_of_its_own, begin, end),
		cmocka_unit_test_setup_teardown(no_room_is_no_fault_of_the_document, begin, end),
	};

	return cmocka_run_group_tests_name("input", tests, prepare, tidy);
}
