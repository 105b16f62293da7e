/*
 * What every command is given, and what every command does at its end. A command's run function
 * answers its exit code; it has reported its errors by then.
 */
#ifndef SENTRY_SCIM_CMD_CMD_H
#define SENTRY_SCIM_CMD_CMD_H

#include "base/arena.h"
#include "base/err.h"
#include "cmd/opt.h"

struct cmd_context {
	const struct opts *opts;
	struct arena *arena; /* lives as long as the command */
};

/* Reports E on standard error; answers its exit code. */
int cmd_fail(const struct err *e);

/* The program was called without a command: the overview on standard error, and a usage error. */
int cmd_none(void);
int cmd_help(struct cmd_context *c);
int cmd_version(struct cmd_context *c);
int cmd_man(struct cmd_context *c);
int cmd_member_create(struct cmd_context *c);
int cmd_member_list(struct cmd_context *c);
int cmd_member_get(struct cmd_context *c);
int cmd_member_status(struct cmd_context *c);
int cmd_member_set_role(struct cmd_context *c);
int cmd_member_delete(struct cmd_context *c);
int cmd_team_create(struct cmd_context *c);
int cmd_team_list(struct cmd_context *c);
int cmd_team_get(struct cmd_context *c);
int cmd_team_rename(struct cmd_context *c);
int cmd_team_delete(struct cmd_context *c);
int cmd_team_add(struct cmd_context *c);
int cmd_team_remove(struct cmd_context *c);
int cmd_team_set(struct cmd_context *c);
int cmd_roster_import(struct cmd_context *c);
int cmd_roster_plan(struct cmd_context *c);
int cmd_roster_apply(struct cmd_context *c);
int cmd_roster_export(struct cmd_context *c);
int cmd_schema(struct cmd_context *c);
int cmd_api(struct cmd_context *c);
int cmd_doctor(struct cmd_context *c);
int cmd_config(struct cmd_context *c);
int cmd_completion(struct cmd_context *c);

#endif
