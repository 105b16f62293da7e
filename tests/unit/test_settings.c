#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "apart.h"
#include "base/limits.h"
#include "cmd/opt.h"
#include "cmd/settings.h"
#include "cmd/settings_file.h"

/* Every secret has this in it; no message may. */
#define CANARY "canary"
#define TOKEN  "sntryi_canary0123456789"
#define PIN    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

extern char **environ;

/*
 * One load of the settings in a process of its own. The environment holds ENV and nothing else but
 * HOME, the working directory, and, where BARE is not set, a token and an organization.
 */
struct row {
	const char *args[8];  /* options of `member create` */
	const char *env[8];   /* "NAME=VALUE" */
	const char *file;     /* what ~/.sentryclirc holds; NULL: there is none */
	const char *stdin_is; /* what standard input holds */
	const struct settings_input *input;
	bool bare;
	const char *has[8]; /* parts of describe() */
	const char *error;  /* part of the message or the hint; NULL: must succeed */
	const char *warns;  /* part of what is on standard error; NULL: nothing is */
};

static const struct row *row;
static struct arena arena;
static struct opts opts;
static struct settings s;
static struct err err;
static struct buf told;
static char said[8192];

static void describe_setting(const char *name, const struct setting *setting)
{
	if (setting->value != NULL)
		buf_addf(&told, "%s=%s@%s(%s)\n", name, setting->value, setting->where,
			settings_place_name(setting->place));
}

static void describe_settings(void)
{
	describe_setting("token", &s.token_source);
	describe_setting("org", &s.org);
	describe_setting("region", &s.region);
	describe_setting("url", &s.url);
	describe_setting("scim_url", &s.scim_url);
	describe_setting("ca_file", &s.ca_file);
	describe_setting("ca_dir", &s.ca_dir);
	describe_setting("cert", &s.cert);
	describe_setting("key", &s.key);
	describe_setting("proxy", &s.proxy);
	describe_setting("no_proxy", &s.no_proxy);
	describe_setting("connect_timeout", &s.connect_timeout);
	describe_setting("timeout", &s.timeout);
	describe_setting("retries", &s.retries);
	describe_setting("max_wait", &s.max_wait);
	describe_setting("assume_time", &s.assume_time);
	describe_setting("config", &s.config_file);
}

static void describe_route(void)
{
	static const char *const via[] = {"direct", "http", "socks5", "socks5h"};
	const struct route *r = &s.route;
	char text[NET_ADDRESS_TEXT];
	unsigned i;

	buf_addf(&told, "root=%.*s\napi=%.*s\npath=%.*s\nauthority=%.*s\nsentry=%d\n",
		STR_ARG(s.target.root), STR_ARG(s.target.api_root), STR_ARG(s.target.root_path),
		STR_ARG(s.target.authority), s.target.is_sentry);
	buf_addf(&told, "to=%.*s %u tls=%d\nvia=%s %.*s %u\nreason=%s\n", STR_ARG(r->host), r->port,
		r->tls, via[r->via], STR_ARG(r->proxy_host), r->proxy_port,
		s.proxy_reason != NULL ? s.proxy_reason : "");
	if (r->proxy_has_credentials)
		buf_addf(&told, "credentials=%.*s %.*s\n", STR_ARG(r->proxy_user),
			STR_ARG(r->proxy_password));
	buf_addf(&told, "family=%d fixed=%d target=%s\npeers=", r->family, r->fixed, r->target);
	for (i = 0; i < r->peers.count; i++) {
		net_address_text(&r->peers.list[i], text);
		buf_addf(&told, "%s;", text);
	}
	buf_addf(&told, "\nms=%lld %lld %lld retries=%u\nagent=%.*s\n",
		(long long)r->connect_timeout, (long long)r->timeout, (long long)s.max_wait_ms,
		s.retries_max, STR_ARG(r->user_agent));
}

static void describe_rest(void)
{
	static const char *const kinds[] = {"file", "dir", "embedded"};
	unsigned i;

	for (i = 0; i < s.trust.count; i++)
		buf_addf(&told, "trust=%s %s named=%d\n", kinds[s.trust.sources[i].kind],
			s.trust.sources[i].path != NULL ? s.trust.sources[i].path : "",
			s.trust.sources[i].named);
	for (i = 0; i < s.header_count; i++)
		buf_addf(&told, "header=%.*s: %.*s\n", STR_ARG(s.headers[i].name),
			STR_ARG(s.headers[i].value));
	buf_addf(&told, "sources=%u headers=%u pins=%u\ncert=%.*s|key=%.*s|\nassumed=%d %lld\n",
		s.trust.count, s.header_count, s.tls.pin_count, STR_ARG(s.tls.certificate),
		STR_ARG(s.tls.key), s.tls.assume_time, (long long)s.tls.assumed);
	buf_addf(&told, "output=%d verbosity=%d dry=%d kind=%d incomplete=%d value=%.*s\n",
		s.output, s.verbosity, s.dry_run, s.token_kind, s.incomplete,
		STR_ARG(s.token.value));
}

static void put_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
		fchmod(fd, mode) != 0)
		abort();
	close(fd);
}

static void prepare_environment(void)
{
	static char *none[] = {NULL};
	const char *const *pair;

	environ = none;
	setenv("HOME", ".", 1);
	if (!row->bare) {
		setenv("SENTRY_AUTH_TOKEN", TOKEN, 1);
		setenv("SENTRY_ORG", "acme", 1);
	}
	for (pair = row->env; *pair != NULL; pair++) {
		char name[64];
		size_t n = strcspn(*pair, "=");

		memcpy(name, *pair, n);
		name[n] = '\0';
		setenv(name, *pair + n + 1, 1);
	}
	if (row->file != NULL)
		put_file(".sentryclirc", row->file, 0600);
	else
		unlink(".sentryclirc");
}

/* Standard error to a file, standard input and descriptor 9 from one. */
static void prepare_descriptors(void)
{
	int fd = open("said", O_RDWR | O_CREAT | O_TRUNC, 0600);

	dup2(fd, STDERR_FILENO);
	close(fd);
	put_file("stdin", row->stdin_is != NULL ? row->stdin_is : "", 0600);
	fd = open("stdin", O_RDONLY);
	dup2(fd, STDIN_FILENO);
	dup2(fd, 9);
	close(fd);
}

static void read_said(void)
{
	int fd = open("said", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, said, sizeof said - 1) : -1;

	said[n > 0 ? n : 0] = '\0';
	close(fd);
}

