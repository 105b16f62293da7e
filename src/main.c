#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "cmd/cmd.h"
#include "cmd/help.h"
#include "cmd/settings.h"
#include "sys/console.h"
#include "sys/relro.h"
#include "sys/secret.h"
#include "sys/signals.h"

static const enum opt_id create_options[] = {
	OPT_ROLE, OPT_SET, OPT_BODY, OPT_INPUT, OPT_IF_EXISTS, OPT_COUNT};

static const enum opt_id api_options[] = {OPT_BODY, OPT_COUNT};
static const enum opt_id list_options[] = {OPT_USER_NAME, OPT_LIMIT, OPT_COUNT};
static const enum opt_id team_list_options[] = {OPT_LIMIT, OPT_COUNT};
static const enum opt_id team_delete_options[] = {OPT_YES, OPT_COUNT};
static const enum opt_id delete_options[] = {OPT_VIA, OPT_YES, OPT_COUNT};

static const enum opt_id import_options[] = {OPT_IF_EXISTS, OPT_JOURNAL, OPT_NO_JOURNAL,
	OPT_JOURNAL_PLAIN, OPT_JOBS, OPT_RATE, OPT_REJECTS, OPT_COUNT};

static const enum opt_id plan_options[] = {OPT_PRUNE, OPT_COUNT};
static const enum opt_id apply_options[] = {OPT_PRUNE, OPT_MAX_REMOVALS, OPT_PLAN, OPT_YES,
	OPT_JOURNAL, OPT_NO_JOURNAL, OPT_JOURNAL_PLAIN, OPT_JOBS, OPT_RATE, OPT_REJECTS, OPT_COUNT};

#define ALL_GROUPS (OPT_GROUP_SERVER | OPT_GROUP_OUTPUT)

