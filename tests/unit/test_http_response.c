#include "codec/http_response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "sha256.h"

#define CORPORA "tests/corpora/"
/* Vectors up to this size are cut at each place, larger ones at SAMPLES places. */
#define SMALL   4096u
#define SAMPLES 48u

/* How a connection goes on behind the last byte. */
enum ending { STAYS_OPEN, ENDS_ORDERLY, ENDS_CUT };

struct outcome {
	enum http_step step; /* HTTP_MORE: a time limit has to end it */
	int status;
	bool keep_alive;
	const char *fault;
	struct buf body; /* owned */
};

/* Feeds pieces that end at CUTS, each flush against a forbidden page. */
struct feeder {
	enum http_request_kind kind;
	enum ending ending;
	struct str bytes;
	struct guard guard;
	struct http_response response;
	enum http_step step;
	size_t used;
};

static void feeder_init(struct feeder *f, struct buf *body)
{
	f->step = HTTP_MORE;
	f->used = 0;
	buf_init(body, LIMIT_HTTP_BODY);
	http_response_init(&f->response, f->kind, body);
}

static void feed_piece(struct feeder *f, size_t from, size_t to)
{
	struct str piece = guard_copy(&f->guard, str_from(f->bytes.p + from, to - from));
	size_t used;

	f->step = http_response_feed(&f->response, piece.p, piece.n, &used);
	assert_true(used <= piece.n);
	if (f->step == HTTP_MORE)
		assert_int_equal(used, piece.n);
	f->used += used;
}

static void feeder_end(struct feeder *f, struct outcome *out)
{
	struct buf *body = f->response.body;

	if (f->ending != STAYS_OPEN)
		f->step = http_response_end(&f->response, f->ending == ENDS_ORDERLY);
	assert_int_equal(f->step == HTTP_FAIL, f->response.fault != NULL);
	*out = (struct outcome){.step = f->step,
		.status = f->response.status,
		.keep_alive = f->step == HTTP_DONE && f->response.keep_alive,
		.fault = f->response.fault,
		.body = *body};
	http_response_wipe(&f->response);
}

/* In pieces of SIZE bytes, the first one of FIRST. */
static void run(struct feeder *f, size_t first, size_t size, struct outcome *out)
{
	struct buf body;
	size_t from = 0, to;

	feeder_init(f, &body);
	for (to = first; from < f->bytes.n; to += size) {
		if (to > f->bytes.n)
			to = f->bytes.n;
		feed_piece(f, from, to);
		from = to;
	}
	feeder_end(f, out);
}

static bool same_outcome(const struct outcome *a, const struct outcome *b)
{
	return a->step == b->step && a->status == b->status && a->keep_alive == b->keep_alive &&
		a->fault == b->fault &&
		(a->step == HTTP_FAIL || str_equal(buf_str(&a->body), buf_str(&b->body)));
}

static void must_be_same(struct feeder *f, size_t first, size_t size, const struct outcome *whole)
{
	struct outcome other;

	run(f, first, size, &other);
	if (!same_outcome(whole, &other))
		fail_msg("in pieces of %zu, then %zu: step %d status %d (%s) instead of %d %d (%s)",
			first, size, (int)other.step, other.status,
			other.fault != NULL ? other.fault : "", (int)whole->step, whole->status,
			whole->fault != NULL ? whole->fault : "");
	buf_wipe(&other.body);
}

/* The outcome, which must not depend on how the bytes are cut. The guard of single bytes is a small
   one of its own, since guards are painted anew for each piece. */
static void run_all_ways(
	struct str bytes, enum http_request_kind kind, enum ending ending, struct outcome *out)
{
	struct feeder f = {.kind = kind, .ending = ending, .bytes = bytes};
	size_t step = bytes.n <= SMALL ? 1 : bytes.n / SAMPLES;
	size_t at;

