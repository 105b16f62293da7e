#include "roster/teams.h"

#include <stdlib.h>

#include "base/arena.h"
#include "client/find.h"
#include "roster/run.h"
#include "scim/body.h"

/* Members to be added to a team, or removed from it, by the next request. */
struct batch {
	unsigned count;
	struct str ids[PATCH_MAX]; /* in `texts` */
	uint32_t tokens[PATCH_MAX];
	struct buf texts; /* owned */
};

struct team {
	struct str name; /* in the arena */
	struct buf id;   /* owned; empty: not known yet */
	bool lost;       /* it can neither be found nor made */
	struct batch batches[TEAMS_REMOVE + 1];
};

struct teams {
	struct caller *caller;
	int64_t gap_ms;
	const struct teams_watcher *watcher;
	struct teams_totals *totals;
	struct arena arena;
	unsigned count;
	struct team *teams[TEAMS_MAX]; /* owned */
};

/* Whether E is about one member or team only. It has been reported then. */
static bool only_this(const struct teams *t, struct err *e, const char *what, struct str name)
{
	if (!retry_others(e))
		return false;
	log_line(t->caller->client->route->log, LOG_ERROR, "%s %.*s: %s", what, STR_ARG(name),
		e->text);
	err_clear(e);
	return true;
}

static bool pause(struct teams *t, struct err *e)
{
	return client_wait(t->caller->client, t->gap_ms, e);
}

/* ---- teams ---- */

struct teams *teams_new(struct caller *caller, int64_t gap_ms, const struct teams_watcher *watcher,
	struct teams_totals *totals)
{
	struct teams *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->caller = caller;
	t->gap_ms = gap_ms;
	t->watcher = watcher;
	t->totals = totals;
	arena_init(&t->arena, LIMIT_COMMAND_ARENA);
	return t;
}

/* Teams whose ids are known are told apart by these: other providers may have two of one name. */
static struct team *find(struct teams *t, struct str name, struct str id)
{
	unsigned i;

	for (i = 0; i < t->count; i++)
		if (id.n > 0 ? str_equal(buf_str(&t->teams[i]->id), id)
			     : str_equal_fold(t->teams[i]->name, name))
			return t->teams[i];
	return NULL;
}

static void forget(struct teams *t)
{
	unsigned i, b;

	for (i = 0; i < t->count; i++) {
		buf_wipe(&t->teams[i]->id);
		for (b = TEAMS_ADD; b <= TEAMS_REMOVE; b++)
			buf_wipe(&t->teams[i]->batches[b].texts);
		free(t->teams[i]);
	}
	t->count = 0;
	arena_wipe(&t->arena);
}

void teams_free(struct teams *t)
{
	if (t == NULL)
		return;
	forget(t);
	free(t);
}

static struct team *team_of(struct teams *t, struct str name, struct str id, struct err *e)
{
	struct team *team = find(t, name, id);
	char *copy;
	unsigned i;

	if (team != NULL)
		return team;
	/* An organization may have more teams than a roster can name. */
	if (t->count == TEAMS_MAX) {
		if (!teams_flush(t, e))
			return NULL;
		forget(t);
	}
	team = calloc(1, sizeof(*team));
	copy = arena_dup(&t->arena, name);
	if (team == NULL || copy == NULL) {
		free(team);
		err_memory(e, "the teams");
		return NULL;
	}
	team->name = str_from(copy, name.n);
	buf_init(&team->id, LIMIT_URL);
	for (i = TEAMS_ADD; i <= TEAMS_REMOVE; i++)
		buf_init(&team->batches[i].texts, PATCH_MAX * LIMIT_URL);
	buf_add_str(&team->id, id);
	if (team->id.failed) {
		buf_wipe(&team->id);
		free(team);
		err_set(e, ERR_PROTOCOL, "the id of the team %.*s is too long", STR_ARG(name));
		return NULL;
	}
	t->teams[t->count++] = team;
	return team;
}

static bool look_up(struct teams *t, struct team *team, struct err *e)
{
	struct reply reply;
	struct found found;
	bool ok;

	found_init(&found);
	ok = pause(t, e) && find_by_name(t->caller, FIND_TEAM, team->name, &found, &reply, e);
	if (ok)
		buf_add_str(&team->id, buf_str(&found.id));
	found_wipe(&found);
	return ok;
}

