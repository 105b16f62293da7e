/*
 * An answer as bytes: the reply, framed, with all that a fault asks for put in.
 */
#ifndef SENTRY_SCIM_SERVER_COMPOSE_H
#define SENTRY_SCIM_SERVER_COMPOSE_H

#include <stdbool.h>

#include "api.h"
#include "fault.h"
#include "reply.h"
#include "request.h"

/* Replaces REPLY by the answer of whoever stands in. */
void compose_stand_in(struct api *a, const struct effect *e, struct reply *reply);

/* Appends the message to OUT. Answers whether the connection may carry another request afterwards.
 */
bool compose(const struct api *a, const struct request *r, const struct effect *e,
	struct reply *reply, struct buf *out);

/* Appends a page for a request that could not be read, with Connection: close. */
void compose_refusal(int status, struct buf *out);

#endif
