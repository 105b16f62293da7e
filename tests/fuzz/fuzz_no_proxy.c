/*
 * Input: "HOST PORT\nLIST". Whatever the list holds, nothing outside of it is read, the entry
 * reported lies inside it, and that entry alone gives the same answer.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "codec/no_proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str list, struct str host, enum url_host_kind kind, uint16_t port)
{
	struct str entry = {0}, again;
	bool covered = no_proxy_covers(list, host, kind, port, &entry);

	if (covered != no_proxy_covers(list, host, kind, port, NULL))
		abort();
	if (!covered)
		return;
	if (entry.n == 0 || entry.p < list.p || entry.p + entry.n > list.p + list.n)
		abort();
	if (!no_proxy_covers(entry, host, kind, port, &again) || !str_equal(entry, again))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_from((const char *)data, size), first, list, host, digits;
	enum url_host_kind kind;
	uint64_t port = 443;

	str_cut(text, '\n', &first, &list);
	if (str_cut(first, ' ', &host, &digits) && !str_to_u64(digits, UINT16_MAX, &port))
		return 0;
	if (url_host_kind(host, &kind))
		check(list, host, kind, (uint16_t)port);
	return 0;
}
