#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/help.h"
#include "cmd/help_text.h"

/* Most that all prose of help and manual may take in the program. */
#define PROSE_MAX (17u * 1024u)

static struct buf out;

static int begin(void **state)
{
	(void)state;
	buf_init(&out, HELP_MAX);
	return 0;
}

static int end(void **state)
{
	(void)state;
	buf_wipe(&out);
	return 0;
}

static void has(const char *text)
{
	if (strstr(buf_text(&out), text) == NULL)
		fail_msg("'%s' is missing in:\n%s", text, buf_text(&out));
}

static void has_not(const char *text)
{
	if (strstr(buf_text(&out), text) != NULL)
		fail_msg("'%s' must not be in:\n%s", text, buf_text(&out));
}

/* No line over 80 columns, none that ends in a blank, and the text ends as lines do. */
static void is_tidy(void)
{
	struct str rest = buf_str(&out), line;

	assert_false(out.failed);
	assert_true(rest.n > 0 && rest.p[rest.n - 1] == '\n');
	while (rest.n > 0) {
		str_cut(rest, '\n', &line, &rest);
		if (line.n > 80)
			fail_msg("%zu columns: %.*s", line.n, STR_ARG(line));
		if (line.n > 0 && line.p[line.n - 1] == ' ')
			fail_msg("blanks at the end: '%.*s'", STR_ARG(line));
	}
}

static void the_overview_has_everything_at_hand(void **state)
{
	const struct cmd_spec *c;
	const struct help_entry *entry;

	(void)state;
	help_overview(&out);
	is_tidy();
	has("Usage: sentry-scim [OPTIONS] COMMAND [ARGUMENTS]\n");
	has("\nCommands on a member:\n");
	has("\nCommands on a team:\n");
	has("(alias provision)");
	for (c = cmd_table; c->words != NULL; c++)
		has(c->words);
	for (entry = help_environment; entry->term != NULL; entry++)
		has(entry->term);
	for (entry = help_exit_codes; entry->term != NULL; entry++)
		has(entry->term);
	/* Each noun once. */
	assert_null(strstr(strstr(buf_text(&out), "on a member:") + 1, "on a member:"));
}

static void a_command_is_explained(void **state)
{
	(void)state;
	help_command(&cmd_table[0], &out);
	is_tidy();
	has("Usage: sentry-scim member create [OPTIONS] [USERNAME...]\n");
	has("Alias: sentry-scim provision\n");
	has("\nProvision organization members.\n\nFirst paragraph, which is long enough that it "
	    "must "
	    "be broken into more than one\nline of text.\n\nSecond paragraph: a \\ stands "
	    "here.\n\n");
	has("\nOptions of this command:\n      --role ROLE");
	has("(fail|ok|update)");
	has("  -o, --output FORMAT       what");
	has("      --set KEY=TEXT|KEY:=JSON\n                            set an attribute");
	has("\nExamples:\n  sentry-scim provision ada@example.com\n"
	    "  sentry-scim member create --body - <body.json\n");
}

static void what_a_command_does_not_take_is_not_shown(void **state)
{
	(void)state;
	help_command(&cmd_table[1], &out);
	is_tidy();
	has("Usage: sentry-scim member list [OPTIONS]\n");
	has_not("--role");
	has_not("Options of this command");
	has_not("Examples");
	has_not("Alias");
	buf_clear(&out);
	help_command(&cmd_table[4], &out);
	has("--output");
	has_not("--org");
}

/* Every option is in the help of every command that takes it, and in no other. */
static void every_option_is_where_it_belongs(void **state)
{
	const struct cmd_spec *c;
	unsigned i;

	(void)state;
	for (c = cmd_table; c->words != NULL; c++) {
		buf_clear(&out);
		help_command(c, &out);
		is_tidy();
		for (i = 0; i < OPT_COUNT; i++) {
			char row[64];

			snprintf(row, sizeof row, " --%s%s%s", opt_table[i].name,
				opt_table[i].value != NULL ? " " : "",
				opt_table[i].value != NULL ? opt_table[i].value : " ");
			if (opt_belongs((enum opt_id)i, c))
				has(row);
			else
				has_not(row);
		}
	}
	/* None of them belongs nowhere: one command of the table takes all. */
	for (i = 0; i < OPT_COUNT; i++)
		assert_true(opt_belongs((enum opt_id)i, &cmd_table[0]));
}

static void a_noun_lists_its_commands(void **state)
{
	(void)state;
	help_noun("member", &out);
	is_tidy();
	has("Usage: sentry-scim member COMMAND");
	has("  member create");
	has("  member get MEMBER");
	has_not("  team");
	has_not("  config");
}

static void begins_with(const char *text)
{
	assert_memory_equal(buf_text(&out), text, strlen(text));
	buf_clear(&out);
}

