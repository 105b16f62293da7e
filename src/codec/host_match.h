/*
 * Whether a certificate's names cover the host asked for: RFC 9525 with its rules for wildcards
 * (section 6.3) and for IP addresses. Only subjectAltName counts, never the common name.
 */
#ifndef SENTRY_SCIM_CODEC_HOST_MATCH_H
#define SENTRY_SCIM_CODEC_HOST_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/*
 * Whether the dNSName PATTERN covers HOST, a name in ASCII without a final dot (PATTERN may have
 * none either). '*' counts only as the whole left-most label, stands for exactly one label, and
 * needs two labels behind it. A HOST that is an IP address is covered by no pattern.
 */
bool host_match_name(struct str pattern, struct str host);
/* Whether the iPAddress ADDRESS (4 or 16 bytes) is HOST, an IPv4 or IPv6 literal; a zone id counts
   for nothing. */
bool host_match_address(struct str address, struct str host);

#endif
