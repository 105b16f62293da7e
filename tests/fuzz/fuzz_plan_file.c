/*
 * Plan files. What is read is in order, refers to what is there, hands its creates out as rows of
 * one line, and is read again as the same when it is written.
 */
#include <stdlib.h>
#include <string.h>

#include "roster/plan_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SERVER "https://a/scim"

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check(const struct plan *p)
{
	uint64_t counts[PLAN_ACTIONS] = {0};
	size_t i;

	for (i = 0; i < p->count; i++) {
		const struct plan_change *c = &p->changes[i];

		require(c->action < PLAN_KEEP);
		require(i == 0 || c->action >= p->changes[i - 1].action);
		require(!str_is(c->id, ".") && !str_is(c->id, ".."));
		require(c->action != PLAN_CREATE || c->row == i);
		if (c->action == PLAN_ADD_TO_TEAM && c->id.n == 0)
			require(c->row < i && p->changes[c->row].action == PLAN_CREATE &&
				str_equal(c->user_name, p->changes[c->row].user_name));
		require(c->action != PLAN_REMOVE || c->id.n > 0);
		counts[c->action]++;
	}
	require(memcmp(counts, p->counts, sizeof(counts)) == 0);
}

static void hand_out(const struct plan *p)
{
	struct plan_file_creates creates = {.plan = p};
	struct roster_row row;
	struct err e = {.kind = ERR_NONE};
	uint64_t n = 0;

	roster_row_init(&row);
	for (; plan_file_next_create(&creates, &row, &e) == ROSTER_ROW; n++)
		require(memchr(row.source.data, '\n', row.source.len) ==
			row.source.data + row.source.len - 1);
	require(n == p->counts[PLAN_CREATE] && e.kind == ERR_NONE);
	roster_row_wipe(&row);
}

static void write_plan(const struct plan *p, struct buf *out)
{
	size_t i;

	buf_init(out, PLAN_FILE_MAX);
	require(plan_file_begin(p, str_of(SERVER), out));
	for (i = 0; i < p->count; i++) {
		buf_add_text(out, i > 0 ? "," : "");
		require(plan_file_change(&p->changes[i], out));
	}
	require(plan_file_end(out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {.kind = ERR_NONE};
	struct plan p, again;
	struct buf text;
	size_t i;

	plan_init(&p);
	if (!plan_file_read(&p, str_from((const char *)data, size), str_of(SERVER), &e)) {
		require(e.kind == ERR_INPUT || e.kind == ERR_CONFIG);
		plan_wipe(&p);
		return 0;
	}
	check(&p);
	hand_out(&p);
	write_plan(&p, &text);
	plan_init(&again);
	require(plan_file_read(&again, buf_str(&text), str_of(SERVER), &e));
	check(&again);
	require(again.count == p.count && again.members == p.members && again.prune == p.prune &&
		again.teams == p.teams);
	for (i = 0; i < p.count; i++)
		require(again.changes[i].action == p.changes[i].action &&
			again.changes[i].row == p.changes[i].row &&
			again.changes[i].line == p.changes[i].line &&
			str_equal(again.changes[i].user_name, p.changes[i].user_name) &&
			str_equal(again.changes[i].team, p.changes[i].team));
	plan_wipe(&p);
	plan_wipe(&again);
	buf_wipe(&text);
	return 0;
}
