/*
 * Making the changes of a plan: teams first, then members, their teams, roles, and removals last.
 * Members are created by run_rows(). All else may be done twice without harm, and is sent one
 * request after the other; its intents are in the journal and on disk before it goes out. Whoever
 * is to be removed is looked at just before, which costs a request each: one who is not as the plan
 * says any more (id, name, role) stays, and has failed.
 */
#ifndef SENTRY_SCIM_ROSTER_APPLY_H
#define SENTRY_SCIM_ROSTER_APPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "client/call.h"
#include "roster/journal.h"
#include "roster/plan.h"
#include "roster/run.h"
#include "roster/teams.h"

/* What came of a change other than CREATE and CREATE_TEAM. */
struct apply_result {
	const struct plan_change *change;
	enum journal_state outcome;
	int status;            /* of the server's refusal, or 0 */
	const struct err *err; /* FAILED and UNKNOWN; also a REMOVED that was gone already */
	struct str refusal;    /* its body, when status is not 0 */
};

struct apply_watcher {
	void *context;
	/* A member was created, or not; see run_watcher. */
	bool (*row)(void *context, const struct run_result *r, struct err *e);
	bool (*change)(void *context, const struct apply_result *r, struct err *e);
	void (*tick)(void *context, const struct run_totals *t, int64_t now);
};

struct apply {
	struct plan *plan;
	const struct run_source *creates;
	struct journal *journal; /* or NULL */
	/* Changes are rows of the journal by their place in the plan; else the roster's rows are,
	   by their number, and NO_ROW is for the rest. */
	bool by_place;
	uint64_t no_row;
	struct caller *caller;
	const struct run_options *options;
	const struct apply_watcher *watcher;
	struct run_totals *totals; /* rows: all changes but KEEP */
	struct teams_totals *teams;
};

/*
 * False with *E when going on was pointless. What failed by itself is in TOTALS and TEAMS, and has
 * been told.
 */
MUST_USE bool apply_plan(const struct apply *a, struct err *e);

#endif
