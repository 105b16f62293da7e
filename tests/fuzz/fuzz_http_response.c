/*
 * The first byte says how to cut the rest: whatever it says, the outcome must be the same as in one
 * piece.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "codec/http_response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BODY_MAX 65536u

struct run {
	struct http_response response;
	struct buf body;
	enum http_step step;
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void start(struct run *r, enum http_request_kind kind)
{
	buf_init(&r->body, BODY_MAX);
	http_response_init(&r->response, kind, &r->body);
	r->step = HTTP_MORE;
}

static void feed(struct run *r, const char *data, size_t len, size_t piece)
{
	size_t n, used;

	for (; len > 0; data += n, len -= n) {
		n = len < piece ? len : piece;
		r->step = http_response_feed(&r->response, data, n, &used);
		must(used <= n && (r->step != HTTP_MORE || used == n));
	}
}

static void check(const struct run *r)
{
	const struct http_response *h = &r->response;
	struct str value;
	unsigned i;

	must((r->step == HTTP_FAIL) == (h->fault != NULL));
	must(h->field_count <= LIMIT_HTTP_FIELDS && r->body.len <= BODY_MAX);
	must(h->head.len <= LIMIT_HTTP_HEAD + LIMIT_HTTP_TRAILER);
	for (i = 0; i < h->field_count; i++) {
		must(h->fields[i].name_at + h->fields[i].name_len <= h->head.len);
		must(h->fields[i].value_at + h->fields[i].value_len <= h->head.len);
	}
	http_response_field(h, "Content-Length", &value);
}

static void must_be_alike(const struct run *a, const struct run *b)
{
	must(a->step == b->step && a->response.status == b->response.status);
	must(a->response.fault == b->response.fault);
	must(a->response.keep_alive == b->response.keep_alive || a->step != HTTP_DONE);
	must(a->step == HTTP_FAIL || str_equal(buf_str(&a->body), buf_str(&b->body)));
}

static void finish(struct run *r, bool orderly)
{
	if (r->step == HTTP_MORE)
		must(http_response_end(&r->response, orderly) != HTTP_MORE);
	http_response_wipe(&r->response);
	buf_wipe(&r->body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	enum http_request_kind kind;
	struct run whole, cut;
	size_t piece;

	if (size == 0)
		return 0;
	/* A vector of a corpus begins with 'H' (0x48): a plain request, pieces of 9. */
	kind = bytes[0] == 'H' ? HTTP_REQUEST_PLAIN : (enum http_request_kind)(data[0] % 3);
	piece = data[0] / 8 % 31 + 1;
	if (bytes[0] != 'H') {
		bytes++;
		size--;
	}
	start(&whole, kind);
	start(&cut, kind);
	feed(&whole, bytes, size, size + 1);
	feed(&cut, bytes, size, piece);
	check(&whole);
	check(&cut);
	must_be_alike(&whole, &cut);
	finish(&whole, data[0] % 2 == 0);
	finish(&cut, data[0] % 2 == 0);
	return 0;
}
