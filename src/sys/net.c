#define _GNU_SOURCE  /* pipe2(), and the EAI_ codes that POSIX does not list but libraries answer  \
		      */

#include "sys/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/stop.h"

/* RFC 8305 section 5: the Connection Attempt Delay it recommends, in milliseconds. */
#define NEXT_ATTEMPT_MS 250

#define RESOLV_CONF "/etc/resolv.conf"

#define AND_MORE "; and %u more"

/* Addresses */

/* TEXT as a C string; false when it does not fit or holds a NUL, which would hide the rest. */
static bool to_c_string(struct str text, char *out, size_t size)
{
	if (text.n == 0 || text.n >= size || memchr(text.p, '\0', text.n) != NULL)
		return false;
	memcpy(out, text.p, text.n);
	out[text.n] = '\0';
	return true;
}

/* A zone id (RFC 4007 section 11): an interface's name or number. */
static bool parse_zone(struct str text, uint32_t *zone)
{
	char name[IF_NAMESIZE];
	uint64_t number;

	if (str_to_u64(text, UINT32_MAX, &number))
		*zone = (uint32_t)number;
	else
		*zone = to_c_string(text, name, sizeof(name)) ? if_nametoindex(name) : 0;
	return *zone != 0;
}

bool net_parse_address(struct str text, uint16_t port, union net_address *out)
{
	char number[INET6_ADDRSTRLEN];
	union net_address a;
	struct str zone;
	bool has_zone;

	memset(&a, 0, sizeof(a));
	has_zone = str_cut(text, '%', &text, &zone);
	if (!to_c_string(text, number, sizeof(number)))
		return false;
	if (!has_zone && inet_pton(AF_INET, number, &a.v4.sin_addr) == 1) {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons(port);
	} else if (inet_pton(AF_INET6, number, &a.v6.sin6_addr) == 1) {
		if (has_zone && !parse_zone(zone, &a.v6.sin6_scope_id))
			return false;
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons(port);
	} else {
		return false;
	}
	*out = a;
	return true;
}

static void ipv6_text(const struct sockaddr_in6 *a, char text[static NET_ADDRESS_TEXT])
{
	char number[INET6_ADDRSTRLEN] = "?", name[IF_NAMESIZE] = "";
	const unsigned zone = a->sin6_scope_id, port = ntohs(a->sin6_port);

	inet_ntop(AF_INET6, &a->sin6_addr, number, sizeof(number));
	if (zone == 0)
		snprintf(text, NET_ADDRESS_TEXT, "[%s]:%u", number, port);
	else if (if_indextoname(zone, name) != NULL)
		snprintf(text, NET_ADDRESS_TEXT, "[%s%%%s]:%u", number, name, port);
	else
		snprintf(text, NET_ADDRESS_TEXT, "[%s%%%u]:%u", number, zone, port);
}

void net_address_text(const union net_address *a, char text[static NET_ADDRESS_TEXT])
{
	char number[INET_ADDRSTRLEN] = "?";

	if (a->any.sa_family == AF_INET6) {
		ipv6_text(&a->v6, text);
		return;
	}
	inet_ntop(AF_INET, &a->v4.sin_addr, number, sizeof(number));
	snprintf(text, NET_ADDRESS_TEXT, "%s:%u", number, (unsigned)ntohs(a->v4.sin_port));
}

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

static socklen_t address_size(const union net_address *a)
{
	return a->any.sa_family == AF_INET6 ? sizeof(a->v6) : sizeof(a->v4);
}

/* Names */

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

