/*
 * Members and teams as people name them: by id or by name. Answers to look-ups are never trusted to
 * hold what was asked for: names are compared here, exactly first, then ignoring case.
 */
#ifndef SENTRY_SCIM_CLIENT_FIND_H
#define SENTRY_SCIM_CLIENT_FIND_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "client/call.h"

enum find_kind { FIND_MEMBER, FIND_TEAM };

struct found {
	struct buf id;       /* owned: escapes undone */
	struct buf name;     /* owned: userName or displayName; empty when it was named by id */
	struct buf resource; /* owned: byte for byte; empty when it was named by id. A team's may
				lack its members */
	bool by_id;          /* nothing was asked: whether there is such an id is not known */
};

void found_init(struct found *f);
void found_wipe(struct found *f);

/*
 * Finds WHO. An id is digits only; with a provider other than Sentry, where ids may be any text,
 * what is no name is tried as an id. ERR_NOT_FOUND names WHO, and whose other address it is if it
 * is one: a change meant for one address never hits a member known by another. ERR_INPUT when
 * several resources answer to the name. Else as call_run(). *REPLY tells of the last request.
 */
MUST_USE bool find_one(struct caller *c, enum find_kind kind, struct str who, struct found *out,
	struct reply *reply, struct err *e);

/* The same by name only, be it digits or a name that is somebody else's id: for names that nobody
   has typed. */
MUST_USE bool find_by_name(struct caller *c, enum find_kind kind, struct str who, struct found *out,
	struct reply *reply, struct err *e);

/* Whether ID can be a segment of a path, where "." and ".." lead elsewhere. */
bool find_is_id(struct str id);
/* Appends the path of the resource with ID: "Users/242". */
void find_path(enum find_kind kind, struct str id, struct buf *out);
/* "member" or "team". */
const char *find_noun(enum find_kind kind);

#endif
