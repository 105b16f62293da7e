/*
 * JSON as Sentry's framework reads it: what it says of a malformed body, down to the place.
 */
#ifndef SENTRY_SCIM_SERVER_PYJSON_H
#define SENTRY_SCIM_SERVER_PYJSON_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "codec/json_scan.h"

/* Whether TEXT is one JSON value; if not, "JSON parse error - ..." is appended to FAULT. */
bool pyjson_check(struct str text, struct buf *fault);
/* Whether a framework written in Python would call V true. */
bool pyjson_truthy(const struct json_value *v);
/* The name of V's type there: dict, list, str, int, bool, NoneType. */
const char *pyjson_type(const struct json_value *v);
/* Appends TEXT as a JSON string; bytes that are not UTF-8 become U+FFFD. */
void pyjson_quote(struct str text, struct buf *out);

#endif
