#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cmd/cmd.h"
#include "cmd/help.h"
#include "cmd/out.h"

/*
 * Completions for three shells, made from the tables of commands and options. The scripts know the
 * words and leave what they mean to the program.
 */

/* The first word of a command and the second, if it has one. */
static void split(const char *words, struct str *noun, struct str *verb)
{
	str_cut(str_of(words), ' ', noun, verb);
}

/* Whether an earlier command has the same first word. */
static bool noun_seen(const struct cmd_spec *c)
{
	const struct cmd_spec *before;
	struct str noun, verb, other;

	split(c->words, &noun, &verb);
	for (before = cmd_table; before != c; before++) {
		split(before->words, &other, &verb);
		if (str_equal(noun, other))
			return true;
	}
	return false;
}

static void add_nouns(struct buf *out)
{
	const struct cmd_spec *c;
	struct str noun, verb;

	for (c = cmd_table; c->words != NULL; c++) {
		split(c->words, &noun, &verb);
		if (!noun_seen(c))
			buf_addf(out, " %.*s", STR_ARG(noun));
		if (c->alias != NULL)
			buf_addf(out, " %s", c->alias);
	}
}

static void add_verbs(struct str noun, struct buf *out)
{
	const struct cmd_spec *c;
	struct str other, verb;

	for (c = cmd_table; c->words != NULL; c++) {
		split(c->words, &other, &verb);
		if (str_equal(noun, other) && verb.n > 0)
			buf_addf(out, " %.*s", STR_ARG(verb));
	}
}

static void add_options(const struct cmd_spec *c, struct buf *out)
{
	unsigned i;

	for (i = 0; i < OPT_COUNT; i++)
		if (opt_belongs((enum opt_id)i, c))
			buf_addf(out, " --%s", opt_table[i].name);
}

/* The choices of an option, blanks between them. */
static void add_choices(const char *choices, struct buf *out)
{
	for (; *choices != '\0'; choices++)
		buf_add_char(out, *choices == '|' ? ' ' : *choices);
}

static bool takes_file(const struct opt_spec *o)
{
	return o->value != NULL && (strcmp(o->value, "FILE") == 0 || strcmp(o->value, "DIR") == 0);
}

/* The names of an option as they are typed, SEPARATOR between them. */
static void add_names(const struct opt_spec *o, const char *separator, struct buf *out)
{
	buf_addf(out, "--%s", o->name);
	if (o->letter != '\0')
		buf_addf(out, "%s-%c", separator, o->letter);
}

/* The names of all options that take a value; the word behind one is no command. */
static void add_valued(const char *separator, struct buf *out)
{
	const char *between = "";
	unsigned i;

	for (i = 0; i < OPT_COUNT; i++) {
		if (opt_table[i].value == NULL)
			continue;
		buf_add_text(out, between);
		add_names(&opt_table[i], separator, out);
		between = separator;
	}
}

/* Whether a command's argument is one of a few words, as "bash|zsh|fish". */
static bool takes_choice(const struct cmd_spec *c)
{
	return strchr(c->arguments, '|') != NULL;
}

/* Whether it is a command again. */
static bool takes_command(const struct cmd_spec *c)
{
	return strcmp(c->arguments, "[COMMAND]") == 0;
}

/* ---- bash ---- */

/* Nothing set is for readline, which completes files itself, and better. */
static void bash_values(struct buf *out)
{
	unsigned i;

	buf_add_text(out, "\tcase $prev in\n");
	for (i = 0; i < OPT_COUNT; i++) {
		const struct opt_spec *o = &opt_table[i];

		if (o->choices == NULL && !takes_file(o))
			continue;
		buf_add_char(out, '\t');
		add_names(o, "|", out);
		if (o->choices != NULL) {
			buf_add_text(out, ") COMPREPLY=($(compgen -W '");
			add_choices(o->choices, out);
			buf_add_text(out, "' -- \"$cur\")); return ;;\n");
		} else {
			buf_add_text(out, ") return ;;\n");
		}
	}
	buf_add_char(out, '\t');
	add_valued("|", out);
	buf_add_text(out,
		") compopt +o default 2>/dev/null; return ;;\n"
		"\tesac\n");
}

/* What may follow the words of a command. */
static void bash_command(const struct cmd_spec *c, struct buf *out)
{
	buf_addf(out, "\t'%s'|'%s '*", c->words, c->words);
	if (c->alias != NULL)
		buf_addf(out, "|'%s'|'%s '*", c->alias, c->alias);
	buf_add_text(out, ") words='");
	if (takes_choice(c))
		add_choices(c->arguments, out);
	if (takes_command(c))
		add_nouns(out);
	add_options(c, out);
	buf_add_text(out, "' ;;\n");
}

