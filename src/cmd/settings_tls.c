#include "cmd/settings_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "codec/date.h"
#include "sys/console.h"
#include "sys/file.h"
#include "sys/file_mode.h"

#define PASSPHRASE_VARIABLE "SENTRY_KEY_PASSPHRASE"

static void keep_setting(struct setting *s, const char *value, enum place place, const char *where)
{
	*s = (struct setting){.value = value, .place = place, .where = where};
}

static bool trust_flags(struct settings_loader *l, struct err *e)
{
	struct settings *s = l->s;
	const char *file = opt_value(l->o, OPT_CA_FILE), *dir = opt_value(l->o, OPT_CA_DIR);

	if (file != NULL) {
		keep_setting(&s->ca_file, file, PLACE_FLAG, "--ca-file");
		if (!trust_add(&s->trust, TRUST_FILE, file, true, e))
			return false;
	}
	if (dir != NULL) {
		keep_setting(&s->ca_dir, dir, PLACE_FLAG, "--ca-dir");
		if (!trust_add(&s->trust, TRUST_DIR, dir, true, e))
			return false;
	}
	return !opt_given(l->o, OPT_CA_EMBEDDED) ||
		trust_add(&s->trust, TRUST_EMBEDDED, NULL, true, e);
}

/* SSL_CERT_DIR is a list, parted by colons as OpenSSL and Go have it. */
static bool trust_directories(struct settings_loader *l, const char *list, struct err *e)
{
	struct str rest = str_of(list), one;
	bool more = true;

	while (more) {
		const char *path;

		more = str_cut(rest, ':', &one, &rest);
		if (one.n == 0)
			continue;
		path = arena_dup(l->arena, one);
		if (path == NULL)
			return err_memory(e, "reading the settings");
		if (!trust_add(&l->s->trust, TRUST_DIR, path, true, e))
			return false;
	}
	return true;
}

static bool trust_environment(struct settings_loader *l, struct err *e)
{
	struct settings *s = l->s;
	const char *where = "SSL_CERT_FILE";
	const char *file = settings_environment(where), *dir = settings_environment("SSL_CERT_DIR");

	if (file == NULL && dir == NULL) {
		where = "CURL_CA_BUNDLE";
		file = settings_environment(where);
	}
	if (file != NULL) {
		keep_setting(&s->ca_file, file, PLACE_ENVIRONMENT, where);
		if (!trust_add(&s->trust, TRUST_FILE, file, true, e))
			return false;
	}
	if (dir != NULL) {
		keep_setting(&s->ca_dir, dir, PLACE_ENVIRONMENT, "SSL_CERT_DIR");
		return trust_directories(l, dir, e);
	}
	return true;
}

static bool trust_file(struct settings_loader *l, struct err *e)
{
	struct settings *s = l->s;
	struct str value;
	unsigned file;
	const char *path;

	if (!settings_files_find(&l->files, "http", "ca_file", &value, &file))
		return true;
	path = arena_dup(l->arena, value);
	if (path == NULL)
		return err_memory(e, "reading the settings");
	keep_setting(&s->ca_file, path, PLACE_FILE, l->files.list[file].path);
	return trust_add(&s->trust, TRUST_FILE, path, true, e);
}

static bool trust_system(struct settings *s)
{
	const struct trust_source *chosen = trust_add_system(&s->trust);

	if (chosen->kind == TRUST_EMBEDDED)
		console_line(
			LOG_DETAIL, "no CA certificates on this machine: those built in are used");
	else
		keep_setting(&s->ca_file, chosen->path, PLACE_DEFAULT, "system");
	return true;
}

/* The strongest file that has the key gives all of its values. */
static const struct settings_file *file_with(const struct settings_files *files, const char *key)
{
	struct str value;
	unsigned file;

	return settings_files_find(files, "http", key, &value, &file) ? &files->list[file] : NULL;
}

static bool trust_additions(struct settings_loader *l, struct err *e)
{
	const struct opt_values *given = &l->o->given[OPT_CA_ADD];
	const struct settings_file *file = file_with(&l->files, "ca_add");
	struct str value;
	struct ini i;
	unsigned n;

	for (n = 0; n < given->count; n++)
		if (!trust_add(&l->s->trust, TRUST_FILE, given->values[n], true, e))
			return false;
	if (given->count > 0 || file == NULL)
		return true;
	ini_init(&i, buf_str(&file->text));
	while (settings_file_next(&i, "http", "ca_add", &value)) {
		const char *path = arena_dup(l->arena, value);

		if (path == NULL)
			return err_memory(e, "reading the settings");
		if (!trust_add(&l->s->trust, TRUST_FILE, path, true, e))
			return false;
	}
	return true;
}

static bool load_trust(struct settings_loader *l, struct err *e)
{
	struct trust *t = &l->s->trust;

	trust_init(t);
	l->s->ca_file = l->s->ca_dir = (struct setting){.place = PLACE_NONE};
	return trust_flags(l, e) && (t->count > 0 || trust_environment(l, e)) &&
		(t->count > 0 || trust_file(l, e)) && (t->count > 0 || trust_system(l->s)) &&
		trust_additions(l, e);
}

