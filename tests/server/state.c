#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "codec/date.h"
#include "codec/json_emit.h"
#include "die.h"

/* Those of the examples in Sentry's documentation. */
#define FIRST_ORG_ID    1
#define FIRST_MEMBER_ID 242
#define FIRST_TEAM_ID   23232

void state_init(struct state *s)
{
	*s = (struct state){.next_member = FIRST_MEMBER_ID, .next_team = FIRST_TEAM_ID};
}

static void free_member(struct member *m)
{
	unsigned i;

	for (i = 0; i < m->other_count; i++)
		free(m->others[i]);
	free(m->email);
	free(m->role);
	free(m);
}

static void free_team(struct team *t)
{
	free(t->name);
	free(t->slug);
	free(t->members);
	free(t);
}

void state_wipe(struct state *s)
{
	size_t i;

	for (i = 0; i < s->member_count; i++)
		free_member(s->members[i]);
	for (i = 0; i < s->team_count; i++)
		free_team(s->teams[i]);
	for (i = 0; i < s->token_count; i++) {
		free(s->tokens[i]->value);
		free(s->tokens[i]);
	}
	for (i = 0; i < s->org_count; i++) {
		free(s->orgs[i]->slug);
		free(s->orgs[i]->default_role);
		free(s->orgs[i]);
	}
	for (i = 0; i < s->custom_role_count; i++)
		free(s->custom_roles[i]);
	free(s->members);
	free(s->teams);
	free(s->tokens);
	free(s->orgs);
	free(s->custom_roles);
}

struct org *state_add_org(struct state *s, struct str slug)
{
	struct org *o = must_alloc(1, sizeof(*o));

	o->id = FIRST_ORG_ID + s->org_count;
	o->slug = must_dup(slug);
	o->default_role = must_dup(str_of("member"));
	s->orgs = must_grow(s->orgs, s->org_count, sizeof(*s->orgs));
	s->orgs[s->org_count++] = o;
	return o;
}

struct org *state_org(const struct state *s, struct str segment)
{
	uint64_t id = 0;
	size_t i;

	str_to_u64(segment, UINT64_MAX, &id);
	for (i = 0; i < s->org_count; i++)
		if (str_is(segment, s->orgs[i]->slug) || s->orgs[i]->id == id)
			return s->orgs[i];
	return NULL;
}

struct token *state_add_token(struct state *s, struct str value, struct org *org)
{
	struct token *t = must_alloc(1, sizeof(*t));

	t->value = must_dup(value);
	t->org = org;
	s->tokens = must_grow(s->tokens, s->token_count, sizeof(*s->tokens));
	s->tokens[s->token_count++] = t;
	return t;
}

struct token *state_token(const struct state *s, struct str value)
{
	size_t i;

	for (i = 0; i < s->token_count; i++)
		if (str_is(value, s->tokens[i]->value))
			return s->tokens[i];
	return NULL;
}

struct member *state_add_member(struct state *s, struct org *org, struct str email, struct str role)
{
	struct member *m = must_alloc(1, sizeof(*m));

	m->id = s->next_member++;
	m->org = org;
	m->email = must_dup(email);
	m->role = must_dup(role);
	m->created_ms = now_ms();
	m->created_wall = wall_ms() / 1000;
	s->members = must_grow(s->members, s->member_count, sizeof(*s->members));
	s->members[s->member_count++] = m;
	return m;
}

struct member *state_member(const struct state *s, const struct org *org, uint64_t id)
{
	size_t i;

	for (i = 0; i < s->member_count; i++)
		if (s->members[i]->id == id && s->members[i]->org == org)
			return s->members[i];
	return NULL;
}

/* Takes the pointer at INDEX out of ARRAY. */
static void close_gap(void *array, size_t *count, size_t index, size_t size)
{
	char *gap = (char *)array + index * size;

	memmove(gap, gap + size, (*count - index - 1) * size);
	(*count)--;
}

void state_remove_member(struct state *s, struct member *m)
{
	size_t i;

	for (i = 0; i < s->team_count; i++)
		team_remove(s->teams[i], m->id);
	for (i = 0; s->members[i] != m; i++)
		;
	close_gap(s->members, &s->member_count, i, sizeof(*s->members));
	free_member(m);
}

