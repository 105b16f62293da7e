#include "codec/http_response.h"

#include <string.h>

#include "codec/http_request.h"

#define CRLF     2
#define NO_FAULT NULL

void http_response_init(struct http_response *r, enum http_request_kind kind, struct buf *body)
{
	*r = (struct http_response){
		.state = HTTP_STATUS_LINE,
		.kind = kind,
		.body = body,
		.room = LIMIT_HTTP_HEAD,
	};
	/* Chunk-size and trailer lines pass through the same buffer, behind the head. */
	buf_init(&r->head, LIMIT_HTTP_HEAD + LIMIT_HTTP_TRAILER);
	buf_clear(body);
}

void http_response_again(struct http_response *r, enum http_request_kind kind, struct buf *body)
{
	struct buf head = r->head;

	http_response_init(r, kind, body);
	if (head.data == NULL)
		return;
	buf_clear(&head);
	r->head = head;
}

void http_response_wipe(struct http_response *r)
{
	buf_wipe(&r->head);
	r->field_count = 0;
}

static void fail(struct http_response *r, const char *fault)
{
	r->state = HTTP_FAILED;
	r->fault = fault;
}

static void fail_large(struct http_response *r, const char *fault)
{
	fail(r, fault);
	r->too_large = true;
}

static void finish(struct http_response *r)
{
	r->state = HTTP_MESSAGE_DONE;
}

static struct str field_name(const struct http_response *r, const struct http_field *f)
{
	return str_from(r->head.data + f->name_at, f->name_len);
}

static struct str field_value(const struct http_response *r, const struct http_field *f)
{
	return str_from(r->head.data + f->value_at, f->value_len);
}

bool http_response_next_field(
	const struct http_response *r, const char *name, unsigned *at, struct str *value)
{
	while (*at < r->field_count) {
		const struct http_field *f = &r->fields[(*at)++];

		if (str_is_fold(field_name(r, f), name)) {
			*value = field_value(r, f);
			return true;
		}
	}
	return false;
}

bool http_response_field(const struct http_response *r, const char *name, struct str *value)
{
	unsigned at = 0;

	return http_response_next_field(r, name, &at, value);
}

bool http_response_begun(const struct http_response *r)
{
	return r->head_bytes > 0;
}

/* Takes the next element off a list (RFC 9110 5.6.1); empty ones are passed over. */
static bool next_element(struct str *list, struct str *element)
{
	do {
		if (list->n == 0)
			return false;
		str_cut(*list, ',', element, list);
		*element = str_trim(*element);
	} while (element->n == 0);
	return true;
}

static bool list_has(const struct http_response *r, const char *name, const char *word)
{
	struct str list, element;
	unsigned at = 0;

	while (http_response_next_field(r, name, &at, &list))
		while (next_element(&list, &element))
			if (str_is_fold(element, word))
				return true;
	return false;
}

/* RFC 9112 9.3. */
static bool wants_keep_alive(const struct http_response *r)
{
	if (list_has(r, "Connection", "close"))
		return false;
	return r->minor >= 1 || list_has(r, "Connection", "keep-alive");
}

static bool is_content_encoded(const struct http_response *r)
{
	struct str list, element;
	unsigned at = 0;

	while (http_response_next_field(r, "Content-Encoding", &at, &list))
		while (next_element(&list, &element))
			if (!str_is_fold(element, "identity"))
				return true;
	return false;
}

/* All lengths given, in lists or in several fields, must be one number (RFC 9110 8.6). */
static const char *read_length(const struct http_response *r, bool *present, uint64_t *length)
{
	struct str list, element;
	unsigned at = 0;
	uint64_t n;
	bool more;

	*present = false;
	while (http_response_next_field(r, "Content-Length", &at, &list)) {
		do {
			more = str_cut(list, ',', &element, &list);
			if (!str_to_u64(str_trim(element), UINT64_MAX, &n))
				return "the Content-Length is no number, or too large a one";
			if (*present && n != *length)
				return "two Content-Length values differ";
			*present = true;
			*length = n;
		} while (more);
	}
	return NO_FAULT;
}

/* The only transfer coding that is taken is one "chunked" (RFC 9112 6.1: others were not asked
 * for). */
static const char *read_codings(const struct http_response *r, bool *present, bool *chunked)
{
	struct str list, element;
	unsigned at = 0;

	*present = false;
	*chunked = false;
	while (http_response_next_field(r, "Transfer-Encoding", &at, &list)) {
		*present = true;
		while (next_element(&list, &element)) {
			if (*chunked || !str_is_fold(element, "chunked"))
				return "the Transfer-Encoding is not just \"chunked\"";
			*chunked = true;
		}
	}
	if (*present && !*chunked)
		return "the Transfer-Encoding is empty";
	return NO_FAULT;
}

