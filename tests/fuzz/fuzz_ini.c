/* The INI reader: its slices lie inside the text, its lines only go up, and it ends. */
#include <stdint.h>
#include <stdlib.h>

#include "codec/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static bool is_inside(struct str part, struct str text)
{
	return part.n == 0 || (part.p >= text.p && part.p + part.n <= text.p + text.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_from((const char *)data, size);
	size_t line = 0;
	enum ini_step step;
	struct ini i;

	ini_init(&i, text);
	while ((step = ini_next(&i)) != INI_END) {
		require(i.line > line && i.line <= size);
		line = i.line;
		require(is_inside(i.section, text) && is_inside(i.key, text) &&
			is_inside(i.value, text));
		if (step == INI_PAIR)
			require(i.key.n > 0 && str_equal(i.key, str_trim_space(i.key)) &&
				str_equal(i.value, str_trim_space(i.value)));
		else
			require(i.fault != NULL);
	}
	return 0;
}
