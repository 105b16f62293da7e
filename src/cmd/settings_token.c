#include "cmd/settings_parts.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "sys/console.h"
#include "sys/file_mode.h"

#define TOKEN_VARIABLE  "SENTRY_AUTH_TOKEN"
#define FILE_VARIABLE   "SENTRY_AUTH_TOKEN_FILE"
#define CREDENTIAL_DIR  "CREDENTIALS_DIRECTORY"
#define CREDENTIAL_FILE "/sentry-auth-token"

static bool found(const struct settings_loader *l)
{
	return l->s->token_source.place != PLACE_NONE;
}

static void note(struct settings_loader *l, enum place place, const char *where)
{
	l->s->token_source = (struct setting){.place = place, .where = where};
}

static void warn_readable(const char *path)
{
	console_line(LOG_WARN, "%s holds a secret and can be read by others; chmod 600 mends that",
		path);
}

static bool read_file(struct settings_loader *l, const char *path, struct err *e)
{
	bool others_may_read;

	/* The message of a file that is not there would show it. */
	if (sentry_token_kind(str_of(path)) != SENTRY_TOKEN_PLAIN)
		return err_set(e, ERR_CONFIG,
			"the name of a file that holds the token is wanted, not the token");
	if (!secret_read_file(&l->s->token, path, &others_may_read, e))
		return false;
	if (others_may_read)
		warn_readable(path);
	return true;
}

/* Two readers of standard input would each get a part of it. */
static bool check_stdin(const struct opts *o, struct err *e)
{
	static const enum opt_id files[] = {OPT_TOKEN_FILE, OPT_CONFIG, OPT_BODY, OPT_INPUT};
	unsigned i, readers = opt_given(o, OPT_TOKEN_STDIN);

	for (i = 0; i < sizeof files / sizeof files[0]; i++) {
		const char *value = opt_value(o, files[i]);

		if (value != NULL && strcmp(value, "-") == 0)
			readers++;
	}
	return readers < 2 ||
		err_set(e, ERR_USAGE, "standard input cannot be read for two options");
}

static bool check_flags(const struct opts *o, struct err *e)
{
	unsigned given = (unsigned)opt_given(o, OPT_TOKEN_FILE) +
		(unsigned)opt_given(o, OPT_TOKEN_FD) + (unsigned)opt_given(o, OPT_TOKEN_STDIN);

	if (given > 1)
		return err_set(e, ERR_USAGE,
			"--token-file, --token-fd and --token-stdin contradict each other");
	return check_stdin(o, e);
}

static bool read_fd(struct settings_loader *l, const char *text, struct err *e)
{
	uint64_t fd;

	if (!str_to_u64(str_of(text), INT_MAX, &fd) || fd == STDOUT_FILENO || fd == STDERR_FILENO)
		return err_set(
			e, ERR_USAGE, "--token-fd wants the number of a descriptor to read from");
	return secret_read_fd(&l->s->token, (int)fd, e);
}

static bool from_flags(struct settings_loader *l, struct err *e)
{
	const struct opts *o = l->o;

	if (!check_flags(o, e))
		return false;
	if (opt_given(o, OPT_TOKEN_FILE)) {
		note(l, PLACE_FLAG, "--token-file");
		return read_file(l, opt_value(o, OPT_TOKEN_FILE), e) ||
			err_context(e, "--token-file");
	}
	if (opt_given(o, OPT_TOKEN_FD)) {
		note(l, PLACE_FLAG, "--token-fd");
		return read_fd(l, opt_value(o, OPT_TOKEN_FD), e);
	}
	if (opt_given(o, OPT_TOKEN_STDIN)) {
		bool unused;

		note(l, PLACE_FLAG, "--token-stdin");
		return secret_read_file(&l->s->token, "-", &unused, e);
	}
	return true;
}