static bool load(void)
{
	char *argv[16] = {(char *)(uintptr_t) "sentry-scim", (char *)(uintptr_t) "member",
		(char *)(uintptr_t) "create", (char *)(uintptr_t) "ada@example.com"};
	int argc = 4;
	const char *const *arg;

	for (arg = row->args; *arg != NULL; arg++)
		argv[argc++] = (char *)(uintptr_t)*arg;
	err_clear(&err);
	arena_init(&arena, LIMIT_COMMAND_ARENA);
	return opt_parse(argc, argv, &arena, &opts, &err) &&
		settings_load(&s, &opts, row->input, &arena, &err);
}

static bool token_is_in_environment(void)
{
	const char *value = getenv("SENTRY_AUTH_TOKEN");

	return value != NULL && value[0] != '\0';
}

static int check(void)
{
	const char *const *part;
	bool ok;

	prepare_environment();
	prepare_descriptors();
	ok = load();
	read_said();
	buf_init(&told, 65536);
	describe_settings();
	describe_route();
	describe_rest();
	if (ok != (row->error == NULL))
		dprintf(STDOUT_FILENO, "# %s %s\n", ok ? buf_text(&told) : err.text, err.hint);
	EXPECT(ok == (row->error == NULL));
	if (!ok && strstr(err.text, row->error) == NULL && strstr(err.hint, row->error) == NULL)
		dprintf(STDOUT_FILENO, "# no '%s' in: %s; %s\n", row->error, err.text, err.hint);
	EXPECT(ok || strstr(err.text, row->error) != NULL || strstr(err.hint, row->error) != NULL);
	EXPECT(ok || err_exit_code(&err) == 2);
	if (row->warns == NULL ? said[0] != '\0' : strstr(said, row->warns) == NULL)
		dprintf(STDOUT_FILENO, "# said: %s\n", said);
	EXPECT(row->warns == NULL ? said[0] == '\0' : strstr(said, row->warns) != NULL);
	EXPECT(strstr(said, CANARY) == NULL);
	EXPECT(strstr(err.text, CANARY) == NULL && strstr(err.hint, CANARY) == NULL);
	EXPECT(s.token_source.value == NULL || strstr(s.token_source.value, CANARY) == NULL);
	EXPECT(s.proxy.value == NULL || strstr(s.proxy.value, CANARY) == NULL);
	EXPECT(!ok || !token_is_in_environment());
	for (part = row->has; *part != NULL; part++) {
		if (strstr(buf_text(&told), *part) == NULL)
			dprintf(STDOUT_FILENO, "# no '%s' in:\n%s", *part, buf_text(&told));
		EXPECT(strstr(buf_text(&told), *part) != NULL);
	}
	settings_wipe(&s);
	EXPECT(s.token.value.n == 0 && s.tls.key.n == 0);
	buf_wipe(&told);
	arena_wipe(&arena);
	return APART_PASSED;
}

static void check_rows(const struct row *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		row = &rows[i];
		if (apart_end(apart_start(check)) != APART_PASSED)
			fail_msg("row %zu: %s", i, row->error != NULL ? row->error : row->has[0]);
	}
}

#define CHECK(...)                                                                                 \
	do {                                                                                       \
		static const struct row rows[] = {__VA_ARGS__};                                    \
		check_rows(rows, sizeof rows / sizeof rows[0]);                                    \
	} while (0)
#define ARGS(...)  .args = {__VA_ARGS__}
#define ENV(...)   .env = {__VA_ARGS__}
#define HAS(...)   .has = {__VA_ARGS__}
#define FILE_IS(t) .file = t

static const struct settings_input input_all = {
	.token = "sntryu_canary_of_input", .region = "de", .org = "input-org"};
static const struct settings_input input_region = {.region = "de"};
static const struct settings_input input_empty = {.token = "", .region = "", .org = ""};

static void without_anything_the_defaults_count(void **state)
{
	(void)state;
	CHECK({HAS("url=https://sentry.io@default(default)",
		"root=https://sentry.io/api/0/organizations/acme/scim/v2\n",
		"api=https://sentry.io/api/0/organizations/acme\n",
		"path=/api/0/organizations/acme/scim/v2\nauthority=sentry.io\nsentry=1",
		"to=sentry.io 443 tls=1\nvia=direct  0\nreason=no proxy is set\n",
		"ms=10000 60000 60000 retries=4\nagent=sentry-scim/",
		"connect_timeout=10@default(default)",
		"output=0 verbosity=0 dry=0 kind=1 incomplete=0")});
}

static void organizations_come_from_the_strongest_place(void **state)
{
	(void)state;
	CHECK({ARGS("--org", "flag-org"), ENV("SENTRY_ORG=env-org"),
		      FILE_IS("[defaults]\norg=file-org"), .input = &input_all,
		      HAS("org=flag-org@--org(command line)")},
		{ENV("SENTRY_ORG=env-org"), FILE_IS("[defaults]\norg=file-org"),
			.input = &input_all, HAS("org=input-org@--input(input document)")},
		{ENV("SENTRY_ORG=env-org"), FILE_IS("[defaults]\norg=file-org"),
			.input = &input_empty, HAS("org=env-org@SENTRY_ORG(environment)")},
		{ENV("SENTRY_ORG="), FILE_IS("[Defaults]\nORG = file-org\n"),
			HAS("org=file-org@./.sentryclirc(configuration file)",
				"root=https://sentry.io/api/0/organizations/file-org/scim/v2")},
		{FILE_IS("[defaults]\norg=\n"), ENV("SENTRY_ORG="),
			.error = "no organization is given",
			HAS("incomplete=1", "to=sentry.io 443", "token=sntryi_")},
		{ENV("SENTRY_ORG="), .error = "--org SLUG"},
		{ARGS("--org", "../x"), .error = "'../x' is not an organization"},
		{ENV("SENTRY_ORG=a/b"), .error = "SENTRY_ORG: 'a/b' is not"});
}

static void every_other_setting_comes_from_the_strongest_place(void **state)
{
	(void)state;
	CHECK({ARGS("--timeout", "5", "--connect-timeout=2", "--retries=7", "--max-wait=3"),
		      FILE_IS("[http]\ntimeout=9\nconnect_timeout=9\nmax_retries=9\nmax_wait=9\n"),
		      HAS("ms=2000 5000 3000 retries=7", "timeout=5@--timeout(command line)",
			      "retries=7@--retries(command line)")},
		{FILE_IS("[http]\ntimeout=9\nconnect_timeout: 8\nmax_retries=7\nmax_wait=6\n"),
			HAS("ms=8000 9000 6000 retries=7",
				"timeout=9@./.sentryclirc(configuration file)")},
		{FILE_IS("[http]\ntimeout=9\ntimeout=5\n"), HAS("timeout=5@")},
		{FILE_IS("[http]\nunknown=1\n[dsn]\nx=y\n[defaults]\nproject=p\n[log]\nlevel="
			 "info\n"),
			HAS("ms=10000 60000")});
}

