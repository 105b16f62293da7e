#include "roster/apply.h"

#include "base/search.h"
#include "client/find.h"
#include "codec/json_scan.h"
#include "scim/body.h"
#include "scim/user.h"
#include "sys/clock.h"

/* So many refusals by 403 in a row are not about single members any more. */
#define FORBIDDEN_MAX 3

#define GONE      "it was gone already"
#define TWIN      "a name in the roster is another address of this member"
#define NO_MEMBER "the server's answer is no member"
#define STALE     "the member has changed since the plan was made"
#define UNCLEAR                                                                                    \
	"a create has failed since its member is there: this one may be meant, under another "     \
	"address"

struct applying {
	const struct apply *a;
	int64_t gap_ms;
	struct teams *teams; /* owned */
	unsigned forbidden;  /* refusals by 403 in a row */
	bool unclear; /* a member of the roster may be there under a name that is not known */
};

static void tick(const struct apply *a)
{
	a->watcher->tick(a->watcher->context, a->totals, clock_now());
}

/* ---- the journal ---- */

static uint64_t place_of(const struct apply *a, const struct plan_change *c)
{
	if (a->by_place)
		return (uint64_t)(c - a->plan->changes);
	return c->action == PLAN_SET_ROLE ? c->row : a->no_row;
}

/* Done by an earlier run; only where each change has a place of its own. */
static bool is_done(const struct apply *a, const struct plan_change *c)
{
	return a->by_place && a->journal != NULL &&
		journal_is_done(journal_row(a->journal, place_of(a, c)));
}

static struct str name_of(const struct plan_change *c)
{
	return c->user_name.n > 0 ? c->user_name : c->team;
}

static bool write_intent(const struct apply *a, const struct plan_change *c, struct err *e)
{
	return a->journal == NULL || journal_intent(a->journal, place_of(a, c), name_of(c), 1, e);
}

static bool sync(const struct apply *a, struct err *e)
{
	return a->journal == NULL || journal_sync(a->journal, e);
}

static bool write_result(const struct apply *a, const struct plan_change *c,
	enum journal_state outcome, int status, struct err *e)
{
	return a->journal == NULL ||
		journal_result(a->journal, place_of(a, c), name_of(c), outcome, status, c->id, e);
}

/* ---- members ---- */

static int compare_row(const void *key, const void *change)
{
	uint64_t number = *(const uint64_t *)key, row = ((const struct plan_change *)change)->row;

	return (number > row) - (number < row);
}

/* The memberships that wait for the member of row NUMBER. */
static struct plan_change *waiting_for(const struct plan *p, uint64_t number, size_t *count)
{
	size_t all, end;
	struct plan_change *first = plan_changes(p, PLAN_ADD_TO_TEAM, &all);
	size_t low = search_first(first, all, sizeof(*first), &number, compare_row);

	for (end = low; end < all && first[end].row == number;)
		end++;
	*count = end - low;
	return first + low;
}

/* A create has found that ID is the roster's: not to be removed, whatever it is called. */
static void spare(struct plan *p, struct str id)
{
	size_t count, i;
	struct plan_change *c = plan_changes(p, PLAN_REMOVE, &count);

	for (i = 0; i < count; i++)
		if (str_equal(c[i].id, id))
			c[i].reason = TWIN;
}

static bool on_row(void *context, const struct run_result *r, struct err *e)
{
	struct applying *g = context;
	struct plan *p = g->a->plan;
	size_t count, i;
	struct plan_change *c = waiting_for(p, r->row->number, &count);

	for (i = 0; i < count; i++) {
		c[i].stale = r->outcome >= JOURNAL_FAILED;
		if (r->id.n == 0)
			continue; /* there, but looked up then */
		c[i].id = str_from(arena_dup(&p->texts, r->id), r->id.n);
		if (c[i].id.p == NULL)
			return err_memory(e, "the plan");
	}
	if (r->outcome == JOURNAL_EXISTS || r->outcome == JOURNAL_UPDATED ||
		r->outcome == JOURNAL_UNCHANGED)
		spare(p, r->id);
	/* Somebody has the name, and nobody could say who: perhaps one who is to be removed. */
	g->unclear = g->unclear ||
		(r->err != NULL && (r->err->kind == ERR_EXISTS || r->err->kind == ERR_UNKNOWN));
	return g->a->watcher->row(g->a->watcher->context, r, e);
}

static void on_tick(void *context, const struct run_totals *t, int64_t now)
{
	const struct applying *g = context;

	g->a->watcher->tick(g->a->watcher->context, t, now);
}

static bool create_members(struct applying *g, struct err *e)
{
	const struct apply *a = g->a;
	const struct run_watcher watcher = {.context = g, .row = on_row, .tick = on_tick};
	struct client *client = a->caller->client;

	return a->plan->counts[PLAN_CREATE] == 0 ||
		run_rows(a->creates, a->journal, a->options, client->route, client->origin,
			&watcher, a->totals, e);
}

/* ---- teams ---- */

