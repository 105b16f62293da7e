/*
 * Requests to their final answer, against servers that throttle, fail, drop and go away: attempts
 * are counted where they arrive.
 */
#include <string.h>

#include "apart.h"
#include "client/call.h"
#include "scripted.h"
#include "sys/clock.h"
#include "sys/console.h"
#include "sys/signals.h"

/* What the server does about one attempt. */
enum act {
	OVER, /* ends a script; what stands before it goes on for ever */
	GOOD,
	THROTTLE,
	THROTTLE_A_SECOND,
	THROTTLE_LONG,
	UNAVAILABLE,
	TIMED_OUT,
	BROKEN,
	MISSING,
	REFUSE,
	CONFLICT,
	DROP,
	GARBAGE,
	STOP_THEN_DROP,
	STOP_THEN_UNAVAILABLE
};

struct run {
	const char *what;
	enum call_effect effect;
	unsigned max; /* repetitions */
	enum act acts[6];
	/* what must come of it */
	unsigned attempts;
	bool good;
	enum err_kind kind;
	int status;
	bool doubt;
};

static const char scim_404[] = "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"],"
			       "\"detail\":\"Resource not found.\"}";

static void play(struct scripted *s, const struct scripted_request *r, struct buf *out)
{
	const enum act *acts = s->context;
	unsigned i;

	for (i = 0; i + 1 < r->number && acts[i + 1] != OVER; i++)
		;
	switch (acts[i]) {
	case GOOD: scripted_say(out, 200, "", str_of("{}")); break;
	case THROTTLE: scripted_say(out, 429, "Retry-After: 0\r\n", str_of("{}")); break;
	case THROTTLE_A_SECOND: scripted_say(out, 429, "Retry-After: 1\r\n", str_of("{}")); break;
	case THROTTLE_LONG: scripted_say(out, 429, "Retry-After: 61\r\n", str_of("{}")); break;
	case UNAVAILABLE: scripted_say(out, 503, "Retry-After: 0\r\n", str_of("")); break;
	case TIMED_OUT: scripted_say(out, 408, "", str_of("")); break;
	case BROKEN: scripted_say(out, 500, "", str_of("{}")); break;
	case MISSING: scripted_say(out, 404, "", str_of(scim_404)); break;
	case REFUSE: scripted_say(out, 400, "", str_of("{\"detail\":\"no\"}")); break;
	case CONFLICT: scripted_say(out, 409, "", str_of("{}")); break;
	case GARBAGE:
		buf_add_text(out, "SMTP ready\r\n\r\n");
		s->then = SCRIPTED_LEAVE;
		break;
	case STOP_THEN_UNAVAILABLE:
		scripted_say(out, 503, "Retry-After: 30\r\n", str_of(""));
		kill(getpid(), SIGTERM);
		break;
	case STOP_THEN_DROP: kill(getpid(), SIGTERM); break;
	case DROP:
	case OVER: s->then = SCRIPTED_LEAVE; break;
	}
}

static const struct message_call call = {
	.method = {"PATCH", 5}, .path = {"Users/1", 7}, .body = {"{}", 2}};

struct stage {
	struct scripted server;
	struct scripted_client end;
	struct caller caller;
	struct reply reply;
	struct err err;
};

static void stage_open(struct stage *s, const enum act *acts, unsigned max, int64_t max_wait)
{
	union {
		const enum act *in;
		void *out;
	} context = {.in = acts};

	signals_install();
	console_setup(-1);
	*s = (struct stage){.err = {.kind = ERR_NONE}};
	scripted_init(&s->server, play, context.out);
	scripted_client_init(&s->end, &s->server);
	s->caller = (struct caller){
		.client = &s->end.client,
		.policy = {.max = max, .max_wait = max_wait},
		.question = {.is_sentry = true, .token = SENTRY_TOKEN_INTEGRATION},
	};
}

static void stage_close(struct stage *s)
{
	scripted_stop(&s->server);
	client_wipe(&s->end.client);
	scripted_wipe(&s->server);
}

static bool same(const struct run *r, const struct stage *s, bool good)
{
	return good == r->good && s->server.requests == r->attempts && s->err.kind == r->kind &&
		s->reply.status == r->status && s->reply.answered == (r->status != 0) &&
		(good || s->reply.doubt == r->doubt) && !s->reply.shown;
}