static void of_region_url_and_root_the_stronger_counts(void **state)
{
	(void)state;
	CHECK({ARGS("--region", "us"), ENV("SENTRY_URL=https://env.example"),
		      HAS("root=https://us.sentry.io/api/0/organizations/acme/scim/v2",
			      "region=us@--region(command line)", "\nauthority=us.sentry.io")},
		{ARGS("--url", "https://flag.example"),
			ENV("SENTRY_REGION=us", "SENTRY_SCIM_URL=https://s.example"),
			HAS("to=flag.example 443")},
		{ARGS("--scim-url", "https://s.example/v2"), ENV("SENTRY_REGION=us"),
			HAS("to=s.example 443")},
		{ENV("SENTRY_URL=https://env.example"), .input = &input_region,
			HAS("to=de.sentry.io 443", "region=de@--input(input document)")},
		{ARGS("--url=https://flag.example"), .input = &input_region,
			HAS("to=flag.example 443")},
		{ENV("SENTRY_REGION=us"), FILE_IS("[defaults]\nurl=https://file.example\n"),
			HAS("to=us.sentry.io 443")},
		{FILE_IS("[defaults]\nurl=https://file.example/\n"), HAS("to=file.example 443")},
		{FILE_IS("[defaults]\nregion=de\n"), HAS("to=de.sentry.io 443")},
		{FILE_IS("[defaults]\nscim_url=https://s.example/x\n"),
			HAS("root=https://s.example/x\n")},
		{ENV("SENTRY_URL=", "SENTRY_REGION=us"), HAS("to=us.sentry.io 443")},
		{ARGS("--region", "us", "--url", "https://sentry.io"),
			.error = "region and url contradict each other (command line)"},
		{ARGS("--url", "https://a.example", "--scim-url", "https://b.example"),
			.error = "url and scim-url contradict each other (command line)"},
		{ARGS("--region", "us", "--scim-url", "https://b.example"),
			.error = "contradict each other"},
		{ENV("SENTRY_REGION=us", "SENTRY_URL=https://sentry.io"),
			.error = "region and url contradict each other (environment)"},
		{FILE_IS("[defaults]\nregion=us\nurl=https://sentry.io\n"),
			.error = "region and url contradict each other (./.sentryclirc)"},
		/* What is overruled need not be right. */
		{ARGS("--region", "us"), ENV("SENTRY_URL=nonsense"), HAS("to=us.sentry.io 443")},
		{ARGS("--region", "us.sentry.io"),
			.error = "--region: 'us.sentry.io' is not a region"},
		{ENV("SENTRY_URL=sentry.io"),
			.error = "SENTRY_URL: the URL does not begin with https://"},
		{ARGS("--url", "https://u:canary@sentry.io"), .error = "user name or password"},
		{ARGS("--url", "u:canary@sentry.io"), .error = "does not begin"},
		{ARGS("--url", "https://sentry.example/sentry/"), .error = "below the path"});
}

#define PASTED "https://h.example/api/0/organizations/pasted/scim/v2/"

static void a_pasted_base_url_names_the_organization(void **state)
{
	(void)state;
	CHECK({ARGS("--url", PASTED), .bare = true, ENV("SENTRY_AUTH_TOKEN=" TOKEN),
		      HAS("root=https://h.example/api/0/organizations/pasted/scim/v2\n",
			      "org=pasted@--url(command line)")},
		{ARGS("--url", PASTED), ENV("SENTRY_ORG=other"),
			HAS("org=pasted@--url(command line)")},
		{ARGS("--org", "other"), ENV("SENTRY_URL=" PASTED),
			HAS("org=other@--org(command line)", "to=h.example")},
		{ARGS("--url", PASTED, "--org", "other"),
			.error = "the organization in the URL and org contradict"},
		{ARGS("--url", PASTED, "--org", "pasted"), HAS("org=pasted@--org")},
		{ENV("SENTRY_URL=" PASTED, "SENTRY_ORG=other"),
			.error = "contradict each other (environment)"},
		{FILE_IS("[defaults]\nurl=" PASTED "\n"), ENV("SENTRY_ORG=other"),
			HAS("org=other@SENTRY_ORG")},
		{ARGS("--url", "https://h.example/api/0/organizations/..%2Fx/scim/v2"),
			.error = "is not an organization"});
}

static void any_providers_root_is_used_as_it_is(void **state)
{
	(void)state;
	CHECK({ARGS("--scim-url", "https://idp.example:8443/scim/v2/"), .bare = true,
		      ENV("SENTRY_AUTH_TOKEN=" TOKEN),
		      HAS("root=https://idp.example:8443/scim/v2\napi=\npath=/scim/v2\n"
			  "authority=idp.example:8443\nsentry=0",
			      "to=idp.example 8443 tls=1")},
		{ARGS("--scim-url", "https://idp.example"),
			HAS("root=https://idp.example\napi=\npath=\n")},
		{ARGS("--scim-url", "https://idp.example//"), HAS("root=https://idp.example/\n")},
		{ARGS("--scim-url", "https://[::1]:443/s"),
			HAS("authority=[::1]\n", "to=::1 443 tls=1")},
		{ARGS("--scim-url", "http://127.0.0.1:9/s"), HAS("to=127.0.0.1 9 tls=0")},
		{ARGS("--scim-url", "https://x?y"),
			.error = "--scim-url: the URL must not have a query"},
		{ARGS("--scim-url", "https://x#y"), .error = "fragment"},
		{ARGS("--scim-url", "https://u:canary@x"), .error = "user name or password"},
		{ARGS("--scim-url", "ftp://x/"), .error = "neither https nor http"},
		{ARGS("--scim-url", "x/y"), .error = "cannot be used"});
}

static void plain_http_is_warned_about(void **state)
{
	(void)state;
	CHECK({ARGS("--url", "http://sentry.example:9000"),
		      .warns = "the token travels unencrypted to sentry.example",
		      HAS("authority=sentry.example:9000", "to=sentry.example 9000 tls=0")},
		{ARGS("--scim-url", "http://10.0.0.1/"), .warns = "unencrypted",
			HAS("authority=10.0.0.1\n", "10.0.0.1 80")},
		{ARGS("--url", "http://127.8.9.1:9000"), HAS("to=127.8.9.1 9000 tls=0")},
		{ARGS("--url", "http://[::1]:9000"), HAS("authority=[::1]:9000\n")},
		{ARGS("--url", "http://localhost"), HAS("to=localhost 80")},
		{ARGS("--url", "http://x.LOCALHOST"), HAS("tls=0")},
		{ARGS("--url", "http://127.example"), .warns = "unencrypted", HAS("tls=0")},
		{ARGS("-q", "--url", "http://sentry.example"), HAS("verbosity=-1")});
}