static void bash(struct buf *out)
{
	const struct cmd_spec *c;

	/* readline takes "--name=value" for three words */
	buf_add_text(out,
		"_sentry_scim() {\n"
		"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		"\tlocal words= i\n"
		"\tCOMPREPLY=()\n"
		"\tif [[ $cur == = ]]; then\n"
		"\t\tcur=\n"
		"\telif [[ $prev == = ]]; then\n"
		"\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n"
		"\tfi\n");
	bash_values(out);
	buf_add_text(out,
		"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		"\t\tcase ${COMP_WORDS[i]} in\n"
		"\t\t");
	add_valued("|", out);
	buf_add_text(out,
		")\n"
		"\t\t\t[[ ${COMP_WORDS[i+1]} != = ]] || ((i++))\n"
		"\t\t\t((i++)) ;;\n"
		"\t\t-*) ;;\n"
		"\t\t*) words=\"$words${words:+ }${COMP_WORDS[i]}\" ;;\n"
		"\t\tesac\n"
		"\tdone\n"
		"\tcase $words in\n"
		"\t'') words='");
	add_nouns(out);
	buf_add_text(out, " --help --version' ;;\n");
	for (c = cmd_table; c->words != NULL; c++) {
		struct str noun, verb;

		split(c->words, &noun, &verb);
		if (verb.n > 0 && !noun_seen(c)) {
			buf_addf(out, "\t%.*s) words='", STR_ARG(noun));
			add_verbs(noun, out);
			buf_add_text(out, " --help' ;;\n");
		}
	}
	for (c = cmd_table; c->words != NULL; c++)
		bash_command(c, out);
	buf_add_text(out,
		"\t*) words= ;;\n"
		"\tesac\n"
		"\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
		"}\n"
		"complete -o default -F _sentry_scim sentry-scim\n");
}

/* ---- zsh ---- */

/* Text inside '...[...]': what ends the bracket or the quotes is escaped. */
static void zsh_text(const char *text, struct buf *out)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			buf_add_text(out, "'\\''");
		else {
			if (strchr("[]:\\", *text) != NULL)
				buf_add_char(out, '\\');
			buf_add_char(out, *text);
		}
	}
}

/* One name of an option; PREFIX: "--" and a name, or "-" and a letter. */
static void zsh_name(const struct opt_spec *o, const char *prefix, struct buf *out)
{
	buf_addf(out, " \\\n\t\t\t'%s%s", o->repeatable ? "*" : "", prefix);
	if (prefix[1] == '-')
		buf_addf(out, "%s%s[", o->name, o->value != NULL ? "=" : "");
	else
		buf_addf(out, "%c%s[", o->letter, o->value != NULL ? "+" : "");
	zsh_text(o->help, out);
	buf_add_char(out, ']');
	if (o->value != NULL) {
		buf_add_char(out, ':');
		zsh_text(o->value, out);
		buf_add_char(out, ':');
	}
	if (o->choices != NULL) {
		buf_add_char(out, '(');
		add_choices(o->choices, out);
		buf_add_char(out, ')');
	} else if (takes_file(o)) {
		buf_add_text(out, "_files");
	}
	buf_add_char(out, '\'');
}

static void zsh_option(const struct opt_spec *o, struct buf *out)
{
	zsh_name(o, "--", out);
	if (o->letter != '\0')
		zsh_name(o, "-", out);
}

/* What _arguments does behind a command, done for the words before it. */
static void zsh_values(struct buf *out)
{
	unsigned i;

	buf_add_text(out, "\tcase $words[CURRENT-1] in\n");
	for (i = 0; i < OPT_COUNT; i++) {
		const struct opt_spec *o = &opt_table[i];

		if (o->choices == NULL && !takes_file(o))
			continue;
		buf_add_char(out, '\t');
		add_names(o, "|", out);
		if (o->choices != NULL) {
			buf_add_text(out, ") compadd ");
			add_choices(o->choices, out);
			buf_add_text(out, "; return ;;\n");
		} else {
			buf_add_text(out, ") _files; return ;;\n");
		}
	}
	buf_add_char(out, '\t');
	add_valued("|", out);
	buf_add_text(out,
		") _message value; return ;;\n"
		"\tesac\n");
}

