#include "base/search.h"

size_t search_first(const void *list, size_t count, size_t size, const void *key,
	int (*compare)(const void *key, const void *element))
{
	const char *elements = list;
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(key, elements + middle * size) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