/* Whether resolv.conf names a server. Where it does not, C libraries ask 127.0.0.1. */
static bool names_a_server(void)
{
	struct err ignored = {.kind = ERR_NONE};
	struct str line, rest;
	struct buf text;
	bool found = false;

	buf_init(&text, 16u * 1024u);
	if (!file_read(RESOLV_CONF, &text, &ignored) && ignored.kind == ERR_INTERRUPTED)
		found = true;
	for (rest = buf_str(&text); rest.n > 0 && !found;) {
		str_cut(rest, '\n', &line, &rest);
		found = str_starts(line, "nameserver");
	}
	buf_wipe(&text);
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

	if (!to_c_string(host, name, sizeof(name)))
		return name_error(e, false, "this is no host name");
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

/* The socket as a wire */

static const struct {
	int number;
	const char *words;
} breaks[] = {
	{ECONNRESET, "the peer reset the connection"},
	{EPIPE, "the peer has closed the connection"},
	{ETIMEDOUT, "the peer no longer answers"},
	{ECONNABORTED, "the connection was aborted"},
	{EHOSTUNREACH, "the peer can no longer be reached"},
	{ENETUNREACH, "the network can no longer be reached"},
	{ENETDOWN, "the network went down"},
};

/* What the failure NUMBER of a transfer means; *AGAIN when it only was an interruption. */
static enum io transfer_failed(int number, enum io want, bool *again, struct err *e)
{
	size_t i;

	*again = number == EINTR && stop_asked() == 0;
	if (*again || number == EAGAIN)
		return want;
	if (number == EINTR) {
		stop_error(e);
		return IO_FAIL;
	}
	for (i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		if (breaks[i].number != number)
			continue;
		if (e->kind == ERR_NONE) {
			err_set(e, ERR_CLOSED, "%s", breaks[i].words);
			e->number = number;
		}
		return IO_FAIL;
	}
	err_sys(e, ERR_SYSTEM, number, "the connection failed");
	return IO_FAIL;
}

static enum io socket_read(struct wire *w, void *data, size_t len, size_t *got, struct err *e)
{
	const struct net_socket *s = (const struct net_socket *)w;
	enum io result;
	bool again;
	ssize_t n;

	do {
		n = recv(s->fd, data, len, 0);
		if (n >= 0) {
			*got = (size_t)n;
			return n > 0 ? IO_OK : IO_END;
		}
		result = transfer_failed(errno, IO_WANT_READ, &again, e);
	} while (again);
	return result;
}

static enum io socket_write(
	struct wire *w, const void *data, size_t len, size_t *put, struct err *e)
{
	const struct net_socket *s = (const struct net_socket *)w;
	enum io result;
	bool again;
	ssize_t n;

	do {
		n = send(s->fd, data, len, MSG_NOSIGNAL);
		if (n >= 0) {
			*put = (size_t)n;
			return IO_OK;
		}
		result = transfer_failed(errno, IO_WANT_WRITE, &again, e);
	} while (again);
	return result;
}

void net_socket_init(struct net_socket *s)
{
	s->wire.read = socket_read;
	s->wire.write = socket_write;
	s->fd = -1;
}

void net_socket_close(struct net_socket *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* The race */

void net_dial_start(
	struct net_dial *d, const struct net_addresses *addresses, int64_t now, int64_t deadline)
{
	unsigned i;

	*d = (struct net_dial){
		.addresses = addresses, .next_start = now, .deadline = deadline, .winner = -1};
	for (i = 0; i < LIMIT_ADDRESSES; i++)
		d->attempts[i].fd = -1;
}

void net_dial_cancel(struct net_dial *d)
{
	unsigned i;

	for (i = 0; i < d->started; i++) {
		if (d->attempts[i].fd >= 0)
			close(d->attempts[i].fd);
		d->attempts[i].fd = -1;
	}
}

unsigned net_dial_poll(const struct net_dial *d, struct pollfd *fds, unsigned room)
{
	unsigned i, count = 0;

	for (i = 0; i < d->started && count < room; i++)
		if (d->attempts[i].fd >= 0)
			fds[count++] = (struct pollfd){.fd = d->attempts[i].fd, .events = POLLOUT};
	return count;
}

int64_t net_dial_wake(const struct net_dial *d)
{
	if (d->started < d->addresses->count && d->next_start < d->deadline)
		return d->next_start;
	return d->deadline;
}

static void attempt_failed(struct net_dial *d, unsigned i, int number, int64_t now)
{
	if (d->attempts[i].fd >= 0)
		close(d->attempts[i].fd);
	d->attempts[i] = (struct net_attempt){.fd = -1, .failure = number};
	/* RFC 8305 section 5: a failure does not wait for the delay to pass. */
	d->next_start = now;
}

/*
 * A connection to a port of this machine that nobody listens on may, by chance, be given that very
 * port as its own and then meet itself in a simultaneous open. Nobody is there all the same.
 */
static bool met_itself(int fd)
{
	union net_address here, there;
	socklen_t here_size = sizeof(here), there_size = sizeof(there);

	memset(&here, 0, sizeof(here));
	memset(&there, 0, sizeof(there));
	return getsockname(fd, &here.any, &here_size) == 0 &&
		getpeername(fd, &there.any, &there_size) == 0 && here_size == there_size &&
		memcmp(&here, &there, sizeof(here)) == 0;
}

/* Whether attempt I, which is ready, has been connected. */
static bool attempt_won(struct net_dial *d, unsigned i, int64_t now)
{
	int number = 0;
	socklen_t size = sizeof(number);

	if (getsockopt(d->attempts[i].fd, SOL_SOCKET, SO_ERROR, &number, &size) != 0)
		number = errno;
	if (number == 0 && met_itself(d->attempts[i].fd))
		number = ECONNREFUSED;
	if (number == 0)
		return true;
	attempt_failed(d, i, number, now);
	return false;
}

/* Looks at the attempts under way. */
static void collect(struct net_dial *d, int64_t now)
{
	struct pollfd ready;
	unsigned i;

	for (i = 0; i < d->started && d->winner < 0; i++) {
		ready = (struct pollfd){.fd = d->attempts[i].fd, .events = POLLOUT};
		if (ready.fd >= 0 && poll(&ready, 1, 0) == 1 && attempt_won(d, i, now))
			d->winner = (int)i;
	}
}

static void start_next(struct net_dial *d, int64_t now)
{
	const unsigned i = d->started++;
	const union net_address *a = &d->addresses->list[i];
	const int on = 1;
	int fd;

	fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	d->attempts[i].fd = fd;
	if (fd < 0) {
		attempt_failed(d, i, errno, now);
		return;
	}
	/* Requests are written whole: waiting for more could only delay their last segment. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	d->next_start = clock_after(now, NEXT_ATTEMPT_MS);
	/* An interrupted connect() goes on by itself, as one that is under way does. */
	if (connect(fd, &a->any, address_size(a)) != 0 && errno != EINPROGRESS && errno != EINTR)
		attempt_failed(d, i, errno, now);
}

static bool under_way(const struct net_dial *d)
{
	struct pollfd one;

	return net_dial_poll(d, &one, 1) > 0;
}

static const struct {
	int number;
	const char *hint;
} advice[] = {
	{ECONNREFUSED,
		"nothing takes connections there: are host and port right, is it running? "
		"Firewalls refuse like this too"},
	{ENETUNREACH,
		"this machine has no route there: is the network up, is a proxy needed "
		"(--proxy)?"},
	{EHOSTUNREACH,
		"the way there is interrupted: is the network up, is a proxy needed "
		"(--proxy)?"},
	{ETIMEDOUT,
		"nothing answers there: a firewall may drop what is sent; is a proxy needed "
		"(--proxy)?"},
	{EACCES, "this machine's own rules forbid the connection"},
	{EPERM, "this machine's own rules forbid the connection"},
	{EMFILE, "the limit on open files (ulimit -n) is too low"},
};

static void add_advice(int number, struct err *e)
{
	size_t i;

	for (i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		if (advice[i].number == number)
			err_hint(e, "%s", advice[i].hint);
}

/* "127.0.0.1:1: Connection refused; [::1]:1: no answer; and 3 more": what fits an error's text. */
static void list_failures(const struct net_dial *d, struct buf *out)
{
	char address[NET_ADDRESS_TEXT], one[NET_ADDRESS_TEXT + 64];
	unsigned i;
	int number;

	for (i = 0; i < d->started; i++) {
		number = d->attempts[i].failure;
		net_address_text(&d->addresses->list[i], address);
		snprintf(one, sizeof(one), "%s%s: %s", i > 0 ? "; " : "", address,
			number != 0 ? strerror(number) : "no answer");
		if (out->len + strlen(one) + sizeof(AND_MORE) > out->max) {
			buf_addf(out, AND_MORE, d->started - i);
			return;
		}
		buf_add_text(out, one);
	}
}

/* Ends the race without a winner. */
static enum io lost(struct net_dial *d, enum err_kind kind, struct err *e)
{
	const int number = d->started > 0 ? d->attempts[0].failure : 0;
	const bool fresh = e->kind == ERR_NONE;
	struct buf text;

	buf_init(&text, sizeof(e->text) - 64);
	list_failures(d, &text);
	err_set(e, kind, "%s%s%s", kind == ERR_TIMEOUT ? "no connection in time" : "no connection",
		text.len > 0 ? ": " : "", buf_text(&text));
	buf_wipe(&text);
	if (fresh) {
		e->number = number;
		add_advice(number != 0 ? number : ETIMEDOUT, e);
	}
	net_dial_cancel(d);
	return IO_FAIL;
}

enum io net_dial_step(struct net_dial *d, struct net_socket *s, int64_t now, struct err *e)
{
	collect(d, now);
	while (d->winner < 0 && now < d->deadline && d->started < d->addresses->count &&
		now >= d->next_start) {
		start_next(d, now);
		collect(d, now);
	}
	if (d->winner >= 0) {
		net_socket_close(s);
		s->fd = d->attempts[d->winner].fd;
		d->attempts[d->winner].fd = -1;
		net_dial_cancel(d);
		return IO_OK;
	}
	if (now >= d->deadline)
		return lost(d, ERR_TIMEOUT, e);
	if (d->started == d->addresses->count && !under_way(d))
		return lost(d, ERR_CONNECT, e);
	return IO_WANT_WRITE;
}
