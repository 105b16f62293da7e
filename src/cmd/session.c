#include "cmd/session.h"

#include "cmd/out.h"
#include "sys/clock.h"
#include "sys/console.h"
#include "sys/entropy.h"

static bool load_tls(struct session *s, struct err *e)
{
	unsigned skipped = 0;

	struct route *r = &s->settings.route;
	const bool to_proxy = r->via != ROUTE_DIRECT && r->proxy_tls;

	if (!r->tls && !to_proxy)
		return true;
	if (!entropy_ready(r->stop, clock_after(clock_now(), r->connect_timeout), e))
		return false;
	if (r->tls) {
		s->tls = tls_config_new(&s->settings.tls, &skipped, e);
		if (s->tls == NULL)
			return false;
	}
	if (to_proxy) {
		/* Client certificate and pins are for the origin. */
		const struct tls_options options = {.trust = s->settings.tls.trust,
			.assume_time = s->settings.tls.assume_time,
			.assumed = s->settings.tls.assumed};

		s->proxy_tls = tls_config_new(&options, &skipped, e);
		if (s->proxy_tls == NULL)
			return false;
	}
	if (skipped > 0)
		console_line(LOG_WARN,
			"%u unusable certificate%s among the CA certificates skipped", skipped,
			skipped == 1 ? "" : "s");
	r->config = s->tls;
	r->proxy_config = s->proxy_tls;
	return true;
}

static void equip(struct session *s)
{
	const struct settings *settings = &s->settings;

	s->origin = (struct message_origin){
		.root = settings->scim_root,
		.root_path = settings->root_path,
		.api_root = settings->api_root,
		.authority = settings->authority,
		.token = settings->token.value,
		.user_agent = settings->route.user_agent,
		.header_count = settings->header_count,
		.headers = settings->headers,
	};
	if (settings->api_root.n > 0) /* the SCIM root stands below it */
		s->origin.api_path = str_from(settings->root_path.p,
			settings->root_path.n - (settings->scim_root.n - settings->api_root.n));
	s->caller = (struct caller){
		.client = &s->client,
		.policy = session_policy(s),
		.question = session_question(s),
		.show = settings->dry_run ? session_show : NULL,
	};
}

bool session_open(
	struct session *s, struct cmd_context *c, const struct settings_input *input, struct err *e)
{
	*s = (struct session){.tls = NULL};
	client_init(&s->client, &s->settings.route, &s->origin);
	if (!settings_load(&s->settings, c->opts, input, c->arena, e))
		return false;
	equip(s);
	/* What sends nothing needs no certificates. */
	return s->settings.dry_run || load_tls(s, e);
}

bool session_open_incomplete(
	struct session *s, struct cmd_context *c, struct err *lacking, struct err *e)
{
	*s = (struct session){.tls = NULL};
	client_init(&s->client, &s->settings.route, &s->origin);
	if (!settings_load(&s->settings, c->opts, NULL, c->arena, e)) {
		if (!s->settings.incomplete)
			return false;
		*lacking = *e;
		err_clear(e);
	}
	equip(s);
	return s->settings.dry_run || load_tls(s, e);
}

void session_close(struct session *s)
{
	client_wipe(&s->client);
	tls_config_free(s->tls);
	tls_config_free(s->proxy_tls);
	settings_wipe(&s->settings);
}

bool session_show(const struct message_origin *o, const struct message_call *call, struct err *e)
{
	struct buf text, lines;
	size_t i;
	bool ok;

	buf_init(&text, LIMIT_REQUEST_HEAD + LIMIT_REQUEST_BODY);
	buf_init(&lines, LIMIT_REQUEST_HEAD + LIMIT_REQUEST_BODY);
	ok = message_write(o, call, true, &text, e);
	for (i = 0; i < text.len; i++) /* no CR in what people read and pipe */
		if (text.data[i] != '\r')
			buf_add_char(&lines, text.data[i]);
	buf_add_char(&lines, '\n');
	if (lines.failed)
		ok = err_memory(e, "showing the request");
	ok = ok && out_text(buf_str(&lines), e);
	buf_wipe(&text);
	buf_wipe(&lines);
	return ok;
}

void session_report(struct session *s, const struct reply *reply, const struct err *e)
{
	/* What went wrong behind a success is not the server's to explain. */
	if (reply->status == 0 || reply->answer.class == ANSWER_SUCCESS) {
		console_err(e);
		return;
	}
	console_refusal(reply->status, call_body(&s->caller));
	console_hint(e->hint);
}

int session_fail(struct session *s, const struct reply *reply, const struct err *e)
{
	if (reply->shown && e->kind == ERR_NONE)
		return 0;
	if (reply->status == 0 || reply->answer.class == ANSWER_SUCCESS)
		return cmd_fail(e);
	session_report(s, reply, e);
	return err_exit_code(e);
}

struct answer_question session_question(const struct session *s)
{
	return (struct answer_question){
		.is_sentry = s->settings.is_sentry,
		.token = s->settings.token_kind,
	};
}

struct retry_policy session_policy(const struct session *s)
{
	return (struct retry_policy){
		.max = s->settings.retries_max,
		.max_wait = s->settings.max_wait_ms,
	};
}
