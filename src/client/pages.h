/*
 * All resources of a collection, page after page (RFC 7644 3.4.2.4), in constant memory. Pages are
 * offsets into a list that may change meanwhile, so the reading guards itself: what was seen on the
 * last pages is not shown twice; when the list has shrunk the reading goes back by as much, since
 * what followed has moved forward, and then on where it was; a list that has shrunk by more than is
 * remembered is an error, since nobody could tell what was missed; so is a server that sends the
 * same page again and again, or has no end.
 */
#ifndef SENTRY_SCIM_CLIENT_PAGES_H
#define SENTRY_SCIM_CLIENT_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "client/call.h"
#include "scim/list.h"

/* Resources asked for at a time, the most that Sentry documents. */
#define PAGES_COUNT 100u
/* More than any organization has. */
#define PAGES_MOST 10000000u
/* Resources remembered: the last pages, as large as a server may make them. */
#define PAGES_RECENT 512u
/* Resources in a row that were all shown before, as a list that swings to and fro would send for
   ever. */
#define PAGES_STALE (8u * PAGES_RECENT)

struct pages {
	struct caller *caller;
	const char *collection; /* "Users" */
	const char *query; /* more parameters, percent-encoded, without "&" in front; or NULL */
	unsigned count;    /* resources to ask for in one request */
	struct list_page page;
	size_t at;         /* in page.resources */
	uint64_t next;     /* startIndex of the next page */
	uint64_t read_to;  /* what stands before it has been read, but for the gap: */
	uint64_t gap_to;   /* from `next` to here, if `next` is less */
	uint64_t total;    /* as of the last page that told */
	uint64_t received; /* resources in all pages */
	uint64_t excuse;   /* resources that came or went: as many may come a second time */
	bool counted, started, last;
	bool changed;   /* the list changed while it was read */
	bool again;     /* this page lies where something was read already */
	unsigned fresh; /* resources of this page that were new */
	unsigned old;   /* and that were not */
	unsigned stale; /* in a row that were not, over pages */
	uint64_t recent[PAGES_RECENT];
	unsigned recent_at;
	struct buf path; /* owned */
};

enum pages_step { PAGES_ITEM, PAGES_END, PAGES_FAIL };

/* Reads COLLECTION from its start. LIMIT: how many will be wanted, 0 for all. */
void pages_init(struct pages *p, struct caller *caller, const char *collection, const char *query,
	uint64_t limit);
void pages_wipe(struct pages *p);
/*
 * The next resource, valid until the next call of any kind on the same client; callers that want to
 * send something for each gather first. PAGES_FAIL: *E and *REPLY as call_run() leaves them, or
 * ERR_PROTOCOL, ERR_LIMIT.
 */
enum pages_step pages_next(
	struct pages *p, struct str *resource, struct reply *reply, struct err *e);

#endif