static bool make_teams(struct applying *g, struct err *e)
{
	const struct apply *a = g->a;
	size_t count, i;
	struct plan_change *c = plan_changes(a->plan, PLAN_CREATE_TEAM, &count);

	for (i = 0; i < count; i++) {
		bool made = true;

		if (is_done(a, &c[i]))
			continue;
		if (!write_intent(a, &c[i], e) || !sync(a, e) ||
			!teams_make(g->teams, c[i].team, &made, e))
			return false;
		a->totals->by_state[JOURNAL_FAILED] += !made;
		if (!write_result(a, &c[i], made ? JOURNAL_CREATED : JOURNAL_FAILED, 0, e))
			return false;
		a->totals->done++;
		tick(a);
	}
	return true;
}

static bool begin_team(void *context, uint32_t token, struct err *e)
{
	const struct applying *g = context;

	return write_intent(g->a, &g->a->plan->changes[token], e);
}

static bool ready_team(void *context, struct err *e)
{
	const struct applying *g = context;

	return sync(g->a, e);
}

static bool end_team(void *context, uint32_t token, const struct err *failure, struct err *e)
{
	const struct applying *g = context;
	const struct apply_result r = {.change = &g->a->plan->changes[token],
		.outcome = failure == NULL ? JOURNAL_UPDATED : JOURNAL_FAILED,
		.err = failure};

	g->a->totals->done++;
	tick(g->a);
	return write_result(g->a, r.change, r.outcome, 0, e) &&
		g->a->watcher->change(g->a->watcher->context, &r, e);
}

/* A member whose create an earlier run has made. */
static bool find_member(struct applying *g, struct plan_change *c, struct err *e)
{
	struct reply reply;
	struct found found;
	bool ok;

	found_init(&found);
	ok = client_wait(g->a->caller->client, g->gap_ms, e) &&
		find_by_name(g->a->caller, FIND_MEMBER, c->user_name, &found, &reply, e);
	if (ok) {
		c->id = str_from(arena_dup(&g->a->plan->texts, buf_str(&found.id)), found.id.len);
		ok = c->id.p != NULL || err_memory(e, "the plan");
	}
	found_wipe(&found);
	return ok;
}

static bool put_member(struct applying *g, struct plan_change *c, struct err *e)
{
	const struct apply *a = g->a;
	uint32_t token = (uint32_t)(c - a->plan->changes);
	struct err why;

	if (is_done(a, c))
		return true;
	err_clear(&why);
	if (c->stale) {
		/* Its create has failed, and has been told. */
		a->teams->failed++;
		a->totals->done++;
		return true;
	}
	if (c->id.n == 0 && !find_member(g, c, &why)) {
		if (!retry_others(&why)) {
			*e = why;
			return false;
		}
		a->teams->failed++;
		return end_team(g, token, &why, e);
	}
	return teams_put(g->teams, c->action == PLAN_ADD_TO_TEAM ? TEAMS_ADD : TEAMS_REMOVE,
		c->team, c->team_id, c->id, token, e);
}

static bool fill_teams(struct applying *g, struct err *e)
{
	struct plan *p = g->a->plan;
	size_t i;

	for (i = 0; i < p->count; i++) {
		struct plan_change *c = &p->changes[i];

		if ((c->action == PLAN_ADD_TO_TEAM || c->action == PLAN_REMOVE_FROM_TEAM) &&
			!put_member(g, c, e))
			return false;
	}
	return teams_flush(g->teams, e);
}

/* ---- roles and removals ---- */

static bool finish(struct applying *g, const struct plan_change *c, enum journal_state outcome,
	const struct reply *reply, const struct err *why, struct err *e)
{
	const struct apply *a = g->a;
	struct apply_result r = {
		.change = c, .outcome = outcome, .err = why->kind != ERR_NONE ? why : NULL};

	if (reply->answered && reply->answer.class != ANSWER_SUCCESS) {
		r.status = reply->status;
		r.refusal = call_body(a->caller);
	}
	a->totals->by_state[outcome]++;
	a->totals->done++;
	tick(a);
	return write_result(a, c, outcome, r.status, e) &&
		a->watcher->change(a->watcher->context, &r, e);
}

static bool send_member(struct applying *g, const struct plan_change *c, const char *method,
	struct str body, struct reply *reply, struct err *why)
{
	struct message_call call = {.method = str_of(method), .body = body};
	const enum call_effect effect = str_is(call.method, "GET") ? CALL_READ : CALL_CHANGE;
	struct buf path;
	bool ok;

	buf_init(&path, LIMIT_REQUEST_HEAD);
	find_path(FIND_MEMBER, c->id, &path);
	call.path = buf_str(&path);
	ok = client_wait(g->a->caller->client, g->gap_ms, why) &&
		call_run(g->a->caller, &call, effect, true, reply, why);
	buf_wipe(&path);
	return ok;
}

