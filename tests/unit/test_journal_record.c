#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka needs the headers above */
#include <cmocka.h>

#include "codec/journal_record.h"
#include "guard.h"

static const uint8_t run[JOURNAL_RUN_ID] = {1, 2, 3, 250};
static const uint8_t other[JOURNAL_RUN_ID] = {1, 2, 3, 251};

static void crc_is_castagnoli(void **state)
{
	uint8_t zeros[32] = {0};

	(void)state;
	/* RFC 3720 B.4 */
	assert_int_equal(journal_crc(0, zeros, 32), 0x8a9136aa);
	assert_int_equal(journal_crc(0, "123456789", 9), 0xe3069283);
	assert_int_equal(journal_crc(journal_crc(0, "1234", 4), "56789", 5), 0xe3069283);
}

static struct journal_record sample(void)
{
	return (struct journal_record){.seq = 42,
		.type = 'R',
		.row = 7,
		.who = str_of("0123456789abcdef"),
		.data = str_of("created,201,242")};
}

static void what_was_written_is_read(void **state)
{
	struct journal_record r = sample(), back;
	struct buf line;
	struct guard g = {0};
	struct str text;

	(void)state;
	buf_init(&line, 1024);
	assert_true(journal_record_write(&r, run, &line));
	assert_int_equal(line.data[line.len - 1], '\n');
	assert_true(str_starts(buf_str(&line), "42 R 7 0123456789abcdef created,201,242 *"));
	text = guard_copy(&g, str_from(line.data, line.len - 1));
	assert_true(journal_record_read(text, run, &back));
	assert_int_equal(back.seq, 42);
	assert_int_equal(back.row, 7);
	assert_int_equal(back.type, 'R');
	assert_true(str_is(back.who, "0123456789abcdef"));
	assert_true(str_is(back.data, "created,201,242"));
	assert_false(journal_record_read(text, other, &back));
	guard_release(&g);
	buf_wipe(&line);
}

/* Every cut and every changed bit: nothing but the record itself is ever believed. The one thing
   that may change is the case of a digit of the check sum, which says the same. */
static void damage_is_never_believed(void **state)
{
	struct journal_record r = sample(), back;
	struct buf line;
	struct guard g = {0};
	size_t len, i;
	unsigned bit;

	(void)state;
	buf_init(&line, 1024);
	assert_true(journal_record_write(&r, run, &line));
	len = line.len - 1;
	for (i = 0; i < len; i++)
		assert_false(
			journal_record_read(guard_copy(&g, str_from(line.data, i)), run, &back));
	for (i = 0; i < len; i++)
		for (bit = 0; bit < 8; bit++) {
			line.data[i] = (char)(line.data[i] ^ (1 << bit));
			if (journal_record_read(
				    guard_copy(&g, str_from(line.data, len)), run, &back)) {
				assert_true(i >= len - 8 && bit == 5);
				assert_int_equal(back.seq, 42);
				assert_true(str_is(back.data, "created,201,242"));
			}
			line.data[i] = (char)(line.data[i] ^ (1 << bit));
		}
	guard_release(&g);
	buf_wipe(&line);
}

static void what_would_break_a_line_is_refused(void **state)
{
	static const char *const bad[] = {"", "a b", "a\nb", "\x7f", "\xc3\xa9", "a\tb"};
	char text[600];
	struct buf line;
	unsigned i;

	(void)state;
	buf_init(&line, 1024);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct journal_record r = sample();

		r.who = str_of(bad[i]);
		assert_false(journal_record_write(&r, run, &line));
		r = sample();
		r.data = str_of(bad[i]);
		assert_false(journal_record_write(&r, run, &line));
	}
	memset(text, 'x', sizeof(text));
	{
		struct journal_record r = sample();

		r.data = str_from(text, JOURNAL_RECORD_MAX);
		assert_false(journal_record_write(&r, run, &line));
		r = sample();
		r.type = 'a';
		assert_false(journal_record_write(&r, run, &line));
	}
	assert_int_equal(line.len, 0);
	buf_wipe(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc_is_castagnoli),
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(damage_is_never_believed),
		cmocka_unit_test(what_would_break_a_line_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
