/*
 * URLs (RFC 3986), as far as an HTTP client's user writes them: absolute, hierarchical, ASCII.
 * Strict on purpose: a character that a parser elsewhere might read differently is refused, since
 * a token goes where this parser says.
 */
#ifndef SENTRY_SCIM_CODEC_URL_H
#define SENTRY_SCIM_CODEC_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum url_host_kind {
	URL_HOST_NAME, /* letters, digits, hyphens, underscores in dotted labels */
	URL_HOST_IPV4, /* dotted decimal, four parts, no leading zeros */
	URL_HOST_IPV6  /* was written in brackets; HOST has none; a zone id stands behind '%' */
};

struct url {
	struct str scheme;   /* as written */
	struct str userinfo; /* empty when absent; percent-encoding still in */
	struct str host;     /* as written, without brackets and without one final dot */
	struct str path;     /* from '/', or empty */
	struct str query;    /* behind '?', or empty */
	enum url_host_kind host_kind;
	uint16_t port; /* as written, 0 when absent */
	bool has_userinfo, has_query, has_fragment;
};

/* Parses TEXT; the slices point into it. False with *FAULT, a static string, when it is no URL
   that is taken here. */
bool url_parse(struct str text, struct url *out, const char **fault);
/* What HOST is, judged as above; false when it is no host at all. Brackets are not taken. */
bool url_host_kind(struct str host, enum url_host_kind *kind);
/* The bytes of HOST, an IP literal of KIND, in network order, its zone id left out: answers how
   many they are, 4 or 16; 0 for a name or anything malformed. */
size_t url_host_address(struct str host, enum url_host_kind kind, uint8_t address[static 16]);

/* Appends S with everything percent-encoded that is not unreserved (RFC 3986 2.3). Right for one
   path segment and for a query value. */
void url_encode(struct str s, struct buf *out);
/* Appends S with percent-encoding undone; false for a '%' without two digits. '+' stays '+'. */
bool url_decode(struct str s, struct buf *out);
/* Appends HOST, in brackets if it is IPv6 (its zone id left out, as it means nothing to a peer). */
void url_add_host(struct str host, enum url_host_kind kind, struct buf *out);

#endif
