#include "lib/sentryscim.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/version.h"
#include "client/handle.h"
#include "client/proxy.h"
#include "client/request.h"
#include "codec/bearer.h"
#include "codec/json_scan.h"
#include "lib/surroundings.h"
#include "scim/sentry.h"
#include "scim/user.h"

/* How often whoever waits asks whether to stop. */
#define SLICE_MS     100
#define LONGEST_MS   (86400 * (int64_t)1000)
#define MOST_RETRIES 100u
/* Enough of a refusal's body to fill an error's text. */
#define REFUSAL_SHOWN 512u

struct sentryscim {
	struct surroundings surroundings;
	/* What the functions of the options are called by: each is found by what it stands in. */
	struct stop stop;
	struct log log;
	struct sentryscim_options given; /* its strings are not used once open has returned */
	struct arena arena;
	struct str token;
	unsigned header_count;
	struct message_header headers[LIMIT_USER_HEADERS];
	struct route route;
	struct target target;
	struct trust trust;
	struct tls_options tls;
	struct handle handle;
	struct provision provision; /* the last create; its answer is lent */
	struct buf user_name, role, body, method;
};

/* ---- the functions of the options ---- */

static void tell(void *context, enum log_level level, struct str line)
{
	const struct sentryscim *s = context;
	const char *prefix = log_prefix(level);
	struct str text = str_starts(line, prefix) ? str_skip(line, strlen(prefix)) : line;

	/* In place of the line feed; the log's buffer is not constant. */
	((char *)(uintptr_t)line.p)[line.n - 1] = '\0';
	s->given.log(s->given.context, (enum sentryscim_level)level, text.p);
}

static struct sentryscim *of_stop(struct stop *stop)
{
	return (struct sentryscim *)(void *)((char *)stop - offsetof(struct sentryscim, stop));
}

static bool is_told(struct sentryscim *s)
{
	if (s->stop.times == 0 && s->given.stop != NULL && s->given.stop(s->given.context))
		s->stop.times = 1;
	return s->stop.times != 0;
}

static int poll_in_slices(struct stop *stop, struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct sentryscim *s = of_stop(stop);
	int left = timeout_ms, ready, slice;

	for (;;) {
		if (is_told(s)) {
			errno = EINTR;
			return -1;
		}
		slice = s->given.stop == NULL || (left >= 0 && left < SLICE_MS) ? left : SLICE_MS;
		ready = poll(fds, count, slice);
		if (ready != 0 || slice == left)
			return ready;
		left -= left > 0 ? slice : 0;
	}
}

static void add_address(void *list, const char *address)
{
	struct net_addresses *out = list;

	if (out->count < LIMIT_ADDRESSES &&
		net_parse_address(str_of(address), 0, &out->list[out->count]))
		out->count++;
}

static bool ask_caller(const struct net_resolver *r, const char *name, enum net_family family,
	int64_t deadline, struct net_answer *out, struct err *e)
{
	const struct sentryscim *s = (const struct sentryscim *)(const void *)((const char *)r -
		offsetof(struct sentryscim, route.resolver));

	(void)family;
	(void)deadline;
	memset(out, 0, sizeof(*out));
	if (s->given.resolve(s->given.context, name, add_address, &out->addresses))
		return true;
	err_set(e, ERR_NAME, "the resolver has no answer");
	e->number = EAGAIN;
	return false;
}

/* ---- errors ---- */

static enum sentryscim_status fail(const struct err *e, struct sentryscim_error *out)
{
	enum sentryscim_status status = e->kind == ERR_INTERRUPTED
		? SENTRYSCIM_STOPPED
		: (enum sentryscim_status)err_exit_code(e);

	if (out == NULL)
		return status;
	*out = (struct sentryscim_error){.status = status};
	_Static_assert(sizeof(out->text) >= sizeof(e->text) && sizeof(out->hint) >= sizeof(e->hint),
		"whatever is said has room");
	memcpy(out->text, e->text, sizeof(e->text));
	memcpy(out->hint, e->hint, sizeof(e->hint));
	return status;
}

