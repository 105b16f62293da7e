#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "codec/base64.h"
#include "scim/sentry.h"

static struct buf one, two;
static struct err err;

static int begin(void **state)
{
	(void)state;
	buf_init(&one, 1024);
	buf_init(&two, 1024);
	err_clear(&err);
	return 0;
}

static int end(void **state)
{
	(void)state;
	buf_wipe(&one);
	buf_wipe(&two);
	return 0;
}

static void regions_are_one_label(void **state)
{
	static const char *const wrong[] = {"", "us.sentry.io", "https://us.sentry.io", "us/",
		"-us", "us-", "u s", "us@evil", "u\xc3\xbcs",
		"a23456789012345678901234567890123456789012345678901234567890abcd"};
	size_t i;

	(void)state;
	assert_true(sentry_region_url(str_of("us"), &one, &err));
	assert_string_equal(buf_text(&one), "https://us.sentry.io");
	buf_clear(&one);
	assert_true(sentry_region_url(str_of("eu-2"), &one, &err));
	assert_string_equal(buf_text(&one), "https://eu-2.sentry.io");
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		buf_clear(&one);
		err_clear(&err);
		assert_false(sentry_region_url(str_of(wrong[i]), &one, &err));
		assert_int_equal(err.kind, ERR_CONFIG);
		assert_int_equal(one.len, 0);
	}
}

