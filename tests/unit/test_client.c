/*
 * One connection driven to the end of each exchange, against a peer that plays a script in a thread
 * of its own.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "apart.h"
#include "client/client.h"
#include "peer.h"
#include "sys/clock.h"
#include "sys/console.h"
#include "sys/signals.h"

#define TOKEN "sntryi_0123456789canary"
#define BODY  "{\"userName\":\"ada@example.com\"}"
#define ADA   "{\"id\":\"242\",\"userName\":\"ada@example.com\",\"sentryOrgRole\":\"member\"}"
#define LIST  "{\"totalResults\":1,\"Resources\":[" ADA "]}"
#define NONE  "{\"totalResults\":0,\"Resources\":[]}"

/* What the peer does about one request, once its head and its body have come. */
struct act {
	const char *expects; /* the request begins with it */
	const char *says;    /* status line and fields, with which the body goes; NULL: nothing */
	const char *body;
	enum { STAY, LEAVE, RESET, STOP } then; /* STOP: the process is told to stop */
	bool called;                            /* a new connection comes first */
};

struct stage {
	struct peer peer;
	struct route route;
	struct message_origin origin;
	struct client client;
	struct err err;
	const struct act *acts; /* ended by one that expects NULL */
	unsigned wrong;         /* requests that began otherwise */
	pthread_t thread;
};

static const struct message_call create = {
	.method = {"POST", 4}, .path = {"Users", 5}, .body = {BODY, sizeof(BODY) - 1}};
static const struct message_call list = {.method = {"GET", 3}, .path = {"Users", 5}};

static void read_request(struct peer *p, struct buf *request)
{
	const char *length;
	uint64_t n = 0;
	struct str value, rest;

	buf_clear(request);
	while (strstr(buf_text(request), "\r\n\r\n") == NULL)
		peer_read(p, 1, request);
	length = strstr(buf_text(request), "Content-Length: ");
	if (length != NULL) {
		str_cut(str_of(length + 16), '\r', &value, &rest);
		if (!str_to_u64(value, 1u << 20, &n))
			abort();
	}
	peer_read(p, (size_t)n, request);
}

static void *play(void *context)
{
	struct stage *s = context;
	const struct act *a;
	struct buf text;

	buf_init(&text, 1u << 20);
	for (a = s->acts; a->expects != NULL; a++) {
		if (a->called)
			peer_accept(&s->peer);
		read_request(&s->peer, &text);
		if (!str_starts(buf_str(&text), a->expects))
			s->wrong++;
		if (a->says != NULL) {
			buf_clear(&text);
			buf_addf(&text, "%s\r\nContent-Length: %zu\r\n\r\n%s", a->says,
				strlen(a->body), a->body);
			peer_write(&s->peer, buf_text(&text), text.len);
		}
		if (a->then == LEAVE)
			peer_hang_up(&s->peer);
		else if (a->then == RESET)
			peer_reset(&s->peer);
		else if (a->then == STOP)
			kill(getpid(), SIGTERM);
	}
	buf_wipe(&text);
	return NULL;
}

/* The curtain rises: ACTS are played to whoever calls. */
static void raise_curtain(struct stage *s, const struct act *acts)
{
	sigset_t all, before;

	*s = (struct stage){.acts = acts};
	signals_install();
	console_setup(-1);
	peer_open(&s->peer, 8);
	peer_route(&s->peer, &s->route);
	s->origin = (struct message_origin){
		.root = str_of("http://origin.example:8080/scim/v2"),
		.root_path = str_of("/scim/v2"),
		.authority = str_of("origin.example:8080"),
		.token = str_of(TOKEN),
		.user_agent = str_of("agent/1"),
	};
	client_init(&s->client, &s->route, &s->origin);
	/* signals are for the client's thread */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&s->thread, NULL, play, s) != 0)
		abort();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void drop_curtain(struct stage *s)
{
	pthread_join(s->thread, NULL);
	client_wipe(&s->client);
	peer_close(&s->peer);
}

