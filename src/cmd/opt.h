/*
 * The command line: one table of options and one of commands, from which parsing, help, the manual
 * and the completions are made, so that they cannot differ. Options may stand anywhere, "--" ends
 * them, "--name value" and "--name=value" are the same. Values are slices of argv.
 */
#ifndef SENTRY_SCIM_CMD_OPT_H
#define SENTRY_SCIM_CMD_OPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum opt_id {
	/* connection and identity: every command that talks to a server */
	OPT_TOKEN_FILE,
	OPT_TOKEN_FD,
	OPT_TOKEN_STDIN,
	OPT_ORG,
	OPT_REGION,
	OPT_URL,
	OPT_SCIM_URL,
	OPT_CONFIG,
	OPT_CA_FILE,
	OPT_CA_DIR,
	OPT_CA_EMBEDDED,
	OPT_CA_ADD,
	OPT_CERT,
	OPT_KEY,
	OPT_KEY_PASSPHRASE_FILE,
	OPT_PIN,
	OPT_PROXY,
	OPT_NO_PROXY,
	OPT_UNIX_SOCKET,
	OPT_RESOLVE,
	OPT_IPV4,
	OPT_IPV6,
	OPT_HEADER,
	OPT_CONNECT_TIMEOUT,
	OPT_TIMEOUT,
	OPT_RETRIES,
	OPT_MAX_WAIT,
	OPT_ASSUME_TIME,
	OPT_DRY_RUN,
	/* output: every command */
	OPT_OUTPUT,
	OPT_QUIET,
	OPT_VERBOSE,
	OPT_NO_COLOR,
	OPT_NO_PROGRESS,
	OPT_CSV_SAFE,
	/* general: every command, and none */
	OPT_HELP,
	OPT_VERSION,
	/* member create */
	OPT_ROLE,
	OPT_SET,
	OPT_BODY,
	OPT_INPUT,
	OPT_IF_EXISTS,
	/* other commands */
	OPT_LIMIT,
	OPT_USER_NAME,
	OPT_VIA,
	OPT_YES,
	OPT_JOURNAL,
	OPT_NO_JOURNAL,
	OPT_JOURNAL_PLAIN,
	OPT_JOBS,
	OPT_RATE,
	OPT_REJECTS,
	OPT_PRUNE,
	OPT_MAX_REMOVALS,
	OPT_PLAN,
	OPT_COUNT
};

enum opt_group {
	OPT_GROUP_COMMAND = 1 << 0, /* belongs to one command: see the command's own list */
	OPT_GROUP_SERVER = 1 << 1,  /* identity, network, trust, retries */
	OPT_GROUP_OUTPUT = 1 << 2,
	OPT_GROUP_GENERAL = 1 << 3 /* every command takes them, whatever its `groups` say */
};

struct opt_spec {
	const char *name;    /* without dashes */
	char letter;         /* short form, or 0 */
	const char *value;   /* what the value is called in help, "FILE"; NULL: takes none */
	const char *choices; /* "ok|fail|update" when the value is one of a few words, else NULL */
	enum opt_group group;
	bool repeatable;   /* more than one value; options without a value may always be repeated */
	bool may_be_empty; /* '' is a value too */
	const char *help;  /* one sentence, lower case, no final stop */
};
extern const struct opt_spec opt_table[OPT_COUNT];

struct opt_values {
	unsigned count;      /* times given */
	const char **values; /* COUNT of them; NULL for options without a value */
};

struct cmd_context;
struct cmd_spec {
	const char *words;     /* "member create" */
	const char *alias;     /* "provision", or NULL */
	const char *arguments; /* "USERNAME...", or "" */
	const char *summary;   /* one line, lower case, no final stop */
	const char *details;   /* paragraphs parted by "\n\n", for `help COMMAND` and the manual; or
				  NULL */
	const char *examples;  /* lines that work as they stand, one command a line; or NULL */
	const enum opt_id *options;  /* own options, ended by OPT_COUNT; or NULL */
	unsigned groups;             /* OPT_GROUP_ bits of the common options it takes */
	unsigned min_args, max_args; /* UINT32_MAX: any number */
	/* Runs it; the answer is the exit code. NULL in tests only. */
	int (*run)(struct cmd_context *c);
};
/* Defined in main.c, ended by an entry whose words are NULL. */
extern const struct cmd_spec cmd_table[];

struct opts {
	const struct cmd_spec *command; /* NULL: none was given */
	unsigned arg_count;
	const char **args; /* the command's arguments, its words not among them */
	struct opt_values given[OPT_COUNT];
};

/*
 * Parses a command line. ERR_USAGE, with the nearest right word where one is near and a hint naming
 * the help to read: an unknown option or command, an option of another command, a missing or empty
 * value, a value outside the choices, a single-valued option given twice, too few or too many
 * arguments, a value for an option that takes none. Messages never quote the value of an option
 * that is not known, since people try to give tokens so. A bare noun (`member`) is an error that
 * lists its commands. When help or the version is asked for, words are not judged: without a
 * command of that name COMMAND is NULL and the words are the arguments, for help_topic().
 */
MUST_USE bool opt_parse(
	int argc, char *const argv[], struct arena *arena, struct opts *out, struct err *e);
/* The command whose words, or alias, are the first of WORDS, the longest if several; *USED is how
   many they are. NULL if there is none. */
const struct cmd_spec *opt_command(unsigned count, const char *const *words, unsigned *used);
/* Whether WORD is the first of a command's several words, as "member". */
bool opt_is_noun(const char *word);
/* Sets ERR_USAGE for WORDS, COUNT > 0, that are no command: what is meant, or what there is. */
bool opt_no_command(unsigned count, const char *const *words, struct err *e);
/* Whether COMMAND takes option ID. */
bool opt_belongs(enum opt_id id, const struct cmd_spec *command);
/* The value of a single-valued option, or NULL. */
const char *opt_value(const struct opts *o, enum opt_id id);
bool opt_given(const struct opts *o, enum opt_id id);
/* The one of COUNT candidates nearest to WORD by its letters, NULL when none is near. */
const char *opt_nearest(const char *word, const char *const *candidates, unsigned count);

#endif
