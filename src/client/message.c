#include "client/message.h"

#include "base/limits.h"
#include "codec/http_request.h"

/* How the token is shown: nothing of it but the fact that it is there. */
#define MASK "Bearer ***"
/* What a head takes besides token and target, a few headers of the user's included. */
#define USUAL_HEAD 512

static void write_target(const struct message_origin *o, const struct message_call *c, bool shown,
	struct buf *target)
{
	if (c->api)
		buf_add_str(target, shown ? o->api_root : o->api_path);
	else
		buf_add_str(target, shown ? o->root : o->root_path);
	buf_add_char(target, '/');
	buf_add_str(target, c->path);
}

/* RFC 9110 8.6: a method that gives content a meaning says that there is none. */
static bool tells_length(const struct message_call *c)
{
	return c->body.n > 0 || str_is(c->method, "POST") || str_is(c->method, "PUT") ||
		str_is(c->method, "PATCH");
}

static void write_fields(struct http_request *r, const struct message_origin *o,
	const struct message_call *c, struct str authorization)
{
	unsigned i;

	http_request_field(r, str_of("Host"), o->authority);
	http_request_field(r, str_of("User-Agent"), o->user_agent);
	if (o->token.n > 0)
		http_request_field(r, str_of("Authorization"), authorization);
	http_request_field(r, str_of("Accept"), str_of("application/json"));
	for (i = 0; i < o->header_count; i++)
		http_request_field(r, o->headers[i].name, o->headers[i].value);
	if (c->body.n > 0)
		http_request_field(r, str_of("Content-Type"), str_of("application/json"));
	if (tells_length(c))
		http_request_length(r, c->body.n);
}

bool message_write(const struct message_origin *o, const struct message_call *c, bool shown,
	struct buf *out, struct err *e)
{
	struct http_request r;
	struct buf target, authorization;
	bool ok;

	buf_init(&target, LIMIT_REQUEST_HEAD);
	buf_init(&authorization, LIMIT_TOKEN + 16);
	/* Room at once: growing step by step would copy and wipe the token each time. */
	buf_room(&target, o->root_path.n + c->path.n + 1);
	buf_room(&authorization, o->token.n + sizeof(MASK));
	buf_room(out, o->token.n + o->root_path.n + c->path.n + c->body.n + USUAL_HEAD);
	write_target(o, c, shown, &target);
	buf_add_text(&authorization, shown ? MASK : "Bearer ");
	if (!shown)
		buf_add_str(&authorization, o->token);
	http_request_start(&r, out, c->method, buf_str(&target));
	write_fields(&r, o, c, buf_str(&authorization));
	ok = http_request_end(&r);
	buf_add_str(out, c->body);
	if (target.failed || authorization.failed || out->failed)
		ok = err_memory(e, "writing the request (it is too large)");
	else if (!ok)
		err_set(e, ERR_INPUT, "the request cannot be written: %s",
			r.fault != NULL ? r.fault : "it is too large");
	buf_wipe(&authorization);
	buf_wipe(&target);
	return ok;
}

/* Fields that the program writes itself, or that change how a message is read. */
static const char *const owned[] = {
	"Host",
	"Authorization",
	"Content-Length",
	"Content-Type",
	"Transfer-Encoding",
	"Connection",
	"Accept",
	"Accept-Encoding",
	"User-Agent",
	"Expect",
	"Upgrade",
	"TE",
	"Trailer",
};

static bool is_owned(struct str name)
{
	unsigned i;

	for (i = 0; i < sizeof owned / sizeof owned[0]; i++)
		if (str_is_fold(name, owned[i]))
			return true;
	return str_starts_fold(name, "Proxy-");
}

bool message_parse_header(
	struct str text, struct message_header *h, const char *where, struct err *e)
{
	if (!str_cut(text, ':', &h->name, &h->value))
		return err_set(e, ERR_CONFIG, "%s: a header is given as 'Name: value'", where);
	h->value = str_trim(h->value);
	if (!http_is_token(h->name))
		return err_set(e, ERR_CONFIG, "%s: '%.*s' is no name of a header", where,
			STR_ARG(h->name));
	if (is_owned(h->name))
		return err_set(e, ERR_CONFIG, "%s: the header %.*s is the program's own", where,
			STR_ARG(h->name));
	if (h->value.n == 0 || !http_is_field_value(h->value))
		return err_set(e, ERR_CONFIG, "%s: the header %.*s has no usable value", where,
			STR_ARG(h->name));
	return true;
}
