#include "scim/list.h"

#include "base/buf.h"
#include "base/limits.h"
#include "codec/json_scan.h"

bool list_read(struct str body, struct list_page *out)
{
	struct json_value v;

	*out = (struct list_page){.resources = str_of("[]")};
	if (!json_valid(body, NULL))
		return false;
	if (json_member(body, "totalResults", &v))
		out->has_total =
			v.type == JSON_NUMBER && str_to_u64(v.raw, UINT64_MAX, &out->total);
	if (json_member(body, "Resources", &v)) {
		out->resources = v.raw;
		return v.type == JSON_ARRAY;
	}
	/* RFC 7644 lets an empty result leave them out. */
	return out->has_total && out->total == 0;
}

bool list_next(const struct list_page *page, size_t *at, struct str *resource)
{
	struct json_value v;

	while (json_element(page->resources, at, &v)) {
		*resource = v.whole;
		if (v.type == JSON_OBJECT)
			return true;
	}
	return false;
}

/* FNV-1a: no attacker gains by a collision that hides a row of his own list. */
static uint64_t hash(struct str s)
{
	uint64_t h = 14695981039346656037u;
	size_t i;

	for (i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
	return h != 0 ? h : 1;
}

uint64_t list_text_identity(struct str raw)
{
	struct buf text;
	uint64_t h;

	if (!str_contains(raw, "\\"))
		return hash(raw);
	buf_init(&text, LIMIT_HTTP_BODY);
	json_unescape(raw, &text);
	h = text.failed ? 0 : hash(buf_str(&text));
	buf_wipe(&text);
	return h;
}

uint64_t list_identity(struct str resource)
{
	struct json_value id;

	if (!json_member(resource, "id", &id) || id.type != JSON_STRING || id.raw.n == 0)
		return 0;
	return list_text_identity(id.raw);
}
