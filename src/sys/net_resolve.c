#define _GNU_SOURCE /* the EAI_ codes that POSIX does not list but libraries answer */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/net.h"

#define RESOLV_CONF       "/etc/resolv.conf"
#define CONFIGURATION_MAX (16u * 1024u)

static int family_of(enum net_family family)
{
	if (family == NET_IPV4)
		return AF_INET;
	return family == NET_IPV6 ? AF_INET6 : AF_UNSPEC;
}

static const char *family_name(enum net_family family)
{
	if (family == NET_IPV4)
		return "IPv4 ";
	return family == NET_IPV6 ? "IPv6 " : "";
}

static void set_port(union net_address *a, uint16_t port)
{
	if (a->any.sa_family == AF_INET6)
		a->v6.sin6_port = htons(port);
	else
		a->v4.sin_port = htons(port);
}

/* The next of LIST that is of FAMILY, LIST itself included; or, with OTHER, of the other one. */
static const struct addrinfo *seek(const struct addrinfo *list, int family, bool other)
{
	while (list != NULL &&
		((list->ai_family != AF_INET && list->ai_family != AF_INET6) ||
			(list->ai_family == family) == other))
		list = list->ai_next;
	return list;
}

static bool known(const struct net_addresses *all, const union net_address *a)
{
	unsigned i;

	for (i = 0; i < all->count; i++)
		if (memcmp(&all->list[i], a, sizeof(*a)) == 0)
			return true;
	return false;
}

static void append(struct net_addresses *out, const struct addrinfo *info)
{
	union net_address a;

	memset(&a, 0, sizeof(a));
	if (out->count == LIMIT_ADDRESSES || info->ai_addrlen > sizeof(a))
		return;
	memcpy(&a, info->ai_addr, info->ai_addrlen);
	if (!known(out, &a))
		out->list[out->count++] = a;
}

/*
 * Takes the two families by turns (RFC 8305 section 4), beginning with the one the resolver put
 * first. Done while walking the list, so that many addresses of one family leave room for the
 * other.
 */
static void interleave(const struct addrinfo *list, struct net_addresses *out)
{
	const int first = list->ai_family;
	const struct addrinfo *same = seek(list, first, false), *other = seek(list, first, true);

	while (same != NULL || other != NULL) {
		if (same != NULL) {
			append(out, same);
			same = seek(same->ai_next, first, false);
		}
		if (other != NULL) {
			append(out, other);
			other = seek(other->ai_next, first, true);
		}
	}
}

