#include <string.h>

#include "client/pages.h"
#include "cmd/cmd.h"
#include "cmd/work.h"
#include "codec/json_scan.h"
#include "scim/body.h"
#include "scim/filter.h"
#include "scim/user.h"
#include "sys/console.h"

/* ---- list ---- */

/* The members of one user name: of what the filter brings, those that really have it. */
static bool has_name(struct str resource, const char *name)
{
	struct user u;

	return name == NULL ||
		(user_read(resource, &u) && user_match(&u, str_of(name)) != USER_MATCH_NONE);
}

/* QUERY: a filter, or NULL for a name that no filter can ask for. */
static bool list_named(struct work *w, const char *name, const char *query)
{
	struct pages pages;
	struct str resource;
	enum pages_step step;
	bool ok = true;

	out_init(&w->out, &w->session.settings, out_members, true);
	pages_init(&pages, &w->session.handle.caller, "Users", query, 0);
	while (ok && (step = pages_next(&pages, &resource, &w->reply, &w->err)) == PAGES_ITEM) {
		if (has_name(resource, name))
			ok = out_resource(&w->out, resource, &w->err);
		else if (query != NULL)
			console_line(
				LOG_NOTE, "left out a member who has %s as another address", name);
	}
	pages_wipe(&pages);
	return ok && step == PAGES_END && out_end_list(&w->out, &w->err);
}

static bool list_one_name(struct work *w, const char *name)
{
	struct str text = str_of(name);
	struct buf query;
	bool ok;

	if (str_trim_space(text).n == 0)
		return err_set(&w->err, ERR_USAGE, "--user-name is empty");
	if (!filter_possible(text, w->session.settings.target.is_sentry))
		return list_named(w, name, NULL);
	buf_init(&query, LIMIT_REQUEST_HEAD);
	ok = filter_add("userName", text, &query)
		? list_named(w, name, buf_text(&query))
		: err_set(&w->err, ERR_USAGE, "--user-name is too long or not UTF-8");
	buf_wipe(&query);
	return ok;
}

int cmd_member_list(struct cmd_context *c)
{
	const char *name = opt_value(c->opts, OPT_USER_NAME);
	struct work w;
	bool ok = work_begin(&w, c, FIND_MEMBER) &&
		(name != NULL ? list_one_name(&w, name) : work_list(&w));

	return work_end(&w, ok);
}

/* ---- get ---- */

int cmd_member_get(struct cmd_context *c)
{
	struct work w;
	bool ok = work_begin(&w, c, FIND_MEMBER) && work_find(&w, c->opts->args[0]);

	/* The list that found it by name has brought all of it. */
	if (ok)
		ok = w.found.resource.len > 0 ? work_show_resource(&w, buf_str(&w.found.resource))
					      : work_show(&w);
	return work_end(&w, ok);
}

/* ---- set-role ---- */

/* Whether the answer to the PUT, or the member fetched for want of one, has the role. */
static bool check_role(struct work *w, const char *role)
{
	struct user u;

	if (!user_read(work_answer(w), &u)) {
		if (!work_call(w, "GET", str_of(""), CALL_READ))
			return false;
		if (!user_read(work_answer(w), &u))
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
	bool ok = work_begin(&w, c, FIND_MEMBER);

	/* Without a role Sentry would reset the member's to the organization's default. */
	if (ok && str_trim_space(str_of(role)).n == 0)
		ok = err_set(&w.err, ERR_USAGE, "the role is empty");
	if (ok && !body_role(str_of(role), &w.body))
		ok = err_set(&w.err, ERR_USAGE, "the role is not UTF-8");
	ok = ok && work_find(&w, c->opts->args[0]) &&
		work_call(&w, "PUT", buf_str(&w.body), CALL_CHANGE) && check_role(&w, role) &&
		work_show_resource(&w, work_answer(&w));
	return work_end(&w, ok);
}

/* ---- delete ---- */

int cmd_member_delete(struct cmd_context *c)
{
	const char *via = opt_value(c->opts, OPT_VIA);
	bool deactivate = via != NULL && strcmp(via, "deactivate") == 0;
	struct work w;
	int code = 0, failure;
	bool ok = work_begin(&w, c, FIND_MEMBER) && (!deactivate || body_deactivate(&w.body));

	if (ok)
		code = work_remove_all(&w, buf_str(&w.body));
	failure = work_end(&w, ok);
	return ok ? code : failure;
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
	struct str member = work_answer(w);

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
	bool ok = work_begin(&w, c, FIND_MEMBER);

	if (ok && w.session.handle.origin.api_root.n == 0)
		ok = err_set(&w.err, ERR_CONFIG,
			"only Sentry knows a member's status; with --scim-url there is `member "
			"get`");
	ok = ok && work_find(&w, c->opts->args[0]);
	if (ok) {
		buf_addf(&w.path, "members/%s/", buf_text(&w.found.id));
		get.path = buf_str(&w.path);
		ok = call_run(&w.session.handle.caller, &get, CALL_READ, true, &w.reply, &w.err) &&
			show_member(&w);
	}
	return work_end(&w, ok);
}
