#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "client/handle.h"

static struct trust trust;

static void an_unencrypted_route_needs_no_certificates(void **state)
{
	const struct tls_options options = {.trust = &trust};
	struct route route = {.tls = false};
	struct err e = {.kind = ERR_NONE};
	struct handle h;

	(void)state;
	handle_init(&h, &route);
	assert_true(handle_secure(&h, &options, &e));
	assert_null(route.config);
	handle_close(&h);
}

static void trust_is_checked_before_anything_is_sent(void **state)
{
	const struct tls_options options = {.trust = &trust};
	struct route route = {.tls = true, .connect_timeout = 1000};
	struct err e = {.kind = ERR_NONE};
	struct handle h;

	(void)state;
	handle_init(&h, &route);
	assert_false(handle_secure(&h, &options, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	handle_close(&h);
}

static void requests_are_equipped_by_target_and_token(void **state)
{
	const struct target target = {
		.root = str_of("https://a.example/api/0/organizations/o/scim/v2"),
		.root_path = str_of("/api/0/organizations/o/scim/v2"),
		.api_root = str_of("https://a.example/api/0/organizations/o"),
		.authority = str_of("a.example"),
		.is_sentry = true,
	};
	const struct handle_options options = {.target = &target,
		.token = str_of("sntryu_0123456789"),
		.policy = {.max = 3, .max_wait = 5}};
	struct route route = {.user_agent = str_of("agent/1")};
	struct handle h;

	(void)state;
	handle_init(&h, &route);
	handle_equip(&h, &options);
	assert_true(str_is(h.origin.api_path, "/api/0/organizations/o"));
	assert_true(str_is(h.origin.user_agent, "agent/1"));
	assert_true(h.caller.question.is_sentry);
	assert_int_equal(h.caller.question.token, SENTRY_TOKEN_USER);
	assert_int_equal(h.caller.policy.max, 3);
	handle_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unencrypted_route_needs_no_certificates),
		cmocka_unit_test(trust_is_checked_before_anything_is_sent),
		cmocka_unit_test(requests_are_equipped_by_target_and_token),
	};

	return cmocka_run_group_tests_name("handle", tests, NULL, NULL);
}
