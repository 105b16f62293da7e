#define _GNU_SOURCE  /* pipe2(), and the EAI_ codes that POSIX does not list but libraries answer  \
		      */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/net.h"
#include "sys/stop.h"

#define RESOLV_CONF "/etc/resolv.conf"

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

/* What the child sends through the pipe: smaller than PIPE_BUF, so it arrives in one piece. */
struct answer {
	int code;   /* of getaddrinfo() */
	int number; /* errno for EAI_SYSTEM */
	struct net_addresses addresses;
};
_Static_assert(
	sizeof(struct answer) <= 512, "POSIX promises pipe writes of 512 bytes in one piece");

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

/*
 * The child: asks the C library, hands over the answer, and goes without running anything that the
 * parent has registered or buffered. It dies with its parent; the parent kills it when told to
 * stop.
 */
static _Noreturn void resolve_in_child(const char *name, enum net_family family, int out)
{
	const struct addrinfo hints = {.ai_family = family_of(family), .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	struct answer answer;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	memset(&answer, 0, sizeof(answer));
	answer.code = getaddrinfo(name, NULL, &hints, &list);
	answer.number = errno;
	if (answer.code == 0)
		interleave(list, &answer.addresses);
	_exit(write(out, &answer, sizeof(answer)) == (ssize_t)sizeof(answer) ? 0 : 1);
}

/* Reads the child's answer. *DONE: the pipe is exhausted, with or without one. */
static bool read_answer(int in, int64_t deadline, struct answer *answer, bool *done, struct err *e)
{
	struct pollfd readable = {.fd = in, .events = POLLIN};
	ssize_t n;
	int ready;

	*done = false;
	for (;;) {
		ready = stop_poll(&readable, 1, clock_poll_timeout(deadline, clock_now()));
		if (ready < 0 && errno == EINTR && stop_asked() != 0)
			return stop_error(e);
		if (ready < 0 && errno != EINTR)
			return err_sys(e, ERR_SYSTEM, errno, "cannot wait for the resolver");
		if (ready == 0 && clock_now() >= deadline)
			return err_set(e, ERR_TIMEOUT, "no name server answered in time");
		if (ready <= 0)
			continue;
		n = read(in, answer, sizeof(*answer));
		if (n < 0 && errno == EINTR)
			continue;
		*done = true;
		if (n == (ssize_t)sizeof(*answer))
			return true;
		return err_set(e, ERR_SYSTEM, "the resolver's process ended without an answer");
	}
}

static void reap(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
}

static bool ask(const char *name, enum net_family family, int64_t deadline, struct answer *answer,
	struct err *e)
{
	int ends[2];
	pid_t child;
	bool got, done;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_sys(e, ERR_SYSTEM, errno, "cannot make a pipe to the resolver");
	child = fork();
	if (child < 0) {
		err_sys(e, ERR_SYSTEM, errno, "cannot start the resolver's process");
		close(ends[0]);
		close(ends[1]);
		return false;
	}
	if (child == 0) {
		close(ends[0]);
		resolve_in_child(name, family, ends[1]);
	}
	close(ends[1]);
	got = read_answer(ends[0], deadline, answer, &done, e);
	/* Once it is done it ends by itself, and its number may soon be another process's. */
	if (!done)
		kill(child, SIGKILL);
	reap(child);
	close(ends[0]);
	return got;
}

void net_name_servers(struct buf *out)
{
	struct err ignored = {.kind = ERR_NONE};
	struct str line, rest, word;
	struct buf text;

	buf_init(&text, 16u * 1024u);
	(void)!file_read(RESOLV_CONF, &text, &ignored);
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

	buf_init(&servers, 16u * 1024u);
	net_name_servers(&servers);
	found = servers.len > 0 || stop_asked() != 0;
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

static bool explain(const struct answer *answer, enum net_family family, struct err *e)
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

static bool resolve_name(struct str host, enum net_family family, int64_t deadline,
	struct net_addresses *out, struct err *e)
{
	char name[LIMIT_HOST + 1];
	struct answer answer;

	/* A NUL would hide the rest of it from the C library. */
	if (host.n == 0 || host.n > LIMIT_HOST || memchr(host.p, '\0', host.n) != NULL)
		return name_error(e, false, "this is no host name");
	memcpy(name, host.p, host.n);
	name[host.n] = '\0';
	if (!ask(name, family, deadline, &answer, e)) {
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

bool net_resolve(struct str host, uint16_t port, enum net_family family, int64_t deadline,
	struct net_addresses *out, struct err *e)
{
	union net_address literal;
	bool done;
	unsigned i;

	if (net_parse_address(host, port, &literal))
		done = resolve_literal(&literal, family, out, e);
	else
		done = resolve_name(host, family, deadline, out, e);
	if (!done)
		return err_context(e, "cannot find %.*s", STR_ARG(host));
	for (i = 0; i < out->count; i++)
		set_port(&out->list[i], port);
	return true;
}
