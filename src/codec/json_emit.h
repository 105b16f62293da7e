/*
 * A JSON writer (RFC 8259) that cannot produce invalid JSON: it keeps the open containers, puts
 * commas and colons itself, checks every string for UTF-8 and every number and literal value for
 * its grammar. A wrong call or bad text sets a sticky fault; json_emit_done() tells, once, whether
 * all of it is well. Non-ASCII characters are written as themselves, control characters as \u00XX
 * or their short form. Output is compact.
 */
#ifndef SENTRY_SCIM_CODEC_JSON_EMIT_H
#define SENTRY_SCIM_CODEC_JSON_EMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"

struct json_emit {
	struct buf *out;   /* where the text goes; not owned */
	unsigned depth;    /* open containers */
	bool comma;        /* private: a value stands before the next one */
	bool have_key;     /* private: a name was written, its value is due */
	bool done;         /* private: the top-level value is complete */
	const char *fault; /* NULL, or what went wrong first, a static string */
	uint8_t in_object[(LIMIT_JSON_DEPTH + 7) / 8]; /* private */
};

void json_emit_init(struct json_emit *j, struct buf *out);
void json_emit_object(struct json_emit *j);
void json_emit_object_close(struct json_emit *j);
void json_emit_array(struct json_emit *j);
void json_emit_array_close(struct json_emit *j);
/* A member's name inside an object. */
void json_emit_key(struct json_emit *j, struct str name);
void json_emit_string(struct json_emit *j, struct str text);
void json_emit_u64(struct json_emit *j, uint64_t n);
void json_emit_bool(struct json_emit *j, bool value);
void json_emit_null(struct json_emit *j);
/* One JSON value as it stands, checked to be one. Numbers keep the digits they came with. */
void json_emit_raw(struct json_emit *j, struct str value);
/* A name and a string value, the commonest pair. */
void json_emit_member(struct json_emit *j, const char *name, struct str text);

/* Whether exactly one complete value was written and nothing went wrong, OUT's room included. */
bool json_emit_done(const struct json_emit *j);

/* Appends TEXT as a JSON string with its quotes; false, nothing appended, when it is not UTF-8. */
bool json_quote(struct str text, struct buf *out);

#endif
