/*
 * A file that a person named, read in pieces and more than once. A regular file is read where it
 * is. What cannot be read twice (a pipe, a terminal) is copied first, all of it: into an unnamed
 * file in $TMPDIR or /tmp, which is gone when the program is, however it ends; or into memory where
 * no such file can be made.
 */
#ifndef SENTRY_SCIM_SYS_SPOOL_H
#define SENTRY_SCIM_SYS_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct spool; /* opaque, on the heap */

/*
 * Opens PATH, "-" for standard input, which begins where it stands; PATH must live as long as what
 * is returned. NULL with ERR_INPUT when it
 * cannot be opened or read, is a directory or, to be copied, holds more than LIMIT_ROSTER_SPOOL
 * bytes (LIMIT_ROSTER_SPOOL_MEMORY in memory); ERR_SYSTEM when the disk does not take the copy;
 * ERR_MEMORY; ERR_INTERRUPTED.
 */
struct spool *spool_open(const char *path, struct err *e);
void spool_close(struct spool *s);
/* The next bytes, at most ROOM: *GOT, 0 at the end. */
MUST_USE bool spool_read(struct spool *s, void *data, size_t room, size_t *got, struct err *e);
/* Starts again from the first byte. */
MUST_USE bool spool_rewind(struct spool *s, struct err *e);
/* Bytes in all; what a regular file had when it was opened. */
uint64_t spool_size(const struct spool *s);

#endif
