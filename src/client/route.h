/*
 * The way to the origin: host and port, the proxy on the way, addresses, TLS configuration, limits
 * of time. One per process, made from the settings, read by every connection. Owns nothing: the
 * strings belong to the settings.
 */
#ifndef SENTRY_SCIM_CLIENT_ROUTE_H
#define SENTRY_SCIM_CLIENT_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "codec/url.h"
#include "sys/log.h"
#include "sys/net.h"
#include "sys/tls.h"

enum route_via {
	ROUTE_DIRECT,
	ROUTE_HTTP,   /* CONNECT to an HTTP proxy, see `proxy_tls` */
	ROUTE_SOCKS5, /* the name is resolved here, the proxy gets an address */
	ROUTE_SOCKS5H /* the proxy resolves the name */
};

struct route {
	struct str host; /* of the origin: no brackets, no final dot */
	enum url_host_kind host_kind;
	uint16_t port;
	bool tls;                  /* https */
	struct tls_config *config; /* for TLS; not owned */
	enum route_via via;
	struct str proxy_host;
	enum url_host_kind proxy_kind;
	uint16_t proxy_port;
	bool proxy_tls;                  /* the proxy itself is reached over TLS */
	struct tls_config *proxy_config; /* for that; not owned */
	bool proxy_has_credentials;
	struct str proxy_user, proxy_password; /* decoded */
	enum net_family family;
	int64_t connect_timeout; /* ms: name, TCP, proxy and TLS together */
	int64_t timeout;         /* ms: one request, from its start to the end of its answer */
	struct str user_agent;
	struct log *log;   /* or NULL; not owned */
	struct stop *stop; /* or NULL; not owned */
	struct net_resolver resolver;
	bool fixed;                 /* `peers` was given by --resolve or --unix-socket and stays */
	struct net_addresses peers; /* of the proxy, or of the origin if there is none */
	/* ROUTE_SOCKS5: the origin's first address as a literal, which is what the proxy gets. */
	char target[NET_ADDRESS_TEXT];
	bool target_fixed; /* `target` was given by --resolve and stays */
	bool stale;        /* what was resolved is asked for again before the next connection */
};

/* Fills `peers` (and `target`) unless they are known and not stale. Waits at most until DEADLINE.
 */
MUST_USE bool route_resolve(struct route *r, int64_t deadline, struct err *e);
/* Whether what is sent to the origin directly cannot leave this machine. */
bool route_is_loopback(const struct route *r);
/*
 * Addresses that were resolved may lead nowhere by now: the next connection asks again. They stay
 * until there are others: a connection that was idle and turns out to be closed is replaced without
 * asking.
 */
void route_forget(struct route *r);

#endif
