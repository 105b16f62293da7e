#include "client/provision.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "codec/url.h"
#include "scim/body.h"

/* A user name in a message: long enough to be recognised, short enough to leave room for words. */
#define NAME_ARG(p) (int)((p)->user_name.n < 120 ? (p)->user_name.n : 120), (p)->user_name.p

void provision_init(struct provision *p, struct str user_name, struct str role, struct str body,
	enum provision_if_exists if_exists, const struct retry_policy *policy,
	const struct answer_question *question)
{
	*p = (struct provision){
		.user_name = user_name,
		.role = role,
		.body = body,
		.if_exists = if_exists,
		.policy = *policy,
		.question = *question,
	};
	p->question.creates = true;
	buf_init(&p->path, LIMIT_REQUEST_HEAD);
	buf_init(&p->put, LIMIT_REQUEST_BODY);
	buf_init(&p->resource, LIMIT_HTTP_BODY);
	buf_init(&p->refusal, LIMIT_HTTP_BODY);
}

void provision_wipe(struct provision *p)
{
	buf_wipe(&p->path);
	buf_wipe(&p->put);
	buf_wipe(&p->resource);
	buf_wipe(&p->refusal);
}

bool provision_next(struct provision *p, struct message_call *call)
{
	*call = (struct message_call){.path = buf_str(&p->path)};
	switch (p->state) {
	case PROVISION_POST:
		call->method = str_of("POST");
		call->path = str_of("Users");
		call->body = p->body;
		return true;
	case PROVISION_CONFIRM:
	case PROVISION_FIND: call->method = str_of("GET"); return true;
	case PROVISION_PUT:
		call->method = str_of("PUT");
		call->body = buf_str(&p->put);
		return true;
	case PROVISION_OVER: break;
	}
	return false;
}

/* ---- ways to the end ---- */

static void finish(struct provision *p, enum provision_outcome outcome)
{
	p->state = PROVISION_OVER;
	p->outcome = outcome;
	p->wait = 0;
	p->why[0] = '\0';
}

static void fail(struct provision *p)
{
	finish(p, PROVISION_FAILED);
}

static void forget_refusal(struct provision *p)
{
	p->status = 0;
	buf_clear(&p->refusal);
	err_clear(&p->err);
}

/* The end with the server's resource. Running out of memory for it does not undo what was done, and
   another run must not do it again. */
static void succeed(struct provision *p, enum provision_outcome outcome, struct str resource)
{
	forget_refusal(p);
	buf_clear(&p->resource);
	buf_add_str(&p->resource, resource);
	if (p->resource.failed) {
		err_memory(&p->err, "keeping the server's answer");
		err_context(&p->err, "%.*s was provisioned", NAME_ARG(p));
		p->unsettled = outcome == PROVISION_CREATED;
		p->confirmed = false;
		fail(p);
		return;
	}
	finish(p, outcome);
}

/* Keeps an answer that is a no, as the error to end with unless something better comes. */
static void keep_refusal(
	struct provision *p, const struct provision_event *ev, const struct answer *a)
{
	forget_refusal(p);
	p->status = ev->response->status;
	buf_add_str(&p->refusal, ev->body);
	err_set(&p->err, a->kind, "the server refused with status %d", p->status);
	err_hint(&p->err, "%s", a->hint);
}

static void keep_error(struct provision *p, const struct err *err)
{
	forget_refusal(p);
	p->err = *err;
}

static void refuse(struct provision *p, const struct provision_event *ev, const struct answer *a)
{
	keep_refusal(p, ev, a);
	fail(p);
}

/* What was asked for cannot be said to have happened or not: the one end that needs a person. */
static void end_unknown(struct provision *p, const char *what, const char *reason)
{
	char cause[sizeof(p->err.text)];

	snprintf(cause, sizeof(cause), "%s", reason);
	forget_refusal(p);
	err_set(&p->err, ERR_UNKNOWN, "%.*s: it is not known whether %s: %.300s", NAME_ARG(p), what,
		cause);
	err_hint(&p->err,
		"look with `sentry-scim member list --user-name ADDRESS` when the server can be "
		"reached, or run the same command with --if-exists ok: it creates nobody twice");
	fail(p);
}

