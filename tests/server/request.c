#include "request.h"

#include <string.h>

#include "codec/http_request.h"
#include "die.h"

#define CHUNK_LINE_MAX 1024u

void request_init(struct request *r)
{
	*r = (struct request){.state = REQUEST_IN_HEAD};
	buf_init(&r->head, REQUEST_HEAD_MAX);
	buf_init(&r->line, CHUNK_LINE_MAX);
	buf_init(&r->body, REQUEST_BODY_MAX);
}

void request_wipe(struct request *r)
{
	buf_wipe(&r->head);
	buf_wipe(&r->line);
	buf_wipe(&r->body);
}

static enum request_step bad(struct request *r, int status, const char *fault)
{
	r->state = REQUEST_FAILED;
	r->status = status;
	r->fault = fault;
	return REQUEST_BAD;
}

bool request_begun(const struct request *r)
{
	return r->head.len > 0 || r->state != REQUEST_IN_HEAD;
}

bool request_field(const struct request *r, const char *name, struct str *value)
{
	unsigned i;

	for (i = 0; i < r->field_count; i++)
		if (str_is_fold(r->fields[i].name, name)) {
			*value = r->fields[i].value;
			return true;
		}
	return false;
}

/* Takes a line off the front of REST, without its CRLF. */
static bool next_line(struct str *rest, struct str *line)
{
	if (!str_cut(*rest, '\n', line, rest) || line->n == 0 || line->p[line->n - 1] != '\r')
		return false;
	line->n--;
	return memchr(line->p, '\r', line->n) == NULL;
}

/* Absolute-form (RFC 9112 3.2.2): what stands before the path is of no interest here. */
static struct str strip_authority(struct str target)
{
	struct str rest;

	if (str_starts_fold(target, "http://"))
		rest = str_skip(target, 7);
	else if (str_starts_fold(target, "https://"))
		rest = str_skip(target, 8);
	else
		return target;
	while (rest.n > 0 && rest.p[0] != '/' && rest.p[0] != '?')
		rest = str_skip(rest, 1);
	return rest;
}

static enum request_step read_target(struct request *r, struct str target)
{
	size_t i;

	for (i = 0; i < target.n; i++)
		if (target.p[i] <= 0x20 || target.p[i] >= 0x7f)
			return bad(r, 400, "a byte in the target that must be percent-encoded");
	r->target = target;
	target = strip_authority(target);
	if (!str_starts(target, "/") && !str_is(r->target, "*"))
		return bad(r, 400, "the target is no path");
	str_cut(target, '?', &r->path, &r->query);
	if (str_contains(r->path, "#") || str_contains(r->query, "#"))
		return bad(r, 400, "a fragment in the target");
	return REQUEST_MORE;
}

static enum request_step read_request_line(struct request *r, struct str line)
{
	struct str target, version;

	if (!str_cut(line, ' ', &r->method, &target) || !http_is_token(r->method))
		return bad(r, 400, "the method is no token");
	if (!str_cut(target, ' ', &target, &version))
		return bad(r, 400, "no version in the request line");
	if (!str_is(version, "HTTP/1.1") && !str_is(version, "HTTP/1.0"))
		return bad(r, str_starts(version, "HTTP/") ? 505 : 400, "version not supported");
	r->minor = version.p[version.n - 1] - '0';
	return read_target(r, target);
}

static enum request_step read_field(struct request *r, struct str line)
{
	struct request_field *f = &r->fields[r->field_count];

	if (r->field_count == REQUEST_FIELDS_MAX)
		return bad(r, 431, "too many fields");
	if (line.p[0] == ' ' || line.p[0] == '\t')
		return bad(r, 400, "a folded line");
	if (!str_cut(line, ':', &f->name, &f->value) || !http_is_token(f->name))
		return bad(r, 400, "a field name that is no token");
	f->value = str_trim(f->value);
	if (f->value.n > 0 && !http_is_field_value(f->value))
		return bad(r, 400, "a control character in a field value");
	r->field_count++;
	return REQUEST_MORE;
}

static unsigned count_fields(const struct request *r, const char *name)
{
	unsigned i, n = 0;

	for (i = 0; i < r->field_count; i++)
		n += str_is_fold(r->fields[i].name, name);
	return n;
}

/* How long the body is (RFC 9112 6.3). */
static enum request_step read_framing(struct request *r)
{
	struct str value;
	bool coded = request_field(r, "Transfer-Encoding", &value);

	if (coded && count_fields(r, "Content-Length") > 0)
		return bad(r, 400, "a length beside a transfer coding");
	if (coded && (count_fields(r, "Transfer-Encoding") > 1 || !str_is_fold(value, "chunked")))
		return bad(r, 501, "a transfer coding other than chunked");
	if (coded && r->minor == 0)
		return bad(r, 400, "a transfer coding in HTTP/1.0");
	r->state = coded ? REQUEST_IN_CHUNK_SIZE : REQUEST_COMPLETE;
	if (coded || !request_field(r, "Content-Length", &value))
		return REQUEST_MORE;
	if (count_fields(r, "Content-Length") > 1 || !str_to_u64(value, UINT64_MAX, &r->remaining))
		return bad(r, 400, "a Content-Length that is no single number");
	if (r->remaining > REQUEST_BODY_MAX)
		return bad(r, 413, "the body is too large");
	if (r->remaining > 0)
		r->state = REQUEST_IN_BODY;
	return REQUEST_MORE;
}

