#include <stdint.h>
#include <string.h>

#include "client/provision.h"
#include "cmd/balance.h"
#include "cmd/cmd.h"
#include "cmd/input.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "scim/user.h"
#include "sys/console.h"

/* One member to be made. Everything is prepared, and so checked, before the first is sent. */
struct task {
	struct buf user_name, role; /* as the body says them: for look-ups and comparison */
	struct buf body;
};

struct create {
	struct cmd_context *context;
	struct session session;
	struct out out;
	struct buf document; /* of --input: holds a token */
	struct buf base;     /* of --body */
	struct str body;     /* what the bodies start from */
	enum provision_if_exists if_exists;
	unsigned attribute_count;
	struct user_attribute attributes[LIMIT_SET];
	unsigned count;
	struct task *tasks; /* in the arena; their buffers are owned */
	struct balance balance;
};

/* ---- preparation ---- */

static bool check_stdin(const struct opts *o, struct err *e)
{
	const char *body = opt_value(o, OPT_BODY);
	const char *input = opt_value(o, OPT_INPUT);
	const char *token = opt_value(o, OPT_TOKEN_FILE);
	unsigned readers = opt_given(o, OPT_TOKEN_STDIN) ? 1 : 0;

	readers += body != NULL && strcmp(body, "-") == 0;
	readers += input != NULL && strcmp(input, "-") == 0;
	readers += token != NULL && strcmp(token, "-") == 0;
	return readers < 2 || err_set(e, ERR_USAGE, "standard input can be read only once");
}

static bool load_body(struct create *c, struct settings_input *input, struct err *e)
{
	const struct opts *o = c->context->opts;
	const char *path = opt_value(o, OPT_INPUT);

	if (path != NULL &&
		(!input_object(path, &c->document, e) ||
			!input_document(path, buf_str(&c->document), c->context->arena, input,
				&c->body, e)))
		return false;
	path = opt_value(o, OPT_BODY);
	if (path == NULL)
		return true;
	if (c->body.n > 0)
		return err_set(e, ERR_USAGE,
			"--body and the body in the --input document "
			"contradict each other");
	if (!input_object(path, &c->base, e))
		return false;
	c->body = buf_str(&c->base);
	return true;
}

static bool load_attributes(struct create *c, struct err *e)
{
	const struct opt_values *set = &c->context->opts->given[OPT_SET];
	unsigned i;

	if (set->count > LIMIT_SET)
		return err_set(e, ERR_USAGE, "--set can be given %u times at most", LIMIT_SET);
	for (i = 0; i < set->count; i++) {
		struct user_attribute *a = &c->attributes[i];
		struct buf value;
		char *copy = NULL;

		buf_init(&value, LIMIT_REQUEST_BODY);
		if (user_parse_set(str_of(set->values[i]), &a->path, &value, e)) {
			copy = arena_dup(c->context->arena, buf_str(&value));
			a->value = str_from(copy, value.len);
		}
		buf_wipe(&value);
		if (copy == NULL)
			return e->kind != ERR_NONE ? false : err_memory(e, "reading --set");
	}
	c->attribute_count = set->count;
	return true;
}

static bool prepare(struct create *c, struct task *t, struct str user_name, struct err *e)
{
	struct user_draft draft = {
		.body = c->body,
		.user_name = user_name,
		.role = str_of(opt_value(c->context->opts, OPT_ROLE)),
		.attribute_count = c->attribute_count,
		.attributes = c->attributes,
	};

	if (!user_body(&draft, &t->body, e) ||
		!user_body_facts(buf_str(&t->body), &t->user_name, &t->role, e))
		return false;
	if (str_trim_space(buf_str(&t->user_name)).n > 0)
		return true;
	if (c->context->opts->arg_count > 0)
		return err_set(e, ERR_USAGE, "the user name is empty");
	err_set(e, ERR_USAGE, "no user name: neither an argument nor the body has one");
	err_hint(e, "sentry-scim member create USERNAME");
	return false;
}

static bool prepare_all(struct create *c, struct err *e)
{
	const struct opts *o = c->context->opts;
	unsigned i, count = o->arg_count > 0 ? o->arg_count : 1;

	c->tasks = arena_alloc(c->context->arena, count, sizeof(*c->tasks));
	if (c->tasks == NULL)
		return err_memory(e, "preparing the requests");
	for (i = 0; i < count; i++) {
		struct task *t = &c->tasks[i];

		buf_init(&t->user_name, LIMIT_REQUEST_BODY);
		buf_init(&t->role, LIMIT_REQUEST_BODY);
		buf_init(&t->body, LIMIT_REQUEST_BODY);
		c->count = i + 1;
		if (o->arg_count > 0 && o->args[i][0] == '\0')
			return err_set(e, ERR_USAGE, "the user name is empty");
		if (!prepare(c, t, str_of(o->arg_count > 0 ? o->args[i] : ""), e))
			return false;
	}
	return true;
}

