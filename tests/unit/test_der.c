#include "codec/der.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"

/* A leaf certificate that OpenSSL made: P-256, O=Example, CN=Leaf, issued by CN=Test Root. */
static const uint8_t leaf[] = {0x30, 0x82, 0x01, 0x88, 0x30, 0x82, 0x01, 0x2e, 0xa0, 0x03, 0x02,
	0x01, 0x02, 0x02, 0x01, 0x07, 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04,
	0x03, 0x02, 0x30, 0x26, 0x31, 0x10, 0x30, 0x0e, 0x06, 0x03, 0x55, 0x04, 0x0a, 0x0c, 0x07,
	0x45, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x31, 0x12, 0x30, 0x10, 0x06, 0x03, 0x55, 0x04,
	0x03, 0x0c, 0x09, 0x54, 0x65, 0x73, 0x74, 0x20, 0x52, 0x6f, 0x6f, 0x74, 0x30, 0x20, 0x17,
	0x0d, 0x32, 0x36, 0x31, 0x31, 0x32, 0x34, 0x30, 0x38, 0x34, 0x31, 0x35, 0x39, 0x5a, 0x18,
	0x0f, 0x32, 0x31, 0x32, 0x36, 0x31, 0x30, 0x33, 0x31, 0x30, 0x38, 0x34, 0x31, 0x35, 0x39,
	0x5a, 0x30, 0x21, 0x31, 0x10, 0x30, 0x0e, 0x06, 0x03, 0x55, 0x04, 0x0a, 0x0c, 0x07, 0x45,
	0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x31, 0x0d, 0x30, 0x0b, 0x06, 0x03, 0x55, 0x04, 0x03,
	0x0c, 0x04, 0x4c, 0x65, 0x61, 0x66, 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
	0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03,
	0x42, 0x00, 0x04, 0x24, 0x80, 0xb0, 0xaf, 0x0c, 0xa1, 0xf1, 0x33, 0x4d, 0xc0, 0xc9, 0x22,
	0x9d, 0xe6, 0x47, 0xef, 0x6c, 0x06, 0x51, 0x05, 0x32, 0x18, 0xe0, 0x68, 0x63, 0x36, 0x76,
	0x39, 0x9b, 0x07, 0x52, 0xeb, 0x5c, 0x4a, 0xe5, 0x32, 0x83, 0x88, 0xf9, 0xd9, 0xe3, 0x72,
	0x2c, 0x8c, 0x70, 0x3d, 0x1c, 0x84, 0xa6, 0xae, 0x8f, 0xc6, 0x4b, 0x37, 0xae, 0xdd, 0xc9,
	0xcf, 0xdc, 0xc4, 0x3c, 0xd4, 0x26, 0x33, 0xa3, 0x50, 0x30, 0x4e, 0x30, 0x0c, 0x06, 0x03,
	0x55, 0x1d, 0x13, 0x01, 0x01, 0xff, 0x04, 0x02, 0x30, 0x00, 0x30, 0x1d, 0x06, 0x03, 0x55,
	0x1d, 0x0e, 0x04, 0x16, 0x04, 0x14, 0xc1, 0x17, 0xda, 0x74, 0x82, 0x7d, 0xc2, 0x0a, 0x78,
	0xde, 0xbf, 0x02, 0x82, 0x8d, 0x23, 0x7f, 0x7a, 0xe1, 0xa3, 0xea, 0x30, 0x1f, 0x06, 0x03,
	0x55, 0x1d, 0x23, 0x04, 0x18, 0x30, 0x16, 0x80, 0x14, 0x28, 0xdd, 0x8f, 0xa0, 0x20, 0x6c,
	0x65, 0x37, 0xce, 0xac, 0x61, 0xd1, 0x5b, 0x57, 0x43, 0x5b, 0x08, 0xe7, 0x9e, 0xf1, 0x30,
	0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, 0x03, 0x48, 0x00, 0x30,
	0x45, 0x02, 0x20, 0x68, 0x71, 0xe4, 0xc6, 0x3e, 0x07, 0x5c, 0x2f, 0xaa, 0xe9, 0x53, 0x8b,
	0x1c, 0x1e, 0xdb, 0xa7, 0xb0, 0x8f, 0x56, 0x94, 0x6b, 0xad, 0x3b, 0xa9, 0x5a, 0xfa, 0x3f,
	0x64, 0x96, 0x87, 0x61, 0x47, 0x02, 0x21, 0x00, 0x88, 0x6c, 0xd3, 0x1b, 0xb7, 0x0c, 0xd6,
	0xab, 0xfc, 0xc1, 0xea, 0x54, 0x27, 0x28, 0x51, 0x8a, 0x5a, 0x7d, 0xc4, 0xc7, 0xd1, 0x85,
	0x07, 0x26, 0xf2, 0x40, 0x32, 0x9f, 0xe8, 0xf2, 0xc7, 0xc2};