	run(&f, 1, 1, out);
	for (at = step; at < bytes.n; at += step)
		must_be_same(&f, at, bytes.n, out);
	must_be_same(&f, bytes.n, bytes.n, out);
	guard_release(&f.guard);
}

/* The corpora. */

enum column {
	COLUMN_ID,
	COLUMN_CLASS,
	COLUMN_METHOD,
	COLUMN_END,
	COLUMN_OUTCOME,
	COLUMN_STATUS,
	COLUMN_LENGTH,
	COLUMN_SHA256,
	COLUMN_LEVEL,
	COLUMNS
};

struct row {
	struct str column[COLUMNS];
};

static char *read_whole(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	size_t room = 2u * 1024 * 1024;
	char *bytes = malloc(room);

	if (f == NULL || bytes == NULL)
		fail_msg("cannot read %s (run from the project's root)", path);
	*len = fread(bytes, 1, room, f);
	assert_true(*len < room);
	fclose(f);
	return bytes;
}

static void split_row(struct str line, struct row *row)
{
	unsigned i;

	for (i = 0; i < COLUMNS; i++)
		str_cut(line, '\t', &row->column[i], &line);
}

static bool column_is(const struct row *row, enum column c, const char *text)
{
	return str_is(row->column[c], text);
}

/* Where this parser decides otherwise than the peer whose tests these are, and why it may. There
   are none from llhttp in its strict mode. */
struct departure {
	const char *id;
	bool refused; /* here; else it is taken */
	const char *reason;
};

/* RFC 9112 2.2: a reader MAY take a lone LF. Not taking it leaves no room for two opinions. */
#define BARE_LF "lines end with a bare LF (RFC 9112 2.2)"

static const struct departure departures[] = {
	{"curl-34", true, BARE_LF},
	{"curl-57", true, BARE_LF},
	{"curl-334", true, BARE_LF},
	{"curl-365", true, BARE_LF},
	{"curl-395", true, BARE_LF},
	{"curl-1115", true, BARE_LF},
	{"curl-1466", true, BARE_LF},
	{"curl-1594", true, BARE_LF},
	{"curl-1116", true, "chunk lines " BARE_LF},
	{"curl-1124", true, "gzip as a transfer coding, never asked for: RFC 9112 7.4, TE"},
	{"curl-1473", true, "a blank before the first field: RFC 9112 2.2 lets it be refused"},
	{"curl-1493", true, "\"identity\" is no transfer coding any more: RFC 9112 7"},
	{"curl-1556", true, "a field of 64 kB: RFC 9110 5.4 leaves limits to the reader"},
	{"curl-1677", true, "length and chunked together: RFC 9112 6.3 calls it an attack"},
	{"curl-2105", false, "holds \"%CR\" in letters where the test meant a bare CR"},
	{NULL, false, NULL},
};

static const struct departure *find_departure(const struct row *row)
{
	const struct departure *d;

	for (d = departures; d->id != NULL; d++)
		if (column_is(row, COLUMN_ID, d->id))
			return d;
	return NULL;
}

static const char *check_number(struct str column, size_t value, const char *fault)
{
	uint64_t n;

	if (str_is(column, "*") || str_is(column, "-"))
		return NULL;
	return str_to_u64(column, SIZE_MAX, &n) && n == value ? NULL : fault;
}

static const char *check_message(const struct row *row, const struct outcome *out)
{
	struct str sha256 = row->column[COLUMN_SHA256];
	const char *fault;
	char hex[SHA256_HEX];

	fault = check_number(row->column[COLUMN_STATUS], (size_t)out->status, "another status");
	if (fault == NULL)
		fault = check_number(row->column[COLUMN_LENGTH], out->body.len, "another length");
	if (fault != NULL || str_is(sha256, "*") || str_is(sha256, "-"))
		return fault;
	sha256_hex(buf_str(&out->body), hex);
	return str_is(sha256, hex) ? NULL : "another body";
}

