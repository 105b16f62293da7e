#include "scim/answer.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "codec/json_scan.h"
#include "codec/utf8.h"

#define ERROR_URN "urn:ietf:params:scim:api:messages:2.0:Error"

/* How much of a header's value a hint shows. */
#define SHOWN_MAX 160

#define HINT_403                                                                                   \
	"the token lacks the scope, belongs to another organization or to someone who is not a "   \
	"member of it, or SCIM is not switched on there (it needs SSO with SCIM enabled and, on "  \
	"sentry.io, a Business or Enterprise plan)"
#define HINT_BAD_URL                                                                               \
	"this is not a SCIM URL on that server: check --url, --org and --region (an unknown "      \
	"organization on sentry.io answers like this too)"

/*
 * Read from top to bottom; the first row whose conditions all hold decides. Rows with conditions
 * therefore stand before the rows that catch the rest of a status.
 */
const struct answer_row answer_table[] = {
	/* success */
	{200, 299, NULL, NULL, 0, ANSWER_SUCCESS, ERR_NONE, ""},

	/* redirects are never followed: a POST would turn into a GET, and the token would go where
	   the answer says */
	{300, 399, "Location", NULL, 0, ANSWER_REFUSED, ERR_REFUSED,
		"the server redirects to %s; redirects are not followed: if that is the right "
		"place, name it with --url (https instead of http, perhaps)"},
	{300, 399, NULL, NULL, 0, ANSWER_REFUSED, ERR_REFUSED,
		"the server redirects; redirects are not followed: check --url"},

	/* there already: 409 in old eras, 400 for a pending invite since July 2025 */
	{400, 400, NULL, "already been invited", ANSWER_WHEN_CREATES, ANSWER_EXISTS, ERR_EXISTS,
		"an invitation to this address is pending; --if-exists ok reports it and succeeds"},
	{400, 400, NULL, "is already a member", ANSWER_WHEN_CREATES, ANSWER_EXISTS, ERR_EXISTS,
		"--if-exists ok reports the existing member and succeeds"},
	{409, 409, NULL, "slug already exists", 0, ANSWER_EXISTS, ERR_EXISTS,
		"another team has the same slug; names that differ only in case, blanks or "
		"punctuation share one"},
	{409, 409, NULL, NULL, ANSWER_WHEN_CREATES, ANSWER_EXISTS, ERR_EXISTS,
		"--if-exists ok reports the existing member and succeeds, --if-exists update also "
		"brings its role to the one asked for"},

	/* 400: the request. A page is not looked into: its words are not about the request. */
	{400, 400, NULL, NULL, ANSWER_WHEN_NOT_JSON, ANSWER_REFUSED, ERR_REFUSED,
		"this answer does not come from Sentry but from a proxy or web server before it; "
		"is the URL's scheme (http, https) right?"},
	{400, 400, NULL, "Invalid organization role", 0, ANSWER_REFUSED, ERR_REFUSED,
		"the organization has no such role, or it may not be given by SCIM (owner never "
		"may; billing exists on sentry.io only); without --role the default role is given"},
	{400, 400, NULL, "valid email address", 0, ANSWER_REFUSED, ERR_REFUSED,
		"Sentry takes only an e-mail address as the user name"},
	{400, 400, NULL, "no more than 75 characters", 0, ANSWER_REFUSED, ERR_REFUSED,
		"Sentry takes user names of at most 75 characters"},
	{400, 400, NULL, "may not be", 0, ANSWER_REFUSED, ERR_REFUSED,
		"a name is missing or empty; that of a team must hold a letter from a to z"},
	{400, 400, NULL, "JSON parse error", 0, ANSWER_REFUSED, ERR_REFUSED,
		"something between here and Sentry changes the request's body"},
	{400, 400, NULL, "invalidFilter", 0, ANSWER_REFUSED, ERR_REFUSED,
		"the server does not understand that filter; Sentry knows only userName eq "
		"\"...\""},

	/* 401 */
	{401, 401, NULL, NULL, ANSWER_WHEN_NOT_JSON, ANSWER_REFUSED, ERR_AUTH,
		"this answer does not come from Sentry but from a proxy or gateway that wants to "
		"know who you are; --header can carry what it asks for"},
	{401, 401, NULL, "not provided", 0, ANSWER_REFUSED, ERR_AUTH,
		"the server saw no token: a proxy on the way may remove the Authorization header"},
	{401, 401, NULL, "expired", 0, ANSWER_REFUSED, ERR_AUTH,
		"make a new token; the one that Sentry's SCIM settings show does not expire"},
	{401, 401, NULL, "organization access", 0, ANSWER_REFUSED, ERR_AUTH,
		"the token belongs to another organization than the one named by --org"},
	{401, 401, NULL, NULL, 0, ANSWER_REFUSED, ERR_AUTH,
		"the token is not known there: it may have been revoked (switching SCIM off does "
		"that), cut when it was copied, or belong to another server (--url, --region)"},

	/* 403 */
	{403, 403, "WWW-Authenticate", "insufficient_scope", 0, ANSWER_REFUSED, ERR_AUTH,
		"the token lacks a scope; one of these would do: %s"},
	{403, 403, NULL, NULL, ANSWER_WHEN_ORG_TOKEN, ANSWER_REFUSED, ERR_AUTH,
		"organization and agent tokens (sntrys_, sntryag_) can do no SCIM; use the token "
		"(sntryi_) that the organization's SCIM settings show"},
	{403, 403, NULL, "only remaining owner", 0, ANSWER_REFUSED, ERR_AUTH,
		"make somebody else an owner first"},
	{403, 403, NULL, "active partnership", 0, ANSWER_REFUSED, ERR_AUTH,
		"the partner organization manages this member"},
	{403, 403, NULL, NULL, ANSWER_WHEN_NOT_JSON, ANSWER_REFUSED, ERR_AUTH,
		"this answer does not come from Sentry but from a firewall, proxy or content "
		"network "
		"before it; the same request may work from another network"},
	{403, 403, NULL, NULL, ANSWER_WHEN_SENTRY, ANSWER_REFUSED, ERR_AUTH, HINT_403},
	{403, 403, NULL, NULL, 0, ANSWER_REFUSED, ERR_AUTH, "the token may not do this"},

	/* 404: a missing resource speaks SCIM; everything else means that the URL is wrong */
	{404, 404, NULL, NULL, ANSWER_WHEN_ITEM | ANSWER_WHEN_SCIM_ERROR, ANSWER_REFUSED,
		ERR_NOT_FOUND,
		"there is no such resource in this organization (or no such organization: Sentry "
		"answers the same)"},
	{404, 404, NULL, "Route not found", 0, ANSWER_REFUSED, ERR_NOT_FOUND, HINT_BAD_URL},
	{404, 404, NULL, NULL, ANSWER_WHEN_EMPTY, ANSWER_REFUSED, ERR_NOT_FOUND, HINT_BAD_URL},
	{404, 404, NULL, "requested resource does not exist", 0, ANSWER_REFUSED, ERR_NOT_FOUND,
		"no such organization on this server: check --org, and --region or --url"},
	{404, 404, NULL, NULL, ANSWER_WHEN_NOT_JSON, ANSWER_REFUSED, ERR_NOT_FOUND,
		"this answer does not come from Sentry's API: check --url"},
	{404, 404, NULL, NULL, 0, ANSWER_REFUSED, ERR_NOT_FOUND, HINT_BAD_URL},

	/* other refusals */
	{405, 405, NULL, NULL, ANSWER_WHEN_NOT_JSON, ANSWER_REFUSED, ERR_REFUSED,
		"a proxy or web server before Sentry does not let this method through"},
	{407, 407, NULL, NULL, 0, ANSWER_REFUSED, ERR_PROXY,
		"a proxy on the way wants credentials: --proxy http://USER:PASSWORD@HOST:PORT"},
	{408, 408, NULL, NULL, 0, ANSWER_UNAVAILABLE, ERR_GAVE_UP,
		"the server or a proxy before it waited too long for the request"},
	{413, 413, NULL, NULL, 0, ANSWER_REFUSED, ERR_REFUSED,
		"the body is larger than a server on the way takes"},
	{421, 421, NULL, NULL, 0, ANSWER_REFUSED, ERR_REFUSED,
		"this address does not serve that host: check --resolve and the proxy"},
	{429, 429, NULL, "concurrency", 0, ANSWER_THROTTLED, ERR_GAVE_UP,
		"too many requests are under way for this organization; try again later"},
	{429, 429, NULL, NULL, 0, ANSWER_THROTTLED, ERR_GAVE_UP,
		"the rate limit of this organization is used up; try again later, or allow more "
		"patience with --retries and --max-wait"},
	{400, 499, NULL, NULL, 0, ANSWER_REFUSED, ERR_REFUSED,
		"the server does not take this request: its words say why, -vvv shows what was "
		"sent"},

	/* 5xx */
	{501, 501, NULL, NULL, 0, ANSWER_REFUSED, ERR_REFUSED,
		"the server cannot do this at all: check --url"},
	{505, 505, NULL, NULL, 0, ANSWER_REFUSED, ERR_REFUSED, "the server refuses HTTP/1.1"},
	{503, 503, NULL, "maintenance mode", 0, ANSWER_UNAVAILABLE, ERR_GAVE_UP,
		"the server is down for maintenance; try again later"},
	{502, 504, NULL, NULL, 0, ANSWER_UNAVAILABLE, ERR_GAVE_UP,
		"the server, or a front end before it, is not available; try again later"},
	{507, 507, NULL, NULL, 0, ANSWER_UNAVAILABLE, ERR_GAVE_UP,
		"the server is out of storage; try again later"},
	{520, 527, NULL, NULL, 0, ANSWER_UNAVAILABLE, ERR_GAVE_UP,
		"the content network before the server could not reach it; try again later"},
	{500, 599, NULL, NULL, 0, ANSWER_BROKEN, ERR_REFUSED,
		"the server failed on this request; if it goes on, its operators can find it by "
		"the "
		"errorId"},

	/* not in any class of RFC 9110 15 */
	{0, 999, NULL, NULL, 0, ANSWER_REFUSED, ERR_PROTOCOL, "the server's answer makes no sense"},
};
const unsigned answer_table_rows = sizeof(answer_table) / sizeof(answer_table[0]);

