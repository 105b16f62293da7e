#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "check.h"
#include "codec/json_emit.h"
#include "codec/json_scan.h"
#include "die.h"
#include "list.h"
#include "patch.h"
#include "pyjson.h"

#define DETAIL_BAD_ROLE   "Invalid organization role."
#define DETAIL_LAST_OWNER "You cannot remove the only remaining owner of the organization."
#define DETAIL_PARTNERSHIP                                                                         \
	"This member is managed by an active partnership and cannot be modified until the end of " \
	"the partnership."

static void emit_user(struct json_emit *j, const struct member *m)
{
	struct str email = str_of(m->email), nobody = str_of("N/A");

	json_emit_object(j);
	json_emit_key(j, str_of("schemas"));
	json_emit_array(j);
	json_emit_string(j, str_of(URN_USER));
	json_emit_array_close(j);
	json_emit_key(j, str_of("id"));
	list_emit_id(j, m->id);
	json_emit_member(j, "userName", email);
	json_emit_key(j, str_of("name"));
	json_emit_object(j);
	json_emit_member(j, "givenName", nobody);
	json_emit_member(j, "familyName", nobody);
	json_emit_object_close(j);
	json_emit_key(j, str_of("emails"));
	json_emit_array(j);
	json_emit_object(j);
	json_emit_key(j, str_of("primary"));
	json_emit_bool(j, true);
	json_emit_member(j, "value", email);
	json_emit_member(j, "type", str_of("work"));
	json_emit_object_close(j);
	json_emit_array_close(j);
	json_emit_key(j, str_of("meta"));
	json_emit_object(j);
	json_emit_member(j, "resourceType", str_of("User"));
	json_emit_object_close(j);
	json_emit_member(j, "sentryOrgRole", str_of(m->role));
	if (!m->org->active_directory) {
		json_emit_key(j, str_of("active"));
		json_emit_bool(j, true);
	}
	json_emit_object_close(j);
}

static void answer_user(struct call *c, int status, const struct member *m)
{
	struct json_emit j;

	reply_json(c->reply, status);
	json_emit_init(&j, &c->reply->body);
	emit_user(&j, m);
	list_must_be_done(&j);
}

/* Whether the list shows M to this call. */
static bool is_listed(const struct call *c, const struct member *m, const struct query *q)
{
	if (m->org != c->org || m->standing != STANDING_APPROVED || m->inactive)
		return false;
	if (c->stale_ms > 0 && now_ms() - m->created_ms < c->stale_ms)
		return false;
	switch (q->key) {
	case FILTER_TEXT: return member_has_address(m, buf_str(&q->value));
	case FILTER_ID: return str_is(buf_str(&q->value), m->email);
	default: return true;
	}
}

/* Invites by address, then joined members; each by id among equals. */
static int compare_members(const void *a, const void *b)
{
	const struct member *x = *(struct member *const *)a, *y = *(struct member *const *)b;
	int by_email;

	if (x->joined != y->joined)
		return x->joined ? 1 : -1;
	by_email = x->joined ? 0 : strcmp(x->email, y->email);
	if (by_email != 0)
		return by_email;
	return x->id < y->id ? -1 : x->id > y->id;
}

void users_list(struct call *c)
{
	const struct state *s = &c->api->state;
	struct member **found = must_alloc(s->member_count, sizeof(struct member *));
	struct json_emit j;
	struct query q;
	struct page page;
	size_t i, n = 0;

	if (query_read(&q, c->request->query, &c->api->manners, c->reply)) {
		for (i = 0; i < s->member_count; i++)
			if (is_listed(c, s->members[i], &q))
				found[n++] = s->members[i];
		if (n > 1)
			qsort(found, n, sizeof(struct member *), compare_members);
		page = list_page(&q, n);
		list_open(&j, c->reply, &q, n, page);
		for (i = page.from; i < page.to; i++)
			emit_user(&j, found[i]);
		list_close(&j);
	}
	query_wipe(&q);
	free(found);
}

/* What POST and PUT read of a body. */
struct wish {
	struct buf role; /* owned: lower-cased; empty when none is asked for */
	struct buf email;
	bool crash; /* a role that is neither text nor empty */
};

static void wish_wipe(struct wish *w)
{
	buf_wipe(&w->role);
	buf_wipe(&w->email);
}