static int play_all(const struct run *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		const struct run *r = &rows[i];
		struct stage s;
		bool good;

		/* waits are cut to 2 ms */
		stage_open(&s, r->acts, r->max, 2);
		scripted_start(&s.server);
		good = call_run(&s.caller, &call, r->effect, true, &s.reply, &s.err);
		scripted_stop(&s.server);
		if (!same(r, &s, good)) {
			dprintf(STDOUT_FILENO,
				"# %s, effect %d, %u repetitions: %s, %u attempts, %s, status %d, "
				"doubt "
				"%d: %s\n",
				r->what, (int)r->effect, r->max, good ? "good" : "failed",
				s.server.requests, err_kind_name(s.err.kind), s.reply.status,
				s.reply.doubt, s.err.text);
			return APART_FAILED;
		}
		stage_close(&s);
	}
	return APART_PASSED;
}

static int every_failure_is_repeated_as_often_as_is_safe(void)
{
	static const struct run rows[] = {
		{"good", CALL_READ, 4, {GOOD}, 1, true, ERR_NONE, 200, false},
		{"good", CALL_ONCE, 0, {GOOD}, 1, true, ERR_NONE, 200, false},

		/* not executed: safe for all */
		{"429", CALL_READ, 0, {THROTTLE}, 1, false, ERR_GAVE_UP, 429, false},
		{"429", CALL_READ, 1, {THROTTLE}, 2, false, ERR_GAVE_UP, 429, false},
		{"429", CALL_READ, 4, {THROTTLE}, 5, false, ERR_GAVE_UP, 429, false},
		{"429", CALL_CHANGE, 0, {THROTTLE}, 1, false, ERR_GAVE_UP, 429, false},
		{"429", CALL_CHANGE, 4, {THROTTLE}, 5, false, ERR_GAVE_UP, 429, false},
		{"429", CALL_ONCE, 0, {THROTTLE}, 1, false, ERR_GAVE_UP, 429, false},
		{"429", CALL_ONCE, 1, {THROTTLE}, 2, false, ERR_GAVE_UP, 429, false},
		{"429", CALL_ONCE, 4, {THROTTLE}, 5, false, ERR_GAVE_UP, 429, false},

		/* perhaps executed */
		{"503", CALL_READ, 0, {UNAVAILABLE}, 1, false, ERR_GAVE_UP, 503, true},
		{"503", CALL_READ, 1, {UNAVAILABLE}, 2, false, ERR_GAVE_UP, 503, true},
		{"503", CALL_READ, 4, {UNAVAILABLE}, 5, false, ERR_GAVE_UP, 503, true},
		{"503", CALL_CHANGE, 0, {UNAVAILABLE}, 1, false, ERR_UNKNOWN, 0, true},
		{"503", CALL_CHANGE, 1, {UNAVAILABLE}, 2, false, ERR_UNKNOWN, 0, true},
		{"503", CALL_CHANGE, 4, {UNAVAILABLE}, 5, false, ERR_UNKNOWN, 0, true},
		{"503", CALL_ONCE, 0, {UNAVAILABLE}, 1, false, ERR_UNKNOWN, 0, true},
		{"503", CALL_ONCE, 4, {UNAVAILABLE}, 1, false, ERR_UNKNOWN, 0, true},
		{"408", CALL_ONCE, 4, {TIMED_OUT}, 1, false, ERR_UNKNOWN, 0, true},
		{"408", CALL_CHANGE, 2, {TIMED_OUT}, 3, false, ERR_UNKNOWN, 0, true},

		/* a complete answer that comes again on the next attempt just so */
		{"500", CALL_READ, 0, {BROKEN}, 1, false, ERR_REFUSED, 500, true},
		{"500", CALL_READ, 1, {BROKEN}, 2, false, ERR_REFUSED, 500, true},
		{"500", CALL_READ, 4, {BROKEN}, 5, false, ERR_REFUSED, 500, true},
		{"500", CALL_CHANGE, 4, {BROKEN}, 1, false, ERR_REFUSED, 500, true},
		{"500", CALL_ONCE, 4, {BROKEN}, 1, false, ERR_REFUSED, 500, true},

		{"drop", CALL_READ, 0, {DROP}, 1, false, ERR_GAVE_UP, 0, true},
		{"drop", CALL_READ, 1, {DROP}, 2, false, ERR_GAVE_UP, 0, true},
		{"drop", CALL_READ, 4, {DROP}, 5, false, ERR_GAVE_UP, 0, true},
		{"drop", CALL_CHANGE, 0, {DROP}, 1, false, ERR_UNKNOWN, 0, true},
		{"drop", CALL_CHANGE, 1, {DROP}, 2, false, ERR_UNKNOWN, 0, true},
		{"drop", CALL_CHANGE, 4, {DROP}, 5, false, ERR_UNKNOWN, 0, true},
		{"drop", CALL_ONCE, 0, {DROP}, 1, false, ERR_UNKNOWN, 0, true},
		{"drop", CALL_ONCE, 4, {DROP}, 1, false, ERR_UNKNOWN, 0, true},
		{"no HTTP", CALL_ONCE, 4, {GARBAGE}, 1, false, ERR_UNKNOWN, 0, true},
		{"no HTTP", CALL_CHANGE, 2, {GARBAGE}, 3, false, ERR_UNKNOWN, 0, true},

		/* a no is final */
		{"400", CALL_READ, 4, {REFUSE}, 1, false, ERR_REFUSED, 400, false},
		{"404", CALL_CHANGE, 4, {MISSING}, 1, false, ERR_NOT_FOUND, 404, false},
		{"409", CALL_ONCE, 4, {CONFLICT}, 1, false, ERR_REFUSED, 409, false},
	};

	return play_all(rows, sizeof rows / sizeof rows[0]);
}

