#include "cmd/help.h"

#include <string.h>

#include "base/str.h"
#include "cmd/help_text.h"

#define WIDTH 79
/* Where lists have their explanations. */
#define COLUMN 28

static void blanks(struct buf *out, size_t count)
{
	while (count-- > 0)
		buf_add_char(out, ' ');
}

/*
 * Fills TEXT into lines that begin at INDENT, the cursor being at COLUMN already, and ends the
 * last one. An empty line in TEXT stays one.
 */
static void fill(struct buf *out, size_t indent, size_t column, const char *text)
{
	bool first = true;

	while (*text != '\0') {
		size_t n = strcspn(text, " \n");

		if (!first && column + 1 + n > WIDTH) {
			buf_add_char(out, '\n');
			first = true;
			column = 0;
		}
		if (first && column < indent) {
			blanks(out, indent - column);
			column = indent;
		}
		if (!first) {
			buf_add_char(out, ' ');
			column++;
		}
		buf_add(out, text, n);
		column += n;
		first = false;
		text += n;
		if (*text == '\n') {
			buf_add_text(out, text[1] == '\n' ? "\n\n" : "\n");
			first = true;
			column = 0;
			text += strspn(text, "\n");
		} else if (*text == ' ') {
			text++;
		}
	}
	buf_add_char(out, '\n');
}

/* A row of a list: the term has been appended since the offset START of OUT. */
static void explain(struct buf *out, size_t start, const char *text)
{
	size_t column = out->len - start;

	if (column + 2 > COLUMN) {
		buf_add_char(out, '\n');
		column = 0;
	}
	fill(out, COLUMN, column, text);
}

static void list(struct buf *out, const char *title, const struct help_entry *entries)
{
	size_t start;

	buf_addf(out, "\n%s:\n", title);
	for (; entries->term != NULL; entries++) {
		start = out->len;
		buf_addf(out, "  %s", entries->term);
		explain(out, start, entries->text);
	}
}

static void option_row(enum opt_id id, struct buf *out)
{
	const struct opt_spec *o = &opt_table[id];
	struct buf text;
	size_t start = out->len;

	if (o->letter != '\0')
		buf_addf(out, "  -%c, --%s", o->letter, o->name);
	else
		buf_addf(out, "      --%s", o->name);
	if (o->value != NULL)
		buf_addf(out, " %s", o->value);
	buf_init(&text, 512);
	buf_add_text(&text, o->help);
	if (o->choices != NULL)
		buf_addf(&text, " (%s)", o->choices);
	explain(out, start, buf_text(&text));
	buf_wipe(&text);
}

static void command_row(const struct cmd_spec *c, struct buf *out)
{
	size_t start = out->len;
	struct buf text;

	buf_addf(out, "  %s%s%s", c->words, c->arguments[0] != '\0' ? " " : "", c->arguments);
	buf_init(&text, 512);
	buf_add_text(&text, c->summary);
	if (c->alias != NULL)
		buf_addf(&text, " (alias %s)", c->alias);
	explain(out, start, buf_text(&text));
	buf_wipe(&text);
}

static struct str noun_of(const struct cmd_spec *c)
{
	struct str noun, rest;

	return str_cut(str_of(c->words), ' ', &noun, &rest) ? noun : str_of("");
}

static void commands_of(struct str noun, struct buf *out)
{
	const struct cmd_spec *c;

	for (c = cmd_table; c->words != NULL; c++)
		if (str_equal(noun_of(c), noun))
			command_row(c, out);
}

static bool noun_came_before(const struct cmd_spec *command)
{
	const struct cmd_spec *c;

	for (c = cmd_table; c != command; c++)
		if (str_equal(noun_of(c), noun_of(command)))
			return true;
	return false;
}

static void commands_by_noun(struct buf *out)
{
	const struct cmd_spec *c;
	bool others = false;

	for (c = cmd_table; c->words != NULL; c++) {
		struct str noun = noun_of(c);

		if (noun.n == 0)
			others = true;
		if (noun.n == 0 || noun_came_before(c))
			continue;
		buf_addf(out, "\nCommands on a %.*s:\n", STR_ARG(noun));
		commands_of(noun, out);
	}
	if (others) {
		buf_add_text(out, "\nOther commands:\n");
		commands_of(str_of(""), out);
	}
}

