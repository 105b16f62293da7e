#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "codec/json_emit.h"
#include "roster/check.h"
#include "roster/journal.h"
#include "roster/run.h"
#include "roster/teams.h"
#include "scim/answer.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"

#define JOBS_DEFAULT 4
#define RATE_DEFAULT 40
#define RATE_MAX     10000

static const struct out_column result_columns[] = {
	{"LINE", "line", false},
	{"USER NAME", "userName", false},
	{"OUTCOME", "outcome", false},
	{"STATUS", "status", false},
	{"ID", "id", false},
	{"DETAIL", "detail", false},
	{.title = NULL},
};

struct import {
	struct cmd_context *context;
	const char *path;
	struct session session;
	struct roster_reader *reader;
	struct roster_summary summary;
	struct journal *journal;
	struct out out;
	int rejects; /* descriptor, or -1 */
	bool rejects_headed;
	bool progress; /* on a terminal */
	bool drawn;    /* a progress line stands there */
	int64_t begun, told;
	struct run_totals totals;
	struct err err;
};

/* ---- progress ---- */

static void erase(struct import *m)
{
	if (!m->drawn)
		return;
	m->drawn = false;
	(void)!file_write_all(STDERR_FILENO, "\r\033[K", 4);
}

static void add_counts(const struct run_totals *t, struct buf *out)
{
	unsigned i;

	for (i = JOURNAL_CREATED; i <= JOURNAL_UNKNOWN; i++)
		if (t->by_state[i] > 0)
			buf_addf(out, ", %llu %s", (unsigned long long)t->by_state[i],
				journal_state_name((enum journal_state)i));
}

static void add_progress(struct import *m, const struct run_totals *t, int64_t now, struct buf *out)
{
	uint64_t done = t->before + t->done, left = t->rows - done;
	int64_t ms = now - m->begun > 0 ? now - m->begun : 1;
	uint64_t rate10 = t->done * 10000 / (uint64_t)ms;

	buf_addf(out, "%llu/%llu rows, %llu.%llu/s", (unsigned long long)done,
		(unsigned long long)t->rows, (unsigned long long)(rate10 / 10),
		(unsigned long long)(rate10 % 10));
	if (rate10 > 0 && left > 0)
		buf_addf(out, ", %llu s left", (unsigned long long)(left * 10 / rate10));
	add_counts(t, out);
	if (t->waiting != NULL)
		buf_addf(out, " (waiting for %s)", t->waiting);
}

static void on_tick(void *context, const struct run_totals *t, int64_t now)
{
	struct import *m = context;
	struct buf line;

	buf_init(&line, 512);
	if (m->progress) {
		buf_add_text(&line, "\r\033[K");
		add_progress(m, t, now, &line);
		(void)!file_write_all(STDERR_FILENO, line.data, line.len);
		m->drawn = true;
	} else if (log_shows(LOG_DETAIL) && now - m->told >= 10000) {
		m->told = now;
		add_progress(m, t, now, &line);
		log_line(LOG_DETAIL, "%s", buf_text(&line));
	}
	buf_wipe(&line);
}

/* ---- results ---- */

static void add_detail(const struct run_result *r, struct buf *out)
{
	if (r->confirmed)
		buf_add_text(out, "confirmed by look-up");
	if (r->err == NULL)
		return;
	if (r->status != 0)
		answer_detail(r->refusal, out);
	if (out->len == 0)
		buf_add_text(out, r->err->text);
}

static bool write_result(struct import *m, const struct run_result *r)
{
	struct json_emit j;
	struct buf text, detail;
	bool ok;

	buf_init(&text, LIMIT_HTTP_BODY);
	buf_init(&detail, LIMIT_HTTP_BODY);
	add_detail(r, &detail);
	json_emit_init(&j, &text);
	json_emit_object(&j);
	json_emit_key(&j, str_of("line"));
	json_emit_u64(&j, r->row->place.line);
	json_emit_member(&j, "userName", buf_str(&r->row->user_name));
	json_emit_member(&j, "outcome", str_of(journal_state_name(r->outcome)));
	json_emit_key(&j, str_of("status"));
	if (r->status != 0)
		json_emit_u64(&j, (uint64_t)r->status);
	else
		json_emit_null(&j);
	json_emit_member(&j, "id", r->id);
	json_emit_member(&j, "detail", buf_str(&detail));
	json_emit_object_close(&j);
	ok = json_emit_done(&j) ? out_resource(&m->out, buf_str(&text), &m->err)
				: err_memory(&m->err, "a row's result");
	buf_wipe(&text);
	buf_wipe(&detail);
	return ok;
}

