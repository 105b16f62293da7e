#include "roster/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/search.h"
#include "codec/json_scan.h"
#include "roster/people.h"
#include "roster/run.h"
#include "scim/sentry.h"

/* Texts of all changes. */
#define TEXTS_MAX (256u * 1024u * 1024u)
/* Removals that need no word of permission, and the part of all members, as 1/N, below which any
   number needs none. */
#define REMOVALS_FREE 10u
#define REMOVALS_PART 10u

#define IS_OWNER  "an owner's role cannot be changed through SCIM"
#define KEPT_TWIN "another spelling of a name in the roster"

static const char *const action_names[PLAN_ACTIONS] = {
	[PLAN_CREATE_TEAM] = "create-team",
	[PLAN_CREATE] = "create",
	[PLAN_ADD_TO_TEAM] = "add-to-team",
	[PLAN_REMOVE_FROM_TEAM] = "remove-from-team",
	[PLAN_SET_ROLE] = "set-role",
	[PLAN_REMOVE] = "remove",
	[PLAN_KEEP] = "keep",
};

const char *plan_action_name(enum plan_action action)
{
	return action_names[action];
}

void plan_init(struct plan *p)
{
	*p = (struct plan){.count = 0};
	arena_init(&p->texts, TEXTS_MAX);
}

void plan_wipe(struct plan *p)
{
	free(p->changes);
	arena_wipe(&p->texts);
	plan_init(p);
}

bool plan_is_empty(const struct plan *p)
{
	unsigned i;

	for (i = 0; i < PLAN_KEEP; i++)
		if (p->counts[i] > 0)
			return false;
	return true;
}

static bool keep_text(struct plan *p, struct str *s)
{
	if (s->n == 0)
		return true;
	s->p = arena_dup(&p->texts, *s);
	return s->p != NULL;
}

bool plan_add(struct plan *p, const struct plan_change *c, struct err *e)
{
	struct plan_change *kept;

	if (p->count == p->room) {
		size_t room = p->room == 0 ? 64 : p->room + p->room / 2;
		struct plan_change *changes = NULL;

		if (room < SIZE_MAX / 2 / sizeof(*changes))
			changes = realloc(p->changes, room * sizeof(*changes));
		if (changes == NULL)
			return err_memory(e, "the plan");
		p->changes = changes;
		p->room = room;
	}
	kept = &p->changes[p->count];
	*kept = *c;
	if (!keep_text(p, &kept->user_name) || !keep_text(p, &kept->id) ||
		!keep_text(p, &kept->team) || !keep_text(p, &kept->team_id) ||
		!keep_text(p, &kept->from) || !keep_text(p, &kept->to) ||
		!keep_text(p, &kept->body))
		return err_memory(e, "the plan");
	p->count++;
	p->counts[c->action]++;
	return true;
}