/* In place of the text: what the server said, as the program shows it. */
static void quote(
	const struct sentryscim *s, int http_status, struct str body, struct sentryscim_error *out)
{
	struct buf text;
	size_t n;

	if (out == NULL || http_status == 0)
		return;
	out->http_status = http_status;
	/* Made printable, no byte takes more than four. */
	buf_init(&text, 4 * REFUSAL_SHOWN + 64);
	buf_addf(&text, "%d ", http_status);
	log_safe(&s->log, str_from(body.p, body.n < REFUSAL_SHOWN ? body.n : REFUSAL_SHOWN), &text);
	n = text.len < sizeof(out->text) ? text.len : sizeof(out->text) - 1;
	if (!text.failed) {
		memcpy(out->text, text.data, n);
		out->text[n] = '\0';
	}
	buf_wipe(&text);
}

/* ---- options ---- */

void sentryscim_defaults(struct sentryscim_options *o, size_t size)
{
	const struct sentryscim_options defaults = {
		.size = size,
		.connect_timeout = 10000,
		.timeout = 60000,
		.max_wait = 60000,
		.retries = 4,
	};

	memset(o, 0, size);
	memcpy(o, &defaults, size < sizeof(defaults) ? size : sizeof(defaults));
}

static bool keep_bytes(struct sentryscim *s, struct str bytes, struct str *out, struct err *e)
{
	const char *copy = arena_dup(&s->arena, bytes);

	*out = str_from(copy, bytes.n);
	return copy != NULL || err_memory(e, "reading the options");
}

/* TEXT, which may be NULL, as a string of the handle's. */
static bool keep(struct sentryscim *s, const char *text, struct str *out, struct err *e)
{
	return keep_bytes(s, str_of(text != NULL ? text : ""), out, e);
}

static bool load_token(struct sentryscim *s, struct err *e)
{
	if (s->given.token == NULL)
		return err_set(e, ERR_CONFIG, "no token is given");
	if (!bearer_check(str_of(s->given.token), "the option `token`", e) ||
		!keep(s, s->given.token, &s->token, e))
		return false;
	log_hide(&s->log, s->token);
	return true;
}

static bool use_sentry(struct sentryscim *s, struct err *e)
{
	const struct sentryscim_options *o = &s->given;
	struct buf base, pasted;
	struct str root, org = str_of(o->organization != NULL ? o->organization : "");
	bool ok;

	buf_init(&base, LIMIT_URL);
	buf_init(&pasted, LIMIT_URL);
	ok = o->region != NULL
		? sentry_region_url(str_of(o->region), &base, e)
		: sentry_base_url(
			  str_of(o->url != NULL ? o->url : SENTRY_DEFAULT_URL), &base, &pasted, e);
	if (ok && pasted.len > 0 && org.n > 0 && !str_equal(buf_str(&pasted), org))
		ok = err_set(e, ERR_CONFIG, "the organization in the URL is another one");
	if (org.n == 0)
		org = buf_str(&pasted);
	if (ok && org.n == 0)
		ok = err_set(e, ERR_CONFIG, "no organization is given");
	ok = ok && sentry_check_org(org, e) && keep_bytes(s, buf_str(&base), &root, e) &&
		target_use_sentry(&s->target, &s->route, &s->arena, root, org, e);
	buf_wipe(&base);
	buf_wipe(&pasted);
	return ok;
}

static bool load_target(struct sentryscim *s, struct err *e)
{
	const struct sentryscim_options *o = &s->given;
	struct str root;

	if ((o->url != NULL) + (o->region != NULL) + (o->scim_url != NULL) > 1)
		return err_set(e, ERR_CONFIG, "url, region and scim_url contradict each other");
	if (o->scim_url == NULL ? !use_sentry(s, e)
				: !keep(s, o->scim_url, &root, e) ||
				!target_use_scim(&s->target, &s->route, &s->arena, root, e))
		return false;
	if (!s->route.tls && !route_is_loopback(&s->route))
		log_line(s->route.log, LOG_WARN,
			"the token travels unencrypted to %.*s, since the URL is http",
			STR_ARG(s->route.host));
	return true;
}

