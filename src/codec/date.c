#include "codec/date.h"

#define SECONDS_PER_DAY INT64_C(86400)
/* 9999-12-31T23:59:59Z */
#define LAST_SECOND INT64_C(253402300799)

/* Days from 0000-03-01 to 1970-01-01, counting years from March puts the leap day last. */
#define EPOCH_DAY 719468

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
	if (month == 2)
		return is_leap(year) ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static bool is_date(const struct date *d)
{
	return d->year >= 1970 && d->year <= 9999 && d->month >= 1 && d->month <= 12 &&
		d->day >= 1 && d->day <= days_in_month(d->year, d->month) && d->hour >= 0 &&
		d->hour <= 23 && d->minute >= 0 && d->minute <= 59 && d->second >= 0 &&
		d->second <= 59;
}

/* Days from March 1st to the first of the month that comes MONTHS later: 31, 30, 31, 30, 31, ... */
static int days_before(int months)
{
	return (153 * months + 2) / 5;
}

bool date_to_seconds(const struct date *d, int64_t *out)
{
	int months, year;
	int64_t days;

	if (!is_date(d))
		return false;
	months = (d->month + 9) % 12;
	year = d->month > 2 ? d->year : d->year - 1;
	days = 365 * (int64_t)year + year / 4 - year / 100 + year / 400;
	days += days_before(months) + d->day - 1 - EPOCH_DAY;
	*out = days * SECONDS_PER_DAY + d->hour * 3600 + d->minute * 60 + d->second;
	return true;
}

/* DAYS since 0000-03-01, at most year 9999, to year, month and day. */
static void date_from_days(int days, struct date *out)
{
	int era = days / 146097; /* 400 years */
	int day = days % 146097;
	int year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int months;

	day -= 365 * year + year / 4 - year / 100;
	months = (5 * day + 2) / 153;
	out->day = day - days_before(months) + 1;
	out->month = months < 10 ? months + 3 : months - 9;
	out->year = era * 400 + year + (out->month <= 2);
}

void date_from_seconds(int64_t seconds, struct date *out)
{
	int rest;

	if (seconds < 0)
		seconds = 0;
	if (seconds > LAST_SECOND)
		seconds = LAST_SECOND;
	date_from_days((int)(seconds / SECONDS_PER_DAY) + EPOCH_DAY, out);
	rest = (int)(seconds % SECONDS_PER_DAY);
	out->hour = rest / 3600;
	out->minute = rest / 60 % 60;
	out->second = rest % 60;
}

static bool take_text(struct str *s, const char *text)
{
	if (!str_starts(*s, text))
		return false;
	*s = str_skip(*s, str_of(text).n);
	return true;
}

static bool take_number(struct str *s, size_t digits, int *out)
{
	uint64_t n;

	if (s->n < digits || !str_to_u64(str_from(s->p, digits), 9999, &n))
		return false;
	*out = (int)n;
	*s = str_skip(*s, digits);
	return true;
}

/* Takes one of COUNT names; OUT is its place, from 1. */
static bool take_name(struct str *s, const char *const *names, int count, int *out)
{
	int i;

	for (i = 0; i < count; i++)
		if (take_text(s, names[i])) {
			*out = i + 1;
			return true;
		}
	return false;
}

static bool take_month(struct str *s, int *out)
{
	static const char *const names[12] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

	return take_name(s, names, 12, out);
}

/* hh:mm:ss; a leap second becomes the one before it. */
static bool take_time(struct str *s, struct date *d)
{
	bool ok = take_number(s, 2, &d->hour) && take_text(s, ":") &&
		take_number(s, 2, &d->minute) && take_text(s, ":") && take_number(s, 2, &d->second);

	if (ok && d->second == 60)
		d->second = 59;
	return ok;
}

