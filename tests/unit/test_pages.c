/*
 * Lists read page by page from servers that behave well, badly, and from lists that change
 * meanwhile: what must come out is every resource, once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "client/pages.h"
#include "codec/json_scan.h"
#include "scripted.h"
#include "sys/console.h"

#define MANY 2000u

/* A list of resources 1, 2, ... and how the server tells of it. */
struct shelf {
	unsigned count;
	unsigned ids[MANY];
	unsigned page_max; /* the server's own limit; 0: none */
	bool ignores_start, ignores_count, without_total, without_ids, with_escapes;
	unsigned counts_more; /* this is added to the total */
	bool endless;         /* the total is always more than what was asked for */
	unsigned empty_from;  /* a page that begins here or later is empty; 0: none */
	unsigned swings;      /* every other page counts so many less */
	unsigned fails_at;    /* the request with this number is refused; 0: none */
	const char *instead;  /* the body of every answer, if not NULL */
	/* before the answer to request AT: DROP resources are taken out at FROM, ADD put in there
	 */
	struct {
		unsigned at, from, drop, add;
	} changes[8];
	uint32_t random; /* 0: nothing; else every request may see another change */
};

static struct shelf shelf;
static struct scripted server;
static struct scripted_client end;
static struct caller caller;
static struct reply reply;
static struct err err;
static unsigned times[MANY * 2]; /* how often each came */
static unsigned came;

static unsigned draw(unsigned below)
{
	shelf.random = shelf.random * 1664525 + 1013904223;
	return (unsigned)((uint64_t)shelf.random * below >> 32);
}

/* Now and then some go, or some come, somewhere: the first change is made so. */
static void draw_change(unsigned at)
{
	const unsigned kind = draw(4), some = 1 + draw(90);

	memset(&shelf.changes[0], 0, sizeof(shelf.changes[0]));
	if (at == 1 || kind > 1)
		return;
	shelf.changes[0].at = at;
	if (kind == 0 && shelf.count > some)
		shelf.changes[0].drop = some;
	else if (kind == 1 && shelf.count + some < MANY)
		shelf.changes[0].add = some;
	shelf.changes[0].from = draw(shelf.count + 1 - shelf.changes[0].drop);
}

static void change(unsigned at)
{
	static unsigned fresh;
	unsigned i, j;

	if (shelf.random != 0)
		draw_change(at);

	for (i = 0; i < sizeof shelf.changes / sizeof shelf.changes[0]; i++) {
		const unsigned from = shelf.changes[i].from, drop = shelf.changes[i].drop;

		if (at == 0 || shelf.changes[i].at != at)
			continue;
		shelf.count -= drop;
		memmove(shelf.ids + from, shelf.ids + from + drop,
			(shelf.count - from) * sizeof(shelf.ids[0]));
		for (j = 0; j < shelf.changes[i].add; j++) {
			memmove(shelf.ids + from + 1, shelf.ids + from,
				(shelf.count - from) * sizeof(shelf.ids[0]));
			shelf.ids[from] = MANY + ++fresh % MANY;
			shelf.count++;
		}
	}
}

static unsigned parameter(struct str target, const char *name)
{
	struct str parameters, one, key, value;
	uint64_t n = 0;

	str_cut(target, '?', &one, &parameters);
	while (parameters.n > 0) {
		str_cut(parameters, '&', &one, &parameters);
		str_cut(one, '=', &key, &value);
		if (str_is(key, name) && str_to_u64(value, UINT32_MAX, &n))
			return (unsigned)n;
	}
	return 0;
}

static void add_resource(unsigned id, struct buf *out)
{
	if (shelf.without_ids)
		buf_addf(out, "{\"userName\":\"u%u\"}", id);
	else if (shelf.with_escapes && id % 2 == 0)
		buf_addf(out, "{\"userName\":\"u%u\",\"id\":\"\\u006e%u\"}", id, id);
	else
		buf_addf(out, "{ \"id\" : \"n%u\", \"userName\":\"u%u\" }", id, id);
}

