#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "check.h"
#include "codec/json_emit.h"
#include "codec/json_scan.h"
#include "die.h"
#include "list.h"
#include "patch.h"
#include "pyjson.h"

#define MEMBERS_SHOWN 10000u
#define BAD_SLUG                                                                                   \
	"Enter a valid slug consisting of lowercase letters, numbers, underscores or hyphens. It " \
	"cannot be entirely numeric."

static void emit_members(struct json_emit *j, const struct state *s, const struct team *t)
{
	size_t i;

	json_emit_key(j, str_of("members"));
	json_emit_array(j);
	for (i = 0; i < t->member_count && i < MEMBERS_SHOWN; i++) {
		const struct member *m = state_member(s, t->org, t->members[i]);

		json_emit_object(j);
		json_emit_key(j, str_of("value"));
		list_emit_id(j, m->id);
		json_emit_member(j, "display", str_of(m->email));
		json_emit_object_close(j);
	}
	json_emit_array_close(j);
}

static void emit_group(
	struct json_emit *j, const struct state *s, const struct team *t, bool without_members)
{
	json_emit_object(j);
	json_emit_key(j, str_of("schemas"));
	json_emit_array(j);
	json_emit_string(j, str_of(URN_GROUP));
	json_emit_array_close(j);
	json_emit_key(j, str_of("id"));
	list_emit_id(j, t->id);
	json_emit_member(j, "displayName", str_of(t->name));
	json_emit_key(j, str_of("meta"));
	json_emit_object(j);
	json_emit_member(j, "resourceType", str_of("Group"));
	json_emit_object_close(j);
	if (!without_members)
		emit_members(j, s, t);
	json_emit_object_close(j);
}

static void answer_group(struct call *c, int status, const struct team *t, bool without_members)
{
	struct json_emit j;

	reply_json(c->reply, status);
	json_emit_init(&j, &c->reply->body);
	emit_group(&j, &c->api->state, t, without_members);
	list_must_be_done(&j);
}

static int compare_teams(const void *a, const void *b)
{
	const struct team *x = *(struct team *const *)a, *y = *(struct team *const *)b;

	return strcmp(x->slug, y->slug);
}

void groups_list(struct call *c)
{
	const struct state *s = &c->api->state;
	struct team **found = must_alloc(s->team_count, sizeof(struct team *));
	struct json_emit j;
	struct query q;
	struct page page;
	struct buf slug;
	size_t i, n = 0;

	server_buf(&slug);
	if (query_read(&q, c->request->query, &c->api->manners, c->reply)) {
		check_slugify(buf_str(&q.value), &slug);
		for (i = 0; i < s->team_count; i++)
			if (s->teams[i]->org == c->org &&
				(q.key == FILTER_NONE || str_is(buf_str(&slug), s->teams[i]->slug)))
				found[n++] = s->teams[i];
		if (n > 1)
			qsort(found, n, sizeof(struct team *), compare_teams);
		page = list_page(&q, n);
		list_open(&j, c->reply, &q, n, page);
		for (i = page.from; i < page.to; i++)
			emit_group(&j, s, found[i], q.without_members);
		list_close(&j);
	}
	query_wipe(&q);
	buf_wipe(&slug);
	free(found);
}

/* Shape D for name and slug; empty when both are fine. */
static void judge_names(struct str name, struct str slug, struct buf *faults)
{
	const char *text = NULL;

	if (check_length(name) > 64)
		buf_add_text(
			faults, "\"name\":[\"Ensure this field has no more than 64 characters.\"]");
	else if (name.n > 0 && memchr(name.p, '\0', name.n) != NULL)
		buf_add_text(faults, "\"name\":[\"Null characters are not allowed.\"]");
	if (slug.n == 0)
		text = "This field may not be blank.";
	else if (slug.n > 50)
		text = "Ensure this field has no more than 50 characters.";
	else if (check_all_digits(slug))
		text = BAD_SLUG;
	if (text != NULL)
		buf_addf(faults, "%s\"slug\":[\"%s\"]", faults->len > 0 ? "," : "", text);
}

