#include "client/conn.h"

#include <string.h>

#include "sys/clock.h"

/* One read; a response of Sentry fits into one or two. No larger, for the compiler has the array
   cleared each time. */
#define READ_SIZE 1024

void conn_init(struct conn *c, const struct route *route, unsigned id)
{
	*c = (struct conn){.route = route, .id = id, .state = CONN_CLOSED};
	net_socket_init(&c->socket);
	buf_init(&c->body, LIMIT_HTTP_BODY);
}

void conn_close(struct conn *c)
{
	if (c->state == CONN_DIALLING)
		net_dial_cancel(&c->dial);
	if (c->tls != NULL) {
		if (c->state == CONN_IDLE)
			tls_close_notify(c->tls);
		tls_free(c->tls);
		c->tls = NULL;
	}
	if (c->proxy_tls != NULL) {
		if (c->state == CONN_IDLE)
			tls_close_notify(c->proxy_tls);
		tls_free(c->proxy_tls);
		c->proxy_tls = NULL;
	}
	tunnel_wipe(&c->tunnel);
	net_socket_close(&c->socket);
	c->wire = NULL;
	c->state = CONN_CLOSED;
	c->exchanges = 0;
}

void conn_wipe(struct conn *c)
{
	conn_close(c);
	http_response_wipe(&c->response);
	buf_wipe(&c->body);
}

/*
 * Whether the idle connection is still there: nothing may be waiting to be read but TLS's own
 * messages, which the wire swallows. An end of stream, an error, and bytes that nobody asked for
 * (RFC 9112 11.2: they could be taken for the next answer) all mean that it is not.
 */
static bool still_alive(struct conn *c)
{
	struct err ignored;
	char byte;
	size_t got;

	err_clear(&ignored);
	return c->wire->read(c->wire, &byte, 1, &got, &ignored) == IO_WANT_READ;
}

void conn_begin(struct conn *c, struct str request, enum http_request_kind kind, int64_t now)
{
	if (c->state == CONN_IDLE && !still_alive(c)) {
		log_line(c->route->log, LOG_DETAIL,
			"connection %u was closed by the server, opening another one", c->id);
		c->state = CONN_CLOSED; /* no goodbye into a closed connection */
		conn_close(c);
	}
	c->request = request;
	c->sent = 0;
	c->handed = false;
	c->write_failed = false;
	c->slow_since = 0;
	c->deadline = clock_after(now, c->route->timeout);
	c->connect_deadline = clock_after(now, c->route->connect_timeout);
	if (c->connect_deadline > c->deadline)
		c->connect_deadline = c->deadline;
	http_response_again(&c->response, kind, &c->body);
	c->want = IO_WANT_WRITE;
	if (c->state == CONN_IDLE) {
		c->state = CONN_SENDING;
		return;
	}
	net_dial_start(&c->dial, &c->route->peers, now, c->connect_deadline);
	c->state = CONN_DIALLING;
}

static void tell(struct conn *c, const struct err *e)
{
	if (c->observer != NULL)
		c->observer->over(c->observer->context, c, e);
}

/* ---- becoming connected ---- */

/* How the race went, for -v. */
static void tell_connected(const struct conn *c)
{
	char peer[NET_PEER_TEXT];
	struct buf failures;

	if (!log_shows(c->route->log, LOG_DETAIL))
		return;
	buf_init(&failures, 1024);
	net_dial_failures(&c->dial, &failures);
	if (failures.len > 0)
		log_line(c->route->log, LOG_DETAIL, "connection %u: tried %s", c->id,
			buf_text(&failures));
	buf_wipe(&failures);
	net_peer_text(&c->dial.addresses, (unsigned)c->dial.winner, peer);
	log_line(c->route->log, LOG_DETAIL, "connection %u: connected to %s%s", c->id,
		c->route->via == ROUTE_DIRECT ? "" : "the proxy ", peer);
}

static enum io dial(struct conn *c, int64_t now, struct err *e)
{
	enum io io = net_dial_step(&c->dial, &c->socket, now, e);

	if (io == IO_FAIL && c->route->via != ROUTE_DIRECT)
		err_context(e, "the proxy");
	if (io != IO_OK)
		return io;
	tell_connected(c);
	c->wire = &c->socket.wire;
	return IO_OK;
}

