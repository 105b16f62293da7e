#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apart.h"
#include "base/buf.h"
#include "base/limits.h"
#include "sys/secret.h"

#define TOKEN "sntryu_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

extern char **environ;

static char path[] = "/tmp/test_secret.XXXXXX";

static int make_path(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	return fd < 0;
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

static void file_holds(struct str text, mode_t mode)
{
	int fd;

	assert_int_equal(chmod(path, 0600), 0);
	fd = open(path, O_WRONLY | O_TRUNC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void takes_a_token_without_what_surrounds_it(void **state)
{
	static const char *const texts[] = {
		TOKEN, TOKEN "\n", TOKEN "\r\n", (" \t" TOKEN " \n\n"), ("\n" TOKEN)};
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_true(secret_set(&s, str_of(texts[i]), "here", &e));
		assert_true(str_is(s.value, TOKEN));
	}
	secret_wipe(&s);
	assert_null(s.page);
	assert_int_equal(s.value.n, 0);
	secret_wipe(&s);
}

static void refuses_what_is_no_token_without_repeating_it(void **state)
{
	static const struct {
		const char *text, *words, *hint;
	} rows[] = {
		{"", "empty", ""},
		{" \r\n\t", "empty", ""},
		{"canary canary", "byte 7 is", "nothing else"},
		{"canary\ncanary", "byte 7 is", "nothing else"},
		{"canary\tcanary", "byte 7 is", "nothing else"},
		{"canary\x7F", "byte 7 is", "nothing else"},
		{"canary\x1B[2J", "byte 7 is", "nothing else"},
		{"canary\xC3\xA9", "byte 7 is", "nothing else"},
		{"\xEF\xBB\xBF"
		 "canary",
			"byte 1 is", "byte order mark"},
	};
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err_clear(&e);
		assert_false(secret_set(&s, str_of(rows[i].text), "the file", &e));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_ptr_equal(strstr(e.text, "the file"), e.text);
		assert_non_null(strstr(e.text, rows[i].words));
		assert_non_null(strstr(e.hint, rows[i].hint));
		assert_null(strstr(e.text, "canary"));
		assert_null(strstr(e.hint, "canary"));
		assert_null(s.page);
	}
	err_clear(&e);
	assert_false(secret_set(&s, str_from("canary\0canary", 13), "the file", &e));
	assert_non_null(strstr(e.text, "byte 7 is"));
}

static void every_byte_that_is_not_visible_ascii_is_refused(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};
	char text[] = "a?b";
	bool visible;
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		text[1] = (char)c;
		visible = c > 0x20 && c < 0x7F;
		err_clear(&e);
		assert_int_equal(secret_set(&s, str_from(text, 3), "here", &e), visible);
	}
	secret_wipe(&s);
}

static void a_failure_leaves_the_old_secret(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};

	(void)state;
	assert_true(secret_set(&s, str_of(TOKEN), "here", &e));
	assert_false(secret_set(&s, str_of("no token"), "here", &e));
	assert_true(str_is(s.value, TOKEN));
	secret_wipe(&s);
}

static void the_longest_token_is_taken_and_a_longer_one_is_not(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};
	char text[LIMIT_TOKEN + 1];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_true(secret_set(&s, str_from(text, LIMIT_TOKEN), "here", &e));
	assert_int_equal(s.value.n, LIMIT_TOKEN);
	assert_memory_equal(s.value.p, text, LIMIT_TOKEN);
	assert_false(secret_set(&s, str_from(text, LIMIT_TOKEN + 1), "here", &e));
	assert_non_null(strstr(e.text, "longer than 4096 bytes"));
	secret_wipe(&s);
}

static void fault(int number)
{
	(void)number;
	_exit(42);
}

static int touch(const char *p)
{
	const struct sigaction action = {.sa_handler = fault};
	pid_t child = fork();

	if (child == 0) {
		sigaction(SIGSEGV, &action, NULL);
		sigaction(SIGBUS, &action, NULL);
		_exit(*(const volatile char *)p != 0);
	}
	return apart_end(child);
}

