/*
 * An answer under construction: status, fields and body, not yet framed. The shapes in which
 * Sentry reports errors are here, each once; what differs between eras is decided by the manners.
 */
#ifndef SENTRY_SCIM_SERVER_REPLY_H
#define SENTRY_SCIM_SERVER_REPLY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "manners.h"

#define URN_USER  "urn:ietf:params:scim:schemas:core:2.0:User"
#define URN_GROUP "urn:ietf:params:scim:schemas:core:2.0:Group"
#define URN_LIST  "urn:ietf:params:scim:api:messages:2.0:ListResponse"
#define URN_ERROR "urn:ietf:params:scim:api:messages:2.0:Error"

#define DETAIL_NO_PERMISSION "You do not have permission to perform this action."
#define DETAIL_NOT_FOUND     "The requested resource does not exist"

struct reply {
	int status;
	const char *type;  /* Content-Type, a static string; NULL: none */
	struct buf fields; /* owned: whole lines, beside type, framing and date */
	struct buf body;   /* owned */
	bool no_body;      /* 204, and answers to HEAD */
};

void reply_init(struct reply *r);
void reply_wipe(struct reply *r);
/* As new, whatever was in it. */
void reply_clear(struct reply *r);

void reply_field(struct reply *r, const char *name, const char *value);
/* A field whose value is a number. */
void reply_number(struct reply *r, const char *name, long long value);

/* Status and content type of a JSON answer; the caller writes the body. */
void reply_json(struct reply *r, int status);
/* No content at all. */
void reply_empty(struct reply *r, int status);
/* TEXT of TYPE, a static string. */
void reply_text(struct reply *r, int status, const char *type, struct str text);

/* Shape A: a SCIM error. DETAIL or SCIM_TYPE may be NULL. */
void reply_scim_error(struct reply *r, const struct manners *m, int status, const char *detail,
	const char *scim_type);
/* Shape B: a SCIM error, 400, whose detail is the JSON document INNER as a string. */
void reply_scim_fields(struct reply *r, const struct manners *m, struct str inner);
/* Shape B for one field and one text. */
void reply_scim_field(struct reply *r, const struct manners *m, const char *name, const char *text);
/* Shape C: {"detail":DETAIL}. */
void reply_detail(struct reply *r, int status, const char *detail);
/* What a crash of the application answers. */
void reply_crash(struct reply *r);
/* A page of a web server in front: "502 Bad Gateway" and the like. */
void reply_page(struct reply *r, int status);

/* The reason phrase; "Unknown" for a code without one. */
const char *reply_reason(int status);

#endif
