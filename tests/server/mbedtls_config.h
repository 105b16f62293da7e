/*
 * mbedTLS for the tests' side of the wire: server and client, both versions, and broad, because a
 * test server must be able to do what the program refuses. The library's own default configuration
 * is taken, less what needs the file system or hides state between connections.
 */
#ifndef SENTRY_SCIM_TESTS_MBEDTLS_CONFIG_H
#define SENTRY_SCIM_TESTS_MBEDTLS_CONFIG_H

#include "mbedtls/mbedtls_config.h"

/* Keys of tests live in memory and in PEM files only. */
#undef MBEDTLS_PSA_CRYPTO_STORAGE_C
#undef MBEDTLS_PSA_ITS_FILE_C
/* The server has a thread a connection and locks its own state. */
#define MBEDTLS_THREADING_C
#define MBEDTLS_THREADING_PTHREAD
/* The cases of the certificate corpus reach the library's limit, and must be presentable. */
#undef MBEDTLS_X509_MAX_INTERMEDIATE_CA
#define MBEDTLS_X509_MAX_INTERMEDIATE_CA 100

#endif
