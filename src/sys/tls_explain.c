#include <mbedtls/ssl.h>
#include <string.h>

#include "sys/tls_private.h"

#define OLD_SERVER                                                                                 \
	"this program speaks TLS 1.2 and 1.3 with ECDHE and AES-GCM or ChaCha20-Poly1305; the "    \
	"server may know only older ones"
#define CLIENT_CERTIFICATE                                                                         \
	"the server wants a client certificate that it knows: see --cert and --key"

/* Alerts (RFC 8446 6.2) in words. */
struct alert {
	unsigned char number;
	const char *name, *text, *hint; /* HINT may be NULL */
};
static const struct alert alerts[] = {
	{10, "unexpected_message", "the server did not expect what it got", NULL},
	{20, "bad_record_mac", "the server could not decrypt what it got", NULL},
	{40, "handshake_failure", "the server found nothing in common with what was offered",
		OLD_SERVER "; or it wants a client certificate (--cert)"},
	{41, "no_certificate", "the server requires a client certificate", CLIENT_CERTIFICATE},
	{42, "bad_certificate", "the server refuses the client certificate", CLIENT_CERTIFICATE},
	{43, "unsupported_certificate", "the server cannot use the client certificate",
		CLIENT_CERTIFICATE},
	{44, "certificate_revoked", "the server says that the client certificate was revoked",
		CLIENT_CERTIFICATE},
	{45, "certificate_expired", "the server says that the client certificate has expired",
		CLIENT_CERTIFICATE},
	{46, "certificate_unknown", "the server refuses the client certificate",
		CLIENT_CERTIFICATE},
	{47, "illegal_parameter", "the server takes the handshake for malformed", NULL},
	{48, "unknown_ca", "the server does not know who issued the client certificate",
		CLIENT_CERTIFICATE},
	{49, "access_denied", "the server denies access", CLIENT_CERTIFICATE},
	{50, "decode_error", "the server could not read the handshake", NULL},
	{51, "decrypt_error", "the server could not verify the handshake", NULL},
	{70, "protocol_version", "the server speaks neither TLS 1.2 nor TLS 1.3",
		"TLS 1.0 and 1.1 are not safe and not supported (RFC 8996)"},
	{71, "insufficient_security", "the server wants stronger ciphers than were offered", NULL},
	{80, "internal_error", "the server has an internal error", "try again later"},
	{109, "missing_extension", "the server misses something in the handshake", NULL},
	{110, "unsupported_extension", "the server takes the handshake for malformed", NULL},
	{112, "unrecognized_name", "the server knows no host of this name",
		"check the host name in the URL; behind a proxy or load balancer it must be the "
		"name that is configured there"},
	{116, "certificate_required", "the server requires a client certificate",
		CLIENT_CERTIFICATE},
	{120, "no_application_protocol", "the server does not speak HTTP/1.1 on this port", NULL},
};

/* What the library found wrong by itself. */
struct failure {
	int code;
	const char *text, *hint;
};
static const struct failure failures[] = {
	{MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, "the server speaks neither TLS 1.2 nor TLS 1.3",
		"TLS 1.0 and 1.1 are not safe and not supported (RFC 8996)"},
	{MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE, "the server chose nothing that was offered",
		OLD_SERVER},
	{MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER,
		"the server chose what was not offered, or sent a value that is not allowed", NULL},
	{MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION,
		"the server answered an extension that was not offered", NULL},
	{MBEDTLS_ERR_SSL_DECODE_ERROR, "the server sent a malformed handshake message", NULL},
	{MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, "the server sent a message out of turn", NULL},
	{MBEDTLS_ERR_SSL_INVALID_MAC,
		"data from the server did not decrypt: it was damaged or tampered with", NULL},
	{MBEDTLS_ERR_SSL_INVALID_RECORD, "the server sent a malformed or oversized TLS record",
		NULL},
	{MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL, "the server sent a handshake message above 16 KiB",
		"its certificate chain is too long"},
	/* What 3.6 says in TLS 1.3 to the same. */
	{MBEDTLS_ERR_SSL_BAD_INPUT_DATA, "the server sent a handshake message above 16 KiB",
		"its certificate chain is too long"},
	{MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE, "the server wants what this program cannot do", NULL},
	{MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL, "the server chose a protocol other than HTTP/1.1",
		NULL},
	{MBEDTLS_ERR_SSL_NO_RNG, "the kernel gave no random bytes", NULL},
};

static enum io fail(struct err *e, enum err_kind kind, const char *text, const char *hint)
{
	err_set(e, kind, "%s", text);
	if (hint != NULL)
		err_hint(e, "%s", hint);
	return IO_FAIL;
}

/* In TLS 1.3 these come when the handshake is over for the client, and what it sent with its last
   message has not been looked at. */
static bool refuses_client(unsigned alert)
{
	return (alert >= 41 && alert <= 46) || alert == 48 || alert == 49 || alert == 116;
}

static enum io explain_alert(struct tls *t, struct err *e)
{
	/* The library does not hand the alert out; it leaves it where it was read. */
	const unsigned char *message = t->ssl.MBEDTLS_PRIVATE(in_msg);
	unsigned number = message != NULL ? message[1] : 0;

