#include "cmd/out.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "codec/csv.h"
#include "codec/json_scan.h"
#include "codec/utf8.h"
#include "sys/console.h"
#include "sys/file.h"

/* One resource with its columns; a resource is no larger than a response. */
#define TEXT_MAX (4 * LIMIT_HTTP_BODY)
/* A part of a table: some 500 rows, more than a screen. */
#define PART (32u * 1024u)
/* A first column narrower than this says nothing. */
#define NARROWEST 12u

const struct out_column out_members[] = {
	{"USER NAME", "userName", false},
	{"ROLE", "sentryOrgRole", false},
	{"ACTIVE", "active", false},
	{"ID", "id", false},
	{.title = NULL},
};
const struct out_column out_teams[] = {
	{"TEAM", "displayName", false},
	{"MEMBERS", "members", true},
	{"ID", "id", false},
	{.title = NULL},
};

void out_init(struct out *o, const struct settings *s, const struct out_column *columns, bool list)
{
	*o = (struct out){.format = s->output,
		.columns = columns,
		.list = list,
		.color = s->color,
		.csv_safe = s->csv_safe};
	o->terminal = console_is_terminal(STDOUT_FILENO);
	o->width = o->terminal ? file_terminal_width(STDOUT_FILENO) : 0;
	if (o->format == OUTPUT_AUTO)
		o->format = o->terminal ? OUTPUT_TABLE : OUTPUT_JSON;
	buf_init(&o->rows, TEXT_MAX);
}

void out_wipe(struct out *o)
{
	buf_wipe(&o->rows);
}

bool out_prepared(const struct buf *text, struct err *e)
{
	if (text->failed)
		return err_memory(e, "writing the output");
	console_clear_status(STDOUT_FILENO);
	if (!file_write_all(STDOUT_FILENO, text->data, text->len))
		return err_sys(e, ERR_OUTPUT, errno, "standard output");
	return true;
}

/* ---- JSON ---- */

/* The escape of POINT in a JSON string: two of them beyond the first 65,536 (RFC 8259 7). */
static void add_escape(uint32_t point, struct buf *out)
{
	if (point > 0xffff) {
		buf_addf(out, "\\u%04x", (unsigned)(0xd7c0 + (point >> 10)));
		point = 0xdc00 + (point & 0x3ff);
	}
	buf_addf(out, "\\u%04x", (unsigned)point);
}

/*
 * JSON for a terminal: valid JSON holds no C0 controls but white space; the other characters that
 * could steer a terminal or hide text stand in strings only and have an escape there.
 */
static void add_for_terminal(struct str json, struct buf *out)
{
	while (json.n > 0) {
		uint32_t point = 0;
		size_t len = utf8_decode(json, &point);

		if (len == 0)
			len = 1;
		if (point >= 0x7f && utf8_steers(point))
			add_escape(point, out);
		else
			buf_add(out, json.p, len);
		json = str_skip(json, len);
	}
}

/* The same value without the white space between its tokens, if there are line ends in it. */
static void add_on_one_line(struct str json, struct buf *out)
{
	struct json_scan s;
	enum json_token t, before = JSON_OBJECT;

	if (!str_contains(json, "\n") && !str_contains(json, "\r")) {
		buf_add_str(out, json);
		return;
	}
	json_scan_init(&s, json);
	while ((t = json_scan_next(&s)) != JSON_END && t != JSON_BAD) {
		bool closes = t == JSON_OBJECT_CLOSE || t == JSON_ARRAY_CLOSE;
		bool opened = before == JSON_OBJECT || before == JSON_ARRAY;

		if (!opened && before != JSON_KEY && !closes)
			buf_add_char(out, ',');
		if (t == JSON_KEY || t == JSON_STRING)
			buf_addf(out, "\"%.*s\"%s", STR_ARG(s.raw), t == JSON_KEY ? ":" : "");
		else
			buf_add_str(out, s.raw);
		before = t;
	}
}

