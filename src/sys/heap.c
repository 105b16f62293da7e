#include "sys/heap.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"

/* Stands before each block, and keeps what follows aligned for any type. Most blocks are numbers of
   32 bytes, so it is no larger than that takes. */
struct header {
	alignas(max_align_t) size_t size; /* bytes that the caller asked for */
};

static size_t in_use;
static size_t peak;

void *heap_calloc(size_t count, size_t size)
{
	struct header *block;
	size_t want;

	if (size != 0 && count > LIMIT_TLS_MEMORY / size)
		return NULL;
	want = count * size;
	if (want > LIMIT_TLS_MEMORY - in_use)
		return NULL;
	block = calloc(1, sizeof *block + want);
	if (block == NULL)
		return NULL;
	block->size = want;
	in_use += want;
	if (in_use > peak)
		peak = in_use;
	return block + 1;
}

void heap_free(void *memory)
{
	struct header *block;

	if (memory == NULL)
		return;
	block = (struct header *)memory - 1;
	in_use -= block->size;
	wipe(memory, block->size);
	free(block);
}

size_t heap_in_use(void)
{
	return in_use;
}

size_t heap_peak(void)
{
	return peak;
}
