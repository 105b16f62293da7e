/*
 * Base64 (RFC 4648 section 4). Encoding always pads. Decoding is incremental and bounded, as PEM
 * arrives in pieces.
 */
#ifndef SENTRY_SCIM_CODEC_BASE64_H
#define SENTRY_SCIM_CODEC_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

void base64_encode(struct str bytes, struct buf *out);

struct base64_decoder {
	uint32_t bits;   /* private: up to 24 bits not yet written */
	unsigned digits; /* private: digits in the group under way, padding included */
	unsigned pads;   /* private: '=' seen */
};
void base64_decode_init(struct base64_decoder *d);
/*
 * Decodes TEXT, blanks and line ends skipped, behind what OUT holds. False for a byte outside the
 * alphabet, a digit after padding, or too much padding. OUT->failed tells lack of room.
 */
bool base64_decode_feed(struct base64_decoder *d, struct str text, struct buf *out);
/* Whether what was fed ends at a group's end; with MAY_LACK_PADDING the '=' may have been left out.
 */
bool base64_decode_done(struct base64_decoder *d, bool may_lack_padding, struct buf *out);
/* All at once: TEXT without any blanks. OUT is left as it was when the answer is false. */
bool base64_decode(struct str text, bool may_lack_padding, struct buf *out);

#endif
