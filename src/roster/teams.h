/*
 * The teams of a roster: after its members are there, each row's member is put into the teams that
 * the row names. Teams that are missing are created. Adding somebody who is in a team already
 * changes nothing, so this needs no journal: it can be done again from the start.
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
	uint64_t failed;  /* memberships that could not be made; each has been reported */
};

/*
 * Goes through R from its start. GAP_MS lies between requests. Failures of single members and teams
 * are written to standard error and counted; false with *E when going on is pointless.
 */
MUST_USE bool teams_fill(struct roster_reader *r, struct caller *caller, int64_t gap_ms,
	struct teams_totals *totals, struct err *e);

#endif
