#include "cmd/roster_job.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "codec/json_emit.h"
#include "scim/answer.h"
#include "sys/clock.h"
#include "sys/console.h"
#include "sys/file.h"

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

/* ---- progress ---- */

/* A line is drawn at most ten times a second, and told where there is no terminal every ten. */
#define REDRAW_MS 100
#define TELL_MS   10000

static void add_counts(const struct run_totals *t, struct buf *out)
{
	unsigned i;

	for (i = JOURNAL_CREATED; i <= JOURNAL_UNKNOWN; i++)
		if (t->by_state[i] > 0)
			buf_addf(out, ", %llu %s", (unsigned long long)t->by_state[i],
				journal_state_name((enum journal_state)i));
}

static void add_progress(
	struct roster_job *j, const struct run_totals *t, int64_t now, struct buf *out)
{
	uint64_t done = t->before + t->done, left = t->rows > done ? t->rows - done : 0;
	int64_t ms = now - j->begun > 0 ? now - j->begun : 1;
	uint64_t rate10 = t->done * 10000 / (uint64_t)ms;

	buf_addf(out, "%llu/%llu %s, %llu.%llu/s", (unsigned long long)done,
		(unsigned long long)t->rows, j->things, (unsigned long long)(rate10 / 10),
		(unsigned long long)(rate10 % 10));
	if (rate10 > 0 && left > 0)
		buf_addf(out, ", %llu s left", (unsigned long long)(left * 10 / rate10));
	add_counts(t, out);
	if (t->waiting != NULL)
		buf_addf(out, " (waiting for %s)", t->waiting);
}

void job_tick(void *context, const struct run_totals *t, int64_t now)
{
	struct roster_job *j = context;
	struct buf line;

	buf_init(&line, 512);
	if (j->progress && now - j->drawn_at >= REDRAW_MS) {
		j->drawn_at = now;
		add_progress(j, t, now, &line);
		console_status(buf_text(&line));
	} else if (!j->progress && log_shows(console_log(), LOG_DETAIL) &&
		now - j->told >= TELL_MS) {
		j->told = now;
		add_progress(j, t, now, &line);
		console_line(LOG_DETAIL, "%s", buf_text(&line));
	}
	buf_wipe(&line);
}

/* ---- results ---- */

bool job_write(struct roster_job *j, const struct job_result *r, struct err *e)
{
	struct json_emit json;
	struct buf text;
	bool ok;

	buf_init(&text, LIMIT_HTTP_BODY);
	json_emit_init(&json, &text);
	json_emit_object(&json);
	json_emit_key(&json, str_of("line"));
	if (r->line != 0)
		json_emit_u64(&json, r->line);
	else
		json_emit_null(&json);
	json_emit_member(&json, "userName", r->user_name);
	json_emit_member(&json, "outcome", str_of(journal_state_name(r->outcome)));
	json_emit_key(&json, str_of("status"));
	if (r->status != 0)
		json_emit_u64(&json, (uint64_t)r->status);
	else
		json_emit_null(&json);
	json_emit_member(&json, "id", r->id);
	json_emit_member(&json, "detail", r->detail);
	json_emit_object_close(&json);
	ok = json_emit_done(&json) ? out_resource(&j->out, buf_str(&text), e)
				   : err_memory(e, "a row's result");
	buf_wipe(&text);
	return ok;
}

void job_detail(const struct err *e, int status, struct str refusal, struct buf *out)
{
	size_t start = out->len;

	if (status != 0)
		answer_detail(refusal, out);
	if (out->len == start)
		buf_add_text(out, e->text);
}

bool job_reject(struct roster_job *j, const struct roster_row *row, struct err *e)
{
	struct str header = j->reader != NULL ? roster_header(j->reader) : str_of("");

	if (j->rejects < 0)
		return true;
	if (!j->rejects_headed && header.n > 0 && !file_write_all(j->rejects, header.p, header.n))
		return err_sys(e, ERR_OUTPUT, errno, "--rejects");
	j->rejects_headed = true;
	return file_write_all(j->rejects, row->source.data, row->source.len) ||
		err_sys(e, ERR_OUTPUT, errno, "--rejects");
}

bool job_row(void *context, const struct run_result *r, struct err *e)
{
	struct roster_job *j = context;
	struct job_result result = {.line = r->row->place.line,
		.user_name = buf_str(&r->row->user_name),
		.outcome = r->outcome,
		.status = r->status,
		.id = r->id};
	struct buf detail;
	bool ok;

	buf_init(&detail, LIMIT_HTTP_BODY);
	if (r->confirmed)
		buf_add_text(&detail, "confirmed by look-up");
	if (r->err != NULL)
		job_detail(r->err, r->status, r->refusal, &detail);
	result.detail = buf_str(&detail);
	ok = (r->outcome < JOURNAL_FAILED || job_reject(j, r->row, e)) && job_write(j, &result, e);
	buf_wipe(&detail);
	return ok;
}

/* ---- preparation ---- */

