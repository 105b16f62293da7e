#include "client/client.h"

#include <errno.h>
#include <poll.h>

#include "sys/clock.h"
#include "sys/entropy.h"

void client_init(struct client *c, struct route *route, const struct message_origin *origin)
{
	c->route = route;
	c->origin = origin;
	conn_init(&c->conn, route, 0);
	buf_init(&c->request, LIMIT_REQUEST_HEAD + LIMIT_REQUEST_BODY);
}

void client_wipe(struct client *c)
{
	conn_wipe(&c->conn);
	buf_wipe(&c->request);
}

/* ---- what -vv shows ---- */

#define SENT     "> "
#define RECEIVED "< "

static void trace_message(struct log *log, const char *prefix, struct str message)
{
	struct str line;
	bool more = true;

	if (!log_shows(log, LOG_TRACE))
		return;
	while (more && message.n > 0) {
		more = str_cut(message, '\n', &line, &message);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n == 0)
			break; /* the head is over */
		log_text(log, LOG_TRACE, prefix, line);
	}
}

static void trace_body(struct log *log, const char *prefix, struct str body)
{
	if (log_shows(log, LOG_TRACE) && log->verbosity > 2 && body.n > 0)
		log_text(log, LOG_TRACE, prefix, body);
}

static void trace_response(const struct conn *c)
{
	struct log *log = c->route->log;
	unsigned i;
	struct buf line;

	if (!log_shows(log, LOG_TRACE))
		return;
	buf_init(&line, LIMIT_HTTP_HEAD);
	buf_addf(&line, "HTTP/1.1 %d", c->response.status);
	log_text(log, LOG_TRACE, RECEIVED, buf_str(&line));
	for (i = 0; i < c->response.field_count; i++) {
		const struct http_field *f = &c->response.fields[i];

		buf_clear(&line);
		buf_addf(&line, "%.*s: %.*s", (int)f->name_len, c->response.head.data + f->name_at,
			(int)f->value_len, c->response.head.data + f->value_at);
		log_text(log, LOG_TRACE, RECEIVED, buf_str(&line));
	}
	buf_wipe(&line);
	trace_body(log, RECEIVED, buf_str(&c->body));
}

/* ---- one exchange ---- */

/* Waits for what the connection waits for; false when told to stop. */
static bool wait_conn(const struct conn *c, struct err *e)
{
	struct stop *stop = c->route->stop;
	struct pollfd fds[LIMIT_ADDRESSES];
	unsigned count = conn_poll(c, fds, LIMIT_ADDRESSES);

	if (stop_poll(stop, fds, count, clock_poll_timeout(conn_wake(c), clock_now())) >= 0)
		return true;
	if (stop_asked(stop) != 0)
		return stop_error(stop, e);
	return errno == EINTR || errno == EAGAIN || err_sys(e, ERR_SYSTEM, errno, "poll");
}

static bool run(struct client *c, struct err *e)
{
	for (;;) {
		switch (conn_step(&c->conn, clock_now(), e)) {
		case CONN_DONE: return true;
		case CONN_FAIL: return false;
		case CONN_WAIT:
			if (!wait_conn(&c->conn, e)) {
				conn_close(&c->conn);
				return false;
			}
		}
	}
}

enum provision_end client_exchange(struct client *c, const struct message_call *call, struct err *e)
{
	struct log *log = c->route->log;
	int64_t start = clock_now();
	bool ok;

	c->conn.handed = false;
	/* Over a connection that stands, the request would be out before anybody waits. */
	if (stop_asked(c->route->stop) != 0) {
		stop_error(c->route->stop, e);
		return PROVISION_NOT_SENT;
	}
	buf_clear(&c->request);
	if (!message_write(c->origin, call, false, &c->request, e))
		return PROVISION_NOT_SENT;
	if (c->conn.state == CONN_CLOSED &&
		!route_resolve(c->route, clock_after(start, c->route->connect_timeout), e))
		return PROVISION_NOT_SENT;
	log_line(log, LOG_DETAIL, "%.*s %.*s/%.*s", STR_ARG(call->method),
		STR_ARG(call->api ? c->origin->api_root : c->origin->root), STR_ARG(call->path));
	trace_message(log, SENT, buf_str(&c->request));
	trace_body(log, SENT, call->body);
	conn_begin(&c->conn, buf_str(&c->request),
		str_is(call->method, "HEAD") ? HTTP_REQUEST_HEAD : HTTP_REQUEST_PLAIN, start);
	ok = run(c, e);
	buf_clear(&c->request);
	if (ok) {
		trace_response(&c->conn);
		return PROVISION_ANSWERED;
	}
	/* Perhaps the name leads somewhere else by now. */
	route_forget(c->route);
	return c->conn.handed ? PROVISION_NO_ANSWER : PROVISION_NOT_SENT;
}

bool client_wait(struct client *c, int64_t ms, struct err *e)
{
	struct stop *stop = c->route->stop;
	int64_t now = clock_now();
	int64_t until = clock_after(now, ms);

	while (now < until) {
		if (stop_poll(stop, NULL, 0, clock_poll_timeout(until, now)) < 0 && errno != EINTR)
			return err_sys(e, ERR_SYSTEM, errno, "poll");
		if (stop_asked(stop) != 0)
			return stop_error(stop, e);
		now = clock_now();
	}
	return true;
}

/* ---- provisioning ---- */

static uint32_t random_bits(void)
{
	uint32_t bits;

	return entropy_get(&bits, sizeof(bits)) ? bits : UINT32_MAX / 2;
}

void client_provision(struct client *c, struct provision *p)
{
	struct message_call call;

	while (provision_next(p, &call)) {
		struct provision_event event = {.random = random_bits(), .end = PROVISION_NOT_SENT};
		struct err e;

		err_clear(&e);
		if (p->why[0] != '\0')
			log_line(c->route->log, LOG_NOTE, "%s", p->why);
		if (client_wait(c, p->wait, &e))
			event.end = client_exchange(c, &call, &e);
		event.err = &e;
		event.response = &c->conn.response;
		event.body = buf_str(&c->conn.body);
		provision_take(p, &event);
	}
}