static void end_interrupted(struct provision *p, const struct err *err)
{
	/* That the member exists is known then, and whose doing it was need not be. */
	bool exists = p->answered && p->err.kind == ERR_EXISTS;

	keep_error(p, err);
	if (p->ambiguous && !exists)
		err_context(&p->err, "%.*s: it is not known whether the member was created",
			NAME_ARG(p));
	else if (p->put_sent)
		err_context(
			&p->err, "%.*s: it is not known whether the role was changed", NAME_ARG(p));
	fail(p);
}

/* ---- repetition ---- */

__attribute__((format(printf, 2, 3))) static void note(struct provision *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->why, sizeof(p->why), format, args);
	va_end(args);
}

/* "status 503" or the error's own words, cut to what a note can hold. */
static void describe(const struct provision_event *ev, char *text, size_t size)
{
	if (ev->end == PROVISION_ANSWERED)
		snprintf(text, size, "the server answered with status %d", ev->response->status);
	else
		snprintf(text, size, "%.*s", (int)size - 1, ev->err->text);
}

/* In place of the hint that the error has, if the server asks for a wait that is too long. */
static void hint_too_long(struct provision *p, int64_t asked)
{
	if (asked <= p->policy.max_wait)
		return;
	p->err.hint[0] = '\0';
	err_hint(&p->err, "the server asks to wait %lld s, longer than --max-wait allows (%lld s)",
		(long long)(asked + 999) / 1000, (long long)(p->policy.max_wait + 999) / 1000);
}

/* Repeats the request of the present state if the policy allows it. */
static bool again(struct provision *p, unsigned *done, const struct provision_event *ev)
{
	bool answered = ev->end == PROVISION_ANSWERED;
	int64_t asked = answered ? retry_asked(ev->response) : RETRY_UNASKED;
	bool throttled = answered && ev->response->status == 429;
	int64_t wait;
	char cause[100];

	if (retry_decide(&p->policy, *done, asked, throttled, ev->random, &wait) != RETRY_AFTER)
		return false;
	++*done;
	p->wait = wait;
	describe(ev, cause, sizeof(cause));
	note(p, "%s; asking again in %lld.%lld s (%u of %u)", cause, (long long)(wait / 1000),
		(long long)(wait % 1000 / 100), *done, p->policy.max);
	return true;
}

/* ---- POST ---- */

/* To the look-up, in STATE; the answer tells whether the name can be looked up at all. */
static bool enter_lookup(struct provision *p, enum provision_state state)
{
	p->state = state;
	p->tries = 0;
	p->wait = 0;
	buf_clear(&p->path);
	return user_filter_path(p->user_name, p->question.is_sentry, &p->path);
}

/* A create may have been executed; CAUSE says why that is not known. */
static void doubt(struct provision *p, const char *cause)
{
	p->ambiguous = true;
	if (enter_lookup(p, PROVISION_CONFIRM)) {
		note(p, "%s; looking whether %.*s was created", cause,
			(int)(p->user_name.n < 60 ? p->user_name.n : 60), p->user_name.p);
		return;
	}
	p->unsettled = p->answered;
	if (p->answered)
		fail(p);
	else
		end_unknown(p, "the member was created", "this name cannot be searched for");
}

/* The same, after an answer that leaves it open. */
static void doubt_answer(struct provision *p, const struct provision_event *ev)
{
	char cause[80];

	describe(ev, cause, sizeof(cause));
	doubt(p, cause);
}

void provision_resume(struct provision *p)
{
	p->answered = false;
	p->resumed = true;
	doubt(p, "an earlier run may have sent this");
}

