/*
 * Provisioning one member exactly once, as a machine without I/O: it says what to send next and how
 * long to wait before, and is told what came of it. A request that may have reached the server
 * without a complete answer is never repeated before a look-up has said what it did; a look-up that
 * cannot be had ends in ERR_UNKNOWN and nothing else. The same machine serves a single create and
 * every row of a roster.
 *
 *     POST --201--> done          POST --no answer, 502..504--> CONFIRM --found--> done, confirmed
 *     POST --exists--> as `if_exists` says: fail, or FIND        CONFIRM --absent--> POST again
 *     FIND --role differs, update--> PUT --role as asked--> done
 *
 * A member that a look-up finds with another role than the create asked for was there before.
 */
#ifndef SENTRY_SCIM_CLIENT_PROVISION_H
#define SENTRY_SCIM_CLIENT_PROVISION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "client/message.h"
#include "client/retry.h"
#include "codec/http_response.h"
#include "scim/answer.h"
#include "scim/user.h"

enum provision_if_exists { PROVISION_FAIL, PROVISION_OK, PROVISION_UPDATE };

enum provision_state {
	PROVISION_POST,    /* the create is to be sent */
	PROVISION_CONFIRM, /* a create may have been executed: ask whether the member is there */
	PROVISION_FIND,    /* the member exists: fetch it */
	PROVISION_PUT,     /* the existing member's role is to be changed */
	PROVISION_OVER     /* `outcome` tells */
};

enum provision_outcome {
	PROVISION_PENDING,
	PROVISION_CREATED, /* `resource` as the 201 brought it, or as the look-up did (confirmed) */
	PROVISION_EXISTED, /* `resource`; nothing was changed */
	PROVISION_UPDATED, /* `resource` with the role asked for */
	PROVISION_UNCHANGED, /* `resource`; it was as asked already */
	PROVISION_FAILED     /* `err`; `refusal` when the server's own words are to be shown */
};

/* How an exchange ended. */
enum provision_end {
	PROVISION_ANSWERED, /* a complete response */
	PROVISION_NOT_SENT, /* no byte of the request can have reached the server */
	PROVISION_NO_ANSWER /* some may have, and no complete response came */
};

struct provision_event {
	enum provision_end end;
	const struct http_response *response; /* when answered */
	struct str body;                      /* when answered */
	const struct err *err;                /* when not */
	uint32_t random;                      /* for jitter */
};

struct provision {
	/* the task; the strings must outlive the machine */
	struct str user_name, role, body;
	enum provision_if_exists if_exists;
	struct retry_policy policy;
	struct answer_question question; /* of the create */
	/* progress */
	enum provision_state state;
	unsigned posts;  /* repetitions of the create */
	unsigned tries;  /* repetitions of the request of another state */
	bool ambiguous;  /* a create was sent whose effect is not known */
	bool answered;   /* ... but it was answered, in a way that tells nothing: `err` is prepared
			    for the case that the look-up finds nobody */
	int64_t asked;   /* ms that the server wants to be left alone before the next create, or
			    RETRY_UNASKED */
	bool resumed;    /* by provision_resume(): the first create of this run is no repetition */
	bool put_sent;   /* a change of the role may have been executed */
	int64_t wait;    /* ms to wait before the next request */
	char why[200];   /* a note about the next request; empty when it goes without saying */
	struct buf path; /* owned: of the next request */
	struct buf put;  /* owned: body of the PUT */
	/* the end */
	enum provision_outcome outcome;
	bool confirmed;      /* created, known by look-up only */
	bool role_differs;   /* EXISTED or confirmed, with another role than was asked for */
	bool by_other_name;  /* the member was found by another of its addresses */
	struct buf resource; /* owned: the member as the server sent it, byte for byte */
	struct err err;      /* FAILED */
	bool unsettled;      /* FAILED, though the create may have been executed, or was: the server
				answered with what tells nothing, or that the member exists, and no
				look-up told more; or there was no memory for its answer. Another run
				must ask before it sends again, as after ERR_UNKNOWN */
	int status;          /* of the last refusal, 0 if none: its body is in `refusal` */
	struct buf refusal;  /* owned */
};

/* A machine that will create USER_NAME with request body BODY; ROLE is the one asked for, or empty.
   QUESTION tells what server and token there are. */
void provision_init(struct provision *p, struct str user_name, struct str role, struct str body,
	enum provision_if_exists if_exists, const struct retry_policy *policy,
	const struct answer_question *question);
void provision_wipe(struct provision *p);
/* An earlier run may have sent the create: to be called before anything else, begins with asking.
 */
void provision_resume(struct provision *p);
/* The next request, after p->wait ms; false when it is over. The call points into P. */
bool provision_next(struct provision *p, struct message_call *call);
/* What came of it. */
void provision_take(struct provision *p, const struct provision_event *event);

#endif
