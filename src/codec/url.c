#include "codec/url.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/limits.h"

/* Longest label of a host name (RFC 1035 2.3.4). */
#define LABEL_MAX 63
/* Longest text of an IPv6 address without a zone id, and of a zone id (an interface's name). */
#define IPV6_TEXT_MAX 45
#define ZONE_MAX      15

static bool is_unreserved(char c)
{
	return char_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* Whether S is made of unreserved characters, sub-delims, whole percent-encodings and EXTRA. */
static bool is_made_of(struct str s, const char *extra)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '%') {
			if (s.n - i < 3 || !char_is_hex(s.p[i + 1]) || !char_is_hex(s.p[i + 2]))
				return false;
			i += 2;
		} else if (!is_unreserved(s.p[i]) && !is_one_of(s.p[i], "!$&'()*+,;=") &&
			!is_one_of(s.p[i], extra)) {
			return false;
		}
	}
	return true;
}

static bool is_scheme(struct str s)
{
	size_t i;

	if (s.n == 0 || !char_is_alpha(s.p[0]))
		return false;
	for (i = 1; i < s.n; i++)
		if (!char_is_alnum(s.p[i]) && !is_one_of(s.p[i], "+-."))
			return false;
	return true;
}

static bool is_decimal_octet(struct str s)
{
	uint64_t value;

	return s.n <= 3 && (s.n == 1 || (s.n > 1 && s.p[0] != '0')) && str_to_u64(s, 255, &value);
}

static bool is_ipv4(struct str s)
{
	struct str part;
	unsigned dots = 0;

	while (str_cut(s, '.', &part, &s)) {
		if (!is_decimal_octet(part))
			return false;
		dots++;
	}
	return dots == 3 && is_decimal_octet(part);
}

static bool is_zone(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!is_unreserved(s.p[i]))
			return false;
	return s.n > 0 && s.n <= ZONE_MAX;
}

size_t url_host_address(struct str host, enum url_host_kind kind, uint8_t address[static 16])
{
	char text[IPV6_TEXT_MAX + 1];
	struct str zone;

	if (kind == URL_HOST_NAME)
		return 0;
	str_cut(host, '%', &host, &zone);
	if (host.n == 0 || host.n > IPV6_TEXT_MAX || memchr(host.p, '\0', host.n) != NULL)
		return 0;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	if (inet_pton(kind == URL_HOST_IPV4 ? AF_INET : AF_INET6, text, address) != 1)
		return 0;
	return kind == URL_HOST_IPV4 ? 4 : 16;
}

static bool is_ipv6(struct str s)
{
	uint8_t address[16];
	struct str head, zone;

	if (str_cut(s, '%', &head, &zone) && !is_zone(zone))
		return false;
	return url_host_address(s, URL_HOST_IPV6, address) > 0;
}

static bool is_label(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!char_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return s.n > 0 && s.n <= LABEL_MAX;
}

/* Resolvers take "127.1", "2130706433" and "0x7f.1" for addresses; no top-level domain looks so. */
static bool is_numeric_label(struct str s)
{
	bool hex = str_starts_fold(s, "0x");
	size_t i;

	for (i = hex ? 2 : 0; i < s.n; i++)
		if (hex ? !char_is_hex(s.p[i]) : !char_is_digit(s.p[i]))
			return false;
	return true;
}

static bool is_name(struct str s)
{
	struct str label;
	bool more;

	if (s.n > LIMIT_HOST)
		return false;
	do {
		more = str_cut(s, '.', &label, &s);
		if (!is_label(label))
			return false;
	} while (more);
	return !is_numeric_label(label);
}

bool url_host_kind(struct str host, enum url_host_kind *kind)
{
	if (host.n == 0)
		return false;
	if (is_ipv4(host))
		*kind = URL_HOST_IPV4;
	else if (memchr(host.p, ':', host.n) != NULL && is_ipv6(host))
		*kind = URL_HOST_IPV6;
	else if (is_name(host))
		*kind = URL_HOST_NAME;
	else
		return false;
	return true;
}

/* The port behind the host; S begins with its colon or is empty. */
static const char *parse_port(struct str s, struct url *out)
{
	uint64_t port;

	if (s.n == 0)
		return NULL;
	if (s.p[0] != ':')
		return "something other than a port follows the host";
	if (s.n > 6 || !str_to_u64(str_skip(s, 1), UINT16_MAX, &port) || port == 0)
		return "the port is no number from 1 to 65535";
	out->port = (uint16_t)port;
	return NULL;
}

