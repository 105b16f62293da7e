#include "transport.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

#include "die.h"

#define TICKET_SECONDS 3600

struct tls_setup {
	mbedtls_ssl_config config;
	mbedtls_x509_crt chain, clients;
	mbedtls_pk_context key;
#if defined(MBEDTLS_SSL_TICKET_C)
	mbedtls_ssl_ticket_context tickets;
#endif
};

struct transport {
	int fd;
	bool tls;
	bool plain_by_mistake;
	bool checked; /* the first byte was looked at */
	mbedtls_ssl_context ssl;
	size_t under_way; /* bytes of a record that the socket has not taken yet */
};

static const char *const protocols[] = {"http/1.1", NULL};

static void check(int code, const char *what)
{
	if (code != 0)
		die("%s: mbedTLS -0x%04x", what, (unsigned)-code);
}

/* PEM parsers want the NUL counted. */
static void load_certificates(mbedtls_x509_crt *chain, const char *file)
{
	struct buf text;

	server_buf(&text);
	must_read(file, &text);
	check(mbedtls_x509_crt_parse(chain, (const unsigned char *)buf_text(&text), text.len + 1),
		file);
	buf_wipe(&text);
}

static void load_key(mbedtls_pk_context *key, const char *file)
{
	struct buf text;

	server_buf(&text);
	must_read(file, &text);
	check(mbedtls_pk_parse_key(key, (const unsigned char *)buf_text(&text), text.len + 1, NULL,
		      0, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE),
		file);
	buf_wipe(&text);
}

/* As in production: a client of TLS 1.3 must cope with tickets that come between its answers. */
static void offer_tickets(struct tls_setup *s)
{
#if defined(MBEDTLS_SSL_TICKET_C)
	mbedtls_ssl_ticket_init(&s->tickets);
	check(mbedtls_ssl_ticket_setup(&s->tickets, mbedtls_psa_get_random,
		      MBEDTLS_PSA_RANDOM_STATE, MBEDTLS_CIPHER_AES_256_GCM, TICKET_SECONDS),
		"tickets");
	mbedtls_ssl_conf_session_tickets_cb(
		&s->config, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &s->tickets);
#else
	(void)s;
#endif
}

