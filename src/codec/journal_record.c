#include "codec/journal_record.h"

#include "codec/hex.h"

#define CRC_TAIL 11 /* " *" and eight digits, and the line's end */

/* What four bits add to the remainder: every record of a journal is summed, so half a byte at a
   time and not bit by bit, by a table of 64 bytes and not of a thousand. */
static const uint32_t crc_table[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc,
	0x5125dad3, 0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
	0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};

uint32_t journal_crc(uint32_t crc, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	crc = ~crc;
	while (len-- > 0) {
		crc ^= *p++;
		crc = crc >> 4 ^ crc_table[crc & 15];
		crc = crc >> 4 ^ crc_table[crc & 15];
	}
	return ~crc;
}

static uint32_t crc_of(struct str line, const uint8_t run[static JOURNAL_RUN_ID])
{
	return journal_crc(journal_crc(0, run, JOURNAL_RUN_ID), line.p, line.n);
}

/* Appends " *" and the eight digits of LINE's check sum. */
static void add_sum(struct str line, const uint8_t run[static JOURNAL_RUN_ID], struct buf *out)
{
	const uint32_t crc = crc_of(line, run);
	const uint8_t sum[4] = {
		(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8), (uint8_t)crc};

	buf_add_text(out, " *");
	hex_write(sum, sizeof(sum), out);
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

	if (!is_word(r->who) || !is_word(r->data) || r->type < 'A' || r->type > 'Z' ||
		r->who.n + r->data.n + 80 > JOURNAL_RECORD_MAX)
		return false;
	buf_add_u64(out, r->seq);
	buf_add_char(out, ' ');
	buf_add_char(out, r->type);
	buf_add_char(out, ' ');
	buf_add_u64(out, r->row);
	buf_add_char(out, ' ');
	buf_add_str(out, r->who);
	buf_add_char(out, ' ');
	buf_add_str(out, r->data);
	add_sum(str_skip(buf_str(out), before), run, out);
	buf_add_char(out, '\n');
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
	struct str rest, type;
	struct buf sum;
	bool same;

	if (line.n + 1 > JOURNAL_RECORD_MAX || line.n < CRC_TAIL)
		return false;
	rest = str_from(line.p, line.n - (CRC_TAIL - 1));
	/* As it was written, digit by digit: another case of letters would be damage, too. */
	buf_init(&sum, CRC_TAIL);
	add_sum(rest, run, &sum);
	same = str_equal(str_skip(line, rest.n), buf_str(&sum));
	buf_wipe(&sum);
	if (!same)
		return false;
	if (!take_number(&rest, &out->seq) || !str_cut(rest, ' ', &type, &rest) || type.n != 1 ||
		!take_number(&rest, &out->row) || !str_cut(rest, ' ', &out->who, &out->data))
		return false;
	out->type = type.p[0];
	return out->type >= 'A' && out->type <= 'Z' && is_word(out->who) && is_word(out->data);
}
