/*
 * UTF-8 (RFC 3629): well-formedness, decoding, and what a terminal may be shown.
 */
#ifndef SENTRY_SCIM_CODEC_UTF8_H
#define SENTRY_SCIM_CODEC_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * Decodes one character at the front of S into *POINT and answers its length in bytes, 1 to 4; 0
 * for an empty slice or anything RFC 3629 forbids: overlong forms, surrogates, above U+10FFFF, a
 * cut sequence.
 */
size_t utf8_decode(struct str s, uint32_t *point);
/* Appends POINT, which must be a scalar value, in UTF-8. */
void utf8_encode(uint32_t point, struct buf *out);
/* The length of the longest well-formed prefix of S: S.n when all of it is well-formed. */
size_t utf8_valid_prefix(struct str s);
bool utf8_valid(struct str s);

/* Whether POINT is a control or one of the characters that change how, or where, others are
   shown. */
bool utf8_steers(uint32_t point);
/*
 * Appends S as it may go to a terminal or a log: each byte of a C0, DEL or C1 control, and each
 * that is not UTF-8, becomes \xhh; bidirectional controls, zero-width characters, line separators
 * and tags become \u{h...}. A newline and a tab too, so that one message stays one line. Everything
 * else is copied.
 */
void utf8_printable(struct str s, struct buf *out);
/* The number of terminal columns of S: 2 for wide East Asian characters and emoji, 0 for combining
   marks, 1 for the rest. S is expected to have gone through utf8_printable(). */
size_t utf8_columns(struct str s);

#endif
