#include "codec/tunnel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"

#define AGENT "sentry-scim/1"

/* Bytes that may hold NUL. */
#define BYTES(literal) str_from(literal, sizeof(literal) - 1)

struct login {
	bool given;
	const char *user, *password;
};

static const struct login nobody = {false, "ignored", "ignored"};
static const struct login alice = {true, "alice", "s3cret"};

static bool init(struct tunnel *t, enum tunnel_kind kind, const char *host, uint16_t port,
	const struct login *login, struct err *e)
{
	enum url_host_kind host_kind;

	err_clear(e);
	assert_true(url_host_kind(str_of(host), &host_kind));
	return tunnel_init(t, kind, str_of(host), host_kind, port, login->given,
		str_of(login->user), str_of(login->password), str_of(AGENT), e);
}

static void must_init(struct tunnel *t, enum tunnel_kind kind, const char *host, uint16_t port,
	const struct login *login)
{
	struct err e;

	if (!init(t, kind, host, port, login, &e))
		fail_msg("%s", e.text);
}

/* What waits to be sent must be EXPECTED; then it is sent. */
static void must_send(struct tunnel *t, struct str expected)
{
	assert_int_equal(tunnel_next(t), TUNNEL_SEND);
	assert_true(str_equal(buf_str(&t->out), expected));
	tunnel_sent(t);
	assert_int_equal(tunnel_next(t), TUNNEL_READ);
	assert_int_equal(t->out.len, 0);
}

/* Feeds S in pieces of SIZE bytes until something other than READ comes of it. */
static enum tunnel_step feed(struct tunnel *t, struct str s, size_t size, struct err *e)
{
	struct guard g = {0};
	enum tunnel_step step = TUNNEL_READ;
	struct str piece;

	err_clear(e);
	while (s.n > 0 && step == TUNNEL_READ) {
		piece = guard_copy(&g, str_from(s.p, s.n < size ? s.n : size));
		step = tunnel_feed(t, piece.p, piece.n, e);
		s = str_skip(s, piece.n);
	}
	guard_release(&g);
	assert_int_equal(step == TUNNEL_FAIL, e->kind != ERR_NONE);
	assert_int_equal(step, tunnel_next(t));
	return step;
}

static void must_feed(struct tunnel *t, struct str s, enum tunnel_step expected)
{
	struct err e;

	if (feed(t, s, SIZE_MAX, &e) != expected)
		fail_msg("%s", e.kind != ERR_NONE ? e.text : "another step");
}

static void must_fail(struct tunnel *t, struct str s, size_t size, const char *text)
{
	struct err e;

	if (feed(t, s, size, &e) != TUNNEL_FAIL)
		fail_msg("no failure: %s", text);
	assert_int_equal(e.kind, ERR_PROXY);
	if (strstr(e.text, text) == NULL)
		fail_msg("%s: instead of: %s", e.text, text);
	assert_int_equal(tunnel_feed(t, "x", 1, &e), TUNNEL_FAIL);
	assert_int_equal(tunnel_end(t, &e), TUNNEL_FAIL);
}

/* HTTP CONNECT */

#define CONNECT_HEAD "CONNECT sentry.io:443 HTTP/1.1\r\nHost: sentry.io:443\r\nUser-Agent: " AGENT

static void ask_http(struct tunnel *t, const struct login *login)
{
	must_init(t, TUNNEL_CONNECT, "sentry.io", 443, login);
	tunnel_sent(t);
}

static void test_connect_request_holds_nothing_but_what_the_proxy_needs(void **state)
{
	struct tunnel t;

	(void)state;
	must_init(&t, TUNNEL_CONNECT, "sentry.io", 443, &nobody);
	must_send(&t, str_of(CONNECT_HEAD "\r\n\r\n"));
	tunnel_wipe(&t);
	must_init(&t, TUNNEL_CONNECT, "sentry.io", 443, &alice);
	must_send(
		&t, str_of(CONNECT_HEAD "\r\nProxy-Authorization: Basic YWxpY2U6czNjcmV0\r\n\r\n"));
	tunnel_wipe(&t);
	must_init(&t, TUNNEL_CONNECT, "fe80::1%eth0", 65535, &nobody);
	must_send(&t,
		str_of("CONNECT [fe80::1]:65535 HTTP/1.1\r\nHost: [fe80::1]:65535\r\n"
		       "User-Agent: " AGENT "\r\n\r\n"));
	tunnel_wipe(&t);
}

