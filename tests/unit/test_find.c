/*
 * Members and teams by name, among servers that filter well, too much and not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/find.h"
#include "codec/url.h"
#include "scripted.h"
#include "sys/console.h"

#define ADA  "{\"id\":\"242\",\"userName\":\"Ada@example.com\"}"
#define ADA2 "{\"id\":\"243\",\"userName\":\"ada@EXAMPLE.com\"}"
#define BOB  "{ \"userName\" : \"bob@example.com\", \"id\":\"7\" }"

#define FILTERED(name) "GET Users?startIndex=1&count=100&filter=userName%20eq%20%22" name "%22\n"
#define WHOLE          "GET Users?startIndex=1&count=100\n"
#define TEAM(name)                                                                                 \
	"GET Groups?startIndex=1&count=100&excludedAttributes=members&filter=displayName%20eq%20"  \
	"%22" name "%22\n"
#define ALL_TEAMS "GET Groups?startIndex=1&count=100&excludedAttributes=members\n"

static const char scim_404[] = "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],"
			       "\"detail\":\"Resource not found.\"}";

/* One look-up: what the server has to say, and what must come of it. */
struct search_row {
	const char *who;
	enum find_kind kind;
	bool other_provider;
	const char *list;  /* of every list: its resources; NULL: refused */
	const char *items; /* "ID BODY" of the resource that can be fetched, or NULL */
	/* what must come of it */
	enum err_kind error;
	const char *id, *name;
	const char *says;     /* stands in the message or the hint */
	const char *requests; /* all of them */
};

static struct scripted server;
static struct scripted_client end;
static struct caller caller;
static struct found found;
static struct reply reply;
static struct err err;

static unsigned count_objects(const char *list)
{
	unsigned depth = 0, n = 0;

	for (; *list != '\0'; list++) {
		if (*list == '{' && depth++ == 0)
			n++;
		if (*list == '}')
			depth--;
	}
	return n;
}

static void answer_item(const struct search_row *row, struct str target, struct buf *out)
{
	struct str kind, id, there, body;
	struct buf plain;

	str_cut(target, '/', &kind, &id);
	buf_init(&plain, 4096);
	if (!url_decode(id, &plain))
		abort();
	if (row->items != NULL && str_cut(str_of(row->items), ' ', &there, &body) &&
		str_equal(there, buf_str(&plain)))
		scripted_say(out, 200, "", body);
	else
		scripted_say(out, 404, "", str_of(scim_404));
	buf_wipe(&plain);
}

static void play(struct scripted *s, const struct scripted_request *r, struct buf *out)
{
	const struct search_row *row = s->context;
	struct buf body;

	if (str_contains(r->target, "/")) {
		answer_item(row, r->target, out);
		return;
	}
	if (row->list == NULL) {
		scripted_say(out, 403, "", str_of("{\"detail\":\"no\"}"));
		return;
	}
	buf_init(&body, 1u << 16);
	buf_addf(&body, "{\"totalResults\":%u,\"Resources\":[%s]}", count_objects(row->list),
		row->list);
	scripted_say(out, 200, "", buf_str(&body));
	buf_wipe(&body);
}

static int begin(void **state)
{
	(void)state;
	found_init(&found);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	found_wipe(&found);
	return 0;
}

static bool find(const struct search_row *row)
{
	union {
		const struct search_row *in;
		void *out;
	} context = {.in = row};
	bool ok;

	scripted_init(&server, play, context.out);
	scripted_client_init(&end, &server);
	caller = (struct caller){
		.client = &end.client, .question = {.is_sentry = !row->other_provider}};
	err_clear(&err);
	scripted_start(&server);
	ok = find_one(&caller, row->kind, str_of(row->who), &found, &reply, &err);
	scripted_stop(&server);
	client_wipe(&end.client);
	return ok;
}

static void check(const struct search_row *row)
{
	const bool ok = find(row);

	if (err.kind != row->error || ok != (row->error == ERR_NONE))
		fail_msg("%s: %s %s", row->who, err_kind_name(err.kind), err.text);
	if (strcmp(buf_text(&server.log), row->requests != NULL ? row->requests : "") != 0)
		fail_msg("%s: asked\n%s", row->who, buf_text(&server.log));
	if (ok) {
		assert_string_equal(buf_text(&found.id), row->id);
		assert_string_equal(buf_text(&found.name), row->name);
		assert_int_equal(found.by_id, row->requests == NULL);
	}
	if (row->says != NULL && strstr(err.text, row->says) == NULL &&
		strstr(err.hint, row->says) == NULL)
		fail_msg("%s: '%s' '%s'", row->who, err.text, err.hint);
	/* what was found out here is no answer of the server's */
	if (row->error == ERR_NOT_FOUND || row->error == ERR_INPUT)
		assert_true(!reply.answered && reply.status == 0);
	scripted_wipe(&server);
}