static enum provision_end exchange(struct stage *s, const struct message_call *call)
{
	err_clear(&s->err);
	return client_exchange(&s->client, call, &s->err);
}

static int exchanges_follow_each_other_on_one_connection(void)
{
	static const struct act acts[] = {
		{"POST /scim/v2/Users HTTP/1.1\r\nHost: origin.example:8080\r\n",
			"HTTP/1.1 201 Created", ADA, STAY, true},
		{"GET /scim/v2/Users HTTP/1.1\r\n", "HTTP/1.1 200 OK", LIST, STAY, false},
		{"GET ", "HTTP/1.1 404 Not Found\r\nConnection: close", "", LEAVE, false},
		{"GET ", "HTTP/1.1 200 OK", NONE, STAY, true},
		{NULL, NULL, NULL, STAY, false},
	};
	struct stage s;

	raise_curtain(&s, acts);
	EXPECT(exchange(&s, &create) == PROVISION_ANSWERED);
	EXPECT(s.client.conn.response.status == 201);
	EXPECT(str_is(buf_str(&s.client.conn.body), ADA));
	/* the request held the token */
	EXPECT(s.client.request.len == 0);
	EXPECT(exchange(&s, &list) == PROVISION_ANSWERED);
	EXPECT(s.client.conn.exchanges == 2);
	EXPECT(str_is(buf_str(&s.client.conn.body), LIST));
	EXPECT(exchange(&s, &list) == PROVISION_ANSWERED);
	EXPECT(s.client.conn.response.status == 404);
	EXPECT(exchange(&s, &list) == PROVISION_ANSWERED);
	EXPECT(s.client.conn.response.status == 200 && s.err.kind == ERR_NONE);
	drop_curtain(&s);
	EXPECT(s.wrong == 0);
	return APART_PASSED;
}

static int a_cut_exchange_may_have_been_executed(void)
{
	static const struct act acts[] = {
		{"POST ", NULL, NULL, LEAVE, true},
		{"POST ", NULL, NULL, RESET, true},
		{"POST ", "HTTP/1.1 201 Created\r\nContent-Encoding: gzip", "x", STAY, true},
		{NULL, NULL, NULL, STAY, false},
	};
	struct stage s;

	raise_curtain(&s, acts);
	EXPECT(exchange(&s, &create) == PROVISION_NO_ANSWER);
	EXPECT(s.err.kind == ERR_CLOSED);
	EXPECT(exchange(&s, &create) == PROVISION_NO_ANSWER);
	EXPECT(s.err.kind == ERR_CLOSED);
	EXPECT(exchange(&s, &create) == PROVISION_NO_ANSWER);
	EXPECT(s.err.kind == ERR_PROTOCOL);
	EXPECT(s.client.request.len == 0);
	drop_curtain(&s);
	return APART_PASSED;
}

static int what_did_not_get_through_was_not_sent(void)
{
	static const struct act acts[] = {{NULL, NULL, NULL, STAY, false}};
	struct message_call wrong = {.method = {"GET", 3}, .path = {"a b", 3}};
	struct stage s;

	raise_curtain(&s, acts);
	/* a request that cannot be written makes nobody connect */
	EXPECT(exchange(&s, &wrong) == PROVISION_NOT_SENT);
	EXPECT(s.err.kind == ERR_INPUT);
	EXPECT(!peer_called(&s.peer));
	pthread_join(s.thread, NULL);
	peer_close(&s.peer);
	EXPECT(exchange(&s, &create) == PROVISION_NOT_SENT);
	EXPECT(s.err.kind == ERR_CONNECT);
	/* addresses that were given stay, others are asked for again next time */
	EXPECT(exchange(&s, &create) == PROVISION_NOT_SENT);
	EXPECT(s.err.kind == ERR_CONNECT);
	s.route.fixed = s.route.stale = false;
	EXPECT(exchange(&s, &create) == PROVISION_NOT_SENT);
	EXPECT(s.err.kind == ERR_CONNECT && s.route.stale);
	s.route.host = str_of("::1");
	s.route.family = NET_IPV4;
	EXPECT(exchange(&s, &create) == PROVISION_NOT_SENT);
	EXPECT(s.err.kind == ERR_NAME);
	client_wipe(&s.client);
	return APART_PASSED;
}

