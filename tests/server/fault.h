/*
 * Faults on order. A rule says which requests it is about and what goes wrong with them:
 *
 *   METHOD PREFIX[#WHICH]=ACTION[,ACTION...]
 *
 * METHOD may be "*". PREFIX is compared with the start of the target as it was sent, below
 * ".../scim/v2/", below ".../organizations/SLUG/" or, if it begins with '/', all of it; "*" is
 * everything. WHICH counts the requests that match: #3 the third, #2-4, #2+ from the second on, #%5
 * every fifth. Actions are parted by commas outside single quotes. tests/server/README.md lists
 * them.
 */
#ifndef SENTRY_SCIM_SERVER_FAULT_H
#define SENTRY_SCIM_SERVER_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "reply.h"

/* What becomes of the connection once the bytes are out. */
enum ending {
	END_AS_USUAL, /* keep-alive or close, as HTTP has it */
	END_CLOSE,    /* FIN, without close_notify */
	END_RESET,    /* RST */
	END_STALL     /* stays open and silent */
};

/* Whose answer goes out. */
enum stand_in {
	STAND_IN_NONE,        /* the application's own */
	STAND_IN_CRASH,       /* 500 of the application */
	STAND_IN_PAGE,        /* a web server's page for `status` */
	STAND_IN_STATUS,      /* `status`, with `file` as its body */
	STAND_IN_LOGIN,       /* 200 and a login page */
	STAND_IN_REDIRECT,    /* `status` and `location` */
	STAND_IN_GATEWAY,     /* 503 of sentry.io's own proxy */
	STAND_IN_MAINTENANCE, /* 503 of a server being maintained */
	STAND_IN_RATE,        /* 429 with the limiter's fields */
	STAND_IN_CONCURRENCY,
	STAND_IN_BARE,    /* 429 of old servers, without fields */
	STAND_IN_GARBAGE, /* bytes that are no HTTP */
	STAND_IN_RAW      /* the bytes of `file` */
};

enum framing {
	FRAMING_AS_USUAL,
	FRAMING_LENGTH,
	FRAMING_CHUNKED,
	FRAMING_TRAILERS, /* chunked, with extensions and trailer fields */
	FRAMING_NONE      /* the end of the connection ends the body */
};

/* All that is to go wrong with one request. */
struct effect {
	bool any;        /* some rule applies */
	bool skip;       /* the application does not see the request... */
	int64_t late_ms; /* ... until this much later; -1: never */
	bool silent;     /* no byte is sent */
	enum stand_in stand_in;
	int status;
	const char *text; /* file or location; owned by the rule */
	enum ending ending;
	int64_t cut;         /* bytes to send before the ending; -1: all */
	uint64_t per_second; /* bytes; 0: as fast as it goes */
	uint64_t delay_ms;
	enum framing framing;
	int64_t wrong_by; /* added to Content-Length */
	bool has_wrong_length;
	bool interim; /* 100 and 103 go first */
	uint64_t pad; /* blanks fill the body up to this size */
	bool no_date;
	bool extra; /* a second message follows, unasked */
	bool close; /* Connection: close */
	int64_t stale_ms;
	struct buf fields; /* owned: lines to add */
	struct buf words;  /* owned: the actions, for the log */
};

struct fault; /* one rule */

struct faults {
	struct fault **rules;
	size_t count;
};

/* Adds a rule; ends the program, saying what is wrong, when SPEC is none. SPEC must outlive it. */
void faults_add(struct faults *f, const char *spec);
void faults_wipe(struct faults *f);

/* Counts the request in every rule and gathers what those that are due say, in their order. */
void faults_gather(struct faults *f, struct str method, struct str target, struct effect *out);
void effect_wipe(struct effect *e);

#endif
