/*
 * sentry-scim as a library: organization members made exactly once, and any SCIM request, by the
 * client that the program sentry-scim is made of.
 *
 * A handle talks to one organization over one connection, which is kept. It may be used by one
 * thread at a time; any number of handles may be used in any number of threads. Calls wait (in
 * poll(2), and in getaddrinfo(3) unless a resolver is given) until they are done. Nothing here ends
 * the process, forks, touches signals or standard descriptors, or reads the environment.
 *
 * What the process has once: the state of the TLS library inside (mbedTLS), which the first handle
 * starts, which its own mutexes guard, and which stays. Its key slots are 128: so many handshakes
 * can be under way at once. It cannot clash with another mbedTLS, for only the names below can be
 * seen.
 *
 * Archive and header belong together: a program is compiled anew for another version. Fields are
 * only ever added at a structure's end.
 */
#ifndef SENTRY_SCIM_LIB_SENTRYSCIM_H
#define SENTRY_SCIM_LIB_SENTRYSCIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
/* All else in the archive is hidden. */
#pragma GCC visibility push(default)

/* How a call ended: the exit codes of the program. */
enum sentryscim_status {
	SENTRYSCIM_DONE = 0,
	SENTRYSCIM_REFUSED = 1,   /* by the server, or its answer is not understood */
	SENTRYSCIM_USAGE = 2,     /* what was given is wrong; nothing was sent */
	SENTRYSCIM_UNREACHED = 3, /* name, connection, proxy or TLS; nothing was accepted */
	SENTRYSCIM_UNKNOWN = 4,   /* a change was sent, and its outcome could not be found out */
	SENTRYSCIM_EXISTS = 5,    /* the member exists already */
	SENTRYSCIM_FORBIDDEN = 6, /* 401 or 403 */
	SENTRYSCIM_NOT_FOUND = 7,
	SENTRYSCIM_GAVE_UP = 9,  /* rate limit or unavailability outlasted the retries */
	SENTRYSCIM_SYSTEM = 10,  /* out of memory, or the operating system failed */
	SENTRYSCIM_STOPPED = 130 /* by `stop` */
};

struct sentryscim_error {
	enum sentryscim_status status;
	int http_status; /* of the server's refusal, or 0 */
	/* For a person, NUL-terminated, without secrets: "{status} {body}" of a refusal, cut, else
	   what went wrong. */
	char text[512];
	/* What to do, or empty. It speaks of the program's options; what they set has the same
	   names below. */
	char hint[384];
};

/* What a message is about. */
enum sentryscim_level {
	SENTRYSCIM_ERROR,
	SENTRYSCIM_WARNING,
	SENTRYSCIM_NOTE,   /* a wait, a repetition */
	SENTRYSCIM_DETAIL, /* connection, TLS, decisions */
	SENTRYSCIM_TRACE   /* requests and answers */
};

/* All strings end in a NUL and are copied by sentryscim_open(). NULL, and 0 in a count: not given.
 */
struct sentryscim_options {
	size_t size;   /* set by sentryscim_defaults() */
	void *context; /* handed to each of the functions below */

	/* The server: Sentry's `url` (NULL: https://sentry.io; a pasted SCIM base URL is
	   understood) or `region`, and the organization's slug; or the SCIM root of any provider.
	 */
	const char *url, *region, *organization, *scim_url;
	const char *token;
	const char *const *headers; /* "Name: value", not the ones the library writes itself */
	size_t header_count;
	const char *user_agent; /* NULL: sentry-scim/VERSION */

	/* Trust: a file or bytes in PEM form, or the roots compiled in; several add up. None: the
	   system's usual file, else the roots compiled in. */
	const char *ca_file;
	const char *ca_pem;
	size_t ca_pem_size;
	bool ca_embedded;
	const char *const *pins; /* "sha256//BASE64", one of which must be in the chain */
	size_t pin_count;
	int64_t assume_time;    /* judge certificates at so many seconds after 1970; 0: now */
	const char *cert, *key; /* a client certificate and its key: PEM texts, not files */
	const char *key_passphrase;

	const char *proxy; /* http, https, socks5, socks5h://[user:password@]host[:port] */

