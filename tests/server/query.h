/*
 * What stands behind the '?': parameters, and of those the paging and the filter of SCIM lists,
 * read with all the peculiarities of Sentry's own reader.
 */
#ifndef SENTRY_SCIM_SERVER_QUERY_H
#define SENTRY_SCIM_SERVER_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "manners.h"
#include "reply.h"

enum filter_key {
	FILTER_NONE, /* no filter, or one that came out empty: everything is listed */
	FILTER_TEXT, /* userName, displayName */
	FILTER_ID    /* value */
};

/* Reads one condition KEY eq "VALUE". The value is appended to VALUE. */
enum filter_step {
	FILTER_FINE,
	FILTER_INVALID, /* 400 invalidFilter */
	FILTER_CRASH    /* key `value` with something that is no number: 500 */
};
enum filter_step filter_read(struct str text, enum filter_key *key, struct buf *value);

struct query {
	uint64_t start; /* startIndex, from 1 */
	uint64_t count;
	enum filter_key key;
	struct buf value;     /* owned: what the filter asks for */
	bool without_members; /* excludedAttributes=members */
};

/*
 * Reads the parameters of a list. False when they are refused: REPLY holds the answer then. Q is to
 * be wiped either way.
 */
bool query_read(struct query *q, struct str text, const struct manners *m, struct reply *reply);
void query_wipe(struct query *q);

/* Whether parameter NAME occurs; its last value, decoded, is appended to VALUE. */
bool query_value(struct str text, const char *name, struct buf *value);
/* Whether some occurrence of parameter NAME is WANT. */
bool query_has(struct str text, const char *name, const char *want);

#endif
