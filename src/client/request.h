/*
 * Any request below the SCIM root, as a person or a program writes it.
 */
#ifndef SENTRY_SCIM_CLIENT_REQUEST_H
#define SENTRY_SCIM_CLIENT_REQUEST_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "client/call.h"

#define REQUEST_METHOD_MAX 64

/*
 * Fills CALL, which has no body then, by a method in any case, written to BUFFER in capitals, and a
 * path with its query, percent-encoded. What could lead out of the SCIM root is refused, also in
 * disguise: the token goes where the path says. CALL points into both. ERR_USAGE.
 */
MUST_USE bool request_parse(const char *method, const char *path, struct buf *buffer,
	struct message_call *call, struct err *e);
/* Runs it as call_run() does: repeated when no answer comes if its method may be. */
MUST_USE bool request_run(
	struct caller *c, const struct message_call *call, struct reply *reply, struct err *e);

#endif
