/*
 * SHA-256 (FIPS 180-4), plain and slow, for tests that compare content with a hash in a corpus: the
 * layer under test brings none, and the hash must not be one that the program uses.
 */
#ifndef SENTRY_SCIM_TESTS_SHA256_H
#define SENTRY_SCIM_TESTS_SHA256_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define SHA256_HEX 65 /* with the NUL */

static inline uint32_t sha256_rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static inline void sha256_block(uint32_t state[static 8], const uint8_t block[static 64])
{
	static const uint32_t k[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b,
		0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
		0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6,
		0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d,
		0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
		0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
		0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585,
		0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
		0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa,
		0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
	uint32_t w[64], v[8], t1, t2;
	unsigned i;

	for (i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
			(uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
			(sha256_rotate(w[i - 15], 7) ^ sha256_rotate(w[i - 15], 18) ^
				w[i - 15] >> 3) +
			(sha256_rotate(w[i - 2], 17) ^ sha256_rotate(w[i - 2], 19) ^
				w[i - 2] >> 10);
	memcpy(v, state, sizeof(v));
	for (i = 0; i < 64; i++) {
		t1 = v[7] + k[i] + w[i] + ((v[4] & v[5]) ^ (~v[4] & v[6])) +
			(sha256_rotate(v[4], 6) ^ sha256_rotate(v[4], 11) ^
				sha256_rotate(v[4], 25));
		t2 = ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])) +
			(sha256_rotate(v[0], 2) ^ sha256_rotate(v[0], 13) ^
				sha256_rotate(v[0], 22));
		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		state[i] += v[i];
}

/* The hash of S in lower-case hexadecimal. */
static inline void sha256_hex(struct str s, char hex[static SHA256_HEX])
{
	uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
		0x1f83d9ab, 0x5be0cd19};
	uint64_t bits = (uint64_t)s.n * 8;
	uint8_t last[128] = {0};
	size_t tail;
	unsigned i;

	for (; s.n >= 64; s = str_skip(s, 64))
		sha256_block(state, (const uint8_t *)s.p);
	if (s.n > 0)
		memcpy(last, s.p, s.n);
	last[s.n] = 0x80;
	tail = s.n < 56 ? 64 : 128;
	for (i = 0; i < 8; i++)
		last[tail - 1 - i] = (uint8_t)(bits >> 8 * i);
	sha256_block(state, last);
	if (tail == 128)
		sha256_block(state, last + 64);
	for (i = 0; i < 8; i++)
		snprintf(hex + 8 * i, 9, "%08x", (unsigned)state[i]);
}

#endif
