/*
 * The allocator given to mbedTLS: counts what is in use, refuses to pass a cap, and wipes memory
 * before giving it back, since TLS buffers hold the token. The numbers are sys/ambient's.
 */
#ifndef SENTRY_SCIM_SYS_HEAP_H
#define SENTRY_SCIM_SYS_HEAP_H

#include <stddef.h>

/* As calloc(); NULL also when more than LIMIT_TLS_MEMORY would be in use. */
void *heap_calloc(size_t count, size_t size);
/* As free(), wiping first. */
void heap_free(void *memory);
/* Bytes in use, and the most that ever were. */
size_t heap_in_use(void);
size_t heap_peak(void);

#endif