static void test_connect_opens_on_any_2xx(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 Connection established\r\n\r\n",
		"HTTP/1.0 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 204 \r\nVia: 1.1 p\r\n\r\n",
		"HTTP/1.1 100 \r\n\r\nHTTP/1.1 200 \r\n\r\n",
	};
	struct tunnel t;
	struct err e;
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		for (size = 1; size <= strlen(answers[i]); size++) {
			ask_http(&t, &nobody);
			assert_int_equal(feed(&t, str_of(answers[i]), size, &e), TUNNEL_OPEN);
			tunnel_wipe(&t);
		}
	}
}

static void test_connect_refusals_are_told_from_the_head_alone(void **state)
{
	static const struct {
		const char *answer, *text;
	} cases[] = {
		{"HTTP/1.1 403 Forbidden by rule\r\nContent-Length: 99999999\r\n\r\n",
			"refused to connect to sentry.io:443: HTTP/1.1 403 Forbidden by rule"},
		{"HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\n\r\nzz",
			"HTTP/1.1 502 Bad Gateway"},
		{"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n", "HTTP/1.1 302 Found"},
		{"HTTP/1.0 500 \x1b[2J\r\n\r\n", "the proxy's answer is malformed"},
		{"HTTP/1.0 500 \xff\r\n\r\n", "HTTP/1.0 500 \\xff"},
		{"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
			"demands a user name and a password"},
		{"HTTP/1.1 407 \r\nProxy-Authenticate: Negotiate\r\nproxy-authenticate: NTLM\r\n"
		 "Proxy-Authenticate: basic realm=\"a, b\"\r\n\r\n",
			"demands a user name and a password"},
		{"HTTP/1.1 407 \r\nProxy-Authenticate: Negotiate, Basic realm=\"x\"\r\n\r\n",
			"demands a user name and a password"},
		{"HTTP/1.1 407 \r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: Digest "
		 "realm=\"Basic\", nonce=\"x\"\r\n\r\n",
			"wants a log-in by Negotiate, Digest (407)"},
		{"HTTP/1.1 101 \r\n\r\n", "malformed: the server switched protocols"},
		{"HTTP/1.1 200 OK\n\n", "malformed: a line ends with a bare LF"},
	};
	struct tunnel t;
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size = 1; size <= strlen(cases[i].answer); size++) {
			ask_http(&t, &nobody);
			must_fail(&t, str_of(cases[i].answer), size, cases[i].text);
			tunnel_wipe(&t);
		}
	}
}

static void test_connect_with_credentials_that_are_refused(void **state)
{
	struct tunnel t;

	(void)state;
	ask_http(&t, &alice);
	must_fail(
		&t, str_of("HTTP/1.1 407 \r\n\r\n"), SIZE_MAX, "refused the user name or password");
	tunnel_wipe(&t);
}

static void test_long_refusal_is_quoted_in_part(void **state)
{
	struct tunnel t;
	struct err e;
	struct buf b;
	unsigned i;

	(void)state;
	buf_init(&b, 4096);
	buf_add_text(&b, "HTTP/1.1 500 ");
	for (i = 0; i < 500; i++)
		buf_add_text(&b, "\xc3\xbc");
	buf_add_text(&b, "\r\n\r\n");
	ask_http(&t, &nobody);
	assert_int_equal(feed(&t, buf_str(&b), SIZE_MAX, &e), TUNNEL_FAIL);
	assert_true(strlen(e.text) < 200);
	tunnel_wipe(&t);
	buf_wipe(&b);
}

