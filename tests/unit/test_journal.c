#define _DEFAULT_SOURCE /* mkdtemp() */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka needs the headers above */
#include <cmocka.h>

#include "roster/journal.h"
#include "sys/console.h"

#define ROWS 40

static char folder[] = "/tmp/journal-XXXXXX";
static char path[64];
static struct err err;
static bool resumed;

static struct journal_subject subject(void)
{
	struct journal_subject s = {
		.server = str_of("https://us.sentry.io/api/0/organizations/acme/scim/v2"),
		.action = "import",
		.rows = ROWS};

	memset(s.roster, 7, sizeof(s.roster));
	return s;
}

static struct journal *open_as(const struct journal_subject *s)
{
	static const struct journal_options options = {.plain = false};

	err_clear(&err);
	return journal_open(path, s, &options, &resumed, &err);
}

static struct journal *open_again(void)
{
	struct journal_subject s = subject();
	struct journal *j = open_as(&s);

	if (j == NULL)
		fail_msg("%s", err.text);
	return j;
}

static void fresh(void)
{
	unlink(path);
}

static void close_it(struct journal *j)
{
	err_clear(&err);
	assert_true(journal_close(j, &err));
}

static void fill(struct journal *j, uint64_t from, uint64_t to)
{
	uint64_t i;
	char name[40];

	for (i = from; i < to; i++) {
		snprintf(name, sizeof(name), "M%llu@example.com", (unsigned long long)i);
		assert_true(journal_intent(j, i, str_of(name), 1, &err));
		assert_true(journal_sync(j, &err));
		if (i % 3 != 2)
			assert_true(journal_result(j, i, str_of(name),
				i % 3 == 0 ? JOURNAL_CREATED : JOURNAL_FAILED,
				i % 3 == 0 ? 201 : 400, str_of("242"), &err));
	}
}

static enum journal_state expected(uint64_t row, uint64_t filled)
{
	if (row >= filled)
		return JOURNAL_UNTOUCHED;
	return row % 3 == 0 ? JOURNAL_CREATED : row % 3 == 1 ? JOURNAL_FAILED : JOURNAL_INTENT;
}

static size_t load(char *bytes, size_t size)
{
	FILE *f = fopen(path, "rb");
	size_t n = fread(bytes, 1, size, f);

	fclose(f);
	return n;
}

