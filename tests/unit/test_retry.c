#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "canned.h"
#include "client/retry.h"

#define DATE  "Date: Tue, 24 Nov 2026 08:15:30 GMT\r\n" /* 1795508130 */
#define NEVER (400LL * 24 * 3600 * 1000)

static struct canned reply;

static int begin(void **state)
{
	(void)state;
	canned_init(&reply);
	return 0;
}

static int end(void **state)
{
	(void)state;
	canned_wipe(&reply);
	return 0;
}

static void the_server_says_how_long(void **state)
{
	static const struct {
		int status;
		const char *fields;
		int64_t asked;
	} rows[] = {
		{429, "", RETRY_UNASKED},
		{429, "Retry-After: 0\r\n", 0},
		{429, "Retry-After: 7\r\n", 7000},
		{503, "retry-after:  120\t\r\n", 120000},
		{503, "Retry-After: 34560000\r\n", NEVER},
		{503, "Retry-After: 34560001\r\n", NEVER},
		{503, "Retry-After: 9223372036854775807\r\n", NEVER},
		/* what is no number of seconds asks for nothing */
		{503, "Retry-After: 9223372036854775808\r\n", RETRY_UNASKED},
		{503, "Retry-After: -1\r\n", RETRY_UNASKED},
		{503, "Retry-After: +1\r\n", RETRY_UNASKED},
		{503, "Retry-After: 1.5\r\n", RETRY_UNASKED},
		{503, "Retry-After: 0x10\r\n", RETRY_UNASKED},
		{503, "Retry-After: 7, 9\r\n", RETRY_UNASKED},
		{503, "Retry-After:\r\n", RETRY_UNASKED},
		{503, "Retry-After: soon\r\n", RETRY_UNASKED},
		/* a date is measured against the answer's own, never against a clock here */
		{503, "Retry-After: Tue, 24 Nov 2026 08:15:42 GMT\r\n" DATE, 12000},
		{503, DATE "Retry-After: Tuesday, 24-Nov-26 08:16:30 GMT\r\n", 60000},
		{503, DATE "Retry-After: Tue, 24 Nov 2026 08:15:30 GMT\r\n", 0},
		{503, DATE "Retry-After: Tue, 24 Nov 2026 08:15:29 GMT\r\n", 0},
		{503, DATE "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", NEVER},
		{503, "Retry-After: Tue, 24 Nov 2026 08:15:42 GMT\r\n", RETRY_UNASKED},
		{503, "Date: now\r\nRetry-After: Tue, 24 Nov 2026 08:15:42 GMT\r\n", RETRY_UNASKED},
		/* Sentry's own field: only when nothing is left, and only beside a date */
		{429, DATE "X-Sentry-Rate-Limit-Reset: 1795508131\r\n", 1000},
		{429, DATE "X-Sentry-Rate-Limit-Reset: 1795508130\r\n", 0},
		{429, DATE "X-Sentry-Rate-Limit-Reset: 1795508129\r\n", 0},
		{429, DATE "X-Sentry-Rate-Limit-Reset: 1795508190\r\n", 60000},
		{429, DATE "X-Sentry-Rate-Limit-Reset: 9223372036854775807\r\n", NEVER},
		{429, DATE "X-Sentry-Rate-Limit-Reset: 1795508190.5\r\n", RETRY_UNASKED},
		{429, "X-Sentry-Rate-Limit-Reset: 1795508190\r\n", RETRY_UNASKED},
		{503, DATE "X-Sentry-Rate-Limit-Reset: 1795508190\r\n", RETRY_UNASKED},
		{200, DATE "X-Sentry-Rate-Limit-Reset: 1795508190\r\n", RETRY_UNASKED},
		/* the general field counts first, whatever their order */
		{429, DATE "X-Sentry-Rate-Limit-Reset: 1795508190\r\nRetry-After: 3\r\n", 3000},
		{429, DATE "X-Sentry-Rate-Limit-Reset: 1795508190\r\nRetry-After: ?\r\n", 60000},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		canned_set(&reply, rows[i].status, rows[i].fields, "");
		if (retry_asked(&reply.response) != rows[i].asked)
			fail_msg("%s: %lld", rows[i].fields,
				(long long)retry_asked(&reply.response));
	}
}

static int64_t wait_of(
	unsigned done, int64_t asked, bool throttled, uint32_t random, int64_t max_wait)
{
	const struct retry_policy policy = {.max = UINT32_MAX, .max_wait = max_wait};
	int64_t wait = -7;

	assert_int_equal(retry_decide(&policy, done, asked, throttled, random, &wait), RETRY_AFTER);
	return wait;
}