static void test_bytes_behind_a_200_are_refused(void **state)
{
	struct tunnel t;

	(void)state;
	ask_http(&t, &nobody);
	must_fail(&t, str_of("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 201 Created\r\n\r\n"), SIZE_MAX,
		"nobody can have asked for");
	tunnel_wipe(&t);
	ask_http(&t, &nobody);
	must_feed(&t, str_of("HTTP/1.1 200 OK\r\n\r\n"), TUNNEL_OPEN);
	must_fail(&t, str_of("H"), 1, "nobody can have asked for");
	tunnel_wipe(&t);
}

static void test_bytes_before_anything_was_asked_are_refused(void **state)
{
	struct tunnel t;

	(void)state;
	must_init(&t, TUNNEL_CONNECT, "sentry.io", 443, &nobody);
	must_fail(&t, str_of("HTTP/1.1 200 OK\r\n\r\n"), SIZE_MAX, "nobody can have asked for");
	tunnel_wipe(&t);
}

static void test_other_protocols_are_recognised(void **state)
{
	static const struct {
		enum tunnel_kind kind;
		struct str answer;
		const char *text;
	} cases[] = {
		{TUNNEL_CONNECT, STR("\x15\x03\x01\x00\x02\x02\x46"),
			"this is no HTTP proxy, it speaks TLS"},
		{TUNNEL_CONNECT, STR("\x05\xff"), "this is no HTTP proxy, it speaks SOCKS5"},
		{TUNNEL_CONNECT, STR("SSH-2.0-x\r\n"), "it speaks another protocol"},
		{TUNNEL_SOCKS5, STR("HTTP/1.1 400 Bad Request\r\n\r\n"),
			"this is no SOCKS5 proxy, it speaks HTTP"},
		{TUNNEL_SOCKS5, STR("\x15\x03\x01\x00\x02\x02\x46"), "it speaks TLS"},
		{TUNNEL_SOCKS5, STR("\x00\x5b\x00\x00\x00\x00\x00\x00"), "it speaks SOCKS4"},
		{TUNNEL_SOCKS5, STR("SSH-2.0-x\r\n"), "it speaks another protocol"},
	};
	struct tunnel t;
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size = 1; size <= cases[i].answer.n; size++) {
			must_init(&t, cases[i].kind, "sentry.io", 443, &nobody);
			tunnel_sent(&t);
			must_fail(&t, cases[i].answer, size, cases[i].text);
			tunnel_wipe(&t);
		}
	}
}

/* SOCKS5 */

#define GREETING       "\x05\x01\x00"
#define GREETING_LOGIN "\x05\x02\x00\x02"
#define REPLY_OK       "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"

/* Up to the connect request, which waits to be sent. */
static void greet(struct tunnel *t, const char *host, uint16_t port)
{
	must_init(t, TUNNEL_SOCKS5, host, port, &nobody);
	must_send(t, BYTES(GREETING));
	must_feed(t, BYTES("\x05\x00"), TUNNEL_SEND);
}

static void test_socks_passes_on_names_and_addresses(void **state)
{
	struct tunnel t;

	(void)state;
	greet(&t, "sentry.io", 443);
	must_send(&t, BYTES("\x05\x01\x00\x03\x09sentry.io\x01\xbb"));
	must_feed(&t, BYTES(REPLY_OK), TUNNEL_OPEN);
	tunnel_wipe(&t);
	greet(&t, "192.0.2.1", 8000);
	must_send(&t, BYTES("\x05\x01\x00\x01\xc0\x00\x02\x01\x1f\x40"));
	must_feed(&t, BYTES(REPLY_OK), TUNNEL_OPEN);
	tunnel_wipe(&t);
	greet(&t, "fe80::1%eth0", 1);
	must_send(&t, BYTES("\x05\x01\x00\x04\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x00\x01"));
	must_feed(&t, BYTES(REPLY_OK), TUNNEL_OPEN);
	tunnel_wipe(&t);
}

