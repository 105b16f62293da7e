/* The date readers: whatever they take is a second of the years 1970 to 9999 and can be written. */
#include <stdlib.h>

#include "codec/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check(int64_t seconds)
{
	struct buf text;
	int64_t back;

	buf_init(&text, 100);
	require(seconds >= 0 && seconds <= INT64_C(253402300799));
	date_add_rfc3339(seconds, &text);
	require(date_parse_rfc3339(buf_str(&text), &back) && back == seconds);
	buf_wipe(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_from((const char *)data, size);
	int64_t seconds;

	if (date_parse_http(text, &seconds))
		check(seconds);
	if (date_parse_rfc3339(text, &seconds))
		check(seconds);
	return 0;
}
