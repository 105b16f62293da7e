/*
 * The first and only other program of a machine that has nothing but sentry-scim: no /dev, no
 * /proc, an empty /etc. Loads the drivers of the network, configures it as qemu's user networking
 * wants it, runs sentry-scim in each situation, tells how it ended, and turns the machine off.
 *
 *   init NOW URL TOKEN    NOW in seconds since 1970
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MODULES "/modules"
#define IN_2040 2208988800

static const char *url, *token;

static void must(int answer, const char *what)
{
	if (answer >= 0)
		return;
	printf("boot: %s: %s\n", what, strerror(errno));
	reboot(RB_AUTOBOOT);
}

/* The files are numbered in the order in which they depend on each other. */
static void load_drivers(void)
{
	char path[512];
	struct dirent **list;
	int n = scandir(MODULES, &list, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		int fd;

		if (list[i]->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), MODULES "/%s", list[i]->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		must(fd, path);
		must((int)syscall(SYS_finit_module, fd, "", 0), path);
		close(fd);
		unlink(path);
	}
	rmdir(MODULES);
}

static void up(int fd, const char *name, const char *address)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct ifreq r = {.ifr_flags = 0};

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	in.sin_addr.s_addr = inet_addr(address);
	memcpy(&r.ifr_addr, &in, sizeof(in));
	must(ioctl(fd, SIOCSIFADDR, &r), name);
	in.sin_addr.s_addr =
		inet_addr(address[0] == '1' && address[1] == '0' ? "255.255.255.0" : "255.0.0.0");
	memcpy(&r.ifr_netmask, &in, sizeof(in));
	must(ioctl(fd, SIOCSIFNETMASK, &r), name);
	r.ifr_flags = IFF_UP | IFF_RUNNING;
	must(ioctl(fd, SIOCSIFFLAGS, &r), name);
}

static void configure_network(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET}, gateway = any;
	struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
	struct ifreq r = {.ifr_flags = 0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd, "socket");
	snprintf(r.ifr_name, sizeof(r.ifr_name), "eth0");
	/* A device appears a moment after its driver was loaded. */
	for (int i = 0; i < 200 && ioctl(fd, SIOCGIFFLAGS, &r) != 0; i++)
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	up(fd, "lo", "127.0.0.1");
	up(fd, "eth0", "10.0.2.15");
	gateway.sin_addr.s_addr = inet_addr("10.0.2.2");
	memcpy(&route.rt_dst, &any, sizeof(any));
	memcpy(&route.rt_genmask, &any, sizeof(any));
	memcpy(&route.rt_gateway, &gateway, sizeof(gateway));
	must(ioctl(fd, SIOCADDRT, &route), "route");
	close(fd);
}

static void set_clock(int64_t seconds)
{
	must(clock_settime(CLOCK_REALTIME, &(struct timespec){.tv_sec = (time_t)seconds}), "clock");
}

/* Runs sentry-scim with ARGUMENTS in SITUATION. */
static void run(const char *situation, const char *const *arguments)
{
	const char *argv[16] = {
		"sentry-scim", "--url", url, "--org", "acme", "--ca-file", "/ca.pem"};
	size_t n = 7;
	struct rusage usage;
	pid_t child;
	int status;

	while (*arguments != NULL && n < 15)
		argv[n++] = *arguments++;
	printf("boot: %s: begins\n", situation);
	fflush(stdout);
	child = fork();
	must(child, "fork");
	if (child == 0) {
		char variable[256];
		char *environment[] = {variable, NULL};

		snprintf(variable, sizeof(variable), "SENTRY_AUTH_TOKEN=%s", token);
		execve("/sentry-scim", (char *const *)(uintptr_t)argv, environment);
		_exit(127);
	}
	must(wait4(child, &status, 0, &usage), "wait");
	printf("boot: %s: exit %d peak %ld KiB\n", situation,
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), usage.ru_maxrss);
	fflush(stdout);
}

#define RUN(situation, ...) run(situation, (const char *const[]){__VA_ARGS__, NULL})

int main(int argc, char **argv)
{
	char *end;

	if (argc < 4 || getpid() != 1)
		return 2;
	url = argv[2];
	token = argv[3];
	load_drivers();
	RUN("no network", "member", "create", "none@example.com", "--retries", "0");
	configure_network();
	set_clock(3600);
	RUN("1970", "member", "create", "early@example.com");
	set_clock(strtoll(argv[1], &end, 10));
	RUN("alone", "member", "create", "alone@example.com", "--role", "member");
	RUN("list", "member", "list", "-o", "csv");
	mkdir("/dev", 0755);
	must(mount("dev", "/dev", "devtmpfs", 0, NULL), "/dev");
	RUN("with dev", "member", "create", "dev@example.com");
	set_clock(IN_2040);
	RUN("2040", "member", "create", "late@example.com");
	printf("boot: done\n");
	fflush(stdout);
	sync();
	reboot(RB_AUTOBOOT);
	return 0;
}