/* A proxy's refusal is a message like any other here; it must not look like a tunnel. */
static const char *check_connect(const struct row *row, const struct outcome *out)
{
	bool opened = out->step == HTTP_DONE && out->status / 100 == 2;

	if (opened != column_is(row, COLUMN_OUTCOME, "tunnel"))
		return opened ? "taken for a tunnel" : "no tunnel";
	return check_number(row->column[COLUMN_STATUS], (size_t)out->status, "another status");
}

static const char *check_row(const struct row *row, const struct outcome *out)
{
	const struct departure *d = find_departure(row);
	bool message = out->step == HTTP_DONE;

	if (d != NULL)
		return message == !d->refused ? NULL : "not as the departure says";
	if (column_is(row, COLUMN_METHOD, "CONNECT"))
		return check_connect(row, out);
	if (column_is(row, COLUMN_OUTCOME, "error"))
		return message ? "taken, but an error" : NULL;
	if (!message)
		return column_is(row, COLUMN_OUTCOME, "message") ? "refused, but a message" : NULL;
	return check_message(row, out);
}

static enum ending ending_of(const struct row *row)
{
	if (column_is(row, COLUMN_END, "open"))
		return STAYS_OPEN;
	return column_is(row, COLUMN_END, "close") ? ENDS_ORDERLY : ENDS_CUT;
}

static enum http_request_kind kind_of(const struct row *row)
{
	if (column_is(row, COLUMN_METHOD, "CONNECT"))
		return HTTP_REQUEST_CONNECT;
	return column_is(row, COLUMN_METHOD, "HEAD") ? HTTP_REQUEST_HEAD : HTTP_REQUEST_PLAIN;
}

/* Whether the row went as it should. */
static bool replay_row(const char *corpus, const struct row *row)
{
	struct outcome out;
	const char *fault;
	char path[256];
	char *bytes;
	size_t len;

	snprintf(path, sizeof(path), CORPORA "%s/vectors/%.*s.http", corpus,
		STR_ARG(row->column[COLUMN_ID]));
	bytes = read_whole(path, &len);
	run_all_ways(str_from(bytes, len), kind_of(row), ending_of(row), &out);
	fault = check_row(row, &out);
	if (fault != NULL)
		fprintf(stderr, "%s/%.*s: %s (step %d, status %d, %s)\n", corpus,
			STR_ARG(row->column[COLUMN_ID]), fault, (int)out.step, out.status,
			out.fault != NULL ? out.fault : "no fault");
	buf_wipe(&out.body);
	free(bytes);
	return fault == NULL;
}

static void replay(const char *corpus, unsigned rows_expected)
{
	unsigned rows = 0, wrong = 0;
	struct str index, line;
	struct row row;
	char path[128];
	char *bytes;
	size_t len;

	snprintf(path, sizeof(path), CORPORA "%s/index.tsv", corpus);
	bytes = read_whole(path, &len);
	index = str_from(bytes, len);
	str_cut(index, '\n', &line, &index);
	while (index.n > 0) {
		str_cut(index, '\n', &line, &index);
		split_row(line, &row);
		wrong += replay_row(corpus, &row) ? 0 : 1;
		rows++;
	}
	free(bytes);
	assert_int_equal(rows, rows_expected);
	assert_int_equal(wrong, 0);
}

static void test_agrees_with_every_row_of_our_own_corpus(void **state)
{
	(void)state;
	replay("http-responses", 155);
}

static void test_agrees_with_curl_but_for_named_departures(void **state)
{
	(void)state;
	replay("http-curl", 39);
}

static void test_agrees_with_llhttp_but_for_named_departures(void **state)
{
	(void)state;
	replay("http-llhttp", 35);
}

/* What the corpora do not say: whether the connection can be used again, fields, limits. */

static void run_text(
	const char *text, enum http_request_kind kind, enum ending ending, struct outcome *out)
{
	run_all_ways(str_of(text), kind, ending, out);
}