static void tokens_come_from_the_strongest_place(void **state)
{
	(void)state;
	CHECK({ARGS("--token-file", "token"), .input = &input_all,
		      HAS("value=sntryi_canary_of_file\n", "token=sntryi_...",
			      "@--token-file(command line)")},
		{ARGS("--token-fd", "9"), .stdin_is = " sntryi_canary_of_fd\r\n",
			HAS("value=sntryi_canary_of_fd\n", "@--token-fd")},
		{ARGS("--token-stdin"), .stdin_is = "sntryi_canary_of_stdin",
			HAS("value=sntryi_canary_of_stdin\n", "@--token-stdin")},
		{ARGS("--token-file", "-"), .stdin_is = "sntryi_canary_of_stdin\n",
			HAS("value=sntryi_canary_of_stdin\n")},
		{.input = &input_all,
			HAS("value=sntryu_canary_of_input\n", "@--input(input document)",
				"kind=2")},
		{ENV("SENTRY_AUTH_TOKEN_FILE=token"),
			HAS("value=" TOKEN "\n", "@SENTRY_AUTH_TOKEN(environment)")},
		{.bare = true,
			ENV("SENTRY_ORG=acme", "SENTRY_AUTH_TOKEN=", "SENTRY_AUTH_TOKEN_FILE=token",
				"CREDENTIALS_DIRECTORY=credentials"),
			HAS("value=sntryi_canary_of_file\n",
				"@SENTRY_AUTH_TOKEN_FILE(environment)")},
		{.bare = true,
			ENV("SENTRY_ORG=acme", "CREDENTIALS_DIRECTORY=credentials"),
			FILE_IS("[auth]\ntoken=sntryi_canary_of_ini\n"),
			HAS("value=sntryi_canary_of_systemd\n",
				"@CREDENTIALS_DIRECTORY(environment)")},
		{.bare = true,
			ENV("SENTRY_ORG=acme", "CREDENTIALS_DIRECTORY=nowhere"),
			FILE_IS("[auth]\ntoken=sntryi_canary_of_ini\n"),
			HAS("value=sntryi_canary_of_ini\n", "@./.sentryclirc(configuration file)")},
		{FILE_IS("[auth]\ntoken=sntryi_canary_of_ini\n"), HAS("value=" TOKEN "\n")});
}

static void tokens_that_cannot_be_had_are_errors(void **state)
{
	(void)state;
	CHECK({.bare = true,
		      ENV("SENTRY_ORG=acme"),
		      .error = "no token is given",
		      HAS("incomplete=1", "root=https://sentry.io/api")},
		{.bare = true, ENV("SENTRY_ORG=acme"), .error = "put it into a file"},
		{ARGS("--token-file", "nowhere"), .error = "nowhere", HAS("incomplete=0")},
		{ARGS("--token-file", "empty"), .error = "empty"},
		{ARGS("--token-file", "."), .error = "directory"},
		{ARGS("--token-file", TOKEN), .error = "--token-file: the name of a file"},
		{ENV("SENTRY_AUTH_TOKEN=", "SENTRY_AUTH_TOKEN_FILE=" TOKEN),
			.error = "SENTRY_AUTH_TOKEN_FILE: the name of a file"},
		{.bare = true,
			ENV("SENTRY_ORG=acme", "SENTRY_AUTH_TOKEN_FILE=nowhere"),
			.error = "SENTRY_AUTH_TOKEN_FILE: "},
		{ARGS("--token-fd", "77"), .error = "77"},
		{ARGS("--token-fd", "-1"), .error = "number of a descriptor"},
		{ARGS("--token-fd", "1"), .error = "number of a descriptor"},
		{ARGS("--token-fd", "2147483648"), .error = "number of a descriptor"},
		{ARGS("--token-file", "token", "--token-stdin"), .error = "contradict each other"},
		{ARGS("--token-file", "token", "--token-fd", "9"),
			.error = "contradict each other"},
		{ARGS("--token-fd", "9", "--token-stdin"), .error = "contradict each other"},
		{ARGS("--token-stdin", "--body", "-"), .error = "standard input"},
		{ARGS("--token-file", "-", "--input", "-"), .error = "standard input"},
		{ARGS("--token-stdin", "--config", "-"), .error = "standard input"},
		{ENV("SENTRY_AUTH_TOKEN=sntryi_canary with blanks"), .error = "SENTRY_AUTH_TOKEN"});
}

static void tokens_are_warned_about(void **state)
{
	(void)state;
	CHECK({ARGS("--token-file", "token-open"),
		      .warns = "token-open holds a secret and can be read by others",
		      HAS("value=sntryi_canary_of_open\n")},
		{.bare = true,
			ENV("SENTRY_ORG=acme", "SENTRY_AUTH_TOKEN_FILE=token-open"),
			.warns = "token-open holds"},
		{ARGS("--config", "conf-open"), .bare = true, ENV("SENTRY_ORG=acme"),
			.warns = "conf-open holds a secret"},
		{ARGS("--config", "conf-open"), HAS("value=" TOKEN "\n")},
		{ENV("SENTRY_AUTH_TOKEN=sntrys_canary"),
			.warns = "organization token (sntrys_), which cannot do SCIM",
			HAS("kind=4")},
		{ENV("SENTRY_AUTH_TOKEN=sntryag_canary"), .warns = "agent token", HAS("kind=5")},
		{ENV("SENTRY_AUTH_TOKEN=sntrys_canary"), ARGS("--scim-url", "https://x/"),
			HAS("kind=4")},
		{ENV("SENTRY_AUTH_TOKEN=0123canary"), HAS("kind=0")});
}

/* {"url":"https://c.example","region_url":"https://r.example","org":"claimed"} */
#define CLAIMS                                                                                     \
	"sntrys_eyJ1cmwiOiJodHRwczovL2MuZXhhbXBsZSIsInJlZ2lvbl91cmwiOiJodHRwczovL3IuZXhhbXBsZSIs"  \
	"Im9yZyI6ImNsYWltZWQifQ==_canary"

static void what_the_token_says_counts_last(void **state)
{
	(void)state;
	CHECK({.bare = true,
		      ENV("SENTRY_AUTH_TOKEN=" CLAIMS),
		      .warns = "cannot do SCIM",
		      HAS("org=claimed@the token(token)", "url=https://r.example@the token(token)",
			      "root=https://r.example/api/0/organizations/claimed/scim/v2")},
		{ENV("SENTRY_AUTH_TOKEN=" CLAIMS), .warns = "",
			HAS("org=acme@SENTRY_ORG", "to=r.example 443")},
		{.bare = true,
			ENV("SENTRY_AUTH_TOKEN=" CLAIMS),
			FILE_IS("[defaults]\nregion=us\n"),
			.warns = "",
			HAS("org=claimed@the token", "to=us.sentry.io 443")},
		{.bare = true,
			ENV("SENTRY_AUTH_TOKEN=" CLAIMS),
			ARGS("--url", "https://f.example"),
			.warns = "",
			HAS("to=f.example 443")});
}

