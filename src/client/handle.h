/*
 * What it takes to talk to one server: TLS set up, a client ready to connect, and what all calls
 * have in common. A command's session has one, and so has whoever links the library (src/lib).
 */
#ifndef SENTRY_SCIM_CLIENT_HANDLE_H
#define SENTRY_SCIM_CLIENT_HANDLE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "client/call.h"
#include "client/client.h"
#include "client/route.h"
#include "client/target.h"
#include "sys/tls.h"

struct handle {
	struct route *route;
	struct tls_config *tls;       /* owned; NULL for http */
	struct tls_config *proxy_tls; /* owned; NULL without a proxy over TLS */
	struct message_origin origin;
	struct client client;
	struct caller caller;
};

/* What stands in the requests. The strings must outlive the handle. */
struct handle_options {
	const struct target *target;
	struct str token;
	unsigned header_count;
	const struct message_header *headers;
	struct retry_policy policy;
};

/* A handle that talks by ROUTE, which is checked and must outlive it. Allocates nothing. */
void handle_init(struct handle *h, struct route *route);
void handle_equip(struct handle *h, const struct handle_options *o);
/*
 * Loads what TLS needs, waiting for the kernel's random numbers for as long as for a connection;
 * OPTIONS are those of the origin. Nothing has been sent when it returns.
 */
MUST_USE bool handle_secure(struct handle *h, const struct tls_options *options, struct err *e);
void handle_close(struct handle *h);

#endif
