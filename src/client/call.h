/*
 * One request to its final answer: sent, waited for, repeated where that is safe and the policy
 * allows it. What is safe depends on what a second execution would do, which is the caller's to
 * say.
 */
#ifndef SENTRY_SCIM_CLIENT_CALL_H
#define SENTRY_SCIM_CLIENT_CALL_H

#include <stdbool.h>

#include "base/err.h"
#include "client/client.h"
#include "client/message.h"
#include "client/retry.h"
#include "scim/answer.h"

enum call_effect {
	CALL_READ,   /* changes nothing */
	CALL_CHANGE, /* a second execution changes nothing more: repeated, also in doubt */
	CALL_ONCE    /* must not be executed twice: in doubt the caller has to look */
};

/* What a command's calls have in common. */
struct caller {
	struct client *client;
	struct retry_policy policy;
	struct answer_question question; /* `creates` and `item` are set by each call */
	/* For a dry run, else NULL: shows the request instead of sending it. */
	bool (*show)(
		const struct message_origin *o, const struct message_call *call, struct err *e);
};

struct reply {
	bool shown;    /* a dry run: the request was shown, nothing was sent, there is no error */
	bool answered; /* a complete answer is in the client: `status`, call_body() */
	int status;    /* 0 unless answered */
	bool doubt;    /* an attempt before the last, or the last if there is no success, may have
			  been executed */
	struct answer answer;
};

/*
 * True for a 2xx. Otherwise *E says what happened: the kind by the answer's meaning; ERR_GAVE_UP
 * when reading was not answered in time; ERR_UNKNOWN for a change in doubt; else why nothing could
 * be sent. ITEM: the path names one resource. In a dry run always false, with `shown` set.
 */
MUST_USE bool call_run(struct caller *c, const struct message_call *call, enum call_effect effect,
	bool item, struct reply *reply, struct err *e);
/* The body of the last answer; until the next call. */
struct str call_body(const struct caller *c);

#endif
