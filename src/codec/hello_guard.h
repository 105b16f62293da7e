/*
 * A guard in front of the TLS library: the first bytes that a server sends are looked at before the
 * library sees them, and a ServerHello whose legacy_version is not 0x0303 is refused (RFC 8446
 * 4.1.3 and 4.2.1 allow no other value in TLS 1.2 and 1.3). mbedTLS 3.2 to 3.6.7 with both
 * versions enabled take a ServerHello with 0x0304 and without supported_versions for a TLS 1.3 one
 * and go on without keys (CVE-2026-115490). Works however the message is cut into records and
 * reads, and goes on after a HelloRetryRequest, which is followed by a second ServerHello.
 */
#ifndef SENTRY_SCIM_CODEC_HELLO_GUARD_H
#define SENTRY_SCIM_CODEC_HELLO_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hello_guard_state {
	HELLO_GUARD_RECORD,  /* in a record header */
	HELLO_GUARD_PAYLOAD, /* in a record's payload */
	HELLO_GUARD_DONE,    /* the final ServerHello has passed: nothing is looked at any more */
	HELLO_GUARD_REFUSED  /* a forged or impossible ServerHello; final */
};

struct hello_guard {
	enum hello_guard_state state;
	uint8_t record[5];           /* the record header under way */
	unsigned record_len;         /* bytes of it so far */
	unsigned payload;            /* bytes left in the record */
	uint8_t message[4 + 2 + 32]; /* handshake header, legacy_version, random */
	unsigned message_len;        /* bytes of it so far */
	uint32_t skip;               /* bytes of the message behind what is kept */
};

void hello_guard_init(struct hello_guard *g);
/*
 * Looks at LEN bytes from the server. False: they must not reach the library and the connection
 * must be given up. True otherwise, and at once when the guard is done.
 */
bool hello_guard_feed(struct hello_guard *g, const uint8_t *data, size_t len);

#endif
