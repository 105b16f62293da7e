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

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "sys/spool.h"

static char folder[] = "/tmp/test_spool.XXXXXX";

static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL || mkfifo(path_of("fifo"), 0600) != 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path_of("file"));
	unlink(path_of("fifo"));
	return rmdir(folder);
}

/* LEN bytes that tell where they are. */
static void fill(struct buf *out, size_t len)
{
	while (out->len < len)
		buf_addf(out, "%zu ", out->len);
	buf_truncate(out, len);
}

/* Writes DATA into the FIFO from a process of its own. */
static pid_t write_fifo(const struct buf *data)
{
	pid_t child = fork();
	size_t done = 0;
	ssize_t n = 1;
	int fd;

	if (child != 0)
		return child;
	signal(SIGPIPE, SIG_IGN);
	fd = open(path_of("fifo"), O_WRONLY);
	while (fd >= 0 && done < data->len && n > 0) {
		n = write(fd, data->data + done, data->len - done);
		done += n > 0 ? (size_t)n : 0;
	}
	_exit(done != data->len);
}

static void reap(pid_t child, bool good)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	if (good)
		assert_int_equal(status, 0);
}

static void expect_twice(struct spool *s, const struct buf *data)
{
	struct err e = {.kind = ERR_NONE};
	struct buf got;
	char block[1000];
	unsigned pass;
	size_t n;

	assert_non_null(s);
	assert_int_equal(spool_size(s), data->len);
	buf_init(&got, data->len + 1);
	for (pass = 0; pass < 2; pass++) {
		buf_clear(&got);
		do {
			assert_true(spool_read(s, block, sizeof(block), &n, &e));
			buf_add(&got, block, n);
		} while (n > 0);
		assert_int_equal(got.len, data->len);
		if (data->len > 0)
			assert_memory_equal(got.data, data->data, data->len);
		assert_true(spool_rewind(s, &e));
	}
	buf_wipe(&got);
	spool_close(s);
}

static void write_file(const struct buf *data)
{
	FILE *file = fopen(path_of("file"), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(buf_text(data), 1, data->len, file), data->len);
	assert_int_equal(fclose(file), 0);
}

static void a_file_is_read_where_it_is(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct buf data;

	(void)state;
	buf_init(&data, 100000);
	write_file(&data);
	expect_twice(spool_open(path_of("file"), &e), &data);
	fill(&data, 50000);
	write_file(&data);
	expect_twice(spool_open(path_of("file"), &e), &data);
	buf_wipe(&data);
}

/* As in a shell, when another command has read some of it. */
static void standard_input_begins_where_it_stands(void **state)
{
	struct err e = {.kind = ERR_NONE};
	int saved = dup(STDIN_FILENO), fd;
	struct buf data;

	(void)state;
	buf_init(&data, 100000);
	fill(&data, 50000);
	write_file(&data);
	fd = open(path_of("file"), O_RDONLY);
	assert_true(saved >= 0 && fd >= 0);
	assert_int_equal(lseek(fd, 20000, SEEK_SET), 20000);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
	buf_drop(&data, 20000);
	expect_twice(spool_open("-", &e), &data);
	/* It is not ours to close. */
	assert_int_not_equal(fcntl(STDIN_FILENO, F_GETFD), -1);
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	close(saved);
	buf_wipe(&data);
}

static unsigned files_in(const char *path)
{
	char command[128];
	unsigned n = 0;
	FILE *list;

	snprintf(command, sizeof(command), "ls -A %s | wc -l", path);
	list = popen(command, "r");
	assert_non_null(list);
	assert_int_equal(fscanf(list, "%u", &n), 1);
	assert_int_equal(pclose(list), 0);
	return n;
}

static void a_pipe_is_copied_to_a_file_without_a_name(void **state)
{
	struct err e = {.kind = ERR_NONE};
	unsigned before;
	struct spool *s;
	struct buf data;
	pid_t child;

	(void)state;
	buf_init(&data, 1u << 20);
	fill(&data, 300000);
	unlink(path_of("file"));
	assert_int_equal(setenv("TMPDIR", folder, 1), 0);
	before = files_in(folder);
	child = write_fifo(&data);
	s = spool_open(path_of("fifo"), &e);
	reap(child, true);
	assert_int_equal(files_in(folder), before);
	expect_twice(s, &data);
	/* A folder that is not there is passed over. */
	assert_int_equal(setenv("TMPDIR", path_of("missing"), 1), 0);
	child = write_fifo(&data);
	s = spool_open(path_of("fifo"), &e);
	reap(child, true);
	expect_twice(s, &data);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	buf_wipe(&data);
}

