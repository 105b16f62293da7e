/*
 * What the files of sys/tls share: tls_config.c (what is offered, trusted and shown), tls.c (one
 * connection), tls_issuer.c (trust anchors for the library), tls_key.c (keys under a passphrase),
 * tls_verify.c (whether the peer is who it should be) and tls_explain.c (failures in words).
 * Nothing else in the program sees mbedTLS.
 */
#ifndef SENTRY_SCIM_SYS_TLS_PRIVATE_H
#define SENTRY_SCIM_SYS_TLS_PRIVATE_H

#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#if MBEDTLS_VERSION_NUMBER < 0x03060700
#error "mbedTLS before 3.6.7 takes leaves for CAs and signatures that were not offered"
#endif

#include "codec/hello_guard.h"
#include "sys/tls.h"

struct tls_config {
	mbedtls_ssl_config ssl;
	mbedtls_x509_crt own; /* the client's certificate chain */
	mbedtls_pk_context key;
	const struct trust *trust;
	unsigned pin_count;
	uint8_t pins[LIMIT_PINS][TLS_PIN_BYTES];
	bool assume_time;
	/* Whose handshake is under way: the library's question for an issuer comes without saying.
	 */
	struct tls *shaking;
};

/*
 * What verification has found out, certificate by certificate from the root down to the leaf. Of
 * several objections the gravest is kept for the message.
 */
struct tls_verdict {
	bool complete;    /* the leaf has been looked at: the verdict stands */
	bool pinned;      /* a key of the chain is among the pins */
	uint32_t flags;   /* MBEDTLS_X509_BADCERT_*: all objections so far; 0 is acceptance */
	unsigned gravity; /* of OBJECTION; 0 when there is none */
	struct err objection;
	unsigned candidates; /* certificates of the issuer's name at the last question */
	/* Name constraints of the CAs met so far. They point into certificates that live as long as
	   the verification. */
	unsigned constraint_count;
	struct str constraints[MBEDTLS_X509_MAX_INTERMEDIATE_CA + 2];
	struct buf chain; /* a struct tls_certificate each, root first */
};

#define TLS_SOUGHT_MAX (MBEDTLS_X509_MAX_INTERMEDIATE_CA + 2)

/*
 * Trust anchors found for the chain under verification. The library asks for one issuer after the
 * other; one pass through the sources finds those of all certificates that the server has sent.
 */
struct tls_anchors {
	/* Names looked for and not handed out yet (else empty); they point into the server's chain.
	 */
	struct str sought[TLS_SOUGHT_MAX];
	unsigned sought_count;
	bool starved;            /* out of memory: FOUND lacks some */
	mbedtls_x509_crt *found; /* owned list; each is the first member of a struct tls_anchor */
	const mbedtls_x509_crt *lent; /* the list handed out last, the library's until it asks again
				       */
};

/* A trust anchor as the library has it, and where it is from. */
struct tls_anchor {
	mbedtls_x509_crt crt; /* first member: the library frees the whole by it */
	const struct trust_source *source;
};

struct tls {
	struct wire wire;
	struct wire *below;
	struct tls_config *config;
	mbedtls_ssl_context ssl;
	struct hello_guard guard;
	bool done;              /* the handshake is complete and accepted */
	bool stalled;           /* the wire below said IO_WANT_READ or IO_WANT_WRITE */
	bool broken;            /* an earlier call failed: nothing more is read or written */
	unsigned char first[8]; /* what the server sent first, to tell what it speaks */
	unsigned first_len;
	struct err unheard; /* set once the peer takes nothing any more, which it may explain */
	struct err fault;   /* why a callback gave up; says more than the library's code */
	struct tls_anchors anchors;
	struct tls_verdict verdict;
	char host[LIMIT_HOST + 1];
};

static inline struct str tls_slice(const mbedtls_x509_buf *b)
{
	return str_from((const char *)b->p, b->len);
}

/*
 * Appends the PKCS#8 key (DER, with padding behind it) that the first ENCRYPTED PRIVATE KEY of PEM
 * holds. A wrong PASSPHRASE gives other bytes. False when there is none, when it is encrypted in
 * another way than codec/pbes2 knows, or for lack of memory.
 */
bool tls_key_decrypt(struct str pem, struct str passphrase, struct buf *plain);
/* Parses DER as a trust anchor; the library's code. */
int tls_parse_anchor(mbedtls_x509_crt *crt, struct str der);
/* Callback for mbedtls_ssl_conf_ca_cb; the context is the configuration. */
int tls_find_issuer(void *context, const mbedtls_x509_crt *child, mbedtls_x509_crt **candidates);
/*
 * The trust source that holds the leaf itself, byte for byte, or NULL: a server with a self-signed
 * certificate is trusted that way, whether it calls itself a CA or not.
 */
const struct trust_source *tls_trusts_itself(struct tls *t, const mbedtls_x509_crt *leaf);
/* The source of CRT if it is one of the anchors handed out last, else NULL. */
const struct trust_source *tls_source_of(const struct tls_anchors *a, const mbedtls_x509_crt *crt);
void tls_anchors_wipe(struct tls_anchors *a);

/* Callback for mbedtls_ssl_set_verify; the context is the connection. */
int tls_judge(void *context, mbedtls_x509_crt *crt, int depth, uint32_t *flags);
/* Objections that the library made after tls_judge(), to the leaf's key or its usage. */
void tls_judge_late(struct tls *t, uint32_t flags);
void tls_verdict_wipe(struct tls_verdict *v);

/* Whether cipher suite ID is among those offered. */
bool tls_suite_is_offered(int id);
/* Sets E for the library's CODE (negative); always IO_FAIL. */
enum io tls_explain(struct tls *t, int code, struct err *e);

#endif
