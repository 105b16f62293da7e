/*
 * mbedTLS inside the library: as in the program, and fit for threads.
 */
#ifndef SENTRY_SCIM_LIB_MBEDTLS_CONFIG_H
#define SENTRY_SCIM_LIB_MBEDTLS_CONFIG_H

#include "sys/mbedtls_config.h"

/* Mutexes around its key slots, which the process has once. */
#define MBEDTLS_THREADING_C
#define MBEDTLS_THREADING_PTHREAD
/* Slots that do not come from the heap: they outlive the handle that happens to need them first,
   and with it the memory that it was given. One handshake needs one or two. */
#undef MBEDTLS_PSA_KEY_STORE_DYNAMIC
#define MBEDTLS_PSA_KEY_SLOT_COUNT 128

#endif
