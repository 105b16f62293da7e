#include "roster/plan_file.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/search.h"
#include "codec/hex.h"
#include "codec/json_emit.h"
#include "codec/json_scan.h"
#include "roster/membership.h"
#include "roster/people.h"
#include "scim/list.h"
#include "scim/sentry.h"
#include "scim/user.h"

#define VERSION "1"

/* ---- writing ---- */

bool plan_file_begin(const struct plan *p, struct str server, struct buf *out)
{
	buf_add_text(out, "{\"sentryScimPlan\":" VERSION ",\"server\":");
	json_quote(server, out);
	buf_addf(out, ",\"members\":%llu,\"state\":\"", (unsigned long long)p->members);
	hex_write(p->state.digest, STATE_BYTES, out);
	buf_addf(out, "\",\"prune\":%s,\"teams\":%s,\"changes\":[", p->prune ? "true" : "false",
		p->teams ? "true" : "false");
	return !out->failed;
}

bool plan_file_end(struct buf *out)
{
	buf_add_text(out, "\n]}\n");
	return !out->failed;
}

static void add_text(struct json_emit *j, const char *name, struct str text)
{
	if (text.n > 0)
		json_emit_member(j, name, text);
}

bool plan_file_change(const struct plan_change *c, struct buf *out)
{
	struct json_emit j;

	json_emit_init(&j, out);
	json_emit_object(&j);
	json_emit_member(&j, "action", str_of(plan_action_name(c->action)));
	if (c->line > 0) {
		json_emit_key(&j, str_of("line"));
		json_emit_u64(&j, c->line);
	}
	add_text(&j, "userName", c->user_name);
	add_text(&j, "id", c->id);
	add_text(&j, "team", c->team);
	add_text(&j, "teamId", c->team_id);
	add_text(&j, "from", c->from);
	add_text(&j, "to", c->to);
	if (c->body.n > 0) {
		json_emit_key(&j, str_of("body"));
		json_emit_raw(&j, c->body);
	}
	if (c->reason != NULL)
		json_emit_member(&j, "reason", str_of(c->reason));
	json_emit_object_close(&j);
	return json_emit_done(&j);
}

/* ---- finding changes ---- */

/* Where the changes of a member are found, by its name or by its id. */
struct spot {
	uint64_t key; /* list_text_identity() */
	uint32_t change;
};

struct spots {
	struct spot *list; /* owned; by key, then by change; NULL: not gathered yet */
	size_t count;
};

static int by_key(const void *a, const void *b)
{
	const struct spot *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->change > y->change) - (x->change < y->change);
}

/* The creates by their names, or the changes of role and removals by their ids. */
static bool gather(struct spots *s, const struct plan *p, bool creates, struct err *e)
{
	size_t i;

	s->list = calloc(p->count + 1, sizeof(*s->list));
	if (s->list == NULL)
		return err_memory(e, "the plan");
	for (i = 0; i < p->count; i++) {
		const struct plan_change *c = &p->changes[i];

		if (creates ? c->action == PLAN_CREATE
			    : c->action == PLAN_SET_ROLE || c->action == PLAN_REMOVE)
			s->list[s->count++] = (struct spot){
				.key = list_text_identity(creates ? c->user_name : c->id),
				.change = (uint32_t)i};
	}
	if (s->count > 1)
		qsort(s->list, s->count, sizeof(*s->list), by_key);
	return true;
}

/* The first spot of TEXT; *END is behind the last. Others may share its hash. */
static size_t find_spots(const struct spots *s, struct str text, size_t *end)
{
	const struct spot key = {.key = list_text_identity(text)};
	size_t first = search_first(s->list, s->count, sizeof(key), &key, by_key);

	for (*end = first; *end < s->count && s->list[*end].key == key.key;)
		++*end;
	return first;
}

/* ---- reading ---- */

struct reading {
	struct plan *plan;
	struct str text;
	struct buf texts[6];  /* owned: of the change in hand, escapes undone */
	struct spots creates; /* gathered when the first membership waits for one */
	struct err *e;
};

enum { USER_NAME, ID, TEAM, TEAM_ID, FROM, TO };
static const char *const names[] = {"userName", "id", "team", "teamId", "from", "to"};

