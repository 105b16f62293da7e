#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/route.h"
#include "sys/clock.h"

static struct err err;

/* Names would ask somebody: a deadline that has passed makes sure that none is asked for. */
static bool resolve(struct route *r)
{
	err_clear(&err);
	return route_resolve(r, INT64_MIN, &err);
}

static void expect_peer(const struct route *r, const char *wanted)
{
	char text[NET_ADDRESS_TEXT];

	assert_int_equal(r->peers.count, 1);
	net_address_text(&r->peers.list[0], text);
	assert_string_equal(text, wanted);
}

static void without_a_proxy_the_origin_is_the_peer(void **state)
{
	struct route r = {.via = ROUTE_DIRECT,
		.host = str_of("192.0.2.7"),
		.port = 8443,
		.proxy_host = str_of("192.0.2.99"),
		.proxy_port = 3128};

	(void)state;
	assert_true(resolve(&r));
	expect_peer(&r, "192.0.2.7:8443");
	assert_string_equal(r.target, "");
}

static void with_a_proxy_the_proxy_is_the_peer(void **state)
{
	static const enum route_via ways[] = {ROUTE_HTTP, ROUTE_SOCKS5H};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		/* the origin's name is the proxy's to resolve */
		struct route r = {.via = ways[i],
			.host = str_of("name.invalid"),
			.port = 443,
			.proxy_host = str_of("::1"),
			.proxy_port = 3128};

		assert_true(resolve(&r));
		expect_peer(&r, "[::1]:3128");
		assert_string_equal(r.target, "");
	}
}

static void a_plain_socks_proxy_gets_an_address(void **state)
{
	static const struct {
		const char *host, *target;
	} rows[] = {
		{"192.0.2.7", "192.0.2.7"},
		{"2001:DB8::7", "2001:db8::7"},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct route r = {.via = ROUTE_SOCKS5,
			.host = str_of(rows[i].host),
			.port = 443,
			.proxy_host = str_of("127.0.0.1"),
			.proxy_port = 1080};

		assert_true(resolve(&r));
		expect_peer(&r, "127.0.0.1:1080");
		assert_string_equal(r.target, rows[i].target);
	}
}

static void what_is_known_is_not_asked_for(void **state)
{
	struct route r = {.via = ROUTE_SOCKS5,
		.host = str_of("name.invalid"),
		.port = 443,
		.proxy_host = str_of("proxy.invalid"),
		.proxy_port = 1080,
		.target = "192.0.2.1"};

	(void)state;
	r.peers.count = 1;
	assert_true(net_parse_address(str_of("192.0.2.8"), 1080, &r.peers.list[0]));
	assert_true(resolve(&r));
	expect_peer(&r, "192.0.2.8:1080");
	assert_string_equal(r.target, "192.0.2.1");
}

static void who_cannot_be_found_is_named(void **state)
{
	struct route r = {
		.via = ROUTE_DIRECT, .host = str_of("::1"), .port = 1, .family = NET_IPV4};

	(void)state;
	assert_false(resolve(&r));
	assert_int_equal(err.kind, ERR_NAME);
	assert_null(strstr(err.text, "the proxy"));
	assert_int_equal(r.peers.count, 0);

	r = (struct route){.via = ROUTE_HTTP,
		.host = str_of("192.0.2.1"),
		.port = 1,
		.proxy_host = str_of("::1"),
		.proxy_port = 2,
		.family = NET_IPV4};
	assert_false(resolve(&r));
	assert_true(str_starts(str_of(err.text), "the proxy: "));
	assert_non_null(strstr(err.text, "::1"));

	/* the origin of a plain SOCKS proxy */
	r = (struct route){.via = ROUTE_SOCKS5,
		.host = str_of("::1"),
		.port = 1,
		.proxy_host = str_of("127.0.0.1"),
		.proxy_port = 2,
		.family = NET_IPV4};
	assert_false(resolve(&r));
	assert_null(strstr(err.text, "the proxy"));
	assert_string_equal(r.target, "");
}

/* Makes R know what its names do not lead to. */
static void mislead(struct route *r)
{
	assert_true(net_parse_address(str_of("192.0.2.9"), 9, &r->peers.list[0]));
	memcpy(r->target, "::2", 4);
}

static void what_was_resolved_is_asked_for_again_what_was_given_is_not(void **state)
{
	struct route r = {.via = ROUTE_SOCKS5,
		.host = str_of("192.0.2.7"),
		.port = 443,
		.proxy_host = str_of("127.0.0.1"),
		.proxy_port = 1080};

	(void)state;
	assert_true(resolve(&r));
	mislead(&r);
	assert_true(resolve(&r));
	expect_peer(&r, "192.0.2.9:9");
	route_forget(&r);
	/* another connection may be on its way there, or need the way before anybody has asked */
	expect_peer(&r, "192.0.2.9:9");
	assert_string_equal(r.target, "::2");
	assert_true(resolve(&r));
	expect_peer(&r, "127.0.0.1:1080");
	assert_string_equal(r.target, "192.0.2.7");

	r.fixed = true;
	mislead(&r);
	route_forget(&r);
	assert_true(resolve(&r));
	expect_peer(&r, "192.0.2.9:9");
	assert_string_equal(r.target, "192.0.2.7");

	r.fixed = false;
	r.target_fixed = true;
	mislead(&r);
	route_forget(&r);
	assert_true(resolve(&r));
	expect_peer(&r, "127.0.0.1:1080");
	assert_string_equal(r.target, "::2");

	/* who cannot be asked now is asked the next time */
	r.proxy_host = str_of("::1");
	r.family = NET_IPV4;
	route_forget(&r);
	assert_false(resolve(&r));
	assert_false(resolve(&r));
	expect_peer(&r, "127.0.0.1:1080");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_proxy_the_origin_is_the_peer),
		cmocka_unit_test(with_a_proxy_the_proxy_is_the_peer),
		cmocka_unit_test(a_plain_socks_proxy_gets_an_address),
		cmocka_unit_test(what_is_known_is_not_asked_for),
		cmocka_unit_test(who_cannot_be_found_is_named),
		cmocka_unit_test(what_was_resolved_is_asked_for_again_what_was_given_is_not),
	};

	return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
