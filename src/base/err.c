#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int exit_code;
} kinds[] = {
	[ERR_NONE] = {"none", 0},
	[ERR_USAGE] = {"usage", 2},
	[ERR_CONFIG] = {"config", 2},
	[ERR_INPUT] = {"input", 2},
	[ERR_NAME] = {"name", 3},
	[ERR_CONNECT] = {"connect", 3},
	[ERR_PROXY] = {"proxy", 3},
	[ERR_TLS] = {"tls", 3},
	[ERR_CERTIFICATE] = {"certificate", 3},
	[ERR_TIMEOUT] = {"timeout", 3},
	[ERR_CLOSED] = {"closed", 3},
	[ERR_PROTOCOL] = {"protocol", 1},
	[ERR_LIMIT] = {"limit", 1},
	[ERR_REFUSED] = {"refused", 1},
	[ERR_EXISTS] = {"exists", 5},
	[ERR_AUTH] = {"auth", 6},
	[ERR_NOT_FOUND] = {"not-found", 7},
	[ERR_GAVE_UP] = {"gave-up", 9},
	[ERR_UNKNOWN] = {"unknown", 4},
	[ERR_PARTIAL] = {"partial", 8},
	[ERR_MEMORY] = {"memory", 10},
	[ERR_SYSTEM] = {"system", 10},
	[ERR_OUTPUT] = {"output", 10},
	[ERR_INTERRUPTED] = {"interrupted", 128},
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == ERR_KINDS, "every kind has a row");

void err_clear(struct err *e)
{
	e->kind = ERR_NONE;
	e->number = 0;
	e->text[0] = '\0';
	e->hint[0] = '\0';
}

/* After LEN wanted bytes were printed into SIZE of them: ends TEXT where no character is torn. */
static void mend_cut(char *text, size_t size, int len)
{
	size_t at = size - 1;

	if (len < 0)
		text[0] = '\0';
	if (len < 0 || (size_t)len < size)
		return;
	while (at > 0 && ((unsigned char)text[at - 1] & 0xC0) == 0x80)
		at--;
	/* A leading byte may have lost continuations or none: it goes in either case. */
	if (at > 0 && (unsigned char)text[at - 1] >= 0xC0)
		text[at - 1] = '\0';
}

static void print_v(char *text, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
static void print(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void print_v(char *text, size_t size, const char *format, va_list args)
{
	mend_cut(text, size, vsnprintf(text, size, format, args));
}

static void print(char *text, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_v(text, size, format, args);
	va_end(args);
}

/* Whether E was free for a new error; it then has the kind, and no text yet. */
static bool take(struct err *e, enum err_kind kind, int number)
{
	if (e->kind != ERR_NONE)
		return false;
	err_clear(e);
	e->kind = kind;
	e->number = number;
	return true;
}

bool err_set(struct err *e, enum err_kind kind, const char *format, ...)
{
	va_list args;

	if (!take(e, kind, 0))
		return false;
	va_start(args, format);
	print_v(e->text, sizeof(e->text), format, args);
	va_end(args);
	return false;
}

bool err_sys(struct err *e, enum err_kind kind, int number, const char *format, ...)
{
	va_list args;
	size_t len;

	if (!take(e, kind, number))
		return false;
	va_start(args, format);
	print_v(e->text, sizeof(e->text), format, args);
	va_end(args);
	len = strlen(e->text);
	print(e->text + len, sizeof(e->text) - len, ": %s", strerror(number));
	return false;
}

bool err_memory(struct err *e, const char *what)
{
	return err_set(e, ERR_MEMORY, "out of memory while %s", what);
}

bool err_context(struct err *e, const char *format, ...)
{
	char text[sizeof(e->text)];
	va_list args;
	size_t len;

	if (e->kind == ERR_NONE)
		return false;
	va_start(args, format);
	print_v(text, sizeof(text), format, args);
	va_end(args);
	len = strlen(text);
	print(text + len, sizeof(text) - len, ": %s", e->text);
	memcpy(e->text, text, sizeof(text));
	return false;
}

void err_hint(struct err *e, const char *format, ...)
{
	va_list args;

	if (e->kind == ERR_NONE || e->hint[0] != '\0')
		return;
	va_start(args, format);
	print_v(e->hint, sizeof(e->hint), format, args);
	va_end(args);
}

int err_exit_code(const struct err *e)
{
	return e->kind == ERR_INTERRUPTED ? 128 + e->number : kinds[e->kind].exit_code;
}

const char *err_kind_name(enum err_kind kind)
{
	return kinds[kind].name;
}
