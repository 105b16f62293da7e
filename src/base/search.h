/*
 * Searching a sorted array.
 */
#ifndef SENTRY_SCIM_BASE_SEARCH_H
#define SENTRY_SCIM_BASE_SEARCH_H

#include <stddef.h>

/*
 * The index of the first of COUNT elements of SIZE bytes at LIST that is not less than KEY, by
 * COMPARE as bsearch() has it; COUNT when all are less. LIST may be NULL when COUNT is 0.
 */
size_t search_first(const void *list, size_t count, size_t size, const void *key,
	int (*compare)(const void *key, const void *element));

#endif
