#include "connection.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compose.h"
#include "die.h"

#define READ_SIZE 16384u
#define LINGER_MS 2000
/* How often a slow answer goes on. */
#define SLOW_TICK_MS 20

struct connection *connection_new(struct server *s, int fd)
{
	struct connection *c = must_alloc(1, sizeof(*c));

	c->fd = fd;
	c->id = ++s->next_connection;
	c->phase = PHASE_HANDSHAKE;
	c->transport = transport_new(fd, s->tls);
	request_init(&c->request);
	server_buf(&c->in);
	server_buf(&c->out);
	c->events = POLLIN;
	c->wake_ms = NEVER;
	return c;
}

void connection_free(struct connection *c)
{
	throttle_leave(c->bucket);
	if (c->phase == PHASE_READING)
		transport_close_notify(c->transport);
	transport_free(c->transport);
	request_wipe(&c->request);
	buf_wipe(&c->in);
	buf_wipe(&c->out);
	close(c->fd);
	free(c);
}

static void wait_for(struct connection *c, enum flow flow)
{
	switch (flow) {
	case FLOW_READ: c->events = POLLIN; break;
	case FLOW_WRITE: c->events = POLLOUT; break;
	case FLOW_OK: break;
	case FLOW_END:
	case FLOW_FAIL: c->phase = PHASE_DEAD; break;
	}
}

/* Our side says that it is done; the client's is read to its end, since closing over unread bytes
   would reset the connection under an answer that is still on its way. */
static void close_orderly(struct connection *c, bool notify, int64_t now)
{
	if (notify)
		transport_close_notify(c->transport);
	shutdown(c->fd, SHUT_WR);
	c->phase = PHASE_LINGERING;
	c->since_ms = now;
}

static void reset(struct connection *c)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	c->phase = PHASE_DEAD;
}

static void await_request(struct connection *c, int64_t now)
{
	request_wipe(&c->request);
	request_init(&c->request);
	buf_clear(&c->out);
	c->phase = PHASE_READING;
	c->since_ms = now;
}

/* The bytes are out, or as many as were meant to be. */
static void finish(struct server *s, struct connection *c, int64_t now)
{
	s->finished += c->under_way;
	c->under_way = false;
	throttle_leave(c->bucket);
	c->bucket = NULL;
	switch (c->ending) {
	case END_RESET: reset(c); break;
	case END_STALL: c->phase = PHASE_STALLED; break;
	case END_CLOSE: close_orderly(c, false, now); break;
	case END_AS_USUAL:
		if (c->keep)
			await_request(c, now);
		else
			close_orderly(c, true, now);
		break;
	}
}

static void send_now(struct connection *c, bool keep, int64_t now)
{
	c->sent = 0;
	c->limit = c->out.len;
	c->ending = END_AS_USUAL;
	c->keep = keep;
	c->per_second = 0;
	c->due_ms = now;
	c->phase = PHASE_DELAYED;
}

static void refuse(struct connection *c, int status, int64_t now)
{
	buf_clear(&c->out);
	compose_refusal(status, &c->out);
	send_now(c, false, now);
}

/* GET /_local/state: no request of Sentry's, so it is not counted, logged or disturbed. */
static void answer_state(struct server *s, struct connection *c, int64_t now)
{
	const struct effect nothing = {.late_ms = -1, .cut = -1};
	struct reply reply;
	bool keep;

	reply_init(&reply);
	reply_json(&reply, 200);
	state_dump(&s->api.state, &reply.body);
	state_save(&s->api.state);
	keep = compose(&s->api, &c->request, &nothing, &reply, &c->out);
	reply_wipe(&reply);
	send_now(c, keep, now);
}

/* The request changes hands: its connection has no more use for it. */
static void defer(struct server *s, struct connection *c, const struct effect *e, int64_t now)
{
	struct deferred *d = must_alloc(1, sizeof(*d));

	d->due_ms = now + e->late_ms;
	d->stale_ms = e->stale_ms;
	d->request = c->request;
	request_init(&c->request);
	s->deferred = must_grow(s->deferred, s->deferred_count, sizeof(*s->deferred));
	s->deferred[s->deferred_count++] = d;
}

void deferred_run(struct server *s, struct deferred *d)
{
	struct bucket *bucket;
	struct reply reply;

	reply_init(&reply);
	api_answer(&s->api, &d->request, d->stale_ms, &reply, &bucket);
	throttle_leave(bucket);
	reply_wipe(&reply);
	request_wipe(&d->request);
	free(d);
}

/* Lets the application answer, and whoever stands in for it, as the effect says. */
static void compose_answer(struct server *s, struct connection *c, const struct effect *e)
{
	struct reply reply;
	int done = 0;

	reply_init(&reply);
	if (!e->skip) {
		api_answer(&s->api, &c->request, e->stale_ms, &reply, &c->bucket);
		done = reply.status;
	}
	if (e->stand_in != STAND_IN_NONE)
		compose_stand_in(&s->api, e, &reply);
	if (!e->silent)
		c->keep = compose(&s->api, &c->request, e, &reply, &c->out);
	record_request(&s->record, s->api.state.requests, c->id, &c->request,
		e->silent || reply.status == 0 ? 0 : reply.status, done, buf_str(&e->words));
	reply_wipe(&reply);
}