static void test_socks_login_happens_only_if_the_proxy_wants_it(void **state)
{
	struct tunnel t;

	(void)state;
	must_init(&t, TUNNEL_SOCKS5, "h", 80, &alice);
	must_send(&t, BYTES(GREETING_LOGIN));
	must_feed(&t, BYTES("\x05\x00"), TUNNEL_SEND);
	must_send(&t, BYTES("\x05\x01\x00\x03\x01h\x00\x50"));
	tunnel_wipe(&t);
	must_init(&t, TUNNEL_SOCKS5, "h", 80, &alice);
	must_send(&t, BYTES(GREETING_LOGIN));
	must_feed(&t, BYTES("\x05\x02"), TUNNEL_SEND);
	must_send(&t,
		BYTES("\x01\x05"
		      "alice"
		      "\x06"
		      "s3cret"));
	must_feed(&t, BYTES("\x01\x00"), TUNNEL_SEND);
	must_send(&t, BYTES("\x05\x01\x00\x03\x01h\x00\x50"));
	must_feed(&t, BYTES(REPLY_OK), TUNNEL_OPEN);
	tunnel_wipe(&t);
}

static void test_socks_replies_in_pieces_and_with_any_address(void **state)
{
	static const struct str replies[] = {
		STR(REPLY_OK),
		STR("\x05\x00\x00\x04"
		    "0123456789abcdef"
		    "\x00\x50"),
		STR("\x05\x00\x00\x03\x00\x00\x50"),
		STR("\x05\x00\x00\x03\x04"
		    "host"
		    "\x00\x50"),
		STR("\x05\x00\xff\x01"
		    "abcd"
		    "\x00\x50"),
	};
	struct tunnel t;
	struct err e;
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		for (size = 1; size <= replies[i].n; size++) {
			greet(&t, "h", 80);
			tunnel_sent(&t);
			assert_int_equal(feed(&t, replies[i], size, &e), TUNNEL_OPEN);
			must_fail(&t, BYTES("x"), 1, "nobody can have asked for");
			tunnel_wipe(&t);
		}
		greet(&t, "h", 80);
		tunnel_sent(&t);
		must_feed(&t, str_from(replies[i].p, replies[i].n - 1), TUNNEL_READ);
		tunnel_wipe(&t);
	}
}

static void test_socks_longest_bound_name(void **state)
{
	struct tunnel t;
	struct buf b;
	unsigned i;

	(void)state;
	buf_init(&b, 512);
	buf_add(&b, "\x05\x00\x00\x03\xff", 5);
	for (i = 0; i < 255 + 2; i++)
		buf_add_char(&b, 'x');
	greet(&t, "h", 80);
	tunnel_sent(&t);
	must_feed(&t, buf_str(&b), TUNNEL_OPEN);
	tunnel_wipe(&t);
	buf_wipe(&b);
}

static void test_socks_refusals_in_words(void **state)
{
	static const char *const words[] = {NULL, "does not say how", "rules do not allow",
		"cannot reach its network", "cannot reach the host", "refused there", "TTL",
		"command CONNECT", "kind of address", "unknown here"};
	struct tunnel t;
	char reply[2] = {5, 0};
	unsigned code;

	(void)state;
	for (code = 1; code < sizeof(words) / sizeof(words[0]); code++) {
		greet(&t, "sentry.io", 443);
		tunnel_sent(&t);
		reply[1] = (char)code;
		must_fail(&t, str_from(reply, 2), 1, words[code]);
		tunnel_wipe(&t);
		greet(&t, "sentry.io", 443);
		tunnel_sent(&t);
		must_fail(&t, str_from(reply, 2), 2,
			"the proxy could not connect to sentry.io:443: ");
		tunnel_wipe(&t);
	}
	greet(&t, "sentry.io", 443);
	tunnel_sent(&t);
	must_fail(&t, BYTES("\x05\xff"), 2, "(SOCKS5 reply 255)");
	tunnel_wipe(&t);
}

