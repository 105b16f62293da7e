/*
 * List responses (RFC 7644 3.4.2): one page of resources as received.
 */
#ifndef SENTRY_SCIM_SCIM_LIST_H
#define SENTRY_SCIM_SCIM_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct list_page {
	struct str resources; /* the JSON array, "[]" when the response has none */
	bool has_total;
	uint64_t total; /* totalResults, 0 without */
};

/* Reads BODY; false when it is no list response. Slices point into BODY. */
bool list_read(struct str body, struct list_page *out);
/* The next resource, an object, byte for byte; false at the end. Start with *AT = 0. */
bool list_next(const struct list_page *page, size_t *at, struct str *resource);
/* A number that is the same for resources with the same `id` and, but for a chance of one in 2^64,
   different for others; 0 when RESOURCE has no id. */
uint64_t list_identity(struct str resource);
/* The same for an id as it stands in JSON, between its quotes. */
uint64_t list_text_identity(struct str raw);

#endif
