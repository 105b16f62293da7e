#include "die.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "codec/date.h"

void die(const char *format, ...)
{
	va_list args;

	fputs("local-sentry: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

void *must_alloc(size_t count, size_t size)
{
	void *p = calloc(count > 0 ? count : 1, size);

	if (p == NULL)
		die("out of memory");
	return p;
}

char *must_dup(struct str s)
{
	char *copy = must_alloc(s.n + 1, 1);

	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	return copy;
}

void *must_grow(void *array, size_t count, size_t size)
{
	void *p;

	if (count > 0 && (count & (count - 1)) != 0)
		return array;
	p = realloc(array, (count > 0 ? 2 * count : 1) * size);
	if (p == NULL)
		die("out of memory");
	return p;
}

void server_buf(struct buf *b)
{
	buf_init(b, SERVER_BUF_MAX);
}

void must_hold(const struct buf *b)
{
	if (b->failed)
		die("out of memory, or more than %zu bytes in one buffer", SERVER_BUF_MAX);
}

void must_read(const char *file, struct buf *out)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t got = 1;

	if (fd < 0)
		die("%s: %s", file, strerror(errno));
	while (got > 0) {
		char *room = buf_room(out, 65536);

		if (room == NULL)
			die("%s is too large", file);
		got = read(fd, room, 65536);
		if (got > 0)
			buf_grew(out, (size_t)got);
	}
	if (got < 0)
		die("%s: %s", file, strerror(errno));
	close(fd);
}

static void write_all(int fd, const char *file, struct str text)
{
	while (text.n > 0) {
		ssize_t n = write(fd, text.p, text.n);

		if (n < 0 && errno != EINTR)
			die("%s: %s", file, strerror(errno));
		if (n > 0)
			text = str_skip(text, (size_t)n);
	}
}

void must_replace(const char *file, struct str text)
{
	struct buf fresh;
	int fd;

	server_buf(&fresh);
	buf_addf(&fresh, "%s.new", file);
	must_hold(&fresh);
	fd = open(buf_text(&fresh), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		die("%s: %s", buf_text(&fresh), strerror(errno));
	write_all(fd, buf_text(&fresh), text);
	close(fd);
	if (rename(buf_text(&fresh), file) != 0)
		die("%s: %s", file, strerror(errno));
	buf_wipe(&fresh);
}

static int64_t clock_ms(clockid_t id)
{
	struct timespec t;

	if (clock_gettime(id, &t) != 0)
		die("no clock: %s", strerror(errno));
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

void http_date(int64_t seconds, char out[HTTP_DATE_SIZE])
{
	static const char days[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
	static const char months[][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct date d;

	date_from_seconds(seconds, &d);
	snprintf(out, HTTP_DATE_SIZE, "%s, %02d %s %04d %02d:%02d:%02d GMT",
		days[seconds / 86400 % 7], d.day, months[d.month - 1], d.year, d.hour, d.minute,
		d.second);
}
