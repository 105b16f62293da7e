/*
 * PEM files (RFC 7468) as a stream: finds the certificates in a bundle that arrives in pieces and
 * decodes each as it comes, into one buffer. Text around and between them (comments, other labels)
 * is passed over, as bundles carry plenty.
 */
#ifndef SENTRY_SCIM_CODEC_PEM_H
#define SENTRY_SCIM_CODEC_PEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"
#include "codec/base64.h"

enum pem_step {
	PEM_MORE,        /* all bytes used, no certificate complete */
	PEM_CERTIFICATE, /* DER holds one; feed the rest of the bytes to go on */
	PEM_SPOILT       /* a certificate block was not base64 or too large: it is skipped; go on */
};

struct pem {
	struct buf *der; /* not owned; its maximum bounds a certificate */
	struct base64_decoder decoder;
	bool inside;     /* between BEGIN and END lines of a certificate */
	bool spoilt;     /* the block under way cannot be used */
	bool skip;       /* nobody wants the block under way */
	char line[64];   /* private: the start of the line under way */
	size_t line_len; /* private: its length so far, may pass the array */
};

void pem_init(struct pem *p, struct buf *der);
/* Takes bytes from DATA, sets *USED to how many. */
enum pem_step pem_feed(struct pem *p, const char *data, size_t len, size_t *used);
/* Gives up the block under way, if there is one: it is passed over undecoded and not reported. */
void pem_skip(struct pem *p);
/* Whether the input ended inside a certificate block. */
bool pem_cut(const struct pem *p);

#endif