#define OK_11 "HTTP/1.1 200 OK\r\n"
#define OK_10 "HTTP/1.0 200 OK\r\n"
#define EMPTY "Content-Length: 0\r\n\r\n"

static void test_connection_is_kept_only_where_both_sides_agree(void **state)
{
	static const struct {
		const char *text;
		enum http_request_kind kind;
		bool keep_alive;
	} cases[] = {
		{OK_11 EMPTY, HTTP_REQUEST_PLAIN, true},
		{OK_11 "Connection: keep-alive\r\n" EMPTY, HTTP_REQUEST_PLAIN, true},
		{OK_11 "Connection: close\r\n" EMPTY, HTTP_REQUEST_PLAIN, false},
		{OK_11 "connection: CLOSE\r\n" EMPTY, HTTP_REQUEST_PLAIN, false},
		{OK_11 "Connection: foo,\t Close ,bar\r\n" EMPTY, HTTP_REQUEST_PLAIN, false},
		{OK_11 "Connection: foo\r\nConnection: close\r\n" EMPTY, HTTP_REQUEST_PLAIN, false},
		{OK_11 "Connection: keep-alive, close\r\n" EMPTY, HTTP_REQUEST_PLAIN, false},
		{OK_11 "Connection: foo,\r\n close\r\n" EMPTY, HTTP_REQUEST_PLAIN, false},
		{OK_11 "Connection: closed\r\n" EMPTY, HTTP_REQUEST_PLAIN, true},
		{OK_11 "Proxy-Connection: close\r\n" EMPTY, HTTP_REQUEST_PLAIN, true},
		{OK_10 EMPTY, HTTP_REQUEST_PLAIN, false},
		{OK_10 "Connection: Keep-Alive\r\n" EMPTY, HTTP_REQUEST_PLAIN, true},
		{OK_10 "Connection: keep-alive, close\r\n" EMPTY, HTTP_REQUEST_PLAIN, false},
		{"HTTP/1.9 200 OK\r\n" EMPTY, HTTP_REQUEST_PLAIN, true},
		{OK_11 EMPTY "x", HTTP_REQUEST_PLAIN, false},
		{OK_11 EMPTY OK_11, HTTP_REQUEST_PLAIN, false},
		{OK_11 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", HTTP_REQUEST_PLAIN, true},
		{OK_11 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n\n", HTTP_REQUEST_PLAIN, false},
		{OK_11 "Content-Length: 5\r\n\r\n", HTTP_REQUEST_HEAD, true},
		{OK_11 "\r\n", HTTP_REQUEST_HEAD, true},
		{"HTTP/1.1 204 \r\n\r\n", HTTP_REQUEST_PLAIN, true},
		{"HTTP/1.1 204 \r\n" EMPTY, HTTP_REQUEST_PLAIN, true},
		{"HTTP/1.1 204 \r\nContent-Length: 3\r\n\r\n", HTTP_REQUEST_PLAIN, false},
		{"HTTP/1.1 204 \r\nTransfer-Encoding: chunked\r\n\r\n", HTTP_REQUEST_PLAIN, false},
		{"HTTP/1.1 304 \r\nContent-Length: 3\r\n\r\n", HTTP_REQUEST_PLAIN, true},
		{"HTTP/1.1 100 \r\nConnection: close\r\n\r\n" OK_11 EMPTY, HTTP_REQUEST_PLAIN,
			true},
	};
	struct outcome out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		run_text(cases[i].text, cases[i].kind, STAYS_OPEN, &out);
		if (out.step != HTTP_DONE || out.keep_alive != cases[i].keep_alive)
			fail_msg("case %zu: step %d, kept: %d", i, (int)out.step, out.keep_alive);
		buf_wipe(&out.body);
	}
}

static void test_body_that_the_close_ends_is_complete_only_after_an_orderly_one(void **state)
{
	static const char text[] = OK_11 "\r\nhello";
	struct outcome out;

	(void)state;
	run_text(text, HTTP_REQUEST_PLAIN, STAYS_OPEN, &out);
	assert_int_equal(out.step, HTTP_MORE);
	buf_wipe(&out.body);
	run_text(text, HTTP_REQUEST_PLAIN, ENDS_CUT, &out);
	assert_int_equal(out.step, HTTP_FAIL);
	buf_wipe(&out.body);
	run_text(text, HTTP_REQUEST_PLAIN, ENDS_ORDERLY, &out);
	assert_int_equal(out.step, HTTP_DONE);
	assert_false(out.keep_alive);
	assert_string_equal(buf_text(&out.body), "hello");
	buf_wipe(&out.body);
}

static void test_every_cut_is_told_by_where_it_is(void **state)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{"", "before an answer came"},
		{"HTTP/1.1 2", "before an answer came"},
		{"HTTP/1.1 103 \r\n\r\n", "before an answer came"},
		{OK_11, "within the response's head"},
		{OK_11 "Content-Length: 5\r\n\r\n1234", "within the body"},
		{OK_11 "Transfer-Encoding: chunked\r\n\r\n", "before the last chunk"},
		{OK_11 "Transfer-Encoding: chunked\r\n\r\n5\r\n1234", "within a chunk"},
		{OK_11 "Transfer-Encoding: chunked\r\n\r\n5\r\n12345", "before the last chunk"},
		{OK_11 "Transfer-Encoding: chunked\r\n\r\n0\r\n", "within the trailer"},
		{OK_11 "Transfer-Encoding: chunked\r\n\r\n0\r\na: b\r\n", "within the trailer"},
	};
	struct outcome out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		run_text(cases[i].text, HTTP_REQUEST_PLAIN, ENDS_ORDERLY, &out);
		assert_int_equal(out.step, HTTP_FAIL);
		if (strstr(out.fault, cases[i].fault) == NULL)
			fail_msg("case %zu: %s", i, out.fault);
		buf_wipe(&out.body);
	}
}

