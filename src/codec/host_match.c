#include "codec/host_match.h"

#include <arpa/inet.h>
#include <string.h>

#include "codec/url.h"

bool host_match_name(struct str pattern, struct str host)
{
	enum url_host_kind kind;
	struct str label, parent, tail;

	if (!url_host_kind(host, &kind) || kind != URL_HOST_NAME)
		return false;
	if (str_equal_fold(pattern, host))
		return true;
	if (!str_starts(pattern, "*."))
		return false;
	pattern = str_skip(pattern, 2);
	/* A wildcard right below a top-level domain would cover what belongs to many owners. */
	if (!str_cut(pattern, '.', &label, &tail))
		return false;
	return str_cut(host, '.', &label, &parent) && str_equal_fold(pattern, parent);
}

bool host_match_address(struct str address, struct str host)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char bytes[16];
	enum url_host_kind kind;
	size_t size;

	if (!url_host_kind(host, &kind) || kind == URL_HOST_NAME || host.n >= sizeof(text))
		return false;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	size = kind == URL_HOST_IPV4 ? 4 : 16;
	if (inet_pton(kind == URL_HOST_IPV4 ? AF_INET : AF_INET6, text, bytes) != 1)
		return false;
	return str_equal(address, str_from((const char *)bytes, size));
}
