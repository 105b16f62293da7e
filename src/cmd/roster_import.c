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

	if (!roster_digest(j->reader, subject.roster))
		return err_memory(&j->err, "the roster's digest");
	return job_open_journal(j, &subject, false);
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

		ok = step == ROSTER_ROW && session_show(&j->session.origin, &call, &j->err);
	}
	roster_row_wipe(&row);
	return ok;
}

static bool import(struct roster_job *j)
{
	const struct run_watcher watcher = {.context = j, .row = job_row, .tick = job_tick};
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
	job_begin(j);
	return roster_rewind(j->reader, &j->err) &&
		run_rows(&source, j->journal, &j->options, &j->session.settings.route,
			&j->session.origin, &watcher, &j->totals, &j->err) &&
		(j->summary.with_teams == 0 ||
			teams_fill(j->reader, &j->session.caller, 1000 / j->options.rate + 1,
				&j->teams, &j->err));
}

int cmd_roster_import(struct cmd_context *c)
{
	struct roster_job j;
	bool ok = job_open(&j, c, c->opts->args[0]) && import(&j);

	return job_close(&j, ok);
}