static void test_faults_name_the_fault(void **state)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{"SSH-2.0-OpenSSH_9.2", "no HTTP response"},
		{"\x15\x03\x01\x00\x02\x02\x46", "no HTTP response"},
		{"HTTP/2 200\r\n", "another version"},
		{"HTTP/1.x 200 OK\r\n", "another version"},
		{"HTTP/1.1 099 \r\n", "no status code"},
		{"HTTP/1.1 200OK\r\n", "no status code"},
		{"HTTP/1.1 200 \x01\r\n", "control character in the status line"},
		{"HTTP/1.1 200 OK\n", "bare LF"},
		{OK_11 "a: b\n", "bare LF"},
		{OK_11 "a b\r\n", "without a colon"},
		{OK_11 "a : b\r\n", "no token"},
		{OK_11 ": b\r\n", "no token"},
		{OK_11 "a: b\rc: d\r\n", "control character in a header"},
		{OK_11 "a: b\r\n \x01\r\n", "control character in a header"},
		{OK_11 " a: b\r\n", "begins with a blank"},
		{OK_11 "Content-Length: 5,\r\n\r\n", "no number"},
		{OK_11 "Content-Length: 5\r\n 5\r\n\r\n", "no number"},
		{OK_11 "Content-Length: 5, 6\r\n\r\n", "differ"},
		{OK_11 "Transfer-Encoding: gzip\r\n\r\n", "not just"},
		{OK_11 "Transfer-Encoding: chunked, chunked\r\n\r\n", "not just"},
		{OK_11 "Transfer-Encoding: chunked;q=1\r\n\r\n", "not just"},
		{OK_11 "Transfer-Encoding:\r\n\r\n", "empty"},
		{OK_11 "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", "contradict"},
		{OK_10 "Transfer-Encoding: chunked\r\n\r\n", "HTTP/1.0"},
		{OK_11 "Transfer-Encoding: chunked\r\n\r\n 5\r\n", "chunk's size"},
		{OK_11 "Transfer-Encoding: chunked\r\n\r\n;a\r\n", "chunk's size"},
		{OK_11 "Transfer-Encoding: chunked\r\n\r\n5;a\rb\r\n", "chunk's extension"},
		{OK_11 "Transfer-Encoding: chunked\r\n\r\n1\r\nab", "does not end"},
		{OK_11 "Transfer-Encoding: chunked\r\n\r\n1\r\na\n", "does not end"},
		{OK_11 "Transfer-Encoding: chunked\r\n\r\n0\r\n a: b\r\n", "begins with a blank"},
		{OK_11 "Transfer-Encoding: chunked\r\n\r\n0\r\nab\r\n", "without a colon"},
		{"HTTP/1.1 101 \r\n\r\n", "switched protocols"},
	};
	struct outcome out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		run_text(cases[i].text, HTTP_REQUEST_PLAIN, STAYS_OPEN, &out);
		if (out.step != HTTP_FAIL || strstr(out.fault, cases[i].fault) == NULL)
			fail_msg("case %zu: step %d, %s", i, (int)out.step,
				out.fault != NULL ? out.fault : "no fault");
		buf_wipe(&out.body);
	}
}

