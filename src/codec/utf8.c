#include "codec/utf8.h"

#include <string.h>

/* The byte B in every byte of a word; words of ASCII are looked at whole. */
#define EACH(b) ((size_t)-1 / 255 * (b))

/* How many bytes the character that begins with FIRST takes; 0 when none can begin with it. */
static size_t length_by_first(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xC2) /* a continuation, or the overlong C0 and C1 */
		return 0;
	if (first < 0xE0)
		return 2;
	if (first < 0xF0)
		return 3;
	return first < 0xF5 ? 4 : 0;
}

/* The second byte is where overlong forms, surrogates and values past U+10FFFF show (RFC 3629 4).
 */
static bool second_fits(unsigned char first, unsigned char second)
{
	unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
	unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;

	return second >= low && second <= high;
}

size_t utf8_decode(struct str s, uint32_t *point)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i, n;

	n = s.n == 0 ? 0 : length_by_first(p[0]);
	if (n == 0 || n > s.n)
		return 0;
	if (n == 1) {
		*point = p[0];
		return 1;
	}
	if (!second_fits(p[0], p[1]))
		return 0;
	*point = p[0] & (0xFFu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		*point = *point << 6 | (p[i] & 0x3F);
	}
	return n;
}

void utf8_encode(uint32_t point, struct buf *out)
{
	unsigned extra = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
	static const unsigned char lead[] = {0x00, 0xC0, 0xE0, 0xF0};
	unsigned char bytes[4];
	unsigned i;

	bytes[0] = (unsigned char)(lead[extra] | point >> 6 * extra);
	for (i = 1; i <= extra; i++)
		bytes[i] = (unsigned char)(0x80 | (point >> 6 * (extra - i) & 0x3F));
	buf_add(out, bytes, extra + 1);
}

/* The end of the run of ASCII bytes that begins at AT. */
static size_t ascii_run(struct str s, size_t at)
{
	size_t word;

	while (s.n - at >= sizeof(word)) {
		memcpy(&word, s.p + at, sizeof(word));
		if ((word & EACH(0x80)) != 0)
			break;
		at += sizeof(word);
	}
	while (at < s.n && (unsigned char)s.p[at] < 0x80)
		at++;
	return at;
}

size_t utf8_valid_prefix(struct str s)
{
	size_t at = 0;
	size_t n = 1;
	uint32_t point;

	while (n > 0 && at < s.n) {
		at = ascii_run(s, at);
		n = utf8_decode(str_skip(s, at), &point);
		at += n;
	}
	return at;
}

bool utf8_valid(struct str s)
{
	return utf8_valid_prefix(s) == s.n;
}

struct range {
	uint32_t first, last;
};

/* Characters that have no look of their own but change how, or where, others are shown. */
static const struct range hidden[] = {
	{0xAD, 0xAD},       /* soft hyphen */
	{0x61C, 0x61C},     /* Arabic letter mark */
	{0x180E, 0x180E},   /* Mongolian vowel separator */
	{0x200B, 0x200F},   /* zero-width space and joiners, directional marks */
	{0x2028, 0x202E},   /* line and paragraph separators, embeddings, overrides */
	{0x2060, 0x206F},   /* word joiner, invisible operators, isolates */
	{0xFEFF, 0xFEFF},   /* byte order mark */
	{0xFFF9, 0xFFFB},   /* interlinear annotation */
	{0xE0000, 0xE007F}, /* tags */
};

/* The blocks of combining marks in common use, and variation selectors. */
static const struct range zero_wide[] = {
	{0x300, 0x36F},
	{0x483, 0x489},
	{0x591, 0x5BD},
	{0x5BF, 0x5BF},
	{0x5C1, 0x5C2},
	{0x5C4, 0x5C5},
	{0x5C7, 0x5C7},
	{0x610, 0x61A},
	{0x64B, 0x65F},
	{0x670, 0x670},
	{0x6D6, 0x6DC},
	{0x6DF, 0x6E4},
	{0x6E7, 0x6E8},
	{0x6EA, 0x6ED},
	{0x900, 0x902},
	{0x93C, 0x93C},
	{0x941, 0x948},
	{0x94D, 0x94D},
	{0x9BC, 0x9BC},
	{0x9CD, 0x9CD},
	{0xE31, 0xE31},
	{0xE34, 0xE3A},
	{0xE47, 0xE4E},
	{0x1160, 0x11FF},
	{0x1AB0, 0x1ACE},
	{0x1DC0, 0x1DFF},
	{0x20D0, 0x20F0},
	{0x302A, 0x302D},
	{0x3099, 0x309A},
	{0xFE00, 0xFE0F},
	{0xFE20, 0xFE2F},
	{0xE0100, 0xE01EF},
};

