#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/work.h"
#include "scim/body.h"
#include "sys/console.h"

static const struct str nothing = {.n = 0};

int cmd_team_list(struct cmd_context *c)
{
	struct work w;
	bool ok = work_begin(&w, c, FIND_TEAM) && work_list(&w);

	return work_end(&w, ok);
}

int cmd_team_get(struct cmd_context *c)
{
	struct work w;
	bool ok = work_begin(&w, c, FIND_TEAM) && work_find(&w, c->opts->args[0]) && work_show(&w);

	return work_end(&w, ok);
}

int cmd_team_delete(struct cmd_context *c)
{
	struct work w;
	bool ok = work_begin(&w, c, FIND_TEAM);
	int code = ok ? work_remove_all(&w, nothing) : 0;
	int failure = work_end(&w, ok);

	return ok ? code : failure;
}

static bool check_name(const char *name, struct err *e)
{
	return str_trim_space(str_of(name)).n > 0 ||
		err_set(e, ERR_USAGE, "the name of the team is empty");
}

/* ---- create ---- */

/*
 * A create whose answer was lost, or that was refused as a duplicate after such a one: whether the
 * team is there now. False with *FOUND unset when the look-up itself failed.
 */
static bool look_for(struct work *w, const char *name, bool *found)
{
	struct err before = w->err;
	struct reply reply = w->reply;

	err_clear(&w->err);
	*found = work_find(w, name);
	if (*found) {
		console_line(LOG_NOTE, "%s was created: no answer came, and a look-up confirmed it",
			name);
		return true;
	}
	if (w->err.kind == ERR_NOT_FOUND) {
		w->err = before;
		w->reply = reply;
		return true;
	}
	err_clear(&w->err);
	err_set(&w->err, ERR_UNKNOWN,
		"it is not known whether the team %s was created, and asking "
		"failed",
		name);
	err_hint(&w->err, "look with `sentry-scim team get %s` when the server can be reached",
		name);
	w->reply = (struct reply){.status = 0};
	return false;
}

static bool create(struct work *w, const char *name)
{
	const struct message_call post = {
		.method = str_of("POST"), .path = str_of("Groups"), .body = buf_str(&w->body)};
	unsigned tries;
	bool doubt = false, found;

	for (tries = 0;; tries++) {
		err_clear(&w->err);
		if (call_run(
			    &w->session.handle.caller, &post, CALL_ONCE, false, &w->reply, &w->err))
			return work_show_resource(w, work_answer(w));
		doubt = doubt || w->reply.doubt;
		if (!doubt || w->err.kind == ERR_INTERRUPTED)
			return false;
		if (!look_for(w, name, &found))
			return false;
		if (found)
			return work_show(w);
		if (!w->reply.doubt) /* a plain refusal, and nobody made it meanwhile */
			return false;
		if (tries == w->session.handle.caller.policy.max) {
			w->err.kind = ERR_GAVE_UP;
			return false;
		}
		console_line(LOG_NOTE, "the team was not created; sending it again (%u of %u)",
			tries + 1, w->session.handle.caller.policy.max);
	}
}

int cmd_team_create(struct cmd_context *c)
{
	const char *name = c->opts->args[0];
	struct work w;
	bool ok = work_begin(&w, c, FIND_TEAM) && check_name(name, &w.err);

	if (ok && !body_team(str_of(name), &w.body))
		ok = err_set(&w.err, ERR_USAGE, "the name of the team is not UTF-8");
	ok = ok && create(&w, name);
	return work_end(&w, ok);
}

/* ---- rename ---- */

int cmd_team_rename(struct cmd_context *c)
{
	const char *name = c->opts->args[1];
	struct work w;
	bool ok = work_begin(&w, c, FIND_TEAM) && check_name(name, &w.err);

	if (ok && !body_rename(str_of(name), &w.body))
		ok = err_set(&w.err, ERR_USAGE, "the name of the team is not UTF-8");
	ok = ok && work_find(&w, c->opts->args[0]) &&
		work_call(&w, "PATCH", buf_str(&w.body), CALL_CHANGE);
	if (ok) {
		console_line(LOG_WARN,
			"the team's slug changes with its name: whatever refers to the "
			"old slug has to follow");
		ok = work_show(&w);
	}
	return work_end(&w, ok);
}

/* ---- members ---- */

/* The members named on the command line, as ids. */
struct membership {
	struct work *work;
	size_t count;
	struct str *ids;    /* in the arena */
	const char **names; /* as they were given */
	bool *by_id;        /* not asked about yet */
};

static bool add_id(struct membership *m, const char *name, const struct found *f, struct err *e)
{
	const char *copy;
	size_t i;

	for (i = 0; i < m->count; i++)
		if (str_equal(m->ids[i], buf_str(&f->id)))
			return true; /* one member under two names */
	copy = arena_dup(m->work->context->arena, buf_str(&f->id));
	if (copy == NULL)
		return err_memory(e, "the members");
	m->ids[m->count] = str_of(copy);
	m->names[m->count] = name;
	m->by_id[m->count] = f->by_id;
	m->count++;
	return true;
}

