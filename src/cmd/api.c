#include <string.h>

#include "cmd/cmd.h"
#include "cmd/work.h"
#include "codec/http_request.h"
#include "codec/json_scan.h"
#include "codec/url.h"
#include "sys/file.h"

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

/*
 * The path below the SCIM root. What could lead out of it is refused, also in disguise: the token
 * goes where this says.
 */
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

static bool load(struct work *w, struct message_call *call)
{
	const struct opts *o = w->context->opts;
	const char *body = opt_value(o, OPT_BODY), *token = opt_value(o, OPT_TOKEN_FILE);
	const char *a;
	struct buf method;

	buf_init(&method, 64);
	for (a = o->args[0]; *a != '\0'; a++)
		buf_add_char(&method, *a >= 'a' && *a <= 'z' ? (char)(*a - 'a' + 'A') : *a);
	a = method.failed ? NULL : arena_dup(w->context->arena, buf_str(&method));
	buf_wipe(&method);
	if (a == NULL || !http_is_token(str_of(a)) || strcmp(a, "CONNECT") == 0)
		return err_set(&w->err, ERR_USAGE, "'%s' is no method to use here", o->args[0]);
	call->method = str_of(a);
	if (!check_path(o->args[1], &call->path, &w->err))
		return false;
	if (body == NULL)
		return true;
	if (strcmp(body, "-") == 0 &&
		(opt_given(o, OPT_TOKEN_STDIN) || (token != NULL && strcmp(token, "-") == 0)))
		return err_set(&w->err, ERR_USAGE, "standard input can be read only once");
	if (!file_read(body, &w->body, &w->err))
		return false;
	call->body = buf_str(&w->body);
	return true;
}

int cmd_api(struct cmd_context *c)
{
	struct message_call call = {.api = false};
	struct work w;
	bool ok = work_begin(&w, c, FIND_MEMBER) && load(&w, &call);

	if (ok &&
		call_run(&w.session.caller, &call, effect_of(call.method),
			str_contains(call.path, "/"), &w.reply, &w.err)) {
		struct str body = work_answer(&w);

		if (body.n > 0)
			ok = json_valid(body, NULL) ? out_json(body, &w.err)
						    : out_text(body, &w.err);
	} else {
		ok = false;
	}
	return work_end(&w, ok);
}
