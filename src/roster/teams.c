#include "roster/teams.h"

#include <stdlib.h>

#include "base/arena.h"
#include "client/find.h"
#include "scim/body.h"
#include "sys/log.h"

struct team {
	struct str name;               /* in the arena */
	struct buf id;                 /* owned; empty: not known yet */
	bool lost;                     /* it can neither be found nor made */
	unsigned waiting;              /* members to be added by the next request */
	struct str members[PATCH_MAX]; /* their ids, in `texts` */
	struct buf texts;              /* owned */
};

struct filling {
	struct caller *caller;
	int64_t gap_ms;
	struct teams_totals *totals;
	struct arena arena;
	unsigned count;
	struct team **teams; /* owned, each of them too */
	struct err *e;
};

/* Whether E is about one member or team only. It has been reported then. */
static bool only_this(struct filling *f, const char *what, struct str name)
{
	switch (f->e->kind) {
	case ERR_REFUSED:
	case ERR_EXISTS:
	case ERR_NOT_FOUND:
	case ERR_INPUT:
	case ERR_PROTOCOL:
	case ERR_LIMIT:
		log_line(LOG_ERROR, "%s %.*s: %s", what, STR_ARG(name), f->e->text);
		err_clear(f->e);
		return true;
	default: return false;
	}
}

static bool pause(struct filling *f)
{
	return client_wait(f->gap_ms, f->e);
}

static struct team *team_of(struct filling *f, struct str name)
{
	struct team *t;
	char *copy;
	unsigned i;

	for (i = 0; i < f->count; i++)
		if (str_equal_fold(f->teams[i]->name, name))
			return f->teams[i];
	if (f->count == TEAMS_MAX) {
		err_set(f->e, ERR_LIMIT, "the roster names more than %u teams", TEAMS_MAX);
		return NULL;
	}
	t = calloc(1, sizeof(*t));
	copy = arena_dup(&f->arena, name);
	if (t == NULL || copy == NULL) {
		free(t);
		err_memory(f->e, "the teams");
		return NULL;
	}
	t->name = str_from(copy, name.n);
	buf_init(&t->id, LIMIT_URL);
	buf_init(&t->texts, PATCH_MAX * LIMIT_URL);
	f->teams[f->count++] = t;
	return t;
}

static bool look_up(struct filling *f, struct team *t)
{
	struct reply reply;
	struct found found;
	bool ok;

	found_init(&found);
	ok = pause(f) && find_one(f->caller, FIND_TEAM, t->name, &found, &reply, f->e);
	if (ok)
		buf_add_str(&t->id, buf_str(&found.id));
	found_wipe(&found);
	return ok;
}

static bool make(struct filling *f, struct team *t)
{
	struct message_call call = {.method = str_of("POST"), .path = str_of("Groups")};
	struct reply reply;
	struct buf body;
	bool ok;

	buf_init(&body, LIMIT_REQUEST_BODY);
	ok = body_team(t->name, &body) || err_memory(f->e, "writing the request");
	call.body = buf_str(&body);
	ok = ok && pause(f) && call_run(f->caller, &call, CALL_ONCE, false, &reply, f->e);
	buf_wipe(&body);
	/* An answer that was lost, or somebody who was faster: it is there now, or it is not. */
	if (!ok && f->e->kind != ERR_EXISTS && f->e->kind != ERR_UNKNOWN)
		return false;
	if (ok)
		f->totals->created++;
	err_clear(f->e);
	return look_up(f, t);
}

static bool know_team(struct filling *f, struct team *t)
{
	if (t->id.len > 0 || t->lost)
		return true;
	if (look_up(f, t))
		return true;
	if (f->e->kind == ERR_NOT_FOUND) {
		err_clear(f->e);
		if (make(f, t))
			return true;
	}
	if (!only_this(f, "the team", t->name))
		return false;
	t->lost = true;
	return true;
}