	for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++) {
		if (alerts[i].number != number)
			continue;
		err_set(e, refuses_client(number) ? ERR_CERTIFICATE : ERR_TLS, "%s (TLS alert %s)",
			alerts[i].text, alerts[i].name);
		if (alerts[i].hint != NULL)
			err_hint(e, "%s", alerts[i].hint);
		return IO_FAIL;
	}
	err_set(e, ERR_TLS, "the server ended the connection with TLS alert %u", number);
	return IO_FAIL;
}

static enum io explain_certificate(struct tls *t, struct err *e)
{
	uint32_t flags = mbedtls_ssl_get_verify_result(&t->ssl);

	tls_judge_late(t, flags);
	if (t->verdict.objection.kind != ERR_NONE)
		return fail(e, t->verdict.objection.kind, t->verdict.objection.text,
			t->verdict.objection.hint[0] != '\0' ? t->verdict.objection.hint : NULL);
	err_set(e, ERR_CERTIFICATE, "the server's certificate was refused (0x%x)", (unsigned)flags);
	return IO_FAIL;
}

/* A record begins with its type, 20 to 24, and the version's 3. */
static bool is_tls(const struct tls *t)
{
	return t->first_len < 2 || (t->first[0] >= 20 && t->first[0] <= 24 && t->first[1] == 3);
}

static enum io explain_other_protocol(struct tls *t, struct err *e)
{
	struct str first = str_from((const char *)t->first, t->first_len);
	const char *what = "it answered with something else";

	if (str_starts(first, "HTTP/"))
		what = "it answered in plain HTTP";
	else if (str_starts(first, "SSH-"))
		what = "it is an SSH server";
	err_set(e, ERR_TLS, "the server does not speak TLS on this port (%s)", what);
	err_hint(e,
		"check the port in the URL; if the server has no TLS at all, its URL begins "
		"with http://");
	return IO_FAIL;
}

static enum io explain_end(struct tls *t, struct err *e)
{
	if (t->done)
		return fail(e, ERR_CLOSED,
			"the connection was cut: it ended without the close_notify of TLS", NULL);
	if (t->first_len == 0)
		return fail(e, ERR_CLOSED,
			"the server closed the connection at the beginning of the TLS handshake",
			"it may not speak TLS on this port, or a firewall may object to the host");
	return fail(e, ERR_CLOSED, "the server closed the connection during the TLS handshake",
		"it gave no reason; it may want a client certificate (--cert) or another one");
}

static bool is_memory(int code)
{
	return code == MBEDTLS_ERR_SSL_ALLOC_FAILED || code == MBEDTLS_ERR_X509_ALLOC_FAILED ||
		code == MBEDTLS_ERR_MPI_ALLOC_FAILED || code == MBEDTLS_ERR_PK_ALLOC_FAILED;
}

/* A certificate that cannot be parsed: -0x2080 to -0x2980, with the cause added in the low bits. */
static enum io explain_unreadable(int code, struct err *e)
{
	int high = -(int)((unsigned)-code & 0xff80u);

	if (high == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG)
		err_set(e, ERR_CERTIFICATE,
			"a certificate of the server's chain is signed with SHA-1, or in another "
			"way that is not taken here");
	else if (high == MBEDTLS_ERR_X509_INVALID_EXTENSIONS ||
		code == MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE)
		err_set(e, ERR_CERTIFICATE,
			"a certificate of the server's chain has a malformed extension, or a "
			"critical one that is not known here");
	else
		err_set(e, ERR_CERTIFICATE,
			"a certificate of the server's chain is malformed or uses what is not "
			"known here (-0x%04x)",
			(unsigned)-code);
	return IO_FAIL;
}

static bool is_x509(int code)
{
	return -code >= 0x2080 && -code <= 0x2a00;
}

enum io tls_explain(struct tls *t, int code, struct err *e)
{
	if (t->fault.kind == ERR_CLOSED && !t->done)
		return explain_end(t, e); /* a reset says no more than an end does */
	if (t->fault.kind != ERR_NONE)
		return fail(e, t->fault.kind, t->fault.text,
			t->fault.hint[0] != '\0' ? t->fault.hint : NULL);
	if (is_memory(code)) {
		err_memory(e, "in TLS");
		return IO_FAIL;
	}
	if (!t->done && !is_tls(t))
		return explain_other_protocol(t, e);
	switch (code) {
	case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE: return explain_alert(t, e);
	case MBEDTLS_ERR_SSL_CONN_EOF:
	case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY: return explain_end(t, e);
	case MBEDTLS_ERR_X509_FATAL_ERROR:
		return fail(e, ERR_CERTIFICATE, "the server's certificate chain is too long", NULL);
	case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
	case MBEDTLS_ERR_SSL_BAD_CERTIFICATE: return explain_certificate(t, e);
	default: break;
	}
	if (is_x509(code))
		return explain_unreadable(code, e);
	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
		if (failures[i].code == code)
			return fail(e, ERR_TLS, failures[i].text, failures[i].hint);
	}
	err_set(e, ERR_TLS, "TLS failed (mbedTLS error -0x%04x)", (unsigned)-code);
	return IO_FAIL;
}
