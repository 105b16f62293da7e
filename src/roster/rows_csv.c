#include <string.h>

#include "base/limits.h"
#include "codec/json_emit.h"
#include "codec/utf8.h"
#include "roster/rows_parts.h"

/* By their frequency: the first of equals is taken. */
static const char delimiters[] = {',', ';', '\t'};

/* ---- the header ---- */

static unsigned name_rank(const struct csv *c)
{
	unsigned i, rank = c->count > 1;

	for (i = 0; i < c->count; i++) {
		if (str_is(csv_value(c, i), "userName"))
			return 3;
		if (str_is_fold(csv_value(c, i), "userName"))
			rank = 2;
	}
	return rank;
}

/* Reads the header row by each delimiter. */
static enum rows_act try_delimiters(struct rows *r, const struct rows_out *o, struct str text)
{
	for (; r->trial < sizeof(delimiters); r->trial++) {
		enum csv_step step;
		unsigned rank;

		if (r->csv.delimiter != delimiters[r->trial])
			csv_restart(&r->csv, delimiters[r->trial]);
		step = csv_next(&r->csv, text, r->final);
		if (step == CSV_MORE)
			return ROWS_STARVE;
		if (step == CSV_MEMORY)
			return rows_no_memory(o);
		if (step == CSV_BLANK) {
			rows_take(r, r->csv.len);
			return ROWS_AGAIN;
		}
		rank = 1 + 2 * name_rank(&r->csv) + (step == CSV_RECORD);
		if (rank > r->best_rank) {
			r->best_rank = rank;
			r->best = r->trial;
		}
	}
	return ROWS_GIVE;
}

/* The first byte of a record that no text may have. */
static bool find_bad_byte(struct str record, size_t *at, const char **what)
{
	const char *nul = record.n > 0 ? memchr(record.p, '\0', record.n) : NULL;
	size_t good = utf8_valid_prefix(record);

	*at = good;
	*what = "a byte that is not UTF-8";
	if (nul != NULL && (size_t)(nul - record.p) < good) {
		*at = (size_t)(nul - record.p);
		*what = "a NUL byte";
	}
	return *at < record.n;
}

/* Whether the record in hand can be read at all; blames what it cannot be read for. */
static bool is_readable(
	const struct rows *r, const struct rows_out *o, enum csv_step step, enum rows_act *act)
{
	const struct csv *c = &r->csv;
	const char *what;
	size_t at;

	if (find_bad_byte(str_from(rows_text(r).p, c->len), &at, &what) &&
		(step != CSV_BAD || at < c->fault_at))
		*act = rows_blame(r, o, at, "%s", what);
	else if (step == CSV_BAD)
		*act = rows_blame(r, o, c->fault_at, "%s", c->fault);
	else
		return true;
	return false;
}

static void copy_record(const struct rows *r, struct buf *out)
{
	buf_add(out, rows_text(r).p, r->csv.len);
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		buf_add_char(out, '\n');
}

enum rows_act rows_csv_header(struct rows *r, const struct rows_out *o)
{
	struct str text = rows_text(r);
	enum rows_act act;

	if (text.n == 0 && !r->final)
		return ROWS_STARVE;
	if (text.n == 0) {
		r->phase = ROWS_REST;
		return rows_blame(r, o, 0, "the file is empty: a header row must be there");
	}
	act = try_delimiters(r, o, text);
	if (act != ROWS_GIVE)
		return act;
	csv_restart(&r->csv, delimiters[r->best]);
	if (!is_readable(r, o, csv_next(&r->csv, text, r->final), &act)) {
		r->phase = ROWS_REST;
		return act;
	}
	buf_clear(&r->header);
	buf_clear(&r->paths);
	buf_clear(&r->keys);
	copy_record(r, &r->header);
	r->columns = r->csv.count;
	r->column = 0;
	r->phase = ROWS_CSV_COLUMNS;
	return r->header.failed || r->csv.values.failed ? rows_no_memory(o) : ROWS_AGAIN;
}

/* ---- columns ---- */

/* Appends the names that the dots of PATH part, as json_edit_set() reads them, each ended by NUL.
   False when one is empty. */
