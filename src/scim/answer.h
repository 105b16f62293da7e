/*
 * What an answer means. Sentry refuses in four shapes of JSON, and front ends add HTML, plain text
 * and nothing at all; all of it becomes one class, one error kind (and so one exit code) and one
 * hint, by one table. The table is the only place that knows; a test walks every row of it.
 */
#ifndef SENTRY_SCIM_SCIM_ANSWER_H
#define SENTRY_SCIM_SCIM_ANSWER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/http_response.h"
#include "scim/sentry.h"

enum answer_class {
	ANSWER_SUCCESS,     /* 2xx; whether it holds what was asked for is the caller's question */
	ANSWER_EXISTS,      /* the resource is there already, in any era's words */
	ANSWER_THROTTLED,   /* 429: not executed, may be repeated after a wait */
	ANSWER_UNAVAILABLE, /* 408, 502, 503, 504 and their like: may or may not have been executed
			     */
	ANSWER_BROKEN,      /* any other 5xx: complete, but what it did is not known */
	ANSWER_REFUSED,     /* a final no */
	ANSWER_CLASSES
};

/* What was asked, as far as it changes the meaning of an answer. */
struct answer_question {
	bool creates; /* POST to a collection */
	bool item;    /* the path names one resource: a 404 may mean that it is missing */
	bool is_sentry;
	enum sentry_token_kind token;
};

struct answer {
	enum answer_class class;
	enum err_kind kind; /* ERR_NONE for a success */
	char hint[384];     /* what it most likely means and what to do; empty for a success */
};

void answer_judge(const struct http_response *r, struct str body,
	const struct answer_question *question, struct answer *out);

/* Appends the server's own words: `detail` of any shape, the texts of field errors; nothing when
   the body has none. */
void answer_detail(struct str body, struct buf *out);

/* The rows of the table, for the test and for the manual. */
struct answer_row {
	int status_min, status_max;
	const char *header; /* must be present, or NULL */
	const char *says;   /* the server's words or the raw body contain this, or NULL */
	unsigned when;      /* ANSWER_WHEN_ bits that must all hold */
	enum answer_class class;
	enum err_kind kind;
	const char *hint; /* "%s" stands for the header's value, once at most */
};
enum answer_when {
	ANSWER_WHEN_CREATES = 1 << 0,
	ANSWER_WHEN_ITEM = 1 << 1,
	ANSWER_WHEN_EMPTY = 1 << 2,    /* no body */
	ANSWER_WHEN_NOT_JSON = 1 << 3, /* a body that is not JSON: not Sentry's own voice */
	ANSWER_WHEN_SENTRY = 1 << 4,
	ANSWER_WHEN_ORG_TOKEN = 1 << 5, /* sntrys_ or sntryag_ */
	ANSWER_WHEN_SCIM_ERROR = 1 << 6 /* SCIM-shaped: has the Error URN */
};
extern const struct answer_row answer_table[];
extern const unsigned answer_table_rows;

#endif
