/*
 * Roster files: whole and in pieces they say the same, every row is a request body with a user
 * name, and what would be written to --rejects is read again as the same rows.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "codec/json_scan.h"
#include "codec/utf8.h"
#include "roster/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* What came of a text. */
struct reading {
	struct buf all;     /* every step with its place */
	struct buf bodies;  /* of the rows, and their teams, without line ends */
	struct buf rejects; /* the header and the rows again */
	uint64_t rows;
};

static void check_row(const struct roster_row *row)
{
	struct json_value v;

	require(json_valid_object(buf_str(&row->body), NULL));
	require(json_member(buf_str(&row->body), "userName", &v) && v.type == JSON_STRING);
	require(json_text_equal(v.raw, buf_str(&row->user_name), false));
	require(str_trim_space(buf_str(&row->user_name)).n > 0);
	require(!json_member(buf_str(&row->body), "teams", &v));
	require(json_member(buf_str(&row->body), "schemas", &v));
	require(row->source.len > 0 && row->source.data[row->source.len - 1] == '\n');
	require(row->user_name_place.line >= row->place.line);
}

static void note_place(struct buf *out, struct roster_place place)
{
	require(place.line > 0 && place.column > 0);
	buf_addf(out, "%llu:%llu ", (unsigned long long)place.line,
		(unsigned long long)place.column);
}

/* Line ends between tokens go when a row is put on one line. */
static void add_without_line_ends(struct buf *out, struct str text)
{
	for (; text.n > 0; text = str_skip(text, 1))
		if (text.p[0] != '\n' && text.p[0] != '\r')
			buf_add_char(out, text.p[0]);
}

static void note_row(struct reading *g, const struct roster_row *row)
{
	check_row(row);
	buf_addf(&g->all, "%llu ", (unsigned long long)row->number);
	note_place(&g->all, row->place);
	note_place(&g->all, row->user_name_place);
	buf_add_str(&g->all, buf_str(&row->body));
	buf_add_str(&g->all, buf_str(&row->teams));
	add_without_line_ends(&g->bodies, buf_str(&row->body));
	add_without_line_ends(&g->bodies, buf_str(&row->teams));
	buf_add_str(&g->rejects, buf_str(&row->source));
	g->rows++;
}

static void drain(struct reading *g, struct rows *rows, enum rows_step last)
{
	struct err e = {.kind = ERR_NONE};
	struct roster_fault fault;
	struct roster_row row;
	enum rows_step step;

	roster_row_init(&row);
	while ((step = rows_next(rows, &row, &fault, &e)) == ROWS_ROW || step == ROWS_FAULT) {
		if (g->all.len == 0)
			buf_add_str(&g->rejects, rows_header(rows));
		if (step == ROWS_ROW) {
			note_row(g, &row);
			continue;
		}
		note_place(&g->all, fault.place);
		require(fault.text[0] != '\0' && utf8_valid(str_of(fault.text)));
		buf_add_text(&g->all, fault.text);
	}
	require(step == last);
	roster_row_wipe(&row);
}

static void read_all(struct reading *g, struct str text, size_t piece)
{
	struct rows *rows = rows_new();

	require(rows != NULL);
	*g = (struct reading){.rows = 0};
	buf_init(&g->all, 1u << 26);
	buf_init(&g->bodies, 1u << 26);
	buf_init(&g->rejects, 1u << 26);
	while (text.n > 0) {
		struct str part = str_from(text.p, text.n < piece ? text.n : piece);

		rows_feed(rows, part.p, part.n);
		drain(g, rows, ROWS_MORE);
		text = str_skip(text, part.n);
	}
	rows_finish(rows);
	drain(g, rows, ROWS_END);
	require(!g->all.failed && !g->bodies.failed && !g->rejects.failed);
	rows_free(rows);
}

static void wipe_reading(struct reading *g)
{
	buf_wipe(&g->all);
	buf_wipe(&g->bodies);
	buf_wipe(&g->rejects);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_from((const char *)data, size);
	struct reading whole, pieces, again;

	if (size > 200000)
		return 0;
	read_all(&whole, text, ROWS_FEED_MAX);
	read_all(&pieces, text, 1 + size % 61);
	require(str_equal(buf_str(&whole.all), buf_str(&pieces.all)));
	if (whole.rows > 0) {
		read_all(&again, buf_str(&whole.rejects), ROWS_FEED_MAX);
		require(again.rows == whole.rows);
		require(str_equal(buf_str(&again.bodies), buf_str(&whole.bodies)));
		wipe_reading(&again);
	}
	wipe_reading(&whole);
	wipe_reading(&pieces);
	return 0;
}
