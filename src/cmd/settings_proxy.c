#include "cmd/settings_parts.h"

#include "base/limits.h"
#include "client/proxy.h"
#include "codec/no_proxy.h"

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
	const char *text = l->s->proxy.value;
	struct url u;

	/* From here on nothing can show what is in the URL. */
	l->s->proxy.value = NULL;
	return proxy_parse(r, l->arena, text, &u, e) &&
		(u.has_userinfo || credentials_of_file(l, e)) &&
		proxy_check_credentials(r, l->arena, e) && show(l, &u, e);
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
