#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/no_proxy.h"
#include "guard.h"

struct row {
	const char *list, *host;
	uint16_t port;
	const char *entry; /* the one that covers; NULL: none */
};

static struct guard list_guard, host_guard;

static void check(const struct row *row)
{
	struct str list = guard_copy(&list_guard, str_of(row->list));
	struct str host = guard_copy(&host_guard, str_of(row->host));
	struct str entry = {0};
	enum url_host_kind kind;
	bool covered;

	assert_true(url_host_kind(host, &kind));
	covered = no_proxy_covers(list, host, kind, row->port, &entry);
	if (covered != (row->entry != NULL))
		fail_msg("'%s', %s:%u: covered is %d", row->list, row->host, row->port, covered);
	if (covered && !str_is(entry, row->entry))
		fail_msg("'%s', %s: by '%.*s'", row->list, row->host, STR_ARG(entry));
	assert_int_equal(no_proxy_covers(list, host, kind, row->port, NULL), covered);
}

static void check_all(const struct row *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		check(&rows[i]);
}

#define CHECK(...)                                                                                 \
	do {                                                                                       \
		static const struct row rows[] = {__VA_ARGS__};                                    \
		check_all(rows, sizeof rows / sizeof rows[0]);                                     \
	} while (0)

static void commas_and_blanks_part_entries(void **state)
{
	(void)state;
	CHECK({"", "a.b", 443, NULL}, {" , ,", "a.b", 443, NULL}, {"a.b", "a.b", 443, "a.b"},
		{"x,a.b,y", "a.b", 443, "a.b"}, {"x a.b y", "a.b", 443, "a.b"},
		{" x ,\ta.b , y", "a.b", 443, "a.b"}, {"x\na.b\r\n", "a.b", 443, "a.b"},
		{",,a.b", "a.b", 443, "a.b"}, {"b,a.b", "a.b", 443, "b"},
		{"x;a.b", "a.b", 443, NULL});
}

static void a_star_alone_means_everything(void **state)
{
	(void)state;
	CHECK({"*", "a.b", 443, "*"}, {" * ", "10.0.0.1", 80, "*"}, {"*,", "fe80::1", 80, "*"},
		{"*,x", "a.b", 443, NULL}, {"x,*", "a.b", 443, NULL}, {"*.b", "a.b", 443, NULL},
		{"**", "a.b", 443, NULL}, {"*:443", "a.b", 443, NULL});
}

static void domains_cover_what_is_below_them(void **state)
{
	(void)state;
	CHECK({"a.b", "x.a.b", 443, "a.b"}, {"a.b", "y.x.a.b", 443, "a.b"},
		{"a.b", "xa.b", 443, NULL}, {"a.b", "b", 443, NULL}, {"x.a.b", "a.b", 443, NULL},
		{"b", "a.b", 443, "b"}, {"a.b", "a.b.c", 443, NULL},
		{"localhost", "localhost", 443, "localhost"},
		{"sentry.io", "notsentry.io", 443, NULL},
		{"sentry.io", "us.sentry.io", 443, "sentry.io"});
}

static void a_leading_dot_is_ignored(void **state)
{
	(void)state;
	CHECK({".a.b", "a.b", 443, ".a.b"}, {".a.b", "x.a.b", 443, ".a.b"},
		{".a.b", "xa.b", 443, NULL}, {"..a.b", "a.b", 443, NULL}, {".", "a.b", 443, NULL});
}

static void case_and_a_final_dot_are_ignored(void **state)
{
	struct str entry;

	(void)state;
	CHECK({"A.b", "a.B", 443, "A.b"}, {"a.b.", "a.b", 443, "a.b."},
		{".A.B.", "x.a.b", 443, ".A.B."});
	assert_true(no_proxy_covers(str_of("a.b"), str_of("x.a.b."), URL_HOST_NAME, 443, &entry));
}

