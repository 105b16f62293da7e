#include "codec/hello_guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "guard.h"

/* What OpenSSL sent: a ServerHello of TLS 1.2; ... */
static const uint8_t tls12[] = {
	0x16,
	0x03,
	0x03,
	0x00,
	0x41,
	0x02,
	0x00,
	0x00,
	0x3d,
	0x03,
	0x03,
	0x4d,
	0x1e,
	0xe8,
	0xbf,
	0xef,
	0xcf,
	0xfa,
	0x7d,
	0x05,
	0xb5,
	0x5c,
	0x81,
	0x12,
	0x0d,
	0x21,
	0xe1,
	0x89,
	0x38,
	0xa3,
	0xe0,
	0x7d,
	0xd7,
	0x02,
	0x0b,
	0xa8,
	0xdf,
	0x92,
	0x6c,
	0xec,
	0xcd,
	0x51,
	0x76,
	0x00,
	0xc0,
	0x2c,
	0x00,
	0x00,
	0x15,
	0xff,
	0x01,
	0x00,
	0x01,
	0x00,
	0x00,
	0x0b,
	0x00,
	0x04,
	0x03,
	0x00,
	0x01,
	0x02,
	0x00,
	0x23,
	0x00,
	0x00,
	0x00,
	0x17,
	0x00,
	0x00,
};

/* ... of TLS 1.3 with a change_cipher_spec and the first encrypted record; ... */
static const uint8_t tls13[] = {
	0x16,
	0x03,
	0x03,
	0x00,
	0x7a,
	0x02,
	0x00,
	0x00,
	0x76,
	0x03,
	0x03,
	0x53,
	0x15,
	0x66,
	0x97,
	0xf8,
	0xc7,
	0x03,
	0x38,
	0x07,
	0xfe,
	0x46,
	0xe3,
	0x6e,
	0x34,
	0x18,
	0x1b,
	0x5c,
	0x96,
	0x1d,
	0xfe,
	0x96,
	0xa5,
	0x75,
	0x66,
	0x6d,
	0x91,
	0x9c,
	0x0f,
	0x1e,
	0xea,
	0x20,
	0x88,
	0x20,
	0x58,
	0x99,
	0x0f,
	0x81,
	0x7d,
	0x55,
	0x87,
	0xf3,
	0xac,
	0xa5,
	0x47,
	0xba,
	0x90,
	0x22,
	0x64,
	0x9d,
	0x5d,
	0x09,
	0x68,
	0x74,
	0xeb,
	0x80,
	0x2f,
	0xd0,
	0x06,
	0x7f,
	0x4f,
	0x6d,
	0xf3,
	0x07,
	0x4c,
	0xae,
	0x13,
	0x02,
	0x00,
	0x00,
	0x2e,
	0x00,
	0x2b,
	0x00,
	0x02,
	0x03,
	0x04,
	0x00,
	0x33,
	0x00,
	0x24,
	0x00,
	0x1d,
	0x00,
	0x20,
	0xc4,
	0xcc,
	0xed,
	0xd5,
	0x02,
	0xee,
	0x62,
	0xdc,
	0x1f,
	0x7b,
	0x22,
	0xd7,
	0x3c,
	0xd0,
	0x14,
	0x98,
	0x63,
	0x31,
	0x0d,
	0xe2,
	0xbb,
	0x81,
	0xcb,
	0x18,
	0xd2,
	0x29,
	0xa4,
	0x4e,
	0x72,
	0x35,
	0xf6,
	0x2a,
	0x14,
	0x03,
	0x03,
	0x00,
	0x01,
	0x01,
	0x17,
	0x03,
	0x03,
	0x00,
	0x17,
	0x79,
	0x1c,
	0xa1,
	0x38,
	0x7c,
	0xc9,
	0x2d,
	0x2e,
	0x76,
	0xa4,
	0x97,
	0x27,
	0x9a,
	0x18,
	0x11,
	0xd5,
	0xe2,
	0xa8,
	0x9b,
	0x1c,
	0xef,
	0x47,
	0xf1,
};