/* The row as it came, to a file that is a roster again. */
static bool write_reject(struct import *m, const struct roster_row *row, struct err *e)
{
	struct str header = roster_header(m->reader);

	if (m->rejects < 0)
		return true;
	if (!m->rejects_headed && header.n > 0 && !file_write_all(m->rejects, header.p, header.n))
		return err_sys(e, ERR_OUTPUT, errno, "--rejects");
	m->rejects_headed = true;
	return file_write_all(m->rejects, row->source.data, row->source.len) ||
		err_sys(e, ERR_OUTPUT, errno, "--rejects");
}

static bool on_row(void *context, const struct run_result *r, struct err *e)
{
	struct import *m = context;

	erase(m);
	if (r->outcome >= JOURNAL_FAILED && !write_reject(m, r->row, e))
		return false;
	if (write_result(m, r))
		return true;
	*e = m->err;
	return false;
}

/* ---- preparation ---- */

static void on_fault(void *context, const struct roster_fault *f)
{
	const struct import *m = context;

	log_line(LOG_ERROR, "%s:%llu:%llu: %s",
		strcmp(m->path, "-") == 0 ? "standard input" : m->path,
		(unsigned long long)f->place.line, (unsigned long long)f->place.column, f->text);
}

static bool number_option(const struct opts *o, enum opt_id id, unsigned def, unsigned most,
	unsigned *out, struct err *e)
{
	const char *text = opt_value(o, id);
	uint64_t n;

	*out = def;
	if (text == NULL)
		return true;
	if (!str_to_u64(str_of(text), most, &n) || n == 0)
		return err_set(e, ERR_USAGE, "--%s wants a number from 1 to %u, not '%s'",
			opt_table[id].name, most, text);
	*out = (unsigned)n;
	return true;
}

static bool check_roster(struct import *m)
{
	m->reader = roster_open(m->path, &m->err);
	if (m->reader == NULL ||
		!roster_check(m->reader,
			m->session.settings.is_sentry ? ROSTER_SENTRY : ROSTER_ANY_SERVER, on_fault,
			m, &m->summary, &m->err))
		return false;
	if (m->summary.faults == 0)
		return true;
	err_set(&m->err, ERR_INPUT, "%llu fault%s in the roster; nothing was sent",
		(unsigned long long)m->summary.faults, m->summary.faults == 1 ? "" : "s");
	return false;
}

static bool open_journal(struct import *m)
{
	const struct opts *o = m->context->opts;
	const char *given = opt_value(o, OPT_JOURNAL);
	struct journal_options options = {.plain = opt_given(o, OPT_JOURNAL_PLAIN)};
	struct journal_subject subject = {.server = m->session.settings.scim_root,
		.action = "import",
		.rows = m->summary.rows};
	struct buf path;
	bool resumed = false;

	if (opt_given(o, OPT_NO_JOURNAL))
		return given == NULL ||
			err_set(&m->err, ERR_USAGE,
				"--journal and --no-journal contradict each other");
	if (given == NULL && strcmp(m->path, "-") == 0) {
		err_set(&m->err, ERR_USAGE,
			"a roster from standard input has no place for its journal");
		err_hint(&m->err, "name one with --journal, or do without by --no-journal");
		return false;
	}
	if (!roster_digest(m->reader, subject.roster))
		return err_memory(&m->err, "the roster's digest");
	buf_init(&path, 4096);
	if (given != NULL)
		buf_add_text(&path, given);
	else
		buf_addf(&path, "%s.journal", m->path);
	if (path.failed)
		err_set(&m->err, ERR_USAGE, "the name of the journal is too long");
	else
		m->journal = journal_open(buf_text(&path), &subject, &options, &resumed, &m->err);
	if (m->journal != NULL && resumed)
		log_line(LOG_NOTE,
			journal_complete(m->journal) ? "%s says that this was done before"
						     : "going on from %s",
			buf_text(&path));
	buf_wipe(&path);
	return m->journal != NULL;
}

static bool open_rejects(struct import *m)
{
	const char *path = opt_value(m->context->opts, OPT_REJECTS);

	if (path == NULL)
		return true;
	m->rejects = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return m->rejects >= 0 || err_sys(&m->err, ERR_CONFIG, errno, "%s", path);
}

/* ---- the run ---- */

static enum provision_if_exists if_exists(const struct opts *o)
{
	const char *word = opt_value(o, OPT_IF_EXISTS);

	if (word == NULL || strcmp(word, "ok") == 0)
		return PROVISION_OK;
	return strcmp(word, "fail") == 0 ? PROVISION_FAIL : PROVISION_UPDATE;
}

