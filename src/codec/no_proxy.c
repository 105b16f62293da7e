#include "codec/no_proxy.h"

#include <arpa/inet.h>
#include <string.h>

struct address {
	unsigned bits; /* 32 or 128 */
	uint8_t bytes[16];
};

static bool parse_address(struct str text, struct address *out)
{
	char literal[INET6_ADDRSTRLEN];

	if (text.n == 0 || text.n >= sizeof literal || memchr(text.p, 0, text.n) != NULL)
		return false;
	memcpy(literal, text.p, text.n);
	literal[text.n] = '\0';
	out->bits = memchr(literal, ':', text.n) != NULL ? 128 : 32;
	return inet_pton(out->bits == 32 ? AF_INET : AF_INET6, literal, out->bytes) == 1;
}

static bool same_prefix(const struct address *a, const struct address *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (a->bits != b->bits || memcmp(a->bytes, b->bytes, whole) != 0)
		return false;
	return rest == 0 || ((a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest)) == 0;
}

/* ENTRY is an address or a CIDR block. */
static bool block_covers(struct str entry, const struct address *host)
{
	struct str base, length;
	struct address block;
	uint64_t bits;
	bool has_length = str_cut(entry, '/', &base, &length);

	if (!parse_address(base, &block))
		return false;
	bits = block.bits;
	if (has_length && !str_to_u64(length, block.bits, &bits))
		return false;
	return same_prefix(&block, host, (unsigned)bits);
}

/* ENTRY is a domain: HOST is it or stands below it. */
static bool domain_covers(struct str entry, struct str host)
{
	struct str tail;

	if (entry.n > 0 && entry.p[0] == '.')
		entry = str_skip(entry, 1);
	if (entry.n > 0 && entry.p[entry.n - 1] == '.')
		entry.n--;
	if (entry.n == 0 || host.n < entry.n)
		return false;
	tail = str_skip(host, host.n - entry.n);
	if (!str_equal_fold(tail, entry))
		return false;
	return tail.n == host.n || host.p[host.n - entry.n - 1] == '.';
}

/*
 * Takes brackets and a port off ENTRY. More than one colon without brackets is an IPv6 address, not
 * a port. False when the entry is malformed or counts for another port.
 */
static bool strip_port(struct str *entry, uint16_t port)
{
	struct str rest, digits;
	uint64_t n;

	if (entry->p[0] == '[') {
		if (!str_cut(str_skip(*entry, 1), ']', entry, &rest))
			return false;
		if (!str_contains(*entry, ":") || str_contains(*entry, "/"))
			return false;
		if (rest.n == 0)
			return true;
		if (rest.p[0] != ':')
			return false;
		digits = str_skip(rest, 1);
	} else if (!str_cut(*entry, ':', &rest, &digits) || str_contains(digits, ":")) {
		return true;
	} else {
		*entry = rest;
	}
	return str_to_u64(digits, UINT16_MAX, &n) && n == port;
}

static bool entry_covers(
	struct str entry, struct str host, const struct address *address, uint16_t port)
{
	if (!strip_port(&entry, port))
		return false;
	return address != NULL ? block_covers(entry, address) : domain_covers(entry, host);
}

static bool is_separator(char c)
{
	return c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool next_entry(struct str *list, struct str *entry)
{
	size_t n = 0;

	while (list->n > 0 && is_separator(list->p[0]))
		*list = str_skip(*list, 1);
	while (n < list->n && !is_separator(list->p[n]))
		n++;
	*entry = str_from(list->p, n);
	*list = str_skip(*list, n);
	return n > 0;
}

bool no_proxy_covers(
	struct str list, struct str host, enum url_host_kind kind, uint16_t port, struct str *entry)
{
	struct str one, rest = list, unused;
	struct address address;

	if (!next_entry(&rest, &one))
		return false;
	if (str_is(one, "*") && !next_entry(&rest, &unused)) {
		if (entry != NULL)
			*entry = one;
		return true;
	}
	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	if (kind == URL_HOST_IPV6)
		str_cut(host, '%', &host, &unused);
	if (kind != URL_HOST_NAME && !parse_address(host, &address))
		return false;
	rest = list;
	while (next_entry(&rest, &one)) {
		if (!entry_covers(one, host, kind == URL_HOST_NAME ? NULL : &address, port))
			continue;
		if (entry != NULL)
			*entry = one;
		return true;
	}
	return false;
}
