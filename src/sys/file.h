/*
 * Reading files that a person named, whole and bounded, or piece by piece.
 */
#ifndef SENTRY_SCIM_SYS_FILE_H
#define SENTRY_SCIM_SYS_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Appends all of PATH to OUT, "-" meaning standard input. ERR_INPUT, naming the file and the
 * cause, when it cannot be opened or read, is a directory, or holds more than OUT takes; also
 * ERR_MEMORY, and ERR_INTERRUPTED when told to stop meanwhile. OUT then keeps what came.
 */
MUST_USE bool file_read(const char *path, struct buf *out, struct err *e);
/* The same for an open descriptor, which stays open; NAME is for messages. */
MUST_USE bool file_read_fd(int fd, const char *name, struct buf *out, struct err *e);
/* What comes next from an open descriptor, at most ROOM bytes: *GOT, 0 at the end. Waits for it.
   Errors as above. */
MUST_USE bool file_read_some(
	int fd, const char *name, void *data, size_t room, size_t *got, struct err *e);
/* Opens PATH for reading, close-on-exec, without waiting for a FIFO's writer (reading waits for
   it). -1 and an error as above. "-" is a file like any other here. */
MUST_USE int file_open(const char *path, struct err *e);
/* Writes all of it, through short writes and through interruptions, except by a signal that
   asks to stop (EINTR); false with errno set, after an unknown part was written. */
MUST_USE bool file_write_all(int fd, const void *data, size_t len);
/* Columns of the terminal that FD is now; 0: it is none, or does not say. */
size_t file_terminal_width(int fd);

#endif
