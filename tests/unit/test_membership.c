/*
 * Who is in which team, as a server lists it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "roster/membership.h"
#include "scripted.h"

static struct scripted server;
static struct membership membership;
static struct err err;

static void play(struct scripted *s, const struct scripted_request *r, struct buf *out)
{
	(void)r;
	scripted_say(out, 200, "", str_of(s->context));
}

/* Reads the teams of a server whose list of them is BODY. */
static bool load(char *body, struct state *state)
{
	struct scripted_client end;
	struct caller caller;
	struct reply reply;
	bool ok;

	scripted_init(&server, play, body);
	scripted_client_init(&end, &server);
	caller = (struct caller){.client = &end.client};
	err_clear(&err);
	membership_init(&membership);
	scripted_start(&server);
	ok = membership_load(&membership, &caller, state, &reply, &err);
	scripted_stop(&server);
	client_wipe(&end.client);
	scripted_wipe(&server);
	return ok;
}

/* The names of the teams of ID, each followed by a blank. */
static const char *teams_of(const char *id)
{
	static char text[100];
	size_t at = 0, length = 0;
	uint32_t team;

	text[0] = '\0';
	while (membership_team(&membership, str_of(id), &at, &team))
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%.*s ",
			STR_ARG(membership.teams[team].name));
	return text;
}

static void teams_and_members_are_read(void **state)
{
	char body[] =
		"{\"totalResults\":4,\"Resources\":["
		"{\"id\":\"5\",\"displayName\":\"Blue \\u00e9\",\"members\":[{\"value\":\"7\"},"
		"{\"value\":\"8\",\"display\":\"x\"}]},"
		"{\"id\":\"6\",\"displayName\":\"Red\",\"members\":[{\"value\":\"\\u0037\"}]},"
		"{\"id\":\"9\",\"displayName\":\"Empty\",\"members\":[]},"
		"{\"id\":\"10\",\"displayName\":\"Silent\"}]}";
	struct state before = {{0}}, after = {{0}};

	(void)state;
	assert_true(load(body, &before));
	assert_int_equal(membership.team_count, 4);
	assert_int_equal(membership.pair_count, 3);
	assert_string_equal(teams_of("7"), "Blue \xC3\xA9 Red ");
	assert_string_equal(teams_of("8"), "Blue \xC3\xA9 ");
	assert_string_equal(teams_of("9"), "");
	assert_true(str_is(membership.teams[3].id, "10"));
	membership_wipe(&membership);
	/* Another member is another state. */
	*strchr(strchr(body, '8'), '8') = '4';
	assert_true(load(body, &after));
	assert_memory_not_equal(&before, &after, sizeof(before));
	membership_wipe(&membership);
	assert_true(load(body, NULL));
	membership_wipe(&membership);
}

static void a_team_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *group, *says;
	} cases[] = {
		{"{\"id\":\"..\",\"displayName\":\"T\"}", "an id that is none"},
		{"{\"id\":\"\",\"displayName\":\"T\"}", "an id that is none"},
		{"{\"id\":7,\"displayName\":\"T\"}", "a team without id or name"},
		{"{\"id\":\"7\"}", "a team without id or name"},
	};
	char body[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(body, sizeof(body), "{\"totalResults\":1,\"Resources\":[%s]}",
			cases[i].group);
		assert_false(load(body, NULL));
		assert_int_equal(err.kind, ERR_PROTOCOL);
		if (strstr(err.text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].group, err.text);
		membership_wipe(&membership);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(teams_and_members_are_read),
		cmocka_unit_test(a_team_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
