#include "compose.h"

#include <string.h>

#include "die.h"

#define CHUNK 100u /* small, so that a list needs many */

static const char login_page[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Sign in</title></head>\n<body>\n"
	"<form method=\"post\" action=\"/auth/login/\">\n<input name=\"username\">\n"
	"<input name=\"password\" type=\"password\">\n<button>Continue</button>\n"
	"</form>\n</body>\n</html>\n";

static void stand_in_429(const struct manners *m, const struct effect *e, struct reply *reply)
{
	unsigned limit = m->rate_limit > 0 ? m->rate_limit : 40;
	int64_t reset = wall_ms() / 1000 + 1;

	if (e->stand_in == STAND_IN_BARE) {
		throttle_body_rate(reply, true, limit);
	} else if (e->stand_in == STAND_IN_RATE) {
		throttle_body_rate(reply, m->bare_429, limit);
		throttle_fields(reply, limit, 0, reset, m->concurrency, m->concurrency - 1);
	} else {
		throttle_body_concurrency(reply, m->bare_429, m->concurrency);
		throttle_fields(reply, limit, limit - 1, reset, m->concurrency, 0);
	}
}

static void stand_in_file(const struct effect *e, struct reply *reply)
{
	struct str body;

	reply_empty(reply, e->status);
	if (e->text == NULL)
		return;
	must_read(e->text, &reply->body);
	body = str_trim_space(buf_str(&reply->body));
	reply->type =
		body.n > 0 && strchr("{[\"", body.p[0]) != NULL ? "application/json" : "text/html";
}

void compose_stand_in(struct api *a, const struct effect *e, struct reply *reply)
{
	reply_clear(reply);
	switch (e->stand_in) {
	case STAND_IN_NONE: break;
	case STAND_IN_CRASH: reply_crash(reply); break;
	case STAND_IN_PAGE: reply_page(reply, e->status); break;
	case STAND_IN_STATUS: stand_in_file(e, reply); break;
	case STAND_IN_LOGIN:
		reply_text(reply, 200, "text/html; charset=utf-8", str_of(login_page));
		break;
	case STAND_IN_REDIRECT:
		reply_page(reply, e->status);
		reply_field(reply, "Location", e->text);
		break;
	case STAND_IN_GATEWAY:
		reply_json(reply, 503);
		buf_add_text(&reply->body,
			"{\"error\":\"apigateway\",\"detail\":"
			"\"Downstream service temporarily unavailable\"}");
		break;
	case STAND_IN_MAINTENANCE:
		reply_text(reply, 503, "text/plain",
			str_of("Sentry is currently in maintenance mode"));
		break;
	case STAND_IN_RATE:
	case STAND_IN_CONCURRENCY:
	case STAND_IN_BARE: stand_in_429(&a->manners, e, reply); break;
	case STAND_IN_GARBAGE:
	case STAND_IN_RAW: break; /* no message at all: see compose() */
	}
	must_hold(&reply->body);
}

/* Chunks grow and shrink so that sizes of one and of two digits occur. */
static void add_chunks(struct str body, bool extensions, struct buf *out)
{
	size_t size = 1;

	while (body.n > 0) {
		size_t n = size < body.n ? size : body.n;

		buf_addf(out, extensions ? "%zX ; piece=\"a;b\"\r\n" : "%zx\r\n", n);
		buf_add(out, body.p, n);
		buf_add_text(out, "\r\n");
		body = str_skip(body, n);
		size = size * 2 < CHUNK ? size * 2 : CHUNK;
	}
	buf_add_text(out, "0\r\n");
	if (extensions)
		buf_add_text(out, "X-Checksum: 5d41402a\r\nServer-Timing: total;dur=12\r\n");
	buf_add_text(out, "\r\n");
}

static enum framing framing_of(const struct api *a, const struct request *r, const struct effect *e,
	const struct reply *reply)
{
	if (e->framing != FRAMING_AS_USUAL)
		return e->framing;
	if ((a->manners.chunked || a->manners.proxy_mode) && !reply->no_body && r->minor == 1)
		return FRAMING_CHUNKED;
	return FRAMING_LENGTH;
}

static void add_framing_field(
	enum framing framing, const struct effect *e, const struct reply *reply, struct buf *out)
{
	uint64_t length = reply->body.len;

	switch (framing) {
	case FRAMING_CHUNKED: buf_add_text(out, "Transfer-Encoding: chunked\r\n"); break;
	case FRAMING_TRAILERS:
		buf_add_text(out, "Trailer: X-Checksum\r\nTransfer-Encoding: chunked\r\n");
		break;
	case FRAMING_NONE: break;
	default:
		if (e->has_wrong_length && e->wrong_by < 0 && (uint64_t)-e->wrong_by > length)
			length = 0;
		else if (e->has_wrong_length)
			length += (uint64_t)e->wrong_by;
		buf_addf(out, "Content-Length: %llu\r\n", (unsigned long long)length);
	}
}

static void add_head(const struct reply *reply, const struct effect *e, enum framing framing,
	bool keep, struct buf *out)
{
	char date[HTTP_DATE_SIZE];

	buf_addf(out, "HTTP/1.1 %d %s\r\n", reply->status, reply_reason(reply->status));
	if (!e->no_date) {
		http_date(wall_ms() / 1000, date);
		buf_addf(out, "Date: %s\r\n", date);
	}
	if (reply->type != NULL)
		buf_addf(out, "Content-Type: %s\r\n", reply->type);
	/* RFC 9110 8.6: a 204 has no Content-Length, and RFC 9112 6.1 no transfer coding. */
	if (reply->status != 204 && reply->status != 304)
		add_framing_field(framing, e, reply, out);
	buf_add_str(out, buf_str(&reply->fields));
	buf_add_str(out, buf_str(&e->fields));
	buf_addf(out, "Connection: %s\r\n\r\n", keep ? "keep-alive" : "close");
}

static void add_body(struct reply *reply, enum framing framing, struct buf *out)
{
	if (reply->no_body || reply->status == 204 || reply->status == 304)
		return;
	if (framing == FRAMING_CHUNKED || framing == FRAMING_TRAILERS)
		add_chunks(buf_str(&reply->body), framing == FRAMING_TRAILERS, out);
	else
		buf_add_str(out, buf_str(&reply->body));
}

static void pad_body(struct reply *reply, uint64_t size)
{
	if (reply->no_body || reply->body.len >= size)
		return;
	size -= reply->body.len;
	while (size-- > 0)
		buf_add_char(&reply->body, ' ');
}

bool compose(const struct api *a, const struct request *r, const struct effect *e,
	struct reply *reply, struct buf *out)
{
	enum framing framing = framing_of(a, r, e, reply);
	bool keep = r->keep_alive && !e->close && framing != FRAMING_NONE;

	if (e->stand_in == STAND_IN_GARBAGE)
		buf_add(out, "SSH-2.0-local\r\n\x00\xff\xfe\x15\x03\x01", 21);
	if (e->stand_in == STAND_IN_RAW)
		must_read(e->text, out);
	if (e->stand_in == STAND_IN_GARBAGE || e->stand_in == STAND_IN_RAW) {
		must_hold(out);
		return false;
	}
	if (e->interim)
		buf_add_text(out,
			"HTTP/1.1 100 Continue\r\n\r\n"
			"HTTP/1.1 103 Early Hints\r\nLink: </app.css>; rel=preload\r\n\r\n");
	pad_body(reply, e->pad);
	add_head(reply, e, framing, keep, out);
	add_body(reply, framing, out);
	if (e->extra)
		buf_add_text(out,
			"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			"Content-Length: 16\r\n\r\n{\"id\":\"6666666\"}");
	must_hold(out);
	/* Too much was promised: only the end of the connection can tell. */
	return keep && (!e->has_wrong_length || e->wrong_by <= 0);
}

void compose_refusal(int status, struct buf *out)
{
	const struct effect nothing = {.late_ms = -1, .cut = -1};
	struct reply reply;

	reply_init(&reply);
	reply_page(&reply, status);
	add_head(&reply, &nothing, FRAMING_LENGTH, false, out);
	add_body(&reply, FRAMING_LENGTH, out);
	reply_wipe(&reply);
	must_hold(out);
}