static void add_list(unsigned from, unsigned count, struct buf *out)
{
	unsigned i, n = 0;

	buf_add_text(out, "{\"Resources\":[");
	for (i = from; i < from + count && i <= shelf.count; i++)
		if (shelf.empty_from == 0 || from < shelf.empty_from) {
			if (n++ > 0)
				buf_add_char(out, ',');
			add_resource(shelf.ids[i - 1], out);
		}
	buf_add_char(out, ']');
	if (!shelf.without_total)
		buf_addf(out, ",\"totalResults\":%u",
			shelf.endless ? from + 10 * count
				      : shelf.count + shelf.counts_more -
					server.requests % 2 * shelf.swings);
	buf_add_char(out, '}');
}

static void play(struct scripted *s, const struct scripted_request *r, struct buf *out)
{
	unsigned from = parameter(r->target, "startIndex"), count = parameter(r->target, "count");
	struct buf body;

	(void)s;
	buf_init(&body, 1u << 24);
	change(r->number);
	if (shelf.ignores_start)
		from = 1;
	if (shelf.ignores_count)
		count = MANY;
	if (shelf.page_max > 0 && count > shelf.page_max)
		count = shelf.page_max;
	if (shelf.instead != NULL)
		buf_add_text(&body, shelf.instead);
	else
		add_list(from, count, &body);
	if (r->number == shelf.fails_at)
		scripted_say(out, 403, "", str_of("{\"detail\":\"no\"}"));
	else
		scripted_say(out, 200, "", buf_str(&body));
	buf_wipe(&body);
}

static void fill(unsigned count)
{
	unsigned i;

	shelf = (struct shelf){.count = count};
	for (i = 0; i < count; i++)
		shelf.ids[i] = i + 1;
}

static void note(struct str resource)
{
	struct json_value name;
	uint64_t n;

	assert_true(json_member(resource, "userName", &name));
	assert_true(str_to_u64(str_skip(name.raw, 1), 2 * MANY - 1, &n));
	times[n]++;
	came++;
}

/* Reads all of it, or what LIMIT wants; a list that does not end is one that gives 100,000. */
static enum pages_step read_some(const char *query, unsigned limit)
{
	struct pages pages;
	struct str resource;
	enum pages_step step = PAGES_END;

	scripted_init(&server, play, NULL);
	scripted_client_init(&end, &server);
	caller = (struct caller){
		.client = &end.client, .policy = {.max = 0}, .question = {.is_sentry = true}};
	memset(times, 0, sizeof(times));
	came = 0;
	err_clear(&err);
	scripted_start(&server);
	pages_init(&pages, &caller, "Users", query, limit);
	while (came < 100000 && (limit == 0 || came < limit)) {
		step = pages_next(&pages, &resource, &reply, &err);
		if (step != PAGES_ITEM)
			break;
		note(resource);
	}
	if (step == PAGES_END)
		/* the end stays the end */
		assert_int_equal(pages_next(&pages, &resource, &reply, &err), PAGES_END);
	pages_wipe(&pages);
	client_wipe(&end.client);
	scripted_stop(&server);
	return step;
}

static void finish(void)
{
	scripted_wipe(&server);
}

/* Every one of FROM..TO came once. */
static void each_once(unsigned from, unsigned to)
{
	unsigned i;

	for (i = from; i <= to; i++)
		if (times[i] != 1)
			fail_msg("%u came %u times", i, times[i]);
}

static void read_whole(unsigned count)
{
	assert_int_equal(read_some(NULL, 0), PAGES_END);
	assert_int_equal(err.kind, ERR_NONE);
	each_once(1, count);
	assert_int_equal(came, count);
}

/* ---- servers that behave well ---- */

static void all_pages_are_read(void **state)
{
	static const struct {
		unsigned count, requests;
	} rows[] = {{0, 1}, {1, 1}, {99, 1}, {100, 1}, {101, 2}, {200, 2}, {1037, 11}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		fill(rows[i].count);
		read_whole(rows[i].count);
		assert_int_equal(server.requests, rows[i].requests);
		finish();
	}
}

static void pages_are_asked_for_by_their_start(void **state)
{
	(void)state;
	fill(201);
	assert_int_equal(read_some("filter=x", 0), PAGES_END);
	assert_string_equal(buf_text(&server.log),
		"GET Users?startIndex=1&count=100&filter=x\n"
		"GET Users?startIndex=101&count=100&filter=x\n"
		"GET Users?startIndex=201&count=100&filter=x\n");
	finish();
}

