#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/json_scan.h"
#include "command.h"

#define USER "urn:ietf:params:scim:schemas:core:2.0:User"
#define NAME                                                                                       \
	"{\"name\":\"userName\",\"type\":\"string\",\"required\":true,\"mutability\":"             \
	"\"readWrite\"}"
#define ONE "{ \"id\" : \"" USER "\", \"attributes\":[" NAME "] }"
#define ALL "{\"totalResults\":2,\"Resources\":[{\"id\":\"urn:x\"}," ONE "]}"
#define TYPES                                                                                      \
	"{\"Resources\":[{\"name\":\"User\",\"endpoint\":\"/Users\",\"schema\":\"" USER "\"}]}"
#define SPC "{\"patch\":{\"supported\":true}, \"n\":1.50}"

/* What the server has under a path; everything else is 404. */
struct document {
	const char *path;
	int status;
	const char *body;
};

static struct scripted server;
static struct command command;

static void play(struct scripted *s, const struct scripted_request *r, struct buf *out)
{
	const struct document *d = s->context;

	while (d->path != NULL && !str_is(r->target, d->path))
		d++;
	if (d->path != NULL)
		scripted_say(out, d->status, "", str_of(d->body));
	else
		scripted_say(out, 404, "", str_of("{\"detail\":\"nothing here\"}"));
}