bool member_has_address(const struct member *m, struct str text)
{
	unsigned i;

	if (str_is_fold(text, m->email))
		return true;
	for (i = 0; m->joined && i < m->other_count; i++)
		if (str_is_fold(text, m->others[i]))
			return true;
	return false;
}

void member_set_role(struct member *m, struct str role)
{
	char *fresh = must_dup(role);

	free(m->role);
	m->role = fresh;
}

bool member_is_last_owner(const struct state *s, const struct member *m)
{
	size_t i;

	if (!m->joined || strcmp(m->role, "owner") != 0)
		return false;
	for (i = 0; i < s->member_count; i++) {
		const struct member *other = s->members[i];

		if (other != m && other->org == m->org && other->joined && !other->inactive &&
			strcmp(other->role, "owner") == 0)
			return false;
	}
	return true;
}

void member_add_address(struct member *m, struct str email)
{
	if (m->other_count == MEMBER_EMAILS)
		die("%s: at most %d further addresses", m->email, MEMBER_EMAILS);
	m->others[m->other_count++] = must_dup(email);
}

struct team *state_add_team(struct state *s, struct org *org, struct str name, struct str slug)
{
	struct team *t = must_alloc(1, sizeof(*t));

	t->id = s->next_team++;
	t->org = org;
	t->name = must_dup(name);
	t->slug = must_dup(slug);
	t->created_wall = wall_ms() / 1000;
	s->teams = must_grow(s->teams, s->team_count, sizeof(*s->teams));
	s->teams[s->team_count++] = t;
	return t;
}

struct team *state_team(const struct state *s, const struct org *org, uint64_t id)
{
	size_t i;

	for (i = 0; i < s->team_count; i++)
		if (s->teams[i]->id == id && s->teams[i]->org == org)
			return s->teams[i];
	return NULL;
}

struct team *state_team_by_slug(const struct state *s, const struct org *org, struct str slug)
{
	size_t i;

	for (i = 0; i < s->team_count; i++)
		if (s->teams[i]->org == org && str_is(slug, s->teams[i]->slug))
			return s->teams[i];
	return NULL;
}

void state_remove_team(struct state *s, struct team *t)
{
	size_t i;

	for (i = 0; s->teams[i] != t; i++)
		;
	close_gap(s->teams, &s->team_count, i, sizeof(*s->teams));
	free_team(t);
}

void team_rename(struct team *t, struct str name, struct str slug)
{
	char *fresh_name = must_dup(name), *fresh_slug = must_dup(slug);

	free(t->name);
	free(t->slug);
	t->name = fresh_name;
	t->slug = fresh_slug;
}

bool team_has(const struct team *t, uint64_t member)
{
	size_t i;

	for (i = 0; i < t->member_count; i++)
		if (t->members[i] == member)
			return true;
	return false;
}

void team_add(struct team *t, uint64_t member)
{
	if (team_has(t, member))
		return;
	t->members = must_grow(t->members, t->member_count, sizeof(*t->members));
	t->members[t->member_count++] = member;
}

void team_remove(struct team *t, uint64_t member)
{
	size_t i;

	for (i = 0; i < t->member_count; i++)
		if (t->members[i] == member) {
			close_gap(t->members, &t->member_count, i, sizeof(*t->members));
			return;
		}
}

void team_clear(struct team *t)
{
	t->member_count = 0;
}

static void dump_flag(struct json_emit *j, const char *name, bool value)
{
	json_emit_key(j, str_of(name));
	json_emit_bool(j, value);
}

/* A number in a string, as ids are on the wire. */
static void dump_number(struct json_emit *j, uint64_t id)
{
	struct buf text;

	server_buf(&text);
	buf_add_u64(&text, id);
	must_hold(&text);
	json_emit_string(j, buf_str(&text));
	buf_wipe(&text);
}

static void dump_id(struct json_emit *j, uint64_t id)
{
	json_emit_key(j, str_of("id"));
	dump_number(j, id);
}

static void dump_date(struct json_emit *j, int64_t seconds)
{
	struct buf text;

	server_buf(&text);
	date_add_rfc3339(seconds, &text);
	json_emit_member(j, "created", buf_str(&text));
	buf_wipe(&text);
}

