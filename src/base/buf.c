#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* Most short-lived buffers hold one name or one header line. */
#define FIRST_CAP 128

/* Read anew for each call: the compiler cannot know that it is memset(), and leave the call out
   because nobody reads what was cleared, or put its own slow instruction in the place. */
static void *(*const volatile clear)(void *, int, size_t) = memset;

void wipe(void *memory, size_t len)
{
	if (len > 0)
		clear(memory, 0, len);
}

void buf_init(struct buf *b, size_t max)
{
	/* The NUL behind the content must be countable. */
	*b = (struct buf){.max = max < SIZE_MAX ? max : SIZE_MAX - 1};
}

void buf_wipe(struct buf *b)
{
	wipe(b->data, b->cap);
	memory_free(b->data);
	buf_init(b, b->max);
}

void buf_clear(struct buf *b)
{
	buf_truncate(b, 0);
	b->failed = false;
}

/* The next capacity that holds NEED bytes, which is at most max + 1: doubling keeps appends linear.
 */
static size_t next_cap(const struct buf *b, size_t need)
{
	size_t cap = b->cap < FIRST_CAP ? FIRST_CAP : b->cap;

	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	return cap <= b->max ? cap : b->max + 1;
}

/* Not realloc(): it would leave the old bytes, which may be a token, in free memory. */
static bool grow(struct buf *b, size_t need)
{
	size_t cap = next_cap(b, need);
	char *data = memory_resize(NULL, cap);

	if (data == NULL)
		return false;
	if (b->len > 0)
		memcpy(data, b->data, b->len);
	data[b->len] = '\0';
	wipe(b->data, b->cap);
	memory_free(b->data);
	b->data = data;
	b->cap = cap;
	return true;
}

char *buf_room(struct buf *b, size_t want)
{
	if (b->failed || want > b->max - b->len) {
		b->failed = true;
		return NULL;
	}
	if (b->len + want >= b->cap && !grow(b, b->len + want + 1)) {
		b->failed = true;
		return NULL;
	}
	return b->data + b->len;
}

void buf_grew(struct buf *b, size_t len)
{
	b->len += len;
	if (b->data != NULL)
		b->data[b->len] = '\0';
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
	char *room;

	if (len == 0)
		return;
	room = buf_room(b, len);
	if (room == NULL)
		return;
	memcpy(room, bytes, len);
	buf_grew(b, len);
}

void buf_add_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

void buf_add_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_add_u64(struct buf *b, unsigned long long n)
{
	char digits[3 * sizeof(n)];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	buf_add(b, digits + at, sizeof(digits) - at);
}

void buf_vaddf(struct buf *b, const char *format, va_list args)
{
	va_list again;
	char *room;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0) {
		b->failed = true;
		return;
	}
	room = buf_room(b, (size_t)n);
	if (room == NULL)
		return;
	vsnprintf(room, (size_t)n + 1, format, args);
	buf_grew(b, (size_t)n);
}

void buf_addf(struct buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vaddf(b, format, args);
	va_end(args);
}

/* What falls off the end is cleared at once, so that buf_clear() need not touch the whole room. */
void buf_truncate(struct buf *b, size_t len)
{
	if (len >= b->len)
		return;
	wipe(b->data + len, b->len - len);
	b->len = len;
}

void buf_drop(struct buf *b, size_t len)
{
	if (len == 0)
		return;
	if (len < b->len)
		memmove(b->data, b->data + len, b->len - len);
	buf_truncate(b, len < b->len ? b->len - len : 0);
}

struct str buf_str(const struct buf *b)
{
	return str_from(b->data, b->len);
}

const char *buf_text(const struct buf *b)
{
	return b->data != NULL ? b->data : "";
}