static void ca_certificates_come_from_the_strongest_place(void **state)
{
	(void)state;
	CHECK({ARGS("--ca-file", "f"), ENV("SSL_CERT_FILE=e"),
		      HAS("trust=file f named=1\nsources=1 ", "ca_file=f@--ca-file")},
		{ARGS("--ca-dir", "d"), ENV("SSL_CERT_FILE=e"),
			HAS("trust=dir d named=1\nsources=1 ", "ca_dir=d@--ca-dir")},
		{ARGS("--ca-file", "f", "--ca-dir", "d", "--ca-embedded"),
			HAS("trust=file f named=1\ntrust=dir d named=1\ntrust=embedded  "
			    "named=1\nsources=3 ")},
		{ARGS("--ca-embedded"), ENV("SSL_CERT_FILE=e"),
			HAS("trust=embedded  named=1\nsources=1 ")},
		{ENV("SSL_CERT_FILE=e", "CURL_CA_BUNDLE=c"),
			HAS("trust=file e named=1\nsources=1 ",
				"ca_file=e@SSL_CERT_FILE(environment)")},
		{ENV("SSL_CERT_DIR=d:e::f", "CURL_CA_BUNDLE=c"),
			HAS("trust=dir d named=1\ntrust=dir e named=1\ntrust=dir f "
			    "named=1\nsources=3 ")},
		{ENV("SSL_CERT_FILE=e", "SSL_CERT_DIR=d"),
			HAS("trust=file e named=1\ntrust=dir d named=1\nsources=2 ")},
		{ENV("SSL_CERT_FILE=", "CURL_CA_BUNDLE=c"), FILE_IS("[http]\nca_file=i\n"),
			HAS("trust=file c named=1\nsources=1 ")},
		{FILE_IS("[http]\nca_file=i\n"),
			HAS("trust=file i named=1\nsources=1 ", "ca_file=i@./.sentryclirc")},
		{HAS(" named=0\nsources=1 ")},
		{ARGS("--ca-file", "f", "--ca-add", "a", "--ca-add", "b"),
			FILE_IS("[http]\nca_add=i\n"),
			HAS("trust=file f named=1\ntrust=file a named=1\ntrust=file b "
			    "named=1\nsources=3 ")},
		{ARGS("--ca-add", "a"), HAS(" named=0\ntrust=file a named=1\nsources=2 ")},
		{FILE_IS("[http]\nca_add=i\nca_add=j\n"),
			HAS(" named=0\ntrust=file i named=1\ntrust=file j named=1\nsources=3 ")},
		{ENV("SSL_CERT_DIR=1:2:3:4:5:6:7:8:9"), .error = ""});
}

static void verification_cannot_be_switched_off(void **state)
{
	(void)state;
	CHECK({FILE_IS("[http]\nverify_ssl=false\n"), .warns = "verify_ssl = false is ignored",
		      HAS("tls=1")},
		{FILE_IS("[http]\nverify_ssl=0\n"), .warns = "is ignored", HAS("tls=1")},
		{FILE_IS("[http]\nverify_ssl=true\n"), HAS("tls=1")});
}

static void a_client_certificate_is_read(void **state)
{
	(void)state;
	CHECK({ARGS("--cert", "cert", "--key", "key"),
		      HAS("cert=CERT\n|key=KEY\n|", "key=key@--key")},
		{ARGS("--cert", "cert"), HAS("cert=CERT\n|key=CERT\n|")},
		{FILE_IS("[http]\ncert=cert\nkey=key\n"), HAS("cert=CERT\n|key=KEY\n|")},
		{ARGS("--cert", "key"), FILE_IS("[http]\ncert=cert\nkey=key\n"),
			HAS("cert=KEY\n|key=KEY\n|", "key=key@--cert")},
		{ARGS("--cert", "cert"), FILE_IS("[http]\nkey=key\n"),
			HAS("cert=CERT\n|key=CERT\n|")},
		{ARGS("--key", "key"), .error = "without a certificate"},
		{ARGS("--cert", "nowhere"), .error = "nowhere"},
		{ARGS("--cert", "cert", "--key", "nowhere"), .error = "nowhere"},
		{ARGS("--cert", "token-open"), .warns = "token-open holds a private key",
			HAS("cert=")});
}

static void pins_are_parsed(void **state)
{
	(void)state;
	CHECK({ARGS("--pin", PIN, "--pin", PIN), FILE_IS("[http]\npin=" PIN "\n"), HAS("pins=2")},
		{FILE_IS("[http]\npin=" PIN "\n"), HAS("pins=1")}, {HAS("pins=0")},
		{ARGS("--pin", "sha256//AAAA"), .error = "--pin: a pin is sha256//"},
		{FILE_IS("[http]\npin=x\n"), .error = "./.sentryclirc: a pin is"});
}

static void proxies_come_from_the_strongest_place(void **state)
{
	(void)state;
	CHECK({ARGS("--proxy", "http://f:1"), ENV("https_proxy=http://e:2"),
		      HAS("via=http f 1\nreason=from --proxy\n",
			      "proxy=http://f:1@--proxy(command line)")},
		{ENV("https_proxy=http://a:1", "HTTPS_PROXY=http://b:2", "all_proxy=http://c:3"),
			HAS("via=http a 1\n", "@https_proxy(environment)")},
		{ENV("HTTPS_PROXY=http://b:2", "all_proxy=http://c:3", "ALL_PROXY=http://d:4"),
			HAS("via=http b 2\n")},
		{ENV("https_proxy=", "all_proxy=http://c:3", "ALL_PROXY=http://d:4"),
			HAS("via=http c 3\n")},
		{ENV("ALL_PROXY=http://d:4"), FILE_IS("[http]\nproxy_url=http://i:5\n"),
			HAS("via=http d 4\nreason=from ALL_PROXY\n")},
		{FILE_IS("[http]\nproxy_url=http://i:5\n"),
			HAS("via=http i 5\nreason=from ./.sentryclirc\n")},
		{ENV("http_proxy=http://h:6", "HTTP_PROXY=http://h:7"), HAS("via=direct")},
		{ARGS("--url", "http://localhost:9"),
			ENV("http_proxy=http://h:6", "https_proxy=http://a:1"),
			HAS("via=http h 6\n")},
		{ARGS("--url", "http://localhost:9"),
			ENV("HTTP_PROXY=http://h:7", "HTTPS_PROXY=http://b:2"), HAS("via=direct")},
		{ARGS("--url", "http://localhost:9"),
			ENV("HTTP_PROXY=http://h:7", "ALL_PROXY=http://d:4"),
			HAS("via=http d 4\n")},
		{ENV("https_proxy=http://a:1", "REQUEST_METHOD=GET"),
			HAS("via=direct", "reason=no proxy is set")},
		{ENV("ALL_PROXY=http://a:1", "REQUEST_METHOD=GET"),
			FILE_IS("[http]\nproxy_url=http://i:5\n"), HAS("via=http i 5\n")},
		{ARGS("--proxy", "http://f:1"), ENV("REQUEST_METHOD=GET"), HAS("via=http f 1\n")});
}