/* What may follow the words of a command. */
static void zsh_command(const struct cmd_spec *c, struct buf *out)
{
	unsigned i;

	buf_addf(out, "\t'%s'|'%s '*", c->words, c->words);
	if (c->alias != NULL)
		buf_addf(out, "|'%s'|'%s '*", c->alias, c->alias);
	buf_add_text(out, ")\n\t\t_arguments -S");
	for (i = 0; i < OPT_COUNT; i++)
		if (opt_belongs((enum opt_id)i, c))
			zsh_option(&opt_table[i], out);
	buf_add_text(out, " \\\n\t\t\t'*:argument:");
	if (takes_choice(c) || takes_command(c)) {
		buf_add_char(out, '(');
		if (takes_choice(c))
			add_choices(c->arguments, out);
		else
			add_nouns(out);
		buf_add_char(out, ')');
	} else {
		buf_add_text(out, "_default");
	}
	buf_add_text(out, "' ;;\n");
}

static void zsh(struct buf *out)
{
	const struct cmd_spec *c;

	buf_add_text(out,
		"#compdef sentry-scim\n"
		"_sentry_scim() {\n"
		"\tlocal -a found\n"
		"\tlocal command=\n"
		"\tlocal -i at\n");
	zsh_values(out);
	buf_add_text(out,
		"\tfor ((at = 2; at < CURRENT; at++)); do\n"
		"\t\tcase $words[at] in\n"
		"\t\t");
	add_valued("|", out);
	buf_add_text(out,
		") ((at++)) ;;\n"
		"\t\t-*) ;;\n"
		"\t\t*) command=\"$command${command:+ }$words[at]\" ;;\n"
		"\t\tesac\n"
		"\tdone\n"
		"\tcase $command in\n"
		"\t'')\n\t\tfound=(");
	for (c = cmd_table; c->words != NULL; c++) {
		struct str noun, verb;

		split(c->words, &noun, &verb);
		if (c->alias != NULL) {
			buf_addf(out, " '%s:", c->alias);
			zsh_text(c->summary, out);
			buf_add_char(out, '\'');
		}
		if (noun_seen(c))
			continue;
		buf_addf(out, " '%.*s:", STR_ARG(noun));
		if (verb.n == 0)
			zsh_text(c->summary, out);
		else
			buf_addf(out, "commands on a %.*s", STR_ARG(noun));
		buf_add_char(out, '\'');
	}
	buf_add_text(out, ")\n\t\t_describe command found ;;\n");
	for (c = cmd_table; c->words != NULL; c++) {
		const struct cmd_spec *d;
		struct str noun, verb, other;

		split(c->words, &noun, &verb);
		if (verb.n == 0 || noun_seen(c))
			continue;
		buf_addf(out, "\t%.*s)\n\t\tfound=(", STR_ARG(noun));
		for (d = c; d->words != NULL; d++) {
			split(d->words, &other, &verb);
			if (!str_equal(noun, other))
				continue;
			buf_addf(out, " '%.*s:", STR_ARG(verb));
			zsh_text(d->summary, out);
			buf_add_char(out, '\'');
		}
		buf_add_text(out, ")\n\t\t_describe command found ;;\n");
	}
	for (c = cmd_table; c->words != NULL; c++)
		zsh_command(c, out);
	buf_add_text(out,
		"\tesac\n"
		"}\n"
		"if [ \"$funcstack[1]\" = _sentry_scim ]; then\n"
		"\t_sentry_scim \"$@\"\n"
		"else\n"
		"\tcompdef _sentry_scim sentry-scim\n"
		"fi\n");
}

/* ---- fish ---- */

static void fish_text(const char *text, struct buf *out)
{
	buf_add_char(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, *text);
	}
	buf_add_char(out, '\'');
}

/* An option, where CONDITION holds; its quotes are there already. */
static void fish_option(const char *condition, const struct opt_spec *o, struct buf *out)
{
	buf_addf(out, "complete -c sentry-scim -n '%s' -l %s", condition, o->name);
	if (o->letter != '\0')
		buf_addf(out, " -s %c", o->letter);
	if (o->value != NULL)
		buf_add_text(out, takes_file(o) ? " -r -F" : " -x");
	if (o->choices != NULL) {
		buf_add_text(out, " -a '");
		add_choices(o->choices, out);
		buf_add_char(out, '\'');
	}
	buf_add_text(out, " -d ");
	fish_text(o->help, out);
	buf_add_char(out, '\n');
}