static void take_created(struct provision *p, const struct provision_event *ev)
{
	struct user u;

	if (user_read(ev->body, &u) && user_match(&u, p->user_name) != USER_MATCH_NONE) {
		succeed(p, PROVISION_CREATED, ev->body);
		return;
	}
	forget_refusal(p);
	err_set(&p->err, ERR_PROTOCOL,
		"the server answered with status %d and something that is not this member",
		ev->response->status);
	err_hint(&p->err, "check --url: is this Sentry's API, or a login page or proxy before it?");
	p->answered = true;
	doubt(p, "the answer to the create is not understood");
}

static void take_exists(
	struct provision *p, const struct provision_event *ev, const struct answer *a)
{
	if (p->ambiguous) { /* it may well be the member that an earlier attempt created */
		keep_refusal(p, ev, a);
		p->answered = true;
		doubt(p, "the member exists now");
	} else if (p->if_exists == PROVISION_FAIL) {
		refuse(p, ev, a);
	} else {
		keep_refusal(p, ev, a);
		if (!enter_lookup(p, PROVISION_FIND))
			fail(p);
	}
}

static void take_post_answer(struct provision *p, const struct provision_event *ev)
{
	struct answer a;

	answer_judge(ev->response, ev->body, &p->question, &a);
	switch (a.class) {
	case ANSWER_SUCCESS: take_created(p, ev); break;
	case ANSWER_EXISTS: take_exists(p, ev, &a); break;
	case ANSWER_THROTTLED:
		keep_refusal(p, ev, &a);
		if (!again(p, &p->posts, ev)) {
			hint_too_long(p, retry_asked(ev->response));
			fail(p);
		}
		break;
	case ANSWER_UNAVAILABLE:
		keep_refusal(p, ev, &a);
		p->answered = false;
		p->asked = retry_asked(ev->response);
		doubt_answer(p, ev);
		break;
	case ANSWER_BROKEN:
		keep_refusal(p, ev, &a);
		p->answered = true;
		doubt_answer(p, ev);
		break;
	default: refuse(p, ev, &a);
	}
}

static void take_post(struct provision *p, const struct provision_event *ev)
{
	p->answered = false;
	p->asked = RETRY_UNASKED;
	switch (ev->end) {
	case PROVISION_ANSWERED: take_post_answer(p, ev); break;
	case PROVISION_NOT_SENT:
		keep_error(p, ev->err);
		if (!retry_passes(ev->err) || !again(p, &p->posts, ev))
			fail(p);
		break;
	case PROVISION_NO_ANSWER:
		keep_error(p, ev->err);
		doubt(p, ev->err->text);
		break;
	}
}

/* ---- look-ups ---- */

static void compare_role(struct provision *p, const struct user *u);

/* The look-up after a create in doubt has succeeded, and nobody of that name is there. */
static void confirm_absent(struct provision *p, const struct provision_event *ev)
{
	int64_t wait;

	if (p->answered) { /* it was refused after all, or in effect; or it exists unlisted */
		p->unsettled = p->err.kind == ERR_EXISTS;
		fail(p);
		return;
	}
	p->state = PROVISION_POST;
	if (p->resumed) {
		p->resumed = false;
		p->wait = 0;
		p->why[0] = '\0';
		return;
	}
	if (retry_decide(&p->policy, p->posts, p->asked, false, ev->random, &wait) == RETRY_AFTER) {
		p->posts++;
		p->wait = wait;
		note(p, "it was not; creating again in %lld.%lld s (%u of %u)",
			(long long)(wait / 1000), (long long)(wait % 1000 / 100), p->posts,
			p->policy.max);
		return;
	}
	p->err.kind = ERR_GAVE_UP;
	hint_too_long(p, p->asked);
	if (p->err.hint[0] == '\0')
		err_hint(&p->err, "the member was not created; run the same command again later");
	fail(p);
}

static bool has_role(const struct user *u, struct str role)
{
	return role.n == 0 ||
		(u->role.type == JSON_STRING && json_text_equal(u->role.raw, role, true));
}