static void proxy_urls_are_understood(void **state)
{
	(void)state;
	CHECK({ARGS("--proxy", "socks5://p:1"), HAS("via=socks5 p 1\n")},
		{ARGS("--proxy", "SOCKS5H://p/"),
			HAS("via=socks5h p 1080\n", "proxy=SOCKS5H://p:1080@")},
		{ARGS("--proxy", "p"), HAS("via=http p 1080\n")},
		{ARGS("--proxy", "p:8080"), HAS("via=http p 8080\n")},
		{ARGS("--proxy", "http://[::1]:8080"),
			HAS("via=http ::1 8080\n", "proxy=http://[::1]:8080@")},
		{ARGS("--proxy", "https://p:1"), HAS("via=http p 1\n")},
		{ARGS("--proxy", "https://p"), HAS("via=http p 443\n", "proxy=https://p:443@")},
		{ARGS("--proxy", "ftp://p:1"),
			.error = "--proxy: a proxy of scheme 'ftp' cannot be used; http, https, "
				 "socks5 and socks5h can"},
		{ARGS("--proxy", "socks4://p:1"), .error = "'socks4'"},
		{ARGS("--proxy", "http://p:1/x"), .error = "must not have a path"},
		{ARGS("--proxy", "http://p:1?x"), .error = "must not have a path or a query"},
		{ENV("https_proxy=http://u:canary@p:99999"),
			.error = "https_proxy: the proxy's URL cannot be used"},
		{ARGS("--proxy", "u:canary p"), .error = "cannot be used"});
}

static void proxy_credentials_are_decoded_and_hidden(void **state)
{
	(void)state;
	CHECK({ARGS("--proxy", "http://u:canary@p:1"),
		      HAS("credentials=u canary\n", "proxy=http://p:1@")},
		{ARGS("--proxy", "socks5://a%40b:can%61ry%3a@p"), HAS("credentials=a@b canary:\n")},
		{ARGS("--proxy", "u:canary@p:1"), HAS("via=http p 1\n", "credentials=u canary\n")},
		{ARGS("--proxy", "http://u@p:1"), HAS("credentials=u \n")},
		{FILE_IS("[http]\nproxy_url=http://"
			 "p:1\nproxy_username=u\nproxy_password=canary%\n"),
			HAS("credentials=u canary%\n")},
		{FILE_IS("[http]\nproxy_url=http://"
			 "u:canary1@p:1\nproxy_username=v\nproxy_password=canary2\n"),
			HAS("credentials=u canary1\n")},
		/* They belong to the proxy beside which they stand. */
		{ARGS("--proxy", "http://q:1"),
			FILE_IS("[http]\nproxy_url=http://"
				"p:1\nproxy_username=u\nproxy_password=canary\n"),
			HAS("via=http q 1\nreason=from --proxy\nfamily")});
}

static void excepted_hosts_are_reached_directly(void **state)
{
	(void)state;
	CHECK({ENV("https_proxy=http://a:1", "no_proxy=sentry.io"),
		      HAS("via=direct", "reason='sentry.io' in no_proxy excepts this host\n")},
		{ENV("https_proxy=http://a:1", "NO_PROXY=x, .sentry.io"),
			HAS("via=direct", "in NO_PROXY excepts")},
		{ENV("https_proxy=http://a:1", "no_proxy=x", "NO_PROXY=*"), HAS("via=http a 1\n")},
		{ENV("https_proxy=http://a:1", "no_proxy=", "NO_PROXY=*"), HAS("via=direct")},
		{ARGS("--proxy", "http://f:1"), ENV("no_proxy=*"), HAS("via=direct")},
		{ARGS("--proxy", "http://f:1", "--no-proxy", ""), ENV("no_proxy=*"),
			HAS("via=http f 1\n")},
		{ARGS("--no-proxy="), ENV("https_proxy=http://a:1", "no_proxy=*"),
			HAS("via=http a 1\n")},
		{ARGS("--no-proxy", "sentry.io:443"), ENV("https_proxy=http://a:1"),
			HAS("via=direct", "in --no-proxy excepts")},
		{ARGS("--no-proxy", "sentry.io:444"), ENV("https_proxy=http://a:1"),
			HAS("via=http a 1\n")},
		{ARGS("--no-proxy", "*", "--proxy", "ftp://x"), .error = "'ftp'"});
}

static void overrides_name_the_peer(void **state)
{
	(void)state;
	CHECK({ARGS("--resolve", "sentry.io:443:127.0.0.1"),
		      HAS("fixed=1 target=\npeers=127.0.0.1:443;\n")},
		{ARGS("--resolve", "Sentry.IO.:443:127.0.0.1,[::1]"),
			HAS("peers=127.0.0.1:443;[::1]:443;\n")},
		{ARGS("--resolve", "sentry.io:443:127.0.0.1", "--resolve",
			 "sentry.io:443:127.0.0.2"),
			HAS("peers=127.0.0.1:443;127.0.0.2:443;\n")},
		{ARGS("--resolve", "sentry.io:443:127.0.0.1,::1", "-6"),
			HAS("family=2 fixed=1 target=\npeers=[::1]:443;\n")},
		{ARGS("--resolve", "sentry.io:443:127.0.0.1", "-6"),
			.error = "no address of the family asked for"},
		{ARGS("--resolve", "p:1:127.0.0.1", "--proxy", "http://p:1"),
			HAS("fixed=1 target=\npeers=127.0.0.1:1;\n")},
		{ARGS("--resolve", "sentry.io:443:127.0.0.9", "--proxy", "socks5://p:1"),
			HAS("fixed=0 target=127.0.0.9\npeers=\n")},
		{ARGS("--resolve", "sentry.io:443:[::9]", "--resolve", "p:1:127.0.0.1", "--proxy",
			 "socks5://p:1"),
			HAS("fixed=1 target=::9\npeers=127.0.0.1:1;\n")},
		{ARGS("--resolve", "sentry.io:443:127.0.0.9", "--proxy", "socks5h://p:1"),
			.warns = "names no host that is looked up",
			HAS("fixed=0 target=\npeers=\n")},
		{ARGS("--resolve", "sentry.io:444:127.0.0.1"),
			.warns = "names no host that is looked up", HAS("fixed=0")},
		{ARGS("--resolve", "[fd00::1]:9:[::1]", "--url", "https://[fd00::1]:9"),
			HAS("peers=[::1]:9;\n")},
		{ARGS("--resolve", "sentry.io:443"), .error = "--resolve wants HOST:PORT:ADDRESS"},
		{ARGS("--resolve", "sentry.io:443:"), .error = "--resolve wants"},
		{ARGS("--resolve", "sentry.io:0:127.0.0.1"), .error = "--resolve wants"},
		{ARGS("--resolve", "sentry.io:x:127.0.0.1"), .error = "--resolve wants"},
		{ARGS("--resolve", ":443:127.0.0.1"), .error = "--resolve wants"},
		{ARGS("--resolve", "sentry.io:443:localhost"),
			.error = "'localhost' is not an address"},
		{ARGS("--resolve", "sentry.io:443:127.0.0.1,"), .error = "'' is not an address"},
		{ARGS("--resolve", "other:1:nonsense"), .error = "'nonsense' is not an address"},
		{ARGS("-4"), HAS("family=1")}, {ARGS("--ipv6"), HAS("family=2")}, {HAS("family=0")},
		{ARGS("-46"), .error = "--ipv4 and --ipv6 contradict each other"});
}

