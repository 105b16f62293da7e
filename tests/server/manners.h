/*
 * How the server behaves, apart from what it holds: everything in which one Sentry differs from
 * another. The eras of Sentry's history are presets of the first group.
 */
#ifndef SENTRY_SCIM_SERVER_MANNERS_H
#define SENTRY_SCIM_SERVER_MANNERS_H

#include <stdbool.h>
#include <stdint.h>

struct manners {
	/* what changed between eras */
	bool invite_is_409;      /* POST for a pending invite: 409 (before July 2025), else 400 */
	bool error_status;       /* SCIM errors carry `status`, conflicts `scimType` (June 2026) */
	bool bearer;             /* 401 asks for Bearer (January 2026), else xBasic */
	bool insufficient_scope; /* 403 for a missing scope says which would do (June 2026) */
	bool discovery;          /* ServiceProviderConfig, ResourceTypes, Schemas/{urn} (2026) */
	bool refuses_payload; /* a body that is no object: 400 `Invalid SCIM payload.`, else 500 */
	bool invite_mail;     /* a created member gets an e-mail (before September 2026) */
	bool bare_429;        /* the text of a 429 is a JSON string, not an object */

	/* where it stands */
	bool self_hosted; /* no rate limits, no role `billing` */
	bool proxy_mode;  /* answers as sentry.io, which forwards to a region */
	bool chunked;     /* bodies are sent chunked */

	/* how fast */
	unsigned rate_limit;  /* requests in a second, per method and caller; 0: not limited */
	unsigned concurrency; /* requests under way, per method and caller */
	unsigned latency;     /* milliseconds before an answer */
};

#endif