/* ... a HelloRetryRequest, ... */
static const uint8_t retry[] = {
	0x16,
	0x03,
	0x03,
	0x00,
	0x58,
	0x02,
	0x00,
	0x00,
	0x54,
	0x03,
	0x03,
	0xcf,
	0x21,
	0xad,
	0x74,
	0xe5,
	0x9a,
	0x61,
	0x11,
	0xbe,
	0x1d,
	0x8c,
	0x02,
	0x1e,
	0x65,
	0xb8,
	0x91,
	0xc2,
	0xa2,
	0x11,
	0x16,
	0x7a,
	0xbb,
	0x8c,
	0x5e,
	0x07,
	0x9e,
	0x09,
	0xe2,
	0xc8,
	0xa8,
	0x33,
	0x9c,
	0x20,
	0x5c,
	0x1e,
	0x5a,
	0xdc,
	0x88,
	0x5e,
	0x7b,
	0x8d,
	0x60,
	0xc7,
	0x5c,
	0x0c,
	0xe7,
	0x72,
	0xd1,
	0xc4,
	0x6e,
	0xe0,
	0x9c,
	0xf9,
	0x84,
	0x95,
	0x89,
	0xbf,
	0x3b,
	0x80,
	0xba,
	0xa9,
	0x04,
	0xdb,
	0x27,
	0x0a,
	0x13,
	0x02,
	0x00,
	0x00,
	0x0c,
	0x00,
	0x2b,
	0x00,
	0x02,
	0x03,
	0x04,
	0x00,
	0x33,
	0x00,
	0x02,
	0x00,
	0x18,
};

/* ... change_cipher_spec, ... */
static const uint8_t ccs[] = {
	0x14,
	0x03,
	0x03,
	0x00,
	0x01,
	0x01,
};

/* ... and the ServerHello that follows, with its first encrypted record. */
static const uint8_t second[] = {
	0x16,
	0x03,
	0x03,
	0x00,
	0xbb,
	0x02,
	0x00,
	0x00,
	0xb7,
	0x03,
	0x03,
	0x12,
	0x12,
	0xf4,
	0xac,
	0x82,
	0x4e,
	0x98,
	0xa7,
	0xbc,
	0xf2,
	0x17,
	0x7d,
	0x6c,
	0x5a,
	0x01,
	0x2e,
	0x1a,
	0xa8,
	0x6f,
	0xac,
	0xbf,
	0x5c,
	0x09,
	0xbe,
	0x4c,
	0xed,
	0x81,
	0xaf,
	0xd2,
	0x02,
	0x25,
	0xc7,
	0x20,
	0x5c,
	0x1e,
	0x5a,
	0xdc,
	0x88,
	0x5e,
	0x7b,
	0x8d,
	0x60,
	0xc7,
	0x5c,
	0x0c,
	0xe7,
	0x72,
	0xd1,
	0xc4,
	0x6e,
	0xe0,
	0x9c,
	0xf9,
	0x84,
	0x95,
	0x89,
	0xbf,
	0x3b,
	0x80,
	0xba,
	0xa9,
	0x04,
	0xdb,
	0x27,
	0x0a,
	0x13,
	0x02,
	0x00,
	0x00,
	0x6f,
	0x00,
	0x2b,
	0x00,
	0x02,
	0x03,
	0x04,
	0x00,
	0x33,
	0x00,
	0x65,
	0x00,
	0x18,
	0x00,
	0x61,
	0x04,
	0x1d,
	0x6a,
	0x59,
	0x07,
	0x38,
	0x15,
	0xe2,
	0xd7,
	0x87,
	0xf1,
	0x04,
	0x40,
	0x8d,
	0xc0,
	0xa5,
	0x6f,
	0xae,
	0x65,
	0x04,
	0x9e,
	0x18,
	0x0e,
	0x65,
	0x97,
	0x86,
	0x51,
	0x19,
	0xd5,
	0xd9,
	0xa5,
	0xc3,
	0xb7,
	0x34,
	0xea,
	0x58,
	0xd7,
	0x73,
	0xa9,
	0x3f,
	0x8a,
	0x75,
	0x5a,
	0xb8,
	0xf6,
	0xd7,
	0xa4,
	0x5f,
	0x56,
	0xb2,
	0xd1,
	0x16,
	0x40,
	0x5a,
	0xfc,
	0xc0,
	0xb1,
	0x24,
	0x68,
	0xb2,
	0x14,
	0xd6,
	0xd3,
	0x88,
	0xa1,
	0x51,
	0x44,
	0xb2,
	0xac,
	0x1b,
	0x30,
	0xc0,
	0x4d,
	0xa8,
	0x36,
	0xaf,
	0xb5,
	0xa1,
	0x6c,
	0xcf,
	0xd6,
	0x48,
	0x17,
	0x9a,
	0xd4,
	0x2e,
	0x7f,
	0x3e,
	0x83,
	0x4a,
	0x72,
	0x10,
	0x90,
	0xcf,
	0xda,
	0x1a,
	0xf2,
	0x17,
	0x03,
	0x03,
	0x00,
	0x17,
	0x4d,
	0xbb,
	0xab,
	0x27,
	0x7a,
	0xf1,
	0x2b,
	0x19,
	0x00,
	0x3b,
	0x46,
	0x6e,
	0xbc,
	0x1b,
	0xba,
	0x82,
	0x01,
	0xb2,
	0xd8,
	0x70,
	0xa6,
	0x58,
	0xf0,
};