static void headers_are_checked(void **state)
{
	(void)state;
	CHECK({ARGS("--header", "X-A: b: c ", "--header", "X-B:d"),
		      HAS("header=X-A: b: c\nheader=X-B: d\nsources=1 headers=2")},
		{ARGS("--header", "X-A: flag"),
			FILE_IS("[http]\nheader=x-a: file\nheader=X-C: file\n"),
			HAS("header=X-A: flag\nheader=X-C: file\nsources=1 headers=2")},
		{FILE_IS("[http]\nheader=X-A: 1\nheader=X-A: 2\n"),
			HAS("header=X-A: 1\nheader=X-A: 2\n")},
		{ARGS("--header", "X-A canary"),
			.error = "--header: a header is given as 'Name: value'"},
		{ARGS("--header", "X A: canary"), .error = "'X A' is no name of a header"},
		{ARGS("--header", ": canary"), .error = "is no name of a header"},
		{ARGS("--header", "X-A:"), .error = "X-A has no usable value"},
		{ARGS("--header", "X-A: canary\r\nX-B: c"), .error = "X-A has no usable value"},
		{FILE_IS("[http]\nheader=Host: x\n"),
			.error = "./.sentryclirc: the header Host is the program's own"},
		{ARGS("--header", "host: x"), .error = "program's own"},
		{ARGS("--header", "AUTHORIZATION: canary"), .error = "program's own"},
		{ARGS("--header", "Content-Length: 1"), .error = "program's own"},
		{ARGS("--header", "Content-Type: x"), .error = "program's own"},
		{ARGS("--header", "Transfer-Encoding: chunked"), .error = "program's own"},
		{ARGS("--header", "Connection: close"), .error = "program's own"},
		{ARGS("--header", "Accept: x"), .error = "program's own"},
		{ARGS("--header", "Accept-Encoding: gzip"), .error = "program's own"},
		{ARGS("--header", "User-Agent: x"), .error = "program's own"},
		{ARGS("--header", "Expect: x"), .error = "program's own"},
		{ARGS("--header", "Upgrade: x"), .error = "program's own"},
		{ARGS("--header", "TE: x"), .error = "program's own"},
		{ARGS("--header", "Trailer: x"), .error = "program's own"},
		{ARGS("--header", "Proxy-Authorization: canary"), .error = "program's own"});
}

static void numbers_are_checked(void **state)
{
	(void)state;
	CHECK({ARGS("--timeout", "0.5", "--connect-timeout", "86400", "--max-wait", "0"),
		      HAS("ms=86400000 500 0 ")},
		{ARGS("--timeout", "1.2345", "--connect-timeout", "0.0001"), HAS("ms=1 1235 ")},
		{ARGS("--timeout", "1.200000"), HAS(" 1200 60000")},
		{ARGS("--timeout", "0"),
			.error =
				"--timeout: '0' is no number of seconds above 0 and at most 86400"},
		{ARGS("--timeout", "0.000"), .error = "above 0"},
		{ARGS("--timeout", "86400.001"), .error = "at most 86400"},
		{ARGS("--timeout", "86401"), .error = "at most 86400"},
		{ARGS("--timeout", "-1"), .error = "is no number"},
		{ARGS("--timeout", "1e3"), .error = "is no number"},
		{ARGS("--timeout", "1."), .error = "is no number"},
		{ARGS("--timeout", ".5"), .error = "is no number"},
		{ARGS("--timeout", "1,5"), .error = "is no number"},
		{ARGS("--timeout", "1.5s"), .error = "is no number"},
		{ARGS("--timeout", "99999999999999999999"), .error = "is no number"},
		{ARGS("--connect-timeout", "x"), .error = "--connect-timeout: 'x'"},
		{ARGS("--max-wait", "86401"), .error = "--max-wait: '86401'"},
		{FILE_IS("[http]\ntimeout=x\n"),
			.error = "./.sentryclirc: 'x' is no number of seconds"},
		{ARGS("--retries", "0"), HAS("retries=0\n")},
		{ARGS("--retries", "100"), HAS("retries=100\n")},
		{ARGS("--retries", "101"), .error = "from 0 to 100"},
		{ARGS("--retries", "+1"), .error = "from 0 to 100"},
		{ARGS("--assume-time", "2026-11-24T08:15:30Z"), HAS("assumed=1 1795508130")},
		{ARGS("--assume-time", "yesterday"),
			.error = "--assume-time: 'yesterday' is no time"});
}

