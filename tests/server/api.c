#include "api.h"

#include <string.h>

#include "auth.h"
#include "codec/url.h"
#include "die.h"
#include "pyjson.h"

/* Which scopes a method takes is decided for a family of endpoints, before it is known whether the
   endpoint has that method. */
enum family {
	FAMILY_MEMBERS,
	FAMILY_TEAMS,
	FAMILY_SCHEMAS, /* the old one: GET only */
	FAMILY_ORG
};

enum verb { VERB_GET, VERB_POST, VERB_PUT, VERB_PATCH, VERB_DELETE, VERBS };

static const char *const verb_names[VERBS] = {
	[VERB_GET] = "GET",
	[VERB_POST] = "POST",
	[VERB_PUT] = "PUT",
	[VERB_PATCH] = "PATCH",
	[VERB_DELETE] = "DELETE",
};

#define MEMBER_CHANGE (SCOPE_MEMBER_WRITE | SCOPE_MEMBER_ADMIN)
#define TEAM_CHANGE   (SCOPE_TEAM_WRITE | SCOPE_TEAM_ADMIN)

/* No scope at all: refused for every token. */
static const unsigned family_scopes[][VERBS] = {
	[FAMILY_MEMBERS] =
		{
			[VERB_GET] = SCOPE_MEMBER_ALL,
			[VERB_POST] = MEMBER_CHANGE,
			[VERB_PUT] = MEMBER_CHANGE,
			[VERB_PATCH] = MEMBER_CHANGE,
			[VERB_DELETE] = SCOPE_MEMBER_ADMIN,
		},
	[FAMILY_TEAMS] =
		{
			[VERB_GET] = SCOPE_TEAM_ALL,
			[VERB_POST] = TEAM_CHANGE,
			[VERB_PATCH] = TEAM_CHANGE,
			[VERB_DELETE] = SCOPE_TEAM_ADMIN,
		},
	[FAMILY_SCHEMAS] = {[VERB_GET] = SCOPE_MEMBER_ALL},
	[FAMILY_ORG] = {[VERB_GET] = SCOPE_ORG_READ},
};

struct endpoint {
	const char *path; /* below the organization; '#': digits, '*': any one segment */
	enum family family;
	bool scim;         /* wants SCIM switched on */
	bool discovery;    /* exists only where discovery is on; its 405 has the SCIM shape */
	bool item;         /* an unknown organization is reported in the SCIM shape */
	const char *allow; /* the Allow field */
	void (*handle[VERBS])(struct call *c);
};

