#include "cmd/session.h"

#include "sys/clock.h"
#include "sys/entropy.h"
#include "sys/log.h"

static bool load_tls(struct session *s, struct err *e)
{
	unsigned skipped = 0;

	if (!s->settings.route.tls)
		return true;
	if (!entropy_ready(clock_after(clock_now(), s->settings.route.connect_timeout), e))
		return false;
	s->tls = tls_config_new(&s->settings.tls, &skipped, e);
	if (s->tls == NULL)
		return false;
	if (skipped > 0)
		log_line(LOG_WARN, "%u unusable certificate%s among the CA certificates skipped",
			skipped, skipped == 1 ? "" : "s");
	s->settings.route.config = s->tls;
	return true;
}

bool session_open(
	struct session *s, struct cmd_context *c, const struct settings_input *input, struct err *e)
{
	const struct settings *settings = &s->settings;

	*s = (struct session){.tls = NULL};
	client_init(&s->client, &s->settings.route, &s->origin);
	if (!settings_load(&s->settings, c->opts, input, c->arena, e))
		return false;
	s->origin = (struct message_origin){
		.root = settings->scim_root,
		.root_path = settings->root_path,
		.authority = settings->authority,
		.token = settings->token.value,
		.user_agent = settings->route.user_agent,
		.header_count = settings->header_count,
		.headers = settings->headers,
	};
	/* What sends nothing needs no certificates. */
	return settings->dry_run || load_tls(s, e);
}

void session_close(struct session *s)
{
	client_wipe(&s->client);
	tls_config_free(s->tls);
	settings_wipe(&s->settings);
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
