#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/signals.h"

/* One read; most files that a person names fit into it. */
#define STEP 8192u

int file_open(const char *path, struct err *e)
{
	int fd;

	do {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	} while (fd < 0 && errno == EINTR && stop_asked(signals_stop()) == 0);
	if (fd < 0 && errno == EINTR)
		stop_error(signals_stop(), e);
	else if (fd < 0)
		err_sys(e, ERR_INPUT, errno, "cannot open %s", path);
	return fd;
}

/*
 * Waits before each read, so that a signal ends the silence of a terminal or a pipe, and because a
 * FIFO that was opened without waiting reads as empty until its writer comes: poll() can tell "no
 * writer yet" from "the writer has gone", read() cannot.
 */
bool file_read_some(int fd, const char *name, void *data, size_t room, size_t *got, struct err *e)
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	ssize_t n;

	for (;;) {
		if (stop_poll(signals_stop(), &readable, 1, -1) < 0) {
			if (errno != EINTR)
				return err_sys(e, ERR_INPUT, errno, "cannot wait for %s", name);
			if (stop_asked(signals_stop()) != 0)
				return stop_error(signals_stop(), e);
			continue;
		}
		n = read(fd, data, room);
		if (n >= 0) {
			*got = (size_t)n;
			return true;
		}
		if (errno != EINTR && errno != EAGAIN)
			return err_sys(e, ERR_INPUT, errno, "cannot read %s", name);
	}
}

static bool is_directory(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

bool file_read_fd(int fd, const char *name, struct buf *out, struct err *e)
{
	const size_t limit = out->max - out->len;
	size_t left, got;
	char probe, *room;

	if (is_directory(fd))
		return err_set(e, ERR_INPUT, "%s is a directory", name);
	do {
		left = out->max - out->len;
		if (left == 0) {
			if (!file_read_some(fd, name, &probe, 1, &got, e))
				return false;
			return got == 0 ||
				err_set(e, ERR_INPUT, "%s holds more than %zu bytes", name, limit);
		}
		left = left < STEP ? left : STEP;
		room = buf_room(out, left);
		if (room == NULL)
			return err_memory(e, "reading a file");
		if (!file_read_some(fd, name, room, left, &got, e))
			return false;
		buf_grew(out, got);
	} while (got > 0);
	return true;
}

bool file_read(const char *path, struct buf *out, struct err *e)
{
	bool done;
	int fd;

	if (strcmp(path, "-") == 0)
		return file_read_fd(STDIN_FILENO, "standard input", out, e);
	fd = file_open(path, e);
	if (fd < 0)
		return false;
	done = file_read_fd(fd, path, out, e);
	close(fd);
	return done;
}

/* Whether to try again: standard output may have been made non-blocking by whoever shares it. */
static bool await_room(int fd)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};

	return poll(&writable, 1, -1) >= 0 || (errno == EINTR && stop_asked(signals_stop()) == 0);
}

bool file_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		} else if (n == 0) {
			errno = EIO;
			return false;
		} else if (errno == EINTR) {
			if (stop_asked(signals_stop()) != 0)
				return false;
		} else if (errno != EAGAIN || !await_room(fd)) {
			return false;
		}
	}
	return true;
}

size_t file_terminal_width(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
