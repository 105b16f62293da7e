#include "roster/rows.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "codec/utf8.h"
#include "roster/rows_parts.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

void roster_row_init(struct roster_row *row)
{
	*row = (struct roster_row){.number = 0};
	buf_init(&row->user_name, LIMIT_ROSTER_ROW);
	buf_init(&row->role, LIMIT_ROSTER_ROW);
	buf_init(&row->body, LIMIT_REQUEST_BODY);
	buf_init(&row->teams, LIMIT_ROSTER_ROW + LIMIT_ROSTER_TEAMS);
	/* And the line end that the last row of a file may lack. */
	buf_init(&row->source, LIMIT_ROSTER_ROW + 1);
}

void roster_row_wipe(struct roster_row *row)
{
	buf_wipe(&row->user_name);
	buf_wipe(&row->role);
	buf_wipe(&row->body);
	buf_wipe(&row->teams);
	buf_wipe(&row->source);
}

static void clear_row(struct roster_row *row)
{
	buf_clear(&row->user_name);
	buf_clear(&row->role);
	buf_clear(&row->body);
	buf_clear(&row->teams);
	buf_clear(&row->source);
	row->has_teams = false;
}

struct rows *rows_new(void)
{
	struct rows *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	buf_init(&r->window, 2 * LIMIT_ROSTER_ROW + ROWS_FEED_MAX);
	buf_init(&r->header, LIMIT_ROSTER_ROW + 1);
	buf_init(&r->scratch, LIMIT_REQUEST_BODY);
	buf_init(&r->paths, LIMIT_ROSTER_ROW);
	buf_init(&r->keys, 2 * LIMIT_ROSTER_ROW);
	csv_init(&r->csv, ',', LIMIT_ROSTER_ROW);
	rows_restart(r);
	return r;
}

void rows_free(struct rows *r)
{
	if (r == NULL)
		return;
	buf_wipe(&r->window);
	buf_wipe(&r->header);
	buf_wipe(&r->scratch);
	buf_wipe(&r->paths);
	buf_wipe(&r->keys);
	csv_wipe(&r->csv);
	free(r);
}

void rows_restart(struct rows *r)
{
	buf_clear(&r->window);
	r->head = 0;
	r->final = false;
	r->phase = ROWS_BEGIN;
	r->place = (struct roster_place){1, 1};
	r->number = 0;
	r->seen = 0;
	r->split_begun = false;
}

void rows_feed(struct rows *r, const void *bytes, size_t len)
{
	buf_drop(&r->window, r->head);
	r->head = 0;
	buf_add(&r->window, bytes, len);
}

void rows_finish(struct rows *r)
{
	r->final = true;
}

enum roster_format rows_format(const struct rows *r)
{
	return r->format;
}

struct str rows_header(const struct rows *r)
{
	return buf_str(&r->header);
}

/* ---- the window ---- */

struct str rows_text(const struct rows *r)
{
	return str_skip(buf_str(&r->window), r->head);
}

static struct roster_place walk(struct roster_place place, struct str over)
{
	struct str line;

	while (str_cut(over, '\n', &line, &over))
		place = (struct roster_place){place.line + 1, 1};
	place.column += line.n;
	return place;
}

void rows_take(struct rows *r, size_t len)
{
	r->place = walk(r->place, str_from(rows_text(r).p, len));
	r->head += len;
	r->seen = 0;
}

struct roster_place rows_place(const struct rows *r, size_t at)
{
	return walk(r->place, str_from(rows_text(r).p, at));
}

/* ---- faults ---- */

void roster_fault_set(struct roster_fault *fault, struct roster_place place, struct str text)
{
	static const char tail[] = "...";
	const size_t room = sizeof(fault->text) - 1;
	const bool cut = text.n > room;
	struct buf shown;
	struct str all;

	/* No byte becomes more than ten. */
	if (cut)
		text.n = room;
	buf_init(&shown, 10 * sizeof(fault->text));
	utf8_printable(text, &shown);
	all = buf_str(&shown);
	fault->place = place;
	fault->text[0] = '\0';
	if (cut || all.n > room) {
		all.n = utf8_valid_prefix(str_from(all.p, room - (sizeof(tail) - 1)));
		memcpy(fault->text + all.n, tail, sizeof(tail));
	} else {
		fault->text[all.n] = '\0';
	}
	if (all.n > 0)
		memcpy(fault->text, all.p, all.n);
	buf_wipe(&shown);
}

enum rows_act rows_blame(
	const struct rows *r, const struct rows_out *o, size_t at, const char *format, ...)
{
	struct buf text;
	va_list args;
	bool failed;

	buf_init(&text, 2 * LIMIT_ROSTER_ROW);
	va_start(args, format);
	buf_vaddf(&text, format, args);
	va_end(args);
	roster_fault_set(o->fault, rows_place(r, at), buf_str(&text));
	failed = text.failed;
	buf_wipe(&text);
	return failed ? rows_no_memory(o) : ROWS_BLAME;
}

enum rows_act rows_no_memory(const struct rows_out *o)
{
	err_memory(o->e, "reading the roster");
	return ROWS_ERROR;
}

/* ---- rows ---- */

static bool is_blank(struct str s)
{
	return str_trim_space(s).n == 0;
}

static bool has_nul(struct str s)
{
	return s.n > 0 && memchr(s.p, '\0', s.n) != NULL;
}

const char *rows_user_name_fault(struct str name)
{
	if (is_blank(name))
		return "userName is empty";
	return has_nul(name) ? "userName holds a NUL character" : NULL;
}

