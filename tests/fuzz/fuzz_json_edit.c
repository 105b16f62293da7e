/*
 * The JSON editor. The input is a path, a line end, and an object. An edit that succeeds must give
 * a valid object in which the member can be found again, and a second edit must put nothing new in.
 */
#include <stdlib.h>

#include "codec/json_edit.h"
#include "codec/json_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* An object that is nested to the limit already may come out one level too deep to be read. */
static bool is_shallow(struct str object, struct str path)
{
	struct json_scan s;
	enum json_token t;
	unsigned deepest = 0;

	json_scan_init(&s, object);
	do {
		t = json_scan_next(&s);
		if (s.depth > deepest)
			deepest = s.depth;
	} while (t != JSON_END && t != JSON_BAD);
	return deepest + path.n < LIMIT_JSON_DEPTH;
}

static void edit(struct str object, struct str path, enum json_edit_where where)
{
	struct err e = {0};
	struct buf once, twice;

	buf_init(&once, 1u << 24);
	buf_init(&twice, 1u << 24);
	if (json_edit_set(object, path, str_of("\"x\""), where, &once, &e)) {
		require(json_valid_object(buf_str(&once), NULL));
		require(json_edit_set(buf_str(&once), path, str_of("\"x\""), where, &twice, &e));
		require(str_equal(buf_str(&once), buf_str(&twice)));
	} else {
		require(e.kind == ERR_INPUT && once.len == 0);
	}
	buf_wipe(&twice);
	buf_wipe(&once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str path, object;

	str_cut(str_from((const char *)data, size), '\n', &path, &object);
	if (!json_valid_object(object, NULL) || !is_shallow(object, path))
		return 0;
	edit(object, path, JSON_EDIT_LAST);
	edit(object, path, JSON_EDIT_FIRST);
	return 0;
}
