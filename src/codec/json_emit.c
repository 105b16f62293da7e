#include "codec/json_emit.h"

#include "codec/json_scan.h"
#include "codec/utf8.h"

static void fail(struct json_emit *j, const char *fault)
{
	if (j->fault == NULL)
		j->fault = fault;
}

static bool in_object(const struct json_emit *j)
{
	return j->depth > 0 && (j->in_object[(j->depth - 1) / 8] >> ((j->depth - 1) % 8) & 1) != 0;
}

static void add_comma(struct json_emit *j)
{
	if (j->comma)
		buf_add_char(j->out, ',');
	j->comma = false;
}

/* Whether a value may stand here; what must stand before it is then written. */
static bool begin_value(struct json_emit *j)
{
	if (j->fault == NULL && j->done)
		fail(j, "a second value at the top");
	else if (j->fault == NULL && in_object(j) && !j->have_key)
		fail(j, "a member without a name");
	if (j->fault != NULL)
		return false;
	add_comma(j);
	j->have_key = false;
	return true;
}

static void end_value(struct json_emit *j)
{
	j->comma = true;
	j->done = j->depth == 0;
}

void json_emit_init(struct json_emit *j, struct buf *out)
{
	*j = (struct json_emit){.out = out};
}

static void open_container(struct json_emit *j, bool object)
{
	uint8_t bit = (uint8_t)(1u << (j->depth % 8));
	uint8_t *kinds = &j->in_object[j->depth / 8];

	if (!begin_value(j))
		return;
	if (j->depth == LIMIT_JSON_DEPTH) {
		fail(j, "too many levels of nesting");
		return;
	}
	*kinds = object ? (uint8_t)(*kinds | bit) : (uint8_t)(*kinds & ~bit);
	j->depth++;
	buf_add_char(j->out, object ? '{' : '[');
}

static void close_container(struct json_emit *j, bool object)
{
	if (j->fault != NULL)
		return;
	if (j->depth == 0 || in_object(j) != object || j->have_key) {
		fail(j, "a closing bracket out of place");
		return;
	}
	buf_add_char(j->out, object ? '}' : ']');
	j->depth--;
	end_value(j);
}

void json_emit_object(struct json_emit *j)
{
	open_container(j, true);
}

void json_emit_object_close(struct json_emit *j)
{
	close_container(j, true);
}

void json_emit_array(struct json_emit *j)
{
	open_container(j, false);
}

void json_emit_array_close(struct json_emit *j)
{
	close_container(j, false);
}

void json_emit_key(struct json_emit *j, struct str name)
{
	if (j->fault != NULL)
		return;
	if (!in_object(j) || j->have_key) {
		fail(j, "a name out of place");
		return;
	}
	add_comma(j);
	if (!json_quote(name, j->out))
		fail(j, "a name that is not UTF-8");
	buf_add_char(j->out, ':');
	j->have_key = true;
}

void json_emit_string(struct json_emit *j, struct str text)
{
	if (!begin_value(j))
		return;
	if (!json_quote(text, j->out))
		fail(j, "a text that is not UTF-8");
	end_value(j);
}

void json_emit_u64(struct json_emit *j, uint64_t n)
{
	if (!begin_value(j))
		return;
	buf_add_u64(j->out, n);
	end_value(j);
}

static void emit_word(struct json_emit *j, const char *word)
{
	if (!begin_value(j))
		return;
	buf_add_text(j->out, word);
	end_value(j);
}

void json_emit_bool(struct json_emit *j, bool value)
{
	emit_word(j, value ? "true" : "false");
}

void json_emit_null(struct json_emit *j)
{
	emit_word(j, "null");
}

void json_emit_raw(struct json_emit *j, struct str value)
{
	if (!begin_value(j))
		return;
	if (!json_valid(value, NULL))
		fail(j, "a raw value that is not JSON");
	buf_add_str(j->out, value);
	end_value(j);
}

void json_emit_member(struct json_emit *j, const char *name, struct str text)
{
	json_emit_key(j, str_of(name));
	json_emit_string(j, text);
}

bool json_emit_done(const struct json_emit *j)
{
	return j->fault == NULL && j->done && !j->out->failed;
}

/* The letter of C's short escape (RFC 8259 7), or NUL. */
static char short_escape(char c)
{
	switch (c) {
	case '"':
	case '\\': return c;
	case '\b': return 'b';
	case '\f': return 'f';
	case '\n': return 'n';
	case '\r': return 'r';
	case '\t': return 't';
	default: return '\0';
	}
}

static void add_escaped(char c, struct buf *out)
{
	char letter = short_escape(c);

	if (letter == '\0') {
		buf_addf(out, "\\u%04x", (unsigned)(unsigned char)c);
		return;
	}
	buf_add_char(out, '\\');
	buf_add_char(out, letter);
}

static bool wants_escape(char c)
{
	return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

bool json_quote(struct str text, struct buf *out)
{
	if (!utf8_valid(text))
		return false;
	buf_add_char(out, '"');
	while (text.n > 0) {
		size_t run = 0;

		while (run < text.n && !wants_escape(text.p[run]))
			run++;
		buf_add(out, text.p, run);
		if (run < text.n)
			add_escaped(text.p[run++], out);
		text = str_skip(text, run);
	}
	buf_add_char(out, '"');
	return true;
}
