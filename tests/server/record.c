#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "codec/base64.h"
#include "codec/json_emit.h"
#include "codec/utf8.h"
#include "die.h"
#include "pyjson.h"

void record_open(struct record *r, const char *file, bool with_tokens)
{
	r->with_tokens = with_tokens;
	r->fd = -1;
	if (file == NULL)
		return;
	r->fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (r->fd < 0)
		die("%s: %s", file, strerror(errno));
}

void record_close(struct record *r)
{
	if (r->fd >= 0)
		close(r->fd);
}

static void emit_text(struct json_emit *j, struct str text)
{
	struct buf quoted;

	server_buf(&quoted);
	pyjson_quote(text, &quoted);
	must_hold(&quoted);
	json_emit_raw(j, buf_str(&quoted));
	buf_wipe(&quoted);
}

/* "Bearer sntryi_***": enough to see which kind of credentials came. */
static void emit_masked(struct json_emit *j, struct str value)
{
	struct str scheme, token, kind, rest;
	struct buf text;

	server_buf(&text);
	str_cut(value, ' ', &scheme, &token);
	buf_addf(&text, "%.*s ", STR_ARG(scheme));
	if (str_starts(token, "sntry") && str_cut(token, '_', &kind, &rest))
		buf_addf(&text, "%.*s_", STR_ARG(kind));
	buf_add_text(&text, "***");
	emit_text(j, buf_str(&text));
	buf_wipe(&text);
}

static void emit_fields(struct json_emit *j, const struct request *q, bool with_tokens)
{
	unsigned i;

	json_emit_key(j, str_of("headers"));
	json_emit_array(j);
	for (i = 0; i < q->field_count; i++) {
		const struct request_field *f = &q->fields[i];

		json_emit_array(j);
		emit_text(j, f->name);
		if (!with_tokens &&
			(str_is_fold(f->name, "Authorization") ||
				str_is_fold(f->name, "Proxy-Authorization")))
			emit_masked(j, f->value);
		else
			emit_text(j, f->value);
		json_emit_array_close(j);
	}
	json_emit_array_close(j);
}

static void emit_body(struct json_emit *j, struct str body)
{
	struct buf coded;

	if (utf8_valid(body)) {
		json_emit_member(j, "body", body);
		return;
	}
	server_buf(&coded);
	base64_encode(body, &coded);
	json_emit_member(j, "body_base64", buf_str(&coded));
	buf_wipe(&coded);
}

static void emit_number(struct json_emit *j, const char *name, uint64_t n)
{
	json_emit_key(j, str_of(name));
	json_emit_u64(j, n);
}

/* 0 is none. */
static void emit_status(struct json_emit *j, const char *name, int status)
{
	if (status > 0) {
		emit_number(j, name, (uint64_t)status);
		return;
	}
	json_emit_key(j, str_of(name));
	json_emit_null(j);
}

void record_request(struct record *r, uint64_t number, uint64_t connection, const struct request *q,
	int status, int done, struct str fault)
{
	struct json_emit j;
	struct buf line;

	if (r->fd < 0)
		return;
	server_buf(&line);
	json_emit_init(&j, &line);
	json_emit_object(&j);
	emit_number(&j, "n", number);
	emit_number(&j, "connection", connection);
	emit_number(&j, "ms", (uint64_t)now_ms());
	json_emit_member(&j, "method", q->method);
	json_emit_member(&j, "path", q->target);
	emit_fields(&j, q, r->with_tokens);
	emit_body(&j, buf_str(&q->body));
	emit_status(&j, "status", status);
	emit_status(&j, "done", done);
	json_emit_key(&j, str_of("fault"));
	if (fault.n > 0)
		emit_text(&j, fault);
	else
		json_emit_null(&j);
	json_emit_object_close(&j);
	if (!json_emit_done(&j))
		die("a line of the log is no JSON: %s", j.fault != NULL ? j.fault : "too large");
	buf_add_char(&line, '\n');
	must_hold(&line);
	if (write(r->fd, line.data, line.len) != (ssize_t)line.len)
		die("the log cannot be written: %s", strerror(errno));
	buf_wipe(&line);
}