static int what_came_before_decides_too(void)
{
	static const struct run rows[] = {
		{"in the end", CALL_READ, 4, {THROTTLE, UNAVAILABLE, BROKEN, DROP, GOOD}, 5, true,
			ERR_NONE, 200, false},
		{"one too few", CALL_READ, 3, {THROTTLE, UNAVAILABLE, BROKEN, DROP, GOOD}, 4, false,
			ERR_GAVE_UP, 0, true},
		{"after a 429", CALL_ONCE, 1, {THROTTLE, GOOD}, 2, true, ERR_NONE, 200, false},
		/* nobody may send it a second time now, whatever comes */
		{"429, drop", CALL_ONCE, 4, {THROTTLE, DROP, GOOD}, 2, false, ERR_UNKNOWN, 0, true},
		{"429, 500", CALL_ONCE, 4, {THROTTLE, BROKEN, GOOD}, 2, false, ERR_REFUSED, 500,
			true},
		{"after a drop", CALL_CHANGE, 1, {DROP, GOOD}, 2, true, ERR_NONE, 200, false},
		/* gone: by this command, or by another one */
		{"drop, 404", CALL_CHANGE, 4, {DROP, MISSING}, 2, false, ERR_NOT_FOUND, 404, true},
		{"429, 404", CALL_CHANGE, 4, {THROTTLE, MISSING}, 2, false, ERR_NOT_FOUND, 404,
			false},
		/* the last word does not undo what may have been done */
		{"drop, 429", CALL_CHANGE, 3, {DROP, THROTTLE}, 4, false, ERR_UNKNOWN, 0, true},
		{"503, 500", CALL_CHANGE, 3, {UNAVAILABLE, BROKEN}, 2, false, ERR_REFUSED, 500,
			true},
	};

	return play_all(rows, sizeof rows / sizeof rows[0]);
}

/* How often the program has said that it asks again. */
static unsigned count_notes(FILE *file)
{
	char line[1024];
	unsigned n = 0;

	rewind(file);
	while (fgets(line, sizeof(line), file) != NULL)
		n += strstr(line, "asking again") != NULL;
	fclose(file);
	return n;
}

static int nobody_there_leaves_no_doubt(void)
{
	static const enum act acts[] = {GOOD, OVER};
	static const unsigned max[] = {0, 1, 4};
	enum call_effect effect;
	unsigned i;

	for (effect = CALL_READ; effect <= CALL_ONCE; effect++)
		for (i = 0; i < sizeof max / sizeof max[0]; i++) {
			FILE *notes = tmpfile();
			struct stage s;

			EXPECT(notes != NULL && dup2(fileno(notes), STDERR_FILENO) >= 0);
			stage_open(&s, acts, max[i], 2);
			console_setup(0);
			peer_close(&s.server.peer);
			EXPECT(!call_run(&s.caller, &call, effect, true, &s.reply, &s.err));
			EXPECT(s.err.kind == ERR_CONNECT && !s.reply.doubt && s.reply.status == 0);
			EXPECT(count_notes(notes) == max[i]);
			stage_close(&s);
		}
	return APART_PASSED;
}