/* "Nov  6 08:49:37 1994", the day's name taken off. */
static bool read_asctime(struct str s, struct date *d)
{
	return take_month(&s, &d->month) && take_text(&s, " ") &&
		(take_text(&s, " ") ? take_number(&s, 1, &d->day) : take_number(&s, 2, &d->day)) &&
		take_text(&s, " ") && take_time(&s, d) && take_text(&s, " ") &&
		take_number(&s, 4, &d->year) && s.n == 0;
}

/* "06 Nov 1994 08:49:37 GMT" */
static bool read_fixdate(struct str s, struct date *d)
{
	return take_number(&s, 2, &d->day) && take_text(&s, " ") && take_month(&s, &d->month) &&
		take_text(&s, " ") && take_number(&s, 4, &d->year) && take_text(&s, " ") &&
		take_time(&s, d) && str_is(s, " GMT");
}

/* "06-Nov-94 08:49:37 GMT". Years below 70 are of this century: nothing here is older than Unix. */
static bool read_rfc850(struct str s, struct date *d)
{
	bool ok = take_number(&s, 2, &d->day) && take_text(&s, "-") && take_month(&s, &d->month) &&
		take_text(&s, "-") && take_number(&s, 2, &d->year) && take_text(&s, " ") &&
		take_time(&s, d) && str_is(s, " GMT");

	d->year += d->year < 70 ? 2000 : 1900;
	return ok;
}

bool date_parse_http(struct str s, int64_t *out)
{
	static const char *const names[7] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	static const char *const rests[7] = {
		"day", "sday", "nesday", "rsday", "day", "urday", "day"};
	struct date d = {0};
	bool ok;
	int day;

	if (!take_name(&s, names, 7, &day))
		return false;
	if (take_text(&s, ", "))
		ok = read_fixdate(s, &d);
	else if (take_text(&s, " "))
		ok = read_asctime(s, &d);
	else
		ok = take_text(&s, rests[day - 1]) && take_text(&s, ", ") && read_rfc850(s, &d);
	return ok && date_to_seconds(&d, out);
}

/* "Z", or how far the clock that was read is ahead of UTC. */
static bool take_offset(struct str *s, int *seconds)
{
	int hours, minutes;
	bool behind;

	*seconds = 0;
	if (take_text(s, "Z") || take_text(s, "z"))
		return true;
	behind = take_text(s, "-");
	if (!behind && !take_text(s, "+"))
		return false;
	if (!take_number(s, 2, &hours) || !take_text(s, ":") || !take_number(s, 2, &minutes) ||
		hours > 23 || minutes > 59)
		return false;
	*seconds = hours * 3600 + minutes * 60;
	if (behind)
		*seconds = -*seconds;
	return true;
}

static bool take_fraction(struct str *s)
{
	size_t digits = 0;

	if (!take_text(s, "."))
		return true;
	while (digits < s->n && char_is_digit(s->p[digits]))
		digits++;
	*s = str_skip(*s, digits);
	return digits > 0;
}

bool date_parse_rfc3339(struct str s, int64_t *out)
{
	struct date d = {0};
	int offset = 0;
	int64_t local;

	if (!take_number(&s, 4, &d.year) || !take_text(&s, "-") || !take_number(&s, 2, &d.month) ||
		!take_text(&s, "-") || !take_number(&s, 2, &d.day))
		return false;
	if (s.n > 0) {
		if (!take_text(&s, "T") && !take_text(&s, "t") && !take_text(&s, " "))
			return false;
		if (!take_time(&s, &d) || !take_fraction(&s) || !take_offset(&s, &offset))
			return false;
	}
	if (s.n > 0 || !date_to_seconds(&d, &local))
		return false;
	local -= offset;
	if (local < 0 || local > LAST_SECOND)
		return false;
	*out = local;
	return true;
}

void date_add_rfc3339(int64_t seconds, struct buf *out)
{
	struct date d;

	date_from_seconds(seconds, &d);
	buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.day, d.hour, d.minute,
		d.second);
}
