/*
 * Trust anchors, found when they are needed. A verifier knows the name of the issuer it lacks; this
 * looks it up in PEM files, directories and the roots compiled into the binary, and hands over only
 * certificates of that name. Nothing is parsed at start and nothing is kept, so a bundle of 140
 * certificates costs the memory of one. Files are streamed in small pieces. An unusable certificate
 * in a bundle is skipped and counted.
 */
#ifndef SENTRY_SCIM_SYS_TRUST_H
#define SENTRY_SCIM_SYS_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum trust_kind {
	TRUST_FILE,     /* one PEM file with any number of certificates */
	TRUST_DIR,      /* every regular file in a directory, hashed names (c_rehash) or not; files
			   without a certificate are passed over */
	TRUST_EMBEDDED, /* Mozilla's roots, inside the binary */
	TRUST_BYTES     /* PEM in memory */
};

#define TRUST_SOURCES 8

struct trust_source {
	enum trust_kind kind;
	const char *path; /* not owned; NULL for TRUST_EMBEDDED, a name for TRUST_BYTES */
	struct str bytes; /* TRUST_BYTES; not owned */
	bool named;       /* the user named it: it must be readable and hold a usable certificate */
};

struct trust {
	unsigned count;
	struct trust_source sources[TRUST_SOURCES];
};

void trust_init(struct trust *t);
/* Adds a source; false with ERR_CONFIG when there is no room for it. Touches no file. */
MUST_USE bool trust_add(
	struct trust *t, enum trust_kind kind, const char *path, bool named, struct err *e);
/* The same for PEM that is in memory; always named. */
MUST_USE bool trust_add_bytes(struct trust *t, const char *name, struct str bytes, struct err *e);
/*
 * Adds what this machine has: the first of the usual bundle paths of Debian, Alpine, RHEL, SUSE and
 * OpenWrt that exists and is not empty, else the embedded roots. Answers the source chosen; NULL
 * when there is no room for it.
 */
const struct trust_source *trust_add_system(struct trust *t);

/* Called with the DER of a certificate, valid during the call. Answers whether to go on. */
typedef bool trust_visitor(void *context, const struct trust_source *source, struct str der);

struct trust_tally {
	unsigned seen;   /* certificates met */
	unsigned spoilt; /* blocks that are no base64 or no certificate */
};
/*
 * Visits the certificates whose subject is one of the COUNT Name elements SUBJECTS, in the order of
 * the sources; with COUNT 0 every certificate. Embedded roots come as stand-in certificates (see
 * codec/der.h). A source that cannot be read fails with ERR_CONFIG when it was named, and is
 * passed over otherwise. TALLY may be NULL.
 */
MUST_USE bool trust_visit(const struct trust *t, const struct str *subjects, size_t count,
	trust_visitor *visit, void *context, struct trust_tally *tally, struct err *e);
/* How the sources are called in messages: "/etc/ssl/cert.pem", "the roots compiled in", ... */
void trust_describe(const struct trust *t, struct buf *out);

#endif
