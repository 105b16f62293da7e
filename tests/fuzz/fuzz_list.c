/*
 * List answers. Every resource is a slice of the answer and a JSON object of its own, the walk
 * ends, and two resources have one identity only if their ids are the same text.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "codec/json_scan.h"
#include "scim/list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Pairs grow with the square of this. */
#define COMPARED 64

static void require(bool ok)
{
	if (!ok)
		abort();
}

static bool inside(struct str part, struct str whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

/* False when there is no id, or an empty one. */
static bool read_id(struct str resource, struct buf *out)
{
	struct json_value id;

	buf_init(out, LIMIT_HTTP_BODY);
	if (!json_member(resource, "id", &id) || id.type != JSON_STRING || id.raw.n == 0)
		return false;
	json_unescape(id.raw, out);
	return true;
}

static void compare(struct str one, struct str two)
{
	struct buf a, b;
	const bool has_a = read_id(one, &a), has_b = read_id(two, &b);
	const uint64_t x = list_identity(one), y = list_identity(two);

	require((x != 0) == has_a && (y != 0) == has_b);
	if (has_a && has_b)
		require((x == y) == str_equal(buf_str(&a), buf_str(&b)));
	buf_wipe(&a);
	buf_wipe(&b);
}

static void walk(struct str body, const struct list_page *page)
{
	struct str seen[COMPARED], resource;
	size_t at = 0, before = 0, count = 0, i, j;

	while (list_next(page, &at, &resource)) {
		require(at > before && at <= page->resources.n);
		require(inside(resource, page->resources) && inside(resource, body));
		require(resource.n >= 2 && resource.p[0] == '{' && json_valid(resource, NULL));
		before = at;
		if (count < COMPARED)
			seen[count++] = resource;
	}
	require(!list_next(page, &at, &resource));
	for (i = 0; i < count; i++)
		for (j = i; j < count; j++)
			compare(seen[i], seen[j]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str body = str_from((const char *)data, size);
	struct list_page page;

	/* a resource by itself, valid or not */
	compare(body, body);
	if (!list_read(body, &page))
		return 0;
	require(json_valid(body, NULL));
	require(page.has_total || page.total == 0);
	walk(body, &page);
	return 0;
}
