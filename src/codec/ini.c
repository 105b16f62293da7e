#include "codec/ini.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

void ini_init(struct ini *i, struct str text)
{
	*i = (struct ini){.rest = text};
	if (str_starts(text, BYTE_ORDER_MARK))
		i->rest = str_skip(text, sizeof(BYTE_ORDER_MARK) - 1);
}

static enum ini_step bad(struct ini *i, const char *fault)
{
	i->fault = fault;
	return INI_BAD;
}

/* LINE begins with '['. */
static bool read_section(struct ini *i, struct str line)
{
	if (line.n < 2 || line.p[line.n - 1] != ']')
		return false;
	i->section = str_trim_space(str_from(line.p + 1, line.n - 2));
	return true;
}

static enum ini_step read_pair(struct ini *i, struct str line)
{
	struct str by_equals, by_colon, tail;
	size_t at;

	str_cut(line, '=', &by_equals, &tail);
	str_cut(line, ':', &by_colon, &tail);
	at = by_equals.n < by_colon.n ? by_equals.n : by_colon.n;
	if (at == line.n)
		return bad(i, "neither [section], name = value nor a comment");
	i->key = str_trim_space(str_from(line.p, at));
	i->value = str_trim_space(str_skip(line, at + 1));
	return i->key.n > 0 ? INI_PAIR : bad(i, "a value without a name");
}

enum ini_step ini_next(struct ini *i)
{
	struct str line;

	while (i->rest.n > 0) {
		str_cut(i->rest, '\n', &line, &i->rest);
		i->line++;
		line = str_trim_space(line);
		if (line.n == 0 || line.p[0] == ';' || line.p[0] == '#')
			continue;
		if (line.p[0] != '[')
			return read_pair(i, line);
		if (!read_section(i, line))
			return bad(i, "a section without its closing bracket");
	}
	return INI_END;
}
