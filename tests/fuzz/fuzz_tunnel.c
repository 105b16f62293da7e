/*
 * The first byte chooses protocol, credentials and how the rest, the proxy's words, is cut.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "codec/tunnel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void check(enum tunnel_step step, const struct tunnel *t, const struct err *e)
{
	must(step == tunnel_next(t));
	must((step == TUNNEL_FAIL) == (e->kind != ERR_NONE));
	must((step == TUNNEL_SEND) == (t->out.len > 0 && step != TUNNEL_FAIL));
}

static void talk(struct tunnel *t, const char *data, size_t len, size_t piece)
{
	enum tunnel_step step = tunnel_next(t);
	struct err e;
	size_t n;

	err_clear(&e);
	while (len > 0 && step != TUNNEL_FAIL) {
		if (step == TUNNEL_SEND)
			tunnel_sent(t);
		n = len < piece ? len : piece;
		step = tunnel_feed(t, data, n, &e);
		check(step, t, &e);
		data += n;
		len -= n;
	}
	if (step == TUNNEL_READ)
		must(tunnel_end(t, &e) == TUNNEL_FAIL && e.kind == ERR_PROXY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str host = STR("sentry.example"), user = STR("user");
	static const struct str password = STR("password"), agent = STR("agent");
	enum tunnel_kind kind;
	struct tunnel t;
	struct err e;

	if (size == 0)
		return 0;
	err_clear(&e);
	kind = data[0] & 1 ? TUNNEL_SOCKS5 : TUNNEL_CONNECT;
	must(tunnel_init(
		&t, kind, host, URL_HOST_NAME, 443, (data[0] & 2) != 0, user, password, agent, &e));
	talk(&t, (const char *)data + 1, size - 1, (size_t)(data[0] >> 2) + 1);
	tunnel_wipe(&t);
	return 0;
}