static void answer(struct server *s, struct connection *c, int64_t now)
{
	struct effect e;

	if (str_is(c->request.path, "/_local/state")) {
		answer_state(s, c, now);
		return;
	}
	s->api.state.requests++;
	c->under_way = true;
	faults_gather(&s->faults, c->request.method, c->request.target, &e);
	compose_answer(s, c, &e);
	c->sent = 0;
	c->limit = e.cut >= 0 && (uint64_t)e.cut < c->out.len ? (size_t)e.cut : c->out.len;
	c->ending = e.ending;
	c->per_second = e.per_second;
	c->due_ms = now + (int64_t)s->api.manners.latency + (int64_t)e.delay_ms;
	c->phase = PHASE_DELAYED;
	if (e.late_ms >= 0)
		defer(s, c, &e, now);
	effect_wipe(&e);
}

/* RFC 9110 10.1.1. These few bytes always fit in an empty send buffer. */
static void send_continue(struct connection *c)
{
	static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
	size_t put;

	if (transport_write(c->transport, line, sizeof(line) - 1, &put) == FLOW_FAIL)
		c->phase = PHASE_DEAD;
}

static void feed(struct server *s, struct connection *c, int64_t now)
{
	size_t used;

	switch (request_feed(&c->request, c->in.data, c->in.len, &used)) {
	case REQUEST_MORE: break;
	case REQUEST_CONTINUE: send_continue(c); break;
	case REQUEST_DONE: answer(s, c, now); break;
	case REQUEST_BAD: refuse(c, c->request.status, now); break;
	}
	buf_drop(&c->in, used);
}

static void read_some(struct server *s, struct connection *c)
{
	size_t got;
	char *room = buf_room(&c->in, READ_SIZE);
	enum flow flow;

	must_hold(&c->in);
	flow = transport_read(c->transport, room, READ_SIZE, &got);
	if (flow == FLOW_OK)
		buf_grew(&c->in, got);
	wait_for(c, flow);
	c->wake_ms = NEVER;
	if (s->idle_close > 0 && !request_begun(&c->request) && c->in.len == 0)
		c->wake_ms = c->since_ms + (int64_t)s->idle_close;
}

/* One step each; true while there is more to do at once. */

static bool step_handshake(struct connection *c, int64_t now)
{
	enum flow flow = transport_handshake(c->transport);

	wait_for(c, flow);
	if (flow != FLOW_OK)
		return false;
	await_request(c, now);
	if (transport_is_plain_by_mistake(c->transport))
		refuse(c, 400, now);
	return true;
}

static bool step_reading(struct server *s, struct connection *c, int64_t now)
{
	if (c->in.len > 0) {
		feed(s, c, now);
		return true;
	}
	if (s->idle_close > 0 && !request_begun(&c->request) &&
		now >= c->since_ms + (int64_t)s->idle_close) {
		close_orderly(c, true, now);
		return true;
	}
	read_some(s, c);
	return c->in.len > 0;
}

static bool step_delayed(struct connection *c, int64_t now)
{
	c->events = 0;
	c->wake_ms = c->due_ms;
	if (now < c->due_ms)
		return false;
	c->due_ms = now;
	c->wake_ms = NEVER;
	c->phase = PHASE_WRITING;
	return true;
}

/* How many bytes may go out by NOW. */
static size_t allowance(const struct connection *c, int64_t now)
{
	uint64_t due;

	if (c->per_second == 0)
		return c->limit;
	due = 1 + (uint64_t)(now - c->due_ms) * c->per_second / 1000;
	return due < c->limit ? (size_t)due : c->limit;
}

static bool step_writing(struct server *s, struct connection *c, int64_t now)
{
	size_t allowed = allowance(c, now), put;
	enum flow flow;

	c->events = 0;
	c->wake_ms = NEVER;
	if (c->sent == c->limit) {
		finish(s, c, now);
		return true;
	}
	if (c->sent >= allowed) {
		c->wake_ms = now + SLOW_TICK_MS;
		return false;
	}
	flow = transport_write(c->transport, c->out.data + c->sent, allowed - c->sent, &put);
	c->sent += put;
	wait_for(c, flow);
	return flow == FLOW_OK;
}

/* Reads and forgets until the client goes. */
static bool step_draining(struct connection *c, int64_t now)
{
	char waste[4096];
	size_t got;
	enum flow flow = transport_read(c->transport, waste, sizeof(waste), &got);

	c->wake_ms = c->phase == PHASE_LINGERING ? c->since_ms + LINGER_MS : NEVER;
	wait_for(c, flow);
	if (now >= c->wake_ms)
		c->phase = PHASE_DEAD;
	return flow == FLOW_OK && c->phase != PHASE_DEAD;
}

static bool step(struct server *s, struct connection *c, int64_t now)
{
	switch (c->phase) {
	case PHASE_HANDSHAKE: return step_handshake(c, now);
	case PHASE_READING: return step_reading(s, c, now);
	case PHASE_DELAYED: return step_delayed(c, now);
	case PHASE_WRITING: return step_writing(s, c, now);
	case PHASE_STALLED:
	case PHASE_LINGERING: return step_draining(c, now);
	case PHASE_DEAD: break;
	}
	return false;
}

void connection_advance(struct server *s, struct connection *c, int64_t now)
{
	while (step(s, c, now))
		;
}