/* Feeds TEXT whole into R, which is initialised here. */
static enum http_step feed_whole(
	struct http_response *r, struct buf *body, struct str text, size_t *used)
{
	buf_init(body, LIMIT_HTTP_BODY);
	http_response_init(r, HTTP_REQUEST_PLAIN, body);
	return http_response_feed(r, text.p, text.n, used);
}

static void test_fields_are_found_in_any_case_and_folds_are_joined(void **state)
{
	static const char text[] = "HTTP/1.1 103 \r\nRetry-After: 9\r\n\r\n" OK_11
				   "Server:  a\tb \r\nX-Fold:\r\n \r\n\tone\r\n  two \r\n"
				   "x-fold: other\r\nX-Empty:\r\nX-Last: 1\r\n \r\n" EMPTY;
	struct http_response r;
	struct buf body;
	struct str value;
	size_t used;

	(void)state;
	assert_int_equal(feed_whole(&r, &body, str_of(text), &used), HTTP_DONE);
	assert_int_equal(used, sizeof(text) - 1);
	assert_int_equal(r.interim, 1);
	assert_int_equal(r.head_bytes, sizeof(text) - 1);
	assert_true(http_response_field(&r, "SERVER", &value));
	assert_true(str_is(value, "a\tb"));
	assert_true(http_response_field(&r, "x-FOLD", &value));
	assert_true(str_is(value, "one    two"));
	assert_true(http_response_field(&r, "x-empty", &value));
	assert_int_equal(value.n, 0);
	assert_true(http_response_field(&r, "x-last", &value));
	assert_true(str_is(value, "1"));
	assert_false(http_response_field(&r, "Retry-After", &value));
	assert_false(http_response_field(&r, "X-Fol", &value));
	http_response_wipe(&r);
	assert_false(http_response_field(&r, "Server", &value));
}

static void test_nothing_is_used_once_the_message_is_complete(void **state)
{
	static const char text[] = OK_11 "Content-Length: 2\r\n\r\nabHTTP";
	struct http_response r;
	struct buf body;
	size_t used;

	(void)state;
	assert_int_equal(feed_whole(&r, &body, str_of(text), &used), HTTP_DONE);
	assert_int_equal(used, sizeof(text) - 1 - 4);
	assert_int_equal(http_response_feed(&r, "HTTP", 4, &used), HTTP_DONE);
	assert_int_equal(used, 0);
	assert_int_equal(http_response_end(&r, false), HTTP_DONE);
	assert_string_equal(buf_text(&body), "ab");
	http_response_wipe(&r);
	buf_wipe(&body);
}

