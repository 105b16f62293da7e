/*
 * Diagnostics. A message is one line (or some), made printable first (control characters and bytes
 * that are not UTF-8 as \xHH), with every registered secret replaced. Where it goes is the business
 * of whoever owns the log: the program's writes to standard error (sys/console.h). What is handed a
 * log may be handed NULL, which hears nothing.
 */
#ifndef SENTRY_SCIM_SYS_LOG_H
#define SENTRY_SCIM_SYS_LOG_H

#include <stdarg.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

enum log_level {
	LOG_ERROR,  /* "sentry-scim: ...": always shown */
	LOG_WARN,   /* "sentry-scim: warning: ...": shown unless -q */
	LOG_NOTE,   /* "sentry-scim: ...": shown unless -q */
	LOG_DETAIL, /* "* ...": with -v: connection, TLS, decisions */
	LOG_TRACE   /* "> ..." and "< ...": with -vv: heads; -vvv: bodies too */
};

#define LOG_SECRETS 4u

/* Begins as all zeroes but for `write`, `context` and `verbosity`. */
struct log {
	int verbosity; /* -1 for -q, 0, or the number of -v */
	/* LINE is the level's prefix, the message and a line feed; valid during the call. */
	void (*write)(void *context, enum log_level level, struct str line);
	void *context;
	unsigned secret_count;
	struct str secrets[LOG_SECRETS];
	size_t longest;       /* bytes of the longest secret */
	struct buf raw, line; /* owned */
};

/* Takes room for an error and its hint at least, so that they can be told without the heap. */
void log_reserve(struct log *l);
void log_wipe(struct log *l);

bool log_shows(const struct log *l, enum log_level level);
/* What stands before a message of LEVEL. */
const char *log_prefix(enum log_level level);

/* Any occurrence of SECRET (8 bytes or longer) in a message is replaced from now on, also in its
   percent- and base64-coded forms. SECRET must outlive the log. At most LOG_SECRETS. */
void log_hide(struct log *l, struct str secret);

/* Appends TEXT as a message would show it: printable, with secrets replaced. */
void log_safe(const struct log *l, struct str text, struct buf *out);

void log_line(struct log *l, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void log_vline(struct log *l, enum log_level level, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
/* TEXT as it came, made printable, behind PREFIX in the place of the level's. */
void log_text(struct log *l, enum log_level level, const char *prefix, struct str text);

#endif
