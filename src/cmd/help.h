/*
 * Help and the manual, made from the tables of cmd/opt.h and the prose of cmd/help_text.h, so that
 * they know every command and option there is. Plain text at most 80 columns wide, and mdoc(7).
 * Everything is appended to a buffer, whose `failed` tells if it was too small: HELP_MAX is enough.
 */
#ifndef SENTRY_SCIM_CMD_HELP_H
#define SENTRY_SCIM_CMD_HELP_H

#include "base/buf.h"
#include "base/err.h"
#include "cmd/opt.h"

#define HELP_MAX (64u * 1024u)

/* All commands by noun, the options used most, exit codes, environment. */
void help_overview(struct buf *out);
/* Usage, what it does, its own options and the common ones by group, examples. */
void help_command(const struct cmd_spec *c, struct buf *out);
/* The commands of NOUN, as "member". */
void help_noun(const char *noun, struct buf *out);
/* Whichever of these WORDS, COUNT of them, ask for; ERR_USAGE when they are neither a command nor
   a noun. What `help WORDS` prints, and `--help` with the words of struct opts' arguments. */
MUST_USE bool help_topic(unsigned count, const char *const *words, struct buf *out, struct err *e);
/* The manual page as mdoc source. */
void help_man(struct buf *out);

#endif