/* The first that matches counts: what came with discovery stands before what it replaced. */
static const struct endpoint endpoints[] = {
	{
		.path = "scim/v2/Users",
		.family = FAMILY_MEMBERS,
		.scim = true,
		.allow = "GET, POST, HEAD, OPTIONS",
		.handle = {[VERB_GET] = users_list, [VERB_POST] = users_create},
	},
	{
		.path = "scim/v2/Users/#",
		.family = FAMILY_MEMBERS,
		.scim = true,
		.item = true,
		.allow = "GET, DELETE, PUT, PATCH, HEAD, OPTIONS",
		.handle = {[VERB_GET] = user_get,
			[VERB_PUT] = user_put,
			[VERB_PATCH] = user_patch,
			[VERB_DELETE] = user_delete},
	},
	{
		.path = "scim/v2/Groups",
		.family = FAMILY_TEAMS,
		.scim = true,
		.allow = "GET, POST, HEAD, OPTIONS",
		.handle = {[VERB_GET] = groups_list, [VERB_POST] = groups_create},
	},
	{
		.path = "scim/v2/Groups/#",
		.family = FAMILY_TEAMS,
		.scim = true,
		.allow = "GET, DELETE, PUT, PATCH, HEAD, OPTIONS",
		.handle = {[VERB_GET] = group_get,
			[VERB_PATCH] = group_patch,
			[VERB_DELETE] = group_delete},
	},
	{
		.path = "scim/v2/Schemas",
		.family = FAMILY_MEMBERS,
		.scim = true,
		.discovery = true,
		.allow = "GET, HEAD, OPTIONS",
		.handle = {[VERB_GET] = schemas_list},
	},
	{
		.path = "scim/v2/Schemas",
		.family = FAMILY_SCHEMAS,
		.scim = true,
		.allow = "GET, HEAD, OPTIONS",
		.handle = {[VERB_GET] = schemas_list},
	},
	{
		.path = "scim/v2/Schemas/*",
		.family = FAMILY_MEMBERS,
		.scim = true,
		.discovery = true,
		.allow = "GET, HEAD, OPTIONS",
		.handle = {[VERB_GET] = schemas_get},
	},
	{
		.path = "scim/v2/ResourceTypes",
		.family = FAMILY_MEMBERS,
		.scim = true,
		.discovery = true,
		.allow = "GET, HEAD, OPTIONS",
		.handle = {[VERB_GET] = resource_types_list},
	},
	{
		.path = "scim/v2/ResourceTypes/*",
		.family = FAMILY_MEMBERS,
		.scim = true,
		.discovery = true,
		.allow = "GET, HEAD, OPTIONS",
		.handle = {[VERB_GET] = resource_types_get},
	},
	{
		.path = "scim/v2/ServiceProviderConfig",
		.family = FAMILY_MEMBERS,
		.scim = true,
		.discovery = true,
		.allow = "GET, HEAD, OPTIONS",
		.handle = {[VERB_GET] = provider_config},
	},
	{
		.path = "members/#/",
		.family = FAMILY_MEMBERS,
		.allow = "GET, HEAD, OPTIONS",
		.handle = {[VERB_GET] = companion_member},
	},
	{
		.path = "",
		.family = FAMILY_ORG,
		.allow = "GET, HEAD, OPTIONS",
		.handle = {[VERB_GET] = companion_org},
	},
};

void api_init(struct api *a)
{
	*a = (struct api){.manners = {.concurrency = 25}};
	state_init(&a->state);
	server_buf(&a->prefix);
}

void api_wipe(struct api *a)
{
	state_wipe(&a->state);
	throttle_wipe(&a->throttle);
	buf_wipe(&a->prefix);
}