static bool begin_tunnel(struct conn *c, struct err *e)
{
	const struct route *r = c->route;
	struct str host = r->host;
	enum url_host_kind kind = r->host_kind;

	if (r->via == ROUTE_SOCKS5) {
		host = str_of(r->target);
		if (!url_host_kind(host, &kind))
			return err_set(e, ERR_NAME, "%s is no address", r->target);
	}
	c->tunnel_sent = 0;
	return tunnel_init(&c->tunnel, r->via == ROUTE_HTTP ? TUNNEL_CONNECT : TUNNEL_SOCKS5, host,
		kind, r->port, r->proxy_has_credentials, r->proxy_user, r->proxy_password,
		r->user_agent, e);
}

static enum io tunnel_write(struct conn *c, struct err *e)
{
	struct str rest = str_skip(buf_str(&c->tunnel.out), c->tunnel_sent);
	size_t put;
	enum io io;

	if (rest.n == 0) {
		c->tunnel_sent = 0;
		tunnel_sent(&c->tunnel);
		return IO_OK;
	}
	io = c->wire->write(c->wire, rest.p, rest.n, &put, e);
	if (io == IO_OK)
		c->tunnel_sent += put;
	return io;
}

static enum io tunnel_read(struct conn *c, struct err *e)
{
	char data[512];
	size_t got;
	enum io io = c->wire->read(c->wire, data, sizeof(data), &got, e);

	if (io == IO_OK && tunnel_feed(&c->tunnel, data, got, e) == TUNNEL_FAIL)
		return IO_FAIL;
	if (io == IO_END) {
		tunnel_end(&c->tunnel, e);
		return IO_FAIL;
	}
	return io;
}

static enum io tunnel(struct conn *c, struct err *e)
{
	enum io io = IO_OK;

	while (io == IO_OK) {
		switch (tunnel_next(&c->tunnel)) {
		case TUNNEL_SEND: io = tunnel_write(c, e); break;
		case TUNNEL_READ: io = tunnel_read(c, e); break;
		case TUNNEL_OPEN:
			tunnel_wipe(&c->tunnel);
			log_line(c->route->log, LOG_DETAIL,
				"connection %u: the proxy connected it to %.*s:%u", c->id,
				STR_ARG(c->route->host), c->route->port);
			return IO_OK;
		case TUNNEL_FAIL:
			err_set(e, ERR_PROXY, "the proxy gave no connection");
			return IO_FAIL;
		}
	}
	if (io == IO_FAIL && e->kind == ERR_CLOSED)
		err_context(e, "the proxy");
	return io;
}

/* TLS with the proxy if TO_PROXY, else with the origin, over what there is so far. */
static bool begin_handshake(struct conn *c, bool to_proxy, struct err *e)
{
	const struct route *r = c->route;
	struct tls *t = tls_new(to_proxy ? r->proxy_config : r->config, c->wire,
		to_proxy ? r->proxy_host : r->host, e);

	*(to_proxy ? &c->proxy_tls : &c->tls) = t;
	return t != NULL;
}

/* Version, suite and the chain that was verified, for -v. */
static void tell_secured(const struct conn *c, const struct tls *t)
{
	const char *with = c->state == CONN_PROXY_HANDSHAKE ? "with the proxy " : "";
	struct str line, rest;
	struct buf text;

	if (!log_shows(c->route->log, LOG_DETAIL))
		return;
	buf_init(&text, 8192);
	tls_describe(t, &text);
	log_line(c->route->log, LOG_DETAIL, "connection %u: %s%s", c->id, with, buf_text(&text));
	buf_clear(&text);
	tls_describe_chain(t, &text);
	for (rest = buf_str(&text); rest.n > 0;) {
		str_cut(rest, '\n', &line, &rest);
		log_line(c->route->log, LOG_DETAIL, "connection %u:   %.*s", c->id, STR_ARG(line));
	}
	buf_wipe(&text);
}

static enum io handshake(struct conn *c, struct err *e)
{
	const bool with_proxy = c->state == CONN_PROXY_HANDSHAKE;
	struct tls *t = with_proxy ? c->proxy_tls : c->tls;
	enum io io = tls_handshake(t, e);

	if (io == IO_FAIL && with_proxy)
		err_context(e, "the proxy");
	if (io != IO_OK)
		return io;
	c->wire = tls_wire(t);
	tell_secured(c, t);
	return IO_OK;
}

