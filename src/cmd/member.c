#include <stdint.h>
#include <string.h>

#include "client/find.h"
#include "client/pages.h"
#include "cmd/balance.h"
#include "cmd/cmd.h"
#include "cmd/confirm.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "codec/json_emit.h"
#include "codec/json_scan.h"
#include "scim/filter.h"
#include "scim/user.h"
#include "sys/log.h"

#define PATCH_URN "urn:ietf:params:scim:api:messages:2.0:PatchOp"

/* What the commands on one member share. */
struct work {
	struct cmd_context *context;
	struct session session;
	struct out out;
	struct found found;
	struct reply reply;
	struct err err;
	struct buf path, body;
};

static bool begin(struct work *w, struct cmd_context *c)
{
	*w = (struct work){.context = c};
	found_init(&w->found);
	buf_init(&w->path, LIMIT_REQUEST_HEAD);
	buf_init(&w->body, LIMIT_REQUEST_BODY);
	return session_open(&w->session, c, NULL, &w->err);
}

static int end(struct work *w, bool ok)
{
	int code = ok ? 0 : session_fail(&w->session, &w->reply, &w->err);

	found_wipe(&w->found);
	buf_wipe(&w->path);
	buf_wipe(&w->body);
	out_wipe(&w->out);
	session_close(&w->session);
	return code;
}

static bool find(struct work *w, const char *who)
{
	return find_one(
		&w->session.caller, FIND_MEMBER, str_of(who), &w->found, &w->reply, &w->err);
}

/* A request on the member found. */
static bool call(struct work *w, const char *method, struct str body, enum call_effect effect)
{
	struct message_call call = {.method = str_of(method), .body = body};

	buf_clear(&w->path);
	find_path(FIND_MEMBER, buf_str(&w->found.id), &w->path);
	if (w->path.failed)
		return err_memory(&w->err, "writing the request");
	call.path = buf_str(&w->path);
	return call_run(&w->session.caller, &call, effect, true, &w->reply, &w->err);
}

/* ---- list ---- */

static bool limit_of(const struct opts *o, uint64_t *limit, struct err *e)
{
	const char *text = opt_value(o, OPT_LIMIT);

	*limit = 0;
	if (text == NULL)
		return true;
	if (str_to_u64(str_of(text), UINT32_MAX, limit) && *limit > 0)
		return true;
	return err_set(e, ERR_USAGE, "--limit wants a number from 1 on, not '%s'", text);
}

/* The members of one user name: of what the filter brings, those that really have it. */
static bool has_name(struct str resource, const char *name)
{
	struct user u;

	return name == NULL ||
		(user_read(resource, &u) && user_match(&u, str_of(name)) != USER_MATCH_NONE);
}

static bool list_members(struct work *w, const char *name, const char *query, uint64_t limit)
{
	struct pages pages;
	struct str resource;
	enum pages_step step = PAGES_END;
	bool ok = true;

	pages_init(&pages, &w->session.caller, "Users", query, limit);
	while (ok && (limit == 0 || w->out.count < limit)) {
		step = pages_next(&pages, &resource, &w->reply, &w->err);
		if (step != PAGES_ITEM)
			break;
		if (has_name(resource, name))
			ok = out_resource(&w->out, resource, &w->err);
		else if (name != NULL && query != NULL)
			log_line(LOG_NOTE, "a member was left out who has %s as another address",
				name);
	}
	pages_wipe(&pages);
	return ok && step != PAGES_FAIL && out_end_list(&w->out, &w->err);
}

int cmd_member_list(struct cmd_context *c)
{
	const char *name = opt_value(c->opts, OPT_USER_NAME);
	struct work w;
	struct buf query;
	uint64_t limit;
	bool ok = begin(&w, c) && limit_of(c->opts, &limit, &w.err);
	bool filtered = false;

	buf_init(&query, LIMIT_REQUEST_HEAD);
	if (ok && name != NULL && str_trim_space(str_of(name)).n == 0)
		ok = err_set(&w.err, ERR_USAGE, "--user-name is empty");
	/* What no filter can ask for is picked from the whole list. */
	if (ok && name != NULL && filter_possible(str_of(name), w.session.settings.is_sentry)) {
		filtered = true;
		ok = filter_add("userName", str_of(name), &query) ||
			err_set(&w.err, ERR_USAGE, "--user-name is too long or not UTF-8");
	}
	if (ok) {
		out_init(&w.out, &w.session.settings, out_members, true);
		ok = list_members(&w, name, filtered ? buf_text(&query) : NULL, limit);
	}
	buf_wipe(&query);
	return end(&w, ok);
}

