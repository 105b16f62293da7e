/*
 * A command's side of the conversation with the server: settings checked, trust loaded, a client
 * ready to connect. Nothing has been sent when session_open() returns.
 */
#ifndef SENTRY_SCIM_CMD_SESSION_H
#define SENTRY_SCIM_CMD_SESSION_H

#include <stdbool.h>

#include "client/handle.h"
#include "cmd/cmd.h"
#include "cmd/settings.h"

struct session {
	struct settings settings;
	struct handle handle;
};

/* Loads everything; after a failure session_close() is still to be called. INPUT may be NULL. */
MUST_USE bool session_open(struct session *s, struct cmd_context *c,
	const struct settings_input *input, struct err *e);
/*
 * The same for a command that goes as far as it can: that only the token or the organization is
 * missing is no failure, but told in *LACKING. `origin.root` is empty without organization.
 */
MUST_USE bool session_open_incomplete(
	struct session *s, struct cmd_context *c, struct err *lacking, struct err *e);
void session_close(struct session *s);

/*
 * Reports a call that did not succeed and answers the exit code: the server's refusal as it came if
 * there was one, else *E. 0 in a dry run, whose request has been shown.
 */
int session_fail(struct session *s, const struct reply *reply, const struct err *e);
/* The same without an exit code, for commands that go on. */
void session_report(struct session *s, const struct reply *reply, const struct err *e);
/* Shows a request on standard output as it would be sent, the token masked. */
MUST_USE bool session_show(
	const struct message_origin *o, const struct message_call *call, struct err *e);

#endif
