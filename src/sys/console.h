/*
 * The program's own log: standard error, which nothing else writes to. Each message goes out by one
 * write(2). There is one, as a process has one standard error.
 */
#ifndef SENTRY_SCIM_SYS_CONSOLE_H
#define SENTRY_SCIM_SYS_CONSOLE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "sys/log.h"

/* VERBOSITY: -1 for -q, 0, or the number of -v. */
void console_setup(int verbosity);
/* For those who are handed a log, and for what log.h does with one. */
struct log *console_log(void);

void console_line(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The error's text as LOG_ERROR and, where it has one, its hint. */
void console_err(const struct err *e);
/* A server's refusal as LOG_ERROR: its status and its body as it came, made printable. */
void console_refusal(int status, struct str body);
/* "hint: ..." on a line of its own, unless -q or TEXT is empty. */
void console_hint(const char *text);

/*
 * The status line: the last one on the terminal that is standard error, without an end, cut to the
 * terminal's width of the moment. It goes before anything else is written here; whoever writes to
 * another descriptor lets it go first by console_clear_status(), which does so if FD is a terminal:
 * it may be the same. Nothing is shown where standard error is no terminal.
 */
void console_status(const char *text);
void console_clear_status(int fd);

/* Whether standard error, standard output, standard input is a terminal. */
bool console_is_terminal(int fd);

#endif
