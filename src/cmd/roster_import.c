#include <stdlib.h>
#include <string.h>

#include "cmd/roster_job.h"

static enum provision_if_exists if_exists(const struct opts *o)
{
	const char *word = opt_value(o, OPT_IF_EXISTS);

	if (word == NULL || strcmp(word, "ok") == 0)
		return PROVISION_OK;
	return strcmp(word, "fail") == 0 ? PROVISION_FAIL : PROVISION_UPDATE;
}

static bool open_journal(struct roster_job *j)
{
	struct journal_subject subject = {.action = "import", .rows = j->summary.rows};
	const struct journal_options options = {.renew_other = false};

	if (!roster_digest(j->reader, subject.roster))
		return err_memory(&j->err, "the roster's digest");
	return job_open_journal(j, &subject, &options);
}

/* A dry run: every row's request, and nothing sent. */
static bool show_all(struct roster_job *j)
{
	struct roster_row row;
	enum roster_step step;
	bool ok = roster_rewind(j->reader, &j->err);

	roster_row_init(&row);
	while (ok && (step = run_every_row(j->reader, &row, &j->err)) != ROSTER_END) {
		const struct message_call call = {.method = str_of("POST"),
			.path = str_of("Users"),
			.body = buf_str(&row.body)};

		ok = step == ROSTER_ROW && session_show(&j->session.handle.origin, &call, &j->err);
	}
	roster_row_wipe(&row);
	return ok;
}

struct import {
	struct roster_job job;
	/* Owned: of each row its member's id, if that is a number, for the teams; 8 bytes a row,
	   and only if some rows name teams. */
	uint64_t *ids;
	/* Owned: of each row what --rejects is to have of it (enum reject); only with that. */
	uint8_t *rejects;
};

enum reject {
	REJECT_NOT,
	REJECT_DONE, /* is written: its create has failed */
	REJECT_TEAMS /* it has not come into all its teams */
};

static bool on_row(void *context, const struct run_result *r, struct err *e)
{
	struct import *m = context;

	/* "007" is another id than 7. */
	if (m->ids != NULL && r->id.n > 0 && r->id.p[0] != '0' &&
		!str_to_u64(r->id, UINT64_MAX, &m->ids[r->row->number]))
		m->ids[r->row->number] = 0;
	if (m->rejects != NULL && r->outcome >= JOURNAL_FAILED)
		m->rejects[r->row->number] = REJECT_DONE;
	return job_row(&m->job, r, e);
}

static void on_tick(void *context, const struct run_totals *t, int64_t now)
{
	struct import *m = context;

	job_tick(&m->job, t, now);
}

static bool end_team(void *context, uint32_t number, const struct err *failure, struct err *e)
{
	struct import *m = context;

	(void)e;
	if (m->rejects != NULL && failure != NULL && m->rejects[number] == REJECT_NOT)
		m->rejects[number] = REJECT_TEAMS;
	return true;
}

/* Of a request for many members it shows only later who has failed: in another pass. */
static bool reject_rows(struct import *m)
{
	struct roster_job *j = &m->job;
	struct roster_row row;
	enum roster_step step = ROSTER_END;
	bool ok = roster_rewind(j->reader, &j->err);

	roster_row_init(&row);
	while (ok && (step = run_every_row(j->reader, &row, &j->err)) == ROSTER_ROW)
		ok = m->rejects[row.number] != REJECT_TEAMS || job_reject(j, &row, &j->err);
	roster_row_wipe(&row);
	return ok && step == ROSTER_END;
}

static bool fill_teams(struct import *m)
{
	struct roster_job *j = &m->job;
	const struct teams_watcher watcher = {.context = m, .end = end_team};

	if (j->summary.with_teams == 0)
		return true;
	return teams_fill(j->reader, m->ids, &j->session.handle.caller, 1000 / j->options.rate + 1,
		       &watcher, &j->teams, &j->err) &&
		(m->rejects == NULL || j->teams.failed == 0 || reject_rows(m));
}

static bool import(struct import *m)
{
	struct roster_job *j = &m->job;
	const struct run_watcher watcher = {.context = m, .row = on_row, .tick = on_tick};
	struct run_source source = {.next = run_every_row};

	if (!job_check(j, ROSTER_SENTRY))
		return false;
	if (j->session.settings.dry_run)
		return show_all(j);
	if (!open_journal(j) || !job_open_rejects(j))
		return false;
	source.context = j->reader;
	j->options.if_exists = if_exists(j->context->opts);
	j->totals.rows = j->summary.rows;
	j->totals.before = j->journal != NULL ? journal_done(j->journal) : 0;
	if (j->summary.with_teams > 0 && j->summary.rows < SIZE_MAX / sizeof(*m->ids))
		m->ids = calloc((size_t)j->summary.rows + 1, sizeof(*m->ids));
	if (m->ids != NULL && j->rejects >= 0) {
		m->rejects = calloc((size_t)j->summary.rows + 1, 1);
		if (m->rejects == NULL)
			return err_memory(&j->err, "the rows that fail");
	}
	job_begin(j);
	return roster_rewind(j->reader, &j->err) &&
		run_rows(&source, j->journal, &j->options, &j->session.settings.route,
			&j->session.handle.origin, &watcher, &j->totals, &j->err) &&
		fill_teams(m);
}

int cmd_roster_import(struct cmd_context *c)
{
	struct import m = {.ids = NULL};
	bool ok = job_open(&m.job, c, c->opts->args[0]) && import(&m);
	int code = job_close(&m.job, ok);

	free(m.ids);
	free(m.rejects);
	return code;
}
