/*
 * NO_PROXY: which hosts are reached directly. One written rule set: entries parted by commas or
 * blanks; "*" as the only entry means every host; a leading dot is ignored; "a.b" covers a.b and
 * its sub-domains, ignoring case and a final dot; "host:port" and "[v6]:port" count for that port
 * only; CIDR blocks cover literal addresses; names are not resolved.
 */
#ifndef SENTRY_SCIM_CODEC_NO_PROXY_H
#define SENTRY_SCIM_CODEC_NO_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "codec/url.h"

/* Whether LIST covers HOST (without brackets) at PORT. If so and ENTRY is not NULL, *ENTRY is the
   entry that did. An entry that is malformed covers nothing. */
bool no_proxy_covers(struct str list, struct str host, enum url_host_kind kind, uint16_t port,
	struct str *entry);

#endif
