#include "codec/json_edit.h"

#include "base/limits.h"
#include "codec/json_emit.h"
#include "codec/json_scan.h"

/* One edit under way: the bytes from FROM to TO give way to what is put in their place. */
struct edit {
	struct json_scan scan; /* over the object that is changed */
	enum json_edit_where where;
	struct str rest; /* of the path, behind `name` */
	bool more;       /* another name follows `name` */
	struct buf name; /* the name in hand, its escapes undone */
	size_t from, to;
	bool found;                     /* the member is there; else it is added */
	bool comma_before, comma_after; /* of a member that is added */
};

enum step {
	STEP_INTO, /* the member in hand is an object, and the path leads on into it */
	STEP_HERE, /* the place of the change is known */
	STEP_FAIL
};

static bool is_escaped(struct str path)
{
	return path.n > 1 && path.p[0] == '\\' && (path.p[1] == '.' || path.p[1] == '\\');
}

/* How much of PATH stands for itself: up to the next dot or escape. */
static size_t plain_run(struct str path)
{
	size_t n = 0;

	while (n < path.n && path.p[n] != '.' && !is_escaped(str_skip(path, n)))
		n++;
	return n;
}

/* Takes the next name off the path. */
static bool next_name(struct edit *edit, struct err *e)
{
	buf_clear(&edit->name);
	edit->more = false;
	while (edit->rest.n > 0 && !edit->more) {
		size_t plain = plain_run(edit->rest);

		buf_add(&edit->name, edit->rest.p, plain);
		edit->rest = str_skip(edit->rest, plain);
		if (is_escaped(edit->rest)) {
			buf_add_char(&edit->name, edit->rest.p[1]);
			edit->rest = str_skip(edit->rest, 2);
		} else if (edit->rest.n > 0) {
			edit->more = true;
			edit->rest = str_skip(edit->rest, 1);
		}
	}
	if (edit->name.failed)
		return err_memory(e, "changing a JSON object");
	if (edit->name.len == 0)
		return err_set(e, ERR_INPUT, "an empty name in the path of a member");
	return true;
}

static enum step broken(struct err *e)
{
	err_set(e, ERR_INPUT, "what is to be changed is not a JSON object");
	return STEP_FAIL;
}

/* The member in hand was found; the scanner stands before its value. */
static enum step enter_member(struct edit *edit, struct err *e)
{
	struct json_value v;

	if (edit->more) {
		enum json_token t = json_scan_next(&edit->scan);

		if (t == JSON_OBJECT)
			return STEP_INTO;
		if (t == JSON_BAD)
			return broken(e);
		err_set(e, ERR_INPUT, "the member %s is there and is not an object",
			buf_text(&edit->name));
		return STEP_FAIL;
	}
	if (!json_scan_value(&edit->scan, &v))
		return broken(e);
	edit->to = edit->scan.at;
	edit->from = edit->to - v.whole.n;
	edit->found = true;
	return STEP_HERE;
}

/* Looks for the name in hand in the object that the scanner has just entered. */
static enum step search_object(struct edit *edit, struct err *e)
{
	struct json_scan *s = &edit->scan;
	size_t first = s->at; /* just behind the opening bracket */
	size_t last = first;  /* just behind the last value */
	enum json_token t;
	struct json_value v;

	while ((t = json_scan_next(s)) == JSON_KEY) {
		if (json_text_equal(s->raw, buf_str(&edit->name), false))
			return enter_member(edit, e);
		if (!json_scan_value(s, &v))
			return broken(e);
		last = s->at;
	}
	if (t != JSON_OBJECT_CLOSE)
		return broken(e);
	edit->from = edit->to = edit->where == JSON_EDIT_FIRST ? first : last;
	edit->comma_before = last > first && edit->where == JSON_EDIT_LAST;
	edit->comma_after = last > first && edit->where == JSON_EDIT_FIRST;
	return STEP_HERE;
}

static bool find_place(struct edit *edit, struct err *e)
{
	enum step step = json_scan_next(&edit->scan) == JSON_OBJECT ? STEP_INTO : broken(e);

	while (step == STEP_INTO)
		step = next_name(edit, e) ? search_object(edit, e) : STEP_FAIL;
	return step == STEP_HERE;
}

static bool add_name(struct edit *edit, struct buf *out, struct err *e)
{
	if (!json_quote(buf_str(&edit->name), out))
		return err_set(e, ERR_INPUT, "a name in the path of a member is not UTF-8");
	buf_add_char(out, ':');
	return true;
}

/* Writes the new member, and an object around it for each name of the path that is left. */
static bool add_member(struct edit *edit, struct str value, struct buf *out, struct err *e)
{
	unsigned opened = 0;

	if (edit->comma_before)
		buf_add_char(out, ',');
	if (!add_name(edit, out, e))
		return false;
	while (edit->more) {
		if (++opened >= LIMIT_JSON_DEPTH)
			return err_set(e, ERR_INPUT, "too many names in the path of a member");
		buf_add_char(out, '{');
		if (!next_name(edit, e) || !add_name(edit, out, e))
			return false;
	}
	buf_add_str(out, value);
	while (opened-- > 0)
		buf_add_char(out, '}');
	if (edit->comma_after)
		buf_add_char(out, ',');
	return true;
}

static bool write_edited(struct edit *edit, struct str value, struct buf *out, struct err *e)
{
	struct str object = edit->scan.text;

	buf_add(out, object.p, edit->from);
	if (edit->found)
		buf_add_str(out, value);
	else if (!add_member(edit, value, out, e))
		return false;
	buf_add_str(out, str_skip(object, edit->to));
	return !out->failed || err_memory(e, "changing a JSON object");
}

bool json_edit_set(struct str object, struct str path, struct str value, enum json_edit_where where,
	struct buf *out, struct err *e)
{
	struct edit edit = {.where = where, .rest = path};
	size_t before = out->len;
	bool ok;

	json_scan_init(&edit.scan, object);
	buf_init(&edit.name, path.n);
	ok = find_place(&edit, e) && write_edited(&edit, value, out, e);
	if (!ok)
		buf_truncate(out, before);
	buf_wipe(&edit.name);
	return ok;
}