/* Sentry answers 200 to a change that it does not make. */
static bool check_role(const struct apply *a, const struct plan_change *c, struct err *why)
{
	struct user u;

	if (!user_read(call_body(a->caller), &u))
		return err_set(why, ERR_PROTOCOL, NO_MEMBER);
	if (u.role.type != JSON_STRING || json_text_equal(u.role.raw, c->to, true))
		return true;
	return err_set(why, ERR_REFUSED, "the server has left the role as it is: %.*s",
		STR_ARG(u.role.raw));
}

static bool ask_role(
	struct applying *g, const struct plan_change *c, struct reply *reply, struct err *why)
{
	struct buf body;
	bool ok;

	buf_init(&body, LIMIT_REQUEST_BODY);
	ok = body_role(c->to, &body) || err_set(why, ERR_INPUT, "the role is not UTF-8");
	ok = ok && send_member(g, c, "PUT", buf_str(&body), reply, why) && check_role(g->a, c, why);
	buf_wipe(&body);
	return ok;
}

/* Whether the member that the server has just shown is the one that the plan has seen. */
static bool is_as_seen(const struct user *u, const struct plan_change *c)
{
	return json_text_equal(u->id.raw, c->id, false) &&
		json_text_equal(u->user_name.raw, c->user_name, false) &&
		(u->role.type == JSON_STRING ? json_text_equal(u->role.raw, c->from, true)
					     : c->from.n == 0);
}

/* Much may have happened since the list was read, and this cannot be taken back. */
static bool remove_member(
	struct applying *g, const struct plan_change *c, struct reply *reply, struct err *why)
{
	const struct str nothing = str_of("");
	struct user u;

	if (!send_member(g, c, "GET", nothing, reply, why))
		return false;
	if (!user_read(call_body(g->a->caller), &u))
		return err_set(why, ERR_PROTOCOL, NO_MEMBER);
	return is_as_seen(&u, c) ? send_member(g, c, "DELETE", nothing, reply, why)
				 : err_set(why, ERR_REFUSED, STALE);
}

/* Whether the next change could fare better than one that ended like this. */
static bool go_on(struct applying *g, const struct reply *reply, const struct err *why)
{
	g->forbidden = why->kind == ERR_AUTH ? g->forbidden + 1 : 0;
	if (why->kind == ERR_AUTH)
		return reply->status == 403 && g->forbidden < FORBIDDEN_MAX;
	return why->kind == ERR_NONE || why->kind == ERR_UNKNOWN || retry_others(why);
}

/* One change of one member to its end. False, with *E, when the next could not fare better. */
static bool change_one(struct applying *g, const struct plan_change *c, struct err *e)
{
	enum journal_state outcome = c->action == PLAN_SET_ROLE ? JOURNAL_UPDATED : JOURNAL_REMOVED;
	struct reply reply = {.status = 0};
	struct err why;
	bool ok;

	if (is_done(g->a, c))
		return true;
	err_clear(&why);
	if (c->action == PLAN_REMOVE && g->unclear) {
		err_set(&why, ERR_REFUSED, UNCLEAR);
		return finish(g, c, JOURNAL_FAILED, &reply, &why, e);
	}
	if (c->stale || c->reason != NULL) {
		err_set(&why, ERR_REFUSED, "%s", c->stale ? STALE : c->reason);
		return finish(g, c, c->stale ? JOURNAL_FAILED : JOURNAL_UNCHANGED, &reply, &why, e);
	}
	if (!write_intent(g->a, c, e) || !sync(g->a, e))
		return false;
	ok = c->action == PLAN_SET_ROLE ? ask_role(g, c, &reply, &why)
					: remove_member(g, c, &reply, &why);
	if (!ok && c->action == PLAN_REMOVE && why.kind == ERR_NOT_FOUND) {
		reply.answered = false;
		err_clear(&why);
		err_set(&why, ERR_NOT_FOUND, GONE);
		ok = true;
	}
	if (!go_on(g, &reply, &why) && !ok) {
		*e = why;
		return false;
	}
	if (!ok)
		outcome = why.kind == ERR_UNKNOWN ? JOURNAL_UNKNOWN : JOURNAL_FAILED;
	return finish(g, c, outcome, &reply, &why, e);
}

static bool change_all(struct applying *g, enum plan_action action, struct err *e)
{
	size_t count, i;
	const struct plan_change *c = plan_changes(g->a->plan, action, &count);

	for (i = 0; i < count; i++)
		if (!change_one(g, &c[i], e))
			return false;
	return true;
}

bool apply_plan(const struct apply *a, struct err *e)
{
	struct applying g = {.a = a, .gap_ms = 1000 / (int64_t)a->options->rate + 1};
	const struct teams_watcher watcher = {
		.context = &g, .begin = begin_team, .ready = ready_team, .end = end_team};
	bool ok;

	g.teams = teams_new(a->caller, g.gap_ms, &watcher, a->teams);
	ok = g.teams != NULL || err_memory(e, "the teams");
	ok = ok && make_teams(&g, e) && create_members(&g, e) && fill_teams(&g, e) &&
		change_all(&g, PLAN_SET_ROLE, e) && change_all(&g, PLAN_REMOVE, e);
	teams_free(g.teams);
	return ok;
}
