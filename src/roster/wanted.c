#include "roster/wanted.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/search.h"
#include "roster/run.h"
#include "roster/teams.h"
#include "sys/entropy.h"

/* Keys tried until no two names share a hash: a second one is needed once in 10^7 rosters of a
   million rows. */
#define KEYS_TRIED 8

void wanted_init(struct wanted *w)
{
	*w = (struct wanted){.count = 0};
	arena_init(&w->texts, LIMIT_COMMAND_ARENA);
	buf_init(&w->folded, LIMIT_ROSTER_ROW);
}

static void forget(struct wanted *w)
{
	free(w->rows);
	free(w->teams);
	free(w->memberships);
	arena_wipe(&w->texts);
	buf_wipe(&w->folded);
}

void wanted_wipe(struct wanted *w)
{
	forget(w);
	wanted_init(w);
}

static bool hash(struct wanted *w, struct str name, uint64_t *out)
{
	size_t i;

	buf_clear(&w->folded);
	for (i = 0; i < name.n; i++)
		buf_add_char(&w->folded, char_lower(name.p[i]));
	*out = siphash(w->key, buf_str(&w->folded));
	return !w->folded.failed;
}

static uint16_t spelling(const struct wanted *w, struct str name)
{
	return (uint16_t)siphash(w->key, name);
}

/* Room for one more of COUNT things of SIZE bytes: half more, so that what is not used stays small.
 */
static void *grown(void *list, size_t count, size_t *room, size_t size)
{
	size_t more = *room == 0 ? 64 : *room + *room / 2;
	void *bigger;

	if (count < *room)
		return list;
	if (more > SIZE_MAX / 2 / size)
		return NULL;
	bigger = realloc(list, more * size);
	if (bigger != NULL)
		*room = more;
	return bigger;
}

static bool find_role(struct wanted *w, struct str role, uint8_t *index, struct err *e)
{
	char *copy;
	unsigned i;

	for (i = 1; i <= w->role_count; i++)
		if (str_equal_fold(w->roles[i], role))
			break;
	*index = role.n == 0 ? 0 : (uint8_t)i;
	if (role.n == 0 || i <= w->role_count)
		return true;
	if (i > WANTED_ROLES_MAX)
		return err_set(e, ERR_INPUT, "the roster has more than %u different roles",
			WANTED_ROLES_MAX);
	copy = arena_dup(&w->texts, role);
	if (copy == NULL)
		return err_memory(e, "the roster");
	w->roles[i] = str_from(copy, role.n);
	w->role_count = i;
	return true;
}

static bool find_team(struct wanted *w, struct str name, uint32_t *index, struct err *e)
{
	struct str *teams;
	char *copy;
	size_t i;

	for (i = 0; i < w->team_count; i++)
		if (str_equal_fold(w->teams[i], name))
			break;
	*index = (uint32_t)i;
	if (i < w->team_count)
		return true;
	if (i == TEAMS_MAX)
		return err_set(e, ERR_INPUT, "the roster names more than %u teams", TEAMS_MAX);
	teams = grown(w->teams, w->team_count, &w->team_room, sizeof(*teams));
	copy = arena_dup(&w->texts, name);
	if (teams != NULL)
		w->teams = teams;
	if (teams == NULL || copy == NULL)
		return err_memory(e, "the roster");
	w->teams[w->team_count++] = str_from(copy, name.n);
	return true;
}

static bool add_teams(struct wanted *w, const struct roster_row *row, struct err *e)
{
	struct str rest = buf_str(&row->teams);

	while (rest.n > 0) {
		struct str name = str_of(rest.p);
		struct wanted_team one = {.number = (uint32_t)row->number};
		struct wanted_team *list = grown(
			w->memberships, w->membership_count, &w->membership_room, sizeof(*list));

		if (list == NULL)
			return err_memory(e, "the roster");
		w->memberships = list;
		if (!find_team(w, name, &one.team, e))
			return false;
		w->memberships[w->membership_count++] = one;
		rest = str_skip(rest, name.n + 1);
	}
	return true;
}

