#include "query.h"

#include <string.h>

#include "codec/url.h"
#include "die.h"

#define PAGE_DEFAULT 100u

/* Undoes the coding of a form: '+' is a blank, a '%' without digits stands for itself. */
static void form_decode(struct str s, struct buf *out)
{
	while (s.n > 0) {
		struct str one = str_from(s.p, s.n >= 3 && s.p[0] == '%' ? 3 : 1);

		if (one.n == 3 && !url_decode(one, out))
			one.n = 1;
		if (one.n == 1)
			buf_add_char(out, s.p[0] == '+' ? ' ' : s.p[0]);
		s = str_skip(s, one.n);
	}
	must_hold(out);
}

/* Takes the next NAME=VALUE off TEXT, decoded. */
static bool next_pair(struct str *text, struct buf *name, struct buf *value)
{
	struct str pair, raw_name, raw_value;

	if (text->n == 0)
		return false;
	str_cut(*text, '&', &pair, text);
	str_cut(pair, '=', &raw_name, &raw_value);
	buf_clear(name);
	buf_clear(value);
	form_decode(raw_name, name);
	form_decode(raw_value, value);
	return true;
}

bool query_value(struct str text, const char *name, struct buf *value)
{
	struct buf key, one;
	bool found = false;
	size_t start = value->len;

	server_buf(&key);
	server_buf(&one);
	while (next_pair(&text, &key, &one))
		if (str_is(buf_str(&key), name)) {
			found = true;
			buf_truncate(value, start);
			buf_add_str(value, buf_str(&one));
		}
	buf_wipe(&key);
	buf_wipe(&one);
	return found;
}

bool query_has(struct str text, const char *name, const char *want)
{
	struct buf key, one;
	bool found = false;

	server_buf(&key);
	server_buf(&one);
	while (!found && next_pair(&text, &key, &one))
		found = str_is(buf_str(&key), name) && str_is(buf_str(&one), want);
	buf_wipe(&key);
	buf_wipe(&one);
	return found;
}

/* Splits S at the one " eq " in it; false when there is none, or a second one. */
static bool cut_operator(struct str s, struct str *left, struct str *right)
{
	size_t i;

	for (i = 0; i + 4 <= s.n; i++)
		if (memcmp(s.p + i, " eq ", 4) == 0) {
			*left = str_from(s.p, i);
			*right = str_skip(s, i + 4);
			return left->n > 0 && right->n > 0 && !str_contains(*right, " eq ");
		}
	return false;
}

enum filter_step filter_read(struct str text, enum filter_key *key, struct buf *value)
{
	struct str name, operand;
	uint64_t id;

	*key = FILTER_NONE;
	if (str_contains(text, ",") || !cut_operator(text, &name, &operand))
		return FILTER_INVALID;
	name = str_trim_space(name);
	operand = str_trim_space(operand);
	if (operand.n == 0)
		return FILTER_INVALID;
	/* The first and the last character go, whatever they are. */
	operand = operand.n < 2 ? str_of("") : str_from(operand.p + 1, operand.n - 2);
	if (str_is(name, "value")) {
		if (!str_to_u64(str_trim_space(operand), UINT64_MAX, &id))
			return FILTER_CRASH;
		*key = FILTER_ID;
		buf_add_u64(value, id);
	} else if (str_is(name, "userName") || str_is(name, "displayName")) {
		*key = operand.n > 0 ? FILTER_TEXT : FILTER_NONE;
		buf_add_str(value, operand);
	} else {
		return FILTER_INVALID;
	}
	must_hold(value);
	return FILTER_FINE;
}

/* An integer as the framework reads one: blanks around it, a sign and ".0" are taken. */
static bool read_integer(struct str s, bool *negative, uint64_t *out)
{
	struct str whole, fraction;

	s = str_trim_space(s);
	*negative = str_starts(s, "-");
	if (*negative || str_starts(s, "+"))
		s = str_skip(s, 1);
	if (str_cut(s, '.', &whole, &fraction)) {
		while (str_starts(fraction, "0"))
			fraction = str_skip(fraction, 1);
		if (fraction.n > 0)
			return false;
	}
	return str_to_u64(whole, UINT64_MAX, out);
}

/*
 * One number of at least MIN. What is wrong with it is appended to FAULTS as a member of a JSON
 * object still without its braces.
 */
static void read_number(
	struct str text, const char *name, uint64_t min, uint64_t *out, struct buf *faults)
{
	struct buf value;
	uint64_t n = 0;
	bool negative, ok;

	server_buf(&value);
	if (query_value(text, name, &value) && value.len > 0) {
		ok = read_integer(buf_str(&value), &negative, &n);
		if (ok && n >= min && (!negative || n == 0))
			*out = n;
		else if (ok)
			buf_addf(faults,
				"%s\"%s\":[\"Ensure this value is greater than or equal to %d.\"]",
				faults->len > 0 ? "," : "", name, (int)min);
		else
			buf_addf(faults, "%s\"%s\":[\"A valid integer is required.\"]",
				faults->len > 0 ? "," : "", name);
	}
	buf_wipe(&value);
}

static bool read_filter(
	struct query *q, struct str text, const struct manners *m, struct reply *reply)
{
	struct buf filter;
	enum filter_step step = FILTER_FINE;

	server_buf(&filter);
	if (query_value(text, "filter", &filter))
		step = filter_read(buf_str(&filter), &q->key, &q->value);
	buf_wipe(&filter);
	if (step == FILTER_INVALID)
		reply_scim_error(reply, m, 400, NULL, "invalidFilter");
	else if (step == FILTER_CRASH)
		reply_crash(reply);
	return step == FILTER_FINE;
}

bool query_read(struct query *q, struct str text, const struct manners *m, struct reply *reply)
{
	struct buf faults;

	*q = (struct query){.start = 1, .count = PAGE_DEFAULT};
	server_buf(&q->value);
	if (!read_filter(q, text, m, reply))
		return false;
	server_buf(&faults);
	read_number(text, "startIndex", 1, &q->start, &faults);
	read_number(text, "count", 0, &q->count, &faults);
	read_number(text, "per_page", 0, &q->count, &faults);
	if (faults.len > 0) {
		reply_json(reply, 400);
		buf_addf(&reply->body, "{%s}", buf_text(&faults));
		buf_wipe(&faults);
		return false;
	}
	buf_wipe(&faults);
	if (q->count == 0)
		q->count = PAGE_DEFAULT; /* Sentry takes 0 for "not given" */
	q->without_members = query_has(text, "excludedAttributes", "members");
	return true;
}

void query_wipe(struct query *q)
{
	buf_wipe(&q->value);
}
