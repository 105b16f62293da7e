/*
 * Whole and byte by byte the guard must come to the same, and a plain reading of the bytes, without
 * any state, must agree on whether the first message of the server is a forged hello.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/hello_guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* Gathers up to LEN bytes of what the handshake records hold. */
static size_t flatten(const uint8_t *data, size_t size, uint8_t *out, size_t len)
{
	size_t got = 0, payload, n;

	while (size >= 5 && got < len) {
		payload = (size_t)data[3] << 8 | data[4];
		n = size - 5 < payload ? size - 5 : payload;
		if (data[0] == 22) {
			memcpy(out + got, data + 5, n < len - got ? n : len - got);
			got += n < len - got ? n : len - got;
		}
		data += 5 + n;
		size -= 5 + n;
	}
	return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hello_guard whole, bytewise;
	uint8_t first[6];
	bool pass, pass_bytewise = true;
	size_t i;

	hello_guard_init(&whole);
	hello_guard_init(&bytewise);
	pass = hello_guard_feed(&whole, data, size);
	for (i = 0; i < size; i++)
		pass_bytewise = hello_guard_feed(&bytewise, data + i, 1) && pass_bytewise;
	must(pass == pass_bytewise && whole.state == bytewise.state);
	must(pass == (whole.state != HELLO_GUARD_REFUSED));
	if (flatten(data, size, first, sizeof(first)) == sizeof(first) && first[0] == 2 &&
		(first[4] != 3 || first[5] != 3))
		must(!pass);
	return 0;
}