static bool bad(struct reading *r, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static bool bad(struct reading *r, const char *at, const char *format, ...)
{
	size_t line, column;
	va_list args;
	struct buf what;

	buf_init(&what, 256);
	va_start(args, format);
	buf_vaddf(&what, format, args);
	va_end(args);
	json_place(r->text, (size_t)(at - r->text.p), &line, &column);
	err_set(r->e, ERR_INPUT, "line %zu, column %zu: %s", line, column, buf_text(&what));
	buf_wipe(&what);
	return false;
}

static bool no_plan(struct err *e)
{
	return err_set(e, ERR_INPUT, "this is no plan that `roster plan -o json` has written");
}

static bool is_boolean(const struct json_value *v)
{
	return v->type == JSON_TRUE || v->type == JSON_FALSE;
}

static bool read_head(struct reading *r, struct str server, struct json_value *changes)
{
	struct json_value version, made_for, members, state, prune, teams;
	struct plan *p = r->plan;

	if (!json_member(r->text, "sentryScimPlan", &version))
		return no_plan(r->e);
	if (!str_is(version.raw, VERSION))
		return err_set(r->e, ERR_INPUT, "the plan is of another version of the program");
	if (!json_member(r->text, "server", &made_for) || made_for.type != JSON_STRING ||
		!json_member(r->text, "members", &members) || members.type != JSON_NUMBER ||
		!str_to_u64(members.raw, UINT64_MAX, &p->members) ||
		!json_member(r->text, "state", &state) || state.type != JSON_STRING ||
		!hex_read(state.raw, p->state.digest, STATE_BYTES) ||
		!json_member(r->text, "prune", &prune) || !is_boolean(&prune) ||
		!json_member(r->text, "teams", &teams) || !is_boolean(&teams) ||
		!json_member(r->text, "changes", changes) || changes->type != JSON_ARRAY)
		return no_plan(r->e);
	p->prune = prune.type == JSON_TRUE;
	p->teams = teams.type == JSON_TRUE;
	if (json_text_equal(made_for.raw, server, false))
		return true;
	return err_set(r->e, ERR_CONFIG, "the plan was made for another server: %.*s",
		STR_ARG(made_for.raw));
}

static bool find_action(struct str name, enum plan_action *out)
{
	unsigned i;

	for (i = 0; i < PLAN_ACTIONS; i++)
		if (str_is(name, plan_action_name((enum plan_action)i))) {
			*out = (enum plan_action)i;
			return true;
		}
	return false;
}

/* What a change of ACTION must have, as bits of the texts. */
static unsigned needs(enum plan_action action)
{
	switch (action) {
	case PLAN_CREATE_TEAM: return 1u << TEAM;
	case PLAN_CREATE: return 1u << USER_NAME;
	case PLAN_ADD_TO_TEAM: return 1u << USER_NAME | 1u << TEAM;
	case PLAN_REMOVE_FROM_TEAM: return 1u << USER_NAME | 1u << ID | 1u << TEAM | 1u << TEAM_ID;
	case PLAN_SET_ROLE: return 1u << USER_NAME | 1u << ID | 1u << TO;
	case PLAN_REMOVE: return 1u << USER_NAME | 1u << ID;
	default: return 0;
	}
}

static bool read_texts(struct reading *r, const struct json_value *object, unsigned needed)
{
	struct json_value v;
	unsigned i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		buf_clear(&r->texts[i]);
		if (!json_member(object->raw, names[i], &v)) {
			if (needed & 1u << i)
				return bad(r, object->raw.p, "the change has no %s", names[i]);
			continue;
		}
		if (v.type != JSON_STRING || ((needed & 1u << i) && v.raw.n == 0))
			return bad(r, v.whole.p, "%s is no text, or an empty one", names[i]);
		json_unescape(v.raw, &r->texts[i]);
		if (r->texts[i].failed)
			return err_memory(r->e, "reading the plan");
	}
	/* An id becomes a segment of a path, where these lead elsewhere. */
	if (str_is(buf_str(&r->texts[ID]), ".") || str_is(buf_str(&r->texts[ID]), "..") ||
		str_is(buf_str(&r->texts[TEAM_ID]), ".") ||
		str_is(buf_str(&r->texts[TEAM_ID]), ".."))
		return bad(r, object->raw.p, "the change has no id that could be one");
	return true;
}

