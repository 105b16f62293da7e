#include "codec/host_match.h"

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
	enum url_host_kind kind;
	uint8_t bytes[16];
	size_t n;

	if (!url_host_kind(host, &kind))
		return false;
	n = url_host_address(host, kind, bytes);
	return n > 0 && str_equal(address, str_from((const char *)bytes, n));
}
