/*
 * How bytes travel: plain, or in TLS 1.2 and 1.3 over mbedTLS, which is included nowhere else. All
 * calls return at once; a caller waits for the descriptor in between.
 */
#ifndef SENTRY_SCIM_SERVER_TRANSPORT_H
#define SENTRY_SCIM_SERVER_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

enum flow {
	FLOW_OK,
	FLOW_READ,  /* wait until the descriptor can be read */
	FLOW_WRITE, /* wait until it can be written */
	FLOW_END,   /* the client has said that it is done */
	FLOW_FAIL   /* broken; nothing more will come or go */
};

struct tls_setup;

/*
 * Loads chain and key from PEM files, and the authorities that client certificates must come from
 * when CLIENT_CA is not NULL. Ends the program on any fault.
 */
struct tls_setup *tls_setup_new(
	const char *chain, const char *key, const char *client_ca, bool only_1_2);
void tls_setup_free(struct tls_setup *s);

struct transport;

/* Over FD, which stays the caller's; SETUP is NULL for plain. */
struct transport *transport_new(int fd, struct tls_setup *setup);
void transport_free(struct transport *t);

/* Goes on with the handshake; FLOW_OK when there is none or it is complete. */
enum flow transport_handshake(struct transport *t);
/* Whether the client speaks plain text where TLS is expected; known before the handshake begins. */
bool transport_is_plain_by_mistake(const struct transport *t);
/* Reads up to LEN bytes, at least one with FLOW_OK. */
enum flow transport_read(struct transport *t, char *data, size_t len, size_t *got);
/* Writes some of LEN bytes, at least one with FLOW_OK. After FLOW_READ or FLOW_WRITE the same bytes
   must be offered again, or more. */
enum flow transport_write(struct transport *t, const char *data, size_t len, size_t *put);
/* Says goodbye in TLS; nothing to do in plain. */
void transport_close_notify(struct transport *t);

#endif
