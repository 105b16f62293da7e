/*
 * One connection as a state machine, carrying one exchange at a time: connect (through a proxy if
 * the route has one), shake hands, send, receive, keep alive. It never waits: conn_step() goes as
 * far as it can, conn_poll() and conn_wake() say what to wait for. One of them serves a single
 * create; many of them in one poll loop serve a roster.
 *
 * It tells what the retry policy must know above all: whether any byte of the request may have
 * reached the server (`handed`).
 */
#ifndef SENTRY_SCIM_CLIENT_CONN_H
#define SENTRY_SCIM_CLIENT_CONN_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "client/route.h"
#include "codec/http_response.h"
#include "codec/tunnel.h"
#include "sys/net.h"
#include "sys/tls.h"

enum conn_state {
	CONN_CLOSED,          /* no connection; conn_begin() leads to DIALLING */
	CONN_DIALLING,        /* connections race; then one of the next four */
	CONN_PROXY_HANDSHAKE, /* TLS with the proxy; then TUNNEL */
	CONN_TUNNEL,          /* the proxy is asked for a way through; then HANDSHAKE or SENDING */
	CONN_HANDSHAKE,       /* TLS; then SENDING */
	CONN_SENDING,         /* the request goes out; then RECEIVING */
	CONN_RECEIVING,       /* the answer comes in; then IDLE, or CLOSED if it is the last */
	CONN_IDLE             /* connected, nothing under way; conn_begin() leads to SENDING */
};

enum conn_step {
	CONN_DONE, /* the answer is complete: `response` and `body` hold it */
	CONN_WAIT, /* wait for what conn_poll() and conn_wake() say, then step again */
	CONN_FAIL  /* the error has been set; the connection is closed */
};

struct conn;

/*
 * Told when a state on the way is over: on success before the next one begins, with E NULL; on
 * failure, with what is to be reported, before anything is closed. For those who want to see how
 * the connection came about: `dial`, `tls` and the rest may be looked at, and not changed.
 */
struct conn_observer {
	void (*over)(void *context, const struct conn *c, const struct err *e);
	void *context;
};

struct conn {
	enum conn_state state;
	const struct route *route;
	const struct conn_observer *observer; /* or NULL; the caller's, set after conn_init() */
	unsigned id;                          /* for messages */
	struct net_dial dial;
	struct net_socket socket;
	struct tls *proxy_tls; /* NULL without */
	struct tls *tls;       /* NULL without */
	struct wire *wire;     /* the top one: TLS or the socket */
	struct tunnel tunnel;
	size_t tunnel_sent;
	struct str request; /* the caller's, until the exchange is over */
	size_t sent;
	bool handed;              /* bytes of the request may have reached the server */
	bool write_failed;        /* the rest cannot be sent, an answer may still come */
	enum io want;             /* what the step under way waits for */
	int64_t deadline;         /* of the exchange */
	int64_t connect_deadline; /* of being connected */
	int64_t slow_since;       /* beginning of the time in which LIMIT_SLOW_BYTES must come; 0:
				     the answer has not begun */
	size_t slow_bytes;        /* that have come in it */
	unsigned exchanges;       /* begun on this connection */
	struct http_response response;
	struct buf body;
};

void conn_init(struct conn *c, const struct route *route, unsigned id);
/* Closes and releases everything. */
void conn_wipe(struct conn *c);
/* Ends the connection in order, if there is one. */
void conn_close(struct conn *c);

/*
 * Begins an exchange at NOW: REQUEST, which must stay until it is over, answers to KIND. An idle
 * connection that the server has closed meanwhile, or on which bytes nobody asked for have come,
 * is replaced before anything is sent. The route's addresses must be known.
 */
void conn_begin(struct conn *c, struct str request, enum http_request_kind kind, int64_t now);
enum conn_step conn_step(struct conn *c, int64_t now, struct err *e);
/* What to wait for; answers the number of FDS filled, at most ROOM. */
unsigned conn_poll(const struct conn *c, struct pollfd *fds, unsigned room);
/* When to step even if nothing is ready. */
int64_t conn_wake(const struct conn *c);

#endif
