/*
 * A connection, step by step, against a peer that does what the test says. The time is whatever is
 * told; no step waits.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/conn.h"
#include "peer.h"
#include "sys/clock.h"

#define NOW     1000000
#define REQUEST "GET /Users HTTP/1.1\r\nHost: origin.example\r\n\r\n"
#define ANSWER  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
/* More than the buffers of both ends hold. */
#define LARGE (32u * 1024u * 1024u)

static struct peer peer;
static struct route route;
static struct conn conn;
static struct buf heard;
static struct err err;
static char *large;
static int descriptors;

static int open_descriptors(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

static int begin(void **state)
{
	(void)state;
	descriptors = open_descriptors();
	peer_open(&peer, 8);
	peer_route(&peer, &route);
	conn_init(&conn, &route, 7);
	buf_init(&heard, 1u << 20);
	err_clear(&err);
	return 0;
}

static int end(void **state)
{
	(void)state;
	conn_wipe(&conn);
	peer_close(&peer);
	buf_wipe(&heard);
	return open_descriptors() == descriptors ? 0 : -1;
}

static void start(const char *request)
{
	err_clear(&err);
	conn_begin(&conn, str_of(request), HTTP_REQUEST_PLAIN, NOW);
}

/* Waits for what the connection waits for; whether it became ready. */
static bool ready(int ms)
{
	struct pollfd fds[LIMIT_ADDRESSES];
	unsigned count = conn_poll(&conn, fds, LIMIT_ADDRESSES);

	assert_true(count > 0);
	return poll(fds, count, ms) > 0;
}

/* Steps until STATE is reached or the exchange is over. */
static enum conn_step step_to(enum conn_state state)
{
	enum conn_step step;

	while ((step = conn_step(&conn, NOW, &err)) == CONN_WAIT && conn.state < state)
		if (!ready(PEER_PATIENCE_MS))
			peer_fail("the connection waits in vain");
	return step;
}

/* Steps until the exchange is over. */
static void finish(enum conn_step wanted)
{
	enum conn_step step;

	while ((step = conn_step(&conn, NOW, &err)) == CONN_WAIT)
		if (!ready(PEER_PATIENCE_MS))
			peer_fail("the connection waits in vain");
	if (step != wanted)
		fail_msg("step %d: %s", step, err.text);
	assert_int_equal(err.kind == ERR_NONE, wanted == CONN_DONE);
}

static void hear(const char *wanted)
{
	buf_clear(&heard);
	peer_read(&peer, strlen(wanted), &heard);
	assert_string_equal(buf_text(&heard), wanted);
}

/* The connection is made and the request has been read. */
static void ask(void)
{
	start(REQUEST);
	assert_int_equal(step_to(CONN_RECEIVING), CONN_WAIT);
	assert_int_equal(conn.state, CONN_RECEIVING);
	peer_accept(&peer);
	hear(REQUEST);
}

static void expect_body(int status, const char *body)
{
	assert_int_equal(conn.response.status, status);
	assert_string_equal(buf_text(&conn.body), body);
}

static void expect_failure(enum err_kind kind, bool handed, const char *says)
{
	finish(CONN_FAIL);
	if (err.kind != kind || strstr(err.text, says) == NULL)
		fail_msg("%s: %s", err_kind_name(err.kind), err.text);
	assert_int_equal(conn.handed, handed);
	assert_int_equal(conn.state, CONN_CLOSED);
}

/* ---- keeping a connection ---- */

static void one_connection_serves_one_request_after_another(void **state)
{
	unsigned i;

	(void)state;
	ask();
	for (i = 0; i < 3; i++) {
		peer_say(&peer, ANSWER);
		finish(CONN_DONE);
		expect_body(200, "{}");
		assert_int_equal(conn.state, CONN_IDLE);
		assert_int_equal(conn.exchanges, i + 1);
		start(REQUEST);
		/* nothing has to be waited for before the request goes out */
		assert_int_equal(conn.state, CONN_SENDING);
		assert_int_equal(conn_step(&conn, NOW, &err), CONN_WAIT);
		assert_int_equal(conn.state, CONN_RECEIVING);
		hear(REQUEST);
	}
	assert_false(peer_called(&peer));
}

/* What an observer was told: the letters of the states, and of the failure. */
static char told[16];

static void note(void *context, const struct conn *c, const struct err *e)
{
	static const char letters[] = {
		[CONN_CLOSED] = 'c',
		[CONN_DIALLING] = 'd',
		[CONN_PROXY_HANDSHAKE] = 'p',
		[CONN_TUNNEL] = 't',
		[CONN_HANDSHAKE] = 'h',
		[CONN_SENDING] = 's',
		[CONN_RECEIVING] = 'r',
		[CONN_IDLE] = 'i',
	};
	size_t len = strlen(told);

	assert_ptr_equal(context, told);
	assert_true(len + 2 < sizeof(told));
	told[len++] = letters[c->state];
	if (e != NULL) {
		assert_int_equal(c->socket.fd >= 0, c->state != CONN_DIALLING);
		told[len++] = '!';
	}
	told[len] = '\0';
}

static void an_observer_sees_each_state_end(void **state)
{
	struct conn_observer observer = {.over = note, .context = told};

	(void)state;
	told[0] = '\0';
	conn.observer = &observer;
	ask();
	peer_say(&peer, ANSWER);
	finish(CONN_DONE);
	assert_string_equal(told, "dr");
	start(REQUEST);
	peer_hang_up(&peer);
	expect_failure(ERR_CLOSED, true, "without an answer");
	assert_string_equal(told, "drr!");
	peer_close(&peer);
	start(REQUEST);
	/* An emulator may tell this machine's number for it. */
	expect_failure(
		ERR_CONNECT, false, getenv("EMULATED") != NULL ? "no connection" : "refused");
	assert_string_equal(told, "drr!d!");
	peer_open(&peer, 8);
}

/* The idle connection is gone: another one takes its place before anything is sent. */
static void expect_replaced(void)
{
	start(REQUEST);
	assert_int_equal(conn.state, CONN_DIALLING);
	assert_false(conn.handed);
	assert_int_equal(step_to(CONN_RECEIVING), CONN_WAIT);
	assert_true(peer_called(&peer));
	peer_accept(&peer);
	hear(REQUEST);
	peer_say(&peer, "HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nnew");
	finish(CONN_DONE);
	expect_body(201, "new");
	assert_int_equal(conn.exchanges, 1);
}

static void an_idle_connection_that_was_closed_is_replaced(void **state)
{
	(void)state;
	ask();
	peer_say(&peer, ANSWER);
	finish(CONN_DONE);
	peer_hang_up(&peer);
	assert_true(ready(PEER_PATIENCE_MS));
	expect_replaced();
}

static void an_idle_connection_that_was_reset_is_replaced(void **state)
{
	(void)state;
	ask();
	peer_say(&peer, ANSWER);
	finish(CONN_DONE);
	peer_reset(&peer);
	assert_true(ready(PEER_PATIENCE_MS));
	expect_replaced();
}

/* An answer to nothing must not become the answer to the next request. */
static void bytes_on_an_idle_connection_end_it(void **state)
{
	(void)state;
	ask();
	peer_say(&peer, ANSWER);
	finish(CONN_DONE);
	peer_say(&peer, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold");
	assert_true(ready(PEER_PATIENCE_MS));
	start(REQUEST);
	assert_int_equal(conn.state, CONN_DIALLING);
	/* the old connection is not written to any more */
	assert_true(peer_left(&peer));
	assert_int_equal(step_to(CONN_RECEIVING), CONN_WAIT);
	peer_accept(&peer);
	hear(REQUEST);
	peer_say(&peer, ANSWER);
	finish(CONN_DONE);
	expect_body(200, "{}");
}

static void bytes_behind_the_answer_end_the_connection(void **state)
{
	static const char *const extras[] = {"x", "\r\n", ANSWER};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof extras / sizeof extras[0]; i++) {
		ask();
		buf_clear(&heard);
		buf_addf(&heard, "%s%s", ANSWER, extras[i]);
		peer_write(&peer, buf_text(&heard), heard.len);
		finish(CONN_DONE);
		expect_body(200, "{}");
		assert_int_equal(conn.state, CONN_CLOSED);
		assert_true(peer_left(&peer));
	}
}

static void servers_that_end_connections_are_believed(void **state)
{
	static const struct {
		const char *answer, *body;
		int status;
	} rows[] = {
		{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", "{}", 200},
		{"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n", "", 200},
		{"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", "{}", 200},
		{"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "", 204},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		ask();
		peer_say(&peer, rows[i].answer);
		finish(CONN_DONE);
		expect_body(rows[i].status, rows[i].body);
		assert_int_equal(conn.state, CONN_CLOSED);
		assert_true(peer_left(&peer));
	}
}

/* ---- answers ---- */

static void answers_come_in_pieces_of_any_size(void **state)
{
	static const char answer[] =
		"HTTP/1.1 100 Continue\r\n\r\n"
		"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
		"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nX-Last: here\r\n\r\n"
		"2;x=y\r\n{\"\r\na\r\na\":[1,2,3]\r\n1\r\n}\r\n0\r\nT: 1\r\n\r\n";
	struct str value;
	size_t i;

	(void)state;
	ask();
	for (i = 0; i < sizeof(answer) - 1; i++) {
		if (conn_step(&conn, NOW, &err) != CONN_WAIT)
			fail_msg("over at byte %zu: %s", i, err.text);
		peer_write(&peer, &answer[i], 1);
		assert_true(ready(PEER_PATIENCE_MS));
	}
	finish(CONN_DONE);
	expect_body(201, "{\"a\":[1,2,3]}");
	assert_true(http_response_field(&conn.response, "x-last", &value) && str_is(value, "here"));
	assert_int_equal(conn.state, CONN_IDLE);
}

static void the_end_of_the_connection_may_end_a_body(void **state)
{
	(void)state;
	ask();
	peer_say(&peer, "HTTP/1.1 200 OK\r\n\r\n{\"a\":");
	assert_true(ready(PEER_PATIENCE_MS));
	assert_int_equal(conn_step(&conn, NOW, &err), CONN_WAIT);
	peer_say(&peer, "1}");
	peer_hang_up(&peer);
	finish(CONN_DONE);
	expect_body(200, "{\"a\":1}");
	assert_int_equal(conn.state, CONN_CLOSED);
	assert_int_equal(conn.exchanges, 0);

	/* but only an end in order does: a reset may have cut it */
	ask();
	peer_say(&peer, "HTTP/1.1 200 OK\r\n\r\n{\"a\":");
	assert_true(ready(PEER_PATIENCE_MS));
	assert_int_equal(conn_step(&conn, NOW, &err), CONN_WAIT);
	peer_reset(&peer);
	expect_failure(ERR_CLOSED, true, "reset");
}

static void cut_answers_are_failures(void **state)
{
	static const struct {
		const char *part, *says;
	} rows[] = {
		{"", "without an answer"},
		{"H", "in the middle of its answer"},
		{"HTTP/1.1 200 OK\r\n", "in the middle"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", "in the middle"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
			"in the middle"},
		{"HTTP/1.1 100 Continue\r\n\r\n", "in the middle"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2 * (sizeof rows / sizeof rows[0]); i++) {
		ask();
		peer_say(&peer, rows[i / 2].part);
		if (i % 2 == 0) {
			peer_hang_up(&peer);
			expect_failure(ERR_CLOSED, true, rows[i / 2].says);
		} else {
			peer_reset(&peer);
			expect_failure(ERR_CLOSED, true, "reset");
		}
	}
}

static void answers_that_are_none_are_refused(void **state)
{
	static const struct {
		const char *answer;
		enum err_kind kind;
		const char *says;
	} rows[] = {
		{"SSH-2.0-x\r\n", ERR_PROTOCOL, "not valid HTTP"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
			ERR_PROTOCOL, "contradict"},
		{"HTTP/1.1 101 Switching Protocols\r\n\r\n", ERR_PROTOCOL, "switched protocols"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", ERR_LIMIT, "too large"},
		{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
			ERR_PROTOCOL, "compressed"},
		{"HTTP/1.1 200 OK\r\nContent-Encoding: identity, br\r\nContent-Length: 0\r\n\r\n",
			ERR_PROTOCOL, "compressed"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		ask();
		peer_say(&peer, rows[i].answer);
		expect_failure(rows[i].kind, true, rows[i].says);
		assert_true(peer_left(&peer));
	}
	ask();
	peer_say(&peer,
		"HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}");
	finish(CONN_DONE);
	expect_body(200, "{}");
}

static void what_stood_there_before_is_gone(void **state)
{
	(void)state;
	ask();
	peer_say(&peer, ANSWER);
	finish(CONN_DONE);
	start(REQUEST);
	assert_int_equal(conn.response.status, 0);
	assert_int_equal(conn.body.len, 0);
	assert_int_equal(conn.response.field_count, 0);
}

/* ---- sending ---- */

static void ask_for_much(void)
{
	memset(large, 'x', LARGE);
	err_clear(&err);
	conn_begin(&conn, str_from(large, LARGE), HTTP_REQUEST_PLAIN, NOW);
	while (conn.state < CONN_SENDING || conn.sent == 0) {
		assert_int_equal(conn_step(&conn, NOW, &err), CONN_WAIT);
		assert_true(conn.sent > 0 || ready(PEER_PATIENCE_MS));
	}
	peer_accept(&peer);
	while (conn_step(&conn, NOW, &err) == CONN_WAIT && ready(100))
		assert_int_equal(conn.state, CONN_SENDING);
	assert_true(conn.handed && conn.sent > 0 && conn.sent < LARGE);
}

static void large_requests_are_sent_as_they_are_taken(void **state)
{
	size_t total = 0;
	enum conn_step step = CONN_WAIT;
	ssize_t n;

	(void)state;
	ask_for_much();
	buf_clear(&heard);
	buf_room(&heard, 65536);
	while (total < LARGE) {
		n = recv(peer.fd, heard.data, 65536, MSG_DONTWAIT);
		if (n > 0)
			total += (size_t)n;
		else
			step = conn_step(&conn, NOW, &err);
		assert_int_equal(step, CONN_WAIT);
	}
	step = conn_step(&conn, NOW, &err);
	assert_int_equal(conn.state, CONN_RECEIVING);
	peer_say(&peer, ANSWER);
	finish(CONN_DONE);
	assert_int_equal(conn.state, CONN_IDLE);
}

/* A server that refuses a body answers early and reads no more of it. */
static void an_answer_before_the_whole_request_is_taken(void **state)
{
	struct pollfd one;

	(void)state;
	ask_for_much();
	assert_int_equal(conn_poll(&conn, &one, 1), 1);
	assert_int_equal(one.events, POLLIN | POLLOUT);
	peer_say(&peer, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n{}");
	finish(CONN_DONE);
	expect_body(413, "{}");
	/* the rest of the request would be taken for another one */
	assert_int_equal(conn.state, CONN_CLOSED);
	assert_true(conn.handed);
}

static void an_answer_survives_that_the_rest_could_not_be_sent(void **state)
{
	(void)state;
	ask_for_much();
	peer_say(&peer, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n{}");
	/* much of the request is unread, so this is an RST */
	peer_hang_up(&peer);
	while (!conn.write_failed && conn_step(&conn, NOW, &err) == CONN_WAIT)
		assert_true(ready(PEER_PATIENCE_MS));
	assert_int_equal(err.kind, ERR_NONE);
	expect_body(413, "{}");
	assert_int_equal(conn.state, CONN_CLOSED);
}

static void nobody_left_to_send_to_is_a_failure(void **state)
{
	(void)state;
	ask_for_much();
	peer_reset(&peer);
	finish(CONN_FAIL);
	assert_int_equal(err.kind, ERR_CLOSED);
	assert_true(conn.handed);
	assert_int_equal(conn.state, CONN_CLOSED);
}

/* ---- not getting there ---- */

static void a_refused_connection_hands_nothing_over(void **state)
{
	(void)state;
	peer_close(&peer);
	start(REQUEST);
	expect_failure(ERR_CONNECT, false, "127.0.0.1");
	/* and the next exchange starts afresh */
	peer_open(&peer, 8);
	peer_route(&peer, &route);
	ask();
	peer_say(&peer, ANSWER);
	finish(CONN_DONE);
}

static void failures_after_success_do_not_look_like_it(void **state)
{
	(void)state;
	ask();
	peer_say(&peer, ANSWER);
	finish(CONN_DONE);
	assert_true(conn.handed);
	peer_close(&peer);
	assert_true(ready(PEER_PATIENCE_MS));
	start(REQUEST);
	expect_failure(ERR_CONNECT, false, "");
	assert_int_equal(conn.response.status, 0);
	assert_int_equal(conn.body.len, 0);
}

/* ---- time ---- */

/* The exchange waits until just before DEADLINE, then fails for this reason. */
static void expect_timeout(int64_t deadline, bool handed, const char *says)
{
	assert_true(conn_wake(&conn) <= deadline);
	assert_int_equal(conn_step(&conn, deadline - 1, &err), CONN_WAIT);
	assert_int_equal(conn_wake(&conn), deadline);
	assert_int_equal(conn_step(&conn, deadline, &err), CONN_FAIL);
	assert_int_equal(err.kind, ERR_TIMEOUT);
	if (strstr(err.text, says) == NULL)
		fail_msg("%s", err.text);
	assert_int_equal(conn.handed, handed);
	assert_int_equal(conn.state, CONN_CLOSED);
}

/* A listener whose queue is full answers nobody. */
static void connecting_takes_the_time_it_may_take(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct pollfd one;
	int fds[8];
	size_t i;

	(void)state;
	peer_close(&peer);
	peer_open(&peer, 0);
	peer_route(&peer, &route);
	a.sin_port = htons(peer.port);
	for (i = 0; i < 8; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fds[i], (struct sockaddr *)&a, sizeof(a));
	}
	start(REQUEST);
	assert_int_equal(conn_step(&conn, NOW, &err), CONN_WAIT);
	assert_int_equal(conn.state, CONN_DIALLING);
	assert_int_equal(conn_poll(&conn, &one, 1), 1);
	assert_int_equal(one.events, POLLOUT);
	assert_int_equal(conn_poll(&conn, &one, 0), 0);
	expect_timeout(NOW + 10000, false, "in time");
	for (i = 0; i < 8; i++)
		close(fds[i]);
}

static void sending_takes_the_time_it_may_take(void **state)
{
	(void)state;
	ask_for_much();
	expect_timeout(NOW + 60000, true,
		"timed out after 60.000 s, waiting for the request to be taken of "
		"origin.example:8080");
}

static void receiving_takes_the_time_it_may_take(void **state)
{
	struct pollfd one;

	(void)state;
	route.timeout = 12345;
	ask();
	assert_int_equal(conn_poll(&conn, &one, 1), 1);
	assert_int_equal(one.events, POLLIN);
	assert_int_equal(conn_poll(&conn, &one, 0), 0);
	expect_timeout(NOW + 12345, true, "timed out after 12.345 s, waiting for the answer of");
}

static void an_answer_that_drips_is_given_up(void **state)
{
	(void)state;
	ask();
	peer_say(&peer, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
	assert_true(ready(PEER_PATIENCE_MS));
	assert_int_equal(conn_step(&conn, NOW + 1000, &err), CONN_WAIT);
	assert_int_equal(conn_wake(&conn), NOW + 21000);
	/* What comes is enough for this while, and for the next it is not. */
	peer_say(&peer,
		"{..................................................................."
		"...................................................................."
		"....................................................................");
	assert_true(ready(PEER_PATIENCE_MS));
	assert_int_equal(conn_step(&conn, NOW + 20000, &err), CONN_WAIT);
	assert_int_equal(conn_step(&conn, NOW + 21000, &err), CONN_WAIT);
	peer_say(&peer, "......");
	assert_true(ready(PEER_PATIENCE_MS));
	expect_timeout(NOW + 41000, true, "drips: 6 bytes in the last 20 s");
}

/* Bytes now and then are no reason to wait for ever: the whole exchange has one deadline. */
static void a_trickle_does_not_move_the_deadline(void **state)
{
	(void)state;
	ask();
	peer_say(&peer, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
	assert_true(ready(PEER_PATIENCE_MS));
	assert_int_equal(conn_step(&conn, NOW + 59000, &err), CONN_WAIT);
	peer_say(&peer, "{");
	assert_true(ready(PEER_PATIENCE_MS));
	expect_timeout(NOW + 60000, true, "the answer");
}

static void an_answer_at_the_last_moment_counts(void **state)
{
	(void)state;
	ask();
	peer_say(&peer, ANSWER);
	assert_true(ready(PEER_PATIENCE_MS));
	assert_int_equal(conn_step(&conn, NOW + 60000, &err), CONN_DONE);
	expect_body(200, "{}");
}

/* ---- proxies ---- */

static void through(enum route_via via)
{
	route.via = via;
	route.proxy_host = str_of("proxy.example");
	route.proxy_port = peer.port;
}

/* The connection to the proxy is made and waits for its first word. */
static void call_proxy(const char *greeting, size_t len)
{
	start(REQUEST);
	assert_int_equal(step_to(CONN_TUNNEL), CONN_WAIT);
	assert_int_equal(conn.state, CONN_TUNNEL);
	peer_accept(&peer);
	buf_clear(&heard);
	peer_read(&peer, len, &heard);
	assert_memory_equal(heard.data, greeting, len);
	assert_false(conn.handed);
}

#define CONNECT                                                                                    \
	"CONNECT origin.example:8080 HTTP/1.1\r\nHost: origin.example:8080\r\n"                    \
	"User-Agent: agent/1\r\n"

static void an_http_proxy_is_asked_for_a_tunnel(void **state)
{
	(void)state;
	through(ROUTE_HTTP);
	call_proxy(CONNECT "\r\n", sizeof(CONNECT) + 1);
	peer_say(&peer, "HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n");
	assert_int_equal(step_to(CONN_RECEIVING), CONN_WAIT);
	assert_true(conn.handed);
	hear(REQUEST);
	peer_say(&peer, ANSWER);
	finish(CONN_DONE);
	expect_body(200, "{}");
	/* the tunnel stands for the next request too */
	start(REQUEST);
	assert_int_equal(conn.state, CONN_SENDING);
	assert_int_equal(conn_step(&conn, NOW, &err), CONN_WAIT);
	hear(REQUEST);
}

static void an_http_proxy_gets_its_credentials_and_no_more(void **state)
{
	static const char wanted[] = CONNECT "Proxy-Authorization: Basic dXNlcjpwYTpzcw==\r\n\r\n";

	(void)state;
	through(ROUTE_HTTP);
	route.proxy_has_credentials = true;
	route.proxy_user = str_of("user");
	route.proxy_password = str_of("pa:ss");
	call_proxy(wanted, sizeof(wanted) - 1);
	peer_say(&peer, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
	expect_failure(ERR_PROXY, false, "refused the user name or password");
}

static void an_http_proxy_may_refuse(void **state)
{
	static const struct {
		const char *answer, *says;
	} rows[] = {
		{"HTTP/1.1 403 Not with me\r\n\r\n", "403 Not with me"},
		{"HTTP/1.1 407 Who?\r\n\r\n", "demands a user name"},
		{"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 500\r\n\r\npart", "502"},
		{"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n", "302"},
		{"HTTP/1.1 200 OK\r\n\r\nearly", "nobody can have asked for"},
		{"SSH-2.0-x\r\n", "no HTTP proxy"},
		{"", "closed the connection without an answer"},
		{"HTTP/1.1 200", "in the middle"},
	};
	size_t i;

	(void)state;
	through(ROUTE_HTTP);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		call_proxy(CONNECT "\r\n", sizeof(CONNECT) + 1);
		peer_say(&peer, rows[i].answer);
		shutdown(peer.fd, SHUT_WR);
		expect_failure(ERR_PROXY, false, rows[i].says);
		assert_true(peer_left(&peer));
	}
	call_proxy(CONNECT "\r\n", sizeof(CONNECT) + 1);
	peer_reset(&peer);
	finish(CONN_FAIL);
	assert_true(str_starts(str_of(err.text), "the proxy: "));
	assert_false(conn.handed);
}

static void the_proxy_takes_the_time_it_may_take(void **state)
{
	(void)state;
	through(ROUTE_HTTP);
	call_proxy(CONNECT "\r\n", sizeof(CONNECT) + 1);
	expect_timeout(NOW + 10000, false, "after 10.000 s, waiting for the answer of the proxy ");
	/* the time for all of it may be shorter than that for connecting */
	route.timeout = 5000;
	call_proxy(CONNECT "\r\n", sizeof(CONNECT) + 1);
	expect_timeout(NOW + 5000, false, "after 5.000 s");
}

static void a_socks_proxy_gets_the_name(void **state)
{
	static const char ask_name[] = "\x05\x01\x00\x03\x0eorigin.example\x1f\x90";

	(void)state;
	through(ROUTE_SOCKS5H);
	call_proxy("\x05\x01\x00", 3);
	peer_write(&peer, "\x05\x00", 2);
	assert_true(ready(PEER_PATIENCE_MS));
	assert_int_equal(conn_step(&conn, NOW, &err), CONN_WAIT);
	buf_clear(&heard);
	peer_read(&peer, sizeof(ask_name) - 1, &heard);
	assert_memory_equal(heard.data, ask_name, sizeof(ask_name) - 1);
	assert_false(conn.handed);
	peer_write(&peer, "\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50", 10);
	assert_int_equal(step_to(CONN_RECEIVING), CONN_WAIT);
	hear(REQUEST);
	peer_say(&peer, ANSWER);
	finish(CONN_DONE);
	expect_body(200, "{}");
}

static void a_plain_socks_proxy_gets_an_address_and_credentials(void **state)
{
	static const char ask_address[] = "\x05\x01\x00\x01\xc0\x00\x02\x07\x1f\x90";

	(void)state;
	through(ROUTE_SOCKS5);
	memcpy(route.target, "192.0.2.7", 10);
	route.proxy_has_credentials = true;
	route.proxy_user = str_of("u");
	route.proxy_password = str_of("pw");
	call_proxy("\x05\x02\x00\x02", 4);
	peer_write(&peer, "\x05\x02", 2);
	assert_true(ready(PEER_PATIENCE_MS));
	assert_int_equal(conn_step(&conn, NOW, &err), CONN_WAIT);
	buf_clear(&heard);
	peer_read(&peer, 6, &heard);
	assert_memory_equal(heard.data, "\x01\x01u\x02pw", 6);
	peer_write(&peer, "\x01\x00", 2);
	assert_true(ready(PEER_PATIENCE_MS));
	assert_int_equal(conn_step(&conn, NOW, &err), CONN_WAIT);
	buf_clear(&heard);
	peer_read(&peer, 10, &heard);
	assert_memory_equal(heard.data, ask_address, 10);
	peer_write(&peer, "\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00", 10);
	expect_failure(ERR_PROXY, false, "192.0.2.7:8080: the connection was refused there");
}

static void a_target_that_is_no_address_is_not_asked_for(void **state)
{
	(void)state;
	through(ROUTE_SOCKS5);
	memcpy(route.target, "not/one", 8);
	start(REQUEST);
	expect_failure(ERR_NAME, false, "no address");
}

static void credentials_that_cannot_be_sent_are_refused(void **state)
{
	(void)state;
	through(ROUTE_HTTP);
	route.proxy_has_credentials = true;
	route.proxy_user = str_of("a:b");
	start(REQUEST);
	expect_failure(ERR_CONFIG, false, "colon");
}

/* ---- ends ---- */

/* Whatever state it is in, nothing stays open (see end()) and it can be used again. */
static void it_can_be_closed_in_every_state(void **state)
{
	(void)state;
	conn_close(&conn);
	start(REQUEST);
	assert_int_equal(conn.state, CONN_DIALLING);
	conn_close(&conn);
	start(REQUEST);
	step_to(CONN_RECEIVING);
	conn_close(&conn);
	assert_int_equal(conn.state, CONN_CLOSED);
	peer_accept(&peer);
	through(ROUTE_HTTP);
	peer_close(&peer);
	peer_open(&peer, 8);
	peer_route(&peer, &route);
	through(ROUTE_HTTP);
	call_proxy(CONNECT "\r\n", sizeof(CONNECT) + 1);
	conn_close(&conn);
	route.via = ROUTE_DIRECT;
	ask();
	peer_say(&peer, ANSWER);
	finish(CONN_DONE);
	conn_close(&conn);
	assert_true(peer_left(&peer));
	ask();
	peer_say(&peer, ANSWER);
	finish(CONN_DONE);
	expect_body(200, "{}");
}

static int prepare(void **state)
{
	(void)state;
	large = malloc(LARGE);
	return large != NULL ? 0 : -1;
}

static int tidy(void **state)
{
	(void)state;
	free(large);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_connection_serves_one_request_after_another),
		TEST(an_observer_sees_each_state_end),
		TEST(an_idle_connection_that_was_closed_is_replaced),
		TEST(an_idle_connection_that_was_reset_is_replaced),
		TEST(bytes_on_an_idle_connection_end_it),
		TEST(bytes_behind_the_answer_end_the_connection),
		TEST(servers_that_end_connections_are_believed),
		TEST(answers_come_in_pieces_of_any_size),
		TEST(the_end_of_the_connection_may_end_a_body),
		TEST(cut_answers_are_failures),
		TEST(answers_that_are_none_are_refused),
		TEST(what_stood_there_before_is_gone),
		TEST(large_requests_are_sent_as_they_are_taken),
		TEST(an_answer_before_the_whole_request_is_taken),
		TEST(an_answer_survives_that_the_rest_could_not_be_sent),
		TEST(nobody_left_to_send_to_is_a_failure),
		TEST(a_refused_connection_hands_nothing_over),
		TEST(failures_after_success_do_not_look_like_it),
		TEST(connecting_takes_the_time_it_may_take),
		TEST(sending_takes_the_time_it_may_take),
		TEST(receiving_takes_the_time_it_may_take),
		TEST(an_answer_that_drips_is_given_up),
		TEST(a_trickle_does_not_move_the_deadline),
		TEST(an_answer_at_the_last_moment_counts),
		TEST(an_http_proxy_is_asked_for_a_tunnel),
		TEST(an_http_proxy_gets_its_credentials_and_no_more),
		TEST(an_http_proxy_may_refuse),
		TEST(the_proxy_takes_the_time_it_may_take),
		TEST(a_socks_proxy_gets_the_name),
		TEST(a_plain_socks_proxy_gets_an_address_and_credentials),
		TEST(a_target_that_is_no_address_is_not_asked_for),
		TEST(credentials_that_cannot_be_sent_are_refused),
		TEST(it_can_be_closed_in_every_state),
	};

	return cmocka_run_group_tests_name("conn", tests, prepare, tidy);
}