/* The create that the membership C, without an id, waits for: all of them have been read. */
static bool find_create(struct reading *r, const struct json_value *object, struct plan_change *c)
{
	size_t i, end;

	if (r->creates.list == NULL && !gather(&r->creates, r->plan, true, r->e))
		return false;
	for (i = find_spots(&r->creates, c->user_name, &end); i < end; i++) {
		c->row = r->creates.list[i].change;
		if (str_equal(r->plan->changes[c->row].user_name, c->user_name))
			return true;
	}
	return bad(r, object->raw.p, "this member is neither there nor created");
}

static bool read_create(struct reading *r, const struct json_value *object, struct plan_change *c)
{
	struct json_value body;

	if (!json_member(object->raw, "body", &body) || body.type != JSON_OBJECT)
		return bad(r, object->raw.p, "the change has no body");
	buf_clear(&r->texts[FROM]);
	buf_clear(&r->texts[TO]);
	if (!user_body_facts(body.raw, &r->texts[FROM], &r->texts[TO], r->e))
		return false;
	if (!str_equal(buf_str(&r->texts[FROM]), c->user_name))
		return bad(r, body.raw.p, "the body has another userName");
	/* As for a row of a roster, which it may become again. */
	if (body.raw.n > LIMIT_ROSTER_ROW || c->user_name.n > LIMIT_ROSTER_ROW)
		return bad(r, body.raw.p, "the body is too long");
	c->from = c->team = str_of("");
	c->to = buf_str(&r->texts[TO]);
	c->body = body.raw;
	c->row = (uint32_t)r->plan->count;
	return true;
}

static bool read_change(struct reading *r, const struct json_value *object)
{
	struct plan *p = r->plan;
	struct plan_change c = {.row = PLAN_NO_ROW};
	struct json_value v;

	if (object->type != JSON_OBJECT || !json_member(object->raw, "action", &v) ||
		v.type != JSON_STRING || !find_action(v.raw, &c.action))
		return bad(r, object->whole.p, "this is no change that is known");
	if (p->count > 0 && c.action < p->changes[p->count - 1].action)
		return bad(r, object->whole.p, "the changes are not in their order");
	if (c.action == PLAN_KEEP)
		return true;
	if (json_member(object->raw, "line", &v) && !str_to_u64(v.raw, UINT64_MAX, &c.line))
		return bad(r, v.whole.p, "line is no number");
	if (p->count >= PLAN_NO_ROW)
		return err_set(r->e, ERR_INPUT, "the plan has too many changes");
	if (!read_texts(r, object, needs(c.action)))
		return false;
	c.user_name = buf_str(&r->texts[USER_NAME]);
	c.id = buf_str(&r->texts[ID]);
	c.team = buf_str(&r->texts[TEAM]);
	c.team_id = buf_str(&r->texts[TEAM_ID]);
	c.from = buf_str(&r->texts[FROM]);
	c.to = buf_str(&r->texts[TO]);
	if (c.action == PLAN_CREATE && !read_create(r, object, &c))
		return false;
	if (c.action == PLAN_ADD_TO_TEAM && c.id.n == 0 && !find_create(r, object, &c))
		return false;
	return plan_add(p, &c, r->e);
}

bool plan_file_read(struct plan *p, struct str text, struct str server, struct err *e)
{
	struct reading r = {.plan = p, .text = text, .e = e};
	struct json_value changes, change;
	struct json_fault fault;
	size_t i, at = 0;
	bool ok;

	if (!json_valid_object(text, &fault))
		return bad(&r, text.p + fault.at, "%s", fault.what);
	for (i = 0; i < sizeof(r.texts) / sizeof(r.texts[0]); i++)
		buf_init(&r.texts[i], LIMIT_REQUEST_BODY);
	ok = read_head(&r, server, &changes);
	while (ok && json_element(changes.raw, &at, &change))
		ok = read_change(&r, &change);
	for (i = 0; i < sizeof(r.texts) / sizeof(r.texts[0]); i++)
		buf_wipe(&r.texts[i]);
	free(r.creates.list);
	if (ok)
		plan_sort(p);
	return ok;
}