static void topics_are_found(void **state)
{
	const char *const create[] = {"member", "create"}, *const alias[] = {"provision"},
			  *const noun[] = {"member"}, *const wrong[] = {"member", "crate"},
			  *const unknown[] = {"frobnicate"};
	struct err e;

	(void)state;
	err_clear(&e);
	assert_true(help_topic(0, NULL, &out, &e));
	begins_with("sentry-scim: provision");
	assert_true(help_topic(2, create, &out, &e));
	begins_with("Usage: sentry-scim member create ");
	assert_true(help_topic(1, alias, &out, &e));
	begins_with("Usage: sentry-scim member create ");
	assert_true(help_topic(1, noun, &out, &e));
	begins_with("Usage: sentry-scim member COMMAND");
	assert_false(help_topic(2, wrong, &out, &e));
	assert_int_equal(e.kind, ERR_USAGE);
	assert_non_null(strstr(e.text, "did you mean `member create`?"));
	err_clear(&e);
	assert_false(help_topic(1, unknown, &out, &e));
	assert_int_equal(err_exit_code(&e), 2);
	assert_non_null(strstr(e.hint, "sentry-scim help"));
	assert_int_equal(out.len, 0);
}

static void the_manual_has_its_sections(void **state)
{
	static const char *const sections[] = {"NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS",
		"OPTIONS", "ROSTERS", "WHAT HAPPENS WHEN THE NETWORK FAILS", "ENVIRONMENT", "FILES",
		"EXIT STATUS", "EXAMPLES", "SECURITY CONSIDERATIONS"};
	const char *at;
	char line[64];
	size_t i;

	(void)state;
	help_man(&out);
	is_tidy();
	begins_with(".Dd ");
	help_man(&out);
	at = buf_text(&out);
	for (i = 0; i < sizeof sections / sizeof sections[0]; i++) {
		snprintf(line, sizeof line, "\n.Sh %s\n", sections[i]);
		at = strstr(at, line);
		if (at == NULL)
			fail_msg("section %s is missing or out of order", sections[i]);
	}
}

static void the_manual_has_every_option_and_command(void **state)
{
	const struct cmd_spec *c;
	const struct help_entry *entry;
	const enum opt_id *own;
	unsigned i;
	char row[96];

	(void)state;
	help_man(&out);
	for (i = 0; i < OPT_COUNT; i++) {
		snprintf(row, sizeof row, "Fl Fl %s%s", opt_table[i].name,
			opt_table[i].value != NULL ? " Ar " : "\n");
		has(row);
	}
	for (c = cmd_table; c->words != NULL; c++) {
		snprintf(row, sizeof row, "\n.It Ic %s", c->words);
		has(row);
	}
	for (entry = help_exit_codes; entry->term != NULL; entry++) {
		snprintf(row, sizeof row, "\n.It %s\n", entry->term);
		has(row);
	}
	has(".It Fl o , Fl Fl output Ar \"FORMAT\"\n");
	has("Options of its own:\n.Fl Fl role ,\n.Fl Fl set ,\n");
	for (own = cmd_table[0].options; *own != OPT_COUNT; own++) {
		snprintf(row, sizeof row, ".Fl Fl %s %s\n", opt_table[*own].name,
			own[1] != OPT_COUNT ? "," : ".");
		has(row);
	}
}

/* roff would take them for something else. */
static void the_manual_escapes_what_roff_reads(void **state)
{
	struct str rest, line;

	(void)state;
	help_man(&out);
	has("Second paragraph: a \\e stands here.");
	for (rest = buf_str(&out); rest.n > 0;) {
		str_cut(rest, '\n', &line, &rest);
		if (line.n > 1 && line.p[0] == '.')
			assert_true(line.p[1] >= 'A' && line.p[1] <= 'Z');
		assert_true(line.n > 0 && line.p[0] != '\'');
	}
}

static void a_buffer_too_small_is_told(void **state)
{
	struct err e;

	(void)state;
	err_clear(&e);
	buf_init(&out, 100);
	assert_false(help_topic(0, NULL, &out, &e));
	assert_int_equal(e.kind, ERR_MEMORY);
}

static size_t entries_size(const struct help_entry *entry)
{
	size_t n = 0;

	for (; entry->term != NULL; entry++)
		n += strlen(entry->term) + strlen(entry->text);
	return n;
}

/* The command table's own share is left out here: it is not in this program. */
static void the_prose_is_within_its_budget(void **state)
{
	size_t n = strlen(help_summary) + strlen(help_description) + strlen(help_file_keys) +
		strlen(help_rosters) + strlen(help_network) + strlen(help_security) +
		entries_size(help_environment) + entries_size(help_exit_codes) +
		entries_size(help_files);
	unsigned i;

	(void)state;
	for (i = 0; i < OPT_COUNT; i++)
		n += strlen(opt_table[i].name) + strlen(opt_table[i].help);
	assert_true(n <= PROSE_MAX / 2);
}

#define help_test(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		help_test(the_overview_has_everything_at_hand),
		help_test(a_command_is_explained),
		help_test(what_a_command_does_not_take_is_not_shown),
		help_test(every_option_is_where_it_belongs),
		help_test(a_noun_lists_its_commands),
		help_test(topics_are_found),
		help_test(the_manual_has_its_sections),
		help_test(the_manual_has_every_option_and_command),
		help_test(the_manual_escapes_what_roff_reads),
		help_test(a_buffer_too_small_is_told),
		help_test(the_prose_is_within_its_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
