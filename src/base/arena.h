/*
 * An arena: allocations that live as long as one command and are given back together. Chunks come
 * from the heap up to a fixed maximum, so a command's memory is bounded by construction. Memory is
 * cleared when handed out and wiped when released.
 */
#ifndef SENTRY_SCIM_BASE_ARENA_H
#define SENTRY_SCIM_BASE_ARENA_H

#include <stddef.h>

#include "base/str.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* newest first; owned */
	size_t used;                /* bytes taken from the heap */
	size_t max;                 /* USED never exceeds this */
};

/* An empty arena for at most MAX bytes. Allocates nothing. */
void arena_init(struct arena *a, size_t max);
void arena_wipe(struct arena *a);

/* COUNT objects of SIZE bytes, cleared, aligned for any type. NULL when that passes the maximum,
   overflows, or the heap is exhausted. */
void *arena_alloc(struct arena *a, size_t count, size_t size);
/* A copy of S followed by a NUL; NULL as above. */
char *arena_dup(struct arena *a, struct str s);

#endif
