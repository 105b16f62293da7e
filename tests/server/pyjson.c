#include "pyjson.h"

#include <string.h>

#include "codec/json_emit.h"
#include "codec/utf8.h"
#include "die.h"

/* "line L column C (char N)", counted in characters and from the text's start. */
static void add_place(struct str text, size_t at, struct buf *out)
{
	size_t line = 1, column = 1, n = 0, i;

	for (i = 0; i < at && i < text.n; i++) {
		if (((unsigned char)text.p[i] & 0xc0) == 0x80)
			continue; /* the rest of a character */
		n++;
		column++;
		if (text.p[i] == '\n') {
			line++;
			column = 1;
		}
	}
	buf_addf(out, "line %zu column %zu (char %zu)", line, column, n);
}

static size_t skip_blanks(struct str text, size_t at)
{
	while (at < text.n && memchr(" \t\r\n", text.p[at], 4) != NULL)
		at++;
	return at;
}

/*
 * What is wrong inside the string that begins at START, and where; NULL when nothing is, and *AT is
 * behind its closing quote then.
 */
static const char *string_fault(struct str text, size_t start, size_t *at)
{
	uint64_t code;
	size_t i;

	for (i = start + 1; i < text.n && text.p[i] != '"'; i++) {
		*at = i;
		if ((unsigned char)text.p[i] < 0x20)
			return "Invalid control character at";
		if (text.p[i] != '\\')
			continue;
		if (++i < text.n && memchr("\"\\/bfnrtu", text.p[i], 9) == NULL)
			return "Invalid \\escape";
		*at = i;
		if (i < text.n && text.p[i] == 'u' &&
			(text.n - i < 5 ||
				!str_hex_to_u64(str_from(text.p + i + 1, 4), 0xffff, &code)))
			return "Invalid \\uXXXX escape";
	}
	*at = i < text.n ? i + 1 : start;
	return i < text.n ? NULL : "Unterminated string starting at";
}

/* A value, or a member's name where NAME is set, was due at *AT. */
static const char *explain_start(struct str text, bool name, size_t *at)
{
	const char *words;

	*at = skip_blanks(text, *at);
	if (*at == text.n || text.p[*at] != '"')
		return name ? "Expecting property name enclosed in double quotes"
			    : "Expecting value";
	words = string_fault(text, *at, at);
	if (words != NULL || !name)
		return words != NULL ? words : "Expecting value";
	*at = skip_blanks(text, *at);
	return "Expecting ':' delimiter";
}

/*
 * The scanner took BEFORE as its last good token, which ended at *AT inside a container, an object
 * where IN_OBJECT is set. What was due follows from that.
 */
static const char *explain(struct str text, enum json_token before, bool in_object, size_t *at)
{
	if (before == JSON_END || before == JSON_KEY || before == JSON_ARRAY)
		return explain_start(text, false, at);
	if (before == JSON_OBJECT)
		return explain_start(text, true, at);
	*at = skip_blanks(text, *at);
	if (*at == text.n || text.p[*at] != ',')
		return "Expecting ',' delimiter";
	(*at)++;
	return explain_start(text, in_object, at);
}

bool pyjson_check(struct str text, struct buf *fault)
{
	bool object[LIMIT_JSON_DEPTH + 1] = {false}; /* the kind of container at each depth */
	enum json_token t, before = JSON_END;
	struct json_scan s;
	size_t at = 0;
	unsigned depth = 0;
	const char *words = "Extra data";

	json_scan_init(&s, text);
	while ((t = json_scan_next(&s)) != JSON_END && t != JSON_BAD) {
		before = t;
		at = s.at;
		depth = s.depth;
		if (t == JSON_OBJECT || t == JSON_ARRAY)
			object[depth] = t == JSON_OBJECT;
	}
	if (t == JSON_END)
		return true;
	if (before == JSON_END || depth > 0)
		words = explain(text, before, object[depth], &at);
	else
		at = skip_blanks(text, at);
	buf_addf(fault, "JSON parse error - %s: ", words);
	add_place(text, at, fault);
	return false;
}

bool pyjson_truthy(const struct json_value *v)
{
	size_t i;

	switch (v->type) {
	case JSON_TRUE: return true;
	case JSON_STRING: return v->raw.n > 0;
	case JSON_OBJECT:
	case JSON_ARRAY: return skip_blanks(v->whole, 1) + 1 < v->whole.n;
	case JSON_NUMBER:
		for (i = 0; i < v->whole.n && v->whole.p[i] != 'e' && v->whole.p[i] != 'E'; i++)
			if (v->whole.p[i] >= '1' && v->whole.p[i] <= '9')
				return true;
		return false;
	default: return false;
	}
}

const char *pyjson_type(const struct json_value *v)
{
	switch (v->type) {
	case JSON_OBJECT: return "dict";
	case JSON_ARRAY: return "list";
	case JSON_STRING: return "str";
	case JSON_NUMBER: return memchr(v->whole.p, '.', v->whole.n) != NULL ? "float" : "int";
	case JSON_TRUE:
	case JSON_FALSE: return "bool";
	default: return "NoneType";
	}
}

void pyjson_quote(struct str text, struct buf *out)
{
	struct buf clean;
	uint32_t point;

	server_buf(&clean);
	while (text.n > 0) {
		size_t n = utf8_decode(text, &point);

		if (n == 0)
			buf_add_text(&clean, "\xef\xbf\xbd");
		buf_add(&clean, text.p, n);
		text = str_skip(text, n > 0 ? n : 1);
	}
	must_hold(&clean);
	if (!json_quote(buf_str(&clean), out))
		die("text that was made UTF-8 is none");
	buf_wipe(&clean);
}
