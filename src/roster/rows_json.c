#include <string.h>

#include "base/limits.h"
#include "codec/json_scan.h"
#include "roster/rows_parts.h"

/* ---- one object ---- */

/* An object at work: what of it has a meaning here. */
struct object {
	struct str text;
	size_t at; /* where it begins in the window */
	struct json_value user_name, role, teams;
	size_t teams_from, teams_to; /* the member and the comma that goes with it */
	bool first;                  /* `teams` is the first member, whose comma stands behind it */
};

static size_t offset_of(const struct object *b, struct str part)
{
	return b->at + (size_t)(part.p - b->text.p);
}

static struct json_value *slot_of(struct object *b, const char *known)
{
	if (strcmp(known, "userName") == 0)
		return &b->user_name;
	return strcmp(known, "sentryOrgRole") == 0 ? &b->role : &b->teams;
}

/* Appends to ROOM what a name means, if it is short enough to be one with a meaning. */
static const char *known_name(struct str raw, struct buf *room, bool *exact)
{
	const char *known;

	buf_clear(room);
	json_unescape(raw, room);
	known = rows_known_name(buf_str(room));
	*exact = known != NULL && str_is(buf_str(room), known);
	return known;
}

/*
 * Finds the members of the object, which is valid. Since `teams` is no attribute, its place is
 * noted together with one comma: the one before it, or, where it is the first member, the one
 * behind it up to the next name.
 */
static enum rows_act find_members(struct rows *r, const struct rows_out *o, struct object *b)
{
	struct json_scan s;
	struct json_value v;
	size_t last = 0; /* where the value before this member ended */
	bool open = false;

	json_scan_init(&s, b->text);
	json_scan_next(&s);
	while (json_scan_next(&s) == JSON_KEY) {
		size_t start = s.start;
		bool exact;
		const char *known = known_name(s.raw, &r->scratch, &exact);

		if (r->scratch.failed)
			return rows_no_memory(o);
		if (known != NULL && !exact)
			return rows_blame(r, o, b->at + start,
				"the name \"%s\" must be written '%s'", buf_text(&r->scratch),
				known);
		if (open)
			b->teams_to = start;
		open = false;
		if (!json_scan_value(&s, &v))
			break;
		if (known != NULL)
			*slot_of(b, known) = v;
		if (known != NULL && slot_of(b, known) == &b->teams) {
			b->teams_from = last > 0 ? last : start;
			b->teams_to = s.at;
			open = last == 0;
		}
		last = s.at;
	}
	return ROWS_AGAIN;
}

static enum rows_act take_user_name(
	const struct rows *r, const struct rows_out *o, const struct object *b)
{
	const struct json_value *v = &b->user_name;
	const char *fault;
	size_t at;

	if (v->type == JSON_END)
		return rows_blame(r, o, b->at, "there is no userName");
	at = offset_of(b, v->whole);
	if (v->type != JSON_STRING)
		return rows_blame(r, o, at, "userName is not a text");
	json_unescape(v->raw, &o->row->user_name);
	fault = rows_user_name_fault(buf_str(&o->row->user_name));
	if (fault != NULL)
		return rows_blame(r, o, at, "%s", fault);
	o->row->user_name_place = rows_place(r, at);
	return ROWS_AGAIN;
}

/* A role that is no text is the server's to judge, as for `member create --body`. */
static void take_role(const struct rows *r, const struct rows_out *o, const struct object *b)
{
	if (b->role.type != JSON_STRING)
		return;
	json_unescape(b->role.raw, &o->row->role);
	o->row->role_place = rows_place(r, offset_of(b, b->role.whole));
}

static enum rows_act take_team_array(
	struct rows *r, const struct rows_out *o, const struct object *b)
{
	struct json_value v;
	const char *fault = NULL;
	size_t at = 0;

	while (json_element(b->teams.raw, &at, &v)) {
		buf_clear(&r->scratch);
		if (v.type == JSON_STRING) {
			json_unescape(v.raw, &r->scratch);
			fault = rows_add_team(o->row, buf_str(&r->scratch));
		} else {
			fault = "a team that is not a text";
		}
		if (r->scratch.failed)
			return rows_no_memory(o);
		if (fault != NULL)
			return rows_blame(r, o, offset_of(b, v.whole), "%s", fault);
	}
	return ROWS_AGAIN;
}

static enum rows_act take_teams(struct rows *r, const struct rows_out *o, const struct object *b)
{
	const struct json_value *v = &b->teams;
	const char *fault;