/* "[address]" and what follows; S begins behind the bracket. */
static const char *parse_bracketed(struct str s, struct url *out)
{
	struct str zone, port;

	if (!str_cut(s, ']', &out->host, &port))
		return "the ']' behind the IPv6 address is missing";
	/* RFC 6874 wanted "%25" here; RFC 9844 took that back, and nobody can tell a zone "25eth0"
	   from an encoded "eth0". */
	if (str_cut(out->host, '%', &zone, &zone) && zone.n > 2 && str_starts(zone, "25"))
		return "a zone id follows a plain '%', as in [fe80::1%eth0]";
	if (!url_host_kind(out->host, &out->host_kind) || out->host_kind != URL_HOST_IPV6)
		return "what stands in brackets is no IPv6 address";
	return parse_port(port, out);
}

static const char *parse_host(struct str s, struct url *out)
{
	const char *colon;

	if (s.n > 0 && s.p[0] == '[')
		return parse_bracketed(str_skip(s, 1), out);
	colon = s.n > 0 ? memchr(s.p, ':', s.n) : NULL;
	out->host = colon != NULL ? str_from(s.p, (size_t)(colon - s.p)) : s;
	s = str_skip(s, out->host.n);
	if (out->host.n > 0 && out->host.p[out->host.n - 1] == '.')
		out->host.n--;
	if (out->host.n == 0)
		return "the host is missing";
	if (!url_host_kind(out->host, &out->host_kind))
		return "the host is no name or address (internationalised names are written in "
		       "their xn-- form, IPv6 addresses in brackets)";
	return parse_port(s, out);
}

static const char *parse_authority(struct str s, struct url *out)
{
	struct str host;

	out->has_userinfo = str_cut_last(s, '@', &out->userinfo, &host);
	if (!out->has_userinfo) {
		out->userinfo = str_of("");
		return parse_host(s, out);
	}
	if (!is_made_of(out->userinfo, ":"))
		return "user name and password hold a character that must be percent-encoded";
	return parse_host(host, out);
}

/* How many bytes of S stand before the first byte of SET. */
static size_t span_until(struct str s, const char *set)
{
	size_t n = 0;

	while (n < s.n && !is_one_of(s.p[n], set))
		n++;
	return n;
}

static const char *parse_rest(struct str s, struct url *out)
{
	struct str fragment;

	out->has_fragment = str_cut(s, '#', &s, &fragment);
	out->has_query = str_cut(s, '?', &out->path, &out->query);
	if (!is_made_of(out->path, ":@/"))
		return "the path holds a character that must be percent-encoded";
	if (!is_made_of(out->query, ":@/?"))
		return "the query holds a character that must be percent-encoded";
	if (!is_made_of(fragment, ":@/?"))
		return "the fragment holds a character that must be percent-encoded";
	return NULL;
}

static const char *parse(struct str text, struct url *out)
{
	struct str rest;
	const char *fault;
	size_t n;

	if (text.n > LIMIT_URL)
		return "it is too long";
	if (!str_cut(text, ':', &out->scheme, &rest) || !str_starts(rest, "//"))
		return "it does not begin with a scheme and \"://\"";
	if (!is_scheme(out->scheme))
		return "its scheme is malformed";
	rest = str_skip(rest, 2);
	n = span_until(rest, "/?#");
	fault = parse_authority(str_from(rest.p, n), out);
	return fault != NULL ? fault : parse_rest(str_skip(rest, n), out);
}

bool url_parse(struct str text, struct url *out, const char **fault)
{
	*out = (struct url){.host_kind = URL_HOST_NAME};
	*fault = parse(text, out);
	return *fault == NULL;
}

void url_encode(struct str s, struct buf *out)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char c;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (is_unreserved(s.p[i])) {
			buf_add_char(out, s.p[i]);
			continue;
		}
		c = (unsigned char)s.p[i];
		buf_add_char(out, '%');
		buf_add_char(out, digits[c >> 4]);
		buf_add_char(out, digits[c & 15]);
	}
}

bool url_decode(struct str s, struct buf *out)
{
	uint64_t byte;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '%') {
			buf_add_char(out, s.p[i]);
			continue;
		}
		if (s.n - i < 3 || !str_hex_to_u64(str_from(s.p + i + 1, 2), 0xff, &byte))
			return false;
		buf_add_char(out, (char)byte);
		i += 2;
	}
	return true;
}

void url_add_host(struct str host, enum url_host_kind kind, struct buf *out)
{
	struct str zone;

	if (kind != URL_HOST_IPV6) {
		buf_add_str(out, host);
		return;
	}
	str_cut(host, '%', &host, &zone);
	buf_add_char(out, '[');
	buf_add_str(out, host);
	buf_add_char(out, ']');
}
