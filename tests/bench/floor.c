/*
 * The floor: what one create costs at least with this TLS library. A bare program that does the
 * same exchange with the same configuration and checks nothing that the library does not check: no
 * names of its own, no retries, no JSON, no settings.
 *
 *     floor PORT CA.pem TOKEN COUNT PREFIX
 *
 * sends COUNT creates over one connection to localhost:PORT and prints the last body.
 */
#define _GNU_SOURCE /* getrandom() */

#include <mbedtls/platform.h>
#include <mbedtls/platform_time.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What src/sys/tls_config.c offers, so that the messages of the handshake are as long. */
static const int suites[] = {MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
	MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, 0};
static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
	MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
	MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
static const uint16_t signatures[] = {MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
	MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384, MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
	MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384, MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
	MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
	MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512, MBEDTLS_TLS1_3_SIG_NONE};
static const char *protocols[] = {"http/1.1", NULL};

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
	uint8_t *output, size_t size, size_t *length)
{
	(void)context;
	*length = size;
	return getrandom(output, size, 0) == (ssize_t)size ? PSA_SUCCESS
							   : PSA_ERROR_INSUFFICIENT_ENTROPY;
}

static int random_bytes(void *context, unsigned char *bytes, size_t len)
{
	(void)context;
	return getrandom(bytes, len, 0) == (ssize_t)len ? 0 : -1;
}

static mbedtls_time_t present(mbedtls_time_t *out)
{
	return (mbedtls_time_t)time(out);
}

static int put(void *context, const unsigned char *bytes, size_t len)
{
	return (int)write(*(int *)context, bytes, len);
}

static int get(void *context, unsigned char *bytes, size_t len)
{
	return (int)read(*(int *)context, bytes, len);
}

static void need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "floor: %s failed\n", what);
	exit(1);
}

static int dial(const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	need(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static char *load(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *text = malloc(1 << 20);

	need(f != NULL && text != NULL, path);
	*len = fread(text, 1, (1 << 20) - 1, f);
	text[*len] = '\0';
	fclose(f);
	return text;
}

static void configure(mbedtls_ssl_config *config, mbedtls_x509_crt *ca, const char *file)
{
	size_t len;
	char *pem = load(file, &len);

	need(mbedtls_platform_set_time(present) == 0, "clock");
	need(psa_crypto_init() == PSA_SUCCESS, "psa_crypto_init");
	mbedtls_x509_crt_init(ca);
	need(mbedtls_x509_crt_parse(ca, (unsigned char *)pem, len + 1) == 0, "CA");
	free(pem);
	mbedtls_ssl_config_init(config);
	need(mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT,
		     MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) == 0,
		"configuration");
	mbedtls_ssl_conf_rng(config, random_bytes, NULL);
	mbedtls_ssl_conf_ca_chain(config, ca, NULL);
	mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ciphersuites(config, suites);
	mbedtls_ssl_conf_groups(config, groups);
	mbedtls_ssl_conf_sig_algs(config, signatures);
	need(mbedtls_ssl_conf_alpn_protocols(config, protocols) == 0, "ALPN");
}

static void send_create(mbedtls_ssl_context *ssl, const char *port, const char *token,
	const char *prefix, int number)
{
	char body[256], request[1024];
	int len, sent = 0, n;

	snprintf(body, sizeof(body),
		"{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],"
		"\"userName\":\"%s%d@example.com\"}",
		prefix, number);
	len = snprintf(request, sizeof(request),
		"POST /api/0/organizations/acme/scim/v2/Users HTTP/1.1\r\n"
		"Host: localhost:%s\r\nUser-Agent: sentry-scim/0.1.0\r\n"
		"Authorization: Bearer %s\r\nAccept: application/json\r\n"
		"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		port, token, strlen(body), body);
	while (sent < len) {
		n = mbedtls_ssl_write(ssl, (unsigned char *)request + sent, (size_t)(len - sent));
		need(n > 0, "write");
		sent += n;
	}
}

/* Reads head and body by Content-Length into TEXT; answers the body. */
static char *receive(mbedtls_ssl_context *ssl, char *text, size_t size)
{
	size_t have = 0, length = 0;
	char *body = NULL, *field;
	int n;

	while (body == NULL || (size_t)(text + have - body) < length) {
		n = mbedtls_ssl_read(ssl, (unsigned char *)text + have, size - 1 - have);
		if (n == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
			continue;
		need(n > 0, "read");
		have += (size_t)n;
		text[have] = '\0';
		if (body == NULL && (body = strstr(text, "\r\n\r\n")) != NULL) {
			field = strstr(text, "Content-Length: ");
			need(strncmp(text, "HTTP/1.1 201", 12) == 0 && field != NULL, "create");
			length = (size_t)atoi(field + 16);
			body += 4;
		}
	}
	return body;
}

int main(int argc, char *argv[])
{
	static char text[16384];
	mbedtls_ssl_config config;
	mbedtls_ssl_context ssl;
	mbedtls_x509_crt ca;
	char *body = text;
	int fd, i;

	need(argc == 6, "usage");
	configure(&config, &ca, argv[2]);
	fd = dial(argv[1]);
	mbedtls_ssl_init(&ssl);
	need(mbedtls_ssl_setup(&ssl, &config) == 0, "set-up");
	need(mbedtls_ssl_set_hostname(&ssl, "localhost") == 0, "host name");
	mbedtls_ssl_set_bio(&ssl, &fd, put, get, NULL);
	need(mbedtls_ssl_handshake(&ssl) == 0, "handshake");
	for (i = 0; i < atoi(argv[4]); i++) {
		send_create(&ssl, argv[1], argv[3], argv[5], i);
		body = receive(&ssl, text, sizeof(text));
	}
	mbedtls_ssl_close_notify(&ssl);
	puts(body);
	return 0;
}
