/*
 * A table of commands for the unit tests, in place of the one in main.c: of every shape that the
 * parser and help tell apart. Nothing in it can be run.
 */
#include "cmd/opt.h"

/* All options of single commands there are, so that each is parsed and explained somewhere. */
static const enum opt_id create_options[] = {OPT_ROLE, OPT_SET, OPT_BODY, OPT_INPUT, OPT_IF_EXISTS,
	OPT_LIMIT, OPT_USER_NAME, OPT_VIA, OPT_YES, OPT_JOURNAL, OPT_NO_JOURNAL, OPT_JOURNAL_PLAIN,
	OPT_JOBS, OPT_RATE, OPT_REJECTS, OPT_PRUNE, OPT_MAX_REMOVALS, OPT_PLAN, OPT_COUNT};

#define ALL_GROUPS (OPT_GROUP_SERVER | OPT_GROUP_OUTPUT)

const struct cmd_spec cmd_table[] = {
	{.words = "member create",
		.alias = "provision",
		.arguments = "[USERNAME...]",
		.summary = "provision organization members",
		.details = "First paragraph, which is long enough that it must be broken into more "
			   "than one line of text.\n\nSecond paragraph: a \\ stands here.",
		.examples = "sentry-scim provision ada@example.com\n"
			    "sentry-scim member create --body - <body.json\n",
		.options = create_options,
		.groups = ALL_GROUPS,
		.max_args = UINT32_MAX},
	{.words = "member list",
		.arguments = "",
		.summary = "list all members",
		.groups = ALL_GROUPS},
	{.words = "member get",
		.arguments = "MEMBER",
		.summary = "show one member",
		.groups = ALL_GROUPS,
		.min_args = 1,
		.max_args = 1},
	{.words = "team add",
		.arguments = "TEAM MEMBER...",
		.summary = "add members to a team",
		.groups = ALL_GROUPS,
		.min_args = 2,
		.max_args = UINT32_MAX},
	{.words = "config check",
		.arguments = "",
		.summary = "a command whose words begin as another one's",
		.groups = OPT_GROUP_OUTPUT},
	{.words = "config", .arguments = "", .summary = "show every setting", .groups = ALL_GROUPS},
	{.words = "help",
		.arguments = "[COMMAND]",
		.summary = "explain the program",
		.max_args = 8},
	{.words = "version", .arguments = "", .summary = "show the version"},
	{.words = NULL},
};