const struct cmd_spec cmd_table[] = {
	{
		.words = "member create",
		.alias = "provision",
		.arguments = "[USERNAME...]",
		.summary = "provision organization members",
		.details =
			"Creates each USERNAME, an e-mail address, as a member of the "
			"organization. "
			"One name answers with the resource as the server sent it, several (over "
			"one "
			"connection, in order) with several. Without USERNAME the body names "
			"it.\n\n"
			"A member is created exactly once: when the connection breaks after the "
			"request was sent, the server is asked whether the member is there before "
			"anything is sent again.",
		.examples = "sentry-scim member create ada@example.com --org acme --role member\n"
			    "sentry-scim provision ada@example.com bob@example.com --if-exists ok\n"
			    "sentry-scim provision a@example.com --if-exists update --role admin\n"
			    "sentry-scim member create eve@example.com --set name.givenName=Eve\n"
			    "sentry-scim member create --input request.json -o json",
		.options = create_options,
		.groups = ALL_GROUPS,
		.max_args = UINT32_MAX,
		.run = cmd_member_create,
	},
	{
		.words = "member list",
		.arguments = "",
		.summary = "list the organization's members, all pages of them",
		.examples = "sentry-scim member list -o csv\n"
			    "sentry-scim member list --user-name ada@example.com",
		.options = list_options,
		.groups = ALL_GROUPS,
		.run = cmd_member_list,
	},
	{
		.words = "member get",
		.arguments = "MEMBER",
		.summary = "show one member",
		.details = "MEMBER is an id (digits) or a user name, here and everywhere.",
		.examples = "sentry-scim member get ada@example.com -o json",
		.groups = ALL_GROUPS,
		.min_args = 1,
		.max_args = 1,
		.run = cmd_member_get,
	},
	{
		.words = "member status",
		.arguments = "MEMBER",
		.summary = "show what SCIM cannot tell: joined or invited, teams, flags, roles",
		.details = "Asks Sentry's ordinary members endpoint, which also lists the roles "
			   "that may be given.",
		.examples = "sentry-scim member status ada@example.com",
		.groups = ALL_GROUPS,
		.min_args = 1,
		.max_args = 1,
		.run = cmd_member_status,
	},
	{
		.words = "member set-role",
		.arguments = "MEMBER ROLE",
		.summary = "change a member's organization role",
		.details = "The answer is compared with what was asked for: Sentry accepts the "
			   "change for an owner and leaves the role as it is.",
		.examples = "sentry-scim member set-role ada@example.com manager",
		.groups = ALL_GROUPS,
		.min_args = 2,
		.max_args = 2,
		.run = cmd_member_set_role,
	},
	{
		.words = "member delete",
		.arguments = "MEMBER...",
		.summary = "remove members for good",
		.details = "There is no suspension: who is added again gets a new id and a new "
			   "invitation. On a terminal it is asked about once.",
		.examples = "sentry-scim member delete ada@example.com --yes\n"
			    "sentry-scim member delete 242 --via deactivate",
		.options = delete_options,
		.groups = ALL_GROUPS,
		.min_args = 1,
		.max_args = UINT32_MAX,
		.run = cmd_member_delete,
	},
	{
		.words = "team create",
		.arguments = "NAME",
		.summary = "create a team",
		.details = "Names that differ only in case, blanks or punctuation share one slug, "
			   "and only one of them can exist.",
		.examples = "sentry-scim team create 'Data Engineering'",
		.groups = ALL_GROUPS,
		.min_args = 1,
		.max_args = 1,
		.run = cmd_team_create,
	},
	{
		.words = "team list",
		.arguments = "",
		.summary = "list the organization's teams",
		.examples = "sentry-scim team list -o table",
		.options = team_list_options,
		.groups = ALL_GROUPS,
		.run = cmd_team_list,
	},
	{
		.words = "team get",
		.arguments = "TEAM",
		.summary = "show one team and its members",
		.details = "TEAM is an id (digits) or the team's name, here and everywhere.",
		.examples = "sentry-scim team get 'Data Engineering' -o json",
		.groups = ALL_GROUPS,
		.min_args = 1,
		.max_args = 1,
		.run = cmd_team_get,
	},
	{
		.words = "team rename",
		.arguments = "TEAM NAME",
		.summary = "give a team another name",
		.details = "The slug changes with the name: whatever refers to the old slug has to "
			   "follow.",
		.examples = "sentry-scim team rename 'Data Engineering' Data",
		.groups = ALL_GROUPS,
		.min_args = 2,
		.max_args = 2,
		.run = cmd_team_rename,
	},
	{
		.words = "team delete",
		.arguments = "TEAM...",
		.summary = "remove teams for good",
		.examples = "sentry-scim team delete Data --yes",
		.options = team_delete_options,
		.groups = ALL_GROUPS,
		.min_args = 1,
		.max_args = UINT32_MAX,
		.run = cmd_team_delete,
	},
	{
		.words = "team add",
		.arguments = "TEAM MEMBER...",
		.summary = "add members to a team",
		.details = "All members are looked up before anything is changed, and go out in "
			   "requests of at most 100. The answer is the team as it is then.",
		.examples = "sentry-scim team add Data ada@example.com bob@example.com",
		.groups = ALL_GROUPS,
		.min_args = 2,
		.max_args = UINT32_MAX,
		.run = cmd_team_add,
	},
	{
		.words = "team remove",
		.arguments = "TEAM MEMBER...",
		.summary = "take members out of a team",
		.examples = "sentry-scim team remove Data ada@example.com",
		.groups = ALL_GROUPS,
		.min_args = 2,
		.max_args = UINT32_MAX,
		.run = cmd_team_remove,
	},
	{
		.words = "team set",
		.arguments = "TEAM MEMBER...",
		.summary = "make a team consist of just these members",
		.examples = "sentry-scim team set Data ada@example.com bob@example.com",
		.groups = ALL_GROUPS,
		.min_args = 2,
		.max_args = UINT32_MAX,
		.run = cmd_team_set,
	},
	{
		.words = "roster import",
		.arguments = "FILE",
		.summary = "provision every row of a file, exactly once",
		.details =
			"FILE is CSV with a header row (userName, sentryOrgRole, teams with ';' "
			"between "
			"names; any other column is sent as an attribute), JSON Lines, or one JSON "
			"array; \"-\" is standard input. All of it is checked before anything is "
			"sent. Members that exist are reported and left alone unless --if-exists "
			"says "
			"otherwise.\n\n"
			"The journal beside FILE says what is about to be sent before it is sent. "
			"After "
			"kill -9 or loss of power the same command goes on where it stopped, asks "
			"the "
			"server about the rows that were under way, and makes each member once. "
			"Ctrl-C "
			"finishes what is under way; a second one stops at once.",
		.examples = "sentry-scim roster import people.csv\n"
			    "sentry-scim roster import people.csv -o csv --rejects failed.csv",
		.options = import_options,
		.groups = ALL_GROUPS,
		.min_args = 1,
		.max_args = 1,
		.run = cmd_roster_import,
	},
	{
		.words = "roster plan",
		.arguments = "FILE",
		.summary = "show the changes that bring the organization to a roster",
		.details =
			"Members to create, roles to set, teams to create and to fill, and with "
			"--prune members to remove. A row without a role leaves the member's as "
			"it "
			"is, a roster without a column `teams` all teams. Nothing is changed.\n\n"
			"With -o json the plan is a document that `roster apply --plan` makes just "
			"so, or refuses if the organization has changed in between: made on a "
			"workstation, applied on a jump host.",
		.examples = "sentry-scim roster plan people.csv\n"
			    "sentry-scim roster plan people.csv --prune -o json >plan.json",
		.options = plan_options,
		.groups = ALL_GROUPS,
		.min_args = 1,
		.max_args = 1,
		.run = cmd_roster_plan,
	},
	{
		.words = "roster apply",
		.arguments = "[FILE]",
		.summary = "bring the organization to a roster, or make a saved plan",
		.details =
			"Makes the changes that `roster plan` shows, after asking once on a "
			"terminal. Applied again it changes nothing. It keeps a journal as `roster "
			"import` does.\n\n"
			"Members are removed only with --prune; owners and the token's own member "
			"never; more than 10 that are also more than a tenth of all only with "
			"--max-removals. Teams are created and filled, never deleted.",
		.examples = "sentry-scim roster apply people.csv\n"
			    "sentry-scim roster apply people.csv --prune --yes\n"
			    "sentry-scim roster apply --plan plan.json",
		.options = apply_options,
		.groups = ALL_GROUPS,
		.max_args = 1,
		.run = cmd_roster_apply,
	},
	{
		.words = "roster export",
		.arguments = "",
		.summary = "write the organization as a roster file",
		.details = "CSV unless -o says jsonl or json: user name, role and teams of every "
			   "member, as `roster import` takes them.",
		.examples = "sentry-scim roster export >people.csv",
		.groups = ALL_GROUPS,
		.run = cmd_roster_export,
	},
	{
		.words = "schema",
		.arguments = "[URN]",
		.summary = "show what the service provider says of itself",
		.details = "Without URN ServiceProviderConfig, ResourceTypes and Schemas in one "
			   "document; what the server lacks is null.",
		.examples = "sentry-scim schema -o json\n"
			    "sentry-scim schema urn:ietf:params:scim:schemas:core:2.0:User",
		.groups = ALL_GROUPS,
		.max_args = 1,
		.run = cmd_schema,
	},
	{
		.words = "api",
		.arguments = "METHOD PATH",
		.summary = "make any request below the SCIM base",
		.details =
			"Prints the body of the answer. GET, PUT and DELETE are repeated when no "
			"answer comes, other methods are not: exit code 4 then.",
		.examples = "sentry-scim api GET 'Users?startIndex=1&count=10'\n"
			    "sentry-scim api PATCH Users/242 --body patch.json",
		.options = api_options,
		.groups = ALL_GROUPS,
		.min_args = 2,
		.max_args = 2,
		.run = cmd_api,
	},
	{
		.words = "doctor",
		.arguments = "",
		.summary = "check step by step what stands between here and the organization",
		.details =
			"Settings, clock, name, route, connection, proxy, TLS, HTTP, token, "
			"scopes, "
			"SCIM "
			"and rate limits: each with what was found, how long it took and, where "
			"something is wrong, what to do. Steps behind a failure that makes them "
			"pointless are skipped. The exit code is that of the first step that "
			"failed; "
			"with warnings only it is 0.\n\n"
			"Only GET requests are sent, and none is repeated. The token is shown by "
			"its "
			"kind and length only, so that the output can go into a ticket: -o json "
			"gives "
			"the same facts as an array of steps.",
		.examples = "sentry-scim doctor\n"
			    "sentry-scim doctor -o json | tee ticket.json",
		.groups = ALL_GROUPS,
		.run = cmd_doctor,
	},
	{
		.words = "config",
		.arguments = "",
		.summary = "show every setting, where it came from, and what follows from it",
		.details = "Also which CA certificates and which proxy would be used. The token is "
			   "shown by its kind and length only.",
		.examples = "sentry-scim config -o table",
		.groups = ALL_GROUPS,
		.run = cmd_config,
	},
	{
		.words = "completion",
		.arguments = "bash|zsh|fish",
		.summary = "print the completions for a shell",
		.examples = "source <(sentry-scim completion bash)",
		.min_args = 1,
		.max_args = 1,
		.run = cmd_completion,
	},
	{
		.words = "help",
		.arguments = "[COMMAND]",
		.summary = "explain the program or one command",
		.max_args = 8,
		.run = cmd_help,
	},
	{
		.words = "version",
		.arguments = "",
		.summary =
			"show the versions of the program, its TLS library and its CA certificates",
		.run = cmd_version,
	},
	{
		.words = "man",
		.arguments = "",
		.summary = "print the manual page (mdoc), as for `sentry-scim man | mandoc -l`",
		.run = cmd_man,
	},
	{.words = NULL},
};

/*
 * A standard descriptor that is closed would be taken by the first file or socket that is opened,
 * and a message would go to the server. What stands in its place refuses: reading fails from 0,
 * writing from 1 and 2.
 */
static void fill_standard_descriptors(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
			open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0 &&
			open("/", O_RDONLY) < 0)
			_exit(10);
}

static int run(struct cmd_context *c)
{
	const struct opts *o = c->opts;

	if (opt_given(o, OPT_VERSION))
		return cmd_version(c);
	if (opt_given(o, OPT_HELP))
		return cmd_help(c);
	return o->command != NULL ? o->command->run(c) : cmd_none();
}

int main(int argc, char *argv[])
{
	struct arena arena;
	struct opts opts;
	struct cmd_context context = {.opts = &opts, .arena = &arena};
	struct err e;
	int code;

	relro_protect();
	fill_standard_descriptors();
	secret_protect_process();
	signals_install();
	console_setup(0);
	err_clear(&e);
	arena_init(&arena, LIMIT_COMMAND_ARENA);
	if (opt_parse(argc, argv, &arena, &opts, &e))
		code = run(&context);
	else
		code = cmd_fail(&e);
	arena_wipe(&arena);
	return code;
}
