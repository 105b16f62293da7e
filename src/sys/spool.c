#include "sys/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "sys/file.h"
#include "sys/signals.h"

/* One piece of what is copied. */
#define STEP 16384u

struct spool {
	const char *name; /* for messages; not owned: the caller's path */
	int fd;           /* what is read; -1: `memory` */
	bool own;         /* FD is to be closed */
	off_t start;      /* where it begins */
	uint64_t size;
	struct buf memory; /* owned */
	size_t at;         /* bytes of it read */
};

/* An unnamed file in FOLDER; -1 when none can be made there. */
static int unnamed_file(const char *folder)
{
	static const char tail[] = "/sentry-scim.XXXXXX";
	struct buf path;
	int fd = -1;

	buf_init(&path, LIMIT_URL);
	buf_add_text(&path, folder);
	buf_add_text(&path, tail);
	if (!path.failed)
		fd = mkstemp(path.data);
	if (fd >= 0) {
		unlink(path.data);
		/* Nothing is executed, but a descriptor that cannot be inherited is one less to
		   argue about. */
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	buf_wipe(&path);
	return fd;
}

static int scratch_file(void)
{
	const char *folder = getenv("TMPDIR");
	int fd = -1;

	if (folder != NULL && folder[0] != '\0')
		fd = unnamed_file(folder);
	return fd >= 0 ? fd : unnamed_file("/tmp");
}

static bool too_much(const struct spool *s, unsigned limit, struct err *e)
{
	err_set(e, ERR_INPUT, "%s holds more than the %u bytes that can be kept of a pipe", s->name,
		limit);
	err_hint(e, "save it to a file and name that");
	return false;
}

/* Copies all of FROM to the scratch file TO. */
static bool copy_to_file(struct spool *s, int from, int to, struct err *e)
{
	char block[STEP];
	size_t got;

	do {
		if (!file_read_some(from, s->name, block, sizeof(block), &got, e))
			return false;
		s->size += got;
		if (s->size > LIMIT_ROSTER_SPOOL)
			return too_much(s, LIMIT_ROSTER_SPOOL, e);
		if (!file_write_all(to, block, got))
			return errno == EINTR ? stop_error(signals_stop(), e)
					      : err_sys(e, ERR_SYSTEM, errno,
							"cannot keep a copy of %s", s->name);
	} while (got > 0);
	return lseek(to, 0, SEEK_SET) == 0 ||
		err_sys(e, ERR_SYSTEM, errno, "cannot read the copy of %s", s->name);
}

static bool copy_to_memory(struct spool *s, int from, struct err *e)
{
	char block[STEP];
	size_t got;

	do {
		if (!file_read_some(from, s->name, block, sizeof(block), &got, e))
			return false;
		s->size += got;
		if (s->size > LIMIT_ROSTER_SPOOL_MEMORY)
			return too_much(s, LIMIT_ROSTER_SPOOL_MEMORY, e);
		buf_add(&s->memory, block, got);
		if (s->memory.failed)
			return err_memory(e, "keeping a copy of a pipe");
	} while (got > 0);
	return true;
}

static void release_fd(struct spool *s)
{
	if (s->own && s->fd >= 0)
		close(s->fd);
	s->own = false;
	s->fd = -1;
}

/* Puts a copy in the place of what cannot be read twice. */
static bool copy(struct spool *s, struct err *e)
{
	int scratch = scratch_file();
	bool ok = scratch >= 0 ? copy_to_file(s, s->fd, scratch, e) : copy_to_memory(s, s->fd, e);

	release_fd(s);
	s->fd = scratch;
	s->own = true;
	return ok;
}

static bool begin(struct spool *s, struct err *e)
{
	struct stat status;

	if (fstat(s->fd, &status) != 0)
		return err_sys(e, ERR_INPUT, errno, "cannot read %s", s->name);
	if (S_ISDIR(status.st_mode))
		return err_set(e, ERR_INPUT, "%s is a directory", s->name);
	s->start = S_ISREG(status.st_mode) ? lseek(s->fd, 0, SEEK_CUR) : -1;
	if (s->start < 0) {
		s->start = 0;
		return copy(s, e);
	}
	s->size = status.st_size > s->start ? (uint64_t)(status.st_size - s->start) : 0;
	return true;
}

struct spool *spool_open(const char *path, struct err *e)
{
	bool input = strcmp(path, "-") == 0;
	struct spool *s = memory_clear(1, sizeof(*s));

	if (s == NULL) {
		err_memory(e, "opening a file");
		return NULL;
	}
	buf_init(&s->memory, LIMIT_ROSTER_SPOOL_MEMORY);
	s->name = input ? "standard input" : path;
	s->own = !input;
	s->fd = input ? STDIN_FILENO : file_open(path, e);
	if (s->fd >= 0 && begin(s, e))
		return s;
	spool_close(s);
	return NULL;
}

void spool_close(struct spool *s)
{
	if (s == NULL)
		return;
	release_fd(s);
	buf_wipe(&s->memory);
	memory_free(s);
}

static size_t read_memory(struct spool *s, void *data, size_t room)
{
	struct str rest = str_skip(buf_str(&s->memory), s->at);
	size_t n = rest.n < room ? rest.n : room;

	if (n > 0)
		memcpy(data, rest.p, n);
	s->at += n;
	return n;
}

bool spool_read(struct spool *s, void *data, size_t room, size_t *got, struct err *e)
{
	if (s->fd >= 0)
		return file_read_some(s->fd, s->name, data, room, got, e);
	*got = read_memory(s, data, room);
	return true;
}

bool spool_rewind(struct spool *s, struct err *e)
{
	s->at = 0;
	return s->fd < 0 || lseek(s->fd, s->start, SEEK_SET) == s->start ||
		err_sys(e, ERR_INPUT, errno, "cannot read %s again", s->name);
}

uint64_t spool_size(const struct spool *s)
{
	return s->size;
}
