/*
 * Filters (RFC 7644 3.4.2.2), as far as they are needed: one attribute equals one text.
 */
#ifndef SENTRY_SCIM_SCIM_FILTER_H
#define SENTRY_SCIM_SCIM_FILTER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * Whether VALUE can be searched for: blank text would list everything; Sentry also misreads a
 * comma, a quote, a backslash, a control character and " eq ", since it splits filters at these or
 * knows no escapes.
 */
bool filter_possible(struct str value, bool is_sentry);
/* Appends `filter=ATTRIBUTE eq "VALUE"`, percent-encoded as a query; false, nothing appended, when
   VALUE is not UTF-8 or there is no room. */
bool filter_add(const char *attribute, struct str value, struct buf *out);

#endif
