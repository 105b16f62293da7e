/*
 * A test server has nothing to recover to: what it cannot go on with ends it, with one line on
 * stderr, so that a failing test shows the cause and not its consequences.
 */
#ifndef SENTRY_SCIM_SERVER_DIE_H
#define SENTRY_SCIM_SERVER_DIE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* Prints "local-sentry: " and the message; exits with 2, the code for a wrong command line. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* COUNT objects of SIZE bytes, cleared; never NULL. */
void *must_alloc(size_t count, size_t size);
/* A NUL-terminated copy of S. */
char *must_dup(struct str s);
/*
 * Room for one more pointer at the end of ARRAY, which holds COUNT; answers the array, moved or
 * not. It grows by doubling at powers of two, so no capacity is kept.
 */
void *must_grow(void *array, size_t count, size_t size);

/* Buffers here are bounded only against a runaway: no answer or request comes near this. */
#define SERVER_BUF_MAX ((size_t)256 * 1024 * 1024)
void server_buf(struct buf *b);
/* Ends the program if an append to B did not fit. */
void must_hold(const struct buf *b);

/* All of FILE appended to OUT; ends the program, naming the file, when it cannot be read. */
void must_read(const char *file, struct buf *out);
/* Replaces FILE by TEXT in one step, by way of FILE.new. */
void must_replace(const char *file, struct str text);

/* Milliseconds of the monotonic clock, and of the wall clock since 1970. */
int64_t now_ms(void);
int64_t wall_ms(void);

/* SECONDS since 1970 as HTTP writes a date (RFC 9110 5.6.7), in a room of HTTP_DATE_SIZE bytes. */
#define HTTP_DATE_SIZE 40
void http_date(int64_t seconds, char out[HTTP_DATE_SIZE]);

#endif