static enum request_step read_head(struct request *r)
{
	struct str rest = buf_str(&r->head), line, value;
	enum request_step step;

	if (!next_line(&rest, &line))
		return bad(r, 400, "a line that does not end in CRLF");
	step = read_request_line(r, line);
	while (step == REQUEST_MORE && next_line(&rest, &line) && line.n > 0)
		step = read_field(r, line);
	if (step == REQUEST_MORE && line.n > 0)
		return bad(r, 400, "a line that does not end in CRLF");
	if (step != REQUEST_MORE)
		return step;
	if (r->minor == 1 && count_fields(r, "Host") != 1)
		return bad(r, 400, "no Host, or more than one");
	r->keep_alive = r->minor == 1;
	if (request_field(r, "Connection", &value))
		r->keep_alive = r->minor == 1 ? !str_is_fold(value, "close")
					      : str_is_fold(value, "keep-alive");
	step = read_framing(r);
	if (step == REQUEST_MORE && r->state != REQUEST_COMPLETE &&
		request_field(r, "Expect", &value) && str_is_fold(value, "100-continue"))
		r->wants_continue = true;
	return step;
}

/* Moves one line, its end included, from DATA to LINE; false while it is not whole. */
static bool take_line(struct buf *line, const char *data, size_t len, size_t *used)
{
	const char *end = memchr(data, '\n', len);
	size_t n = end != NULL ? (size_t)(end - data) + 1 : len;

	buf_add(line, data, n);
	*used += n;
	return end != NULL;
}

static enum request_step feed_head(struct request *r, const char *data, size_t len, size_t *used)
{
	size_t before = r->head.len;
	bool whole = take_line(&r->head, data, len, used);
	struct str head = buf_str(&r->head);

	if (r->head.failed)
		return bad(r, before == 0 ? 414 : 431, "the head is too large");
	if (!whole)
		return REQUEST_MORE;
	if (str_is(head, "\r\n")) {
		buf_clear(&r->head); /* RFC 9112 2.2: an empty line before a request is no fault */
		return REQUEST_MORE;
	}
	if (head.n >= 2 && head.p[head.n - 2] != '\r')
		return bad(r, 400, "a line that does not end in CRLF");
	if (head.n >= 4 && memcmp(head.p + head.n - 4, "\r\n\r\n", 4) == 0)
		return read_head(r);
	return REQUEST_MORE;
}

static enum request_step read_chunk_size(struct request *r)
{
	struct str line = buf_str(&r->line), extension;

	if (line.n < 2 || line.p[line.n - 2] != '\r')
		return bad(r, 400, "a chunk-size line that does not end in CRLF");
	line.n -= 2;
	str_cut(line, ';', &line, &extension);
	if (!str_hex_to_u64(str_trim(line), UINT64_MAX, &r->remaining))
		return bad(r, 400, "a chunk size that is no number");
	if (r->remaining > REQUEST_BODY_MAX - r->body.len)
		return bad(r, 413, "the body is too large");
	r->state = r->remaining > 0 ? REQUEST_IN_CHUNK : REQUEST_IN_TRAILER;
	return REQUEST_MORE;
}

static enum request_step feed_line(struct request *r, const char *data, size_t len, size_t *used)
{
	enum request_step step = REQUEST_MORE;
	bool whole = take_line(&r->line, data, len, used);

	if (r->line.failed)
		return bad(r, 400, "a line of chunked framing is too long");
	if (!whole)
		return REQUEST_MORE;
	if (r->state == REQUEST_IN_CHUNK_SIZE)
		step = read_chunk_size(r);
	else if (str_is(buf_str(&r->line), "\r\n"))
		r->state =
			r->state == REQUEST_IN_TRAILER ? REQUEST_COMPLETE : REQUEST_IN_CHUNK_SIZE;
	else if (r->state == REQUEST_IN_CHUNK_END)
		return bad(r, 400, "chunk data longer than its size");
	buf_clear(&r->line);
	return step;
}

static void feed_body(struct request *r, const char *data, size_t len, size_t *used)
{
	size_t n = len < r->remaining ? len : (size_t)r->remaining;

	buf_add(&r->body, data, n);
	must_hold(&r->body);
	*used += n;
	r->remaining -= n;
	if (r->remaining == 0)
		r->state = r->state == REQUEST_IN_BODY ? REQUEST_COMPLETE : REQUEST_IN_CHUNK_END;
}

enum request_step request_feed(struct request *r, const char *data, size_t len, size_t *used)
{
	enum request_step step = REQUEST_MORE;

	*used = 0;
	while (step == REQUEST_MORE && r->state != REQUEST_COMPLETE && *used < len) {
		const char *at = data + *used;
		size_t left = len - *used;

		if (r->state == REQUEST_FAILED)
			return REQUEST_BAD;
		if (r->state == REQUEST_IN_HEAD)
			step = feed_head(r, at, left, used);
		else if (r->state == REQUEST_IN_BODY || r->state == REQUEST_IN_CHUNK)
			feed_body(r, at, left, used);
		else
			step = feed_line(r, at, left, used);
		if (step == REQUEST_MORE && r->wants_continue) {
			r->wants_continue = false;
			return REQUEST_CONTINUE;
		}
	}
	return r->state == REQUEST_COMPLETE ? REQUEST_DONE : step;
}
