#define _DEFAULT_SOURCE /* setitimer(), no longer in POSIX */

#include "sys/entropy.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/stop.h"

/* getrandom(2) cannot wait for a limited time; a timer that ends the call this often can. */
#define ASK_AGAIN_MS 50

/* The descriptor of /dev/random on kernels without getrandom(2); open for the process's life, since
   a sandbox may later forbid opening it. */
static int device = -1;

/* A regular file of that name, left behind in a bare root, would be no source at all. */
static bool device_open(void)
{
	struct stat st;

	if (device >= 0)
		return true;
	device = open("/dev/random", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (device < 0)
		return false;
	if (fstat(device, &st) == 0 && S_ISCHR(st.st_mode))
		return true;
	close(device);
	device = -1;
	errno = ENODEV;
	return false;
}

static bool device_get(unsigned char *bytes, size_t len)
{
	if (!device_open())
		return false;
	while (len > 0) {
		ssize_t got = read(device, bytes, len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		bytes += got;
		len -= (size_t)got;
	}
	return true;
}

/* Sleeps until it is time to ask again; false with the error set when waiting is over. */
static bool wait_for_seed(struct pollfd *fd, int64_t deadline, struct err *e)
{
	int64_t now = clock_now();
	int64_t again = clock_after(now, ASK_AGAIN_MS);

	if (stop_asked() != 0)
		return stop_error(e);
	if (now >= deadline) {
		err_set(e, ERR_SYSTEM, "the kernel has gathered no entropy yet");
		err_hint(e,
			"wait until the machine has run for a while, or start rngd, haveged or "
			"jitterentropy");
		return false;
	}
	stop_poll(fd, fd == NULL ? 0 : 1,
		clock_poll_timeout(again < deadline ? again : deadline, now));
	return true;
}

static bool device_ready(int64_t deadline, struct err *e)
{
	struct pollfd fd = {.events = POLLIN};

	if (!device_open()) {
		err_sys(e, ERR_SYSTEM, errno, "no source of entropy: no getrandom(), /dev/random");
		err_hint(e, "a kernel older than 3.17 needs /dev/random; mount devtmpfs on /dev");
		return false;
	}
	fd.fd = device;
	for (;;) {
		if (poll(&fd, 1, 0) == 1 && (fd.revents & POLLIN) != 0)
			return true;
		if (!wait_for_seed(&fd, deadline, e))
			return false;
	}
}

static void wake(int number)
{
	(void)number;
}

/*
 * Blocks until the kernel is seeded, a signal comes, or ASK_AGAIN_MS have passed. A machine without
 * any device that gives entropy is seeded by nothing else: Linux 5.4 and later makes some from the
 * jitter of its clock, but only while a process waits. The timer repeats, since the first signal
 * may come before the call has begun.
 */
static void block_for_seed(void)
{
	const struct itimerval tick = {.it_interval.tv_usec = ASK_AGAIN_MS * 1000,
		.it_value.tv_usec = ASK_AGAIN_MS * 1000};
	const struct itimerval none = {.it_value.tv_usec = 0};
	struct sigaction action = {.sa_handler = wake}, before;
	sigset_t alarm_only, mask;
	unsigned char byte;

	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	if (sigaction(SIGALRM, &action, &before) != 0)
		return;
	sigprocmask(SIG_UNBLOCK, &alarm_only, &mask);
	if (setitimer(ITIMER_REAL, &tick, NULL) == 0) {
		/* What comes of it is asked for again: here only the waiting counts. */
		if (getrandom(&byte, sizeof(byte), 0) < 0)
			byte = 0;
		setitimer(ITIMER_REAL, &none, NULL);
	}
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(SIGALRM, &before, NULL);
}

bool entropy_ready(int64_t deadline, struct err *e)
{
	for (;;) {
		unsigned char byte;

		if (getrandom(&byte, 1, GRND_NONBLOCK) == 1)
			return true;
		if (errno == ENOSYS)
			return device_ready(deadline, e);
		if (errno != EAGAIN && errno != EINTR)
			return err_sys(e, ERR_SYSTEM, errno, "getrandom()");
		if (stop_asked() == 0 && clock_now() < deadline) {
			block_for_seed();
			if (getrandom(&byte, 1, GRND_NONBLOCK) == 1)
				return true;
		}
		if (!wait_for_seed(NULL, deadline, e))
			return false;
	}
}

bool entropy_get(void *bytes, size_t len)
{
	unsigned char *at = bytes;

	while (len > 0) {
		ssize_t got = getrandom(at, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == ENOSYS)
			return device_get(at, len);
		if (got <= 0)
			return false;
		at += got;
		len -= (size_t)got;
	}
	return true;
}

uint32_t entropy_below(uint32_t bound)
{
	/* Numbers below this threshold, 2^32 mod BOUND, would make the first ones likelier. */
	uint32_t threshold = (0u - bound) % bound;
	uint32_t n;

	do {
		if (!entropy_get(&n, sizeof n))
			return 0;
	} while (n < threshold);
	return n % bound;
}
