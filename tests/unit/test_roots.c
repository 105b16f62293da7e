#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/x509_crt.h>

#include "base/buf.h"
#include "codec/date.h"
#include "codec/der.h"
#include "sys/roots.h"
#include "sys/roots_data.h"

static void has_roots_with_their_date(void **state)
{
	int64_t date;

	(void)state;
	if (roots_count() == 0) {
		assert_string_equal(roots_date(), "none");
		skip();
	}
	assert_in_range(roots_count(), 100, 250);
	assert_int_equal(strlen(roots_date()), 10);
	assert_true(date_parse_rfc3339(str_of(roots_date()), &date));
	/* What the list takes in the binary. */
	assert_in_range(roots_data.ends[roots_count()], 1, 130 * 1024);
}

static void every_root_is_a_name_and_a_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < roots_count(); i++) {
		struct str subject, spki, rest, content;
		uint8_t tag;

		roots_get(i, &subject, &spki);
		rest = subject;
		assert_true(der_next(&rest, &tag, &content, NULL));
		assert_true(tag == 0x30 && rest.n == 0 && content.n > 0);
		rest = spki;
		assert_true(der_next(&rest, &tag, &content, NULL));
		assert_true(tag == 0x30 && rest.n == 0 && content.n > 0);
	}
}

/* What a verifier makes of the stand-in certificate: the name, the key, a CA without end. */
static void the_library_takes_every_stand_in(void **state)
{
	struct buf der;

	(void)state;
	buf_init(&der, 4096);
	for (size_t i = 0; i < roots_count(); i++) {
		struct str subject, spki;
		mbedtls_x509_crt crt;

		roots_get(i, &subject, &spki);
		buf_clear(&der);
		der_anchor(subject, spki, &der);
		assert_false(der.failed);
		mbedtls_x509_crt_init(&crt);
		assert_int_equal(
			mbedtls_x509_crt_parse_der(&crt, (const unsigned char *)der.data, der.len),
			0);
		assert_true(str_equal(
			str_from((char *)crt.subject_raw.p, crt.subject_raw.len), subject));
		assert_true(str_equal(str_from((char *)crt.pk_raw.p, crt.pk_raw.len), spki));
		assert_int_equal(crt.version, 3);
		assert_int_equal(crt.valid_from.year, 1970);
		assert_int_equal(crt.valid_to.year, 9999);
		assert_true(crt.MBEDTLS_PRIVATE(ca_istrue));
		mbedtls_x509_crt_free(&crt);
	}
	buf_wipe(&der);
}

static bool has_root(const char *name)
{
	for (size_t i = 0; i < roots_count(); i++) {
		struct str subject, spki;

		roots_get(i, &subject, &spki);
		if (str_contains(subject, name))
			return true;
	}
	return false;
}

static void has_who_signs_and_not_who_no_longer_may(void **state)
{
	(void)state;
	if (roots_count() == 0)
		skip();
	assert_true(has_root("ISRG Root X1"));
	assert_true(has_root("DigiCert Global Root G2"));
	assert_true(has_root("GTS Root R1"));
	/* Trusted only for what it issued up to November 2024. */
	assert_false(has_root("Entrust Root Certification Authority"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_roots_with_their_date),
		cmocka_unit_test(every_root_is_a_name_and_a_key),
		cmocka_unit_test(the_library_takes_every_stand_in),
		cmocka_unit_test(has_who_signs_and_not_who_no_longer_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
