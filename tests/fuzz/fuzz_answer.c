/*
 * Judging an answer. The input is a byte for what was asked, then a whole HTTP response, whose body
 * goes up to the end. Whatever a server says, the judgement is one that the retry policy can act
 * on, and the hint is short and holds nothing that steers a terminal.
 */
#include <stdlib.h>
#include <string.h>

#include "codec/json_scan.h"
#include "codec/utf8.h"
#include "scim/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void judge(const struct http_response *r, struct str body, uint8_t asked)
{
	const struct answer_question question = {
		.creates = (asked & 1) != 0,
		.item = (asked & 2) != 0,
		.is_sentry = (asked & 4) != 0,
		.token = (enum sentry_token_kind)(asked >> 3) % (SENTRY_TOKEN_AGENT + 1),
	};
	struct answer a;
	struct buf shown;

	memset(&a, 0x55, sizeof(a));
	answer_judge(r, body, &question, &a);
	require(a.class < ANSWER_CLASSES && a.kind < ERR_KINDS);
	require((a.class == ANSWER_SUCCESS) == (r->status >= 200 && r->status <= 299));
	require((a.class == ANSWER_SUCCESS) == (a.kind == ERR_NONE));
	require(a.class != ANSWER_EXISTS || a.kind == ERR_EXISTS);
	require((a.class == ANSWER_THROTTLED) == (r->status == 429));
	require(memchr(a.hint, '\0', sizeof(a.hint)) != NULL);
	buf_init(&shown, 8 * sizeof(a.hint));
	utf8_printable(str_of(a.hint), &shown);
	require(str_is(buf_str(&shown), a.hint));
	buf_wipe(&shown);
}

static void find_words(struct str body)
{
	struct buf words;

	buf_init(&words, 8 * LIMIT_HTTP_BODY);
	answer_detail(body, &words);
	require(!words.failed && utf8_valid(buf_str(&words)));
	require(words.len == 0 || json_valid(body, NULL));
	buf_wipe(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_response response = {.status = 0};
	struct buf body;
	size_t used;

	if (size == 0)
		return 0;
	buf_init(&body, LIMIT_HTTP_BODY);
	http_response_init(&response, HTTP_REQUEST_PLAIN, &body);
	http_response_feed(&response, (const char *)data + 1, size - 1, &used);
	if (http_response_end(&response, true) == HTTP_DONE) {
		judge(&response, buf_str(&body), data[0]);
		find_words(buf_str(&body));
	}
	/* the body alone, too, since few inputs get past the head */
	find_words(str_from((const char *)data, size));
	http_response_wipe(&response);
	buf_wipe(&body);
	return 0;
}