static bool all_digits(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!char_is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

/* Whether PATH has the shape of PATTERN; LAST gets the last segment that is not empty. */
static bool path_matches(struct str path, const char *pattern, struct str *last)
{
	struct str want = str_of(pattern), segment, shape;
	bool more_path = true, more_want = true;

	while (more_path && more_want) {
		more_path = str_cut(path, '/', &segment, &path);
		more_want = str_cut(want, '/', &shape, &want);
		if (str_is(shape, "#") ? !all_digits(segment)
				       : !str_equal(segment, shape) && !str_is(shape, "*"))
			return false;
		if (str_is(shape, "*") && segment.n == 0)
			return false;
		if (segment.n > 0)
			*last = segment;
	}
	return more_path == more_want;
}

static const struct endpoint *find_endpoint(struct call *c, struct str rest)
{
	size_t i;

	for (i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		if (endpoints[i].discovery && !c->api->manners.discovery)
			continue;
		if (path_matches(rest, endpoints[i].path, &c->last))
			return &endpoints[i];
	}
	return NULL;
}

/* No route: no authentication either, and a hint that is wrong for SCIM. */
static void catch_all(struct call *c)
{
	struct str type, path = c->path;
	struct buf *body = &c->reply->body;

	if (path.n > 0 && path.p[path.n - 1] == '/') {
		reply_empty(c->reply, 404);
		return;
	}
	if (request_field(c->request, "Content-Type", &type) &&
		str_starts(type, "application/json")) {
		struct buf info;

		server_buf(&info);
		buf_addf(&info, "Route not found, did you forget a trailing slash? try: %.*s/",
			STR_ARG(path));
		reply_json(c->reply, 404);
		buf_add_text(body, "{\"info\":");
		pyjson_quote(buf_str(&info), body);
		buf_add_char(body, '}');
		buf_wipe(&info);
		return;
	}
	reply_text(c->reply, 404, "text/plain",
		str_of("Route not found, did you forget a trailing slash?\n\n"));
	buf_addf(body, "try: %.*s/\n%*s", STR_ARG(path), (int)path.n + 6, "^");
}

static enum verb verb_of(struct str method)
{
	unsigned v;

	for (v = 0; v < VERBS; v++)
		if (str_is(method, verb_names[v]))
			break;
	return (enum verb)v;
}

static void method_not_allowed(struct call *c, const struct endpoint *e)
{
	struct buf text;

	server_buf(&text);
	buf_addf(&text, "Method \"%.*s\" not allowed.", STR_ARG(c->request->method));
	if (e->discovery)
		reply_scim_error(c->reply, &c->api->manners, 405, buf_text(&text), NULL);
	else
		reply_detail(c->reply, 405, buf_text(&text));
	buf_wipe(&text);
}

static void org_not_found(struct call *c, const struct endpoint *e)
{
	if (e->item)
		reply_scim_error(c->reply, &c->api->manners, 404, DETAIL_NOT_FOUND, NULL);
	else
		reply_detail(c->reply, 404, DETAIL_NOT_FOUND);
}

/* A web page of somewhere else may not use the API in its visitors' name. */
static bool origin_allowed(struct call *c)
{
	struct str origin, host, scheme, rest;

	if (!request_field(c->request, "Origin", &origin))
		return true;
	if (request_field(c->request, "Host", &host) && str_cut(origin, ':', &scheme, &rest) &&
		str_starts(rest, "//") && str_equal_fold(str_skip(rest, 2), host))
		return true;
	reply_json(c->reply, 400);
	buf_addf(&c->reply->body, "\"Invalid origin: %.*s\"", STR_ARG(origin));
	return false;
}

/* What every answer of a route carries, whatever becomes of it. */
static void common_fields(struct call *c, const struct endpoint *e)
{
	reply_field(c->reply, "Vary", "Accept, Origin, Cookie");
	reply_field(c->reply, "Allow", e->allow);
	reply_field(c->reply, "Access-Control-Allow-Methods", e->allow);
	reply_field(c->reply, "Access-Control-Allow-Headers",
		"X-Sentry-Auth, X-Requested-With, Origin, Accept, Content-Type, Authentication, "
		"Authorization, Content-Encoding, sentry-trace, baggage, X-CSRFToken");
	reply_field(c->reply, "Access-Control-Expose-Headers",
		"X-Sentry-Error, X-Sentry-Direct-Hit, X-Hits, X-Max-Hits, Endpoint, Retry-After, "
		"Link");
}

/* The checks in Sentry's order, from the token to the handler. */
static void dispatch(struct call *c, const struct endpoint *e)
{
	enum verb verb = verb_of(c->request->method);

	if (!auth_check(c) || !origin_allowed(c))
		return;
	if (!auth_scopes(c, verb < VERBS ? family_scopes[e->family][verb] : 0))
		return;
	if (e->handle[verb] == NULL) {
		method_not_allowed(c, e);
	} else if (c->org == NULL) {
		org_not_found(c, e);
	} else if (auth_organization(c)) {
		if (e->scim && c->org->scim_off)
			reply_detail(c->reply, 403, DETAIL_NO_PERMISSION);
		else
			e->handle[verb](c);
	}
}

/* Takes /api/0/organizations/ORG/ off the path. */
static bool cut_organization(struct str path, struct str *org, struct str *rest)
{
	const char *prefix = "/api/0/organizations/";

	if (!str_starts(path, prefix))
		return false;
	return str_cut(str_skip(path, strlen(prefix)), '/', org, rest) && org->n > 0;
}

static void route(struct call *c, struct bucket **bucket)
{
	const struct endpoint *e = NULL;
	struct str org, rest;
	bool limited;

	if (cut_organization(c->path, &org, &rest))
		e = find_endpoint(c, rest);
	if (e == NULL) {
		catch_all(c);
		return;
	}
	c->org = state_org(&c->api->state, org);
	common_fields(c, e);
	*bucket = throttle_enter(&c->api->throttle, &c->api->manners, c->request->method,
		auth_token(&c->api->state, c->request), c->reply, &limited);
	if (limited)
		return;
	if (c->api->manners.proxy_mode && c->org == NULL)
		reply_empty(c->reply, 404);
	else if (str_is(c->request->method, "OPTIONS"))
		reply_empty(c->reply, 200);
	else
		dispatch(c, e);
}

void api_answer(struct api *a, const struct request *r, int64_t stale_ms, struct reply *reply,
	struct bucket **bucket)
{
	struct call c = {.api = a, .request = r, .reply = reply, .stale_ms = stale_ms};
	struct buf path;

	*bucket = NULL;
	reply_clear(reply);
	reply_field(reply, "X-Frame-Options", "deny");
	reply_field(reply, "X-Content-Type-Options", "nosniff");
	reply_field(reply, "X-XSS-Protection", "1; mode=block");
	if (a->manners.proxy_mode)
		reply_field(reply, "X-Sentry-Proxy-URL", buf_text(&a->prefix));
	server_buf(&path);
	if (url_decode(r->path, &path)) {
		c.path = buf_str(&path);
		route(&c, bucket);
	} else {
		reply_page(reply, 400);
	}
	if (str_is(r->method, "HEAD"))
		reply->no_body = true;
	buf_wipe(&path);
	must_hold(&reply->body);
	must_hold(&reply->fields);
}

bool call_body(struct call *c, struct str *body)
{
	struct str text = str_trim_space(buf_str(&c->request->body));
	struct buf fault;
	bool ok;

	*body = text;
	if (text.n == 0)
		*body = str_of("{}");
	server_buf(&fault);
	ok = pyjson_check(buf_str(&c->request->body), &fault);
	if (text.n > 0 && !ok)
		reply_detail(c->reply, 400, buf_text(&fault));
	buf_wipe(&fault);
	if (text.n > 0 && !ok)
		return false;
	if (body->p[0] == '{')
		return true;
	if (c->api->manners.refuses_payload)
		reply_scim_error(c->reply, &c->api->manners, 400, "Invalid SCIM payload.", NULL);
	else
		reply_crash(c->reply);
	return false;
}

struct member *call_member(struct call *c)
{
	struct member *m = NULL;
	uint64_t id;

	if (str_to_u64(c->last, UINT64_MAX, &id))
		m = state_member(&c->api->state, c->org, id);
	if (m == NULL)
		reply_scim_error(c->reply, &c->api->manners, 404, DETAIL_NOT_FOUND, NULL);
	return m;
}

struct team *call_team(struct call *c)
{
	struct team *t = NULL;
	uint64_t id;

	if (str_to_u64(c->last, UINT64_MAX, &id))
		t = state_team(&c->api->state, c->org, id);
	if (t == NULL)
		reply_scim_error(c->reply, &c->api->manners, 404, "Group not found.", NULL);
	return t;
}

bool role_exists(const struct call *c, struct str role)
{
	const struct state *s = &c->api->state;
	size_t i;

	if (str_is(role, "member") || str_is(role, "admin") || str_is(role, "manager") ||
		str_is(role, "owner"))
		return true;
	if (str_is(role, "billing"))
		return !c->api->manners.self_hosted;
	for (i = 0; i < s->custom_role_count; i++)
		if (str_is(role, s->custom_roles[i]))
			return true;
	return false;
}

bool role_assignable(const struct call *c, struct str role)
{
	return role_exists(c, role) && !str_is(role, "owner");
}
