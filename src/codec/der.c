#include "codec/der.h"

#define DER_INTEGER           0x02
#define DER_UTF8_STRING       0x0c
#define DER_PRINTABLE_STRING  0x13
#define DER_CONSTRUCTED       0x20
#define DER_SEQUENCE          0x30
#define DER_EXPLICIT_0        0xa0
#define DER_TAG_IN_MORE_BYTES 0x1f

/* Longest header that der_next() takes: tag, length of the length, four bytes of it. */
#define HEADER_MAX 6

static uint8_t byte_at(struct str s, size_t at)
{
	return (uint8_t)s.p[at];
}

/*
 * Reads tag and length; *HEADER is their size, *LENGTH that of the content, which may not be there.
 * Lengths in more bytes than needed are no DER (X.690 10.1).
 */
static bool read_header(struct str s, uint8_t *tag, size_t *header, uint32_t *length)
{
	unsigned more, i;

	if (s.n < 2)
		return false;
	*tag = byte_at(s, 0);
	*length = byte_at(s, 1);
	*header = 2;
	if ((*tag & DER_TAG_IN_MORE_BYTES) == DER_TAG_IN_MORE_BYTES)
		return false;
	if (*length < 0x80)
		return true;
	more = *length & 0x7f;
	if (more == 0 || more > 4 || s.n - 2 < more)
		return false;
	*length = 0;
	for (i = 0; i < more; i++)
		*length = *length << 8 | byte_at(s, 2 + i);
	*header += more;
	return *length >= 0x80 && byte_at(s, 2) != 0;
}

bool der_next(struct str *rest, uint8_t *tag, struct str *content, struct str *element)
{
	size_t header;
	uint32_t length;

	if (!read_header(*rest, tag, &header, &length) || length > rest->n - header)
		return false;
	*content = str_from(rest->p + header, length);
	if (element != NULL)
		*element = str_from(rest->p, header + length);
	*rest = str_skip(*rest, header + length);
	return true;
}

/* An element that must have TAG. */
static bool take(struct str *rest, uint8_t tag, struct str *content, struct str *element)
{
	return rest->n > 0 && byte_at(*rest, 0) == tag && der_next(rest, &tag, content, element);
}

/* The content of the SEQUENCE at the front of S; of a PREFIX as much of it as is there. */
static bool open_sequence(struct str s, bool prefix, struct str *content, struct str *behind)
{
	size_t header;
	uint32_t length;
	uint8_t tag;

	if (!read_header(s, &tag, &header, &length) || tag != DER_SEQUENCE)
		return false;
	*content = str_skip(s, header);
	if (length > content->n && !prefix)
		return false;
	*behind = str_skip(*content, length);
	content->n -= behind->n;
	return true;
}

/* Version ::= INTEGER { v1(0), v2(1), v3(2) }, in an explicit tag, absent for v1. */
static bool skip_version(struct str *tbs)
{
	struct str wrapped, version;

	if (tbs->n == 0 || byte_at(*tbs, 0) != DER_EXPLICIT_0)
		return true;
	return take(tbs, DER_EXPLICIT_0, &wrapped, NULL) &&
		take(&wrapped, DER_INTEGER, &version, NULL) && wrapped.n == 0 && version.n == 1 &&
		byte_at(version, 0) <= 2;
}

bool der_certificate(struct str bytes, bool prefix, struct der_certificate *out)
{
	struct str certificate, tbs, behind, content;

	*out = (struct der_certificate){.spki = str_of("")};
	if (!open_sequence(bytes, prefix, &certificate, &behind) || behind.n > 0 ||
		!open_sequence(certificate, prefix, &tbs, &behind) || !skip_version(&tbs))
		return false;
	if (!take(&tbs, DER_INTEGER, &content, NULL) ||      /* serialNumber */
		!take(&tbs, DER_SEQUENCE, &content, NULL) || /* signature */
		!take(&tbs, DER_SEQUENCE, &content, &out->issuer) ||
		!take(&tbs, DER_SEQUENCE, &content, NULL) || /* validity */
		!take(&tbs, DER_SEQUENCE, &content, &out->subject))
		return false;
	return take(&tbs, DER_SEQUENCE, &content, &out->spki) || prefix;
}

