#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "codec/date.h"
#include "guard.h"

#define LAST_SECOND INT64_C(253402300799)

/* All days there are, counted up one by one by the rules of the calendar. */
static void every_day_goes_there_and_back(void **state)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	struct date d = {.year = 1970, .month = 1, .day = 1}, back;
	int64_t want = 0, got;

	(void)state;
	for (; d.year <= 9999; d.year++)
		for (d.month = 1; d.month <= 12; d.month++) {
			bool leap = d.year % 4 == 0 && (d.year % 100 != 0 || d.year % 400 == 0);
			int days = lengths[d.month - 1] + (d.month == 2 && leap);

			for (d.day = 1; d.day <= days; d.day++, want += 86400) {
				if (!date_to_seconds(&d, &got) || got != want)
					fail_msg("%d-%d-%d", d.year, d.month, d.day);
				date_from_seconds(want + 86399, &back);
				if (back.year != d.year || back.month != d.month ||
					back.day != d.day || back.hour != 23 || back.second != 59)
					fail_msg("%d-%d-%d back", d.year, d.month, d.day);
			}
			assert_false(date_to_seconds(&d, &got));
		}
	assert_int_equal(want - 1, LAST_SECOND);
}

static void fields_out_of_range_are_refused(void **state)
{
	static const struct date wrong[] = {{1969, 12, 31, 0, 0, 0}, {10000, 1, 1, 0, 0, 0},
		{2026, 0, 1, 0, 0, 0}, {2026, 13, 1, 0, 0, 0}, {2026, 1, 0, 0, 0, 0},
		{2026, 1, 1, 24, 0, 0}, {2026, 1, 1, -1, 0, 0}, {2026, 1, 1, 0, 60, 0},
		{2026, 1, 1, 0, -1, 0}, {2026, 1, 1, 0, 0, 60}, {2026, 1, 1, 0, 0, -1}};
	int64_t seconds = 42;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(date_to_seconds(&wrong[i], &seconds));
	assert_int_equal(seconds, 42);
}

static void seconds_beyond_the_calendar_are_clamped(void **state)
{
	struct date d;

	(void)state;
	date_from_seconds(INT64_MIN, &d);
	assert_true(d.year == 1970 && d.month == 1 && d.day == 1 && d.second == 0);
	date_from_seconds(INT64_MAX, &d);
	assert_true(d.year == 9999 && d.month == 12 && d.day == 31 && d.second == 59);
}

struct date_case {
	const char *text;
	int64_t seconds; /* -1: refused */
};

/* Each case whole; for the good ones every strict prefix, and one byte more, is refused. */
static void check(const struct date_case *cases, size_t count, bool (*parse)(struct str, int64_t *))
{
	struct guard g = {0};
	size_t i, n;

	for (i = 0; i < count; i++) {
		struct str text = str_of(cases[i].text);
		int64_t got = -1;

		assert_int_equal(parse(guard_copy(&g, text), &got), cases[i].seconds >= 0);
		assert_int_equal(got, cases[i].seconds);
		for (n = 0; n < text.n && cases[i].seconds >= 0; n++)
			if (n != strlen("2026-11-24"))
				assert_false(parse(guard_copy(&g, str_from(text.p, n)), &got));
		assert_false(parse(str_from(text.p, text.n + 1), &got));
	}
	guard_release(&g);
}

static void http_dates_in_all_three_forms(void **state)
{
	static const struct date_case cases[] = {
		{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
		{"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
		{"Sun Nov  6 08:49:37 1994", 784111777},
		{"Wed Nov 16 08:49:37 1994", 784975777},
		{"Tue, 24 Nov 2026 08:15:30 GMT", 1795508130},
		{"Tuesday, 24-Nov-26 08:15:30 GMT", 1795508130},
		{"Wednesday, 01-Jan-69 00:00:00 GMT", 3124224000},
		{"Thursday, 01-Jan-70 00:00:00 GMT", 0},
		{"Sat, 31 Dec 2016 23:59:60 GMT", 1483228799},
		{"Fri, 31 Dec 9999 23:59:59 GMT", LAST_SECOND},
		{"Thu, 29 Feb 2024 00:00:00 GMT", 1709164800},
		{"Wed, 29 Feb 2023 00:00:00 GMT", -1},
		{"Sun, 6 Nov 1994 08:49:37 GMT", -1},
		{"Sun, 06 Nov 1994 08:49:37 UTC", -1},
		{"Sun, 06 Nov 1994 08:49:37 +0000", -1},
		{"sun, 06 nov 1994 08:49:37 gmt", -1},
		{"Son, 06 Nov 1994 08:49:37 GMT", -1},
		{"Sunny, 06-Nov-94 08:49:37 GMT", -1},
		{"Sun, 06 Nov 1994 24:00:00 GMT", -1},
		{"Sun, 06 Nov 1994 08:49:61 GMT", -1},
		{"Sun, 06 Nov 1969 08:49:37 GMT", -1},
		{"Sun, 06 Nov 1994  8:49:37 GMT", -1},
		{"Sun, -6 Nov 1994 08:49:37 GMT", -1},
		{" Sun, 06 Nov 1994 08:49:37 GMT", -1},
		{"784111777", -1},
		{"", -1},
	};

	(void)state;
	check(cases, sizeof(cases) / sizeof(cases[0]), date_parse_http);
}

static void rfc3339_with_offsets_and_fractions(void **state)
{
	static const struct date_case cases[] = {
		{"2026-11-24T08:15:30Z", 1795508130},
		{"2026-11-24t08:15:30z", 1795508130},
		{"2026-11-24 08:15:30Z", 1795508130},
		{"2026-11-24T08:15:30.123456Z", 1795508130},
		{"2026-11-24T09:15:30+01:00", 1795508130},
		{"2026-11-24T02:45:30-05:30", 1795508130},
		{"2026-11-24T08:15:30-00:00", 1795508130},
		{"2026-11-24", 1795478400},
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01T00:00:00-01:00", 3600},
		{"1970-01-01T00:00:00+00:01", -1},
		{"2016-12-31T23:59:60Z", 1483228799},
		{"9999-12-31T23:59:59Z", LAST_SECOND},
		{"9999-12-31T23:59:59-00:01", -1},
		{"2026-11-24T08:15:30", -1},
		{"2026-11-24T08:15Z", -1},
		{"2026-11-24T08:15:30.Z", -1},
		{"2026-11-24T08:15:30+0100", -1},
		{"2026-11-24T08:15:30+24:00", -1},
		{"2026-11-24T08:15:30+01:60", -1},
		{"2026-02-29", -1},
		{"2026-1-1", -1},
		{"26-11-24", -1},
		{"+2026-11-24", -1},
		{"2026/11/24", -1},
		{"", -1},
	};

	(void)state;
	check(cases, sizeof(cases) / sizeof(cases[0]), date_parse_rfc3339);
}

static void dates_are_written_in_one_form(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	date_add_rfc3339(1795508130, &b);
	buf_add_char(&b, ' ');
	date_add_rfc3339(0, &b);
	assert_string_equal(buf_text(&b), "2026-11-24T08:15:30Z 1970-01-01T00:00:00Z");
	buf_wipe(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_goes_there_and_back),
		cmocka_unit_test(fields_out_of_range_are_refused),
		cmocka_unit_test(seconds_beyond_the_calendar_are_clamped),
		cmocka_unit_test(http_dates_in_all_three_forms),
		cmocka_unit_test(rfc3339_with_offsets_and_fractions),
		cmocka_unit_test(dates_are_written_in_one_form),
	};

	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
