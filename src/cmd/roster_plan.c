#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/confirm.h"
#include "cmd/roster_job.h"
#include "roster/apply.h"
#include "roster/plan.h"
#include "roster/plan_file.h"
#include "sys/console.h"
#include "sys/digest.h"
#include "sys/file.h"

/* Text of a document is written when so much has gathered. */
#define WRITE_SIZE (64u * 1024u)
/* Changes shown before the question whether to make them. */
#define SHOWN_MAX 40u

static const struct out_column change_columns[] = {
	{"ACTION", "action", false},
	{"USER NAME", "userName", false},
	{"TEAM", "team", false},
	{"FROM", "from", false},
	{"TO", "to", false},
	{"ID", "id", false},
	{"LINE", "line", false},
	{"WHY", "reason", false},
	{.title = NULL},
};

/* What `roster plan` and `roster apply` work on: a roster compared with the organization, or a plan
   from a file. */
struct task {
	struct roster_job job;
	struct plan plan;
	struct wanted wanted;
	struct buf text;    /* owned: of the plan's file, or what is to be written */
	struct reply reply; /* of the last request */
	uint64_t shown;
	uint64_t rowless; /* changes that failed and are of no row: --rejects cannot take them */
	struct err *e;
};

static bool open_task(struct task *t, struct cmd_context *c, const char *path)
{
	*t = (struct task){.shown = 0};
	t->e = &t->job.err;
	plan_init(&t->plan);
	wanted_init(&t->wanted);
	buf_init(&t->text, PLAN_FILE_MAX);
	if (!job_open(&t->job, c, path))
		return false;
	t->job.things = "changes";
	return true;
}

static int close_task(struct task *t, bool ok)
{
	int code;

	t->job.reply = t->reply;
	code = job_close(&t->job, ok);
	plan_wipe(&t->plan);
	wanted_wipe(&t->wanted);
	buf_wipe(&t->text);
	return code;
}

static bool make_plan(struct task *t)
{
	struct roster_job *j = &t->job;
	const struct plan_options options = {.prune = opt_given(j->context->opts, OPT_PRUNE),
		.is_sentry = j->session.settings.target.is_sentry,
		.report = job_fault,
		.context = j};

	return wanted_load(&t->wanted, j->reader, j->summary.rows, t->e) &&
		plan_make(&t->plan, &t->wanted, j->reader, &j->session.handle.caller, &options,
			&t->reply, t->e);
}

/* ---- showing a plan ---- */

static void add_count(uint64_t n, const char *one, const char *many, struct buf *out)
{
	if (n > 0)
		buf_addf(out, "%s%llu %s", out->len > 0 ? ", " : "", (unsigned long long)n,
			n == 1 ? one : many);
}

static void add_summary(const struct plan *p, struct buf *out)
{
	const uint64_t *n = p->counts;

	add_count(n[PLAN_CREATE_TEAM], "team to create", "teams to create", out);
	add_count(n[PLAN_CREATE], "member to create", "members to create", out);
	add_count(n[PLAN_ADD_TO_TEAM], "membership to add", "memberships to add", out);
	add_count(n[PLAN_REMOVE_FROM_TEAM], "membership to end", "memberships to end", out);
	add_count(n[PLAN_SET_ROLE], "role to set", "roles to set", out);
	add_count(n[PLAN_REMOVE], "member to remove", "members to remove", out);
	if (out->len == 0)
		buf_add_text(out, "nothing to do");
	add_count(n[PLAN_KEEP], "kept as it is", "kept as they are", out);
	add_count(p->unchanged, "as it should be", "as they should be", out);
}

static void summarize(const struct plan *p)
{
	struct buf text;

	buf_init(&text, 512);
	add_summary(p, &text);
	console_line(LOG_NOTE, "%s", buf_text(&text));
	buf_wipe(&text);
}

static bool flush(struct task *t, struct err *e)
{
	bool ok = t->text.failed ? err_memory(e, "the plan") : out_text(buf_str(&t->text), e);

	buf_clear(&t->text);
	return ok;
}

static bool write_change(void *context, const struct plan_change *c, struct err *e)
{
	struct task *t = context;

	buf_add_text(&t->text, t->shown++ == 0 ? "\n" : ",\n");
	if (!plan_file_change(c, &t->text))
		return err_memory(e, "the plan");
	return t->text.len < WRITE_SIZE || flush(t, e);
}

