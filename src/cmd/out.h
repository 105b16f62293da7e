/*
 * Data on standard output, in the formats of `--output`. Resources go out byte for byte as the
 * server sent them (json), one a line (jsonl), or as the four columns that members have in common
 * (csv, table). Nothing is written before the first resource, so that a command which fails leaves
 * standard output empty. A table is held back until its end, when the widths are known.
 */
#ifndef SENTRY_SCIM_CMD_OUT_H
#define SENTRY_SCIM_CMD_OUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "cmd/settings.h"

struct out {
	enum output_format format; /* never OUTPUT_AUTO */
	bool list;                 /* json: several resources make an array */
	bool terminal;             /* standard output is one: nothing raw goes there */
	bool color;
	unsigned count;  /* resources written */
	struct buf rows; /* owned: cells of the table, each ended by NUL */
};

/* LIST: the command may have several resources to show. */
void out_init(struct out *o, const struct settings *s, bool list);
void out_wipe(struct out *o);
/* One member. ERR_OUTPUT when standard output takes no more, ERR_MEMORY. */
MUST_USE bool out_member(struct out *o, struct str resource, struct err *e);
/* Ends the document. */
MUST_USE bool out_end(struct out *o, struct err *e);

/* TEXT to standard output as it is, or made printable line by line when that is a terminal. */
MUST_USE bool out_text(struct str text, struct err *e);

#endif