static bool make(struct teams *t, struct team *team, struct err *e)
{
	struct message_call call = {.method = str_of("POST"), .path = str_of("Groups")};
	struct reply reply;
	struct buf body;
	bool ok;

	buf_init(&body, LIMIT_REQUEST_BODY);
	ok = body_team(team->name, &body) || err_memory(e, "writing the request");
	call.body = buf_str(&body);
	ok = ok && pause(t, e) && call_run(t->caller, &call, CALL_ONCE, false, &reply, e);
	buf_wipe(&body);
	/* An answer that was lost, or somebody who was faster: it is there now, or it is not. */
	if (!ok && e->kind != ERR_EXISTS && e->kind != ERR_UNKNOWN)
		return false;
	if (ok)
		t->totals->created++;
	err_clear(e);
	return look_up(t, team, e);
}

static bool know(struct teams *t, struct team *team, struct err *e)
{
	if (team->id.len > 0 || team->lost)
		return true;
	if (look_up(t, team, e))
		return true;
	if (e->kind == ERR_NOT_FOUND) {
		err_clear(e);
		if (make(t, team, e))
			return true;
	}
	if (!only_this(t, e, "the team", team->name))
		return false;
	team->lost = true;
	return true;
}

bool teams_make(struct teams *t, struct str name, bool *made, struct err *e)
{
	struct team *team = team_of(t, name, str_of(""), e);
	bool ok = team != NULL && know(t, team, e);

	*made = ok && !team->lost;
	return ok;
}

/* ---- members ---- */

static bool ended(struct teams *t, uint32_t token, const struct err *failure, struct err *e)
{
	const struct teams_watcher *w = t->watcher;

	return w == NULL || w->end == NULL || w->end(w->context, token, failure, e);
}

static bool begun(struct teams *t, const uint32_t *tokens, unsigned count, struct err *e)
{
	const struct teams_watcher *w = t->watcher;
	unsigned i;

	for (i = 0; w != NULL && w->begin != NULL && i < count; i++)
		if (!w->begin(w->context, tokens[i], e))
			return false;
	return w == NULL || w->ready == NULL || w->ready(w->context, e);
}

/* One request for COUNT members. */
static bool patch(struct teams *t, const struct team *team, enum teams_change change,
	const struct str *ids, unsigned count, struct err *e)
{
	struct message_call call = {.method = str_of("PATCH")};
	struct reply reply;
	struct buf body, path;
	bool ok;

	buf_init(&body, LIMIT_REQUEST_BODY);
	buf_init(&path, LIMIT_REQUEST_HEAD);
	find_path(FIND_TEAM, buf_str(&team->id), &path);
	call.path = buf_str(&path);
	ok = change == TEAMS_ADD ? body_add_members(ids, count, &body)
				 : body_remove_members(ids, count, &body);
	if (!ok)
		err_memory(e, "writing the request");
	call.body = buf_str(&body);
	ok = ok && pause(t, e) && call_run(t->caller, &call, CALL_CHANGE, true, &reply, e);
	buf_wipe(&body);
	buf_wipe(&path);
	return ok;
}

/* The same, with what becomes of it counted and told. */
static bool deliver(struct teams *t, const struct team *team, enum teams_change change,
	unsigned from, unsigned count, bool *refused, struct err *e)
{
	const struct batch *b = &team->batches[change];
	struct err why;
	unsigned i;
	bool ok;

	*refused = false;
	if (!begun(t, b->tokens + from, count, e))
		return false;
	err_clear(&why);
	ok = patch(t, team, change, b->ids + from, count, &why);
	if (!ok && !retry_others(&why)) {
		*e = why;
		return false;
	}
	*refused = !ok;
	if (!ok && count > 1)
		return true;
	if (!ok) {
		t->totals->failed++;
		log_line(t->caller->client->route->log, LOG_ERROR, "the team %.*s, member %.*s: %s",
			STR_ARG(team->name), STR_ARG(b->ids[from]), why.text);
	} else if (change == TEAMS_ADD) {
		t->totals->added += count;
	} else {
		t->totals->removed += count;
	}
	for (i = from; i < from + count; i++)
		if (!ended(t, b->tokens[i], ok ? NULL : &why, e))
			return false;
	return true;
}

/* Sends what waits. A request is refused as a whole for one member who has gone: then each has one
   of its own. */