static void without_a_word_the_wait_doubles_up_to_a_cap(void **state)
{
	static const int64_t plain[] = {250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
	static const int64_t throttled[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof plain / sizeof plain[0]; i++)
		assert_int_equal(wait_of(i, RETRY_UNASKED, false, UINT32_MAX, INT64_MAX), plain[i]);
	for (i = 0; i < sizeof throttled / sizeof throttled[0]; i++)
		assert_int_equal(
			wait_of(i, RETRY_UNASKED, true, UINT32_MAX, INT64_MAX), throttled[i]);
	assert_int_equal(
		wait_of(UINT32_MAX - 1, RETRY_UNASKED, true, UINT32_MAX, INT64_MAX), RETRY_CAP);
}

/* Full jitter: all of 0 to the limit, the middle in the middle. */
static void random_bits_spread_the_waits_evenly(void **state)
{
	(void)state;
	assert_int_equal(wait_of(0, RETRY_UNASKED, false, 0, INT64_MAX), 0);
	assert_int_equal(wait_of(9, RETRY_UNASKED, true, 0, INT64_MAX), 0);
	assert_int_equal(wait_of(2, RETRY_UNASKED, false, 1u << 31, INT64_MAX), 500);
	assert_int_equal(wait_of(2, RETRY_UNASKED, false, 1u << 30, INT64_MAX), 250);
	/* each of the 251 waits is as likely as the others: the first ends at 2^32 / 251 */
	assert_int_equal(wait_of(0, RETRY_UNASKED, false, 17111423, INT64_MAX), 0);
	assert_int_equal(wait_of(0, RETRY_UNASKED, false, 17111424, INT64_MAX), 1);
}

static void what_is_asked_is_a_floor(void **state)
{
	(void)state;
	assert_int_equal(wait_of(0, 5000, true, 0, 60000), 5000);
	assert_int_equal(wait_of(8, 5000, true, UINT32_MAX, 60000), 5250);
	assert_int_equal(wait_of(0, 0, true, 0, 60000), 0);
	assert_int_equal(wait_of(0, 0, true, UINT32_MAX, 60000), RETRY_SPREAD);
	/* the random part alone never makes a wait too long */
	assert_int_equal(wait_of(0, 60000, true, UINT32_MAX, 60000), 60000);
	assert_int_equal(wait_of(0, 59900, true, UINT32_MAX, 60000), 60000);
	assert_int_equal(wait_of(0, 0, true, UINT32_MAX, 0), 0);
}

static void back_off_is_cut_to_the_longest_wait(void **state)
{
	(void)state;
	assert_int_equal(wait_of(9, RETRY_UNASKED, false, UINT32_MAX, 1500), 1500);
	assert_int_equal(wait_of(9, RETRY_UNASKED, false, 0, 1500), 0);
	assert_int_equal(wait_of(9, RETRY_UNASKED, true, UINT32_MAX, 0), 0);
}

static void enough_is_enough(void **state)
{
	static const struct {
		unsigned max, done;
		int64_t asked;
		enum retry_verdict verdict;
		int64_t wait;
	} rows[] = {
		{0, 0, RETRY_UNASKED, RETRY_EXHAUSTED, -1},
		{1, 0, RETRY_UNASKED, RETRY_AFTER, 0},
		{1, 1, RETRY_UNASKED, RETRY_EXHAUSTED, -1},
		{4, 3, RETRY_UNASKED, RETRY_AFTER, 0},
		{4, 4, RETRY_UNASKED, RETRY_EXHAUSTED, -1},
		{4, 5, RETRY_UNASKED, RETRY_EXHAUSTED, -1},
		{4, 0, 60000, RETRY_AFTER, 60000},
		{4, 0, 60001, RETRY_TOO_LONG, 60001},
		{4, 0, NEVER, RETRY_TOO_LONG, NEVER},
		/* who may not ask again need not be told how long to wait */
		{0, 0, 60001, RETRY_EXHAUSTED, -1},
		{4, 4, 1, RETRY_EXHAUSTED, -1},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct retry_policy policy = {.max = rows[i].max, .max_wait = 60000};
		int64_t wait;

		assert_int_equal(
			retry_decide(&policy, rows[i].done, rows[i].asked, false, 0, &wait),
			rows[i].verdict);
		if (rows[i].verdict != RETRY_EXHAUSTED)
			assert_int_equal(wait, rows[i].wait);
	}
}

static void only_what_may_pass_is_tried_again(void **state)
{
	struct err e = {.number = EAGAIN};
	enum err_kind kind;

	(void)state;
	for (kind = ERR_NONE; kind < ERR_KINDS; kind++) {
		e.kind = kind;
		assert_int_equal(retry_passes(&e),
			kind == ERR_CONNECT || kind == ERR_TIMEOUT || kind == ERR_CLOSED ||
				kind == ERR_NAME);
	}
	e = (struct err){.kind = ERR_NAME};
	assert_false(retry_passes(&e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_server_says_how_long),
		cmocka_unit_test(without_a_word_the_wait_doubles_up_to_a_cap),
		cmocka_unit_test(random_bits_spread_the_waits_evenly),
		cmocka_unit_test(what_is_asked_is_a_floor),
		cmocka_unit_test(back_off_is_cut_to_the_longest_wait),
		cmocka_unit_test(enough_is_enough),
		cmocka_unit_test(only_what_may_pass_is_tried_again),
	};

	return cmocka_run_group_tests_name("retry", tests, begin, end);
}