struct tls_setup *tls_setup_new(
	const char *chain, const char *key, const char *client_ca, bool only_1_2)
{
	struct tls_setup *s = must_alloc(1, sizeof(*s));

	if (psa_crypto_init() != PSA_SUCCESS)
		die("the cryptography cannot be set up");
	mbedtls_ssl_config_init(&s->config);
	mbedtls_x509_crt_init(&s->chain);
	mbedtls_x509_crt_init(&s->clients);
	mbedtls_pk_init(&s->key);
	load_certificates(&s->chain, chain);
	load_key(&s->key, key);
	check(mbedtls_ssl_config_defaults(&s->config, MBEDTLS_SSL_IS_SERVER,
		      MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
		"TLS");
	mbedtls_ssl_conf_rng(&s->config, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
	check(mbedtls_ssl_conf_own_cert(&s->config, &s->chain, &s->key), chain);
	mbedtls_ssl_conf_min_tls_version(&s->config, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_max_tls_version(
		&s->config, only_1_2 ? MBEDTLS_SSL_VERSION_TLS1_2 : MBEDTLS_SSL_VERSION_TLS1_3);
	check(mbedtls_ssl_conf_alpn_protocols(&s->config, (const char **)(uintptr_t)protocols),
		"ALPN");
	offer_tickets(s);
	mbedtls_ssl_conf_authmode(&s->config, MBEDTLS_SSL_VERIFY_NONE);
	if (client_ca != NULL) {
		load_certificates(&s->clients, client_ca);
		mbedtls_ssl_conf_ca_chain(&s->config, &s->clients, NULL);
		mbedtls_ssl_conf_authmode(&s->config, MBEDTLS_SSL_VERIFY_REQUIRED);
	}
	return s;
}

void tls_setup_free(struct tls_setup *s)
{
	if (s == NULL)
		return;
#if defined(MBEDTLS_SSL_TICKET_C)
	mbedtls_ssl_ticket_free(&s->tickets);
#endif
	mbedtls_ssl_config_free(&s->config);
	mbedtls_x509_crt_free(&s->chain);
	mbedtls_x509_crt_free(&s->clients);
	mbedtls_pk_free(&s->key);
	free(s);
	mbedtls_psa_crypto_free();
}

static int send_below(void *context, const unsigned char *data, size_t len)
{
	struct transport *t = context;
	ssize_t n = send(t->fd, data, len, MSG_NOSIGNAL);

	if (n >= 0)
		return (int)n;
	if (errno == EAGAIN || errno == EINTR)
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int receive_below(void *context, unsigned char *data, size_t len)
{
	struct transport *t = context;
	ssize_t n = recv(t->fd, data, len, 0);

	if (n >= 0)
		return (int)n;
	if (errno == EAGAIN || errno == EINTR)
		return MBEDTLS_ERR_SSL_WANT_READ;
	return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

struct transport *transport_new(int fd, struct tls_setup *setup)
{
	struct transport *t = must_alloc(1, sizeof(*t));

	t->fd = fd;
	t->tls = setup != NULL;
	if (t->tls) {
		mbedtls_ssl_init(&t->ssl);
		check(mbedtls_ssl_setup(&t->ssl, &setup->config), "a connection");
		mbedtls_ssl_set_bio(&t->ssl, t, send_below, receive_below, NULL);
	}
	return t;
}

void transport_free(struct transport *t)
{
	if (t->tls)
		mbedtls_ssl_free(&t->ssl);
	free(t);
}

static enum flow flow_of(int code)
{
	switch (code) {
	case 0: return FLOW_OK;
	case MBEDTLS_ERR_SSL_WANT_READ: return FLOW_READ;
	case MBEDTLS_ERR_SSL_WANT_WRITE: return FLOW_WRITE;
	case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY: return FLOW_END;
	default: return FLOW_FAIL;
	}
}

/* A handshake begins with 22 (RFC 8446 5.1), a request with a letter. */
static bool begins_with_letter(int fd, enum flow *flow)
{
	char first;
	ssize_t n = recv(fd, &first, 1, MSG_PEEK);

	*flow = FLOW_OK;
	if (n < 0)
		*flow = errno == EAGAIN || errno == EINTR ? FLOW_READ : FLOW_FAIL;
	else if (n == 0)
		*flow = FLOW_FAIL;
	return n == 1 && first >= 'A' && first <= 'Z';
}

enum flow transport_handshake(struct transport *t)
{
	enum flow flow;

	if (!t->tls)
		return FLOW_OK;
	if (!t->checked) {
		t->plain_by_mistake = begins_with_letter(t->fd, &flow);
		if (flow != FLOW_OK)
			return flow;
		t->checked = true;
	}
	if (t->plain_by_mistake) {
		mbedtls_ssl_free(&t->ssl);
		t->tls = false;
		return FLOW_OK;
	}
	return flow_of(mbedtls_ssl_handshake(&t->ssl));
}

bool transport_is_plain_by_mistake(const struct transport *t)
{
	return t->plain_by_mistake;
}

static enum flow read_plain(int fd, char *data, size_t len, size_t *got)
{
	ssize_t n = recv(fd, data, len, 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? FLOW_READ : FLOW_FAIL;
	*got = (size_t)n;
	return n > 0 ? FLOW_OK : FLOW_END;
}

enum flow transport_read(struct transport *t, char *data, size_t len, size_t *got)
{
	int n;

	*got = 0;
	if (!t->tls)
		return read_plain(t->fd, data, len, got);
	n = mbedtls_ssl_read(&t->ssl, (unsigned char *)data, len);
	if (n == 0)
		return FLOW_END; /* a FIN without close_notify */
	if (n < 0)
		return flow_of(n);
	*got = (size_t)n;
	return FLOW_OK;
}

static enum flow write_plain(int fd, const char *data, size_t len, size_t *put)
{
	ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? FLOW_WRITE : FLOW_FAIL;
	*put = (size_t)n;
	return FLOW_OK;
}

enum flow transport_write(struct transport *t, const char *data, size_t len, size_t *put)
{
	int n;

	*put = 0;
	if (!t->tls)
		return write_plain(t->fd, data, len, put);
	/* A record that is under way is flushed, whatever length is named: it must be its own. */
	if (t->under_way > 0)
		len = t->under_way;
	n = mbedtls_ssl_write(&t->ssl, (const unsigned char *)data, len);
	if (n > 0) {
		t->under_way = 0;
		*put = (size_t)n;
		return FLOW_OK;
	}
	if (n == MBEDTLS_ERR_SSL_WANT_READ || n == MBEDTLS_ERR_SSL_WANT_WRITE)
		t->under_way = len;
	return flow_of(n);
}

void transport_close_notify(struct transport *t)
{
	if (t->tls)
		mbedtls_ssl_close_notify(&t->ssl);
}
