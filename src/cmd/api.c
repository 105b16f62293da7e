#include <string.h>

#include "client/request.h"
#include "cmd/cmd.h"
#include "cmd/work.h"
#include "codec/json_scan.h"
#include "sys/file.h"

static bool load(struct work *w, struct message_call *call, struct buf *method)
{
	const struct opts *o = w->context->opts;
	const char *body = opt_value(o, OPT_BODY), *token = opt_value(o, OPT_TOKEN_FILE);

	if (!request_parse(o->args[0], o->args[1], method, call, &w->err))
		return false;
	if (body == NULL)
		return true;
	if (strcmp(body, "-") == 0 &&
		(opt_given(o, OPT_TOKEN_STDIN) || (token != NULL && strcmp(token, "-") == 0)))
		return err_set(&w->err, ERR_USAGE, "standard input can be read only once");
	if (!file_read(body, &w->body, &w->err))
		return false;
	call->body = buf_str(&w->body);
	return true;
}

int cmd_api(struct cmd_context *c)
{
	struct message_call call;
	struct buf method;
	struct work w;
	bool ok;

	buf_init(&method, REQUEST_METHOD_MAX);
	ok = work_begin(&w, c, FIND_MEMBER) && load(&w, &call, &method) &&
		request_run(&w.session.handle.caller, &call, &w.reply, &w.err);
	if (ok && work_answer(&w).n > 0)
		ok = json_valid(work_answer(&w), NULL) ? out_json(work_answer(&w), &w.err)
						       : out_text(work_answer(&w), &w.err);
	buf_wipe(&method);
	return work_end(&w, ok);
}
