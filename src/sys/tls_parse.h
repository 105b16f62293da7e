/*
 * Put in front of the TLS library's two files that parse what the server sends as its certificates
 * (see the Makefile): a critical extension with name constraints, which RFC 5280 4.2.1.10 demands
 * to be critical and which the library does not know, is no reason to refuse a certificate, since
 * tls_verify.c judges it. Not for others.
 */
#ifndef SENTRY_SCIM_SYS_TLS_PARSE_H
#define SENTRY_SCIM_SYS_TLS_PARSE_H

#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>
#include <string.h>

static inline int tls_take_extension(void *context, mbedtls_x509_crt const *crt,
	mbedtls_x509_buf const *oid, int critical, const unsigned char *value,
	const unsigned char *end)
{
	(void)context;
	(void)crt;
	(void)critical;
	(void)value;
	(void)end;
	return oid->len == sizeof(MBEDTLS_OID_NAME_CONSTRAINTS) - 1 &&
			memcmp(oid->p, MBEDTLS_OID_NAME_CONSTRAINTS, oid->len) == 0
		? 0
		: MBEDTLS_ERR_X509_INVALID_EXTENSIONS;
}

/* Appends the certificate DER, which is copied, to CHAIN. */
static inline int tls_parse_certificate(
	mbedtls_x509_crt *chain, const unsigned char *der, size_t len)
{
	return mbedtls_x509_crt_parse_der_with_ext_cb(chain, der, len, 1, tls_take_extension, NULL);
}

#define mbedtls_x509_crt_parse_der tls_parse_certificate

#endif