/* Looks up all of them before anything is changed; every one that is unknown is named. */
static bool resolve_members(struct membership *m, struct err *e)
{
	struct work *w = m->work;
	const struct opts *o = w->context->opts;
	struct found f;
	unsigned i, unknown = 0;
	bool ok = true;

	m->ids = arena_alloc(w->context->arena, o->arg_count, sizeof(*m->ids));
	m->names = arena_alloc(w->context->arena, o->arg_count, sizeof(*m->names));
	m->by_id = arena_alloc(w->context->arena, o->arg_count, sizeof(*m->by_id));
	if (m->ids == NULL || m->names == NULL || m->by_id == NULL)
		return err_memory(e, "the members");
	found_init(&f);
	for (i = 1; i < o->arg_count && ok; i++) {
		ok = find_one(&w->session.handle.caller, FIND_MEMBER, str_of(o->args[i]), &f,
			&w->reply, e);
		if (ok) {
			ok = add_id(m, o->args[i], &f, e);
		} else if (e->kind == ERR_NOT_FOUND && w->reply.status == 0) {
			console_err(e);
			err_clear(e);
			unknown++;
			ok = true;
		}
	}
	found_wipe(&f);
	if (ok && unknown > 0) {
		w->reply = (struct reply){.status = 0};
		return err_set(e, ERR_NOT_FOUND,
			"%u of the members %s unknown; nothing was changed", unknown,
			unknown == 1 ? "is" : "are");
	}
	return ok;
}

/* Which of the ids of a batch that was refused is no member: the server does not say. */
static void name_unknown(struct membership *m, size_t from, size_t count)
{
	struct work *w = m->work;
	size_t i;

	for (i = from; i < from + count; i++) {
		struct message_call get = {.method = str_of("GET")};
		struct reply reply;
		struct err e;
		struct buf path;

		if (!m->by_id[i])
			continue;
		buf_init(&path, LIMIT_URL);
		find_path(FIND_MEMBER, m->ids[i], &path);
		get.path = buf_str(&path);
		if (!call_run(&w->session.handle.caller, &get, CALL_READ, true, &reply, &e) &&
			reply.status == 404)
			console_line(LOG_ERROR, "there is no member with the id %.*s",
				STR_ARG(m->ids[i]));
		buf_wipe(&path);
	}
}

typedef bool patch_writer(const struct str *ids, size_t count, struct buf *out);

static bool send_batch(struct membership *m, patch_writer *write, size_t from, size_t count)
{
	struct work *w = m->work;

	buf_clear(&w->body);
	if (!write(m->ids + from, count, &w->body))
		return err_memory(&w->err, "writing the request (too many members)");
	if (work_call(w, "PATCH", buf_str(&w->body), CALL_CHANGE))
		return true;
	if (w->reply.status == 404) {
		session_report(&w->session, &w->reply, &w->err);
		name_unknown(m, from, count);
		w->reply = (struct reply){.status = 0};
		err_clear(&w->err);
		err_set(&w->err, ERR_NOT_FOUND, "the team or one of its new members is unknown");
	}
	return false;
}

/* All of them in requests of at most SIZE. What is done when one fails is said. */
static bool send_all(struct membership *m, patch_writer *write, size_t size)
{
	struct work *w = m->work;
	size_t from = 0;

	do {
		size_t count = m->count - from < size ? m->count - from : size;

		if (!send_batch(m, write, from, count)) {
			if (from > 0 && !w->reply.shown) {
				session_report(&w->session, &w->reply, &w->err);
				w->reply = (struct reply){.status = 0};
				err_clear(&w->err);
				err_set(&w->err, ERR_PARTIAL,
					"of %zu members the first %zu were changed, the others "
					"from "
					"%s on were not",
					m->count, from, m->names[from]);
			}
			return false;
		}
		from += count;
	} while (from < m->count);
	return true;
}

static int change_members(struct cmd_context *c, patch_writer *write, size_t size)
{
	struct work w;
	struct membership m = {.work = &w};
	bool ok = work_begin(&w, c, FIND_TEAM) && work_find(&w, c->opts->args[0]) &&
		resolve_members(&m, &w.err) && send_all(&m, write, size) && work_show(&w);

	return work_end(&w, ok);
}

int cmd_team_add(struct cmd_context *c)
{
	return change_members(c, body_add_members, PATCH_MAX);
}

int cmd_team_remove(struct cmd_context *c)
{
	return change_members(c, body_remove_members, PATCH_MAX);
}

/* One operation, whole: in parts the team would be wrong in between. */
int cmd_team_set(struct cmd_context *c)
{
	return change_members(c, body_set_members, SIZE_MAX);
}
