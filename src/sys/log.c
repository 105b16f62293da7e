#include "sys/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/utf8.h"

/* A longer message is cut, and says so: 64 KiB hold any head and any body a person would read. */
#define LONGEST (64u * 1024u)
/* What can still be said when the heap is exhausted: an error's text and its hint at least. */
#define RESERVE 2048u
/* utf8_printable() makes at most four bytes of one; the prefix and the mark of a cut come extra. */
#define LINE_ROOM(bytes) (4u * (bytes) + 128u)

#define SHORTEST_SECRET 8u
/* So many bytes of a secret are hidden like the whole: messages are cut before they get here. */
#define TELLING 12u
#define MASK    "[hidden]"
/* Bytes that stand for one of a secret at most: \u0041 (see coded_byte). */
#define LONGEST_FORM 6u
/* Of UTF-8. */
#define LONGEST_CHARACTER 4u

static const struct {
	const char *prefix;
	int verbosity; /* shown from here on */
} levels[] = {
	[LOG_ERROR] = {"sentry-scim: ", -1},
	[LOG_WARN] = {"sentry-scim: warning: ", 0},
	[LOG_NOTE] = {"sentry-scim: ", 0},
	[LOG_DETAIL] = {"* ", 1},
	[LOG_TRACE] = {"* ", 2},
};
_Static_assert(sizeof(levels) / sizeof(levels[0]) == LOG_TRACE + 1, "every level has a row");

const char *log_prefix(enum log_level level)
{
	return levels[level].prefix;
}

