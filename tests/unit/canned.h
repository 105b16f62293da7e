/*
 * A server's answer as a test writes it: the text of a whole response, whose body goes up to its
 * end. Read by the program's own parser, so that what the tests call an answer is one.
 */
#ifndef SENTRY_SCIM_TESTS_CANNED_H
#define SENTRY_SCIM_TESTS_CANNED_H

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "codec/http_response.h"

struct canned {
	struct http_response response; /* points to `body`: not to be moved */
	struct buf body;
};

static inline void canned_init(struct canned *r)
{
	*r = (struct canned){.response = {.status = 0}};
	buf_init(&r->body, LIMIT_HTTP_BODY);
}

static inline void canned_wipe(struct canned *r)
{
	http_response_wipe(&r->response);
	buf_wipe(&r->body);
}

/* STATUS, FIELDS (each ended by CRLF) and BODY become what an exchange would leave behind. */
static inline void canned_set(struct canned *r, int status, const char *fields, const char *body)
{
	struct buf text;
	size_t used;

	buf_init(&text, 2 * LIMIT_HTTP_BODY);
	buf_addf(&text, "HTTP/1.1 %03d \r\n%s\r\n%s", status, fields, body);
	http_response_wipe(&r->response);
	http_response_init(&r->response, HTTP_REQUEST_PLAIN, &r->body);
	http_response_feed(&r->response, buf_text(&text), text.len, &used);
	if (http_response_end(&r->response, true) != HTTP_DONE || used != text.len) {
		fprintf(stderr, "no response: %s\n%s\n", r->response.fault, buf_text(&text));
		abort();
	}
	buf_wipe(&text);
}

#endif
