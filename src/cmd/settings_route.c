#include "cmd/settings_parts.h"

#include <string.h>

#include "base/limits.h"
#include "sys/console.h"

#define LONGEST_S    86400
#define MOST_RETRIES 100

/* Decimal seconds, as "10" or "0.5", to milliseconds, rounded up so that little is not nothing. */
static bool parse_seconds(struct str text, int64_t *ms)
{
	struct str whole, fraction;
	uint64_t seconds, thousandths = 0;
	size_t i;
	bool more = false, point = str_cut(text, '.', &whole, &fraction);

	if (!str_to_u64(whole, LONGEST_S, &seconds) || (point && fraction.n == 0))
		return false;
	for (i = 0; i < fraction.n; i++) {
		if (!char_is_digit(fraction.p[i]))
			return false;
		if (i >= 3)
			more = more || fraction.p[i] != '0';
	}
	for (i = 0; point && i < 3; i++)
		thousandths =
			thousandths * 10 + (i < fraction.n ? (uint64_t)(fraction.p[i] - '0') : 0);
	*ms = (int64_t)(seconds * 1000 + thousandths + more);
	return *ms <= (int64_t)LONGEST_S * 1000;
}

static void set_default(struct setting *s, const char *value)
{
	if (s->value == NULL)
		*s = (struct setting){.value = value, .place = PLACE_DEFAULT, .where = "default"};
}

static bool load_seconds(
	struct setting *s, const char *without, bool may_be_zero, int64_t *ms, struct err *e)
{
	set_default(s, without);
	if (parse_seconds(str_of(s->value), ms) && (*ms > 0 || may_be_zero))
		return true;
	return err_set(e, ERR_CONFIG, "%s: '%s' is no number of seconds %s 0 and at most %d",
		s->where, s->value, may_be_zero ? "from" : "above", LONGEST_S);
}

static bool load_retries(struct settings *s, struct err *e)
{
	uint64_t n;

	set_default(&s->retries, "4");
	if (!str_to_u64(str_of(s->retries.value), MOST_RETRIES, &n))
		return err_set(e, ERR_CONFIG, "%s: '%s' is no number of retries from 0 to %d",
			s->retries.where, s->retries.value, MOST_RETRIES);
	s->retries_max = (unsigned)n;
	return true;
}

static bool load_family(struct settings_loader *l, struct err *e)
{
	bool v4 = opt_given(l->o, OPT_IPV4), v6 = opt_given(l->o, OPT_IPV6);

	if (v4 && v6)
		return err_set(e, ERR_USAGE, "--ipv4 and --ipv6 contradict each other");
	l->s->route.family = v4 ? NET_IPV4 : v6 ? NET_IPV6 : NET_ANY;
	return true;
}

/* One --resolve, taken apart. */
struct override {
	struct str host, addresses;
	uint16_t port;
};

/* Without the brackets that IPv6 stands in. */
static struct str unbracketed(struct str s)
{
	if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		return str_from(s.p + 1, s.n - 2);
	return s;
}

static bool split(struct str text, struct override *out)
{
	struct str rest, port;
	enum url_host_kind kind;
	uint64_t n;

	if (text.n > 0 && text.p[0] == '[') {
		if (!str_cut(str_skip(text, 1), ']', &out->host, &rest) || rest.n == 0 ||
			rest.p[0] != ':')
			return false;
		rest = str_skip(rest, 1);
	} else if (!str_cut(text, ':', &out->host, &rest)) {
		return false;
	}
	if (out->host.n > 0 && out->host.p[out->host.n - 1] == '.')
		out->host.n--;
	if (!url_host_kind(out->host, &kind) || !str_cut(rest, ':', &port, &out->addresses) ||
		!str_to_u64(port, UINT16_MAX, &n) || n == 0)
		return false;
	out->port = (uint16_t)n;
	return out->addresses.n > 0;
}

static bool family_fits(const union net_address *a, enum net_family family)
{
	return family == NET_ANY || (family == NET_IPV4) == (a->any.sa_family == AF_INET);
}

/* Parses all addresses of O; those of the family asked for go behind LIST, the first to FIRST. */
static bool add_addresses(const struct override *o, enum net_family family,
	struct net_addresses *list, struct str *first, struct err *e)
{
	struct str rest = o->addresses, one;
	bool more = true;

	while (more) {
		union net_address a;

		more = str_cut(rest, ',', &one, &rest);
		one = unbracketed(one);
		if (!net_parse_address(one, o->port, &a))
			return err_set(
				e, ERR_USAGE, "--resolve: '%.*s' is not an address", STR_ARG(one));
		if (!family_fits(&a, family))
			continue;
		if (list->count == LIMIT_ADDRESSES)
			return err_set(
				e, ERR_USAGE, "--resolve: more than %u addresses", LIMIT_ADDRESSES);
		if (first->n == 0)
			*first = one;
		list->list[list->count++] = a;
	}
	return true;
}

static bool names(const struct override *o, struct str host, uint16_t port)
{
	return o->port == port && str_equal_fold(o->host, host);
}

static bool apply(struct route *r, const struct override *o, const char *text, struct err *e)
{
	struct net_addresses unused = {0}, *list = &unused;
	struct str first = {0};
	bool direct = r->via == ROUTE_DIRECT;
	bool peer = names(o, direct ? r->host : r->proxy_host, direct ? r->port : r->proxy_port);
	bool target = r->via == ROUTE_SOCKS5 && names(o, r->host, r->port);

	if (peer)
		list = &r->peers;
	if (!add_addresses(o, r->family, list, &first, e))
		return false;
	if (!peer && !target) {
		console_line(LOG_WARN, "--resolve %s names no host that is looked up here", text);
		return true;
	}
	if (first.n == 0)
		return err_set(
			e, ERR_USAGE, "--resolve %s has no address of the family asked for", text);
	r->fixed = r->fixed || peer;
	if (target && r->target[0] == '\0' && first.n < sizeof r->target) {
		memcpy(r->target, first.p, first.n);
		r->target[first.n] = '\0';
		r->target_fixed = true;
	}
	return true;
}

static bool load_overrides(struct settings_loader *l, struct err *e)
{
	const struct opt_values *given = &l->o->given[OPT_RESOLVE];
	struct override o;
	unsigned i;

	for (i = 0; i < given->count; i++) {
		if (!split(str_of(given->values[i]), &o))
			return err_set(e, ERR_USAGE,
				"--resolve wants HOST:PORT:ADDRESS[,ADDRESS...], not '%s'",
				given->values[i]);
		if (!apply(&l->s->route, &o, given->values[i], e))
			return false;
	}
	return true;
}

/* Whatever the origin is called, the connection goes to this socket. */
static bool load_unix_socket(struct settings *s, struct err *e)
{
	if (s->unix_socket.value == NULL)
		return true;
	s->route.fixed = true;
	return net_local(&s->route.peers, s->unix_socket.value) ||
		err_set(e, ERR_CONFIG, "%s: the path of a unix-domain socket has 1 to %d bytes",
			s->unix_socket.where, NET_LOCAL_MAX);
}

bool settings_load_route(struct settings_loader *l, struct err *e)
{
	struct settings *s = l->s;

	return load_seconds(&s->connect_timeout, "10", false, &s->route.connect_timeout, e) &&
		load_seconds(&s->timeout, "60", false, &s->route.timeout, e) &&
		load_seconds(&s->max_wait, "60", true, &s->max_wait_ms, e) && load_retries(s, e) &&
		load_family(l, e) && load_overrides(l, e) && load_unix_socket(s, e);
}
