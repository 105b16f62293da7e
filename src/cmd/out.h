/*
 * Data on standard output, in the formats of `--output`. Resources go out byte for byte as the
 * server sent them (json), one a line (jsonl), or by columns (csv, table). Nothing is written
 * before the first resource, so that a command which fails leaves standard output empty. Memory
 * does not grow with the number of resources: a table is laid out in parts, whose columns never get
 * narrower.
 */
#ifndef SENTRY_SCIM_CMD_OUT_H
#define SENTRY_SCIM_CMD_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "cmd/settings.h"

/* How the same part of a resource is called in a table and in CSV, and where it stands. */
struct out_column {
	const char *title; /* NULL ends a list of columns */
	const char *path;  /* as json_find() takes it; the column's name in CSV */
	bool counted;      /* an array: show how many elements it has */
};
#define OUT_COLUMNS_MAX 8
extern const struct out_column out_members[], out_teams[];

struct out {
	enum output_format format; /* never OUTPUT_AUTO */
	const struct out_column *columns;
	bool list;     /* json: several resources make an array */
	bool terminal; /* standard output is one: nothing raw goes there */
	bool color;
	bool csv_safe;       /* nothing that a spreadsheet would take for a formula */
	size_t width;        /* of the terminal, 0: unlimited */
	unsigned long count; /* resources written */
	bool headed;         /* the table's or the CSV's head has been written */
	size_t widths[OUT_COLUMNS_MAX];
	struct buf rows; /* owned: cells of the table's part under way, each ended by NUL */
};

/* LIST: the command may have several resources to show. */
void out_init(struct out *o, const struct settings *s, const struct out_column *columns, bool list);
void out_wipe(struct out *o);
/* One resource, an object. ERR_OUTPUT when standard output takes no more, ERR_MEMORY. */
MUST_USE bool out_resource(struct out *o, struct str resource, struct err *e);
/* Ends what was begun; nothing if nothing was. */
MUST_USE bool out_end(struct out *o, struct err *e);
/* Ends a list that is complete even if it is empty: "[]" or a bare head then. */
MUST_USE bool out_end_list(struct out *o, struct err *e);

/* TEXT, which has been made printable, to standard output as it is. */
MUST_USE bool out_prepared(const struct buf *text, struct err *e);
/* TEXT to standard output as it is, or made printable line by line when that is a terminal. */
MUST_USE bool out_text(struct str text, struct err *e);
/* One JSON document and a newline, made safe if that is a terminal. */
MUST_USE bool out_json(struct str json, struct err *e);

#endif
