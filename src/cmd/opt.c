#include "cmd/opt.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "scim/sentry.h"

/* Longer words are not compared: no option or command is near to them. */
#define WORD_MAX 48
/* Commands, aliases and nouns together; options. */
#define CANDIDATES_MAX 96
#define NOUNS_MAX      8
/* A list of choices or commands for a message. */
#define LIST_MAX 400

struct parser {
	int argc, at; /* AT: the argument to look at next */
	char *const *argv;
	struct arena *arena;
	struct opts *out;
	struct err *e;
};

const char *opt_value(const struct opts *o, enum opt_id id)
{
	const struct opt_values *v = &o->given[id];

	return v->count > 0 && v->values != NULL ? v->values[0] : NULL;
}

bool opt_given(const struct opts *o, enum opt_id id)
{
	return o->given[id].count > 0;
}

/* WORD as a message may quote it: people put tokens where they do not belong. */
static const char *quotable(const char *word)
{
	return sentry_token_kind(str_of(word)) == SENTRY_TOKEN_PLAIN ? word : "[token]";
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/*
 * How many letters have to be added, dropped, replaced or exchanged with their neighbour (optimal
 * string alignment), kept in three rows. Both words are at most WORD_MAX long.
 */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2], *spare;
	size_t i, j;

	for (j = 0; j <= b_len; j++)
		last[j] = (unsigned)j;
	for (i = 1; i <= a_len; i++) {
		now[0] = (unsigned)i;
		for (j = 1; j <= b_len; j++) {
			unsigned differ = a[i - 1] != b[j - 1];

			now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + differ);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[b_len];
}

/* A beginning of at least three letters counts as one slip, whatever is missing. */
static unsigned slips(const char *word, size_t len, const char *candidate)
{
	size_t candidate_len = strlen(candidate);

	if (candidate_len > WORD_MAX)
		return WORD_MAX;
	if (len >= 3 && len < candidate_len && memcmp(word, candidate, len) == 0)
		return 1;
	return distance(word, len, candidate, candidate_len);
}

const char *opt_nearest(const char *word, const char *const *candidates, unsigned count)
{
	size_t len = strlen(word);
	unsigned i, best, allowed = (unsigned)(len < 6 ? (len + 2) / 3 : 3);
	const char *nearest = NULL;

	if (len == 0 || len > WORD_MAX)
		return NULL;
	best = allowed + 1;
	for (i = 0; i < count; i++) {
		unsigned n = slips(word, len, candidates[i]);

		/* Everything replaced is not a likeness. */
		if (n < best && n < len) {
			best = n;
			nearest = candidates[i];
		}
	}
	return nearest;
}

/* How many words of TEXT, parted by single blanks, are the first of WORDS; 0 unless all are. */
static unsigned words_match(const char *text, unsigned count, const char *const *words)
{
	struct str rest = str_of(text), word;
	unsigned n = 0;
	bool more = text != NULL;

	while (more) {
		more = str_cut(rest, ' ', &word, &rest);
		if (n == count || !str_is(word, words[n]))
			return 0;
		n++;
	}
	return n;
}

const struct cmd_spec *opt_command(unsigned count, const char *const *words, unsigned *used)
{
	const struct cmd_spec *c, *found = NULL;

	*used = 0;
	for (c = cmd_table; c->words != NULL; c++) {
		unsigned by_words = words_match(c->words, count, words);
		unsigned by_alias = words_match(c->alias, count, words);
		unsigned n = by_words > by_alias ? by_words : by_alias;

		if (n > *used) {
			*used = n;
			found = c;
		}
	}
	return found;
}

/* The noun of a command of several words; empty for a command of one. */
static struct str noun_of(const struct cmd_spec *c)
{
	struct str noun, rest;

	return str_cut(str_of(c->words), ' ', &noun, &rest) ? noun : str_of("");
}

bool opt_is_noun(const char *word)
{
	const struct cmd_spec *c;

	for (c = cmd_table; c->words != NULL; c++)
		if (word[0] != '\0' && str_is(noun_of(c), word))
			return true;
	return false;
}

bool opt_belongs(enum opt_id id, const struct cmd_spec *command)
{
	const enum opt_id *own = command->options;

	if (opt_table[id].group == OPT_GROUP_GENERAL ||
		((unsigned)opt_table[id].group & command->groups & ~(unsigned)OPT_GROUP_COMMAND))
		return true;
	for (; own != NULL && *own != OPT_COUNT; own++)
		if (*own == id)
			return true;
	return false;
}

