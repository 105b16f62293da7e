/*
 * What the server knows: organizations, tokens, members and teams, in the order they came to be.
 * Pointers stay valid until the object is removed; the state owns everything and every string.
 * Ids rise and are never used again, as in Sentry, so a member who comes back is a new one.
 */
#ifndef SENTRY_SCIM_SERVER_STATE_H
#define SENTRY_SCIM_SERVER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum scope {
	SCOPE_MEMBER_READ = 1u << 0,
	SCOPE_MEMBER_WRITE = 1u << 1,
	SCOPE_MEMBER_ADMIN = 1u << 2,
	SCOPE_TEAM_READ = 1u << 3,
	SCOPE_TEAM_WRITE = 1u << 4,
	SCOPE_TEAM_ADMIN = 1u << 5,
	SCOPE_ORG_READ = 1u << 6,
	SCOPE_ORG_CI = 1u << 7
};
#define SCOPE_MEMBER_ALL (SCOPE_MEMBER_READ | SCOPE_MEMBER_WRITE | SCOPE_MEMBER_ADMIN)
#define SCOPE_TEAM_ALL   (SCOPE_TEAM_READ | SCOPE_TEAM_WRITE | SCOPE_TEAM_ADMIN)

struct org {
	uint64_t id;
	char *slug;
	char *default_role;
	bool scim_off;         /* SSO without SCIM, or no SSO at all */
	bool active_directory; /* the SSO provider is Entra: users have no `active` */
};

enum token_trouble {
	TOKEN_FINE,
	TOKEN_EXPIRED,
	TOKEN_USER_INACTIVE,
	TOKEN_APP_INACTIVE,
	TOKEN_BROKEN_SCOPING
};

struct token {
	char *value;
	struct org *org;
	unsigned scopes; /* SCOPE_ bits, those included by a higher one set as well */
	enum token_trouble trouble;
};

enum standing {
	STANDING_APPROVED,       /* a member, or an invite that only waits for the person */
	STANDING_ASKED_BY_OTHER, /* a member asked that this person be invited */
	STANDING_ASKED_TO_JOIN   /* the person asked to join */
};

#define MEMBER_EMAILS 8

struct member {
	uint64_t id;
	struct org *org;
	char *email; /* invited address, or the primary one of a joined member */
	char *others[MEMBER_EMAILS];
	unsigned other_count;
	char *role;
	enum standing standing;
	bool joined;
	bool inactive; /* joined, but the account was deactivated */
	bool invite_expired;
	bool idp_provisioned;
	bool idp_role_restricted;
	bool partnership;
	int64_t created_ms;   /* monotonic */
	int64_t created_wall; /* seconds since 1970 */
};

struct team {
	uint64_t id;
	struct org *org;
	char *name;
	char *slug;
	uint64_t *members; /* ids, in the order they were added */
	size_t member_count;
	bool idp_provisioned;
	int64_t created_wall;
};

struct state {
	struct org **orgs;
	size_t org_count;
	struct token **tokens;
	size_t token_count;
	struct member **members;
	size_t member_count;
	struct team **teams;
	size_t team_count;
	uint64_t next_member, next_team;
	char **custom_roles; /* roles that this server has beside Sentry's own */
	size_t custom_role_count;
	uint64_t mails;    /* invitation e-mails that would have been sent */
	uint64_t requests; /* answered so far */
	const char *file;  /* where every change is dumped; NULL: nowhere */
	bool unsaved;      /* the dump is older than the last change */
	int64_t saved_ms;  /* when it was written, monotonic */
};

void state_init(struct state *s);
void state_wipe(struct state *s);

struct org *state_add_org(struct state *s, struct str slug);
/* By slug, or by id when SEGMENT is all digits; NULL when there is none. */
struct org *state_org(const struct state *s, struct str segment);

struct token *state_add_token(struct state *s, struct str value, struct org *org);
struct token *state_token(const struct state *s, struct str value);

/* A pending, approved invite with ROLE. */
struct member *state_add_member(
	struct state *s, struct org *org, struct str email, struct str role);
struct member *state_member(const struct state *s, const struct org *org, uint64_t id);
/* Takes the member out of its teams and forgets it. */
void state_remove_member(struct state *s, struct member *m);
/* Whether TEXT is, in any letter case, one of the member's addresses. */
bool member_has_address(const struct member *m, struct str text);
void member_set_role(struct member *m, struct str role);
bool member_is_last_owner(const struct state *s, const struct member *m);
void member_add_address(struct member *m, struct str email);

struct team *state_add_team(struct state *s, struct org *org, struct str name, struct str slug);
struct team *state_team(const struct state *s, const struct org *org, uint64_t id);
struct team *state_team_by_slug(const struct state *s, const struct org *org, struct str slug);
void state_remove_team(struct state *s, struct team *t);
void team_rename(struct team *t, struct str name, struct str slug);
bool team_has(const struct team *t, uint64_t member);
/* No effect on a member who is in it already. */
void team_add(struct team *t, uint64_t member);
/* No effect on a member who is not in it. */
void team_remove(struct team *t, uint64_t member);
void team_clear(struct team *t);

/* Everything but the tokens as one JSON object; what SCIM has a name for is called by it. */
void state_dump(const struct state *s, struct buf *out);
/*
 * To be called after every change: writes the dump to the state file, if one was asked for. With
 * more than STATE_SMALL members only the change is noted, since a dump a change would make a large
 * import quadratic; state_save_due() tells when the dump is to be written then.
 */
#define STATE_SMALL   1000u
#define STATE_SAVE_MS 250
void state_changed(struct state *s);
/* The monotonic time at which state_save() is due; INT64_MAX when nothing is unsaved. */
int64_t state_save_due(const struct state *s);
/* Writes the dump now, if a file was asked for. */
void state_save(struct state *s);

#endif
