#include "seed.h"

#include "check.h"
#include "die.h"

/* A scope's name and all that it includes. */
static const struct {
	const char *name;
	unsigned scopes;
} scope_names[] = {
	{"member:read", SCOPE_MEMBER_READ},
	{"member:write", SCOPE_MEMBER_READ | SCOPE_MEMBER_WRITE},
	{"member:admin", SCOPE_MEMBER_ALL},
	{"team:read", SCOPE_TEAM_READ},
	{"team:write", SCOPE_TEAM_READ | SCOPE_TEAM_WRITE},
	{"team:admin", SCOPE_TEAM_ALL},
	{"org:read", SCOPE_ORG_READ},
	{"org:ci", SCOPE_ORG_CI},
};

/* Takes SCOPE+SCOPE... off the front of REST; names hold a colon, so colons cannot part them.
   False, nothing changed, when no scope stands there. */
static bool take_scopes(struct str *rest, unsigned *scopes)
{
	struct str at = *rest;
	unsigned found = 0;
	bool more;
	size_t i, count = sizeof(scope_names) / sizeof(scope_names[0]);

	do {
		for (i = 0; i < count && !str_starts(at, scope_names[i].name); i++)
			;
		if (i == count)
			return false;
		found |= scope_names[i].scopes;
		at = str_skip(at, str_of(scope_names[i].name).n);
		more = str_starts(at, "+");
		at = str_skip(at, more ? 1 : 0);
	} while (more);
	if (at.n > 0 && at.p[0] != ':')
		return false;
	*rest = str_skip(at, 1);
	*scopes = found;
	return true;
}

static struct org *org_of(struct state *s, struct str slug)
{
	struct org *o = state_org(s, slug);

	if (o == NULL)
		die("there is no organization '%.*s': name it with --org", STR_ARG(slug));
	return o;
}

static bool token_word(struct state *s, struct token *t, struct str word)
{
	if (str_starts(word, "org="))
		t->org = org_of(s, str_skip(word, 4));
	else if (str_is(word, "none"))
		t->scopes = 0;
	else if (str_is(word, "expired"))
		t->trouble = TOKEN_EXPIRED;
	else if (str_is(word, "inactive"))
		t->trouble = TOKEN_USER_INACTIVE;
	else if (str_is(word, "app-inactive"))
		t->trouble = TOKEN_APP_INACTIVE;
	else if (str_is(word, "broken"))
		t->trouble = TOKEN_BROKEN_SCOPING;
	else
		return false;
	return true;
}

void seed_token(struct state *s, struct org *org, const char *spec)
{
	struct str value, rest, word;
	struct token *t;

	str_cut(str_of(spec), ':', &value, &rest);
	if (value.n == 0)
		die("--token '%s': no token", spec);
	t = state_add_token(s, value, org);
	t->scopes = SCOPE_MEMBER_ALL | SCOPE_TEAM_ALL;
	while (rest.n > 0) {
		if (take_scopes(&rest, &t->scopes))
			continue;
		str_cut(rest, ':', &word, &rest);
		if (!token_word(s, t, word))
			die("--token '%s': '%.*s' is neither scope nor flag", spec, STR_ARG(word));
	}
	/* Whatever is written here, these kinds can do no more in Sentry. */
	if (str_starts(value, "sntrys_"))
		t->scopes = SCOPE_ORG_CI;
	if (str_starts(value, "sntryag_"))
		t->scopes = 0;
}

static bool member_flag(struct member *m, struct str word)
{
	if (str_is(word, "joined"))
		m->joined = true;
	else if (str_is(word, "request"))
		m->standing = STANDING_ASKED_BY_OTHER;
	else if (str_is(word, "join-request"))
		m->standing = STANDING_ASKED_TO_JOIN;
	else if (str_is(word, "partnership"))
		m->partnership = true;
	else if (str_is(word, "expired"))
		m->invite_expired = true;
	else if (str_is(word, "provisioned"))
		m->idp_provisioned = true;
	else if (str_is(word, "restricted"))
		m->idp_role_restricted = true;
	else
		return false;
	return true;
}

static bool member_word(struct state *s, struct member *m, struct str word)
{
	if (str_starts(word, "role=")) {
		member_set_role(m, str_skip(word, 5));
	} else if (str_starts(word, "also=")) {
		member_add_address(m, str_skip(word, 5));
	} else if (str_starts(word, "org=")) {
		m->org = org_of(s, str_skip(word, 4));
	} else if (str_is(word, "owner")) {
		member_set_role(m, str_of("owner"));
		m->joined = true;
	} else if (str_is(word, "inactive")) {
		m->joined = m->inactive = true;
	} else {
		return member_flag(m, word);
	}
	return true;
}

void seed_member(struct state *s, struct org *org, const char *spec)
{
	struct str email, rest, word;
	struct member *m;

	str_cut(str_of(spec), ':', &email, &rest);
	if (email.n == 0)
		die("--member '%s': no address", spec);
	m = state_add_member(s, org, email, str_of(org->default_role));
	while (rest.n > 0) {
		str_cut(rest, ':', &word, &rest);
		if (!member_word(s, m, word))
			die("--member '%s': '%.*s' means nothing", spec, STR_ARG(word));
	}
}

void seed_members(struct state *s, struct org *org, uint64_t count)
{
	struct buf email;
	uint64_t i;

	server_buf(&email);
	for (i = 1; i <= count; i++) {
		buf_clear(&email);
		buf_addf(&email, "member%05llu@example.com", (unsigned long long)i);
		must_hold(&email);
		state_add_member(s, org, buf_str(&email), str_of(org->default_role))->joined = true;
	}
	buf_wipe(&email);
}

static uint64_t member_by_address(const struct state *s, const struct org *org, struct str email)
{
	size_t i;

	for (i = 0; i < s->member_count; i++)
		if (s->members[i]->org == org && member_has_address(s->members[i], email))
			return s->members[i]->id;
	die("--team: there is no member '%.*s'", STR_ARG(email));
}

void seed_team(struct state *s, struct org *org, const char *spec)
{
	struct str name, rest, email;
	struct buf slug;
	struct team *t;

	server_buf(&slug);
	str_cut(str_of(spec), ':', &name, &rest);
	check_slugify(name, &slug);
	if (slug.len == 0 || state_team_by_slug(s, org, buf_str(&slug)) != NULL)
		die("--team '%s': no slug can be made of the name, or it is taken", spec);
	t = state_add_team(s, org, name, buf_str(&slug));
	buf_wipe(&slug);
	while (rest.n > 0) {
		str_cut(rest, ':', &email, &rest);
		team_add(t, member_by_address(s, org, email));
	}
}
