#include "sys/entropy.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/stop.h"

/* getrandom(2) cannot wait for a limited time; asking again this often can. */
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