static bool load_headers(struct sentryscim *s, struct err *e)
{
	struct str text;
	size_t i;

	if (s->given.header_count > LIMIT_USER_HEADERS)
		return err_set(e, ERR_CONFIG, "more than %u headers", LIMIT_USER_HEADERS);
	for (i = 0; i < s->given.header_count; i++)
		if (!keep(s, s->given.headers[i], &text, e) ||
			!message_parse_header(
				text, &s->headers[s->header_count++], "the option `headers`", e))
			return false;
	return true;
}

static bool load_route(struct sentryscim *s, struct err *e)
{
	const struct sentryscim_options *o = &s->given;
	struct route *r = &s->route;
	struct url u;

	if (o->connect_timeout <= 0 || o->connect_timeout > LONGEST_MS || o->timeout <= 0 ||
		o->timeout > LONGEST_MS || o->max_wait < 0 || o->max_wait > LONGEST_MS)
		return err_set(e, ERR_CONFIG, "a time is not above 0, or longer than a day");
	if (o->retries > MOST_RETRIES)
		return err_set(e, ERR_CONFIG, "more than %u retries", MOST_RETRIES);
	r->connect_timeout = o->connect_timeout;
	r->timeout = o->timeout;
	return keep(s, o->user_agent != NULL ? o->user_agent : "sentry-scim/" SENTRY_SCIM_VERSION,
		       &r->user_agent, e) &&
		(o->proxy == NULL ||
			(proxy_parse(r, &s->arena, o->proxy, &u, e) &&
				proxy_check_credentials(r, &s->arena, e)));
}

static bool load_trust(struct sentryscim *s, struct err *e)
{
	const struct sentryscim_options *o = &s->given;
	struct str path, bytes;

	s->tls.trust = &s->trust;
	if (o->ca_file != NULL &&
		(!keep(s, o->ca_file, &path, e) ||
			!trust_add(&s->trust, TRUST_FILE, path.p, true, e)))
		return false;
	if (o->ca_pem != NULL &&
		(!keep_bytes(s, str_from(o->ca_pem, o->ca_pem_size), &bytes, e) ||
			!trust_add_bytes(&s->trust, "the option `ca_pem`", bytes, e)))
		return false;
	if (o->ca_embedded && !trust_add(&s->trust, TRUST_EMBEDDED, NULL, true, e))
		return false;
	if (s->trust.count == 0)
		trust_add_system(&s->trust);
	return true;
}

static bool load_pins(struct sentryscim *s, struct err *e)
{
	size_t i;

	if (s->given.pin_count > LIMIT_PINS)
		return err_set(e, ERR_CONFIG, "more than %u pins", LIMIT_PINS);
	for (i = 0; i < s->given.pin_count; i++)
		if (!tls_parse_pin(str_of(s->given.pins[i]), s->tls.pins[s->tls.pin_count++]))
			return err_set(e, ERR_CONFIG,
				"a pin is sha256// and the base64 of 32 bytes, not '%s'",
				s->given.pins[i]);
	return true;
}

static bool load_tls(struct sentryscim *s, struct err *e)
{
	const struct sentryscim_options *o = &s->given;
	struct tls_options *t = &s->tls;

	t->assume_time = o->assume_time != 0;
	t->assumed = o->assume_time;
	t->certificate_name = "the option `cert`";
	t->key_name = "the option `key`";
	if ((o->cert == NULL) != (o->key == NULL))
		return err_set(e, ERR_CONFIG, "of `cert` and `key` there is only one");
	if (!load_trust(s, e) || !load_pins(s, e) || !keep(s, o->cert, &t->certificate, e) ||
		!keep(s, o->key, &t->key, e) || !keep(s, o->key_passphrase, &t->passphrase, e))
		return false;
	log_hide(&s->log, t->passphrase);
	return true;
}

/* ---- a handle ---- */