/* Who wants three does not ask for a hundred, and not for a second page. */
static void no_more_is_asked_for_than_wanted(void **state)
{
	(void)state;
	fill(1000);
	assert_int_equal(read_some(NULL, 3), PAGES_ITEM);
	assert_int_equal(came, 3);
	assert_string_equal(buf_text(&server.log), "GET Users?startIndex=1&count=3\n");
	finish();
	fill(1000);
	assert_int_equal(read_some(NULL, 150), PAGES_ITEM);
	each_once(1, 150);
	assert_string_equal(buf_text(&server.log),
		"GET Users?startIndex=1&count=100\nGET Users?startIndex=101&count=100\n");
	finish();
}

/* ---- servers with ways of their own ---- */

static void pages_may_be_smaller_or_larger_than_asked(void **state)
{
	(void)state;
	fill(205);
	shelf.page_max = 7;
	read_whole(205);
	assert_int_equal(server.requests, 30);
	finish();
	/* all at once */
	fill(1037);
	shelf.ignores_count = true;
	read_whole(1037);
	assert_int_equal(server.requests, 1);
	finish();
	fill(1037);
	shelf.ignores_count = shelf.ignores_start = true;
	read_whole(1037);
	finish();
}

static void without_a_total_an_empty_page_is_the_end(void **state)
{
	(void)state;
	fill(250);
	shelf.without_total = true;
	read_whole(250);
	assert_int_equal(server.requests, 4);
	finish();
	fill(0);
	shelf.without_total = true;
	read_whole(0);
	finish();
}

static void ids_with_escapes_and_no_ids_at_all(void **state)
{
	(void)state;
	fill(350);
	shelf.with_escapes = true;
	read_whole(350);
	finish();
	fill(350);
	shelf.without_ids = true;
	read_whole(350);
	finish();
}

/* Whether it counts more than it gives or has lost some in between: the end is where nothing is. */
static void an_empty_page_before_the_total_is_the_end(void **state)
{
	(void)state;
	fill(250);
	shelf.counts_more = 50;
	read_whole(250);
	finish();
	fill(1000);
	shelf.empty_from = 300;
	assert_int_equal(read_some(NULL, 0), PAGES_END);
	each_once(1, 300);
	assert_int_equal(came, 300);
	finish();
}

/* ---- servers that never come to an end ---- */

static void a_page_that_comes_again_and_again_is_an_error(void **state)
{
	(void)state;
	fill(1000);
	shelf.ignores_start = true;
	assert_int_equal(read_some(NULL, 0), PAGES_FAIL);
	assert_int_equal(err.kind, ERR_PROTOCOL);
	assert_int_equal(server.requests, 2);
	each_once(1, 100);
	finish();
	fill(1000);
	shelf.ignores_start = shelf.without_total = true;
	assert_int_equal(read_some(NULL, 0), PAGES_FAIL);
	assert_int_equal(err.kind, ERR_PROTOCOL);
	finish();
	/* the same page with another total each time */
	fill(100);
	shelf.ignores_start = shelf.endless = true;
	assert_int_equal(read_some(NULL, 0), PAGES_FAIL);
	assert_int_equal(err.kind, ERR_PROTOCOL);
	finish();
}

static void a_list_of_the_same_names_without_ids_ends_by_its_total(void **state)
{
	(void)state;
	fill(1000);
	shelf.ignores_start = shelf.without_ids = true;
	assert_int_equal(read_some(NULL, 0), PAGES_END);
	assert_int_equal(server.requests, 10);
	finish();
}

/* The first ten million are taken for given here. */
static void a_list_without_end_is_an_error(void **state)
{
	struct pages pages;
	struct str resource;
	enum pages_step step;

	(void)state;
	fill(MANY);
	shelf.endless = true;
	scripted_init(&server, play, NULL);
	scripted_client_init(&end, &server);
	caller = (struct caller){.client = &end.client};
	err_clear(&err);
	came = 0;
	scripted_start(&server);
	pages_init(&pages, &caller, "Users", NULL, 0);
	pages.received = PAGES_MOST - 250;
	while ((step = pages_next(&pages, &resource, &reply, &err)) == PAGES_ITEM)
		came++;
	assert_int_equal(step, PAGES_FAIL);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(came, 200);
	pages_wipe(&pages);
	client_wipe(&end.client);
	finish();
}