/* Appends TEXT, and a separator before it when something stands there already. */
static void add_words(struct str raw, struct buf *out)
{
	if (out->len > 0)
		buf_add_text(out, "; ");
	json_unescape(raw, out);
}

/* Every string inside the JSON text, whatever it is nested in; names of members are left out. */
static void add_all_strings(struct str json, struct buf *out)
{
	struct json_scan s;
	enum json_token t;

	json_scan_init(&s, json);
	while ((t = json_scan_next(&s)) != JSON_END && t != JSON_BAD)
		if (t == JSON_STRING)
			add_words(s.raw, out);
}

/* `detail` may itself hold a JSON document (serializer errors): its strings are the words then. */
static void add_detail(const struct json_value *detail, struct buf *out)
{
	struct buf inner;

	buf_init(&inner, LIMIT_HTTP_BODY);
	json_unescape(detail->raw, &inner);
	if (buf_str(&inner).n > 0 && inner.data[0] == '{' && json_valid(buf_str(&inner), NULL))
		add_all_strings(buf_str(&inner), out);
	else
		add_words(detail->raw, out);
	buf_wipe(&inner);
}

void answer_detail(struct str body, struct buf *out)
{
	struct json_value v;
	size_t before = out->len;

	if (!json_valid(body, NULL))
		return;
	if (json_member(body, "detail", &v) && v.type == JSON_STRING)
		add_detail(&v, out);
	if (json_member(body, "scimType", &v) && v.type == JSON_STRING && out->len == before)
		add_words(v.raw, out);
	if (json_member(body, "info", &v) && v.type == JSON_STRING && out->len == before)
		add_words(v.raw, out);
	if (out->len == before)
		add_all_strings(body, out);
}