static void begin(struct sentryscim *s)
{
	const struct sentryscim_options *o = &s->given;

	s->stop.poll = poll_in_slices;
	s->log.write = tell;
	s->log.context = s;
	s->log.verbosity = o->verbosity;
	s->route.resolver.stop = &s->stop;
	s->route.resolver.ask = o->resolve != NULL ? ask_caller : NULL;
	s->route.stop = &s->stop;
	s->route.log = o->log != NULL ? &s->log : NULL;
	arena_init(&s->arena, LIMIT_COMMAND_ARENA);
	buf_init(&s->user_name, LIMIT_REQUEST_BODY);
	buf_init(&s->role, LIMIT_REQUEST_BODY);
	buf_init(&s->body, LIMIT_REQUEST_BODY);
	buf_init(&s->method, REQUEST_METHOD_MAX);
	handle_init(&s->handle, &s->route);
}

static bool prepare(struct sentryscim *s, struct err *e)
{
	struct handle_options options = {.target = &s->target, .headers = s->headers};

	if (!load_token(s, e) || !load_target(s, e) || !load_route(s, e) || !load_headers(s, e) ||
		!load_tls(s, e))
		return false;
	options.token = s->token;
	options.header_count = s->header_count;
	options.policy.max = s->given.retries;
	options.policy.max_wait = s->given.max_wait;
	handle_equip(&s->handle, &options);
	return handle_secure(&s->handle, &s->tls, e);
}

static void release(struct sentryscim *s)
{
	handle_close(&s->handle);
	surroundings_reclaim();
	provision_wipe(&s->provision);
	buf_wipe(&s->user_name);
	buf_wipe(&s->role);
	buf_wipe(&s->body);
	buf_wipe(&s->method);
	log_wipe(&s->log);
	arena_wipe(&s->arena);
}

struct sentryscim *sentryscim_open(
	const struct sentryscim_options *given, struct sentryscim_error *error)
{
	struct sentryscim_options o;
	struct surroundings *before;
	struct err e = {.kind = ERR_NONE};
	struct sentryscim *s;
	bool ok;

	sentryscim_defaults(&o, sizeof(o));
	memcpy(&o, given, given->size < sizeof(o) ? given->size : sizeof(o));
	if (o.memory == NULL)
		o.memory = surroundings_libc;
	s = o.memory(o.context, NULL, sizeof(*s));
	if (s == NULL) {
		err_memory(&e, "opening a handle");
		fail(&e, error);
		return NULL;
	}
	memset(s, 0, sizeof(*s));
	s->given = o;
	s->surroundings.memory = o.memory;
	s->surroundings.context = o.context;
	before = surroundings_change(&s->surroundings);
	begin(s);
	ok = prepare(s, &e);
	if (!ok)
		release(s);
	surroundings_change(before);
	if (ok)
		return s;
	fail(&e, error);
	wipe(s, sizeof(*s));
	o.memory(o.context, s, 0);
	return NULL;
}

void sentryscim_close(struct sentryscim *s)
{
	struct surroundings here, *before;

	if (s == NULL)
		return;
	before = surroundings_change(&s->surroundings);
	release(s);
	surroundings_change(before);
	here = s->surroundings;
	wipe(s, sizeof(*s));
	here.memory(here.context, s, 0);
}

/* ---- calls ---- */

/* A call begins: what the one before it lent ends. */
static struct surroundings *enter(struct sentryscim *s, struct sentryscim_answer *answer)
{
	struct surroundings *before = surroundings_change(&s->surroundings);

	*answer = (struct sentryscim_answer){.body = ""};
	provision_wipe(&s->provision);
	buf_clear(&s->user_name);
	buf_clear(&s->role);
	buf_clear(&s->body);
	buf_clear(&s->method);
	s->stop.times = 0;
	is_told(s);
	return before;
}

static void lend(struct sentryscim_answer *answer, int status, const struct buf *body)
{
	answer->status = status;
	answer->body = buf_text(body);
	answer->body_size = body->len;
}

static bool prepare_member(struct sentryscim *s, const struct sentryscim_member *m, struct err *e)
{
	const struct user_draft draft = {
		.body = str_of(m->body != NULL ? m->body : ""),
		.user_name = str_of(m->user_name != NULL ? m->user_name : ""),
		.role = str_of(m->role != NULL ? m->role : ""),
	};
	struct json_fault fault;

	if (draft.body.n > 0 && !json_valid_object(draft.body, &fault))
		return err_set(
			e, ERR_INPUT, "the member's body, byte %zu: %s", fault.at, fault.what);
	if (!user_body(&draft, &s->body, e) ||
		!user_body_facts(buf_str(&s->body), &s->user_name, &s->role, e))
		return false;
	return str_trim_space(buf_str(&s->user_name)).n > 0 ||
		err_set(e, ERR_INPUT, "the member has no user name");
}