#define RECORD_HEADER 5
/* Where the second byte of legacy_version stands in a record that begins with a ServerHello. */
#define MINOR_AT (RECORD_HEADER + 4 + 1)

static void add(struct buf *b, const uint8_t *bytes, size_t len)
{
	buf_add(b, bytes, len);
}

#define ADD(b, array) add(b, array, sizeof(array))

static void add_record(struct buf *b, uint8_t type, const uint8_t *payload, size_t len)
{
	buf_add_char(b, (char)type);
	buf_add_char(b, 3);
	buf_add_char(b, 3);
	buf_add_char(b, (char)(len >> 8));
	buf_add_char(b, (char)(len & 0xff));
	add(b, payload, len);
}

/* The payload of one record, cut into records of SIZE bytes. */
static void add_in_records(struct buf *b, const uint8_t *record, size_t size)
{
	size_t left = (size_t)record[3] << 8 | record[4];
	const uint8_t *at = record + RECORD_HEADER;
	size_t n;

	for (; left > 0; left -= n, at += n) {
		n = left < size ? left : size;
		add_record(b, record[0], at, n);
	}
}

static bool feed(struct hello_guard *h, struct guard *g, struct str s)
{
	struct str piece = guard_copy(g, s);

	return hello_guard_feed(h, (const uint8_t *)piece.p, piece.n);
}

/* What happens whole, cut at each place, and byte by byte, must be the same. */
static void expect(const struct buf *b, bool pass, enum hello_guard_state state)
{
	struct str all = buf_str(b);
	struct hello_guard h;
	struct guard g = {0};
	size_t at;
	bool ok;

	for (at = 0; at <= all.n; at++) {
		hello_guard_init(&h);
		ok = feed(&h, &g, str_from(all.p, at));
		ok = feed(&h, &g, str_skip(all, at)) && ok;
		assert_int_equal(ok, pass);
		assert_int_equal(h.state, state);
	}
	hello_guard_init(&h);
	for (at = 0, ok = true; at < all.n; at++)
		ok = feed(&h, &g, str_from(all.p + at, 1)) && ok;
	assert_int_equal(ok, pass);
	assert_int_equal(h.state, state);
	guard_release(&g);
}

static void test_real_hellos_pass(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 65536);
	ADD(&b, tls12);
	expect(&b, true, HELLO_GUARD_DONE);
	buf_clear(&b);
	ADD(&b, tls13);
	expect(&b, true, HELLO_GUARD_DONE);
	buf_wipe(&b);
}

static void test_goes_on_after_a_retry_request(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 65536);
	ADD(&b, retry);
	expect(&b, true, HELLO_GUARD_RECORD);
	ADD(&b, ccs);
	ADD(&b, second);
	expect(&b, true, HELLO_GUARD_DONE);
	buf_wipe(&b);
}

