#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"

static void starts_empty_and_terminated(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_null(b.data);
	assert_string_equal(buf_text(&b), "");
	assert_int_equal(buf_str(&b).n, 0);
	buf_clear(&b);
	buf_drop(&b, 5);
	buf_truncate(&b, 0);
	buf_grew(&b, 0);
	buf_wipe(&b);
}

static void appends_in_every_way(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_add(&b, "ab", 2);
	buf_add(&b, NULL, 0);
	buf_add_str(&b, str_of("cd"));
	buf_add_str(&b, str_of(NULL));
	buf_add_text(&b, "ef");
	buf_add_char(&b, 'g');
	buf_add_u64(&b, 0);
	buf_add_u64(&b, 18446744073709551615u);
	buf_addf(&b, "[%s %03d]", "x", 7);
	assert_string_equal(buf_text(&b), "abcdefg018446744073709551615[x 007]");
	assert_int_equal(b.len, strlen(b.data));
	assert_false(b.failed);
	buf_wipe(&b);
}

static void fills_to_its_maximum_and_not_past_it(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4);
	buf_add_text(&b, "abcd");
	assert_false(b.failed);
	buf_add_char(&b, 'e');
	assert_true(b.failed);
	assert_string_equal(buf_text(&b), "abcd");
	buf_wipe(&b);
	assert_false(b.failed);
	buf_addf(&b, "%s", "12345");
	assert_true(b.failed);
	assert_string_equal(buf_text(&b), "");
	buf_wipe(&b);
}

static void failure_sticks_until_cleared(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 3);
	buf_add_text(&b, "ab");
	buf_add_text(&b, "cd");
	buf_add_text(&b, "c");
	assert_true(b.failed);
	assert_string_equal(buf_text(&b), "ab");
	buf_truncate(&b, 0);
	assert_true(b.failed);
	buf_clear(&b);
	buf_add_text(&b, "abc");
	assert_false(b.failed);
	assert_string_equal(buf_text(&b), "abc");
	buf_wipe(&b);
}

static void a_maximum_of_nothing_and_of_everything(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	buf_add(&b, "", 0);
	assert_false(b.failed);
	buf_add_char(&b, 'a');
	assert_true(b.failed);
	buf_wipe(&b);
	buf_init(&b, SIZE_MAX);
	buf_add_text(&b, "x");
	assert_null(buf_room(&b, SIZE_MAX));
	assert_true(b.failed);
	assert_string_equal(buf_text(&b), "x");
	buf_wipe(&b);
}

static void lends_room_and_counts_what_was_used(void **state)
{
	struct buf b;
	char *room;

	(void)state;
	buf_init(&b, 1000);
	buf_add_text(&b, "<");
	room = buf_room(&b, 999);
	assert_non_null(room);
	memset(room, 'a', 999);
	buf_grew(&b, 2);
	assert_string_equal(buf_text(&b), "<aa");
	assert_null(buf_room(&b, 998));
	assert_true(b.failed);
	buf_wipe(&b);
}

static void drops_from_the_front_and_the_back(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	buf_add_text(&b, "secret-token");
	buf_drop(&b, 7);
	assert_string_equal(buf_text(&b), "token");
	assert_memory_equal(b.data + 5, "\0\0\0\0\0\0\0", 7);
	buf_truncate(&b, 9);
	assert_string_equal(buf_text(&b), "token");
	buf_truncate(&b, 2);
	assert_string_equal(buf_text(&b), "to");
	assert_memory_equal(b.data + 2, "\0\0\0", 3);
	buf_drop(&b, 50);
	assert_string_equal(buf_text(&b), "");
	assert_memory_equal(b.data, "\0\0", 2);
	buf_wipe(&b);
}

static void clearing_keeps_the_memory_and_wipes_it(void **state)
{
	struct buf b;
	char *before;

	(void)state;
	buf_init(&b, 100);
	buf_add_text(&b, "token");
	before = b.data;
	buf_clear(&b);
	assert_ptr_equal(b.data, before);
	assert_memory_equal(b.data, "\0\0\0\0\0", 5);
	buf_wipe(&b);
}

static void content_survives_growing(void **state)
{
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 5000);
	for (i = 0; i < 5000; i++)
		buf_add_char(&b, (char)(i % 251));
	assert_false(b.failed);
	for (i = 0; i < 5000; i++)
		assert_int_equal(b.data[i], (char)(i % 251));
	assert_int_equal(b.data[5000], 0);
	assert_true(b.cap <= b.max + 1);
	buf_wipe(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty_and_terminated),
		cmocka_unit_test(appends_in_every_way),
		cmocka_unit_test(fills_to_its_maximum_and_not_past_it),
		cmocka_unit_test(failure_sticks_until_cleared),
		cmocka_unit_test(a_maximum_of_nothing_and_of_everything),
		cmocka_unit_test(lends_room_and_counts_what_was_used),
		cmocka_unit_test(drops_from_the_front_and_the_back),
		cmocka_unit_test(clearing_keeps_the_memory_and_wipes_it),
		cmocka_unit_test(content_survives_growing),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