struct judgement {
	const struct http_response *response;
	struct str body;
	struct str words; /* the server's words, or the raw body when they are not JSON */
	unsigned holds;   /* ANSWER_WHEN_ bits */
};

static unsigned conditions(
	const struct http_response *r, struct str body, bool json, const struct answer_question *q)
{
	struct json_value schemas;
	unsigned holds = 0;

	(void)r;
	if (q->creates)
		holds |= ANSWER_WHEN_CREATES;
	if (q->item)
		holds |= ANSWER_WHEN_ITEM;
	if (q->is_sentry)
		holds |= ANSWER_WHEN_SENTRY;
	if (q->token == SENTRY_TOKEN_ORGANIZATION || q->token == SENTRY_TOKEN_AGENT)
		holds |= ANSWER_WHEN_ORG_TOKEN;
	if (str_trim_space(body).n == 0)
		holds |= ANSWER_WHEN_EMPTY;
	else if (!json)
		holds |= ANSWER_WHEN_NOT_JSON;
	if (json && json_member(body, "schemas", &schemas) && str_contains(schemas.raw, ERROR_URN))
		holds |= ANSWER_WHEN_SCIM_ERROR;
	return holds;
}

/* Finds the first field that ROW's header names and that says what ROW wants. */
static bool find_field(const struct answer_row *row, const struct judgement *j, struct str *value)
{
	unsigned at = 0;

	while (http_response_next_field(j->response, row->header, &at, value))
		if (row->says == NULL || str_contains(*value, row->says))
			return true;
	return false;
}

