#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/version.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "codec/date.h"
#include "codec/json_emit.h"
#include "codec/utf8.h"
#include "scim/diagnosis.h"
#include "sys/clock.h"
#include "sys/console.h"
#include "sys/file.h"
#include "sys/roots.h"

/* Where the text of a step begins on a screen, and how wide one is that does not say. */
#define INDENT      18
#define WIDTH_USUAL 80
#define WIDTH_LEAST 40
/* Longer lines are hard to read. */
#define WIDTH_MOST 100
#define ARROW      "-> "

static const struct out_column columns[] = {
	{"STEP", "step", false},
	{"STATE", "state", false},
	{"SUMMARY", "summary", false},
	{"ADVICE", "advice", false},
	{"MS", "ms", false},
	{.title = NULL},
};

struct doctor {
	struct conn_observer observer;
	struct session session;
	struct diagnosis diagnosis;
	struct out out;
	unsigned shown; /* steps written */
	int64_t mark;   /* when the step under way began */
	size_t width;   /* of the screen */
	struct err output;
};

static struct finding *at(struct doctor *d, enum diagnosis_step step)
{
	return &d->diagnosis.steps[step];
}

/* The milliseconds since the last call. */
static int64_t lap(struct doctor *d)
{
	int64_t now = clock_now(), ms = now - d->mark;

	d->mark = now;
	return ms;
}

static int64_t judged_at(const struct settings *s)
{
	return s->tls.assume_time ? s->tls.assumed : clock_wall();
}

/* ---- showing ---- */

/* Appends TEXT as it may be seen: no secrets, nothing that steers. */
static void member(struct json_emit *j, const char *name, const char *text)
{
	struct buf safe;

	buf_init(&safe, LIMIT_HTTP_BODY);
	log_safe(console_log(), str_of(text), &safe);
	if (text[0] != '\0')
		json_emit_member(j, name, buf_str(&safe));
	else {
		json_emit_key(j, str_of(name));
		json_emit_null(j);
	}
	buf_wipe(&safe);
}

static void evidence(struct json_emit *j, const struct finding *f)
{
	const char *name, *value;
	size_t next = 0;

	json_emit_key(j, str_of("evidence"));
	json_emit_array(j);
	while (finding_next_fact(f, &next, &name, &value)) {
		json_emit_object(j);
		member(j, "name", name);
		member(j, "value", value);
		json_emit_object_close(j);
	}
	json_emit_array_close(j);
}

static bool show_json(struct doctor *d, enum diagnosis_step step)
{
	const struct finding *f = at(d, step);
	struct json_emit j;
	struct buf text;
	bool ok;

	buf_init(&text, LIMIT_HTTP_BODY);
	json_emit_init(&j, &text);
	json_emit_object(&j);
	member(&j, "step", diagnosis_step_name(step));
	member(&j, "state", diagnosis_state_name(f->state));
	member(&j, "summary", f->summary);
	member(&j, "advice", f->advice);
	member(&j, "error", f->state == DIAGNOSIS_FAILED ? err_kind_name(f->why.kind) : "");
	json_emit_key(&j, str_of("ms"));
	json_emit_u64(&j, (uint64_t)(f->ms > 0 ? f->ms : 0));
	evidence(&j, f);
	json_emit_object_close(&j);
	ok = json_emit_done(&j) ? out_resource(&d->out, buf_str(&text), &d->output)
				: err_memory(&d->output, "the report");
	buf_wipe(&text);
	return ok;
}

/*
 * Adds MARK and TEXT, wrapped at blanks. The line under way is at column INDENT; those that follow
 * begin HANG further to the right.
 */
static void add_text(
	const struct doctor *d, const char *mark, const char *text, size_t hang, struct buf *out)
{
	size_t column = INDENT + strlen(mark);
	struct str rest, word;
	struct buf safe;
	bool first = true;

	buf_init(&safe, LIMIT_HTTP_BODY);
	log_safe(console_log(), str_of(text), &safe);
	buf_add_text(out, mark);
	for (rest = buf_str(&safe); rest.n > 0; first = false) {
		size_t width;

		str_cut(rest, ' ', &word, &rest);
		width = utf8_columns(word);
		if (!first && column + 1 + width > d->width) {
			buf_addf(out, "\n%*s", (int)(INDENT + hang), "");
			column = INDENT + hang;
		} else if (!first) {
			buf_add_char(out, ' ');
			column++;
		}
		buf_add_str(out, word);
		column += width;
	}
	buf_add_char(out, '\n');
	buf_wipe(&safe);
}