/* Whether name and slug are taken; if not, the reply is written. */
static bool check_names(struct call *c, struct str name, struct str slug)
{
	struct buf faults;
	bool ok;

	server_buf(&faults);
	judge_names(name, slug, &faults);
	ok = faults.len == 0;
	if (!ok) {
		reply_json(c->reply, 400);
		buf_addf(&c->reply->body, "{%s}", buf_text(&faults));
	}
	buf_wipe(&faults);
	return ok;
}

static void slug_exists(struct call *c)
{
	const char *text = "A team with this slug already exists.";

	reply_json(c->reply, 409);
	buf_addf(&c->reply->body, "{\"non_field_errors\":[\"%s\"],\"detail\":\"%s\"}", text, text);
}

static void create_group(struct call *c, struct str name, struct str slug)
{
	struct state *s = &c->api->state;
	struct team *t;

	if (!check_names(c, name, slug))
		return;
	if (state_team_by_slug(s, c->org, slug) != NULL) {
		slug_exists(c);
		return;
	}
	t = state_add_team(s, c->org, name, slug);
	t->idp_provisioned = true;
	state_changed(s);
	answer_group(c, 201, t, false);
}

void groups_create(struct call *c)
{
	struct json_value v;
	struct str body;
	struct buf name, slug;

	if (!call_body(c, &body))
		return;
	if (!json_member(body, "displayName", &v) ||
		(v.type != JSON_STRING && v.type != JSON_NUMBER)) {
		if (c->api->manners.refuses_payload)
			reply_scim_error(
				c->reply, &c->api->manners, 400, "Invalid SCIM payload.", NULL);
		else
			reply_crash(c->reply);
		return;
	}
	server_buf(&name);
	server_buf(&slug);
	if (v.type == JSON_STRING)
		json_unescape(v.raw, &name);
	else
		buf_add_str(&name, v.whole);
	must_hold(&name);
	check_slugify(buf_str(&name), &slug);
	create_group(c, str_trim_space(buf_str(&name)), buf_str(&slug));
	buf_wipe(&name);
	buf_wipe(&slug);
}

void group_get(struct call *c)
{
	struct team *t = call_team(c);
	struct query q;

	if (t == NULL)
		return;
	if (query_read(&q, c->request->query, &c->api->manners, c->reply))
		answer_group(c, 200, t, q.without_members);
	query_wipe(&q);
}

void group_delete(struct call *c)
{
	struct team *t = call_team(c);

	if (t == NULL)
		return;
	state_remove_team(&c->api->state, t);
	state_changed(&c->api->state);
	reply_empty(c->reply, 204);
}

/* How one operation ended. */
enum outcome {
	OUTCOME_FINE,
	OUTCOME_CRASH,
	OUTCOME_NO_USER, /* all of the request is taken back */
	OUTCOME_BAD_FILTER,
	OUTCOME_ANSWERED /* the reply is written */
};

/* The member whose id is V, a number or a string of digits. */
static enum outcome find_member(struct call *c, const struct json_value *v, uint64_t *id)
{
	struct buf text;
	bool ok;

	server_buf(&text);
	if (v->type == JSON_STRING)
		json_unescape(v->raw, &text);
	else if (v->type == JSON_NUMBER)
		buf_add_str(&text, v->whole);
	ok = check_all_digits(str_trim_space(buf_str(&text)));
	if (!str_to_u64(str_trim_space(buf_str(&text)), UINT64_MAX, id))
		*id = 0;
	buf_wipe(&text);
	if (!ok)
		return OUTCOME_CRASH;
	return state_member(&c->api->state, c->org, *id) != NULL ? OUTCOME_FINE : OUTCOME_NO_USER;
}

/* The same for an element {"value":"242"} of a list. */
static enum outcome find_element(struct call *c, const struct json_value *element, uint64_t *id)
{
	struct json_value v;

	if (element->type != JSON_OBJECT || !json_member(element->whole, "value", &v))
		return OUTCOME_CRASH;
	return find_member(c, &v, id);
}