static int compare_texts(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

static int by_action(const void *a, const void *b)
{
	const struct plan_change *x = a, *y = b;
	int order;

	if (x->action != y->action)
		return x->action < y->action ? -1 : 1;
	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	/* The same order wherever it is sorted. */
	order = compare_texts(x->team, y->team);
	return order != 0 ? order : compare_texts(x->user_name, y->user_name);
}

void plan_sort(struct plan *p)
{
	if (p->count > 1)
		qsort(p->changes, p->count, sizeof(*p->changes), by_action);
}

static int compare_action(const void *key, const void *change)
{
	return (int)*(const unsigned *)key - (int)((const struct plan_change *)change)->action;
}

struct plan_change *plan_changes(const struct plan *p, enum plan_action action, size_t *count)
{
	const unsigned from = action, to = from + 1;
	size_t first =
		search_first(p->changes, p->count, sizeof(*p->changes), &from, compare_action);

	*count = search_first(p->changes, p->count, sizeof(*p->changes), &to, compare_action) -
		first;
	return p->changes + first;
}

bool plan_guard(const struct plan *p, uint64_t most, struct err *e)
{
	uint64_t n = p->counts[PLAN_REMOVE];

	if (most != PLAN_USUAL ? n <= most : n <= REMOVALS_FREE || n * REMOVALS_PART <= p->members)
		return true;
	err_set(e, ERR_INPUT, "%llu of %llu members would be removed; nothing was changed",
		(unsigned long long)n, (unsigned long long)p->members);
	err_hint(e, "see `roster plan`; if that is what you want, --max-removals %llu allows it",
		(unsigned long long)n);
	return false;
}

/* ---- comparing ---- */

struct making {
	struct plan *plan;
	struct wanted *wanted;
	const struct plan_options *options;
	struct membership membership;
	uint32_t *team_of; /* owned: of each team of the roster its index in `membership`, or NEW */
	uint32_t *alias;   /* owned: of a new team the first one that is the same */
	struct person person; /* the member in hand; of a new one only the name */
	struct plan others; /* those whom the roster spells otherwise, as KEEP; `stale`: no role */
	uint64_t faults;
	struct err *e;
};

#define NEW UINT32_MAX

static bool are_one_team(const struct making *m, struct str a, struct str b)
{
	struct buf x, y;
	bool same = str_equal_fold(a, b);

	if (same || !m->options->is_sentry)
		return same;
	buf_init(&x, LIMIT_HTTP_BODY);
	buf_init(&y, LIMIT_HTTP_BODY);
	same = sentry_team_slug(a, &x) && sentry_team_slug(b, &y) && x.len > 0 &&
		str_equal(buf_str(&x), buf_str(&y));
	buf_wipe(&x);
	buf_wipe(&y);
	return same;
}

static uint32_t find_team(const struct making *m, struct str name)
{
	const struct membership *all = &m->membership;
	size_t i;

	for (i = 0; i < all->team_count; i++)
		if (str_equal(all->teams[i].name, name))
			return (uint32_t)i;
	for (i = 0; i < all->team_count; i++)
		if (are_one_team(m, all->teams[i].name, name))
			return (uint32_t)i;
	return NEW;
}

static bool map_teams(struct making *m)
{
	const struct wanted *w = m->wanted;
	size_t i, j;

	m->team_of = calloc(w->team_count + 1, sizeof(*m->team_of));
	m->alias = calloc(w->team_count + 1, sizeof(*m->alias));
	if (m->team_of == NULL || m->alias == NULL)
		return err_memory(m->e, "the teams");
	for (i = 0; i < w->team_count; i++) {
		struct plan_change c = {.action = PLAN_CREATE_TEAM, .row = PLAN_NO_ROW};

		m->team_of[i] = find_team(m, w->teams[i]);
		m->alias[i] = (uint32_t)i;
		if (m->team_of[i] != NEW)
			continue;
		for (j = 0; j < i &&
			(m->team_of[j] != NEW || !are_one_team(m, w->teams[j], w->teams[i]));)
			j++;
		m->alias[i] = (uint32_t)j;
		c.team = w->teams[i];
		if (j == i && !plan_add(m->plan, &c, m->e))
			return false;
	}
	return true;
}

/* The member in hand joins team T of the roster. */
static bool add_join(struct making *m, uint32_t row, size_t t)
{
	const struct membership *all = &m->membership;
	struct plan_change c = {.action = PLAN_ADD_TO_TEAM,
		.row = row,
		.user_name = m->person.user_name,
		.id = m->person.id,
		.team = m->wanted->teams[m->alias[t]]};

	if (m->team_of[t] != NEW) {
		c.team = all->teams[m->team_of[t]].name;
		c.team_id = all->teams[m->team_of[t]].id;
	}
	return plan_add(m->plan, &c, m->e);
}

/* Whether team T of the roster is TEAM of the organization. A list that changes while it is read
   may hold one twice. */
static bool is_team(const struct making *m, size_t t, uint32_t team)
{
	const struct membership_team *teams = m->membership.teams;

	return m->team_of[t] != NEW && str_equal(teams[m->team_of[t]].id, teams[team].id);
}

/* Whether the member in hand is in the team that is T in the roster. */
static bool is_in(const struct making *m, size_t t)
{
	uint32_t team;
	size_t at = 0;

	while (membership_team(&m->membership, m->person.id, &at, &team))
		if (is_team(m, t, team))
			return true;
	return false;
}

static bool wants(const struct making *m, uint32_t row, uint32_t team)
{
	size_t count, i, first = wanted_teams(m->wanted, row, &count);

	for (i = first; i < first + count; i++)
		if (is_team(m, m->wanted->memberships[i].team, team))
			return true;
	return false;
}

static bool compare_teams(struct making *m, struct wanted_row *row)
{
	size_t count, i, first = wanted_teams(m->wanted, row->number, &count), at = 0;
	size_t before = m->plan->count;
	uint32_t team;

	for (i = first; i < first + count; i++) {
		uint32_t t = m->wanted->memberships[i].team;

		if (!is_in(m, t) && !add_join(m, row->number, t))
			return false;
	}
	while (m->options->prune && membership_team(&m->membership, m->person.id, &at, &team)) {
		struct plan_change c = {.action = PLAN_REMOVE_FROM_TEAM,
			.row = row->number,
			.user_name = m->person.user_name,
			.id = m->person.id,
			.team = m->membership.teams[team].name,
			.team_id = m->membership.teams[team].id};

		if (!wants(m, row->number, team) && !plan_add(m->plan, &c, m->e))
			return false;
	}
	if (m->plan->count > before)
		row->flags |= WANTED_TEAM_CHANGED;
	return true;
}

static bool compare_role(struct making *m, const struct wanted_row *row)
{
	struct plan_change c = {.action = PLAN_SET_ROLE,
		.row = row->number,
		.user_name = m->person.user_name,
		.id = m->person.id,
		.from = m->person.role,
		.to = m->wanted->roles[row->role]};

	/* A server that tells no role has none that could be compared. */
	if (row->role == 0 || !m->person.has_role || str_equal_fold(c.from, c.to))
		return true;
	if (m->options->is_sentry && sentry_is_owner(c.from)) {
		c.action = PLAN_KEEP;
		c.reason = IS_OWNER;
	}
	return plan_add(m->plan, &c, m->e);
}

static bool compare_row(struct making *m, struct wanted_row *row)
{
	size_t before = m->plan->count;
	bool ok;

	row->flags |= WANTED_MATCHED;
	ok = (!(row->flags & WANTED_SAYS_TEAMS) || compare_teams(m, row)) && compare_role(m, row);
	m->plan->unchanged += m->plan->count == before;
	return ok;
}

static bool judge_stranger(struct making *m, bool is_twin)
{
	struct plan_change c = {.action = PLAN_REMOVE,
		.row = PLAN_NO_ROW,
		.user_name = m->person.user_name,
		.id = m->person.id,
		.from = m->person.role};

	if (!m->options->prune)
		return true;
	if (is_twin || (m->options->is_sentry && sentry_is_owner(c.from))) {
		c.action = PLAN_KEEP;
		c.reason = is_twin ? KEPT_TWIN : KEPT_OWNER;
	}
	return plan_add(m->plan, &c, m->e);
}

static bool judge(struct making *m, struct wanted_row *row)
{
	if (row != NULL && !(row->flags & WANTED_MATCHED))
		return compare_row(m, row);
	return judge_stranger(m, row != NULL);
}

static bool take_member(void *context, const struct person *p, struct err *e)
{
	struct making *m = context;
	struct wanted_row *row = wanted_find(m->wanted, p->user_name);
	const struct plan_change other = {.action = PLAN_KEEP,
		.user_name = p->user_name,
		.id = p->id,
		.from = p->role,
		.stale = !p->has_role};

	m->plan->members++;
	if (row != NULL && !wanted_is_spelled(m->wanted, row, p->user_name))
		return plan_add(&m->others, &other, e);
	m->person = *p;
	return judge(m, row);
}

/* Theirs are the rows that nobody else has taken. */
static bool take_others(struct making *m)
{
	size_t i;
	bool ok = true;

	for (i = 0; ok && i < m->others.count; i++) {
		const struct plan_change *c = &m->others.changes[i];

		m->person = (struct person){.id = c->id,
			.user_name = c->user_name,
			.role = c->from,
			.has_role = !c->stale};
		ok = judge(m, wanted_find(m->wanted, c->user_name));
	}
	return ok;
}

/* ---- the roster once more ---- */

static void blame(struct making *m, const struct roster_row *row, const char *text)
{
	struct roster_fault fault;

	if (m->faults++ >= ROSTER_FAULTS_SHOWN || m->options->report == NULL)
		return;
	roster_fault_set(&fault, row->role_place, str_of(text));
	m->options->report(m->options->context, &fault);
}

/* What asks for an owner where there is none. */
static void look_for_owner(struct making *m, const struct roster_row *row, bool is_new,
	const struct plan_change *set_role)
{
	struct err why = {.kind = ERR_NONE};

	if (m->options->is_sentry && (is_new || set_role != NULL) &&
		!sentry_check_role(buf_str(&row->role), &why))
		blame(m, row, why.text);
}

/* A row whose member is not there: counted, and into its teams once it is. */
static bool add_new(struct making *m, const struct roster_row *row)
{
	size_t count, i, first = wanted_teams(m->wanted, (uint32_t)row->number, &count);

	m->plan->counts[PLAN_CREATE]++;
	m->person = (struct person){.user_name = buf_str(&row->user_name)};
	for (i = first; i < first + count; i++)
		if (!add_join(m, (uint32_t)row->number, m->wanted->memberships[i].team))
			return false;
	return true;
}

static int by_row(const void *a, const void *b)
{
	const struct plan_change *x = a, *y = b;

	return (x->row > y->row) - (x->row < y->row);
}

/* Gives the changes, which are in order of rows, their lines. */
static bool read_rows(struct making *m, struct roster_reader *r)
{
	struct plan *p = m->plan;
	size_t known = p->count, at = 0;
	struct roster_row row;
	enum roster_step step = ROSTER_END;
	bool ok = roster_rewind(r, m->e);

	if (known > 1)
		qsort(p->changes, known, sizeof(*p->changes), by_row);
	roster_row_init(&row);
	while (ok && (step = run_every_row(r, &row, m->e)) == ROSTER_ROW) {
		const struct wanted_row *wanted = wanted_find(m->wanted, buf_str(&row.user_name));
		const struct plan_change *set_role = NULL;
		bool is_new = wanted == NULL || !(wanted->flags & WANTED_MATCHED);
		size_t first = p->count;

		for (; at < known && p->changes[at].row == row.number; at++) {
			p->changes[at].line = row.place.line;
			if (p->changes[at].action == PLAN_SET_ROLE)
				set_role = &p->changes[at];
		}
		look_for_owner(m, &row, is_new, set_role);
		ok = !is_new || add_new(m, &row);
		for (; first < p->count; first++)
			p->changes[first].line = row.place.line;
	}
	roster_row_wipe(&row);
	if (!ok || step != ROSTER_END)
		return false;
	if (m->faults == 0)
		return true;
	return err_set(m->e, ERR_INPUT, "%llu fault%s in the roster; nothing was changed",
		(unsigned long long)m->faults, m->faults == 1 ? "" : "s");
}

/* ---- the token's own member ---- */

bool plan_own_member(struct caller *caller, struct str *id, struct reply *reply, struct err *e)
{
	const struct message_call call = {
		.api = true, .method = str_of("GET"), .path = str_of("members/me/")};
	struct json_value v;

	*id = str_of("");
	if (!caller->question.is_sentry || caller->client->origin->api_root.n == 0 ||
		caller->question.token == SENTRY_TOKEN_INTEGRATION)
		return true;
	if (!call_run(caller, &call, CALL_READ, true, reply, e)) {
		if (e->kind != ERR_NOT_FOUND && e->kind != ERR_AUTH && e->kind != ERR_REFUSED)
			return false;
		log_line(caller->client->route->log, LOG_DETAIL,
			"the token belongs to no member: %s", e->text);
		err_clear(e);
		return true;
	}
	if (json_member(call_body(caller), "id", &v) && v.type == JSON_STRING)
		*id = v.raw;
	return true;
}

static bool keep_self(struct making *m, struct caller *caller, struct reply *reply)
{
	struct plan *p = m->plan;
	struct str own;
	size_t i;

	if (p->counts[PLAN_REMOVE] == 0)
		return true;
	if (!plan_own_member(caller, &own, reply, m->e))
		return false;
	for (i = 0; i < p->count; i++) {
		struct plan_change *c = &p->changes[i];

		if (c->action != PLAN_REMOVE || !json_text_equal(own, c->id, false))
			continue;
		c->action = PLAN_KEEP;
		c->reason = KEPT_SELF;
		p->counts[PLAN_REMOVE]--;
		p->counts[PLAN_KEEP]++;
	}
	return true;
}

bool plan_make(struct plan *p, struct wanted *w, struct roster_reader *r, struct caller *caller,
	const struct plan_options *options, struct reply *reply, struct err *e)
{
	struct making m = {.plan = p, .wanted = w, .options = options, .e = e};
	bool ok;

	p->prune = options->prune;
	p->teams = w->says_teams;
	membership_init(&m.membership);
	plan_init(&m.others);
	ok = (!p->teams || membership_load(&m.membership, caller, &p->state, reply, e)) &&
		map_teams(&m) && people_read(caller, &p->state, take_member, &m, reply, e) &&
		take_others(&m) && read_rows(&m, r) && keep_self(&m, caller, reply);
	if (ok)
		plan_sort(p);
	membership_wipe(&m.membership);
	plan_wipe(&m.others);
	free(m.team_of);
	free(m.alias);
	return ok;
}

/* ---- going through it ---- */

enum roster_step plan_next_create(void *context, struct roster_row *row, struct err *e)
{
	const struct plan_creates *c = context;
	enum roster_step step;

	while ((step = run_every_row(c->reader, row, e)) == ROSTER_ROW) {
		const struct wanted_row *w = wanted_find(c->wanted, buf_str(&row->user_name));

		if (w == NULL || !(w->flags & WANTED_MATCHED))
			break;
	}
	return step;
}

static bool each_create(
	struct wanted *w, struct roster_reader *r, plan_each_fn *each, void *context, struct err *e)
{
	struct plan_creates creates = {.wanted = w, .reader = r};
	struct roster_row row;
	enum roster_step step = ROSTER_END;
	bool ok = roster_rewind(r, e);

	roster_row_init(&row);
	while (ok && (step = plan_next_create(&creates, &row, e)) == ROSTER_ROW) {
		const struct plan_change c = {.action = PLAN_CREATE,
			.row = (uint32_t)row.number,
			.line = row.place.line,
			.user_name = buf_str(&row.user_name),
			.to = buf_str(&row.role),
			.body = buf_str(&row.body)};

		ok = each(context, &c, e);
	}
	roster_row_wipe(&row);
	return ok && step == ROSTER_END;
}

bool plan_each(const struct plan *p, struct wanted *w, struct roster_reader *r, plan_each_fn *each,
	void *context, struct err *e)
{
	bool created = p->counts[PLAN_CREATE] == 0 || r == NULL;
	size_t i;

	for (i = 0; i < p->count; i++) {
		if (!created && p->changes[i].action > PLAN_CREATE) {
			created = true;
			if (!each_create(w, r, each, context, e))
				return false;
		}
		if (!each(context, &p->changes[i], e))
			return false;
	}
	return created || each_create(w, r, each, context, e);
}
