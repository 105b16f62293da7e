#include "scim/sentry.h"

#include "base/limits.h"
#include "codec/base64.h"
#include "codec/json_scan.h"
#include "codec/url.h"
#include "codec/utf8.h"

#define API_PATH  "/api/0"
#define ORG_PATH  API_PATH "/organizations/"
#define SCIM_TAIL "scim/v2"

/* RFC 1035 2.3.1. */
#define DNS_LABEL_MAX 63

static bool is_dns_label(struct str s)
{
	size_t i;

	if (s.n == 0 || s.n > DNS_LABEL_MAX || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (i = 0; i < s.n; i++)
		if (!char_is_alnum(s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

bool sentry_region_url(struct str region, struct buf *out, struct err *e)
{
	if (!is_dns_label(region)) {
		err_set(e, ERR_CONFIG, "'%.*s' is not a region", STR_ARG(region));
		err_hint(
			e, "a region is one word, as \"us\" or \"de\"; use --url for another host");
		return false;
	}
	buf_addf(out, "https://%.*s.sentry.io", STR_ARG(region));
	return !out->failed || err_memory(e, "reading the region");
}

static struct str without_slashes(struct str path)
{
	while (path.n > 0 && path.p[path.n - 1] == '/')
		path.n--;
	return path;
}

/* The organization's segment of a path like Sentry's SCIM base; false for any other path. */
static bool scim_base_org(struct str path, struct str *org)
{
	struct str rest = path, tail;

	if (!str_starts(path, ORG_PATH))
		return false;
	rest = str_skip(path, sizeof ORG_PATH - 1);
	if (!str_cut(rest, '/', org, &tail) || org->n == 0)
		return false;
	return str_is(tail, SCIM_TAIL);
}

static void add_base(const struct url *u, bool tls, struct buf *base)
{
	bool v6 = u->host_kind == URL_HOST_IPV6;

	buf_addf(base, "%s://%s%.*s%s", tls ? "https" : "http", v6 ? "[" : "", STR_ARG(u->host),
		v6 ? "]" : "");
	if (u->port != 0 && u->port != (tls ? 443 : 80))
		buf_addf(base, ":%u", u->port);
}

/* Messages do not quote TEXT, since a password may stand in it. */
bool sentry_base_url(struct str text, struct buf *base, struct buf *org, struct err *e)
{
	struct url u;
	struct str path, segment = {0};
	const char *what;
	bool tls;

	if (!str_contains(text, "://"))
		return err_set(e, ERR_CONFIG, "the URL does not begin with https://");
	if (!url_parse(text, &u, &what))
		return err_set(e, ERR_CONFIG, "the URL cannot be used: %s", what);
	tls = str_is_fold(u.scheme, "https");
	if (!tls && !str_is_fold(u.scheme, "http"))
		return err_set(e, ERR_CONFIG, "the URL is neither https nor http");
	if (u.has_userinfo)
		return err_set(e, ERR_CONFIG, "the URL must not hold a user name or password");
	if (u.has_query || u.has_fragment)
		return err_set(e, ERR_CONFIG, "the URL must not have a query or a fragment");
	path = without_slashes(u.path);
	if (path.n > 0 && !str_is(path, API_PATH) && !scim_base_org(path, &segment)) {
		err_set(e, ERR_CONFIG, "Sentry cannot live below the path %.*s", STR_ARG(u.path));
		err_hint(e,
			"give scheme and host only, as " SENTRY_DEFAULT_URL
			"; the SCIM root of another provider goes to --scim-url");
		return false;
	}
	if (segment.n > 0 && !url_decode(segment, org))
		return err_set(e, ERR_CONFIG, "the URL's percent-encoding is broken");
	add_base(&u, tls, base);
	return (!base->failed && !org->failed) || err_memory(e, "reading the URL");
}

/*
 * Slugs of today are letters, digits and inner hyphens, ids are digits. An underscore is in old
 * slugs and cannot change a path either. Everything that could ('/', '.', '%') is refused.
 */
bool sentry_check_org(struct str org, struct err *e)
{
	size_t i;
	bool ok = org.n > 0 && org.n <= LIMIT_HOST && org.p[0] != '-' && org.p[org.n - 1] != '-';

	for (i = 0; ok && i < org.n; i++)
		ok = char_is_alnum(org.p[i]) || org.p[i] == '-' || org.p[i] == '_';
	if (ok)
		return true;
	err_set(e, ERR_CONFIG, "'%.*s' is not an organization", STR_ARG(org));
	err_hint(e, "give its slug, the word in https://sentry.io/organizations/SLUG/, or its id");
	return false;
}

void sentry_scim_root(struct str base, struct str org, struct buf *out)
{
	buf_add_str(out, base);
	buf_add_text(out, ORG_PATH);
	url_encode(org, out);
	buf_add_text(out, "/" SCIM_TAIL);
}

struct token_kind {
	const char *prefix, *name;
};

static const struct token_kind kinds[] = {
	[SENTRY_TOKEN_PLAIN] = {"", "token without a known prefix"},
	[SENTRY_TOKEN_INTEGRATION] = {"sntryi_", "integration token (sntryi_)"},
	[SENTRY_TOKEN_USER] = {"sntryu_", "user token (sntryu_)"},
	[SENTRY_TOKEN_APPLICATION] = {"sntrya_", "application token (sntrya_)"},
	[SENTRY_TOKEN_ORGANIZATION] = {"sntrys_", "organization token (sntrys_)"},
	[SENTRY_TOKEN_AGENT] = {"sntryag_", "agent token (sntryag_)"},
};
_Static_assert(sizeof kinds / sizeof kinds[0] == SENTRY_TOKEN_AGENT + 1, "a name for each kind");

enum sentry_token_kind sentry_token_kind(struct str token)
{
	enum sentry_token_kind k;

	for (k = SENTRY_TOKEN_AGENT; k > SENTRY_TOKEN_PLAIN; k--)
		if (str_starts(token, kinds[k].prefix))
			return k;
	return SENTRY_TOKEN_PLAIN;
}

const char *sentry_token_kind_name(enum sentry_token_kind kind)
{
	return kinds[kind].name;
}

static bool claim(struct str claims, const char *name, struct buf *out)
{
	struct json_value v;

	if (!json_member(claims, name, &v) || v.type != JSON_STRING || v.raw.n == 0)
		return false;
	json_unescape(v.raw, out);
	return true;
}

bool sentry_token_claims(struct str token, struct buf *org, struct buf *url)
{
	struct str payload, secret;
	struct buf claims;
	bool ok;

	if (sentry_token_kind(token) != SENTRY_TOKEN_ORGANIZATION)
		return false;
	/* sntrys_BASE64_SECRET, with exactly these two underscores. */
	payload = str_skip(token, sizeof "sntrys_" - 1);
	if (!str_cut(payload, '_', &payload, &secret) || str_contains(secret, "_"))
		return false;
	buf_init(&claims, LIMIT_TOKEN);
	ok = base64_decode(payload, true, &claims) && json_valid(buf_str(&claims), NULL);
	if (ok) {
		claim(buf_str(&claims), "org", org);
		if (!claim(buf_str(&claims), "region_url", url))
			claim(buf_str(&claims), "url", url);
		ok = !org->failed && !url->failed;
	}
	buf_wipe(&claims);
	return ok;
}

bool sentry_check_user_name(struct str user_name, struct err *e)
{
	struct str rest = user_name;
	unsigned characters = 0;
	uint32_t point;

	if (str_trim_space(user_name).n == 0)
		return err_set(e, ERR_INPUT, "the user name is empty");
	while (rest.n > 0) {
		size_t n = utf8_decode(rest, &point);

		if (n == 0)
			return err_set(e, ERR_INPUT, "the user name is not UTF-8");
		rest = str_skip(rest, n);
		if (++characters > LIMIT_SENTRY_USER_NAME)
			return err_set(e, ERR_INPUT,
				"the user name is longer than the %u characters Sentry takes",
				LIMIT_SENTRY_USER_NAME);
	}
	return true;
}

bool sentry_is_owner(struct str role)
{
	return str_is_fold(role, "owner");
}

bool sentry_check_role(struct str role, struct err *e)
{
	if (!sentry_is_owner(role))
		return true;
	err_set(e, ERR_INPUT, "the role \"owner\" cannot be given through SCIM");
	err_hint(e,
		"Sentry lets only its own web pages make owners; give another role, as \"member\"");
	return false;
}

bool sentry_team_slug(struct str name, struct buf *out)
{
	size_t start = out->len, i;
	bool dash = false;

	for (i = 0; i < name.n; i++) {
		char c = name.p[i];

		if ((unsigned char)c >= 0x80) {
			buf_truncate(out, start);
			return false;
		}
		if (c == '-' || c == ' ' || (c >= '\t' && c <= '\r')) {
			dash = out->len > start;
		} else if (c == '_' && out->len == start) {
			continue; /* none at the ends */
		} else if (char_is_alnum(c) || c == '_') {
			if (dash)
				buf_add_char(out, '-');
			dash = false;
			buf_add_char(out, char_lower(c));
		}
	}
	while (out->len > start &&
		(out->data[out->len - 1] == '-' || out->data[out->len - 1] == '_'))
		buf_truncate(out, out->len - 1);
	return true;
}