static enum outcome add_members(struct call *c, struct team *t, struct str operation)
{
	struct json_value list, element;
	enum outcome outcome = OUTCOME_FINE;
	uint64_t id;
	size_t at = 0;

	if (!json_member(operation, "value", &list) || list.type != JSON_ARRAY)
		return OUTCOME_CRASH;
	while (outcome == OUTCOME_FINE && json_element(list.whole, &at, &element)) {
		outcome = find_element(c, &element, &id);
		if (outcome == OUTCOME_FINE)
			team_add(t, id);
	}
	return outcome;
}

static enum outcome replace_members(struct call *c, struct team *t, struct str operation)
{
	team_clear(t);
	return add_members(c, t, operation);
}

/* members[value eq "242"] */
static enum outcome remove_by_filter(struct call *c, struct team *t, struct str path)
{
	struct str before, filter, behind;
	enum filter_key key;
	enum filter_step step;
	struct buf value;
	uint64_t id = 0;
	bool number;

	if (!str_cut(path, '[', &before, &filter) || !str_cut(filter, ']', &filter, &behind))
		return OUTCOME_BAD_FILTER;
	server_buf(&value);
	step = filter_read(filter, &key, &value);
	number = check_all_digits(buf_str(&value));
	if (!str_to_u64(buf_str(&value), UINT64_MAX, &id))
		id = 0;
	buf_wipe(&value);
	if (step == FILTER_INVALID)
		return OUTCOME_BAD_FILTER;
	if (step == FILTER_CRASH || !number)
		return OUTCOME_CRASH;
	if (state_member(&c->api->state, c->org, id) == NULL)
		return OUTCOME_NO_USER;
	team_remove(t, id);
	return OUTCOME_FINE;
}

static enum outcome remove_members(
	struct call *c, struct team *t, struct str operation, struct str path)
{
	struct json_value list, first;
	enum outcome outcome;
	uint64_t id;
	size_t at = 0;

	if (!json_member(operation, "value", &list))
		return remove_by_filter(c, t, path);
	/* Of a list only the first counts; an empty one has none. */
	if (list.type != JSON_ARRAY || !json_element(list.whole, &at, &first))
		return OUTCOME_CRASH;
	outcome = find_element(c, &first, &id);
	if (outcome == OUTCOME_FINE)
		team_remove(t, id);
	return outcome;
}

static enum outcome rename_to(struct call *c, struct team *t, struct str name, struct str slug)
{
	const struct team *other = state_team_by_slug(&c->api->state, c->org, slug);

	if (!check_names(c, name, slug))
		return OUTCOME_ANSWERED;
	if (other != NULL && other != t) {
		reply_json(c->reply, 400);
		buf_addf(&c->reply->body,
			"{\"slug\":[\"The slug \\\"%.*s\\\" is already in use.\"]}", STR_ARG(slug));
		return OUTCOME_ANSWERED;
	}
	team_rename(t, name, slug);
	return OUTCOME_FINE;
}

static enum outcome rename_group(struct call *c, struct team *t, const struct json_value *wish)
{
	struct buf name, slug;
	enum outcome outcome;

	if (wish->type != JSON_STRING)
		return OUTCOME_CRASH;
	server_buf(&name);
	server_buf(&slug);
	json_unescape(wish->raw, &name);
	must_hold(&name);
	check_slugify(buf_str(&name), &slug);
	outcome = rename_to(c, t, str_trim_space(buf_str(&name)), buf_str(&slug));
	buf_wipe(&name);
	buf_wipe(&slug);
	return outcome;
}

static enum outcome replace(
	struct call *c, struct team *t, struct str operation, const struct json_value *path)
{
	struct json_value value, name;
	bool has_value = json_member(operation, "value", &value);

