/*
 * A private key under a passphrase: PKCS#8 EncryptedPrivateKeyInfo (RFC 5958 3) with PBES2, PBKDF2
 * and AES-CBC (RFC 8018 6.2, A.2, A.4, B.2.5), which is what OpenSSL and all others write today.
 * Finds the parameters; decrypting is sys/tls_key's.
 */
#ifndef SENTRY_SCIM_CODEC_PBES2_H
#define SENTRY_SCIM_CODEC_PBES2_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define PBES2_BLOCK 16u /* of AES, and so the size of IV */

enum pbes2_prf { PBES2_HMAC_SHA1, PBES2_HMAC_SHA256, PBES2_HMAC_SHA384, PBES2_HMAC_SHA512 };

struct pbes2 {
	enum pbes2_prf prf;
	struct str salt;
	uint32_t iterations; /* 1 to LIMIT_KEY_ITERATIONS */
	unsigned key_bytes;  /* of the AES key: 16, 24 or 32 */
	struct str iv;       /* PBES2_BLOCK bytes */
	struct str data;     /* whole blocks, one at least */
};

/* Parses DER, into which OUT points then. False when it is malformed or is encrypted another way.
 */
bool pbes2_parse(struct str der, struct pbes2 *out);

#endif
