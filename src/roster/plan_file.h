/*
 * A plan as a JSON document, made on one machine and applied on another:
 *
 *     {"sentryScimPlan":1,"server":"https://...","members":4,"state":"<64 hex digits>",
 *      "prune":false,"teams":true,"changes":[
 *     {"action":"create","line":2,"userName":"ada@example.com","to":"admin","body":{...}},
 *     ...
 *     ]}
 *
 * Members of a change: action, line, userName, id, team, teamId, from, to, body, reason; those that
 * do not apply are left out.
 */
#ifndef SENTRY_SCIM_ROSTER_PLAN_FILE_H
#define SENTRY_SCIM_ROSTER_PLAN_FILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "roster/plan.h"

/* A document that is read; it is held in memory whole. */
#define PLAN_FILE_MAX (64u * 1024u * 1024u)

/* Appends the text before the first change, and behind the last. False when OUT is full. */
bool plan_file_begin(const struct plan *p, struct str server, struct buf *out);
bool plan_file_end(struct buf *out);
/* Appends one change, an object on one line. */
bool plan_file_change(const struct plan_change *c, struct buf *out);

/*
 * Reads TEXT into P, which has been initialised; texts are copied. SERVER is the SCIM root that is
 * in use. ERR_INPUT, with a place, for what is no plan; ERR_CONFIG for one made for another server.
 * Changes are in order then, a create's row is its place in the plan, and a membership that waits
 * for a create has that row.
 */
MUST_USE bool plan_file_read(struct plan *p, struct str text, struct str server, struct err *e);

/*
 * Compares P, read from a file, with the organization. At first it must be just as it was when the
 * plan was made: ERR_INPUT. When the plan is RESUMED it cannot be; then changes of members that are
 * not as the plan says any more are marked `stale`.
 */
MUST_USE bool plan_verify(
	struct plan *p, bool resumed, struct caller *caller, struct reply *reply, struct err *e);

/* The members that a plan read from a file creates; the context is a struct plan_file_creates. */
struct plan_file_creates {
	const struct plan *plan;
	size_t at; /* begins as 0 */
};
enum roster_step plan_file_next_create(void *creates, struct roster_row *row, struct err *e);

#endif
