#include "codec/hex.h"

void hex_write(const uint8_t *bytes, size_t len, struct buf *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		buf_add_char(out, digits[bytes[i] >> 4]);
		buf_add_char(out, digits[bytes[i] & 15]);
	}
}

bool hex_read(struct str hex, uint8_t *out, size_t len)
{
	uint64_t byte;
	size_t i;

	if (hex.n != 2 * len)
		return false;
	for (i = 0; i < len; i++) {
		if (!str_hex_to_u64(str_from(hex.p + 2 * i, 2), 255, &byte))
			return false;
		out[i] = (uint8_t)byte;
	}
	return true;
}
