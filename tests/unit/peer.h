/*
 * The other end of a connection, stepped by hand: a listener on the loopback interface that takes,
 * reads and writes when the test says so. Nothing in it waits longer than a few seconds.
 */
#ifndef SENTRY_SCIM_TESTS_PEER_H
#define SENTRY_SCIM_TESTS_PEER_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "client/route.h"
#include "sys/console.h"
#include "sys/net_apart.h"
#include "sys/signals.h"

#define PEER_PATIENCE_MS 10000

struct peer {
	int listener, fd; /* -1: none */
	uint16_t port;
};

static inline void peer_fail(const char *what)
{
	perror(what);
	abort();
}

static inline void peer_open(struct peer *p, int backlog)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(a);

	*p = (struct peer){.fd = -1};
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->listener < 0 || bind(p->listener, (struct sockaddr *)&a, size) != 0 ||
		listen(p->listener, backlog) != 0 ||
		getsockname(p->listener, (struct sockaddr *)&a, &size) != 0)
		peer_fail("listener");
	p->port = ntohs(a.sin_port);
}

static inline void peer_hang_up(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

/* No FIN but an RST. */
static inline void peer_reset(struct peer *p)
{
	const struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	peer_hang_up(p);
}

static inline void peer_close(struct peer *p)
{
	peer_hang_up(p);
	if (p->listener >= 0)
		close(p->listener);
	p->listener = -1;
}

static inline bool peer_ready(int fd, int ms)
{
	struct pollfd one = {.fd = fd, .events = POLLIN};

	return poll(&one, 1, ms) == 1;
}

static inline void peer_accept(struct peer *p)
{
	peer_hang_up(p);
	if (!peer_ready(p->listener, PEER_PATIENCE_MS))
		peer_fail("nobody connects");
	p->fd = accept(p->listener, NULL, NULL);
	if (p->fd < 0)
		peer_fail("accept");
}

/* Whether somebody else waits to be taken. */
static inline bool peer_called(const struct peer *p)
{
	return peer_ready(p->listener, 0);
}

/* Exactly N bytes, appended to OUT. */
static inline void peer_read(struct peer *p, size_t n, struct buf *out)
{
	ssize_t got;

	while (n > 0) {
		if (!peer_ready(p->fd, PEER_PATIENCE_MS))
			peer_fail("nothing comes");
		got = read(p->fd, buf_room(out, n), n);
		if (got <= 0)
			peer_fail("read");
		buf_grew(out, (size_t)got);
		n -= (size_t)got;
	}
}

/* Whether the connection has been ended, with nothing before. */
static inline bool peer_left(const struct peer *p)
{
	char byte;

	return peer_ready(p->fd, PEER_PATIENCE_MS) && recv(p->fd, &byte, 1, 0) <= 0;
}

static inline void peer_write(struct peer *p, const void *bytes, size_t len)
{
	if (send(p->fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
		peer_fail("write");
}

static inline void peer_say(struct peer *p, const char *text)
{
	peer_write(p, text, strlen(text));
}

/* A plain route to P, whatever the origin's name. */
static inline void peer_route(const struct peer *p, struct route *r)
{
	*r = (struct route){
		.host = str_of("origin.example"),
		.host_kind = URL_HOST_NAME,
		.port = 8080,
		.connect_timeout = 10000,
		.timeout = 60000,
		.user_agent = str_of("agent/1"),
		.log = console_log(),
		.stop = signals_stop(),
		.resolver = {.ask = net_ask_apart, .stop = signals_stop()},
		.fixed = true,
		.peers = {.count = 1},
	};
	if (!net_parse_address(str_of("127.0.0.1"), p->port, &r->peers.list[0]))
		abort();
}

#endif
