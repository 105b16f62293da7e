#include "client/pages.h"
#include "cmd/cmd.h"
#include "cmd/work.h"
#include "codec/json_emit.h"
#include "codec/json_scan.h"
#include "roster/membership.h"
#include "scim/user.h"
#include "sys/console.h"

static const struct out_column columns[] = {
	{"USER NAME", "userName", false},
	{"ROLE", "sentryOrgRole", false},
	{"TEAMS", "teams", false},
	{.title = NULL},
};

/* Names of teams in one text with ';' between them, as CSV has them. */
static bool join_teams(const struct membership *m, struct str id, struct buf *out, struct err *e)
{
	uint32_t team;
	size_t at = 0;

	while (membership_team(m, id, &at, &team)) {
		struct str name = m->teams[team].name;

		if (str_contains(name, ";")) {
			err_set(e, ERR_INPUT,
				"the team '%.*s' has a ';' in its name, which CSV cannot say",
				STR_ARG(name));
			err_hint(e, "-o jsonl can");
			return false;
		}
		if (out->len > 0)
			buf_add_char(out, ';');
		buf_add_str(out, name);
	}
	return !out->failed || err_memory(e, "the teams");
}

static void add_team_array(const struct membership *m, struct str id, struct json_emit *j)
{
	uint32_t team;
	size_t at = 0;

	json_emit_array(j);
	while (membership_team(m, id, &at, &team))
		json_emit_string(j, m->teams[team].name);
	json_emit_array_close(j);
}

static bool add_teams(
	struct work *w, const struct membership *m, struct str id, struct json_emit *j)
{
	struct buf joined;
	bool ok;

	json_emit_key(j, str_of("teams"));
	if (w->out.format == OUTPUT_JSON || w->out.format == OUTPUT_JSONL) {
		add_team_array(m, id, j);
		return true;
	}
	buf_init(&joined, LIMIT_HTTP_BODY);
	ok = join_teams(m, id, &joined, &w->err);
	json_emit_string(j, buf_str(&joined));
	buf_wipe(&joined);
	return ok;
}

static bool export_member(struct work *w, const struct membership *m, struct str resource)
{
	struct json_emit j;
	struct user u;
	struct buf text, id;
	bool ok;

	if (!user_read(resource, &u))
		return err_set(
			&w->err, ERR_PROTOCOL, "the server lists a member without id or name");
	buf_init(&text, LIMIT_HTTP_BODY);
	json_emit_init(&j, &text);
	json_emit_object(&j);
	json_emit_key(&j, str_of("userName"));
	json_emit_raw(&j, u.user_name.whole);
	if (u.role.type == JSON_STRING) {
		json_emit_key(&j, str_of("sentryOrgRole"));
		json_emit_raw(&j, u.role.whole);
	}
	buf_init(&id, LIMIT_HTTP_BODY);
	json_unescape(u.id.raw, &id);
	ok = add_teams(w, m, buf_str(&id), &j);
	buf_wipe(&id);
	json_emit_object_close(&j);
	if (ok)
		ok = json_emit_done(&j) ? out_resource(&w->out, buf_str(&text), &w->err)
					: err_memory(&w->err, "a row");
	buf_wipe(&text);
	return ok;
}

static bool export_all(struct work *w, const struct membership *m)
{
	struct pages pages;
	struct str resource;
	enum pages_step step;
	bool ok = true;

	pages_init(&pages, &w->session.handle.caller, "Users", NULL, 0);
	while (ok && (step = pages_next(&pages, &resource, &w->reply, &w->err)) == PAGES_ITEM)
		ok = export_member(w, m, resource);
	pages_wipe(&pages);
	return ok && step == PAGES_END && out_end_list(&w->out, &w->err);
}

int cmd_roster_export(struct cmd_context *c)
{
	struct membership m;
	struct work w;
	bool ok;

	membership_init(&m);
	ok = work_begin(&w, c, FIND_MEMBER);
	if (ok) {
		out_init(&w.out, &w.session.settings, columns, true);
		if (w.session.settings.output == OUTPUT_AUTO && !w.out.terminal)
			w.out.format = OUTPUT_CSV; /* a roster file, not data for a program */
		ok = membership_load(&m, &w.session.handle.caller, NULL, &w.reply, &w.err) &&
			export_all(&w, &m);
	}
	membership_wipe(&m);
	return work_end(&w, ok);
}
