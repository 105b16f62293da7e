/*
 * Bytes as hexadecimal digits (RFC 4648 8), written small and read in either case.
 */
#ifndef SENTRY_SCIM_CODEC_HEX_H
#define SENTRY_SCIM_CODEC_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

void hex_write(const uint8_t *bytes, size_t len, struct buf *out);
/* False unless HEX is just 2 * LEN digits; OUT may have been written to then. */
bool hex_read(struct str hex, uint8_t *out, size_t len);

#endif
