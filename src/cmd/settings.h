/*
 * Settings: from the command line, the --input document, the environment, the configuration files,
 * the token itself and the defaults, in that order, each with the place it came from. Here every
 * setting is checked; what comes out is ready for use.
 */
#ifndef SENTRY_SCIM_CMD_SETTINGS_H
#define SENTRY_SCIM_CMD_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "client/message.h"
#include "client/route.h"
#include "client/target.h"
#include "cmd/opt.h"
#include "scim/sentry.h"
#include "sys/secret.h"
#include "sys/trust.h"

/* Stronger places first. */
enum place {
	PLACE_FLAG,
	PLACE_INPUT,
	PLACE_ENVIRONMENT,
	PLACE_FILE,
	PLACE_TOKEN,
	PLACE_DEFAULT,
	PLACE_NONE
};

struct setting {
	const char *value; /* NUL-terminated, or NULL when not set */
	enum place place;
	unsigned file;     /* which of two files, if it is from one: 0 is the stronger */
	const char *where; /* "--org", "SENTRY_ORG", "/etc/sentry-scim.conf", ... */
};

enum output_format { OUTPUT_AUTO, OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_JSONL, OUTPUT_CSV };

/* What the --input document of `member create` says of settings; all NULL without one. */
struct settings_input {
	const char *token, *region, *org;
};

struct settings {
	/* each setting as given, for `config`: the token by prefix and length, the proxy without
	   credentials, region, url and scim_url only where they count */
	struct setting token_source, org, region, url, scim_url, ca_file, ca_dir, cert, key,
		key_passphrase, proxy, no_proxy, unix_socket, connect_timeout, timeout, retries,
		max_wait, assume_time, config_file;
	/* what follows from them */
	struct secret token;
	enum sentry_token_kind token_kind;
	struct target target; /* strings in the arena */
	bool incomplete;      /* after a failure: only the token or the organization is missing */
	struct trust trust;
	struct tls_options tls;
	struct route route;       /* all but `config` and addresses */
	const char *proxy_reason; /* where the proxy is from, or why there is none */
	unsigned header_count;
	struct message_header headers[LIMIT_USER_HEADERS];
	unsigned retries_max;
	int64_t max_wait_ms;
	enum output_format output;
	bool dry_run, color, progress, csv_safe;
	int verbosity; /* -1, 0, 1.. */
};

/*
 * Reads everything, beginning with settings_load_output(). INPUT may be NULL; the caller wipes its
 * token. Warnings are written as they are found. ERR_USAGE, ERR_CONFIG; ERR_INPUT for a file that
 * an option names. A missing token or organization is found last: `incomplete` is set then, and all
 * else that does not depend on it is ready, for `config` and `doctor`. ARENA and the environment
 * must outlive S. After a failure settings_wipe() is still to be called.
 */
MUST_USE bool settings_load(struct settings *s, const struct opts *o,
	const struct settings_input *input, struct arena *arena, struct err *e);
/*
 * Only what concerns output and verbosity, for commands that need no server. To be called first, so
 * that later messages obey -q and -v. Clears S.
 */
MUST_USE bool settings_load_output(struct settings *s, const struct opts *o, struct err *e);
/* Wipes the token and the key. Messages look for secrets until the end: write none afterwards. */
void settings_wipe(struct settings *s);
/* "command line", "environment", ... */
const char *settings_place_name(enum place p);

#endif