	if (path != NULL && json_text_equal(path->raw, str_of("members"), false))
		return replace_members(c, t, operation);
	if (path != NULL && json_text_equal(path->raw, str_of("displayName"), false))
		return has_value ? rename_group(c, t, &value) : OUTCOME_CRASH;
	if (path != NULL) {
		reply_scim_error(c->reply, &c->api->manners, 400,
			"Invalid Replace attr. Only displayName and members supported.", NULL);
		return OUTCOME_ANSWERED;
	}
	if (!has_value || value.type != JSON_OBJECT ||
		!json_member(value.whole, "displayName", &name))
		return OUTCOME_CRASH;
	return rename_group(c, t, &name);
}

static enum outcome apply_add_or_remove(
	struct call *c, struct team *t, struct str operation, bool add, struct str path)
{
	if (add && str_is(path, "members"))
		return add_members(c, t, operation);
	if (!add && str_contains(path, "members"))
		return remove_members(c, t, operation, path);
	return OUTCOME_FINE; /* silently passed over */
}

static enum outcome apply(struct call *c, struct team *t, struct str operation)
{
	struct json_value path;
	bool has_path = json_member(operation, "path", &path) && path.type == JSON_STRING;
	enum outcome outcome = OUTCOME_CRASH;
	struct buf op, text;

	server_buf(&op);
	server_buf(&text);
	patch_op(operation, &op);
	if (has_path)
		json_unescape(path.raw, &text);
	must_hold(&text);
	if (str_is(buf_str(&op), "replace"))
		outcome = replace(c, t, operation, has_path ? &path : NULL);
	else if (has_path)
		outcome = apply_add_or_remove(
			c, t, operation, str_is(buf_str(&op), "add"), buf_str(&text));
	buf_wipe(&op);
	buf_wipe(&text);
	return outcome;
}

/* The team as it was before the request. */
struct snapshot {
	char *name, *slug;
	uint64_t *members;
	size_t count;
	bool idp_provisioned;
};

static struct snapshot take_snapshot(const struct team *t)
{
	struct snapshot s = {.name = must_dup(str_of(t->name)),
		.slug = must_dup(str_of(t->slug)),
		.members = must_alloc(t->member_count, sizeof(uint64_t)),
		.count = t->member_count,
		.idp_provisioned = t->idp_provisioned};

	if (s.count > 0)
		memcpy(s.members, t->members, s.count * sizeof(uint64_t));
	return s;
}

static void restore(struct team *t, const struct snapshot *s)
{
	size_t i;

	team_rename(t, str_of(s->name), str_of(s->slug));
	team_clear(t);
	for (i = 0; i < s->count; i++)
		team_add(t, s->members[i]);
	t->idp_provisioned = s->idp_provisioned;
}

static void answer_patch(struct call *c, enum outcome outcome)
{
	const struct manners *m = &c->api->manners;

	switch (outcome) {
	case OUTCOME_FINE: reply_empty(c->reply, 204); break;
	case OUTCOME_CRASH: reply_crash(c->reply); break;
	case OUTCOME_NO_USER: reply_scim_error(c->reply, m, 404, "User not found.", NULL); break;
	case OUTCOME_BAD_FILTER: reply_scim_error(c->reply, m, 400, NULL, "invalidFilter"); break;
	case OUTCOME_ANSWERED: break;
	}
}

void group_patch(struct call *c)
{
	struct team *t = call_team(c);
	struct json_value operations, operation;
	enum outcome outcome = OUTCOME_FINE;
	struct snapshot before;
	struct str body;
	size_t at = 0;

	if (t == NULL || !call_body(c, &body) || !patch_check_group(c, body, &operations))
		return;
	before = take_snapshot(t);
	t->idp_provisioned = true;
	while (outcome == OUTCOME_FINE && json_element(operations.whole, &at, &operation))
		outcome = apply(c, t, operation.whole);
	/* A refusal that was answered on the spot leaves what came before it in force. */
	if (outcome != OUTCOME_FINE && outcome != OUTCOME_ANSWERED)
		restore(t, &before);
	state_changed(&c->api->state);
	answer_patch(c, outcome);
	free(before.name);
	free(before.slug);
	free(before.members);
}
