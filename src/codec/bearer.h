/*
 * Tokens as they stand in "Authorization: Bearer" (RFC 6750 2.1).
 */
#ifndef SENTRY_SCIM_CODEC_BEARER_H
#define SENTRY_SCIM_CODEC_BEARER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/* ERR_CONFIG when TOKEN is empty, longer than LIMIT_TOKEN, or holds anything but visible ASCII;
   NAME says where it came from, the message never what it was. */
MUST_USE bool bearer_check(struct str token, const char *name, struct err *e);

#endif