	if (v->type == JSON_END || v->type == JSON_NULL)
		return ROWS_AGAIN;
	o->row->has_teams = true;
	if (v->type == JSON_STRING && v->raw.n == 0)
		return ROWS_AGAIN;
	if (v->type == JSON_ARRAY)
		return take_team_array(r, o, b);
	if (v->type != JSON_STRING)
		return rows_blame(r, o, offset_of(b, v->whole),
			"teams is neither a text nor an array of texts");
	buf_clear(&r->scratch);
	json_unescape(v->raw, &r->scratch);
	if (r->scratch.failed)
		return rows_no_memory(o);
	fault = rows_add_teams(o->row, buf_str(&r->scratch));
	return fault == NULL ? ROWS_AGAIN : rows_blame(r, o, offset_of(b, v->whole), "%s", fault);
}

/* Line ends stand between the tokens of valid JSON only, where nothing need be. */
static void add_on_one_line(struct str text, struct buf *out)
{
	size_t begin = 0, i;

	for (i = 0; i < text.n; i++)
		if (text.p[i] == '\n' || text.p[i] == '\r') {
			buf_add(out, text.p + begin, i - begin);
			begin = i + 1;
		}
	buf_add_str(out, str_skip(text, begin));
	buf_add_char(out, '\n');
}

static enum rows_act make_row(struct rows *r, const struct rows_out *o, const struct object *b)
{
	struct user_draft d = {.attribute_count = 0};

	buf_clear(&r->scratch);
	buf_add(&r->scratch, b->text.p, b->teams_from);
	buf_add_str(&r->scratch, str_skip(b->text, b->teams_to));
	if (r->scratch.failed)
		return rows_no_memory(o);
	d.body = buf_str(&r->scratch);
	add_on_one_line(b->text, &o->row->source);
	return rows_finish_row(r, o, &d, b->at);
}

/* Judges LEN bytes at AT in the window, which should be an object. */
static enum rows_act judge(struct rows *r, const struct rows_out *o, size_t at, size_t len)
{
	struct object b = {.text = str_from(rows_text(r).p + at, len), .at = at};
	struct json_fault fault;
	enum rows_act act;

	o->row->number = r->number++;
	if (!json_valid_object(b.text, &fault))
		return rows_blame(r, o, at + fault.at, "%s", fault.what);
	act = find_members(r, o, &b);
	if (act == ROWS_AGAIN)
		act = take_user_name(r, o, &b);
	if (act == ROWS_AGAIN)
		act = take_teams(r, o, &b);
	if (act != ROWS_AGAIN)
		return act;
	take_role(r, o, &b);
	return make_row(r, o, &b);
}

/* ---- JSON Lines ---- */

static enum rows_act judge_line(struct rows *r, const struct rows_out *o, struct str line)
{
	struct str text = str_trim_space(line);

	if (text.n == 0)
		return ROWS_AGAIN;
	return judge(r, o, (size_t)(text.p - line.p), text.n);
}

static enum rows_act long_row(struct rows *r, const struct rows_out *o)
{
	r->number++;
	return rows_blame(r, o, 0, "a row of more than %u bytes", LIMIT_ROSTER_ROW);
}

enum rows_act rows_json_line(struct rows *r, const struct rows_out *o)
{
	struct str text = rows_text(r), line, rest;
	enum rows_act act;
	bool ended = str_cut(str_skip(text, r->seen), '\n', &line, &rest);

	line = str_from(text.p, r->seen + line.n);
	if (line.n > LIMIT_ROSTER_ROW) {
		act = long_row(r, o);
		r->phase = ROWS_JSON_LONG;
		return act;
	}
	r->seen = line.n;
	if (!ended && (!r->final || line.n == 0))
		return ROWS_STARVE;
	act = judge_line(r, o, line);
	rows_take(r, line.n + ended);
	return act;
}

enum rows_act rows_json_long(struct rows *r, const struct rows_out *o)
{
	struct str line, rest;
	bool ended = str_cut(rows_text(r), '\n', &line, &rest);

	(void)o;
	rows_take(r, line.n + ended);
	if (!ended)
		return ROWS_STARVE;
	r->phase = ROWS_JSON_LINE;
	return ROWS_AGAIN;
}

/* ---- an array ---- */

/* Passes over white space; false when nothing stands behind it. */
static bool reach(struct rows *r, char *byte)
{
	struct str text = rows_text(r);
	size_t n = 0;

	while (n < text.n && memchr(" \t\r\n", text.p[n], 4) != NULL)
		n++;
	if (n < text.n)
		*byte = text.p[n];
	rows_take(r, n);
	return n < text.n;
}

enum rows_act rows_json_open(struct rows *r, const struct rows_out *o)
{
	char byte;

	(void)o;
	if (!reach(r, &byte))
		return ROWS_STARVE;
	rows_take(r, 1);
	r->phase = ROWS_JSON_VALUE;
	return ROWS_AGAIN;
}

/* The file ends inside the array. */
static enum rows_act unclosed(struct rows *r, const struct rows_out *o)
{
	if (!r->final)
		return ROWS_STARVE;
	r->phase = ROWS_REST;
	return rows_blame(r, o, 0, "unexpected end: the array is not closed");
}