static bool flush(struct teams *t, struct team *team, enum teams_change change, struct err *e)
{
	struct batch *b = &team->batches[change];
	unsigned i, count = b->count;
	bool refused = false, ok;

	if (count == 0)
		return true;
	ok = deliver(t, team, change, 0, count, &refused, e);
	for (i = 0; ok && refused && count > 1 && i < count; i++) {
		bool again;

		ok = deliver(t, team, change, i, 1, &again, e);
	}
	b->count = 0;
	buf_clear(&b->texts);
	return ok;
}

static bool put(struct teams *t, struct team *team, enum teams_change change, struct str id,
	uint32_t token, struct err *e)
{
	struct batch *b = &team->batches[change];
	size_t at = b->texts.len;
	unsigned i;

	buf_add_str(&b->texts, id);
	if (b->texts.failed)
		return err_memory(e, "the teams");
	b->tokens[b->count] = token;
	b->ids[b->count++] = str_from(b->texts.data + at, id.n);
	/* Growing may have moved the texts: place them anew. */
	for (i = 0, at = 0; i < b->count; i++) {
		b->ids[i].p = b->texts.data + at;
		at += b->ids[i].n;
	}
	return b->count < PATCH_MAX || flush(t, team, change, e);
}

bool teams_put(struct teams *t, enum teams_change change, struct str name, struct str team_id,
	struct str id, uint32_t token, struct err *e)
{
	struct team *team = team_of(t, name, team_id, e);
	struct err lost;

	if (team == NULL || !know(t, team, e))
		return false;
	if (!team->lost)
		return put(t, team, change, id, token, e);
	t->totals->failed++;
	err_clear(&lost);
	err_set(&lost, ERR_NOT_FOUND, "there is no team %.*s", STR_ARG(name));
	return ended(t, token, &lost, e);
}

bool teams_flush(struct teams *t, struct err *e)
{
	unsigned i, c;

	for (i = 0; i < t->count; i++)
		for (c = TEAMS_ADD; c <= TEAMS_REMOVE; c++)
			if (!flush(t, t->teams[i], (enum teams_change)c, e))
				return false;
	return true;
}

/* ---- the teams of a roster ---- */

/* Appends the id of the row's member; false, with *E, when it cannot be found. */
static bool member_id(struct teams *t, const struct roster_row *row, uint64_t known, struct buf *id,
	struct err *e)
{
	struct reply reply;
	struct found member;
	bool ok;

	if (known != 0) {
		buf_add_u64(id, known);
		return true;
	}
	found_init(&member);
	ok = pause(t, e) &&
		find_by_name(t->caller, FIND_MEMBER, buf_str(&row->user_name), &member, &reply, e);
	buf_add_str(id, buf_str(&member.id));
	found_wipe(&member);
	return ok;
}

static bool fill_row(struct teams *t, const struct roster_row *row, uint64_t known, struct err *e)
{
	struct str rest = buf_str(&row->teams);
	struct buf id;
	const uint32_t token = (uint32_t)row->number;
	struct err why;
	bool ok;

	buf_init(&id, LIMIT_URL);
	err_clear(&why);
	ok = member_id(t, row, known, &id, &why);
	if (!ok) {
		*e = why;
		buf_wipe(&id);
		if (!only_this(t, e, "no team for", buf_str(&row->user_name)))
			return false;
		t->totals->failed++;
		return ended(t, token, &why, e);
	}
	while (ok && rest.n > 0) {
		struct str name = str_of(rest.p);

		ok = teams_put(t, TEAMS_ADD, name, str_of(""), buf_str(&id), token, e);
		rest = str_skip(rest, name.n + 1);
	}
	buf_wipe(&id);
	return ok;
}

bool teams_fill(struct roster_reader *r, const uint64_t *ids, struct caller *caller, int64_t gap_ms,
	const struct teams_watcher *watcher, struct teams_totals *totals, struct err *e)
{
	struct teams *t = teams_new(caller, gap_ms, watcher, totals);
	struct roster_row row;
	enum roster_step step = ROSTER_END;
	bool ok = t != NULL ? roster_rewind(r, e) : err_memory(e, "the teams");

	roster_row_init(&row);
	while (ok && (step = run_every_row(r, &row, e)) == ROSTER_ROW)
		ok = row.teams.len == 0 || fill_row(t, &row, ids != NULL ? ids[row.number] : 0, e);
	roster_row_wipe(&row);
	ok = ok && step == ROSTER_END && teams_flush(t, e);
	teams_free(t);
	return ok;
}