static void read_role(struct str body, struct wish *w)
{
	struct json_value v;
	size_t i;

	server_buf(&w->role);
	server_buf(&w->email);
	w->crash = false;
	if (!json_member(body, "sentryOrgRole", &v) || !pyjson_truthy(&v))
		return;
	w->crash = v.type != JSON_STRING;
	if (w->crash)
		return;
	json_unescape(v.raw, &w->role);
	must_hold(&w->role);
	for (i = 0; i < w->role.len; i++)
		w->role.data[i] = char_lower(w->role.data[i]);
}

/* The texts for an address that is not taken, in the framework's order; empty when it is. */
static void judge_email(struct str email, struct buf *faults)
{
	const char *invalid = "\"Enter a valid email address.\"";
	size_t at = email.n;

	if (check_length(email) > 75)
		buf_add_text(faults, "\"Ensure this field has no more than 75 characters.\"");
	if (!check_email(email))
		buf_addf(faults, "%s%s,%s", faults->len > 0 ? "," : "", invalid, invalid);
	else if (at >= 7 && str_is_fold(str_skip(email, at - 7), "@qq.com"))
		buf_addf(faults, "%s%s", faults->len > 0 ? "," : "", invalid);
}

/* Reads userName into W; false, with the reply written, when it is refused. */
static bool read_email(struct call *c, struct str body, struct wish *w)
{
	const struct manners *m = &c->api->manners;
	struct json_value v;
	struct buf faults;
	bool ok;

	if (!json_member(body, "userName", &v) || v.type == JSON_NULL)
		reply_scim_field(c->reply, m, "email", "This field may not be null.");
	else if (v.type == JSON_STRING)
		json_unescape(v.raw, &w->email);
	else if (v.type == JSON_NUMBER)
		buf_add_str(&w->email, v.whole);
	else
		reply_scim_field(c->reply, m, "email", "Not a valid string.");
	if (c->reply->body.len > 0)
		return false;
	must_hold(&w->email);
	if (str_trim_space(buf_str(&w->email)).n == 0) {
		reply_scim_field(c->reply, m, "email", "This field may not be blank.");
		return false;
	}
	server_buf(&faults);
	judge_email(str_trim_space(buf_str(&w->email)), &faults);
	ok = faults.len == 0;
	if (!ok) {
		struct buf inner;

		server_buf(&inner);
		buf_addf(&inner, "{\"email\":[%s]}", buf_text(&faults));
		reply_scim_fields(c->reply, m, buf_str(&inner));
		buf_wipe(&inner);
	}
	buf_wipe(&faults);
	return ok;
}

static void already_invited(struct call *c, struct str email)
{
	const struct manners *m = &c->api->manners;
	struct buf inner, text;

	if (m->invite_is_409) {
		reply_scim_error(
			c->reply, m, 409, "User already exists in the database.", "uniqueness");
		return;
	}
	server_buf(&inner);
	server_buf(&text);
	buf_addf(&text, "The user %.*s has already been invited", STR_ARG(email));
	buf_add_text(&inner, "{\"email\":[");
	pyjson_quote(buf_str(&text), &inner);
	buf_add_text(&inner, "]}");
	reply_scim_fields(c->reply, m, buf_str(&inner));
	buf_wipe(&inner);
	buf_wipe(&text);
}

/* The record that stands in the way of EMAIL. An invite outweighs a joined member. */
static struct member *find_conflict(const struct call *c, struct str email)
{
	const struct state *s = &c->api->state;
	struct member *joined = NULL;
	size_t i;

	for (i = 0; i < s->member_count; i++) {
		struct member *m = s->members[i];

		if (m->org != c->org)
			continue;
		if (!m->joined && str_is(email, m->email))
			return m;
		if (m->joined && !m->inactive && member_has_address(m, email))
			joined = m;
	}
	return joined;
}

static void create(struct call *c, struct str email, struct str role, bool role_given)
{
	struct api *a = c->api;
	struct member *m = state_add_member(&a->state, c->org, email, role);

	m->idp_provisioned = true;
	m->idp_role_restricted = role_given;
	if (a->manners.invite_mail)
		a->state.mails++;
	state_changed(&a->state);
	answer_user(c, 201, m);
}

static void create_or_conflict(struct call *c, struct str email, struct str role, bool role_given)
{
	struct member *m = find_conflict(c, email);

	if (m == NULL) {
		create(c, email, role, role_given);
	} else if (m->joined) {
		reply_scim_error(c->reply, &c->api->manners, 409,
			"User already exists in the database.", "uniqueness");
	} else if (m->standing == STANDING_APPROVED) {
		already_invited(c, email);
	} else if (str_is(role, m->role)) {
		m->invite_expired = false;
		state_changed(&c->api->state);
		answer_user(c, 201, m);
	} else {
		reply_crash(c->reply); /* the database's own uniqueness */
	}
}

