#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/str.h"
#include "cmd/opt.h"

#define MOST_WORDS 24

static struct arena arena;
static struct opts opts;
static struct err err;

/* Parses LINE, words parted by single blanks; "''" is an empty word. */
static bool parse(const char *line)
{
	static char text[512];
	static char program[] = "sentry-scim";
	char *argv[MOST_WORDS + 1];
	int argc = 1;
	char *at;

	arena_wipe(&arena);
	arena_init(&arena, LIMIT_COMMAND_ARENA);
	err_clear(&err);
	assert_true(strlen(line) < sizeof text);
	memcpy(text, line, strlen(line) + 1);
	argv[0] = program;
	for (at = text; *at != '\0';) {
		char *end = at + strcspn(at, " ");

		assert_true(argc < MOST_WORDS);
		argv[argc++] = at;
		at = *end == ' ' ? end + 1 : end;
		*end = '\0';
		if (strcmp(argv[argc - 1], "''") == 0)
			argv[argc - 1][0] = '\0';
	}
	argv[argc] = NULL;
	return opt_parse(argc, argv, &arena, &opts, &err);
}

static void parses(const char *line)
{
	if (!parse(line))
		fail_msg("'%s': %s", line, err.text);
}

/* LINE is wrong, and the message holds TEXT. */
static void fails(const char *line, const char *text)
{
	if (parse(line))
		fail_msg("'%s' was taken", line);
	assert_int_equal(err.kind, ERR_USAGE);
	if (!str_contains(str_of(err.text), text))
		fail_msg("'%s': '%s' lacks '%s'", line, err.text, text);
	assert_true(err.hint[0] != '\0');
}

static const char *command(void)
{
	return opts.command != NULL ? opts.command->words : "none";
}

static void options_stand_anywhere(void **state)
{
	static const char *const lines[] = {
		"member create a@x b@x --org acme -o json",
		"--org acme -o json member create a@x b@x",
		"member --org acme create -o json a@x b@x",
		"member create a@x --org acme b@x -o json",
		"member create --org=acme -ojson a@x b@x",
		"member create --org=acme --output=json -- a@x b@x",
		"--org acme --output json -- member create a@x b@x",
		"provision a@x b@x --org acme --output json",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		parses(lines[i]);
		assert_string_equal(command(), "member create");
		assert_int_equal(opts.arg_count, 2);
		assert_string_equal(opts.args[0], "a@x");
		assert_string_equal(opts.args[1], "b@x");
		assert_string_equal(opt_value(&opts, OPT_ORG), "acme");
		assert_string_equal(opt_value(&opts, OPT_OUTPUT), "json");
	}
}

static void two_dashes_end_the_options(void **state)
{
	(void)state;
	parses("member create -- --org -v --");
	assert_int_equal(opts.arg_count, 3);
	assert_string_equal(opts.args[0], "--org");
	assert_string_equal(opts.args[2], "--");
	assert_false(opt_given(&opts, OPT_ORG));
}

static void one_dash_is_an_argument_and_a_value(void **state)
{
	(void)state;
	parses("member create - --body -");
	assert_int_equal(opts.arg_count, 1);
	assert_string_equal(opts.args[0], "-");
	assert_string_equal(opt_value(&opts, OPT_BODY), "-");
}

static void letters_cluster_as_with_getopt(void **state)
{
	(void)state;
	parses("-vv member list -v");
	assert_int_equal(opts.given[OPT_VERBOSE].count, 3);
	parses("member list -qo json");
	assert_true(opt_given(&opts, OPT_QUIET));
	assert_string_equal(opt_value(&opts, OPT_OUTPUT), "json");
	parses("member list -qojson");
	assert_string_equal(opt_value(&opts, OPT_OUTPUT), "json");
	parses("member list -4qn");
	assert_true(opt_given(&opts, OPT_IPV4) && opt_given(&opts, OPT_DRY_RUN));
	fails("member list -qz", "unknown option -z");
	fails("member list -qo", "--output wants a value (FORMAT)");
}

static void values_are_kept_in_order(void **state)
{
	const struct opt_values *set = &opts.given[OPT_SET];

	(void)state;
	parses("member create --set a=1 x --set=b:=2 --set c=");
	assert_int_equal(set->count, 3);
	assert_string_equal(set->values[0], "a=1");
	assert_string_equal(set->values[1], "b:=2");
	assert_string_equal(set->values[2], "c=");
	/* A value may look like an option, as with getopt. */
	parses("member create x --role --org");
	assert_string_equal(opt_value(&opts, OPT_ROLE), "--org");
	assert_null(opt_value(&opts, OPT_ORG));
}

