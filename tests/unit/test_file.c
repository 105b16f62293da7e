#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "apart.h"
#include "sys/file.h"
#include "sys/signals.h"

static char folder[] = "/tmp/test_file.XXXXXX";

static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* A new file NAME of LEN bytes, "abc...zabc...". */
static const char *file_of(const char *name, size_t len)
{
	const char *path = path_of(name);
	FILE *f = fopen(path, "w");
	size_t i;

	assert_non_null(f);
	for (i = 0; i < len; i++)
		fputc('a' + (int)(i % 26), f);
	assert_int_equal(fclose(f), 0);
	return path;
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"file", "fifo"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	return rmdir(folder);
}

static void reads_all_of_a_file_behind_what_is_there(void **state)
{
	static const size_t sizes[] = {0, 1, 8191, 8192, 8193, 100000};
	struct err e = {.kind = ERR_NONE};
	struct buf out;
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		buf_init(&out, 200000);
		buf_add_text(&out, "before ");
		assert_true(file_read(file_of("file", sizes[i]), &out, &e));
		assert_int_equal(out.len, 7 + sizes[i]);
		assert_memory_equal(out.data, "before ", 7);
		for (at = 0; at < sizes[i]; at++)
			assert_int_equal(out.data[7 + at], 'a' + (int)(at % 26));
		buf_wipe(&out);
	}
}

