/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a 64-bit hash keyed by 16 bytes, for tables of names
 * that others chose. Whoever does not know the key cannot make two names collide.
 */
#ifndef SENTRY_SCIM_CODEC_SIPHASH_H
#define SENTRY_SCIM_CODEC_SIPHASH_H

#include <stdint.h>

#include "base/str.h"

#define SIPHASH_KEY 16

uint64_t siphash(const uint8_t key[static SIPHASH_KEY], struct str text);

#endif
