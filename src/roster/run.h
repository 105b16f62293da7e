/*
 * Provisioning every row of a roster: one thread, one poll loop, several connections, each with one
 * row's machine (client/provision.h) at a time. Before the first byte of a create goes out its
 * intent is in the journal and the journal is on disk; one sync covers the intents of all
 * connections. A row that an earlier run may have sent is looked up first. What is done is done
 * once, whenever the run is killed.
 */
#ifndef SENTRY_SCIM_ROSTER_RUN_H
#define SENTRY_SCIM_ROSTER_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "client/message.h"
#include "client/provision.h"
#include "client/route.h"
#include "roster/journal.h"
#include "roster/reader.h"

/* Sentry takes no more at once. */
#define RUN_JOBS_MAX 25u

struct run_options {
	unsigned jobs; /* connections, 1 to RUN_JOBS_MAX */
	unsigned rate; /* requests a second, at least 1 */
	enum provision_if_exists if_exists;
	/* Rows that the journal calls done are looked up and, if nobody is there, made again:
	   SOURCE knows that their members are not listed. Else they are passed over. */
	bool again;
	struct retry_policy policy;
	struct answer_question question;
};

/* What came of one row. */
struct run_result {
	const struct roster_row *row;
	enum journal_state outcome;
	bool confirmed;        /* created, known by look-up only */
	int status;            /* of the server's refusal, or 0 */
	struct str id;         /* the member's, or empty */
	struct str resource;   /* as the server sent it, or empty */
	const struct err *err; /* FAILED and UNKNOWN */
	struct str refusal;    /* its body, when status is not 0 */
};

struct run_totals {
	uint64_t rows;   /* in the roster */
	uint64_t before; /* done by an earlier run: set by the caller */
	uint64_t done;   /* by this one, whatever came of them */
	uint64_t by_state[JOURNAL_UNKNOWN + 1];
	const char *waiting; /* for what, or NULL */
	bool stopped;        /* before the end: told to, or the server unwell */
};

/* Where the rows come from. */
struct run_source {
	void *context;
	/* The next row that is to be created, or ROSTER_END. Never ROSTER_FAULT. */
	enum roster_step (*next)(void *context, struct roster_row *row, struct err *e);
};
/* All rows of a roster that has been checked: the context is its reader, at its start. */
enum roster_step run_every_row(void *reader, struct roster_row *row, struct err *e);

struct run_watcher {
	void *context;
	/* A row is over. False, with *E, ends the run. */
	bool (*row)(void *context, const struct run_result *r, struct err *e);
	/* Something changed or time has passed; called at most ten times a second. */
	void (*tick)(void *context, const struct run_totals *t, int64_t now);
};

/*
 * Runs the rows of SOURCE, TOTALS->rows of them with those that were done before. JOURNAL, which
 * may be NULL, tells which these are by the rows' numbers. False with *E when
 * the run could not go on: the journal or the output failed, the token is refused, the server is
 * unwell (ERR_GAVE_UP), told to stop (ERR_INTERRUPTED). Rows that failed by themselves are in
 * TOTALS.
 */
MUST_USE bool run_rows(const struct run_source *source, struct journal *journal,
	const struct run_options *options, struct route *route, const struct message_origin *origin,
	const struct run_watcher *watcher, struct run_totals *totals, struct err *e);

#endif
