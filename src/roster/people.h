/*
 * The members of an organization, one after the other, as they are compared with a roster or a
 * plan.
 */
#ifndef SENTRY_SCIM_ROSTER_PEOPLE_H
#define SENTRY_SCIM_ROSTER_PEOPLE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "client/call.h"
#include "roster/state.h"

/* Valid while it is handed out; escapes undone. */
struct person {
	struct str id, user_name;
	struct str role;
	bool has_role; /* the server tells one */
};

typedef bool people_each_fn(void *context, const struct person *p, struct err *e);
/* Reads all members, adds them to STATE, and hands each to EACH. False as call_run(), or when EACH
   answers so. */
MUST_USE bool people_read(struct caller *caller, struct state *state, people_each_fn *each,
	void *context, struct reply *reply, struct err *e);

#endif
