#include "roster/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "codec/siphash.h"
#include "scim/sentry.h"
#include "sys/entropy.h"

#define FIRST_ROOM 1024u

/* The first row of several that share a hash. */
struct first {
	uint64_t second; /* its hash under the second key */
	uint64_t line;   /* 0 until it is met */
};

struct check {
	struct roster_reader *reader;
	enum roster_rules rules;
	struct roster_summary *out;
	uint8_t keys[2][SIPHASH_KEY];
	struct buf folded; /* owned: the name in hand, in small letters */
	uint64_t *hashes;  /* owned: one a row; behind the first pass sorted, those met again */
	size_t count, room;
	struct first *firsts; /* owned: one for each of those */
	struct roster_fault shown[ROSTER_FAULTS_SHOWN];
	unsigned shown_count; /* by their places */
};

/* ---- faults ---- */

static bool is_before(const struct roster_place *a, const struct roster_place *b)
{
	return a->line != b->line ? a->line < b->line : a->column < b->column;
}

/* Keeps the first ones of the file, whichever pass finds them. */
static void add_fault(struct check *c, const struct roster_fault *fault)
{
	unsigned at = c->shown_count;

	c->out->faults++;
	while (at > 0 && is_before(&fault->place, &c->shown[at - 1].place))
		at--;
	if (at == ROSTER_FAULTS_SHOWN)
		return;
	if (c->shown_count < ROSTER_FAULTS_SHOWN)
		c->shown_count++;
	memmove(&c->shown[at + 1], &c->shown[at], (c->shown_count - at - 1) * sizeof(c->shown[0]));
	c->shown[at] = *fault;
}

static void add_text(struct check *c, struct roster_place place, const char *text)
{
	struct roster_fault fault;

	roster_fault_set(&fault, place, str_of(text));
	add_fault(c, &fault);
}

/* Whether the server can take the row; its faults are added if TELL. */
static bool fits(struct check *c, const struct roster_row *row, bool tell)
{
	struct err name = {.kind = ERR_NONE}, role = {.kind = ERR_NONE};
	bool good_name = c->rules == ROSTER_ANY_SERVER ||
		sentry_check_user_name(buf_str(&row->user_name), &name);
	bool good_role = c->rules != ROSTER_SENTRY || sentry_check_role(buf_str(&row->role), &role);

	if (tell && !good_name)
		add_text(c, row->user_name_place, name.text);
	if (tell && !good_role)
		add_text(c, row->role_place, role.text);
	return good_name && good_role;
}

/* ---- hashes ---- */

static bool fold(struct check *c, struct str name, struct err *e)
{
	char *room;
	size_t i;

	buf_clear(&c->folded);
	room = buf_room(&c->folded, name.n);
	if (room == NULL)
		return err_memory(e, "checking the roster");
	for (i = 0; i < name.n; i++)
		room[i] = char_lower(name.p[i]);
	buf_grew(&c->folded, name.n);
	return true;
}