static bool add_key(struct str path, struct buf *keys, unsigned *names)
{
	size_t begin = keys->len;

	*names = 1;
	while (path.n > 0) {
		bool escaped =
			path.n > 1 && path.p[0] == '\\' && (path.p[1] == '.' || path.p[1] == '\\');

		if (escaped)
			path = str_skip(path, 1);
		if (!escaped && path.p[0] == '.') {
			if (keys->len == begin)
				return false;
			buf_add_char(keys, '\0');
			begin = keys->len;
			(*names)++;
		} else {
			buf_add_char(keys, path.p[0]);
		}
		path = str_skip(path, 1);
	}
	if (keys->len == begin)
		return false;
	buf_add_char(keys, '\0');
	return true;
}

static struct str key_of(const struct rows *r, unsigned i)
{
	return str_from(r->keys.data + r->column_of[i].key, r->column_of[i].key_size);
}

/* An earlier column that is the same as column I, or lies on its way, or the other way round. */
static bool find_rival(const struct rows *r, unsigned i, unsigned *rival)
{
	struct str key = key_of(r, i);

	for (*rival = 0; *rival < i; (*rival)++) {
		struct str other = key_of(r, *rival);
		size_t n = key.n < other.n ? key.n : other.n;

		if (r->column_of[*rival].kind != COLUMN_BAD &&
			str_equal_fold(str_from(key.p, n), str_from(other.p, n)))
			return true;
	}
	return false;
}

/* Notes column I, whose name is the path NAME; NULL, or what is wrong with it. */
static const char *note_column(struct rows *r, unsigned i, struct str name)
{
	struct rows_column *c = &r->column_of[i];
	unsigned names;
	bool good;

	*c = (struct rows_column){.kind = COLUMN_BAD, .path = r->paths.len, .key = r->keys.len};
	if (str_trim_space(name).n == 0)
		return "a column without a name";
	if (str_trim_space(name).n < name.n)
		return "blanks around the name of a column";
	good = add_key(name, &r->keys, &names);
	c->key_size = r->keys.len - c->key;
	if (!good)
		return "a column with an empty name between its dots";
	if (names > LIMIT_JSON_DEPTH)
		return "a column with too many dots in its name";
	buf_add_str(&r->paths, name);
	c->path_size = name.n;
	return NULL;
}

static enum rows_column_kind kind_of(struct str name)
{
	if (str_is(name, "userName"))
		return COLUMN_USER_NAME;
	if (str_is(name, "sentryOrgRole"))
		return COLUMN_ROLE;
	return str_is(name, "teams") ? COLUMN_TEAMS : COLUMN_ATTRIBUTE;
}

/* Judges column I of the header in hand. */
static enum rows_act judge_column(struct rows *r, const struct rows_out *o, unsigned i)
{
	struct str name = csv_value(&r->csv, i);
	const char *known = rows_known_name(name);
	const char *fault = note_column(r, i, name);
	size_t at = r->csv.fields[i].at;
	unsigned rival;

	if (r->keys.failed || r->paths.failed)
		return rows_no_memory(o);
	if (fault != NULL)
		return rows_blame(r, o, at, "%s", fault);
	if (find_rival(r, i, &rival)) {
		struct str other = csv_value(&r->csv, rival);

		if (key_of(r, i).n == key_of(r, rival).n)
			return rows_blame(
				r, o, at, "the column '%.*s' stands here twice", STR_ARG(other));
		return rows_blame(r, o, at, "the columns '%.*s' and '%.*s' contradict each other",
			STR_ARG(other), STR_ARG(name));
	}
	if (known != NULL && !str_is(name, known))
		return rows_blame(
			r, o, at, "the column '%.*s' must be written '%s'", STR_ARG(name), known);
	r->column_of[i].kind = kind_of(name);
	return ROWS_AGAIN;
}

static bool has_user_name(const struct rows *r)
{
	unsigned i;

	for (i = 0; i < r->columns; i++)
		if (r->column_of[i].kind == COLUMN_USER_NAME)
			return true;
	return false;
}

enum rows_act rows_csv_columns(struct rows *r, const struct rows_out *o)
{
	/* The name in another case has been blamed for just that. */
	bool blamed = name_rank(&r->csv) == 2;

