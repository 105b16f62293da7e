#include "scim/body.h"

#include "base/limits.h"
#include "codec/json_emit.h"

static void begin(struct json_emit *j, const char *urn, struct buf *out)
{
	json_emit_init(j, out);
	json_emit_object(j);
	json_emit_key(j, str_of("schemas"));
	json_emit_array(j);
	json_emit_string(j, str_of(urn));
	json_emit_array_close(j);
}

static void begin_patch(struct json_emit *j, struct buf *out)
{
	begin(j, PATCH_URN, out);
	json_emit_key(j, str_of("Operations"));
	json_emit_array(j);
}

static bool end_patch(struct json_emit *j)
{
	json_emit_array_close(j);
	json_emit_object_close(j);
	return json_emit_done(j);
}

bool body_role(struct str role, struct buf *out)
{
	struct json_emit j;

	json_emit_init(&j, out);
	json_emit_object(&j);
	json_emit_member(&j, "sentryOrgRole", role);
	json_emit_object_close(&j);
	return json_emit_done(&j);
}

bool body_team(struct str name, struct buf *out)
{
	struct json_emit j;

	begin(&j, GROUP_URN, out);
	json_emit_member(&j, "displayName", name);
	json_emit_object_close(&j);
	return json_emit_done(&j);
}

bool body_rename(struct str name, struct buf *out)
{
	struct json_emit j;

	begin_patch(&j, out);
	json_emit_object(&j);
	json_emit_member(&j, "op", str_of("replace"));
	json_emit_key(&j, str_of("value"));
	json_emit_object(&j);
	json_emit_member(&j, "displayName", name);
	json_emit_object_close(&j);
	json_emit_object_close(&j);
	return end_patch(&j);
}

static bool patch_list(const char *op, const struct str *ids, size_t count, struct buf *out)
{
	struct json_emit j;
	size_t i;

	begin_patch(&j, out);
	json_emit_object(&j);
	json_emit_member(&j, "op", str_of(op));
	json_emit_member(&j, "path", str_of("members"));
	json_emit_key(&j, str_of("value"));
	json_emit_array(&j);
	for (i = 0; i < count; i++) {
		json_emit_object(&j);
		json_emit_member(&j, "value", ids[i]);
		json_emit_object_close(&j);
	}
	json_emit_array_close(&j);
	json_emit_object_close(&j);
	return end_patch(&j);
}

bool body_add_members(const struct str *ids, size_t count, struct buf *out)
{
	return patch_list("add", ids, count, out);
}

bool body_set_members(const struct str *ids, size_t count, struct buf *out)
{
	return patch_list("replace", ids, count, out);
}

/* Of a removal with a list of values Sentry heeds only the first; the path names one each. */
bool body_remove_members(const struct str *ids, size_t count, struct buf *out)
{
	struct json_emit j;
	struct buf path;
	size_t i;
	bool ok = true;

	buf_init(&path, LIMIT_URL);
	begin_patch(&j, out);
	for (i = 0; i < count; i++) {
		buf_clear(&path);
		buf_add_text(&path, "members[value eq ");
		ok = json_quote(ids[i], &path) && ok;
		buf_add_char(&path, ']');
		ok = ok && !path.failed;
		json_emit_object(&j);
		json_emit_member(&j, "op", str_of("remove"));
		json_emit_member(&j, "path", buf_str(&path));
		json_emit_object_close(&j);
	}
	buf_wipe(&path);
	return end_patch(&j) && ok;
}

bool body_deactivate(struct buf *out)
{
	struct json_emit j;

	begin_patch(&j, out);
	json_emit_object(&j);
	json_emit_member(&j, "op", str_of("replace"));
	json_emit_key(&j, str_of("value"));
	json_emit_object(&j);
	json_emit_key(&j, str_of("active"));
	json_emit_bool(&j, false);
	json_emit_object_close(&j);
	json_emit_object_close(&j);
	return end_patch(&j);
}
