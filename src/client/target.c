#include "client/target.h"

#include "base/limits.h"
#include "codec/url.h"
#include "scim/sentry.h"

/* Holds a host with its port. */
#define AUTHORITY_MAX 512

static bool keep(struct arena *a, struct buf *text, struct str *out, struct err *e)
{
	const size_t n = text->len;
	const char *kept = text->failed ? NULL : arena_dup(a, buf_str(text));

	buf_wipe(text);
	*out = str_from(kept, n);
	return kept != NULL || err_memory(e, "reading the settings");
}

/* ROOT, a URL that was checked, tells host, port and path. */
static bool fill_route(
	struct target *t, struct route *r, struct arena *a, struct str root, struct err *e)
{
	struct url u;
	struct buf authority;
	const char *fault;

	if (!url_parse(root, &u, &fault))
		return err_set(e, ERR_CONFIG, "the URL cannot be used: %s", fault);
	r->tls = str_is_fold(u.scheme, "https");
	r->host = u.host;
	r->host_kind = u.host_kind;
	r->port = u.port != 0 ? u.port : r->tls ? 443 : 80;
	buf_init(&authority, AUTHORITY_MAX);
	url_add_host(u.host, u.host_kind, &authority);
	if (r->port != (r->tls ? 443 : 80))
		buf_addf(&authority, ":%u", r->port);
	return keep(a, &authority, &t->authority, e);
}

/* The path of ROOT, which has scheme and host in front. */
static struct str path_of(struct str root)
{
	struct url u;
	const char *fault;

	return url_parse(root, &u, &fault) ? u.path : (struct str){0};
}

bool target_use_scim(
	struct target *t, struct route *r, struct arena *a, struct str url, struct err *e)
{
	struct url u;
	const char *fault;

	if (!url_parse(url, &u, &fault))
		return err_set(e, ERR_CONFIG, "the URL cannot be used: %s", fault);
	if (!str_is_fold(u.scheme, "https") && !str_is_fold(u.scheme, "http"))
		return err_set(e, ERR_CONFIG, "the URL is neither https nor http");
	if (u.has_userinfo)
		return err_set(e, ERR_CONFIG, "the URL must not hold a user name or password");
	if (u.has_query || u.has_fragment)
		return err_set(e, ERR_CONFIG, "the URL must not have a query or a fragment");
	if (u.path.n > 0 && u.path.p[u.path.n - 1] == '/') {
		u.path.n--;
		url.n--;
	}
	t->root = url;
	t->root_path = u.path;
	return fill_route(t, r, a, url, e);
}

bool target_use_sentry(struct target *t, struct route *r, struct arena *a, struct str base,
	struct str org, struct err *e)
{
	struct buf text;

	t->is_sentry = true;
	if (!fill_route(t, r, a, base, e))
		return false;
	if (org.n == 0)
		return true;
	buf_init(&text, LIMIT_URL);
	sentry_scim_root(base, org, &text);
	if (!keep(a, &text, &t->root, e))
		return false;
	t->root_path = path_of(t->root);
	t->api_root = str_from(t->root.p, t->root.n - (sizeof "/scim/v2" - 1));
	return true;
}