static void start_chunk(struct http_response *r)
{
	r->state = HTTP_CHUNK_SIZE;
	r->room = LIMIT_HTTP_CHUNK_LINE;
}

static bool body_has_room(struct http_response *r, uint64_t n)
{
	if (n <= r->body->max - r->body->len)
		return true;
	fail_large(r, "the body is too large");
	return false;
}

static void start_length(struct http_response *r, uint64_t length)
{
	if (!body_has_room(r, length))
		return;
	r->remaining = length;
	if (length == 0)
		finish(r);
	else
		r->state = HTTP_BODY_LENGTH;
}

/* How the body ends (RFC 9112 6.3, whose cases stand here in their order from 3 on). */
static void start_body(struct http_response *r)
{
	bool has_codings, has_length;
	uint64_t length = 0;
	const char *fault = read_codings(r, &has_codings, &r->chunked);

	if (fault == NO_FAULT)
		fault = read_length(r, &has_length, &length);
	if (fault == NO_FAULT && has_codings && has_length)
		fault = "Transfer-Encoding and Content-Length contradict each other";
	if (fault == NO_FAULT && has_codings && r->minor == 0)
		fault = "HTTP/1.0 knows no Transfer-Encoding";
	if (fault != NO_FAULT) {
		fail(r, fault);
	} else if (r->chunked) {
		start_chunk(r);
	} else if (has_length) {
		start_length(r, length);
	} else {
		r->close_delimited = true;
		r->keep_alive = false;
		r->state = HTTP_BODY_CLOSE;
	}
}

/* Back to a status line: interim responses count towards the limits of the head and leave nothing.
 */
static void skip_interim(struct http_response *r)
{
	if (r->status == 101) {
		fail(r, "the server switched protocols though it was not asked to");
		return;
	}
	if (++r->interim > LIMIT_HTTP_INTERIM) {
		fail_large(r, "too many interim responses");
		return;
	}
	r->state = HTTP_STATUS_LINE;
	r->status = 0;
	r->field_count = 0;
	r->foldable = false;
	buf_clear(&r->head);
	r->line_at = 0;
}

/* A 204 has no body, but a sender that announces one may well send it as the next response. */
static bool announces_body(const struct http_response *r)
{
	struct str value;

	return http_response_field(r, "Transfer-Encoding", &value) ||
		(http_response_field(r, "Content-Length", &value) && !str_is(value, "0"));
}

static void end_head(struct http_response *r)
{
	bool opened = r->kind == HTTP_REQUEST_CONNECT && r->status / 100 == 2;

	if (r->status / 100 == 1) {
		skip_interim(r);
		return;
	}
	r->keep_alive = wants_keep_alive(r);
	r->content_encoded = is_content_encoded(r);
	if (r->status == 204 && announces_body(r))
		r->keep_alive = false;
	if (r->kind == HTTP_REQUEST_HEAD || r->status == 204 || r->status == 304 || opened)
		finish(r);
	else
		start_body(r);
}

/* status-line = "HTTP/1." DIGIT SP 3DIGIT SP [ reason-phrase ] (RFC 9112 4); the last SP is missing
   from so many servers that it is not insisted on. */
static void take_status_line(struct http_response *r, struct str line)
{
	uint64_t status;

	if (!str_starts(line, "HTTP/1.") || line.n < 8 || !char_is_digit(line.p[7])) {
		fail(r, "the response is of another version than HTTP/1.x");
		return;
	}
	if (line.n < 12 || line.p[8] != ' ' || !str_to_u64(str_from(line.p + 9, 3), 999, &status) ||
		status < 100 || (line.n > 12 && line.p[12] != ' ')) {
		fail(r, "the status line holds no status code");
		return;
	}
	if (!http_is_field_value(str_trim(str_skip(line, 12)))) {
		fail(r, "a control character in the status line");
		return;
	}
	r->minor = line.p[7] - '0';
	r->status = (int)status;
	r->state = HTTP_FIELDS;
}

/* The parts of a field line, the value without blanks around it. */
static const char *split_field(struct str line, struct str *name, struct str *value)
{
	if (!str_cut(line, ':', name, value))
		return "a header line without a colon";
	if (!http_is_token(*name))
		return "a header's name is no token";
	*value = str_trim(*value);
	if (!http_is_field_value(*value))
		return "a control character in a header's value";
	return NO_FAULT;
}

static uint32_t offset_in_head(const struct http_response *r, struct str part)
{
	return (uint32_t)(part.p - r->head.data);
}

