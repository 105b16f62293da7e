#include "scim/user.h"

#include "base/limits.h"
#include "codec/json_edit.h"
#include "codec/json_emit.h"
#include "codec/utf8.h"
#include "scim/filter.h"
#include "scim/list.h"

#define USER_SCHEMAS "[\"" USER_URN "\"]"

/* Sets PATH in *BODY to VALUE, by way of SPARE; the two buffers change places. */
static bool set_member(struct buf *body, struct buf *spare, struct str path, struct str value,
	enum json_edit_where where, struct err *e)
{
	struct buf swap;

	buf_clear(spare);
	if (!json_edit_set(buf_str(body), path, value, where, spare, e))
		return false;
	swap = *body;
	*body = *spare;
	*spare = swap;
	return true;
}

static bool set_text(
	struct buf *body, struct buf *spare, const char *name, struct str text, struct err *e)
{
	struct buf quoted;
	bool ok;

	if (text.n == 0)
		return true;
	buf_init(&quoted, LIMIT_REQUEST_BODY);
	ok = json_quote(text, &quoted);
	if (quoted.failed)
		err_memory(e, "writing the request");
	else if (!ok)
		err_set(e, ERR_INPUT, "the %s is not UTF-8", name);
	else
		ok = set_member(body, spare, str_of(name), buf_str(&quoted), JSON_EDIT_LAST, e);
	buf_wipe(&quoted);
	return ok && e->kind == ERR_NONE;
}

static bool build(const struct user_draft *d, struct buf *body, struct buf *spare, struct err *e)
{
	struct json_value schemas;
	unsigned i;

	if (d->body.n > 0)
		buf_add_str(body, str_trim_space(d->body));
	else
		buf_add_text(body, "{\"schemas\":" USER_SCHEMAS "}");
	if (body->failed)
		return err_memory(e, "writing the request");
	if (!set_text(body, spare, "userName", d->user_name, e) ||
		!set_text(body, spare, "sentryOrgRole", d->role, e))
		return false;
	for (i = 0; i < d->attribute_count; i++) {
		const struct user_attribute *a = &d->attributes[i];

		if (!set_member(body, spare, a->path, a->value, JSON_EDIT_LAST, e))
			return err_context(e, "--set %.*s", STR_ARG(a->path));
	}
	if (d->body.n == 0 || json_member(buf_str(body), "schemas", &schemas))
		return true;
	return set_member(body, spare, str_of("schemas"), str_of(USER_SCHEMAS), JSON_EDIT_FIRST, e);
}

bool user_body(const struct user_draft *d, struct buf *out, struct err *e)
{
	struct buf body, spare;
	bool ok;

	buf_init(&body, LIMIT_REQUEST_BODY);
	buf_init(&spare, LIMIT_REQUEST_BODY);
	ok = build(d, &body, &spare, e);
	if (ok) {
		buf_add_str(out, buf_str(&body));
		if (out->failed)
			ok = err_memory(e, "writing the request");
	}
	buf_wipe(&body);
	buf_wipe(&spare);
	return ok;
}

static bool is_text(const struct json_value *v)
{
	return v->type == JSON_STRING && v->raw.n > 0;
}

/* Where the value of member KEY goes; NULL for members that say nothing here. */
static struct json_value *user_slot(struct user *u, struct str key)
{
	static const struct str id = STR("id"), user_name = STR("userName"),
				role = STR("sentryOrgRole"), active = STR("active");

	if (json_text_equal(key, id, false))
		return &u->id;
	if (json_text_equal(key, user_name, false))
		return &u->user_name;
	if (json_text_equal(key, role, false))
		return &u->role;
	if (json_text_equal(key, active, false))
		return &u->active;
	return NULL;
}

/* One pass over TEXT, since every create and every row of a list goes through here. */
static bool read_members(struct str text, struct user *out)
{
	struct json_scan s;
	enum json_token t;

	*out = (struct user){.resource = text};
	json_scan_init(&s, text);
	if (json_scan_next(&s) != JSON_OBJECT)
		return false;
	while ((t = json_scan_next(&s)) == JSON_KEY) {
		struct json_value *slot = user_slot(out, s.raw);
		struct json_value v;

		if (!json_scan_value(&s, &v))
			return false;
		if (slot != NULL)
			*slot = v;
	}
	return t == JSON_OBJECT_CLOSE && json_scan_next(&s) == JSON_END;
}

bool user_read(struct str resource, struct user *out)
{
	return read_members(resource, out) && is_text(&out->id) && is_text(&out->user_name);
}

bool user_body_facts(struct str body, struct buf *user_name, struct buf *role, struct err *e)
{
	struct user u;

	if (!read_members(body, &u))
		return true;
	if (u.user_name.type == JSON_STRING)
		json_unescape(u.user_name.raw, user_name);
	else if (u.user_name.whole.n > 0 && u.user_name.type != JSON_NULL)
		return err_set(e, ERR_INPUT, "userName is not a string");
	/* A role that is no string is the server's to judge. */
	if (u.role.type == JSON_STRING)
		json_unescape(u.role.raw, role);
	if (user_name->failed || role->failed)
		return err_memory(e, "reading the body");
	return true;
}

bool user_parse_set(struct str argument, struct str *path, struct buf *value, struct err *e)
{
	struct str text;
	struct json_fault fault;

	if (!str_cut(argument, '=', path, &text) || path->n == 0 || str_is(*path, ":"))
		return err_set(e, ERR_USAGE, "--set wants KEY=TEXT or KEY:=JSON, not '%.*s'",
			STR_ARG(argument));
	if (path->p[path->n - 1] != ':') {
		if (!json_quote(text, value))
			return err_set(e, ERR_USAGE, "the value of --set %.*s is not UTF-8",
				STR_ARG(*path));
	} else {
		path->n--;
		if (!json_valid_unique(text, &fault))
			return err_set(e, ERR_USAGE,
				"the value of --set %.*s:= is not JSON: %s at byte %zu "
				"(text is given with '=' alone)",
				STR_ARG(*path), fault.what, fault.at + 1);
		buf_add_str(value, str_trim_space(text));
	}
	if (!utf8_valid(*path))
		return err_set(e, ERR_USAGE, "the key of --set is not UTF-8");
	return !value->failed || err_memory(e, "reading --set");
}

enum user_match user_match(const struct user *u, struct str name)
{
	if (json_text_equal(u->user_name.raw, name, false))
		return USER_MATCH_EXACT;
	if (json_text_equal(u->user_name.raw, name, true))
		return USER_MATCH_FOLD;
	return USER_MATCH_NONE;
}

bool user_filter_path(struct str name, bool is_sentry, struct buf *out)
{
	size_t before = out->len;

	if (!filter_possible(name, is_sentry))
		return false;
	buf_add_text(out, "Users?");
	if (filter_add("userName", name, out))
		return true;
	buf_truncate(out, before);
	return false;
}

bool user_find(
	struct str body, struct str name, struct user *best, enum user_match *match, unsigned *hits)
{
	struct list_page page;
	struct json_value item;
	struct user u;
	size_t at = 0;

	*hits = 0;
	*match = USER_MATCH_NONE;
	if (!list_read(body, &page))
		return false;
	while (json_element(page.resources, &at, &item)) {
		enum user_match m;

		if (!user_read(item.whole, &u))
			return false;
		m = user_match(&u, name);
		if (*hits == 0 || m > *match) {
			*best = u;
			*match = m;
		}
		(*hits)++;
	}
	/* Whoever counts members and shows none has not said that there is none. */
	return *hits > 0 || page.total == 0;
}