/* ---- get ---- */

int cmd_member_get(struct cmd_context *c)
{
	struct work w;
	bool ok = begin(&w, c) && find(&w, c->opts->args[0]);

	if (ok && w.found.resource.len == 0) {
		ok = call(&w, "GET", str_of(""), CALL_READ);
		if (ok)
			buf_add_str(&w.found.resource, call_body(&w.session.caller));
	}
	if (ok) {
		struct user u;

		ok = user_read(buf_str(&w.found.resource), &u) ||
			err_set(&w.err, ERR_PROTOCOL, "the server's answer is no member");
	}
	if (ok) {
		out_init(&w.out, &w.session.settings, out_members, false);
		ok = out_resource(&w.out, buf_str(&w.found.resource), &w.err) &&
			out_end(&w.out, &w.err);
	}
	return end(&w, ok);
}

/* ---- set-role ---- */

static bool write_role(struct work *w, const char *role)
{
	struct json_emit j;

	json_emit_init(&j, &w->body);
	json_emit_object(&j);
	json_emit_member(&j, "sentryOrgRole", str_of(role));
	json_emit_object_close(&j);
	return json_emit_done(&j) || err_set(&w->err, ERR_USAGE, "the role is not UTF-8");
}

/* Whether the answer to the PUT, or the member fetched for want of one, has the role. */
static bool check_role(struct work *w, const char *role)
{
	struct user u;

	if (!user_read(call_body(&w->session.caller), &u)) {
		if (!call(w, "GET", str_of(""), CALL_READ))
			return false;
		if (!user_read(call_body(&w->session.caller), &u))
			return err_set(&w->err, ERR_PROTOCOL, "the server's answer is no member");
	}
	if (u.role.type == JSON_STRING && json_text_equal(u.role.raw, str_of(role), true))
		return true;
	w->reply = (struct reply){.status = 0};
	err_set(&w->err, ERR_REFUSED, "the server accepted the change, yet the role is '%.*s'",
		u.role.type == JSON_STRING ? (int)u.role.raw.n : 0,
		u.role.type == JSON_STRING ? u.role.raw.p : "");
	err_hint(&w->err, "an owner's role cannot be changed by SCIM");
	return false;
}

int cmd_member_set_role(struct cmd_context *c)
{
	const char *role = c->opts->args[1];
	struct work w;
	bool ok = begin(&w, c);

	/* Without a role Sentry would reset the member's to the organization's default. */
	if (ok && str_trim_space(str_of(role)).n == 0)
		ok = err_set(&w.err, ERR_USAGE, "the role is empty");
	ok = ok && write_role(&w, role) && find(&w, c->opts->args[0]) &&
		call(&w, "PUT", buf_str(&w.body), CALL_CHANGE) && check_role(&w, role);
	if (ok) {
		out_init(&w.out, &w.session.settings, out_members, false);
		ok = out_resource(&w.out, call_body(&w.session.caller), &w.err) &&
			out_end(&w.out, &w.err);
	}
	return end(&w, ok);
}

/* ---- delete ---- */

static bool write_deactivation(struct work *w)
{
	struct json_emit j;

	json_emit_init(&j, &w->body);
	json_emit_object(&j);
	json_emit_key(&j, str_of("schemas"));
	json_emit_array(&j);
	json_emit_string(&j, str_of(PATCH_URN));
	json_emit_array_close(&j);
	json_emit_key(&j, str_of("Operations"));
	json_emit_array(&j);
	json_emit_object(&j);
	json_emit_member(&j, "op", str_of("replace"));
	json_emit_key(&j, str_of("value"));
	json_emit_object(&j);
	json_emit_key(&j, str_of("active"));
	json_emit_bool(&j, false);
	json_emit_object_close(&j);
	json_emit_object_close(&j);
	json_emit_array_close(&j);
	json_emit_object_close(&j);
	return json_emit_done(&j) || err_memory(&w->err, "writing the request");
}