/* What cannot be sent will not be sendable in a moment. */
static int a_request_that_cannot_be_written_is_tried_once(void)
{
	static const enum act acts[] = {GOOD, OVER};
	const struct message_call wrong = {.method = str_of("GET"), .path = str_of("a b")};
	int64_t start = clock_now();
	struct stage s;

	stage_open(&s, acts, 1000, 60000);
	scripted_start(&s.server);
	EXPECT(!call_run(&s.caller, &wrong, CALL_READ, true, &s.reply, &s.err));
	EXPECT(s.err.kind == ERR_INPUT && !s.reply.doubt);
	EXPECT(clock_now() - start < 5000);
	stage_close(&s);
	EXPECT(s.server.requests == 0);
	return APART_PASSED;
}

static int a_wait_that_is_too_long_is_not_begun(void)
{
	static const enum act long_wait[] = {THROTTLE_LONG, OVER};
	static const enum act unavailable_first[] = {UNAVAILABLE, THROTTLE_LONG, OVER};
	int64_t start = clock_now();
	struct stage s;

	stage_open(&s, long_wait, 4, 60000);
	scripted_start(&s.server);
	EXPECT(!call_run(&s.caller, &call, CALL_READ, true, &s.reply, &s.err));
	scripted_stop(&s.server);
	EXPECT(s.server.requests == 1 && s.err.kind == ERR_GAVE_UP && s.reply.status == 429);
	EXPECT(strstr(s.err.hint, "wait 61 s") != NULL && strstr(s.err.hint, "(60 s)") != NULL);
	stage_close(&s);

	stage_open(&s, unavailable_first, 4, 60000);
	scripted_start(&s.server);
	EXPECT(!call_run(&s.caller, &call, CALL_CHANGE, true, &s.reply, &s.err));
	scripted_stop(&s.server);
	EXPECT(s.server.requests == 2 && s.err.kind == ERR_UNKNOWN && s.reply.doubt);
	stage_close(&s);
	EXPECT(clock_now() - start < 20000);
	return APART_PASSED;
}

/* It is waited, on the real clock, for as long as the server asks. */
static int the_servers_word_is_waited_for(void)
{
	static const enum act acts[] = {THROTTLE_A_SECOND, GOOD, OVER};
	struct stage s;
	int64_t start;

	stage_open(&s, acts, 1, 60000);
	scripted_start(&s.server);
	start = clock_now();
	EXPECT(call_run(&s.caller, &call, CALL_ONCE, true, &s.reply, &s.err));
	EXPECT(clock_now() - start >= 1000);
	EXPECT(clock_now() - start < 10000);
	EXPECT(str_is(call_body(&s.caller), "{}"));
	EXPECT(s.err.kind == ERR_NONE);
	stage_close(&s);
	return APART_PASSED;
}

static int run_interrupted(const enum act *acts, enum call_effect effect, const char *says)
{
	int64_t start = clock_now();
	struct stage s;

	stage_open(&s, acts, 4, 60000);
	scripted_start(&s.server);
	EXPECT(!call_run(&s.caller, &call, effect, true, &s.reply, &s.err));
	scripted_stop(&s.server);
	EXPECT(s.err.kind == ERR_INTERRUPTED && err_exit_code(&s.err) == 128 + SIGTERM);
	EXPECT(s.server.requests == 1);
	EXPECT(clock_now() - start < 10000);
	/* an old answer is not the news; the interruption is, and what is not known */
	EXPECT(!s.reply.answered && s.reply.status == 0 && s.reply.doubt);
	EXPECT((strstr(s.err.text, "it is not known whether the change was made") != NULL) ==
		(says != NULL));
	stage_close(&s);
	return APART_PASSED;
}

static int a_signal_ends_an_exchange(void)
{
	static const enum act acts[] = {STOP_THEN_DROP, OVER};

	return run_interrupted(acts, CALL_READ, NULL);
}

static int a_signal_ends_a_change_in_doubt(void)
{
	static const enum act acts[] = {STOP_THEN_DROP, OVER};

	return run_interrupted(acts, CALL_CHANGE, "unknown");
}

static int a_signal_ends_a_wait(void)
{
	static const enum act acts[] = {STOP_THEN_UNAVAILABLE, OVER};

	return run_interrupted(acts, CALL_READ, NULL);
}

