/*
 * The INI dialect of sentry-cli: [section] lines, `key = value` or `key: value`, comments from ';'
 * or '#' at the start of a line, blanks around names and values ignored, a value as it stands (no
 * quotes, no escapes, no continuation). LF or CRLF; a UTF-8 byte order mark is skipped.
 */
#ifndef SENTRY_SCIM_CODEC_INI_H
#define SENTRY_SCIM_CODEC_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum ini_step {
	INI_PAIR, /* section, key, value are set */
	INI_END,
	INI_BAD /* line `line`: `fault`; the next call goes on behind it */
};

struct ini {
	struct str rest;    /* private */
	struct str section; /* empty before the first section line */
	struct str key, value;
	size_t line; /* of the last pair or fault, from 1 */
	const char *fault;
};

void ini_init(struct ini *i, struct str text);
/* The next pair. Names keep their case; compare ignoring it. */
enum ini_step ini_next(struct ini *i);

#endif
