/*
 * Who is asking: the Authorization field, and what its token may do.
 */
#ifndef SENTRY_SCIM_SERVER_AUTH_H
#define SENTRY_SCIM_SERVER_AUTH_H

#include <stdbool.h>

#include "api.h"

/* The token that REQUEST shows, if it is one that the server knows, in whatever condition; else
   NULL. For the rate limiter, which comes before all judgement. */
struct token *auth_token(const struct state *s, const struct request *r);
/* Whether the call is authenticated; if not, the 401 is written. Sets c->token. */
bool auth_check(struct call *c);
/* Whether the token has one of the SCOPES; if not, the 403 is written. */
bool auth_scopes(struct call *c, unsigned scopes);
/* Whether the token belongs to c->org; if not, the answer is written. */
bool auth_organization(struct call *c);

#endif