static void add_facts(const struct doctor *d, const struct finding *f, struct buf *out)
{
	const char *name, *value;
	size_t next = 0;
	struct buf line;

	buf_init(&line, LIMIT_HTTP_BODY);
	while (finding_next_fact(f, &next, &name, &value)) {
		buf_clear(&line);
		buf_addf(&line, "%s: %s", name, value);
		buf_addf(out, "%*s", INDENT, "");
		add_text(d, "", buf_text(&line), 2, out);
	}
	buf_wipe(&line);
}

static bool show_lines(struct doctor *d, enum diagnosis_step step)
{
	static const struct {
		const char *word, *color;
	} states[] = {
		[DIAGNOSIS_OPEN] = {"?", ""},
		[DIAGNOSIS_OK] = {"ok", "\033[32m"},
		[DIAGNOSIS_WARNING] = {"warn", "\033[33m"},
		[DIAGNOSIS_FAILED] = {"FAIL", "\033[1;31m"},
		[DIAGNOSIS_SKIPPED] = {"skip", "\033[2m"},
	};
	const struct finding *f = at(d, step);
	struct buf text, line;
	bool ok;

	buf_init(&text, LIMIT_HTTP_BODY);
	buf_init(&line, LIMIT_HTTP_BODY);
	buf_addf(&text, "%s%-4s%s  %-10s  ", d->out.color ? states[f->state].color : "",
		states[f->state].word, d->out.color ? "\033[0m" : "", diagnosis_step_name(step));
	buf_add_text(&line, f->summary);
	if (f->ms > 0)
		buf_addf(&line, " (%lld ms)", (long long)f->ms);
	add_text(d, "", buf_text(&line), 0, &text);
	if (f->state != DIAGNOSIS_SKIPPED)
		add_facts(d, f, &text);
	if (f->advice[0] != '\0') {
		buf_addf(&text, "%*s", INDENT, "");
		add_text(d, ARROW, f->advice, sizeof ARROW - 1, &text);
	}
	ok = out_prepared(&text, &d->output);
	buf_wipe(&line);
	buf_wipe(&text);
	return ok;
}

static void show_progress(const struct doctor *d, enum diagnosis_step step)
{
	char text[64];

	snprintf(text, sizeof text, "checking: %s", diagnosis_step_name(step));
	if (d->session.settings.progress)
		console_status(text);
}

/* Shows what is known by now, in order, up to the first step that is open. */
static void show(struct doctor *d)
{
	while (d->shown < DIAGNOSIS_STEPS && d->output.kind == ERR_NONE) {
		enum diagnosis_step step = d->shown;

		if (at(d, step)->state == DIAGNOSIS_OPEN) {
			show_progress(d, step);
			return;
		}
		d->shown++;
		if (!(d->out.format == OUTPUT_TABLE ? show_lines(d, step) : show_json(d, step)))
			return;
	}
}

/* ---- settings and clock ---- */

static void setting_fact(struct finding *f, const char *name, const struct setting *s)
{
	if (s->value != NULL)
		finding_fact(f, name, "%s, from %s", s->value,
			s->where != NULL ? s->where : settings_place_name(s->place));
}

static void check_settings(struct doctor *d, const struct err *lacking)
{
	const struct settings *s = &d->session.settings;
	struct finding *f = at(d, DIAGNOSIS_SETTINGS);
	struct buf trust;

	setting_fact(f, "token", &s->token_source);
	setting_fact(f, "org", &s->org);
	setting_fact(f, "region", &s->region);
	setting_fact(f, "url", &s->url);
	setting_fact(f, "scim_url", &s->scim_url);
	buf_init(&trust, LIMIT_URL);
	if (s->route.tls && s->trust.count > 0) {
		trust_describe(&s->trust, &trust);
		finding_fact(f, "CA certificates", "%s", buf_text(&trust));
	}
	buf_wipe(&trust);
	setting_fact(f, "client certificate", &s->cert);
	if (s->route.via != ROUTE_DIRECT)
		setting_fact(f, "proxy", &s->proxy);
	setting_fact(f, "config file", &s->config_file);
	if (lacking->kind != ERR_NONE)
		finding_fail(f, lacking);
	else
		finding_ok(f, "%.*s", STR_ARG(s->target.root));
}

static void check_clock(struct doctor *d)
{
	int64_t built = 0;

	if (!date_parse_rfc3339(str_of(roots_date()), &built))
		built = 0;
	diagnosis_clock(&d->diagnosis, clock_wall(), built, d->session.settings.tls.assume_time);
}

