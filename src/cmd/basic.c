#include <errno.h>
#include <unistd.h>

#include "base/version.h"
#include "cmd/cmd.h"
#include "cmd/help.h"
#include "cmd/out.h"
#include "sys/console.h"
#include "sys/file.h"
#include "sys/roots.h"
#include "sys/tls.h"

int cmd_fail(const struct err *e)
{
	/* Whoever closed the pipe knows, as `head` does. */
	if (e->kind != ERR_OUTPUT || e->number != EPIPE)
		console_err(e);
	return err_exit_code(e);
}

static int show(struct buf *text)
{
	struct err e;
	bool ok;

	err_clear(&e);
	ok = text->failed ? err_memory(&e, "the text") : out_text(buf_str(text), &e);
	buf_wipe(text);
	return ok ? 0 : cmd_fail(&e);
}

int cmd_help(struct cmd_context *c)
{
	const struct opts *o = c->opts;
	struct buf text;
	struct err e;

	err_clear(&e);
	buf_init(&text, HELP_MAX);
	if (o->command != NULL && o->command->run != cmd_help)
		help_command(o->command, &text);
	else if (!help_topic(o->arg_count, o->args, &text, &e)) {
		buf_wipe(&text);
		return cmd_fail(&e);
	}
	return show(&text);
}

int cmd_none(void)
{
	struct buf text;
	struct err e;

	err_clear(&e);
	buf_init(&text, HELP_MAX);
	help_overview(&text);
	/* There is nobody left to be told if standard error is gone. */
	(void)!file_write_all(STDERR_FILENO, buf_text(&text), text.len);
	buf_wipe(&text);
	err_set(&e, ERR_USAGE, "no command was given");
	return err_exit_code(&e);
}

int cmd_version(struct cmd_context *c)
{
	struct buf text;

	(void)c;
	buf_init(&text, HELP_MAX);
	buf_addf(&text, "sentry-scim %s\n%s\n", SENTRY_SCIM_VERSION, tls_library());
	if (roots_count() > 0)
		buf_addf(&text, "%zu CA certificates compiled in, of %s\n", roots_count(),
			roots_date());
	else
		buf_add_text(&text, "no CA certificates compiled in\n");
	return show(&text);
}

int cmd_man(struct cmd_context *c)
{
	struct buf text;

	(void)c;
	buf_init(&text, HELP_MAX);
	help_man(&text);
	return show(&text);
}
