/*
 * A strict JSON scanner (RFC 8259) over a text that is whole in memory. It pulls one token at a
 * time, copies nothing, allocates nothing and does not recurse: nesting is one bit a level, at most
 * LIMIT_JSON_DEPTH. Strings must be well-formed UTF-8 and their escapes complete; a lone surrogate
 * escape is refused (RFC 8259 8.2 leaves it open, and nothing that Sentry stores can hold one).
 * Numbers are handed over as they were written. A byte order mark is refused.
 *
 * Every slice points into the text given to json_scan_init() and lives as long as that does.
 */
#ifndef SENTRY_SCIM_CODEC_JSON_SCAN_H
#define SENTRY_SCIM_CODEC_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"

enum json_token {
	JSON_END,          /* the document is complete and nothing follows it */
	JSON_OBJECT,       /* { */
	JSON_OBJECT_CLOSE, /* } */
	JSON_ARRAY,        /* [ */
	JSON_ARRAY_CLOSE,  /* ] */
	JSON_KEY,          /* a member's name; its value is the next token */
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
	JSON_BAD /* not JSON: `fault` says why, `at` where; final */
};

struct json_scan {
	struct str text;
	size_t at;         /* bytes consumed; after JSON_BAD the place of the fault */
	size_t start;      /* where the last token began */
	struct str raw;    /* the last token: between the quotes for KEY and STRING, escapes still
			      in; the characters themselves for the others */
	unsigned depth;    /* open containers */
	uint8_t expect;    /* private: what may come next */
	const char *fault; /* after JSON_BAD: what is wrong, a static string; else NULL */
	uint8_t in_object[(LIMIT_JSON_DEPTH + 7) / 8]; /* private: kind of each open container */
};

void json_scan_init(struct json_scan *s, struct str text);
/* The next token. After JSON_END or JSON_BAD it stays the same. */
enum json_token json_scan_next(struct json_scan *s);
/*
 * Having just returned the first token of a value, T, goes on to that value's last token. Answers
 * the last token, JSON_BAD when the value is broken. For a scalar nothing is consumed.
 */
enum json_token json_scan_skip(struct json_scan *s, enum json_token t);

/* Line and column, both from 1, columns in bytes, of offset AT in TEXT. */
void json_place(struct str text, size_t at, size_t *line, size_t *column);

struct json_fault {
	const char *what; /* static string */
	size_t at;        /* byte offset in the text */
};
/* Whether TEXT is one JSON value. When it is not, FAULT (may be NULL) says why and where. */
bool json_valid(struct str text, struct json_fault *fault);
/*
 * Whether TEXT is one JSON value without two members of one name in an object, at any depth, names
 * compared after their escapes are undone: the form asked of the user's own input (RFC 8259 4 calls
 * the outcome of duplicates unpredictable). Time grows as n log n in the size of TEXT, whatever the
 * names. The heap holds four bytes a name of the objects open at once, rounded up to a power of
 * two: less than twice the size of TEXT; when it cannot be had, that is the fault.
 */
bool json_valid_unique(struct str text, struct json_fault *fault);
/* The same, and the value is an object. */
bool json_valid_object(struct str text, struct json_fault *fault);

struct json_value {
	enum json_token type; /* OBJECT, ARRAY, STRING, NUMBER, TRUE, FALSE, NULL */
	struct str raw;       /* STRING: between the quotes; OBJECT, ARRAY: with their brackets */
	struct str whole;     /* as it stands in the text, with quotes */
};
/*
 * Reads a whole value where one is due: the next token and all that belongs to it. False at a
 * closing bracket, at the end, and where the text is broken (json_scan_next() then says which).
 */
bool json_scan_value(struct json_scan *s, struct json_value *out);
/*
 * The member NAME (plain UTF-8, compared with escapes undone) of the object OBJECT. Of duplicates
 * the last counts, as in every common reader. False when OBJECT is not a valid JSON object or has
 * no such member.
 */
bool json_member(struct str object, const char *name, struct json_value *out);
/* The same along a path: names and array indexes (decimal) joined by dots, "emails.0.value". */
bool json_find(struct str text, const char *path, struct json_value *out);

/*
 * Walks the elements of an array. Start with *AT = 0; true and the element in OUT for each, false
 * at the end or where ARRAY stops being a valid array: whoever must tell the two apart asks
 * json_valid() first.
 */
bool json_element(struct str array, size_t *at, struct json_value *out);

/* Appends the characters of a string token's RAW with escapes undone. RAW must come from here. */
void json_unescape(struct str raw, struct buf *out);
/* Whether RAW, escapes undone, is the same text as PLAIN; FOLD ignores the case of ASCII letters.
 */
bool json_text_equal(struct str raw, struct str plain, bool fold);

#endif
