/*
 * Asking a proxy for a connection to the origin, as bytes in and bytes out: HTTP CONNECT
 * (RFC 9110 9.3.6, Basic credentials of RFC 7617) and SOCKS5 (RFC 1928, user name and password of
 * RFC 1929). The origin's token never enters here, and the proxy's password leaves only towards
 * the proxy.
 */
#ifndef SENTRY_SCIM_CODEC_TUNNEL_H
#define SENTRY_SCIM_CODEC_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "codec/http_response.h"
#include "codec/url.h"

enum tunnel_kind {
	TUNNEL_CONNECT, /* HTTP CONNECT */
	TUNNEL_SOCKS5   /* SOCKS5; an address or a name is passed on as HOST's kind says */
};

enum tunnel_step {
	TUNNEL_SEND, /* send what `out` holds, then call tunnel_sent() */
	TUNNEL_READ, /* needs bytes from the proxy */
	TUNNEL_OPEN, /* the connection to the origin stands */
	TUNNEL_FAIL  /* the error has been set; final */
};

enum tunnel_state {
	TUNNEL_HTTP_ASK,       /* the CONNECT request waits to be sent */
	TUNNEL_HTTP_ANSWER,    /* waits for the response */
	TUNNEL_SOCKS_GREET,    /* the method offer waits to be sent */
	TUNNEL_SOCKS_METHOD,   /* waits for the method chosen */
	TUNNEL_SOCKS_LOGIN,    /* user name and password wait to be sent */
	TUNNEL_SOCKS_LOGIN_OK, /* waits for the verdict on them */
	TUNNEL_SOCKS_ASK,      /* the connect request waits to be sent */
	TUNNEL_SOCKS_ANSWER,   /* waits for the reply, whose length its address decides */
	TUNNEL_STANDS,
	TUNNEL_FAILED
};

struct tunnel {
	enum tunnel_kind kind;
	enum tunnel_state state;
	struct str host; /* of the origin, without brackets; must outlive the tunnel */
	enum url_host_kind host_kind;
	uint16_t port;
	struct str user, password; /* decoded; must outlive the tunnel */
	bool has_credentials;
	struct buf out; /* owned: bytes to send */
	struct buf in;  /* owned: SOCKS reply under way; body of a refusal */
	struct http_response response;
};

/* Why a tunnel of KIND cannot send these credentials, for a message; NULL if it can. */
const char *tunnel_credentials_fault(enum tunnel_kind kind, struct str user, struct str password);
/* A tunnel to HOST:PORT. CREDENTIALS may be absent (has_credentials false). USER_AGENT goes into
   CONNECT. Fails with ERR_CONFIG when a name or password cannot be sent (255 bytes in SOCKS5, a
   colon in a Basic user name, control characters). T points into itself: it must not be moved, and
   is to be wiped even after a failure. */
MUST_USE bool tunnel_init(struct tunnel *t, enum tunnel_kind kind, struct str host,
	enum url_host_kind host_kind, uint16_t port, bool has_credentials, struct str user,
	struct str password, struct str user_agent, struct err *e);
void tunnel_wipe(struct tunnel *t);
/* What is to be done now. */
enum tunnel_step tunnel_next(const struct tunnel *t);
/* All of `out` is on its way. */
void tunnel_sent(struct tunnel *t);
/*
 * Bytes from the proxy. Bytes behind a 200 or a SOCKS reply are refused (ERR_PROXY): before the TLS
 * handshake nobody but the proxy can have sent them. Errors name status or reply code and what it
 * means: 407 and SOCKS login failures speak of credentials, other refusals quote the first line.
 */
enum tunnel_step tunnel_feed(struct tunnel *t, const char *data, size_t len, struct err *e);
/* The proxy closed the connection. */
enum tunnel_step tunnel_end(struct tunnel *t, struct err *e);

#endif