static void test_socks_methods_and_logins_refused(void **state)
{
	static const struct {
		const struct login *login;
		struct str answer;
		const char *text;
	} cases[] = {
		{&nobody, STR("\x05\xff"), "demands a user name and a password"},
		{&alice, STR("\x05\xff"), "takes neither"},
		{&nobody, STR("\x05\x02"), "not offered"},
		{&alice, STR("\x05\x01"), "not offered"},
		{&nobody, STR("\x05\x00\x05"), "nobody can have asked for"},
	};
	struct tunnel t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		must_init(&t, TUNNEL_SOCKS5, "h", 80, cases[i].login);
		tunnel_sent(&t);
		must_fail(&t, cases[i].answer, SIZE_MAX, cases[i].text);
		tunnel_wipe(&t);
	}
	must_init(&t, TUNNEL_SOCKS5, "h", 80, &alice);
	tunnel_sent(&t);
	must_feed(&t, BYTES("\x05\x02"), TUNNEL_SEND);
	tunnel_sent(&t);
	must_fail(&t, BYTES("\x01\x01"), 1, "refused the user name or password");
	tunnel_wipe(&t);
}

static void test_socks_reply_with_an_unknown_kind_of_address(void **state)
{
	struct tunnel t;

	(void)state;
	greet(&t, "h", 80);
	tunnel_sent(&t);
	must_fail(&t, BYTES("\x05\x00\x00\x02\x00"), 1, "unknown kind");
	tunnel_wipe(&t);
	greet(&t, "h", 80);
	tunnel_sent(&t);
	must_fail(&t, BYTES("\x04\x00"), 1, "another protocol");
	tunnel_wipe(&t);
}

/* The end of the connection */

static void must_end(struct tunnel *t, const char *text)
{
	struct err e;

	err_clear(&e);
	assert_int_equal(tunnel_end(t, &e), TUNNEL_FAIL);
	assert_int_equal(e.kind, ERR_PROXY);
	if (strstr(e.text, text) == NULL)
		fail_msg("%s", e.text);
	tunnel_wipe(t);
}

static void test_ends_are_told_by_where_they_are(void **state)
{
	struct tunnel t;

	(void)state;
	ask_http(&t, &nobody);
	must_end(&t, "without an answer");
	ask_http(&t, &nobody);
	must_feed(&t, str_of("HTTP/1.1 200 OK\r\n"), TUNNEL_READ);
	must_end(&t, "in the middle of its answer");
	must_init(&t, TUNNEL_SOCKS5, "h", 80, &alice);
	tunnel_sent(&t);
	must_end(&t, "without an answer");
	must_init(&t, TUNNEL_SOCKS5, "h", 80, &alice);
	tunnel_sent(&t);
	must_feed(&t, BYTES("\x05\x02"), TUNNEL_SEND);
	tunnel_sent(&t);
	must_end(&t, "after the log-in");
	greet(&t, "h", 80);
	tunnel_sent(&t);
	must_feed(&t, BYTES("\x05\x00\x00"), TUNNEL_READ);
	must_end(&t, "in the middle of its answer");
}

/* Credentials */

static void expect_config(
	enum tunnel_kind kind, struct str user, struct str password, const char *text)
{
	struct tunnel t;
	struct err e;

