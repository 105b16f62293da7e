/*
 * Finds where a JSON value ends while its bytes come, by its brackets and quotes alone: what lies
 * between them is for json_scan.h to judge, once all of it is there. So a long array is read
 * element by element in the memory of its longest one.
 */
#ifndef SENTRY_SCIM_CODEC_JSON_SPLIT_H
#define SENTRY_SCIM_CODEC_JSON_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/str.h"

struct json_split {
	size_t at;      /* bytes looked at; after JSON_SPLIT_DONE the value's length */
	unsigned depth; /* private: open brackets */
	bool string;    /* private: in a string */
	bool escape;    /* private: behind a backslash in it */
	uint8_t in_object[(LIMIT_JSON_DEPTH + 7) / 8]; /* private: kind of each open bracket */
};

enum json_split_step {
	JSON_SPLIT_MORE,  /* the value goes on behind the text, or, if it is no container and no
			     string, may do so */
	JSON_SPLIT_DONE,  /* the first `at` bytes are the value, or nothing that could be one */
	JSON_SPLIT_BROKEN /* no end can be known: the byte at `at` closes a bracket of the other
			     kind, opens one too many, or cannot stand in a string */
};

void json_split_init(struct json_split *s);
/* TEXT begins with the first byte of the value; after JSON_SPLIT_MORE it is given again, longer (it
   may have moved). DONE and BROKEN are final. A value has at least one byte. */
enum json_split_step json_split_next(struct json_split *s, struct str text);

#endif
