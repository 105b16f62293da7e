/*
 * What a handle gives to code that takes no context: memory for base/memory.h, and the ambient of
 * sys/ambient.h. A thread has those of the handle that it is busy with, from a public function's
 * entry to its return.
 */
#ifndef SENTRY_SCIM_LIB_SURROUNDINGS_H
#define SENTRY_SCIM_LIB_SURROUNDINGS_H

#include <stddef.h>

#include "sys/ambient.h"

struct surroundings_block;

struct surroundings {
	struct ambient ambient;
	void *(*memory)(void *context, void *block, size_t size); /* never NULL */
	void *context;
	struct surroundings_block *blocks; /* of the TLS library */
};

/* The C library's memory, as `memory` has it. */
void *surroundings_libc(void *context, void *block, size_t size);
/* The thread's. */
struct surroundings *surroundings(void);

/* Makes S the thread's; answers the ones it had, NULL if none, to be given back by the same call.
 */
struct surroundings *surroundings_change(struct surroundings *s);
/*
 * Gives back what the TLS library holds of the thread's surroundings. Once all is closed that is
 * what it has lost: mbedTLS 3.6 forgets a cipher's context when memory runs out in a handshake.
 */
void surroundings_reclaim(void);

#endif