void users_create(struct call *c)
{
	struct wish w;
	struct str body, role;

	if (!call_body(c, &body))
		return;
	read_role(body, &w);
	role = w.role.len > 0 ? buf_str(&w.role) : str_of(c->org->default_role);
	if (w.crash)
		reply_crash(c->reply);
	else if (!role_assignable(c, role))
		reply_scim_error(c->reply, &c->api->manners, 400, DETAIL_BAD_ROLE, NULL);
	else if (read_email(c, body, &w))
		create_or_conflict(c, str_trim_space(buf_str(&w.email)), role, w.role.len > 0);
	wish_wipe(&w);
}

void user_get(struct call *c)
{
	struct member *m = call_member(c);

	if (m != NULL)
		answer_user(c, 200, m);
}

/* Whether M may be changed at all. */
static bool check_partnership(struct call *c, const struct member *m)
{
	if (m->partnership)
		reply_detail(c->reply, 403, DETAIL_PARTNERSHIP);
	return !m->partnership;
}

static void remove_member(struct call *c, struct member *m)
{
	struct state *s = &c->api->state;

	if (member_is_last_owner(s, m)) {
		reply_detail(c->reply, 403, DETAIL_LAST_OWNER);
		return;
	}
	state_remove_member(s, m);
	state_changed(s);
	reply_empty(c->reply, 204);
}

void user_delete(struct call *c)
{
	struct member *m = call_member(c);

	if (m != NULL && check_partnership(c, m))
		remove_member(c, m);
}

/* "False" in any letter case, or false. */
static bool is_false(const struct json_value *v)
{
	return v->type == JSON_FALSE ||
		(v->type == JSON_STRING && json_text_equal(v->raw, str_of("false"), true));
}

static bool deactivates(struct str operation)
{
	struct json_value value, active, path;

	if (!json_member(operation, "value", &value))
		return false;
	if (value.type == JSON_OBJECT)
		return json_member(value.whole, "active", &active) && is_false(&active);
	return json_member(operation, "path", &path) && path.type == JSON_STRING &&
		json_text_equal(path.raw, str_of("active"), false) && is_false(&value);
}

void user_patch(struct call *c)
{
	struct member *m = call_member(c);
	struct json_value operations, first;
	struct str body;
	size_t at = 0;

	if (m == NULL || !check_partnership(c, m) || !call_body(c, &body))
		return;
	if (!patch_check_user(c, body, &operations))
		return;
	if (!json_element(operations.whole, &at, &first))
		answer_user(c, 200, m);
	else if (deactivates(first.whole))
		remove_member(c, m);
	else
		reply_scim_error(c->reply, &c->api->manners, 400, "Invalid Patch Operation.", NULL);
}

/* The role rules of PUT for a member who is no owner; false, the reply written, when refused. */
static bool put_role(struct call *c, struct member *m, struct str role)
{
	if (str_trim_space(role).n == 0) {
		if (!m->idp_role_restricted && strcmp(m->role, c->org->default_role) != 0)
			return true;
		member_set_role(m, str_of(c->org->default_role));
		m->idp_role_restricted = false;
		return true;
	}
	if (m->idp_role_restricted && str_is(role, m->role))
		return true;
	if (!role_assignable(c, role)) {
		reply_scim_error(c->reply, &c->api->manners, 400, DETAIL_BAD_ROLE, NULL);
		return false;
	}
	member_set_role(m, role);
	m->idp_role_restricted = true;
	return true;
}

static void put(struct call *c, struct member *m, struct str role)
{
	if (strcmp(m->role, "owner") == 0)
		m->idp_role_restricted = false;
	else if (!put_role(c, m, role))
		return;
	m->idp_provisioned = true;
	state_changed(&c->api->state);
	answer_user(c, 200, m);
}

void user_put(struct call *c)
{
	struct member *m = call_member(c);
	struct str body;
	struct wish w;

	if (m == NULL || !check_partnership(c, m) || !call_body(c, &body))
		return;
	read_role(body, &w);
	if (w.crash)
		reply_crash(c->reply);
	else
		put(c, m, buf_str(&w.role));
	wish_wipe(&w);
}
