/*
 * The document of `member create --input`: both inputs of the reference script in one JSON object,
 * {"auth": {"token", "region", "organizationSlug"}, "body": {...}}. Strict RFC 8259, no name twice.
 */
#ifndef SENTRY_SCIM_CMD_INPUT_H
#define SENTRY_SCIM_CMD_INPUT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "cmd/settings.h"

/*
 * Reads the file PATH ("-": standard input) as one JSON object without duplicate names and appends
 * it to OUT. ERR_INPUT as "PATH:LINE:COLUMN: what is wrong".
 */
MUST_USE bool input_object(const char *path, struct buf *out, struct err *e);

/* What DOCUMENT says; strings are copied to ARENA, BODY points into DOCUMENT and is empty when
   there is none. PATH is for messages. */
MUST_USE bool input_document(const char *path, struct str document, struct arena *arena,
	struct settings_input *settings, struct str *body, struct err *e);

#endif
