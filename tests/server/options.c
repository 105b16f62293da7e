#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "seed.h"

/* Options are gone through several times, so that their order matters only where it says something:
   organizations and eras are there before what refers to them or alters them, members before
   teams. */
enum pass { PASS_GROUND, PASS_MAIN, PASS_TEAMS, PASSES };

struct option {
	const char *name;
	enum pass pass;
	const char *values; /* placeholders for the help, parted by blanks; NULL: takes none */
	const char *help;
	bool (*apply)(struct options *o, char **values); /* false: the value makes no sense */
};

static struct manners *manners(struct options *o)
{
	return &o->server->api.manners;
}

static bool read_count(const char *text, uint64_t max, uint64_t *out)
{
	return str_to_u64(str_of(text), max, out);
}

static bool read_switch(const char *text, bool *out)
{
	*out = strcmp(text, "on") == 0;
	return *out || strcmp(text, "off") == 0;
}

/* One of two words. */
static bool read_choice(const char *text, const char *no, const char *yes, bool *out)
{
	*out = strcmp(text, yes) == 0;
	return *out || strcmp(text, no) == 0;
}

static bool set_listen(struct options *o, char **v)
{
	o->listen = v[0];
	return true;
}

static bool set_port_file(struct options *o, char **v)
{
	o->port_file = v[0];
	return true;
}

static bool set_tls(struct options *o, char **v)
{
	o->chain = v[0];
	o->key = v[1];
	return true;
}

static bool set_client_ca(struct options *o, char **v)
{
	o->client_ca = v[0];
	return true;
}

static bool set_max_tls(struct options *o, char **v)
{
	return read_choice(v[0], "1.3", "1.2", &o->only_1_2);
}

static bool add_org(struct options *o, char **v)
{
	state_add_org(&o->server->api.state, str_of(v[0]));
	return v[0][0] != '\0';
}

static bool choose_org(struct options *o, char **v)
{
	o->org = state_org(&o->server->api.state, str_of(v[0]));
	return true;
}

static bool set_default_role(struct options *o, char **v)
{
	free(o->org->default_role);
	o->org->default_role = must_dup(str_of(v[0]));
	return true;
}

static bool set_provider(struct options *o, char **v)
{
	return read_choice(v[0], "other", "active-directory", &o->org->active_directory);
}

static bool set_scim_off(struct options *o, char **v)
{
	(void)v;
	o->org->scim_off = true;
	return true;
}

static bool add_role(struct options *o, char **v)
{
	struct state *s = &o->server->api.state;

	s->custom_roles =
		must_grow(s->custom_roles, s->custom_role_count, sizeof(*s->custom_roles));
	s->custom_roles[s->custom_role_count++] = must_dup(str_of(v[0]));
	return v[0][0] != '\0';
}

static bool set_self_hosted(struct options *o, char **v)
{
	(void)v;
	manners(o)->self_hosted = true;
	return true;
}

static bool set_proxy_mode(struct options *o, char **v)
{
	(void)v;
	manners(o)->proxy_mode = true;
	return true;
}

static bool set_chunked(struct options *o, char **v)
{
	(void)v;
	manners(o)->chunked = true;
	return true;
}

/* Each era has what those before it have. */
static bool set_era(struct options *o, char **v)
{
	static const char *const eras[] = {"2025", "2026-01", "2026-06", "latest"};
	struct manners *m = manners(o);
	unsigned era = 0;

	while (era < 4 && strcmp(v[0], eras[era]) != 0)
		era++;
	m->invite_is_409 = era < 1;
	m->bare_429 = era < 1;
	m->bearer = era >= 1;
	m->error_status = m->insufficient_scope = era >= 2;
	m->discovery = m->refuses_payload = era >= 3;
	m->invite_mail = era < 3;
	return era < 4;
}

static bool set_invite_conflict(struct options *o, char **v)
{
	return read_choice(v[0], "400", "409", &manners(o)->invite_is_409);
}

static bool set_error_status(struct options *o, char **v)
{
	return read_switch(v[0], &manners(o)->error_status);
}

static bool set_www_authenticate(struct options *o, char **v)
{
	return read_choice(v[0], "xbasic", "bearer", &manners(o)->bearer);
}

static bool set_insufficient_scope(struct options *o, char **v)
{
	return read_switch(v[0], &manners(o)->insufficient_scope);
}

static bool set_discovery(struct options *o, char **v)
{
	return read_switch(v[0], &manners(o)->discovery);
}

