#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "client/target.h"

static struct arena arena;
static struct target target;
static struct route route;

static int begin(void **state)
{
	(void)state;
	arena_init(&arena, LIMIT_COMMAND_ARENA);
	target = (struct target){.is_sentry = false};
	route = (struct route){.port = 0};
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_wipe(&arena);
	return 0;
}

static void a_sentry_has_its_roots_below_the_organization(void **state)
{
	struct err e = {.kind = ERR_NONE};

	(void)state;
	assert_true(target_use_sentry(&target, &route, &arena,
		str_of("https://sentry.example:8443"), str_of("acme"), &e));
	assert_true(str_is(
		target.root, "https://sentry.example:8443/api/0/organizations/acme/scim/v2"));
	assert_true(str_is(target.root_path, "/api/0/organizations/acme/scim/v2"));
	assert_true(
		str_is(target.api_root, "https://sentry.example:8443/api/0/organizations/acme"));
	assert_true(str_is(target.authority, "sentry.example:8443"));
	assert_true(target.is_sentry && route.tls && route.port == 8443);
	assert_true(str_is(route.host, "sentry.example"));
}

static void without_an_organization_there_is_a_server_and_no_root(void **state)
{
	struct err e = {.kind = ERR_NONE};

	(void)state;
	assert_true(
		target_use_sentry(&target, &route, &arena, str_of("http://[::1]"), str_of(""), &e));
	assert_int_equal(target.root.n, 0);
	assert_true(str_is(target.authority, "[::1]"));
	assert_true(!route.tls && route.port == 80 && route.host_kind == URL_HOST_IPV6);
}

static void any_provider_is_taken_by_its_root(void **state)
{
	struct err e = {.kind = ERR_NONE};

	(void)state;
	assert_true(target_use_scim(
		&target, &route, &arena, str_of("https://idp.example/scim/v2/"), &e));
	assert_true(str_is(target.root, "https://idp.example/scim/v2"));
	assert_true(str_is(target.root_path, "/scim/v2"));
	assert_int_equal(target.api_root.n, 0);
	assert_false(target.is_sentry);
}

static void a_root_that_cannot_be_one_is_refused(void **state)
{
	static const char *const faulty[] = {"idp.example/scim", "ftp://idp.example/scim",
		"https://a:b@idp.example/scim", "https://idp.example/scim?x",
		"https://idp.example/#x"};

	(void)state;
	for (size_t i = 0; i < sizeof faulty / sizeof faulty[0]; i++) {
		struct err e = {.kind = ERR_NONE};

		assert_false(target_use_scim(&target, &route, &arena, str_of(faulty[i]), &e));
		assert_int_equal(e.kind, ERR_CONFIG);
	}
}

static void lack_of_memory_is_told(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct arena none;

	(void)state;
	arena_init(&none, 0);
	assert_false(target_use_scim(&target, &route, &none, str_of("https://idp.example"), &e));
	assert_int_equal(e.kind, ERR_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_sentry_has_its_roots_below_the_organization, begin, end),
		cmocka_unit_test_setup_teardown(
			without_an_organization_there_is_a_server_and_no_root, begin, end),
		cmocka_unit_test_setup_teardown(any_provider_is_taken_by_its_root, begin, end),
		cmocka_unit_test_setup_teardown(a_root_that_cannot_be_one_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(lack_of_memory_is_told, begin, end),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
