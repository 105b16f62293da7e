#include "client/route.h"

#include <string.h>

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
	if (!net_resolve(r->host, r->port, r->family, deadline, &target, e))
		return false;
	write_literal(&target.list[0], r->target);
	return true;
}

bool route_resolve(struct route *r, int64_t deadline, struct err *e)
{
	bool direct = r->via == ROUTE_DIRECT;

	if ((r->peers.count == 0 || (r->stale && !r->fixed)) &&
		!net_resolve(direct ? r->host : r->proxy_host, direct ? r->port : r->proxy_port,
			r->family, deadline, &r->peers, e))
		return direct ? false : err_context(e, "the proxy");
	if (!resolve_target(r, deadline, e))
		return false;
	r->stale = false;
	return true;
}

void route_forget(struct route *r)
{
	r->stale = true;
}
