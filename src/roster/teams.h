/*
 * Membership of teams, changed in requests of at most PATCH_MAX operations: what is asked for
 * gathers by team until a request is full or teams_flush() is called. Teams that are missing are
 * created. Adding somebody who is in a team already changes nothing, nor does removing somebody who
 * is not, so all of it can be done again.
 */
#ifndef SENTRY_SCIM_ROSTER_TEAMS_H
#define SENTRY_SCIM_ROSTER_TEAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "client/call.h"
#include "roster/reader.h"

/* Different teams in one roster. */
#define TEAMS_MAX 1000u

struct teams_totals {
	uint64_t created; /* teams */
	uint64_t added;   /* memberships asked for, whether they were there or not */
	uint64_t removed; /* likewise */
	uint64_t failed;  /* memberships that could not be changed; each has been reported */
};

/* Members of it may be NULL. TOKEN is what the caller gave with the change. */
struct teams_watcher {
	void *context;
	/* A change is about to be sent; the request goes out after `ready`. False ends all. */
	bool (*begin)(void *context, uint32_t token, struct err *e);
	bool (*ready)(void *context, struct err *e);
	/* It is over: FAILURE is NULL, or why it could not be made. */
	bool (*end)(void *context, uint32_t token, const struct err *failure, struct err *e);
};

enum teams_change { TEAMS_ADD, TEAMS_REMOVE };

struct teams; /* opaque, on the heap */

/* GAP_MS lies between requests. TOTALS are added to. NULL when memory is exhausted. */
struct teams *teams_new(struct caller *caller, int64_t gap_ms, const struct teams_watcher *watcher,
	struct teams_totals *totals);
void teams_free(struct teams *t);
/*
 * What follows answers false, with *E, when going on is pointless. Failures that are about one team
 * or member are written to standard error and counted.
 */
/* Creates the team NAME unless it is there. *MADE tells whether it is there now. */
MUST_USE bool teams_make(struct teams *t, struct str name, bool *made, struct err *e);
/* The member with ID joins or leaves the team with TEAM_ID; if that is empty, the one called NAME.
 */
MUST_USE bool teams_put(struct teams *t, enum teams_change change, struct str name,
	struct str team_id, struct str id, uint32_t token, struct err *e);
MUST_USE bool teams_flush(struct teams *t, struct err *e);

/*
 * Goes through R from its start and puts each row's member, who is there by now, into the teams
 * that the row names. IDS: by number of the row the member's id, or 0 where it is not known or no
 * number; such a member is looked up. WATCHER is told of numbers of rows; may be NULL.
 */
MUST_USE bool teams_fill(struct roster_reader *r, const uint64_t *ids, struct caller *caller,
	int64_t gap_ms, const struct teams_watcher *watcher, struct teams_totals *totals,
	struct err *e);

#endif
