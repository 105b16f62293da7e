/*
 * The shape of a PATCH body (RFC 7644 3.5.2) as Sentry's serializers check it, before any operation
 * is looked at for what it does.
 */
#ifndef SENTRY_SCIM_SERVER_PATCH_H
#define SENTRY_SCIM_SERVER_PATCH_H

#include <stdbool.h>

#include "api.h"
#include "codec/json_scan.h"

/* Whether BODY is a PATCH of a user; OPERATIONS gets the array. If not, the reply is written. */
bool patch_check_user(struct call *c, struct str body, struct json_value *operations);
/* The same for a team. */
bool patch_check_group(struct call *c, struct str body, struct json_value *operations);
/* The operation's `op`, lower-cased, appended to OUT. */
void patch_op(struct str operation, struct buf *out);

#endif
