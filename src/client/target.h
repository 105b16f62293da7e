/*
 * Which server, and where on it: what a URL means for the route and for requests.
 */
#ifndef SENTRY_SCIM_CLIENT_TARGET_H
#define SENTRY_SCIM_CLIENT_TARGET_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "client/route.h"

/* The strings are in the arena, or are those that it was made from. */
struct target {
	struct str root;      /* https://host/.../scim/v2, no final slash; empty: no organization */
	struct str root_path; /* its path */
	struct str api_root;  /* https://host/api/0/organizations/ORG; empty: no Sentry */
	struct str authority; /* host[:port] as it stands in the Host field */
	bool is_sentry;       /* not an arbitrary SCIM provider */
};

/* Each fills T, and scheme, host and port of R; ERR_CONFIG when that cannot be, or ERR_MEMORY. */

/* URL is the SCIM root of any provider. */
MUST_USE bool target_use_scim(
	struct target *t, struct route *r, struct arena *a, struct str url, struct err *e);
/* BASE is Sentry's as sentry_base_url() gives it; ORG may be empty, and `root` stays so then. */
MUST_USE bool target_use_sentry(struct target *t, struct route *r, struct arena *a, struct str base,
	struct str org, struct err *e);

#endif
