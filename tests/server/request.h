/*
 * An HTTP/1.1 request as the server reads it (RFC 9112): bytes in, one message out, in pieces of
 * any size. Strict, so that a client which frames a request wrongly is told at once: a line must
 * end in CRLF, a field name must be a token right before its colon, folded lines, two lengths,
 * a length beside a transfer coding, and codings other than chunked are refused.
 */
#ifndef SENTRY_SCIM_SERVER_REQUEST_H
#define SENTRY_SCIM_SERVER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define REQUEST_HEAD_MAX   (32u * 1024u)
#define REQUEST_BODY_MAX   (100u * 1024u * 1024u) /* as the self-hosted nginx */
#define REQUEST_FIELDS_MAX 128u

enum request_step {
	REQUEST_MORE,     /* needs more bytes */
	REQUEST_CONTINUE, /* the client waits for 100 (Continue) before it sends the body */
	REQUEST_DONE,     /* complete */
	REQUEST_BAD       /* `status` and `fault` say what to answer before closing; final */
};

enum request_state {
	REQUEST_IN_HEAD,       /* waits for a line of the head, the empty one ends it */
	REQUEST_IN_BODY,       /* `remaining` bytes of body to come */
	REQUEST_IN_CHUNK_SIZE, /* waits for a chunk-size line; afterwards CHUNK, or TRAILER after 0
				*/
	REQUEST_IN_CHUNK,      /* `remaining` bytes of the chunk to come; afterwards CHUNK_END */
	REQUEST_IN_CHUNK_END,  /* waits for the CRLF behind chunk data */
	REQUEST_IN_TRAILER,    /* waits for a trailer field, or the empty line that ends it all */
	REQUEST_COMPLETE,
	REQUEST_FAILED
};

struct request_field {
	struct str name, value;
};

struct request {
	enum request_state state;
	struct buf head; /* owned; the slices below point into it */
	struct buf line; /* owned: the line of chunked framing under way */
	struct buf body; /* owned: the content, transfer coding removed */
	struct str method;
	struct str target; /* as it was sent */
	struct str path;   /* the target's, percent-encoding still in */
	struct str query;  /* behind '?', or empty */
	int minor;         /* HTTP/1.MINOR */
	bool keep_alive;
	bool wants_continue;
	unsigned field_count;
	struct request_field fields[REQUEST_FIELDS_MAX];
	uint64_t remaining;
	int status;        /* after REQUEST_BAD */
	const char *fault; /* after REQUEST_BAD: a static string */
};

void request_init(struct request *r);
void request_wipe(struct request *r);

/* Takes bytes from DATA, sets *USED to how many. After REQUEST_CONTINUE go on feeding. */
enum request_step request_feed(struct request *r, const char *data, size_t len, size_t *used);
/* Whether any byte of a request has arrived. */
bool request_begun(const struct request *r);
/* The value of field NAME, ignoring case, its first occurrence. */
bool request_field(const struct request *r, const char *name, struct str *value);

#endif