static void summarize(struct import *m, const struct teams_totals *teams)
{
	struct buf text;

	buf_init(&text, 512);
	buf_addf(&text, "%llu of %llu rows done",
		(unsigned long long)(m->totals.before + m->totals.done),
		(unsigned long long)m->totals.rows);
	if (m->totals.before > 0)
		buf_addf(&text, ", %llu of them before", (unsigned long long)m->totals.before);
	add_counts(&m->totals, &text);
	if (teams->added + teams->created + teams->failed > 0)
		buf_addf(&text, "; %llu team%s created, %llu memberships, %llu failed",
			(unsigned long long)teams->created, teams->created == 1 ? "" : "s",
			(unsigned long long)teams->added, (unsigned long long)teams->failed);
	log_line(LOG_NOTE, "%s", buf_text(&text));
	buf_wipe(&text);
}

static int exit_code(const struct import *m, const struct teams_totals *teams)
{
	const struct err unknown = {.kind = ERR_UNKNOWN}, partial = {.kind = ERR_PARTIAL};

	if (m->totals.by_state[JOURNAL_UNKNOWN] > 0)
		return err_exit_code(&unknown);
	if (m->totals.by_state[JOURNAL_FAILED] > 0 || teams->failed > 0)
		return err_exit_code(&partial);
	return 0;
}

static bool run_import(struct import *m, struct teams_totals *teams)
{
	struct run_options options = {.if_exists = if_exists(m->context->opts),
		.policy = session_policy(&m->session),
		.question = session_question(&m->session)};
	const struct run_watcher watcher = {.context = m, .row = on_row, .tick = on_tick};
	const struct run_source source = {.context = m->reader, .next = run_every_row};
	bool ok;

	if (!number_option(m->context->opts, OPT_JOBS, JOBS_DEFAULT, RUN_JOBS_MAX, &options.jobs,
		    &m->err) ||
		!number_option(
			m->context->opts, OPT_RATE, RATE_DEFAULT, RATE_MAX, &options.rate, &m->err))
		return false;
	m->begun = m->told = clock_now();
	m->totals.rows = m->summary.rows;
	m->totals.before = m->journal != NULL ? journal_done(m->journal) : 0;
	out_init(&m->out, &m->session.settings, result_columns, true);
	ok = roster_rewind(m->reader, &m->err) &&
		run_rows(&source, m->journal, &options, &m->session.settings.route,
			&m->session.origin, &watcher, &m->totals, &m->err);
	erase(m);
	ok = ok &&
		(m->summary.with_teams == 0 ||
			teams_fill(m->reader, &m->session.caller, 1000 / options.rate + 1, teams,
				&m->err));
	if (ok && m->journal != NULL && exit_code(m, teams) == 0)
		ok = journal_end(m->journal, &m->err);
	return ok;
}

/* A dry run: every row's request, and nothing sent. */
static bool show_all(struct import *m)
{
	struct roster_row row;
	struct roster_fault fault;
	enum roster_step step;
	bool ok = roster_rewind(m->reader, &m->err);

	roster_row_init(&row);
	while (ok && (step = roster_next(m->reader, &row, &fault, &m->err)) != ROSTER_END) {
		const struct message_call call = {.method = str_of("POST"),
			.path = str_of("Users"),
			.body = buf_str(&row.body)};

		ok = step == ROSTER_ROW && session_show(&m->session.origin, &call, &m->err);
	}
	roster_row_wipe(&row);
	return ok;
}

static int import(struct import *m)
{
	struct teams_totals teams = {.created = 0};
	struct err e;
	bool ok;
	int code = 0;

	ok = check_roster(m);
	if (ok && m->session.settings.dry_run)
		return show_all(m) ? 0 : cmd_fail(&m->err);
	ok = ok && open_journal(m) && open_rejects(m);
	if (ok) {
		ok = run_import(m, &teams);
		err_clear(&e);
		if (!out_end_list(&m->out, &e) && ok) {
			m->err = e;
			ok = false;
		}
		if (m->totals.rows > 0 || ok)
			summarize(m, &teams);
	}
	if (m->journal != NULL) {
		err_clear(&e);
		if (!journal_close(m->journal, &e) && ok) {
			m->err = e;
			ok = false;
		}
	}
	if (!ok)
		code = cmd_fail(&m->err);
	else
		code = exit_code(m, &teams);
	if (!ok && m->totals.done > 0 && m->journal != NULL)
		log_hint("run the same command again: it goes on where it stopped");
	return code;
}

int cmd_roster_import(struct cmd_context *c)
{
	struct import m = {.context = c, .path = c->opts->args[0], .rejects = -1};
	int code;

	if (session_open(&m.session, c, NULL, &m.err)) {
		m.progress = m.session.settings.progress;
		code = import(&m);
	} else {
		code = cmd_fail(&m.err);
	}
	if (m.reader != NULL)
		roster_close(m.reader);
	if (m.rejects >= 0)
		close(m.rejects);
	out_wipe(&m.out);
	session_close(&m.session);
	return code;
}
