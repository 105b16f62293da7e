#include "cmd/settings_parts.h"

#include "base/limits.h"

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
		if (!message_parse_header(str_from(kept, value.n), &h, file->path, e))
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
		if (!message_parse_header(str_of(given->values[i]), &h, "--header", e) ||
			!add(l->s, &h, e))
			return false;
	for (i = 0; i < l->files.count; i++)
		if (!load_file(l, &l->files.list[i], e))
			return false;
	return true;
}