static void test_the_next_response_has_nothing_of_the_one_before(void **state)
{
	static const char refused[] = OK_11 "X-Old: secret\r\nno field\r\n";
	static const char text[] = OK_11 "X-New: 1\r\nContent-Length: 2\r\n\r\nab";
	struct http_response r;
	struct buf body;
	struct str value;
	const char *memory;
	size_t used;

	(void)state;
	memset(&r, 0, sizeof(r));
	buf_init(&body, LIMIT_HTTP_BODY);
	http_response_again(&r, HTTP_REQUEST_PLAIN, &body);
	assert_int_equal(http_response_feed(&r, refused, sizeof(refused) - 1, &used), HTTP_FAIL);
	memory = r.head.data;
	http_response_again(&r, HTTP_REQUEST_PLAIN, &body);
	assert_ptr_equal(r.head.data, memory);
	assert_null(memchr(memory, 's', r.head.cap));
	assert_int_equal(http_response_feed(&r, text, sizeof(text) - 1, &used), HTTP_DONE);
	assert_string_equal(buf_text(&body), "ab");
	assert_true(http_response_field(&r, "X-New", &value));
	assert_false(http_response_field(&r, "X-Old", &value));
	http_response_wipe(&r);
	buf_wipe(&body);
}

static void test_begun_from_the_first_byte_on(void **state)
{
	struct http_response r;
	struct buf body;
	size_t used;

	(void)state;
	feed_whole(&r, &body, str_of(""), &used);
	assert_false(http_response_begun(&r));
	http_response_feed(&r, "H", 1, &used);
	assert_true(http_response_begun(&r));
	http_response_wipe(&r);
}

static void test_content_codings_are_told(void **state)
{
	static const struct {
		const char *text;
		bool encoded;
	} cases[] = {
		{OK_11 EMPTY, false},
		{OK_11 "Content-Encoding: identity\r\n" EMPTY, false},
		{OK_11 "Content-Encoding: , Identity,\r\n" EMPTY, false},
		{OK_11 "Content-Encoding: gzip\r\n" EMPTY, true},
		{OK_11 "Content-Encoding: identity\r\nContent-Encoding: br\r\n" EMPTY, true},
	};
	struct http_response r;
	struct buf body;
	size_t i, used;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(feed_whole(&r, &body, str_of(cases[i].text), &used), HTTP_DONE);
		assert_int_equal(r.content_encoded, cases[i].encoded);
		http_response_wipe(&r);
	}
}

/* Limits: the last that passes, and the first that does not. */

/* BEFORE, COUNT times REPEATED, AFTER. */
static void build(
	struct buf *out, const char *before, size_t count, const char *repeated, const char *after)
{
	buf_init(out, 8u * 1024 * 1024);
	buf_add_text(out, before);
	while (count-- > 0)
		buf_add_text(out, repeated);
	buf_add_text(out, after);
	assert_false(out->failed);
}

static void expect_limit(const char *before, size_t count, const char *repeated, const char *after)
{
	struct http_response r;
	struct buf text, body;
	size_t used;

	build(&text, before, count, repeated, after);
	assert_int_equal(feed_whole(&r, &body, buf_str(&text), &used), HTTP_DONE);
	assert_false(r.too_large);
	http_response_wipe(&r);
	buf_wipe(&body);
	buf_wipe(&text);

	build(&text, before, count + 1, repeated, after);
	assert_int_equal(feed_whole(&r, &body, buf_str(&text), &used), HTTP_FAIL);
	assert_true(r.too_large);
	assert_int_equal(http_response_feed(&r, "x", 1, &used), HTTP_FAIL);
	assert_int_equal(used, 0);
	http_response_wipe(&r);
	buf_wipe(&body);
	buf_wipe(&text);
}

#define CHUNKED OK_11 "Transfer-Encoding: chunked\r\n\r\n"