static bool set_bad_payload(struct options *o, char **v)
{
	return read_choice(v[0], "500", "400", &manners(o)->refuses_payload);
}

static bool set_invite_mail(struct options *o, char **v)
{
	return read_switch(v[0], &manners(o)->invite_mail);
}

static bool set_rate_body(struct options *o, char **v)
{
	return read_choice(v[0], "object", "string", &manners(o)->bare_429);
}

static bool set_rate_limit(struct options *o, char **v)
{
	struct str rate, under_way;
	uint64_t n, concurrency = 25;

	if (str_cut(str_of(v[0]), ',', &rate, &under_way) &&
		!str_to_u64(under_way, 1000000, &concurrency))
		return false;
	if (!str_to_u64(rate, 1000000, &n) || n == 0 || concurrency == 0)
		return false;
	manners(o)->rate_limit = (unsigned)n;
	manners(o)->concurrency = (unsigned)concurrency;
	return true;
}

static bool set_latency(struct options *o, char **v)
{
	uint64_t ms;

	if (!read_count(v[0], 3600000, &ms))
		return false;
	manners(o)->latency = (unsigned)ms;
	return true;
}

static bool add_token(struct options *o, char **v)
{
	seed_token(&o->server->api.state, o->org, v[0]);
	return true;
}

static bool add_member(struct options *o, char **v)
{
	seed_member(&o->server->api.state, o->org, v[0]);
	return true;
}

static bool add_members(struct options *o, char **v)
{
	uint64_t n;

	if (!read_count(v[0], 1000000, &n))
		return false;
	seed_members(&o->server->api.state, o->org, n);
	return true;
}

static bool add_team(struct options *o, char **v)
{
	seed_team(&o->server->api.state, o->org, v[0]);
	return true;
}

static bool add_fault(struct options *o, char **v)
{
	faults_add(&o->server->faults, v[0]);
	return true;
}

static bool set_log(struct options *o, char **v)
{
	o->log = v[0];
	return true;
}

static bool set_log_token(struct options *o, char **v)
{
	(void)v;
	o->log_tokens = true;
	return true;
}

static bool set_state(struct options *o, char **v)
{
	o->server->api.state.file = v[0];
	return true;
}

static bool set_max_requests(struct options *o, char **v)
{
	return read_count(v[0], UINT64_MAX, &o->server->max_requests) &&
		o->server->max_requests > 0;
}

static bool set_idle_close(struct options *o, char **v)
{
	return read_count(v[0], 3600000, &o->server->idle_close);
}

static const struct option table[] = {
	{"--listen", PASS_MAIN, "ADDRESS:PORT|unix:PATH", "port 0: any free one (127.0.0.1:0)",
		set_listen},
	{"--port-file", PASS_MAIN, "FILE", "gets the port", set_port_file},
	{"--tls", PASS_MAIN, "CHAIN.pem KEY.pem", "TLS 1.2 and 1.3", set_tls},
	{"--client-ca", PASS_MAIN, "FILE", "asks for client certificates of these authorities",
		set_client_ca},
	{"--max-tls", PASS_MAIN, "1.2|1.3", "the highest version", set_max_tls},
	{"--org", PASS_GROUND, "SLUG", "an organization; what follows is about it (acme)", add_org},
	{"--org", PASS_MAIN, "SLUG", NULL, choose_org},
	{"--org", PASS_TEAMS, "SLUG", NULL, choose_org},
	{"--default-role", PASS_MAIN, "ROLE", "what a member gets without a role (member)",
		set_default_role},
	{"--provider", PASS_MAIN, "other|active-directory", "the organization's SSO", set_provider},
	{"--scim-off", PASS_MAIN, NULL, "SCIM is not switched on", set_scim_off},
	{"--role", PASS_MAIN, "NAME", "a custom role", add_role},
	{"--self-hosted", PASS_MAIN, NULL, "no rate limits, no role billing", set_self_hosted},
	{"--proxy-mode", PASS_MAIN, NULL, "answers as sentry.io, which forwards to a region",
		set_proxy_mode},
	{"--era", PASS_GROUND, "2025|2026-01|2026-06|latest", "sets the next eight (latest)",
		set_era},
	{"--invite-conflict", PASS_MAIN, "400|409", "POST for a pending invite",
		set_invite_conflict},
	{"--error-status", PASS_MAIN, "on|off", "`status` in SCIM errors", set_error_status},
	{"--www-authenticate", PASS_MAIN, "bearer|xbasic", "the challenge of a 401",
		set_www_authenticate},
	{"--insufficient-scope", PASS_MAIN, "on|off", "a 403 names the scopes that would do",
		set_insufficient_scope},
	{"--discovery", PASS_MAIN, "on|off", "ServiceProviderConfig and the like", set_discovery},
	{"--bad-payload", PASS_MAIN, "400|500", "a body that is no JSON object", set_bad_payload},
	{"--invite-mail", PASS_MAIN, "on|off", "counts an e-mail for every member created",
		set_invite_mail},
	{"--rate-limit-body", PASS_MAIN, "object|string", "the body of a 429", set_rate_body},
	{"--chunked", PASS_MAIN, NULL, "bodies are sent chunked", set_chunked},
	{"--rate-limit", PASS_MAIN, "N[,CONCURRENCY]", "requests a second, requests under way",
		set_rate_limit},
	{"--latency", PASS_MAIN, "MS", "before every answer", set_latency},
	{"--token", PASS_MAIN, "VALUE[:SCOPE+SCOPE][:org=SLUG][:expired]", "instead of " SEED_TOKEN,
		add_token},
	{"--member", PASS_MAIN, "EMAIL[:joined][:role=ROLE][:also=EMAIL]...",
		"a member to begin with", add_member},
	{"--members", PASS_MAIN, "N", "that many joined members", add_members},
	{"--team", PASS_TEAMS, "NAME[:EMAIL...]", "a team to begin with", add_team},
	{"--fault", PASS_MAIN, "METHOD PREFIX[#WHICH]=ACTION,...", "see README.md", add_fault},
	{"--log", PASS_MAIN, "FILE", "one JSON object a request", set_log},
	{"--log-token", PASS_MAIN, NULL, "with Authorization as it came", set_log_token},
	{"--state", PASS_MAIN, "FILE", "members and teams as JSON, after every change", set_state},
	{"--max-requests", PASS_MAIN, "N", "ends after N answers", set_max_requests},
	{"--idle-close", PASS_MAIN, "MS", "closes connections that are idle", set_idle_close},
};