/* ---- verifying ---- */

struct verifying {
	struct plan *plan;
	struct spots spots;
	struct state state;
	uint64_t members;
	bool is_sentry;
	struct err *e;
};

/* Whether P is as C says, or as C wants it already. */
static bool is_as_planned(const struct person *p, const struct plan_change *c)
{
	return str_equal(c->user_name, p->user_name) &&
		(str_equal_fold(p->role, c->from) ||
			(c->action == PLAN_SET_ROLE && str_equal_fold(p->role, c->to)));
}

static bool take_member(void *context, const struct person *p, struct err *e)
{
	struct verifying *v = context;
	size_t end, i = find_spots(&v->spots, p->id, &end);

	(void)e;
	v->members++;
	for (; i < end; i++) {
		struct plan_change *c = &v->plan->changes[v->spots.list[i].change];

		/* Who is listed twice must be so each time. */
		c->stale = c->stale || !is_as_planned(p, c);
		if (v->is_sentry && c->action == PLAN_REMOVE && sentry_is_owner(p->role))
			c->reason = KEPT_OWNER;
	}
	return true;
}

/* The token need not be the one that the plan was made with. */
static bool keep_self(struct plan *p, struct caller *caller, struct reply *reply, struct err *e)
{
	struct plan_change *c;
	struct str own;
	size_t count, i;

	c = plan_changes(p, PLAN_REMOVE, &count);
	if (count == 0)
		return true;
	if (!plan_own_member(caller, &own, reply, e))
		return false;
	for (i = 0; i < count; i++)
		if (json_text_equal(own, c[i].id, false))
			c[i].reason = KEPT_SELF;
	return true;
}

bool plan_verify(
	struct plan *p, bool resumed, struct caller *caller, struct reply *reply, struct err *e)
{
	struct verifying v = {.plan = p, .is_sentry = caller->question.is_sentry, .e = e};
	struct membership m;
	bool ok;

	membership_init(&m);
	ok = gather(&v.spots, p, false, e) &&
		(!p->teams || membership_load(&m, caller, &v.state, reply, e)) &&
		people_read(caller, &v.state, take_member, &v, reply, e);
	membership_wipe(&m);
	free(v.spots.list);
	if (!ok)
		return false;
	/* What the guard goes by is not the file's to say. */
	p->members = v.members;
	if (resumed || memcmp(&v.state, &p->state, sizeof(v.state)) == 0)
		return keep_self(p, caller, reply, e);
	err_set(e, ERR_INPUT,
		"the organization has changed since the plan was made; nothing was changed");
	err_hint(e, "make a new plan");
	return false;
}

/* A plan that was laid out anew has bodies of several lines: JSON has line ends only where it may
   have blanks. */
static void join_lines(struct buf *b)
{
	size_t i;

	for (i = 0; i < b->len; i++)
		if (b->data[i] == '\n' || b->data[i] == '\r')
			b->data[i] = ' ';
}

enum roster_step plan_file_next_create(void *context, struct roster_row *row, struct err *e)
{
	struct plan_file_creates *creates = context;
	const struct plan *p = creates->plan;
	const struct plan_change *c;

	while (creates->at < p->count && p->changes[creates->at].action != PLAN_CREATE)
		creates->at++;
	if (creates->at == p->count)
		return ROSTER_END;
	c = &p->changes[creates->at];
	row->number = creates->at++;
	row->place = (struct roster_place){.line = c->line};
	buf_clear(&row->user_name);
	buf_clear(&row->role);
	buf_clear(&row->body);
	buf_clear(&row->teams);
	buf_clear(&row->source);
	buf_add_str(&row->user_name, c->user_name);
	buf_add_str(&row->role, c->to);
	buf_add_str(&row->body, c->body);
	/* As a row of a JSON Lines roster. */
	buf_add_str(&row->source, c->body);
	join_lines(&row->source);
	buf_add_char(&row->source, '\n');
	if (!row->user_name.failed && !row->role.failed && !row->body.failed && !row->source.failed)
		return ROSTER_ROW;
	err_memory(e, "the plan");
	return ROSTER_FAIL;
}
