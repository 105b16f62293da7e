/*
 * Errors. Everything that can fail returns bool and takes a `struct err *` as its last argument:
 * false means that the error has been filled in. The kind is what the program decides by (retry,
 * journal entry, exit code); the message is for a person, in the words of the problem, without a
 * final full stop, never with a secret in it; the hint says what to do. The first error wins:
 * err_set() on an error that is set already changes nothing; callers add context in front of it
 * with err_context(). No layer below cmd prints or exits.
 */
#ifndef SENTRY_SCIM_BASE_ERR_H
#define SENTRY_SCIM_BASE_ERR_H

#include <stdbool.h>

#define MUST_USE __attribute__((warn_unused_result))

enum err_kind {
	ERR_NONE,
	ERR_USAGE,       /* the command line is wrong */
	ERR_CONFIG,      /* a setting is missing, wrong, or contradicts another */
	ERR_INPUT,       /* a document or file given by the user is wrong */
	ERR_NAME,        /* the host name could not be resolved */
	ERR_CONNECT,     /* no address took the connection */
	ERR_PROXY,       /* the proxy refused, or is no proxy */
	ERR_TLS,         /* the handshake failed, or the connection broke inside TLS */
	ERR_CERTIFICATE, /* a certificate was refused: the server's here, or the client's there */
	ERR_TIMEOUT,     /* a deadline passed */
	ERR_CLOSED,      /* the peer closed or reset the connection */
	ERR_PROTOCOL,    /* the peer sent what HTTP, JSON or SCIM does not allow */
	ERR_LIMIT,       /* the peer sent more than the program takes */
	ERR_REFUSED,     /* the server answered, and the answer is no */
	ERR_EXISTS,      /* the resource exists already */
	ERR_AUTH,        /* 401 or 403 */
	ERR_NOT_FOUND,   /* 404 for the resource asked for */
	ERR_GAVE_UP,     /* rate limit or unavailability outlasted the retries */
	ERR_UNKNOWN,     /* a change was sent, and its outcome could not be found out */
	ERR_PARTIAL,     /* some of several changes failed */
	ERR_MEMORY,      /* out of memory */
	ERR_SYSTEM,      /* a system call failed that has no business failing */
	ERR_OUTPUT,      /* stdout could not be written */
	ERR_INTERRUPTED, /* SIGINT or SIGTERM; ERRNO holds the signal's number */
	ERR_KINDS
};

struct err {
	enum err_kind kind; /* ERR_NONE: no error, the rest is meaningless */
	int number;         /* errno, a signal's number or 0 */
	char text[512];     /* NUL-terminated; cut, never overrun */
	char hint[384];     /* NUL-terminated, may be empty */
};

/* No error. */
void err_clear(struct err *e);
/* Sets kind and message, if none is set; always false, so `return err_set(...)` reads well. */
bool err_set(struct err *e, enum err_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* As err_set for a failed system call: ": " and the text of NUMBER, an errno, are appended. */
bool err_sys(struct err *e, enum err_kind kind, int number, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Out of memory while doing WHAT. */
bool err_memory(struct err *e, const char *what);
/* Puts the text and ": " in front of the message; always false. */
bool err_context(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Sets the hint, if none is set. */
void err_hint(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The exit code of the contract for KIND; for ERR_INTERRUPTED 128 + NUMBER. */
int err_exit_code(const struct err *e);
/* One word for journals and -v, as "timeout". */
const char *err_kind_name(enum err_kind kind);

#endif
