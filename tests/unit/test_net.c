#define _GNU_SOURCE /* unshare() and mount(): a network and an /etc of the test's own */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "apart.h"
#include "sys/clock.h"
#include "sys/net.h"
#include "sys/net_apart.h"
#include "sys/signals.h"

/* Who is asked for names in most of the tests: set by main(). */
static struct net_resolver apart = {.ask = net_ask_apart};

static union net_address address_of(const char *text, uint16_t port)
{
	union net_address a;

	assert_true(net_parse_address(str_of(text), port, &a));
	return a;
}

static int open_descriptors(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

/* Addresses */

static void literals_are_parsed_and_written_back(void **state)
{
	static const struct {
		const char *text, *written;
	} rows[] = {
		{"127.0.0.1", "127.0.0.1:443"},
		{"255.255.255.255", "255.255.255.255:443"},
		{"0.0.0.0", "0.0.0.0:443"},
		{"::1", "[::1]:443"},
		{"::", "[::]:443"},
		{"2001:DB8::00a", "[2001:db8::a]:443"},
		{"::ffff:192.0.2.1", "[::ffff:192.0.2.1]:443"},
		{"fe80::1%lo", "[fe80::1%lo]:443"},
		{"fe80::1%1", "[fe80::1%lo]:443"},
		{"fe80::1%4294967295", "[fe80::1%4294967295]:443"},
	};
	char text[NET_ADDRESS_TEXT];
	union net_address a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(net_parse_address(str_of(rows[i].text), 443, &a));
		net_address_text(&a, text);
		assert_string_equal(text, rows[i].written);
	}
}

static void loopback_is_told_from_the_rest(void **state)
{
	static const char *const inside[] = {"127.0.0.1", "127.255.0.3", "::1"};
	static const char *const outside[] = {"128.0.0.1", "126.0.0.1", "::2", "fe80::1"};
	union net_address a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		a = address_of(inside[i], 1);
		assert_true(net_is_loopback(&a));
	}
	for (i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
		a = address_of(outside[i], 1);
		assert_false(net_is_loopback(&a));
	}
}

static void a_route_has_an_address_to_send_from(void **state)
{
	const int before = open_descriptors();
	union net_address peer = address_of("127.0.0.1", 443), local;
	char text[NET_ADDRESS_TEXT];

	(void)state;
	assert_int_equal(net_route(&peer, &local), 0);
	net_address_text(&local, text);
	assert_string_equal(text, "127.0.0.1:0");
	/* Nothing can be sent to everybody (RFC 919) without having asked for it. */
	peer = address_of("255.255.255.255", 443);
	assert_int_not_equal(net_route(&peer, &local), 0);
	assert_int_equal(open_descriptors(), before);
}

static void what_is_no_literal_is_left_alone(void **state)
{
	static const char *const texts[] = {"", "localhost", "127.1", "127.0.0.1.", "127.0.0.256",
		"127.0.0.01", "0x7f.0.0.1", "2130706433", " 127.0.0.1", "127.0.0.1 ", "[::1]",
		"::1]", "::1%", "fe80::1%no-such-zone", "fe80::1%0", "fe80::1%4294967296",
		"127.0.0.1%lo", ":::", "1::2::3", "12345::", "fe80::1%a-zone-name-longer-than-any"};
	union net_address a;
	size_t i;

	(void)state;
	memset(&a, 0x55, sizeof(a));
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(net_parse_address(str_of(texts[i]), 443, &a));
	assert_false(net_parse_address(str_from("127.0.0.1\0.evil", 15), 443, &a));
	assert_int_equal(a.any.sa_family, 0x5555);
}