static bool add_row(struct wanted *w, const struct roster_row *row, struct err *e)
{
	struct wanted_row *r = &w->rows[w->count];

	if (row->number >= UINT32_MAX)
		return err_set(e, ERR_INPUT, "the roster has more rows than can be compared");
	if (!hash(w, buf_str(&row->user_name), &r->name))
		return err_memory(e, "the roster");
	r->number = (uint32_t)row->number;
	r->spelling = spelling(w, buf_str(&row->user_name));
	r->flags = row->has_teams ? WANTED_SAYS_TEAMS : 0;
	w->says_teams = w->says_teams || row->has_teams;
	w->count++;
	return find_role(w, buf_str(&row->role), &r->role, e) && add_teams(w, row, e);
}

static bool read_rows(struct wanted *w, struct roster_reader *r, uint64_t rows, struct err *e)
{
	struct roster_row row;
	enum roster_step step = ROSTER_END;
	bool ok = roster_rewind(r, e);

	roster_row_init(&row);
	while (ok && (step = run_every_row(r, &row, e)) == ROSTER_ROW)
		ok = w->count < rows
			? add_row(w, &row, e)
			: err_set(e, ERR_INPUT, "the roster has more rows than before");
	ok = ok && step == ROSTER_END;
	roster_row_wipe(&row);
	return ok;
}

static int by_name(const void *a, const void *b)
{
	const struct wanted_row *x = a, *y = b;

	return (x->name > y->name) - (x->name < y->name);
}

/* Sorts, and tells whether no two rows share a hash. */
static bool are_apart(struct wanted *w)
{
	size_t i;

	if (w->count > 1)
		qsort(w->rows, w->count, sizeof(*w->rows), by_name);
	for (i = 1; i < w->count; i++)
		if (w->rows[i].name == w->rows[i - 1].name)
			return false;
	return true;
}

bool wanted_load(struct wanted *w, struct roster_reader *r, uint64_t rows, struct err *e)
{
	unsigned tried;

	for (tried = 0; tried < KEYS_TRIED; tried++) {
		wanted_wipe(w);
		if (!entropy_get(w->key, sizeof(w->key)))
			return err_set(e, ERR_SYSTEM, "the kernel gives no random numbers");
		if (rows < SIZE_MAX / sizeof(*w->rows))
			w->rows = calloc((size_t)rows + 1, sizeof(*w->rows));
		/* Looking up a name can never run out of memory, which would make a stranger of a
		   member: what does not fit is longer than any row. */
		if (w->rows == NULL || buf_room(&w->folded, LIMIT_ROSTER_ROW) == NULL)
			return err_memory(e, "the roster");
		if (!read_rows(w, r, rows, e))
			return false;
		if (are_apart(w))
			return true;
	}
	return err_set(e, ERR_SYSTEM, "the kernel's random numbers are all the same");
}

struct wanted_row *wanted_find(struct wanted *w, struct str user_name)
{
	struct wanted_row key = {.flags = 0};

	if (w->count == 0 || !hash(w, user_name, &key.name))
		return NULL;
	return bsearch(&key, w->rows, w->count, sizeof(*w->rows), by_name);
}

bool wanted_is_spelled(const struct wanted *w, const struct wanted_row *row, struct str user_name)
{
	return row->spelling == spelling(w, user_name);
}

static int by_number(const void *a, const void *b)
{
	const struct wanted_team *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

size_t wanted_teams(const struct wanted *w, uint32_t number, size_t *count)
{
	const struct wanted_team key = {.number = number};
	size_t low =
		search_first(w->memberships, w->membership_count, sizeof(key), &key, by_number);
	size_t end;

	for (end = low; end < w->membership_count && w->memberships[end].number == number;)
		end++;
	*count = end - low;
	return low;
}