static enum rows_act close_array(struct rows *r, const struct rows_out *o)
{
	enum rows_act act = ROWS_AGAIN;

	if (r->comma)
		act = rows_blame(r, o, 0, "a comma and no element behind it");
	rows_take(r, 1);
	r->phase = ROWS_JSON_BEHIND;
	return act;
}

static enum rows_act stray_comma(struct rows *r, const struct rows_out *o)
{
	enum rows_act act = rows_blame(r, o, 0, "a comma and no element before it");

	r->comma = true;
	rows_take(r, 1);
	return act;
}

/*
 * The element has no end within the LEN bytes known of it. What is wrong stands at AT; from the
 * line in which it stands on a line is looked for that begins like an element.
 */
static void search_behind(struct rows *r, struct str element, size_t at)
{
	size_t line = at;

	while (line > 0 && element.p[line - 1] != '\n')
		line--;
	r->broken_at = r->place.column;
	r->line_begins = line > 0;
	/* Where all of it is one line, that line is given up. */
	rows_take(r, line > 0 ? line : element.n > at ? at : element.n);
	r->phase = ROWS_JSON_SEARCH;
}

static enum rows_act break_off(struct rows *r, const struct rows_out *o, size_t len)
{
	struct str element = str_from(rows_text(r).p, len);
	struct json_fault fault;
	enum rows_act act;

	/* An end that is not there yet is no fault; that it is not there within the limit is. */
	if (json_valid_object(element, &fault) || (fault.at >= len && len > LIMIT_ROSTER_ROW)) {
		fault.at = len;
		act = long_row(r, o);
	} else {
		r->number++;
		act = rows_blame(r, o, fault.at, "%s", fault.what);
	}
	search_behind(r, element, fault.at);
	return act;
}

static enum rows_act take_element(struct rows *r, const struct rows_out *o)
{
	struct str text = rows_text(r);
	struct str part =
		str_from(text.p, text.n <= LIMIT_ROSTER_ROW ? text.n : LIMIT_ROSTER_ROW + 1);
	enum json_split_step step;
	enum rows_act act;

	if (!r->split_begun)
		json_split_init(&r->split);
	r->split_begun = true;
	step = json_split_next(&r->split, part);
	if (step == JSON_SPLIT_MORE && part.n <= LIMIT_ROSTER_ROW && !r->final)
		return ROWS_STARVE;
	r->split_begun = false;
	if (step == JSON_SPLIT_BROKEN)
		return break_off(r, o, r->split.at + 1);
	if (step == JSON_SPLIT_MORE || r->split.at > LIMIT_ROSTER_ROW)
		return break_off(r, o, part.n);
	act = judge(r, o, 0, r->split.at);
	rows_take(r, r->split.at);
	r->phase = ROWS_JSON_COMMA;
	return act;
}

enum rows_act rows_json_value(struct rows *r, const struct rows_out *o)
{
	char byte;

	if (!reach(r, &byte))
		return unclosed(r, o);
	if (byte == ']')
		return close_array(r, o);
	if (byte == ',')
		return stray_comma(r, o);
	return take_element(r, o);
}

enum rows_act rows_json_comma(struct rows *r, const struct rows_out *o)
{
	char byte;

	if (!reach(r, &byte))
		return unclosed(r, o);
	r->comma = byte == ',';
	r->phase = ROWS_JSON_VALUE;
	if (byte == ']')
		return close_array(r, o);
	if (byte != ',')
		return rows_blame(r, o, 0, "no comma or closing bracket behind an element");
	rows_take(r, 1);
	return ROWS_AGAIN;
}

/* Only elements stand as far to the left as the broken one did. */
static bool looks_like_element(const struct rows *r, char byte)
{
	return r->line_begins && r->place.column <= r->broken_at && (byte == '{' || byte == ']');
}

enum rows_act rows_json_search(struct rows *r, const struct rows_out *o)
{
	struct str text, line, rest;
	size_t blanks = 0;
	bool ended;

	(void)o;
	for (text = rows_text(r); blanks < text.n && r->line_begins; blanks++)
		if (text.p[blanks] != ' ' && text.p[blanks] != '\t')
			break;
	rows_take(r, blanks);
	text = rows_text(r);
	if (text.n == 0)
		return ROWS_STARVE;
	if (looks_like_element(r, text.p[0])) {
		r->comma = false;
		r->phase = ROWS_JSON_VALUE;
		return ROWS_AGAIN;
	}
	ended = str_cut(text, '\n', &line, &rest);
	rows_take(r, line.n + ended);
	r->line_begins = ended;
	return ROWS_AGAIN;
}

enum rows_act rows_json_behind(struct rows *r, const struct rows_out *o)
{
	char byte;

	if (!reach(r, &byte))
		return ROWS_STARVE;
	r->phase = ROWS_REST;
	return rows_blame(r, o, 0, "something behind the end of the array");
}
