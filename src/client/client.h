/*
 * One connection, driven to the end of each exchange: what a command that makes one request after
 * another uses. Waits in poll(2) only, and ends early when the process is told to stop.
 */
#ifndef SENTRY_SCIM_CLIENT_CLIENT_H
#define SENTRY_SCIM_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "client/conn.h"
#include "client/message.h"
#include "client/provision.h"
#include "client/route.h"

struct client {
	struct route *route;
	const struct message_origin *origin;
	struct conn conn;
	struct buf request; /* owned: holds the token while an exchange is under way */
};

void client_init(struct client *c, struct route *route, const struct message_origin *origin);
void client_wipe(struct client *c);
/*
 * One exchange, once, without repetition. ANSWERED: the response is in c->conn.response and
 * c->conn.body until the next call. Otherwise *E says what happened, and the answer whether bytes
 * may have been sent. Nothing is begun once the process has been told to stop.
 */
enum provision_end client_exchange(
	struct client *c, const struct message_call *call, struct err *e);
/* Waits MS milliseconds; false with ERR_INTERRUPTED when told to stop. */
MUST_USE bool client_wait(struct client *c, int64_t ms, struct err *e);
/* Runs P to its end, with notes on waits and repetitions. */
void client_provision(struct client *c, struct provision *p);

#endif
