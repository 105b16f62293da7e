#include "client/proxy.h"

#include "base/limits.h"
#include "codec/base64.h"
#include "codec/tunnel.h"

/* The ports are what curl takes when a proxy URL names none. */
static const struct proxy_scheme {
	const char *name;
	enum route_via via;
	bool tls;
	uint16_t port;
} schemes[] = {
	{"http", ROUTE_HTTP, false, 1080},
	{"https", ROUTE_HTTP, true, 443},
	{"socks5", ROUTE_SOCKS5, false, 1080},
	{"socks5h", ROUTE_SOCKS5H, false, 1080},
};

static const struct proxy_scheme *find_scheme(struct str name, struct err *e)
{
	unsigned i;

	for (i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (str_is_fold(name, schemes[i].name))
			return &schemes[i];
	err_set(e, ERR_CONFIG,
		"a proxy of scheme '%.*s' cannot be used; http, https, socks5 and socks5h can",
		STR_ARG(name));
	return NULL;
}

/* B's content in the arena; B is wiped. */
static bool keep(struct arena *a, struct buf *b, struct str *out, struct err *e)
{
	const size_t n = b->len;
	const char *kept = b->failed ? NULL : arena_dup(a, buf_str(b));

	buf_wipe(b);
	*out = str_from(kept, n);
	return kept != NULL || err_memory(e, "reading the settings");
}

static bool decode(struct arena *a, struct str text, struct str *out, struct err *e)
{
	struct buf plain;

	buf_init(&plain, LIMIT_URL);
	if (url_decode(text, &plain))
		return keep(a, &plain, out, e);
	buf_wipe(&plain);
	return err_set(e, ERR_CONFIG, "the percent-encoding of the proxy's credentials is broken");
}

/* The pair as Basic credentials have it (RFC 7617 2), for messages not to show. */
static bool hide(struct route *r, struct arena *a, struct err *e)
{
	struct buf pair, coded;
	struct str kept;

	buf_init(&pair, 2 * LIMIT_URL);
	buf_init(&coded, 4 * LIMIT_URL);
	buf_addf(&pair, "%.*s:", STR_ARG(r->proxy_user));
	buf_add_str(&pair, r->proxy_password);
	base64_encode(buf_str(&pair), &coded);
	buf_wipe(&pair);
	if (!keep(a, &coded, &kept, e))
		return false;
	if (r->log != NULL) {
		log_hide(r->log, r->proxy_password);
		log_hide(r->log, kept);
	}
	return true;
}

bool proxy_check_credentials(struct route *r, struct arena *a, struct err *e)
{
	const char *fault;

	if (!r->proxy_has_credentials)
		return true;
	if (!hide(r, a, e))
		return false;
	fault = tunnel_credentials_fault(r->via == ROUTE_HTTP ? TUNNEL_CONNECT : TUNNEL_SOCKS5,
		r->proxy_user, r->proxy_password);
	return fault == NULL || err_set(e, ERR_CONFIG, "%s", fault);
}

/* TEXT as a URL with a scheme, in the arena. */
static bool complete(struct arena *a, const char *text, struct str *out, struct err *e)
{
	struct buf whole;

	buf_init(&whole, LIMIT_REQUEST_BODY); /* more than one argument of a program can hold */
	if (!str_contains(str_of(text), "://"))
		buf_add_text(&whole, "http://");
	buf_add_text(&whole, text);
	return keep(a, &whole, out, e);
}

bool proxy_parse(struct route *r, struct arena *a, const char *text, struct url *u, struct err *e)
{
	const struct proxy_scheme *scheme;
	struct str whole, user, password;
	const char *fault;

	if (!complete(a, text, &whole, e))
		return false;
	if (!url_parse(whole, u, &fault))
		return err_set(e, ERR_CONFIG, "the proxy's URL cannot be used: %s", fault);
	scheme = find_scheme(u->scheme, e);
	if (scheme == NULL)
		return false;
	if (u->has_query || u->has_fragment || u->path.n > 1)
		return err_set(e, ERR_CONFIG, "the proxy's URL must not have a path or a query");
	r->via = scheme->via;
	r->proxy_tls = scheme->tls;
	r->proxy_host = u->host;
	r->proxy_kind = u->host_kind;
	r->proxy_port = u->port != 0 ? u->port : scheme->port;
	if (!u->has_userinfo)
		return true;
	str_cut(u->userinfo, ':', &user, &password);
	r->proxy_has_credentials = true;
	return decode(a, user, &r->proxy_user, e) && decode(a, password, &r->proxy_password, e);
}