static void reading_past_it_faults_on_either_side(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};

	(void)state;
	assert_true(secret_set(&s, str_of(TOKEN), "here", &e));
	assert_int_not_equal(touch(s.value.p), 42);
	assert_int_equal(touch(s.value.p + s.value.n), 42);
	assert_int_not_equal(touch(s.page + page), 42);
	assert_int_equal(touch(s.page + page - 1), 42);
	assert_int_equal(touch(s.page + s.mapped - 1), 42);
	secret_wipe(&s);
}

static void the_memory_is_given_back(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};
	char *page;
	size_t mapped;

	(void)state;
	if (apart_emulated())
		skip();
	assert_true(secret_set(&s, str_of(TOKEN), "here", &e));
	page = s.page;
	mapped = s.mapped;
	secret_wipe(&s);
	assert_int_equal(msync(page, mapped, MS_ASYNC), -1);
}

static int a_child_process_does_not_inherit_it(void)
{
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};
	pid_t child;
	void *probe;
	int answer;

	probe = mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (apart_emulated() || probe == MAP_FAILED || madvise(probe, 1, MADV_WIPEONFORK) != 0)
		return APART_SKIP;
	EXPECT(secret_set(&s, str_of(TOKEN), "here", &e));
	child = fork();
	if (child == 0)
		_exit(s.value.p[0] == '\0' && s.value.p[s.value.n - 1] == '\0' ? 0 : 1);
	answer = apart_end(child);
	EXPECT(answer == 0);
	EXPECT(str_is(s.value, TOKEN));
	return APART_PASSED;
}

/* The kernel's flags of the mapping that holds P: "dd" for no dump, "lo" for locked. */
static int flags_of(const char *p, char *flags, size_t size)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	unsigned long at = (unsigned long)p;
	char start[32], text[512];
	bool inside = false;

	if (maps == NULL)
		return APART_SKIP;
	snprintf(start, sizeof(start), "%lx-", at - at % (unsigned long)sysconf(_SC_PAGESIZE));
	while (fgets(text, sizeof(text), maps) != NULL) {
		if (strncmp(text, start, strlen(start)) == 0)
			inside = true;
		if (!inside || strncmp(text, "VmFlags:", 8) != 0)
			continue;
		snprintf(flags, size, "%s", text);
		fclose(maps);
		return APART_PASSED;
	}
	fclose(maps);
	return APART_FAILED;
}

/* Whether mlock() locks at all: the address sanitizer makes it do nothing. */
static bool mlock_works(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char flags[512] = "";

	if (p == MAP_FAILED || mprotect(p + page, page, PROT_READ) != 0)
		return false;
	return mlock(p + page, page) == 0 &&
		flags_of(p + page, flags, sizeof(flags)) == APART_PASSED &&
		strstr(flags, " lo") != NULL;
}

static int it_is_locked_and_kept_out_of_core_dumps(void)
{
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};
	char flags[512] = "";
	int found;

	EXPECT(secret_set(&s, str_of(TOKEN), "here", &e));
	found = flags_of(s.value.p, flags, sizeof(flags));
	if (apart_emulated() || found == APART_SKIP)
		return APART_SKIP;
	EXPECT(found == APART_PASSED);
	EXPECT(strstr(flags, " dd") != NULL);
	EXPECT((strstr(flags, " lo") != NULL) == mlock_works());
	return APART_PASSED;
}

static int the_process_leaves_no_core(void)
{
	struct rlimit core;

	secret_protect_process();
	EXPECT(getrlimit(RLIMIT_CORE, &core) == 0);
	EXPECT(core.rlim_cur == 0 && core.rlim_max == 0);
	EXPECT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	return APART_PASSED;
}

static void reads_a_file_and_tells_who_else_may(void **state)
{
	static const struct {
		mode_t mode;
		bool others;
	} rows[] = {{0600, false}, {0400, false}, {0640, true}, {0604, true}, {0644, true},
		{0660, true}, {0611, false}, {0622, false}};
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};
	bool others;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		file_holds(str_of(TOKEN "\n"), rows[i].mode);
		others = !rows[i].others;
		assert_true(secret_read_file(&s, path, &others, &e));
		assert_true(str_is(s.value, TOKEN));
		assert_int_equal(others, rows[i].others);
	}
	secret_wipe(&s);
}