static bool remember(struct check *c, uint64_t hash, struct err *e)
{
	if (c->count == c->room) {
		/* Half more, not twice as much: the room must stay below 16 bytes a row. */
		size_t room = c->room == 0 ? FIRST_ROOM : c->room + c->room / 2;
		uint64_t *hashes = NULL;

		if (room < SIZE_MAX / sizeof(*hashes) / 2)
			hashes = realloc(c->hashes, room * sizeof(*hashes));
		if (hashes == NULL)
			return err_memory(e, "checking the roster");
		c->hashes = hashes;
		c->room = room;
	}
	c->hashes[c->count++] = hash;
	return true;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Leaves of the hashes those that stand there more than once, once, in order. */
static void keep_repeated(struct check *c)
{
	size_t from, to = 0;

	if (c->count > 1)
		qsort(c->hashes, c->count, sizeof(c->hashes[0]), compare);
	for (from = 1; from < c->count; from++)
		if (c->hashes[from] == c->hashes[from - 1] &&
			(to == 0 || c->hashes[to - 1] != c->hashes[from]))
			c->hashes[to++] = c->hashes[from];
	c->count = to;
}

/* ---- passes ---- */

static void count(struct roster_summary *out, const struct roster_row *row, int by)
{
	uint64_t step = (uint64_t)(int64_t)by;

	out->rows += step;
	out->with_teams += row->teams.len > 0 ? step : 0;
	out->say_teams += row->has_teams ? step : 0;
}

/* The first pass: all but duplicates. */
static bool look_at(struct check *c, const struct roster_row *row, struct err *e)
{
	if (fits(c, row, true))
		count(c->out, row, 1);
	return fold(c, buf_str(&row->user_name), e) &&
		remember(c, siphash(c->keys[0], buf_str(&c->folded)), e);
}

static void add_duplicate(struct check *c, const struct roster_row *row, uint64_t line)
{
	struct buf text;

	buf_init(&text, sizeof(c->shown[0].text));
	buf_addf(&text, "the user name of line %llu again", (unsigned long long)line);
	add_text(c, row->user_name_place, buf_text(&text));
	buf_wipe(&text);
	if (fits(c, row, false))
		count(c->out, row, -1);
}

/* The second pass: duplicates. */
static bool look_again(struct check *c, const struct roster_row *row, struct err *e)
{
	const uint64_t *hit;
	uint64_t hash, second;
	struct first *first;

	if (!fold(c, buf_str(&row->user_name), e))
		return false;
	hash = siphash(c->keys[0], buf_str(&c->folded));
	hit = bsearch(&hash, c->hashes, c->count, sizeof(hash), compare);
	if (hit == NULL)
		return true;
	first = &c->firsts[hit - c->hashes];
	second = siphash(c->keys[1], buf_str(&c->folded));
	if (first->line == 0)
		*first = (struct first){.second = second, .line = row->user_name_place.line};
	else if (first->second == second)
		add_duplicate(c, row, first->line);
	return true;
}

typedef bool look_fn(struct check *c, const struct roster_row *row, struct err *e);

static bool pass(struct check *c, look_fn *look, struct err *e)
{
	const bool first = look == look_at;
	struct roster_fault fault;
	struct roster_row row;
	enum roster_step step;
	bool ok = roster_rewind(c->reader, e);

	roster_row_init(&row);
	while (ok && (step = roster_next(c->reader, &row, &fault, e)) != ROSTER_END) {
		ok = step != ROSTER_FAIL;
		if (step == ROSTER_ROW)
			ok = look(c, &row, e);
		else if (step == ROSTER_FAULT && first)
			add_fault(c, &fault);
	}
	roster_row_wipe(&row);
	return ok;
}

static bool find_duplicates(struct check *c, struct err *e)
{
	uint64_t *fewer;

	keep_repeated(c);
	if (c->count == 0)
		return true;
	fewer = realloc(c->hashes, c->count * sizeof(*fewer));
	if (fewer != NULL)
		c->hashes = fewer;
	c->firsts = calloc(c->count, sizeof(*c->firsts));
	if (c->firsts == NULL)
		return err_memory(e, "checking the roster");
	return pass(c, look_again, e);
}

bool roster_check(struct roster_reader *r, enum roster_rules rules, roster_report *report,
	void *context, struct roster_summary *out, struct err *e)
{
	struct check c = {.reader = r, .rules = rules, .out = out};
	unsigned i;
	bool ok;

	*out = (struct roster_summary){.rows = 0};
	if (!entropy_get(c.keys, sizeof(c.keys)))
		return err_set(e, ERR_SYSTEM, "the kernel gives no random numbers");
	buf_init(&c.folded, LIMIT_ROSTER_ROW);
	ok = pass(&c, look_at, e) && find_duplicates(&c, e);
	for (i = 0; ok && i < c.shown_count; i++)
		report(context, &c.shown[i]);
	buf_wipe(&c.folded);
	free(c.hashes);
	free(c.firsts);
	return ok;
}
