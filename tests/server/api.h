/*
 * Sentry's answer to a request: routing, the order of its checks, and the handlers behind it. Pure
 * but for the clock: a request goes in, a reply comes out, the state changes in between.
 */
#ifndef SENTRY_SCIM_SERVER_API_H
#define SENTRY_SCIM_SERVER_API_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "manners.h"
#include "reply.h"
#include "request.h"
#include "state.h"
#include "throttle.h"

struct api {
	struct manners manners;
	struct state state;
	struct throttle throttle;
	struct buf prefix; /* owned: scheme, host and port under which the server is known */
};

/* One request on its way through. */
struct call {
	struct api *api;
	const struct request *request;
	struct reply *reply;
	struct token *token;
	struct org *org;
	struct str path;  /* decoded */
	struct str last;  /* the last segment of the path: an id, a URN, a name */
	int64_t stale_ms; /* lists do not show what was created in this last time */
};

void api_init(struct api *a);
void api_wipe(struct api *a);

/*
 * Answers R. *BUCKET is what counts requests under way and is to be given back to throttle_leave()
 * when the answer is out; NULL where nothing is counted.
 */
void api_answer(struct api *a, const struct request *r, int64_t stale_ms, struct reply *reply,
	struct bucket **bucket);

/* The handlers; each writes the reply of its call. */
void users_list(struct call *c);
void users_create(struct call *c);
void user_get(struct call *c);
void user_patch(struct call *c);
void user_put(struct call *c);
void user_delete(struct call *c);
void groups_list(struct call *c);
void groups_create(struct call *c);
void group_get(struct call *c);
void group_patch(struct call *c);
void group_delete(struct call *c);
void schemas_list(struct call *c);
void schemas_get(struct call *c);
void resource_types_list(struct call *c);
void resource_types_get(struct call *c);
void provider_config(struct call *c);
void companion_member(struct call *c);
void companion_org(struct call *c);

/*
 * The request's body as one JSON text; an empty body is {}. False, with the reply written, for what
 * is no JSON, or no object where an object is needed.
 */
bool call_body(struct call *c, struct str *body);
/* The member or team whose id stands last in the path; NULL, with the reply written. */
struct member *call_member(struct call *c);
struct team *call_team(struct call *c);
/* Whether ROLE exists on this server, and whether SCIM may give it. */
bool role_exists(const struct call *c, struct str role);
bool role_assignable(const struct call *c, struct str role);

#endif
