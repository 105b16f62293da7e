#include "base/str.h"

#include <string.h>

struct str str_from(const char *bytes, size_t len)
{
	return (struct str){.p = bytes, .n = len};
}

struct str str_of(const char *text)
{
	return str_from(text, text == NULL ? 0 : strlen(text));
}

bool char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

char char_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool char_is_alpha(char c)
{
	c = char_lower(c);
	return c >= 'a' && c <= 'z';
}

bool char_is_alnum(char c)
{
	return char_is_digit(c) || char_is_alpha(c);
}

bool char_is_hex(char c)
{
	c = char_lower(c);
	return char_is_digit(c) || (c >= 'a' && c <= 'f');
}

/* Whether N bytes are the same. The pointers of empty slices may be NULL, which memcmp forbids. */
static bool same(const char *a, const char *b, size_t n)
{
	return n == 0 || memcmp(a, b, n) == 0;
}

/* The two cases of a letter differ in one bit. */
static bool char_equal_fold(char a, char b)
{
	return a == b || ((a ^ b) == 0x20 && char_is_alpha(a));
}

static bool same_fold(const char *a, const char *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!char_equal_fold(a[i], b[i]))
			return false;
	return true;
}

bool str_equal(struct str a, struct str b)
{
	return a.n == b.n && same(a.p, b.p, a.n);
}

bool str_equal_fold(struct str a, struct str b)
{
	return a.n == b.n && same_fold(a.p, b.p, a.n);
}

bool str_is(struct str a, const char *b)
{
	return str_equal(a, str_of(b));
}

bool str_is_fold(struct str a, const char *b)
{
	size_t i;

	/* Most differ in their first letters, so B is not measured before it is compared. */
	for (i = 0; i < a.n && b[i] != '\0'; i++)
		if (!char_equal_fold(a.p[i], b[i]))
			return false;
	return i == a.n && b[i] == '\0';
}

bool str_starts(struct str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && same(s.p, prefix, n);
}

bool str_starts_fold(struct str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && same_fold(s.p, prefix, n);
}

bool str_ends_fold(struct str s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n >= n && str_is_fold(str_skip(s, s.n - n), suffix);
}

bool str_contains(struct str s, const char *needle)
{
	size_t n = strlen(needle);
	const char *hit;

	if (n == 0)
		return true;
	while (s.n >= n) {
		hit = memchr(s.p, needle[0], s.n - n + 1);
		if (hit == NULL)
			return false;
		if (memcmp(hit, needle, n) == 0)
			return true;
		s = str_skip(s, (size_t)(hit - s.p) + 1);
	}
	return false;
}

struct str str_skip(struct str s, size_t at)
{
	if (at == 0)
		return s;
	if (at > s.n)
		at = s.n;
	return str_from(at == 0 ? s.p : s.p + at, s.n - at);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The control characters from HT to CR, and the blank. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		s = str_skip(s, 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str str_trim_space(struct str s)
{
	while (s.n > 0 && is_space(s.p[0]))
		s = str_skip(s, 1);
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* Splits S around the byte at AT; at the end of S there is none, and S stays whole. */
static bool split(struct str s, size_t at, struct str *head, struct str *tail)
{
	*head = str_from(s.p, at);
	*tail = str_skip(s, at + 1);
	return at < s.n;
}

bool str_cut(struct str s, char separator, struct str *head, struct str *tail)
{
	const char *hit = s.n > 0 ? memchr(s.p, separator, s.n) : NULL;

	return split(s, hit == NULL ? s.n : (size_t)(hit - s.p), head, tail);
}

bool str_cut_last(struct str s, char separator, struct str *head, struct str *tail)
{
	size_t at = s.n;

	while (at > 0 && s.p[at - 1] != separator)
		at--;
	return split(s, at == 0 ? s.n : at - 1, head, tail);
}

/* The value of C as a digit in base 36; 36 for any other byte. */
static unsigned digit_value(char c)
{
	c = char_lower(c);
	if (char_is_digit(c))
		return (unsigned)(c - '0');
	return char_is_alpha(c) ? (unsigned)(c - 'a') + 10 : 36;
}

static bool to_u64(struct str s, unsigned base, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned digit = digit_value(s.p[i]);

		if (digit >= base || digit > max || n > (max - digit) / base)
			return false;
		n = n * base + digit;
	}
	if (s.n == 0)
		return false;
	*out = n;
	return true;
}

bool str_to_u64(struct str s, uint64_t max, uint64_t *out)
{
	return to_u64(s, 10, max, out);
}

bool str_hex_to_u64(struct str s, uint64_t max, uint64_t *out)
{
	return to_u64(s, 16, max, out);
}
