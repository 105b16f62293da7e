#include "sys/tls.h"

#include <mbedtls/net_sockets.h>
#include <mbedtls/version.h>
#include <string.h>

#include "codec/base64.h"
#include "codec/date.h"
#include "codec/url.h"
#include "sys/heap.h"
#include "sys/tls_private.h"

/* Records without data (session tickets) that one read passes over before it returns to its caller,
   whose deadlines must be looked at whatever the peer sends. */
#define IDLE_RECORDS 8

/* The wire below, as the library wants it */

static int from_below(struct tls *t, enum io io, size_t moved)
{
	switch (io) {
	case IO_OK: return (int)moved;
	case IO_WANT_READ: t->stalled = true; return MBEDTLS_ERR_SSL_WANT_READ;
	case IO_WANT_WRITE: t->stalled = true; return MBEDTLS_ERR_SSL_WANT_WRITE;
	case IO_END: return MBEDTLS_ERR_SSL_CONN_EOF;
	case IO_FAIL: break;
	}
	return MBEDTLS_ERR_NET_CONN_RESET;
}

/*
 * A server that has refused the handshake closes, and the next write fails; but its alert is there
 * to be read, and says why. So the library does not learn that nobody listens: reading finds it
 * out, and tls_write() tells its caller.
 */
static int send_below(void *context, const unsigned char *data, size_t len)
{
	struct tls *t = context;
	struct err e = {.kind = ERR_NONE};
	size_t put = 0;
	enum io io;

	if (t->unheard.kind != ERR_NONE)
		return (int)len;
	io = t->below->write(t->below, data, len, &put, &e);
	if (io == IO_FAIL && e.kind == ERR_CLOSED) {
		t->unheard = e;
		return (int)len;
	}
	if (io == IO_FAIL)
		t->fault = e;
	return from_below(t, io, put);
}

static void keep_first(struct tls *t, const unsigned char *data, size_t len)
{
	while (len > 0 && t->first_len < sizeof t->first) {
		t->first[t->first_len++] = *data++;
		len--;
	}
}

static int receive_below(void *context, unsigned char *data, size_t len)
{
	struct tls *t = context;
	size_t got = 0;
	enum io io = t->below->read(t->below, data, len, &got, &t->fault);

	if (io == IO_OK) {
		keep_first(t, data, got);
		if (!hello_guard_feed(&t->guard, data, got)) {
			err_set(&t->fault, ERR_TLS,
				"refused a forged ServerHello (its version field is not that of "
				"TLS 1.2 or 1.3)");
			err_hint(&t->fault,
				"somebody between here and the server may be tampering "
				"with the connection");
			return MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER;
		}
	}
	return from_below(t, io, got);
}

/* One connection */

static enum io outcome(struct tls *t, int code, struct err *e)
{
	switch (code) {
	case MBEDTLS_ERR_SSL_WANT_READ: return IO_WANT_READ;
	case MBEDTLS_ERR_SSL_WANT_WRITE: return IO_WANT_WRITE;
	default: break;
	}
	t->broken = true;
	return tls_explain(t, code, e);
}

static enum io refuse_use(struct err *e)
{
	err_set(e, ERR_TLS, "the TLS connection cannot be used any more");
	return IO_FAIL;
}

static enum io tls_read(struct wire *w, void *data, size_t len, size_t *got, struct err *e)
{
	struct tls *t = (struct tls *)w;
	int code = MBEDTLS_ERR_SSL_WANT_READ;

	if (!t->done || t->broken)
		return refuse_use(e);
	t->stalled = false;
	for (int i = 0; i < IDLE_RECORDS && code == MBEDTLS_ERR_SSL_WANT_READ && !t->stalled; i++)
		code = mbedtls_ssl_read(&t->ssl, data, len);
	if (code > 0) {
		*got = (size_t)code;
		return IO_OK;
	}
	if (code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
		return IO_END;
	/* Zero is the library's word for a connection that ended without saying so in TLS. */
	return outcome(t, code == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : code, e);
}

static enum io tls_write(struct wire *w, const void *data, size_t len, size_t *put, struct err *e)
{
	struct tls *t = (struct tls *)w;
	int code;

	if (!t->done || t->broken)
		return refuse_use(e);
	code = mbedtls_ssl_write(&t->ssl, data, len);
	if (t->unheard.kind != ERR_NONE) {
		*e = t->unheard;
		return IO_FAIL;
	}
	if (code < 0)
		return outcome(t, code, e);
	*put = (size_t)code;
	return IO_OK;
}

/* A literal is not sent as SNI, and the library looks for no name then; tls_judge() always does. */
static bool set_host(struct tls *t, struct str host, struct err *e)
{
	enum url_host_kind kind;

	if (host.n > LIMIT_HOST || !url_host_kind(host, &kind))
		return err_set(e, ERR_CONFIG, "not a host name: %.*s", STR_ARG(host));
	memcpy(t->host, host.p, host.n);
	t->host[host.n] = '\0';
	if (mbedtls_ssl_set_hostname(&t->ssl, kind == URL_HOST_NAME ? t->host : NULL) != 0)
		return err_memory(e, "setting up TLS");
	return true;
}

struct tls *tls_new(struct tls_config *c, struct wire *below, struct str host, struct err *e)
{
	struct tls *t = heap_calloc(1, sizeof *t);