static void files_that_hold_no_token_are_named(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};
	char much[LIMIT_TOKEN + 100];
	bool others = true;

	(void)state;
	file_holds(str_of("token = canary\n"), 0600);
	assert_false(secret_read_file(&s, path, &others, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.text, path));
	assert_null(strstr(e.text, "canary"));
	assert_false(others);

	err_clear(&e);
	memset(much, 'x', sizeof(much));
	file_holds(str_from(much, sizeof(much)), 0600);
	assert_false(secret_read_file(&s, path, &others, &e));
	assert_non_null(strstr(e.text, path));

	err_clear(&e);
	assert_false(secret_read_file(&s, "/", &others, &e));
	assert_non_null(strstr(e.text, "is a directory"));

	err_clear(&e);
	assert_false(secret_read_file(&s, "/nowhere/at/all", &others, &e));
	assert_non_null(strstr(e.text, "/nowhere/at/all"));

	err_clear(&e);
	assert_false(secret_read_file(&s, "/dev/zero", &others, &e));
	assert_int_not_equal(e.kind, ERR_NONE);
	assert_null(s.page);
}

static void the_longest_token_may_have_a_line_end_in_its_file(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};
	char text[LIMIT_TOKEN + 2];
	bool others;

	(void)state;
	memset(text, 'x', LIMIT_TOKEN);
	memcpy(text + LIMIT_TOKEN, "\r\n", 2);
	file_holds(str_from(text, sizeof(text)), 0600);
	assert_true(secret_read_file(&s, path, &others, &e));
	assert_int_equal(s.value.n, LIMIT_TOKEN);
	secret_wipe(&s);
}

static int pipe_with(const char *text, int ends[2])
{
	EXPECT(pipe(ends) == 0);
	EXPECT(write(ends[1], text, strlen(text)) == (ssize_t)strlen(text));
	close(ends[1]);
	return APART_PASSED;
}

static int dash_is_standard_input(void)
{
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};
	bool others = true;
	int ends[2];

	EXPECT(pipe_with(TOKEN "\n", ends) == APART_PASSED);
	EXPECT(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
	EXPECT(secret_read_file(&s, "-", &others, &e));
	EXPECT(str_is(s.value, TOKEN) && !others);
	return APART_PASSED;
}

/* What a shell makes of --token-file <(command). */
static int a_pipe_by_its_path_is_read(void)
{
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};
	bool others = true;
	char name[32];
	int ends[2];

	EXPECT(pipe_with(TOKEN "\n", ends) == APART_PASSED);
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[0]);
	if (access(name, F_OK) != 0)
		return APART_SKIP;
	EXPECT(secret_read_file(&s, name, &others, &e));
	EXPECT(str_is(s.value, TOKEN) && !others);
	return APART_PASSED;
}

static int a_descriptor_is_read_and_closed(void)
{
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};
	char words[32];
	int ends[2];

	EXPECT(pipe_with(TOKEN, ends) == APART_PASSED);
	EXPECT(secret_read_fd(&s, ends[0], &e));
	EXPECT(str_is(s.value, TOKEN));
	EXPECT(fcntl(ends[0], F_GETFD) == -1);

	EXPECT(pipe_with("no token", ends) == APART_PASSED);
	EXPECT(!secret_read_fd(&s, ends[0], &e));
	snprintf(words, sizeof(words), "descriptor %d", ends[0]);
	EXPECT(e.kind == ERR_CONFIG && strstr(e.text, words) != NULL);
	EXPECT(fcntl(ends[0], F_GETFD) == -1);

	err_clear(&e);
	EXPECT(!secret_read_fd(&s, 987, &e));
	EXPECT(e.kind == ERR_INPUT && strstr(e.text, "descriptor 987") != NULL);
	return APART_PASSED;
}

static int only_nuls(const char *bytes, size_t len)
{
	while (len > 0)
		if (bytes[--len] != '\0')
			return 0;
	return 1;
}

