#include "sys/console.h"

#include <stdio.h>
#include <unistd.h>

#include "codec/utf8.h"
#include "sys/file.h"

/* Back to the first column, and nothing from there on. */
#define CLEAR_LINE "\r\033[K"

static bool status_stands;

static void write_line(void *context, enum log_level level, struct str line)
{
	(void)context;
	(void)level;
	console_clear_status(STDERR_FILENO);
	/* Whoever cannot be told cannot be told that either. */
	(void)!file_write_all(STDERR_FILENO, line.p, line.n);
}

static struct log console = {.write = write_line};

void console_setup(int verbosity)
{
	console.verbosity = verbosity;
	log_reserve(&console);
}

struct log *console_log(void)
{
	return &console;
}

void console_line(enum log_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_vline(&console, level, format, args);
	va_end(args);
}

void console_err(const struct err *e)
{
	console_line(LOG_ERROR, "%s", e->text);
	console_hint(e->hint);
}

void console_refusal(int status, struct str body)
{
	char start[40];

	snprintf(start, sizeof(start), "%s%d ", log_prefix(LOG_ERROR), status);
	log_text(&console, LOG_ERROR, start, body);
}

void console_hint(const char *text)
{
	if (text[0] != '\0')
		log_text(&console, LOG_NOTE, "hint: ", str_of(text));
}

void console_status(const char *text)
{
	size_t width = file_terminal_width(STDERR_FILENO);
	struct buf *line = &console.line;

	if (!console_is_terminal(STDERR_FILENO))
		return;
	buf_clear(line);
	buf_add_text(line, CLEAR_LINE);
	utf8_printable(str_of(text), line);
	/* A line that wraps could not be erased. */
	if (width > 0)
		buf_truncate(line, sizeof(CLEAR_LINE) - 1 + width - 1);
	status_stands = !line->failed && file_write_all(STDERR_FILENO, line->data, line->len);
}

void console_clear_status(int fd)
{
	if (!status_stands || !console_is_terminal(fd))
		return;
	status_stands = false;
	(void)!file_write_all(STDERR_FILENO, CLEAR_LINE, sizeof(CLEAR_LINE) - 1);
}

bool console_is_terminal(int fd)
{
	return isatty(fd) == 1;
}
