#include "base/memory.h"

#include <stdlib.h>

void *memory_resize(void *block, size_t size)
{
	return realloc(block, size);
}

void *memory_clear(size_t count, size_t size)
{
	return calloc(count, size);
}

void memory_free(void *block)
{
	free(block);
}
