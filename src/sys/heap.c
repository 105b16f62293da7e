#include "sys/heap.h"

#include <stdalign.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "sys/ambient.h"

/* Stands before each block, and keeps what follows aligned for any type. Most blocks are numbers of
   32 bytes, so it is no larger than that takes. */
struct header {
	alignas(max_align_t) size_t size; /* bytes that the caller asked for */
};

void *heap_calloc(size_t count, size_t size)
{
	struct ambient *a = ambient();
	struct header *block;
	size_t want;

	if (size != 0 && count > LIMIT_TLS_MEMORY / size)
		return NULL;
	want = count * size;
	if (want > LIMIT_TLS_MEMORY - a->in_use)
		return NULL;
	block = memory_clear(1, sizeof *block + want);
	if (block == NULL)
		return NULL;
	block->size = want;
	a->in_use += want;
	if (a->in_use > a->peak)
		a->peak = a->in_use;
	return block + 1;
}

void heap_free(void *memory)
{
	struct header *block;

	if (memory == NULL)
		return;
	block = (struct header *)memory - 1;
	ambient()->in_use -= block->size;
	wipe(memory, block->size);
	memory_free(block);
}

size_t heap_in_use(void)
{
	return ambient()->in_use;
}

size_t heap_peak(void)
{
	return ambient()->peak;
}