static enum provision_if_exists if_exists(const struct opts *o)
{
	const char *word = opt_value(o, OPT_IF_EXISTS);

	if (word == NULL || strcmp(word, "fail") == 0)
		return PROVISION_FAIL;
	return strcmp(word, "ok") == 0 ? PROVISION_OK : PROVISION_UPDATE;
}

static bool begin(struct create *c, struct err *e)
{
	struct settings_input input = {.token = NULL};

	return check_stdin(c->context->opts, e) && load_body(c, &input, e) &&
		load_attributes(c, e) && prepare_all(c, e) &&
		session_open(&c->session, c->context, &input, e);
}

static void end(struct create *c)
{
	unsigned i;

	session_close(&c->session);
	for (i = 0; i < c->count; i++) {
		buf_wipe(&c->tasks[i].user_name);
		buf_wipe(&c->tasks[i].role);
		buf_wipe(&c->tasks[i].body);
	}
	buf_wipe(&c->document);
	buf_wipe(&c->base);
	out_wipe(&c->out);
}

/* ---- showing ---- */

static bool show_request(struct create *c, const struct task *t, struct err *e)
{
	const struct message_call call = {
		.method = str_of("POST"),
		.path = str_of("Users"),
		.body = buf_str(&t->body),
	};

	return session_show(&c->session.handle.origin, &call, e);
}

static void note_success(const struct provision *p)
{
	struct str name = p->user_name;

	if (p->confirmed)
		console_line(LOG_NOTE,
			"%.*s was created: no answer came, and a look-up confirmed it",
			STR_ARG(name));
	if (p->outcome == PROVISION_EXISTED)
		console_line(LOG_NOTE, "%.*s exists already; nothing was changed", STR_ARG(name));
	if (p->outcome == PROVISION_UNCHANGED)
		console_line(LOG_NOTE, "%.*s exists already, as asked; nothing was changed",
			STR_ARG(name));
	if (p->outcome == PROVISION_UPDATED)
		console_line(LOG_NOTE, "%.*s existed already; the role was changed", STR_ARG(name));
	if (p->role_differs)
		console_line(LOG_NOTE,
			"its role is not the one asked for; --if-exists update changes it");
	if (p->by_other_name)
		console_line(
			LOG_NOTE, "%.*s is another address of the member shown", STR_ARG(name));
}

static void report_failure(const struct create *c, const struct provision *p)
{
	if (c->count > 1)
		console_line(LOG_ERROR, "%.*s was not provisioned:", STR_ARG(p->user_name));
	if (p->status == 0) {
		console_err(&p->err);
		return;
	}
	console_refusal(p->status, buf_str(&p->refusal));
	console_hint(p->err.hint);
}

/* ---- the run ---- */

/* Answers whether to go on with the next. */
static bool provision_one(struct create *c, const struct task *t, struct err *e)
{
	const struct caller *caller = &c->session.handle.caller;
	struct provision p;
	bool go_on = true;

	provision_init(&p, buf_str(&t->user_name), buf_str(&t->role), buf_str(&t->body),
		c->if_exists, &caller->policy, &caller->question);
	client_provision(&c->session.handle.client, &p);
	if (p.outcome != PROVISION_FAILED) {
		c->balance.done++;
		note_success(&p);
		go_on = out_resource(&c->out, buf_str(&p.resource), e);
	} else {
		report_failure(c, &p);
		balance_failure(&c->balance, &p.err);
		/* A 404 for the collection: the organization is not there. */
		go_on = retry_others(&p.err) && p.err.kind != ERR_NOT_FOUND;
	}
	provision_wipe(&p);
	return go_on;
}

static int run(struct create *c)
{
	struct err e;
	unsigned i, untried;
	bool go_on = true;

	err_clear(&e);
	for (i = 0; i < c->count && go_on; i++)
		go_on = c->session.settings.dry_run ? show_request(c, &c->tasks[i], &e)
						    : provision_one(c, &c->tasks[i], &e);
	untried = c->count - i;
	if (e.kind != ERR_NONE || !out_end(&c->out, &e))
		return cmd_fail(&e);
	if (untried > 0)
		console_line(LOG_ERROR, "%u more %s not tried, from %.*s on", untried,
			untried == 1 ? "was" : "were", STR_ARG(buf_str(&c->tasks[i].user_name)));
	return balance_exit_code(&c->balance);
}

int cmd_member_create(struct cmd_context *context)
{
	struct create c = {.context = context, .if_exists = if_exists(context->opts)};
	struct err e;
	int code;

	err_clear(&e);
	buf_init(&c.document, LIMIT_REQUEST_BODY);
	buf_init(&c.base, LIMIT_REQUEST_BODY);
	if (begin(&c, &e)) {
		out_init(&c.out, &c.session.settings, out_members, c.count > 1);
		code = run(&c);
	} else {
		code = cmd_fail(&e);
	}
	end(&c);
	return code;
}
