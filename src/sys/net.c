#include "sys/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

bool net_local(struct net_addresses *a, const char *path)
{
	size_t n = strlen(path);

	a->count = 1;
	a->local = path;
	return n > 0 && n <= NET_LOCAL_MAX;
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

void net_peer_text(const struct net_addresses *a, unsigned i, char text[static NET_PEER_TEXT])
{
	if (a->local != NULL)
		snprintf(text, NET_PEER_TEXT, "unix:%s", a->local);
	else
		net_address_text(&a->list[i], text);
}

bool net_is_loopback(const union net_address *a)
{
	if (a->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
	return ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
}

/* A datagram socket that is connected has been routed, and nothing went out. */
int net_route(const union net_address *peer, union net_address *local)
{
	socklen_t size = peer->any.sa_family == AF_INET6 ? sizeof(peer->v6) : sizeof(peer->v4);
	int fd = socket(peer->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), number = 0;

	if (fd < 0)
		return errno;
	memset(local, 0, sizeof(*local));
	if (connect(fd, &peer->any, size) != 0 || getsockname(fd, &local->any, &size) != 0)
		number = errno;
	close(fd);
	if (peer->any.sa_family == AF_INET6)
		local->v6.sin6_port = 0;
	else
		local->v4.sin_port = 0;
	return number;
}

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

/* What the failure NUMBER of a transfer means. The sockets do not block, so nothing interrupts one.
 */
static enum io transfer_failed(int number, enum io want, struct err *e)
{
	size_t i;

	if (number == EINTR || number == EAGAIN)
		return want;
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
	ssize_t n = recv(s->fd, data, len, 0);

	if (n < 0)
		return transfer_failed(errno, IO_WANT_READ, e);
	*got = (size_t)n;
	return n > 0 ? IO_OK : IO_END;
}

static enum io socket_write(
	struct wire *w, const void *data, size_t len, size_t *put, struct err *e)
{
	const struct net_socket *s = (const struct net_socket *)w;
	ssize_t n = send(s->fd, data, len, MSG_NOSIGNAL);

	if (n < 0)
		return transfer_failed(errno, IO_WANT_WRITE, e);
	*put = (size_t)n;
	return IO_OK;
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