static void values_are_checked(void **state)
{
	(void)state;
	fails("member list --org", "--org wants a value (SLUG)");
	fails("member list --org=", "the value of --org is empty");
	fails("member list --org ''", "the value of --org is empty");
	fails("member list --quiet=1", "--quiet takes no value");
	fails("member list --output xml", "auto, table, json, jsonl or csv, not 'xml'");
	fails("member list -o JSON", "not 'JSON'");
	fails("member create a --if-exists o", "fail, ok or update, not 'o'");
	fails("member list --org a --org b", "--org is given twice");
	fails("member list -o json --output json", "--output is given twice");
	parses("member list --no-proxy ''");
	assert_string_equal(opt_value(&opts, OPT_NO_PROXY), "");
	parses("member list --quiet -q");
}

static void every_single_valued_option_is_refused_twice(void **state)
{
	unsigned i;
	char line[160];

	(void)state;
	for (i = 0; i < OPT_COUNT; i++) {
		const struct opt_spec *o = &opt_table[i];
		const char *value = o->choices == NULL ? "x" : o->choices;
		int len = (int)strcspn(value, "|");

		if (o->value == NULL)
			continue;
		snprintf(line, sizeof line, "member create a --%s %.*s --%s=%.*s", o->name, len,
			value, o->name, len, value);
		if (o->repeatable)
			parses(line);
		else
			fails(line, "given twice");
	}
}

static void unknown_options_name_the_nearest(void **state)
{
	(void)state;
	fails("member create a --orgg acme", "unknown option --orgg; did you mean --org?");
	assert_string_equal(err.hint, "run `sentry-scim help member create`");
	fails("member list --ogr acme", "did you mean --org?");
	fails("member list --verbos", "did you mean --verbose?");
	fails("member list --no-colour", "did you mean --no-color?");
	fails("member list --conn 3", "did you mean --connect-timeout?");
	fails("member list --xyzzyplugh", "unknown option --xyzzyplugh");
	assert_null(strstr(err.text, "did you mean"));
	fails("member list ---", "unknown option");
	fails("member list --=x", "unknown option");
}

static void what_must_not_exist_is_explained(void **state)
{
	(void)state;
	fails("member list --insecure", "verification cannot be switched off");
	fails("member list --token sntryu_canary", "--token-file");
	assert_null(strstr(err.text, "canary"));
	fails("member list --auth-token=sntryu_canary", "--token-file");
	assert_null(strstr(err.text, "canary"));
	fails("member list --tokn=sntryu_canary", "unknown option --tokn");
	assert_null(strstr(err.text, "canary"));
	fails("sntryu_canary", "unknown command `[token]`");
	fails("member sntryi_canary", "unknown command `member [token]`");
	fails("member list sntryi_canary", "but '[token]' is given");
	fails("member get 1 sntryi_canary", "but '[token]' is given too");
	fails("member list -o sntryi_canary", "not '[token]'");
}

static void options_belong_to_commands(void **state)
{
	(void)state;
	fails("member list --role member", "--role does not belong to `member list`");
	fails("version --org acme", "--org does not belong to `version`");
	fails("config check --org acme", "--org does not belong to `config check`");
	parses("config check -o json");
	parses("config --org acme");
	fails("--if-exists ok member get 1", "--if-exists does not belong to `member get`");
}

static void arguments_are_counted(void **state)
{
	(void)state;
	parses("member create");
	fails("member list x", "`member list` takes no argument, but 'x' is given");
	fails("member get", "`member get` wants MEMBER");
	fails("member get 1 2", "`member get` takes MEMBER only, but '2' is given too");
	fails("team add core", "`team add` wants TEAM MEMBER...");
	parses("team add core 1 2 3 4");
	assert_int_equal(opts.arg_count, 5);
}

static void the_longest_command_counts(void **state)
{
	(void)state;
	parses("config");
	assert_string_equal(command(), "config");
	parses("config check");
	assert_string_equal(command(), "config check");
	fails("config chekc", "takes no argument");
}

static void no_command_is_no_error(void **state)
{
	(void)state;
	parses("");
	assert_string_equal(command(), "none");
	parses("-v --org x");
	assert_string_equal(command(), "none");
}