static bool is_folded_string(uint8_t tag)
{
	return tag == DER_UTF8_STRING || tag == DER_PRINTABLE_STRING;
}

bool der_name_equal(struct str a, struct str b)
{
	if (str_equal(a, b))
		return true;
	if (a.n != b.n)
		return false;
	/* Both are walked in parallel and flat: of an element that holds others only the header
	   is compared before going on inside it. */
	while (a.n > 0 && b.n > 0) {
		struct str content_a, content_b, behind_a = a, behind_b = b;
		uint8_t tag_a, tag_b;

		if (!der_next(&behind_a, &tag_a, &content_a, NULL) ||
			!der_next(&behind_b, &tag_b, &content_b, NULL) ||
			content_a.n != content_b.n)
			return false;
		if ((tag_a & DER_CONSTRUCTED) != 0 && tag_a == tag_b) {
			a = str_skip(a, (size_t)(content_a.p - a.p));
			b = str_skip(b, (size_t)(content_b.p - b.p));
			continue;
		}
		if (is_folded_string(tag_a) && is_folded_string(tag_b)
				? !str_equal_fold(content_a, content_b)
				: tag_a != tag_b || !str_equal(content_a, content_b))
			return false;
		a = behind_a;
		b = behind_b;
	}
	return a.n == b.n;
}

static size_t header_size(size_t length)
{
	if (length < 0x80)
		return 2;
	if (length <= 0xff)
		return 3;
	if (length <= 0xffff)
		return 4;
	return length <= 0xffffff ? HEADER_MAX - 1 : HEADER_MAX;
}

static size_t element_size(size_t length)
{
	return header_size(length) + length;
}

static void add_header(struct buf *out, uint8_t tag, size_t length)
{
	size_t more = header_size(length) - 2;

	buf_add_char(out, (char)tag);
	if (more == 0) {
		buf_add_char(out, (char)length);
		return;
	}
	buf_add_char(out, (char)(0x80 | more));
	while (more-- > 0)
		buf_add_char(out, (char)(length >> (8 * more) & 0xff));
}

/* AlgorithmIdentifier ecdsa-with-SHA256 (RFC 5758 3.2): short, and known to every verifier. */
static const struct str algorithm = STR("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02");
/* version v3 and serialNumber 1 */
static const struct str version_and_serial = STR("\xa0\x03\x02\x01\x02"
						 "\x02\x01\x01");
/* From 1970 to the date that means "no end" (RFC 5280 4.1.2.5). */
static const struct str validity = STR("\x30\x20"
				       "\x17\x0d"
				       "700101000000Z"
				       "\x18\x0f"
				       "99991231235959Z");
/* [3] { SEQUENCE OF { basicConstraints, critical, SEQUENCE { cA TRUE } } } */
static const struct str extensions = STR("\xa3\x13\x30\x11\x30\x0f"
					 "\x06\x03\x55\x1d\x13"
					 "\x01\x01\xff"
					 "\x04\x05\x30\x03\x01\x01\xff");
/* signatureValue: a BIT STRING without bits */
static const struct str no_signature = STR("\x03\x01\x00");

void der_anchor(struct str subject, struct str spki, struct buf *out)
{
	size_t tbs = version_and_serial.n + algorithm.n + subject.n + validity.n + subject.n +
		spki.n + extensions.n;

	add_header(out, DER_SEQUENCE, element_size(tbs) + algorithm.n + no_signature.n);
	add_header(out, DER_SEQUENCE, tbs);
	buf_add_str(out, version_and_serial);
	buf_add_str(out, algorithm);
	buf_add_str(out, subject);
	buf_add_str(out, validity);
	buf_add_str(out, subject);
	buf_add_str(out, spki);
	buf_add_str(out, extensions);
	buf_add_str(out, algorithm);
	buf_add_str(out, no_signature);
}