static void confirm_found(struct provision *p, const struct user *u, enum user_match match)
{
	bool same = has_role(u, p->role);

	p->ambiguous = false;
	if (match != USER_MATCH_NONE && (same || p->if_exists == PROVISION_FAIL)) {
		p->confirmed = true;
		p->role_differs = !same;
		succeed(p, PROVISION_CREATED, u->resource);
		return;
	}
	/*
	 * A create would have left a member of exactly this name with the role that it asked for:
	 * this one existed before.
	 */
	if (match != USER_MATCH_NONE) {
		compare_role(p, u);
		return;
	}
	p->by_other_name = true;
	if (p->if_exists != PROVISION_FAIL) {
		compare_role(p, u);
		return;
	}
	forget_refusal(p);
	err_set(&p->err, ERR_EXISTS, "%.*s exists already, as another address of a member",
		NAME_ARG(p));
	fail(p);
}

static void start_put(struct provision *p, const struct user *u)
{
	struct buf id;

	p->state = PROVISION_PUT;
	p->tries = 0;
	p->wait = 0;
	p->why[0] = '\0';
	buf_init(&id, LIMIT_URL);
	json_unescape(u->id.raw, &id);
	buf_clear(&p->path);
	buf_add_text(&p->path, "Users/");
	url_encode(buf_str(&id), &p->path);
	buf_clear(&p->put);
	if (id.failed || p->path.failed || !body_role(p->role, &p->put)) {
		forget_refusal(p);
		err_memory(&p->err, "writing the request");
		fail(p);
	}
	buf_wipe(&id);
}

/* The change of role succeeded, says the server, and changed nothing: so it is with owners. */
static void role_not_taken(struct provision *p, const struct user *u)
{
	struct str role = u->role.type == JSON_STRING ? u->role.raw : str_of("");

	forget_refusal(p);
	err_set(&p->err, ERR_REFUSED,
		"%.*s: the server accepted the change of role, yet the role is '%.*s'", NAME_ARG(p),
		STR_ARG(role));
	err_hint(&p->err, "an owner's role cannot be changed by SCIM");
	fail(p);
}

static void compare_role(struct provision *p, const struct user *u)
{
	bool same = has_role(u, p->role);

	if (p->if_exists == PROVISION_OK) {
		p->role_differs = !same;
		succeed(p, PROVISION_EXISTED, u->resource);
	} else if (same) {
		succeed(p, p->put_sent ? PROVISION_UPDATED : PROVISION_UNCHANGED, u->resource);
	} else if (p->put_sent) {
		role_not_taken(p, u);
	} else {
		start_put(p, u);
	}
}

static void lookup_found_nobody(struct provision *p, const struct provision_event *ev)
{
	if (p->state == PROVISION_CONFIRM) {
		confirm_absent(p, ev);
		return;
	}
	if (p->put_sent) {
		end_unknown(p, "the role was changed", "the server lists no such member any more");
		return;
	}
	/* The server's own words about the create stay the error. */
	p->err.hint[0] = '\0';
	err_hint(&p->err,
		"the server says that this member exists, but does not list it: a request "
		"to join or an invitation may wait for approval there");
	fail(p);
}

/* The look-up is over without an answer to its question. */
static void lookup_failed(struct provision *p, const char *reason)
{
	char text[sizeof(p->err.text)];

	if (p->state == PROVISION_CONFIRM && !p->answered) {
		snprintf(text, sizeof(text), "the create got no answer, and asking failed: %s",
			reason);
		end_unknown(p, "the member was created", text);
	} else if (p->state == PROVISION_FIND && p->put_sent) {
		end_unknown(p, "the role was changed", reason);
	} else {
		p->unsettled = p->state == PROVISION_CONFIRM;
		fail(p);
	}
}