static enum sentryscim_outcome outcome_of(const struct provision *p)
{
	switch (p->outcome) {
	case PROVISION_CREATED: return SENTRYSCIM_CREATED;
	case PROVISION_EXISTED: return SENTRYSCIM_EXISTED;
	case PROVISION_UPDATED: return SENTRYSCIM_UPDATED;
	case PROVISION_UNCHANGED: return SENTRYSCIM_UNCHANGED;
	default: return SENTRYSCIM_NONE;
	}
}

static enum sentryscim_status create(struct sentryscim *s, const struct sentryscim_member *m,
	struct sentryscim_answer *answer, struct sentryscim_error *error)
{
	static const enum provision_if_exists if_exists[] = {
		[SENTRYSCIM_IF_EXISTS_FAIL] = PROVISION_FAIL,
		[SENTRYSCIM_IF_EXISTS_OK] = PROVISION_OK,
		[SENTRYSCIM_IF_EXISTS_UPDATE] = PROVISION_UPDATE,
	};
	const struct caller *caller = &s->handle.caller;
	struct provision *p = &s->provision;
	struct err e = {.kind = ERR_NONE};
	enum sentryscim_status status;

	if (!prepare_member(s, m, &e))
		return fail(&e, error);
	provision_init(p, buf_str(&s->user_name), buf_str(&s->role), buf_str(&s->body),
		if_exists[m->if_exists], &caller->policy, &caller->question);
	client_provision(&s->handle.client, p);
	if (p->outcome != PROVISION_FAILED) {
		lend(answer, p->confirmed ? 0 : s->handle.client.conn.response.status,
			&p->resource);
		answer->outcome = outcome_of(p);
		answer->confirmed = p->confirmed;
		answer->role_differs = p->role_differs;
		return SENTRYSCIM_DONE;
	}
	status = fail(&p->err, error);
	if (p->status != 0) {
		lend(answer, p->status, &p->refusal);
		quote(s, p->status, buf_str(&p->refusal), error);
	}
	return status;
}

static enum sentryscim_status request(struct sentryscim *s, const char *method, const char *path,
	struct str body, struct sentryscim_answer *answer, struct sentryscim_error *error)
{
	const struct buf *said = &s->handle.client.conn.body;
	struct err e = {.kind = ERR_NONE};
	struct message_call call;
	struct reply reply;
	enum sentryscim_status status;
	bool ok;

	if (!request_parse(method, path, &s->method, &call, &e))
		return fail(&e, error);
	call.body = body;
	ok = request_run(&s->handle.caller, &call, &reply, &e);
	if (reply.status != 0)
		lend(answer, reply.status, said);
	if (ok)
		return SENTRYSCIM_DONE;
	status = fail(&e, error);
	quote(s, reply.status, buf_str(said), error);
	return status;
}

static void clear(struct sentryscim_error *error)
{
	if (error != NULL)
		*error = (struct sentryscim_error){.status = SENTRYSCIM_DONE};
}

enum sentryscim_status sentryscim_create(struct sentryscim *s,
	const struct sentryscim_member *member, struct sentryscim_answer *answer,
	struct sentryscim_error *error)
{
	struct surroundings *before = enter(s, answer);
	enum sentryscim_status status;

	clear(error);
	status = create(s, member, answer, error);
	surroundings_change(before);
	return status;
}

enum sentryscim_status sentryscim_request(struct sentryscim *s, const char *method,
	const char *path, const char *body, size_t body_size, struct sentryscim_answer *answer,
	struct sentryscim_error *error)
{
	struct surroundings *before = enter(s, answer);
	enum sentryscim_status status;

	clear(error);
	status = request(s, method, path, str_from(body, body_size), answer, error);
	surroundings_change(before);
	return status;
}

const char *sentryscim_version(void)
{
	return SENTRY_SCIM_VERSION;
}
