/*
 * The envelope of a SCIM list, and which items of it one page holds.
 */
#ifndef SENTRY_SCIM_SERVER_LIST_H
#define SENTRY_SCIM_SERVER_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "codec/json_emit.h"
#include "query.h"
#include "reply.h"

struct page {
	size_t from, to; /* indexes from 0; TO is the first one not in the page */
};

/* The page of TOTAL items that Q asks for. */
struct page list_page(const struct query *q, size_t total);
/* Starts a 200 with a ListResponse up to the open Resources. Items follow, then list_close(). */
void list_open(struct json_emit *j, struct reply *r, const struct query *q, size_t total,
	struct page page);
void list_close(struct json_emit *j);

/* An id as SCIM has it: a number in a string. */
void list_emit_id(struct json_emit *j, uint64_t id);
/* Ends the program when what was written is no complete JSON value. */
void list_must_be_done(const struct json_emit *j);

#endif
