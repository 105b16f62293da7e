#include "lib/surroundings.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sys/tls.h"

static _Thread_local struct surroundings *current;
/* The TLS library is started once in the process. */
static pthread_mutex_t start_lock = PTHREAD_MUTEX_INITIALIZER;
static bool started;

struct surroundings *surroundings_change(struct surroundings *s)
{
	struct surroundings *before = current;

	current = s;
	return before;
}

struct surroundings *surroundings(void)
{
	return current;
}

void *surroundings_libc(void *context, void *block, size_t size)
{
	(void)context;
	if (size > 0)
		return realloc(block, size);
	free(block);
	return NULL;
}

void *memory_resize(void *block, size_t size)
{
	return current->memory(current->context, block, size);
}

void *memory_clear(size_t count, size_t size)
{
	void *block;

	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	/* Of nothing there is something that can be freed, as of calloc(). */
	size = count * size + (count * size == 0);
	block = memory_resize(NULL, size);
	if (block != NULL)
		memset(block, 0, size);
	return block;
}

void memory_free(void *block)
{
	if (block != NULL)
		current->memory(current->context, block, 0);
}

struct ambient *ambient(void)
{
	return &current->ambient;
}

bool ambient_start(bool (*start)(struct err *e), struct err *e)
{
	bool ok;

	if (pthread_mutex_lock(&start_lock) != 0)
		return err_set(e, ERR_SYSTEM, "the TLS library cannot be started");
	if (!started && start(e)) {
		tls_settle();
		started = true;
	}
	ok = started;
	pthread_mutex_unlock(&start_lock);
	return ok;
}