/* The blocks whose characters are Wide or Fullwidth in Unicode's East Asian Width (UAX 11). */
static const struct range wide[] = {
	{0x1100, 0x115F},
	{0x231A, 0x231B},
	{0x2329, 0x232A},
	{0x23E9, 0x23EC},
	{0x23F0, 0x23F0},
	{0x23F3, 0x23F3},
	{0x25FD, 0x25FE},
	{0x2614, 0x2615},
	{0x2648, 0x2653},
	{0x267F, 0x267F},
	{0x2693, 0x2693},
	{0x26A1, 0x26A1},
	{0x26AA, 0x26AB},
	{0x26BD, 0x26BE},
	{0x26C4, 0x26C5},
	{0x26CE, 0x26CE},
	{0x26D4, 0x26D4},
	{0x26EA, 0x26EA},
	{0x26F2, 0x26F3},
	{0x26F5, 0x26F5},
	{0x26FA, 0x26FA},
	{0x26FD, 0x26FD},
	{0x2705, 0x2705},
	{0x270A, 0x270B},
	{0x2728, 0x2728},
	{0x274C, 0x274C},
	{0x274E, 0x274E},
	{0x2753, 0x2755},
	{0x2757, 0x2757},
	{0x2795, 0x2797},
	{0x27B0, 0x27B0},
	{0x27BF, 0x27BF},
	{0x2B1B, 0x2B1C},
	{0x2B50, 0x2B50},
	{0x2B55, 0x2B55},
	{0x2E80, 0x303E},
	{0x3041, 0xA4CF},
	{0xA960, 0xA97C},
	{0xAC00, 0xD7A3},
	{0xF900, 0xFAFF},
	{0xFE10, 0xFE19},
	{0xFE30, 0xFE6F},
	{0xFF01, 0xFF60},
	{0xFFE0, 0xFFE6},
	{0x16FE0, 0x18CFF},
	{0x1AFF0, 0x1B2FF},
	{0x1F004, 0x1F004},
	{0x1F0CF, 0x1F0CF},
	{0x1F18E, 0x1F18E},
	{0x1F191, 0x1F19A},
	{0x1F200, 0x1F320},
	{0x1F32D, 0x1F335},
	{0x1F337, 0x1F37C},
	{0x1F37E, 0x1F393},
	{0x1F3A0, 0x1F3CA},
	{0x1F3CF, 0x1F3D3},
	{0x1F3E0, 0x1F3F0},
	{0x1F3F4, 0x1F3F4},
	{0x1F3F8, 0x1F43E},
	{0x1F440, 0x1F440},
	{0x1F442, 0x1F4FC},
	{0x1F4FF, 0x1F53D},
	{0x1F54B, 0x1F54E},
	{0x1F550, 0x1F567},
	{0x1F57A, 0x1F57A},
	{0x1F595, 0x1F596},
	{0x1F5A4, 0x1F5A4},
	{0x1F5FB, 0x1F64F},
	{0x1F680, 0x1F6C5},
	{0x1F6CC, 0x1F6CC},
	{0x1F6D0, 0x1F6D2},
	{0x1F6D5, 0x1F6DF},
	{0x1F6EB, 0x1F6EC},
	{0x1F6F4, 0x1F6FC},
	{0x1F7E0, 0x1F7F0},
	{0x1F90C, 0x1F93A},
	{0x1F93C, 0x1F945},
	{0x1F947, 0x1F9FF},
	{0x1FA70, 0x1FAFF},
	{0x20000, 0x3FFFD},
};

#define IN(table, point) in_ranges(table, sizeof(table) / sizeof((table)[0]), point)

static bool in_ranges(const struct range *table, size_t count, uint32_t point)
{
	size_t i;

	for (i = 0; i < count && point >= table[i].first; i++)
		if (point <= table[i].last)
			return true;
	return false;
}

static bool is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

static void add_bytes_escaped(struct str bytes, struct buf *out)
{
	size_t i;

	for (i = 0; i < bytes.n; i++)
		buf_addf(out, "\\x%02x", (unsigned)(unsigned char)bytes.p[i]);
}

bool utf8_steers(uint32_t point)
{
	return is_control(point) || IN(hidden, point);
}

void utf8_printable(struct str s, struct buf *out)
{
	uint32_t point;

	while (s.n > 0) {
		size_t n = utf8_decode(s, &point);
		struct str one = str_from(s.p, n > 0 ? n : 1);

		if (n == 0 || is_control(point))
			add_bytes_escaped(one, out);
		else if (IN(hidden, point))
			buf_addf(out, "\\u{%lx}", (unsigned long)point);
		else
			buf_add_str(out, one);
		s = str_skip(s, one.n);
	}
}

size_t utf8_columns(struct str s)
{
	size_t columns = 0;
	uint32_t point;

	while (s.n > 0) {
		size_t n = utf8_decode(s, &point);

		if (n == 0 || !IN(zero_wide, point))
			columns++;
		if (n > 0 && IN(wide, point))
			columns++;
		s = str_skip(s, n > 0 ? n : 1);
	}
	return columns;
}