/* It is waited for as long as was said, on the real clock. */
static int silence_ends_at_the_deadline(void)
{
	static const struct act acts[] = {
		{"GET ", NULL, NULL, STAY, true}, {NULL, NULL, NULL, STAY, false}};
	int64_t start = clock_now();
	struct stage s;

	raise_curtain(&s, acts);
	s.route.timeout = 150;
	EXPECT(exchange(&s, &list) == PROVISION_NO_ANSWER);
	EXPECT(s.err.kind == ERR_TIMEOUT);
	EXPECT(clock_now() - start >= 150);
	EXPECT(clock_now() - start < 5000);
	drop_curtain(&s);
	return APART_PASSED;
}

static int a_signal_ends_the_wait_for_an_answer(void)
{
	static const struct act acts[] = {
		{"POST ", NULL, NULL, STOP, true}, {NULL, NULL, NULL, STAY, false}};
	struct stage s;

	raise_curtain(&s, acts);
	EXPECT(exchange(&s, &create) == PROVISION_NO_ANSWER);
	EXPECT(s.err.kind == ERR_INTERRUPTED && s.err.number == SIGTERM);
	EXPECT(err_exit_code(&s.err) == 143);
	EXPECT(s.client.conn.state == CONN_CLOSED);
	drop_curtain(&s);
	return APART_PASSED;
}

/* A connection that stands would take the next request at once: it must not. */
static int nothing_is_begun_after_a_signal(void)
{
	static const struct act acts[] = {
		{"GET ", "HTTP/1.1 200 OK", NONE, STAY, true}, {NULL, NULL, NULL, STAY, false}};
	struct stage s;

	raise_curtain(&s, acts);
	EXPECT(exchange(&s, &list) == PROVISION_ANSWERED);
	EXPECT(s.client.conn.state == CONN_IDLE);
	pthread_join(s.thread, NULL);
	raise(SIGINT);
	EXPECT(exchange(&s, &create) == PROVISION_NOT_SENT);
	EXPECT(s.err.kind == ERR_INTERRUPTED && s.err.number == SIGINT);
	EXPECT(!peer_ready(s.peer.fd, 0));
	client_wipe(&s.client);
	peer_close(&s.peer);
	return APART_PASSED;
}

static int waits_are_as_long_as_asked(void)
{
	struct route route = {.stop = signals_stop()};
	struct client c = {.route = &route};
	struct err e = {.kind = ERR_NONE};
	int64_t start = clock_now();

	signals_install();
	EXPECT(client_wait(&c, 0, &e));
	EXPECT(client_wait(&c, -5, &e));
	EXPECT(clock_now() - start < 1000);
	start = clock_now();
	EXPECT(client_wait(&c, 50, &e));
	EXPECT(clock_now() - start >= 50);
	EXPECT(e.kind == ERR_NONE);
	return APART_PASSED;
}

static void *stop_soon(void *context)
{
	(void)context;
	kill(getpid(), SIGINT);
	return NULL;
}

static int a_signal_ends_a_wait(void)
{
	struct route route = {.stop = signals_stop()};
	struct client c = {.route = &route};
	struct err e = {.kind = ERR_NONE};
	int64_t start = clock_now();
	pthread_t thread;

	signals_install();
	EXPECT(pthread_create(&thread, NULL, stop_soon, NULL) == 0);
	EXPECT(!client_wait(&c, 60000, &e));
	EXPECT(e.kind == ERR_INTERRUPTED && e.number == SIGINT);
	EXPECT(clock_now() - start < 30000);
	pthread_join(thread, NULL);
	return APART_PASSED;
}