static int a_signal_ends_a_wait_in_doubt(void)
{
	static const enum act acts[] = {STOP_THEN_UNAVAILABLE, OVER};

	return run_interrupted(acts, CALL_CHANGE, "unknown");
}

static int nothing_is_sent_after_a_signal(void)
{
	static const enum act acts[] = {GOOD, OVER};
	struct stage s;

	stage_open(&s, acts, 4, 60000);
	scripted_start(&s.server);
	raise(SIGTERM);
	EXPECT(!call_run(&s.caller, &call, CALL_CHANGE, true, &s.reply, &s.err));
	EXPECT(s.err.kind == ERR_INTERRUPTED && !s.reply.doubt);
	EXPECT(strstr(s.err.text, "not known") == NULL);
	stage_close(&s);
	EXPECT(s.server.requests == 0);
	return APART_PASSED;
}

static unsigned shown;

static bool show(const struct message_origin *o, const struct message_call *c, struct err *e)
{
	shown++;
	if (c->path.n == 0)
		return err_set(e, ERR_OUTPUT, "full");
	return str_is(o->token, "sntryi_0123456789") && str_is(c->path, "Users/1");
}

static int a_dry_run_shows_and_sends_nothing(void)
{
	static const enum act acts[] = {GOOD, OVER};
	const struct message_call nowhere = {.method = str_of("GET")};
	struct stage s;

	stage_open(&s, acts, 4, 2);
	s.caller.show = show;
	scripted_start(&s.server);
	EXPECT(!call_run(&s.caller, &call, CALL_CHANGE, true, &s.reply, &s.err));
	EXPECT(s.reply.shown && s.reply.status == 0 && s.err.kind == ERR_NONE && shown == 1);
	EXPECT(!call_run(&s.caller, &nowhere, CALL_READ, true, &s.reply, &s.err));
	EXPECT(!s.reply.shown && s.err.kind == ERR_OUTPUT);
	stage_close(&s);
	EXPECT(s.server.requests == 0);
	return APART_PASSED;
}

/* The same 404 means two things, and the same 409 three. */
static int the_question_is_part_of_the_answer(void)
{
	static const enum act missing[] = {MISSING, OVER}, conflict[] = {CONFLICT, OVER};
	const struct message_call post = {
		.method = str_of("POST"), .path = str_of("Users"), .body = str_of("{}")};
	char item_hint[sizeof(((struct err *)0)->hint)];
	struct stage s;

	stage_open(&s, missing, 0, 2);
	scripted_start(&s.server);
	EXPECT(!call_run(&s.caller, &call, CALL_READ, true, &s.reply, &s.err));
	memcpy(item_hint, s.err.hint, sizeof(item_hint));
	EXPECT(strstr(item_hint, "no such resource") != NULL);
	EXPECT(!call_run(&s.caller, &call, CALL_READ, false, &s.reply, &s.err));
	EXPECT(strstr(s.err.hint, "--url") != NULL);
	EXPECT(strcmp(s.err.hint, item_hint) != 0);
	stage_close(&s);

	stage_open(&s, conflict, 0, 2);
	scripted_start(&s.server);
	EXPECT(!call_run(&s.caller, &post, CALL_ONCE, false, &s.reply, &s.err));
	EXPECT(s.err.kind == ERR_EXISTS && s.reply.answer.class == ANSWER_EXISTS);
	EXPECT(!call_run(&s.caller, &call, CALL_CHANGE, true, &s.reply, &s.err));
	EXPECT(s.err.kind == ERR_REFUSED);
	stage_close(&s);
	return APART_PASSED;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		apart_test(every_failure_is_repeated_as_often_as_is_safe),
		apart_test(what_came_before_decides_too),
		apart_test(nobody_there_leaves_no_doubt),
		apart_test(a_request_that_cannot_be_written_is_tried_once),
		apart_test(a_wait_that_is_too_long_is_not_begun),
		apart_test(the_servers_word_is_waited_for),
		apart_test(a_signal_ends_an_exchange),
		apart_test(a_signal_ends_a_change_in_doubt),
		apart_test(a_signal_ends_a_wait),
		apart_test(a_signal_ends_a_wait_in_doubt),
		apart_test(nothing_is_sent_after_a_signal),
		apart_test(a_dry_run_shows_and_sends_nothing),
		apart_test(the_question_is_part_of_the_answer),
	};

	return cmocka_run_group_tests_name("call", tests, NULL, NULL);
}
