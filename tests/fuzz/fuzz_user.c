/*
 * Users. The input is a name, a line end, an argument of --set, a line end, and a text that may be
 * a resource, a list or a body. What is read as a user can be shown and looked up again; what is
 * made as a body is one object that says what was asked for; a filter has no character that a URL
 * may not hold.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "codec/url.h"
#include "codec/utf8.h"
#include "scim/user.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static bool lies_in(struct str part, struct str whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void read_user(struct str text, struct str name)
{
	struct user u;
	struct buf own;

	if (!user_read(text, &u))
		return;
	require(json_valid(text, NULL));
	require(lies_in(u.id.raw, text) && lies_in(u.user_name.raw, text));
	require(lies_in(u.role.whole, text) && lies_in(u.active.whole, text));
	user_match(&u, name);
	buf_init(&own, text.n);
	json_unescape(u.user_name.raw, &own);
	require(!own.failed && utf8_valid(buf_str(&own)));
	require(user_match(&u, buf_str(&own)) == USER_MATCH_EXACT);
	buf_wipe(&own);
}

static void read_list(struct str text, struct str name)
{
	enum user_match match;
	struct user best;
	unsigned hits;

	if (!user_find(text, name, &best, &match, &hits))
		return;
	require(json_valid(text, NULL));
	require(hits > 0 || match == USER_MATCH_NONE);
	if (hits > 0) {
		require(lies_in(best.resource, text) && user_match(&best, name) == match);
		read_user(best.resource, name);
	}
}

static void make_filter(struct str name, bool is_sentry)
{
	struct buf path, text;
	size_t i;

	buf_init(&path, LIMIT_REQUEST_HEAD);
	buf_init(&text, LIMIT_REQUEST_HEAD);
	if (user_filter_path(name, is_sentry, &path)) {
		for (i = 0; i < path.len; i++)
			require(path.data[i] > 0x20 && path.data[i] < 0x7f);
		require(url_decode(buf_str(&path), &text));
		require(str_starts(buf_str(&text), "Users?filter=userName eq \""));
		/* an empty value would list everybody */
		require(text.len > sizeof("Users?filter=userName eq \"\"") - 1);
		/* Sentry takes off the first and last character and reads the rest as it is */
		if (is_sentry)
			require(str_equal(name, str_from(text.data + 26, text.len - 27)));
	} else {
		require(path.len == 0);
	}
	buf_wipe(&text);
	buf_wipe(&path);
}

static void make_body(struct str base, struct str name, struct str argument)
{
	struct user_attribute attribute;
	struct user_draft draft = {.user_name = name, .attributes = &attribute};
	struct err e = {.kind = ERR_NONE};
	struct buf value, body, said, role;

	buf_init(&value, LIMIT_REQUEST_BODY);
	buf_init(&body, LIMIT_REQUEST_BODY);
	buf_init(&said, LIMIT_REQUEST_BODY);
	buf_init(&role, LIMIT_REQUEST_BODY);
	if (json_valid_object(base, NULL))
		draft.body = base;
	if (user_parse_set(argument, &attribute.path, &value, &e)) {
		require(json_valid(buf_str(&value), NULL) && lies_in(attribute.path, argument));
		attribute.value = buf_str(&value);
		/* a value of --set may hold what a body may not: names twice */
		if (attribute.value.p[0] != '{' && attribute.value.p[0] != '[')
			draft.attribute_count = 1;
	}
	err_clear(&e);
	if (user_body(&draft, &body, &e)) {
		struct json_value v;

		require(e.kind == ERR_NONE && json_member(buf_str(&body), "schemas", &v));
		if (draft.attribute_count == 0 && name.n > 0) {
			require(user_body_facts(buf_str(&body), &said, &role, &e));
			require(str_equal(buf_str(&said), name));
		}
	} else {
		require(e.kind == ERR_INPUT || e.kind == ERR_MEMORY);
		require(body.len == 0);
	}
	buf_wipe(&role);
	buf_wipe(&said);
	buf_wipe(&body);
	buf_wipe(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str name, argument, text;

	str_cut(str_from((const char *)data, size), '\n', &name, &text);
	str_cut(text, '\n', &argument, &text);
	read_user(text, name);
	read_list(text, name);
	make_filter(name, true);
	make_filter(name, false);
	make_body(text, name, argument);
	return 0;
}