static bool write_document(struct task *t)
{
	return (plan_file_begin(&t->plan, t->job.session.settings.target.root, &t->text) ||
		       err_memory(t->e, "the plan")) &&
		plan_each(&t->plan, &t->wanted, t->job.reader, write_change, t, t->e) &&
		(plan_file_end(&t->text) || err_memory(t->e, "the plan")) && flush(t, t->e);
}

static bool show_change(void *context, const struct plan_change *c, struct err *e)
{
	struct task *t = context;
	bool ok;

	buf_clear(&t->text);
	ok = plan_file_change(c, &t->text) ? out_resource(&t->job.out, buf_str(&t->text), e)
					   : err_memory(e, "the plan");
	return ok;
}

static bool show_rows(struct task *t)
{
	return plan_each(&t->plan, &t->wanted, t->job.reader, show_change, t, t->e) &&
		out_end_list(&t->job.out, t->e);
}

static bool show_plan(struct task *t)
{
	struct err refused;
	bool ok;

	out_init(&t->job.out, &t->job.session.settings, change_columns, true);
	ok = t->job.out.format == OUTPUT_JSON ? write_document(t) : show_rows(t);
	if (!ok)
		return false;
	summarize(&t->plan);
	err_clear(&refused);
	if (!plan_guard(&t->plan, PLAN_USUAL, &refused))
		console_line(LOG_WARN, "`roster apply` will want --max-removals %llu",
			(unsigned long long)t->plan.counts[PLAN_REMOVE]);
	return true;
}

int cmd_roster_plan(struct cmd_context *c)
{
	struct task t;
	bool ok = open_task(&t, c, c->opts->args[0]) && job_check(&t.job, ROSTER_SENTRY_STATE) &&
		make_plan(&t) && show_plan(&t);

	return close_task(&t, ok);
}

/* ---- applying ---- */

static bool tell_change(void *context, const struct plan_change *c, struct err *e)
{
	struct task *t = context;
	struct buf text;

	(void)e;
	if (c->action == PLAN_KEEP || t->shown++ >= SHOWN_MAX)
		return true;
	buf_init(&text, 1024);
	buf_addf(&text, "  %s", plan_action_name(c->action));
	if (c->user_name.n > 0)
		buf_addf(&text, " %.*s", STR_ARG(c->user_name));
	if (c->team.n > 0)
		buf_addf(&text, " (team %.*s)", STR_ARG(c->team));
	if (c->from.n > 0)
		buf_addf(&text, ", now %.*s", STR_ARG(c->from));
	if (c->to.n > 0)
		buf_addf(&text, ", then %.*s", STR_ARG(c->to));
	console_line(LOG_ERROR, "%s", buf_text(&text));
	buf_wipe(&text);
	return true;
}

/* Shows what will be done and asks, if there is a person to ask. */
static bool ask(struct task *t)
{
	const struct opts *o = t->job.context->opts;
	struct buf text;
	bool ok = true;

	if (plan_is_empty(&t->plan))
		return true;
	if (!opt_given(o, OPT_YES) && console_is_terminal(STDIN_FILENO) &&
		console_is_terminal(STDERR_FILENO)) {
		t->shown = 0;
		ok = plan_each(&t->plan, &t->wanted, t->job.reader, tell_change, t, t->e);
		if (t->shown > SHOWN_MAX)
			console_line(LOG_ERROR, "  and %llu more",
				(unsigned long long)(t->shown - SHOWN_MAX));
	}
	buf_init(&text, 512);
	add_summary(&t->plan, &text);
	ok = ok && confirm(o, buf_text(&text), t->e);
	buf_wipe(&text);
	return ok;
}

static bool guard(struct task *t)
{
	const char *text = opt_value(t->job.context->opts, OPT_MAX_REMOVALS);
	uint64_t most = PLAN_USUAL;

	if (text != NULL && !str_to_u64(str_of(text), PLAN_USUAL - 1, &most))
		return err_set(t->e, ERR_USAGE, "--max-removals wants a number, not '%s'", text);
	/* A file that something has emptied must not empty a small organization. */
	if (text == NULL && t->job.reader != NULL && t->job.summary.rows == 0 &&
		t->plan.counts[PLAN_REMOVE] > 0) {
		err_set(t->e, ERR_INPUT, "the roster has no rows; nothing was changed");
		err_hint(t->e, "if nobody but owners is to be left, --max-removals %llu allows it",
			(unsigned long long)t->plan.counts[PLAN_REMOVE]);
		return false;
	}
	return plan_guard(&t->plan, most, t->e);
}