/* Two servers behind one name, one of which has not heard of the last members yet. */
static void a_list_that_swings_is_no_loop(void **state)
{
	static const unsigned swings[] = {1, 50, 99, 100, 150, 400, 900};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof swings / sizeof swings[0]; i++) {
		enum pages_step step;

		fill(1000);
		shelf.swings = swings[i];
		step = read_some(NULL, 0);
		if (step == PAGES_ITEM || server.requests > 2000)
			fail_msg("%u: %u requests, %u came: %s", swings[i], server.requests, came,
				err.text);
		/* what is well below a page costs requests and nobody */
		if (swings[i] <= 50) {
			assert_true(server.requests < 50);
			assert_int_equal(step, PAGES_END);
			each_once(1, 1000 - swings[i]);
		}
		finish();
	}
}

/* ---- lists that change while they are read ---- */

/* Before request AT, DROP are taken out at FROM (from 0): nobody who stays is missed. */
static void shrink(unsigned at, unsigned from, unsigned drop)
{
	unsigned i;

	fill(1000);
	shelf.changes[0].at = at;
	shelf.changes[0].from = from;
	shelf.changes[0].drop = drop;
	if (read_some(NULL, 0) != PAGES_END)
		fail_msg("%u less at %u before page %u: %s", drop, from, at, err.text);
	for (i = 1; i <= 1000; i++) {
		bool gone = i > from && i <= from + drop;

		if (gone ? times[i] > 1 : times[i] != 1)
			fail_msg("%u less at %u before page %u: %u came %u times", drop, from, at,
				i, times[i]);
	}
	finish();
}

static void nobody_is_missed_when_a_list_shrinks(void **state)
{
	static const unsigned drops[] = {1, 2, 99, 100, 101, 150, 250, 300};
	static const unsigned pages[] = {2, 3, 4, 6, 10};
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof drops / sizeof drops[0]; i++)
		for (j = 0; j < sizeof pages / sizeof pages[0]; j++) {
			const unsigned read = 100 * (pages[j] - 1), drop = drops[i];

			/* what went stood at the very start, had just been read, comes next, or
			   would have come last */
			shrink(pages[j], 0, drop);
			if (read >= drop)
				shrink(pages[j], read - drop, drop);
			if (read + drop <= 1000)
				shrink(pages[j], read, drop);
			shrink(pages[j], 1000 - drop, drop);
		}
}

static void a_list_may_shrink_to_nothing(void **state)
{
	(void)state;
	shrink(2, 0, 1000);
	shrink(3, 0, 1000);
}

static void a_list_may_shrink_on_every_page(void **state)
{
	unsigned i;

	(void)state;
	fill(1000);
	for (i = 0; i < 8; i++) {
		shelf.changes[i].at = i + 2;
		shelf.changes[i].from = 3 * i;
		shelf.changes[i].drop = 30;
	}
	if (read_some(NULL, 0) != PAGES_END)
		fail_msg("%s", err.text);
	for (i = 0; i < shelf.count; i++)
		assert_int_equal(times[shelf.ids[i]], 1);
	finish();
}

/* Who is there from the first page to the last comes, and comes once. */
static void nobody_is_missed_whatever_changes(void **state)
{
	unsigned seed, i, missed = 0, twice = 0;

	(void)state;
	for (seed = 1; seed <= 400; seed++) {
		fill(600);
		shelf.random = seed;
		/* a gap may be wider than a page */
		shelf.page_max = seed % 2 == 0 ? 40 : 0;
		if (read_some(NULL, 0) != PAGES_END)
			fail_msg("%u: %s", seed, err.text);
		for (i = 0; i < shelf.count; i++) {
			missed += shelf.ids[i] < MANY && times[shelf.ids[i]] == 0;
			twice += times[shelf.ids[i]] > 1;
		}
		finish();
	}
	assert_int_equal(missed, 0);
	assert_int_equal(twice, 0);
}

