#include "cmd/settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/version.h"
#include "cmd/settings_parts.h"
#include "sys/console.h"
#include "sys/net_apart.h"
#include "sys/signals.h"

/* Where a setting may come from. */
struct source {
	size_t slot; /* of the struct setting in struct settings */
	enum opt_id flag;
	const char *environment[2]; /* the first counts more */
	const char *section, *key;  /* in a configuration file; NULL: none */
};

#define SLOT(member) .slot = offsetof(struct settings, member)

static const struct source config_source = {
	SLOT(config_file), .flag = OPT_CONFIG, .environment = {"SENTRY_SCIM_CONFIG"}};

/* What comes from another place as well, or from several variables, is completed elsewhere. */
static const struct source sources[] = {
	{SLOT(org), .flag = OPT_ORG, .environment = {"SENTRY_ORG"}, .section = "defaults",
		.key = "org"},
	{SLOT(region), .flag = OPT_REGION, .environment = {"SENTRY_REGION"}, .section = "defaults",
		.key = "region"},
	{SLOT(url), .flag = OPT_URL, .environment = {"SENTRY_URL"}, .section = "defaults",
		.key = "url"},
	{SLOT(scim_url), .flag = OPT_SCIM_URL, .environment = {"SENTRY_SCIM_URL"},
		.section = "defaults", .key = "scim_url"},
	{SLOT(cert), .flag = OPT_CERT, .section = "http", .key = "cert"},
	{SLOT(key), .flag = OPT_KEY, .section = "http", .key = "key"},
	{SLOT(key_passphrase), .flag = OPT_KEY_PASSPHRASE_FILE, .section = "http",
		.key = "key_passphrase_file"},
	{SLOT(proxy), .flag = OPT_PROXY, .section = "http", .key = "proxy_url"},
	{SLOT(no_proxy), .flag = OPT_NO_PROXY, .environment = {"no_proxy", "NO_PROXY"}},
	{SLOT(unix_socket), .flag = OPT_UNIX_SOCKET, .section = "http", .key = "unix_socket"},
	{SLOT(connect_timeout), .flag = OPT_CONNECT_TIMEOUT, .section = "http",
		.key = "connect_timeout"},
	{SLOT(timeout), .flag = OPT_TIMEOUT, .section = "http", .key = "timeout"},
	{SLOT(retries), .flag = OPT_RETRIES, .section = "http", .key = "max_retries"},
	{SLOT(max_wait), .flag = OPT_MAX_WAIT, .section = "http", .key = "max_wait"},
	{SLOT(assume_time), .flag = OPT_ASSUME_TIME},
};

static const char *const place_names[] = {
	[PLACE_FLAG] = "command line",
	[PLACE_INPUT] = "input document",
	[PLACE_ENVIRONMENT] = "environment",
	[PLACE_FILE] = "configuration file",
	[PLACE_TOKEN] = "token",
	[PLACE_DEFAULT] = "default",
	[PLACE_NONE] = "not set",
};
_Static_assert(
	sizeof place_names / sizeof place_names[0] == PLACE_NONE + 1, "a name for each place");

const char *settings_place_name(enum place p)
{
	return place_names[p];
}

const char *settings_environment(const char *name)
{
	const char *value = name != NULL ? getenv(name) : NULL;

	return value != NULL && value[0] != '\0' ? value : NULL;
}

unsigned settings_rank(const struct setting *s)
{
	return (unsigned)s->place * SETTINGS_FILES + s->file;
}

const char *settings_keep(struct settings_loader *l, struct buf *b, struct err *e)
{
	char *kept = b->failed ? NULL : arena_dup(l->arena, buf_str(b));

	buf_wipe(b);
	if (kept == NULL)
		err_memory(e, "reading the settings");
	return kept;
}

static bool pick_flag(
	struct settings_loader *l, const struct source *from, struct setting *s, struct err *e)
{
	struct buf where;

	if (!opt_given(l->o, from->flag))
		return true;
	buf_init(&where, 64);
	buf_addf(&where, "--%s", opt_table[from->flag].name);
	*s = (struct setting){.value = opt_value(l->o, from->flag),
		.place = PLACE_FLAG,
		.where = settings_keep(l, &where, e)};
	return s->where != NULL;
}

static void pick_environment(const struct source *from, struct setting *s)
{
	const char *value;
	unsigned i;

	for (i = 0; i < 2 && s->value == NULL; i++) {
		value = settings_environment(from->environment[i]);
		if (value != NULL)
			*s = (struct setting){.value = value,
				.place = PLACE_ENVIRONMENT,
				.where = from->environment[i]};
	}
}

static bool pick_file(
	struct settings_loader *l, const struct source *from, struct setting *s, struct err *e)
{
	struct str value;
	unsigned file;

	if (from->key == NULL ||
		!settings_files_find(&l->files, from->section, from->key, &value, &file))
		return true;
	*s = (struct setting){.value = arena_dup(l->arena, value),
		.place = PLACE_FILE,
		.file = file,
		.where = l->files.list[file].path};
	return s->value != NULL || err_memory(e, "reading the settings");
}

/* What the --input document says stands between the command line and the environment. */
static void pick_input(const struct settings_loader *l, struct setting *s)
{
	const char *value = NULL;

	if (s == &l->s->org)
		value = l->input->org;
	else if (s == &l->s->region)
		value = l->input->region;
	if (value != NULL && value[0] != '\0')
		*s = (struct setting){.value = value, .place = PLACE_INPUT, .where = "--input"};
}

