#include "throttle.h"

#include <stdlib.h>
#include <string.h>

#include "die.h"

void throttle_wipe(struct throttle *t)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		free(t->buckets[i]->key);
		free(t->buckets[i]);
	}
	free(t->buckets);
	*t = (struct throttle){0};
}

static struct bucket *find(struct throttle *t, const char *key)
{
	struct bucket *b;
	size_t i;

	for (i = 0; i < t->count; i++)
		if (strcmp(t->buckets[i]->key, key) == 0)
			return t->buckets[i];
	b = must_alloc(1, sizeof(*b));
	b->key = must_dup(str_of(key));
	t->buckets = must_grow(t->buckets, t->count, sizeof(*t->buckets));
	t->buckets[t->count++] = b;
	return b;
}

static struct bucket *bucket_of(struct throttle *t, struct str method, const struct token *token)
{
	struct bucket *b;
	struct buf key;

	server_buf(&key);
	if (token == NULL)
		buf_add_text(&key, "ip:");
	else if (str_starts(str_of(token->value), "sntryi_"))
		buf_addf(&key, "org:%s:", token->org->slug);
	else
		buf_addf(&key, "user:%s:", token->value);
	buf_add_str(&key, method);
	must_hold(&key);
	b = find(t, buf_text(&key));
	buf_wipe(&key);
	return b;
}

void throttle_fields(struct reply *reply, unsigned limit, unsigned left, int64_t reset,
	unsigned concurrency, unsigned concurrency_left)
{
	reply_number(reply, "X-Sentry-Rate-Limit-Remaining", left);
	reply_number(reply, "X-Sentry-Rate-Limit-Limit", limit);
	reply_number(reply, "X-Sentry-Rate-Limit-Reset", reset);
	reply_number(reply, "X-Sentry-Rate-Limit-ConcurrentRemaining", concurrency_left);
	reply_number(reply, "X-Sentry-Rate-Limit-ConcurrentLimit", concurrency);
}

/* The middleware sets no content type, so the web framework's default goes out. */
static void limit_body(
	struct reply *reply, bool bare, const char *words, unsigned limit, const char *rest)
{
	reply_text(reply, 429, "text/html; charset=utf-8", str_of(""));
	buf_addf(&reply->body, "%s\"%s%u%s\"%s", bare ? "" : "{\"detail\":", words, limit, rest,
		bare ? "" : "}");
}

void throttle_body_rate(struct reply *reply, bool bare, unsigned limit)
{
	limit_body(reply, bare, "You are attempting to use this endpoint too frequently. Limit is ",
		limit, " requests in 1 seconds");
}

void throttle_body_concurrency(struct reply *reply, bool bare, unsigned limit)
{
	limit_body(reply, bare,
		"You are attempting to go above the allowed concurrency for this endpoint. "
		"Concurrency limit is ",
		limit, "");
}

struct bucket *throttle_enter(struct throttle *t, const struct manners *m, struct str method,
	const struct token *token, struct reply *reply, bool *limited)
{
	int64_t second = wall_ms() / 1000;
	struct bucket *b;

	*limited = false;
	if (m->rate_limit == 0 || m->self_hosted)
		return NULL;
	b = bucket_of(t, method, token);
	if (b->window != second) {
		b->window = second;
		b->used = 0;
	}
	b->used++;
	b->under_way++;
	if (b->under_way > m->concurrency)
		throttle_body_concurrency(reply, m->bare_429, m->concurrency);
	else if (b->used > m->rate_limit)
		throttle_body_rate(reply, m->bare_429, m->rate_limit);
	*limited = b->under_way > m->concurrency || b->used > m->rate_limit;
	throttle_fields(reply, m->rate_limit, b->used < m->rate_limit ? m->rate_limit - b->used : 0,
		second + 1, m->concurrency,
		b->under_way < m->concurrency ? m->concurrency - b->under_way : 0);
	return b;
}

void throttle_leave(struct bucket *b)
{
	if (b != NULL)
		b->under_way--;
}