static int every_copy_in_the_environment_is_overwritten(void)
{
	char other[] = "XTOKEN=stays", longer[] = "TOKEN_FILE=stays", first[] = "TOKEN=" TOKEN,
	     second[] = "TOKEN=another-one", bare[] = "TOKEN";
	char *all[] = {other, longer, first, second, bare, NULL};
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};

	environ = all;
	EXPECT(secret_from_env(&s, "TOKEN", &e));
	EXPECT(str_is(s.value, TOKEN));
	EXPECT(strcmp(other, "XTOKEN=stays") == 0 && strcmp(longer, "TOKEN_FILE=stays") == 0);
	EXPECT(memcmp(first, "TOKEN=", 6) == 0 && only_nuls(first + 6, sizeof(first) - 6));
	EXPECT(only_nuls(second + 6, sizeof(second) - 6));
	EXPECT(strcmp(bare, "TOKEN") == 0);

	/* Once taken it counts as empty. */
	EXPECT(!secret_from_env(&s, "TOKEN", &e));
	EXPECT(e.kind == ERR_NONE && str_is(s.value, TOKEN));
	return APART_PASSED;
}

static int what_the_environment_lacks_is_no_error(void)
{
	char empty[] = "TOKEN=";
	char *all[] = {empty, NULL};
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};

	environ = all;
	EXPECT(!secret_from_env(&s, "TOKEN", &e) && e.kind == ERR_NONE);
	EXPECT(!secret_from_env(&s, "ABSENT", &e) && e.kind == ERR_NONE);
	environ = NULL;
	EXPECT(!secret_from_env(&s, "TOKEN", &e) && e.kind == ERR_NONE);
	EXPECT(s.page == NULL);
	return APART_PASSED;
}

static int an_unusable_value_is_overwritten_too(void)
{
	char entry[] = "TOKEN=two canaries";
	char *all[] = {entry, NULL};
	struct err e = {.kind = ERR_NONE};
	struct secret s = {.page = NULL};

	environ = all;
	EXPECT(!secret_from_env(&s, "TOKEN", &e));
	EXPECT(e.kind == ERR_CONFIG && strstr(e.text, "TOKEN") == e.text);
	EXPECT(strstr(e.text, "canaries") == NULL);
	EXPECT(only_nuls(entry + 6, sizeof(entry) - 6));
	return APART_PASSED;
}

static void shows_no_more_than_the_kind_and_the_length(void **state)
{
	static const struct {
		const char *token, *shown;
	} rows[] = {
		{TOKEN, "sntryu_... (71 characters)"},
		{"sntryi_abcdef", "sntryi_... (13 characters)"},
		{"sntrya_abcdef", "sntrya_... (13 characters)"},
		{"sntrys_eyJ", "sntrys_... (10 characters)"},
		{"sntryag_abcdef", "sntryag_... (14 characters)"},
		{"sntryx_abcdef", "... (13 characters)"},
		{"SNTRYU_abcdef", "... (13 characters)"},
		{"0123456789abcdef", "... (16 characters)"},
		{"x", "... (1 character)"},
		{"", "... (0 characters)"},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 200);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&out);
		secret_describe(str_of(rows[i].token), &out);
		assert_string_equal(buf_text(&out), rows[i].shown);
	}
	buf_wipe(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_token_without_what_surrounds_it),
		cmocka_unit_test(refuses_what_is_no_token_without_repeating_it),
		cmocka_unit_test(every_byte_that_is_not_visible_ascii_is_refused),
		cmocka_unit_test(a_failure_leaves_the_old_secret),
		cmocka_unit_test(the_longest_token_is_taken_and_a_longer_one_is_not),
		cmocka_unit_test(reading_past_it_faults_on_either_side),
		cmocka_unit_test(the_memory_is_given_back),
		apart_test(a_child_process_does_not_inherit_it),
		apart_test(it_is_locked_and_kept_out_of_core_dumps),
		apart_test(the_process_leaves_no_core),
		cmocka_unit_test(reads_a_file_and_tells_who_else_may),
		cmocka_unit_test(files_that_hold_no_token_are_named),
		cmocka_unit_test(the_longest_token_may_have_a_line_end_in_its_file),
		apart_test(dash_is_standard_input),
		apart_test(a_pipe_by_its_path_is_read),
		apart_test(a_descriptor_is_read_and_closed),
		apart_test(every_copy_in_the_environment_is_overwritten),
		apart_test(what_the_environment_lacks_is_no_error),
		apart_test(an_unusable_value_is_overwritten_too),
		cmocka_unit_test(shows_no_more_than_the_kind_and_the_length),
	};

	return cmocka_run_group_tests_name("secret", tests, make_path, remove_path);
}
