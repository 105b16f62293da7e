#include "patch.h"

#include "die.h"
#include "pyjson.h"

#define OPERATIONS_MAX 100u
#define REQUIRED       "This field is required."
#define NOT_NULL       "This field may not be null."

/* A member of INNER, a JSON object still without its closing brace: "name":["text"]. */
static void add_fault(struct buf *inner, const char *name, struct str text)
{
	buf_addf(inner, "%s\"%s\":[", inner->len > 1 ? "," : "", name);
	pyjson_quote(text, inner);
	buf_add_char(inner, ']');
}

/* Whether member NAME of BODY is an array; what is wrong goes to INNER. */
static bool read_list(
	struct str body, const char *name, bool required, struct json_value *v, struct buf *inner)
{
	struct buf text;
	bool there = json_member(body, name, v);

	if (there && v->type == JSON_ARRAY)
		return true;
	if (!there && required)
		add_fault(inner, name, str_of(REQUIRED));
	else if (there && v->type == JSON_NULL)
		add_fault(inner, name, str_of(NOT_NULL));
	else if (there) {
		server_buf(&text);
		buf_addf(&text, "Expected a list of items but got type \"%s\".", pyjson_type(v));
		add_fault(inner, name, buf_str(&text));
		buf_wipe(&text);
	}
	return false;
}

void patch_op(struct str operation, struct buf *out)
{
	struct json_value op;
	size_t i = out->len;

	if (!json_member(operation, "op", &op) || op.type != JSON_STRING)
		return;
	json_unescape(op.raw, out);
	must_hold(out);
	for (; i < out->len; i++)
		out->data[i] = char_lower(out->data[i]);
}

static void check_op(struct str operation, bool group, struct buf *faults)
{
	struct buf op, text;
	struct json_value v;

	if (!json_member(operation, "op", &v)) {
		add_fault(faults, "op", str_of(REQUIRED));
		return;
	}
	if (v.type != JSON_STRING) {
		add_fault(faults, "op",
			str_of(v.type == JSON_NULL ? NOT_NULL : "Not a valid string."));
		return;
	}
	server_buf(&op);
	server_buf(&text);
	patch_op(operation, &op);
	if (!str_is(buf_str(&op), "replace") && !(group && str_is(buf_str(&op), "add")) &&
		!(group && str_is(buf_str(&op), "remove"))) {
		buf_addf(&text, "\"%s\" is not a valid choice", buf_text(&op));
		add_fault(faults, "op", buf_str(&text));
	}
	buf_wipe(&op);
	buf_wipe(&text);
}

static void check_user_value(struct str operation, struct buf *faults)
{
	struct json_value v;

	if (!json_member(operation, "value", &v))
		add_fault(faults, "value", str_of(REQUIRED));
	else if (v.type == JSON_NULL)
		add_fault(faults, "value", str_of(NOT_NULL));
	else if (v.type != JSON_TRUE && v.type != JSON_FALSE && v.type != JSON_OBJECT &&
		!(v.type == JSON_STRING &&
			(json_text_equal(v.raw, str_of("true"), true) ||
				json_text_equal(v.raw, str_of("false"), true))))
		add_fault(faults, "value", str_of("value must be a boolean or object"));
}

/* What is wrong with one operation, as an object without its closing brace; empty when nothing. */
static void check_operation(const struct json_value *operation, bool group, struct buf *faults)
{
	struct buf text;

	buf_add_char(faults, '{');
	if (operation->type == JSON_OBJECT) {
		check_op(operation->whole, group, faults);
		if (!group)
			check_user_value(operation->whole, faults);
	} else {
		server_buf(&text);
		buf_addf(&text, "Invalid data. Expected a dictionary, but got %s.",
			pyjson_type(operation));
		add_fault(faults, "non_field_errors", buf_str(&text));
		buf_wipe(&text);
	}
	if (faults->len == 1)
		buf_clear(faults);
}

/* The first operation that is wrong is the one reported. */
static void check_operations(struct str operations, bool group, struct buf *inner)
{
	struct json_value operation;
	struct buf faults;
	size_t at = 0;

	server_buf(&faults);
	while (faults.len == 0 && json_element(operations, &at, &operation))
		check_operation(&operation, group, &faults);
	if (faults.len > 0)
		buf_addf(inner, "%s\"Operations\":%s}", inner->len > 1 ? "," : "",
			buf_text(&faults));
	buf_wipe(&faults);
}

static size_t count_elements(struct str array)
{
	struct json_value v;
	size_t at = 0, n = 0;

	while (json_element(array, &at, &v))
		n++;
	return n;
}

static bool check(struct call *c, struct str body, bool group, struct json_value *operations)
{
	const struct manners *m = &c->api->manners;
	struct json_value schemas;
	struct buf inner;
	bool ok, too_many = false;

	server_buf(&inner);
	buf_add_char(&inner, '{');
	read_list(body, "schemas", group, &schemas, &inner);
	if (read_list(body, "Operations", true, operations, &inner)) {
		too_many = count_elements(operations->whole) > OPERATIONS_MAX;
		if (too_many && !group)
			add_fault(&inner, "Operations",
				str_of("Ensure this field has no more than 100 elements."));
		else
			check_operations(operations->whole, group, &inner);
	}
	ok = inner.len == 1;
	buf_add_char(&inner, '}');
	if (!ok)
		reply_scim_fields(c->reply, m, buf_str(&inner));
	else if (too_many)
		reply_scim_error(c->reply, m, 400, "Too many patch ops sent, limit is 100.", NULL);
	buf_wipe(&inner);
	return ok && !too_many;
}

bool patch_check_user(struct call *c, struct str body, struct json_value *operations)
{
	return check(c, body, false, operations);
}

bool patch_check_group(struct call *c, struct str body, struct json_value *operations)
{
	return check(c, body, true, operations);
}