static bool write_change_result(struct task *t, const struct apply_result *r, struct err *e)
{
	const struct plan_change *c = r->change;
	struct job_result line = {.line = c->line,
		.user_name = c->user_name,
		.outcome = r->outcome,
		.status = r->status,
		.id = c->id};
	struct buf detail;
	bool ok;

	buf_init(&detail, LIMIT_HTTP_BODY);
	if (c->team.n > 0)
		buf_addf(&detail, "%s %.*s%s", plan_action_name(c->action), STR_ARG(c->team),
			r->err != NULL ? ": " : "");
	if (r->err != NULL)
		job_detail(r->err, r->status, r->refusal, &detail);
	line.detail = buf_str(&detail);
	ok = job_write(&t->job, &line, e);
	buf_wipe(&detail);
	return ok;
}

/* With a roster each of its rows is told about once: those of whom only teams change at the end,
   when all of these are over. */
static bool on_change(void *context, const struct apply_result *r, struct err *e)
{
	struct task *t = context;
	const struct plan_change *c = r->change;
	struct wanted_row *row =
		c->row != PLAN_NO_ROW ? wanted_find(&t->wanted, c->user_name) : NULL;
	struct apply_result worse = *r;

	if (row == NULL) {
		t->rowless += r->outcome >= JOURNAL_FAILED;
		return write_change_result(t, r, e);
	}
	row->flags |= r->outcome >= JOURNAL_FAILED ? WANTED_FAILED : 0;
	if (c->action != PLAN_SET_ROLE)
		return true;
	row->flags |= WANTED_REPORTED;
	if (row->flags & WANTED_FAILED && r->outcome < JOURNAL_FAILED)
		worse.outcome = JOURNAL_FAILED;
	return write_change_result(t, &worse, e);
}

static int compare_row(const void *key, const void *change)
{
	uint64_t number = *(const uint64_t *)key, row = ((const struct plan_change *)change)->row;

	return (number > row) - (number < row);
}

static const struct plan_change *kept(const struct plan *p, uint64_t number)
{
	size_t count;
	const struct plan_change *c = plan_changes(p, PLAN_KEEP, &count);

	return count > 0 ? bsearch(&number, c, count, sizeof(*c), compare_row) : NULL;
}

/* A row that nothing has been told about yet, its member being there. */
static bool tell_row(struct task *t, const struct roster_row *row, struct wanted_row *w)
{
	const struct plan_change *c = kept(&t->plan, row->number);
	struct job_result r = {.line = row->place.line,
		.user_name = buf_str(&row->user_name),
		.outcome = JOURNAL_UNCHANGED};

	if (c != NULL) {
		r.id = c->id;
		w->flags |= WANTED_FAILED;
	}
	if (w->flags & WANTED_FAILED) {
		r.outcome = JOURNAL_FAILED;
		r.detail = str_of(c != NULL ? c->reason : "not in all its teams");
	} else if (w->flags & WANTED_TEAM_CHANGED) {
		r.outcome = JOURNAL_UPDATED;
	}
	t->job.totals.by_state[r.outcome]++;
	return job_write(&t->job, &r, t->e);
}

/* What is left to be told, and to be written to --rejects: rows whose create has failed are there
   already, and nothing else of them was tried. */
static bool tell_rest(struct task *t)
{
	struct roster_row row;
	enum roster_step step = ROSTER_END;
	bool ok = roster_rewind(t->job.reader, t->e);

	roster_row_init(&row);
	while (ok && (step = run_every_row(t->job.reader, &row, t->e)) == ROSTER_ROW) {
		struct wanted_row *w = wanted_find(&t->wanted, buf_str(&row.user_name));

		if (w == NULL)
			continue;
		if ((w->flags & (WANTED_MATCHED | WANTED_REPORTED)) == WANTED_MATCHED)
			ok = tell_row(t, &row, w);
		if (ok && w->flags & WANTED_FAILED)
			ok = job_reject(&t->job, &row, t->e);
	}
	roster_row_wipe(&row);
	return ok && step == ROSTER_END;
}

