/*
 * What the server holds when it starts, as told on the command line in words parted by colons.
 */
#ifndef SENTRY_SCIM_SERVER_SEED_H
#define SENTRY_SCIM_SERVER_SEED_H

#include "state.h"

/* The token that works when none is named: all scopes of a SCIM token, for the first organization.
 */
#define SEED_TOKEN "sntryi_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* VALUE[:SCOPE+SCOPE...][:org=SLUG][:expired|inactive|app-inactive|broken] */
void seed_token(struct state *s, struct org *org, const char *spec);
/* EMAIL[:joined][:role=ROLE][:also=EMAIL]... and the flags of a member. */
void seed_member(struct state *s, struct org *org, const char *spec);
/* COUNT joined members, member00001@example.com and on. */
void seed_members(struct state *s, struct org *org, uint64_t count);
/* NAME[:EMAIL...] */
void seed_team(struct state *s, struct org *org, const char *spec);

#endif