/* ---- name and route ---- */

static void check_name(struct doctor *d)
{
	static const char *const others[] = {
		[ROUTE_HTTP] = "the proxy looks it up",
		[ROUTE_SOCKS5H] = "the proxy looks it up",
	};
	struct route *r = &d->session.settings.route;
	struct finding *f = at(d, DIAGNOSIS_NAME);
	bool direct = r->via == ROUTE_DIRECT, asked;
	struct str host = direct ? r->host : r->proxy_host;
	char text[NET_PEER_TEXT];
	struct buf servers;
	struct err e;
	unsigned i;

	err_clear(&e);
	if (r->peers.local != NULL) {
		finding_ok(f, "not needed: a unix-domain socket is used");
		setting_fact(f, "unix_socket", &d->session.settings.unix_socket);
		return;
	}
	asked = !r->fixed && (direct ? r->host_kind : r->proxy_kind) == URL_HOST_NAME;
	if (!route_resolve(r, clock_after(clock_now(), r->connect_timeout), &e))
		finding_fail(f, &e);
	else
		finding_ok(f, "%s%.*s %s", direct ? "" : "the proxy ", STR_ARG(host),
			r->fixed        ? "as --resolve gives it"
				: asked ? "was looked up"
					: "is an address: nothing to look up");
	if (asked) {
		f->ms = lap(d);
		buf_init(&servers, 1024);
		net_name_servers(&servers);
		finding_fact(f, "name servers", "%s",
			servers.len > 0 ? buf_text(&servers) : "none in /etc/resolv.conf");
		buf_wipe(&servers);
	}
	for (i = 0; i < r->peers.count; i++) {
		net_address_text(&r->peers.list[i], text);
		finding_fact(f, "address", "%s", text);
	}
	if (r->via == ROUTE_SOCKS5 && r->target[0] != '\0')
		finding_fact(f, "the proxy gets", "%s for %.*s", r->target, STR_ARG(r->host));
	else if (!direct && others[r->via] != NULL)
		finding_fact(f, "behind the proxy", "%.*s: %s", STR_ARG(r->host), others[r->via]);
}

static bool is_unreachable(int number)
{
	return number == ENETUNREACH || number == EHOSTUNREACH || number == EADDRNOTAVAIL ||
		number == EAFNOSUPPORT;
}

static void check_route(struct doctor *d)
{
	const struct net_addresses *peers = &d->session.settings.route.peers;
	struct finding *f = at(d, DIAGNOSIS_ROUTE);
	char to[NET_ADDRESS_TEXT], from[NET_ADDRESS_TEXT];
	union net_address local;
	struct err e;
	unsigned i, ways = 0;
	int number;

	if (peers->local != NULL) {
		finding_ok(f, "not needed: a unix-domain socket is used");
		return;
	}
	for (i = 0; i < peers->count; i++) {
		number = net_route(&peers->list[i], &local);
		ways += !is_unreachable(number);
		net_address_text(&peers->list[i], to);
		net_address_text(&local, from);
		if (number == 0)
			finding_fact(f, to, "from %.*s", (int)(strlen(from) - 2), from);
		else
			finding_fact(f, to, "no route: %s", strerror(number));
	}
	if (ways > 0) {
		finding_ok(
			f, "%u of %u address%s", ways, peers->count, peers->count == 1 ? "" : "es");
		return;
	}
	err_clear(&e);
	err_set(&e, ERR_CONNECT, "this machine has no route to any address of the %s",
		d->session.settings.route.via == ROUTE_DIRECT ? "server" : "proxy");
	err_hint(&e, "is the network up, with a default route? Is a proxy needed (--proxy)?");
	finding_fail(f, &e);
}

/* ---- while connecting ---- */

