#include "codec/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"

struct taken {
	const char *text, *scheme, *userinfo, *host, *path, *query;
	enum url_host_kind kind;
	uint16_t port;
};

static void test_takes_what_a_user_writes(void **state)
{
	static const struct taken cases[] = {
		{"https://sentry.io", "https", "", "sentry.io", "", "", URL_HOST_NAME, 0},
		{"https://sentry.io/", "https", "", "sentry.io", "/", "", URL_HOST_NAME, 0},
		{"HTTP://SENTRY.io.:8000/a/b?c=d%20/?#e?f", "HTTP", "", "SENTRY.io", "/a/b",
			"c=d%20/?", URL_HOST_NAME, 8000},
		{"http://h?q", "http", "", "h", "", "q", URL_HOST_NAME, 0},
		{"http://h#f", "http", "", "h", "", "", URL_HOST_NAME, 0},
		{"http://h/?", "http", "", "h", "/", "", URL_HOST_NAME, 0},
		{"http://h//a", "http", "", "h", "//a", "", URL_HOST_NAME, 0},
		{"socks5h://u:p%40@proxy:1080", "socks5h", "u:p%40", "proxy", "", "", URL_HOST_NAME,
			1080},
		{"http://@h", "http", "", "h", "", "", URL_HOST_NAME, 0},
		{"http://a:b:c@h/", "http", "a:b:c", "h", "/", "", URL_HOST_NAME, 0},
		{"http://127.0.0.1:1/", "http", "", "127.0.0.1", "/", "", URL_HOST_IPV4, 1},
		{"http://255.255.255.255:65535", "http", "", "255.255.255.255", "", "",
			URL_HOST_IPV4, 65535},
		{"http://[::1]", "http", "", "::1", "", "", URL_HOST_IPV6, 0},
		{"http://u@[2001:DB8::1.2.3.4]:443/p", "http", "u", "2001:DB8::1.2.3.4", "/p", "",
			URL_HOST_IPV6, 443},
		{"http://[fe80::1%eth0.7]:80", "http", "", "fe80::1%eth0.7", "", "", URL_HOST_IPV6,
			80},
		{"http://[fe80::1%25]", "http", "", "fe80::1%25", "", "", URL_HOST_IPV6, 0},
		{"http://xn--bcher-kva.example", "http", "", "xn--bcher-kva.example", "", "",
			URL_HOST_NAME, 0},
		{"http://a_b-c.d1", "http", "", "a_b-c.d1", "", "", URL_HOST_NAME, 0},
		{"http://1.2.3.4.example", "http", "", "1.2.3.4.example", "", "", URL_HOST_NAME, 0},
		{"http://0xg", "http", "", "0xg", "", "", URL_HOST_NAME, 0},
		{"a+b-1.c://h", "a+b-1.c", "", "h", "", "", URL_HOST_NAME, 0},
	};
	struct guard g = {0};
	struct url u;
	const char *fault;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct taken *c = &cases[i];

		if (!url_parse(guard_text(&g, c->text), &u, &fault))
			fail_msg("%s: %s", c->text, fault);
		if (!str_is(u.scheme, c->scheme) || !str_is(u.userinfo, c->userinfo) ||
			!str_is(u.host, c->host) || !str_is(u.path, c->path) ||
			!str_is(u.query, c->query) || u.host_kind != c->kind || u.port != c->port)
			fail_msg("%s: taken apart wrongly", c->text);
		assert_int_equal(u.has_userinfo, strchr(c->text, '@') != NULL);
		assert_int_equal(u.has_fragment, strchr(c->text, '#') != NULL);
		assert_int_equal(u.has_query, strchr(c->text, '?') != NULL);
	}
	guard_release(&g);
}