/* Where the three elements stand in it, as `openssl asn1parse` says. */
#define ISSUER_AT   28u
#define ISSUER_LEN  40u
#define SUBJECT_AT  102u
#define SUBJECT_LEN 35u
#define SPKI_AT     137u
#define SPKI_LEN    91u
#define VERSION_AT  12u

static struct str leaf_part(size_t at, size_t len)
{
	return str_from((const char *)leaf + at, len);
}

#define LITERAL(text) str_from(text, sizeof(text) - 1)

static void test_elements_one_after_the_other(void **state)
{
	static const char bytes[] = "\x02\x01\x05\x30\x03\x02\x01\x06\x05\x00";
	struct str rest = LITERAL(bytes), content, element;
	uint8_t tag;

	(void)state;
	assert_true(der_next(&rest, &tag, &content, &element));
	assert_int_equal(tag, 2);
	assert_true(str_equal(content, LITERAL("\x05")));
	assert_true(str_equal(element, LITERAL("\x02\x01\x05")));
	assert_true(der_next(&rest, &tag, &content, NULL));
	assert_int_equal(tag, 0x30);
	assert_true(str_equal(content, LITERAL("\x02\x01\x06")));
	assert_true(der_next(&rest, &tag, &content, NULL));
	assert_int_equal(tag, 5);
	assert_int_equal(content.n, 0);
	assert_int_equal(rest.n, 0);
	assert_false(der_next(&rest, &tag, &content, NULL));
}

static void test_lengths_that_der_does_not_allow(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{"", 0},
		{"\x30", 1},
		{"\x30\x01", 2},
		{"\x30\x80\x00\x00", 4},                 /* indefinite */
		{"\x30\x81", 2},                         /* length cut */
		{"\x30\x81\x01\x00", 4},                 /* fits in one byte */
		{"\x30\x82\x00\x80", 4},                 /* leading zero */
		{"\x30\x84\xff\xff\xff\xff\x00", 7},     /* beyond the end */
		{"\x30\x84\xff\xff\xff\xfa\x00", 7},     /* and with the header just past 2^32 */
		{"\x30\x85\x00\x00\x00\x00\x01\x00", 8}, /* five bytes of length */
		{"\x30\xff\x00", 3},
		{"\x1f\x01\x00", 3}, /* tag in several bytes */
		{"\xbf\x81\x01\x00", 4},
	};
	struct guard g = {0};
	struct str rest, before, content;
	uint8_t tag;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rest = before = guard_copy(&g, str_from(cases[i].bytes, cases[i].len));
		if (der_next(&rest, &tag, &content, NULL))
			fail_msg("case %zu: taken", i);
		assert_ptr_equal(rest.p, before.p);
		assert_int_equal(rest.n, before.n);
	}
	guard_release(&g);
}

/* All of the content is there: only the form of its length is wrong. */
static void test_length_with_a_leading_zero(void **state)
{
	char bytes[4 + 128] = "\x04\x82\x00\x80";
	struct str rest = str_from(bytes, sizeof(bytes)), content;
	uint8_t tag;

	(void)state;
	assert_false(der_next(&rest, &tag, &content, NULL));
	bytes[1] = (char)0x81;
	bytes[2] = (char)0x80;
	assert_true(der_next(&rest, &tag, &content, NULL));
	assert_int_equal(content.n, 128);
}

static void test_long_lengths(void **state)
{
	static const size_t sizes[] = {0, 1, 127, 128, 255, 256, 65535, 65536};
	static char zeros[65536];
	struct str rest, content;
	struct guard g = {0};
	struct buf b;
	uint8_t tag;
	size_t i, n;

	(void)state;
	buf_init(&b, 70000);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		n = sizes[i];
		buf_clear(&b);
		buf_add_char(&b, 4);
		if (n > 65535)
			buf_addf(&b, "\x83%c", (int)(n >> 16));
		else if (n > 255)
			buf_addf(&b, "\x82");
		else if (n > 127)
			buf_addf(&b, "\x81");
		if (n > 255)
			buf_add_char(&b, (char)(n >> 8 & 0xff));
		buf_add_char(&b, (char)(n & 0xff));
		buf_add(&b, zeros, n);
		rest = guard_copy(&g, buf_str(&b));
		assert_true(der_next(&rest, &tag, &content, NULL));
		assert_int_equal(content.n, n);
		assert_int_equal(rest.n, 0);
		rest = guard_copy(&g, str_from(b.data, b.len - 1));
		assert_false(der_next(&rest, &tag, &content, NULL));
	}
	buf_wipe(&b);
	guard_release(&g);
}

