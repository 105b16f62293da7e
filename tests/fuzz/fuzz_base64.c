/*
 * The Base64 decoder: what it gives does not depend on the pieces it was fed, and encoding that and
 * decoding it again changes nothing. Bytes taken as they are survive encoding and decoding.
 */
#include <stdlib.h>

#include "codec/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static bool decode_in_two(struct str text, size_t cut, struct buf *out)
{
	struct base64_decoder d;

	base64_decode_init(&d);
	return base64_decode_feed(&d, str_from(text.p, cut), out) &&
		base64_decode_feed(&d, str_skip(text, cut), out) &&
		base64_decode_done(&d, true, out);
}

static void round_trip(struct str bytes)
{
	struct buf text, back;

	buf_init(&text, 1u << 24);
	buf_init(&back, 1u << 24);
	base64_encode(bytes, &text);
	require(base64_decode(buf_str(&text), false, &back));
	require(str_equal(buf_str(&back), bytes));
	buf_wipe(&back);
	buf_wipe(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_from((const char *)data, size);
	struct buf whole, pieces;
	size_t cut;

	buf_init(&whole, 1u << 24);
	buf_init(&pieces, 1u << 24);
	round_trip(text);
	if (decode_in_two(text, size, &whole)) {
		round_trip(buf_str(&whole));
		for (cut = 0; cut < size && cut < 200; cut++) {
			buf_clear(&pieces);
			require(decode_in_two(text, cut, &pieces));
			require(str_equal(buf_str(&whole), buf_str(&pieces)));
		}
	} else {
		require(!decode_in_two(text, size / 2, &pieces));
	}
	buf_wipe(&pieces);
	buf_wipe(&whole);
	return 0;
}
