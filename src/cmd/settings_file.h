/*
 * The configuration files: one that was named, or the user's and the machine's. Held as text until
 * the settings are made, then wiped, since a token may stand in them.
 */
#ifndef SENTRY_SCIM_CMD_SETTINGS_FILE_H
#define SENTRY_SCIM_CMD_SETTINGS_FILE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/ini.h"

#define SETTINGS_FILES 2

struct settings_file {
	const char *path;
	struct buf text; /* owned */
};
struct settings_files {
	unsigned count;
	struct settings_file list[SETTINGS_FILES]; /* the stronger first */
};

/*
 * Reads NAMED, which must be readable, or, if it is NULL, ~/.sentryclirc and /etc/sentry-scim.conf
 * where they exist; one of these two that cannot be read is warned about. ERR_CONFIG, with
 * FILE:LINE where a line is broken. To be wiped in either case.
 */
MUST_USE bool settings_files_read(
	struct settings_files *f, const char *named, struct arena *arena, struct err *e);
void settings_files_wipe(struct settings_files *f);

/* Whether TEXT, the content of PATH, is a configuration file; ERR_CONFIG otherwise. */
MUST_USE bool settings_file_check(const char *path, struct str text, struct err *e);
/* The last value of KEY in SECTION that is not empty, names in any case. */
bool settings_file_find(struct str text, const char *section, const char *key, struct str *value);
/* Every such value, in order: I begins as ini_init() leaves it. */
bool settings_file_next(struct ini *i, const char *section, const char *key, struct str *value);
/* As settings_file_find() in the strongest file that has it; *FILE is its number. */
bool settings_files_find(const struct settings_files *f, const char *section, const char *key,
	struct str *value, unsigned *file);

#endif
