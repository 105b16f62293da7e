#define _DEFAULT_SOURCE /* MAP_ANONYMOUS and madvise() are in no POSIX */

#include "sys/secret.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "codec/bearer.h"
#include "sys/file.h"

extern char **environ;

/* Blanks and line ends that may stand around a token in a file, for editors and `echo`. */
#define SLACK 64u

/* The kinds of Sentry's tokens. What follows the prefix is secret; the prefix is documented. */
static const char *const prefixes[] = {"sntryi_", "sntryu_", "sntrya_", "sntrys_", "sntryag_"};

void secret_protect_process(void)
{
	const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};

	/* Each is a precaution beside others: a kernel that refuses one is no reason to stop. */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Room for SIZE bytes that ends where an inaccessible page begins, so that reading on faults. */
static bool map_guarded(struct secret *s, size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t room = (size + page - 1) / page * page;
	char *base;

	base = mmap(NULL, room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return false;
	if (mprotect(base + page, room, PROT_READ | PROT_WRITE) != 0) {
		munmap(base, room + 2 * page);
		return false;
	}
	/* All three are best effort: old kernels and small RLIMIT_MEMLOCKs lack them. */
	mlock(base + page, room);
#ifdef MADV_DONTDUMP
	madvise(base + page, room, MADV_DONTDUMP);
#endif
#ifdef MADV_WIPEONFORK
	madvise(base + page, room, MADV_WIPEONFORK);
#endif
	s->page = base;
	s->mapped = room + 2 * page;
	s->value = str_from(base + page + room - size, size);
	return true;
}

void secret_wipe(struct secret *s)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (s->page != NULL) {
		wipe(s->page + page, s->mapped - 2 * page);
		munmap(s->page, s->mapped);
	}
	*s = (struct secret){.page = NULL};
}

bool secret_set(struct secret *s, struct str value, const char *name, struct err *e)
{
	struct secret next;

	value = str_trim_space(value);
	if (!bearer_check(value, name, e))
		return false;
	if (!map_guarded(&next, value.n))
		return err_memory(e, "keeping the token");
	memcpy(next.page + (next.value.p - next.page), value.p, value.n);
	secret_wipe(s);
	*s = next;
	return true;
}

static bool read_and_set(struct secret *s, int fd, const char *name, struct err *e)
{
	struct buf text;
	bool done;

	buf_init(&text, LIMIT_TOKEN + SLACK);
	done = file_read_fd(fd, name, &text, e) && secret_set(s, buf_str(&text), name, e);
	buf_wipe(&text);
	return done;
}

bool secret_read_file(struct secret *s, const char *path, bool *others_may_read, struct err *e)
{
	struct stat st;
	bool done;
	int fd;

	*others_may_read = false;
	if (strcmp(path, "-") == 0)
		return read_and_set(s, STDIN_FILENO, "standard input", e);
	fd = file_open(path, e);
	if (fd < 0)
		return false;
	/* Asked of the descriptor: the path may name another file by now. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		*others_may_read = (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
	done = read_and_set(s, fd, path, e);
	close(fd);
	return done;
}

bool secret_read_fd(struct secret *s, int fd, struct err *e)
{
	char name[32];
	bool done;

	snprintf(name, sizeof(name), "descriptor %d", fd);
	done = read_and_set(s, fd, name, e);
	close(fd);
	return done;
}

/* The value of ENTRY if it is "NAME=value", else NULL. */
static char *value_of(char *entry, const char *name)
{
	const size_t len = strlen(name);

	return strncmp(entry, name, len) == 0 && entry[len] == '=' ? entry + len + 1 : NULL;
}

bool secret_from_env(struct secret *s, const char *name, struct err *e)
{
	bool done = false, seen = false;
	char **entry, *value;

	/* Not getenv(): a name may stand there twice, and every copy must go. The first one counts.
	 */
	for (entry = environ; entry != NULL && *entry != NULL; entry++) {
		value = value_of(*entry, name);
		if (value == NULL)
			continue;
		if (!seen && value[0] != '\0')
			done = secret_set(s, str_of(value), name, e);
		seen = true;
		wipe(value, strlen(value));
	}
	return done;
}

void secret_describe(struct str token, struct buf *out)
{
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (str_starts(token, prefixes[i]))
			buf_add_text(out, prefixes[i]);
	buf_addf(out, "... (%zu %s)", token.n, token.n == 1 ? "character" : "characters");
}
