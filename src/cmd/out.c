#include "cmd/out.h"

#include <errno.h>
#include <unistd.h>

#include "codec/json_scan.h"
#include "codec/utf8.h"
#include "scim/user.h"
#include "sys/file.h"
#include "sys/log.h"

#define CSV_HEADER "userName,sentryOrgRole,active,id\n"
#define COLUMNS    4
/* What a table may hold back: some 100,000 members. */
#define TABLE_MAX (16u * 1024u * 1024u)

static const char *const titles[COLUMNS] = {"USER NAME", "ROLE", "ACTIVE", "ID"};

void out_init(struct out *o, const struct settings *s, bool list)
{
	*o = (struct out){.format = s->output, .list = list, .color = s->color};
	o->terminal = log_is_terminal(STDOUT_FILENO);
	if (o->format == OUTPUT_AUTO)
		o->format = o->terminal ? OUTPUT_TABLE : OUTPUT_JSON;
	buf_init(&o->rows, TABLE_MAX);
}

void out_wipe(struct out *o)
{
	buf_wipe(&o->rows);
}

static bool write_out(const struct buf *text, struct err *e)
{
	if (text->failed)
		return err_memory(e, "writing the output");
	if (!file_write_all(STDOUT_FILENO, text->data, text->len))
		return err_sys(e, ERR_OUTPUT, errno, "standard output");
	return true;
}

/* ---- JSON ---- */

