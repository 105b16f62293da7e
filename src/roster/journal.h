/*
 * The journal of a roster run: an append-only text file that says, for every row, what is about to
 * be done before it is done, and what came of it. A run that was killed at any instant goes on from
 * it: rows with a result are done, rows with an intent and no result are looked up before anything
 * else, the others have not been touched.
 *
 * One record a line, for people and grep:
 *
 *     <seq> <type> <row> <who> <data> *<crc>
 *
 * SEQ counts from 1 without gaps; ROW is the row's number, WHO the first 16 hex digits of
 * SHA-256(run id, folded user name), so that no address stands there in clear unless asked for; CRC
 * (CRC-32C, 8 hex digits) covers the line before it and the run id, so that no record of another
 * run is ever believed. Types: H head (run id, digests of roster and server, version), I intent, R
 * result, E end with totals.
 *
 * A torn record at the very end is what a crash leaves: it is cut off. A broken record with a valid
 * one behind it is damage: refused. An error of writing or syncing is final: what the file holds is
 * not known any more, and no second sync is tried.
 */
#ifndef SENTRY_SCIM_ROSTER_JOURNAL_H
#define SENTRY_SCIM_ROSTER_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "sys/log.h"

#define JOURNAL_DIGEST 32

/* What a run is about: a journal of anything else is refused. */
struct journal_subject {
	uint8_t roster[JOURNAL_DIGEST]; /* of the file's bytes */
	struct str server;              /* the SCIM root */
	const char *action;             /* "import" or "apply" */
	uint64_t rows;
};

/* The last thing known of a row; one byte each. */
enum journal_state {
	JOURNAL_UNTOUCHED,
	JOURNAL_INTENT,  /* may have been sent */
	JOURNAL_CREATED, /* the rest are results, as the contract's outcomes */
	JOURNAL_EXISTS,
	JOURNAL_UPDATED,
	JOURNAL_UNCHANGED,
	JOURNAL_REMOVED,
	JOURNAL_FAILED, /* tried again by the next run */
	JOURNAL_UNKNOWN /* looked up by the next run */
};

struct journal; /* opaque, on the heap */

struct journal_options {
	bool plain; /* user names in clear */
	/* A journal that is complete, or says nothing yet, gives way to a new one: if it is of
	   another roster; if it is of the same. */
	bool renew_other, renew_same;
	struct log *log; /* or NULL; not owned */
};

/*
 * Opens PATH for a run on SUBJECT: creates it (0600, its directory synced), or goes on with it.
 * ERR_CONFIG when it belongs to another roster, action or server (naming which), is damaged, is not
 * a regular file of this user, or another run holds it. ERR_SYSTEM when the disk does not take it.
 * *RESUMED tells whether there were records. NULL on failure.
 */
struct journal *journal_open(const char *path, const struct journal_subject *subject,
	const struct journal_options *options, bool *resumed, struct err *e);
/* Closes the file, syncing what has not been; false when that fails. Releases J in any case. */
MUST_USE bool journal_close(struct journal *j, struct err *e);

/* What is known of ROW. */
enum journal_state journal_row(const struct journal *j, uint64_t row);
/* Whether a row of this state has nothing left to be done. */
bool journal_is_done(enum journal_state state);
/* How many rows are so. */
uint64_t journal_done(const struct journal *j);
/* Whether the last run ended in order, with nothing left to do. */
bool journal_complete(const struct journal *j);

/*
 * ROW may be the number of rows, for what is no row of the roster: it is written down, and has no
 * state. Appends that ROW is about to be sent (ATTEMPT from 1). Not durable before journal_sync():
 * one sync may cover many intents, and no request may go out before the one that covers its intent.
 */
MUST_USE bool journal_intent(
	struct journal *j, uint64_t row, struct str user_name, unsigned attempt, struct err *e);
/* Appends what came of ROW. STATUS is the HTTP status or 0, ID the member's or empty. Synced at the
   next journal_sync(); losing it costs a look-up and never a member. */
MUST_USE bool journal_result(struct journal *j, uint64_t row, struct str user_name,
	enum journal_state state, int status, struct str id, struct err *e);
/* Appends that the run is complete. */
MUST_USE bool journal_end(struct journal *j, struct err *e);
/* Writes and syncs everything appended. A failure is final: every later call fails too. */
MUST_USE bool journal_sync(struct journal *j, struct err *e);
/* Whether anything waits for a sync. */
bool journal_dirty(const struct journal *j);

const char *journal_state_name(enum journal_state state);

#endif