static void dump_member(struct json_emit *j, const struct member *m)
{
	static const char *const standings[] = {
		[STANDING_APPROVED] = "approved",
		[STANDING_ASKED_BY_OTHER] = "requested_to_be_invited",
		[STANDING_ASKED_TO_JOIN] = "requested_to_join",
	};
	unsigned i;

	json_emit_object(j);
	dump_id(j, m->id);
	json_emit_member(j, "org", str_of(m->org->slug));
	json_emit_member(j, "userName", str_of(m->email));
	json_emit_key(j, str_of("other_emails"));
	json_emit_array(j);
	for (i = 0; i < m->other_count; i++)
		json_emit_string(j, str_of(m->others[i]));
	json_emit_array_close(j);
	json_emit_member(j, "sentryOrgRole", str_of(m->role));
	json_emit_member(j, "invite_status", str_of(standings[m->standing]));
	dump_flag(j, "joined", m->joined);
	dump_flag(j, "inactive", m->inactive);
	dump_flag(j, "invite_expired", m->invite_expired);
	dump_flag(j, "idp_provisioned", m->idp_provisioned);
	dump_flag(j, "idp_role_restricted", m->idp_role_restricted);
	dump_flag(j, "partnership", m->partnership);
	dump_date(j, m->created_wall);
	json_emit_object_close(j);
}

static void dump_team(struct json_emit *j, const struct team *t)
{
	size_t i;

	json_emit_object(j);
	dump_id(j, t->id);
	json_emit_member(j, "org", str_of(t->org->slug));
	json_emit_member(j, "displayName", str_of(t->name));
	json_emit_member(j, "slug", str_of(t->slug));
	dump_flag(j, "idp_provisioned", t->idp_provisioned);
	json_emit_key(j, str_of("members"));
	json_emit_array(j);
	for (i = 0; i < t->member_count; i++)
		dump_number(j, t->members[i]);
	json_emit_array_close(j);
	json_emit_object_close(j);
}

static void dump_org(struct json_emit *j, const struct org *o)
{
	json_emit_object(j);
	dump_id(j, o->id);
	json_emit_member(j, "slug", str_of(o->slug));
	json_emit_member(j, "default_role", str_of(o->default_role));
	dump_flag(j, "scim_enabled", !o->scim_off);
	json_emit_member(j, "provider", str_of(o->active_directory ? "active-directory" : "other"));
	json_emit_object_close(j);
}

void state_dump(const struct state *s, struct buf *out)
{
	struct json_emit j;
	size_t i;

	json_emit_init(&j, out);
	json_emit_object(&j);
	json_emit_key(&j, str_of("requests"));
	json_emit_u64(&j, s->requests);
	json_emit_key(&j, str_of("mails"));
	json_emit_u64(&j, s->mails);
	json_emit_key(&j, str_of("organizations"));
	json_emit_array(&j);
	for (i = 0; i < s->org_count; i++)
		dump_org(&j, s->orgs[i]);
	json_emit_array_close(&j);
	json_emit_key(&j, str_of("members"));
	json_emit_array(&j);
	for (i = 0; i < s->member_count; i++)
		dump_member(&j, s->members[i]);
	json_emit_array_close(&j);
	json_emit_key(&j, str_of("teams"));
	json_emit_array(&j);
	for (i = 0; i < s->team_count; i++)
		dump_team(&j, s->teams[i]);
	json_emit_array_close(&j);
	json_emit_object_close(&j);
	if (!json_emit_done(&j))
		die("the state cannot be written as JSON: %s", j.fault ? j.fault : "too large");
}

void state_save(struct state *s)
{
	struct buf text;

	s->unsaved = false;
	if (s->file == NULL)
		return;
	server_buf(&text);
	state_dump(s, &text);
	buf_add_char(&text, '\n');
	must_hold(&text);
	must_replace(s->file, buf_str(&text));
	buf_wipe(&text);
	s->saved_ms = now_ms();
}

void state_changed(struct state *s)
{
	s->unsaved = true;
	if (s->member_count <= STATE_SMALL)
		state_save(s);
}

int64_t state_save_due(const struct state *s)
{
	return s->unsaved && s->file != NULL ? s->saved_ms + STATE_SAVE_MS : INT64_MAX;
}