static void the_longest_address_fits(void **state)
{
	char text[NET_ADDRESS_TEXT];
	union net_address a = address_of("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", 65535);

	(void)state;
	a.v6.sin6_scope_id = UINT32_MAX;
	net_address_text(&a, text);
	assert_string_equal(text, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}

static void literals_ask_nobody(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_addresses out;

	(void)state;
	/* A deadline that has passed would end any question. */
	assert_true(net_resolve(&apart, str_of("192.0.2.7"), 443, NET_ANY, INT64_MIN, &out, &e));
	assert_int_equal(out.count, 1);
	assert_int_equal(out.list[0].v4.sin_port, htons(443));
	assert_true(net_resolve(&apart, str_of("::1"), 80, NET_IPV6, INT64_MIN, &out, &e));
	assert_int_equal(out.count, 1);
	assert_int_equal(out.list[0].v6.sin6_port, htons(80));

	assert_false(net_resolve(&apart, str_of("::1"), 80, NET_IPV4, INT64_MIN, &out, &e));
	assert_int_equal(e.kind, ERR_NAME);
	assert_int_equal(e.number, 0);
	assert_non_null(strstr(e.text, "::1"));
	assert_non_null(strstr(e.text, "no IPv4 address"));
}

static void names_that_cannot_be_asked_for_are_refused(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_addresses out;
	char name[LIMIT_HOST + 1];

	(void)state;
	memset(name, 'x', sizeof(name));
	assert_false(net_resolve(
		&apart, str_from(name, sizeof(name)), 1, NET_ANY, CLOCK_NEVER, &out, &e));
	assert_int_equal(e.kind, ERR_NAME);
	err_clear(&e);
	assert_false(net_resolve(
		&apart, str_from("localhost\0.evil", 15), 1, NET_ANY, CLOCK_NEVER, &out, &e));
	assert_int_equal(e.kind, ERR_NAME);
	err_clear(&e);
	assert_false(net_resolve(&apart, str_of(""), 1, NET_ANY, CLOCK_NEVER, &out, &e));
	assert_int_equal(e.kind, ERR_NAME);
}

/* Names, against a name server of the test's own */

#define RECORD_A    1
#define RECORD_AAAA 28

/* How many addresses of either family the server gives to names that begin with PREFIX. */
static const struct {
	const char *prefix;
	int v4, v6, code;
	bool same; /* all its addresses are one */
} zone[] = {
	{"both", 2, 3, 0, false},
	{"many", 1, 17, 0, false},
	{"six", 0, 1, 0, false},
	{"nodata", 0, 0, 0, false},
	{"absent", 0, 0, 3, false},
	{"broken", 0, 0, 2, false},
	{"twice", 3, 0, 0, true},
};

static size_t put_record(unsigned char *at, int type, int number)
{
	const size_t size = type == RECORD_A ? 4 : 16;
	const unsigned char head[12] = {
		0xC0, 12, 0, (unsigned char)type, 0, 1, 0, 0, 0, 9, 0, (unsigned char)size};

	memcpy(at, head, sizeof(head));
	memset(at + sizeof(head), 0, size);
	/* 192.0.2.N and 2001:db8::N */
	if (type == RECORD_A)
		memcpy(at + sizeof(head), "\xC0\x00\x02", 3);
	else
		memcpy(at + sizeof(head), "\x20\x01\x0D\xB8", 4);
	at[sizeof(head) + size - 1] = (unsigned char)number;
	return sizeof(head) + size;
}

/* Turns the question of LEN bytes in Q into its answer; 0: none is given. */
static size_t answer(unsigned char *q, size_t len)
{
	size_t i, name = strnlen((char *)q + 12, len - 12);
	const int type = q[12 + name + 2];
	int n, count;

	/* What may follow the question, EDNS, is left out of the answer. */
	len = 12 + name + 5;
	q[2] = 0x81;
	memset(q + 6, 0, 6);
	for (i = 0; i < sizeof(zone) / sizeof(zone[0]); i++) {
		if (strncmp((char *)q + 13, zone[i].prefix, strlen(zone[i].prefix)) != 0)
			continue;
		count = type == RECORD_A ? zone[i].v4 : zone[i].v6;
		q[3] = (unsigned char)(0x80 | zone[i].code);
		q[7] = (unsigned char)count;
		for (n = 1; n <= count; n++)
			len += put_record(q + len, type, zone[i].same ? 1 : n);
		return len;
	}
	return 0;
}

/* Answers for ever. A name that begins with "stop" tells the asking process to stop. */
static _Noreturn void serve_names(int socket, pid_t asking)
{
	struct sockaddr_in from;
	socklen_t size;
	unsigned char q[1024];
	ssize_t n;
	size_t len;

	/* A check that fails does not come to stop_name_server(). */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		size = sizeof(from);
		n = recvfrom(socket, q, 512, 0, (struct sockaddr *)&from, &size);
		if (n < 18)
			_exit(1);
		if (strncmp((char *)q + 13, "stop", 4) == 0)
			kill(asking, SIGTERM);
		len = answer(q, (size_t)n);
		if (len > 0)
			sendto(socket, q, len, 0, (struct sockaddr *)&from, size);
	}
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* Namespaces of the process's own; who is not root is made so inside. */
static bool leave(void)
{
	const unsigned uid = getuid(), gid = getgid();
	char users[32], groups[32];

	if (unshare(CLONE_NEWNET | CLONE_NEWNS) == 0)
		return true;
	snprintf(users, sizeof(users), "0 %u 1\n", uid);
	snprintf(groups, sizeof(groups), "0 %u 1\n", gid);
	return unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) == 0 &&
		write_file("/proc/self/uid_map", users) &&
		write_file("/proc/self/setgroups", "deny") &&
		write_file("/proc/self/gid_map", groups);
}

static bool own_network_and_etc(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	if (!leave())
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo) != 0)
		return false;
	close(fd);
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount("tmpfs", "/etc", "tmpfs", 0, NULL) == 0 &&
		write_file("/etc/hosts", "127.0.0.9 inhosts\n") &&
		write_file("/etc/nsswitch.conf", "hosts: files dns\n") &&
		write_file("/etc/resolv.conf", "nameserver 127.0.0.1\n");
}