/* "member create, member list or member get" */
static void add_to_list(struct buf *list, const char *word, bool first, bool last)
{
	if (!first)
		buf_add_text(list, last ? " or " : ", ");
	buf_add_text(list, word);
}

static void list_commands(const char *noun, struct buf *list)
{
	const struct cmd_spec *c, *pending = NULL;
	bool first = true;

	for (c = cmd_table; c->words != NULL; c++) {
		if (!str_is(noun_of(c), noun))
			continue;
		if (pending != NULL) {
			add_to_list(list, pending->words, first, false);
			first = false;
		}
		pending = c;
	}
	if (pending != NULL)
		add_to_list(list, pending->words, first, true);
}

static unsigned add_candidate(const char **list, unsigned count, const char *word)
{
	if (word == NULL || count == CANDIDATES_MAX)
		return count;
	list[count] = word;
	return count + 1;
}

/* Among the commands of NOUN, by their second words. */
static const char *nearest_of_noun(const char *noun, const char *word)
{
	const char *candidates[CANDIDATES_MAX];
	const struct cmd_spec *c;
	const size_t skip = strlen(noun) + 1;
	const char *near;
	unsigned n = 0;

	for (c = cmd_table; c->words != NULL; c++)
		if (str_is(noun_of(c), noun))
			n = add_candidate(candidates, n, c->words + skip);
	near = opt_nearest(word, candidates, n);
	return near != NULL ? near - skip : NULL;
}

/* The noun alone that is nearest to WORD, in NOUN; NULL if none is near. */
static const char *nearest_noun(const char *word, char noun[static WORD_MAX + 1])
{
	char nouns[NOUNS_MAX][WORD_MAX + 1];
	const char *candidates[NOUNS_MAX], *near;
	const struct cmd_spec *c;
	unsigned n = 0;

	for (c = cmd_table; c->words != NULL && n < NOUNS_MAX; c++) {
		struct str s = noun_of(c);

		if (s.n == 0 || s.n > WORD_MAX || (n > 0 && str_is(s, nouns[n - 1])))
			continue;
		memcpy(nouns[n], s.p, s.n);
		nouns[n][s.n] = '\0';
		candidates[n] = nouns[n];
		n++;
	}
	near = opt_nearest(word, candidates, n);
	return near != NULL ? memcpy(noun, near, strlen(near) + 1) : NULL;
}

/* WORDS as one, so that "memebr create" is compared with "member create"; else the first. */
static const char *nearest_command(unsigned count, const char *const *words)
{
	const char *candidates[CANDIDATES_MAX];
	const struct cmd_spec *c;
	unsigned n = 0;
	char joined[2 * WORD_MAX];
	size_t first = strlen(words[0]), second = count > 1 ? strlen(words[1]) : 0;
	const char *near = NULL;

	for (c = cmd_table; c->words != NULL; c++) {
		n = add_candidate(candidates, n, c->words);
		n = add_candidate(candidates, n, c->alias);
	}
	if (count > 1 && first + second + 2 <= sizeof joined) {
		memcpy(joined, words[0], first);
		joined[first] = ' ';
		memcpy(joined + first + 1, words[1], second + 1);
		near = opt_nearest(joined, candidates, n);
	}
	return near != NULL ? near : opt_nearest(words[0], candidates, n);
}

bool opt_no_command(unsigned count, const char *const *words, struct err *e)
{
	const char *first = quotable(words[0]), *second = count > 1 ? quotable(words[1]) : "";
	bool noun = opt_is_noun(words[0]);
	const char *near = NULL;
	char nearest[WORD_MAX + 1];
	struct buf list;

	buf_init(&list, LIST_MAX);
	if (noun)
		list_commands(words[0], &list);
	if (!noun)
		near = nearest_command(count, words);
	else if (count > 1)
		near = nearest_of_noun(words[0], words[1]);
	if (!noun && near == NULL)
		near = nearest_noun(words[0], nearest);
	if (noun && count == 1)
		err_set(e, ERR_USAGE, "`%s` wants one of its commands: %s", first, buf_text(&list));
	else if (near != NULL)
		err_set(e, ERR_USAGE, "unknown command `%s%s%s`; did you mean `%s`?", first,
			noun ? " " : "", noun ? second : "", near);
	else if (noun)
		err_set(e, ERR_USAGE, "unknown command `%s %s`; there are %s", first, second,
			buf_text(&list));
	else
		err_set(e, ERR_USAGE, "unknown command `%s`", first);
	buf_wipe(&list);
	return false;
}

