/*
 * Places a parser's input so that its last byte is the last byte of a page and the next page may
 * not be touched: a read past the end stops the test at once, in every build. Each copy lives until
 * the next call on the same guard, which also tests that nobody keeps slices of an old input.
 */
#ifndef SENTRY_SCIM_TESTS_GUARD_H
#define SENTRY_SCIM_TESTS_GUARD_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/str.h"

/* Start with {0}. */
struct guard {
	char *map;   /* owned */
	size_t room; /* usable bytes from map on; the forbidden page follows */
};

static inline void guard_fail(const char *what)
{
	perror(what);
	abort();
}

static inline size_t guard_page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static inline void guard_release(struct guard *g)
{
	if (g->map != NULL && munmap(g->map, g->room + guard_page()) != 0)
		guard_fail("munmap");
	*g = (struct guard){0};
}

/* Room for N bytes. /dev/zero, since POSIX.1-2008 has no name for anonymous mappings. */
static inline void guard_reserve(struct guard *g, size_t n)
{
	size_t page = guard_page();
	size_t room = (n / page + 1) * page;
	int fd;

	if (g->room >= n && g->map != NULL)
		return;
	guard_release(g);
	fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		guard_fail("/dev/zero");
	g->map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (g->map == MAP_FAILED)
		guard_fail("mmap");
	close(fd);
	if (mprotect(g->map + room, page, PROT_NONE) != 0)
		guard_fail("mprotect");
	g->room = room;
}

/* A copy of S that ends where the forbidden page begins; for an empty S it points into that page.
 */
static inline struct str guard_copy(struct guard *g, struct str s)
{
	char *at;

	guard_reserve(g, s.n);
	memset(g->map, 0xEE, g->room);
	at = g->map + g->room - s.n;
	if (s.n > 0)
		memcpy(at, s.p, s.n);
	return str_from(at, s.n);
}

static inline struct str guard_text(struct guard *g, const char *text)
{
	return guard_copy(g, str_of(text));
}

#endif