static void take_dial(struct doctor *d, const struct conn *c, const struct err *e)
{
	struct finding *f = at(d, DIAGNOSIS_CONNECTION);
	char text[NET_PEER_TEXT];
	unsigned i;

	/* One that took the connection at once is told by the summary. */
	for (i = 0; i < c->dial.started && (e != NULL || c->dial.started > 1); i++) {
		const char *what = "no answer before another one took the connection";

		net_peer_text(&c->dial.addresses, i, text);
		if ((int)i == c->dial.winner)
			what = "connected";
		else if (c->dial.attempts[i].failure != 0)
			what = strerror(c->dial.attempts[i].failure);
		else if (c->dial.winner < 0)
			what = "no answer";
		finding_fact(f, text, "%s", what);
	}
	if (e != NULL) {
		finding_fail(f, e);
		return;
	}
	net_peer_text(&c->dial.addresses, (unsigned)c->dial.winner, text);
	finding_ok(f, "connected to %s%s", c->route->via == ROUTE_DIRECT ? "" : "the proxy ", text);
	if (c->dial.winner > 0 && c->dial.attempts[0].failure == 0)
		finding_warn(f, "every new connection waits for it in vain; -4 or -6 leaves it out",
			"the first address does not answer");
	if (c->route->via == ROUTE_DIRECT)
		finding_ok(at(d, DIAGNOSIS_PROXY), "none: %s", d->session.settings.proxy_reason);
	if (c->route->tls)
		return;
	if (c->route->via == ROUTE_DIRECT &&
		(c->dial.addresses.local != NULL ||
			net_is_loopback(&c->dial.addresses.list[c->dial.winner])))
		finding_ok(at(d, DIAGNOSIS_TLS), "none, on this machine: the URL is http");
	else
		finding_warn(at(d, DIAGNOSIS_TLS), "use an https URL if the server has one",
			"none: the URL is http, the token travels unencrypted");
}

static void take_tunnel(struct doctor *d, const struct err *e)
{
	const struct settings *s = &d->session.settings;
	struct finding *f = at(d, DIAGNOSIS_PROXY);

	finding_fact(f, "proxy", "%s, %s%s", s->proxy.value, s->proxy_reason,
		s->route.proxy_has_credentials ? ", with credentials" : "");
	if (e != NULL)
		finding_fail(f, e);
	else
		finding_ok(
			f, "connected to %.*s:%u", STR_ARG(s->route.host), (unsigned)s->route.port);
}

static const char *source_name(const struct trust_source *s)
{
	return s->kind == TRUST_EMBEDDED ? "the roots compiled in" : s->path;
}

static void certificate_fact(struct finding *f, const struct tls_certificate *c, int64_t now)
{
	struct buf text;

	if (c->source != NULL)
		finding_fact(f, "vouched for by", "%s in %s", c->subject, source_name(c->source));
	/* What is compiled in is a name and a key. */
	if (c->source != NULL && c->source->kind == TRUST_EMBEDDED)
		return;
	buf_init(&text, 128);
	date_add_rfc3339(c->not_before, &text);
	buf_add_text(&text, " to ");
	date_add_rfc3339(c->not_after, &text);
	if (c->not_after > now)
		buf_addf(&text, ", %lld days left", (long long)((c->not_after - now) / 86400));
	finding_fact(f, "certificate", "%s, issued by %s, %s, valid from %s", c->subject, c->issuer,
		c->key, buf_text(&text));
	buf_wipe(&text);
}

/* The peer's chain as evidence for F; ACCEPTED: it is worth a look how long it will last. */
static void take_chain(struct doctor *d, struct finding *f, const struct tls *tls, bool accepted)
{
	const int64_t now = judged_at(&d->session.settings);
	struct tls_certificate c;
	unsigned i;

	for (i = 0; tls != NULL && tls_certificate(tls, i, &c); i++) {
		certificate_fact(f, &c, now);
		if (accepted && (c.source == NULL || c.source->kind != TRUST_EMBEDDED))
			diagnosis_expiry(f, c.subject, c.not_after, now);
	}
}

static void take_handshake(struct doctor *d, const struct conn *c, const struct err *e)
{
	struct finding *f = at(d, DIAGNOSIS_TLS);
	struct buf text;

	buf_init(&text, LIMIT_URL);
	if (c->tls != NULL)
		tls_describe(c->tls, &text);
	if (e != NULL)
		finding_fail(f, e);
	else
		finding_ok(f, "%s", buf_text(&text));
	buf_wipe(&text);
	take_chain(d, f, c->tls, e == NULL);
	if (e == NULL && d->session.settings.tls.pin_count > 0)
		finding_fact(f, "pin", "one of %u is met", d->session.settings.tls.pin_count);
}

/* A step on the way to the tunnel, unless it fails. */
static void take_proxy_handshake(struct doctor *d, const struct conn *c, const struct err *e)
{
	struct finding *f = at(d, DIAGNOSIS_PROXY);
	struct buf text;

	buf_init(&text, LIMIT_URL);
	if (c->proxy_tls != NULL)
		tls_describe(c->proxy_tls, &text);
	if (text.len > 0)
		finding_fact(f, "tls", "%s", buf_text(&text));
	buf_wipe(&text);
	take_chain(d, f, c->proxy_tls, false);
	if (e != NULL)
		take_tunnel(d, e);
}

