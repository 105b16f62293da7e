/*
 * Drives sys/tls against the server of tls_peer.py: starts it, asks for one connection at a time,
 * connects, and tells how both sides saw it end. Test programs run in the project's root folder.
 */
#ifndef SENTRY_SCIM_TESTS_TLS_PEER_H
#define SENTRY_SCIM_TESTS_TLS_PEER_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "sys/tls.h"

#define PEER_LINE 65536

struct peer {
	pid_t pid;
	FILE *to, *from;
	char outcome[PEER_LINE]; /* of the last connection, in the peer's words */
};

static inline void peer_start(struct peer *p)
{
	int to[2], from[2];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	fflush(NULL);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		close(to[1]);
		close(from[0]);
		execlp("python3", "python3", "tests/unit/tls_peer.py", (char *)NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	p->to = fdopen(to[1], "w");
	p->from = fdopen(from[0], "r");
	assert_true(p->to != NULL && p->from != NULL);
}

static inline void peer_stop(struct peer *p)
{
	/* A failed test may have left it waiting for somebody. */
	kill(p->pid, SIGKILL);
	fclose(p->to);
	fclose(p->from);
	waitpid(p->pid, NULL, 0);
}

static inline void peer_read(struct peer *p)
{
	if (fgets(p->outcome, sizeof(p->outcome), p->from) == NULL)
		fail_msg("the test's server is gone (is python3 there?)");
	p->outcome[strcspn(p->outcome, "\n")] = '\0';
}

/* Asks for one connection; the port, or 0 when the peer cannot serve it, which p->outcome explains.
 */
static inline uint16_t peer_serve(struct peer *p, const char *command)
{
	uint64_t port = 0;

	fprintf(p->to, "%s\n", command);
	fflush(p->to);
	peer_read(p);
	if (strncmp(p->outcome, "port\t", 5) == 0)
		assert_true(str_to_u64(str_of(p->outcome + 5), UINT16_MAX, &port));
	return (uint16_t)port;
}

/* A blocking socket as a wire; half a minute of silence is a failure. */
struct peer_socket {
	struct wire wire; /* first member */
	int fd;
	size_t most; /* bytes that one read gives at most; 0 for no limit */
};

static inline enum io peer_socket_end(struct err *e, int number)
{
	err_sys(e, number == EAGAIN ? ERR_TIMEOUT : ERR_CLOSED, number, "test socket");
	return IO_FAIL;
}

static inline enum io peer_socket_read(
	struct wire *w, void *data, size_t len, size_t *got, struct err *e)
{
	struct peer_socket *s = (struct peer_socket *)w;
	ssize_t n = recv(s->fd, data, s->most > 0 && len > s->most ? s->most : len, 0);

	if (n < 0)
		return peer_socket_end(e, errno);
	*got = (size_t)n;
	return n == 0 ? IO_END : IO_OK;
}

static inline enum io peer_socket_write(
	struct wire *w, const void *data, size_t len, size_t *put, struct err *e)
{
	struct peer_socket *s = (struct peer_socket *)w;
	ssize_t n = send(s->fd, data, len, MSG_NOSIGNAL);

	if (n < 0)
		return peer_socket_end(e, errno);
	*put = (size_t)n;
	return IO_OK;
}

static inline void peer_connect(struct peer_socket *s, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct timeval patience = {.tv_sec = 30};

	*s = (struct peer_socket){.wire = {.read = peer_socket_read, .write = peer_socket_write}};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(s->fd >= 0);
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(connect(s->fd, (struct sockaddr *)&to, sizeof(to)), 0);
}

/* The handshake to its end over a blocking socket. */
static inline enum io peer_handshake(struct tls *t, struct err *e)
{
	enum io io;

	do {
		io = tls_handshake(t, e);
	} while (io == IO_WANT_READ || io == IO_WANT_WRITE);
	return io;
}

/* Reads until it gives anything but IO_WANT_READ. */
static inline enum io peer_tls_read(
	struct tls *t, void *data, size_t len, size_t *got, struct err *e)
{
	struct wire *w = tls_wire(t);
	enum io io;

	do {
		io = w->read(w, data, len, got, e);
	} while (io == IO_WANT_READ);
	return io;
}

/* A whole file on the heap, NUL-terminated. */
static inline char *peer_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text;
	long size;

	if (file == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	text = calloc(1, (size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)size, file), (size_t)size);
	fclose(file);
	return text;
}

/* Options that trust the one file PATH. */
static inline void peer_trust(struct trust *trust, struct tls_options *options, const char *path)
{
	struct err e = {.kind = ERR_NONE};

	trust_init(trust);
	assert_true(trust_add(trust, TRUST_FILE, path, true, &e));
	*options = (struct tls_options){.trust = trust};
}

#endif