static bool find_long(struct str name, enum opt_id *id)
{
	unsigned i;

	for (i = 0; i < OPT_COUNT; i++)
		if (str_is(name, opt_table[i].name)) {
			*id = (enum opt_id)i;
			return true;
		}
	return false;
}

static bool find_letter(char letter, enum opt_id *id)
{
	unsigned i;

	for (i = 0; i < OPT_COUNT; i++)
		if (letter != '\0' && opt_table[i].letter == letter) {
			*id = (enum opt_id)i;
			return true;
		}
	return false;
}

/* What people look for and must not find. */
static const struct {
	const char *name, *why;
} refused[] = {
	{"token",
		"a token on the command line can be read by every user of the machine; use "
		"--token-file"},
	{"auth-token",
		"a token on the command line can be read by every user of the machine; use "
		"--token-file"},
	{"insecure", "verification cannot be switched off; use --ca-add or --pin"},
};

static bool unknown_long(struct parser *p, struct str name)
{
	const char *names[OPT_COUNT];
	const char *near;
	char word[WORD_MAX + 1];
	unsigned i;

	for (i = 0; i < sizeof refused / sizeof refused[0]; i++)
		if (str_is(name, refused[i].name))
			return err_set(p->e, ERR_USAGE, "there is no option --%s: %s",
				refused[i].name, refused[i].why);
	for (i = 0; i < OPT_COUNT; i++)
		names[i] = opt_table[i].name;
	word[0] = '\0';
	if (name.n <= WORD_MAX) {
		memcpy(word, name.p, name.n);
		word[name.n] = '\0';
	}
	near = opt_nearest(word, names, OPT_COUNT);
	if (near != NULL)
		return err_set(p->e, ERR_USAGE, "unknown option --%.*s; did you mean --%s?",
			STR_ARG(name), near);
	return err_set(p->e, ERR_USAGE, "unknown option --%.*s", STR_ARG(name));
}

static bool is_choice(const char *choices, const char *value)
{
	struct str rest = str_of(choices), one;
	bool more = true;

	while (more) {
		more = str_cut(rest, '|', &one, &rest);
		if (str_is(one, value))
			return true;
	}
	return false;
}

static bool bad_choice(const struct opt_spec *spec, const char *value, struct err *e)
{
	struct str rest = str_of(spec->choices), one;
	struct buf list;
	bool more = true;

	buf_init(&list, LIST_MAX);
	while (more) {
		more = str_cut(rest, '|', &one, &rest);
		buf_addf(&list, "%s%.*s", list.len == 0 ? "" : more ? ", " : " or ", STR_ARG(one));
	}
	err_set(e, ERR_USAGE, "--%s is %s, not '%s'", spec->name, buf_text(&list), quotable(value));
	buf_wipe(&list);
	return false;
}

static bool check_value(const struct opt_spec *spec, const char *value, struct err *e)
{
	if (value[0] == '\0' && !spec->may_be_empty)
		return err_set(e, ERR_USAGE, "the value of --%s is empty (%s is wanted)",
			spec->name, spec->value);
	if (spec->choices != NULL && !is_choice(spec->choices, value))
		return bad_choice(spec, value, e);
	return true;
}

/* VALUE is NULL for an option that takes none. */
static bool take(struct parser *p, enum opt_id id, const char *value)
{
	const struct opt_spec *spec = &opt_table[id];
	struct opt_values *given = &p->out->given[id];

	if (spec->value != NULL) {
		if (!check_value(spec, value, p->e))
			return false;
		if (given->count > 0 && !spec->repeatable)
			return err_set(p->e, ERR_USAGE, "--%s is given twice", spec->name);
		if (given->values == NULL)
			given->values = arena_alloc(p->arena,
				spec->repeatable ? (size_t)(p->argc - p->at + 1) : 1,
				sizeof *given->values);
		if (given->values == NULL)
			return err_memory(p->e, "reading the command line");
		given->values[given->count] = value;
	}
	given->count++;
	return true;
}

/* The next argument is the value of SPEC. */
static bool take_next(struct parser *p, enum opt_id id)
{
	if (p->at == p->argc)
		return err_set(p->e, ERR_USAGE, "--%s wants a value (%s)", opt_table[id].name,
			opt_table[id].value);
	p->at++;
	return take(p, id, p->argv[p->at - 1]);
}