static void test_forged_version_is_refused_in_the_first_hello(void **state)
{
	static const uint8_t versions[][2] = {{3, 4}, {3, 2}, {3, 1}, {3, 0}, {2, 3}, {0xfe, 0xfd}};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 65536);
	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		buf_clear(&b);
		ADD(&b, tls13);
		memcpy(b.data + MINOR_AT - 1, versions[i], 2);
		expect(&b, false, HELLO_GUARD_REFUSED);
	}
	buf_clear(&b);
	ADD(&b, retry);
	b.data[MINOR_AT] = 4;
	expect(&b, false, HELLO_GUARD_REFUSED);
	buf_wipe(&b);
}

static void test_forged_version_is_refused_in_the_hello_after_a_retry_request(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 65536);
	ADD(&b, retry);
	ADD(&b, ccs);
	ADD(&b, second);
	b.data[sizeof(retry) + sizeof(ccs) + MINOR_AT] = 4;
	expect(&b, false, HELLO_GUARD_REFUSED);
	buf_wipe(&b);
}

/* The library must not get to see a whole message: the version's last byte is the one refused. */
static void test_refusal_comes_with_the_versions_last_byte_and_stays(void **state)
{
	uint8_t forged[sizeof(tls13)];
	struct hello_guard h;
	size_t i;

	(void)state;
	memcpy(forged, tls13, sizeof(forged));
	forged[MINOR_AT] = 4;
	hello_guard_init(&h);
	for (i = 0; i < MINOR_AT; i++)
		assert_true(hello_guard_feed(&h, forged + i, 1));
	assert_false(hello_guard_feed(&h, forged + i, 1));
	assert_false(hello_guard_feed(&h, tls12, sizeof(tls12)));
	assert_false(hello_guard_feed(&h, tls12, 0));
}

static void test_records_of_any_size_make_no_difference(void **state)
{
	struct buf b;
	size_t size;

	(void)state;
	buf_init(&b, 65536);
	for (size = 1; size < 50; size++) {
		buf_clear(&b);
		add_in_records(&b, retry, size);
		add_in_records(&b, second, size);
		expect(&b, true, HELLO_GUARD_DONE);
	}
	buf_wipe(&b);
}

static void test_forged_version_in_records_of_one_byte(void **state)
{
	uint8_t forged[sizeof(tls13)];
	struct buf b;

	(void)state;
	memcpy(forged, tls13, sizeof(forged));
	forged[MINOR_AT] = 4;
	buf_init(&b, 65536);
	add_in_records(&b, forged, 1);
	expect(&b, false, HELLO_GUARD_REFUSED);
	buf_wipe(&b);
}

static void test_records_before_and_between_are_the_librarys(void **state)
{
	static const uint8_t alert[] = {0x15, 3, 3, 0, 2, 1, 0};
	/* Its payload looks like a forged hello, but it is no handshake record. */
	static const uint8_t data[] = {0x17, 3, 3, 0, 6, 2, 0, 0, 0x60, 3, 4};
	static const uint8_t empty[] = {0x16, 3, 3, 0, 0};
	static const uint8_t odd[] = {0xff, 0xff, 0xff, 0, 1, 2};
	static const uint8_t hello_request[] = {0x16, 3, 3, 0, 4, 0, 0, 0, 0};
	struct buf b;

	(void)state;
	buf_init(&b, 65536);
	ADD(&b, alert);
	expect(&b, true, HELLO_GUARD_RECORD);
	ADD(&b, data);
	ADD(&b, empty);
	ADD(&b, empty);
	ADD(&b, odd);
	ADD(&b, hello_request);
	add_record(&b, 0x16, tls12 + RECORD_HEADER, 3);
	ADD(&b, empty);
	ADD(&b, ccs);
	add_record(&b, 0x16, tls12 + RECORD_HEADER + 3, sizeof(tls12) - RECORD_HEADER - 3);
	expect(&b, true, HELLO_GUARD_DONE);
	buf_wipe(&b);
}