	if (t == NULL) {
		err_memory(e, "setting up TLS");
		return NULL;
	}
	t->wire = (struct wire){.read = tls_read, .write = tls_write};
	t->below = below;
	t->config = c;
	hello_guard_init(&t->guard);
	buf_init(&t->verdict.chain, TLS_SOUGHT_MAX * sizeof(struct tls_certificate));
	mbedtls_ssl_init(&t->ssl);
	if (mbedtls_ssl_setup(&t->ssl, &c->ssl) != 0) {
		err_memory(e, "setting up TLS");
		tls_free(t);
		return NULL;
	}
	if (!set_host(t, host, e)) {
		tls_free(t);
		return NULL;
	}
	mbedtls_ssl_set_bio(&t->ssl, t, send_below, receive_below, NULL);
	mbedtls_ssl_set_verify(&t->ssl, tls_judge, t);
	return t;
}

void tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	mbedtls_ssl_free(&t->ssl);
	tls_anchors_wipe(&t->anchors);
	tls_verdict_wipe(&t->verdict);
	heap_free(t);
}

struct wire *tls_wire(struct tls *t)
{
	return &t->wire;
}

/*
 * The library has said yes. It has said so wrongly before (CVE-2025-27809, CVE-2025-27810), so what
 * the answer rests on is looked at once more.
 */
static bool is_as_agreed(struct tls *t)
{
	mbedtls_ssl_protocol_version version = mbedtls_ssl_get_version_number(&t->ssl);

	return t->verdict.complete && t->verdict.flags == 0 &&
		mbedtls_ssl_get_verify_result(&t->ssl) == 0 && t->guard.state == HELLO_GUARD_DONE &&
		tls_suite_is_offered(mbedtls_ssl_get_ciphersuite_id_from_ssl(&t->ssl)) &&
		(version == MBEDTLS_SSL_VERSION_TLS1_2 || version == MBEDTLS_SSL_VERSION_TLS1_3);
}

enum io tls_handshake(struct tls *t, struct err *e)
{
	int code;

	if (t->done)
		return IO_OK;
	if (t->broken)
		return refuse_use(e);
	t->config->shaking = t;
	code = mbedtls_ssl_handshake(&t->ssl);
	t->config->shaking = NULL;
	if (code != 0)
		return outcome(t, code, e);
	if (!is_as_agreed(t)) {
		t->broken = true;
		err_set(e, ERR_TLS,
			"the TLS handshake ended without what it should have agreed on");
		return IO_FAIL;
	}
	t->done = true;
	return IO_OK;
}

void tls_close_notify(struct tls *t)
{
	/* Courtesy: whether it goes out changes nothing for us. */
	if (t->done && !t->broken)
		(void)mbedtls_ssl_close_notify(&t->ssl);
}

bool tls_pending(const struct tls *t)
{
	return t->done && mbedtls_ssl_check_pending(&t->ssl) != 0;
}

void tls_describe(const struct tls *t, struct buf *out)
{
	const char *protocol = mbedtls_ssl_get_alpn_protocol(&t->ssl);

	if (!t->done)
		return;
	buf_add_text(out, mbedtls_ssl_get_version(&t->ssl));
	buf_add_text(out, ", ");
	buf_add_text(out, mbedtls_ssl_get_ciphersuite(&t->ssl));
	if (protocol != NULL) {
		buf_add_text(out, ", ALPN ");
		buf_add_text(out, protocol);
	}
}

bool tls_certificate(const struct tls *t, unsigned index, struct tls_certificate *out)
{
	const struct buf *chain = &t->verdict.chain;
	size_t count = chain->len / sizeof *out;

	if (index >= count)
		return false;
	memcpy(out, chain->data + (count - 1 - index) * sizeof *out, sizeof *out);
	return true;
}

void tls_describe_chain(const struct tls *t, struct buf *out)
{
	struct tls_certificate c;

	for (unsigned i = 0; tls_certificate(t, i, &c); i++) {
		buf_addf(out, "%s, issued by %s, %s, valid from ", c.subject, c.issuer, c.key);
		date_add_rfc3339(c.not_before, out);
		buf_add_text(out, " to ");
		date_add_rfc3339(c.not_after, out);
		buf_add_char(out, '\n');
	}
}

const char *tls_library(void)
{
	return "mbedTLS " MBEDTLS_VERSION_STRING;
}

bool tls_parse_pin(struct str text, uint8_t pin[static TLS_PIN_BYTES])
{
	static const char prefix[] = "sha256//";
	struct buf bytes;
	bool ok;

	if (!str_starts(text, prefix))
		return false;
	buf_init(&bytes, TLS_PIN_BYTES + 1);
	ok = base64_decode(str_skip(text, sizeof prefix - 1), false, &bytes) &&
		bytes.len == TLS_PIN_BYTES;
	if (ok)
		memcpy(pin, bytes.data, TLS_PIN_BYTES);
	buf_wipe(&bytes);
	return ok;
}
