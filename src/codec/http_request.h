/*
 * The head of an HTTP/1.1 request (RFC 9112). Values that would end a line early or open another
 * one cannot be written: the check is here, in the writer, so that no caller can forget it.
 */
#ifndef SENTRY_SCIM_CODEC_HTTP_REQUEST_H
#define SENTRY_SCIM_CODEC_HTTP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct http_request {
	struct buf *out;   /* not owned */
	const char *fault; /* NULL, or what could not be written first, a static string */
};

/*
 * The request line. METHOD must be a token (RFC 9110 5.6.2); TARGET origin-form, authority-form or
 * absolute-form of visible ASCII characters (0x21 to 0x7e), not empty.
 */
void http_request_start(
	struct http_request *r, struct buf *out, struct str method, struct str target);
/* One field. NAME must be a token, VALUE without CR, LF, NUL and other controls (RFC 9110 5.5;
   a tab is taken) and without blanks at its ends. */
void http_request_field(struct http_request *r, struct str name, struct str value);
/* Content-Length: LENGTH. */
void http_request_length(struct http_request *r, uint64_t length);
/* The empty line. True when all of the head was written and OUT took it. */
bool http_request_end(struct http_request *r);

/* Whether S is a token; whether S may stand as a field value. */
bool http_is_token(struct str s);
bool http_is_field_value(struct str s);

#endif
