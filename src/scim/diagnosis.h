/*
 * What `doctor` finds: one finding a step, from the settings to the rate limits, and what the
 * server's answers mean for them. Without any I/O: whoever connects and asks hands over what came
 * of it. A step is open until something is known about it; whether it makes sense to go on after a
 * failure is for the one who asks to say, with diagnosis_close().
 *
 *     GET Users    listed --> GET Groups, GET ServiceProviderConfig
 *                  a 403 that gives no reason --> GET members/1/ of Sentry's other API, where the
 *                      token needs the same scope and the organization needs no SCIM
 *                  anything else: it is known what is wrong
 */
#ifndef SENTRY_SCIM_SCIM_DIAGNOSIS_H
#define SENTRY_SCIM_SCIM_DIAGNOSIS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/http_response.h"
#include "scim/answer.h"

enum diagnosis_step {
	DIAGNOSIS_SETTINGS,   /* complete and usable, certificates of CAs and client included */
	DIAGNOSIS_CLOCK,      /* this machine's, as far as it can be judged alone */
	DIAGNOSIS_NAME,       /* addresses of the server, or of the proxy before it */
	DIAGNOSIS_ROUTE,      /* which of them this machine has a way to */
	DIAGNOSIS_CONNECTION, /* TCP */
	DIAGNOSIS_PROXY,      /* the way through it, or that there is none */
	DIAGNOSIS_TLS,        /* version, suite, chain, dates, who vouched */
	DIAGNOSIS_HTTP,       /* an answer that comes from an API */
	DIAGNOSIS_TOKEN,      /* known there */
	DIAGNOSIS_SCOPES,     /* what it may do, as far as reading tells */
	DIAGNOSIS_SCIM,       /* the organization, with SCIM switched on */
	DIAGNOSIS_LIMITS,     /* of rate, as the answer's fields tell them */
	DIAGNOSIS_STEPS
};

enum diagnosis_state {
	DIAGNOSIS_OPEN, /* nothing is known yet */
	DIAGNOSIS_OK,
	DIAGNOSIS_WARNING, /* works, but look at it */
	DIAGNOSIS_FAILED,
	DIAGNOSIS_SKIPPED /* a step before it failed */
};

struct finding {
	enum diagnosis_state state;
	struct err why;    /* when FAILED */
	int64_t ms;        /* that the step took; 0: no time worth telling */
	char summary[512]; /* what was found; cut, never overrun */
	char advice[384];  /* what to do, may be empty */
	struct buf facts;  /* owned: pairs of a name and a value, each ended by NUL */
};

struct diagnosis {
	struct finding steps[DIAGNOSIS_STEPS];
};

void diagnosis_init(struct diagnosis *d);
void diagnosis_wipe(struct diagnosis *d);
/* "settings", "clock", ... */
const char *diagnosis_step_name(enum diagnosis_step step);
/* "ok", "warning", "failed", "skipped" */
const char *diagnosis_state_name(enum diagnosis_state state);
/* The first step that failed, or DIAGNOSIS_STEPS. */
enum diagnosis_step diagnosis_failure(const struct diagnosis *d);
/* That of the first failure; 0 without one. */
int diagnosis_exit_code(const struct diagnosis *d);
/* Nothing more will be found out: what is open is skipped. */
void diagnosis_close(struct diagnosis *d);

/* A finding that failed stays as it is. Texts of several warnings are joined, the first advice
   counts. */
void finding_ok(struct finding *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
void finding_warn(struct finding *f, const char *advice, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void finding_fail(struct finding *f, const struct err *e);
void finding_skip(struct finding *f, const char *why);
/* Adds evidence. VALUE is cut after some 2,000 bytes. */
void finding_fact(struct finding *f, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The next fact, *AT being 0 at first; false at the end. Valid until one is added. */
bool finding_next_fact(const struct finding *f, size_t *at, const char **name, const char **value);

/* NOW is the machine's clock, BUILT when what is compiled into the program was made (0: unknown),
   ASSUMED whether certificates are judged by another time. */
void diagnosis_clock(struct diagnosis *d, int64_t now, int64_t built, bool assumed);
/* Compares the answer's Date with the machine's clock at its arrival. */
void diagnosis_date(struct diagnosis *d, const struct http_response *r, int64_t now);
/* For F a certificate called WHAT that is valid up to NOT_AFTER, as of NOW: days left, warned of
   when they are few. */
void diagnosis_expiry(struct finding *f, const char *what, int64_t not_after, int64_t now);

enum diagnosis_next {
	DIAGNOSIS_ASK_MORE,   /* members can be listed: teams and discovery are worth asking for */
	DIAGNOSIS_TELL_APART, /* ask the other API, then diagnosis_apart() */
	DIAGNOSIS_ENOUGH
};
/* The answer to a request made without token or organization: only that there is one counts. */
void diagnosis_reached(struct diagnosis *d, const struct http_response *r, struct str body);
/* The answer to GET Users; its rate limits too. */
enum diagnosis_next diagnosis_users(struct diagnosis *d, const struct http_response *r,
	struct str body, const struct answer_question *question);
/* The answer of Sentry's other API after a 403 that gave no reason; R is NULL when none came. */
void diagnosis_apart(struct diagnosis *d, const struct http_response *r, struct str body);
/* The answer to GET Groups; R is NULL when none came. */
void diagnosis_teams(struct diagnosis *d, const struct http_response *r, struct str body,
	const struct answer_question *question);
/* The answer to GET ServiceProviderConfig; R is NULL when none came. */
void diagnosis_provider(struct diagnosis *d, const struct http_response *r, struct str body);

#endif
