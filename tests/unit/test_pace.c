#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka needs the headers above */
#include <cmocka.h>

#include "roster/pace.h"
#include "sys/clock.h"

/* An answer with the given status and fields. */
static void answer(struct pace *p, int status, const char *fields, int64_t now)
{
	struct http_response r;
	struct buf body;
	char text[600];
	size_t used;

	memset(&r, 0, sizeof(r));
	buf_init(&body, 1024);
	http_response_init(&r, HTTP_REQUEST_PLAIN, &body);
	snprintf(
		text, sizeof(text), "HTTP/1.1 %d X\r\nContent-Length: 0\r\n%s\r\n", status, fields);
	assert_int_equal(http_response_feed(&r, text, strlen(text), &used), HTTP_DONE);
	pace_answer(p, &r, now);
	http_response_wipe(&r);
	buf_wipe(&body);
}

/* Sends whenever it may, from NOW to END; fills TIMES, answers how many. */
static unsigned send_until(struct pace *p, int64_t now, int64_t end, int64_t *times, unsigned room)
{
	unsigned n = 0;

	for (; now < end && n < room; now++)
		while (n < room && pace_when(p, 0, now) <= now) {
			times[n++] = now;
			pace_sent(p, now);
		}
	return n;
}

static void no_second_holds_more_than_the_rate(void **state)
{
	static const unsigned rates[] = {1, 2, 7, 40, 100, 999};
	static int64_t times[5000];
	unsigned i, j, k, n;

	(void)state;
	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct pace p;

		pace_init(&p, rates[i], 4, 60000);
		n = send_until(&p, 123456, 123456 + 4000, times, 5000);
		assert_true(n >= 3 * rates[i]);
		for (j = 0; j < n; j++) {
			for (k = j; k < n && times[k] < times[j] + 1000; k++)
				continue;
			assert_true(k - j <= rates[i]);
		}
	}
}

static void a_pause_is_not_made_up_for_by_a_burst(void **state)
{
	static int64_t times[100];
	struct pace p;

	(void)state;
	pace_init(&p, 10, 4, 60000);
	pace_sent(&p, 1000);
	assert_int_equal(send_until(&p, 60000, 60001, times, 100), 1);
}

static void no_more_at_once_than_allowed(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 40, 4, 60000);
	assert_true(pace_when(&p, 3, 10) <= 10);
	assert_true(pace_when(&p, 4, 10) == CLOCK_NEVER);
	answer(&p, 200, "X-Sentry-Rate-Limit-ConcurrentLimit: 3\r\n", 10);
	assert_true(pace_when(&p, 2, 10) == CLOCK_NEVER);
	answer(&p, 200, "X-Sentry-Rate-Limit-ConcurrentRemaining: 0\r\n", 10);
	assert_true(pace_when(&p, 1, 10) == CLOCK_NEVER);
	/* one connection is always left */
	answer(&p, 200, "X-Sentry-Rate-Limit-ConcurrentRemaining: 0\r\n", 10);
	assert_true(pace_when(&p, 0, 10) <= 10);
}

static void the_servers_limit_counts_when_it_is_lower(void **state)
{
	static int64_t times[1000];
	struct pace p;

	(void)state;
	pace_init(&p, 40, 4, 60000);
	answer(&p, 200, "X-Sentry-Rate-Limit-Limit: 5\r\n", 0);
	assert_in_range(send_until(&p, 1, 3001, times, 1000), 12, 16);
	answer(&p, 200, "X-Sentry-Rate-Limit-Limit: 5000\r\n", 0);
	assert_int_equal(p.rate, 5);
	answer(&p, 200, "X-Sentry-Rate-Limit-Limit: 0\r\n", 0);
	assert_int_equal(p.rate, 5);
}

static void a_wait_asked_for_applies_to_all(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 40, 4, 60000);
	answer(&p, 429, "Retry-After: 2\r\n", 5000);
	assert_true(pace_when(&p, 0, 5000) >= 7000);
	pace_hold(&p, 100, 5000); /* a shorter one does not end it */
	assert_true(pace_when(&p, 0, 5000) >= 7000);
}

static void failures_drain_and_successes_fill(void **state)
{
	struct pace p;
	unsigned i;

	(void)state;
	pace_init(&p, 40, 4, 60000);
	for (i = 0; i < 9; i++)
		answer(&p, 503, "", 0);
	assert_false(pace_unwell(&p));
	pace_failure(&p);
	assert_true(pace_unwell(&p));
	pace_init(&p, 40, 4, 60000);
	for (i = 0; i < 1000; i++) { /* one in twelve is no storm */
		if (i % 12 == 0)
			pace_failure(&p);
		else
			answer(&p, 201, "", 0);
		assert_false(pace_unwell(&p));
	}
	pace_init(&p, 40, 4, 60000);
	for (i = 0; i < 49; i++)
		answer(&p, 429, "", 0);
	assert_false(pace_unwell(&p));
	answer(&p, 429, "", 0);
	assert_true(pace_unwell(&p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_second_holds_more_than_the_rate),
		cmocka_unit_test(a_pause_is_not_made_up_for_by_a_burst),
		cmocka_unit_test(no_more_at_once_than_allowed),
		cmocka_unit_test(the_servers_limit_counts_when_it_is_lower),
		cmocka_unit_test(a_wait_asked_for_applies_to_all),
		cmocka_unit_test(failures_drain_and_successes_fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