static void check_all(const struct search_row *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		check(&rows[i]);
}

#define CHECK(rows) check_all(rows, sizeof rows / sizeof rows[0])

static void ids_are_not_asked_about(void **state)
{
	static const struct search_row rows[] = {
		{"242", .id = "242", .name = ""},
		{"00", .id = "00", .name = ""},
		{"242", .other_provider = true, .id = "242", .name = ""},
		{"99", FIND_TEAM, .id = "99", .name = ""},
	};

	(void)state;
	CHECK(rows);
}

/* An empty value in a filter lists everybody. */
static void blank_names_are_never_sent(void **state)
{
	static const struct search_row rows[] = {
		{"", .list = ADA, .error = ERR_USAGE},
		{"  ", .list = ADA, .error = ERR_USAGE},
		{"\t\r\n", FIND_TEAM, .list = ADA, .error = ERR_USAGE},
		{"", .other_provider = true, .list = ADA, .error = ERR_USAGE},
	};

	(void)state;
	CHECK(rows);
}

static void members_are_found_by_name(void **state)
{
	static const struct search_row rows[] = {
		{"Ada@example.com", .list = ADA, .id = "242", .name = "Ada@example.com",
			.requests = FILTERED("Ada%40example.com")},
		/* ignoring case, and then the exact one first, in whatever order */
		{"ADA@example.com", .list = ADA, .id = "242", .name = "Ada@example.com",
			.requests = FILTERED("ADA%40example.com")},
		{"Ada@example.com", .list = ADA2 "," ADA, .id = "242", .name = "Ada@example.com",
			.requests = FILTERED("Ada%40example.com")},
		{"Ada@example.com", .list = ADA "," ADA2, .id = "242", .name = "Ada@example.com",
			.requests = FILTERED("Ada%40example.com")},
		/* among those who know it as another address */
		{"bob@example.com", .list = ADA "," BOB "," ADA2, .id = "7",
			.name = "bob@example.com", .requests = FILTERED("bob%40example.com")},
		{"b\xc3\xa9@x", .list = "{\"id\":\"a\\/b\",\"userName\":\"b\\u00e9@x\"}",
			.id = "a/b", .name = "b\xc3\xa9@x", .requests = FILTERED("b%C3%A9%40x")},
		/* digits are a name only with something else */
		{"242x", .list = "{\"id\":\"1\",\"userName\":\"242x\"}", .id = "1", .name = "242x",
			.requests = FILTERED("242x")},
	};

	(void)state;
	CHECK(rows);
}

static void nobody_else_is_ever_taken(void **state)
{
	static const struct search_row rows[] = {
		{"eve@example.com", .list = "", .error = ERR_NOT_FOUND, .says = "eve@example.com",
			.requests = FILTERED("eve%40example.com")},
		{"eve@example.com", .list = ADA, .error = ERR_NOT_FOUND,
			.says = "another address of Ada@example.com (id 242)",
			.requests = FILTERED("eve%40example.com")},
		{"eve@example.com", .list = ADA "," BOB, .error = ERR_NOT_FOUND,
			.requests = FILTERED("eve%40example.com")},
		/* nor one of two */
		{"ada@example.com", .list = ADA "," ADA2, .error = ERR_INPUT,
			.says = "name it by its id", .requests = FILTERED("ada%40example.com")},
		{"x", .list = "{\"id\":\"1\",\"userName\":\"x\"},{\"id\":\"2\",\"userName\":\"x\"}",
			.error = ERR_INPUT, .says = "2 members answer to the name x",
			.requests = FILTERED("x")},
		/* a name that is the beginning of another, or of another type */
		{"ada", .list = ADA, .error = ERR_NOT_FOUND, .requests = FILTERED("ada")},
		{"bob@example.com ", .list = BOB, .error = ERR_NOT_FOUND,
			.requests = FILTERED("bob%40example.com%20")},
	};

	(void)state;
	CHECK(rows);
}

