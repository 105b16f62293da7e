#include "client/find.h"

#include "client/pages.h"
#include "codec/json_scan.h"
#include "codec/url.h"
#include "scim/filter.h"
#include "scim/user.h"

/* How each kind is asked for. */
static const struct {
	const char *noun, *collection, *name, *query;
} kinds[] = {
	[FIND_MEMBER] = {"member", "Users", "userName", NULL},
	/* A team may have 10,000 members, which nobody needs here. */
	[FIND_TEAM] = {"team", "Groups", "displayName", "excludedAttributes=members"},
};

/* What the resources met so far say to the name. */
struct search {
	enum find_kind kind;
	struct str who;
	bool name_only;       /* WHO is no id */
	enum user_match best; /* of what is in the result */
	unsigned hits;        /* resources at BEST */
	struct found *out;
};

void found_init(struct found *f)
{
	*f = (struct found){.by_id = false};
	buf_init(&f->id, LIMIT_URL);
	buf_init(&f->name, LIMIT_REQUEST_BODY);
	buf_init(&f->resource, LIMIT_HTTP_BODY);
}

void found_wipe(struct found *f)
{
	buf_wipe(&f->id);
	buf_wipe(&f->name);
	buf_wipe(&f->resource);
}

const char *find_noun(enum find_kind kind)
{
	return kinds[kind].noun;
}

void find_path(enum find_kind kind, struct str id, struct buf *out)
{
	buf_addf(out, "%s/", kinds[kind].collection);
	url_encode(id, out);
}

