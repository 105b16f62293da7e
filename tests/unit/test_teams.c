/*
 * Membership of teams: gathered into requests of bounded size, and a request that is refused for
 * one member made again for each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "roster/teams.h"
#include "scripted.h"

#define FIND                                                                                       \
	"GET "                                                                                     \
	"Groups?startIndex=1&count=100&excludedAttributes=members&filter=displayName%20eq%20%"     \
	"22Red%22\n"

/* What the server is like, and what the watcher has been told. */
struct play {
	bool there;       /* the team Red, whose id is 5 */
	bool unmakeable;  /* it cannot be created */
	const char *gone; /* the id of a member for whom a request is refused, or NULL */
	unsigned begun, ready, good, bad;
	uint32_t last_bad;
};

static struct play play;
static struct scripted server;
static struct scripted_client end;
static struct caller caller;
static struct teams_totals totals;
static struct err err;

static void answer(struct scripted *s, const struct scripted_request *r, struct buf *out)
{
	struct play *p = s->context;
	char quoted[20];

	if (str_is(r->method, "GET")) {
		scripted_say(out, 200, "",
			str_of(p->there ? "{\"totalResults\":1,\"Resources\":[{\"id\":\"5\","
					  "\"displayName\":\"Red\"}]}"
					: "{\"totalResults\":0,\"Resources\":[]}"));
		return;
	}
	if (str_is(r->method, "POST")) {
		p->there = !p->unmakeable;
		scripted_say(out, p->there ? 201 : 400, "",
			str_of("{\"id\":\"5\",\"displayName\":\"Red\"}"));
		return;
	}
	snprintf(quoted, sizeof(quoted), "\"%s\"", p->gone != NULL ? p->gone : "");
	if (p->gone != NULL && str_contains(r->body, quoted))
		scripted_say(out, 404, "", str_of("{\"detail\":\"User not found.\"}"));
	else
		scripted_say(out, 204, "", str_of(""));
}

static bool begin_one(void *context, uint32_t token, struct err *e)
{
	struct play *p = context;

	(void)token;
	(void)e;
	p->begun++;
	return true;
}

static bool be_ready(void *context, struct err *e)
{
	struct play *p = context;

	(void)e;
	p->ready++;
	return true;
}

static bool end_one(void *context, uint32_t token, const struct err *failure, struct err *e)
{
	struct play *p = context;

	(void)e;
	p->good += failure == NULL;
	p->bad += failure != NULL;
	if (failure != NULL)
		p->last_bad = token;
	return true;
}

static const struct teams_watcher watcher = {
	.context = &play, .begin = begin_one, .ready = be_ready, .end = end_one};

static struct teams *start(const struct play *like)
{
	play = *like;
	totals = (struct teams_totals){.added = 0};
	err_clear(&err);
	scripted_init(&server, answer, &play);
	scripted_client_init(&end, &server);
	caller = (struct caller){.client = &end.client, .question = {.is_sentry = true}};
	scripted_start(&server);
	return teams_new(&caller, 0, &watcher, &totals);
}

static void stop(struct teams *t)
{
	teams_free(t);
	scripted_stop(&server);
	client_wipe(&end.client);
}

/* COUNT members, whose ids are 1000 and so on, join or leave. */
static void put_many(struct teams *t, enum teams_change change, unsigned count)
{
	char id[12];
	unsigned i;

	for (i = 0; i < count; i++) {
		snprintf(id, sizeof(id), "%u", 1000 + i);
		assert_true(teams_put(t, change, str_of("Red"), str_of(""), str_of(id), i, &err));
	}
	assert_true(teams_flush(t, &err));
}

static void a_team_that_is_missing_is_made_once(void **state)
{
	struct teams *t = start(&(struct play){.there = false});
	bool made;

	(void)state;
	assert_true(teams_make(t, str_of("Red"), &made, &err));
	assert_true(made);
	assert_true(teams_make(t, str_of("RED"), &made, &err));
	stop(t);
	assert_string_equal(buf_text(&server.log), FIND "POST Groups\n" FIND);
	assert_int_equal(totals.created, 1);
	scripted_wipe(&server);
}

static void a_team_that_cannot_be_made_fails_its_members_only(void **state)
{
	struct teams *t = start(&(struct play){.unmakeable = true});
	bool made;

	(void)state;
	assert_true(teams_make(t, str_of("Red"), &made, &err));
	assert_false(made);
	put_many(t, TEAMS_ADD, 3);
	stop(t);
	assert_string_equal(buf_text(&server.log), FIND "POST Groups\n");
	assert_int_equal(play.bad, 3);
	assert_int_equal(totals.failed, 3);
	assert_int_equal(play.begun, 0);
	scripted_wipe(&server);
}

static void many_members_go_in_requests_of_bounded_size(void **state)
{
	struct teams *t = start(&(struct play){.there = true});

	(void)state;
	put_many(t, TEAMS_ADD, 250);
	put_many(t, TEAMS_REMOVE, 1);
	stop(t);
	assert_string_equal(buf_text(&server.log),
		FIND "PATCH Groups/5\nPATCH Groups/5\nPATCH Groups/5\nPATCH Groups/5\n");
	assert_int_equal(play.begun, 251);
	assert_int_equal(play.ready, 4);
	assert_int_equal(play.good, 251);
	assert_int_equal(totals.added, 250);
	assert_int_equal(totals.removed, 1);
	assert_non_null(strstr(buf_text(&server.bodies), "\"1249\""));
	scripted_wipe(&server);
}

static void who_has_gone_does_not_keep_the_others_out(void **state)
{
	struct teams *t = start(&(struct play){.there = true, .gone = "1002"});

	(void)state;
	put_many(t, TEAMS_ADD, 4);
	stop(t);
	/* once for all, then for each */
	assert_int_equal(server.requests, 1 + 1 + 4);
	assert_int_equal(play.good, 3);
	assert_int_equal(play.bad, 1);
	assert_int_equal(play.last_bad, 2);
	assert_int_equal(totals.added, 3);
	assert_int_equal(totals.failed, 1);
	scripted_wipe(&server);
}

static void a_team_whose_id_is_known_is_not_looked_up(void **state)
{
	struct teams *t = start(&(struct play){.there = false});

	(void)state;
	assert_true(teams_put(t, TEAMS_REMOVE, str_of("Red"), str_of("a/b"), str_of("7"), 0, &err));
	assert_true(teams_flush(t, &err));
	stop(t);
	assert_string_equal(buf_text(&server.log), "PATCH Groups/a%2Fb\n");
	scripted_wipe(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_team_that_is_missing_is_made_once),
		cmocka_unit_test(a_team_that_cannot_be_made_fails_its_members_only),
		cmocka_unit_test(many_members_go_in_requests_of_bounded_size),
		cmocka_unit_test(who_has_gone_does_not_keep_the_others_out),
		cmocka_unit_test(a_team_whose_id_is_known_is_not_looked_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