static void what_lists_badly_is_not_trusted(void **state)
{
	static const struct search_row rows[] = {
		{"x", .list = "{\"userName\":\"x\"}", .error = ERR_PROTOCOL,
			.says = "without id or name", .requests = FILTERED("x")},
		{"x", .list = "{\"id\":7,\"userName\":\"x\"}", .error = ERR_PROTOCOL,
			.requests = FILTERED("x")},
		{"x", .list = "{\"id\":\"7\"}", .error = ERR_PROTOCOL, .requests = FILTERED("x")},
		{"x", .list = "{\"id\":\"..\",\"userName\":\"x\"}", .error = ERR_PROTOCOL,
			.requests = FILTERED("x")},
		{"x", .list = NULL, .error = ERR_AUTH, .requests = FILTERED("x")},
		{"a\xff", .error = ERR_INPUT, .says = "not UTF-8"},
	};

	(void)state;
	CHECK(rows);
	assert_int_equal(reply.status, 0);
}

/* Sentry would split the filter at these: it is asked for the list, and the names are compared. */
static void names_that_sentry_misreads_are_looked_for_in_the_list(void **state)
{
	static const struct search_row rows[] = {
		{"a,b", .list = ADA ",{\"id\":\"1\",\"userName\":\"a,b\"}," BOB, .id = "1",
			.name = "a,b", .requests = WHOLE},
		{"a\"b", .list = ADA ",{\"id\":\"1\",\"userName\":\"a\\\"b\"}", .id = "1",
			.name = "a\"b", .requests = WHOLE},
		/* who has another name is no hit there, and not known by another address */
		{"a,b", .list = ADA, .error = ERR_NOT_FOUND, .requests = WHOLE},
		{"a\\b", .list = ADA ",{\"id\":\"9\"}", .error = ERR_NOT_FOUND, .requests = WHOLE},
		{"A,B",
			.list = "{\"id\":\"1\",\"userName\":\"a,b\"},{\"id\":\"2\",\"userName\":"
				"\"a,B\"}",
			.error = ERR_INPUT, .requests = WHOLE},
		/* other providers know escapes */
		{"a\"b", .other_provider = true, .list = "{\"id\":\"1\",\"userName\":\"a\\\"b\"}",
			.id = "1", .name = "a\"b", .requests = FILTERED("a%5C%22b")},
		{"a, b", FIND_TEAM, .list = "{\"id\":\"1\",\"displayName\":\"A, B\"}", .id = "1",
			.name = "A, B", .requests = ALL_TEAMS},
	};

	(void)state;
	CHECK(rows);
}

static void teams_are_found_by_name_or_slug(void **state)
{
	static const struct search_row rows[] = {
		{"Data", FIND_TEAM, .list = "{\"id\":\"5\",\"displayName\":\"data\"}", .id = "5",
			.name = "data", .requests = TEAM("Data")},
		/* Sentry has compared the slugs, of which there are no two */
		{"data-eng", FIND_TEAM, .list = "{\"id\":\"5\",\"displayName\":\"Data Eng\"}",
			.id = "5", .name = "Data Eng", .requests = TEAM("data-eng")},
		{"data-eng", FIND_TEAM,
			.list = "{\"id\":\"5\",\"displayName\":\"Data Eng\"},{\"id\":\"6\","
				"\"displayName\":\"x\"}",
			.error = ERR_NOT_FOUND, .requests = TEAM("data-eng")},
		/* another provider may have filtered nothing at all */
		{"typo", FIND_TEAM, .other_provider = true,
			.list = "{\"id\":\"5\",\"displayName\":\"Admins\"}", .error = ERR_NOT_FOUND,
			.requests = TEAM("typo") "GET Groups/typo\n"},
		{"none", FIND_TEAM, .list = "", .error = ERR_NOT_FOUND,
			.says = "there is no team none", .requests = TEAM("none")},
	};

	(void)state;
	CHECK(rows);
}