/* Adds those that wait. */
static bool flush(struct filling *f, struct team *t)
{
	struct message_call call = {.method = str_of("PATCH")};
	unsigned count = t->waiting;
	struct reply reply;
	struct buf body, path;
	bool ok;

	if (count == 0)
		return true;
	buf_init(&body, LIMIT_REQUEST_BODY);
	buf_init(&path, LIMIT_REQUEST_HEAD);
	find_path(FIND_TEAM, buf_str(&t->id), &path);
	call.path = buf_str(&path);
	ok = body_add_members(t->members, count, &body) || err_memory(f->e, "writing the request");
	call.body = buf_str(&body);
	ok = ok && pause(f) && call_run(f->caller, &call, CALL_CHANGE, true, &reply, f->e);
	buf_wipe(&body);
	buf_wipe(&path);
	t->waiting = 0;
	buf_clear(&t->texts);
	if (ok)
		f->totals->added += count;
	else
		f->totals->failed += count;
	return ok || only_this(f, "the team", t->name);
}

static bool add(struct filling *f, struct team *t, struct str id)
{
	size_t at = t->texts.len;
	unsigned i;

	if (t->lost) {
		f->totals->failed++;
		return true;
	}
	buf_add_str(&t->texts, id);
	if (t->texts.failed)
		return err_memory(f->e, "the teams");
	t->members[t->waiting++] = str_from(t->texts.data + at, id.n);
	/* Growing may have moved the texts: place them anew. */
	for (i = 0, at = 0; i < t->waiting; i++) {
		t->members[i].p = t->texts.data + at;
		at += t->members[i].n;
	}
	return t->waiting < PATCH_MAX || flush(f, t);
}

static bool fill_row(struct filling *f, const struct roster_row *row)
{
	struct str rest = buf_str(&row->teams);
	struct reply reply;
	struct found member;
	bool ok;

	found_init(&member);
	ok = pause(f) &&
		find_one(f->caller, FIND_MEMBER, buf_str(&row->user_name), &member, &reply, f->e);
	if (!ok && only_this(f, "no team for", buf_str(&row->user_name))) {
		f->totals->failed++;
		found_wipe(&member);
		return true;
	}
	while (ok && rest.n > 0) {
		struct str name = str_of(rest.p);
		struct team *t = team_of(f, name);

		ok = t != NULL && know_team(f, t) && add(f, t, buf_str(&member.id));
		rest = str_skip(rest, name.n + 1);
	}
	found_wipe(&member);
	return ok;
}

static bool fill_all(struct filling *f, struct roster_reader *r)
{
	struct roster_row row;
	struct roster_fault fault;
	enum roster_step step;
	bool ok = roster_rewind(r, f->e);
	unsigned i;

	roster_row_init(&row);
	while (ok && (step = roster_next(r, &row, &fault, f->e)) != ROSTER_END) {
		if (step == ROSTER_FAULT)
			ok = err_set(f->e, ERR_INPUT, "the roster changed while it was used");
		else
			ok = step == ROSTER_ROW && (row.teams.len == 0 || fill_row(f, &row));
	}
	roster_row_wipe(&row);
	for (i = 0; i < f->count && ok; i++)
		ok = flush(f, f->teams[i]);
	return ok;
}

bool teams_fill(struct roster_reader *r, struct caller *caller, int64_t gap_ms,
	struct teams_totals *totals, struct err *e)
{
	struct filling f = {.caller = caller, .gap_ms = gap_ms, .totals = totals, .e = e};
	unsigned i;
	bool ok;

	arena_init(&f.arena, LIMIT_COMMAND_ARENA);
	f.teams = calloc(TEAMS_MAX, sizeof(*f.teams));
	ok = f.teams != NULL ? fill_all(&f, r) : err_memory(e, "the teams");
	for (i = 0; i < f.count; i++) {
		buf_wipe(&f.teams[i]->id);
		buf_wipe(&f.teams[i]->texts);
		free(f.teams[i]);
	}
	free(f.teams);
	arena_wipe(&f.arena);
	return ok;
}
