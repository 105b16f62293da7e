/*
 * One connection as a state machine that never waits: it is advanced when its descriptor is ready
 * or its time has come, goes as far as it can, and says what it waits for next.
 */
#ifndef SENTRY_SCIM_SERVER_CONNECTION_H
#define SENTRY_SCIM_SERVER_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "server.h"

#define NEVER INT64_MAX

enum phase {
	PHASE_HANDSHAKE, /* TLS is being set up; afterwards READING */
	PHASE_READING,   /* waits for a request; afterwards DELAYED */
	PHASE_DELAYED,   /* the answer is ready and not due yet; afterwards WRITING */
	PHASE_WRITING,   /* the answer is on its way; afterwards what `ending` says */
	PHASE_STALLED,   /* open and silent until the client goes */
	PHASE_LINGERING, /* our side is closed; waits for the client's, for a while */
	PHASE_DEAD       /* to be freed */
};

struct connection {
	int fd;
	uint64_t id;
	enum phase phase;
	struct transport *transport;
	struct request request;
	struct buf in;      /* bytes that came and were not looked at yet */
	struct buf out;     /* the answer */
	size_t sent, limit; /* bytes of it that are out, and that may go out at all */
	enum ending ending;
	bool keep;             /* AS_USUAL: another request may follow */
	bool under_way;        /* a request that counts waits for its answer to be out */
	struct bucket *bucket; /* counts the request as under way, or NULL */
	uint64_t per_second;   /* speed of the answer; 0: as fast as it goes */
	int64_t due_ms;        /* DELAYED: when it may go; WRITING: when it began to */
	int64_t since_ms;      /* READING and LINGERING: since when */
	short events;          /* what to poll for */
	int64_t wake_ms;       /* when to go on at the latest */
};

/* Takes over FD. */
struct connection *connection_new(struct server *s, int fd);
/* Closes at once, whatever is under way; says goodbye in TLS where that makes sense. */
void connection_free(struct connection *c);
/* Goes on; NOW is the monotonic time. Afterwards `events` and `wake_ms` hold, or it is DEAD. */
void connection_advance(struct server *s, struct connection *c, int64_t now);

/* A request that takes effect only after its connection is gone. */
struct deferred {
	int64_t due_ms;
	int64_t stale_ms;
	struct request request;
};
void deferred_run(struct server *s, struct deferred *d);

#endif
