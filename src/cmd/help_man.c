#include "cmd/help.h"

#include <string.h>

#include "base/str.h"
#include "cmd/help_text.h"

/* Source lines are kept short, as mandoc's lint asks. */
#define WIDTH 76

/* A word of running text: a backslash is written \e, and no line may begin as a request does. */
static void add_word(struct buf *out, const char *word, size_t n, bool line_start)
{
	size_t i;

	if (line_start && (word[0] == '.' || word[0] == '\''))
		buf_add_text(out, "\\&");
	for (i = 0; i < n; i++) {
		if (word[i] == '\\')
			buf_add_text(out, "\\e");
		else
			buf_add_char(out, word[i]);
	}
}

static bool ends_sentence(const char *word, size_t n)
{
	return n > 0 && (word[n - 1] == '.' || word[n - 1] == '?' || word[n - 1] == '!');
}

/* TEXT filled, paragraphs parted by .Pp, each sentence on a line of its own. */
static void add_text(struct buf *out, const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t n = strcspn(text, " \n");

		if (column > 0 && column + 1 + n > WIDTH) {
			buf_add_char(out, '\n');
			column = 0;
		} else if (column > 0) {
			buf_add_char(out, ' ');
			column++;
		}
		add_word(out, text, n, column == 0);
		column += n;
		if (ends_sentence(text, n) && text[n] == ' ') {
			buf_add_char(out, '\n');
			column = 0;
		}
		text += n;
		if (*text == '\n') {
			buf_add_text(out, text[1] == '\n' ? "\n.Pp\n" : "\n.br\n");
			column = 0;
			text += strspn(text, "\n");
		} else if (*text == ' ') {
			text++;
		}
	}
	if (column > 0)
		buf_add_char(out, '\n');
}

/* Lines as they stand. */
static void add_literal(struct buf *out, const char *lines)
{
	struct str rest = str_of(lines), line;

	buf_add_text(out, ".Bd -literal -offset indent\n");
	while (rest.n > 0) {
		str_cut(rest, '\n', &line, &rest);
		if (line.n > 0)
			add_word(out, line.p, line.n, true);
		buf_add_char(out, '\n');
	}
	buf_add_text(out, ".Ed\n");
}

static void add_list(struct buf *out, const char *macro, const struct help_entry *entries)
{
	buf_add_text(out, ".Bl -tag -width Ds\n");
	for (; entries->term != NULL; entries++) {
		buf_addf(out, ".It %s%s\n", macro, entries->term);
		add_text(out, entries->text);
	}
	buf_add_text(out, ".El\n");
}

static void add_option(struct buf *out, enum opt_id id)
{
	const struct opt_spec *o = &opt_table[id];

	buf_add_text(out, ".It ");
	if (o->letter != '\0')
		buf_addf(out, "Fl %c , ", o->letter);
	buf_addf(out, "Fl Fl %s", o->name);
	if (o->value != NULL)
		buf_addf(out, " Ar \"%s\"", o->value);
	buf_add_char(out, '\n');
	add_text(out, o->help);
	if (o->choices != NULL)
		buf_addf(out, "(%s)\n", o->choices);
}

static void add_options(struct buf *out, const char *title, enum opt_group group)
{
	unsigned i;

	buf_addf(out, ".Ss %s\n.Bl -tag -width Ds\n", title);
	for (i = 0; i < OPT_COUNT; i++)
		if (opt_table[i].group == group)
			add_option(out, (enum opt_id)i);
	buf_add_text(out, ".El\n");
}

/* Which of the options that belong to single commands C takes. */
static void add_own_options(struct buf *out, const struct cmd_spec *c)
{
	const enum opt_id *own = c->options;
	bool first = true;

	for (; own != NULL && *own != OPT_COUNT; own++) {
		buf_addf(out, "%s.Fl Fl %s", first ? ".Pp\nOptions of its own:\n" : " ,\n",
			opt_table[*own].name);
		first = false;
	}
	if (!first)
		buf_add_text(out, " .\n");
}

static void add_command(struct buf *out, const struct cmd_spec *c)
{
	buf_addf(out, ".It Ic %s", c->words);
	if (c->arguments[0] != '\0')
		buf_addf(out, " Ar \"%s\"", c->arguments);
	buf_add_char(out, '\n');
	add_text(out, c->summary);
	if (c->alias != NULL)
		buf_addf(out, "(alias\n.Ic %s )\n", c->alias);
	if (c->details != NULL) {
		buf_add_text(out, ".Pp\n");
		add_text(out, c->details);
	}
	add_own_options(out, c);
}

static void add_commands(struct buf *out)
{
	const struct cmd_spec *c;

	buf_add_text(out, ".Sh COMMANDS\n.Bl -tag -width Ds\n");
	for (c = cmd_table; c->words != NULL; c++)
		add_command(out, c);
	buf_add_text(out, ".El\n");
}

static void add_examples(struct buf *out)
{
	const struct cmd_spec *c;

	buf_add_text(out, ".Sh EXAMPLES\n");
	for (c = cmd_table; c->words != NULL; c++)
		if (c->examples != NULL)
			add_literal(out, c->examples);
}

static void add_section(struct buf *out, const char *title, const char *text)
{
	buf_addf(out, ".Sh %s\n", title);
	add_text(out, text);
}

void help_man(struct buf *out)
{
	buf_addf(out,
		".Dd November 24, 2026\n.Dt SENTRY-SCIM 1\n.Os\n"
		".Sh NAME\n.Nm sentry-scim\n.Nd %s\n"
		".Sh SYNOPSIS\n.Nm\n.Op Ar OPTIONS\n.Ar COMMAND\n.Op Ar ARGUMENTS\n",
		help_summary);
	add_section(out, "DESCRIPTION", help_description);
	add_commands(out);
	buf_add_text(out, ".Sh OPTIONS\n");
	add_options(out, "Server, token and network", OPT_GROUP_SERVER);
	add_options(out, "Output", OPT_GROUP_OUTPUT);
	add_options(out, "Of single commands", OPT_GROUP_COMMAND);
	add_options(out, "General", OPT_GROUP_GENERAL);
	add_section(out, "ROSTERS", help_rosters);
	add_section(out, "WHAT HAPPENS WHEN THE NETWORK FAILS", help_network);
	buf_add_text(out, ".Sh ENVIRONMENT\n");
	add_list(out, "Ev ", help_environment);
	buf_add_text(out, ".Sh FILES\n");
	add_list(out, "Pa ", help_files);
	add_text(out, "Lines are \"key = value\" below section lines. These are known:");
	add_literal(out, help_file_keys);
	buf_add_text(out, ".Sh EXIT STATUS\n");
	add_list(out, "", help_exit_codes);
	add_examples(out);
	add_section(out, "SECURITY CONSIDERATIONS", help_security);
}
