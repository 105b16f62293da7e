#include "codec/pem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END   "-----END CERTIFICATE-----\n"

/* What a whole input came to: 'C' and the content in brackets for a certificate, 'S' for a spoilt
   block, '!' for a cut one at the end. */
struct record {
	struct buf der;
	struct buf events;
	struct pem pem;
};

static void record_init(struct record *r, size_t max)
{
	buf_init(&r->der, max);
	buf_init(&r->events, 65536);
	pem_init(&r->pem, &r->der);
}

static void record_wipe(struct record *r)
{
	buf_wipe(&r->der);
	buf_wipe(&r->events);
}

static void record_feed(struct record *r, struct str piece)
{
	enum pem_step step;
	size_t used;

	do {
		step = pem_feed(&r->pem, piece.p, piece.n, &used);
		assert_true(used <= piece.n);
		piece = str_skip(piece, used);
		if (step == PEM_CERTIFICATE) {
			buf_add_text(&r->events, "C[");
			buf_add_str(&r->events, buf_str(&r->der));
			buf_add_text(&r->events, "]");
		} else if (step == PEM_SPOILT) {
			buf_add_text(&r->events, "S");
		}
	} while (step != PEM_MORE);
	assert_int_equal(piece.n, 0);
}

static void expect_cut_at(
	struct str text, size_t first, size_t size, size_t max, const char *events)
{
	struct record r;
	struct guard g = {0};
	size_t n;

	record_init(&r, max);
	for (n = first; text.n > 0; text = str_skip(text, n), n = size)
		record_feed(&r, guard_copy(&g, str_from(text.p, n < text.n ? n : text.n)));
	if (pem_cut(&r.pem))
		buf_add_text(&r.events, "!");
	assert_string_equal(buf_text(&r.events), events);
	record_wipe(&r);
	guard_release(&g);
}

static void expect_of(struct str text, size_t max, const char *events)
{
	size_t at;

	for (at = 1; at <= text.n; at++)
		expect_cut_at(text, at, text.n, max, events);
	expect_cut_at(text, 1, 1, max, events);
}

static void expect(const char *text, const char *events)
{
	expect_of(str_of(text), 64, events);
}

static void test_certificates_one_after_the_other(void **state)
{
	(void)state;
	expect(BEGIN "aGVsbG8=\n" END, "C[hello]");
	expect(BEGIN "aGVs\nbG8=\n" END BEGIN "d29y\nbGQh\n" END, "C[hello]C[world!]");
	expect(BEGIN "aGVsbG8=\n-----END CERTIFICATE-----", "C[hello]");
	expect(BEGIN "a G\tV sbG8 =\n\n\n" END, "C[hello]");
	expect("-----BEGIN CERTIFICATE-----\r\naGVs\r\nbG8=\r\n-----END CERTIFICATE-----\r\n",
		"C[hello]");
	expect("-----BEGIN CERTIFICATE-----  \t\naGVsbG8=\n" END, "C[hello]");
}

static void test_what_stands_around_them_is_passed_over(void **state)
{
	(void)state;
	expect("", "");
	expect("no PEM at all", "");
	expect("# Root of trust\n=====\n" BEGIN "aGVsbG8=\n" END "subject=...\n\n", "C[hello]");
	expect("-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n" BEGIN
	       "aGVsbG8=\n" END,
		"C[hello]");
	expect("-----BEGIN TRUSTED CERTIFICATE-----\naGVsbG8=\n-----END TRUSTED CERTIFICATE-----\n",
		"");
	expect("x-----BEGIN CERTIFICATE-----\naGVsbG8=\n" END, "");
	expect("-----BEGIN CERTIFICATE-----x\naGVsbG8=\n" END, "");
	expect("-----BEGIN CERTIFICATE----\naGVsbG8=\n" END, "");
	expect(END "aGVsbG8=\n" END, "");
	expect("\xEF\xBB\xBF" BEGIN "aGVsbG8=\n" END, "C[hello]");
	expect("-----BEGIN CERTIFICATE-----"
	       "                                                                 \naGVs\n" END,
		"");
}