/* One removal; when an earlier attempt went unanswered, "not found" means that it was done. */
static bool remove_one(struct work *w, const char *who, bool deactivate)
{
	bool ok;

	if (!find(w, who))
		return false;
	ok = deactivate ? call(w, "PATCH", buf_str(&w->body), CALL_CHANGE)
			: call(w, "DELETE", str_of(""), CALL_CHANGE);
	if (!ok && w->reply.doubt && w->err.kind == ERR_NOT_FOUND) {
		err_clear(&w->err);
		ok = true;
	}
	if (ok)
		log_line(LOG_NOTE, "%s was removed (id %s)", who, buf_text(&w->found.id));
	return ok;
}

static bool confirm_removal(struct work *w, const char *noun)
{
	const struct opts *o = w->context->opts;
	struct buf what;
	unsigned i;
	bool ok;

	buf_init(&what, LIMIT_REQUEST_BODY);
	buf_addf(&what, "About to remove %u %s%s for good:", o->arg_count, noun,
		o->arg_count == 1 ? "" : "s");
	for (i = 0; i < o->arg_count; i++)
		buf_addf(&what, " %s", o->args[i]);
	ok = what.failed ? err_memory(&w->err, "asking") : confirm(o, buf_text(&what), &w->err);
	buf_wipe(&what);
	return ok;
}

static int remove_all(struct work *w, bool deactivate)
{
	const struct opts *o = w->context->opts;
	struct balance balance = {.done = 0};
	bool go_on = true;
	unsigned i;

	for (i = 0; i < o->arg_count && go_on; i++) {
		err_clear(&w->err);
		if (remove_one(w, o->args[i], deactivate)) {
			balance.done++;
			continue;
		}
		if (w->reply.shown && w->err.kind == ERR_NONE)
			continue;
		if (o->arg_count > 1)
			log_line(LOG_ERROR, "%s was not removed:", o->args[i]);
		session_report(&w->session, &w->reply, &w->err);
		balance_failure(&balance, &w->err);
		go_on = balance_go_on(&w->err);
	}
	if (i < o->arg_count)
		log_line(LOG_ERROR, "%u more were not tried, from %s on", o->arg_count - i,
			o->args[i]);
	err_clear(&w->err);
	return balance_exit_code(&balance);
}

int cmd_member_delete(struct cmd_context *c)
{
	const char *via = opt_value(c->opts, OPT_VIA);
	bool deactivate = via != NULL && strcmp(via, "deactivate") == 0;
	struct work w;
	bool ok = begin(&w, c) && write_deactivation(&w) &&
		(w.session.settings.dry_run || confirm_removal(&w, "member"));
	int code = ok ? remove_all(&w, deactivate) : 0;
	int failed = end(&w, ok);

	return ok ? code : failed;
}

/* ---- status ---- */

static const struct out_column status_columns[] = {
	{"USER NAME", "email", false},
	{"ROLE", "orgRole", false},
	{"INVITE", "inviteStatus", false},
	{"PENDING", "pending", false},
	{"EXPIRED", "expired", false},
	{"TEAMS", "teams", true},
	{"ID", "id", false},
	{.title = NULL},
};

static void add_comma(struct buf *out, size_t start)
{
	if (out->len > start)
		buf_add_text(out, ", ");
}

/* Appends the text of a string, or the value as it stands. */
static void add_plain(const struct json_value *v, struct buf *out)
{
	if (v->type == JSON_STRING)
		json_unescape(v->raw, out);
	else
		buf_add_str(out, v->raw);
}

static bool is_true(struct str member, const char *path)
{
	struct json_value v;

	return json_find(member, path, &v) && v.type == JSON_TRUE;
}