static void a_port_counts_for_itself_only(void **state)
{
	(void)state;
	CHECK({"a.b:443", "a.b", 443, "a.b:443"}, {"a.b:443", "a.b", 80, NULL},
		{"a.b:443", "x.a.b", 443, "a.b:443"},
		{"10.0.0.1:80", "10.0.0.1", 80, "10.0.0.1:80"},
		{"10.0.0.1:80", "10.0.0.1", 81, NULL}, {"[::1]:80", "::1", 80, "[::1]:80"},
		{"[::1]:80", "::1", 443, NULL}, {"a.b:", "a.b", 443, NULL},
		{"a.b:x", "a.b", 443, NULL}, {"a.b:65979", "a.b", 443, NULL},
		{"a.b:+443", "a.b", 443, NULL}, {":443", "a.b", 443, NULL},
		{"[::1]:", "::1", 443, NULL}, {"[::1]x", "::1", 443, NULL});
}

static void addresses_are_compared_as_addresses(void **state)
{
	(void)state;
	CHECK({"127.0.0.1", "127.0.0.1", 443, "127.0.0.1"}, {"127.0.0.1", "127.0.0.11", 443, NULL},
		{"0.0.1", "127.0.0.1", 443, NULL}, {"1", "127.0.0.1", 443, NULL},
		{"::1", "::1", 443, "::1"}, {"[::1]", "::1", 443, "[::1]"},
		{"0:0:0:0:0:0:0:1", "::1", 443, "0:0:0:0:0:0:0:1"},
		{"FE80::1", "fe80::1", 443, "FE80::1"}, {"fe80::1", "fe80::1%eth0", 443, "fe80::1"},
		{"[::1", "::1", 443, NULL}, {"::", "::1", 443, NULL},
		{"localhost", "127.0.0.1", 443, NULL}, {"127.0.0.1", "localhost", 443, NULL},
		{"[127.0.0.1]", "127.0.0.1", 443, NULL}, {"[a.b]", "a.b", 443, NULL},
		{"::1", "a.b", 443, NULL});
}

static void blocks_cover_addresses(void **state)
{
	(void)state;
	CHECK({"10.0.0.0/8", "10.255.3.4", 443, "10.0.0.0/8"},
		{"10.0.0.0/8", "11.0.0.0", 443, NULL},
		{"10.1.2.3/8", "10.9.9.9", 443, "10.1.2.3/8"},
		{"192.168.4.0/22", "192.168.7.255", 80, "192.168.4.0/22"},
		{"192.168.4.0/22", "192.168.8.0", 80, NULL},
		{"10.0.0.1/32", "10.0.0.1", 80, "10.0.0.1/32"},
		{"10.0.0.1/32", "10.0.0.2", 80, NULL}, {"0.0.0.0/0", "8.8.8.8", 80, "0.0.0.0/0"},
		{"0.0.0.0/0", "::1", 80, NULL}, {"0.0.0.0/1", "128.0.0.1", 80, NULL},
		{"::/0", "fd00::9", 80, "::/0"}, {"fd00::/8", "fdff::1", 80, "fd00::/8"},
		{"fd00::/8", "fe00::1", 80, NULL}, {"fe80::/10", "febf::1", 80, "fe80::/10"},
		{"fe80::/10", "fec0::1", 80, NULL}, {"::/128", "::1", 80, NULL},
		{"10.0.0.0/33", "10.0.0.0", 80, NULL}, {"fd00::/129", "fd00::", 80, NULL},
		{"10.0.0.0/", "10.0.0.0", 80, NULL}, {"10.0.0.0/-8", "10.0.0.0", 80, NULL},
		{"10.0.0.0/8/8", "10.0.0.0", 80, NULL}, {"10.0.0/8", "10.0.0.0", 80, NULL},
		{"a.b/8", "a.b", 80, NULL}, {"/8", "10.0.0.0", 80, NULL},
		{"[fd00::/8]:80", "fd00::1", 80, NULL});
}

static int release(void **state)
{
	(void)state;
	guard_release(&list_guard);
	guard_release(&host_guard);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_and_blanks_part_entries),
		cmocka_unit_test(a_star_alone_means_everything),
		cmocka_unit_test(domains_cover_what_is_below_them),
		cmocka_unit_test(a_leading_dot_is_ignored),
		cmocka_unit_test(case_and_a_final_dot_are_ignored),
		cmocka_unit_test(a_port_counts_for_itself_only),
		cmocka_unit_test(addresses_are_compared_as_addresses),
		cmocka_unit_test(blocks_cover_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
