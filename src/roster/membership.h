/*
 * Who is in which team, as an organization tells it: all its teams are read once, and what is kept
 * are 16 bytes a membership, and names and ids of the teams.
 */
#ifndef SENTRY_SCIM_ROSTER_MEMBERSHIP_H
#define SENTRY_SCIM_ROSTER_MEMBERSHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "client/call.h"
#include "roster/state.h"

struct membership_pair {
	uint64_t member; /* identity of the member's id, see list_text_identity() */
	uint32_t team;   /* index of its name */
};

struct membership_team {
	struct str name, id; /* escapes undone */
};

struct membership {
	struct arena names;
	struct membership_team *teams; /* owned */
	size_t team_count, team_room;
	struct membership_pair *pairs; /* owned; sorted once all is read */
	size_t pair_count, pair_room;
};

void membership_init(struct membership *m);
void membership_wipe(struct membership *m);
/* Reads all teams of the organization, and adds them to STATE, which may be NULL. False as
   call_run(). */
MUST_USE bool membership_load(struct membership *m, struct caller *caller, struct state *state,
	struct reply *reply, struct err *e);
/* The teams, as indexes, of the member with ID in the order of the list of
   teams: *AT begins as 0; false when there are no more. */
bool membership_team(const struct membership *m, struct str id, size_t *at, uint32_t *team);

#endif