static bool pick(struct settings_loader *l, const struct source *from, struct err *e)
{
	void *slot = (char *)l->s + from->slot;
	struct setting *s = slot;

	*s = (struct setting){.place = PLACE_NONE};
	if (!pick_flag(l, from, s, e))
		return false;
	if (s->value == NULL)
		pick_input(l, s);
	if (s->value == NULL)
		pick_environment(from, s);
	return s->value != NULL || pick_file(l, from, s, e);
}

static bool pick_all(struct settings_loader *l, struct err *e)
{
	size_t i;

	for (i = 0; i < sizeof sources / sizeof sources[0]; i++)
		if (!pick(l, &sources[i], e))
			return false;
	return true;
}

static enum output_format output_format(const char *name)
{
	static const char *const names[] = {
		[OUTPUT_AUTO] = "auto",
		[OUTPUT_TABLE] = "table",
		[OUTPUT_JSON] = "json",
		[OUTPUT_JSONL] = "jsonl",
		[OUTPUT_CSV] = "csv",
	};
	enum output_format f;

	/* The option's own list of choices has let nothing else through. */
	for (f = OUTPUT_CSV; name != NULL && f > OUTPUT_AUTO; f--)
		if (strcmp(name, names[f]) == 0)
			return f;
	return OUTPUT_AUTO;
}

static bool terminal_is_dumb(void)
{
	const char *term = settings_environment("TERM");

	return term != NULL && strcmp(term, "dumb") == 0;
}

bool settings_load_output(struct settings *s, const struct opts *o, struct err *e)
{
	bool quiet = opt_given(o, OPT_QUIET);
	unsigned verbose = o->given[OPT_VERBOSE].count;

	*s = (struct settings){.output = output_format(opt_value(o, OPT_OUTPUT))};
	s->dry_run = opt_given(o, OPT_DRY_RUN);
	s->csv_safe = opt_given(o, OPT_CSV_SAFE);
	s->color = console_is_terminal(STDOUT_FILENO) && !opt_given(o, OPT_NO_COLOR) &&
		settings_environment("NO_COLOR") == NULL && !terminal_is_dumb();
	s->progress = console_is_terminal(STDERR_FILENO) && !opt_given(o, OPT_NO_PROGRESS) &&
		!quiet && !terminal_is_dumb();
	if (quiet && verbose > 0) {
		console_setup(0);
		return err_set(e, ERR_USAGE, "--quiet and --verbose contradict each other");
	}
	/* Nothing is said above three. */
	s->verbosity = quiet ? -1 : (int)(verbose < 3 ? verbose : 3);
	console_setup(s->verbosity);
	return true;
}

static void warn_verify_ssl(const struct settings_files *files)
{
	struct str value;
	unsigned file;

	if (!settings_files_find(files, "http", "verify_ssl", &value, &file))
		return;
	if (str_is_fold(value, "false") || str_is_fold(value, "no") || str_is_fold(value, "off") ||
		str_is(value, "0"))
		console_line(LOG_WARN,
			"%s: verify_ssl = %.*s is ignored: verification cannot be "
			"switched off (see --ca-add)",
			files->list[file].path, STR_ARG(value));
}

static bool check_complete(struct settings *s, struct err *e)
{
	if (s->token.value.n == 0) {
		s->incomplete = true;
		err_set(e, ERR_CONFIG, "no token is given");
		err_hint(e,
			"put it into a file and name that with --token-file FILE or "
			"SENTRY_AUTH_TOKEN_FILE; or use --token-stdin, --token-fd N, "
			"SENTRY_AUTH_TOKEN, or `[auth] token` in ~/.sentryclirc");
		return false;
	}
	if (s->target.root.n == 0) {
		s->incomplete = true;
		err_set(e, ERR_CONFIG, "no organization is given");
		err_hint(e,
			"give its slug with --org SLUG, SENTRY_ORG, or `[defaults] org` in "
			"~/.sentryclirc; or paste the SCIM base URL of Sentry's settings page "
			"to --url");
		return false;
	}
	return true;
}

static bool load(struct settings_loader *l, struct err *e)
{
	if (!pick(l, &config_source, e) ||
		!settings_files_read(&l->files, l->s->config_file.value, l->arena, e))
		return false;
	warn_verify_ssl(&l->files);
	l->s->route.log = console_log();
	l->s->route.stop = signals_stop();
	l->s->route.resolver = (struct net_resolver){net_ask_apart, signals_stop()};
	l->s->route.user_agent = str_of("sentry-scim/" SENTRY_SCIM_VERSION);
	return pick_all(l, e) && settings_load_token(l, e) && settings_load_target(l, e) &&
		settings_load_proxy(l, e) && settings_load_route(l, e) &&
		settings_load_headers(l, e) && settings_load_tls(l, e) && check_complete(l->s, e);
}

bool settings_load(struct settings *s, const struct opts *o, const struct settings_input *input,
	struct arena *arena, struct err *e)
{
	static const struct settings_input none = {0};
	struct settings_loader l = {
		.s = s, .o = o, .input = input != NULL ? input : &none, .arena = arena};
	bool ok = settings_load_output(s, o, e) && load(&l, e);

	settings_files_wipe(&l.files);
	return ok;
}

void settings_wipe(struct settings *s)
{
	secret_wipe(&s->token);
	/* The arena holds it, which is ours to write. */
	wipe((void *)(uintptr_t)s->tls.key.p, s->tls.key.n);
	s->tls.key = (struct str){0};
}
