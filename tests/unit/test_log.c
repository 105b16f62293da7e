#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sys/log.h"

/* Where a log writes to in a test. What it looks like is test_console.c's business. */
struct paper {
	unsigned count;
	enum log_level level;
	char text[256];
};

static void take(void *context, enum log_level level, struct str line)
{
	struct paper *p = context;

	p->count++;
	p->level = level;
	assert_true(line.n < sizeof(p->text));
	memcpy(p->text, line.p, line.n);
	p->text[line.n] = '\0';
	errno = EBADF;
}

static void two_logs_share_nothing(void **state)
{
	struct paper one = {.count = 0}, two = {.count = 0};
	struct log a = {.write = take, .context = &one};
	struct log b = {.write = take, .context = &two, .verbosity = 2};

	(void)state;
	log_hide(&a, str_of("0123456789"));
	log_line(&a, LOG_WARN, "it is %s", "0123456789");
	log_line(&a, LOG_DETAIL, "unheard");
	log_line(&b, LOG_TRACE, "it is %s", "0123456789");
	assert_int_equal(one.count, 1);
	assert_int_equal(one.level, LOG_WARN);
	assert_string_equal(one.text, "sentry-scim: warning: it is [hidden]\n");
	assert_int_equal(two.count, 1);
	assert_int_equal(two.level, LOG_TRACE);
	assert_string_equal(two.text, "* it is 0123456789\n");
	log_wipe(&a);
	log_wipe(&b);
}

static void a_log_that_is_not_there_hears_nothing(void **state)
{
	(void)state;
	assert_false(log_shows(NULL, LOG_ERROR));
	log_line(NULL, LOG_ERROR, "%s", "unheard");
	log_text(NULL, LOG_ERROR, "> ", str_of("unheard"));
}

static void text_stands_behind_its_own_prefix(void **state)
{
	struct paper p = {.count = 0};
	struct log l = {.write = take, .context = &p, .verbosity = 2};

	(void)state;
	errno = ENOENT;
	log_text(&l, LOG_TRACE, "> ", str_of("GET /\r"));
	assert_int_equal(errno, ENOENT);
	assert_string_equal(p.text, "> GET /\\x0d\n");
	l.verbosity = 1;
	log_text(&l, LOG_TRACE, "> ", str_of("GET /"));
	assert_int_equal(p.count, 1);
	log_wipe(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_logs_share_nothing),
		cmocka_unit_test(a_log_that_is_not_there_hears_nothing),
		cmocka_unit_test(text_stands_behind_its_own_prefix),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
