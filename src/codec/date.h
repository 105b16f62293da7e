/*
 * Dates as HTTP and people write them, to seconds since 1970-01-01T00:00:00Z and back, 64 bits
 * wide on every target. Leap seconds are counted as the second before.
 */
#ifndef SENTRY_SCIM_CODEC_DATE_H
#define SENTRY_SCIM_CODEC_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct date {
	int year;   /* 1970 to 9999 */
	int month;  /* 1 to 12 */
	int day;    /* 1 to 31 */
	int hour;   /* 0 to 23 */
	int minute; /* 0 to 59 */
	int second; /* 0 to 59 */
};

bool date_to_seconds(const struct date *d, int64_t *out);
/* SECONDS outside the years 1970 to 9999 give the nearest second inside. */
void date_from_seconds(int64_t seconds, struct date *out);

/* The three forms of RFC 9110 5.6.7: IMF-fixdate, RFC 850 (years 70 to 69 are 1970 to 2069),
   asctime. The day's name must be one, but is not compared with the date. */
bool date_parse_http(struct str s, int64_t *out);
/* RFC 3339: 2026-11-24T08:15:30Z, an offset, a fraction (dropped); a date alone means midnight UTC.
 */
bool date_parse_rfc3339(struct str s, int64_t *out);
/* Appends 2026-11-24T08:15:30Z. */
void date_add_rfc3339(int64_t seconds, struct buf *out);

#endif
