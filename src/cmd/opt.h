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
	OPT_PIN,
	OPT_PROXY,
	OPT_NO_PROXY,
	OPT_RESOLVE,
	OPT_IPV4,
	OPT_IPV6,
	OPT_HEADER,
	OPT_CONNECT_TIMEOUT,
	OPT_TIMEOUT,
	OPT_RETRIES,
	OPT_MAX_WAIT,
	OPT_ASSUME_TIME,
	/* output: every command */
	OPT_OUTPUT,
	OPT_QUIET,
	OPT_VERBOSE,
	OPT_NO_COLOR,
	OPT_NO_PROGRESS,
	OPT_DRY_RUN,
	OPT_HELP,
	OPT_VERSION,
	/* member create */
	OPT_ROLE,
	OPT_SET,
	OPT_BODY,
	OPT_INPUT,
	OPT_IF_EXISTS,
	OPT_COUNT
};

enum opt_group {
	OPT_GROUP_COMMAND = 1 << 0, /* belongs to one command: see the command's own list */
	OPT_GROUP_SERVER = 1 << 1,  /* identity, network, trust, retries */
	OPT_GROUP_OUTPUT = 1 << 2,
	OPT_GROUP_GENERAL = 1 << 3
};

struct opt_spec {
	const char *name;    /* without dashes */
	char letter;         /* short form, or 0 */
	const char *value;   /* what the value is called in help, "FILE"; NULL: takes none */
	const char *choices; /* "ok|fail|update" when the value is one of a few words, else NULL */
	enum opt_group group;
	bool repeatable;
	const char *help; /* one sentence, lower case, no final stop */
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
	const char *details;   /* paragraphs for `help COMMAND` and the manual */
	const char *examples;  /* lines that work as they stand, one command a line */
	const enum opt_id *options; /* own options, ended by OPT_COUNT */
	unsigned groups;       /* OPT_GROUP_ bits of the common options it takes */
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
 * Parses a command line. ERR_USAGE, with the nearest right word where one is near: an unknown
 * option or command, an option of another command, a missing or empty value, a value outside the
 * choices, a single-valued option given twice, too few or too many arguments (except when help is
 * asked for), a value for an option that takes none. `member --help` and a bare `member` find no
 * command: the usage error lists the commands of that noun.
 */
MUST_USE bool opt_parse(int argc, char *const argv[], struct arena *arena, struct opts *out,
	struct err *e);
/* The value of a single-valued option, or NULL. */
const char *opt_value(const struct opts *o, enum opt_id id);
bool opt_given(const struct opts *o, enum opt_id id);
/* The word of CHOICES (parted by '|') or NULL nearest to WORD, NULL when none is near. */
const char *opt_nearest(const char *word, const char *const *candidates, unsigned count);

#endif
