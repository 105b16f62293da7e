#include "cmd/input.h"

#include <string.h>

#include "codec/json_scan.h"
#include "sys/console.h"
#include "sys/file.h"

static bool bad_place(const char *path, struct str text, size_t at, const char *what, struct err *e)
{
	size_t line, column;

	json_place(text, at, &line, &column);
	return err_set(e, ERR_INPUT, "%s:%zu:%zu: %s",
		strcmp(path, "-") == 0 ? "standard input" : path, line, column, what);
}

bool input_object(const char *path, struct buf *out, struct err *e)
{
	struct json_fault fault;

	if (!file_read(path, out, e))
		return false;
	if (!json_valid_object(buf_str(out), &fault))
		return bad_place(path, buf_str(out), fault.at, fault.what, e);
	return true;
}

/* A member of `auth`: a string, or null as if it were not there. */
static bool auth_text(const char *path, struct str document, const struct json_value *v,
	struct arena *arena, const char **out, struct err *e)
{
	size_t at = (size_t)(v->whole.p - document.p);
	struct buf text;

	if (v->type == JSON_NULL)
		return true;
	if (v->type != JSON_STRING)
		return bad_place(path, document, at, "this must be a string", e);
	buf_init(&text, LIMIT_REQUEST_BODY);
	json_unescape(v->raw, &text);
	if (!text.failed && memchr(buf_text(&text), '\0', text.len) != NULL)
		bad_place(path, document, at, "this text holds a NUL character", e);
	else if (text.failed || (*out = arena_dup(arena, buf_str(&text))) == NULL)
		err_memory(e, "reading the input document");
	buf_wipe(&text);
	return e->kind == ERR_NONE;
}

static void warn_unknown(struct str object, const char *const *known, const char *where)
{
	struct json_scan s;
	enum json_token t;

	json_scan_init(&s, object);
	json_scan_next(&s);
	while (json_scan_next(&s) == JSON_KEY) {
		const char *const *k = known;

		while (*k != NULL && !json_text_equal(s.raw, str_of(*k), false))
			k++;
		if (*k == NULL)
			console_line(LOG_WARN, "'%.*s' in %s of the input document means nothing",
				STR_ARG(s.raw), where);
		t = json_scan_next(&s);
		json_scan_skip(&s, t);
	}
}

static bool read_auth(const char *path, struct str document, struct str auth, struct arena *arena,
	struct settings_input *out, struct err *e)
{
	static const char *const known[] = {"token", "region", "organizationSlug", NULL};
	struct json_value v;

	if (json_member(auth, "token", &v) && !auth_text(path, document, &v, arena, &out->token, e))
		return false;
	if (json_member(auth, "region", &v) &&
		!auth_text(path, document, &v, arena, &out->region, e))
		return false;
	if (json_member(auth, "organizationSlug", &v) &&
		!auth_text(path, document, &v, arena, &out->org, e))
		return false;
	warn_unknown(auth, known, "'auth'");
	return true;
}

/* The member NAME of the document, an object if it is there at all. */
static bool object_member(
	const char *path, struct str document, const char *name, struct str *out, struct err *e)
{
	struct json_value v;

	*out = str_of("");
	if (!json_member(document, name, &v) || v.type == JSON_NULL)
		return true;
	if (v.type != JSON_OBJECT)
		return bad_place(path, document, (size_t)(v.whole.p - document.p),
			"this must be an object", e);
	*out = v.raw;
	return true;
}

bool input_document(const char *path, struct str document, struct arena *arena,
	struct settings_input *settings, struct str *body, struct err *e)
{
	static const char *const known[] = {"auth", "body", NULL};
	struct str auth;

	if (!object_member(path, document, "auth", &auth, e) ||
		!object_member(path, document, "body", body, e))
		return false;
	warn_unknown(document, known, "the top");
	return auth.n == 0 || read_auth(path, document, auth, arena, settings, e);
}