static bool json_resource(struct out *o, struct str resource, struct err *e)
{
	struct buf line, text;
	bool ok;

	buf_init(&line, TEXT_MAX);
	buf_init(&text, TEXT_MAX);
	if (o->format == OUTPUT_JSONL) {
		add_on_one_line(resource, &line);
		resource = buf_str(&line);
	}
	/* Room at once for a resource without anything to replace. */
	buf_room(&text, resource.n + sizeof(",\n\n"));
	if (o->format == OUTPUT_JSON && o->list)
		buf_add_text(&text, o->count == 0 ? "[" : ",\n");
	if (o->terminal)
		add_for_terminal(resource, &text);
	else
		buf_add_str(&text, resource);
	if (o->format == OUTPUT_JSONL || !o->list)
		buf_add_char(&text, '\n');
	ok = line.failed ? err_memory(e, "writing the output") : out_prepared(&text, e);
	buf_wipe(&line);
	buf_wipe(&text);
	return ok;
}

/* ---- columns ---- */

static void add_count(struct str array, struct buf *out)
{
	struct json_value v;
	unsigned long long n = 0;
	size_t at = 0;

	while (json_element(array, &at, &v))
		n++;
	buf_add_u64(out, n);
}

static void add_cell(struct str resource, const struct out_column *c, struct buf *out)
{
	struct json_value v;

	if (!json_find(resource, c->path, &v) || v.type == JSON_NULL)
		return;
	if (c->counted && v.type == JSON_ARRAY)
		add_count(v.raw, out);
	else if (v.type == JSON_STRING)
		json_unescape(v.raw, out);
	else
		buf_add_str(out, v.raw);
}

static void add_csv_head(struct out *o, struct buf *text)
{
	const struct out_column *c;

	for (c = o->columns; !o->headed && c->title != NULL; c++) {
		buf_add_text(text, c->path);
		buf_add_char(text, c[1].title != NULL ? ',' : '\n');
	}
	o->headed = true;
}

static bool csv_resource(struct out *o, struct str resource, struct err *e)
{
	const struct out_column *c;
	struct buf text, cell, shown;
	bool failed = false, ok;

	buf_init(&text, TEXT_MAX);
	buf_init(&cell, TEXT_MAX);
	buf_init(&shown, TEXT_MAX);
	add_csv_head(o, &text);
	for (c = o->columns; c->title != NULL; c++) {
		buf_clear(&cell);
		buf_clear(&shown);
		add_cell(resource, c, &cell);
		if (o->terminal)
			utf8_printable(buf_str(&cell), &shown);
		failed = failed || cell.failed || shown.failed;
		csv_add_field(buf_str(o->terminal ? &shown : &cell), o->csv_safe, &text);
		buf_add_char(&text, c[1].title != NULL ? ',' : '\n');
	}
	ok = failed ? err_memory(e, "writing the output") : out_prepared(&text, e);
	buf_wipe(&text);
	buf_wipe(&cell);
	buf_wipe(&shown);
	return ok;
}

/* ---- the table ---- */

static unsigned columns_count(const struct out *o)
{
	unsigned n = 0;

	while (o->columns[n].title != NULL)
		n++;
	return n;
}

static void widen(struct out *o)
{
	unsigned column, count = columns_count(o);
	struct str rest;

	for (column = 0; column < count; column++) {
		size_t width = utf8_columns(str_of(o->columns[column].title));

		if (width > o->widths[column])
			o->widths[column] = width;
	}
	column = 0;
	for (rest = buf_str(&o->rows); rest.n > 0; rest = str_skip(rest, str_of(rest.p).n + 1)) {
		size_t width = utf8_columns(str_of(rest.p));

		if (width > o->widths[column])
			o->widths[column] = width;
		column = (column + 1) % count;
	}
}

/* Takes from the first column what the terminal is too narrow for. */
static void fit(struct out *o)
{
	unsigned column, count = columns_count(o);
	size_t all = 0;

	for (column = 0; column < count; column++)
		all += o->widths[column] + (column > 0 ? 2 : 0);
	if (o->width == 0 || all <= o->width)
		return;
	all -= o->width;
	o->widths[0] = o->widths[0] > all + NARROWEST ? o->widths[0] - all : NARROWEST;
}

/* TEXT in WIDTH columns, cut with an ellipsis if it is wider. */
static void add_padded(struct str text, size_t width, bool last, struct buf *out)
{
	size_t used = utf8_columns(text);

	if (used > width) {
		uint32_t point;
		size_t len, part;

		used = 0;
		while ((len = utf8_decode(text, &point)) > 0) {
			part = utf8_columns(str_from(text.p, len));
			if (used + part > width - 1)
				break;
			buf_add(out, text.p, len);
			text = str_skip(text, len);
			used += part;
		}
		buf_add_text(out, "\xe2\x80\xa6");
		used++;
	} else {
		buf_add_str(out, text);
	}
	while (!last && used++ < width + 2)
		buf_add_char(out, ' ');
}

