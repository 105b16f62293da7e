#include "client/request.h"

#include "base/limits.h"
#include "codec/http_request.h"
#include "codec/url.h"

/*
 * A segment that a server or proxy would take for "." or "..", however it is written; some cut off
 * what follows a semicolon first.
 */
static bool climbs(struct str segment)
{
	struct buf plain;
	struct str s, name, parameters;
	bool bad;

	buf_init(&plain, LIMIT_URL);
	bad = !url_decode(segment, &plain) || plain.failed;
	s = buf_str(&plain);
	str_cut(s, ';', &name, &parameters);
	bad = bad || str_is(name, ".") || str_is(name, "..") || str_contains(s, "/") ||
		str_contains(s, "\\");
	buf_wipe(&plain);
	return bad;
}

static bool check_path(const char *text, struct str *out, struct err *e)
{
	struct str path = str_of(text), rest, segment, query;
	bool more = true;

	if (str_contains(path, "://"))
		return err_set(
			e, ERR_USAGE, "PATH is below the SCIM base, as Users?count=1, not a URL");
	if (path.n > 0 && path.p[0] == '/')
		path = str_skip(path, 1);
	if (str_contains(path, "#"))
		return err_set(e, ERR_USAGE, "PATH has a fragment, which is never sent");
	str_cut(path, '?', &rest, &query);
	if (rest.n == 0)
		return err_set(e, ERR_USAGE, "PATH is empty");
	while (more) {
		more = str_cut(rest, '/', &segment, &rest);
		if ((segment.n == 0 && more) || climbs(segment))
			return err_set(e, ERR_USAGE, "PATH would leave the SCIM base: '%s'", text);
	}
	*out = path;
	return true;
}

static enum call_effect effect_of(struct str method)
{
	if (str_is(method, "GET") || str_is(method, "HEAD") || str_is(method, "OPTIONS"))
		return CALL_READ;
	if (str_is(method, "PUT") || str_is(method, "DELETE"))
		return CALL_CHANGE;
	return CALL_ONCE;
}

bool request_parse(const char *method, const char *path, struct buf *buffer,
	struct message_call *call, struct err *e)
{
	const char *at;

	*call = (struct message_call){.api = false};
	for (at = method; *at != '\0'; at++)
		buf_add_char(buffer, *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at);
	call->method = buf_str(buffer);
	if (buffer->failed || !http_is_token(call->method) || str_is(call->method, "CONNECT"))
		return err_set(e, ERR_USAGE, "'%s' is no method to use here", method);
	return check_path(path, &call->path, e);
}

bool request_run(
	struct caller *c, const struct message_call *call, struct reply *reply, struct err *e)
{
	return call_run(c, call, effect_of(call->method), str_contains(call->path, "/"), reply, e);
}
