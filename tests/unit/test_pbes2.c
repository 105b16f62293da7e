#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "codec/pbes2.h"
#include "guard.h"

#define SALT "\x04\x08saltsalt"
#define IV                                                                                         \
	"\x04\x10"                                                                                 \
	"0123456789abcdef"

#define PBES2   STR("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d")
#define PBES1   STR("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x03")
#define PBKDF2  STR("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c")
#define SCRYPT  STR("\x06\x09\x2b\x06\x01\x04\x01\xda\x47\x04\x0b")
#define AES128  STR("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x02")
#define AES192  STR("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x16")
#define AES256  STR("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a")
#define DES3    STR("\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x07")
#define SHA1    STR("\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x07\x05\x00")
#define SHA256  STR("\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09\x05\x00")
#define SHA384  STR("\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x0a\x05\x00")
#define SHA512  STR("\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x0b\x05\x00")
#define MD5     STR("\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x05\x05\x00")
#define NOTHING STR("")

/* What a key is made of, the usual parts where they are not given. */
struct key {
	struct str scheme, kdf, salt, iterations, key_bytes, prf, cipher, iv;
	size_t data;
};

static void wrap(struct buf *out, uint8_t tag, const struct buf *content)
{
	assert_true(content->len < 256);
	buf_add_char(out, (char)tag);
	if (content->len >= 128)
		buf_add_char(out, (char)0x81);
	buf_add_char(out, (char)content->len);
	buf_add_str(out, buf_str(content));
}

static struct str or (struct str given, struct str usual)
{
	return given.p != NULL ? given : usual;
}

static void make(const struct key *k, struct buf *out)
{
	struct buf a, b, c;
	size_t i;

	buf_init(&a, 512);
	buf_init(&b, 512);
	buf_init(&c, 512);
	buf_add_str(&a, or (k->salt, (struct str)STR(SALT)));
	buf_add_str(&a, or (k->iterations, (struct str)STR("\x02\x02\x08\x00")));
	buf_add_str(&a, or (k->key_bytes, (struct str)NOTHING));
	buf_add_str(&a, or (k->prf, (struct str)SHA256));
	buf_add_str(&b, or (k->kdf, (struct str)PBKDF2));
	wrap(&b, 0x30, &a);
	wrap(&c, 0x30, &b);
	buf_clear(&a);
	buf_add_str(&a, or (k->cipher, (struct str)AES256));
	buf_add_str(&a, or (k->iv, (struct str)STR(IV)));
	wrap(&c, 0x30, &a);
	buf_clear(&a);
	buf_add_str(&a, or (k->scheme, (struct str)PBES2));
	wrap(&a, 0x30, &c);
	buf_clear(&b);
	wrap(&b, 0x30, &a);
	buf_clear(&c);
	for (i = 0; i < k->data; i++)
		buf_add_char(&c, 'x');
	wrap(&b, 0x04, &c);
	buf_clear(out);
	wrap(out, 0x30, &b);
	assert_false(out->failed);
	buf_wipe(&a);
	buf_wipe(&b);
	buf_wipe(&c);
}

static void the_parts_are_found(void **state)
{
	static const struct {
		struct key key;
		unsigned key_bytes;
		enum pbes2_prf prf;
		uint32_t iterations;
	} rows[] = {
		{{.data = 16}, 32, PBES2_HMAC_SHA256, 2048},
		{{.data = 112, .cipher = AES128, .prf = SHA1}, 16, PBES2_HMAC_SHA1, 2048},
		/* RFC 8018 A.2: without a word about it */
		{{.data = 16, .prf = NOTHING}, 32, PBES2_HMAC_SHA1, 2048},
		{{.data = 16, .prf = SHA384, .cipher = AES192}, 24, PBES2_HMAC_SHA384, 2048},
		{{.data = 16, .prf = SHA512, .key_bytes = STR("\x02\x01\x20")}, 32,
			PBES2_HMAC_SHA512, 2048},
		{{.data = 16, .iterations = STR("\x02\x01\x01")}, 32, PBES2_HMAC_SHA256, 1},
		{{.data = 16, .iterations = STR("\x02\x04\x00\x98\x96\x80")}, 32, PBES2_HMAC_SHA256,
			LIMIT_KEY_ITERATIONS},
	};
	struct pbes2 p;
	struct buf der;
	size_t i;

	(void)state;
	buf_init(&der, 512);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		make(&rows[i].key, &der);
		assert_true(pbes2_parse(buf_str(&der), &p));
		assert_int_equal(p.key_bytes, rows[i].key_bytes);
		assert_int_equal(p.prf, rows[i].prf);
		assert_int_equal(p.iterations, rows[i].iterations);
		assert_true(str_is(p.salt, "saltsalt") && str_is(p.iv, "0123456789abcdef"));
		assert_int_equal(p.data.n, rows[i].key.data);
		assert_int_equal(p.data.p[0], 'x');
	}
	buf_wipe(&der);
}

static void what_is_encrypted_otherwise_is_refused(void **state)
{
	static const struct key keys[] = {
		{.data = 16, .scheme = PBES1},
		{.data = 16, .kdf = SCRYPT},
		{.data = 16, .cipher = DES3},
		{.data = 16, .prf = MD5},
		{.data = 16, .iterations = STR("\x02\x01\x00")},
		{.data = 16, .iterations = STR("\x02\x04\x00\x98\x96\x81")},
		{.data = 16, .iterations = STR("\x02\x04\xff\xff\xff\xff")},
		{.data = 16, .iterations = STR("\x02\x05\x00\x00\x00\x00\x01")},
		{.data = 16, .iterations = STR("\x02\x00")},
		{.data = 16, .key_bytes = STR("\x02\x01\x10")},
		{.data = 16,
			.iv = STR("\x04\x08"
				  "01234567")},
		{.data = 16, .salt = STR("\x05\x00")},
		{.data = 0},
		{.data = 15},
		{.data = 17},
	};
	struct pbes2 p;
	struct buf der;
	size_t i;

	(void)state;
	buf_init(&der, 512);
	for (i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		make(&keys[i], &der);
		if (pbes2_parse(buf_str(&der), &p))
			fail_msg("row %zu was taken", i);
	}
	buf_wipe(&der);
}

static void every_cut_is_refused(void **state)
{
	const struct key key = {.data = 16, .key_bytes = STR("\x02\x01\x20")};
	struct guard g = {0};
	struct pbes2 p;
	struct buf der;
	size_t n;

	(void)state;
	buf_init(&der, 512);
	make(&key, &der);
	for (n = 0; n < der.len; n++)
		assert_false(pbes2_parse(guard_copy(&g, str_from(der.data, n)), &p));
	assert_true(pbes2_parse(guard_copy(&g, buf_str(&der)), &p));
	guard_release(&g);
	buf_wipe(&der);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parts_are_found),
		cmocka_unit_test(what_is_encrypted_otherwise_is_refused),
		cmocka_unit_test(every_cut_is_refused),
	};

	return cmocka_run_group_tests_name("pbes2", tests, NULL, NULL);
}
