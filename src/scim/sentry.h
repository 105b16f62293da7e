/*
 * What is particular to Sentry, and is known nowhere else: hosts and paths, organization slugs,
 * kinds of tokens and what a token says of itself, roles, limits known beforehand.
 */
#ifndef SENTRY_SCIM_SCIM_SENTRY_H
#define SENTRY_SCIM_SCIM_SENTRY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Where everything goes when nothing else was said; it forwards to the right region. */
#define SENTRY_DEFAULT_URL "https://sentry.io"

/* Appends https://REGION.sentry.io. ERR_CONFIG when REGION is not one DNS label. */
MUST_USE bool sentry_region_url(struct str region, struct buf *out, struct err *e);

/*
 * Understands a base URL as people give it: https://host[:port], with or without final slashes,
 * .../api/0 or the whole SCIM base that Sentry's settings page shows. Scheme, host and port go to
 * BASE; ORG gets the organization of a pasted SCIM base (decoded) and stays empty otherwise.
 * ERR_CONFIG, saying what is wrong, for anything else: no scheme, user name in it, other paths
 * (Sentry cannot live below a path; the hint names --scim-url), query, fragment.
 */
MUST_USE bool sentry_base_url(struct str text, struct buf *base, struct buf *org, struct err *e);

/* ORG as it may stand in a path: a slug or a numeric id. ERR_CONFIG otherwise. */
MUST_USE bool sentry_check_org(struct str org, struct err *e);

/* Appends BASE/api/0/organizations/ORG/scim/v2. */
void sentry_scim_root(struct str base, struct str org, struct buf *out);

enum sentry_token_kind {
	SENTRY_TOKEN_PLAIN,       /* no known prefix: from before prefixes, or another provider's */
	SENTRY_TOKEN_INTEGRATION, /* sntryi_: the one that switching SCIM on makes */
	SENTRY_TOKEN_USER,        /* sntryu_ */
	SENTRY_TOKEN_APPLICATION, /* sntrya_ */
	SENTRY_TOKEN_ORGANIZATION, /* sntrys_: can do no SCIM at all, only answers 403 */
	SENTRY_TOKEN_AGENT         /* sntryag_: cannot either */
};
enum sentry_token_kind sentry_token_kind(struct str token);
/* "integration token (sntryi_)" and the like. */
const char *sentry_token_kind_name(enum sentry_token_kind kind);
/*
 * What an organization token says of itself: its organization and URL (the region's if there is
 * one), appended; either may stay empty. False when TOKEN is none or cannot be read.
 */
bool sentry_token_claims(struct str token, struct buf *org, struct buf *url);

/*
 * The rules of the server that are known beforehand: a user name must not be blank or longer than
 * 75 characters; the role must not be "owner". An empty ROLE means none. ERR_INPUT.
 */
MUST_USE bool sentry_check_user_name(struct str user_name, struct err *e);
MUST_USE bool sentry_check_role(struct str role, struct err *e);

/* Nobody can be made an owner through SCIM, nor anything else once one is. */
bool sentry_is_owner(struct str role);
/*
 * Appends the slug that Sentry makes of a team's NAME: small letters and digits, runs of blanks and
 * dashes as one dash, none and no underscore at the ends, other punctuation dropped. Teams of one
 * slug are the same team. False, nothing appended, for a name with other letters than ASCII, which
 * Sentry takes apart by tables.
 */
bool sentry_team_slug(struct str name, struct buf *out);

#endif
