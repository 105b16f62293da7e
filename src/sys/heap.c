#include "sys/heap.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"

/* Stands before each block. The union keeps what follows aligned for any type. */
union header {
	size_t size; /* bytes that the caller asked for */
	max_align_t align;
};

static size_t in_use;
static size_t peak;

void *heap_calloc(size_t count, size_t size)
{
	union header *block;
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
	union header *block;

	if (memory == NULL)
		return;
	block = (union header *)memory - 1;
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
