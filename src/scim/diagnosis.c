#include "scim/diagnosis.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "codec/date.h"
#include "codec/json_scan.h"
#include "codec/utf8.h"
#include "scim/list.h"

#define FACTS_MAX (16u * 1024u)
#define VALUE_MAX 2048u
/* How much of what a server says is quoted. */
#define QUOTE_MAX 300u

/* A clock that differs by more is worth a word. */
#define CLOCK_TOLERANCE 300
#define DAY             86400
/* Let's Encrypt renews a month before the end: whoever is so late has a renewal that fails. */
#define DAYS_LEFT_FEW 14

#define SET_CLOCK "set the clock (NTP), or give the time for certificates with --assume-time"

static const char *const step_names[] = {
	[DIAGNOSIS_SETTINGS] = "settings",
	[DIAGNOSIS_CLOCK] = "clock",
	[DIAGNOSIS_NAME] = "name",
	[DIAGNOSIS_ROUTE] = "route",
	[DIAGNOSIS_CONNECTION] = "connection",
	[DIAGNOSIS_PROXY] = "proxy",
	[DIAGNOSIS_TLS] = "tls",
	[DIAGNOSIS_HTTP] = "http",
	[DIAGNOSIS_TOKEN] = "token",
	[DIAGNOSIS_SCOPES] = "scopes",
	[DIAGNOSIS_SCIM] = "scim",
	[DIAGNOSIS_LIMITS] = "limits",
};
_Static_assert(sizeof step_names / sizeof step_names[0] == DIAGNOSIS_STEPS, "a name for each step");

static const char *const state_names[] = {
	[DIAGNOSIS_OPEN] = "open",
	[DIAGNOSIS_OK] = "ok",
	[DIAGNOSIS_WARNING] = "warning",
	[DIAGNOSIS_FAILED] = "failed",
	[DIAGNOSIS_SKIPPED] = "skipped",
};

void diagnosis_init(struct diagnosis *d)
{
	unsigned i;

	*d = (struct diagnosis){.steps = {{.state = DIAGNOSIS_OPEN}}};
	for (i = 0; i < DIAGNOSIS_STEPS; i++)
		buf_init(&d->steps[i].facts, FACTS_MAX);
}

void diagnosis_wipe(struct diagnosis *d)
{
	unsigned i;

	for (i = 0; i < DIAGNOSIS_STEPS; i++)
		buf_wipe(&d->steps[i].facts);
}

const char *diagnosis_step_name(enum diagnosis_step step)
{
	return step_names[step];
}

const char *diagnosis_state_name(enum diagnosis_state state)
{
	return state_names[state];
}

enum diagnosis_step diagnosis_failure(const struct diagnosis *d)
{
	enum diagnosis_step i = DIAGNOSIS_SETTINGS;

	while (i < DIAGNOSIS_STEPS && d->steps[i].state != DIAGNOSIS_FAILED)
		i++;
	return i;
}

int diagnosis_exit_code(const struct diagnosis *d)
{
	enum diagnosis_step failed = diagnosis_failure(d);

	return failed < DIAGNOSIS_STEPS ? err_exit_code(&d->steps[failed].why) : 0;
}

void diagnosis_close(struct diagnosis *d)
{
	unsigned i;

	for (i = 0; i < DIAGNOSIS_STEPS; i++)
		if (d->steps[i].state == DIAGNOSIS_OPEN)
			finding_skip(&d->steps[i], "not reached");
}

/* ---- one finding ---- */

