/*
 * TLS 1.2 and 1.3 as a client (RFC 5246, RFC 8446), over mbedTLS, whose headers are included
 * nowhere else. Peer and host name are always verified; there is no switch to turn that off. On
 * top of the library stand checks of our own: the guard of codec/hello_guard.h; names by RFC 9525
 * (codec/host_match.h) with a subjectAltName required; name constraints, which the library ignores
 * (codec/name_constraints.h); extendedKeyUsage of CAs; public-key pins. Only ECDHE with AEAD
 * suites, SHA-256 and up, RSA of 2048 bits and up, and the curves X25519, P-256 and P-384 are
 * offered. ALPN is "http/1.1". A chain may come in any order. Not known here: revocation.
 */
#ifndef SENTRY_SCIM_SYS_TLS_H
#define SENTRY_SCIM_SYS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "sys/trust.h"
#include "sys/wire.h"

#define TLS_PIN_BYTES 32

struct tls_options {
	const struct trust *trust;   /* must outlive the configuration */
	struct str certificate, key; /* PEM of a client certificate chain and its key, or empty */
	const char *certificate_name, *key_name; /* their files, for messages */
	struct str passphrase;                   /* of the key, if it is encrypted; or empty */
	unsigned pin_count; /* SHA-256 of a SubjectPublicKeyInfo; one must be in the chain */
	uint8_t pins[LIMIT_PINS][TLS_PIN_BYTES];
	bool assume_time; /* judge certificates at ASSUMED instead of now */
	int64_t assumed;  /* seconds since 1970 */
};

/* What all connections of a process share. */
struct tls_config;

/*
 * Checks the options, loads the client certificate, makes sure that every named trust source holds
 * a usable certificate. ERR_CONFIG for what the user can mend, ERR_MEMORY, ERR_SYSTEM without
 * entropy. How many certificates of those sources are skipped as unusable goes to *SKIPPED (may be
 * NULL). NULL on failure.
 */
struct tls_config *tls_config_new(
	const struct tls_options *options, unsigned *skipped, struct err *e);
void tls_config_free(struct tls_config *c);

/* One connection, a wire. */
struct tls;

/*
 * A connection to HOST (a name or an IP literal, without brackets, final dot or zone id; a literal
 * is not sent as SNI, RFC 6066 3) over BELOW, a wire that is connected and must outlive this.
 */
struct tls *tls_new(struct tls_config *c, struct wire *below, struct str host, struct err *e);
/* Wipes and releases; does not touch the wire below. */
void tls_free(struct tls *t);
struct wire *tls_wire(struct tls *t);

/*
 * Goes on with the handshake; IO_OK when it is complete, verified and within what was offered.
 * Until then nothing can be written. ERR_CERTIFICATE names what is wrong and what to do: expired or
 * not yet valid (both dates, this machine's clock), unknown issuer (its name, where it was looked
 * for), other host name (the certificate's names), weak key or signature, not for servers, pin not
 * met. ERR_TLS for the rest, in words, with the alert where there was one.
 */
enum io tls_handshake(struct tls *t, struct err *e);
/* Says goodbye (close_notify) as far as that goes without waiting. */
void tls_close_notify(struct tls *t);
/* Whether decrypted bytes wait inside, so that polling the descriptor alone would miss them. */
bool tls_pending(const struct tls *t);

/* "TLSv1.3, TLS1-3-AES-128-GCM-SHA256, ALPN http/1.1" and the like, for -v. */
void tls_describe(const struct tls *t, struct buf *out);
/* One line a certificate of the peer's chain, leaf first, and the root that vouched for it. */
void tls_describe_chain(const struct tls *t, struct buf *out);

/* A certificate that verification has met. */
#define TLS_NAME_TEXT 128
#define TLS_KEY_TEXT  32
struct tls_certificate {
	char subject[TLS_NAME_TEXT], issuer[TLS_NAME_TEXT]; /* "Common Name (Organization)" */
	char key[TLS_KEY_TEXT];                             /* "EC 256 bits" */
	int64_t not_before, not_after;                      /* seconds since 1970 */
	/* Where the trust in it is from; NULL unless it is an anchor. An embedded one has no dates
	   of its own. */
	const struct trust_source *source;
};
/*
 * The certificate at INDEX, 0 being the leaf, the last one the root that vouched for it if one did;
 * false when there are not so many. Also tells, after a handshake that failed, what the peer has
 * shown as far as it was looked at.
 */
bool tls_certificate(const struct tls *t, unsigned index, struct tls_certificate *out);

/*
 * What mbedTLS finds out when it is first needed, and keeps for the process: to be called once
 * before threads share it.
 */
void tls_settle(void);
/* mbedTLS's version, for `version`. */
const char *tls_library(void);
/* Parses "sha256//BASE64" into PIN. */
bool tls_parse_pin(struct str text, uint8_t pin[static TLS_PIN_BYTES]);

#endif
