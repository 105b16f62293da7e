#include "reply.h"

#include "codec/json_emit.h"
#include "die.h"

void reply_init(struct reply *r)
{
	*r = (struct reply){.status = 200};
	server_buf(&r->fields);
	server_buf(&r->body);
}

void reply_wipe(struct reply *r)
{
	buf_wipe(&r->fields);
	buf_wipe(&r->body);
}

void reply_clear(struct reply *r)
{
	buf_clear(&r->fields);
	buf_clear(&r->body);
	r->status = 200;
	r->type = NULL;
	r->no_body = false;
}

void reply_field(struct reply *r, const char *name, const char *value)
{
	buf_addf(&r->fields, "%s: %s\r\n", name, value);
}

void reply_number(struct reply *r, const char *name, long long value)
{
	buf_addf(&r->fields, "%s: %lld\r\n", name, value);
}

void reply_json(struct reply *r, int status)
{
	r->status = status;
	r->type = "application/json";
	r->no_body = false;
	buf_clear(&r->body);
}

void reply_empty(struct reply *r, int status)
{
	r->status = status;
	r->type = NULL;
	r->no_body = status == 204;
	buf_clear(&r->body);
}

void reply_text(struct reply *r, int status, const char *type, struct str text)
{
	r->status = status;
	r->type = type;
	r->no_body = false;
	buf_clear(&r->body);
	buf_add_str(&r->body, text);
}

static void scim_error(struct reply *r, const struct manners *m, int status, struct str detail,
	const char *scim_type)
{
	char code[4] = {(char)('0' + status / 100), (char)('0' + status / 10 % 10),
		(char)('0' + status % 10), '\0'};
	struct json_emit j;

	reply_json(r, status);
	json_emit_init(&j, &r->body);
	json_emit_object(&j);
	json_emit_key(&j, str_of("schemas"));
	json_emit_array(&j);
	json_emit_string(&j, str_of(URN_ERROR));
	json_emit_array_close(&j);
	if (m->error_status)
		json_emit_member(&j, "status", str_of(code));
	if (detail.p != NULL)
		json_emit_member(&j, "detail", detail);
	/* `invalidFilter` is as old as the interface, the type of a conflict came with `status`. */
	if (scim_type != NULL && (m->error_status || status != 409))
		json_emit_member(&j, "scimType", str_of(scim_type));
	json_emit_object_close(&j);
	if (!json_emit_done(&j))
		die("an error cannot be written as JSON: %s", j.fault ? j.fault : "too large");
}

void reply_scim_error(struct reply *r, const struct manners *m, int status, const char *detail,
	const char *scim_type)
{
	scim_error(r, m, status, str_of(detail), scim_type);
}

void reply_scim_fields(struct reply *r, const struct manners *m, struct str inner)
{
	scim_error(r, m, 400, inner, NULL);
}

void reply_scim_field(struct reply *r, const struct manners *m, const char *name, const char *text)
{
	struct buf inner;

	server_buf(&inner);
	buf_addf(&inner, "{\"%s\":[\"%s\"]}", name, text);
	reply_scim_fields(r, m, buf_str(&inner));
	buf_wipe(&inner);
}

void reply_detail(struct reply *r, int status, const char *detail)
{
	reply_json(r, status);
	buf_add_text(&r->body, "{\"detail\":");
	if (!json_quote(str_of(detail), &r->body))
		die("a detail is not UTF-8");
	buf_add_char(&r->body, '}');
}

void reply_crash(struct reply *r)
{
	reply_json(r, 500);
	buf_add_text(&r->body,
		"{\"detail\":\"Internal Error\",\"errorId\":\"8f5d2c7b9a1e4630b7c4d1e2f3a4b5c6\"}");
}

void reply_page(struct reply *r, int status)
{
	const char *reason = reply_reason(status);

	reply_text(r, status, "text/html", str_of(""));
	buf_addf(&r->body,
		"<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n"
		"<center><h1>%d %s</h1></center>\r\n<hr><center>nginx</center>\r\n"
		"</body>\r\n</html>\r\n",
		status, reason, status, reason);
}

const char *reply_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{200, "OK"},
		{201, "Created"},
		{202, "Accepted"},
		{204, "No Content"},
		{301, "Moved Permanently"},
		{302, "Found"},
		{303, "See Other"},
		{304, "Not Modified"},
		{307, "Temporary Redirect"},
		{308, "Permanent Redirect"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{407, "Proxy Authentication Required"},
		{408, "Request Timeout"},
		{409, "Conflict"},
		{413, "Content Too Large"},
		{414, "URI Too Long"},
		{421, "Misdirected Request"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{501, "Not Implemented"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
		{505, "HTTP Version Not Supported"},
		{507, "Insufficient Storage"},
	};
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}