static int provision(struct stage *s, struct provision *p, enum provision_if_exists if_exists)
{
	static const struct retry_policy policy = {.max = 2, .max_wait = 60000};
	static const struct answer_question question = {
		.is_sentry = true, .token = SENTRY_TOKEN_INTEGRATION};

	provision_init(p, str_of("ada@example.com"), str_of("member"), str_of(BODY), if_exists,
		&policy, &question);
	client_provision(&s->client, p);
	drop_curtain(s);
	return s->wrong == 0;
}

#define LOOK_UP "GET /scim/v2/Users?filter=userName%20eq%20%22ada%40example.com%22 HTTP/1.1\r\n"

static int a_lost_answer_is_looked_up(void)
{
	static const struct act acts[] = {
		{"POST /scim/v2/Users HTTP/1.1\r\n", NULL, NULL, RESET, true},
		{LOOK_UP, "HTTP/1.1 200 OK", LIST, STAY, true},
		{NULL, NULL, NULL, STAY, false},
	};
	struct provision p;
	struct stage s;

	raise_curtain(&s, acts);
	EXPECT(provision(&s, &p, PROVISION_FAIL));
	EXPECT(p.outcome == PROVISION_CREATED && p.confirmed);
	EXPECT(str_is(buf_str(&p.resource), ADA));
	provision_wipe(&p);
	return APART_PASSED;
}

static int what_was_not_executed_is_sent_again(void)
{
	static const struct act acts[] = {
		{"POST ", "HTTP/1.1 503 Unavailable", "<html>", STAY, true},
		{LOOK_UP, "HTTP/1.1 200 OK", NONE, STAY, false},
		{"POST ", "HTTP/1.1 429 Slow\r\nRetry-After: 0", "{}", STAY, false},
		{"POST ", "HTTP/1.1 201 Created", ADA, STAY, false},
		{NULL, NULL, NULL, STAY, false},
	};
	struct provision p;
	struct stage s;

	raise_curtain(&s, acts);
	EXPECT(provision(&s, &p, PROVISION_FAIL));
	EXPECT(p.outcome == PROVISION_CREATED && !p.confirmed && p.posts == 2);
	provision_wipe(&p);
	return APART_PASSED;
}

static int a_role_is_brought_to_what_was_asked(void)
{
	static const char other[] =
		"{\"totalResults\":1,\"Resources\":[{\"id\":\"242\",\"userName\":\"ada@example."
		"com\",\"sentryOrgRole\":\"admin\"}]}";
	static const struct act acts[] = {
		{"POST ", "HTTP/1.1 409 Conflict", "{}", STAY, true},
		{LOOK_UP, "HTTP/1.1 200 OK", other, STAY, false},
		{"PUT /scim/v2/Users/242 HTTP/1.1\r\n", "HTTP/1.1 200 OK", ADA, STAY, false},
		{NULL, NULL, NULL, STAY, false},
	};
	struct provision p;
	struct stage s;

	raise_curtain(&s, acts);
	EXPECT(provision(&s, &p, PROVISION_UPDATE));
	EXPECT(p.outcome == PROVISION_UPDATED);
	provision_wipe(&p);
	return APART_PASSED;
}

static int a_signal_ends_provisioning(void)
{
	static const struct act acts[] = {
		{"POST ", NULL, NULL, STOP, true}, {NULL, NULL, NULL, STAY, false}};
	struct provision p;
	struct stage s;

	raise_curtain(&s, acts);
	EXPECT(provision(&s, &p, PROVISION_FAIL));
	EXPECT(p.outcome == PROVISION_FAILED && err_exit_code(&p.err) == 143);
	EXPECT(strstr(p.err.text, "not known whether the member was created") != NULL);
	provision_wipe(&p);
	return APART_PASSED;
}

