#include "check.h"

#include <string.h>

#include "codec/utf8.h"
#include "die.h"

size_t check_length(struct str s)
{
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

bool check_all_digits(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!char_is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

/* Atoms of RFC 5322 3.2.3, joined by single dots. */
static bool is_dot_atom(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '.' ? i == 0 || i + 1 == s.n || s.p[i - 1] == '.'
			     : !char_is_alnum(c) &&
					(c == '\0' || strchr("-!#$%&'*+/=?^_`{}|~", c) == NULL))
			return false;
	}
	return s.n > 0;
}

static bool is_quoted(struct str s)
{
	size_t i;

	if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"')
		return false;
	for (i = 1; i + 1 < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '\\' && ++i + 1 == s.n)
			return false;
		if (s.p[i - 1] != '\\' && (c == '"' || c >= 0x7f || c == '\n' || c == '\r'))
			return false;
	}
	return true;
}

/* One label; bytes beyond ASCII pass, since they would be turned into punycode first. */
static bool is_label(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!char_is_alnum(s.p[i]) && s.p[i] != '-' && (unsigned char)s.p[i] < 0x80)
			return false;
	return s.n > 0 && s.n <= 63 && s.p[0] != '-' && s.p[s.n - 1] != '-';
}

static bool is_domain(struct str s)
{
	struct str label;
	unsigned labels = 0;
	bool more = true;

	if (str_is_fold(s, "localhost"))
		return true;
	while (more) {
		more = str_cut(s, '.', &label, &s);
		if (!is_label(label))
			return false;
		labels++;
	}
	return labels >= 2 && label.n >= 2;
}

bool check_email(struct str s)
{
	struct str local, domain;

	if (s.n > 320 || !str_cut_last(s, '@', &local, &domain))
		return false;
	return (is_dot_atom(local) || is_quoted(local)) && is_domain(domain);
}

/*
 * The base letters of U+00C0 to U+017F under compatibility decomposition; a blank for what has none
 * and is dropped.
 */
static const char base_letters[] = "AAAAAA CEEEEIIII NOOOOO  UUUUY  "
				   "aaaaaa ceeeeiiii nooooo  uuuuy y"
				   "AaAaAaCcCcCcCcDd  EeEeEeEeEeGgGg"
				   "GgGgHh  IiIiIiIiI   JjKk LlLlLlL"
				   "l  NnNnNnn  OoOoOo  RrRrRrSsSsSs"
				   "SsTtTt  UuUuUuUuUuUuWwYyYZzZzZzs";

/* What U becomes in ASCII, or NUL. */
static char to_ascii(uint32_t u)
{
	if (u < 0x80)
		return (char)u;
	if (u == 0xa0 || u == 0x3000)
		return ' ';
	if (u >= 0xff01 && u <= 0xff5e) /* full-width forms */
		return (char)(u - 0xff01 + '!');
	if (u >= 0xc0 && u <= 0x17f && base_letters[u - 0xc0] != ' ')
		return base_letters[u - 0xc0];
	return '\0';
}

void check_slugify(struct str name, struct buf *out)
{
	size_t start = out->len;
	bool gap = false;
	uint32_t u;

	while (name.n > 0) {
		size_t n = utf8_decode(name, &u);
		char c = n > 0 ? char_lower(to_ascii(u)) : '\0';

		name = str_skip(name, n > 0 ? n : 1);
		if (c == '-' || c == ' ' || (c >= '\t' && c <= '\r')) {
			gap = true;
		} else if (char_is_alnum(c) || c == '_') {
			if (gap)
				buf_add_char(out, '-');
			gap = false;
			buf_add_char(out, c);
		}
	}
	/* Dashes and underscores at the ends go. */
	while (out->len > start && strchr("-_", out->data[out->len - 1]) != NULL)
		buf_truncate(out, out->len - 1);
	while (out->len > start && strchr("-_", out->data[start]) != NULL) {
		memmove(out->data + start, out->data + start + 1, out->len - start - 1);
		buf_truncate(out, out->len - 1);
	}
	must_hold(out);
}
