/*
 * SHA-256 (FIPS 180-4), over the TLS library.
 */
#ifndef SENTRY_SCIM_SYS_DIGEST_H
#define SENTRY_SCIM_SYS_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32

struct digest; /* opaque, on the heap */

/* NULL when memory is exhausted. */
struct digest *digest_new(void);
void digest_add(struct digest *d, const void *bytes, size_t len);
/* Writes the digest of what was added and releases D. */
void digest_end(struct digest *d, uint8_t out[static DIGEST_BYTES]);
void digest_free(struct digest *d);

#endif