static int begin(void **state)
{
	(void)state;
	command_init(&command);
	scripted_init(&server, play, NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	command_wipe(&command);
	scripted_wipe(&server);
	return 0;
}

static void run(const struct document *documents, const char *urn, const char *output)
{
	const char *arguments[5];
	unsigned n = 0;
	union {
		const struct document *in;
		void *out;
	} context = {.in = documents};

	if (urn != NULL)
		arguments[n++] = urn;
	if (output != NULL)
		arguments[n++] = output;
	arguments[n++] = "--retries=0";
	arguments[n] = NULL;
	server.context = context.out;
	buf_clear(&server.log);
	command_run(&command, &server, cmd_schema, arguments);
}

static void expect(int code, const char *out, const char *requests)
{
	if (command.code != code)
		fail_msg("%d: %s", command.code, buf_text(&command.err));
	assert_string_equal(buf_text(&command.out), out);
	assert_string_equal(buf_text(&server.log), requests);
}

#define THREE "GET ServiceProviderConfig\nGET ResourceTypes\nGET Schemas\n"

static const struct document full[] = {{"ServiceProviderConfig", 200, SPC},
	{"ResourceTypes", 200, TYPES}, {"Schemas", 200, ALL}, {NULL, 0, NULL}};
/* before discovery there was only the list of schemas */
static const struct document old[] = {{"Schemas", 200, ALL}, {NULL, 0, NULL}};
static const struct document none[] = {{NULL, 0, NULL}};

static void all_documents_are_one(void **state)
{
	(void)state;
	run(full, NULL, NULL);
	expect(0,
		"{\"ServiceProviderConfig\":" SPC ",\"ResourceTypes\":" TYPES ",\"Schemas\":" ALL
		"}\n",
		THREE);
	assert_true(json_valid(buf_str(&command.out), NULL));
	run(full, NULL, "--output=csv");
	expect(0, "name,endpoint,schema\nUser,/Users," USER "\n", THREE);
}

static void what_a_server_lacks_is_null(void **state)
{
	static const struct document refuses[] = {{"ServiceProviderConfig", 405, "{}"},
		{"ResourceTypes", 404, ""}, {"Schemas", 200, ALL}, {NULL, 0, NULL}};

	(void)state;
	run(old, NULL, NULL);
	expect(0, "{\"ServiceProviderConfig\":null,\"ResourceTypes\":null,\"Schemas\":" ALL "}\n",
		THREE);
	assert_non_null(strstr(buf_text(&command.err), "has no ServiceProviderConfig"));
	assert_non_null(strstr(buf_text(&command.err), "has no ResourceTypes"));
	assert_null(strstr(buf_text(&command.err), "has no Schemas"));
	run(refuses, NULL, NULL);
	expect(0, "{\"ServiceProviderConfig\":null,\"ResourceTypes\":null,\"Schemas\":" ALL "}\n",
		THREE);
}

/* Three times nothing is a wrong URL. */
static void a_server_without_any_is_an_error(void **state)
{
	(void)state;
	run(none, NULL, NULL);
	expect(7, "", THREE);
	assert_non_null(strstr(buf_text(&command.err), "nothing here"));
}

static void a_failure_on_the_way_is_not_a_lack(void **state)
{
	static const struct document refused[] = {{"ServiceProviderConfig", 200, SPC},
		{"ResourceTypes", 401, "{\"detail\":\"no\"}"}, {"Schemas", 200, ALL},
		{NULL, 0, NULL}};
	static const struct document broken[] = {{"ServiceProviderConfig", 200, SPC},
		{"ResourceTypes", 200, "<html>"}, {NULL, 0, NULL}};
	static const struct document failing[] = {
		{"ServiceProviderConfig", 503, ""}, {"Schemas", 200, ALL}, {NULL, 0, NULL}};

	(void)state;
	run(refused, NULL, NULL);
	expect(6, "", "GET ServiceProviderConfig\nGET ResourceTypes\n");
	run(broken, NULL, NULL);
	expect(1, "", "GET ServiceProviderConfig\nGET ResourceTypes\n");
	run(failing, NULL, NULL);
	expect(9, "", "GET ServiceProviderConfig\n");
}

#define ENCODED "urn%3Aietf%3Aparams%3Ascim%3Aschemas%3Acore%3A2.0%3AUser"

static void one_schema_is_found_in_either_place(void **state)
{
	static const struct document single[] = {
		{"Schemas/" ENCODED, 200, ONE}, {"Schemas", 200, ALL}, {NULL, 0, NULL}};

	(void)state;
	run(single, USER, NULL);
	expect(0, ONE "\n", "GET Schemas/" ENCODED "\n");
	run(single, USER, "--output=csv");
	expect(0, "name,type,required,mutability,description\nuserName,string,true,readWrite,\n",
		"GET Schemas/" ENCODED "\n");
	run(old, USER, NULL);
	expect(0, ONE "\n", "GET Schemas/" ENCODED "\nGET Schemas\n");
	/* RFC 8141: the case of a URN's head does not matter, and people type anything */
	run(old, "URN:IETF:params:scim:schemas:core:2.0:user", NULL);
	assert_int_equal(command.code, 0);
	assert_string_equal(buf_text(&command.out), ONE "\n");
}

static void a_schema_that_is_nowhere_is_not_found(void **state)
{
	static const struct document refused[] = {
		{"Schemas", 403, "{\"detail\":\"no\"}"}, {NULL, 0, NULL}};

	(void)state;
	run(old, "urn:nope", NULL);
	expect(7, "", "GET Schemas/urn%3Anope\nGET Schemas\n");
	assert_non_null(strstr(buf_text(&command.err), "no schema urn:nope"));
	assert_non_null(strstr(buf_text(&command.err), "`sentry-scim schema`"));
	run(none, "urn:nope", NULL);
	expect(7, "", "GET Schemas/urn%3Anope\nGET Schemas\n");
	run(refused, "urn:nope", NULL);
	expect(6, "", "GET Schemas/urn%3Anope\nGET Schemas\n");
}

/* It stays one segment below Schemas. */
static void a_urn_cannot_leave_its_place(void **state)
{
	(void)state;
	run(old, "../Users?x#y", NULL);
	expect(7, "", "GET Schemas/..%2FUsers%3Fx%23y\nGET Schemas\n");
	run(old, "..", NULL);
	expect(2, "", "");
	run(old, ".", NULL);
	expect(2, "", "");
}

static void a_dry_run_shows_the_first_request(void **state)
{
	(void)state;
	run(full, NULL, "--dry-run");
	assert_int_equal(command.code, 0);
	assert_true(str_contains(buf_str(&command.out), "/ServiceProviderConfig"));
	assert_string_equal(buf_text(&server.log), "");
	run(full, USER, "--dry-run");
	assert_int_equal(command.code, 0);
	assert_true(str_contains(buf_str(&command.out), "/Schemas/" ENCODED));
	assert_string_equal(buf_text(&server.log), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_documents_are_one, begin, end),
		cmocka_unit_test_setup_teardown(what_a_server_lacks_is_null, begin, end),
		cmocka_unit_test_setup_teardown(a_server_without_any_is_an_error, begin, end),
		cmocka_unit_test_setup_teardown(a_failure_on_the_way_is_not_a_lack, begin, end),
		cmocka_unit_test_setup_teardown(one_schema_is_found_in_either_place, begin, end),
		cmocka_unit_test_setup_teardown(a_schema_that_is_nowhere_is_not_found, begin, end),
		cmocka_unit_test_setup_teardown(a_urn_cannot_leave_its_place, begin, end),
		cmocka_unit_test_setup_teardown(a_dry_run_shows_the_first_request, begin, end),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