static void unknown_commands_name_the_nearest(void **state)
{
	(void)state;
	fails("member",
		"`member` wants one of its commands: member create, member list or member "
		"get");
	assert_string_equal(err.hint, "run `sentry-scim help member`");
	fails("team", "`team` wants one of its commands: team add");
	fails("member crate a@x", "unknown command `member crate`; did you mean `member create`?");
	fails("memebr list", "did you mean `member list`?");
	fails("member frobnicate", "there are member create, member list or member get");
	fails("provison a@x", "did you mean `provision`?");
	fails("verison", "did you mean `version`?");
	fails("frobnicate", "unknown command `frobnicate`");
	assert_null(strstr(err.text, "did you mean"));
	fails("''", "unknown command ``");
}

static void help_and_version_work_anywhere(void **state)
{
	(void)state;
	parses("--help");
	assert_true(opt_given(&opts, OPT_HELP));
	parses("member get --help");
	assert_string_equal(command(), "member get");
	parses("-h member list x y z");
	parses("member list --role r --help");
	parses("member --help");
	assert_string_equal(command(), "none");
	assert_int_equal(opts.arg_count, 1);
	assert_string_equal(opts.args[0], "member");
	parses("frobnicate --help");
	assert_string_equal(opts.args[0], "frobnicate");
	parses("help member create");
	assert_string_equal(command(), "help");
	assert_int_equal(opts.arg_count, 2);
	parses("member get --version");
	parses("-V");
	assert_true(opt_given(&opts, OPT_VERSION));
	fails("--help --frob", "unknown option --frob");
}

/* The help of the command that was meant, wherever the fault stands. */
static void hints_name_the_command(void **state)
{
	(void)state;
	fails("--frob member list", "unknown option --frob");
	assert_string_equal(err.hint, "run `sentry-scim help member list`");
	fails("member list --org", "wants a value");
	assert_string_equal(err.hint, "run `sentry-scim help member list`");
	fails("--org", "wants a value");
	assert_string_equal(err.hint, "run `sentry-scim help`");
}

static void nearness_counts_letters(void **state)
{
	static const char *const words[] = {"create", "list", "status", "x"};

	(void)state;
	assert_string_equal(opt_nearest("craete", words, 4), "create");
	assert_string_equal(opt_nearest("creat", words, 4), "create");
	assert_string_equal(opt_nearest("lst", words, 4), "list");
	assert_string_equal(opt_nearest("sta", words, 4), "status");
	assert_null(opt_nearest("delete-all", words, 4));
	assert_null(opt_nearest("", words, 4));
	assert_null(opt_nearest("y", words, 4));
	assert_null(opt_nearest(
		"a-word-that-is-far-longer-than-any-option-or-command-could-ever-be", words, 4));
}

static void the_table_is_whole(void **state)
{
	unsigned i, j;

	(void)state;
	for (i = 0; i < OPT_COUNT; i++) {
		const struct opt_spec *o = &opt_table[i];

		assert_non_null(o->name);
		assert_non_null(o->help);
		assert_true(o->group != 0);
		assert_true(o->help[strlen(o->help) - 1] != '.');
		assert_true(o->choices == NULL || o->value != NULL);
		for (j = 0; j < i; j++) {
			assert_string_not_equal(o->name, opt_table[j].name);
			assert_true(o->letter == '\0' || o->letter != opt_table[j].letter);
		}
	}
}

static void memory_that_runs_out_is_an_error(void **state)
{
	static char program[] = "p", word[] = "version";
	char *argv[] = {program, word, NULL};
	struct arena none;

	(void)state;
	arena_init(&none, 0);
	err_clear(&err);
	assert_false(opt_parse(2, argv, &none, &opts, &err));
	assert_int_equal(err.kind, ERR_MEMORY);
	arena_wipe(&none);
}

static int release(void **state)
{
	(void)state;
	arena_wipe(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(one_dash_is_an_argument_and_a_value),
		cmocka_unit_test(letters_cluster_as_with_getopt),
		cmocka_unit_test(values_are_kept_in_order),
		cmocka_unit_test(values_are_checked),
		cmocka_unit_test(every_single_valued_option_is_refused_twice),
		cmocka_unit_test(unknown_options_name_the_nearest),
		cmocka_unit_test(what_must_not_exist_is_explained),
		cmocka_unit_test(options_belong_to_commands),
		cmocka_unit_test(arguments_are_counted),
		cmocka_unit_test(the_longest_command_counts),
		cmocka_unit_test(no_command_is_no_error),
		cmocka_unit_test(unknown_commands_name_the_nearest),
		cmocka_unit_test(help_and_version_work_anywhere),
		cmocka_unit_test(hints_name_the_command),
		cmocka_unit_test(nearness_counts_letters),
		cmocka_unit_test(the_table_is_whole),
		cmocka_unit_test(memory_that_runs_out_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