	/* Milliseconds, as the program's --connect-timeout (10 s), --timeout (60 s) and --max-wait
	   (60 s); and its --retries (4). */
	int64_t connect_timeout, timeout, max_wait;
	unsigned retries;

	/*
	 * Memory, NULL: the C library's. As realloc(): BLOCK may be NULL, and a SIZE of 0 frees.
	 * All that a handle takes is taken here, in the thread that calls, and is back here when
	 * the handle is closed.
	 */
	void *(*memory)(void *context, void *block, size_t size);
	/* A message: one line, printable, without secrets, NUL-terminated; valid during the call.
	   `verbosity` as the program has it: -1 errors only, 0, 1 details, 2 heads, 3 bodies. */
	void (*log)(void *context, enum sentryscim_level level, const char *text);
	int verbosity;
	/* Whether to stop: asked before a request and ten times a second while waiting. */
	bool (*stop)(void *context);
	/*
	 * Finds the addresses of HOST: calls ADD with each, as text ("192.0.2.1", "2001:db8::1"),
	 * in the order in which they are to be tried. False when there is no answer (yet); true
	 * without any address when there is no such host.
	 */
	bool (*resolve)(void *context, const char *host,
		void (*add)(void *list, const char *address), void *list);
};

/* Fills O, SIZE being its size, with what holds when nothing is given. */
void sentryscim_defaults(struct sentryscim_options *o, size_t size);

struct sentryscim;

/*
 * Checks the options and reads the certificates; sends nothing. Waits up to `connect_timeout` for
 * the kernel's random numbers, early after start-up. NULL on failure; ERROR may be NULL, here and
 * below.
 */
struct sentryscim *sentryscim_open(
	const struct sentryscim_options *o, struct sentryscim_error *error);
/* Ends the connection, wipes and releases everything. S may be NULL. */
void sentryscim_close(struct sentryscim *s);

enum sentryscim_if_exists {
	SENTRYSCIM_IF_EXISTS_FAIL,
	SENTRYSCIM_IF_EXISTS_OK,    /* report the member as it is */
	SENTRYSCIM_IF_EXISTS_UPDATE /* and give it the role, if one is asked for */
};

struct sentryscim_member {
	const char *user_name; /* an e-mail address; NULL: the body has it */
	const char *role;      /* `sentryOrgRole`; NULL: the organization's default */
	const char *body;      /* a JSON object with more attributes, or NULL */
	enum sentryscim_if_exists if_exists;
};

enum sentryscim_outcome {
	SENTRYSCIM_NONE, /* no member was asked for, or the call failed */
	SENTRYSCIM_CREATED,
	SENTRYSCIM_EXISTED,
	SENTRYSCIM_UPDATED,  /* it existed; the role was changed */
	SENTRYSCIM_UNCHANGED /* it existed, as asked */
};

struct sentryscim_answer {
	int status;       /* of the server's last answer that counts; 0: none, or a look-up's */
	const char *body; /* byte for byte, NUL-terminated; the handle's, until its next call */
	size_t body_size;
	enum sentryscim_outcome outcome;
	bool confirmed;    /* CREATED: no answer came, and a look-up confirmed it */
	bool role_differs; /* the member has another role than was asked for */
};

/*
 * Creates a member exactly once: when the connection breaks after the request was sent, the server
 * is asked whether the member is there before anything is sent again. ANSWER has the member as the
 * server sent it; after SENTRYSCIM_REFUSED and the like, what the server said.
 */
enum sentryscim_status sentryscim_create(struct sentryscim *s,
	const struct sentryscim_member *member, struct sentryscim_answer *answer,
	struct sentryscim_error *error);

/*
 * Makes any request: METHOD, and PATH below the SCIM root with its query, percent-encoded, as
 * "Users?count=10". BODY may be NULL. Repeated when no answer comes where METHOD allows it, as GET,
 * PUT and DELETE do; others end in SENTRYSCIM_UNKNOWN then.
 */
enum sentryscim_status sentryscim_request(struct sentryscim *s, const char *method,
	const char *path, const char *body, size_t body_size, struct sentryscim_answer *answer,
	struct sentryscim_error *error);

/* "0.1.0" and the like. */
const char *sentryscim_version(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