static void ids_of_other_providers_may_be_any_text(void **state)
{
	static const struct search_row rows[] = {
		{"2819c223-7f76", .other_provider = true, .list = "",
			.items = "2819c223-7f76 {\"id\":\"2819c223-7f76\",\"userName\":\"x\"}",
			.id = "2819c223-7f76", .name = "x",
			.requests = FILTERED("2819c223-7f76") "GET Users/2819c223-7f76\n"},
		/* it is one segment of the path, whatever is in it */
		{"../a?b", .other_provider = true, .list = "",
			.items = "../a?b {\"id\":\"../a?b\",\"userName\":\"x\"}", .id = "../a?b",
			.name = "x", .requests = FILTERED("..%2Fa%3Fb") "GET Users/..%2Fa%3Fb\n"},
		{"..", .other_provider = true, .list = "",
			.items = ".. {\"id\":\"..\",\"userName\":\"x\"}", .error = ERR_NOT_FOUND,
			.requests = FILTERED("..")},
		{"nope", .other_provider = true, .list = "", .error = ERR_NOT_FOUND,
			.says = "there is no member nope",
			.requests = FILTERED("nope") "GET Users/nope\n"},
		/* what answers to one id and says that it has another */
		{"me", .other_provider = true, .list = "",
			.items = "me {\"id\":\"17\",\"userName\":\"x\"}", .error = ERR_NOT_FOUND,
			.requests = FILTERED("me") "GET Users/me\n"},
		/* whatever was listed instead */
		{"abc", .other_provider = true, .list = ADA,
			.items = "abc {\"id\":\"abc\",\"userName\":\"x\"}", .id = "abc",
			.name = "x", .requests = FILTERED("abc") "GET Users/abc\n"},
		/* a name counts more than an id */
		{"x", .other_provider = true, .list = "{\"id\":\"1\",\"userName\":\"x\"}",
			.items = "x {\"id\":\"x\",\"userName\":\"y\"}", .id = "1", .name = "x",
			.requests = FILTERED("x")},
		/* Sentry's ids are digits */
		{"abc", .list = "", .items = "abc {\"id\":\"abc\",\"userName\":\"x\"}",
			.error = ERR_NOT_FOUND, .requests = FILTERED("abc")},
	};

	(void)state;
	CHECK(rows);
}

/* One result serves for several look-ups, and nothing of the one before is left. */
static void every_search_starts_afresh(void **state)
{
	const struct search_row name = {.who = "bob@example.com", .list = BOB};
	const struct search_row id = {.who = "99"}, none = {.who = "eve", .list = ""};

	(void)state;
	assert_true(find(&name));
	scripted_wipe(&server);
	assert_string_equal(buf_text(&found.resource), BOB);
	assert_false(found.by_id);
	assert_true(find(&id));
	scripted_wipe(&server);
	assert_true(found.by_id && found.name.len == 0 && found.resource.len == 0);
	assert_string_equal(buf_text(&found.id), "99");
	assert_true(find(&name));
	scripted_wipe(&server);
	assert_false(found.by_id);
	assert_false(find(&none));
	scripted_wipe(&server);
	assert_true(found.id.len == 0 && found.name.len == 0 && found.resource.len == 0);
}

static void paths_are_one_segment(void **state)
{
	struct buf path;

	(void)state;
	buf_init(&path, 256);
	find_path(FIND_MEMBER, str_of("242"), &path);
	buf_add_char(&path, ' ');
	find_path(FIND_TEAM, str_of("a/../b?c#d%"), &path);
	assert_string_equal(buf_text(&path), "Users/242 Groups/a%2F..%2Fb%3Fc%23d%25");
	buf_wipe(&path);
	assert_string_equal(find_noun(FIND_MEMBER), "member");
	assert_string_equal(find_noun(FIND_TEAM), "team");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ids_are_not_asked_about, begin, finish),
		cmocka_unit_test_setup_teardown(blank_names_are_never_sent, begin, finish),
		cmocka_unit_test_setup_teardown(members_are_found_by_name, begin, finish),
		cmocka_unit_test_setup_teardown(nobody_else_is_ever_taken, begin, finish),
		cmocka_unit_test_setup_teardown(what_lists_badly_is_not_trusted, begin, finish),
		cmocka_unit_test_setup_teardown(
			names_that_sentry_misreads_are_looked_for_in_the_list, begin, finish),
		cmocka_unit_test_setup_teardown(teams_are_found_by_name_or_slug, begin, finish),
		cmocka_unit_test_setup_teardown(
			ids_of_other_providers_may_be_any_text, begin, finish),
		cmocka_unit_test_setup_teardown(every_search_starts_afresh, begin, finish),
		cmocka_unit_test(paths_are_one_segment),
	};

	console_setup(-1);
	return cmocka_run_group_tests_name("find", tests, NULL, NULL);
}