#define OPTIONS (sizeof(table) / sizeof(table[0]))

static void help(void)
{
	size_t i;

	puts("usage: local-sentry [OPTION...]");
	for (i = 0; i < OPTIONS; i++)
		if (table[i].help != NULL)
			printf("  %s%s%s\n      %s\n", table[i].name,
				table[i].values != NULL ? " " : "",
				table[i].values != NULL ? table[i].values : "", table[i].help);
	exit(0);
}

/* The entry for NAME in PASS, or in any pass for PASSES. */
static const struct option *find(const char *name, enum pass pass)
{
	size_t i;

	for (i = 0; i < OPTIONS; i++)
		if (strcmp(name, table[i].name) == 0 && (pass == PASSES || pass == table[i].pass))
			return &table[i];
	return NULL;
}

/* Only --tls takes two values, and only a fault's placeholder holds a blank besides. */
static int value_count(const struct option *option)
{
	if (option->values == NULL)
		return 0;
	return strcmp(option->name, "--tls") == 0 ? 2 : 1;
}

static void go_through(struct options *o, char **argv, enum pass pass)
{
	while (*argv != NULL) {
		const struct option *any = find(*argv, PASSES), *now = find(*argv, pass);
		int i, count;

		if (strcmp(*argv, "--help") == 0)
			help();
		if (any == NULL)
			die("there is no option '%s'; --help lists them", *argv);
		count = value_count(any);
		for (i = 1; i <= count; i++)
			if (argv[i] == NULL)
				die("%s wants %s", any->name, any->values);
		if (now != NULL && !now->apply(o, argv + 1))
			die("%s '%s': %s is wanted", now->name, argv[1], now->values);
		argv += 1 + count;
	}
}

void options_read(struct options *o, int argc, char **argv)
{
	struct state *s = &o->server->api.state;
	char *latest[] = {"latest"};

	if (argc < 1)
		die("no arguments, not even a name");
	o->listen = "127.0.0.1:0";
	set_era(o, latest);
	go_through(o, argv + 1, PASS_GROUND);
	if (s->org_count == 0)
		state_add_org(s, str_of("acme"));
	o->org = s->orgs[0];
	go_through(o, argv + 1, PASS_MAIN);
	o->org = s->orgs[0];
	go_through(o, argv + 1, PASS_TEAMS);
	if (s->token_count == 0)
		seed_token(s, s->orgs[0], SEED_TOKEN);
	if (o->client_ca != NULL && o->chain == NULL)
		die("--client-ca needs --tls");
}