static void test_limits_are_where_they_are_said_to_be(void **state)
{
	size_t head = LIMIT_HTTP_HEAD - (sizeof(OK_11 "a: \r\n" EMPTY) - 1);

	(void)state;
	expect_limit(OK_11 "a: ", head, "x", "\r\n" EMPTY);
	expect_limit(OK_11, LIMIT_HTTP_FIELDS - 1, "a: b\r\n", EMPTY);
	expect_limit("", LIMIT_HTTP_INTERIM, "HTTP/1.1 102 \r\n\r\n", OK_11 EMPTY);
	expect_limit(CHUNKED "0;", LIMIT_HTTP_CHUNK_LINE - 4, "x", "\r\n\r\n");
	expect_limit(CHUNKED "0\r\na: ", LIMIT_HTTP_TRAILER - 7, "x", "\r\n\r\n");
	expect_limit(CHUNKED "0\r\n", (LIMIT_HTTP_TRAILER - 2) / 6, "a: b\r\n", "\r\n");
}

static void test_interim_heads_share_the_limit_of_the_head(void **state)
{
	struct http_response r;
	struct buf text, body;
	size_t used;

	(void)state;
	build(&text, "HTTP/1.1 103 \r\na: ", LIMIT_HTTP_HEAD - 40, "x", "\r\n\r\n" OK_11 EMPTY);
	assert_int_equal(feed_whole(&r, &body, buf_str(&text), &used), HTTP_FAIL);
	assert_true(r.too_large);
	http_response_wipe(&r);
	buf_wipe(&text);
}

static void test_body_limit_is_the_same_for_each_framing(void **state)
{
	static const char *const heads[] = {
		OK_11 "Content-Length: 4194305\r\n\r\n",
		OK_11 "Content-Length: 18446744073709551615\r\n\r\n",
		CHUNKED "400001\r\n",
		CHUNKED "ffffffffffffffff\r\n",
		CHUNKED "1\r\nx\r\n400000\r\n",
	};
	struct http_response r;
	struct buf text, body;
	size_t i, used;

	(void)state;
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		assert_int_equal(feed_whole(&r, &body, str_of(heads[i]), &used), HTTP_FAIL);
		assert_true(r.too_large);
		http_response_wipe(&r);
		buf_wipe(&body);
	}
	build(&text, OK_11 "\r\n", LIMIT_HTTP_BODY, "x", "");
	assert_int_equal(feed_whole(&r, &body, buf_str(&text), &used), HTTP_MORE);
	assert_int_equal(http_response_feed(&r, "x", 1, &used), HTTP_FAIL);
	assert_true(r.too_large);
	http_response_wipe(&r);
	buf_wipe(&body);
	buf_wipe(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agrees_with_every_row_of_our_own_corpus),
		cmocka_unit_test(test_agrees_with_curl_but_for_named_departures),
		cmocka_unit_test(test_agrees_with_llhttp_but_for_named_departures),
		cmocka_unit_test(test_connection_is_kept_only_where_both_sides_agree),
		cmocka_unit_test(
			test_body_that_the_close_ends_is_complete_only_after_an_orderly_one),
		cmocka_unit_test(test_every_cut_is_told_by_where_it_is),
		cmocka_unit_test(test_faults_name_the_fault),
		cmocka_unit_test(test_fields_are_found_in_any_case_and_folds_are_joined),
		cmocka_unit_test(test_nothing_is_used_once_the_message_is_complete),
		cmocka_unit_test(test_the_next_response_has_nothing_of_the_one_before),
		cmocka_unit_test(test_begun_from_the_first_byte_on),
		cmocka_unit_test(test_content_codings_are_told),
		cmocka_unit_test(test_limits_are_where_they_are_said_to_be),
		cmocka_unit_test(test_interim_heads_share_the_limit_of_the_head),
		cmocka_unit_test(test_body_limit_is_the_same_for_each_framing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
