/*
 * The token: loaded, checked, used, wiped. It lives in one page of its own, locked into memory and
 * kept out of core dumps and child processes where the kernel allows that, between inaccessible
 * pages. It is never an argument of the command line, never in a message, and overwritten in the
 * environment once read.
 */
#ifndef SENTRY_SCIM_SYS_SECRET_H
#define SENTRY_SCIM_SYS_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/* Begins as all zeroes. */
struct secret {
	char *page;    /* owned mapping; NULL when nothing is held */
	size_t mapped; /* bytes of the mapping, guard pages included */
	struct str value;
};

/* Process-wide precautions, once, before any secret is read: no core dumps, not dumpable. */
void secret_protect_process(void);

/*
 * Takes over VALUE: copies it into protected memory without blanks and line ends around it. The
 * caller wipes its own copy. ERR_CONFIG when it is empty, longer than LIMIT_TOKEN, or holds
 * anything but visible ASCII; NAME says where it came from, the message never what it was. What
 * S held before is wiped, unless the call fails.
 */
MUST_USE bool secret_set(struct secret *s, struct str value, const char *name, struct err *e);
/*
 * Reads one from a file (a regular file, a FIFO or a device that ends; "-" is standard input).
 * *OTHERS_MAY_READ tells whether group or others may read it (regular files only).
 */
MUST_USE bool secret_read_file(
	struct secret *s, const char *path, bool *others_may_read, struct err *e);
/* Reads one from the descriptor FD, which is closed, whatever comes of it. */
MUST_USE bool secret_read_fd(struct secret *s, int fd, struct err *e);
/* Takes the value of environment variable NAME and overwrites it there, usable or not. False
   without an error (*E untouched) when it is not set or empty. */
bool secret_from_env(struct secret *s, const char *name, struct err *e);
/* Wipes and unmaps; also on every way out of the program. */
void secret_wipe(struct secret *s);

/* Appends how a token may be shown: its kind's prefix, "..." and its length. */
struct buf;
void secret_describe(struct str token, struct buf *out);

#endif
