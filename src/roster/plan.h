/*
 * What has to be done to bring an organization to a roster. The members to be created are not kept:
 * they are the rows without WANTED_MATCHED, and are read from the roster again. Every other change
 * is kept, so memory grows with what differs and not with what there is.
 *
 * Rules: a row without a role leaves the member's as it is. A row that says which teams its member
 * is in (even none) has the missing memberships added, and with `prune` the others removed; teams
 * that are missing are created, none is ever deleted. Of members whose names differ in case only a
 * row means the one that it spells, else the one that is listed first. With `prune` members who are
 * not in the roster are removed, except owners, the token's own member, and a second spelling of a
 * name in the roster. The role of an owner cannot be changed through SCIM, nor can anybody be made
 * one.
 */
#ifndef SENTRY_SCIM_ROSTER_PLAN_H
#define SENTRY_SCIM_ROSTER_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "client/call.h"
#include "roster/check.h"
#include "roster/membership.h"
#include "roster/reader.h"
#include "roster/state.h"
#include "roster/wanted.h"

/* In the order in which they are shown and made. */
enum plan_action {
	PLAN_CREATE_TEAM,
	PLAN_CREATE,
	PLAN_ADD_TO_TEAM,
	PLAN_REMOVE_FROM_TEAM,
	PLAN_SET_ROLE,
	PLAN_REMOVE,
	PLAN_KEEP, /* no change: what the roster asks for and will not be done */
	PLAN_ACTIONS
};
/* "create-team" and so on. */
const char *plan_action_name(enum plan_action action);

#define PLAN_NO_ROW UINT32_MAX

/* Why a member is not removed. */
#define KEPT_OWNER "owners are never removed"
#define KEPT_SELF  "this is the token's own member"

/* Texts that do not apply are empty. */
struct plan_change {
	enum plan_action action;
	uint32_t row;  /* number of the roster's row, or PLAN_NO_ROW */
	uint64_t line; /* of that row, or 0 */
	struct str user_name;
	struct str id;   /* the member's; empty: not created yet */
	struct str team; /* name */
	struct str team_id;
	struct str from, to; /* roles; of a member that is created or removed only one */
	struct str body;     /* CREATE: the request's */
	const char *reason;  /* KEEP: why, a static string */
	bool stale;          /* the member is not any more as the plan says */
};

struct plan {
	struct arena texts;
	struct plan_change *changes; /* owned; by action, then by row */
	size_t count, room;
	uint64_t counts[PLAN_ACTIONS]; /* of all changes, PLAN_CREATE included */
	uint64_t members;              /* there are */
	uint64_t unchanged;            /* rows that are as they should be */
	bool prune, teams;             /* what was compared */
	struct state state;            /* of what was there */
};

struct plan_options {
	bool prune;
	bool is_sentry;
	roster_report *report; /* of rows that ask for what cannot be */
	void *context;
};

void plan_init(struct plan *p);
void plan_wipe(struct plan *p);
/*
 * Compares W, loaded from R, with the organization. False with *E and *REPLY as call_run() leaves
 * them, or ERR_INPUT when rows were reported.
 */
MUST_USE bool plan_make(struct plan *p, struct wanted *w, struct roster_reader *r,
	struct caller *caller, const struct plan_options *options, struct reply *reply,
	struct err *e);
/* The id, as it stands in JSON, of the member whose token is in use: Sentry tells a token whose it
   is. Empty for one that belongs to nobody or may not ask. Valid until the next call. */
MUST_USE bool plan_own_member(
	struct caller *caller, struct str *id, struct reply *reply, struct err *e);
/* Whether there is anything to do. */
bool plan_is_empty(const struct plan *p);
/* Appends one more change, the texts of C copied. */
MUST_USE bool plan_add(struct plan *p, const struct plan_change *c, struct err *e);
/* Puts the changes in order. */
void plan_sort(struct plan *p);
/* The first change of ACTION, and in *COUNT how many are kept. */
struct plan_change *plan_changes(const struct plan *p, enum plan_action action, size_t *count);

/* The rows of the roster whose members are to be created, one after the other. */
struct plan_creates {
	struct wanted *wanted;
	struct roster_reader *reader; /* to be rewound before the first */
};
enum roster_step plan_next_create(void *creates, struct roster_row *row, struct err *e);

/* Hands every change to EACH, in order, the creates read from R. */
typedef bool plan_each_fn(void *context, const struct plan_change *c, struct err *e);
MUST_USE bool plan_each(const struct plan *p, struct wanted *w, struct roster_reader *r,
	plan_each_fn *each, void *context, struct err *e);

/*
 * Refuses, ERR_INPUT, more removals than MOST; or, if MOST is PLAN_USUAL, more than 10 that are
 * also more than a tenth of the members.
 */
#define PLAN_USUAL UINT64_MAX
MUST_USE bool plan_guard(const struct plan *p, uint64_t most, struct err *e);

#endif