static void store(const char *bytes, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static void a_new_journal_has_a_head_and_no_rows(void **state)
{
	struct journal *j;
	struct stat st;

	(void)state;
	fresh();
	j = open_again();
	assert_false(resumed);
	assert_false(journal_complete(j));
	assert_int_equal(journal_row(j, 0), JOURNAL_UNTOUCHED);
	close_it(j);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(st.st_size > 0);
	strcat(path, ".new");
	assert_int_equal(access(path, F_OK), -1);
	path[strlen(path) - 4] = '\0';
}

static void what_was_said_of_rows_is_known_again(void **state)
{
	struct journal *j;
	uint64_t i;

	(void)state;
	fresh();
	j = open_again();
	fill(j, 0, 20);
	close_it(j);
	j = open_again();
	assert_true(resumed);
	for (i = 0; i < ROWS; i++)
		assert_int_equal(journal_row(j, i), expected(i, 20));
	fill(j, 20, ROWS);
	assert_true(journal_end(j, &err));
	close_it(j);
	j = open_again();
	assert_true(journal_complete(j));
	for (i = 0; i < ROWS; i++)
		assert_int_equal(journal_row(j, i), expected(i, ROWS));
	close_it(j);
}

static void no_address_stands_there_in_clear_unless_asked_for(void **state)
{
	static const struct journal_options plain = {.plain = true};
	struct journal_subject s = subject();
	static char bytes[1 << 16];
	struct journal *j;

	(void)state;
	fresh();
	j = open_again();
	fill(j, 0, 5);
	close_it(j);
	bytes[load(bytes, sizeof(bytes) - 1)] = '\0';
	assert_null(strstr(bytes, "example"));
	assert_null(strstr(bytes, "acme"));
	fresh();
	j = journal_open(path, &s, &plain, &resumed, &err);
	assert_non_null(j);
	fill(j, 0, 5);
	close_it(j);
	bytes[load(bytes, sizeof(bytes) - 1)] = '\0';
	assert_non_null(strstr(bytes, "M3%40example.com"));
}

static void another_subject_is_refused_by_name(void **state)
{
	struct journal_subject s;

	(void)state;
	fresh();
	close_it(open_again());
	s = subject();
	s.roster[31] ^= 1;
	assert_null(open_as(&s));
	assert_non_null(strstr(err.text, "another roster"));
	s = subject();
	s.server = str_of("https://de.sentry.io/api/0/organizations/acme/scim/v2");
	assert_null(open_as(&s));
	assert_non_null(strstr(err.text, "another server"));
	s = subject();
	s.action = "apply";
	assert_null(open_as(&s));
	assert_non_null(strstr(err.text, "another action"));
	s = subject();
	s.rows++;
	assert_null(open_as(&s));
	assert_int_equal(err_exit_code(&err), 2);
}

static void only_one_run_at_a_time(void **state)
{
	struct journal_subject s = subject();
	struct journal *j;

	(void)state;
	fresh();
	j = open_again();
	assert_null(open_as(&s));
	assert_non_null(strstr(err.text, "another run"));
	close_it(j);
	close_it(open_again());
}

/* What the whole records among the first LEN of BYTES say of ROW, read by other means than the
   journal's own. */
static enum journal_state said(const char *bytes, size_t len, uint64_t row)
{
	enum journal_state state = JOURNAL_UNTOUCHED;
	const char *line, *end;

	for (line = bytes; (end = memchr(line, '\n', len - (size_t)(line - bytes))) != NULL;
		line = end + 1) {
		unsigned long long seq, number;
		char type, word[32];

		if (sscanf(line, "%llu %c %llu %*s %31[a-z]", &seq, &type, &number, word) < 3 ||
			number != row || type == 'H' || type == 'E')
			continue;
		if (type == 'I')
			state = JOURNAL_INTENT;
		else
			state = strcmp(word, "created") == 0 ? JOURNAL_CREATED : JOURNAL_FAILED;
	}
	return state;
}

static void says(const struct journal *j, const char *bytes, size_t len)
{
	uint64_t row;

	for (row = 0; row < ROWS; row++)
		assert_int_equal(journal_row(j, row), said(bytes, len, row));
}

/* A journal with FILLED rows; answers its length, *HEAD that of its first record. */
static size_t sample(uint64_t filled, char *bytes, size_t size, size_t *head)
{
	struct journal *j;

	fresh();
	close_it(open_again());
	*head = load(bytes, size);
	j = open_again();
	fill(j, 0, filled);
	close_it(j);
	return load(bytes, size);
}

/* Cut anywhere behind the head: exactly what was whole is known, and it can be gone on with. */
static void a_torn_end_is_cut_off(void **state)
{
	static char bytes[1 << 16];
	struct journal_subject s = subject();
	size_t len, cut, head;
	struct journal *j;

	(void)state;
	len = sample(12, bytes, sizeof(bytes), &head);
	for (cut = 0; cut < len; cut++) {
		store(bytes, cut);
		j = open_as(&s);
		if (cut < head) {
			assert_null(j);
			assert_int_equal(err.kind, ERR_CONFIG);
			continue;
		}
		assert_non_null(j);
		says(j, bytes, cut);
		fill(j, 12, 13);
		close_it(j);
		j = open_again();
		assert_int_equal(journal_row(j, 12), expected(12, 13));
		close_it(j);
	}
}

static void garbage_and_zeros_behind_the_end_are_cut_off(void **state)
{
	static char bytes[1 << 18];
	struct journal *j;
	size_t len;

	(void)state;
	fresh();
	j = open_again();
	fill(j, 0, 6);
	close_it(j);
	len = load(bytes, sizeof(bytes));
	memset(bytes + len, 0, 100000);
	store(bytes, len + 100000);
	j = open_again();
	assert_int_equal(journal_row(j, 3), JOURNAL_CREATED);
	close_it(j);
	assert_int_equal(load(bytes, sizeof(bytes)), len);
	memset(bytes + len, '\n', 3000);
	store(bytes, len + 3000);
	close_it(open_again());
	assert_int_equal(load(bytes, sizeof(bytes)), len);
}

static size_t start_of_last(const char *bytes, size_t len)
{
	size_t last = len - 1;

	while (last > 0 && bytes[last - 1] != '\n')
		last--;
	return last;
}

/* BROKEN differs from BYTES at AT: refused and left as it is, or, when nothing whole stands behind,
   cut off there. */
static void refused_or_cut(
	const char *broken, size_t broken_len, const char *bytes, size_t len, size_t at)
{
	static char after[1 << 16];
	struct journal_subject s = subject();
	size_t last = start_of_last(bytes, len);
	struct journal *j;

	store(broken, broken_len);
	j = open_as(&s);
	if (j == NULL) {
		assert_int_equal(err.kind, ERR_CONFIG);
		assert_int_equal(load(after, sizeof(after)), broken_len);
		assert_memory_equal(after, broken, broken_len);
		assert_true(at < last);
		return;
	}
	/* The line end before the last record makes one broken record of two. */
	assert_true(at >= last - 1);
	says(j, bytes, at >= last ? last : start_of_last(bytes, last));
	close_it(j);
}

static void no_flipped_bit_is_believed(void **state)
{
	static char bytes[1 << 16], broken[1 << 16];
	size_t len, head, i;
	unsigned bit;

	(void)state;
	len = sample(9, bytes, sizeof(bytes), &head);
	for (i = 0; i < len; i++)
		for (bit = 0; bit < 8; bit++) {
			memcpy(broken, bytes, len);
			broken[i] = (char)(broken[i] ^ (1 << bit));
			refused_or_cut(broken, len, bytes, len, i);
		}
}

static void no_missing_or_added_byte_is_believed(void **state)
{
	static char bytes[1 << 16], broken[1 << 16];
	size_t len, head, i;

	(void)state;
	len = sample(9, bytes, sizeof(bytes), &head);
	for (i = 0; i < len; i++) {
		memcpy(broken, bytes, i);
		memcpy(broken + i, bytes + i + 1, len - i - 1);
		refused_or_cut(broken, len - 1, bytes, len, i);
		memcpy(broken + i, "0", 1);
		memcpy(broken + i + 1, bytes + i, len - i);
		refused_or_cut(broken, len + 1, bytes, len, i);
	}
}

static void spliced_and_repeated_records_are_refused(void **state)
{
	static char bytes[1 << 16], twice[1 << 17];
	struct journal_subject s = subject();
	struct journal *j;
	size_t len, head, first;

	(void)state;
	fresh();
	close_it(open_again());
	head = load(bytes, sizeof(bytes));
	j = open_again();
	fill(j, 0, 6);
	close_it(j);
	len = load(bytes, sizeof(bytes));
	first = (size_t)((char *)memchr(bytes + head, '\n', len - head) - bytes) + 1;
	/* the first record again at the end */
	memcpy(twice, bytes, len);
	memcpy(twice + len, bytes + head, first - head);
	store(twice, len + first - head);
	assert_null(open_as(&s));
	assert_non_null(strstr(err.text, "damaged"));
	/* without the first record */
	memcpy(twice, bytes, head);
	memcpy(twice + head, bytes + first, len - first);
	store(twice, len - (first - head));
	assert_null(open_as(&s));
	/* records of another run behind this head */
	fresh();
	close_it(open_again());
	load(twice, sizeof(twice));
	memcpy(twice + head, bytes + head, len - head);
	store(twice, len);
	j = open_as(&s);
	assert_non_null(j); /* none of them verifies: a torn end */
	assert_int_equal(journal_row(j, 0), JOURNAL_UNTOUCHED);
	close_it(j);
}

static void what_is_no_journal_is_refused(void **state)
{
	struct journal_subject s = subject();
	char target[80];

	(void)state;
	fresh();
	store("", 0);
	assert_null(open_as(&s));
	store("userName\nada@example.com\n", 25);
	assert_null(open_as(&s));
	assert_int_equal(err.kind, ERR_CONFIG);
	fresh();
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(open_as(&s));
	assert_non_null(strstr(err.text, "regular file"));
	fresh();
	assert_int_equal(mkdir(path, 0700), 0);
	assert_null(open_as(&s));
	rmdir(path);
	snprintf(target, sizeof(target), "%s/target", folder);
	assert_int_equal(symlink(target, path), 0);
	assert_null(open_as(&s));
	fresh();
}

/* A disk that takes no more, wherever it is full: nothing is reported as written, nothing is tried
   again, and the next run finds what was whole. */
static void a_full_disk_is_final(void **state)
{
	static char bytes[1 << 16];
	struct rlimit before, small;
	struct journal *j;
	rlim_t room, records;
	size_t len, head;

	(void)state;
	len = sample(3, bytes, sizeof(bytes), &head);
	j = open_again();
	fill(j, 5, 6);
	close_it(j);
	records = (rlim_t)(load(bytes, sizeof(bytes)) - len);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	for (room = 0; room < records; room++) {
		store(bytes, len);
		j = open_again();
		small.rlim_cur = (rlim_t)len + room;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		assert_true(journal_intent(j, 5, str_of("M5@example.com"), 1, &err));
		assert_true(journal_intent(j, 6, str_of("M6@example.com"), 1, &err));
		assert_false(journal_sync(j, &err));
		assert_int_equal(err.kind, ERR_SYSTEM);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		err_clear(&err);
		assert_false(journal_sync(j, &err));
		err_clear(&err);
		assert_false(journal_close(j, &err));
		j = open_again();
		says(j, bytes, load(bytes, sizeof(bytes)));
		assert_int_equal(journal_row(j, 6), JOURNAL_UNTOUCHED);
		close_it(j);
		assert_int_equal(load(bytes, sizeof(bytes)) >= len, true);
	}
}

/* Killed between any two calls: what was synced is there. */
static void a_killed_run_leaves_its_intents(void **state)
{
	int step;

	(void)state;
	for (step = 1; step < 12; step++) {
		struct journal *j;
		pid_t child;
		int i, status;

		fresh();
		child = fork();
		if (child == 0) {
			struct journal_subject s = subject();
			struct journal *mine = open_as(&s);

			for (i = 0; i < step; i++)
				if (!journal_intent(mine, (uint64_t)i, str_of("a"), 1, &err) ||
					!journal_sync(mine, &err))
					_exit(1);
			kill(getpid(), SIGKILL);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		j = open_again();
		assert_true(resumed);
		for (i = 0; i < ROWS; i++)
			assert_int_equal(journal_row(j, (uint64_t)i),
				i < step ? JOURNAL_INTENT : JOURNAL_UNTOUCHED);
		close_it(j);
	}
}

static int set_up(void **state)
{
	(void)state;
	console_setup(-1);
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/journal", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static struct journal *open_renewing(const struct journal_subject *s)
{
	static const struct journal_options options = {.renew_other = true, .renew_same = true};

	err_clear(&err);
	return journal_open(path, s, &options, &resumed, &err);
}

static void complete_it(bool torn)
{
	struct journal *j;
	int fd;

	fresh();
	j = open_again();
	fill(j, 0, 4);
	assert_true(journal_end(j, &err));
	close_it(j);
	if (!torn)
		return;
	fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "99 R 1", 6), 6);
	close(fd);
}

static void a_complete_journal_gives_way_where_asked(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct journal_subject other = subject();
		struct journal *j;

		complete_it(i & 1);
		if (i & 2) {
			memset(other.roster, 8, sizeof(other.roster));
			other.rows = 2;
		}
		j = open_renewing(&other);
		if (j == NULL)
			fail_msg("%s", err.text);
		assert_false(resumed || journal_complete(j));
		assert_int_equal(journal_row(j, 0), JOURNAL_UNTOUCHED);
		assert_true(journal_intent(j, 1, str_of("x"), 1, &err));
		close_it(j);
		j = open_renewing(&other);
		assert_non_null(j);
		assert_true(resumed);
		assert_int_equal(journal_row(j, 1), JOURNAL_INTENT);
		close_it(j);
	}
}

