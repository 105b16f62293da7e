#include "sys/entropy.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/clock.h"

/* getrandom(2) cannot wait for a limited time; a timer that ends the call this often can. */
#define ASK_AGAIN_MS 50

/*
 * /dev/random, for kernels without getrandom(2), or -1. A regular file of that name, left behind in
 * a bare root, would be no source at all.
 */
static int device_open(void)
{
	int fd = open("/dev/random", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0 || (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode)))
		return fd;
	close(fd);
	errno = ENODEV;
	return -1;
}

static bool device_get(unsigned char *bytes, size_t len)
{
	int fd = device_open();

	while (fd >= 0 && len > 0) {
		ssize_t got = read(fd, bytes, len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		bytes += got;
		len -= (size_t)got;
	}
	if (fd >= 0)
		close(fd);
	return fd >= 0 && len == 0;
}

/* Sleeps until it is time to ask again; false with the error set when waiting is over. */
static bool wait_for_seed(struct stop *stop, struct pollfd *fd, int64_t deadline, struct err *e)
{
	int64_t now = clock_now();
	int64_t again = clock_after(now, ASK_AGAIN_MS);

	if (stop_asked(stop) != 0)
		return stop_error(stop, e);
	if (now >= deadline) {
		err_set(e, ERR_SYSTEM, "the kernel has gathered no entropy yet");
		err_hint(e,
			"wait until the machine has run for a while, or start rngd, haveged or "
			"jitterentropy");
		return false;
	}
	stop_poll(stop, fd, fd == NULL ? 0 : 1,
		clock_poll_timeout(again < deadline ? again : deadline, now));
	return true;
}

static bool device_ready(struct stop *stop, int64_t deadline, struct err *e)
{
	struct pollfd fd = {.fd = device_open(), .events = POLLIN};
	bool ready = false;

	if (fd.fd < 0) {
		err_sys(e, ERR_SYSTEM, errno, "no source of entropy: no getrandom(), /dev/random");
		err_hint(e, "a kernel older than 3.17 needs /dev/random; mount devtmpfs on /dev");
		return false;
	}
	do {
		ready = poll(&fd, 1, 0) == 1 && (fd.revents & POLLIN) != 0;
	} while (!ready && wait_for_seed(stop, &fd, deadline, e));
	close(fd.fd);
	return ready;
}

/*
 * A machine without any device that gives entropy is seeded by nothing else: Linux 5.4 and later
 * makes some from the jitter of its clock, but only while a process waits. What comes of it is
 * asked for again: here only the waiting counts.
 */
static void block_for_seed(void)
{
	unsigned char byte;

	(void)!getrandom(&byte, sizeof(byte), 0);
}

bool entropy_ready(struct stop *stop, int64_t deadline, struct err *e)
{
	for (;;) {
		unsigned char byte;

		if (getrandom(&byte, 1, GRND_NONBLOCK) == 1)
			return true;
		if (errno == ENOSYS)
			return device_ready(stop, deadline, e);
		if (errno != EAGAIN && errno != EINTR)
			return err_sys(e, ERR_SYSTEM, errno, "getrandom()");
		if (stop != NULL && stop->limit != NULL && stop_asked(stop) == 0 &&
			clock_now() < deadline) {
			stop->limit(ASK_AGAIN_MS, block_for_seed);
			if (getrandom(&byte, 1, GRND_NONBLOCK) == 1)
				return true;
		}
		if (!wait_for_seed(stop, NULL, deadline, e))
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
