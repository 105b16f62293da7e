/*
 * Requests as bytes: one contiguous message, head and body, so that it leaves in one TLS record.
 */
#ifndef SENTRY_SCIM_CLIENT_MESSAGE_H
#define SENTRY_SCIM_CLIENT_MESSAGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct message_header {
	struct str name, value;
};

/* What all requests of a process share. The strings belong to the settings. */
struct message_origin {
	struct str root;      /* "https://host/api/0/organizations/acme/scim/v2", for messages */
	struct str root_path; /* its path */
	struct str api_root;  /* "https://host/api/0/organizations/acme"; empty: no Sentry */
	struct str api_path;  /* its path */
	struct str authority; /* the Host field */
	struct str token;     /* empty: none is sent */
	struct str user_agent;
	unsigned header_count;
	const struct message_header *headers; /* the user's own */
};

/*
 * Takes "Name: value" apart; H points into TEXT. ERR_CONFIG, naming WHERE it was given, for what is
 * no field, or one that is the program's own. Messages do not quote the value, which may be a
 * secret of a gateway.
 */
MUST_USE bool message_parse_header(
	struct str text, struct message_header *h, const char *where, struct err *e);

/* One request, below the SCIM root unless it is for Sentry's own API. */
struct message_call {
	bool api; /* below api_root */
	struct str method;
	struct str path; /* "Users" or "Users?filter=...", percent-encoded, no slash in front */
	struct str body; /* empty: none */
};

/*
 * Appends the request. SHOWN: as a person may see it, with the whole URL in its first line and the
 * token masked. ERR_INPUT when something in it could not be written safely, ERR_MEMORY when OUT is
 * full.
 */
MUST_USE bool message_write(const struct message_origin *o, const struct message_call *c,
	bool shown, struct buf *out, struct err *e);

#endif