static void an_incomplete_one_or_of_something_else_never_does(void **state)
{
	struct journal_subject other = subject();
	struct journal *j;

	(void)state;
	fresh();
	j = open_again();
	fill(j, 0, 4);
	close_it(j);
	memset(other.roster, 8, sizeof(other.roster));
	assert_null(open_renewing(&other));
	assert_int_equal(err.kind, ERR_CONFIG);
	complete_it(false);
	other = subject();
	other.action = "apply";
	assert_null(open_renewing(&other));
	assert_int_equal(err.kind, ERR_CONFIG);
	other = subject();
	other.server = str_of("https://de.sentry.io/api/0/organizations/acme/scim/v2");
	assert_null(open_renewing(&other));
	assert_int_equal(err.kind, ERR_CONFIG);
}

static void one_that_another_run_holds_is_not_renewed(void **state)
{
	struct journal_subject s = subject();
	struct journal *j;
	struct stat before, after;

	(void)state;
	complete_it(false);
	j = open_again();
	assert_int_equal(stat(path, &before), 0);
	assert_null(open_renewing(&s));
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	close_it(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_journal_has_a_head_and_no_rows),
		cmocka_unit_test(what_was_said_of_rows_is_known_again),
		cmocka_unit_test(no_address_stands_there_in_clear_unless_asked_for),
		cmocka_unit_test(another_subject_is_refused_by_name),
		cmocka_unit_test(only_one_run_at_a_time),
		cmocka_unit_test(a_torn_end_is_cut_off),
		cmocka_unit_test(garbage_and_zeros_behind_the_end_are_cut_off),
		cmocka_unit_test(no_flipped_bit_is_believed),
		cmocka_unit_test(no_missing_or_added_byte_is_believed),
		cmocka_unit_test(spliced_and_repeated_records_are_refused),
		cmocka_unit_test(what_is_no_journal_is_refused),
		cmocka_unit_test(a_full_disk_is_final),
		cmocka_unit_test(a_killed_run_leaves_its_intents),
		cmocka_unit_test(a_complete_journal_gives_way_where_asked),
		cmocka_unit_test(an_incomplete_one_or_of_something_else_never_does),
		cmocka_unit_test(one_that_another_run_holds_is_not_renewed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
