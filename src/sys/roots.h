/*
 * Mozilla's trust anchors inside the binary, each as its name and its public key (RFC 5914 calls
 * such a pair a trust anchor); the rest of a root certificate means nothing to a verifier. Roots
 * that Mozilla trusts for new certificates only up to a date already past are left out.
 */
#ifndef SENTRY_SCIM_SYS_ROOTS_H
#define SENTRY_SCIM_SYS_ROOTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

/* How many there are; 0 in a binary built without them. */
size_t roots_count(void);
/* The date of Mozilla's list, "2026-10-10"; "none" without. */
const char *roots_date(void);
/* Name (whole DER element) and key (whole SubjectPublicKeyInfo element) of root INDEX. */
void roots_get(size_t index, struct str *subject, struct str *spki);

#endif