static void over(void *context, const struct conn *c, const struct err *e)
{
	static const enum diagnosis_step steps[] = {
		[CONN_CLOSED] = DIAGNOSIS_HTTP,
		[CONN_DIALLING] = DIAGNOSIS_CONNECTION,
		[CONN_PROXY_HANDSHAKE] = DIAGNOSIS_PROXY,
		[CONN_TUNNEL] = DIAGNOSIS_PROXY,
		[CONN_HANDSHAKE] = DIAGNOSIS_TLS,
		[CONN_SENDING] = DIAGNOSIS_HTTP,
		[CONN_RECEIVING] = DIAGNOSIS_HTTP,
		[CONN_IDLE] = DIAGNOSIS_HTTP,
	};
	struct doctor *d = context;
	struct finding *f = at(d, steps[c->state]);

	if (f->state != DIAGNOSIS_OPEN)
		return; /* a later connection */
	f->ms += lap(d);
	if (c->state == CONN_DIALLING)
		take_dial(d, c, e);
	else if (c->state == CONN_PROXY_HANDSHAKE)
		take_proxy_handshake(d, c, e);
	else if (c->state == CONN_TUNNEL)
		take_tunnel(d, e);
	else if (c->state == CONN_HANDSHAKE)
		take_handshake(d, c, e);
	show(d);
}

/* ---- asking ---- */

static const struct message_call
	ask_users = {.method = STR("GET"), .path = STR("Users?startIndex=1&count=1")},
	ask_teams = {.method = STR("GET"), .path = STR("Groups?startIndex=1&count=1")},
	ask_provider = {.method = STR("GET"), .path = STR("ServiceProviderConfig")},
	/* The id of nobody, most likely: whether the answer is 403 is the question. */
	ask_apart = {.api = true, .method = STR("GET"), .path = STR("members/1/")},
	ask_root = {.method = STR("GET"), .path = STR("api/0/")};

/* The answer, or NULL with *E. */
static const struct http_response *ask(
	struct doctor *d, const struct message_call *call, struct err *e)
{
	struct client *c = &d->session.handle.client;
	enum provision_end end;

	err_clear(e);
	end = client_exchange(c, call, e);
	if (end == PROVISION_ANSWERED)
		return &c->conn.response;
	/* As every command says of a request that was sent and not answered. */
	if (end == PROVISION_NO_ANSWER && !retry_others(e) && e->kind != ERR_INTERRUPTED &&
		e->kind != ERR_CERTIFICATE)
		e->kind = ERR_GAVE_UP;
	return NULL;
}

static struct str body_of(const struct doctor *d)
{
	return buf_str(&d->session.handle.client.conn.body);
}

static void ask_more(struct doctor *d, const struct answer_question *q)
{
	const struct http_response *r;
	struct err e;

	r = ask(d, &ask_teams, &e);
	diagnosis_teams(&d->diagnosis, r, body_of(d), q);
	if (r != NULL)
		r = ask(d, &ask_provider, &e);
	diagnosis_provider(&d->diagnosis, r, body_of(d));
}

/* The failure of an exchange belongs to the first step that is open, unless one has it. */
static void blame(struct doctor *d, const struct err *e)
{
	enum diagnosis_step step = DIAGNOSIS_CONNECTION;

	while (step < DIAGNOSIS_HTTP && at(d, step)->state != DIAGNOSIS_OPEN &&
		at(d, step)->state != DIAGNOSIS_FAILED)
		step++;
	finding_fail(at(d, step), e);
}

static void check_server(struct doctor *d)
{
	const struct answer_question *q = &d->session.handle.caller.question;
	const struct http_response *r;
	struct err e;

	r = ask(d, &ask_users, &e);
	if (r == NULL) {
		blame(d, &e);
		return;
	}
	switch (diagnosis_users(&d->diagnosis, r, body_of(d), q)) {
	case DIAGNOSIS_ASK_MORE:
		diagnosis_date(&d->diagnosis, r, clock_wall());
		ask_more(d, q);
		return;
	case DIAGNOSIS_TELL_APART:
		diagnosis_date(&d->diagnosis, r, clock_wall());
		r = ask(d, &ask_apart, &e);
		diagnosis_apart(&d->diagnosis, r, body_of(d));
		return;
	case DIAGNOSIS_ENOUGH: diagnosis_date(&d->diagnosis, r, clock_wall()); return;
	}
}

