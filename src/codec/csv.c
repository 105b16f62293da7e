#include "codec/csv.h"

#include <string.h>

enum state {
	START,  /* before the first byte of a field */
	BARE,   /* in a field without quotes */
	QUOTED, /* in a field with quotes */
	QUOTE,  /* behind a quote in such a field: it closes, or is the first of two */
	RETURN, /* behind a carriage return: a line feed must follow */
	SKIP    /* in the rest of a record that was too long: up to the line end */
};

void csv_init(struct csv *c, char delimiter, size_t max)
{
	*c = (struct csv){.delimiter = delimiter, .max = max, .state = START};
	buf_init(&c->values, max);
}

void csv_wipe(struct csv *c)
{
	buf_wipe(&c->values);
}

void csv_restart(struct csv *c, char delimiter)
{
	c->delimiter = delimiter;
	c->state = START;
	c->at = 0;
}

struct str csv_value(const struct csv *c, unsigned i)
{
	struct str from = str_skip(buf_str(&c->values), c->fields[i].value);

	return str_from(from.p, c->fields[i].size);
}

/* The first fault counts: those behind it may be its consequences. */
static void blame(struct csv *c, const char *fault, size_t at)
{
	if (c->fault != NULL)
		return;
	c->fault = fault;
	c->fault_at = at;
}

static void begin_field(struct csv *c)
{
	if (c->count == LIMIT_CSV_FIELDS) {
		blame(c, "more fields than a record may have", c->at);
		c->count--;
	}
	c->fields[c->count++] = (struct csv_field){.at = c->at, .value = c->values.len};
	c->state = START;
}

static void end_field(struct csv *c)
{
	struct csv_field *f = &c->fields[c->count - 1];

	f->size = c->values.len - f->value;
}

static void begin_record(struct csv *c)
{
	c->count = 0;
	c->fault = NULL;
	buf_clear(&c->values);
	begin_field(c);
}

static enum csv_step take(struct csv *c, size_t len, enum csv_step step)
{
	c->len = len;
	c->at = 0;
	if (c->state != SKIP)
		c->state = START;
	return c->values.failed ? CSV_MEMORY : step;
}

/* The line feed that ends the record is next. */
static enum csv_step end_record(struct csv *c, struct str text)
{
	bool blank = c->at == 0 || (c->at == 1 && text.p[0] == '\r');

	end_field(c);
	if (blank)
		return take(c, c->at + 1, CSV_BLANK);
	return take(c, c->at + 1, c->fault != NULL ? CSV_BAD : CSV_RECORD);
}

static bool is_plain(const struct csv *c, char b)
{
	return b != c->delimiter && b != '"' && b != '\n' && b != '\r';
}

static void take_run(struct csv *c, struct str text)
{
	size_t end = c->at;

	if (c->state == QUOTE)
		blame(c, "text behind a closing quote", c->at);
	while (end < text.n && is_plain(c, text.p[end]))
		end++;
	buf_add(&c->values, text.p + c->at, end - c->at);
	c->at = end;
	c->state = BARE;
}

static void take_quoted_run(struct csv *c, struct str text)
{
	struct str run, rest;

	if (str_cut(str_skip(text, c->at), '"', &run, &rest)) {
		c->at++;
		c->state = QUOTE;
	}
	buf_add_str(&c->values, run);
	c->at += run.n;
}

static void take_quote(struct csv *c)
{
	if (c->state == START) {
		c->quote = c->at;
		c->state = QUOTED;
	} else {
		if (c->state == BARE)
			blame(c, "a quote inside a field that does not begin with one", c->at);
		else
			c->state = QUOTED;
		buf_add_char(&c->values, '"');
	}
	c->at++;
}

/* What is not in quotes; not for a line feed. */
static void take_bare(struct csv *c, struct str text)
{
	char b = text.p[c->at];

	if (b == '"') {
		take_quote(c);
	} else if (b == '\r') {
		c->state = RETURN;
		c->at++;
	} else if (b == c->delimiter) {
		end_field(c);
		c->at++;
		begin_field(c);
	} else {
		take_run(c, text);
	}
}

/* A quote was opened, and the text, or as much of it as a record may have, ends before it closes.
   What looks like its content may be records: they begin with the next line. */
static enum csv_step abandon_quote(struct csv *c, struct str text, bool final)
{
	struct str line, rest;
	bool ended = str_cut(str_skip(text, c->quote), '\n', &line, &rest);

	blame(c, "a quote that is not closed", c->quote);
	end_field(c);
	c->state = ended || final ? START : SKIP;
	return take(c, ended ? c->quote + line.n + 1 : text.n, CSV_BAD);
}

static enum csv_step abandon(struct csv *c)
{
	c->fault = NULL;
	blame(c, "a row that is too long", 0);
	end_field(c);
	c->state = SKIP;
	return take(c, c->at, CSV_BAD);
}

static enum csv_step end_text(struct csv *c, struct str text)
{
	if (c->state == QUOTED)
		return abandon_quote(c, text, true);
	if (c->state == RETURN)
		blame(c, "a carriage return that ends no line", c->at - 1);
	end_field(c);
	return take(c, c->at, c->fault != NULL ? CSV_BAD : CSV_RECORD);
}

static enum csv_step skip_line(struct csv *c, struct str text)
{
	struct str line, rest;

	if (text.n == 0)
		return CSV_MORE;
	if (!str_cut(text, '\n', &line, &rest))
		return take(c, text.n, CSV_BLANK);
	c->state = START;
	return take(c, line.n + 1, CSV_BLANK);
}

/* TEXT is not longer than a record may be. True when its record ended: STEP. */
static bool scan(struct csv *c, struct str text, enum csv_step *step)
{
	while (c->at < text.n) {
		char b = text.p[c->at];

		if (c->state == QUOTED) {
			take_quoted_run(c, text);
		} else if (b == '\n') {
			*step = end_record(c, text);
			return true;
		} else if (c->state == RETURN) {
			blame(c, "a carriage return that ends no line", c->at - 1);
			buf_add_char(&c->values, '\r');
			c->state = BARE;
		} else {
			take_bare(c, text);
		}
	}
	return false;
}

enum csv_step csv_next(struct csv *c, struct str text, bool final)
{
	struct str record = str_from(text.p, text.n < c->max ? text.n : c->max);
	enum csv_step step;

	if (c->state == SKIP)
		return skip_line(c, text);
	if (text.n == 0)
		return CSV_MORE;
	if (c->at == 0)
		begin_record(c);
	if (scan(c, record, &step))
		return step;
	if (text.n > c->max)
		return c->state == QUOTED ? abandon_quote(c, record, false) : abandon(c);
	return final ? end_text(c, text) : CSV_MORE;
}

static bool needs_quotes(struct str field)
{
	size_t i;

	for (i = 0; i < field.n; i++)
		if (memchr(",\"\r\n", field.p[i], 4) != NULL)
			return true;
	return false;
}

void csv_add_field(struct str field, bool safe, struct buf *out)
{
	bool formula = safe && field.n > 0 && memchr("=+-@\t\r", field.p[0], 6) != NULL;
	bool quoted = needs_quotes(field);
	struct str part;
	bool more;

	if (quoted)
		buf_add_char(out, '"');
	if (formula)
		buf_add_char(out, '\'');
	do {
		more = str_cut(field, '"', &part, &field);
		buf_add_str(out, part);
		if (more)
			buf_add_text(out, "\"\"");
	} while (more);
	if (quoted)
		buf_add_char(out, '"');
}
