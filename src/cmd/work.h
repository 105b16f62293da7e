/*
 * What the commands on members and teams share: a session, something found by name or id, requests
 * on it, one error, and the end that reports it.
 */
#ifndef SENTRY_SCIM_CMD_WORK_H
#define SENTRY_SCIM_CMD_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "client/find.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/session.h"

struct work {
	struct cmd_context *context;
	enum find_kind kind;
	struct session session;
	struct out out;
	struct found found;
	struct reply reply; /* of the last request */
	struct err err;
	struct buf path, body;
};

/* Opens the session; after a failure work_end() is still to be called. */
MUST_USE bool work_begin(struct work *w, struct cmd_context *c, enum find_kind kind);
/* Reports the error unless OK, closes everything, and answers the exit code. */
int work_end(struct work *w, bool ok);

/* Finds WHO among what `kind` says. */
MUST_USE bool work_find(struct work *w, const char *who);
/* A request on what was found. The answer's body is work_answer(). */
MUST_USE bool work_call(
	struct work *w, const char *method, struct str body, enum call_effect effect);
struct str work_answer(const struct work *w);
/* Fetches what was found and shows it, whole. */
MUST_USE bool work_show(struct work *w);
/* Shows RESOURCE. */
MUST_USE bool work_show_resource(struct work *w, struct str resource);

/* Every resource of the collection, or the first --limit. */
MUST_USE bool work_list(struct work *w);
/* --limit: 0 when it was not given. */
MUST_USE bool work_limit(const struct opts *o, uint64_t *limit, struct err *e);

/*
 * Removes each of the command's arguments, after asking: by DELETE, or by PATCH with BODY if that
 * is not empty. Reports each; answers the exit code.
 */
int work_remove_all(struct work *w, struct str patch);

#endif
