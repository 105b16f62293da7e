#include "client/pages.h"
#include "cmd/cmd.h"
#include "cmd/work.h"
#include "codec/json_emit.h"
#include "codec/json_scan.h"
#include "codec/url.h"
#include "sys/console.h"

static const char *const documents[] = {"ServiceProviderConfig", "ResourceTypes", "Schemas"};
#define DOCUMENTS (sizeof(documents) / sizeof(documents[0]))

static const struct out_column type_columns[] = {
	{"RESOURCE", "name", false},
	{"ENDPOINT", "endpoint", false},
	{"SCHEMA", "schema", false},
	{.title = NULL},
};
static const struct out_column attribute_columns[] = {
	{"ATTRIBUTE", "name", false},
	{"TYPE", "type", false},
	{"REQUIRED", "required", false},
	{"MUTABILITY", "mutability", false},
	{"DESCRIPTION", "description", false},
	{.title = NULL},
};

static bool get(struct work *w, const char *path)
{
	struct message_call call = {.method = str_of("GET"), .path = str_of(path)};

	err_clear(&w->err);
	return call_run(&w->session.handle.caller, &call, CALL_READ, false, &w->reply, &w->err) &&
		(json_valid(work_answer(w), NULL) ||
			err_set(&w->err, ERR_PROTOCOL, "the server's answer is not JSON"));
}

/* A server from before discovery says 404; some say that the path takes no GET. */
static bool lacks(const struct work *w)
{
	return w->reply.status == 404 || w->reply.status == 405;
}

/* ---- all three documents ---- */

static bool add_document(struct work *w, struct json_emit *j, const char *name, unsigned *have)
{
	json_emit_key(j, str_of(name));
	if (get(w, name)) {
		json_emit_raw(j, work_answer(w));
		++*have;
		return true;
	}
	if (!lacks(w))
		return false;
	json_emit_null(j);
	console_line(LOG_NOTE, "the server has no %s", name);
	return true;
}

static bool show_types(struct work *w, struct str all)
{
	struct json_value types, type;
	size_t at = 0;
	bool ok = true;

	out_init(&w->out, &w->session.settings, type_columns, true);
	if (w->out.format != OUTPUT_TABLE && w->out.format != OUTPUT_CSV)
		return out_json(all, &w->err);
	if (json_find(all, "ResourceTypes.Resources", &types))
		while (ok && json_element(types.raw, &at, &type))
			ok = out_resource(&w->out, type.raw, &w->err);
	return ok && out_end_list(&w->out, &w->err);
}

static bool show_all(struct work *w)
{
	struct json_emit j;
	struct buf all;
	unsigned i, have = 0;
	bool ok = true;

	buf_init(&all, 3 * LIMIT_HTTP_BODY);
	json_emit_init(&j, &all);
	json_emit_object(&j);
	for (i = 0; i < DOCUMENTS && ok; i++)
		ok = add_document(w, &j, documents[i], &have);
	json_emit_object_close(&j);
	if (ok && have > 0) {
		err_clear(&w->err);
		ok = json_emit_done(&j) ? show_types(w, buf_str(&all))
					: err_memory(&w->err, "the documents");
	} else {
		ok = false; /* the last refusal tells why */
	}
	buf_wipe(&all);
	return ok;
}

/* ---- one schema ---- */

static bool show_schema(struct work *w, struct str schema)
{
	struct json_value attributes, attribute;
	size_t at = 0;
	bool ok = true;

	out_init(&w->out, &w->session.settings, attribute_columns, true);
	if (w->out.format != OUTPUT_TABLE && w->out.format != OUTPUT_CSV)
		return out_json(schema, &w->err);
	if (json_find(schema, "attributes", &attributes))
		while (ok && json_element(attributes.raw, &at, &attribute))
			ok = out_resource(&w->out, attribute.raw, &w->err);
	return ok && out_end_list(&w->out, &w->err);
}

/* Older servers have only the list of all schemas. */
static bool pick_schema(struct work *w, const char *urn)
{
	struct json_value all, schema, id;
	size_t at = 0;

	if (!get(w, "Schemas"))
		return false;
	if (json_find(work_answer(w), "Resources", &all))
		while (json_element(all.raw, &at, &schema))
			if (json_member(schema.raw, "id", &id) && id.type == JSON_STRING &&
				json_text_equal(id.raw, str_of(urn), true))
				return show_schema(w, schema.raw);
	w->reply = (struct reply){.status = 0};
	err_set(&w->err, ERR_NOT_FOUND, "the server has no schema %s", urn);
	err_hint(&w->err, "`sentry-scim schema` shows those it has");
	return false;
}

static bool show_one(struct work *w, const char *urn)
{
	if (str_is(str_of(urn), ".") || str_is(str_of(urn), ".."))
		return err_set(&w->err, ERR_USAGE, "URN is no name of a schema: '%s'", urn);
	buf_add_text(&w->path, "Schemas/");
	url_encode(str_of(urn), &w->path);
	if (w->path.failed)
		return err_set(&w->err, ERR_USAGE, "URN is too long");
	if (get(w, buf_text(&w->path)))
		return show_schema(w, work_answer(w));
	return !w->reply.shown && lacks(w) && pick_schema(w, urn);
}

int cmd_schema(struct cmd_context *c)
{
	struct work w;
	bool ok = work_begin(&w, c, FIND_MEMBER);

	if (ok && w.session.settings.dry_run) /* the first request is all that is certain */
		ok = c->opts->arg_count > 0 ? show_one(&w, c->opts->args[0])
					    : get(&w, documents[0]);
	else if (ok)
		ok = c->opts->arg_count > 0 ? show_one(&w, c->opts->args[0]) : show_all(&w);
	return work_end(&w, ok);
}