	if (r->column < r->columns)
		return judge_column(r, o, r->column++);
	if (!has_user_name(r)) {
		r->phase = ROWS_REST;
		return blamed ? ROWS_AGAIN : rows_blame(r, o, 0, "there is no column userName");
	}
	rows_take(r, r->csv.len);
	r->phase = ROWS_CSV_RECORD;
	return ROWS_AGAIN;
}

/* ---- records ---- */

/* Where the line end of the record in hand begins. */
static size_t end_of(const struct rows *r)
{
	struct str record = str_from(rows_text(r).p, r->csv.len);

	if (record.n > 0 && record.p[record.n - 1] == '\n')
		record.n--;
	if (record.n > 0 && record.p[record.n - 1] == '\r')
		record.n--;
	return record.n;
}

static const char *take_user_name(struct roster_row *row, struct str value)
{
	buf_add_str(&row->user_name, value);
	return rows_user_name_fault(value);
}

/* The pointer into the scratch buffer is set when that does not grow any more. */
static void take_attribute(
	struct rows *r, const struct rows_column *c, struct str value, struct user_draft *d)
{
	struct user_attribute *a = &r->attributes[d->attribute_count];
	size_t begin = r->scratch.len;

	if (!json_quote(value, &r->scratch))
		return;
	a->path = str_from(r->paths.data + c->path, c->path_size);
	a->value = str_from(NULL, r->scratch.len - begin);
	d->attribute_count++;
}

/* Puts the cell of column I where it belongs; NULL, or what is wrong with it. */
static const char *take_cell(
	struct rows *r, struct roster_row *row, unsigned i, struct user_draft *d)
{
	const struct rows_column *c = &r->column_of[i];
	size_t at = r->csv.fields[i].at;
	struct str value = csv_value(&r->csv, i);

	switch (c->kind) {
	case COLUMN_USER_NAME:
		row->user_name_place = rows_place(r, at);
		return take_user_name(row, value);
	case COLUMN_ROLE:
		row->role_place = rows_place(r, at);
		buf_add_str(&row->role, value);
		return NULL;
	case COLUMN_TEAMS:
		row->has_teams = true;
		return value.n > 0 ? rows_add_teams(row, value) : NULL;
	case COLUMN_ATTRIBUTE:
		if (value.n > 0)
			take_attribute(r, c, value, d);
		return NULL;
	default: return NULL;
	}
}

static void point_attributes(struct rows *r, struct user_draft *d)
{
	size_t at = 0;
	unsigned i;

	for (i = 0; i < d->attribute_count; i++) {
		r->attributes[i].value.p = r->scratch.data + at;
		at += r->attributes[i].value.n;
	}
	d->attributes = r->attributes;
}

static enum rows_act judge_record(struct rows *r, const struct rows_out *o)
{
	struct user_draft d = {.attribute_count = 0};
	const struct csv *c = &r->csv;
	unsigned i;

	if (c->count != r->columns)
		return rows_blame(r, o,
			c->count > r->columns ? c->fields[r->columns].at : end_of(r),
			"%u fields where the header has %u", c->count, r->columns);
	buf_clear(&r->scratch);
	for (i = 0; i < c->count; i++) {
		const char *fault = take_cell(r, o->row, i, &d);

		if (fault != NULL)
			return rows_blame(r, o, c->fields[i].at, "%s", fault);
	}
	if (r->scratch.failed)
		return rows_no_memory(o);
	point_attributes(r, &d);
	d.user_name = buf_str(&o->row->user_name);
	d.role = buf_str(&o->row->role);
	copy_record(r, &o->row->source);
	return rows_finish_row(r, o, &d, 0);
}

enum rows_act rows_csv_record(struct rows *r, const struct rows_out *o)
{
	enum csv_step step = csv_next(&r->csv, rows_text(r), r->final);
	enum rows_act act;

	switch (step) {
	case CSV_MORE: return ROWS_STARVE;
	case CSV_MEMORY: return rows_no_memory(o);
	case CSV_BLANK: act = ROWS_AGAIN; break;
	default:
		o->row->number = r->number++;
		if (is_readable(r, o, step, &act))
			act = judge_record(r, o);
	}
	rows_take(r, r->csv.len);
	return act;
}
