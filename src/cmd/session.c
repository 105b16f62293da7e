#include "cmd/session.h"

#include "cmd/out.h"
#include "sys/console.h"

static bool prepare(struct session *s, struct err *e)
{
	const struct settings *settings = &s->settings;
	const struct handle_options options = {
		.target = &settings->target,
		.token = settings->token.value,
		.header_count = settings->header_count,
		.headers = settings->headers,
		.policy = {.max = settings->retries_max, .max_wait = settings->max_wait_ms},
	};

	handle_equip(&s->handle, &options);
	s->handle.caller.show = settings->dry_run ? session_show : NULL;
	/* What sends nothing needs no certificates. */
	return settings->dry_run || handle_secure(&s->handle, &settings->tls, e);
}

bool session_open(
	struct session *s, struct cmd_context *c, const struct settings_input *input, struct err *e)
{
	*s = (struct session){.settings = {.verbosity = 0}};
	handle_init(&s->handle, &s->settings.route);
	if (!settings_load(&s->settings, c->opts, input, c->arena, e))
		return false;
	return prepare(s, e);
}

bool session_open_incomplete(
	struct session *s, struct cmd_context *c, struct err *lacking, struct err *e)
{
	*s = (struct session){.settings = {.verbosity = 0}};
	handle_init(&s->handle, &s->settings.route);
	if (!settings_load(&s->settings, c->opts, NULL, c->arena, e)) {
		if (!s->settings.incomplete)
			return false;
		*lacking = *e;
		err_clear(e);
	}
	return prepare(s, e);
}

void session_close(struct session *s)
{
	handle_close(&s->handle);
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
	console_refusal(reply->status, call_body(&s->handle.caller));
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