void help_overview(struct buf *out)
{
	static const enum opt_id used_most[] = {OPT_TOKEN_FILE, OPT_ORG, OPT_REGION, OPT_URL,
		OPT_OUTPUT, OPT_DRY_RUN, OPT_QUIET, OPT_VERBOSE, OPT_HELP, OPT_VERSION};
	unsigned i;

	buf_addf(out, "sentry-scim: %s\n\n", help_summary);
	buf_add_text(out, "Usage: sentry-scim [OPTIONS] COMMAND [ARGUMENTS]\n");
	commands_by_noun(out);
	buf_add_text(
		out, "\nThe options used most (`sentry-scim help COMMAND` has all of them):\n");
	for (i = 0; i < sizeof used_most / sizeof used_most[0]; i++)
		option_row(used_most[i], out);
	list(out, "Environment", help_environment);
	list(out, "Exit codes", help_exit_codes);
	buf_add_text(out, "\nThe whole manual: sentry-scim man | mandoc\n");
}

/* Options of GROUP that C takes; of its own ones those that no group brings. */
static bool in_group(enum opt_id id, enum opt_group group, const struct cmd_spec *c)
{
	return opt_table[id].group == group && opt_belongs(id, c);
}

static void options_of_group(
	const char *title, enum opt_group group, const struct cmd_spec *c, struct buf *out)
{
	unsigned i;
	bool any = false;

	for (i = 0; i < OPT_COUNT; i++) {
		if (!in_group((enum opt_id)i, group, c))
			continue;
		if (!any)
			buf_addf(out, "\n%s:\n", title);
		any = true;
		option_row((enum opt_id)i, out);
	}
}

/* LINES as they stand, each indented. */
static void add_lines(const char *lines, struct buf *out)
{
	struct str rest = str_of(lines), line;

	while (rest.n > 0) {
		str_cut(rest, '\n', &line, &rest);
		buf_addf(out, "  %.*s\n", STR_ARG(line));
	}
}

static void usage(const struct cmd_spec *c, struct buf *out)
{
	buf_addf(out, "Usage: sentry-scim %s [OPTIONS]%s%s\n", c->words,
		c->arguments[0] != '\0' ? " " : "", c->arguments);
	if (c->alias != NULL)
		buf_addf(out, "Alias: sentry-scim %s\n", c->alias);
}

/* A summary becomes a sentence. */
static void add_summary(const char *summary, struct buf *out)
{
	char first = summary[0];

	buf_add_char(out, first >= 'a' && first <= 'z' ? (char)(first - 'a' + 'A') : first);
	if (first != '\0')
		buf_add_text(out, summary + 1);
	buf_add_char(out, '.');
}

void help_command(const struct cmd_spec *c, struct buf *out)
{
	struct buf text;

	usage(c, out);
	buf_add_char(out, '\n');
	buf_init(&text, HELP_MAX);
	add_summary(c->summary, &text);
	if (c->details != NULL)
		buf_addf(&text, "\n\n%s", c->details);
	fill(out, 0, 0, buf_text(&text));
	buf_wipe(&text);
	options_of_group("Options of this command", OPT_GROUP_COMMAND, c, out);
	options_of_group("Server, token and network", OPT_GROUP_SERVER, c, out);
	options_of_group("Output", OPT_GROUP_OUTPUT, c, out);
	options_of_group("General", OPT_GROUP_GENERAL, c, out);
	if (c->examples != NULL) {
		buf_add_text(out, "\nExamples:\n");
		add_lines(c->examples, out);
	}
}

void help_noun(const char *noun, struct buf *out)
{
	buf_addf(out, "Usage: sentry-scim %s COMMAND [OPTIONS] [ARGUMENTS]\n", noun);
	buf_add_text(out, "\nCommands:\n");
	commands_of(str_of(noun), out);
	buf_addf(out, "\n`sentry-scim help %s COMMAND` says more.\n", noun);
}

bool help_topic(unsigned count, const char *const *words, struct buf *out, struct err *e)
{
	const struct cmd_spec *c;
	unsigned used;

	if (count == 0) {
		help_overview(out);
	} else if ((c = opt_command(count, words, &used)) != NULL) {
		help_command(c, out);
	} else if (count == 1 && opt_is_noun(words[0])) {
		help_noun(words[0], out);
	} else {
		opt_no_command(count, words, e);
		err_hint(e, "run `sentry-scim help` for all commands");
		return false;
	}
	return !out->failed || err_memory(e, "writing help");
}
