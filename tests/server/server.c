#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "connection.h"
#include "die.h"

#define BACKLOG 128

/* A signal writes a byte here; the loop polls the other end. */
static int stop_pipe[2] = {-1, -1};

static void on_signal(int number)
{
	int saved = errno;

	(void)number;
	if (write(stop_pipe[1], "", 1) < 0) {
		/* the pipe is full: the loop has been told already */
	}
	errno = saved;
}

static void set_flags(int fd)
{
	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		die("fcntl: %s", strerror(errno));
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	if (pipe(stop_pipe) != 0)
		die("pipe: %s", strerror(errno));
	set_flags(stop_pipe[0]);
	set_flags(stop_pipe[1]);
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0)
		die("sigaction: %s", strerror(errno));
	action.sa_handler = SIG_IGN;
	if (sigaction(SIGPIPE, &action, NULL) != 0)
		die("sigaction: %s", strerror(errno));
}

void server_init(struct server *s)
{
	*s = (struct server){.listener = -1, .record.fd = -1};
	api_init(&s->api);
}

void server_wipe(struct server *s)
{
	size_t i;

	for (i = 0; i < s->connection_count; i++)
		connection_free(s->connections[i]);
	for (i = 0; i < s->deferred_count; i++) {
		request_wipe(&s->deferred[i]->request);
		free(s->deferred[i]);
	}
	free(s->connections);
	free(s->deferred);
	if (s->listener >= 0)
		close(s->listener);
	tls_setup_free(s->tls);
	record_close(&s->record);
	faults_wipe(&s->faults);
	api_wipe(&s->api);
}

static int listen_unix(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket: %s", strerror(errno));
	if (strlen(path) >= sizeof(address.sun_path))
		die("unix:%s: the path is too long", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	unlink(path); /* left over from an earlier run */
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		die("unix:%s: %s", path, strerror(errno));
	return fd;
}

static int listen_tcp(const char *where)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	struct str host, port;
	char *host_text, *port_text;
	int fd, code, on = 1;

	if (!str_cut_last(str_of(where), ':', &host, &port))
		die("--listen %s: ADDRESS:PORT or unix:PATH is wanted", where);
	if (host.n >= 2 && host.p[0] == '[')
		host = str_from(host.p + 1, host.n - 2);
	host_text = must_dup(host);
	port_text = must_dup(port);
	code = getaddrinfo(host_text, port_text, &hints, &found);
	if (code != 0)
		die("--listen %s: %s", where, gai_strerror(code));
	fd = socket(found->ai_family, SOCK_STREAM, 0);
	if (fd < 0)
		die("socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, found->ai_addr, found->ai_addrlen) != 0)
		die("--listen %s: %s", where, strerror(errno));
	freeaddrinfo(found);
	free(host_text);
	free(port_text);
	return fd;
}

/* "127.0.0.1:40123", "[::1]:40123"; the port alone goes to PORT. */
static void name_listener(int fd, struct buf *name, struct buf *port)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	char host[64], service[16];

	if (getsockname(fd, (struct sockaddr *)&address, &len) != 0 ||
		getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), service,
			sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		die("the address that was bound cannot be read");
	buf_addf(name, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, service);
	buf_add_text(port, service);
}

void server_listen(struct server *s, const char *where, const char *port_file)
{
	bool local = str_starts(str_of(where), "unix:");
	struct buf name, port;

	server_buf(&name);
	server_buf(&port);
	s->listener = local ? listen_unix(where + 5) : listen_tcp(where);
	set_flags(s->listener);
	if (listen(s->listener, BACKLOG) != 0)
		die("--listen %s: %s", where, strerror(errno));
	if (local)
		buf_add_text(&name, where);
	else
		name_listener(s->listener, &name, &port);
	buf_addf(&s->api.prefix, "%s://%s", s->tls != NULL ? "https" : "http",
		local ? "localhost" : buf_text(&name));
	buf_add_char(&port, '\n');
	if (port_file != NULL)
		must_replace(port_file, buf_str(&port));
	catch_signals();
	printf("listening on %s\n", buf_text(&name));
	fflush(stdout);
	buf_wipe(&name);
	buf_wipe(&port);
}

