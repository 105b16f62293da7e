#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "client/proxy.h"

#define PASSWORD "pass:word/1"

static struct arena arena;
static struct route route;
static char told[256];

static void tell(void *context, enum log_level level, struct str line)
{
	(void)context;
	(void)level;
	memcpy(told, line.p, line.n);
	told[line.n] = '\0';
}

static struct log paper = {.write = tell};

static int begin(void **state)
{
	(void)state;
	arena_init(&arena, LIMIT_COMMAND_ARENA);
	route = (struct route){.log = &paper};
	paper.secret_count = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_wipe(&arena);
	log_wipe(&paper);
	return 0;
}

static void parse(const char *text, enum err_kind kind)
{
	struct err e = {.kind = ERR_NONE};
	struct url u;
	bool ok = proxy_parse(&route, &arena, text, &u, &e) &&
		proxy_check_credentials(&route, &arena, &e);

	assert_int_equal(e.kind, kind);
	assert_int_equal(ok, kind == ERR_NONE);
	assert_null(strstr(e.text, PASSWORD));
}

static void schemes_have_their_ways_and_ports(void **state)
{
	static const struct {
		const char *text;
		enum route_via via;
		bool tls;
		uint16_t port;
	} rows[] = {
		{"proxy.example", ROUTE_HTTP, false, 1080},
		{"http://proxy.example:3128/", ROUTE_HTTP, false, 3128},
		{"HTTPS://proxy.example", ROUTE_HTTP, true, 443},
		{"socks5://proxy.example", ROUTE_SOCKS5, false, 1080},
		{"socks5h://proxy.example:9050", ROUTE_SOCKS5H, false, 9050},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		parse(rows[i].text, ERR_NONE);
		assert_int_equal(route.via, rows[i].via);
		assert_int_equal(route.proxy_tls, rows[i].tls);
		assert_int_equal(route.proxy_port, rows[i].port);
		assert_true(str_is_fold(route.proxy_host, "proxy.example"));
		assert_false(route.proxy_has_credentials);
	}
}

static void credentials_are_decoded_and_hidden(void **state)
{
	(void)state;
	parse("http://ada:pass%3Aword%2F1@proxy.example", ERR_NONE);
	assert_true(str_is(route.proxy_user, "ada"));
	assert_true(str_is(route.proxy_password, PASSWORD));
	log_line(&paper, LOG_NOTE, "it is " PASSWORD);
	assert_string_equal(told, "sentry-scim: it is [hidden]\n");
}

static void what_is_no_proxy_is_refused(void **state)
{
	(void)state;
	parse("ftp://proxy.example", ERR_CONFIG);
	parse("http://proxy.example/path", ERR_CONFIG);
	parse("http://proxy.example?query", ERR_CONFIG);
	parse("http://ada:%zz@proxy.example", ERR_CONFIG);
	parse("http://a%3Ab:x@proxy.example", ERR_CONFIG);
	parse("http://", ERR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(schemes_have_their_ways_and_ports, begin, end),
		cmocka_unit_test_setup_teardown(credentials_are_decoded_and_hidden, begin, end),
		cmocka_unit_test_setup_teardown(what_is_no_proxy_is_refused, begin, end),
	};

	return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
