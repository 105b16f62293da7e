/*
 * The rows of a roster file out of its bytes, however these come in pieces: what reader.h promises,
 * without a file. Memory is bounded by the longest row and the largest piece.
 */
#ifndef SENTRY_SCIM_ROSTER_ROWS_H
#define SENTRY_SCIM_ROSTER_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "roster/reader.h"

/* Bytes given at once. */
#define ROWS_FEED_MAX (64u * 1024u)

struct rows; /* opaque, on the heap */

enum rows_step {
	ROWS_MORE, /* feed, or finish */
	ROWS_ROW,  /* as ROSTER_ROW and so on */
	ROWS_FAULT,
	ROWS_END,
	ROWS_FAIL /* ERR_MEMORY */
};

/* NULL when memory is exhausted. */
struct rows *rows_new(void);
void rows_free(struct rows *r);
/* Starts again; format and header stay known. */
void rows_restart(struct rows *r);
/* The next LEN bytes, at most ROWS_FEED_MAX; only before the first step or after ROWS_MORE. */
void rows_feed(struct rows *r, const void *bytes, size_t len);
/* Nothing follows. */
void rows_finish(struct rows *r);
enum rows_step rows_next(
	struct rows *r, struct roster_row *row, struct roster_fault *fault, struct err *e);

enum roster_format rows_format(const struct rows *r);
struct str rows_header(const struct rows *r);

#endif