bool net_ask_here(const struct net_resolver *r, const char *name, enum net_family family,
	int64_t deadline, struct net_answer *out, struct err *e)
{
	const struct addrinfo hints = {.ai_family = family_of(family), .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;

	(void)r;
	(void)deadline;
	(void)e;
	memset(out, 0, sizeof(*out));
	out->code = getaddrinfo(name, NULL, &hints, &list);
	out->number = errno;
	if (out->code != 0)
		return true;
	interleave(list, &out->addresses);
	freeaddrinfo(list);
	return true;
}

/* Appends what the file, which is not long, holds. */
static void read_configuration(struct buf *text)
{
	int fd = open(RESOLV_CONF, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *room = fd < 0 ? NULL : buf_room(text, CONFIGURATION_MAX);
	ssize_t n = room == NULL ? 0 : read(fd, room, CONFIGURATION_MAX);

	if (n > 0)
		buf_grew(text, (size_t)n);
	if (fd >= 0)
		close(fd);
}

void net_name_servers(struct buf *out)
{
	struct str line, rest, word;
	struct buf text;

	buf_init(&text, CONFIGURATION_MAX);
	read_configuration(&text);
	for (rest = buf_str(&text); rest.n > 0;) {
		str_cut(rest, '\n', &line, &rest);
		if (!str_starts(line, "nameserver"))
			continue;
		word = str_trim_space(str_skip(line, sizeof("nameserver") - 1));
		buf_addf(out, "%s%.*s", out->len > 0 ? ", " : "", STR_ARG(word));
	}
	buf_wipe(&text);
}

/* Whether resolv.conf names a server. Where it does not, C libraries ask 127.0.0.1. */
static bool names_a_server(void)
{
	struct buf servers;
	bool found;

	buf_init(&servers, CONFIGURATION_MAX);
	net_name_servers(&servers);
	found = servers.len > 0;
	buf_wipe(&servers);
	return found;
}

static void hint_servers(struct err *e)
{
	if (names_a_server())
		err_hint(e,
			"is the network up? " RESOLV_CONF " names the servers that were asked; "
			"--resolve HOST:PORT:ADDRESS does without them");
	else
		err_hint(e,
			RESOLV_CONF " is missing or names no server, so only this machine itself "
				    "was asked; --resolve HOST:PORT:ADDRESS does without one");
}

/* ERR_NAME, with EAGAIN as its number if asking again later may help. */
static bool name_error(struct err *e, bool later, const char *text)
{
	const bool fresh = e->kind == ERR_NONE;

	err_set(e, ERR_NAME, "%s", text);
	if (fresh && later)
		e->number = EAGAIN;
	return false;
}

static bool explain(const struct net_answer *answer, enum net_family family, struct err *e)
{
	switch (answer->code) {
	case EAI_NONAME:
		name_error(e, false, "no such host");
		err_hint(e,
			"is the name right? Names of an inner network are known only to its "
			"own name servers");
		return false;
#if defined(EAI_NODATA)
	case EAI_NODATA:
#endif
#if defined(EAI_ADDRFAMILY)
	case EAI_ADDRFAMILY:
#endif
		err_set(e, ERR_NAME, "the host has no %saddress", family_name(family));
		return false;
	case EAI_AGAIN:
		name_error(e, true, "the name server did not answer");
		hint_servers(e);
		return false;
	case EAI_FAIL:
		name_error(e, false, "the name server refused to answer");
		hint_servers(e);
		return false;
	case EAI_MEMORY: return err_memory(e, "resolving the host name");
	case EAI_SYSTEM: return err_sys(e, ERR_SYSTEM, answer->number, "cannot resolve names");
	default: return name_error(e, false, gai_strerror(answer->code));
	}
}

static bool resolve_name(const struct net_resolver *r, struct str host, enum net_family family,
	int64_t deadline, struct net_addresses *out, struct err *e)
{
	char name[LIMIT_HOST + 1];
	struct net_answer answer;

	/* A NUL would hide the rest of it from the C library. */
	if (host.n == 0 || host.n > LIMIT_HOST || memchr(host.p, '\0', host.n) != NULL)
		return name_error(e, false, "this is no host name");
	memcpy(name, host.p, host.n);
	name[host.n] = '\0';
	if (!(r->ask != NULL ? r->ask : net_ask_here)(r, name, family, deadline, &answer, e)) {
		if (e->kind == ERR_TIMEOUT)
			hint_servers(e);
		return false;
	}
	if (answer.code != 0)
		return explain(&answer, family, e);
	if (answer.addresses.count == 0)
		return err_set(e, ERR_NAME, "the host has no %saddress", family_name(family));
	*out = answer.addresses;
	return true;
}

static bool resolve_literal(const union net_address *a, enum net_family family,
	struct net_addresses *out, struct err *e)
{
	if (family != NET_ANY && a->any.sa_family != family_of(family))
		return err_set(e, ERR_NAME, "this is no %saddress", family_name(family));
	out->count = 1;
	out->list[0] = *a;
	return true;
}

bool net_resolve(const struct net_resolver *r, struct str host, uint16_t port,
	enum net_family family, int64_t deadline, struct net_addresses *out, struct err *e)
{
	union net_address literal;
	bool done;
	unsigned i;

	if (net_parse_address(host, port, &literal))
		done = resolve_literal(&literal, family, out, e);
	else
		done = resolve_name(r, host, family, deadline, out, e);
	if (!done)
		return err_context(e, "cannot find %.*s", STR_ARG(host));
	for (i = 0; i < out->count; i++)
		set_port(&out->list[i], port);
	return true;
}
