#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"

/* A command's settings and strings fit into one or two of these. */
#define CHUNK_SIZE 8192u
#define UNIT       _Alignof(max_align_t)

struct arena_chunk {
	struct arena_chunk *next;
	size_t size; /* of bytes[] */
	size_t used; /* of bytes[] */
	_Alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){.max = max};
}

void arena_wipe(struct arena *a)
{
	while (a->chunks != NULL) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->next;
		wipe(c, sizeof(*c) + c->size);
		memory_free(c);
	}
	a->used = 0;
}

/* A new chunk with room for NEED bytes at least, at the front of the list. */
static struct arena_chunk *add_chunk(struct arena *a, size_t need)
{
	size_t left = a->max - a->used;
	size_t total = CHUNK_SIZE;
	struct arena_chunk *c;

	if (left < sizeof(*c) || need > left - sizeof(*c))
		return NULL;
	if (total > left)
		total = left;
	if (total < sizeof(*c) + need)
		total = sizeof(*c) + need;
	/* Nothing is handed out twice, so memory that is cleared here is cleared for good. */
	c = memory_clear(1, total);
	if (c == NULL)
		return NULL;
	c->size = total - sizeof(*c);
	c->next = a->chunks;
	a->chunks = c;
	a->used += total;
	return c;
}

void *arena_alloc(struct arena *a, size_t count, size_t size)
{
	struct arena_chunk *c = a->chunks;
	size_t need;
	void *p;

	if (size != 0 && count > (SIZE_MAX - UNIT) / size)
		return NULL;
	/* Every object gets an address of its own, even one of no bytes. */
	need = count * size + (count * size == 0);
	need = (need + UNIT - 1) / UNIT * UNIT;
	if (c == NULL || c->size - c->used < need)
		c = add_chunk(a, need);
	if (c == NULL)
		return NULL;
	p = c->bytes + c->used;
	c->used += need;
	return p;
}

char *arena_dup(struct arena *a, struct str s)
{
	char *copy = s.n < SIZE_MAX ? arena_alloc(a, s.n + 1, 1) : NULL;

	if (copy != NULL && s.n > 0)
		memcpy(copy, s.p, s.n);
	return copy;
}