/* Without token or organization: everything up to the token can be looked at all the same. */
static void check_way(struct doctor *d)
{
	struct session *s = &d->session;
	const struct http_response *r;
	struct buf root;
	struct err e;

	buf_init(&root, LIMIT_URL);
	buf_addf(&root, "%s://%.*s", s->settings.route.tls ? "https" : "http",
		STR_ARG(s->settings.target.authority));
	s->handle.origin.token = str_from(NULL, 0);
	if (s->handle.origin.root.n == 0) {
		s->handle.origin.root = buf_str(&root);
		r = ask(d, &ask_root, &e);
	} else {
		r = ask(d, &ask_users, &e);
	}
	if (r == NULL) {
		blame(d, &e);
	} else {
		diagnosis_reached(&d->diagnosis, r, body_of(d));
		diagnosis_date(&d->diagnosis, r, clock_wall());
	}
	s->handle.origin.root = str_from(NULL, 0);
	buf_wipe(&root);
}

static void examine(struct doctor *d, const struct err *lacking, const struct err *e)
{
	finding_fact(at(d, DIAGNOSIS_SETTINGS), "program", "sentry-scim %s, %s, roots of %s",
		SENTRY_SCIM_VERSION, tls_library(), roots_date());
	if (e->kind != ERR_NONE)
		finding_fail(at(d, DIAGNOSIS_SETTINGS), e);
	else
		check_settings(d, lacking);
	check_clock(d);
	show(d);
	if (e->kind != ERR_NONE)
		return;
	d->mark = clock_now();
	check_name(d);
	show(d);
	if (at(d, DIAGNOSIS_NAME)->state == DIAGNOSIS_FAILED)
		return;
	check_route(d);
	show(d);
	if (at(d, DIAGNOSIS_ROUTE)->state == DIAGNOSIS_FAILED)
		return;
	d->mark = clock_now();
	if (lacking->kind != ERR_NONE)
		check_way(d);
	else
		check_server(d);
}

/* ---- the command ---- */

static void tell(const struct doctor *d)
{
	enum diagnosis_step failed = diagnosis_failure(&d->diagnosis);

	/* Whoever looks at the screen has read it already. */
	if (failed < DIAGNOSIS_STEPS && !d->out.terminal)
		console_line(LOG_ERROR, "%s: %s", diagnosis_step_name(failed),
			d->diagnosis.steps[failed].summary);
}

static int dry_run(struct doctor *d, const struct err *lacking)
{
	const struct message_call *const calls[] = {&ask_users, &ask_teams, &ask_provider};
	struct err e = *lacking;
	unsigned i;

	for (i = 0; i < sizeof calls / sizeof calls[0] && e.kind == ERR_NONE; i++)
		if (!session_show(&d->session.handle.origin, calls[i], &e))
			break;
	return e.kind == ERR_NONE ? 0 : cmd_fail(&e);
}

static int report(struct doctor *d, const struct err *lacking, const struct err *e)
{
	out_init(&d->out, &d->session.settings, columns, true);
	d->width = d->out.width > 0 ? d->out.width : WIDTH_USUAL;
	if (d->width < WIDTH_LEAST)
		d->width = WIDTH_LEAST;
	if (d->width > WIDTH_MOST)
		d->width = WIDTH_MOST;
	examine(d, lacking, e);
	diagnosis_close(&d->diagnosis);
	show(d);
	if (d->output.kind != ERR_NONE ||
		(d->out.format != OUTPUT_TABLE && !out_end(&d->out, &d->output)))
		return cmd_fail(&d->output);
	tell(d);
	return diagnosis_exit_code(&d->diagnosis);
}

int cmd_doctor(struct cmd_context *c)
{
	struct doctor d = {.observer = {.over = over, .context = &d}};
	struct err lacking, e;
	int code;

	err_clear(&lacking);
	err_clear(&e);
	diagnosis_init(&d.diagnosis);
	if (!session_open_incomplete(&d.session, c, &lacking, &e) &&
		(d.session.settings.dry_run || e.kind == ERR_USAGE)) {
		code = cmd_fail(&e);
	} else if (d.session.settings.dry_run) {
		code = dry_run(&d, &lacking);
	} else {
		d.session.handle.client.conn.observer = &d.observer;
		code = report(&d, &lacking, &e);
	}
	out_wipe(&d.out);
	session_close(&d.session);
	diagnosis_wipe(&d.diagnosis);
	return code;
}
