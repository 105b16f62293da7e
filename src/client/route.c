#include "client/route.h"

#include <string.h>

#include "base/buf.h"

/* The address alone, without port and brackets. */
static void write_literal(const union net_address *address, char out[static NET_ADDRESS_TEXT])
{
	char text[NET_ADDRESS_TEXT];
	struct str literal, port;

	net_address_text(address, text);
	str_cut_last(str_of(text), ':', &literal, &port);
	if (literal.n > 1 && literal.p[0] == '[')
		literal = str_from(literal.p + 1, literal.n - 2);
	memcpy(out, literal.p, literal.n);
	out[literal.n] = '\0';
}

static bool resolve_target(struct route *r, int64_t deadline, struct err *e)
{
	struct net_addresses target;

	if (r->via != ROUTE_SOCKS5 || (r->target[0] != '\0' && (!r->stale || r->target_fixed)))
		return true;
	if (!net_resolve(&r->resolver, r->host, r->port, r->family, deadline, &target, e))
		return false;
	write_literal(&target.list[0], r->target);
	return true;
}

/* Which addresses a name led to, for -v. */
static void tell_addresses(struct log *log, struct str host, const struct net_addresses *a)
{
	char one[NET_PEER_TEXT];
	struct buf text;
	unsigned i;

	if (!log_shows(log, LOG_DETAIL))
		return;
	buf_init(&text, LIMIT_ADDRESSES * NET_PEER_TEXT);
	for (i = 0; i < a->count; i++) {
		net_peer_text(a, i, one);
		buf_addf(&text, " %s", one);
	}
	log_line(log, LOG_DETAIL, "%.*s is at%s", STR_ARG(host), buf_text(&text));
	buf_wipe(&text);
}

/* Finds the addresses of what is connected to. */
static bool resolve_peer(struct route *r, int64_t deadline, struct err *e)
{
	const bool direct = r->via == ROUTE_DIRECT;
	const struct str host = direct ? r->host : r->proxy_host;

	if (!net_resolve(&r->resolver, host, direct ? r->port : r->proxy_port, r->family, deadline,
		    &r->peers, e))
		return direct ? false : err_context(e, "the proxy");
	if ((direct ? r->host_kind : r->proxy_kind) == URL_HOST_NAME)
		tell_addresses(r->log, host, &r->peers);
	return true;
}

/* A packet to one of these does not leave the machine (RFC 1122 3.2.1.3, RFC 4291 2.5.3, RFC 6761
   6.3). */
bool route_is_loopback(const struct route *r)
{
	if (r->host_kind == URL_HOST_IPV4)
		return str_starts(r->host, "127.");
	if (r->host_kind == URL_HOST_IPV6) {
		union net_address a;

		return net_parse_address(r->host, 0, &a) && IN6_IS_ADDR_LOOPBACK(&a.v6.sin6_addr);
	}
	return str_is_fold(r->host, "localhost") || str_ends_fold(r->host, ".localhost");
}

bool route_resolve(struct route *r, int64_t deadline, struct err *e)
{
	if ((r->peers.count == 0 || (r->stale && !r->fixed)) && !resolve_peer(r, deadline, e))
		return false;
	if (!resolve_target(r, deadline, e))
		return false;
	r->stale = false;
	return true;
}

void route_forget(struct route *r)
{
	r->stale = true;
}