static pid_t server = -1;

/* APART_SKIP where the kernel does not allow it. */
static int start_name_server(void)
{
	struct sockaddr_in here = {
		.sin_family = AF_INET, .sin_port = htons(53), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	const pid_t me = getpid();
	int fd;

	if (!own_network_and_etc())
		return APART_SKIP;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	EXPECT(fd >= 0 && bind(fd, (struct sockaddr *)&here, sizeof(here)) == 0);
	server = fork();
	if (server == 0)
		serve_names(fd, me);
	close(fd);
	return APART_PASSED;
}

static int stop_name_server(void)
{
	kill(server, SIGKILL);
	EXPECT(apart_end(server) == 128 + SIGKILL);
	/* Nor has any question left a process behind. */
	EXPECT(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	return APART_PASSED;
}

#define WITH_NAME_SERVER()                                                                         \
	do {                                                                                       \
		int started = start_name_server();                                                 \
		if (started != APART_PASSED)                                                       \
			return started;                                                            \
	} while (0)

static bool ask(const char *name, enum net_family family, struct net_addresses *out, struct err *e)
{
	err_clear(e);
	return net_resolve(
		&apart, str_of(name), 8443, family, clock_after(clock_now(), 20000), out, e);
}

static int families_take_turns(void)
{
	struct net_addresses out;
	struct err e;
	unsigned i;

	WITH_NAME_SERVER();
	EXPECT(ask("both.example", NET_ANY, &out, &e));
	EXPECT(out.count == 5);
	/* Of 3 and 2 addresses all but the last have another family beside them. */
	for (i = 1; i < 4; i++)
		EXPECT(out.list[i].any.sa_family != out.list[i - 1].any.sa_family);
	for (i = 0; i < out.count; i++)
		EXPECT((out.list[i].any.sa_family == AF_INET
				       ? out.list[i].v4.sin_port
				       : out.list[i].v6.sin6_port) == htons(8443));
	return stop_name_server();
}

static int many_addresses_of_one_family_leave_room_for_the_other(void)
{
	struct net_addresses out;
	struct err e;
	unsigned i, v4 = 0;

	WITH_NAME_SERVER();
	EXPECT(ask("many.example", NET_ANY, &out, &e));
	EXPECT(out.count == LIMIT_ADDRESSES);
	for (i = 0; i < out.count; i++)
		v4 += out.list[i].any.sa_family == AF_INET;
	EXPECT(v4 == 1);
	EXPECT(out.list[0].any.sa_family == AF_INET || out.list[1].any.sa_family == AF_INET);
	return stop_name_server();
}

static int a_family_can_be_asked_for(void)
{
	struct net_addresses out;
	struct err e;

	WITH_NAME_SERVER();
	EXPECT(ask("both.example", NET_IPV4, &out, &e));
	EXPECT(out.count == 2 && out.list[0].any.sa_family == AF_INET);
	EXPECT(ask("both.example", NET_IPV6, &out, &e));
	EXPECT(out.count == 3 && out.list[0].any.sa_family == AF_INET6);
	EXPECT(ask("six.example", NET_ANY, &out, &e));
	EXPECT(out.count == 1);
	EXPECT(!ask("six.example", NET_IPV4, &out, &e));
	EXPECT(e.kind == ERR_NAME && e.number == 0);
	EXPECT(strstr(e.text, "six.example") != NULL && strstr(e.text, "no IPv4 address") != NULL);
	EXPECT(!ask("nodata.example", NET_ANY, &out, &e));
	EXPECT(e.kind == ERR_NAME && e.number == 0);
	return stop_name_server();
}

static int the_same_address_twice_counts_once(void)
{
	struct net_addresses out;
	struct err e;

	WITH_NAME_SERVER();
	EXPECT(ask("twice.example", NET_ANY, &out, &e));
	EXPECT(out.count == 1);
	return stop_name_server();
}

static int names_in_the_hosts_file_need_no_server(void)
{
	struct net_addresses out;
	struct err e;

	WITH_NAME_SERVER();
	EXPECT(unlink("/etc/resolv.conf") == 0);
	EXPECT(ask("inhosts", NET_IPV4, &out, &e));
	EXPECT(out.count == 1 && out.list[0].v4.sin_addr.s_addr == htonl(0x7F000009));
	return stop_name_server();
}

static int no_such_name_is_final(void)
{
	struct net_addresses out;
	struct err e;

	WITH_NAME_SERVER();
	EXPECT(!ask("absent.example", NET_ANY, &out, &e));
	EXPECT(e.kind == ERR_NAME && e.number == 0);
	EXPECT(strstr(e.text, "absent.example") != NULL && strstr(e.text, "no such host") != NULL);
	EXPECT(e.hint[0] != '\0' && strstr(e.hint, "resolv.conf") == NULL);
	return stop_name_server();
}

static int a_failing_name_server_may_recover(void)
{
	struct net_addresses out;
	struct err e;

	WITH_NAME_SERVER();
	EXPECT(!ask("broken.example", NET_ANY, &out, &e));
	EXPECT(e.kind == ERR_NAME && e.number == EAGAIN);
	EXPECT(strstr(e.hint, "/etc/resolv.conf names the servers") != NULL);
	return stop_name_server();
}

/* Who asks nobody in particular asks in its own thread, and no process is made. */
static int a_name_can_be_asked_for_without_another_process(void)
{
	const struct net_resolver here = {.ask = NULL};
	struct net_addresses forked, own;
	struct err e = {.kind = ERR_NONE};

	WITH_NAME_SERVER();
	EXPECT(ask("both.example", NET_ANY, &forked, &e));
	EXPECT(net_resolve(&here, str_of("both.example"), 8443, NET_ANY, CLOCK_NEVER, &own, &e));
	EXPECT(own.count == forked.count && own.count > 1);
	EXPECT(memcmp(own.list, forked.list, own.count * sizeof(own.list[0])) == 0);
	EXPECT(!net_resolve(&here, str_of("absent.example"), 1, NET_ANY, CLOCK_NEVER, &own, &e));
	EXPECT(e.kind == ERR_NAME && e.number == 0);
	return stop_name_server();
}

static int the_deadline_ends_a_dead_name_server(void)
{
	struct err e = {.kind = ERR_NONE};
	struct net_addresses out;
	const int before = open_descriptors();
	int64_t start;

	WITH_NAME_SERVER();
	start = clock_now();
	EXPECT(!net_resolve(&apart, str_of("silent.example"), 1, NET_ANY, start + 100, &out, &e));
	EXPECT(clock_now() - start >= 100 && clock_now() - start < 3000);
	EXPECT(e.kind == ERR_TIMEOUT);
	EXPECT(strstr(e.text, "silent.example") != NULL);
	EXPECT(strstr(e.hint, "/etc/resolv.conf names the servers") != NULL);
	EXPECT(open_descriptors() == before);
	return stop_name_server();
}

static int without_a_configured_server_the_hint_says_so(void)
{
	static const char *const contents[] = {
		"", "\n", "# nameserver 127.0.0.1\n", "search example\noptions ndots:1\n", NULL};
	struct net_addresses out;
	struct err e;
	size_t i;

	WITH_NAME_SERVER();
	for (i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		if (contents[i] != NULL)
			EXPECT(write_file("/etc/resolv.conf", contents[i]));
		else
			EXPECT(unlink("/etc/resolv.conf") == 0);
		err_clear(&e);
		EXPECT(!net_resolve(&apart, str_of("silent.example"), 1, NET_ANY,
			clock_after(clock_now(), 50), &out, &e));
		EXPECT(strstr(e.hint, "is missing or names no server") != NULL);
	}
	return stop_name_server();
}

static int a_signal_to_stop_ends_asking(void)
{
	struct net_addresses out;
	struct err e;

	WITH_NAME_SERVER();
	signals_install();
	EXPECT(!ask("stop.example", NET_ANY, &out, &e));
	EXPECT(e.kind == ERR_INTERRUPTED && e.number == SIGTERM);
	return stop_name_server();
}

static int exit_pipe[2];

static void at_exit(void)
{
	if (write(exit_pipe[1], "ran", 3) != 3)
		_exit(1);
}

/* Story: output that waited in stdio's buffer came out twice, once from the child. */
static int the_child_runs_nothing_of_its_parents(void)
{
	struct net_addresses out;
	char byte;
	struct err e;
	FILE *held;

	WITH_NAME_SERVER();
	EXPECT(pipe2(exit_pipe, O_NONBLOCK | O_CLOEXEC) == 0);
	EXPECT(atexit(at_exit) == 0);
	held = fdopen(exit_pipe[1], "w");
	EXPECT(held != NULL && fputs("held back", held) >= 0);
	EXPECT(ask("both.example", NET_ANY, &out, &e));
	EXPECT(read(exit_pipe[0], &byte, 1) == -1 && errno == EAGAIN);
	return stop_name_server();
}

static int asking_works_with_children_ignored(void)
{
	struct net_addresses out;
	struct err e;

	WITH_NAME_SERVER();
	signal(SIGCHLD, SIG_IGN);
	EXPECT(ask("both.example", NET_ANY, &out, &e));
	EXPECT(!ask("absent.example", NET_ANY, &out, &e) && e.kind == ERR_NAME);
	signal(SIGCHLD, SIG_DFL);
	return stop_name_server();
}

/* Connections */

static uint16_t port_of(int fd)
{
	union net_address a;
	socklen_t size = sizeof(a);

	assert_int_equal(getsockname(fd, &a.any, &size), 0);
	return ntohs(a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
}

/* A socket bound to a port of its own at ADDRESS, and listening if BACKLOG >= 0. */
static int bound(const char *address, int backlog, union net_address *out)
{
	int fd;

	*out = address_of(address, 0);
	fd = socket(out->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, &out->any,
				 out->any.sa_family == AF_INET ? sizeof(out->v4) : sizeof(out->v6)),
		0);
	if (backlog >= 0)
		assert_int_equal(listen(fd, backlog), 0);
	*out = address_of(address, port_of(fd));
	return fd;
}

/* A port that answers nothing: once the queue of a listener is full, SYNs are dropped. */
#define FILLERS 8
struct black_hole {
	int listener, fillers[FILLERS];
};

static void black_hole_open(struct black_hole *h, union net_address *out)
{
	int i;

	h->listener = bound("127.0.0.1", 0, out);
	for (i = 0; i < FILLERS; i++) {
		h->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		assert_true(connect(h->fillers[i], &out->any, sizeof(out->v4)) == 0 ||
			errno == EINPROGRESS);
	}
}

static void black_hole_close(struct black_hole *h)
{
	int i;

	for (i = 0; i < FILLERS; i++)
		close(h->fillers[i]);
	close(h->listener);
}

/* Steps at the time NOW until the step no longer waits for what is ready at once. */
static enum io step_until_quiet(
	struct net_dial *d, struct net_socket *s, int64_t now, struct err *e)
{
	struct pollfd fds[LIMIT_ADDRESSES];
	unsigned count;
	enum io io;

	for (;;) {
		io = net_dial_step(d, s, now, e);
		if (io != IO_WANT_WRITE)
			return io;
		count = net_dial_poll(d, fds, LIMIT_ADDRESSES);
		if (poll(fds, count, 50) == 0)
			return io;
	}
}

static void a_live_address_is_connected_at_once(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_addresses all = {.count = 1};
	struct net_socket s;
	struct net_dial d;
	int listener, on = 0;
	socklen_t size = sizeof(on);

	(void)state;
	listener = bound("127.0.0.1", 5, &all.list[0]);
	net_socket_init(&s);
	assert_int_equal(s.fd, -1);
	net_dial_start(&d, &all, 1000, 2000);
	all.count = 0; /* the race has its own list */
	assert_int_equal(step_until_quiet(&d, &s, 1000, &e), IO_OK);
	assert_int_equal(d.winner, 0);
	assert_true(s.fd >= 0);
	assert_int_equal(fcntl(s.fd, F_GETFD), FD_CLOEXEC);
	assert_true((fcntl(s.fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_int_equal(getsockopt(s.fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
	assert_true(on != 0);
	net_socket_close(&s);
	assert_int_equal(s.fd, -1);
	net_socket_close(&s);
	close(listener);
}

/* An emulator hands on the number in SO_ERROR as its own kernel counts, which MIPS does not. */
static void skip_where_errors_are_another_kernels(void)
{
	if (apart_emulated() && ECONNREFUSED != 111)
		skip();
}

static void a_refusal_starts_the_next_address_at_once(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_addresses all = {.count = 2};
	const int before = open_descriptors();
	struct net_socket s;
	struct net_dial d;
	int closed, listener;

	(void)state;
	skip_where_errors_are_another_kernels();
	if (access("/proc/net/if_inet6", F_OK) != 0)
		skip();
	closed = bound("::1", -1, &all.list[0]);
	listener = bound("127.0.0.1", 5, &all.list[1]);
	net_socket_init(&s);
	net_dial_start(&d, &all, 1000, 2000);
	assert_int_equal(step_until_quiet(&d, &s, 1000, &e), IO_OK);
	assert_int_equal(d.winner, 1);
	assert_int_equal(d.attempts[0].failure, ECONNREFUSED);
	assert_int_equal(e.kind, ERR_NONE);
	net_socket_close(&s);
	close(listener);
	close(closed);
	assert_int_equal(open_descriptors(), before);
}

static void a_silent_address_is_overtaken_after_250_ms(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_addresses all = {.count = 2};
	const int before = open_descriptors();
	struct black_hole hole;
	struct net_socket s;
	struct net_dial d;
	int listener;

	(void)state;
	black_hole_open(&hole, &all.list[0]);
	listener = bound("127.0.0.1", 5, &all.list[1]);
	net_socket_init(&s);
	net_dial_start(&d, &all, 1000, 9000);
	assert_true(net_dial_wake(&d) == 1000);
	assert_int_equal(step_until_quiet(&d, &s, 1000, &e), IO_WANT_WRITE);
	assert_int_equal(d.started, 1);
	assert_true(net_dial_wake(&d) == 1250);
	assert_int_equal(step_until_quiet(&d, &s, 1249, &e), IO_WANT_WRITE);
	assert_int_equal(d.started, 1);
	assert_int_equal(step_until_quiet(&d, &s, 1250, &e), IO_OK);
	assert_int_equal(d.winner, 1);
	assert_int_equal(fcntl(s.fd, F_GETFD), FD_CLOEXEC);
	net_socket_close(&s);
	close(listener);
	black_hole_close(&hole);
	assert_int_equal(open_descriptors(), before);
}

static void without_any_answer_the_deadline_ends_it(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_addresses all = {.count = 2};
	char text[NET_ADDRESS_TEXT];
	struct black_hole hole;
	struct net_socket s;
	struct net_dial d;
	int before, closed;

	(void)state;
	skip_where_errors_are_another_kernels();
	black_hole_open(&hole, &all.list[0]);
	closed = bound("127.0.0.1", -1, &all.list[1]);
	before = open_descriptors();
	net_socket_init(&s);
	net_dial_start(&d, &all, 1000, 1300);
	assert_int_equal(step_until_quiet(&d, &s, 1000, &e), IO_WANT_WRITE);
	assert_int_equal(step_until_quiet(&d, &s, 1250, &e), IO_WANT_WRITE);
	assert_int_equal(d.started, 2);
	assert_true(net_dial_wake(&d) == 1300);
	assert_int_equal(open_descriptors(), before + 1);
	assert_int_equal(net_dial_step(&d, &s, 1300, &e), IO_FAIL);
	assert_int_equal(e.kind, ERR_TIMEOUT);
	net_address_text(&all.list[0], text);
	assert_non_null(strstr(e.text, text));
	assert_non_null(strstr(e.text, ": no answer; 127.0.0.1:"));
	assert_non_null(strstr(e.text, strerror(ECONNREFUSED)));
	assert_non_null(strstr(e.hint, "--proxy"));
	assert_int_equal(s.fd, -1);
	assert_int_equal(open_descriptors(), before);
	close(closed);
	black_hole_close(&hole);
}

static void when_all_refuse_each_is_named_with_its_cause(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_addresses all = {.count = 2};
	char first[NET_ADDRESS_TEXT], second[NET_ADDRESS_TEXT], expected[512];
	int a = bound("127.0.0.1", -1, &all.list[0]), b = bound("127.0.0.2", -1, &all.list[1]);
	const int before = open_descriptors();
	struct net_socket s;
	struct net_dial d;

	(void)state;
	skip_where_errors_are_another_kernels();
	net_socket_init(&s);
	net_dial_start(&d, &all, 1000, 2000);
	assert_int_equal(step_until_quiet(&d, &s, 1000, &e), IO_FAIL);
	assert_int_equal(e.kind, ERR_CONNECT);
	assert_int_equal(e.number, ECONNREFUSED);
	net_address_text(&all.list[0], first);
	net_address_text(&all.list[1], second);
	snprintf(expected, sizeof(expected),
		"no connection: %s: Connection refused; %s: Connection refused", first, second);
	assert_string_equal(e.text, expected);
	assert_non_null(strstr(e.hint, "takes connections"));
	assert_int_equal(open_descriptors(), before);
	close(a);
	close(b);
}

static void the_most_addresses_make_a_whole_message(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_addresses all = {.count = LIMIT_ADDRESSES};
	union net_address a;
	int fd = bound("127.0.0.1", -1, &a);
	struct net_socket s;
	struct net_dial d;
	size_t len;
	unsigned i;

	(void)state;
	for (i = 0; i < LIMIT_ADDRESSES; i++) {
		all.list[i] = a;
		all.list[i].v4.sin_addr.s_addr = htonl(0x7F646464 + i);
	}
	net_socket_init(&s);
	net_dial_start(&d, &all, 1000, 2000);
	assert_int_equal(step_until_quiet(&d, &s, 1000, &e), IO_FAIL);
	assert_int_equal(d.started, LIMIT_ADDRESSES);
	len = strlen(e.text);
	assert_true(len < sizeof(e.text) - 1);
	assert_non_null(strstr(e.text, "127.100.100.100:"));
	assert_non_null(strstr(e.text, "; and "));
	assert_string_equal(e.text + len - 5, " more");
	close(fd);
}

static void nothing_is_started_after_the_deadline(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_addresses all = {.count = 1};
	struct net_socket s;
	struct net_dial d;

	(void)state;
	all.list[0] = address_of("127.0.0.1", 9);
	net_socket_init(&s);
	net_dial_start(&d, &all, 1000, 1000);
	assert_int_equal(net_dial_step(&d, &s, 1000, &e), IO_FAIL);
	assert_int_equal(e.kind, ERR_TIMEOUT);
	assert_string_equal(e.text, "no connection in time");
	assert_int_equal(d.started, 0);
}

static void cancelling_closes_what_is_under_way(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_addresses all = {.count = 1};
	struct black_hole hole;
	struct net_socket s;
	struct pollfd fds[2];
	struct net_dial d;
	int before;

	(void)state;
	black_hole_open(&hole, &all.list[0]);
	before = open_descriptors();
	net_socket_init(&s);
	net_dial_start(&d, &all, 1000, 2000);
	assert_int_equal(net_dial_poll(&d, fds, 2), 0);
	assert_int_equal(net_dial_step(&d, &s, 1000, &e), IO_WANT_WRITE);
	assert_int_equal(net_dial_poll(&d, fds, 0), 0);
	assert_int_equal(net_dial_poll(&d, fds, 2), 1);
	assert_int_equal(fds[0].events, POLLOUT);
	net_dial_cancel(&d);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(net_dial_poll(&d, fds, 2), 0);
	net_dial_cancel(&d);
	black_hole_close(&hole);
}

static void an_unusable_family_is_passed_over(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_addresses all = {.count = 2};
	struct net_socket s;
	struct net_dial d;
	int listener;

	(void)state;
	/* A link-local address without its zone leads nowhere on any machine. */
	all.list[0] = address_of("fe80::1", 9);
	listener = bound("127.0.0.1", 5, &all.list[1]);
	net_socket_init(&s);
	net_dial_start(&d, &all, 1000, 2000);
	assert_int_equal(step_until_quiet(&d, &s, 1000, &e), IO_OK);
	assert_int_equal(d.winner, 1);
	assert_int_not_equal(d.attempts[0].failure, 0);
	net_socket_close(&s);
	close(listener);
}

/*
 * Story: a connection to a closed port of this machine that gets the very port as its own talks to
 * itself. One port to choose from makes the chance a certainty.
 */
static int a_connection_to_itself_is_refused(void)
{
	struct err e = {.kind = ERR_NONE};
	struct net_addresses all = {.count = 1};
	struct net_socket s;
	struct net_dial d;

	if (!own_network_and_etc() || access("/proc/sys/net/ipv4/ip_local_port_range", W_OK) != 0 ||
		!write_file("/proc/sys/net/ipv4/ip_local_port_range", "40001 40001\n"))
		return APART_SKIP;
	all.list[0] = address_of("127.0.0.1", 40001);
	net_socket_init(&s);
	net_dial_start(&d, &all, 1000, 2000);
	EXPECT(step_until_quiet(&d, &s, 1000, &e) == IO_FAIL);
	EXPECT(e.kind == ERR_CONNECT && e.number == ECONNREFUSED);
	return APART_PASSED;
}

/* The wire */

/* A connected pair: S as the program has it, and the peer's plain descriptor. */
static int connected(struct net_socket *s)
{
	struct err e = {.kind = ERR_NONE};
	struct net_addresses all = {.count = 1};
	struct net_dial d;
	int listener = bound("127.0.0.1", 5, &all.list[0]), peer;

	net_socket_init(s);
	net_dial_start(&d, &all, 0, 1000);
	assert_int_equal(step_until_quiet(&d, s, 0, &e), IO_OK);
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	close(listener);
	return peer;
}

static enum io read_when_ready(
	struct net_socket *s, void *data, size_t len, size_t *got, struct err *e)
{
	struct pollfd readable = {.fd = s->fd, .events = POLLIN};

	assert_int_equal(poll(&readable, 1, 5000), 1);
	return s->wire.read(&s->wire, data, len, got, e);
}

static void bytes_pass_in_both_directions(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_socket s;
	int peer = connected(&s);
	char data[16];
	size_t n = 0;

	(void)state;
	assert_int_equal(s.wire.read(&s.wire, data, sizeof(data), &n, &e), IO_WANT_READ);
	assert_int_equal(send(peer, "hello", 5, 0), 5);
	assert_int_equal(read_when_ready(&s, data, 3, &n, &e), IO_OK);
	assert_int_equal(n, 3);
	assert_memory_equal(data, "hel", 3);
	assert_int_equal(read_when_ready(&s, data, sizeof(data), &n, &e), IO_OK);
	assert_int_equal(n, 2);
	assert_memory_equal(data, "lo", 2);
	assert_int_equal(s.wire.write(&s.wire, "there", 5, &n, &e), IO_OK);
	assert_int_equal(n, 5);
	assert_int_equal(recv(peer, data, sizeof(data), 0), 5);
	assert_memory_equal(data, "there", 5);
	assert_int_equal(e.kind, ERR_NONE);
	net_socket_close(&s);
	close(peer);
}

static void an_orderly_end_is_an_end(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_socket s;
	int peer = connected(&s);
	char data[16];
	size_t n = 0;

	(void)state;
	assert_int_equal(send(peer, "bye", 3, 0), 3);
	assert_int_equal(shutdown(peer, SHUT_WR), 0);
	assert_int_equal(read_when_ready(&s, data, sizeof(data), &n, &e), IO_OK);
	assert_int_equal(n, 3);
	assert_int_equal(read_when_ready(&s, data, sizeof(data), &n, &e), IO_END);
	assert_int_equal(read_when_ready(&s, data, sizeof(data), &n, &e), IO_END);
	/* The other direction goes on. */
	assert_int_equal(s.wire.write(&s.wire, "x", 1, &n, &e), IO_OK);
	assert_int_equal(e.kind, ERR_NONE);
	net_socket_close(&s);
	close(peer);
}

static void reset_by(int peer)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	close(peer);
}

static void a_reset_is_told_from_an_end(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_socket s;
	int peer = connected(&s);
	char data[16];
	size_t n;

	(void)state;
	reset_by(peer);
	assert_int_equal(read_when_ready(&s, data, sizeof(data), &n, &e), IO_FAIL);
	assert_int_equal(e.kind, ERR_CLOSED);
	assert_int_equal(e.number, ECONNRESET);
	assert_string_equal(e.text, "the peer reset the connection");

	/* SIGPIPE has its default here, which would end the test. */
	err_clear(&e);
	assert_int_equal(s.wire.write(&s.wire, "x", 1, &n, &e), IO_FAIL);
	assert_int_equal(e.kind, ERR_CLOSED);
	assert_int_equal(e.number, EPIPE);
	net_socket_close(&s);
}

static void a_full_socket_waits_to_be_written(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_socket s;
	int peer = connected(&s);
	static char data[65536];
	enum io io;
	size_t n, total = 0;

	(void)state;
	while ((io = s.wire.write(&s.wire, data, sizeof(data), &n, &e)) == IO_OK) {
		assert_true(n > 0 && n <= sizeof(data));
		total += n;
		assert_true(total < 256u * 1024u * 1024u);
	}
	assert_int_equal(io, IO_WANT_WRITE);
	assert_int_equal(e.kind, ERR_NONE);
	net_socket_close(&s);
	close(peer);
}

static void a_closed_descriptor_is_a_fault_of_the_program(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct net_socket s;
	char byte;
	size_t n;

	(void)state;
	net_socket_init(&s);
	assert_int_equal(s.wire.read(&s.wire, &byte, 1, &n, &e), IO_FAIL);
	assert_int_equal(e.kind, ERR_SYSTEM);
	assert_int_equal(e.number, EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals_are_parsed_and_written_back),
		cmocka_unit_test(loopback_is_told_from_the_rest),
		cmocka_unit_test(a_route_has_an_address_to_send_from),
		cmocka_unit_test(what_is_no_literal_is_left_alone),
		cmocka_unit_test(the_longest_address_fits),
		cmocka_unit_test(literals_ask_nobody),
		cmocka_unit_test(names_that_cannot_be_asked_for_are_refused),
		apart_test(families_take_turns),
		apart_test(many_addresses_of_one_family_leave_room_for_the_other),
		apart_test(a_family_can_be_asked_for),
		apart_test(the_same_address_twice_counts_once),
		apart_test(names_in_the_hosts_file_need_no_server),
		apart_test(no_such_name_is_final),
		apart_test(a_failing_name_server_may_recover),
		apart_test(a_name_can_be_asked_for_without_another_process),
		apart_test(the_deadline_ends_a_dead_name_server),
		apart_test(without_a_configured_server_the_hint_says_so),
		apart_test(a_signal_to_stop_ends_asking),
		apart_test(the_child_runs_nothing_of_its_parents),
		apart_test(asking_works_with_children_ignored),
		cmocka_unit_test(a_live_address_is_connected_at_once),
		cmocka_unit_test(a_refusal_starts_the_next_address_at_once),
		cmocka_unit_test(a_silent_address_is_overtaken_after_250_ms),
		cmocka_unit_test(without_any_answer_the_deadline_ends_it),
		cmocka_unit_test(when_all_refuse_each_is_named_with_its_cause),
		cmocka_unit_test(the_most_addresses_make_a_whole_message),
		cmocka_unit_test(nothing_is_started_after_the_deadline),
		cmocka_unit_test(cancelling_closes_what_is_under_way),
		cmocka_unit_test(an_unusable_family_is_passed_over),
		apart_test(a_connection_to_itself_is_refused),
		cmocka_unit_test(bytes_pass_in_both_directions),
		cmocka_unit_test(an_orderly_end_is_an_end),
		cmocka_unit_test(a_reset_is_told_from_an_end),
		cmocka_unit_test(a_full_socket_waits_to_be_written),
		cmocka_unit_test(a_closed_descriptor_is_a_fault_of_the_program),
	};

	apart.stop = signals_stop();
	return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