static void add_table_head(struct out *o, struct buf *text)
{
	const struct out_column *c;

	if (o->headed)
		return;
	o->headed = true;
	buf_add_text(text, o->color ? "\033[1m" : "");
	for (c = o->columns; c->title != NULL; c++)
		add_padded(str_of(c->title), o->widths[c - o->columns], c[1].title == NULL, text);
	buf_add_text(text, o->color ? "\033[0m\n" : "\n");
}

static bool table_part(struct out *o, struct err *e)
{
	unsigned column = 0, count = columns_count(o);
	struct buf text;
	struct str rest;
	bool ok;

	widen(o);
	fit(o);
	buf_init(&text, 8 * TEXT_MAX);
	add_table_head(o, &text);
	for (rest = buf_str(&o->rows); rest.n > 0; rest = str_skip(rest, str_of(rest.p).n + 1)) {
		add_padded(str_of(rest.p), o->widths[column], column + 1 == count, &text);
		column = (column + 1) % count;
		if (column == 0)
			buf_add_char(&text, '\n');
	}
	ok = out_prepared(&text, e);
	buf_wipe(&text);
	buf_clear(&o->rows);
	return ok;
}

static bool table_resource(struct out *o, struct str resource, struct err *e)
{
	const struct out_column *c;
	struct buf cell;
	bool failed = false;

	buf_init(&cell, TEXT_MAX);
	for (c = o->columns; c->title != NULL; c++) {
		buf_clear(&cell);
		add_cell(resource, c, &cell);
		failed = failed || cell.failed;
		utf8_printable(buf_str(&cell), &o->rows);
		buf_add_char(&o->rows, '\0');
	}
	buf_wipe(&cell);
	if (failed || o->rows.failed)
		return err_memory(e, "the table");
	return o->rows.len < PART || table_part(o, e);
}

bool out_resource(struct out *o, struct str resource, struct err *e)
{
	bool ok;

	switch (o->format) {
	case OUTPUT_CSV: ok = csv_resource(o, resource, e); break;
	case OUTPUT_TABLE: ok = table_resource(o, resource, e); break;
	default: ok = json_resource(o, resource, e);
	}
	o->count++;
	return ok;
}

static bool write_text(const char *text, struct err *e)
{
	struct str s = str_of(text);

	return file_write_all(STDOUT_FILENO, s.p, s.n) ||
		err_sys(e, ERR_OUTPUT, errno, "standard output");
}

bool out_end(struct out *o, struct err *e)
{
	if (o->count == 0)
		return true;
	if (o->format == OUTPUT_TABLE)
		return o->rows.len == 0 || table_part(o, e);
	return o->format != OUTPUT_JSON || !o->list || write_text("]\n", e);
}

bool out_end_list(struct out *o, struct err *e)
{
	struct buf head;
	bool ok;

	if (o->count > 0)
		return out_end(o, e);
	if (o->format == OUTPUT_TABLE)
		return table_part(o, e);
	if (o->format == OUTPUT_JSON)
		return write_text("[]\n", e);
	if (o->format != OUTPUT_CSV)
		return true;
	buf_init(&head, TEXT_MAX);
	add_csv_head(o, &head);
	ok = out_prepared(&head, e);
	buf_wipe(&head);
	return ok;
}

bool out_json(struct str json, struct err *e)
{
	struct buf text;
	bool ok;

	buf_init(&text, TEXT_MAX);
	if (console_is_terminal(STDOUT_FILENO))
		add_for_terminal(json, &text);
	else
		buf_add_str(&text, json);
	buf_add_char(&text, '\n');
	ok = out_prepared(&text, e);
	buf_wipe(&text);
	return ok;
}

bool out_text(struct str text, struct err *e)
{
	struct buf shown;
	struct str line;
	bool ok, more = true;

	buf_init(&shown, TEXT_MAX);
	if (!console_is_terminal(STDOUT_FILENO)) {
		buf_add_str(&shown, text);
		more = false;
	}
	while (more) {
		more = str_cut(text, '\n', &line, &text);
		utf8_printable(line, &shown);
		if (more)
			buf_add_char(&shown, '\n');
	}
	ok = out_prepared(&shown, e);
	buf_wipe(&shown);
	return ok;
}
