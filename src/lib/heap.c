#include "sys/heap.h"

#include <stdalign.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "lib/surroundings.h"

/* Stands before each block, and keeps what follows aligned for any type. */
struct surroundings_block {
	alignas(max_align_t) size_t size; /* bytes that the caller asked for */
	struct surroundings_block *next, **link;
};

void *heap_calloc(size_t count, size_t size)
{
	struct surroundings *s = surroundings();
	struct surroundings_block *block;
	size_t want;

	if (size != 0 && count > LIMIT_TLS_MEMORY / size)
		return NULL;
	want = count * size;
	if (want > LIMIT_TLS_MEMORY - s->ambient.in_use)
		return NULL;
	block = memory_clear(1, sizeof *block + want);
	if (block == NULL)
		return NULL;
	block->size = want;
	block->next = s->blocks;
	block->link = &s->blocks;
	if (block->next != NULL)
		block->next->link = &block->next;
	s->blocks = block;
	s->ambient.in_use += want;
	if (s->ambient.in_use > s->ambient.peak)
		s->ambient.peak = s->ambient.in_use;
	return block + 1;
}

void heap_free(void *memory)
{
	struct surroundings_block *block;

	if (memory == NULL)
		return;
	block = (struct surroundings_block *)memory - 1;
	*block->link = block->next;
	if (block->next != NULL)
		block->next->link = block->link;
	surroundings()->ambient.in_use -= block->size;
	wipe(memory, block->size);
	memory_free(block);
}

size_t heap_in_use(void)
{
	return surroundings()->ambient.in_use;
}

size_t heap_peak(void)
{
	return surroundings()->ambient.peak;
}

void surroundings_reclaim(void)
{
	while (surroundings()->blocks != NULL)
		heap_free(surroundings()->blocks + 1);
}
