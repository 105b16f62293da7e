#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "codec/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static bool lies_in(struct str part, struct str whole)
{
	return part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* What is encoded comes back; what was encoded already can be decoded or has a stray '%'. */
static void round_trip(struct str s)
{
	struct buf encoded, decoded;

	buf_init(&encoded, 3 * s.n);
	buf_init(&decoded, s.n);
	url_encode(s, &encoded);
	must(!encoded.failed && url_decode(buf_str(&encoded), &decoded));
	must(str_equal(buf_str(&decoded), s));
	buf_clear(&decoded);
	must(url_decode(s, &decoded) || str_contains(s, "%"));
	must(!decoded.failed);
	buf_wipe(&encoded);
	buf_wipe(&decoded);
}

static void check_host(struct str host, enum url_host_kind expected)
{
	enum url_host_kind kind;
	uint8_t address[16];

	must(url_host_kind(host, &kind) && kind == expected);
	must((url_host_address(host, kind, address) == 0) == (kind == URL_HOST_NAME));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_from((const char *)data, size);
	const char *fault = NULL;
	struct url u;

	if (url_parse(text, &u, &fault)) {
		must(fault == NULL && u.host.n > 0);
		must(lies_in(u.scheme, text) && lies_in(u.userinfo, text) && lies_in(u.host, text));
		must(lies_in(u.path, text) && lies_in(u.query, text));
		must(u.path.n == 0 || u.path.p[0] == '/');
		check_host(u.host, u.host_kind);
	} else {
		must(fault != NULL);
	}
	round_trip(text);
	return 0;
}