static void test_refuses_what_another_parser_might_read_differently(void **state)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{"", "scheme"},
		{"sentry.io", "scheme"},
		{"sentry.io:443", "scheme"},
		{"https:/sentry.io", "scheme"},
		{"https:sentry.io", "scheme"},
		{"//sentry.io", "scheme"},
		{"://sentry.io", "scheme"},
		{"1http://h", "scheme"},
		{"ht tp://h", "scheme"},
		{" http://h", "scheme"},
		{"http://", "host"},
		{"http:///path", "host"},
		{"http://.", "host"},
		{"http://:80", "host"},
		{"http://u@", "host"},
		{"http://h..", "host"},
		{"http://a..b", "host"},
		{"http://.a", "host"},
		{"http://h ", "host"},
		{"http://h\\@evil", "user name"},
		{"http://evil\\.h", "host"},
		{"http://a@b@c", "user name"},
		{"http://a@b@c/", "user name"},
		{"http://h%2eexample", "host"},
		{"http://h\xc3\xbc.example", "host"},
		{"http://h\t/", "host"},
		{"http://127.1", "host"},
		{"http://1.2.3.256", "host"},
		{"http://1.2.3.04", "host"},
		{"http://1.2.3.4.5", "host"},
		{"http://2130706433", "host"},
		{"http://0x7f000001", "host"},
		{"http://0X7f.1", "host"},
		{"http://a.0x7f", "host"},
		{"http://a.0xffffffffffffffffffff", "host"},
		{"http://a.1", "host"},
		{"http://0x", "host"},
		{"http://::1", "host"},
		{"http://[::1", "]"},
		{"http://[::1]80", "port"},
		{"http://[::1]x", "port"},
		{"http://[]", "IPv6"},
		{"http://[:::]", "IPv6"},
		{"http://[1.2.3.4]", "IPv6"},
		{"http://[h]", "IPv6"},
		{"http://[::1%]", "IPv6"},
		{"http://[fe80::1%a/b]", "]"},
		{"http://[fe80::1%25eth0]", "plain"},
		{"http://[fe80::1%sixteen-bytes-xx]", "IPv6"},
		{"http://h:", "port"},
		{"http://h:0", "port"},
		{"http://h:65536", "port"},
		{"http://h:080000", "port"},
		{"http://h:+80", "port"},
		{"http://h:80a", "port"},
		{"http://h:80:80", "port"},
		{"http://h/a b", "path"},
		{"http://h/a\r\nHost: evil", "path"},
		{"http://h/a\\b", "path"},
		{"http://h/%", "path"},
		{"http://h/%2", "path"},
		{"http://h/%zz", "path"},
		{"http://h/[a]", "path"},
		{"http://h/\xc3\xbc", "path"},
		{"http://h/\x7f", "path"},
		{"http://h/?a b", "query"},
		{"http://h/?a\"", "query"},
		{"http://h/?%4", "query"},
		{"http://h/#a#b", "fragment"},
		{"http://u:p%@h", "user name"},
		{"http://u p@h", "user name"},
	};
	struct guard g = {0};
	struct url u;
	const char *fault;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (url_parse(guard_text(&g, cases[i].text), &u, &fault))
			fail_msg("%s: taken", cases[i].text);
		if (strstr(fault, cases[i].fault) == NULL)
			fail_msg("%s: %s", cases[i].text, fault);
	}
	guard_release(&g);
}

static void test_refuses_a_nul_anywhere(void **state)
{
	static const char text[] = "http://u@[::1]:80/p?q#f";
	char copy[sizeof(text)];
	const char *fault;
	struct url u;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) - 1; i++) {
		memcpy(copy, text, sizeof(text));
		copy[i] = '\0';
		assert_false(url_parse(str_from(copy, sizeof(text) - 1), &u, &fault));
	}
}

/* A label of N letters, COUNT times. */
static void add_labels(struct buf *b, unsigned count, unsigned n)
{
	unsigned i;

	while (count-- > 0) {
		for (i = 0; i < n; i++)
			buf_add_char(b, 'a');
		if (count > 0)
			buf_add_char(b, '.');
	}
}

static void test_limits_of_names_and_urls(void **state)
{
	enum url_host_kind kind;
	const char *fault;
	struct url u;
	struct buf b;

	(void)state;
	buf_init(&b, 8192);
	add_labels(&b, 1, 63);
	assert_true(url_host_kind(buf_str(&b), &kind));
	buf_add_char(&b, 'a');
	assert_false(url_host_kind(buf_str(&b), &kind));
	buf_clear(&b);
	add_labels(&b, 127, 1);
	assert_int_equal(b.len, 253);
	assert_true(url_host_kind(buf_str(&b), &kind));
	buf_add_char(&b, 'a');
	assert_false(url_host_kind(buf_str(&b), &kind));
	buf_clear(&b);
	buf_add_text(&b, "http://h/");
	while (b.len < 2048)
		buf_add_char(&b, 'a');
	assert_true(url_parse(buf_str(&b), &u, &fault));
	buf_add_char(&b, 'a');
	assert_false(url_parse(buf_str(&b), &u, &fault));
	buf_wipe(&b);
}

