#include "scim/filter.h"

#include "base/limits.h"
#include "codec/json_emit.h"
#include "codec/url.h"

/* A control character stands in JSON as an escape only. */
static bool has_control(struct str value)
{
	size_t i;

	for (i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < 0x20)
			return true;
	return false;
}

bool filter_possible(struct str value, bool is_sentry)
{
	if (str_trim_space(value).n == 0)
		return false;
	return !is_sentry ||
		!(has_control(value) || str_contains(value, ",") || str_contains(value, "\"") ||
			str_contains(value, "\\") || str_contains(value, " eq "));
}

bool filter_add(const char *attribute, struct str value, struct buf *out)
{
	const size_t before = out->len;
	struct buf filter;
	bool ok;

	buf_init(&filter, LIMIT_REQUEST_BODY);
	buf_addf(&filter, "%s eq ", attribute);
	ok = json_quote(value, &filter) && !filter.failed;
	if (ok) {
		buf_add_text(out, "filter=");
		url_encode(buf_str(&filter), out);
		ok = !out->failed;
	}
	if (!ok)
		buf_truncate(out, before);
	buf_wipe(&filter);
	return ok;
}