const char *rows_known_name(struct str name)
{
	static const char *const known[] = {"userName", "sentryOrgRole", "teams"};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_is_fold(name, known[i]))
			return known[i];
	return NULL;
}

const char *rows_add_team(struct roster_row *row, struct str name)
{
	struct str other, rest = buf_str(&row->teams);
	unsigned count = 0;

	if (is_blank(name))
		return "a team without a name";
	if (has_nul(name))
		return "a team's name holds a NUL character";
	while (str_cut(rest, '\0', &other, &rest)) {
		if (str_equal_fold(name, other))
			return "a team that stands here twice";
		if (++count == LIMIT_ROSTER_TEAMS)
			return "more teams than a row may have";
	}
	buf_add_str(&row->teams, name);
	buf_add_char(&row->teams, '\0');
	return NULL;
}

const char *rows_add_teams(struct roster_row *row, struct str names)
{
	const char *fault = NULL;
	struct str name;
	bool more = true;

	while (more && fault == NULL) {
		more = str_cut(names, ';', &name, &names);
		fault = rows_add_team(row, str_trim(name));
	}
	return fault;
}

static bool out_of_memory(const struct roster_row *row)
{
	return row->user_name.failed || row->role.failed || row->body.failed || row->teams.failed ||
		row->source.failed;
}

enum rows_act rows_finish_row(
	struct rows *r, const struct rows_out *o, const struct user_draft *d, size_t at)
{
	struct err e = {.kind = ERR_NONE};

	o->row->place = rows_place(r, at);
	if (user_body(d, &o->row->body, &e))
		return out_of_memory(o->row) ? rows_no_memory(o) : ROWS_GIVE;
	if (e.kind == ERR_INPUT)
		return rows_blame(r, o, at, "%s", e.text);
	*o->e = e;
	return ROWS_ERROR;
}

/* ---- phases ---- */

static enum rows_act begin_format(struct rows *r, enum roster_format format, enum rows_phase phase)
{
	r->format = format;
	r->phase = phase;
	r->trial = 0;
	r->best_rank = 0;
	r->comma = false;
	csv_restart(&r->csv, ',');
	return ROWS_AGAIN;
}

/* A byte order mark takes no column: no editor shows it. */
static void skip_mark(struct rows *r)
{
	if (str_starts(rows_text(r), BYTE_ORDER_MARK))
		r->head += sizeof(BYTE_ORDER_MARK) - 1;
}

static bool is_utf16(struct str text)
{
	return str_starts(text, "\xFF\xFE") || str_starts(text, "\xFE\xFF");
}

/* The format shows in the first byte that is not blank; lines before it are empty. */
static enum rows_act recognise(struct rows *r, const struct rows_out *o)
{
	struct str text = rows_text(r), rest;

	if (text.n < sizeof(BYTE_ORDER_MARK) - 1 && !r->final)
		return ROWS_STARVE;
	if (is_utf16(text)) {
		r->phase = ROWS_REST;
		return rows_blame(r, o, 0, "the file is in UTF-16; save it as UTF-8");
	}
	rest = str_starts(text, BYTE_ORDER_MARK) ? str_skip(text, 3) : text;
	while (rest.n > 0 && memchr(" \t\r\n", rest.p[0], 4) != NULL)
		rest = str_skip(rest, 1);
	if (rest.n == 0 && !r->final && text.n <= LIMIT_ROSTER_ROW)
		return ROWS_STARVE;
	skip_mark(r);
	if (rest.n > 0 && rest.p[0] == '[')
		return begin_format(r, ROSTER_JSON_ARRAY, ROWS_JSON_OPEN);
	if (rest.n > 0 && rest.p[0] == '{')
		return begin_format(r, ROSTER_JSON_LINES, ROWS_JSON_LINE);
	return begin_format(r, ROSTER_CSV, ROWS_CSV_HEADER);
}

static enum rows_act pass_over(struct rows *r, const struct rows_out *o)
{
	(void)o;
	rows_take(r, rows_text(r).n);
	return ROWS_STARVE;
}

static rows_phase_fn *const phases[] = {
	[ROWS_BEGIN] = recognise,
	[ROWS_CSV_HEADER] = rows_csv_header,
	[ROWS_CSV_COLUMNS] = rows_csv_columns,
	[ROWS_CSV_RECORD] = rows_csv_record,
	[ROWS_JSON_LINE] = rows_json_line,
	[ROWS_JSON_LONG] = rows_json_long,
	[ROWS_JSON_OPEN] = rows_json_open,
	[ROWS_JSON_VALUE] = rows_json_value,
	[ROWS_JSON_COMMA] = rows_json_comma,
	[ROWS_JSON_SEARCH] = rows_json_search,
	[ROWS_JSON_BEHIND] = rows_json_behind,
	[ROWS_REST] = pass_over,
};
_Static_assert(sizeof(phases) / sizeof(phases[0]) == ROWS_PHASES, "something to do in each phase");

enum rows_step rows_next(
	struct rows *r, struct roster_row *row, struct roster_fault *fault, struct err *e)
{
	const struct rows_out o = {row, fault, e};
	enum rows_act act = ROWS_AGAIN;

	if (r->window.failed)
		act = rows_no_memory(&o);
	clear_row(row);
	while (act == ROWS_AGAIN)
		act = phases[r->phase](r, &o);
	switch (act) {
	case ROWS_GIVE: return ROWS_ROW;
	case ROWS_BLAME: return ROWS_FAULT;
	case ROWS_STARVE: return r->final ? ROWS_END : ROWS_MORE;
	default: return ROWS_FAIL;
	}
}