static void assert_is_leaf(const struct der_certificate *c, bool with_key)
{
	assert_true(str_equal(c->issuer, leaf_part(ISSUER_AT, ISSUER_LEN)));
	assert_true(str_equal(c->subject, leaf_part(SUBJECT_AT, SUBJECT_LEN)));
	if (with_key)
		assert_true(str_equal(c->spki, leaf_part(SPKI_AT, SPKI_LEN)));
	else
		assert_int_equal(c->spki.n, 0);
}

static void test_whole_certificate(void **state)
{
	struct der_certificate c;
	struct guard g = {0};

	(void)state;
	assert_true(der_certificate(guard_copy(&g, leaf_part(0, sizeof(leaf))), false, &c));
	assert_is_leaf(&c, true);
	assert_true(der_certificate(guard_copy(&g, leaf_part(0, sizeof(leaf))), true, &c));
	assert_is_leaf(&c, true);
	guard_release(&g);
}

static void test_certificate_cut_at_every_place(void **state)
{
	struct der_certificate c;
	struct guard g = {0};
	struct str cut;
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(leaf); n++) {
		cut = guard_copy(&g, leaf_part(0, n));
		assert_false(der_certificate(cut, false, &c));
		assert_int_equal(der_certificate(cut, true, &c), n >= SUBJECT_AT + SUBJECT_LEN);
		if (n >= SUBJECT_AT + SUBJECT_LEN)
			assert_is_leaf(&c, n >= SPKI_AT + SPKI_LEN);
	}
	guard_release(&g);
}

static void test_what_is_no_certificate(void **state)
{
	uint8_t bytes[sizeof(leaf) + 1] = {0};
	struct str whole = str_from((const char *)bytes, sizeof(leaf));
	struct der_certificate c;

	(void)state;
	memcpy(bytes, leaf, sizeof(leaf));
	bytes[VERSION_AT] = 3;
	assert_false(der_certificate(whole, false, &c));
	bytes[VERSION_AT] = 0xff;
	assert_false(der_certificate(whole, true, &c));
	bytes[VERSION_AT] = 0;
	assert_true(der_certificate(whole, false, &c));
	bytes[SUBJECT_AT] = 0x31;
	assert_false(der_certificate(whole, true, &c));
	memcpy(bytes, leaf, sizeof(leaf));
	bytes[SPKI_AT] = 0x31;
	assert_false(der_certificate(whole, false, &c));
	assert_true(der_certificate(whole, true, &c));
	assert_int_equal(c.spki.n, 0);
	memcpy(bytes, leaf, sizeof(leaf));
	bytes[sizeof(leaf)] = 0;
	assert_false(der_certificate(str_from((const char *)bytes, sizeof(bytes)), false, &c));
	assert_false(der_certificate(str_of("-----BEGIN CERTIFICATE-----"), true, &c));
}

/* No byte that is changed may lead outside the bytes or outside of what they enclose. */
static void test_every_byte_changed(void **state)
{
	static const uint8_t masks[] = {0x01, 0x80, 0xff};
	struct der_certificate c;
	struct guard g = {0};
	struct str bad;
	size_t i, m;

	(void)state;
	for (i = 0; i < SPKI_AT + 4; i++) {
		for (m = 0; m < sizeof(masks); m++) {
			bad = guard_copy(&g, leaf_part(0, sizeof(leaf)));
			*(char *)(uintptr_t)(bad.p + i) ^= (char)masks[m];
			if (!der_certificate(bad, m == 0, &c))
				continue;
			assert_true(c.subject.p >= bad.p);
			assert_true(c.subject.p + c.subject.n <= bad.p + bad.n);
			assert_true(c.issuer.p + c.issuer.n <= c.subject.p);
			if (c.spki.n > 0)
				assert_true(c.spki.p == c.subject.p + c.subject.n);
		}
	}
	guard_release(&g);
}

/* CN=TEXT with the string type TAG. */
static void add_name(struct buf *b, uint8_t tag, const char *text)
{
	size_t n = strlen(text);

	buf_clear(b);
	buf_addf(b, "\x30%c\x31%c\x30%c\x06\x03\x55\x04\x03%c%c%s", (int)(n + 11), (int)(n + 9),
		(int)(n + 7), tag, (int)n, text);
}

