#include <mbedtls/aes.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform.h>
#include <mbedtls/platform_time.h>
#include <psa/crypto.h>
#include <string.h>

#include "codec/der.h"
#include "sys/ambient.h"
#include "sys/clock.h"
#include "sys/entropy.h"
#include "sys/heap.h"
#include "sys/tls_private.h"

/* Software AES leaks through its tables what a cache betrays, so ChaCha20 stands first where the
   processor may lack AES instructions. */
static const int suites[] = {
#if defined(__x86_64__) || defined(__aarch64__)
	MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
	MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
	MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
#else
	MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
	MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
#endif
	0,
};

static const uint16_t groups[] = {
	MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
};

static const uint16_t signatures[] = {
	MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
	MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
	MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
	MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
	MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
	MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
	MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
	MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
	MBEDTLS_TLS1_3_SIG_NONE,
};

/* The list above governs the handshake's own signatures; this one those in certificates. */
static const mbedtls_x509_crt_profile profile = {
	.allowed_mds = MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) |
		MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
	.allowed_pks = MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSA) |
		MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSASSA_PSS) |
		MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY),
	.allowed_curves = MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) |
		MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1),
	.rsa_min_bitlen = 2048,
};

/* The library keeps the pointer, and does not write. */
static const char *protocols[] = {"http/1.1", NULL};

/* What the library takes for the present. */
static mbedtls_time_t present(mbedtls_time_t *out)
{
	const struct ambient *a = ambient();
	mbedtls_time_t now = (mbedtls_time_t)(a->time_is_assumed ? a->time : clock_wall());

	if (out != NULL)
		*out = now;
	return now;
}

/* The library's own prototype; all keys of TLS 1.3 come from here. */
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
	uint8_t *output, size_t output_size, size_t *output_length)
{
	(void)context;
	if (!entropy_get(output, output_size))
		return PSA_ERROR_INSUFFICIENT_ENTROPY;
	*output_length = output_size;
	return PSA_SUCCESS;
}

static int random_bytes(void *context, unsigned char *bytes, size_t len)
{
	(void)context;
	return entropy_get(bytes, len) ? 0 : MBEDTLS_ERR_SSL_NO_RNG;
}

static bool library_start(struct err *e)
{
	/* Whoever wants to wait for the kernel's generator has done so. */
	if (!entropy_ready(NULL, clock_now(), e))
		return false;
	if (mbedtls_platform_set_calloc_free(heap_calloc, heap_free) != 0 ||
		mbedtls_platform_set_time(present) != 0)
		return err_set(e, ERR_SYSTEM, "the TLS library takes no hooks");
	if (psa_crypto_init() != PSA_SUCCESS)
		return err_memory(e, "starting the TLS library");
	return true;
}

/* Trust */

struct first_usable {
	bool found;
	unsigned unusable;
	bool starved;
};

static bool look_for_usable(void *context, const struct trust_source *source, struct str der)
{
	struct first_usable *search = context;
	mbedtls_x509_crt crt;
	int code;

	(void)source;
	/* One is enough; those behind it are only looked at for being spoilt. */
	if (search->found)
		return true;
	mbedtls_x509_crt_init(&crt);
	code = tls_parse_anchor(&crt, der);
	mbedtls_x509_crt_free(&crt);
	search->starved = code == MBEDTLS_ERR_X509_ALLOC_FAILED;
	search->found = code == 0;
	if (code != 0)
		search->unusable++;
	return !search->starved;
}

/* Reads SOURCE, which must hold a usable certificate, and counts those that are not. */
static bool check_source(const struct trust_source *source, unsigned *skipped, struct err *e)
{
	struct trust one = {.count = 1, .sources = {*source}};
	struct first_usable search = {.found = false};
	struct trust_tally tally;

	if (!trust_visit(&one, NULL, 0, look_for_usable, &search, &tally, e))
		return false;
	if (search.starved)
		return err_memory(e, "reading CA certificates");
	*skipped += tally.spoilt + search.unusable;
	if (search.found)
		return true;
	if (source->kind == TRUST_EMBEDDED) {
		err_set(e, ERR_CONFIG, "no CA certificates are compiled into this program");
		err_hint(e, "install the system's CA certificates, or name some with --ca-file");
	} else if (tally.seen + tally.spoilt == 0) {
		err_set(e, ERR_CONFIG, "%s: holds no CA certificate", source->path);
		err_hint(e,
			"expected are certificates in PEM form; for one in DER form: "
			"openssl x509 -inform DER -in FILE -out NEW.pem");
	} else {
		err_set(e, ERR_CONFIG, "%s: none of its %u certificates can be used", source->path,
			tally.seen + tally.spoilt);
	}
	return false;
}