static bool is_format_character(uint32_t c)
{
	return c == 0x7f || (c >= 0x80 && c <= 0x9f) || (c >= 0x200b && c <= 0x200f) ||
		(c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
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
		if (is_format_character(point))
			buf_addf(out, "\\u%04x", (unsigned)point);
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

	buf_init(&line, TABLE_MAX);
	buf_init(&text, TABLE_MAX);
	if (o->format == OUTPUT_JSONL)
		add_on_one_line(resource, &line);
	else
		buf_add_str(&line, resource);
	if (o->format == OUTPUT_JSON && o->list)
		buf_add_text(&text, o->count == 0 ? "[" : ",\n");
	if (o->terminal)
		add_for_terminal(buf_str(&line), &text);
	else
		buf_add_str(&text, buf_str(&line));
	if (o->format == OUTPUT_JSONL || !o->list)
		buf_add_char(&text, '\n');
	ok = line.failed ? err_memory(e, "writing the output") : write_out(&text, e);
	buf_wipe(&line);
	buf_wipe(&text);
	return ok;
}

/* ---- columns ---- */

static void add_value(const struct json_value *v, struct buf *out)
{
	if (v->type == JSON_STRING)
		json_unescape(v->raw, out);
	else if (v->type != JSON_END && v->type != JSON_NULL)
		buf_add_str(out, v->raw);
}

static void member_cells(
	struct str resource, const struct json_value *cells[COLUMNS], struct user *u)
{
	user_read(resource, u);
	cells[0] = &u->user_name;
	cells[1] = &u->role;
	cells[2] = &u->active;
	cells[3] = &u->id;
}

/* RFC 4180: a field with a comma, a quote or a line end stands in quotes, quotes are doubled. */
static void add_csv_field(struct str field, struct buf *out)
{
	size_t i;
	bool quoted = str_contains(field, ",") || str_contains(field, "\"") ||
		str_contains(field, "\n") || str_contains(field, "\r");

	if (quoted)
		buf_add_char(out, '"');
	for (i = 0; i < field.n; i++) {
		if (field.p[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, field.p[i]);
	}
	if (quoted)
		buf_add_char(out, '"');
}

static bool csv_resource(struct out *o, struct str resource, struct err *e)
{
	const struct json_value *cells[COLUMNS];
	struct user u;
	struct buf text, cell, shown;
	unsigned i;
	bool ok;

	buf_init(&text, TABLE_MAX);
	buf_init(&cell, TABLE_MAX);
	buf_init(&shown, TABLE_MAX);
	if (o->count == 0)
		buf_add_text(&text, CSV_HEADER);
	member_cells(resource, cells, &u);
	for (i = 0; i < COLUMNS; i++) {
		buf_clear(&cell);
		buf_clear(&shown);
		add_value(cells[i], &cell);
		if (o->terminal)
			utf8_printable(buf_str(&cell), &shown);
		add_csv_field(buf_str(o->terminal ? &shown : &cell), &text);
		buf_add_char(&text, i + 1 < COLUMNS ? ',' : '\n');
	}
	ok = cell.failed || shown.failed ? err_memory(e, "writing the output")
					 : write_out(&text, e);
	buf_wipe(&text);
	buf_wipe(&cell);
	buf_wipe(&shown);
	return ok;
}

static bool table_resource(struct out *o, struct str resource, struct err *e)
{
	const struct json_value *cells[COLUMNS];
	struct user u;
	struct buf cell;
	unsigned i;

	buf_init(&cell, TABLE_MAX);
	member_cells(resource, cells, &u);
	for (i = 0; i < COLUMNS; i++) {
		buf_clear(&cell);
		add_value(cells[i], &cell);
		utf8_printable(buf_str(&cell), &o->rows);
		buf_add_char(&o->rows, '\0');
	}
	buf_wipe(&cell);
	return !o->rows.failed || err_memory(e, "the table");
}

static void add_cell(const char *text, size_t width, bool last, struct buf *out)
{
	size_t used = utf8_columns(str_of(text));

	buf_add_text(out, text);
	while (!last && used++ < width + 2)
		buf_add_char(out, ' ');
}

static bool table_end(struct out *o, struct err *e)
{
	size_t widths[COLUMNS];
	struct buf text;
	struct str rest;
	unsigned column;
	bool ok;

	for (column = 0; column < COLUMNS; column++)
		widths[column] = utf8_columns(str_of(titles[column]));
	column = 0;
	for (rest = buf_str(&o->rows); rest.n > 0; rest = str_skip(rest, str_of(rest.p).n + 1)) {
		size_t width = utf8_columns(str_of(rest.p));

		if (width > widths[column])
			widths[column] = width;
		column = (column + 1) % COLUMNS;
	}
	buf_init(&text, 2 * TABLE_MAX);
	buf_add_text(&text, o->color ? "\033[1m" : "");
	for (column = 0; column < COLUMNS; column++)
		add_cell(titles[column], widths[column], column + 1 == COLUMNS, &text);
	buf_add_text(&text, o->color ? "\033[0m\n" : "\n");
	column = 0;
	for (rest = buf_str(&o->rows); rest.n > 0; rest = str_skip(rest, str_of(rest.p).n + 1)) {
		add_cell(rest.p, widths[column], column + 1 == COLUMNS, &text);
		column = (column + 1) % COLUMNS;
		if (column == 0)
			buf_add_char(&text, '\n');
	}
	ok = write_out(&text, e);
	buf_wipe(&text);
	return ok;
}

bool out_member(struct out *o, struct str resource, struct err *e)
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

bool out_end(struct out *o, struct err *e)
{
	if (o->count == 0)
		return true;
	if (o->format == OUTPUT_TABLE)
		return table_end(o, e);
	if (o->format == OUTPUT_JSON && o->list && !file_write_all(STDOUT_FILENO, "]\n", 2))
		return err_sys(e, ERR_OUTPUT, errno, "standard output");
	return true;
}

bool out_text(struct str text, struct err *e)
{
	struct buf shown;
	struct str line;
	bool ok, more = true;

	buf_init(&shown, TABLE_MAX);
	if (!log_is_terminal(STDOUT_FILENO)) {
		buf_add_str(&shown, text);
		more = false;
	}
	while (more) {
		more = str_cut(text, '\n', &line, &text);
		utf8_printable(line, &shown);
		if (more)
			buf_add_char(&shown, '\n');
	}
	ok = write_out(&shown, e);
	buf_wipe(&shown);
	return ok;
}