/* Those of C, or, when C is NULL, those with values that may stand before any command. */
static void fish_options(const struct cmd_spec *c, struct buf *out)
{
	struct buf condition;
	unsigned i;

	buf_init(&condition, LIMIT_REQUEST_HEAD);
	if (c == NULL)
		buf_add_text(&condition, "__sentry_scim_at \"\"");
	else
		buf_addf(&condition, "__sentry_scim_in \"%s\"", c->words);
	if (c != NULL && c->alias != NULL)
		buf_addf(&condition, " \"%s\"", c->alias);
	for (i = 0; i < OPT_COUNT; i++) {
		const struct opt_spec *o = &opt_table[i];

		if (c == NULL ? o->value != NULL && o->group != OPT_GROUP_COMMAND
			      : opt_belongs((enum opt_id)i, c))
			fish_option(buf_text(&condition), o, out);
	}
	buf_wipe(&condition);
}

static void fish(struct buf *out)
{
	const struct cmd_spec *c;

	buf_add_text(out,
		"function __sentry_scim_words\n"
		"\tset -l words\n"
		"\tset -l skip 0\n"
		"\tfor word in (commandline -opc)[2..-1]\n"
		"\t\tif test $skip = 1\n"
		"\t\t\tset skip 0\n"
		"\t\t\tcontinue\n"
		"\t\tend\n"
		"\t\tswitch $word\n"
		"\t\t\tcase ");
	add_valued(" ", out);
	buf_add_text(out,
		"\n"
		"\t\t\t\tset skip 1\n"
		"\t\t\tcase '-*'\n"
		"\t\t\tcase '*'\n"
		"\t\t\t\tset -a words $word\n"
		"\t\tend\n"
		"\tend\n"
		"\tstring join ' ' -- $words\n"
		"end\n"
		"function __sentry_scim_at\n"
		"\ttest (__sentry_scim_words | string collect -a) = \"$argv[1]\"\n"
		"end\n"
		"function __sentry_scim_in\n"
		"\tset -l words (__sentry_scim_words | string collect -a)\n"
		"\tfor command in $argv\n"
		"\t\tif string match -q -- \"$command *\" \"$words \"\n"
		"\t\t\treturn 0\n"
		"\t\tend\n"
		"\tend\n"
		"\treturn 1\n"
		"end\n");
	for (c = cmd_table; c->words != NULL; c++) {
		struct str noun, verb;

		split(c->words, &noun, &verb);
		buf_addf(out,
			"complete -c sentry-scim -n '__sentry_scim_at \"%.*s\"' -f -a %.*s -d ",
			verb.n > 0 ? (int)noun.n : 0, noun.p,
			verb.n > 0 ? (int)verb.n : (int)noun.n, verb.n > 0 ? verb.p : noun.p);
		fish_text(c->summary, out);
		buf_add_char(out, '\n');
		if (verb.n > 0 && !noun_seen(c))
			buf_addf(out,
				"complete -c sentry-scim -n '__sentry_scim_at \"\"' -f -a %.*s -d "
				"'commands on a %.*s'\n",
				STR_ARG(noun), STR_ARG(noun));
		if (c->alias != NULL) {
			buf_addf(out,
				"complete -c sentry-scim -n '__sentry_scim_at \"\"' -f -a %s -d ",
				c->alias);
			fish_text(c->summary, out);
			buf_add_char(out, '\n');
		}
		if (takes_choice(c) || takes_command(c)) {
			buf_addf(out,
				"complete -c sentry-scim -n '__sentry_scim_at \"%s\"' -f -a '",
				c->words);
			if (takes_choice(c))
				add_choices(c->arguments, out);
			else
				add_nouns(out);
			buf_add_text(out, "'\n");
		}
		fish_options(c, out);
	}
	fish_options(NULL, out);
}

int cmd_completion(struct cmd_context *c)
{
	static const struct {
		const char *shell;
		void (*write)(struct buf *out);
	} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
	struct buf text;
	struct err e;
	unsigned i;
	int code = 0;

	err_clear(&e);
	buf_init(&text, 4 * HELP_MAX);
	for (i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(c->opts->args[0], shells[i].shell) == 0)
			shells[i].write(&text);
	if (text.len == 0 && !text.failed)
		err_set(&e, ERR_USAGE, "there are completions for bash, zsh and fish only");
	else if (text.failed)
		err_memory(&e, "the completions");
	if (e.kind != ERR_NONE || !out_text(buf_str(&text), &e))
		code = cmd_fail(&e);
	buf_wipe(&text);
	return code;
}
