/*
 * What the parts of rows.h share: the window over the file, places, faults, and the phases of each
 * format. Not for others.
 */
#ifndef SENTRY_SCIM_ROSTER_ROWS_PARTS_H
#define SENTRY_SCIM_ROSTER_ROWS_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/csv.h"
#include "codec/json_split.h"
#include "roster/reader.h"
#include "roster/rows.h"
#include "scim/user.h"

enum rows_phase {
	ROWS_BEGIN,       /* the format is not known */
	ROWS_CSV_HEADER,  /* the header row is due */
	ROWS_CSV_COLUMNS, /* it is there, and `column` is the next of it to be judged */
	ROWS_CSV_RECORD,  /* a record is due */
	ROWS_JSON_LINE,   /* a line is due */
	ROWS_JSON_LONG,   /* the rest of a line that was too long is passed over */
	ROWS_JSON_OPEN,   /* the array's opening bracket is due */
	ROWS_JSON_VALUE,  /* an element is due, or the closing bracket */
	ROWS_JSON_COMMA,  /* a comma is due, or the closing bracket */
	ROWS_JSON_SEARCH, /* the next line that looks like an element is looked for */
	ROWS_JSON_BEHIND, /* the array is closed */
	ROWS_REST,        /* what follows is passed over */
	ROWS_PHASES
};

enum rows_column_kind { COLUMN_ATTRIBUTE, COLUMN_USER_NAME, COLUMN_ROLE, COLUMN_TEAMS, COLUMN_BAD };

struct rows_column {
	enum rows_column_kind kind;
	size_t path, path_size; /* in `paths`: as json_edit_set() takes it */
	size_t key, key_size;   /* in `keys`: its names, escapes undone, each ended by NUL */
};

struct rows {
	struct buf window; /* owned: bytes fed */
	size_t head;       /* those that have been dealt with */
	bool final;        /* nothing follows them */
	enum rows_phase phase;
	enum roster_format format;
	struct roster_place place; /* of the byte at `head` */
	uint64_t number;           /* rows seen */
	struct buf header;         /* owned */
	struct buf scratch;        /* owned: for whoever is at work */

	struct csv csv;           /* owned */
	unsigned trial;           /* the delimiter that is being tried, as an index */
	unsigned best, best_rank; /* the one that fitted best so far */
	unsigned column;          /* the next to be judged */
	unsigned columns;
	struct rows_column column_of[LIMIT_CSV_FIELDS];
	struct buf paths, keys;                             /* owned */
	struct user_attribute attributes[LIMIT_CSV_FIELDS]; /* of the row at work */

	size_t seen; /* bytes from `head` on in which there is no line end */
	struct json_split split;
	bool split_begun;
	bool comma;         /* a comma stands before the element that is due */
	bool line_begins;   /* only blanks stand before `head` in its line */
	uint64_t broken_at; /* the column of the element that has no end */
};

/* One thing to do in a phase. */
enum rows_act {
	ROWS_AGAIN,  /* the phase, or the next one, goes on */
	ROWS_STARVE, /* more bytes are needed, or it must be known that none come */
	ROWS_GIVE,   /* a row is ready */
	ROWS_BLAME,  /* a fault is */
	ROWS_ERROR   /* *E is set */
};

struct rows_out {
	struct roster_row *row;
	struct roster_fault *fault;
	struct err *e;
};

typedef enum rows_act rows_phase_fn(struct rows *r, const struct rows_out *o);
rows_phase_fn rows_csv_header, rows_csv_columns, rows_csv_record;
rows_phase_fn rows_json_line, rows_json_long, rows_json_open, rows_json_value, rows_json_comma,
	rows_json_search, rows_json_behind;

/* What is in the window. */
struct str rows_text(const struct rows *r);
/* LEN bytes of it have been dealt with. */
void rows_take(struct rows *r, size_t len);
/* Of the byte AT in the window. */
struct roster_place rows_place(const struct rows *r, size_t at);
/* Sets the fault, at AT in the window. */
enum rows_act rows_blame(const struct rows *r, const struct rows_out *o, size_t at,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
enum rows_act rows_no_memory(const struct rows_out *o);

/* Appends NAME to the row's teams. NULL, or what is wrong with it, a static string. */
const char *rows_add_team(struct roster_row *row, struct str name);
/* Appends the names parted by ';' in NAMES. */
const char *rows_add_teams(struct roster_row *row, struct str names);
/* What is wrong with a user name, or NULL. */
const char *rows_user_name_fault(struct str name);
/* The name with a meaning of its own that NAME is, ignoring the case of letters; or NULL. */
const char *rows_known_name(struct str name);
/* Makes the body of D, all of the row being known; AT is where the row begins. */
enum rows_act rows_finish_row(
	struct rows *r, const struct rows_out *o, const struct user_draft *d, size_t at);

#endif
