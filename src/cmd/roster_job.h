/*
 * What `roster import` and `roster apply` share: the roster, its journal and its rejects, result
 * lines, progress, the summary and the exit code.
 */
#ifndef SENTRY_SCIM_CMD_ROSTER_JOB_H
#define SENTRY_SCIM_CMD_ROSTER_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "roster/check.h"
#include "roster/journal.h"
#include "roster/run.h"
#include "roster/teams.h"

struct roster_job {
	struct cmd_context *context;
	const char *path;   /* of the roster, or of the plan; "-": standard input */
	const char *things; /* that are counted: "rows" or "changes" */
	struct session session;
	struct roster_reader *reader; /* of the roster; NULL for a plan */
	struct roster_summary summary;
	struct run_options options;
	struct journal *journal;
	bool resumed; /* the journal had records */
	struct out out;
	int rejects; /* descriptor, or -1 */
	bool rejects_headed;
	bool progress;                 /* on a terminal */
	bool drawn;                    /* a progress line stands there */
	int64_t begun, told, drawn_at; /* times of the monotonic clock; 0: not yet */
	struct run_totals totals;
	struct teams_totals teams;
	struct reply reply; /* of a request that has failed: the server's words are shown */
	struct err err;
};

/* Opens the session and reads the options; job_close() is to be called in any case. */
MUST_USE bool job_open(struct roster_job *j, struct cmd_context *c, const char *path);
/* Ends the output, prints the summary if anything was begun, closes; answers the exit code. */
int job_close(struct roster_job *j, bool ok);

/* Opens the roster and checks it, with every fault on standard error. */
MUST_USE bool job_check(struct roster_job *j, enum roster_rules rules);
/* Reports one fault: a roster_report. */
void job_fault(void *job, const struct roster_fault *f);
/* Opens the journal of SUBJECT, whose server is set here, as the options say; of RENEW count the
   members of that name. */
MUST_USE bool job_open_journal(
	struct roster_job *j, struct journal_subject *subject, const struct journal_options *renew);
MUST_USE bool job_open_rejects(struct roster_job *j);
/* Writes ROW, as it came, to the file of --rejects, if there is one. */
MUST_USE bool job_reject(struct roster_job *j, const struct roster_row *row, struct err *e);
/* Results are expected from now on. */
void job_begin(struct roster_job *j);

/* One result line. Texts may be empty; LINE and STATUS 0 mean none. */
struct job_result {
	uint64_t line;
	struct str user_name;
	enum journal_state outcome;
	int status;
	struct str id, detail;
};
MUST_USE bool job_write(struct roster_job *j, const struct job_result *r, struct err *e);
/* Appends why something failed: the server's own words, else E's. */
void job_detail(const struct err *e, int status, struct str refusal, struct buf *out);
/* A row is over: run_watcher's `row`, the context being the job. */
bool job_row(void *job, const struct run_result *r, struct err *e);
/* run_watcher's `tick`. */
void job_tick(void *job, const struct run_totals *t, int64_t now);

#endif