/* The state that follows DONE on the way to being connected, prepared. */
static bool advance(struct conn *c, enum conn_state done, struct err *e)
{
	if (done == CONN_DIALLING && c->route->via != ROUTE_DIRECT && c->route->proxy_tls) {
		c->state = CONN_PROXY_HANDSHAKE;
		return begin_handshake(c, true, e);
	}
	if (done < CONN_TUNNEL && c->route->via != ROUTE_DIRECT) {
		c->state = CONN_TUNNEL;
		return begin_tunnel(c, e);
	}
	if (done != CONN_HANDSHAKE && c->route->tls) {
		c->state = CONN_HANDSHAKE;
		return begin_handshake(c, false, e);
	}
	c->state = CONN_SENDING;
	return true;
}

/* ---- the exchange ---- */

static enum io response_fault(struct conn *c, struct err *e)
{
	err_set(e, c->response.too_large ? ERR_LIMIT : ERR_PROTOCOL,
		"the server's answer is not valid HTTP: %s",
		c->response.fault != NULL ? c->response.fault : "it is broken");
	return IO_FAIL;
}

static enum io stream_end(struct conn *c, struct err *e)
{
	bool begun = http_response_begun(&c->response);

	if (http_response_end(&c->response, true) == HTTP_DONE) {
		c->response.keep_alive = false;
		return IO_OK;
	}
	err_set(e, ERR_CLOSED,
		begun ? "the server closed the connection in the middle of its answer"
		      : "the server closed the connection without an answer");
	return IO_FAIL;
}

/* Reads as much of the answer as there is; IO_OK when it is complete. */
static enum io receive(struct conn *c, struct err *e)
{
	char data[READ_SIZE];

	for (;;) {
		size_t got, used;
		enum io io = c->wire->read(c->wire, data, sizeof(data), &got, e);

		if (io == IO_END)
			return stream_end(c, e);
		if (io != IO_OK)
			return io;
		c->slow_bytes += got;
		switch (http_response_feed(&c->response, data, got, &used)) {
		case HTTP_MORE: break;
		case HTTP_DONE:
			/* Bytes behind the answer would be read as the next one. */
			if (used < got || c->sent < c->request.n)
				c->response.keep_alive = false;
			return IO_OK;
		case HTTP_FAIL: return response_fault(c, e);
		}
	}
}

/* Sends as much as the connection takes; IO_OK when all is sent or no more can be. */
static enum io send_request(struct conn *c, struct err *e)
{
	while (c->sent < c->request.n && !c->write_failed) {
		struct str rest = str_skip(c->request, c->sent);
		size_t put;
		enum io io;

		c->handed = true;
		io = c->wire->write(c->wire, rest.p, rest.n, &put, e);
		if (io == IO_WANT_READ || io == IO_WANT_WRITE)
			return io;
		if (io == IO_OK) {
			c->sent += put;
		} else if (e->kind == ERR_CLOSED) {
			/* The answer that explains it may be on its way already. What the wire did
			   not take, not even the first piece of, the server cannot act on. */
			err_clear(e);
			c->write_failed = true;
			c->handed = c->sent > 0;
		} else {
			return IO_FAIL;
		}
	}
	return IO_OK;
}

static enum conn_step complete(struct conn *c, struct err *e)
{
	if (c->response.content_encoded) {
		err_set(e, ERR_PROTOCOL,
			"the server compressed its answer although it was not asked to");
		conn_close(c);
		return CONN_FAIL;
	}
	tell(c, NULL);
	c->exchanges++;
	c->state = CONN_IDLE;
	if (!c->response.keep_alive || c->write_failed)
		conn_close(c);
	return CONN_DONE;
}

static enum conn_step broken(struct conn *c, struct err *e)
{
	/* A server that refuses the client's certificate in TLS 1.3 says so only after the request
	   was sent, and has not looked at it. */
	if (e->kind == ERR_CERTIFICATE)
		c->handed = false;
	tell(c, e);
	conn_close(c);
	return CONN_FAIL;
}

static enum conn_step timed_out(struct conn *c, bool connecting, struct err *e)
{
	static const char *const waits_for[] = {
		[CONN_DIALLING] = "the connection",
		[CONN_PROXY_HANDSHAKE] = "the TLS handshake",
		[CONN_TUNNEL] = "the answer",
		[CONN_HANDSHAKE] = "the TLS handshake",
		[CONN_SENDING] = "the request to be taken",
		[CONN_RECEIVING] = "the answer",
		[CONN_CLOSED] = "nothing",
		[CONN_IDLE] = "nothing",
	};
	const struct route *r = c->route;
	/* Until there is a way through it is the proxy that is waited for. */
	const bool for_proxy = r->via != ROUTE_DIRECT && c->state <= CONN_TUNNEL;
	int64_t ms = connecting && c->connect_deadline < c->deadline ? c->route->connect_timeout
								     : c->route->timeout;

