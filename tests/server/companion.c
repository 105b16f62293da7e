/*
 * The two calls beside SCIM that tell what SCIM cannot: one member in full, and the organization.
 */
#include <string.h>

#include "api.h"
#include "codec/date.h"
#include "codec/json_emit.h"
#include "die.h"
#include "list.h"

static void emit_flag(struct json_emit *j, const char *name, bool value)
{
	json_emit_key(j, str_of(name));
	json_emit_bool(j, value);
}

static void emit_date(struct json_emit *j, const char *name, int64_t seconds)
{
	struct buf text;

	server_buf(&text);
	date_add_rfc3339(seconds, &text);
	json_emit_member(j, name, buf_str(&text));
	buf_wipe(&text);
}

static void emit_role(
	struct json_emit *j, const char *id, const char *name, bool allowed, bool retired)
{
	json_emit_object(j);
	json_emit_member(j, "id", str_of(id));
	json_emit_member(j, "name", str_of(name));
	emit_flag(j, "isAllowed", allowed);
	emit_flag(j, "isRetired", retired);
	json_emit_object_close(j);
}

static void emit_roles(struct json_emit *j, const struct call *c)
{
	static const char *const roles[][2] = {
		{"billing", "Billing"},
		{"member", "Member"},
		{"admin", "Admin"},
		{"manager", "Manager"},
		{"owner", "Owner"},
	};
	const struct state *s = &c->api->state;
	size_t i;

	json_emit_key(j, str_of("orgRoleList"));
	json_emit_array(j);
	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (role_exists(c, str_of(roles[i][0])))
			emit_role(j, roles[i][0], roles[i][1],
				role_assignable(c, str_of(roles[i][0])),
				strcmp(roles[i][0], "admin") == 0);
	for (i = 0; i < s->custom_role_count; i++)
		emit_role(j, s->custom_roles[i], s->custom_roles[i], true, false);
	json_emit_array_close(j);
}

static void emit_teams(struct json_emit *j, const struct call *c, const struct member *m)
{
	const struct state *s = &c->api->state;
	size_t i;

	json_emit_key(j, str_of("teams"));
	json_emit_array(j);
	for (i = 0; i < s->team_count; i++)
		if (team_has(s->teams[i], m->id))
			json_emit_string(j, str_of(s->teams[i]->slug));
	json_emit_array_close(j);
	json_emit_key(j, str_of("teamRoles"));
	json_emit_array(j);
	for (i = 0; i < s->team_count; i++)
		if (team_has(s->teams[i], m->id)) {
			json_emit_object(j);
			json_emit_member(j, "teamSlug", str_of(s->teams[i]->slug));
			json_emit_key(j, str_of("role"));
			json_emit_null(j);
			json_emit_object_close(j);
		}
	json_emit_array_close(j);
}

static void emit_flags(struct json_emit *j, const struct member *m)
{
	json_emit_key(j, str_of("flags"));
	json_emit_object(j);
	emit_flag(j, "idp:provisioned", m->idp_provisioned);
	emit_flag(j, "idp:role-restricted", m->idp_role_restricted);
	emit_flag(j, "sso:linked", m->joined);
	emit_flag(j, "sso:invalid", false);
	emit_flag(j, "member-limit:restricted", false);
	emit_flag(j, "partnership:restricted", m->partnership);
	json_emit_object_close(j);
}

/* The display name of a role id: its first letter large. */
static void emit_role_name(struct json_emit *j, const char *role)
{
	struct buf name;

	server_buf(&name);
	buf_add_text(&name, role);
	must_hold(&name);
	if (name.len > 0 && role[0] >= 'a' && role[0] <= 'z')
		name.data[0] = (char)(role[0] - 'a' + 'A');
	json_emit_member(j, "roleName", buf_str(&name));
	buf_wipe(&name);
}

static void emit_member(struct json_emit *j, const struct call *c, const struct member *m)
{
	static const char *const standings[] = {
		[STANDING_APPROVED] = "approved",
		[STANDING_ASKED_BY_OTHER] = "requested_to_be_invited",
		[STANDING_ASKED_TO_JOIN] = "requested_to_join",
	};

	json_emit_object(j);
	json_emit_key(j, str_of("id"));
	list_emit_id(j, m->id);
	json_emit_member(j, "email", str_of(m->email));
	json_emit_member(j, "name", str_of(m->email));
	json_emit_member(j, "role", str_of(m->role));
	json_emit_member(j, "orgRole", str_of(m->role));
	emit_role_name(j, m->role);
	emit_flag(j, "pending", !m->joined);
	emit_flag(j, "expired", m->invite_expired);
	emit_flags(j, m);
	emit_date(j, "dateCreated", m->created_wall);
	json_emit_member(j, "inviteStatus", str_of(standings[m->standing]));
	json_emit_key(j, str_of("inviterName"));
	json_emit_null(j);
	emit_flag(j, "isOnlyOwner", member_is_last_owner(&c->api->state, m));
	emit_teams(j, c, m);
	emit_roles(j, c);
	json_emit_object_close(j);
}

void companion_member(struct call *c)
{
	struct member *m = NULL;
	struct json_emit j;
	uint64_t id;

	if (str_to_u64(c->last, UINT64_MAX, &id))
		m = state_member(&c->api->state, c->org, id);
	if (m == NULL) {
		reply_detail(c->reply, 404, DETAIL_NOT_FOUND);
		return;
	}
	reply_json(c->reply, 200);
	json_emit_init(&j, &c->reply->body);
	emit_member(&j, c, m);
	list_must_be_done(&j);
}

void companion_org(struct call *c)
{
	struct json_emit j;

	reply_json(c->reply, 200);
	json_emit_init(&j, &c->reply->body);
	json_emit_object(&j);
	json_emit_key(&j, str_of("id"));
	list_emit_id(&j, c->org->id);
	json_emit_member(&j, "slug", str_of(c->org->slug));
	json_emit_member(&j, "name", str_of(c->org->slug));
	json_emit_member(&j, "defaultRole", str_of(c->org->default_role));
	json_emit_key(&j, str_of("links"));
	json_emit_object(&j);
	json_emit_member(&j, "organizationUrl", buf_str(&c->api->prefix));
	json_emit_member(&j, "regionUrl", buf_str(&c->api->prefix));
	json_emit_object_close(&j);
	json_emit_object_close(&j);
	list_must_be_done(&j);
}
