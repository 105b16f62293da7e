/*
 * Where memory comes from, for all layers up to client: the C library's heap in the program; in the
 * library (src/lib) the caller's, for which memory.c is replaced when it is linked.
 */
#ifndef SENTRY_SCIM_BASE_MEMORY_H
#define SENTRY_SCIM_BASE_MEMORY_H

#include <stddef.h>

/* As realloc() with a SIZE above 0. */
void *memory_resize(void *block, size_t size);
/* As calloc(). */
void *memory_clear(size_t count, size_t size);
/* As free(). */
void memory_free(void *block);

#endif