static void test_names_are_equal_in_either_case_and_string_type(void **state)
{
	enum { UTF8 = 0x0c, PRINTABLE = 0x13, IA5 = 0x16, SET = 0x31 };
	static const struct {
		uint8_t tag_a;
		const char *a;
		uint8_t tag_b;
		const char *b;
		bool equal;
	} cases[] = {
		{UTF8, "Root CA", UTF8, "Root CA", true},
		{UTF8, "Root CA", PRINTABLE, "ROOT ca", true},
		{IA5, "Root", IA5, "Root", true},
		{IA5, "Root", IA5, "ROOT", false},
		{IA5, "Root", UTF8, "Root", false},
		{UTF8, "Root", UTF8, "Rook", false},
		{UTF8, "Root", UTF8, "Roots", false},
		{UTF8, "", PRINTABLE, "", true},
		{UTF8, "@", UTF8, "`", false},
		{SET, "\x0c\x02xy", SET, "\x0c\x02XY", true},
		{SET, "\x0c\x02xy", SET, "\x0c\x03xy", false},
		{SET, "\x0c\x02xy", 0x30, "\x0c\x02xy", false},
	};
	struct guard ga = {0}, gb = {0};
	struct buf a, b;
	size_t i;

	(void)state;
	buf_init(&a, 256);
	buf_init(&b, 256);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		add_name(&a, cases[i].tag_a, cases[i].a);
		add_name(&b, cases[i].tag_b, cases[i].b);
		if (der_name_equal(guard_copy(&ga, buf_str(&a)), guard_copy(&gb, buf_str(&b))) !=
			cases[i].equal)
			fail_msg("case %zu", i);
		if (der_name_equal(buf_str(&b), buf_str(&a)) != cases[i].equal)
			fail_msg("case %zu, the other way round", i);
	}
	assert_true(der_name_equal(str_of(""), str_of("")));
	assert_false(der_name_equal(buf_str(&a), str_of("")));
	buf_wipe(&a);
	buf_wipe(&b);
	guard_release(&ga);
	guard_release(&gb);
}

static void test_anchor_holds_name_and_key(void **state)
{
	struct str subject = leaf_part(SUBJECT_AT, SUBJECT_LEN);
	struct str spki = leaf_part(SPKI_AT, SPKI_LEN);
	struct der_certificate c;
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	der_anchor(subject, spki, &out);
	assert_false(out.failed);
	assert_true(der_certificate(buf_str(&out), false, &c));
	assert_true(str_equal(c.subject, subject));
	assert_true(str_equal(c.issuer, subject));
	assert_true(str_equal(c.spki, spki));
	buf_wipe(&out);
}

/* The lengths of the two outer elements take two to four bytes as name and key grow. */
static void test_anchor_of_any_size(void **state)
{
	static char zeros[70000];
	struct der_certificate c;
	struct buf spki, out;
	size_t n;

	(void)state;
	buf_init(&spki, 80000);
	buf_init(&out, 90000);
	for (n = 0; n < 66000; n += n < 700 ? 1 : 997) {
		buf_clear(&spki);
		buf_clear(&out);
		buf_add_char(&spki, 0x30);
		if (n > 65535)
			buf_addf(&spki, "\x83%c%c", 1, (int)(n >> 8 & 0xff));
		else if (n > 255)
			buf_addf(&spki, "\x82%c", (int)(n >> 8));
		else if (n > 127)
			buf_addf(&spki, "\x81");
		buf_add_char(&spki, (char)(n & 0xff));
		buf_add(&spki, zeros, n);
		der_anchor(str_from("\x30\x00", 2), buf_str(&spki), &out);
		assert_true(der_certificate(buf_str(&out), false, &c));
		assert_true(str_equal(c.spki, buf_str(&spki)));
		assert_int_equal(c.subject.n, 2);
	}
	buf_wipe(&spki);
	buf_wipe(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elements_one_after_the_other),
		cmocka_unit_test(test_lengths_that_der_does_not_allow),
		cmocka_unit_test(test_length_with_a_leading_zero),
		cmocka_unit_test(test_long_lengths),
		cmocka_unit_test(test_whole_certificate),
		cmocka_unit_test(test_certificate_cut_at_every_place),
		cmocka_unit_test(test_what_is_no_certificate),
		cmocka_unit_test(test_every_byte_changed),
		cmocka_unit_test(test_names_are_equal_in_either_case_and_string_type),
		cmocka_unit_test(test_anchor_holds_name_and_key),
		cmocka_unit_test(test_anchor_of_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
