/*
 * User resources (RFC 7643 4.1): the body of a create, what a resource says, and the filter that
 * finds one by name (RFC 7644 3.4.2.2).
 */
#ifndef SENTRY_SCIM_SCIM_USER_H
#define SENTRY_SCIM_SCIM_USER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/json_scan.h"

#define USER_URN "urn:ietf:params:scim:schemas:core:2.0:User"

/* One `--set`: a path as json_edit_set() takes it, and the JSON text of its value. */
struct user_attribute {
	struct str path;
	struct str value;
};

struct user_draft {
	struct str body; /* the object to start from, checked by json_valid_object(); or empty */
	struct str user_name; /* UTF-8; empty: the body has one */
	struct str role;      /* empty: none, or the body has one */
	unsigned attribute_count;
	const struct user_attribute *attributes; /* set in this order, after name and role */
};
/*
 * Appends the request body: BODY with name, role and attributes put over it, and `schemas` in front
 * if there is none. Everything else stays byte for byte. ERR_INPUT for text that is not UTF-8 or an
 * attribute that cannot be set; ERR_MEMORY when OUT is full.
 */
MUST_USE bool user_body(const struct user_draft *d, struct buf *out, struct err *e);
/* What BODY, an object, says of userName and sentryOrgRole, escapes undone, appended; missing or
   null adds nothing. ERR_INPUT when userName is there and no string. */
MUST_USE bool user_body_facts(
	struct str body, struct buf *user_name, struct buf *role, struct err *e);

/* The text of a `--set` argument: KEY=TEXT or KEY:=JSON. VALUE gets JSON in either case. */
MUST_USE bool user_parse_set(
	struct str argument, struct str *path, struct buf *value, struct err *e);

/* A resource as received. Values are raw JSON text inside it; absent ones have type JSON_END. */
struct user {
	struct str resource; /* the whole object, byte for byte */
	struct json_value id, user_name, role, active;
};
/* Reads RESOURCE; false unless it is an object with an `id` and a `userName`, both non-empty
   strings. */
bool user_read(struct str resource, struct user *out);

/* How a resource found in a list answers the question for NAME. */
enum user_match {
	USER_MATCH_NONE, /* another name: found by a secondary address */
	USER_MATCH_FOLD, /* the same but for the case of letters */
	USER_MATCH_EXACT
};
enum user_match user_match(const struct user *u, struct str name);

/*
 * Appends "Users?filter=..." for NAME, fully percent-encoded. False, nothing appended, when NAME
 * cannot be searched for: empty (an empty value would list everybody), or, at Sentry, one that its
 * filter parser would misread (a comma, a quote, a backslash, a control character, " eq ").
 */
bool user_filter_path(struct str name, bool is_sentry, struct buf *out);

/*
 * The best match for NAME in the list response BODY. False when BODY is no ListResponse, holds
 * something that is no user, or counts users and shows none. *HITS is the number of resources in
 * it; *BEST is set when there is one, of matches EXACT before FOLD before NONE.
 */
bool user_find(struct str body, struct str name, struct user *best, enum user_match *match,
	unsigned *hits);

#endif