static void accept_all(struct server *s, int64_t now)
{
	int fd, on = 1;

	while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
		struct connection *c;

		set_flags(fd);
		/* Fails on a unix socket, which does not delay anything anyway. */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		c = connection_new(s, fd);
		s->connections =
			must_grow(s->connections, s->connection_count, sizeof(*s->connections));
		s->connections[s->connection_count++] = c;
		connection_advance(s, c, now);
	}
	if (errno == EMFILE || errno == ENFILE)
		die("out of descriptors with %zu connections", s->connection_count);
}

static void reap(struct server *s)
{
	size_t i, kept = 0;

	for (i = 0; i < s->connection_count; i++)
		if (s->connections[i]->phase == PHASE_DEAD) {
			s->finished += s->connections[i]->under_way;
			connection_free(s->connections[i]);
		} else {
			s->connections[kept++] = s->connections[i];
		}
	/* The array may be larger than the new count says: it grows again from there. */
	s->connection_count = kept;
}

static void run_deferred(struct server *s, int64_t now)
{
	size_t i, kept = 0;

	for (i = 0; i < s->deferred_count; i++)
		if (s->deferred[i]->due_ms <= now)
			deferred_run(s, s->deferred[i]);
		else
			s->deferred[kept++] = s->deferred[i];
	s->deferred_count = kept;
}

/* When something is due next, as poll() takes it. */
static int time_out(const struct server *s, int64_t now)
{
	int64_t first = state_save_due(&s->api.state);
	size_t i;

	for (i = 0; i < s->connection_count; i++)
		if (s->connections[i]->wake_ms < first)
			first = s->connections[i]->wake_ms;
	for (i = 0; i < s->deferred_count; i++)
		if (s->deferred[i]->due_ms < first)
			first = s->deferred[i]->due_ms;
	if (first == NEVER)
		return -1;
	if (first <= now)
		return 0;
	return first - now < 3600000 ? (int)(first - now) : 3600000;
}

static bool is_over(const struct server *s)
{
	size_t i;

	if (s->max_requests == 0 || s->finished < s->max_requests || s->deferred_count > 0)
		return false;
	for (i = 0; i < s->connection_count; i++) {
		enum phase p = s->connections[i]->phase;

		if (p == PHASE_DELAYED || p == PHASE_WRITING || p == PHASE_LINGERING)
			return false;
	}
	return true;
}

static void watch(const struct server *s, struct pollfd *fds)
{
	size_t i;

	fds[0] = (struct pollfd){.fd = stop_pipe[0], .events = POLLIN};
	fds[1] = (struct pollfd){.fd = s->listener, .events = POLLIN};
	for (i = 0; i < s->connection_count; i++)
		/* A hang-up is reported even to those who wait for nothing: they are left out. */
		fds[2 + i] = (struct pollfd){
			.fd = s->connections[i]->events != 0 ? s->connections[i]->fd : -1,
			.events = s->connections[i]->events};
}

/* Waits once and does what has become possible; false when the program is to end. */
static bool turn(struct server *s, struct pollfd *fds)
{
	size_t i, watched = s->connection_count;
	int64_t now;

	watch(s, fds);
	if (poll(fds, (nfds_t)(2 + watched), time_out(s, now_ms())) < 0 && errno != EINTR)
		die("poll: %s", strerror(errno));
	now = now_ms();
	if (fds[0].revents != 0)
		return false;
	for (i = 0; i < watched; i++) {
		struct connection *c = s->connections[i];

		if (fds[2 + i].revents != 0 || c->wake_ms <= now)
			connection_advance(s, c, now);
	}
	run_deferred(s, now);
	if (state_save_due(&s->api.state) <= now)
		state_save(&s->api.state);
	if (fds[1].revents != 0)
		accept_all(s, now);
	reap(s);
	return !is_over(s);
}

void server_run(struct server *s)
{
	bool on = true;

	while (on) {
		struct pollfd *fds = must_alloc(2 + s->connection_count, sizeof(*fds));

		on = turn(s, fds);
		free(fds);
	}
	if (s->api.state.unsaved)
		state_save(&s->api.state);
	close(stop_pipe[0]);
	close(stop_pipe[1]);
}
