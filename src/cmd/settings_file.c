#include "cmd/settings_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "sys/console.h"
#include "sys/file.h"

#define USER_FILE    "/.sentryclirc"
#define MACHINE_FILE "/etc/sentry-scim.conf"

bool settings_file_check(const char *path, struct str text, struct err *e)
{
	struct ini i;
	enum ini_step step;

	/* Values become NUL-terminated strings: a NUL inside would cut one short unseen. */
	if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL)
		return err_set(e, ERR_CONFIG, "%s: holds a NUL byte, so it is no text file", path);
	ini_init(&i, text);
	do
		step = ini_next(&i);
	while (step == INI_PAIR);
	if (step == INI_BAD)
		return err_set(e, ERR_CONFIG, "%s:%zu: %s", path, i.line, i.fault);
	return true;
}

/* The place behind the last file; its text is dropped again when it cannot be used. */
static struct settings_file *next_file(struct settings_files *f, const char *path)
{
	struct settings_file *file = &f->list[f->count];

	file->path = path;
	buf_init(&file->text, LIMIT_CONFIG_FILE);
	return file;
}

static bool read_named(struct settings_files *f, const char *path, struct err *e)
{
	struct settings_file *file = next_file(f, path);

	f->count++;
	if (!file_read(path, &file->text, e)) {
		if (e->kind == ERR_INPUT)
			e->kind = ERR_CONFIG;
		return false;
	}
	return settings_file_check(path, buf_str(&file->text), e);
}

static bool read_standard(struct settings_files *f, const char *path, struct err *e)
{
	struct settings_file *file = next_file(f, path);
	struct err cause;

	err_clear(&cause);
	if (file_read(path, &file->text, &cause)) {
		f->count++;
		return settings_file_check(path, buf_str(&file->text), e);
	}
	buf_wipe(&file->text);
	if (cause.kind == ERR_MEMORY || cause.kind == ERR_INTERRUPTED) {
		*e = cause;
		return false;
	}
	if (cause.number != ENOENT && cause.number != ENOTDIR)
		console_line(LOG_WARN, "%s; it is passed over", cause.text);
	return true;
}

static bool user_file(struct arena *arena, const char **path, struct err *e)
{
	const char *home = getenv("HOME");
	struct buf text;

	*path = NULL;
	if (home == NULL || home[0] == '\0')
		return true;
	buf_init(&text, LIMIT_CONFIG_FILE);
	buf_addf(&text, "%s" USER_FILE, home);
	if (!text.failed)
		*path = arena_dup(arena, buf_str(&text));
	buf_wipe(&text);
	return *path != NULL || err_memory(e, "looking for configuration files");
}

bool settings_files_read(
	struct settings_files *f, const char *named, struct arena *arena, struct err *e)
{
	const char *user;

	*f = (struct settings_files){0};
	if (named != NULL)
		return read_named(f, named, e);
	if (!user_file(arena, &user, e) || (user != NULL && !read_standard(f, user, e)))
		return false;
	return read_standard(f, MACHINE_FILE, e);
}

void settings_files_wipe(struct settings_files *f)
{
	unsigned i;

	for (i = 0; i < f->count; i++)
		buf_wipe(&f->list[i].text);
	f->count = 0;
}

bool settings_file_next(struct ini *i, const char *section, const char *key, struct str *value)
{
	while (ini_next(i) == INI_PAIR) {
		if (!str_is_fold(i->section, section) || !str_is_fold(i->key, key) ||
			i->value.n == 0)
			continue;
		*value = i->value;
		return true;
	}
	return false;
}

bool settings_file_find(struct str text, const char *section, const char *key, struct str *value)
{
	struct ini i;
	bool found = false;

	ini_init(&i, text);
	while (settings_file_next(&i, section, key, value))
		found = true;
	return found;
}

bool settings_files_find(const struct settings_files *f, const char *section, const char *key,
	struct str *value, unsigned *file)
{
	for (*file = 0; *file < f->count; ++*file)
		if (settings_file_find(buf_str(&f->list[*file].text), section, key, value))
			return true;
	return false;
}