static size_t greater(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* No secret takes more bytes than this, however it is written, nor does a character. */
static size_t overlap(const struct log *l)
{
	return greater(l->longest * LONGEST_FORM, LONGEST_CHARACTER);
}

/* The buffers are kept from one message to the next, so that the last ones do not depend on the
   heap. */
static void bound(struct log *l)
{
	l->raw.max = LONGEST + overlap(l);
	l->line.max = LINE_ROOM(LONGEST);
}

void log_reserve(struct log *l)
{
	bound(l);
	buf_room(&l->raw, RESERVE);
	buf_clear(&l->raw);
	buf_room(&l->line, LINE_ROOM(RESERVE));
	buf_clear(&l->line);
}

void log_wipe(struct log *l)
{
	buf_wipe(&l->raw);
	buf_wipe(&l->line);
}

bool log_shows(const struct log *l, enum log_level level)
{
	return l != NULL && l->verbosity >= levels[level].verbosity;
}

void log_hide(struct log *l, struct str secret)
{
	if (secret.n < SHORTEST_SECRET)
		return;
	/* Going on would mean to print it some day. */
	if (l->secret_count == LOG_SECRETS)
		abort();
	l->secrets[l->secret_count++] = secret;
	l->longest = greater(l->longest, secret.n);
}

static bool hex_is(struct str hex, unsigned char byte)
{
	uint64_t n;

	return str_hex_to_u64(hex, 0xFF, &n) && n == byte;
}

/*
 * How many bytes at the front of TEXT stand for BYTE: %41 in a URL, \x41 in what was made
 * printable, \u0041 or \" in JSON, or BYTE itself; 0 if none does.
 */
static size_t coded_byte(struct str text, unsigned char byte)
{
	if (text.n >= 3 && text.p[0] == '%' && hex_is(str_from(text.p + 1, 2), byte))
		return 3;
	if (text.n >= 4 && str_starts(text, "\\x") && hex_is(str_from(text.p + 2, 2), byte))
		return 4;
	if (text.n >= 6 && str_starts(text, "\\u") && hex_is(str_from(text.p + 2, 4), byte))
		return 6;
	if (text.n >= 2 && text.p[0] == '\\' && (unsigned char)text.p[1] == byte)
		return 2;
	return text.n >= 1 && (unsigned char)text.p[0] == byte;
}

/* How many bytes of SECRET, from its first on, are too many to be shown. */
static size_t telling(struct str secret)
{
	return secret.n < TELLING ? secret.n : TELLING;
}

/*
 * Each of these answers how many bytes at the front of TEXT show SECRET or the beginning of it; 0
 * if they do not.
 */

static size_t shown_plain(struct str text, struct str secret)
{
	size_t n = 0;

	while (n < secret.n && n < text.n && text.p[n] == secret.p[n])
		n++;
	return n >= telling(secret) ? n : 0;
}

static size_t shown_coded(struct str text, struct str secret)
{
	size_t at = 0, i, n;

	for (i = 0; i < secret.n; i++) {
		n = coded_byte(str_skip(text, at), (unsigned char)secret.p[i]);
		if (n == 0)
			return i >= telling(secret) ? at : 0;
		at += n;
	}
	return at;
}

/* What C stands for in base64, of either alphabet (RFC 4648 4 and 5), or -1. */
static int sextet_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

/* The six bits of SECRET from BIT on. */
static int sextet_at(struct str secret, size_t bit)
{
	unsigned pair = (unsigned)(unsigned char)secret.p[bit / 8] << 8;

	if (bit / 8 + 1 < secret.n)
		pair |= (unsigned char)secret.p[bit / 8 + 1];
	return (int)(pair >> (10 - bit % 8) & 0x3F);
}

/*
 * SECRET in base64, begun by the digit that holds its bits from FIRST on: 0 when it stands alone
 * or behind a multiple of three bytes, else 2 or 4. Only digits that it decides alone are compared;
 * the one which it shares with what follows goes too, and the padding.
 */
static size_t shown_base64(struct str text, struct str secret, size_t first)
{
	size_t at = 0, bit;

	for (bit = first; bit + 6 <= 8 * secret.n; bit += 6, at++)
		if (at == text.n || sextet_of(text.p[at]) != sextet_at(secret, bit))
			return bit >= 8 * telling(secret) ? at : 0;
	if (bit < 8 * secret.n && at < text.n && sextet_of(text.p[at]) >= 0)
		at++;
	while (at < text.n && text.p[at] == '=')
		at++;
	return at;
}

/* A beginning may be written in one way and the rest in another: the longest counts. */
static size_t shown(struct str text, struct str secret)
{
	size_t first, n = greater(shown_plain(text, secret), shown_coded(text, secret));

	for (first = 0; first <= 4; first += 2)
		n = greater(n, shown_base64(text, secret, first));
	return n;
}

/* How many bytes at the front of TEXT show any secret. */
static size_t hidden_prefix(const struct log *l, struct str text)
{
	size_t n = 0;
	unsigned i;

	for (i = 0; n == 0 && i < l->secret_count; i++)
		n = shown(text, l->secrets[i]);
	return n;
}

/* MOST, or a little less where that would tear a UTF-8 character of TEXT apart. */
static size_t whole_characters(struct str text, size_t most)
{
	size_t at = most < text.n ? most : text.n;
	unsigned back;

	for (back = 0; back < 3 && at > 0 && at < text.n; back++, at--)
		if (((unsigned char)text.p[at] & 0xC0) != 0x80)
			break;
	return at;
}

/*
 * Appends TEXT, printable and without secrets, up to byte MOST; answers where it ended, which is
 * behind MOST if a secret spans that place.
 */
static size_t add_safe(const struct log *l, struct str text, size_t most, struct buf *out)
{
	const size_t end = whole_characters(text, most);
	size_t from = 0, at = 0, n;

	while (at < end) {
		n = hidden_prefix(l, str_skip(text, at));
		if (n == 0) {
			at++;
			continue;
		}
		utf8_printable(str_from(text.p + from, at - from), out);
		buf_add_text(out, MASK);
		at += n;
		from = at;
	}
	utf8_printable(str_from(text.p + from, at - from), out);
	return at;
}

void log_safe(const struct log *l, struct str text, struct buf *out)
{
	add_safe(l, text, text.n, out);
}

/* WHOLE: the bytes of the message, of which TEXT may be only the first. */
static bool compose(struct log *l, const char *prefix, struct str text, size_t most, size_t whole)
{
	size_t end;

	buf_clear(&l->line);
	buf_add_text(&l->line, prefix);
	end = add_safe(l, text, most, &l->line);
	if (end < whole)
		buf_addf(&l->line, "... (%zu bytes more)", whole - end);
	buf_add_char(&l->line, '\n');
	return !l->line.failed;
}

static void put(struct log *l, enum log_level level, const char *prefix, struct str text,
	size_t most, size_t whole)
{
	size_t spare;

	if (!compose(l, prefix, text, most, whole)) {
		/* The heap gave no more: say as much as fits into what there is. */
		spare = l->line.cap > LINE_ROOM(0) ? (l->line.cap - LINE_ROOM(0)) / 4 : 0;
		if (!compose(l, prefix, text, spare < most ? spare : most, whole))
			return;
	}
	l->write(l->context, level, buf_str(&l->line));
}

/* Prints into `raw` as much as it takes, and answers how long it all is. */
static size_t print_raw(struct log *l, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
static size_t print_raw(struct log *l, const char *format, va_list args)
{
	struct buf *raw = &l->raw;
	va_list again;
	size_t room;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0)
		return 0;
	buf_clear(raw);
	room = (size_t)n < raw->max ? (size_t)n : raw->max;
	if (buf_room(raw, room) == NULL) {
		buf_clear(raw);
		room = raw->cap > 0 ? raw->cap - 1 : 0;
		if (room == 0 || buf_room(raw, room) == NULL)
			return 0;
	}
	vsnprintf(raw->data, room + 1, format, args);
	buf_grew(raw, (size_t)n < room ? (size_t)n : room);
	return (size_t)n;
}

void log_vline(struct log *l, enum log_level level, const char *format, va_list args)
{
	const int number = errno;
	size_t whole, most = LONGEST;

	if (!log_shows(l, level))
		return;
	bound(l);
	whole = print_raw(l, format, args);
	/* In the last bytes of a cut text half a secret could stand, which nobody would recognise.
	 */
	if (l->raw.len < whole && l->raw.len < LONGEST + overlap(l))
		most = l->raw.len > overlap(l) ? l->raw.len - overlap(l) : 0;
	put(l, level, levels[level].prefix, buf_str(&l->raw), most, whole);
	buf_clear(&l->raw);
	buf_clear(&l->line);
	errno = number;
}

void log_line(struct log *l, enum log_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_vline(l, level, format, args);
	va_end(args);
}

void log_text(struct log *l, enum log_level level, const char *prefix, struct str text)
{
	const int number = errno;

	if (!log_shows(l, level))
		return;
	bound(l);
	put(l, level, prefix, text, LONGEST, text.n);
	buf_clear(&l->line);
	errno = number;
}
