/*
 * An append buffer on the heap that cannot be made without a maximum. Appending past the maximum,
 * or past what the heap gives, sets a sticky `failed` flag and leaves the content as it was: a
 * chain of appends is checked once, at its end. The content is always followed by a NUL that is
 * not counted, so text may be handed to calls that want one. Memory is wiped before it is given
 * back, since requests carry tokens.
 */
#ifndef SENTRY_SCIM_BASE_BUF_H
#define SENTRY_SCIM_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf {
	char *data;  /* NULL until the first append; owned */
	size_t len;  /* bytes in use */
	size_t cap;  /* bytes allocated, the final NUL included */
	size_t max;  /* LEN never exceeds this */
	bool failed; /* an append did not fit; sticky until buf_clear */
};

/* An empty buffer for at most MAX bytes. Allocates nothing. */
void buf_init(struct buf *b, size_t max);
/* Wipes and releases the memory; the buffer can be used again as if just initialised. */
void buf_wipe(struct buf *b);
/* Empties the buffer and clears `failed`; keeps the memory, wiped. */
void buf_clear(struct buf *b);

void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_add_str(struct buf *b, struct str s);
/* Appends a NUL-terminated string without its NUL. */
void buf_add_text(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
/* Appends N in decimal. */
void buf_add_u64(struct buf *b, unsigned long long n);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *b, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/*
 * Room for WANT more bytes to be written at the returned place, then counted by buf_grew(). NULL,
 * with `failed` set, where that would pass the maximum. Valid until the next call on B.
 */
char *buf_room(struct buf *b, size_t want);
/* LEN bytes of the room just lent were written. */
void buf_grew(struct buf *b, size_t len);
/* Drops the first LEN bytes and moves the rest to the front. */
void buf_drop(struct buf *b, size_t len);
/* Shortens the content to LEN bytes; no effect when it is shorter already. */
void buf_truncate(struct buf *b, size_t len);

/* The content; valid until the next call that changes B. */
struct str buf_str(const struct buf *b);
/* The content with its NUL; never NULL. */
const char *buf_text(const struct buf *b);

/* Overwrites memory in a way the compiler may not leave out. */
void wipe(void *memory, size_t len);

#endif
