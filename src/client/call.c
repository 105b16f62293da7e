#include "client/call.h"

#include <stdio.h>

#include "sys/entropy.h"

struct str call_body(const struct caller *c)
{
	return buf_str(&c->client->conn.body);
}

static uint32_t random_bits(void)
{
	uint32_t bits;

	return entropy_get(&bits, sizeof(bits)) ? bits : UINT32_MAX / 2;
}

/* One attempt; what came of it is in R and *E. */
static enum provision_end attempt(struct caller *c, const struct message_call *call, bool item,
	struct reply *r, struct err *e)
{
	struct answer_question question = c->question;
	enum provision_end end;

	err_clear(e);
	end = client_exchange(c->client, call, e);
	r->answered = end == PROVISION_ANSWERED;
	r->status = r->answered ? c->client->conn.response.status : 0;
	r->answer = (struct answer){.class = ANSWER_UNAVAILABLE};
	if (!r->answered)
		return end;
	question.item = item;
	question.creates = str_is(call->method, "POST");
	answer_judge(&c->client->conn.response, call_body(c), &question, &r->answer);
	if (r->answer.class != ANSWER_SUCCESS) {
		err_set(e, r->answer.kind, "the server refused with status %d", r->status);
		err_hint(e, "%s", r->answer.hint);
	}
	return end;
}

/* Whether the attempt may have been executed although it did not succeed. */
static bool in_doubt(enum provision_end end, const struct reply *r)
{
	if (end != PROVISION_ANSWERED)
		return end == PROVISION_NO_ANSWER;
	return r->answer.class == ANSWER_UNAVAILABLE || r->answer.class == ANSWER_BROKEN;
}

static bool may_repeat(
	enum provision_end end, enum call_effect effect, const struct reply *r, const struct err *e)
{
	if (e->kind == ERR_INTERRUPTED || (effect == CALL_ONCE && r->doubt))
		return false;
	if (end == PROVISION_NOT_SENT)
		return retry_passes(e);
	if (end == PROVISION_NO_ANSWER)
		return true;
	return r->answer.class == ANSWER_THROTTLED || r->answer.class == ANSWER_UNAVAILABLE ||
		(r->answer.class == ANSWER_BROKEN && effect == CALL_READ);
}

/* Waits before the next attempt; false when there is to be none. */
static bool wait_again(struct caller *c, unsigned *done, const struct reply *r, struct err *e)
{
	int64_t asked = r->answered ? retry_asked(&c->client->conn.response) : RETRY_UNASKED;
	int64_t wait;

	switch (retry_decide(&c->policy, *done, asked, r->status == 429, random_bits(), &wait)) {
	case RETRY_TOO_LONG:
		e->hint[0] = '\0';
		err_hint(e,
			"the server asks to wait %lld s, longer than --max-wait allows (%lld s)",
			(long long)(wait + 999) / 1000,
			(long long)(c->policy.max_wait + 999) / 1000);
		return false;
	case RETRY_EXHAUSTED: return false;
	case RETRY_AFTER: break;
	}
	++*done;
	if (r->answered)
		log_line(c->client->route->log, LOG_NOTE,
			"the server answered with status %d; asking again in %lld.%lld s (%u of "
			"%u)",
			r->status, (long long)(wait / 1000), (long long)(wait % 1000 / 100), *done,
			c->policy.max);
	else
		log_line(c->client->route->log, LOG_NOTE,
			"%s; asking again in %lld.%lld s (%u of %u)", e->text,
			(long long)(wait / 1000), (long long)(wait % 1000 / 100), *done,
			c->policy.max);
	err_clear(e);
	return client_wait(c->client, wait, e);
}

static void forget_answer(struct reply *r)
{
	r->answered = false;
	r->status = 0;
}

/* The error to end with, now that nothing will be repeated. */
static void conclude(
	enum provision_end end, enum call_effect effect, struct reply *r, struct err *e)
{
	char text[sizeof(e->text)];

	if (e->kind == ERR_INTERRUPTED) {
		/* The answer that was being waited after is not what ended this. */
		forget_answer(r);
		if (effect != CALL_READ && r->doubt)
			err_context(e, "it is not known whether the change was made");
		return;
	}
	if (effect == CALL_READ) {
		/* What answers, though not as HTTP has it, is not unavailable. */
		if (end == PROVISION_NO_ANSWER && !retry_others(e))
			e->kind = ERR_GAVE_UP;
		return;
	}
	if (!r->doubt || r->answer.class == ANSWER_REFUSED || r->answer.class == ANSWER_EXISTS ||
		r->answer.class == ANSWER_BROKEN)
		return;
	snprintf(text, sizeof(text), "%s", e->text);
	err_clear(e);
	err_set(e, ERR_UNKNOWN, "it is not known whether the change was made: %.400s", text);
	err_hint(e,
		"look at the member or team when the server can be reached, or run the same "
		"command again");
	forget_answer(r);
}

bool call_run(struct caller *c, const struct message_call *call, enum call_effect effect, bool item,
	struct reply *r, struct err *e)
{
	enum provision_end end;
	unsigned done = 0;

	*r = (struct reply){.status = 0};
	if (c->show != NULL) {
		r->shown = c->show(c->client->origin, call, e);
		return false;
	}
	for (;;) {
		bool before = r->doubt;

		end = attempt(c, call, item, r, e);
		if (r->answered && r->answer.class == ANSWER_SUCCESS)
			return true;
		r->doubt = before || in_doubt(end, r);
		if (!may_repeat(end, effect, r, e) || !wait_again(c, &done, r, e))
			break;
	}
	conclude(end, effect, r, e);
	return false;
}
