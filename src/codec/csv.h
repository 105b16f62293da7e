/*
 * CSV (RFC 4180), read in pieces as it comes and written field by field. What RFC 4180 leaves open
 * is decided strictly: a quote may stand only around a whole field or doubled inside such a one, a
 * carriage return outside of quotes only before a line feed. Lines end in CRLF or LF, also mixed.
 * Bytes are not judged otherwise: character sets and NUL are the caller's affair. No recursion; the
 * length of a record and the number of its fields are bounded.
 *
 * A record that is wrong is read to its end, so that the next one can be read: that is the next
 * line end outside of quotes, or, where a quote is never closed, the end of the line it stands in.
 */
#ifndef SENTRY_SCIM_CODEC_CSV_H
#define SENTRY_SCIM_CODEC_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"

struct csv_field {
	size_t at;          /* where it begins in the record, an opening quote included */
	size_t value, size; /* private: its content in `values` */
};

struct csv {
	char delimiter;
	size_t max;        /* bytes of one record */
	size_t at;         /* private: bytes of the record looked at */
	size_t quote;      /* private: where the last quoted field began */
	uint8_t state;     /* private */
	size_t len;        /* after any step but CSV_MORE: bytes of the text that it took */
	unsigned count;    /* fields; after CSV_BAD those read until then, some maybe behind LEN */
	const char *fault; /* after CSV_BAD: what is wrong first, a static string; else NULL */
	size_t fault_at;   /* where in the record */
	struct csv_field fields[LIMIT_CSV_FIELDS];
	struct buf values; /* private, owned: the contents, one behind the other */
};

enum csv_step {
	CSV_MORE,   /* the record goes on behind the text */
	CSV_RECORD, /* a record, its line end included */
	CSV_BLANK,  /* an empty line, or some of the rest of a record that was too long */
	CSV_BAD,    /* a record that is wrong: `fault` */
	CSV_MEMORY  /* the heap is exhausted; final */
};

/* For records of at most MAX bytes, line end included; those longer are CSV_BAD. */
void csv_init(struct csv *c, char delimiter, size_t max);
void csv_wipe(struct csv *c);
/* Starts afresh, as if just initialised, and keeps the memory. */
void csv_restart(struct csv *c, char delimiter);

/*
 * The next record. TEXT begins where it begins and holds what has come so far; FINAL tells that
 * nothing follows. After CSV_MORE the same text is given again, longer (it may have moved); after
 * any other step what follows the LEN bytes taken. A step other than CSV_MORE takes at least one
 * byte. An empty text is CSV_MORE, even when it is final.
 */
enum csv_step csv_next(struct csv *c, struct str text, bool final);

/* The content of field I of the record just read, quotes undone; valid until the next step. */
struct str csv_value(const struct csv *c, unsigned i);

/*
 * Appends FIELD, in quotes where it needs them. SAFE puts an apostrophe before what a spreadsheet
 * would take for a formula. Delimiters and line ends are the caller's.
 */
void csv_add_field(struct str field, bool safe, struct buf *out);

#endif