static void add_field(struct http_response *r, struct str line)
{
	struct str name, value;
	const char *fault = split_field(line, &name, &value);

	if (fault != NO_FAULT) {
		fail(r, fault);
		return;
	}
	if (r->field_count == LIMIT_HTTP_FIELDS) {
		fail_large(r, "too many headers");
		return;
	}
	r->foldable = true;
	r->fields[r->field_count++] = (struct http_field){
		.name_at = offset_in_head(r, name),
		.name_len = (uint16_t)name.n,
		.value_at = offset_in_head(r, value),
		.value_len = (uint16_t)value.n,
	};
}

static bool is_fold(struct str line)
{
	return line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
}

static const char *check_fold(const struct http_response *r, struct str line)
{
	if (!r->foldable)
		return "a header section begins with a blank";
	if (!http_is_field_value(str_trim(line)))
		return "a control character in a header's value";
	return NO_FAULT;
}

/* Joins a folded line to the field before it: blanks take the place of the line end between them.
 */
static void join_fold(struct http_response *r, struct str line)
{
	struct http_field *f = &r->fields[r->field_count - 1];
	struct str more = str_trim(line);

	memset(r->head.data + r->line_at - CRLF, ' ', CRLF);
	if (more.n == 0)
		return;
	if (f->value_len == 0)
		f->value_at = offset_in_head(r, more);
	f->value_len = (uint16_t)(offset_in_head(r, more) + more.n - f->value_at);
}

static void take_field_line(struct http_response *r, struct str line)
{
	const char *fault;

	if (line.n == 0) {
		end_head(r);
	} else if (is_fold(line)) {
		fault = check_fold(r, line);
		if (fault != NO_FAULT)
			fail(r, fault);
		else
			join_fold(r, line);
	} else {
		add_field(r, line);
	}
}

/* chunk-size [ BWS ";" chunk-ext ] (RFC 9112 7.1). Blanks behind the size without an extension are
   taken too: servers that pad it exist, and they leave no doubt about the size. */
static void take_chunk_size(struct http_response *r, struct str line)
{
	struct str size, extension;
	uint64_t n;

	str_cut(line, ';', &size, &extension);
	while (size.n > 0 && (size.p[size.n - 1] == ' ' || size.p[size.n - 1] == '\t'))
		size.n--;
	if (!str_hex_to_u64(size, UINT64_MAX, &n)) {
		fail(r, "a chunk's size is no number, or too large a one");
		return;
	}
	if (!http_is_field_value(str_trim(extension))) {
		fail(r, "a control character in a chunk's extension");
		return;
	}
	if (!body_has_room(r, n))
		return;
	r->remaining = n;
	r->state = n > 0 ? HTTP_CHUNK_DATA : HTTP_TRAILER;
	if (n == 0) {
		r->room = LIMIT_HTTP_TRAILER;
		r->foldable = false;
	}
}

static void take_chunk_end(struct http_response *r, struct str line)
{
	(void)line; /* empty: nothing but a CRLF is let through */
	start_chunk(r);
}

/* Trailer fields are checked and dropped: nothing asks for them, and framing fields among them must
   change nothing (RFC 9110 6.5.1). */
static void take_trailer_line(struct http_response *r, struct str line)
{
	struct str name, value;
	const char *fault;

	if (line.n == 0) {
		finish(r);
		return;
	}
	fault = is_fold(line) ? check_fold(r, line) : split_field(line, &name, &value);
	r->foldable = true;
	if (fault != NO_FAULT)
		fail(r, fault);
}

struct line_rule {
	void (*take)(struct http_response *r, struct str line);
	bool kept;         /* the line stays in `head` */
	bool in_section;   /* its bytes count in `head_bytes` */
	const char *start; /* what it must begin with, and the fault if it does not */
	const char *other;
	const char *too_long;
	const char *cut; /* the fault if the connection ends here */
};

static const struct line_rule line_rules[] = {
	/* A peer that speaks another protocol may never send a line end to wait for. */
	[HTTP_STATUS_LINE] = {.take = take_status_line,
		.kept = true,
		.in_section = true,
		.start = "HTTP/",
		.other = "this is no HTTP response",
		.too_long = "the response's head is too large",
		.cut = "the connection was closed before an answer came"},
	[HTTP_FIELDS] = {.take = take_field_line,
		.kept = true,
		.in_section = true,
		.start = "",
		.too_long = "the response's head is too large",
		.cut = "the connection was closed within the response's head"},
	[HTTP_CHUNK_SIZE] = {.take = take_chunk_size,
		.start = "",
		.too_long = "a chunk-size line is too long",
		.cut = "the connection was closed before the last chunk"},
	[HTTP_CHUNK_DATA_END] = {.take = take_chunk_end,
		.start = "\r\n",
		.other = "a chunk does not end where its size says",
		.cut = "the connection was closed before the last chunk"},
	[HTTP_TRAILER] = {.take = take_trailer_line,
		.in_section = true,
		.start = "",
		.too_long = "the trailer is too large",
		.cut = "the connection was closed within the trailer"},
};