static void files_are_found(void **state)
{
	(void)state;
	CHECK({ARGS("--config", "conf"), ENV("SENTRY_SCIM_CONFIG=conf2"),
		      FILE_IS("[defaults]\nregion=de\n"),
		      HAS("to=conf.example 443", "config=conf@--config(command line)",
			      "url=https://conf.example@conf(configuration file)")},
		{ENV("SENTRY_SCIM_CONFIG=conf2"),
			FILE_IS("[http]\ntimeout=3\n[defaults]\nregion=de\n"),
			HAS("to=conf2.example 443", "ms=10000 60000 ")},
		{ENV("SENTRY_SCIM_CONFIG="), FILE_IS("[defaults]\nregion=de\n"),
			HAS("to=de.sentry.io 443")},
		{ENV("HOME="), FILE_IS("[defaults]\nregion=de\n"), HAS("to=sentry.io 443")},
		{ENV("HOME=nowhere"), HAS("to=sentry.io 443")},
		{ENV("HOME=token"), HAS("to=sentry.io 443")},
		{ENV("HOME=odd"), .warns = "it is passed over", HAS("to=sentry.io 443")},
		{ARGS("--config", "nowhere"), .error = "nowhere"},
		{ENV("SENTRY_SCIM_CONFIG=nowhere"), .error = "nowhere"},
		{ARGS("--config", "."), .error = "directory"},
		{ARGS("--config", "-"), .stdin_is = "[defaults]\nregion=de\n",
			HAS("to=de.sentry.io 443")},
		{FILE_IS("[defaults]\nregion=de\nnonsense\n"), .error = "./.sentryclirc:3: "},
		{FILE_IS("[defaults\n"), .error = "./.sentryclirc:1: "},
		{ARGS("--config", "broken"), .error = "broken:2: "});
}

static void output_options_are_understood(void **state)
{
	(void)state;
	CHECK({ARGS("-o", "table"), HAS("output=1")}, {ARGS("-o", "json"), HAS("output=2")},
		{ARGS("-o", "jsonl"), HAS("output=3")}, {ARGS("-o", "csv"), HAS("output=4")},
		{ARGS("-o", "auto"), HAS("output=0")}, {ARGS("-n"), HAS("dry=1")},
		{ARGS("-q"), HAS("verbosity=-1")}, {ARGS("-v"), HAS("verbosity=1")},
		{ARGS("-vvvvv"), HAS("verbosity=3")},
		{ARGS("-q", "-v"), .error = "--quiet and --verbose contradict each other"},
		{ARGS("-q", "--url", "http://sentry.example"), HAS("tls=0")});
}

static void of_two_files_the_first_counts_key_by_key(void **state)
{
	struct settings_files f = {.count = 2};
	struct str value;
	unsigned file;

	(void)state;
	for (file = 0; file < 2; file++)
		buf_init(&f.list[file].text, LIMIT_CONFIG_FILE);
	buf_add_text(&f.list[0].text, "[a]\nx = 1\nz =\n");
	buf_add_text(&f.list[1].text, "[a]\nx = 2\ny = 2\nz = 2\n[b]\nw = 2\n");
	assert_true(settings_files_find(&f, "a", "x", &value, &file));
	assert_true(str_is(value, "1") && file == 0);
	assert_true(settings_files_find(&f, "A", "Y", &value, &file));
	assert_true(str_is(value, "2") && file == 1);
	assert_true(settings_files_find(&f, "a", "z", &value, &file));
	assert_true(str_is(value, "2") && file == 1);
	assert_false(settings_files_find(&f, "a", "w", &value, &file));
	settings_files_wipe(&f);
	assert_int_equal(f.count, 0);
}

static void places_are_ordered_and_named(void **state)
{
	struct err e;

	(void)state;
	assert_true(PLACE_FLAG < PLACE_INPUT && PLACE_INPUT < PLACE_ENVIRONMENT);
	assert_true(PLACE_ENVIRONMENT < PLACE_FILE && PLACE_FILE < PLACE_TOKEN);
	assert_true(PLACE_TOKEN < PLACE_DEFAULT && PLACE_DEFAULT < PLACE_NONE);
	assert_string_equal(settings_place_name(PLACE_NONE), "not set");
	err_clear(&e);
	assert_false(settings_file_check("f", str_from("[a]\nb=c\0d\n", 10), &e));
	assert_int_equal(e.kind, ERR_CONFIG);
}

static char folder[256];

static const char *const made[] = {"token", "token-open", "empty", "cert", "key", "conf", "conf2",
	"conf-open", "broken", "credentials/sentry-auth-token", "said", "stdin", ".sentryclirc"};

static int make_folder(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof folder, "%s/test_settings_XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(folder) == NULL || chdir(folder) != 0 || mkdir("credentials", 0700) != 0 ||
		mkdir("odd", 0700) != 0 || mkdir("odd/.sentryclirc", 0700) != 0)
		return -1;
	put_file("token", "sntryi_canary_of_file\n", 0600);
	put_file("token-open", "sntryi_canary_of_open\n", 0644);
	put_file("empty", "\n", 0600);
	put_file("cert", "CERT\n", 0600);
	put_file("key", "KEY\n", 0600);
	put_file("conf", "[defaults]\nurl=https://conf.example\n", 0644);
	put_file("conf2", "[defaults]\nurl=https://conf2.example\n", 0644);
	put_file("conf-open", "[auth]\ntoken=sntryi_canary_of_conf\n", 0640);
	put_file("broken", "[http]\n=x\n", 0600);
	put_file("credentials/sentry-auth-token", "sntryi_canary_of_systemd", 0440);
	return 0;
}

static int remove_folder(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof made / sizeof made[0]; i++)
		unlink(made[i]);
	rmdir("credentials");
	rmdir("odd/.sentryclirc");
	rmdir("odd");
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_anything_the_defaults_count),
		cmocka_unit_test(organizations_come_from_the_strongest_place),
		cmocka_unit_test(every_other_setting_comes_from_the_strongest_place),
		cmocka_unit_test(of_region_url_and_root_the_stronger_counts),
		cmocka_unit_test(a_pasted_base_url_names_the_organization),
		cmocka_unit_test(any_providers_root_is_used_as_it_is),
		cmocka_unit_test(plain_http_is_warned_about),
		cmocka_unit_test(tokens_come_from_the_strongest_place),
		cmocka_unit_test(tokens_that_cannot_be_had_are_errors),
		cmocka_unit_test(tokens_are_warned_about),
		cmocka_unit_test(what_the_token_says_counts_last),
		cmocka_unit_test(ca_certificates_come_from_the_strongest_place),
		cmocka_unit_test(verification_cannot_be_switched_off),
		cmocka_unit_test(a_client_certificate_is_read),
		cmocka_unit_test(pins_are_parsed),
		cmocka_unit_test(proxies_come_from_the_strongest_place),
		cmocka_unit_test(proxy_urls_are_understood),
		cmocka_unit_test(proxy_credentials_are_decoded_and_hidden),
		cmocka_unit_test(excepted_hosts_are_reached_directly),
		cmocka_unit_test(overrides_name_the_peer),
		cmocka_unit_test(headers_are_checked),
		cmocka_unit_test(numbers_are_checked),
		cmocka_unit_test(files_are_found),
		cmocka_unit_test(output_options_are_understood),
		cmocka_unit_test(of_two_files_the_first_counts_key_by_key),
		cmocka_unit_test(places_are_ordered_and_named),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
