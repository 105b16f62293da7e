#include "codec/pbes2.h"

#include "base/limits.h"
#include "codec/der.h"

#define DER_INTEGER      0x02
#define DER_OCTET_STRING 0x04
#define DER_OID          0x06
#define DER_SEQUENCE     0x30

static const struct str pbes2_oid = {"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d", 9};
static const struct str pbkdf2_oid = {"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c", 9};

/* Of hmacWithSHA1, the one that counts when none is named (RFC 8018 A.2), and so on. */
static const struct str prf_oids[] = {
	[PBES2_HMAC_SHA1] = {"\x2a\x86\x48\x86\xf7\x0d\x02\x07", 8},
	[PBES2_HMAC_SHA256] = {"\x2a\x86\x48\x86\xf7\x0d\x02\x09", 8},
	[PBES2_HMAC_SHA384] = {"\x2a\x86\x48\x86\xf7\x0d\x02\x0a", 8},
	[PBES2_HMAC_SHA512] = {"\x2a\x86\x48\x86\xf7\x0d\x02\x0b", 8},
};

/* aes128-CBC-PAD, aes192-CBC-PAD, aes256-CBC-PAD */
static const struct {
	unsigned key_bytes;
	struct str oid;
} ciphers[] = {
	{16, {"\x60\x86\x48\x01\x65\x03\x04\x01\x02", 9}},
	{24, {"\x60\x86\x48\x01\x65\x03\x04\x01\x16", 9}},
	{32, {"\x60\x86\x48\x01\x65\x03\x04\x01\x2a", 9}},
};

/* The content of the next element, which must have the tag WANTED. */
static bool take(struct str *rest, uint8_t wanted, struct str *content)
{
	uint8_t tag;

	return der_next(rest, &tag, content, NULL) && tag == wanted;
}

/* An AlgorithmIdentifier: its OID, and what stands behind that. */
static bool take_algorithm(struct str *rest, struct str *oid, struct str *parameters)
{
	return take(rest, DER_SEQUENCE, parameters) && take(parameters, DER_OID, oid);
}

static bool take_number(struct str *rest, uint32_t max, uint32_t *out)
{
	struct str bytes;
	uint32_t n = 0;
	size_t i;

	if (!take(rest, DER_INTEGER, &bytes) || bytes.n == 0 || bytes.n > 4)
		return false;
	for (i = 0; i < bytes.n; i++)
		n = n << 8 | (uint8_t)bytes.p[i];
	*out = n;
	return n >= 1 && n <= max;
}

static bool parse_prf(struct str oid, struct pbes2 *out)
{
	unsigned i;

	for (i = 0; i < sizeof(prf_oids) / sizeof(prf_oids[0]); i++)
		if (str_equal(oid, prf_oids[i])) {
			out->prf = (enum pbes2_prf)i;
			return true;
		}
	return false;
}

static bool parse_kdf(struct str kdf, struct pbes2 *out)
{
	struct str oid, inside, parameters;
	uint32_t key_bytes;

	if (!take_algorithm(&kdf, &oid, &inside) || !str_equal(oid, pbkdf2_oid) ||
		!take(&inside, DER_SEQUENCE, &parameters) ||
		!take(&parameters, DER_OCTET_STRING, &out->salt) ||
		!take_number(&parameters, LIMIT_KEY_ITERATIONS, &out->iterations))
		return false;
	out->prf = PBES2_HMAC_SHA1;
	if (parameters.n > 0 && parameters.p[0] == DER_INTEGER &&
		(!take_number(&parameters, 32, &key_bytes) || key_bytes != out->key_bytes))
		return false;
	return parameters.n == 0 ||
		(take_algorithm(&parameters, &oid, &inside) && parse_prf(oid, out));
}

static bool parse_cipher(struct str cipher, struct pbes2 *out)
{
	struct str oid, parameters;
	unsigned i;

	if (!take_algorithm(&cipher, &oid, &parameters) ||
		!take(&parameters, DER_OCTET_STRING, &out->iv) || out->iv.n != PBES2_BLOCK)
		return false;
	for (i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++)
		if (str_equal(oid, ciphers[i].oid)) {
			out->key_bytes = ciphers[i].key_bytes;
			return true;
		}
	return false;
}

bool pbes2_parse(struct str der, struct pbes2 *out)
{
	struct str whole, algorithm, oid, parameters, kdf;
	uint8_t tag;

	return take(&der, DER_SEQUENCE, &whole) && take_algorithm(&whole, &oid, &algorithm) &&
		str_equal(oid, pbes2_oid) && take(&algorithm, DER_SEQUENCE, &parameters) &&
		der_next(&parameters, &tag, &oid, &kdf) && parse_cipher(parameters, out) &&
		parse_kdf(kdf, out) && take(&whole, DER_OCTET_STRING, &out->data) &&
		out->data.n > 0 && out->data.n % PBES2_BLOCK == 0;
}