static bool read_whole(struct settings_loader *l, const char *path, struct str *out, struct err *e)
{
	struct buf text;
	const char *kept;
	size_t n;

	buf_init(&text, LIMIT_KEY_FILE);
	if (!file_read(path, &text, e)) {
		buf_wipe(&text);
		return false;
	}
	n = text.len;
	kept = settings_keep(l, &text, e);
	*out = str_from(kept, n);
	return kept != NULL;
}

static void warn_of_others(const char *path, const char *what)
{
	if (file_mode_others_may_read(path))
		console_line(LOG_WARN,
			"%s holds %s and can be read by others; chmod 600 mends that", path, what);
}

/* Takes the passphrase of the environment over and leaves none there; false without one. */
static bool passphrase_from_environment(struct settings_loader *l, struct str *out)
{
	char *value = getenv(PASSPHRASE_VARIABLE);
	const char *kept;

	if (value == NULL || value[0] == '\0')
		return false;
	kept = arena_dup(l->arena, str_of(value));
	wipe(value, strlen(value));
	*out = str_of(kept);
	return true;
}

static bool load_passphrase(struct settings_loader *l, struct err *e)
{
	struct setting *s = &l->s->key_passphrase;
	struct str *out = &l->s->tls.passphrase, rest;

	if (s->place != PLACE_FLAG && passphrase_from_environment(l, out)) {
		if (out->n == 0)
			return err_memory(e, "reading the settings");
		keep_setting(s, "***", PLACE_ENVIRONMENT, PASSPHRASE_VARIABLE);
	} else if (s->value != NULL) {
		if (!read_whole(l, s->value, out, e))
			return false;
		str_cut(*out, '\n', out, &rest);
		if (out->n > 0 && out->p[out->n - 1] == '\r')
			out->n--;
		if (out->n == 0)
			return err_set(e, ERR_CONFIG,
				"%s: there is no passphrase in its first line", s->value);
		warn_of_others(s->value, "a passphrase");
	}
	log_hide(console_log(), *out);
	return true;
}

static bool load_certificate(struct settings_loader *l, struct err *e)
{
	struct settings *s = l->s;

	if (s->cert.value == NULL) {
		if (s->key.value != NULL)
			return err_set(e, ERR_CONFIG,
				"%s: a key is of no use without a certificate "
				"(--cert)",
				s->key.where);
		return true;
	}
	/* A key from a weaker place belongs to another certificate. */
	if (s->key.value == NULL || settings_rank(&s->key) > settings_rank(&s->cert))
		s->key = s->cert;
	s->tls.certificate_name = s->cert.value;
	s->tls.key_name = s->key.value;
	if (!read_whole(l, s->cert.value, &s->tls.certificate, e) ||
		!read_whole(l, s->key.value, &s->tls.key, e))
		return false;
	warn_of_others(s->key.value, "a private key");
	return load_passphrase(l, e);
}

static bool add_pin(struct tls_options *t, struct str text, const char *where, struct err *e)
{
	if (t->pin_count == LIMIT_PINS)
		return err_set(e, ERR_CONFIG, "more than %u pins", LIMIT_PINS);
	if (!tls_parse_pin(text, t->pins[t->pin_count]))
		return err_set(e, ERR_CONFIG,
			"%s: a pin is sha256// and the base64 of 32 bytes, not '%.*s'", where,
			STR_ARG(text));
	t->pin_count++;
	return true;
}

static bool load_pins(struct settings_loader *l, struct err *e)
{
	const struct opt_values *given = &l->o->given[OPT_PIN];
	const struct settings_file *file = file_with(&l->files, "pin");
	struct str value;
	struct ini i;
	unsigned n;

	for (n = 0; n < given->count; n++)
		if (!add_pin(&l->s->tls, str_of(given->values[n]), "--pin", e))
			return false;
	/* More pins would make the check weaker than the stronger place wants it. */
	if (given->count > 0 || file == NULL)
		return true;
	ini_init(&i, buf_str(&file->text));
	while (settings_file_next(&i, "http", "pin", &value))
		if (!add_pin(&l->s->tls, value, file->path, e))
			return false;
	return true;
}

static bool load_time(struct settings *s, struct err *e)
{
	if (s->assume_time.value == NULL)
		return true;
	if (!date_parse_rfc3339(str_of(s->assume_time.value), &s->tls.assumed))
		return err_set(e, ERR_USAGE,
			"--assume-time: '%s' is no time like 2026-11-24T08:15:30Z",
			s->assume_time.value);
	s->tls.assume_time = true;
	return true;
}

bool settings_load_tls(struct settings_loader *l, struct err *e)
{
	l->s->tls.trust = &l->s->trust;
	return load_trust(l, e) && load_certificate(l, e) && load_pins(l, e) && load_time(l->s, e);
}
