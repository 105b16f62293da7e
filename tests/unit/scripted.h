/*
 * An HTTP server on the loopback interface that answers each request by a function of the test's
 * and keeps a record of what was asked. It serves one connection at a time, which is all that a
 * client here has, in a thread of its own or, by scripted_serve(), in the thread that calls.
 */
#ifndef SENTRY_SCIM_TESTS_SCRIPTED_H
#define SENTRY_SCIM_TESTS_SCRIPTED_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"
#include "client/client.h"
#include "peer.h"

#define SCRIPTED_ROOT "/scim/v2"

struct scripted_request {
	unsigned number;           /* from 1 */
	struct str method, target; /* target: below the root, "Users?startIndex=1" */
	struct str body;
};

struct scripted {
	struct peer peer;
	const char *root; /* the path that targets are below; another one stands whole */
	/* Writes a whole response, or none. */
	void (*answer)(struct scripted *s, const struct scripted_request *r, struct buf *out);
	void *context;                               /* the test's */
	enum { SCRIPTED_STAY, SCRIPTED_LEAVE } then; /* set by `answer` for after its response */
	unsigned requests;
	struct buf log;    /* "METHOD target\n" for each */
	struct buf bodies; /* the body of each and "\n", where there is one */
	struct buf in, out;
	int life[2]; /* the server ends when the writing end is closed */
	pthread_t thread;
	bool running;
};

static inline void scripted_init(struct scripted *s,
	void (*answer)(struct scripted *, const struct scripted_request *, struct buf *),
	void *context)
{
	*s = (struct scripted){.root = SCRIPTED_ROOT, .answer = answer, .context = context};
	buf_init(&s->log, 1u << 24);
	buf_init(&s->bodies, 1u << 24);
	buf_init(&s->in, 1u << 24);
	buf_init(&s->out, 1u << 24);
	peer_open(&s->peer, 8);
}

/* FIELDS: each ended by CRLF. */
static inline void scripted_say(struct buf *out, int status, const char *fields, struct str body)
{
	buf_addf(out, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", status, body.n, fields);
	buf_add_str(out, body);
}

static inline void scripted_write_all(struct scripted *s)
{
	size_t at = 0;

	while (at < s->out.len) {
		ssize_t n = send(s->peer.fd, s->out.data + at, s->out.len - at, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break; /* the client has gone, as it may */
		at += (size_t)n;
	}
}

/* Takes one whole request off `in`; false when more bytes are wanted. */
static inline bool scripted_take(struct scripted *s)
{
	struct scripted_request r = {.number = s->requests + 1};
	const char *end = strstr(buf_text(&s->in), "\r\n\r\n"), *length;
	struct str line, rest, value;
	uint64_t body = 0;
	size_t head;

	if (end == NULL)
		return false;
	head = (size_t)(end + 4 - s->in.data);
	length = strstr(s->in.data, "Content-Length: ");
	if (length != NULL && length < end) {
		str_cut(str_of(length + 16), '\r', &value, &rest);
		if (!str_to_u64(value, 1u << 24, &body))
			peer_fail("Content-Length");
	}
	if (s->in.len < head + body)
		return false;
	str_cut(buf_str(&s->in), ' ', &r.method, &rest);
	str_cut(rest, ' ', &line, &rest);
	r.target = str_starts(line, s->root) && str_starts(str_skip(line, strlen(s->root)), "/")
		? str_skip(line, strlen(s->root) + 1)
		: line;
	r.body = str_from(s->in.data + head, (size_t)body);
	s->requests++;
	buf_addf(&s->log, "%.*s %.*s\n", STR_ARG(r.method), STR_ARG(r.target));
	if (body > 0) {
		buf_add_str(&s->bodies, r.body);
		buf_add_char(&s->bodies, '\n');
	}
	buf_clear(&s->out);
	s->then = SCRIPTED_STAY;
	s->answer(s, &r, &s->out);
	scripted_write_all(s);
	buf_clear(&s->in);
	if (s->then == SCRIPTED_LEAVE)
		peer_hang_up(&s->peer);
	return true;
}

static inline void scripted_receive(struct scripted *s)
{
	ssize_t n = recv(s->peer.fd, buf_room(&s->in, 65536), 65536, 0);

	if (n <= 0) {
		peer_hang_up(&s->peer);
		return;
	}
	buf_grew(&s->in, (size_t)n);
	scripted_take(s);
}

/* Serves until the writing end of the pipe whose reading end is LIFE is closed by all. */
static inline void scripted_serve(struct scripted *s, int life)
{
	for (;;) {
		struct pollfd fds[] = {
			{.fd = life, .events = POLLIN},
			{.fd = s->peer.listener, .events = POLLIN},
			{.fd = s->peer.fd, .events = POLLIN},
		};

		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			peer_fail("poll");
		if (fds[2].revents != 0)
			scripted_receive(s);
		else if (fds[1].revents != 0) {
			peer_accept(&s->peer);
			buf_clear(&s->in);
		} else if (fds[0].revents != 0)
			return;
	}
}

static inline void *scripted_thread(void *context)
{
	struct scripted *s = context;

	scripted_serve(s, s->life[0]);
	return NULL;
}

static inline void scripted_start(struct scripted *s)
{
	sigset_t all, before;

	if (pipe(s->life) != 0)
		peer_fail("pipe");
	/* signals are for the client's thread */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&s->thread, NULL, scripted_thread, s) != 0)
		peer_fail("thread");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	s->running = true;
}

/* Ends the thread: what it recorded may be looked at from then on. */
static inline void scripted_stop(struct scripted *s)
{
	if (!s->running)
		return;
	close(s->life[1]);
	pthread_join(s->thread, NULL);
	close(s->life[0]);
	s->running = false;
}

static inline void scripted_wipe(struct scripted *s)
{
	scripted_stop(s);
	peer_close(&s->peer);
	buf_wipe(&s->log);
	buf_wipe(&s->bodies);
	buf_wipe(&s->in);
	buf_wipe(&s->out);
}

/* A client of that server. */
struct scripted_client {
	struct route route;
	struct message_origin origin;
	struct client client;
};

static inline void scripted_client_init(struct scripted_client *c, const struct scripted *s)
{
	peer_route(&s->peer, &c->route);
	c->origin = (struct message_origin){
		.root = str_of("http://origin.example:8080" SCRIPTED_ROOT),
		.root_path = str_of(SCRIPTED_ROOT),
		.authority = str_of("origin.example:8080"),
		.token = str_of("sntryi_0123456789"),
		.user_agent = str_of("agent/1"),
	};
	client_init(&c->client, &c->route, &c->origin);
}

#endif
