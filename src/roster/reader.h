/*
 * Roster files, read as a stream: CSV (RFC 4180), JSON Lines, or one JSON array of objects. A
 * reader yields one row after the other, each as the request body that creates the member, with its
 * place in the file; a row that is wrong is a fault with its place, and reading goes on behind it,
 * so that one pass finds all faults. Memory is bounded by the longest row.
 *
 * Columns of CSV, and names in JSON: `userName`; `sentryOrgRole`; `teams` (names parted by ';' in
 * CSV, blanks around them ignored; that or an array of texts in JSON); any other becomes an
 * attribute of that name, a text, dots making nested objects in CSV as for `member create --set`.
 * Empty cells are left out. What separates CSV fields (a comma, a semicolon or a tab) is recognised
 * from the header row, which must have userName and no name twice, in whatever case. A BOM is
 * skipped. Lines end in LF or CRLF; empty lines are passed over.
 *
 * Behind a fault reading goes on with the next record, line or element. Where quotes or brackets do
 * not match, so that nobody can know where the row ends, that is the next line that looks like the
 * beginning of one. Without a userName column no row can be judged, and none is.
 *
 * A file that is not the same any more in a later pass fails there, before a row of what has
 * changed is handed out: of each block of the first whole pass 8 bytes are kept, a hash under a
 * random key.
 */
#ifndef SENTRY_SCIM_ROSTER_READER_H
#define SENTRY_SCIM_ROSTER_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"

enum roster_format { ROSTER_CSV, ROSTER_JSON_LINES, ROSTER_JSON_ARRAY };

/* A place in a file: lines and columns from 1, columns in bytes. */
struct roster_place {
	uint64_t line, column;
};

struct roster_row {
	uint64_t number;           /* rows before it, faulty ones included: 0 for the first */
	struct roster_place place; /* where it begins */
	struct roster_place user_name_place, role_place; /* of the cells, or values in JSON */
	struct buf user_name;                            /* owned: UTF-8, not blank, without NUL */
	struct buf role;                                 /* owned; empty: none */
	struct buf body;   /* owned: the request body, `schemas` included, `teams` not */
	struct buf teams;  /* owned: names, each ended by NUL */
	bool has_teams;    /* the row says which: a column `teams`, even if its cell is empty, or
			      a member of that name that is not null */
	struct buf source; /* owned: the row as it stands in the file, for --rejects: a CSV
			      record with its line end, or the JSON object on one line */
};
void roster_row_init(struct roster_row *row);
void roster_row_wipe(struct roster_row *row);

struct roster_fault {
	struct roster_place place;
	char text[160]; /* what is wrong, NUL-terminated */
};
/* TEXT, which may quote the file, is made printable, and cut where it is too long. */
void roster_fault_set(struct roster_fault *fault, struct roster_place place, struct str text);

struct roster_reader; /* opaque, on the heap */

enum roster_step {
	ROSTER_ROW,   /* ROW holds the next row */
	ROSTER_FAULT, /* FAULT tells of one that is wrong */
	ROSTER_END,
	ROSTER_FAIL /* the file cannot be read, or has changed: *E */
};

/*
 * Opens PATH, "-" for standard input; PATH must live as long as the reader. What cannot be read
 * twice (a pipe) is copied first, see sys/spool.h. NULL with an error as spool_open() has it.
 */
struct roster_reader *roster_open(const char *path, struct err *e);
void roster_close(struct roster_reader *r);
/* Starts again from the first row. Format and header stay known. */
MUST_USE bool roster_rewind(struct roster_reader *r, struct err *e);
enum roster_step roster_next(
	struct roster_reader *r, struct roster_row *row, struct roster_fault *fault, struct err *e);

/* Known after the first step. */
enum roster_format roster_format(const struct roster_reader *r);
/* The header record of a CSV file as it stands there, with its line end and without a BOM; empty
   otherwise. Known after the first step. It and any `source` behind it are a roster again. */
struct str roster_header(const struct roster_reader *r);
/* Bytes of the file read in this pass, and its size (0 when unknown): for progress. */
uint64_t roster_position(const struct roster_reader *r);
uint64_t roster_size(const struct roster_reader *r);
/* SHA-256 of all bytes of the file; false until a whole pass, to ROSTER_END, has been made. */
#define ROSTER_DIGEST 32
bool roster_digest(const struct roster_reader *r, uint8_t digest[static ROSTER_DIGEST]);

#endif
