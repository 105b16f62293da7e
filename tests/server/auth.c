#include "auth.h"

/* The words of the Authorization field: scheme, credentials, and whether there are more. */
struct credentials {
	struct str scheme, value;
	bool more;
};

static struct credentials read_credentials(const struct request *r)
{
	struct credentials c = {{NULL, 0}, {NULL, 0}, false};
	struct str field, rest;

	if (!request_field(r, "Authorization", &field))
		return c;
	str_cut(str_trim_space(field), ' ', &c.scheme, &rest);
	str_cut(str_trim_space(rest), ' ', &c.value, &rest);
	c.more = str_trim_space(rest).n > 0;
	return c;
}

struct token *auth_token(const struct state *s, const struct request *r)
{
	struct credentials c = read_credentials(r);

	if (!str_is_fold(c.scheme, "Bearer") || c.value.n == 0 || c.more)
		return NULL;
	return state_token(s, c.value);
}

static const char *trouble_text(const struct token *t)
{
	static const char *const texts[] = {
		[TOKEN_EXPIRED] = "Token expired",
		[TOKEN_USER_INACTIVE] = "User inactive or deleted",
		[TOKEN_APP_INACTIVE] = "UserApplication inactive or deleted",
		[TOKEN_BROKEN_SCOPING] = "Cannot resolve organization from token.",
	};

	return t->trouble == TOKEN_FINE ? NULL : texts[t->trouble];
}

/* What is wrong with the credentials; NULL when nothing is, and the token is set then. */
static const char *objection(struct call *c)
{
	struct credentials given = read_credentials(c->request);

	if (str_is_fold(given.scheme, "Basic") && given.value.n > 0)
		return "API key is not valid";
	if (!str_is_fold(given.scheme, "Bearer"))
		return "Authentication credentials were not provided.";
	if (given.value.n == 0)
		return "Invalid token header. No credentials provided.";
	if (given.more)
		return "Invalid token header. Token string should not contain spaces.";
	c->token = state_token(&c->api->state, given.value);
	if (c->token == NULL)
		return str_starts(given.value, "sntrys_") ? "Invalid org token" : "Invalid token";
	return trouble_text(c->token);
}

static void refuse(struct call *c, const char *text)
{
	reply_field(c->reply, "WWW-Authenticate",
		c->api->manners.bearer ? "Bearer realm=\"api\"" : "xBasic realm=\"api\"");
	reply_detail(c->reply, 401, text);
}

bool auth_check(struct call *c)
{
	const char *text = objection(c);

	if (text != NULL)
		refuse(c, text);
	return text == NULL;
}

bool auth_scopes(struct call *c, unsigned scopes)
{
	/* sorted, as the answer names them */
	static const struct {
		unsigned scope;
		const char *name;
	} names[] = {
		{SCOPE_MEMBER_ADMIN, "member:admin"},
		{SCOPE_MEMBER_READ, "member:read"},
		{SCOPE_MEMBER_WRITE, "member:write"},
		{SCOPE_ORG_READ, "org:read"},
		{SCOPE_TEAM_ADMIN, "team:admin"},
		{SCOPE_TEAM_READ, "team:read"},
		{SCOPE_TEAM_WRITE, "team:write"},
	};
	struct buf *fields = &c->reply->fields;
	const char *gap = "";
	size_t i;

	if ((c->token->scopes & scopes) != 0)
		return true;
	if (c->api->manners.insufficient_scope && scopes != 0) {
		buf_add_text(
			fields, "WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"");
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if ((scopes & names[i].scope) != 0) {
				buf_addf(fields, "%s%s", gap, names[i].name);
				gap = " ";
			}
		buf_add_text(fields, "\"\r\n");
	}
	reply_detail(c->reply, 403, DETAIL_NO_PERMISSION);
	return false;
}

bool auth_organization(struct call *c)
{
	if (c->token->org == c->org)
		return true;
	if (str_starts(str_of(c->token->value), "sntrya_"))
		refuse(c, "Unauthorized organization access.");
	else
		reply_detail(c->reply, 403, DETAIL_NO_PERMISSION);
	return false;
}
