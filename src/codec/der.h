/*
 * As much DER (X.690) as it takes to find an issuer without parsing a certificate: the subject and
 * the public key of a certificate (RFC 5280 4.1), located by walking tags and lengths. Also builds
 * the stand-in certificate for a trust anchor that is stored as a name and a key only.
 */
#ifndef SENTRY_SCIM_CODEC_DER_H
#define SENTRY_SCIM_CODEC_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * Takes the element at the front of *REST: its tag, its content, and, if ELEMENT is not NULL, the
 * whole of it; *REST moves behind it. False when no complete element with a definite length of at
 * most four bytes stands there.
 */
bool der_next(struct str *rest, uint8_t *tag, struct str *content, struct str *element);

struct der_certificate {
	struct str subject; /* the whole Name element */
	struct str issuer;  /* the whole Name element */
	struct str spki;    /* the whole SubjectPublicKeyInfo element; empty when cut off */
};
/*
 * Finds them in the front part of a certificate. BYTES may be cut behind the subject (PREFIX true):
 * then only subject and issuer are found, and lengths may point past the end. False when this is no
 * certificate of version 1 to 3, or the subject is not wholly there.
 */
bool der_certificate(struct str bytes, bool prefix, struct der_certificate *out);

/*
 * Whether two Name elements, or two runs of RDNs, are the same as a verifier sees it (RFC 5280 7.1,
 * as far as mbedTLS goes): strings of the types UTF8String and PrintableString may stand for each
 * other, and their ASCII letters compare equal in either case.
 */
bool der_name_equal(struct str a, struct str b);

/*
 * Appends a certificate with SUBJECT as issuer and subject and SPKI as key, CA:TRUE, valid from
 * 1970 to 9999, and a signature that is none. For trust anchors only: a verifier takes name and key
 * from it (RFC 5280 6.1.1 (d)) and never checks its signature.
 */
void der_anchor(struct str subject, struct str spki, struct buf *out);

#endif