/* Runs TEST in a process of its own that may hold no more descriptors than it has, so that no file
   can be made: its faults are the exit code. */
static void without_files(void (*test)(int fifo, struct buf *data), struct buf *data)
{
	struct rlimit none;
	pid_t writer, child;
	int fifo, status;

	writer = write_fifo(data);
	fifo = open(path_of("fifo"), O_RDONLY);
	assert_true(fifo >= 0);
	child = fork();
	if (child == 0) {
		if (dup2(fifo, STDIN_FILENO) != STDIN_FILENO)
			_exit(99);
		close(fifo);
		none = (struct rlimit){3, 3};
		if (setrlimit(RLIMIT_NOFILE, &none) != 0)
			_exit(98);
		test(STDIN_FILENO, data);
		_exit(0);
	}
	close(fifo);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	reap(writer, false);
}

static void read_from_memory(int fifo, struct buf *data)
{
	struct err e = {.kind = ERR_NONE};
	struct spool *s = spool_open("-", &e);
	char block[1000];
	unsigned pass;
	size_t n, at;

	(void)fifo;
	if (s == NULL || spool_size(s) != data->len)
		_exit(1);
	for (pass = 0; pass < 2; pass++) {
		at = 0;
		do {
			if (!spool_read(s, block, sizeof(block), &n, &e) || at + n > data->len ||
				memcmp(block, data->data + at, n) != 0)
				_exit(2);
			at += n;
		} while (n > 0);
		if (at != data->len || !spool_rewind(s, &e))
			_exit(3);
	}
	spool_close(s);
}

static void refuse_to_keep_it(int fifo, struct buf *data)
{
	struct err e = {.kind = ERR_NONE};

	(void)fifo;
	(void)data;
	if (spool_open("-", &e) != NULL || e.kind != ERR_INPUT ||
		strstr(e.text, "standard input holds more than the 8388608 bytes") == NULL ||
		e.hint[0] == '\0')
		_exit(1);
}

static void without_a_file_memory_serves_up_to_a_limit(void **state)
{
	struct buf data;

	(void)state;
	buf_init(&data, 2 * LIMIT_ROSTER_SPOOL_MEMORY);
	fill(&data, LIMIT_ROSTER_SPOOL_MEMORY);
	without_files(read_from_memory, &data);
	fill(&data, LIMIT_ROSTER_SPOOL_MEMORY + 1);
	without_files(refuse_to_keep_it, &data);
	buf_wipe(&data);
}

/* Runs in a process of its own, where a file may not grow past 64 KiB, which is what a full disk
   looks like. */
static void a_full_disk_is_said(void **state)
{
	const struct rlimit small = {65536, 65536};
	struct err e = {.kind = ERR_NONE};
	struct buf data;
	pid_t writer, child;
	int status;

	(void)state;
	buf_init(&data, 1u << 20);
	fill(&data, 300000);
	writer = write_fifo(&data);
	child = fork();
	if (child == 0) {
		signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &small) != 0)
			_exit(98);
		_exit(spool_open(path_of("fifo"), &e) != NULL || e.kind != ERR_SYSTEM ||
			e.number != EFBIG || strstr(e.text, "cannot keep a copy of") == NULL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	reap(writer, false);
	buf_wipe(&data);
}

static void what_cannot_be_read_is_said(void **state)
{
	struct err e = {.kind = ERR_NONE};

	(void)state;
	assert_null(spool_open(path_of("missing"), &e));
	assert_int_equal(e.kind, ERR_INPUT);
	err_clear(&e);
	assert_null(spool_open(folder, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_non_null(strstr(e.text, "is a directory"));
	spool_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_where_it_is),
		cmocka_unit_test(standard_input_begins_where_it_stands),
		cmocka_unit_test(a_pipe_is_copied_to_a_file_without_a_name),
		cmocka_unit_test(without_a_file_memory_serves_up_to_a_limit),
		cmocka_unit_test(a_full_disk_is_said),
		cmocka_unit_test(what_cannot_be_read_is_said),
	};

	return cmocka_run_group_tests_name("spool", tests, make_folder, remove_folder);
}