static void test_forged_hello_behind_another_message_in_one_record(void **state)
{
	static const uint8_t payload[] = {11, 0, 0, 3, 'a', 'b', 'c', 2, 0, 0, 0x60, 3, 4};
	struct buf b;

	(void)state;
	buf_init(&b, 65536);
	add_record(&b, 0x16, payload, sizeof(payload));
	expect(&b, false, HELLO_GUARD_REFUSED);
	buf_clear(&b);
	add_record(&b, 0x16, payload, sizeof(payload) - 1);
	expect(&b, true, HELLO_GUARD_RECORD);
	buf_wipe(&b);
}

static void test_hello_too_short_for_its_random_is_refused(void **state)
{
	static const uint8_t payload[] = {2, 0, 0, 33, 3, 3};
	struct buf b;

	(void)state;
	buf_init(&b, 64);
	add_record(&b, 0x16, payload, sizeof(payload));
	expect(&b, false, HELLO_GUARD_REFUSED);
	buf_wipe(&b);
}

/* A message of 16 MiB - 1, the largest there can be, in records of 64 KiB - 1; then the hello. */
static void test_sizes_beyond_the_rules_do_no_harm(void **state)
{
	static const uint8_t start[] = {11, 0xff, 0xff, 0xff, 0};
	static uint8_t zeros[65535];
	struct hello_guard h;
	struct buf b;
	unsigned i;

	(void)state;
	buf_init(&b, 1u << 20);
	hello_guard_init(&h);
	add_record(&b, 0x15, zeros, sizeof(zeros));
	add_record(&b, 0x16, start, sizeof(start));
	assert_true(hello_guard_feed(&h, (const uint8_t *)b.data, b.len));
	buf_clear(&b);
	add_record(&b, 0x16, zeros, sizeof(zeros));
	for (i = 0; i < 256; i++)
		assert_true(hello_guard_feed(&h, (const uint8_t *)b.data, b.len));
	buf_clear(&b);
	add_record(&b, 0x16, zeros, 0xfffffe - 256 * sizeof(zeros));
	ADD(&b, tls12);
	assert_true(
		hello_guard_feed(&h, (const uint8_t *)b.data, b.len - sizeof(tls12) + MINOR_AT));
	assert_int_equal(h.state, HELLO_GUARD_PAYLOAD);
	assert_true(hello_guard_feed(&h, (const uint8_t *)b.data + b.len - sizeof(tls12) + MINOR_AT,
		sizeof(tls12) - MINOR_AT));
	assert_int_equal(h.state, HELLO_GUARD_DONE);
	buf_wipe(&b);
}

static void test_never_looks_again_once_done(void **state)
{
	uint8_t forged[sizeof(tls13)];
	struct hello_guard h;

	(void)state;
	memcpy(forged, tls13, sizeof(forged));
	forged[MINOR_AT] = 4;
	hello_guard_init(&h);
	assert_true(hello_guard_feed(&h, tls13, sizeof(tls13)));
	assert_true(hello_guard_feed(&h, forged, sizeof(forged)));
	assert_int_equal(h.state, HELLO_GUARD_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_hellos_pass),
		cmocka_unit_test(test_goes_on_after_a_retry_request),
		cmocka_unit_test(test_forged_version_is_refused_in_the_first_hello),
		cmocka_unit_test(test_forged_version_is_refused_in_the_hello_after_a_retry_request),
		cmocka_unit_test(test_refusal_comes_with_the_versions_last_byte_and_stays),
		cmocka_unit_test(test_records_of_any_size_make_no_difference),
		cmocka_unit_test(test_forged_version_in_records_of_one_byte),
		cmocka_unit_test(test_records_before_and_between_are_the_librarys),
		cmocka_unit_test(test_forged_hello_behind_another_message_in_one_record),
		cmocka_unit_test(test_hello_too_short_for_its_random_is_refused),
		cmocka_unit_test(test_sizes_beyond_the_rules_do_no_harm),
		cmocka_unit_test(test_never_looks_again_once_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