	err_set(e, ERR_TIMEOUT, "timed out after %lld.%03lld s, waiting for %s of %s%.*s:%u",
		(long long)(ms / 1000), (long long)(ms % 1000), waits_for[c->state],
		for_proxy ? "the proxy " : "", STR_ARG(for_proxy ? r->proxy_host : r->host),
		for_proxy ? r->proxy_port : r->port);
	return broken(c, e);
}

/* Whether an answer that has begun comes too slowly to wait for the rest. */
static bool is_too_slow(struct conn *c, int64_t now, struct err *e)
{
	if (!http_response_begun(&c->response))
		return false;
	if (c->slow_since != 0 && now < c->slow_since + LIMIT_SLOW_MS)
		return false;
	if (c->slow_since != 0 && c->slow_bytes < LIMIT_SLOW_BYTES) {
		err_set(e, ERR_TIMEOUT, "the answer of %.*s:%u drips: %zu bytes in the last %d s",
			STR_ARG(c->route->host), c->route->port, c->slow_bytes,
			LIMIT_SLOW_MS / 1000);
		return true;
	}
	c->slow_since = now;
	c->slow_bytes = 0;
	return false;
}

static enum conn_step wait_for(struct conn *c, enum io io)
{
	c->want = io;
	return CONN_WAIT;
}

static enum conn_step connecting(struct conn *c, int64_t now, struct err *e)
{
	while (c->state < CONN_SENDING) {
		enum io io = c->state == CONN_DIALLING ? dial(c, now, e)
			: c->state == CONN_TUNNEL      ? tunnel(c, e)
						       : handshake(c, e);

		if (io == IO_WANT_READ || io == IO_WANT_WRITE)
			return now < c->connect_deadline ? wait_for(c, io) : timed_out(c, true, e);
		if (io == IO_OK) {
			tell(c, NULL);
			if (advance(c, c->state, e))
				continue;
		}
		return broken(c, e);
	}
	return CONN_DONE;
}

/*
 * Also while sending is held up the answer is looked for: a server that refuses a body may answer
 * early and read no more of it.
 */
static enum conn_step exchange(struct conn *c, int64_t now, struct err *e)
{
	enum io io;

	if (c->state == CONN_SENDING) {
		io = send_request(c, e);
		if (io == IO_FAIL)
			return broken(c, e);
		if (io == IO_OK) {
			c->state = CONN_RECEIVING;
			/* It takes the server a moment: trying at once would be in vain. */
			if (!c->write_failed)
				return wait_for(c, IO_WANT_READ);
		}
	}
	io = receive(c, e);
	if (io == IO_OK)
		return complete(c, e);
	if ((io == IO_WANT_READ || io == IO_WANT_WRITE) && !is_too_slow(c, now, e))
		return now < c->deadline ? wait_for(c, io) : timed_out(c, false, e);
	return broken(c, e);
}

enum conn_step conn_step(struct conn *c, int64_t now, struct err *e)
{
	enum conn_step step = c->state < CONN_SENDING ? connecting(c, now, e) : CONN_DONE;

	return step == CONN_DONE ? exchange(c, now, e) : step;
}

unsigned conn_poll(const struct conn *c, struct pollfd *fds, unsigned room)
{
	if (c->state == CONN_DIALLING)
		return net_dial_poll(&c->dial, fds, room);
	if (room == 0 || c->socket.fd < 0)
		return 0;
	fds[0] = (struct pollfd){.fd = c->socket.fd};
	if (c->state == CONN_SENDING)
		fds[0].events = POLLIN | POLLOUT;
	else
		fds[0].events = c->want == IO_WANT_WRITE ? POLLOUT : POLLIN;
	return 1;
}

int64_t conn_wake(const struct conn *c)
{
	int64_t wake;

	if (c->state >= CONN_SENDING && c->slow_since != 0 &&
		c->slow_since + LIMIT_SLOW_MS < c->deadline)
		return c->slow_since + LIMIT_SLOW_MS;
	if (c->state != CONN_DIALLING)
		return c->state < CONN_SENDING ? c->connect_deadline : c->deadline;
	wake = net_dial_wake(&c->dial);
	return wake < c->connect_deadline ? wake : c->connect_deadline;
}