void job_fault(void *context, const struct roster_fault *f)
{
	const struct roster_job *j = context;

	console_line(LOG_ERROR, "%s:%llu:%llu: %s",
		strcmp(j->path, "-") == 0 ? "standard input" : j->path,
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

bool job_open(struct roster_job *j, struct cmd_context *c, const char *path)
{
	*j = (struct roster_job){.context = c, .path = path, .things = "rows", .rejects = -1};
	if (!session_open(&j->session, c, NULL, &j->err))
		return false;
	j->progress = j->session.settings.progress;
	j->options.policy = j->session.handle.caller.policy;
	j->options.question = j->session.handle.caller.question;
	return number_option(
		       c->opts, OPT_JOBS, JOBS_DEFAULT, RUN_JOBS_MAX, &j->options.jobs, &j->err) &&
		number_option(c->opts, OPT_RATE, RATE_DEFAULT, RATE_MAX, &j->options.rate, &j->err);
}

bool job_check(struct roster_job *j, enum roster_rules rules)
{
	j->reader = roster_open(j->path, &j->err);
	if (j->reader == NULL ||
		!roster_check(j->reader,
			j->session.settings.target.is_sentry ? rules : ROSTER_ANY_SERVER, job_fault,
			j, &j->summary, &j->err))
		return false;
	if (j->summary.faults == 0)
		return true;
	return err_set(&j->err, ERR_INPUT, "%llu fault%s in the roster; nothing was sent",
		(unsigned long long)j->summary.faults, j->summary.faults == 1 ? "" : "s");
}

static bool journal_path(struct roster_job *j, struct buf *out)
{
	const char *given = opt_value(j->context->opts, OPT_JOURNAL);

	if (given == NULL && strcmp(j->path, "-") == 0) {
		err_set(&j->err, ERR_USAGE,
			"what comes from standard input has no place for its "
			"journal");
		err_hint(&j->err, "name one with --journal, or do without by --no-journal");
		return false;
	}
	if (given != NULL)
		buf_add_text(out, given);
	else
		buf_addf(out, "%s.journal", j->path);
	return !out->failed || err_set(&j->err, ERR_USAGE, "the name of the journal is too long");
}

bool job_open_journal(
	struct roster_job *j, struct journal_subject *subject, const struct journal_options *renew)
{
	const struct opts *o = j->context->opts;
	struct journal_options options = *renew;
	struct buf path;

	if (opt_given(o, OPT_NO_JOURNAL))
		return !opt_given(o, OPT_JOURNAL) ||
			err_set(&j->err, ERR_USAGE,
				"--journal and --no-journal contradict each other");
	options.log = console_log();
	options.plain = opt_given(o, OPT_JOURNAL_PLAIN);
	subject->server = j->session.settings.target.root;
	buf_init(&path, 4096);
	if (journal_path(j, &path))
		j->journal = journal_open(buf_text(&path), subject, &options, &j->resumed, &j->err);
	if (j->journal != NULL && j->resumed)
		console_line(LOG_NOTE,
			journal_complete(j->journal) ? "%s says that this was done before"
						     : "going on from %s",
			buf_text(&path));
	buf_wipe(&path);
	return j->journal != NULL;
}

bool job_open_rejects(struct roster_job *j)
{
	const char *path = opt_value(j->context->opts, OPT_REJECTS);

	if (path == NULL)
		return true;
	j->rejects = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return j->rejects >= 0 || err_sys(&j->err, ERR_CONFIG, errno, "%s", path);
}

void job_begin(struct roster_job *j)
{
	j->begun = j->told = clock_now();
	out_init(&j->out, &j->session.settings, result_columns, true);
}

/* ---- the end ---- */

static void summarize(struct roster_job *j)
{
	const struct teams_totals *t = &j->teams;
	struct buf text;

	buf_init(&text, 512);
	buf_addf(&text, "%llu of %llu %s done",
		(unsigned long long)(j->totals.before + j->totals.done),
		(unsigned long long)j->totals.rows, j->things);
	if (j->totals.before > 0)
		buf_addf(&text, ", %llu of them before", (unsigned long long)j->totals.before);
	add_counts(&j->totals, &text);
	if (t->added + t->removed + t->created + t->failed > 0) {
		buf_addf(&text, "; %llu team%s created, %llu memberships",
			(unsigned long long)t->created, t->created == 1 ? "" : "s",
			(unsigned long long)t->added);
		if (t->removed > 0)
			buf_addf(&text, ", %llu ended", (unsigned long long)t->removed);
		buf_addf(&text, ", %llu failed", (unsigned long long)t->failed);
	}
	console_line(LOG_NOTE, "%s", buf_text(&text));
	buf_wipe(&text);
}

static int exit_code(const struct roster_job *j)
{
	const struct err unknown = {.kind = ERR_UNKNOWN}, partial = {.kind = ERR_PARTIAL};

	if (j->totals.by_state[JOURNAL_UNKNOWN] > 0)
		return err_exit_code(&unknown);
	if (j->totals.by_state[JOURNAL_FAILED] > 0 || j->teams.failed > 0)
		return err_exit_code(&partial);
	return 0;
}

/* Keeps the first error. */
static bool also(struct roster_job *j, bool ok, bool this, const struct err *e)
{
	if (!this && ok)
		j->err = *e;
	return ok && this;
}

int job_close(struct roster_job *j, bool ok)
{
	const bool begun = j->begun != 0;
	bool can_go_on = j->journal != NULL && j->totals.done > 0;
	struct err e;
	int code;

	console_clear_status(STDERR_FILENO);
	if (ok && begun && j->journal != NULL && exit_code(j) == 0)
		ok = journal_end(j->journal, &j->err);
	if (begun) {
		err_clear(&e);
		ok = also(j, ok, out_end_list(&j->out, &e), &e);
		if (j->totals.rows > 0 || ok)
			summarize(j);
	}
	if (j->journal != NULL) {
		err_clear(&e);
		ok = also(j, ok, journal_close(j->journal, &e), &e);
	}
	code = ok ? exit_code(j) : session_fail(&j->session, &j->reply, &j->err);
	if (!ok && can_go_on)
		console_hint(j->err.kind == ERR_INPUT
				? "with the roster as it was the same command goes on where it "
				  "stopped"
				: "run the same command again: it goes on where it stopped");
	if (j->reader != NULL)
		roster_close(j->reader);
	if (j->rejects >= 0)
		close(j->rejects);
	out_wipe(&j->out);
	session_close(&j->session);
	return code;
}
