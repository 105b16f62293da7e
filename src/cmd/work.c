#include "cmd/work.h"

#include "client/pages.h"
#include "cmd/balance.h"
#include "cmd/confirm.h"
#include "codec/json_scan.h"
#include "sys/console.h"

/* So many refusals of the same kind in a row are not about the members any more. */
#define FORBIDDEN_MAX 3

bool work_begin(struct work *w, struct cmd_context *c, enum find_kind kind)
{
	*w = (struct work){.context = c, .kind = kind};
	found_init(&w->found);
	buf_init(&w->path, LIMIT_REQUEST_HEAD);
	buf_init(&w->body, LIMIT_REQUEST_BODY);
	return session_open(&w->session, c, NULL, &w->err);
}

int work_end(struct work *w, bool ok)
{
	int code = ok ? 0 : session_fail(&w->session, &w->reply, &w->err);

	found_wipe(&w->found);
	buf_wipe(&w->path);
	buf_wipe(&w->body);
	out_wipe(&w->out);
	session_close(&w->session);
	return code;
}

bool work_find(struct work *w, const char *who)
{
	return find_one(
		&w->session.handle.caller, w->kind, str_of(who), &w->found, &w->reply, &w->err);
}

bool work_call(struct work *w, const char *method, struct str body, enum call_effect effect)
{
	struct message_call call = {.method = str_of(method), .body = body};

	buf_clear(&w->path);
	find_path(w->kind, buf_str(&w->found.id), &w->path);
	if (w->path.failed)
		return err_memory(&w->err, "writing the request");
	call.path = buf_str(&w->path);
	return call_run(&w->session.handle.caller, &call, effect, true, &w->reply, &w->err);
}

struct str work_answer(const struct work *w)
{
	return call_body(&w->session.handle.caller);
}

static const struct out_column *columns(const struct work *w)
{
	return w->kind == FIND_MEMBER ? out_members : out_teams;
}

bool work_show_resource(struct work *w, struct str resource)
{
	struct json_value id;

	if (!json_member(resource, "id", &id) || id.type != JSON_STRING || id.raw.n == 0)
		return err_set(
			&w->err, ERR_PROTOCOL, "the server's answer is no %s", find_noun(w->kind));
	out_init(&w->out, &w->session.settings, columns(w), false);
	return out_resource(&w->out, resource, &w->err) && out_end(&w->out, &w->err);
}

bool work_show(struct work *w)
{
	return work_call(w, "GET", str_of(""), CALL_READ) && work_show_resource(w, work_answer(w));
}

bool work_limit(const struct opts *o, uint64_t *limit, struct err *e)
{
	const char *text = opt_value(o, OPT_LIMIT);

	*limit = 0;
	if (text == NULL)
		return true;
	if (str_to_u64(str_of(text), UINT32_MAX, limit) && *limit > 0)
		return true;
	return err_set(e, ERR_USAGE, "--limit wants a number from 1 on, not '%s'", text);
}

bool work_list(struct work *w)
{
	const char *collection = w->kind == FIND_MEMBER ? "Users" : "Groups";
	struct pages pages;
	struct str resource;
	enum pages_step step = PAGES_END;
	uint64_t limit;
	bool ok = true;

	if (!work_limit(w->context->opts, &limit, &w->err))
		return false;
	out_init(&w->out, &w->session.settings, columns(w), true);
	pages_init(&pages, &w->session.handle.caller, collection, NULL, limit);
	while (ok && (limit == 0 || w->out.count < limit)) {
		step = pages_next(&pages, &resource, &w->reply, &w->err);
		if (step != PAGES_ITEM)
			break;
		ok = out_resource(&w->out, resource, &w->err);
	}
	pages_wipe(&pages);
	return ok && step != PAGES_FAIL && out_end_list(&w->out, &w->err);
}

/* ---- removal ---- */

static bool ask(struct work *w)
{
	const struct opts *o = w->context->opts;
	struct buf what;
	unsigned i;
	bool ok;

	if (w->session.settings.dry_run)
		return true;
	buf_init(&what, LIMIT_REQUEST_BODY);
	buf_addf(&what, "About to remove %u %s%s for good:", o->arg_count, find_noun(w->kind),
		o->arg_count == 1 ? "" : "s");
	for (i = 0; i < o->arg_count; i++)
		buf_addf(&what, " %s", o->args[i]);
	ok = what.failed ? err_memory(&w->err, "asking") : confirm(o, buf_text(&what), &w->err);
	buf_wipe(&what);
	return ok;
}

/* One removal; when an earlier attempt went unanswered, "not found" means that it was done. */
static bool remove_one(struct work *w, const char *who, struct str patch)
{
	bool ok;

	if (!work_find(w, who))
		return false;
	ok = work_call(w, patch.n > 0 ? "PATCH" : "DELETE", patch, CALL_CHANGE);
	if (!ok && w->reply.doubt && w->err.kind == ERR_NOT_FOUND) {
		err_clear(&w->err);
		ok = true;
	}
	if (ok)
		console_line(LOG_NOTE, "%s was removed (id %s)", who, buf_text(&w->found.id));
	return ok;
}

int work_remove_all(struct work *w, struct str patch)
{
	const struct opts *o = w->context->opts;
	struct balance balance = {.done = 0};
	bool go_on = true;
	unsigned i, forbidden = 0;

	if (!ask(w))
		return cmd_fail(&w->err);
	for (i = 0; i < o->arg_count && go_on; i++) {
		err_clear(&w->err);
		if (remove_one(w, o->args[i], patch)) {
			balance.done++;
			forbidden = 0;
			continue;
		}
		if (w->reply.shown && w->err.kind == ERR_NONE)
			continue;
		if (o->arg_count > 1)
			console_line(LOG_ERROR, "%s was not removed:", o->args[i]);
		session_report(&w->session, &w->reply, &w->err);
		balance_failure(&balance, &w->err);
		/* One member may be protected; when all are, it is the token. */
		forbidden = w->reply.status == 403 ? forbidden + 1 : 0;
		go_on = retry_others(&w->err) ||
			(w->reply.status == 403 && forbidden < FORBIDDEN_MAX);
	}
	if (i < o->arg_count)
		console_line(LOG_ERROR, "%u more %s not tried, from %s on", o->arg_count - i,
			o->arg_count - i == 1 ? "was" : "were", o->args[i]);
	return balance_exit_code(&balance);
}
