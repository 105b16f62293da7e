#include "codec/bearer.h"

#include "base/limits.h"

#define UTF8_BOM "\xEF\xBB\xBF"

/* Bytes of S up to the first that cannot stand in a header field's token: visible ASCII only. */
static size_t visible_prefix(struct str s)
{
	size_t at = 0;

	while (at < s.n && s.p[at] > 0x20 && s.p[at] < 0x7F)
		at++;
	return at;
}

bool bearer_check(struct str token, const char *name, struct err *e)
{
	size_t good;

	if (token.n == 0)
		return err_set(e, ERR_CONFIG, "%s holds no token: it is empty", name);
	if (token.n > LIMIT_TOKEN)
		return err_set(e, ERR_CONFIG, "%s holds no token: it is longer than %u bytes", name,
			LIMIT_TOKEN);
	good = visible_prefix(token);
	if (good == token.n)
		return true;
	err_set(e, ERR_CONFIG, "%s holds no token: byte %zu is not a visible ASCII character", name,
		good + 1);
	if (str_starts(token, UTF8_BOM))
		err_hint(e, "it begins with a byte order mark: save it as plain ASCII");
	else
		err_hint(e, "there must be the token and nothing else");
	return false;
}
