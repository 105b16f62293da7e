/*
 * The CSV reader: whole and in pieces it sees the same records, it always gets on, and what it has
 * read is read again from what is written of it. The first byte is the delimiter.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "codec/csv.h"

#define MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* The record as it would be written, and the same fields read from that. */
static void write_again(const struct csv *c)
{
	struct csv again;
	struct buf text;
	unsigned i;

	buf_init(&text, 4 * MAX);
	for (i = 0; i < c->count; i++) {
		csv_add_field(csv_value(c, i), false, &text);
		buf_add_char(&text, i + 1 < c->count ? ',' : '\n');
	}
	require(!text.failed);
	csv_init(&again, ',', 4 * MAX);
	if (text.len > 1) {
		require(csv_next(&again, buf_str(&text), false) == CSV_RECORD);
		require(again.len == text.len && again.count == c->count);
		for (i = 0; i < c->count; i++)
			require(str_equal(csv_value(&again, i), csv_value(c, i)));
	}
	csv_wipe(&again);
	buf_wipe(&text);
}

static void note(const struct csv *c, enum csv_step step, size_t at, struct buf *out)
{
	unsigned i;

	if (step == CSV_BLANK)
		return;
	buf_addf(out, "%zu+%zu %s %zu", at, c->len, step == CSV_BAD ? c->fault : "good",
		step == CSV_BAD ? c->fault_at : 0);
	require(c->count >= 1 && c->count <= LIMIT_CSV_FIELDS && c->len <= MAX);
	for (i = 0; i < c->count; i++) {
		require(step == CSV_BAD || c->fields[i].at <= c->len);
		buf_addf(out, "|%zu:", c->fields[i].at);
		buf_add_str(out, csv_value(c, i));
	}
	if (step == CSV_RECORD)
		write_again(c);
	else
		require(step == CSV_BAD && c->fault != NULL && c->fault_at <= c->len);
}

/* All steps of TEXT, given in pieces of PIECE bytes. */
static void read_all(struct str text, char delimiter, size_t piece, struct buf *out)
{
	size_t from = 0, end = 0;
	struct csv c;

	csv_init(&c, delimiter, MAX);
	do {
		enum csv_step step;

		end = text.n - end > piece ? end + piece : text.n;
		while ((step = csv_next(&c, str_from(text.p + from, end - from), end == text.n)) !=
			CSV_MORE) {
			require(step != CSV_MEMORY && c.len > 0 && c.len <= end - from);
			note(&c, step, from, out);
			from += c.len;
		}
	} while (end < text.n);
	require(from == text.n);
	csv_wipe(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole, pieces;
	struct str text;
	char delimiter;

	if (size == 0 || data[0] == '"' || data[0] == '\n' || data[0] == '\r' || size > 65536)
		return 0;
	delimiter = (char)data[0];
	text = str_from((const char *)data + 1, size - 1);
	buf_init(&whole, 64 * size + 1024);
	buf_init(&pieces, 64 * size + 1024);
	read_all(text, delimiter, size, &whole);
	read_all(text, delimiter, 1 + size % 7, &pieces);
	require(str_equal(buf_str(&whole), buf_str(&pieces)));
	buf_wipe(&whole);
	buf_wipe(&pieces);
	return 0;
}
