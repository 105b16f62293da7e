/*
 * The proxy on the way: what its URL means for the route.
 */
#ifndef SENTRY_SCIM_CLIENT_PROXY_H
#define SENTRY_SCIM_CLIENT_PROXY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "client/route.h"
#include "codec/url.h"

/*
 * Fills R by TEXT, "[http|https|socks5|socks5h://][user:password@]host[:port]", of which *U tells
 * the parts. The port is what curl takes where none is named. No message quotes it. ERR_CONFIG,
 * ERR_MEMORY.
 */
MUST_USE bool proxy_parse(
	struct route *r, struct arena *a, const char *text, struct url *u, struct err *e);
/* Hides the credentials of R, if it has some, from its log, and looks whether they can be sent. */
MUST_USE bool proxy_check_credentials(struct route *r, struct arena *a, struct err *e);

#endif