static void test_hosts_alone_are_judged_alike(void **state)
{
	enum url_host_kind kind;

	(void)state;
	assert_true(url_host_kind(str_of("::1"), &kind));
	assert_int_equal(kind, URL_HOST_IPV6);
	assert_true(url_host_kind(str_of("10.0.0.1"), &kind));
	assert_int_equal(kind, URL_HOST_IPV4);
	assert_true(url_host_kind(str_of("h"), &kind));
	assert_int_equal(kind, URL_HOST_NAME);
	assert_false(url_host_kind(str_of(""), &kind));
	assert_false(url_host_kind(str_of("[::1]"), &kind));
	assert_false(url_host_kind(str_of("h."), &kind));
	assert_false(url_host_kind(str_of("h:80"), &kind));
	assert_false(url_host_kind(str_from("::1\0", 4), &kind));
	assert_false(url_host_kind(str_from("1.2.3.4\0", 8), &kind));
}

static void test_addresses_in_bytes(void **state)
{
	static const uint8_t v4[] = {192, 0, 2, 255};
	static const uint8_t v6[16] = {0xfe, 0x80, [15] = 1};
	uint8_t address[16];

	(void)state;
	assert_int_equal(url_host_address(str_of("192.0.2.255"), URL_HOST_IPV4, address), 4);
	assert_memory_equal(address, v4, 4);
	assert_int_equal(url_host_address(str_of("fe80::1%eth0"), URL_HOST_IPV6, address), 16);
	assert_memory_equal(address, v6, 16);
	assert_int_equal(url_host_address(str_of("192.0.2.255"), URL_HOST_NAME, address), 0);
	assert_int_equal(url_host_address(str_of("192.0.2"), URL_HOST_IPV4, address), 0);
	assert_int_equal(url_host_address(str_of(""), URL_HOST_IPV6, address), 0);
}

static void test_percent_encoding_comes_back_for_every_byte(void **state)
{
	struct buf encoded, decoded;
	char bytes[256];
	unsigned i;

	(void)state;
	for (i = 0; i < 256; i++)
		bytes[i] = (char)i;
	buf_init(&encoded, 4096);
	buf_init(&decoded, 4096);
	url_encode(str_from(bytes, 256), &encoded);
	/* 66 characters stand for themselves, the rest takes three. */
	assert_int_equal(encoded.len, 66 + 3 * 190);
	assert_true(url_decode(buf_str(&encoded), &decoded));
	assert_true(str_equal(buf_str(&decoded), str_from(bytes, 256)));
	buf_wipe(&encoded);
	buf_wipe(&decoded);
}

static void test_percent_encoding_exactly(void **state)
{
	struct guard g = {0};
	struct buf b;

	(void)state;
	buf_init(&b, 64);
	url_encode(str_of("a-._~/ +\xc3\xbc"), &b);
	assert_string_equal(buf_text(&b), "a-._~%2F%20%2B%C3%BC");
	buf_clear(&b);
	assert_true(url_decode(guard_text(&g, "a+%2b%2B%41"), &b));
	assert_string_equal(buf_text(&b), "a+++A");
	assert_false(url_decode(guard_text(&g, "%"), &b));
	assert_false(url_decode(guard_text(&g, "%4"), &b));
	assert_false(url_decode(guard_text(&g, "%4g"), &b));
	assert_false(url_decode(guard_text(&g, "% 4"), &b));
	buf_wipe(&b);
	guard_release(&g);
}

static void test_hosts_are_written_as_peers_want_them(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 256);
	url_add_host(str_of("h.example"), URL_HOST_NAME, &b);
	buf_add_char(&b, ' ');
	url_add_host(str_of("10.0.0.1"), URL_HOST_IPV4, &b);
	buf_add_char(&b, ' ');
	url_add_host(str_of("::1"), URL_HOST_IPV6, &b);
	buf_add_char(&b, ' ');
	url_add_host(str_of("fe80::1%eth0"), URL_HOST_IPV6, &b);
	assert_string_equal(buf_text(&b), "h.example 10.0.0.1 [::1] [fe80::1]");
	buf_wipe(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes_what_a_user_writes),
		cmocka_unit_test(test_refuses_what_another_parser_might_read_differently),
		cmocka_unit_test(test_refuses_a_nul_anywhere),
		cmocka_unit_test(test_limits_of_names_and_urls),
		cmocka_unit_test(test_hosts_alone_are_judged_alike),
		cmocka_unit_test(test_addresses_in_bytes),
		cmocka_unit_test(test_percent_encoding_comes_back_for_every_byte),
		cmocka_unit_test(test_percent_encoding_exactly),
		cmocka_unit_test(test_hosts_are_written_as_peers_want_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
