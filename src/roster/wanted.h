/*
 * What a roster wants, for comparing it with what there is: 16 bytes a row, found by user name
 * whatever its case. Names are kept as 64-bit hashes under a key that nobody knows, chosen so that
 * no two rows share one; of the spelling, whose case may differ, 16 bits more are kept. That a
 * stranger's name has the hash of a row is less likely than 10^-7 for
 * a million rows and a million strangers. Roles are kept once, teams as 8 bytes a membership.
 */
#ifndef SENTRY_SCIM_ROSTER_WANTED_H
#define SENTRY_SCIM_ROSTER_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "codec/siphash.h"
#include "roster/reader.h"

/* Different roles in one roster; index 0 is none. */
#define WANTED_ROLES_MAX 255u

enum wanted_flag {
	WANTED_SAYS_TEAMS = 1 << 0, /* the row says which teams, even if none */
	WANTED_MATCHED = 1 << 1,    /* its member is there */
	WANTED_REPORTED = 1 << 2,   /* what came of it has been told */
	WANTED_TEAM_CHANGED = 1 << 3,
	WANTED_FAILED = 1 << 4
};

struct wanted_row {
	uint64_t name; /* hash */
	uint32_t number;
	uint8_t role;      /* index */
	uint8_t flags;     /* enum wanted_flag */
	uint16_t spelling; /* of the name as it stands there */
};

struct wanted_team {
	uint32_t number; /* of the row */
	uint32_t team;   /* index */
};

struct wanted {
	uint8_t key[SIPHASH_KEY];
	struct wanted_row *rows; /* owned; by hash */
	size_t count;
	struct arena texts;
	struct str roles[WANTED_ROLES_MAX + 1];
	unsigned role_count;
	struct str *teams; /* owned; each name once, whatever its case */
	size_t team_count, team_room;
	struct wanted_team *memberships; /* owned; by row */
	size_t membership_count, membership_room;
	struct buf folded; /* owned: a name in small letters */
	bool says_teams;   /* some row does */
};

void wanted_init(struct wanted *w);
void wanted_wipe(struct wanted *w);
/* Reads R, checked and of ROWS rows, from its start. */
MUST_USE bool wanted_load(struct wanted *w, struct roster_reader *r, uint64_t rows, struct err *e);
/* The row of USER_NAME, or NULL. Valid until W is wiped. */
struct wanted_row *wanted_find(struct wanted *w, struct str user_name);
/* Whether the roster has ROW's name in just this spelling. */
bool wanted_is_spelled(const struct wanted *w, const struct wanted_row *row, struct str user_name);
/* The teams of row NUMBER: the index of its first in `memberships`, and how many there are. */
size_t wanted_teams(const struct wanted *w, uint32_t number, size_t *count);

#endif