static bool row_applies(const struct answer_row *row, const struct judgement *j)
{
	struct str value;

	if (j->response->status < row->status_min || j->response->status > row->status_max)
		return false;
	if ((row->when & j->holds) != row->when)
		return false;
	if (row->header != NULL)
		return find_field(row, j, &value);
	return row->says == NULL || str_contains(j->words, row->says);
}

/* The part of an insufficient_scope challenge (RFC 6750 3) that a person needs: its scopes. */
static struct str challenge_scopes(struct str value)
{
	struct str head, tail;
	size_t at;

	for (at = 0; at < value.n; at++) {
		tail = str_skip(value, at);
		if (str_starts(tail, "scope=\"")) {
			str_cut(str_skip(tail, 7), '"', &head, &tail);
			return head;
		}
	}
	return value;
}

/* The row's hint with the header's value, made printable, at its "%s". */
static void write_hint(const struct answer_row *row, const struct judgement *j, struct answer *out)
{
	const char *gap = strstr(row->hint, "%s");
	struct str value = str_of("");
	struct buf shown;

	if (gap == NULL) {
		snprintf(out->hint, sizeof(out->hint), "%s", row->hint);
		return;
	}
	find_field(row, j, &value);
	if (str_is_fold(str_of(row->header), "WWW-Authenticate"))
		value = challenge_scopes(value);
	buf_init(&shown, LIMIT_HTTP_HEAD * 8);
	utf8_printable(value, &shown);
	buf_truncate(&shown, SHOWN_MAX);
	buf_truncate(&shown, utf8_valid_prefix(buf_str(&shown)));
	snprintf(out->hint, sizeof(out->hint), "%.*s%s%s", (int)(gap - row->hint), row->hint,
		buf_text(&shown), gap + 2);
	buf_wipe(&shown);
}

void answer_judge(const struct http_response *r, struct str body,
	const struct answer_question *question, struct answer *out)
{
	struct judgement j = {.response = r, .body = body};
	const struct answer_row *row = answer_table;
	struct buf words;
	bool json;

	*out = (struct answer){.class = ANSWER_SUCCESS, .kind = ERR_NONE};
	if (r->status >= 200 && r->status <= 299)
		return; /* the commonest answer needs no words */
	buf_init(&words, LIMIT_HTTP_BODY);
	json = json_valid(body, NULL);
	if (json)
		answer_detail(body, &words);
	j.words = json ? buf_str(&words) : body;
	j.holds = conditions(r, body, json, question);
	while (!row_applies(row, &j))
		row++; /* the last row applies to everything */
	out->class = row->class;
	out->kind = row->kind;
	write_hint(row, &j, out);
	buf_wipe(&words);
}