static void base_urls_are_understood(void **state)
{
	static const struct {
		const char *text, *base, *org;
	} rows[] = {
		{"https://sentry.io", "https://sentry.io", ""},
		{"https://sentry.io/", "https://sentry.io", ""},
		{"https://sentry.io///", "https://sentry.io", ""},
		{"HTTPS://Sentry.IO", "https://Sentry.IO", ""},
		{"https://sentry.io:443", "https://sentry.io", ""},
		{"https://sentry.io:80", "https://sentry.io:80", ""},
		{"http://sentry.lan:80/", "http://sentry.lan", ""},
		{"http://sentry.lan:9000", "http://sentry.lan:9000", ""},
		{"https://sentry.io./", "https://sentry.io", ""},
		{"http://[::1]:9000/", "http://[::1]:9000", ""},
		{"http://127.0.0.1:9000", "http://127.0.0.1:9000", ""},
		{"https://us.sentry.io/api/0", "https://us.sentry.io", ""},
		{"https://us.sentry.io/api/0/", "https://us.sentry.io", ""},
		{"https://sentry.io/api/0/organizations/acme/scim/v2", "https://sentry.io", "acme"},
		{"https://sentry.io/api/0/organizations/acme/scim/v2/", "https://sentry.io",
			"acme"},
		{"http://h:9000/api/0/organizations/a%2Dc/scim/v2/", "http://h:9000", "a-c"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_clear(&one);
		buf_clear(&two);
		err_clear(&err);
		if (!sentry_base_url(str_of(rows[i].text), &one, &two, &err))
			fail_msg("%s: %s", rows[i].text, err.text);
		assert_string_equal(buf_text(&one), rows[i].base);
		assert_string_equal(buf_text(&two), rows[i].org);
	}
}

static void other_urls_are_refused_with_a_reason(void **state)
{
	static const struct {
		const char *text, *reason;
	} rows[] = {
		{"", "https://"},
		{"sentry.io", "https://"},
		{"https:/sentry.io", "https://"},
		{"ftp://sentry.io", "neither https nor http"},
		{"https://", "cannot be used"},
		{"https://sentry .io", "cannot be used"},
		{"https://sentry.io?x=1", "query"},
		{"https://sentry.io/#x", "fragment"},
		{"https://user:canary@sentry.io", "user name or password"},
		{"https://sentry.io/sentry", "below the path /sentry"},
		{"https://sentry.io/api", "below the path /api"},
		{"https://sentry.io/api/0/organizations/acme", "below the path"},
		{"https://sentry.io/api/0/organizations/acme/scim/v1", "below the path"},
		{"https://sentry.io/api/0/organizations//scim/v2", "below the path"},
		{"https://sentry.io/api/0/organizations/a/b/scim/v2", "below the path"},
		{"https://sentry.io/api/0/organizations/acme/scim/v2/Users", "below the path"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_clear(&one);
		buf_clear(&two);
		err_clear(&err);
		if (sentry_base_url(str_of(rows[i].text), &one, &two, &err))
			fail_msg("%s was taken", rows[i].text);
		assert_int_equal(err.kind, ERR_CONFIG);
		if (strstr(err.text, rows[i].reason) == NULL)
			fail_msg("%s: %s", rows[i].text, err.text);
		assert_null(strstr(err.text, "canary"));
	}
	assert_non_null(strstr(err.hint, "--scim-url"));
}

static void organizations_cannot_change_the_path(void **state)
{
	static const char *const right[] = {"acme", "ACME-2", "a", "123456", "old_slug", "a--b"};
	static const char *const wrong[] = {"", ".", "..", "a/b", "../x", "a.b", "-a", "a-", "a b",
		"a%2f", "a?b", "a#b", "\xc3\xa9"};
	char long_one[LIMIT_HOST + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof right / sizeof right[0]; i++)
		assert_true(sentry_check_org(str_of(right[i]), &err));
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		err_clear(&err);
		if (sentry_check_org(str_of(wrong[i]), &err))
			fail_msg("'%s' was taken", wrong[i]);
		assert_int_equal(err.kind, ERR_CONFIG);
	}
	assert_false(sentry_check_org(str_from("a\0b", 3), &err));
	memset(long_one, 'a', sizeof long_one);
	assert_false(sentry_check_org(str_from(long_one, sizeof long_one), &err));
}

static void the_root_is_put_together(void **state)
{
	(void)state;
	sentry_scim_root(str_of("https://h:9000"), str_of("acme"), &one);
	assert_string_equal(buf_text(&one), "https://h:9000/api/0/organizations/acme/scim/v2");
	buf_clear(&one);
	sentry_scim_root(str_of("https://h"), str_of("../x"), &one);
	assert_string_equal(buf_text(&one), "https://h/api/0/organizations/..%2Fx/scim/v2");
}

static void kinds_are_told_by_prefix(void **state)
{
	static const struct {
		const char *token;
		enum sentry_token_kind kind;
	} rows[] = {
		{"sntryi_00", SENTRY_TOKEN_INTEGRATION},
		{"sntryu_00", SENTRY_TOKEN_USER},
		{"sntrya_00", SENTRY_TOKEN_APPLICATION},
		{"sntrys_00", SENTRY_TOKEN_ORGANIZATION},
		{"sntryag_00", SENTRY_TOKEN_AGENT},
		{"00112233", SENTRY_TOKEN_PLAIN},
		{"sntryi", SENTRY_TOKEN_PLAIN},
		{"SNTRYI_00", SENTRY_TOKEN_PLAIN},
		{"sntryx_00", SENTRY_TOKEN_PLAIN},
		{"", SENTRY_TOKEN_PLAIN},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(sentry_token_kind(str_of(rows[i].token)), rows[i].kind);
	assert_string_equal(
		sentry_token_kind_name(SENTRY_TOKEN_INTEGRATION), "integration token (sntryi_)");
	assert_string_equal(sentry_token_kind_name(SENTRY_TOKEN_AGENT), "agent token (sntryag_)");
}

/* The claims of an organization token with PAYLOAD; ORG and URL are NULL when it must be refused.
 */
static void claims(const char *payload, const char *tail, const char *org, const char *url)
{
	struct buf token;
	bool ok;

	buf_init(&token, 1024);
	buf_add_text(&token, "sntrys_");
	base64_encode(str_of(payload), &token);
	buf_add_text(&token, tail);
	buf_clear(&one);
	buf_clear(&two);
	ok = sentry_token_claims(buf_str(&token), &one, &two);
	buf_wipe(&token);
	assert_int_equal(ok, org != NULL);
	if (!ok)
		return;
	assert_string_equal(buf_text(&one), org);
	assert_string_equal(buf_text(&two), url);
}

static void organization_tokens_tell_of_themselves(void **state)
{
	(void)state;
	claims("{\"iat\":1700000000.1,\"url\":\"https://sentry.io\",\"region_url\":\"https://"
	       "us.sentry.io\","
	       "\"org\":\"acme\"}",
		"_0123456789", "acme", "https://us.sentry.io");
	claims("{\"url\":\"https://sentry.io\",\"org\":\"acme\"}", "_0", "acme",
		"https://sentry.io");
	claims("{\"url\":\"https://sentry.io\",\"region_url\":null,\"org\":\"acme\"}", "_0", "acme",
		"https://sentry.io");
	claims("{\"url\":null,\"org\":\"\\u0061cme\"}", "_0", "acme", "");
	claims("{\"org\":7}", "_0", "", "");
	claims("{}", "_0", "", "");
	claims("{\"org\":\"acme\"}", "", NULL, NULL);
	claims("{\"org\":\"acme\"}", "_0_1", NULL, NULL);
	claims("{\"org\":\"acme\"}}", "_0", NULL, NULL);
	claims("not json", "_0", NULL, NULL);
	assert_false(sentry_token_claims(str_of("sntrys_*_0"), &one, &two));
	assert_false(sentry_token_claims(str_of("sntryi_e30=_0"), &one, &two));
	assert_false(sentry_token_claims(str_of(""), &one, &two));
}

static void user_names_have_75_characters_at_most(void **state)
{
	char name[2 * (LIMIT_SENTRY_USER_NAME + 1)];
	size_t i;

	(void)state;
	memset(name, 'a', sizeof name);
	assert_true(sentry_check_user_name(str_from(name, 75), &err));
	assert_false(sentry_check_user_name(str_from(name, 76), &err));
	assert_int_equal(err.kind, ERR_INPUT);
	/* Characters, not bytes. */
	for (i = 0; i < sizeof name; i += 2)
		memcpy(name + i, "\xc3\xa9", 2);
	err_clear(&err);
	assert_true(sentry_check_user_name(str_from(name, 2 * 75), &err));
	assert_false(sentry_check_user_name(str_from(name, 2 * 76), &err));
	err_clear(&err);
	assert_false(sentry_check_user_name(str_from(name, 3), &err));
	assert_non_null(strstr(err.text, "UTF-8"));
}

static void user_names_must_not_be_blank(void **state)
{
	(void)state;
	assert_false(sentry_check_user_name(str_of(""), &err));
	assert_int_equal(err.kind, ERR_INPUT);
	err_clear(&err);
	assert_false(sentry_check_user_name(str_of(" \t\n"), &err));
	err_clear(&err);
	assert_true(sentry_check_user_name(str_of(" a "), &err));
}

static void nobody_becomes_owner(void **state)
{
	(void)state;
	assert_false(sentry_check_role(str_of("owner"), &err));
	assert_int_equal(err.kind, ERR_INPUT);
	assert_true(err.hint[0] != '\0');
	err_clear(&err);
	/* Sentry lowers the letters before it judges. */
	assert_false(sentry_check_role(str_of("OWNER"), &err));
	err_clear(&err);
	assert_true(sentry_check_role(str_of(""), &err));
	assert_true(sentry_check_role(str_of("member"), &err));
	assert_true(sentry_check_role(str_of("co-owner"), &err));
}

/* As Django's slugify() answers. */
static void teams_have_slugs(void **state)
{
	static const struct {
		const char *name, *slug;
	} rows[] = {
		{"Dev", "dev"},
		{"Data Eng", "data-eng"},
		{"Data  -  Eng", "data-eng"},
		{" -Dev- ", "dev"},
		{"_dev_", "dev"},
		{"- _ dev _ -", "dev"},
		{"a_b", "a_b"},
		{"a - _b", "a-_b"},
		{"a.b/c!", "abc"},
		{"R&D", "rd"},
		{"\tA\nB", "a-b"},
		{"2024", "2024"},
		{"", ""},
		{"!?", ""},
		{"-_-", ""},
	};
	size_t i;

	(void)state;
	buf_add_text(&one, "before");
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_truncate(&one, 6);
		assert_true(sentry_team_slug(str_of(rows[i].name), &one));
		if (strcmp(buf_text(&one) + 6, rows[i].slug) != 0)
			fail_msg("'%s': '%s'", rows[i].name, buf_text(&one) + 6);
	}
	buf_truncate(&one, 6);
	assert_false(sentry_team_slug(str_of("D\xc3\xa9v"), &one));
	assert_string_equal(buf_text(&one), "before");
}

static void a_buffer_too_small_is_an_error(void **state)
{
	struct buf small;

	(void)state;
	buf_init(&small, 8);
	assert_false(sentry_region_url(str_of("us"), &small, &err));
	assert_int_equal(err.kind, ERR_MEMORY);
	err_clear(&err);
	buf_clear(&small);
	assert_false(sentry_base_url(str_of("https://sentry.io"), &small, &two, &err));
	assert_int_equal(err.kind, ERR_MEMORY);
	buf_wipe(&small);
}

#define sentry_test(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		sentry_test(regions_are_one_label),
		sentry_test(base_urls_are_understood),
		sentry_test(other_urls_are_refused_with_a_reason),
		sentry_test(organizations_cannot_change_the_path),
		sentry_test(the_root_is_put_together),
		sentry_test(kinds_are_told_by_prefix),
		sentry_test(organization_tokens_tell_of_themselves),
		sentry_test(user_names_have_75_characters_at_most),
		sentry_test(user_names_must_not_be_blank),
		sentry_test(nobody_becomes_owner),
		sentry_test(teams_have_slugs),
		sentry_test(a_buffer_too_small_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
