/*
 * The log of requests: one JSON object a line, appended with one write, so that a test can read the
 * file while the server runs. Secrets are masked unless it was asked for them.
 */
#ifndef SENTRY_SCIM_SERVER_RECORD_H
#define SENTRY_SCIM_SERVER_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "request.h"

struct record {
	int fd; /* -1: nothing is logged */
	bool with_tokens;
};

/* FILE NULL: logs nothing. */
void record_open(struct record *r, const char *file, bool with_tokens);
void record_close(struct record *r);
/*
 * STATUS 0: no answer was given. DONE is the application's own status, whatever was answered in its
 * stead; 0: it did not see the request, or will only later. FAULT may be empty.
 */
void record_request(struct record *r, uint64_t number, uint64_t connection, const struct request *q,
	int status, int done, struct str fault);

#endif
