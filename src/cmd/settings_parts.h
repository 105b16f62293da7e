/*
 * The parts that settings_load() is made of, one file each, and what they share while it runs.
 */
#ifndef SENTRY_SCIM_CMD_SETTINGS_PARTS_H
#define SENTRY_SCIM_CMD_SETTINGS_PARTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "cmd/opt.h"
#include "cmd/settings.h"
#include "cmd/settings_file.h"

struct settings_loader {
	struct settings *s;
	const struct opts *o;
	const struct settings_input *input; /* never NULL */
	struct arena *arena;
	struct settings_files files;
};

/* The variable NAME; NULL when it is empty too. */
const char *settings_environment(const char *name);
/* The strength of a setting's place, smaller is stronger; two of one strength may contradict. */
unsigned settings_rank(const struct setting *s);
/* B's content as a string of the arena, or NULL and ERR_MEMORY; B is wiped. */
const char *settings_keep(struct settings_loader *l, struct buf *b, struct err *e);

/* settings_token.c: the token from the strongest place; leaves it unset when there is none. Wipes
   what the environment holds of it in any case. */
MUST_USE bool settings_load_token(struct settings_loader *l, struct err *e);
/* settings_target.c: the server, its roots and paths, from url, region, scim_url and org. */
MUST_USE bool settings_load_target(struct settings_loader *l, struct err *e);
/* settings_proxy.c: the way there; the target must be known. */
MUST_USE bool settings_load_proxy(struct settings_loader *l, struct err *e);
/* settings_route.c: time-outs, retries, address family, --resolve; the proxy must be known. */
MUST_USE bool settings_load_route(struct settings_loader *l, struct err *e);
/* settings_header.c: the user's own header fields. */
MUST_USE bool settings_load_headers(struct settings_loader *l, struct err *e);
/* settings_tls.c: trust, client certificate, pins, the time to judge by. */
MUST_USE bool settings_load_tls(struct settings_loader *l, struct err *e);

#endif
