#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/settings.h"
#include "codec/json_emit.h"
#include "codec/utf8.h"
#include "sys/console.h"
#include "sys/trust.h"

static const struct out_column columns[] = {
	{"SETTING", "setting", false},
	{"VALUE", "value", false},
	{"FROM", "from", false},
	{.title = NULL},
};

struct report {
	struct out out;
	struct err *e;
	bool ok;
};

/* One row; a value that is NULL is not set. */
static void row(struct report *r, const char *name, const char *value, const char *from)
{
	struct json_emit j;
	struct buf text;

	if (!r->ok)
		return;
	buf_init(&text, LIMIT_REQUEST_BODY);
	json_emit_init(&j, &text);
	json_emit_object(&j);
	json_emit_member(&j, "setting", str_of(name));
	json_emit_key(&j, str_of("value"));
	if (value != NULL && utf8_valid(str_of(value)))
		json_emit_string(&j, str_of(value));
	else
		json_emit_null(&j);
	json_emit_member(&j, "from", str_of(from));
	json_emit_object_close(&j);
	r->ok = json_emit_done(&j) ? out_resource(&r->out, buf_str(&text), r->e)
				   : err_memory(r->e, "the settings");
	buf_wipe(&text);
}

static void setting(struct report *r, const char *name, const struct setting *s)
{
	row(r, name, s->value, s->where != NULL ? s->where : settings_place_name(s->place));
}

static void text_row(struct report *r, const char *name, struct str value, const char *from)
{
	struct buf text;

	buf_init(&text, LIMIT_REQUEST_BODY);
	buf_add_str(&text, value);
	row(r, name, value.n > 0 ? buf_text(&text) : NULL, from);
	buf_wipe(&text);
}

static void show_all(struct report *r, const struct settings *s)
{
	struct buf trust;

	setting(r, "token", &s->token_source);
	setting(r, "org", &s->org);
	setting(r, "region", &s->region);
	setting(r, "url", &s->url);
	setting(r, "scim_url", &s->scim_url);
	text_row(r, "SCIM base in use", s->target.root, "the settings above");
	buf_init(&trust, LIMIT_REQUEST_BODY);
	if (s->trust.count > 0)
		trust_describe(&s->trust, &trust);
	text_row(r, "CA certificates in use", buf_str(&trust),
		s->ca_file.value != NULL          ? s->ca_file.where
			: s->ca_dir.value != NULL ? s->ca_dir.where
						  : "default");
	buf_wipe(&trust);
	setting(r, "cert", &s->cert);
	setting(r, "key", &s->key);
	setting(r, "key_passphrase_file", &s->key_passphrase);
	setting(r, "proxy", &s->proxy);
	row(r, "proxy in use", s->route.via == ROUTE_DIRECT ? "none" : s->proxy.value,
		s->proxy_reason != NULL ? s->proxy_reason : "not set");
	setting(r, "no_proxy", &s->no_proxy);
	setting(r, "unix_socket", &s->unix_socket);
	setting(r, "connect_timeout", &s->connect_timeout);
	setting(r, "timeout", &s->timeout);
	setting(r, "max_retries", &s->retries);
	setting(r, "max_wait", &s->max_wait);
	setting(r, "assume_time", &s->assume_time);
	setting(r, "config file", &s->config_file);
}

int cmd_config(struct cmd_context *c)
{
	struct settings s;
	struct report r;
	struct err e, shown;
	int code = 0;

	err_clear(&e);
	err_clear(&shown);
	/* Showing what there is helps most while something is missing. */
	if (!settings_load(&s, c->opts, NULL, c->arena, &e) && !s.incomplete) {
		code = cmd_fail(&e);
		settings_wipe(&s);
		return code;
	}
	r = (struct report){.e = &shown, .ok = true};
	out_init(&r.out, &s, columns, true);
	show_all(&r, &s);
	if (!r.ok || !out_end(&r.out, &shown))
		code = cmd_fail(&shown);
	else if (e.kind != ERR_NONE) /* that something is missing is what was asked for */
		console_line(LOG_WARN, "%s", e.text);
	out_wipe(&r.out);
	settings_wipe(&s);
	return code;
}
