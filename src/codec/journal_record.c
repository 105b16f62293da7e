#include "codec/journal_record.h"

#include <stdio.h>

#define CRC_TAIL 11 /* " *" and eight digits, and the line's end */

uint32_t journal_crc(uint32_t crc, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	unsigned bit;

	crc = ~crc;
	while (len-- > 0) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1)));
	}
	return ~crc;
}

static uint32_t crc_of(struct str line, const uint8_t run[static JOURNAL_RUN_ID])
{
	return journal_crc(journal_crc(0, run, JOURNAL_RUN_ID), line.p, line.n);
}

static bool is_word(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e)
			return false;
	return s.n > 0;
}

bool journal_record_write(
	const struct journal_record *r, const uint8_t run[static JOURNAL_RUN_ID], struct buf *out)
{
	size_t before = out->len;
	struct str line;

	if (!is_word(r->who) || !is_word(r->data) || r->type < 'A' || r->type > 'Z' ||
		r->who.n + r->data.n + 80 > JOURNAL_RECORD_MAX)
		return false;
	buf_addf(out, "%llu %c %llu %.*s %.*s", (unsigned long long)r->seq, r->type,
		(unsigned long long)r->row, STR_ARG(r->who), STR_ARG(r->data));
	line = str_skip(buf_str(out), before);
	buf_addf(out, " *%08lx\n", (unsigned long)crc_of(line, run));
	if (!out->failed)
		return true;
	buf_truncate(out, before);
	return false;
}

static bool take_number(struct str *rest, uint64_t *out)
{
	struct str word;

	return str_cut(*rest, ' ', &word, rest) && str_to_u64(word, UINT64_MAX, out) &&
		(word.n == 1 || word.p[0] != '0');
}

bool journal_record_read(
	struct str line, const uint8_t run[static JOURNAL_RUN_ID], struct journal_record *out)
{
	struct str rest, crc, type;
	uint64_t found;

	if (line.n + 1 > JOURNAL_RECORD_MAX || line.n < CRC_TAIL)
		return false;
	rest = str_from(line.p, line.n - (CRC_TAIL - 1));
	crc = str_skip(line, rest.n);
	if (crc.p[0] != ' ' || crc.p[1] != '*' ||
		!str_hex_to_u64(str_skip(crc, 2), UINT32_MAX, &found) ||
		(uint32_t)found != crc_of(rest, run))
		return false;
	if (!take_number(&rest, &out->seq) || !str_cut(rest, ' ', &type, &rest) || type.n != 1 ||
		!take_number(&rest, &out->row) || !str_cut(rest, ' ', &out->who, &out->data))
		return false;
	out->type = type.p[0];
	return out->type >= 'A' && out->type <= 'Z' && is_word(out->who) && is_word(out->data);
}