	err_clear(&e);
	assert_false(tunnel_init(
		&t, kind, str_of("h"), URL_HOST_NAME, 80, true, user, password, str_of(AGENT), &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	if (strstr(e.text, text) == NULL)
		fail_msg("%s", e.text);
	assert_null(strstr(e.text, "s3cret"));
	assert_int_equal(tunnel_next(&t), TUNNEL_FAIL);
	tunnel_wipe(&t);
}

static void test_credentials_that_cannot_be_sent(void **state)
{
	char text[256];

	(void)state;
	memset(text, 'x', sizeof(text));
	expect_config(TUNNEL_CONNECT, str_of("a:b"), str_of("s3cret"), "colon");
	expect_config(TUNNEL_CONNECT, str_of("a\r\nX"), str_of("s3cret"), "control");
	expect_config(TUNNEL_CONNECT, str_of("a"), BYTES("s3cret\0"), "control");
	expect_config(TUNNEL_SOCKS5, str_of("a"), BYTES("s3cret\x7f"), "control");
	expect_config(TUNNEL_SOCKS5, str_of(""), str_of("s3cret"), "empty");
	expect_config(TUNNEL_SOCKS5, str_from(text, 256), str_of("s3cret"), "255");
	expect_config(TUNNEL_SOCKS5, str_of("a"), str_from(text, 256), "255");
}

static void test_longest_credentials(void **state)
{
	char text[255];
	struct tunnel t;
	struct err e;

	(void)state;
	memset(text, 'x', sizeof(text));
	err_clear(&e);
	assert_true(tunnel_init(&t, TUNNEL_SOCKS5, str_of("h"), URL_HOST_NAME, 80, true,
		str_from(text, 255), str_from(text, 255), str_of(AGENT), &e));
	tunnel_sent(&t);
	must_feed(&t, BYTES("\x05\x02"), TUNNEL_SEND);
	assert_int_equal(t.out.len, 1 + 256 + 256);
	tunnel_wipe(&t);
	assert_true(tunnel_init(&t, TUNNEL_CONNECT, str_of("h"), URL_HOST_NAME, 80, true,
		str_from(text, 255), str_from("a:b", 3), str_of(AGENT), &e));
	tunnel_wipe(&t);
}

static void test_hosts_and_agents_that_cannot_be_sent(void **state)
{
	struct tunnel t;
	struct err e;

	(void)state;
	err_clear(&e);
	assert_false(tunnel_init(&t, TUNNEL_SOCKS5, str_of("h h"), URL_HOST_NAME, 80, false,
		str_of(""), str_of(""), str_of(AGENT), &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	tunnel_wipe(&t);
	err_clear(&e);
	assert_false(tunnel_init(&t, TUNNEL_SOCKS5, str_of("1.2.3"), URL_HOST_IPV4, 80, false,
		str_of(""), str_of(""), str_of(AGENT), &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	tunnel_wipe(&t);
	err_clear(&e);
	assert_false(tunnel_init(&t, TUNNEL_CONNECT, str_of("h"), URL_HOST_NAME, 80, false,
		str_of(""), str_of(""), str_of("a\r\nX: y"), &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	tunnel_wipe(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connect_request_holds_nothing_but_what_the_proxy_needs),
		cmocka_unit_test(test_connect_opens_on_any_2xx),
		cmocka_unit_test(test_connect_refusals_are_told_from_the_head_alone),
		cmocka_unit_test(test_connect_with_credentials_that_are_refused),
		cmocka_unit_test(test_long_refusal_is_quoted_in_part),
		cmocka_unit_test(test_bytes_behind_a_200_are_refused),
		cmocka_unit_test(test_bytes_before_anything_was_asked_are_refused),
		cmocka_unit_test(test_other_protocols_are_recognised),
		cmocka_unit_test(test_socks_passes_on_names_and_addresses),
		cmocka_unit_test(test_socks_login_happens_only_if_the_proxy_wants_it),
		cmocka_unit_test(test_socks_replies_in_pieces_and_with_any_address),
		cmocka_unit_test(test_socks_longest_bound_name),
		cmocka_unit_test(test_socks_refusals_in_words),
		cmocka_unit_test(test_socks_methods_and_logins_refused),
		cmocka_unit_test(test_socks_reply_with_an_unknown_kind_of_address),
		cmocka_unit_test(test_ends_are_told_by_where_they_are),
		cmocka_unit_test(test_credentials_that_cannot_be_sent),
		cmocka_unit_test(test_longest_credentials),
		cmocka_unit_test(test_hosts_and_agents_that_cannot_be_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
