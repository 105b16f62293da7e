#include <signal.h>
#include <string.h>

#include "apart.h"
#include "sys/relro.h"

#define COUNT 4096

/* Pointers that start-up relocates: two pages and more of them, so that one lies wholly within. */
#define FOUR(p)    p, p, p, p
#define SIXTEEN(p) FOUR(p), FOUR(p), FOUR(p), FOUR(p)
#define MANY(p)    SIXTEEN(p), SIXTEEN(p), SIXTEEN(p), SIXTEEN(p)
#define LOTS(p)    MANY(p), MANY(p), MANY(p), MANY(p), MANY(p), MANY(p), MANY(p), MANY(p)

static const char text[] = "text";
static const char *const pointers[COUNT] = {
	LOTS(text), LOTS(text), LOTS(text), LOTS(text), LOTS(text)};

static int write_to_a_pointer(void)
{
	const char **volatile at = (const char **)(uintptr_t)&pointers[COUNT / 2];

	signal(SIGSEGV, SIG_DFL);
	relro_protect();
	*at = NULL;
	return APART_PASSED;
}

static void what_start_up_wrote_can_be_written_no_more(void **state)
{
	(void)state;
	assert_int_equal(apart_end(apart_start(write_to_a_pointer)), 128 + SIGSEGV);
}

static int read_all(void)
{
	relro_protect();
	relro_protect();
	EXPECT(strcmp(pointers[0], "text") == 0);
	EXPECT(pointers[COUNT - 1] == NULL);
	return APART_PASSED;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_start_up_wrote_can_be_written_no_more),
		apart_test(read_all),
	};

	return cmocka_run_group_tests_name("relro", tests, NULL, NULL);
}