/* What -vvv tells of an exchange; the token is in none of it. */
static int traces_show_all_but_the_token(void)
{
	static const struct act acts[] = {
		{"POST ", "HTTP/1.1 201 Created\r\nX-Echo: Bearer " TOKEN "\r\nX-Esc: \x9b",
			"{\"x\":\"" TOKEN "\"}", STAY, true},
		{NULL, NULL, NULL, STAY, false},
	};
	static const char *const wanted[] = {
		"* POST http://origin.example:8080/scim/v2/Users\n",
		"* connection 0: connected to 127.0.0.1:",
		"> POST /scim/v2/Users HTTP/1.1\n",
		"> Authorization: Bearer [hidden]\n",
		"> " BODY "\n",
		"< HTTP/1.1 201\n",
		"< X-Echo: Bearer [hidden]\n",
		"< X-Esc: \\x9b\n",
		"< {\"x\":\"[hidden]\"}\n",
	};
	char text[16384];
	int pipes[2];
	struct stage s;
	ssize_t n;
	size_t i;

	EXPECT(pipe(pipes) == 0 && dup2(pipes[1], STDERR_FILENO) == STDERR_FILENO);
	close(pipes[1]);
	raise_curtain(&s, acts);
	console_setup(3);
	log_hide(console_log(), str_of(TOKEN));
	EXPECT(exchange(&s, &create) == PROVISION_ANSWERED);
	console_setup(0);
	drop_curtain(&s);
	n = read(pipes[0], text, sizeof(text) - 1);
	EXPECT(n > 0);
	text[n] = '\0';
	for (i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		if (strstr(text, wanted[i]) == NULL) {
			dprintf(STDOUT_FILENO, "# not found: %s", wanted[i]);
			return APART_FAILED;
		}
	EXPECT(strstr(text, "canary") == NULL);
	return APART_PASSED;
}

/* Bodies are for -vvv, heads for -vv, and neither for -v. */
static int less_verbose_traces_show_less(void)
{
	static const struct act acts[] = {{"POST ", "HTTP/1.1 201 Created", ADA, STAY, true},
		{"POST ", "HTTP/1.1 201 Created", ADA, STAY, false},
		{NULL, NULL, NULL, STAY, false}};
	char text[16384];
	int pipes[2];
	struct stage s;
	ssize_t n;

	EXPECT(pipe(pipes) == 0 && dup2(pipes[1], STDERR_FILENO) == STDERR_FILENO);
	raise_curtain(&s, acts);
	console_setup(1);
	EXPECT(exchange(&s, &create) == PROVISION_ANSWERED);
	n = read(pipes[0], text, sizeof(text) - 1);
	EXPECT(n > 0);
	text[n] = '\0';
	EXPECT(strstr(text, "* POST http://") != NULL && strstr(text, "> POST") == NULL);
	console_setup(2);
	EXPECT(exchange(&s, &create) == PROVISION_ANSWERED);
	drop_curtain(&s);
	n = read(pipes[0], text, sizeof(text) - 1);
	EXPECT(n > 0);
	text[n] = '\0';
	EXPECT(strstr(text, "> POST") != NULL && strstr(text, "< HTTP/1.1 201") != NULL);
	EXPECT(strstr(text, "userName") == NULL);
	return APART_PASSED;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		apart_test(exchanges_follow_each_other_on_one_connection),
		apart_test(a_cut_exchange_may_have_been_executed),
		apart_test(what_did_not_get_through_was_not_sent),
		apart_test(silence_ends_at_the_deadline),
		apart_test(a_signal_ends_the_wait_for_an_answer),
		apart_test(nothing_is_begun_after_a_signal),
		apart_test(waits_are_as_long_as_asked),
		apart_test(a_signal_ends_a_wait),
		apart_test(a_lost_answer_is_looked_up),
		apart_test(what_was_not_executed_is_sent_again),
		apart_test(a_role_is_brought_to_what_was_asked),
		apart_test(a_signal_ends_provisioning),
		apart_test(traces_show_all_but_the_token),
		apart_test(less_verbose_traces_show_less),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