static bool from_input(struct settings_loader *l, struct err *e)
{
	const char *token = l->input->token;

	if (token == NULL || token[0] == '\0')
		return true;
	note(l, PLACE_INPUT, "--input");
	return secret_set(&l->s->token, str_of(token), "the token of --input", e);
}

/* systemd guards the directory; the mode of a file in it may show an ACL's mask, not its readers.
 */
static bool from_credentials(struct settings_loader *l, struct err *e)
{
	const char *directory = settings_environment(CREDENTIAL_DIR), *path;
	struct err cause;
	struct buf text;
	bool unused;

	if (directory == NULL)
		return true;
	buf_init(&text, LIMIT_CONFIG_FILE);
	buf_addf(&text, "%s" CREDENTIAL_FILE, directory);
	path = settings_keep(l, &text, e);
	if (path == NULL)
		return false;
	err_clear(&cause);
	if (secret_read_file(&l->s->token, path, &unused, &cause)) {
		note(l, PLACE_ENVIRONMENT, CREDENTIAL_DIR);
		return true;
	}
	if (cause.number == ENOENT || cause.number == ENOTDIR)
		return true;
	*e = cause;
	return false;
}

static bool from_environment(struct settings_loader *l, struct err *e)
{
	const char *path;

	if (secret_from_env(&l->s->token, TOKEN_VARIABLE, e)) {
		note(l, PLACE_ENVIRONMENT, TOKEN_VARIABLE);
		return true;
	}
	if (e->kind != ERR_NONE)
		return false;
	path = settings_environment(FILE_VARIABLE);
	if (path == NULL)
		return from_credentials(l, e);
	note(l, PLACE_ENVIRONMENT, FILE_VARIABLE);
	return read_file(l, path, e) || err_context(e, FILE_VARIABLE);
}

/* A token that a stronger place has made superfluous is wiped all the same. */
static void forget_environment(void)
{
	struct secret unused = {0};
	struct err ignored;

	err_clear(&ignored);
	secret_from_env(&unused, TOKEN_VARIABLE, &ignored);
	secret_wipe(&unused);
}

static bool from_files(struct settings_loader *l, struct err *e)
{
	struct str value;
	unsigned file;
	const char *path;

	if (!settings_files_find(&l->files, "auth", "token", &value, &file))
		return true;
	path = l->files.list[file].path;
	note(l, PLACE_FILE, path);
	l->s->token_source.file = file;
	if (file_mode_others_may_read(path))
		warn_readable(path);
	return secret_set(&l->s->token, value, path, e);
}

static void warn_kind(enum sentry_token_kind kind)
{
	if (kind == SENTRY_TOKEN_ORGANIZATION || kind == SENTRY_TOKEN_AGENT)
		console_line(LOG_WARN,
			"this is an %s, which cannot do SCIM: expect 403; the token that "
			"switching SCIM on shows begins with sntryi_",
			sentry_token_kind_name(kind));
}

static bool describe(struct settings_loader *l, struct err *e)
{
	struct settings *s = l->s;
	struct buf shown;

	s->token_kind = sentry_token_kind(s->token.value);
	log_hide(console_log(), s->token.value);
	buf_init(&shown, LIMIT_TOKEN);
	secret_describe(s->token.value, &shown);
	s->token_source.value = settings_keep(l, &shown, e);
	return s->token_source.value != NULL;
}

bool settings_load_token(struct settings_loader *l, struct err *e)
{
	bool ok;

	note(l, PLACE_NONE, NULL);
	ok = from_flags(l, e) && (found(l) || from_input(l, e)) &&
		(found(l) || from_environment(l, e));
	forget_environment();
	ok = ok && (found(l) || from_files(l, e));
	if (!ok || !found(l))
		return ok;
	if (!describe(l, e))
		return false;
	/* Another provider may call its tokens as it likes. */
	if (l->s->scim_url.value == NULL)
		warn_kind(l->s->token_kind);
	return true;
}
