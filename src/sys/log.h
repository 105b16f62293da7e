/*
 * Diagnostics: the only writer to standard error. Every message is one line (or some), made
 * printable first (control characters and bytes that are not UTF-8 as \xHH), with every registered
 * secret replaced, and written with one write(2). Verbosity is process-wide, set once at start.
 */
#ifndef SENTRY_SCIM_SYS_LOG_H
#define SENTRY_SCIM_SYS_LOG_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum log_level {
	LOG_ERROR,  /* "sentry-scim: ...": always shown */
	LOG_WARN,   /* "sentry-scim: warning: ...": shown unless -q */
	LOG_NOTE,   /* "sentry-scim: ...": shown unless -q */
	LOG_DETAIL, /* "* ...": with -v: connection, TLS, decisions */
	LOG_TRACE   /* "> ..." and "< ...": with -vv: heads; -vvv: bodies too */
};

/* VERBOSITY: -1 for -q, 0, or the number of -v. */
void log_setup(int verbosity);
int log_verbosity(void);
bool log_shows(enum log_level level);

/* Any occurrence of SECRET (8 bytes or longer) in a message is replaced from now on, also in its
   percent- and base64-coded forms. SECRET must outlive the program's messages. At most 4. */
void log_hide(struct str secret);

/* Appends TEXT as a message would show it: printable, with secrets replaced. */
void log_safe(struct str text, struct buf *out);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One line of protocol text: PREFIX is '>' or '<'. */
void log_wire(char prefix, struct str line);
/* The error's text as LOG_ERROR and, where it has one, "hint: ..." on a line of its own. */
void log_err(const struct err *e);
/* A server's refusal as LOG_ERROR: its status and its body as it came, made printable. */
void log_refusal(int status, struct str body);
/* "hint: ..." on a line of its own, unless -q. */
void log_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The status line: the last one on the terminal that is standard error, without an end, cut to the
 * terminal's width of the moment. It goes before anything else is written here; whoever writes to
 * standard output lets it go by log_clear_status() if that may be the same terminal. Nothing is
 * shown where standard error is no terminal.
 */
void log_status(const char *text);
void log_clear_status(void);

/* Whether standard error, standard output, standard input is a terminal. */
bool log_is_terminal(int fd);

#endif
