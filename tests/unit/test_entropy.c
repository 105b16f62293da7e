#define _DEFAULT_SOURCE /* syscall(), for the numbers' sake */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "apart.h"
#include "sys/clock.h"
#include "sys/entropy.h"
#include "sys/signals.h"

/* From here on getrandom(2) fails with NUMBER, as on a kernel that lacks it or is not ready. */
static bool break_getrandom(int number)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned)number & 0xffff)),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool all_equal(const unsigned char *bytes, size_t len)
{
	for (size_t i = 1; i < len; i++) {
		if (bytes[i] != bytes[0])
			return false;
	}
	return true;
}

static int random_bytes_differ(void)
{
	unsigned char a[64] = {0}, b[64] = {0};
	struct err e = {.kind = ERR_NONE};

	EXPECT(entropy_ready(signals_stop(), clock_after(clock_now(), 1000), &e));
	EXPECT(entropy_get(a, sizeof(a)) && entropy_get(b, sizeof(b)));
	EXPECT(memcmp(a, b, sizeof(a)) != 0 && !all_equal(a, sizeof(a)));
	EXPECT(entropy_get(NULL, 0));
	return APART_PASSED;
}

static int long_requests_are_completed(void)
{
	/* Above 256 bytes the kernel may be interrupted and give less. */
	static unsigned char bytes[1 << 20];

	EXPECT(entropy_get(bytes, sizeof(bytes)));
	for (size_t i = 0; i < sizeof(bytes); i += 4096)
		EXPECT(!all_equal(bytes + i, 64));
	return APART_PASSED;
}

static int a_kernel_without_getrandom_has_dev_random(void)
{
	unsigned char a[32] = {0}, b[32] = {0};
	struct err e = {.kind = ERR_NONE};

	if (!break_getrandom(ENOSYS))
		return APART_SKIP;
	EXPECT(entropy_ready(signals_stop(), clock_after(clock_now(), 1000), &e));
	EXPECT(entropy_get(a, sizeof(a)) && entropy_get(b, sizeof(b)));
	EXPECT(memcmp(a, b, sizeof(a)) != 0);
	return APART_PASSED;
}

static int without_any_source_nothing_works(void)
{
	struct rlimit none = {0, 0};
	struct err e = {.kind = ERR_NONE};
	unsigned char a[32];

	/* No descriptor is to be had, so /dev/random cannot be opened either. */
	if (!break_getrandom(ENOSYS))
		return APART_SKIP;
	EXPECT(setrlimit(RLIMIT_NOFILE, &none) == 0);
	EXPECT(!entropy_ready(signals_stop(), CLOCK_NEVER, &e));
	EXPECT(e.kind == ERR_SYSTEM && strstr(e.text, "/dev/random") != NULL);
	EXPECT(e.hint[0] != '\0');
	EXPECT(!entropy_get(a, sizeof(a)));
	EXPECT(entropy_below(10) == 0);
	return APART_PASSED;
}

static int an_unseeded_kernel_is_waited_for_until_the_deadline(void)
{
	struct err e = {.kind = ERR_NONE};
	int64_t start = clock_now();
	unsigned char a[32];

	if (!break_getrandom(EAGAIN))
		return APART_SKIP;
	EXPECT(!entropy_ready(signals_stop(), clock_after(start, 120), &e));
	EXPECT(e.kind == ERR_SYSTEM && strstr(e.text, "no entropy yet") != NULL);
	EXPECT(clock_now() >= clock_after(start, 120));
	EXPECT(!entropy_get(a, sizeof(a)));
	return APART_PASSED;
}

static int waiting_ends_when_asked_to_stop(void)
{
	struct err e = {.kind = ERR_NONE};

	if (!break_getrandom(EAGAIN))
		return APART_SKIP;
	signals_install();
	raise(SIGTERM);
	EXPECT(!entropy_ready(signals_stop(), CLOCK_NEVER, &e));
	EXPECT(e.kind == ERR_INTERRUPTED);
	return APART_PASSED;
}

static int other_failures_are_no_entropy(void)
{
	struct err e = {.kind = ERR_NONE};
	unsigned char a[32];

	if (!break_getrandom(EPERM))
		return APART_SKIP;
	EXPECT(!entropy_ready(signals_stop(), CLOCK_NEVER, &e));
	EXPECT(e.kind == ERR_SYSTEM && e.number == EPERM);
	EXPECT(!entropy_get(a, sizeof(a)));
	return APART_PASSED;
}

static int numbers_stay_below_their_bound(void)
{
	unsigned seen[3] = {0};

	for (int i = 0; i < 3000; i++) {
		uint32_t n = entropy_below(3);

		EXPECT(n < 3);
		seen[n]++;
	}
	/* Each is expected 1000 times, with a deviation of 26. */
	for (int i = 0; i < 3; i++)
		EXPECT(seen[i] > 700 && seen[i] < 1300);
	EXPECT(entropy_below(1) == 0);
	for (int i = 0; i < 100; i++)
		EXPECT(entropy_below(0x80000001u) <= 0x80000000u);
	return APART_PASSED;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		apart_test(random_bytes_differ),
		apart_test(long_requests_are_completed),
		apart_test(a_kernel_without_getrandom_has_dev_random),
		apart_test(without_any_source_nothing_works),
		apart_test(an_unseeded_kernel_is_waited_for_until_the_deadline),
		apart_test(waiting_ends_when_asked_to_stop),
		apart_test(other_failures_are_no_entropy),
		apart_test(numbers_stay_below_their_bound),
	};

	return cmocka_run_group_tests_name("entropy", tests, NULL, NULL);
}