static bool is_digits(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!char_is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

bool find_is_id(struct str id)
{
	return id.n > 0 && !str_is(id, ".") && !str_is(id, "..");
}

static bool take_text(struct str resource, const char *name, struct buf *out)
{
	struct json_value v;

	buf_clear(out);
	if (!json_member(resource, name, &v) || v.type != JSON_STRING || v.raw.n == 0)
		return false;
	json_unescape(v.raw, out);
	return !out->failed;
}

static enum user_match compare(struct str resource, const char *name, struct str who)
{
	struct json_value v;

	if (!json_member(resource, name, &v) || v.type != JSON_STRING)
		return USER_MATCH_NONE;
	if (json_text_equal(v.raw, who, false))
		return USER_MATCH_EXACT;
	return json_text_equal(v.raw, who, true) ? USER_MATCH_FOLD : USER_MATCH_NONE;
}

/* Keeps RESOURCE if it answers to the name better than what was met before. */
static bool meet(struct search *s, struct str resource, struct err *e)
{
	enum user_match m = compare(resource, kinds[s->kind].name, s->who);
	struct found *f = s->out;

	if (s->hits > 0 && m < s->best)
		return true;
	s->hits = s->hits > 0 && m == s->best ? s->hits + 1 : 1;
	s->best = m;
	if (!take_text(resource, "id", &f->id) || !find_is_id(buf_str(&f->id)) ||
		!take_text(resource, kinds[s->kind].name, &f->name))
		return err_set(e, ERR_PROTOCOL, "the server lists a %s without id or name",
			find_noun(s->kind));
	buf_clear(&f->resource);
	buf_add_str(&f->resource, resource);
	return !f->resource.failed || err_memory(e, "keeping the server's answer");
}

/* Reads the list that QUERY selects, all of it if need be. */
static bool search(struct caller *c, struct search *s, const char *query, bool all,
	struct reply *reply, struct err *e)
{
	struct pages p;
	struct str resource;
	enum pages_step step;
	bool ok = true;

	pages_init(&p, c, kinds[s->kind].collection, query, 0);
	while (ok && (step = pages_next(&p, &resource, reply, e)) == PAGES_ITEM)
		/* Of a list that nobody filtered only the name itself is a hit. */
		if (!all || compare(resource, kinds[s->kind].name, s->who) != USER_MATCH_NONE)
			ok = meet(s, resource, e);
	pages_wipe(&p);
	return ok && step == PAGES_END;
}

static bool write_query(enum find_kind kind, struct str who, struct buf *out, struct err *e)
{
	if (kinds[kind].query != NULL)
		buf_addf(out, "%s&", kinds[kind].query);
	if (filter_add(kinds[kind].name, who, out))
		return true;
	return err_set(
		e, ERR_INPUT, "the name of the %s is too long or not UTF-8", find_noun(kind));
}

static bool ask(struct caller *c, struct search *s, struct reply *reply, struct err *e)
{
	struct buf query;
	bool ok;

	if (!filter_possible(s->who, c->question.is_sentry))
		return search(c, s, kinds[s->kind].query, true, reply, e);
	buf_init(&query, LIMIT_REQUEST_HEAD);
	ok = write_query(s->kind, s->who, &query, e) &&
		search(c, s, buf_text(&query), false, reply, e);
	buf_wipe(&query);
	return ok;
}

/* With other providers an id may be any text. */
static bool try_id(struct caller *c, const struct search *s, struct reply *reply, struct err *e)
{
	struct message_call call = {.method = str_of("GET")};
	struct buf path;
	bool ok;

	if (!find_is_id(s->who))
		return false;
	buf_init(&path, LIMIT_REQUEST_HEAD);
	find_path(s->kind, s->who, &path);
	call.path = buf_str(&path);
	ok = call_run(c, &call, CALL_READ, true, reply, e);
	buf_wipe(&path);
	if (!ok || compare(call_body(c), "id", s->who) != USER_MATCH_EXACT)
		return false;
	buf_clear(&s->out->resource);
	return take_text(call_body(c), "id", &s->out->id) &&
		take_text(call_body(c), kinds[s->kind].name, &s->out->name);
}

static bool judge(struct caller *c, const struct search *s, struct reply *reply, struct err *e)
{
	const struct found *f = s->out;

	/* Sentry filters teams by slug, which several spellings of one name share, and no two
	   teams. What others send need not even be filtered. */
	bool good = s->best != USER_MATCH_NONE ||
		(s->kind == FIND_TEAM && s->hits == 1 && c->question.is_sentry);

	if (s->hits == 1 && good)
		return true;
	if (s->best == USER_MATCH_NONE && !s->name_only && !c->question.is_sentry &&
		try_id(c, s, reply, e))
		return true;
	if (e->kind != ERR_NONE && e->kind != ERR_NOT_FOUND)
		return false;
	reply->answered = false;
	reply->status = 0;
	err_clear(e);
	if (s->hits > 1 && good) {
		err_set(e, ERR_INPUT, "%u %ss answer to the name %.*s", s->hits, find_noun(s->kind),
			STR_ARG(s->who));
		err_hint(e, "name it by its id");
		return false;
	}
	err_set(e, ERR_NOT_FOUND, "there is no %s %.*s", find_noun(s->kind), STR_ARG(s->who));
	if (s->hits > 0)
		err_hint(e, "that is another address of %s (id %s)", buf_text(&f->name),
			buf_text(&f->id));
	return false;
}

static bool find(struct caller *c, struct search *s, struct reply *reply, struct err *e)
{
	struct found *out = s->out;

	*reply = (struct reply){.status = 0};
	buf_clear(&out->id);
	buf_clear(&out->name);
	buf_clear(&out->resource);
	out->by_id = false;
	/* An empty name would list everybody. */
	if (str_trim_space(s->who).n == 0)
		return err_set(e, ERR_USAGE, "the name of the %s is empty", find_noun(s->kind));
	if (!s->name_only && is_digits(s->who)) {
		out->by_id = true;
		buf_add_str(&out->id, s->who);
		return true;
	}
	return ask(c, s, reply, e) && judge(c, s, reply, e);
}

bool find_one(struct caller *c, enum find_kind kind, struct str who, struct found *out,
	struct reply *reply, struct err *e)
{
	struct search s = {.kind = kind, .who = who, .out = out};

	return find(c, &s, reply, e);
}

bool find_by_name(struct caller *c, enum find_kind kind, struct str who, struct found *out,
	struct reply *reply, struct err *e)
{
	struct search s = {.kind = kind, .who = who, .name_only = true, .out = out};

	return find(c, &s, reply, e);
}
