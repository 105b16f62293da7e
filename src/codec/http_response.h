/*
 * An HTTP/1.1 response (RFC 9112, RFC 9110), parsed as it arrives, in pieces of any size. Without
 * descriptors and without callbacks: bytes go in, the body comes out in a buffer, and the answer is
 * "more", "done" or "fail". Strict wherever two readers could disagree on where a message ends
 * (RFC 9112 6.3, 11.2): length and chunked together, two lengths that differ, signs, overflow, bare
 * CR, bare LF, blanks before a colon and transfer codings other than one chunked are faults, not
 * guesses. Folded field lines are taken with blanks for the fold, as 5.2 demands of a client.
 * Everything is bounded by base/limits.h.
 */
#ifndef SENTRY_SCIM_CODEC_HTTP_RESPONSE_H
#define SENTRY_SCIM_CODEC_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"

enum http_step {
	HTTP_MORE, /* needs more bytes */
	HTTP_DONE, /* the message is complete */
	HTTP_FAIL  /* `fault` says why; final */
};

enum http_state {
	HTTP_STATUS_LINE,    /* waits for the status line; then FIELDS */
	HTTP_FIELDS,         /* waits for a field line, or the empty line that ends the head */
	HTTP_BODY_LENGTH,    /* `remaining` bytes of body to come; DONE at 0 */
	HTTP_BODY_CLOSE,     /* body up to the end of the connection */
	HTTP_CHUNK_SIZE,     /* waits for a chunk-size line; then DATA, or TRAILER after size 0 */
	HTTP_CHUNK_DATA,     /* `remaining` bytes of the chunk to come; then DATA_END */
	HTTP_CHUNK_DATA_END, /* waits for the CRLF behind chunk data; then CHUNK_SIZE */
	HTTP_TRAILER,        /* waits for a trailer field, or the empty line that ends it all */
	HTTP_MESSAGE_DONE,   /* complete */
	HTTP_FAILED
};

enum http_request_kind {
	HTTP_REQUEST_PLAIN,
	HTTP_REQUEST_HEAD,   /* the response has no body, whatever its fields say */
	HTTP_REQUEST_CONNECT /* a 2xx has no body: what follows belongs to the tunnel */
};

struct http_field {
	uint32_t name_at, value_at; /* offsets in `head` */
	uint16_t name_len;
	uint16_t value_len; /* without blanks around it */
};

struct http_response {
	enum http_state state;
	enum http_request_kind kind;
	int status;           /* of the final response; 0 before its status line */
	int minor;            /* HTTP/1.MINOR */
	bool keep_alive;      /* valid when done: the connection may carry another request */
	bool close_delimited; /* the body ends with the connection */
	bool chunked;
	bool content_encoded; /* a Content-Encoding other than identity was applied */
	uint64_t remaining;
	uint64_t head_bytes; /* of all heads and trailers so far, interim ones included */
	unsigned interim;    /* 1xx responses seen */
	unsigned field_count;
	struct http_field fields[LIMIT_HTTP_FIELDS];
	struct buf head;   /* owned: lines of the head under way */
	struct buf *body;  /* not owned: gets the content, transfer coding removed */
	size_t line_at;    /* private: where in `head` the line under way starts */
	size_t room;       /* private: bytes that the lines of this section may still take */
	bool foldable;     /* private: a field line stands before, which a fold may continue */
	const char *fault; /* after HTTP_FAIL: what is wrong, a static string */
	bool too_large;    /* after HTTP_FAIL: a limit was passed, the message may be fine */
};

/* Ready for the response to a request of KIND. R is fresh or was wiped. BODY, cleared here, takes
   at most its own maximum. */
void http_response_init(struct http_response *r, enum http_request_kind kind, struct buf *body);
/* The same for the next response on a connection: R, zeroed or used before, keeps its memory. */
void http_response_again(struct http_response *r, enum http_request_kind kind, struct buf *body);
/* Releases the memory of the head. */
void http_response_wipe(struct http_response *r);

/*
 * Takes bytes from DATA, sets *USED to how many. After HTTP_DONE bytes that were not used belong to
 * whatever follows the message (a fault of the peer, or the tunnel of a CONNECT).
 */
enum http_step http_response_feed(
	struct http_response *r, const char *data, size_t len, size_t *used);
/*
 * The connection has ended. ORDERLY: the peer said that it was done (close_notify over TLS, FIN
 * over plain TCP). A body that only the end of the connection delimits is complete then, and only
 * then; anything else that is under way is a fault.
 */
enum http_step http_response_end(struct http_response *r, bool orderly);

/* The value of field NAME, ignoring case, of the final response's head, its first occurrence;
   false when there is none. Valid until the response is initialised again or wiped. */
bool http_response_field(const struct http_response *r, const char *name, struct str *value);
/* Walks the fields called NAME, for those that may come more than once: *AT is where to go on, 0 at
   first. */
bool http_response_next_field(
	const struct http_response *r, const char *name, unsigned *at, struct str *value);
/* Whether any byte of the response has arrived. */
bool http_response_begun(const struct http_response *r);

#endif