static void summarize(struct finding *f, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
static void summarize(struct finding *f, const char *format, va_list args)
{
	size_t at = strlen(f->summary);

	if (at > 0 && at + 2 < sizeof f->summary) {
		memcpy(f->summary + at, "; ", 3);
		at += 2;
	}
	vsnprintf(f->summary + at, sizeof f->summary - at, format, args);
}

void finding_ok(struct finding *f, const char *format, ...)
{
	va_list args;

	if (f->state == DIAGNOSIS_FAILED)
		return;
	if (f->state == DIAGNOSIS_OPEN)
		f->state = DIAGNOSIS_OK;
	va_start(args, format);
	summarize(f, format, args);
	va_end(args);
}

void finding_warn(struct finding *f, const char *advice, const char *format, ...)
{
	va_list args;

	if (f->state == DIAGNOSIS_FAILED)
		return;
	f->state = DIAGNOSIS_WARNING;
	if (f->advice[0] == '\0')
		snprintf(f->advice, sizeof f->advice, "%s", advice);
	va_start(args, format);
	summarize(f, format, args);
	va_end(args);
}

void finding_fail(struct finding *f, const struct err *e)
{
	if (f->state == DIAGNOSIS_FAILED)
		return;
	f->state = DIAGNOSIS_FAILED;
	f->why = *e;
	snprintf(f->summary, sizeof f->summary, "%s", e->text);
	snprintf(f->advice, sizeof f->advice, "%s", e->hint);
}

void finding_skip(struct finding *f, const char *why)
{
	f->state = DIAGNOSIS_SKIPPED;
	snprintf(f->summary, sizeof f->summary, "%s", why);
}

void finding_fact(struct finding *f, const char *name, const char *format, ...)
{
	size_t before = f->facts.len;
	struct buf value;
	va_list args;

	buf_init(&value, VALUE_MAX);
	va_start(args, format);
	buf_vaddf(&value, format, args);
	va_end(args);
	buf_add(&f->facts, name, strlen(name) + 1);
	buf_add_text(&f->facts, value.failed ? "(too long)" : buf_text(&value));
	buf_add_char(&f->facts, '\0');
	if (f->facts.failed) {
		f->facts.failed = false;
		buf_truncate(&f->facts, before);
	}
	buf_wipe(&value);
}

bool finding_next_fact(const struct finding *f, size_t *at, const char **name, const char **value)
{
	if (*at >= f->facts.len)
		return false;
	*name = f->facts.data + *at;
	*at += strlen(*name) + 1;
	*value = f->facts.data + *at;
	*at += strlen(*value) + 1;
	return true;
}

/* FORMAT is the message, HINT what to do. */
static void fail(struct finding *f, enum err_kind kind, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static void fail(struct finding *f, enum err_kind kind, const char *hint, const char *format, ...)
{
	char text[sizeof f->summary];
	struct err e;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	err_clear(&e);
	err_set(&e, kind, "%s", text);
	err_hint(&e, "%s", hint);
	finding_fail(f, &e);
}

/* ---- time ---- */

static void date_fact(struct finding *f, const char *name, int64_t seconds)
{
	struct buf text;

	buf_init(&text, 32);
	date_add_rfc3339(seconds, &text);
	finding_fact(f, name, "%s", buf_text(&text));
	buf_wipe(&text);
}

void diagnosis_clock(struct diagnosis *d, int64_t now, int64_t built, bool assumed)
{
	struct finding *f = &d->steps[DIAGNOSIS_CLOCK];
	struct buf text;

	buf_init(&text, 32);
	date_add_rfc3339(now, &text);
	finding_ok(f, "%s", buf_text(&text));
	buf_wipe(&text);
	if (built > 0)
		date_fact(f, "this program is younger than", built);
	if (now < built)
		finding_warn(f, SET_CLOCK,
			"this machine's clock is wrong: this program was made "
			"later");
	if (assumed)
		finding_ok(f, "certificates are judged by --assume-time");
}

void diagnosis_date(struct diagnosis *d, const struct http_response *r, int64_t now)
{
	struct finding *f = &d->steps[DIAGNOSIS_HTTP];
	struct str value;
	int64_t date, off;

	if (!http_response_field(r, "Date", &value) || !date_parse_http(value, &date))
		return;
	date_fact(f, "the server's clock", date);
	off = now - date;
	if (off <= CLOCK_TOLERANCE && off >= -CLOCK_TOLERANCE)
		return;
	finding_warn(f, SET_CLOCK, "this machine's clock is %lld s %s the server's",
		(long long)(off < 0 ? -off : off), off < 0 ? "behind" : "ahead of");
}

void diagnosis_expiry(struct finding *f, const char *what, int64_t not_after, int64_t now)
{
	const int64_t days = not_after > now ? (not_after - now) / DAY : 0;

	if (not_after > now && days < DAYS_LEFT_FEW)
		finding_warn(f,
			"the server's operator has to renew it: automatic renewal, where there is "
			"one, seems to fail",
			"the certificate of %s expires in %lld day%s", what, (long long)days,
			days == 1 ? "" : "s");
}

/* ---- what answers tell ---- */

/* A page of a web server, proxy or gateway: neither JSON nor Sentry's own plain text. */
static bool is_foreign(struct str body)
{
	return body.n > 0 && !json_valid(body, NULL) && !str_starts(body, "Route not found");
}

/* ": " and what the server says, or nothing. */
static void quote(struct str body, char *text, size_t size)
{
	struct buf words, shown;

	buf_init(&words, LIMIT_HTTP_BODY);
	buf_init(&shown, 4 * LIMIT_HTTP_BODY);
	if (json_valid(body, NULL))
		answer_detail(body, &words);
	buf_truncate(&words, QUOTE_MAX);
	utf8_printable(str_from(words.data, utf8_valid_prefix(buf_str(&words))), &shown);
	snprintf(text, size, "%s%s", shown.len > 0 ? ": " : "", buf_text(&shown));
	buf_wipe(&words);
	buf_wipe(&shown);
}

static void field_fact(
	struct finding *f, const struct http_response *r, const char *field, const char *name)
{
	struct str value;

	if (http_response_field(r, field, &value))
		finding_fact(f, name, "%.*s", STR_ARG(value));
}

static void describe(struct diagnosis *d, const struct http_response *r)
{
	struct finding *f = &d->steps[DIAGNOSIS_HTTP];

	finding_fact(f, "status", "%d", r->status);
	field_fact(f, r, "Content-Type", "content type");
	field_fact(f, r, "Server", "server");
	field_fact(f, r, "Via", "via");
	field_fact(f, r, "X-Sentry-Proxy-URL", "forwarded to");
}

static bool number_field(const struct http_response *r, const char *name, uint64_t *out)
{
	struct str value;

	return http_response_field(r, name, &value) && str_to_u64(value, UINT64_MAX / 2, out);
}

#define FIELD(name) "X-Sentry-Rate-Limit-" name

static void limits(struct diagnosis *d, const struct http_response *r)
{
	static const struct {
		const char *limit, *left, *unit, *short_of;
	} rates[] = {
		{FIELD("Limit"), FIELD("Remaining"), "requests in a window", "requests"},
		{FIELD("ConcurrentLimit"), FIELD("ConcurrentRemaining"), "at a time",
			"requests at a time"},
	};
	struct finding *f = &d->steps[DIAGNOSIS_LIMITS];
	uint64_t limit, left, reset;
	bool any = false;
	unsigned i;

	for (i = 0; i < sizeof rates / sizeof rates[0]; i++) {
		if (!number_field(r, rates[i].limit, &limit))
			continue;
		any = true;
		if (!number_field(r, rates[i].left, &left)) {
			finding_ok(f, "%llu %s", (unsigned long long)limit, rates[i].unit);
			continue;
		}
		finding_ok(f, "%llu %s, %llu left", (unsigned long long)limit, rates[i].unit,
			(unsigned long long)left);
		if (left == 0 && limit > 0)
			finding_warn(f,
				"others use the same limit at this moment; --rate and --jobs of "
				"rosters leave them more room",
				"no %s left", rates[i].short_of);
	}
	if (number_field(r, FIELD("Reset"), &reset))
		date_fact(f, "window ends", (int64_t)reset);
	field_fact(f, r, "Retry-After", "retry after");
	if (!any && f->state == DIAGNOSIS_OPEN)
		finding_ok(f, "the server names none");
}

void diagnosis_reached(struct diagnosis *d, const struct http_response *r, struct str body)
{
	struct finding *f = &d->steps[DIAGNOSIS_HTTP];
	const struct answer_question question = {.is_sentry = true};
	struct answer a;

	describe(d, r);
	answer_judge(r, body, &question, &a);
	if (r->status >= 500)
		fail(f, a.kind, a.hint, "the server refused with status %d", r->status);
	else
		finding_ok(f, "the server answers (asked without a token: status %d)", r->status);
}

static void member_scope(struct diagnosis *d, const struct answer_question *q)
{
	struct finding *f = &d->steps[DIAGNOSIS_SCOPES];

	finding_ok(f, "members can be read");
	if (!q->is_sentry)
		return;
	finding_fact(f, "member:read", "yes");
	finding_fact(f, "not tried", "%s",
		"member:write (create, set-role, deactivate), member:admin (delete), team:write, "
		"team:admin: only a change would tell");
}

static void accept_token(struct diagnosis *d, const struct answer_question *q)
{
	finding_ok(&d->steps[DIAGNOSIS_TOKEN], "accepted%s%s", q->is_sentry ? ": " : "",
		q->is_sentry ? sentry_token_kind_name(q->token) : "");
}

static enum diagnosis_next listed(
	struct diagnosis *d, struct str body, const struct answer_question *q)
{
	struct finding *http = &d->steps[DIAGNOSIS_HTTP];
	struct list_page page;

	if (!json_valid(body, NULL)) {
		fail(http, ERR_PROTOCOL,
			"this is not the API: a gateway's or proxy's log-in page, or another web "
			"server; check --url and --region; --header can carry what a gateway asks "
			"for",
			"the server answers with what is not JSON");
		return DIAGNOSIS_ENOUGH;
	}
	if (!list_read(body, &page)) {
		fail(http, ERR_PROTOCOL, "this is another API: check the URL",
			"the server answers with what is no list of SCIM");
		return DIAGNOSIS_ENOUGH;
	}
	finding_ok(http, "the server answers");
	accept_token(d, q);
	member_scope(d, q);
	if (page.has_total)
		finding_ok(&d->steps[DIAGNOSIS_SCIM], "switched on; %llu member%s",
			(unsigned long long)page.total, page.total == 1 ? "" : "s");
	else
		finding_ok(&d->steps[DIAGNOSIS_SCIM], "switched on");
	return DIAGNOSIS_ASK_MORE;
}

static void refused(
	struct finding *f, const struct http_response *r, struct str body, const struct answer *a)
{
	char says[QUOTE_MAX + 64];

	quote(body, says, sizeof says);
	fail(f, a->kind, a->hint, "the server refused with status %d%s", r->status, says);
}

static bool names_scopes(const struct http_response *r)
{
	struct str value;

	return http_response_field(r, "WWW-Authenticate", &value) &&
		str_contains(value, "insufficient_scope");
}

static enum diagnosis_next forbidden(struct diagnosis *d, const struct http_response *r,
	struct str body, const struct answer_question *q, const struct answer *a)
{
	if (q->is_sentry &&
		(q->token == SENTRY_TOKEN_ORGANIZATION || q->token == SENTRY_TOKEN_AGENT)) {
		fail(&d->steps[DIAGNOSIS_TOKEN], a->kind,
			"use the token (sntryi_) that the organization's SCIM settings show",
			"the server refused with status %d: an %s can do no SCIM", r->status,
			sentry_token_kind_name(q->token));
		return DIAGNOSIS_ENOUGH;
	}
	if (q->is_sentry && !names_scopes(r)) {
		/* What diagnosis_apart() says if it finds nothing better. */
		refused(&d->steps[DIAGNOSIS_SCOPES], r, body, a);
		return DIAGNOSIS_TELL_APART;
	}
	accept_token(d, q);
	refused(&d->steps[DIAGNOSIS_SCOPES], r, body, a);
	if (q->is_sentry)
		finding_fact(&d->steps[DIAGNOSIS_SCOPES], "member:read", "no");
	return DIAGNOSIS_ENOUGH;
}

/* Sentry looks for token and scope before it looks for the organization; sentry.io, which forwards,
   and a path that is none before everything else. */
static void absent(struct diagnosis *d, const struct http_response *r, struct str body,
	const struct answer_question *q, const struct answer *a)
{
	if (q->is_sentry && str_contains(body, "requested resource does not exist")) {
		accept_token(d, q);
		member_scope(d, q);
	} else {
		finding_skip(&d->steps[DIAGNOSIS_TOKEN], "the server did not look at it");
		finding_skip(&d->steps[DIAGNOSIS_SCOPES], "the server did not look at the token");
	}
	refused(&d->steps[DIAGNOSIS_SCIM], r, body, a);
}

enum diagnosis_next diagnosis_users(struct diagnosis *d, const struct http_response *r,
	struct str body, const struct answer_question *question)
{
	struct finding *http = &d->steps[DIAGNOSIS_HTTP];
	struct answer a;

	describe(d, r);
	limits(d, r);
	answer_judge(r, body, question, &a);
	if (a.class == ANSWER_SUCCESS)
		return listed(d, body, question);
	/* What is said by another voice than the API's is no answer of it. */
	if (r->status == 429 || (!is_foreign(body) && r->status >= 401 && r->status <= 404))
		finding_ok(http, "the server answers");
	else
		refused(http, r, body, &a);
	if (http->state == DIAGNOSIS_FAILED)
		return DIAGNOSIS_ENOUGH;
	switch (r->status) {
	case 401: refused(&d->steps[DIAGNOSIS_TOKEN], r, body, &a); break;
	case 403: return forbidden(d, r, body, question, &a);
	case 404: absent(d, r, body, question, &a); break;
	case 429: refused(&d->steps[DIAGNOSIS_LIMITS], r, body, &a); break;
	default: refused(http, r, body, &a);
	}
	return DIAGNOSIS_ENOUGH;
}

void diagnosis_apart(struct diagnosis *d, const struct http_response *r, struct str body)
{
	struct finding *scopes = &d->steps[DIAGNOSIS_SCOPES];
	bool may = r != NULL && !is_foreign(body) &&
		((r->status >= 200 && r->status <= 299) || (r->status == 404 && body.n > 0));

	/* The same scope was asked for, in the same organization: it is SCIM that is missing. */
	finding_ok(&d->steps[DIAGNOSIS_TOKEN], "accepted");
	if (!may)
		return;
	buf_clear(&scopes->facts);
	scopes->state = DIAGNOSIS_OK;
	scopes->advice[0] = '\0';
	snprintf(scopes->summary, sizeof scopes->summary,
		"members can be read, but only outside SCIM");
	finding_fact(scopes, "member:read", "yes");
	fail(&d->steps[DIAGNOSIS_SCIM], ERR_AUTH,
		"an owner switches it on in the organization's settings, Auth, \"Enable SCIM\"; it "
		"needs SSO there and, on sentry.io, a Business or Enterprise plan (no trial). The "
		"token made then is the one to use",
		"SCIM is not switched on for this organization");
}

static void no_answer(struct finding *f, const char *what)
{
	finding_warn(f, "run it again", "no answer about %s", what);
}

void diagnosis_teams(struct diagnosis *d, const struct http_response *r, struct str body,
	const struct answer_question *question)
{
	struct finding *f = &d->steps[DIAGNOSIS_SCOPES];
	struct list_page page;
	struct answer a;

	if (r == NULL) {
		no_answer(f, "teams");
		return;
	}
	answer_judge(r, body, question, &a);
	if (a.class == ANSWER_SUCCESS && list_read(body, &page)) {
		finding_ok(f, "teams too");
		if (question->is_sentry)
			finding_fact(f, "team:read", "yes");
		return;
	}
	if (r->status == 403 && question->is_sentry)
		finding_fact(f, "team:read", "no");
	finding_warn(f, a.hint[0] != '\0' ? a.hint : "commands on teams will fail",
		"teams cannot be read (status %d)", r->status);
}

static void json_fact(struct finding *f, struct str body, const char *path, const char *name)
{
	struct json_value v;

	if (json_find(body, path, &v) &&
		(v.type == JSON_TRUE || v.type == JSON_FALSE || v.type == JSON_NUMBER))
		finding_fact(f, name, "%.*s", STR_ARG(v.raw));
}

void diagnosis_provider(struct diagnosis *d, const struct http_response *r, struct str body)
{
	struct finding *f = &d->steps[DIAGNOSIS_SCIM];

	if (r == NULL) {
		no_answer(f, "ServiceProviderConfig");
		return;
	}
	if (r->status < 200 || r->status > 299 || !json_valid(body, NULL)) {
		finding_fact(f, "ServiceProviderConfig",
			"the server has none, which is no harm (status %d)", r->status);
		return;
	}
	json_fact(f, body, "patch.supported", "patch supported");
	json_fact(f, body, "filter.supported", "filter supported");
	json_fact(f, body, "filter.maxResults", "resources in a page");
	json_fact(f, body, "bulk.supported", "bulk supported");
}