static void take_lookup_answer(struct provision *p, const struct provision_event *ev)
{
	struct answer_question question = p->question;
	struct answer a;
	struct user best;
	enum user_match match;
	unsigned hits;
	char cause[80];

	question.creates = false;
	answer_judge(ev->response, ev->body, &question, &a);
	describe(ev, cause, sizeof(cause));
	if (a.class == ANSWER_SUCCESS) {
		if (!user_find(ev->body, p->user_name, &best, &match, &hits))
			lookup_failed(p, "the answer is no list of members");
		else if (hits == 0)
			lookup_found_nobody(p, ev);
		else if (p->state == PROVISION_CONFIRM)
			confirm_found(p, &best, match);
		else {
			p->by_other_name = match == USER_MATCH_NONE;
			compare_role(p, &best);
		}
		return;
	}
	if (a.class == ANSWER_REFUSED || !again(p, &p->tries, ev)) {
		if (p->state == PROVISION_FIND) {
			keep_refusal(p, ev, &a);
			hint_too_long(p, retry_asked(ev->response));
		}
		lookup_failed(p, cause);
	}
}

static void take_lookup(struct provision *p, const struct provision_event *ev)
{
	if (ev->end == PROVISION_ANSWERED) {
		take_lookup_answer(p, ev);
		return;
	}
	/* Reading again is safe whether or not the request got through. */
	if ((ev->end == PROVISION_NO_ANSWER || retry_passes(ev->err)) && again(p, &p->tries, ev))
		return;
	if (p->state == PROVISION_FIND) {
		keep_error(p, ev->err);
		if (ev->end == PROVISION_NO_ANSWER && !retry_others(&p->err))
			p->err.kind = ERR_GAVE_UP;
	}
	lookup_failed(p, ev->err->text);
}

/* ---- PUT ---- */

static void take_put_done(struct provision *p, const struct provision_event *ev)
{
	struct user u;

	if (!user_read(ev->body, &u)) { /* 204 and the like: ask what became of it */
		if (!enter_lookup(p, PROVISION_FIND))
			end_unknown(p, "the role was changed", "the answer does not tell");
		return;
	}
	if (u.role.type == JSON_STRING && json_text_equal(u.role.raw, p->role, true))
		succeed(p, PROVISION_UPDATED, ev->body);
	else
		role_not_taken(p, &u);
}

static void take_put(struct provision *p, const struct provision_event *ev)
{
	struct answer_question question = p->question;
	struct answer a;
	char cause[120];

	question.creates = false;
	question.item = true;
	describe(ev, cause, sizeof(cause));
	if (ev->end != PROVISION_ANSWERED) {
		bool sent = ev->end == PROVISION_NO_ANSWER;

		p->put_sent = p->put_sent || sent;
		keep_error(p, ev->err);
		if ((sent || retry_passes(ev->err)) && again(p, &p->tries, ev))
			return;
		if (p->put_sent)
			end_unknown(p, "the role was changed", cause);
		else
			fail(p);
		return;
	}
	answer_judge(ev->response, ev->body, &question, &a);
	if (a.class == ANSWER_SUCCESS) {
		p->put_sent = true;
		take_put_done(p, ev);
		return;
	}
	keep_refusal(p, ev, &a);
	if (a.class != ANSWER_THROTTLED && a.class != ANSWER_UNAVAILABLE) {
		fail(p);
		return;
	}
	p->put_sent = p->put_sent || a.class == ANSWER_UNAVAILABLE;
	if (again(p, &p->tries, ev))
		return;
	hint_too_long(p, retry_asked(ev->response));
	if (p->put_sent)
		end_unknown(p, "the role was changed", cause);
	else
		fail(p);
}

void provision_take(struct provision *p, const struct provision_event *ev)
{
	p->wait = 0;
	p->why[0] = '\0';
	if (ev->end == PROVISION_NO_ANSWER && p->state == PROVISION_POST)
		p->ambiguous = true;
	if (ev->end == PROVISION_NO_ANSWER && p->state == PROVISION_PUT)
		p->put_sent = true;
	if (ev->end != PROVISION_ANSWERED && ev->err->kind == ERR_INTERRUPTED) {
		end_interrupted(p, ev->err);
		return;
	}
	switch (p->state) {
	case PROVISION_POST: take_post(p, ev); break;
	case PROVISION_CONFIRM:
	case PROVISION_FIND: take_lookup(p, ev); break;
	case PROVISION_PUT: take_put(p, ev); break;
	case PROVISION_OVER: break;
	}
}
