#include <mbedtls/aes.h>
#include <mbedtls/md.h>
#include <string.h>

#include "codec/base64.h"
#include "codec/pbes2.h"
#include "sys/tls_private.h"

#define BEGIN_LINE  "-----BEGIN ENCRYPTED PRIVATE KEY-----"
#define END_LINE    "-----END ENCRYPTED PRIVATE KEY-----"
#define AES_KEY_MAX 32u
#define HMAC_MAX    64u

/* Decodes the first encrypted key of PEM into DER; false when there is none. */
static bool decode_block(struct str pem, struct buf *der)
{
	struct base64_decoder d;
	struct str line;
	bool inside = false;

	base64_decode_init(&d);
	while (pem.n > 0) {
		str_cut(pem, '\n', &line, &pem);
		line = str_trim_space(line);
		if (inside && str_is(line, END_LINE))
			return base64_decode_done(&d, false, der) && !der->failed;
		if (inside && !base64_decode_feed(&d, line, der))
			return false;
		inside = inside || str_is(line, BEGIN_LINE);
	}
	return false;
}

/* One block of PBKDF2 (RFC 8018 5.2), number INDEX from 1: as many bytes as the HMAC has. */
static bool derive_block(mbedtls_md_context_t *md, size_t size, const struct pbes2 *p,
	unsigned char index, unsigned char out[static HMAC_MAX])
{
	const unsigned char number[4] = {0, 0, 0, index};
	unsigned char u[HMAC_MAX];
	uint32_t round;
	bool ok = mbedtls_md_hmac_update(md, (const unsigned char *)p->salt.p, p->salt.n) == 0 &&
		mbedtls_md_hmac_update(md, number, sizeof(number)) == 0 &&
		mbedtls_md_hmac_finish(md, u) == 0;
	size_t i;

	memcpy(out, u, size);
	for (round = 1; ok && round < p->iterations; round++) {
		ok = mbedtls_md_hmac_reset(md) == 0 && mbedtls_md_hmac_update(md, u, size) == 0 &&
			mbedtls_md_hmac_finish(md, u) == 0;
		for (i = 0; i < size; i++)
			out[i] ^= u[i];
	}
	wipe(u, sizeof(u));
	return ok && mbedtls_md_hmac_reset(md) == 0;
}

static bool derive(
	const struct pbes2 *p, struct str passphrase, unsigned char key[static AES_KEY_MAX])
{
	static const mbedtls_md_type_t hashes[] = {
		[PBES2_HMAC_SHA1] = MBEDTLS_MD_SHA1,
		[PBES2_HMAC_SHA256] = MBEDTLS_MD_SHA256,
		[PBES2_HMAC_SHA384] = MBEDTLS_MD_SHA384,
		[PBES2_HMAC_SHA512] = MBEDTLS_MD_SHA512,
	};
	const mbedtls_md_info_t *info = mbedtls_md_info_from_type(hashes[p->prf]);
	size_t size = mbedtls_md_get_size(info), done = 0, n;
	unsigned char block[HMAC_MAX], index = 1;
	mbedtls_md_context_t md;
	bool ok;

	mbedtls_md_init(&md);
	ok = mbedtls_md_setup(&md, info, 1) == 0 &&
		mbedtls_md_hmac_starts(&md, (const unsigned char *)passphrase.p, passphrase.n) == 0;
	while (ok && done < p->key_bytes) {
		ok = derive_block(&md, size, p, index++, block);
		n = p->key_bytes - done < size ? p->key_bytes - done : size;
		memcpy(key + done, block, n);
		done += n;
	}
	mbedtls_md_free(&md);
	wipe(block, sizeof(block));
	return ok;
}

/* AES-CBC, block by block; the library's own mode would bring the CBC suites of TLS 1.2 along. */
static bool decrypt(const struct pbes2 *p, const unsigned char *key, unsigned char *out)
{
	const unsigned char *in = (const unsigned char *)p->data.p;
	const unsigned char *before = (const unsigned char *)p->iv.p;
	mbedtls_aes_context aes;
	size_t at, i;
	bool ok;

	mbedtls_aes_init(&aes);
	ok = mbedtls_aes_setkey_dec(&aes, key, p->key_bytes * 8) == 0;
	for (at = 0; ok && at < p->data.n; at += PBES2_BLOCK) {
		ok = mbedtls_aes_crypt_ecb(&aes, MBEDTLS_AES_DECRYPT, in + at, out + at) == 0;
		for (i = 0; i < PBES2_BLOCK; i++)
			out[at + i] ^= before[i];
		before = in + at;
	}
	mbedtls_aes_free(&aes);
	return ok;
}

bool tls_key_decrypt(struct str pem, struct str passphrase, struct buf *plain)
{
	unsigned char key[AES_KEY_MAX];
	struct pbes2 p;
	struct buf der;
	char *room;
	bool ok;

	buf_init(&der, LIMIT_KEY_FILE);
	ok = decode_block(pem, &der) && pbes2_parse(buf_str(&der), &p);
	room = ok ? buf_room(plain, p.data.n) : NULL;
	ok = room != NULL && derive(&p, passphrase, key) && decrypt(&p, key, (unsigned char *)room);
	wipe(key, sizeof(key));
	if (ok)
		buf_grew(plain, p.data.n);
	buf_wipe(&der);
	return ok;
}
