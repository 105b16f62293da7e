#include "roster/membership.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/search.h"
#include "client/find.h"
#include "client/pages.h"
#include "codec/json_scan.h"
#include "scim/list.h"

/* Names of teams: 64 characters each at Sentry. */
#define NAMES_MAX (16u * 1024u * 1024u)

void membership_init(struct membership *m)
{
	*m = (struct membership){.teams = NULL};
	arena_init(&m->names, NAMES_MAX);
}

void membership_wipe(struct membership *m)
{
	free(m->teams);
	free(m->pairs);
	arena_wipe(&m->names);
	*m = (struct membership){.teams = NULL};
}

/* Makes room for one more of COUNT things of SIZE bytes at LIST. */
static void *grown(void *list, size_t count, size_t *room, size_t size)
{
	size_t more = *room == 0 ? 64 : *room * 2;
	void *bigger;

	if (count < *room)
		return list;
	if (more > SIZE_MAX / size)
		return NULL;
	bigger = realloc(list, more * size);
	if (bigger != NULL)
		*room = more;
	return bigger;
}

/* The text of a JSON string, kept. */
static bool keep(struct membership *m, const struct json_value *v, struct str *out)
{
	struct buf text;
	char *copy;

	buf_init(&text, LIMIT_HTTP_BODY);
	json_unescape(v->raw, &text);
	copy = text.failed ? NULL : arena_dup(&m->names, buf_str(&text));
	*out = str_from(copy, text.len);
	buf_wipe(&text);
	return copy != NULL;
}

static bool add_team(struct membership *m, const struct json_value *name,
	const struct json_value *id, struct state *state)
{
	struct membership_team *teams =
		grown(m->teams, m->team_count, &m->team_room, sizeof(*teams));
	struct membership_team *t;

	if (teams == NULL)
		return false;
	m->teams = teams;
	t = &teams[m->team_count];
	if (!keep(m, name, &t->name) || !keep(m, id, &t->id))
		return false;
	m->team_count++;
	return state == NULL || state_add(state, STATE_TEAM, t->id, t->name, str_of(""));
}

/* RAW as it stands in JSON. */
static bool add_pair(struct membership *m, struct str raw)
{
	struct membership_pair *pairs =
		grown(m->pairs, m->pair_count, &m->pair_room, sizeof(*pairs));
	struct buf text;
	struct str id = raw;

	if (pairs == NULL)
		return false;
	buf_init(&text, LIMIT_HTTP_BODY);
	if (str_contains(raw, "\\")) {
		json_unescape(raw, &text);
		id = buf_str(&text);
	}
	m->pairs = pairs;
	m->pairs[m->pair_count++] = (struct membership_pair){
		.member = list_text_identity(id), .team = (uint32_t)(m->team_count - 1)};
	buf_wipe(&text);
	return true;
}

static bool add_members(struct membership *m, struct str group, struct state *state)
{
	struct json_value members, member, value;
	size_t at = 0;

	if (!json_member(group, "members", &members) || members.type != JSON_ARRAY)
		return true;
	while (json_element(members.raw, &at, &member))
		if (json_member(member.raw, "value", &value) && value.type == JSON_STRING &&
			(!add_pair(m, value.raw) ||
				(state != NULL &&
					!state_add(state, STATE_MEMBERSHIP,
						m->teams[m->team_count - 1].id, value.raw,
						str_of("")))))
			return false;
	return true;
}

static bool add_group(struct membership *m, struct str group, struct state *state, struct err *e)
{
	struct json_value name, id;

	if (!json_member(group, "displayName", &name) || name.type != JSON_STRING ||
		!json_member(group, "id", &id) || id.type != JSON_STRING)
		return err_set(e, ERR_PROTOCOL, "the server lists a team without id or name");
	if (!add_team(m, &name, &id, state))
		return err_memory(e, "the teams");
	if (!find_is_id(m->teams[m->team_count - 1].id))
		return err_set(e, ERR_PROTOCOL, "the server lists a team with an id that is none");
	return add_members(m, group, state) || err_memory(e, "the teams");
}

static int by_member(const void *a, const void *b)
{
	const struct membership_pair *x = a, *y = b;

	if (x->member != y->member)
		return x->member < y->member ? -1 : 1;
	return x->team < y->team ? -1 : x->team > y->team;
}

bool membership_load(struct membership *m, struct caller *caller, struct state *state,
	struct reply *reply, struct err *e)
{
	struct pages pages;
	struct str group;
	enum pages_step step;
	bool ok = true;

	pages_init(&pages, caller, "Groups", NULL, 0);
	while (ok && (step = pages_next(&pages, &group, reply, e)) == PAGES_ITEM)
		ok = add_group(m, group, state, e);
	pages_wipe(&pages);
	if (!ok || step != PAGES_END)
		return false;
	if (m->pair_count > 0)
		qsort(m->pairs, m->pair_count, sizeof(*m->pairs), by_member);
	return true;
}

static int compare_member(const void *key, const void *pair)
{
	uint64_t member = *(const uint64_t *)key,
		 other = ((const struct membership_pair *)pair)->member;

	return (member > other) - (member < other);
}

bool membership_team(const struct membership *m, struct str id, size_t *at, uint32_t *team)
{
	uint64_t member = list_text_identity(id);
	size_t i =
		search_first(m->pairs, m->pair_count, sizeof(*m->pairs), &member, compare_member) +
		*at;

	if (i >= m->pair_count || m->pairs[i].member != member)
		return false;
	*team = m->pairs[i].team;
	++*at;
	return true;
}