/* More went than is remembered: who was missed nobody can tell, and that is said. */
static void a_list_that_collapses_is_an_error(void **state)
{
	unsigned i;

	(void)state;
	fill(MANY);
	shelf.changes[0].at = 11;
	shelf.changes[0].drop = 900;
	assert_int_equal(read_some(NULL, 0), PAGES_FAIL);
	assert_int_equal(err.kind, ERR_PROTOCOL);
	assert_string_not_equal(err.hint, "");
	for (i = 0; i < 2 * MANY; i++)
		assert_true(times[i] <= 1);
	finish();
}

static void nobody_comes_twice_when_a_list_grows(void **state)
{
	static const unsigned adds[] = {1, 7, 100, 150}, places[] = {0, 50, 100, 900};
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof adds / sizeof adds[0]; i++)
		for (j = 0; j < sizeof places / sizeof places[0]; j++) {
			unsigned k;

			fill(900);
			shelf.changes[0].at = 3;
			shelf.changes[0].from = places[j];
			shelf.changes[0].add = adds[i];
			if (read_some(NULL, 0) != PAGES_END)
				fail_msg("%u more at %u: %s", adds[i], places[j], err.text);
			each_once(1, 900);
			for (k = MANY; k < 2 * MANY; k++)
				assert_true(times[k] <= 1);
			finish();
		}
}

/* One went and one came: no total tells of it, but nobody comes twice. */
static void a_change_that_no_total_tells_of(void **state)
{
	unsigned i;

	(void)state;
	fill(500);
	shelf.changes[0].at = 3;
	shelf.changes[0].from = 400;
	shelf.changes[0].drop = 1;
	shelf.changes[1].at = 3;
	shelf.changes[1].from = 0;
	shelf.changes[1].add = 1;
	assert_int_equal(read_some(NULL, 0), PAGES_END);
	for (i = 1; i <= 500; i++)
		assert_int_equal(times[i], i == 401 ? 0 : 1);
	finish();
}

/* ---- failures ---- */

static void a_page_that_fails_ends_the_list(void **state)
{
	(void)state;
	fill(1000);
	shelf.fails_at = 4;
	assert_int_equal(read_some(NULL, 0), PAGES_FAIL);
	assert_int_equal(err.kind, ERR_AUTH);
	assert_int_equal(reply.status, 403);
	assert_true(reply.answered);
	assert_int_equal(server.requests, 4);
	each_once(1, 300);
	assert_int_equal(came, 300);
	finish();
}

static void what_is_no_list_is_an_error(void **state)
{
	static const char *const bodies[] = {"", "<html>", "[]", "{}", "{\"totalResults\":1}",
		"{\"Resources\":{}}", "{\"detail\":\"x\"}", "{\"totalResults\":0,\"Resources\":[]"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		fill(10);
		shelf.instead = bodies[i];
		assert_int_equal(read_some(NULL, 0), PAGES_FAIL);
		assert_int_equal(err.kind, ERR_PROTOCOL);
		assert_string_not_equal(err.hint, "");
		finish();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_pages_are_read),
		cmocka_unit_test(pages_are_asked_for_by_their_start),
		cmocka_unit_test(no_more_is_asked_for_than_wanted),
		cmocka_unit_test(pages_may_be_smaller_or_larger_than_asked),
		cmocka_unit_test(without_a_total_an_empty_page_is_the_end),
		cmocka_unit_test(ids_with_escapes_and_no_ids_at_all),
		cmocka_unit_test(an_empty_page_before_the_total_is_the_end),
		cmocka_unit_test(a_page_that_comes_again_and_again_is_an_error),
		cmocka_unit_test(a_list_of_the_same_names_without_ids_ends_by_its_total),
		cmocka_unit_test(a_list_without_end_is_an_error),
		cmocka_unit_test(a_list_that_swings_is_no_loop),
		cmocka_unit_test(nobody_is_missed_when_a_list_shrinks),
		cmocka_unit_test(a_list_may_shrink_to_nothing),
		cmocka_unit_test(a_list_may_shrink_on_every_page),
		cmocka_unit_test(nobody_is_missed_whatever_changes),
		cmocka_unit_test(a_list_that_collapses_is_an_error),
		cmocka_unit_test(nobody_comes_twice_when_a_list_grows),
		cmocka_unit_test(a_change_that_no_total_tells_of),
		cmocka_unit_test(a_page_that_fails_ends_the_list),
		cmocka_unit_test(what_is_no_list_is_an_error),
	};

	console_setup(-1);
	return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
