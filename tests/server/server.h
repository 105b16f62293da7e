/*
 * The loop: one thread, one poll(), any number of connections. Waits of any kind (latency, stalls,
 * slow answers, changes that take effect late) are times at which a connection wakes, so they
 * overlap, and the order in which requests change the state is the order in which they arrived.
 */
#ifndef SENTRY_SCIM_SERVER_SERVER_H
#define SENTRY_SCIM_SERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "api.h"
#include "fault.h"
#include "record.h"
#include "transport.h"

struct connection;
struct deferred;

struct server {
	struct api api;
	struct faults faults;
	struct record record;
	struct tls_setup *tls; /* NULL: plain */
	uint64_t max_requests; /* 0: no end */
	uint64_t idle_close;   /* milliseconds; 0: connections stay */
	int listener;
	struct connection **connections;
	size_t connection_count;
	uint64_t next_connection;
	struct deferred **deferred;
	size_t deferred_count;
	uint64_t finished; /* requests whose answer is out, or will never be */
};

void server_init(struct server *s);
void server_wipe(struct server *s);

/*
 * Listens on WHERE, "ADDRESS:PORT" or "unix:PATH"; says so on stdout, and in PORT_FILE if it is not
 * NULL. Ends the program when that cannot be.
 */
void server_listen(struct server *s, const char *where, const char *port_file);
/* Serves until SIGTERM or SIGINT comes, or the last request is answered. */
void server_run(struct server *s);

#endif