static bool check_trust(const struct trust *trust, unsigned *skipped, struct err *e)
{
	if (trust->count == 0)
		return err_set(e, ERR_CONFIG, "no source of CA certificates");
	for (unsigned i = 0; i < trust->count; i++) {
		const struct trust_source *source = &trust->sources[i];

		if ((source->named || source->kind == TRUST_EMBEDDED) &&
			!check_source(source, skipped, e))
			return false;
	}
	return true;
}

/* Client certificate */

/* The library wants PEM with its NUL; the copy is wiped when it goes back. */
static char *with_nul(struct str text)
{
	char *copy = heap_calloc(1, text.n + 1);

	if (copy != NULL)
		memcpy(copy, text.p, text.n);
	return copy;
}

static bool load_certificate(struct tls_config *c, const struct tls_options *o, struct err *e)
{
	char *pem = with_nul(o->certificate);
	int code;

	if (pem == NULL)
		return err_memory(e, "reading the client certificate");
	code = mbedtls_x509_crt_parse(&c->own, (const unsigned char *)pem, o->certificate.n + 1);
	heap_free(pem);
	if (code == 0)
		return true;
	if (code == MBEDTLS_ERR_X509_ALLOC_FAILED)
		return err_memory(e, "reading the client certificate");
	return err_set(e, ERR_CONFIG, "%s: not a client certificate that can be used (PEM; %s)",
		o->certificate_name, code > 0 ? "a part of the chain is broken" : "unreadable");
}

static bool refuse_key(const struct tls_options *o, int code, struct err *e)
{
	if (code == MBEDTLS_ERR_PK_ALLOC_FAILED)
		return err_memory(e, "reading the client certificate's key");
	err_set(e, ERR_CONFIG, "%s: holds no private key that can be used", o->key_name);
	err_hint(e, "expected is an RSA key, or an EC key on P-256 or P-384, in PEM form");
	return false;
}

static bool refuse_encrypted(const struct tls_options *o, struct err *e)
{
	if (o->passphrase.n == 0) {
		err_set(e, ERR_CONFIG, "%s: the private key is encrypted", o->key_name);
		err_hint(e,
			"--key-passphrase-file FILE or SENTRY_KEY_PASSPHRASE gives its "
			"passphrase; openssl pkey -in KEY -out NEW takes it off");
	} else {
		err_set(e, ERR_CONFIG,
			"%s: the private key is encrypted in a way that is not known here",
			o->key_name);
		err_hint(e,
			"known is PKCS#8 with PBKDF2 and AES: openssl pkcs8 -topk8 -v2 "
			"aes-256-cbc -in KEY -out NEW");
	}
	return false;
}

static bool load_encrypted_key(struct tls_config *c, const struct tls_options *o, struct err *e)
{
	struct buf plain;
	struct str rest, content, key;
	uint8_t tag;
	int code = MBEDTLS_ERR_PK_PASSWORD_MISMATCH;

	buf_init(&plain, LIMIT_KEY_FILE);
	if (o->passphrase.n == 0 || !tls_key_decrypt(o->key, o->passphrase, &plain)) {
		buf_wipe(&plain);
		return refuse_encrypted(o, e);
	}
	rest = buf_str(&plain);
	if (der_next(&rest, &tag, &content, &key))
		code = mbedtls_pk_parse_key(
			&c->key, (const unsigned char *)key.p, key.n, NULL, 0, random_bytes, NULL);
	buf_wipe(&plain);
	if (code == MBEDTLS_ERR_PK_ALLOC_FAILED)
		return refuse_key(o, code, e);
	return code == 0 ||
		err_set(e, ERR_CONFIG, "%s: the passphrase does not open the private key",
			o->key_name);
}

