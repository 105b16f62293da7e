/*
 * A byte stream to a peer, the one shape that a socket, TLS over a socket and TLS inside a tunnel
 * have in common. Layers embed `struct wire` as their first member and stand on the wire below
 * them. Nothing here blocks: a call that cannot go on says what it waits for, and is made again
 * with the same arguments when the descriptor is ready.
 */
#ifndef SENTRY_SCIM_SYS_WIRE_H
#define SENTRY_SCIM_SYS_WIRE_H

#include <stddef.h>

#include "base/err.h"

enum io {
	IO_OK,         /* progress was made */
	IO_WANT_READ,  /* go on when the descriptor can be read */
	IO_WANT_WRITE, /* go on when the descriptor can be written */
	IO_END,        /* the peer ended the stream in order: FIN over TCP, close_notify over TLS */
	IO_FAIL        /* the error has been set: ERR_CLOSED for a reset or a cut, ERR_TLS, ... */
};

struct wire {
	/* Reads 1 to LEN bytes; IO_OK and *GOT > 0, or why not. */
	enum io (*read)(struct wire *w, void *data, size_t len, size_t *got, struct err *e);
	/* Writes 1 to LEN bytes; IO_OK and *PUT > 0, or why not. Never raises SIGPIPE. */
	enum io (*write)(struct wire *w, const void *data, size_t len, size_t *put, struct err *e);
};

#endif