static void test_spoilt_blocks_are_skipped_and_told(void **state)
{
	(void)state;
	expect(BEGIN END, "S");
	expect(BEGIN "aGVsbG8=\nProc-Type: 4\n" END, "S");
	expect(BEGIN "aGVsbG8\n" END, "S");
	expect(BEGIN "aGVsbG8==\n" END, "S");
	expect(BEGIN "aGVsbG8=aGVs\n" END, "S");
	expect(BEGIN "aGVs*\n" END BEGIN "aGVsbG8=\n" END, "SC[hello]");
	expect(BEGIN "aGVs\n" BEGIN "aGVsbG8=\n" END, "SC[hello]");
	expect(BEGIN "aGVs\n-----END X509 CRL-----\naGVs\n" END, "S");
	expect(BEGIN "aGVs\n-\n" END, "S");
	expect(BEGIN "aGVs-----END CERTIFICATE-----\n" END, "S");
	expect_of(
		str_from(BEGIN "aGVs\0aGVs\n" END, sizeof(BEGIN "aGVs\0aGVs\n" END) - 1), 64, "S");
}

static void test_input_that_ends_within_a_block(void **state)
{
	(void)state;
	expect(BEGIN, "!");
	expect("-----BEGIN CERTIFICATE-----", "!");
	expect("-----BEGIN CERTIFICATE----", "");
	expect(BEGIN "aGVsbG8=\n", "!");
	expect(BEGIN "aGVsbG8=\n-----END CERTIFICATE----", "!");
	expect(BEGIN "aGVsbG8=\n" END BEGIN "*", "C[hello]!");
}

static void test_a_certificate_too_large_for_the_buffer_is_spoilt(void **state)
{
	static const char text[] =
		BEGIN "aGVsbG8=\n" END BEGIN "aGVsbG8h\n" END BEGIN "d29ybGQ=\n" END;

	(void)state;
	expect_of(str_of(text), 5, "C[hello]SC[world]");
	expect_of(str_of(text), 6, "C[hello]C[hello!]C[world]");
	expect_of(str_of(text), 2, "SSS");
}

/* Gives up the block that is under way behind the first AT bytes. */
static void expect_skip(const char *text, size_t at, const char *events)
{
	struct str all = str_of(text), rest;
	struct record r;
	size_t size;

	for (size = 1; size <= all.n; size++) {
		record_init(&r, 64);
		record_feed(&r, str_from(all.p, at));
		pem_skip(&r.pem);
		for (rest = str_skip(all, at); rest.n > 0; rest = str_skip(rest, size))
			record_feed(&r, str_from(rest.p, size < rest.n ? size : rest.n));
		if (pem_cut(&r.pem))
			buf_add_text(&r.events, "!");
		assert_string_equal(buf_text(&r.events), events);
		record_wipe(&r);
	}
}

static void test_block_given_up_is_passed_over_in_silence(void **state)
{
	static const char text[] = BEGIN "aGVs\nbG8=\n" END BEGIN "d29ybGQ=\n" END;
	size_t begun = sizeof(BEGIN) - 1, at;

	(void)state;
	for (at = begun; at < begun + 10 + sizeof(END) - 3; at++)
		expect_skip(text, at, "C[world]");
	/* Outside of a block there is nothing to give up. */
	for (at = 0; at < begun; at++)
		expect_skip(text, at, "C[hello]C[world]");
	expect_skip(BEGIN "a*\n" END BEGIN "d29ybGQ=\n" END, begun + 1, "C[world]");
	expect_skip(BEGIN "aGVs\n" BEGIN "d29ybGQ=\n" END, begun + 1, "C[world]");
	expect_skip(BEGIN "aGVs\n", begun + 1, "!");
}

static void test_a_line_without_end_is_decoded_as_it_comes(void **state)
{
	struct record r;
	unsigned i;

	(void)state;
	record_init(&r, 30000);
	record_feed(&r, str_of(BEGIN));
	for (i = 0; i < 5000; i++)
		record_feed(&r, str_of("aGVsbG8h"));
	record_feed(&r, str_of("\n" END));
	assert_int_equal(r.der.len, 30000);
	assert_int_equal(r.events.len, 30000 + 3);
	record_wipe(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certificates_one_after_the_other),
		cmocka_unit_test(test_what_stands_around_them_is_passed_over),
		cmocka_unit_test(test_spoilt_blocks_are_skipped_and_told),
		cmocka_unit_test(test_input_that_ends_within_a_block),
		cmocka_unit_test(test_a_certificate_too_large_for_the_buffer_is_spoilt),
		cmocka_unit_test(test_block_given_up_is_passed_over_in_silence),
		cmocka_unit_test(test_a_line_without_end_is_decoded_as_it_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