/* CREATES has its context; journal rows as `by_place` says. */
static bool run(struct task *t, const struct run_source *creates, bool by_place)
{
	struct roster_job *j = &t->job;
	const struct apply_watcher watcher = {
		.context = t, .row = job_row, .change = on_change, .tick = job_tick};
	const struct apply a = {.plan = &t->plan,
		.creates = creates,
		.journal = j->journal,
		.by_place = by_place,
		.no_row = j->summary.rows,
		.caller = &j->session.handle.caller,
		.options = &j->options,
		.watcher = &watcher,
		.totals = &j->totals,
		.teams = &j->teams};
	unsigned i;

	for (i = 0; i < PLAN_KEEP; i++)
		j->totals.rows += t->plan.counts[i];
	job_begin(j);
	if (!apply_plan(&a, t->e))
		return false;
	if (j->rejects >= 0 && t->rowless > 0)
		console_line(LOG_WARN, "changes that failed and are no rows, so not in %s: %llu",
			opt_value(j->context->opts, OPT_REJECTS), (unsigned long long)t->rowless);
	return true;
}

/* A run that is over gives way to the next: with a roster always, with a plan if it is another. */
static bool open_journal(struct task *t, const uint8_t *digest, uint64_t rows, bool is_roster)
{
	const struct journal_options options = {.renew_other = true, .renew_same = is_roster};
	struct journal_subject subject = {.action = "apply", .rows = rows};

	memcpy(subject.roster, digest, sizeof(subject.roster));
	return job_open_journal(&t->job, &subject, &options);
}

static bool apply_roster(struct task *t)
{
	struct roster_job *j = &t->job;
	struct plan_creates rows = {.wanted = &t->wanted};
	const struct run_source creates = {.context = &rows, .next = plan_next_create};
	uint8_t digest[ROSTER_DIGEST];

	if (!job_check(j, ROSTER_SENTRY_STATE))
		return false;
	if (!roster_digest(j->reader, digest))
		return err_memory(t->e, "the roster's digest");
	rows.reader = j->reader;
	/* The member may have come meanwhile: then what the row says is done all the same. */
	j->options.if_exists = PROVISION_UPDATE;
	j->options.again = true;
	return (j->session.settings.dry_run || open_journal(t, digest, j->summary.rows, true)) &&
		make_plan(t) && guard(t) && ask(t) && job_open_rejects(j) &&
		roster_rewind(j->reader, t->e) && run(t, &creates, false) && tell_rest(t);
}

static bool apply_file(struct task *t)
{
	struct roster_job *j = &t->job;
	struct plan_file_creates changes = {.plan = &t->plan};
	const struct run_source creates = {.context = &changes, .next = plan_file_next_create};
	uint8_t digest[DIGEST_BYTES];
	struct digest *d;

	if (opt_given(j->context->opts, OPT_PRUNE))
		return err_set(t->e, ERR_USAGE, "--prune is for making a plan, not for --plan");
	if (!file_read(j->path, &t->text, t->e))
		return false;
	if (!plan_file_read(&t->plan, buf_str(&t->text), j->session.settings.target.root, t->e))
		return err_context(t->e, "%s", j->path);
	d = digest_new();
	if (d == NULL)
		return err_memory(t->e, "the plan");
	digest_add(d, t->text.data, t->text.len);
	digest_end(d, digest);
	buf_wipe(&t->text);
	j->summary.rows = t->plan.count;
	/* What is there already is not what the plan says. */
	j->options.if_exists = PROVISION_FAIL;
	if (!j->session.settings.dry_run && !open_journal(t, digest, t->plan.count, false))
		return false;
	j->totals.before = j->journal != NULL ? journal_done(j->journal) : 0;
	if (j->journal != NULL && journal_complete(j->journal)) {
		j->totals.rows = t->plan.count;
		job_begin(j);
		return true;
	}
	return plan_verify(&t->plan, j->resumed, &j->session.handle.caller, &t->reply, t->e) &&
		guard(t) && ask(t) && job_open_rejects(j) && run(t, &creates, true);
}

int cmd_roster_apply(struct cmd_context *c)
{
	const char *plan = opt_value(c->opts, OPT_PLAN);
	const bool both = plan != NULL && c->opts->arg_count > 0;
	struct task t;
	bool ok = open_task(&t, c,
		plan != NULL                     ? plan
			: c->opts->arg_count > 0 ? c->opts->args[0]
						 : "-");

	if (ok && (both || (plan == NULL && c->opts->arg_count == 0))) {
		err_set(t.e, ERR_USAGE, "%s",
			both ? "a roster and --plan contradict each other"
			     : "`roster apply` wants a roster, or --plan FILE");
		ok = false;
	}
	ok = ok && (plan != NULL ? apply_file(&t) : apply_roster(&t));
	return close_task(&t, ok);
}