static void a_file_at_the_limit_is_read_and_one_past_it_is_not(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	buf_add_text(&out, "0123456789");
	assert_true(file_read(file_of("file", 990), &out, &e));
	assert_int_equal(out.len, 1000);
	buf_truncate(&out, 10);
	assert_false(file_read(file_of("file", 991), &out, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_non_null(strstr(e.text, path_of("file")));
	assert_non_null(strstr(e.text, "more than 990 bytes"));
	buf_wipe(&out);
}

static void an_endless_device_is_refused(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct buf out;

	(void)state;
	buf_init(&out, 30000);
	assert_false(file_read("/dev/zero", &out, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_non_null(strstr(e.text, "more than 30000 bytes"));
	buf_wipe(&out);
}

static void what_cannot_be_read_is_named_with_the_cause(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_false(file_read(path_of("absent"), &out, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(e.number, ENOENT);
	assert_non_null(strstr(e.text, path_of("absent")));
	assert_non_null(strstr(e.text, strerror(ENOENT)));

	err_clear(&e);
	assert_false(file_read(folder, &out, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_non_null(strstr(e.text, folder));
	assert_non_null(strstr(e.text, "is a directory"));

	err_clear(&e);
	assert_false(file_read_fd(987, "descriptor 987", &out, &e));
	assert_int_equal(e.kind, ERR_INPUT);
	assert_int_equal(e.number, EBADF);
	assert_non_null(strstr(e.text, "descriptor 987"));
	assert_int_equal(out.len, 0);
	buf_wipe(&out);
}

static void descriptors_are_closed_and_close_on_exec(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct buf out;
	int fd, next;

	(void)state;
	fd = file_open(file_of("file", 10), &e);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	buf_init(&out, 5);
	assert_false(file_read_fd(fd, "file", &out, &e));
	assert_int_not_equal(fcntl(fd, F_GETFD), -1);
	close(fd);

	err_clear(&e);
	buf_clear(&out);
	assert_false(file_read(path_of("file"), &out, &e));
	next = file_open(path_of("file"), &e);
	assert_int_equal(next, fd);
	close(next);
	buf_wipe(&out);
}

static int dash_is_standard_input(void)
{
	struct err e = {.kind = ERR_NONE};
	struct buf out;
	int ends[2];

	EXPECT(pipe(ends) == 0);
	EXPECT(write(ends[1], "hello\0there", 11) == 11);
	close(ends[1]);
	EXPECT(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
	buf_init(&out, 100);
	EXPECT(file_read("-", &out, &e));
	EXPECT(out.len == 11 && memcmp(out.data, "hello\0there", 11) == 0);
	EXPECT(fcntl(STDIN_FILENO, F_GETFD) != -1);

	close(STDIN_FILENO);
	EXPECT(!file_read("-", &out, &e));
	EXPECT(strstr(e.text, "standard input") != NULL);
	return APART_PASSED;
}

static int a_fifo_is_opened_at_once_and_its_writer_waited_for(void)
{
	struct err e = {.kind = ERR_NONE};
	struct buf out;
	pid_t writer;
	int fd;

	EXPECT(mkfifo(path_of("fifo"), 0600) == 0);
	/* Were it not opened at once, the test would end here, by its alarm. */
	alarm(20);
	fd = file_open(path_of("fifo"), &e);
	EXPECT(fd >= 0);
	writer = fork();
	if (writer == 0) {
		int to = open(path_of("fifo"), O_WRONLY);
		const struct timespec nap = {.tv_nsec = 20000000};

		/* In pieces, so that the reader meets an empty FIFO with a writer too. */
		if (write(to, "late ", 5) != 5)
			_exit(1);
		nanosleep(&nap, NULL);
		_exit(write(to, "words", 5) == 5 ? 0 : 1);
	}
	buf_init(&out, 100);
	EXPECT(file_read_fd(fd, "fifo", &out, &e));
	EXPECT(str_is(buf_str(&out), "late words"));
	EXPECT(apart_end(writer) == 0);
	return APART_PASSED;
}

static int a_signal_to_stop_ends_reading(void)
{
	struct err e = {.kind = ERR_NONE};
	const pid_t me = getpid();
	struct buf out;
	int ends[2];
	pid_t child;

	signals_install();
	EXPECT(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		kill(me, SIGTERM);
		_exit(0);
	}
	buf_init(&out, 100);
	EXPECT(!file_read_fd(ends[0], "pipe", &out, &e));
	EXPECT(e.kind == ERR_INTERRUPTED && e.number == SIGTERM);
	EXPECT(apart_end(child) == 0);
	return APART_PASSED;
}

static volatile sig_atomic_t ticks;

static void tick(int number)
{
	(void)number;
	ticks++;
}

/* SIGALRM every MS milliseconds, interrupting what waits. */
static void tick_every(int ms)
{
	const struct sigaction action = {.sa_handler = tick};
	const struct itimerval interval = {
		.it_interval = {.tv_usec = ms * 1000}, .it_value = {.tv_usec = ms * 1000}};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &interval, NULL);
}

/* Writes when it has been interrupted a few times for certain. */
static pid_t feed_after_ticks(int to)
{
	const struct timespec nap = {.tv_nsec = 50000000};
	pid_t child = fork();

	if (child == 0) {
		nanosleep(&nap, NULL);
		_exit(write(to, "at last", 7) == 7 ? 0 : 1);
	}
	close(to);
	return child;
}

static int other_signals_do_not_end_reading(void)
{
	struct err e = {.kind = ERR_NONE};
	struct buf out;
	int ends[2];
	pid_t child;

	EXPECT(pipe(ends) == 0);
	child = feed_after_ticks(ends[1]);
	tick_every(3);
	buf_init(&out, 100);
	EXPECT(file_read_fd(ends[0], "pipe", &out, &e));
	EXPECT(str_is(buf_str(&out), "at last"));
	EXPECT(ticks > 0);
	EXPECT(apart_end(child) == 0);
	return APART_PASSED;
}

static int a_non_blocking_descriptor_is_waited_for(void)
{
	struct err e = {.kind = ERR_NONE};
	struct buf out;
	int ends[2];
	pid_t child;

	EXPECT(pipe(ends) == 0);
	EXPECT(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
	child = feed_after_ticks(ends[1]);
	buf_init(&out, 100);
	EXPECT(file_read_fd(ends[0], "pipe", &out, &e));
	EXPECT(str_is(buf_str(&out), "at last"));
	EXPECT(apart_end(child) == 0);
	return APART_PASSED;
}

#define MUCH 300000u

/* Reads MUCH bytes in small pieces and checks them. */
static int drain(int from)
{
	size_t total = 0;
	char piece[997];
	ssize_t n, i;

	while ((n = read(from, piece, sizeof(piece))) > 0)
		for (i = 0; i < n; i++, total++)
			if (piece[i] != (char)(total % 251))
				return 1;
	return total == MUCH ? 0 : 2;
}

static int writes_all_into(int flags)
{
	static char data[MUCH];
	int ends[2];
	pid_t child;
	size_t i;

	for (i = 0; i < MUCH; i++)
		data[i] = (char)(i % 251);
	EXPECT(pipe(ends) == 0);
	EXPECT(fcntl(ends[1], F_SETFL, flags) == 0);
	child = fork();
	if (child == 0) {
		close(ends[1]);
		_exit(drain(ends[0]));
	}
	close(ends[0]);
	tick_every(1);
	EXPECT(file_write_all(ends[1], data, MUCH));
	close(ends[1]);
	EXPECT(apart_end(child) == 0);
	return APART_PASSED;
}

static int writes_all_through_interruptions(void)
{
	return writes_all_into(0);
}

static int writes_all_into_a_full_non_blocking_pipe(void)
{
	return writes_all_into(O_NONBLOCK);
}

static int writing_tells_the_cause(void)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	EXPECT(pipe(ends) == 0);
	close(ends[0]);
	EXPECT(!file_write_all(ends[1], "x", 1) && errno == EPIPE);
	EXPECT(file_write_all(ends[1], "", 0));
	EXPECT(!file_write_all(987, "x", 1) && errno == EBADF);
	return APART_PASSED;
}

/* Nobody reads: only the signal can end it, in both ways of waiting. */
static int stuck_write(int flags)
{
	static const char data[MUCH];
	const pid_t me = getpid();
	const struct timespec nap = {.tv_nsec = 3000000};
	pid_t child;
	int ends[2];

	signals_install();
	EXPECT(pipe(ends) == 0);
	EXPECT(fcntl(ends[1], F_SETFL, flags) == 0);
	child = fork();
	if (child == 0) {
		/* Again and again: the first may come before the wait, and only the next ends it.
		 */
		while (getppid() == me && kill(me, SIGTERM) == 0)
			nanosleep(&nap, NULL);
		_exit(0);
	}
	errno = 0;
	EXPECT(!file_write_all(ends[1], data, sizeof(data)) && errno == EINTR);
	kill(child, SIGKILL);
	apart_end(child);
	return APART_PASSED;
}

static int a_signal_to_stop_ends_a_stuck_write(void)
{
	return stuck_write(0);
}

static int a_signal_to_stop_ends_waiting_for_room(void)
{
	return stuck_write(O_NONBLOCK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_of_a_file_behind_what_is_there),
		cmocka_unit_test(a_file_at_the_limit_is_read_and_one_past_it_is_not),
		cmocka_unit_test(an_endless_device_is_refused),
		cmocka_unit_test(what_cannot_be_read_is_named_with_the_cause),
		cmocka_unit_test(descriptors_are_closed_and_close_on_exec),
		apart_test(dash_is_standard_input),
		apart_test(a_fifo_is_opened_at_once_and_its_writer_waited_for),
		apart_test(a_signal_to_stop_ends_reading),
		apart_test(other_signals_do_not_end_reading),
		apart_test(a_non_blocking_descriptor_is_waited_for),
		apart_test(writes_all_through_interruptions),
		apart_test(writes_all_into_a_full_non_blocking_pipe),
		apart_test(writing_tells_the_cause),
		apart_test(a_signal_to_stop_ends_a_stuck_write),
		apart_test(a_signal_to_stop_ends_waiting_for_room),
	};

	return cmocka_run_group_tests_name("file", tests, make_folder, remove_folder);
}