static bool starts_as(const struct http_response *r, const char *start)
{
	struct str line = str_skip(buf_str(&r->head), r->line_at);
	struct str wanted = str_of(start);

	if (wanted.n > line.n)
		wanted.n = line.n;
	return str_equal(str_from(line.p, wanted.n), wanted);
}

static void take_line(struct http_response *r, const struct line_rule *rule)
{
	struct str line = str_skip(buf_str(&r->head), r->line_at);

	if (line.n < CRLF || line.p[line.n - CRLF] != '\r') {
		fail(r, "a line ends with a bare LF");
		return;
	}
	line.n -= CRLF;
	rule->take(r, line);
	if (!rule->kept)
		buf_truncate(&r->head, r->line_at);
	r->line_at = r->head.len;
}

/* Gathers a line, as long as there is room for it, and has it taken when its LF is there. */
static size_t feed_line(struct http_response *r, const char *data, size_t len)
{
	const struct line_rule *rule = &line_rules[r->state];
	const char *lf = memchr(data, '\n', len);
	size_t n = lf != NULL ? (size_t)(lf - data) + 1 : len;
	bool too_long = n > r->room;

	if (too_long)
		n = r->room;
	buf_add(&r->head, data, n);
	if (r->head.failed) {
		fail(r, "out of memory");
		return n;
	}
	r->room -= n;
	if (rule->in_section)
		r->head_bytes += n;
	if (!starts_as(r, rule->start))
		fail(r, rule->other);
	else if (too_long)
		fail_large(r, rule->too_long);
	else if (lf != NULL)
		take_line(r, rule);
	return n;
}

static void add_body(struct http_response *r, const char *data, size_t len)
{
	if (!body_has_room(r, len))
		return;
	buf_add(r->body, data, len);
	if (r->body->failed)
		fail(r, "out of memory");
}

static size_t feed_counted(struct http_response *r, const char *data, size_t len)
{
	size_t n = len < r->remaining ? len : (size_t)r->remaining;

	add_body(r, data, n);
	if (r->state == HTTP_FAILED)
		return n;
	r->remaining -= n;
	if (r->remaining > 0)
		return n;
	if (r->state == HTTP_BODY_LENGTH) {
		finish(r);
	} else {
		r->state = HTTP_CHUNK_DATA_END;
		r->room = CRLF;
	}
	return n;
}

static size_t feed_some(struct http_response *r, const char *data, size_t len)
{
	switch (r->state) {
	case HTTP_STATUS_LINE:
	case HTTP_FIELDS:
	case HTTP_CHUNK_SIZE:
	case HTTP_CHUNK_DATA_END:
	case HTTP_TRAILER: return feed_line(r, data, len);
	case HTTP_BODY_LENGTH:
	case HTTP_CHUNK_DATA: return feed_counted(r, data, len);
	case HTTP_BODY_CLOSE: add_body(r, data, len); return len;
	case HTTP_MESSAGE_DONE:
	case HTTP_FAILED: break;
	}
	return 0;
}

static enum http_step step_of(const struct http_response *r)
{
	if (r->state == HTTP_FAILED)
		return HTTP_FAIL;
	return r->state == HTTP_MESSAGE_DONE ? HTTP_DONE : HTTP_MORE;
}

enum http_step http_response_feed(
	struct http_response *r, const char *data, size_t len, size_t *used)
{
	*used = 0;
	while (*used < len && step_of(r) == HTTP_MORE)
		*used += feed_some(r, data + *used, len - *used);
	/* Whatever follows is an answer to nothing; the connection cannot be trusted to be in step.
	 */
	if (*used < len)
		r->keep_alive = false;
	return step_of(r);
}

enum http_step http_response_end(struct http_response *r, bool orderly)
{
	r->keep_alive = false;
	if (step_of(r) != HTTP_MORE)
		return step_of(r);
	if (r->state == HTTP_BODY_CLOSE && orderly)
		finish(r);
	else if (r->state == HTTP_BODY_CLOSE || r->state == HTTP_BODY_LENGTH)
		fail(r, "the connection was closed within the body");
	else if (r->state == HTTP_CHUNK_DATA)
		fail(r, "the connection was closed within a chunk");
	else
		fail(r, line_rules[r->state].cut);
	return step_of(r);
}
