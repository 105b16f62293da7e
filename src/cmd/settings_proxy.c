#include "cmd/settings_parts.h"

#include "base/limits.h"
#include "codec/base64.h"
#include "codec/no_proxy.h"
#include "codec/tunnel.h"
#include "codec/url.h"
#include "sys/console.h"

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

/* HTTP_PROXY is not among them: a web server sets it from a request's "Proxy:" field (CGI). */
static const char *const https_variables[] = {
	"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
static const char *const http_variables[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};

static void look_in_environment(struct settings *s)
{
	const char *const *name = s->route.tls ? https_variables : http_variables;

	if (s->proxy.place < PLACE_ENVIRONMENT || settings_environment("REQUEST_METHOD") != NULL)
		return;
	for (; *name != NULL; name++) {
		const char *value = settings_environment(*name);

		if (value == NULL)
			continue;
		s->proxy = (struct setting){
			.value = value, .place = PLACE_ENVIRONMENT, .where = *name};
		return;
	}
}

static bool is_excepted(const struct settings *s, struct str *entry)
{
	const struct route *r = &s->route;

	return s->no_proxy.value != NULL &&
		no_proxy_covers(str_of(s->no_proxy.value), r->host, r->host_kind, r->port, entry);
}

static bool keep_reason(struct settings_loader *l, struct buf *text, struct err *e)
{
	l->s->proxy_reason = settings_keep(l, text, e);
	return l->s->proxy_reason != NULL;
}

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

static bool decode(struct settings_loader *l, struct str text, struct str *out, struct err *e)
{
	struct buf plain;
	const char *kept;
	size_t n;

	buf_init(&plain, LIMIT_URL);
	if (!url_decode(text, &plain)) {
		buf_wipe(&plain);
		return err_set(
			e, ERR_CONFIG, "the percent-encoding of the proxy's credentials is broken");
	}
	n = plain.len;
	kept = settings_keep(l, &plain, e);
	*out = str_from(kept, n);
	return kept != NULL;
}

/* The pair as Basic credentials have it (RFC 7617 2), for messages not to show. */
static bool hide(struct settings_loader *l, struct err *e)
{
	struct route *r = &l->s->route;
	struct buf pair, coded;
	const char *kept;

	buf_init(&pair, 2 * LIMIT_URL);
	buf_init(&coded, 4 * LIMIT_URL);
	buf_addf(&pair, "%.*s:", STR_ARG(r->proxy_user));
	buf_add_str(&pair, r->proxy_password);
	base64_encode(buf_str(&pair), &coded);
	buf_wipe(&pair);
	kept = settings_keep(l, &coded, e);
	if (kept == NULL)
		return false;
	log_hide(console_log(), r->proxy_password);
	log_hide(console_log(), str_of(kept));
	return true;
}

/* The keys beside proxy_url belong to it and to no other proxy. */
static bool credentials_of_file(struct settings_loader *l, struct err *e)
{
	struct route *r = &l->s->route;
	struct str text, user, password = {0};

	if (l->s->proxy.place != PLACE_FILE)
		return true;
	text = buf_str(&l->files.list[l->s->proxy.file].text);
	if (!settings_file_find(text, "http", "proxy_username", &user))
		return true;
	settings_file_find(text, "http", "proxy_password", &password);
	r->proxy_user = str_from(arena_dup(l->arena, user), user.n);
	r->proxy_password = str_from(arena_dup(l->arena, password), password.n);
	if (r->proxy_user.p == NULL || r->proxy_password.p == NULL)
		return err_memory(e, "reading the settings");
	r->proxy_has_credentials = true;
	return true;
}

static bool check_credentials(const struct route *r, struct err *e)
{
	const char *fault =
		tunnel_credentials_fault(r->via == ROUTE_HTTP ? TUNNEL_CONNECT : TUNNEL_SOCKS5,
			r->proxy_user, r->proxy_password);

	return fault == NULL || err_set(e, ERR_CONFIG, "%s", fault);
}

static bool load_credentials(struct settings_loader *l, const struct url *u, struct err *e)
{
	struct route *r = &l->s->route;
	struct str user, password;

	if (!u->has_userinfo) {
		if (!credentials_of_file(l, e))
			return false;
	} else {
		str_cut(u->userinfo, ':', &user, &password);
		if (!decode(l, user, &r->proxy_user, e) ||
			!decode(l, password, &r->proxy_password, e))
			return false;
		r->proxy_has_credentials = true;
	}
	return !r->proxy_has_credentials || (hide(l, e) && check_credentials(r, e));
}

/* What is shown of the proxy has no credentials in it. */
static bool show(struct settings_loader *l, const struct url *u, struct err *e)
{
	struct buf text;

	buf_init(&text, LIMIT_URL);
	buf_addf(&text, "%.*s://", STR_ARG(u->scheme));
	url_add_host(u->host, u->host_kind, &text);
	buf_addf(&text, ":%u", l->s->route.proxy_port);
	l->s->proxy.value = settings_keep(l, &text, e);
	return l->s->proxy.value != NULL;
}

static bool use_proxy(struct settings_loader *l, struct err *e)
{
	struct route *r = &l->s->route;
	struct url u;
	struct buf text;
	const struct proxy_scheme *scheme;
	const char *kept, *fault;

	buf_init(&text, LIMIT_CONFIG_FILE);
	if (!str_contains(str_of(l->s->proxy.value), "://"))
		buf_add_text(&text, "http://");
	buf_add_text(&text, l->s->proxy.value);
	kept = settings_keep(l, &text, e);
	/* From here on nothing can show what is in the URL. */
	l->s->proxy.value = NULL;
	if (kept == NULL)
		return false;
	if (!url_parse(str_of(kept), &u, &fault))
		return err_set(e, ERR_CONFIG, "the proxy's URL cannot be used: %s", fault);
	scheme = find_scheme(u.scheme, e);
	if (scheme == NULL)
		return false;
	r->via = scheme->via;
	r->proxy_tls = scheme->tls;
	if (u.has_query || u.has_fragment || u.path.n > 1)
		return err_set(e, ERR_CONFIG, "the proxy's URL must not have a path or a query");
	r->proxy_host = u.host;
	r->proxy_kind = u.host_kind;
	r->proxy_port = u.port != 0 ? u.port : scheme->port;
	return load_credentials(l, &u, e) && show(l, &u, e);
}

bool settings_load_proxy(struct settings_loader *l, struct err *e)
{
	struct settings *s = l->s;
	struct str entry;
	struct buf reason;

	look_in_environment(s);
	buf_init(&reason, LIMIT_CONFIG_FILE);
	if (s->unix_socket.value != NULL) {
		if (s->proxy.value != NULL && s->proxy.place == PLACE_FLAG &&
			s->unix_socket.place == PLACE_FLAG)
			return err_set(
				e, ERR_USAGE, "--proxy and --unix-socket contradict each other");
		s->proxy.value = NULL;
		buf_addf(&reason, "a unix-domain socket is used (%s)", s->unix_socket.where);
		return keep_reason(l, &reason, e);
	}
	if (s->proxy.value == NULL) {
		buf_add_text(&reason, "no proxy is set");
		return keep_reason(l, &reason, e);
	}
	/* It is checked even where it is not used: a fault in it is found on the first day. */
	if (!use_proxy(l, e))
		return err_context(e, "%s", s->proxy.where);
	if (!is_excepted(s, &entry)) {
		buf_addf(&reason, "from %s", s->proxy.where);
		return keep_reason(l, &reason, e);
	}
	s->route.via = ROUTE_DIRECT;
	buf_addf(&reason, "'%.*s' in %s excepts this host", STR_ARG(entry), s->no_proxy.where);
	return keep_reason(l, &reason, e);
}