static bool parse_long(struct parser *p, const char *text)
{
	struct str name, value;
	enum opt_id id;
	bool attached = str_cut(str_of(text), '=', &name, &value);

	if (!find_long(name, &id))
		return unknown_long(p, name);
	if (opt_table[id].value == NULL)
		return attached
			? err_set(p->e, ERR_USAGE, "--%s takes no value", opt_table[id].name)
			: take(p, id, NULL);
	return attached ? take(p, id, value.p) : take_next(p, id);
}

/* A cluster: letters without values, the last one may have one, attached or next. */
static bool parse_short(struct parser *p, const char *letters)
{
	enum opt_id id;

	for (; *letters != '\0'; letters++) {
		if (!find_letter(*letters, &id))
			return err_set(p->e, ERR_USAGE, "unknown option -%c", *letters);
		if (opt_table[id].value != NULL)
			return letters[1] != '\0' ? take(p, id, letters + 1) : take_next(p, id);
		if (!take(p, id, NULL))
			return false;
	}
	return true;
}

/*
 * Goes on after a fault, of which the first one stays: the words behind it tell which command was
 * meant, so that the hint can name its help.
 */
static void collect(struct parser *p)
{
	bool options = true, ok;

	while (p->at < p->argc) {
		const char *text = p->argv[p->at++];

		if (!options || text[0] != '-' || text[1] == '\0') {
			p->out->args[p->out->arg_count++] = text;
			continue;
		}
		if (text[1] == '-' && text[2] == '\0') {
			options = false;
			continue;
		}
		ok = text[1] == '-' ? parse_long(p, text + 2) : parse_short(p, text + 1);
		if (!ok && p->e->kind == ERR_MEMORY)
			return;
	}
}

static bool check_options(const struct opts *o, struct err *e)
{
	unsigned i;

	for (i = 0; i < OPT_COUNT; i++)
		if (o->given[i].count > 0 && !opt_belongs((enum opt_id)i, o->command))
			return err_set(e, ERR_USAGE, "--%s does not belong to `%s`",
				opt_table[i].name, o->command->words);
	return true;
}

static bool check_arguments(const struct opts *o, struct err *e)
{
	const struct cmd_spec *c = o->command;

	if (o->arg_count < c->min_args)
		return err_set(e, ERR_USAGE, "`%s` wants %s", c->words, c->arguments);
	if (o->arg_count > c->max_args) {
		if (c->max_args == 0)
			return err_set(e, ERR_USAGE, "`%s` takes no argument, but '%s' is given",
				c->words, quotable(o->args[0]));
		return err_set(e, ERR_USAGE, "`%s` takes %s only, but '%s' is given too", c->words,
			c->arguments, quotable(o->args[c->max_args]));
	}
	return true;
}

static bool choose_command(struct opts *o, bool only_asks, struct err *e)
{
	unsigned used;

	o->command = opt_command(o->arg_count, o->args, &used);
	if (o->command != NULL) {
		o->args += used;
		o->arg_count -= used;
		return true;
	}
	if (o->arg_count == 0 || only_asks)
		return true;
	return opt_no_command(o->arg_count, o->args, e);
}

bool opt_parse(int argc, char *const argv[], struct arena *arena, struct opts *out, struct err *e)
{
	struct parser p = {.argc = argc, .at = 1, .argv = argv, .arena = arena, .out = out, .e = e};
	bool only_asks;

	*out = (struct opts){0};
	out->args = arena_alloc(arena, argc > 0 ? (size_t)argc : 1, sizeof *out->args);
	if (out->args == NULL)
		return err_memory(e, "reading the command line");
	if (argc > 0)
		collect(&p);
	only_asks = opt_given(out, OPT_HELP) || opt_given(out, OPT_VERSION);
	choose_command(out, only_asks || e->kind != ERR_NONE, e);
	if (e->kind == ERR_NONE && out->command != NULL && !only_asks && check_options(out, e))
		check_arguments(out, e);
	if (e->kind == ERR_NONE)
		return true;
	if (out->command != NULL)
		err_hint(e, "run `sentry-scim help %s`", out->command->words);
	else if (out->arg_count > 0 && opt_is_noun(out->args[0]))
		err_hint(e, "run `sentry-scim help %s`", out->args[0]);
	else
		err_hint(e, "run `sentry-scim help`");
	return false;
}