static void add_line(const char *title, struct str member, const char *path, struct buf *out)
{
	struct json_value v;
	size_t start;

	if (!json_find(member, path, &v) || v.type == JSON_NULL)
		return;
	buf_addf(out, "%-11s", title);
	start = out->len;
	if (v.type == JSON_ARRAY) {
		struct json_value item;
		size_t at = 0;

		while (json_element(v.raw, &at, &item)) {
			add_comma(out, start);
			add_plain(&item, out);
		}
	} else {
		add_plain(&v, out);
	}
	buf_add_char(out, '\n');
}

/* The flags that are set: the names of the members that are true. */
static void add_flags(struct str member, struct buf *out)
{
	struct json_value flags, v;
	struct json_scan s;
	size_t start;

	if (!json_find(member, "flags", &flags) || flags.type != JSON_OBJECT)
		return;
	buf_add_text(out, "Flags      ");
	start = out->len;
	json_scan_init(&s, flags.raw);
	json_scan_next(&s);
	while (json_scan_next(&s) == JSON_KEY) {
		struct str name = s.raw;

		if (!json_scan_value(&s, &v))
			break;
		if (v.type != JSON_TRUE)
			continue;
		add_comma(out, start);
		json_unescape(name, out);
	}
	buf_add_char(out, '\n');
}

/* The roles that whoever asks may give: the only list of them that Sentry has. */
static void add_roles(struct str member, struct buf *out)
{
	struct json_value roles, role, id;
	size_t at = 0, start;

	if (!json_find(member, "orgRoleList", &roles) && !json_find(member, "roles", &roles))
		return;
	buf_add_text(out, "May be     ");
	start = out->len;
	while (json_element(roles.raw, &at, &role)) {
		if (!json_find(role.raw, "id", &id) || is_true(role.raw, "isRetired") ||
			(!is_true(role.raw, "isAllowed") && !is_true(role.raw, "allowed")))
			continue;
		add_comma(out, start);
		add_plain(&id, out);
	}
	buf_add_char(out, '\n');
}

/* What a person wants to know, a line each. */
static bool show_status(struct str member, struct err *e)
{
	struct buf text;
	const char *state = "joined";
	bool ok;

	buf_init(&text, LIMIT_HTTP_BODY);
	add_line("User name", member, "email", &text);
	add_line("Id", member, "id", &text);
	add_line("Role", member, "orgRole", &text);
	if (is_true(member, "pending"))
		state = is_true(member, "expired") ? "invited; the invitation has expired"
						   : "invited, not joined yet";
	buf_addf(&text, "State      %s\n", state);
	add_line("Invite", member, "inviteStatus", &text);
	add_line("Since", member, "dateCreated", &text);
	add_line("Teams", member, "teams", &text);
	add_flags(member, &text);
	add_roles(member, &text);
	ok = text.failed ? err_memory(e, "the status") : out_text(buf_str(&text), e);
	buf_wipe(&text);
	return ok;
}

static bool show_member(struct work *w)
{
	struct str member = call_body(&w->session.caller);

	if (!json_valid(member, NULL) || member.n == 0 || str_trim_space(member).p[0] != '{')
		return err_set(&w->err, ERR_PROTOCOL, "the server's answer is no member");
	out_init(&w->out, &w->session.settings, status_columns, false);
	if (w->out.format == OUTPUT_TABLE)
		return show_status(member, &w->err);
	return out_resource(&w->out, member, &w->err) && out_end(&w->out, &w->err);
}

int cmd_member_status(struct cmd_context *c)
{
	struct message_call get = {.api = true, .method = str_of("GET")};
	struct work w;
	bool ok = begin(&w, c);

	if (ok && w.session.origin.api_root.n == 0)
		ok = err_set(&w.err, ERR_CONFIG,
			"only Sentry knows a member's status; with --scim-url there is `member "
			"get`");
	ok = ok && find(&w, c->opts->args[0]);
	if (ok) {
		buf_addf(&w.path, "members/%s/", buf_text(&w.found.id));
		get.path = buf_str(&w.path);
		ok = call_run(&w.session.caller, &get, CALL_READ, true, &w.reply, &w.err);
	}
	ok = ok && show_member(&w);
	return end(&w, ok);
}