static bool load_plain_key(struct tls_config *c, const struct tls_options *o, struct err *e)
{
	char *pem = with_nul(o->key);
	int code;

	if (pem == NULL)
		return err_memory(e, "reading the client certificate's key");
	code = mbedtls_pk_parse_key(
		&c->key, (const unsigned char *)pem, o->key.n + 1, NULL, 0, random_bytes, NULL);
	heap_free(pem);
	return code == 0 || refuse_key(o, code, e);
}

static bool load_key(struct tls_config *c, const struct tls_options *o, struct err *e)
{
	/* Of PKCS#8, or as OpenSSL marked it in the head of older forms. */
	const bool encrypted = str_contains(o->key, "ENCRYPTED");

	if (!(encrypted ? load_encrypted_key(c, o, e) : load_plain_key(c, o, e)))
		return false;
	if (mbedtls_pk_check_pair(&c->own.pk, &c->key, random_bytes, NULL) != 0)
		return err_set(e, ERR_CONFIG, "%s: the key does not belong to the certificate",
			o->key_name);
	return true;
}

static bool load_own(struct tls_config *c, const struct tls_options *o, struct err *e)
{
	if (o->certificate.n == 0)
		return true;
	if (!load_certificate(c, o, e) || !load_key(c, o, e))
		return false;
	if (mbedtls_ssl_conf_own_cert(&c->ssl, &c->own, &c->key) != 0)
		return err_memory(e, "reading the client certificate");
	return true;
}

/* Configuration */

static bool configure(struct tls_config *c, struct err *e)
{
	mbedtls_ssl_config *ssl = &c->ssl;

	if (mbedtls_ssl_config_defaults(ssl, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
		    MBEDTLS_SSL_PRESET_DEFAULT) != 0)
		return err_memory(e, "setting up TLS");
	mbedtls_ssl_conf_authmode(ssl, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ca_cb(ssl, tls_find_issuer, c);
	mbedtls_ssl_conf_cert_profile(ssl, &profile);
	mbedtls_ssl_conf_ciphersuites(ssl, suites);
	mbedtls_ssl_conf_groups(ssl, groups);
	mbedtls_ssl_conf_sig_algs(ssl, signatures);
	mbedtls_ssl_conf_min_tls_version(ssl, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_max_tls_version(ssl, MBEDTLS_SSL_VERSION_TLS1_3);
	mbedtls_ssl_conf_rng(ssl, random_bytes, NULL);
	if (mbedtls_ssl_conf_alpn_protocols(ssl, protocols) != 0)
		return err_memory(e, "setting up TLS");
	return true;
}

struct tls_config *tls_config_new(
	const struct tls_options *options, unsigned *skipped, struct err *e)
{
	struct tls_config *c;
	unsigned unusable = 0;

	if (!ambient_start(library_start, e))
		return NULL;
	c = heap_calloc(1, sizeof *c);
	if (c == NULL) {
		err_memory(e, "setting up TLS");
		return NULL;
	}
	mbedtls_ssl_config_init(&c->ssl);
	mbedtls_x509_crt_init(&c->own);
	mbedtls_pk_init(&c->key);
	c->trust = options->trust;
	c->pin_count = options->pin_count;
	memcpy(c->pins, options->pins, sizeof c->pins);
	c->assume_time = ambient()->time_is_assumed = options->assume_time;
	ambient()->time = options->assumed;
	if (!configure(c, e) || !check_trust(c->trust, &unusable, e) || !load_own(c, options, e)) {
		tls_config_free(c);
		return NULL;
	}
	if (skipped != NULL)
		*skipped = unusable;
	return c;
}

void tls_config_free(struct tls_config *c)
{
	if (c == NULL)
		return;
	mbedtls_ssl_config_free(&c->ssl);
	mbedtls_x509_crt_free(&c->own);
	mbedtls_pk_free(&c->key);
	heap_free(c);
}

bool tls_suite_is_offered(int id)
{
	for (size_t i = 0; suites[i] != 0; i++) {
		if (suites[i] == id)
			return true;
	}
	return false;
}

void tls_settle(void)
{
	static const unsigned char key[16];
	mbedtls_aes_context aes;

	/* Which suites there are; whether the processor has instructions for AES. */
	(void)mbedtls_ssl_list_ciphersuites();
	mbedtls_aes_init(&aes);
	(void)!mbedtls_aes_setkey_enc(&aes, key, 8 * sizeof key);
	mbedtls_aes_free(&aes);
}
