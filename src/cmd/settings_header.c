#include "cmd/settings_parts.h"

#include "base/limits.h"
#include "codec/http_request.h"

/* Fields that the program writes itself, or that change how a message is read. */
static const char *const owned[] = {
	"Host",
	"Authorization",
	"Content-Length",
	"Content-Type",
	"Transfer-Encoding",
	"Connection",
	"Accept",
	"Accept-Encoding",
	"User-Agent",
	"Expect",
	"Upgrade",
	"TE",
	"Trailer",
};

static bool is_owned(struct str name)
{
	unsigned i;

	for (i = 0; i < sizeof owned / sizeof owned[0]; i++)
		if (str_is_fold(name, owned[i]))
			return true;
	return str_starts_fold(name, "Proxy-");
}

/* Messages do not quote the value, which may be a secret of a gateway. */
static bool parse(struct str text, struct message_header *h, const char *where, struct err *e)
{
	if (!str_cut(text, ':', &h->name, &h->value))
		return err_set(e, ERR_CONFIG, "%s: a header is given as 'Name: value'", where);
	h->value = str_trim(h->value);
	if (!http_is_token(h->name))
		return err_set(e, ERR_CONFIG, "%s: '%.*s' is no name of a header", where,
			STR_ARG(h->name));
	if (is_owned(h->name))
		return err_set(e, ERR_CONFIG, "%s: the header %.*s is the program's own", where,
			STR_ARG(h->name));
	if (h->value.n == 0 || !http_is_field_value(h->value))
		return err_set(e, ERR_CONFIG, "%s: the header %.*s has no usable value", where,
			STR_ARG(h->name));
	return true;
}

static bool add(struct settings *s, const struct message_header *h, struct err *e)
{
	if (s->header_count == LIMIT_USER_HEADERS)
		return err_set(e, ERR_CONFIG, "more than %u headers", LIMIT_USER_HEADERS);
	s->headers[s->header_count++] = *h;
	return true;
}

/* Whether one of the first COUNT headers, which come from a stronger place, has that name. */
static bool is_given(const struct settings *s, unsigned count, struct str name)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (str_equal_fold(s->headers[i].name, name))
			return true;
	return false;
}

static bool load_file(struct settings_loader *l, const struct settings_file *file, struct err *e)
{
	struct settings *s = l->s;
	unsigned stronger = s->header_count;
	struct ini i;
	struct str value;

	ini_init(&i, buf_str(&file->text));
	while (settings_file_next(&i, "http", "header", &value)) {
		struct message_header h;
		const char *kept = arena_dup(l->arena, value);

		if (kept == NULL)
			return err_memory(e, "reading the settings");
		if (!parse(str_from(kept, value.n), &h, file->path, e))
			return false;
		if (!is_given(s, stronger, h.name) && !add(s, &h, e))
			return false;
	}
	return true;
}

bool settings_load_headers(struct settings_loader *l, struct err *e)
{
	const struct opt_values *given = &l->o->given[OPT_HEADER];
	struct message_header h;
	unsigned i;

	for (i = 0; i < given->count; i++)
		if (!parse(str_of(given->values[i]), &h, "--header", e) || !add(l->s, &h, e))
			return false;
	for (i = 0; i < l->files.count; i++)
		if (!load_file(l, &l->files.list[i], e))
			return false;
	return true;
}
