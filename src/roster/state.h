/*
 * A digest of what an organization consists of, the same in whatever order its parts are met: the
 * sum of the SHA-256 of each, modulo 2^256, so that a part that is met twice counts twice. It tells
 * whether anything has changed between two looks.
 */
#ifndef SENTRY_SCIM_ROSTER_STATE_H
#define SENTRY_SCIM_ROSTER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define STATE_BYTES 32

enum state_kind {
	STATE_MEMBER,    /* id, user name, role */
	STATE_TEAM,      /* id, name */
	STATE_MEMBERSHIP /* the team's id, the member's */
};

/* Begins as all zeroes. */
struct state {
	uint8_t digest[STATE_BYTES];
};

/* Adds one part. False when memory is exhausted. */
bool state_add(struct state *s, enum state_kind kind, struct str a, struct str b, struct str c);

#endif
