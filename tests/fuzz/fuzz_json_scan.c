/*
 * The JSON readers. What one of them says must agree with what the others say, and a text that is
 * read and written again must be read as the same.
 */
#include <stdlib.h>

#include "codec/json_emit.h"
#include "codec/json_scan.h"
#include "codec/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_string(struct str raw)
{
	struct buf plain, quoted;
	struct json_value v;
	struct json_scan s;

	buf_init(&plain, 1u << 24);
	buf_init(&quoted, 1u << 24);
	json_unescape(raw, &plain);
	require(utf8_valid(buf_str(&plain)));
	require(json_text_equal(raw, buf_str(&plain), false));
	require(json_text_equal(raw, buf_str(&plain), true));
	require(json_quote(buf_str(&plain), &quoted));
	json_scan_init(&s, buf_str(&quoted));
	require(json_scan_value(&s, &v) && v.type == JSON_STRING);
	require(json_text_equal(v.raw, buf_str(&plain), false));
	buf_wipe(&quoted);
	buf_wipe(&plain);
}

/* Writes again what is read, token by token. */
static bool copy(struct str text, struct json_emit *j)
{
	struct buf plain;
	struct json_scan s;
	enum json_token t;

	buf_init(&plain, 1u << 24);
	json_scan_init(&s, text);
	while ((t = json_scan_next(&s)) != JSON_END && t != JSON_BAD) {
		buf_clear(&plain);
		if (t == JSON_KEY || t == JSON_STRING)
			json_unescape(s.raw, &plain);
		switch (t) {
		case JSON_OBJECT: json_emit_object(j); break;
		case JSON_OBJECT_CLOSE: json_emit_object_close(j); break;
		case JSON_ARRAY: json_emit_array(j); break;
		case JSON_ARRAY_CLOSE: json_emit_array_close(j); break;
		case JSON_KEY: json_emit_key(j, buf_str(&plain)); break;
		case JSON_STRING: json_emit_string(j, buf_str(&plain)); break;
		default: json_emit_raw(j, s.raw); break;
		}
		if (t == JSON_KEY || t == JSON_STRING)
			check_string(s.raw);
	}
	require(s.at <= text.n && (s.fault != NULL) == (t == JSON_BAD));
	require(json_scan_next(&s) == t);
	buf_wipe(&plain);
	return t == JSON_END;
}

static void check_lookups(struct str text, bool valid)
{
	struct json_fault fault = {.what = NULL, .at = 0};
	struct json_value v;
	size_t at = 0, line, column;

	if (json_valid_object(text, &fault))
		require(valid);
	else
		require(fault.what != NULL && fault.at <= text.n);
	json_place(text, fault.at, &line, &column);
	if (json_member(text, "id", &v) || json_find(text, "Resources.0.id", &v))
		require(valid && json_valid(v.whole, NULL));
	while (json_element(text, &at, &v))
		require(json_valid(v.whole, NULL) || !valid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_from((const char *)data, size);
	bool valid = json_valid(text, NULL);
	struct buf first, second;
	struct json_emit j;

	buf_init(&first, 1u << 24);
	buf_init(&second, 1u << 24);
	json_emit_init(&j, &first);
	require(copy(text, &j) == valid);
	require(json_emit_done(&j) || !valid);
	check_lookups(text, valid);
	if (valid) {
		json_emit_init(&j, &second);
		require(copy(buf_str(&first), &j) && json_emit_done(&j));
		require(str_equal(buf_str(&first), buf_str(&second)));
	}
	buf_wipe(&second);
	buf_wipe(&first);
	return 0;
}
