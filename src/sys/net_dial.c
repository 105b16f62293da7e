#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/clock.h"
#include "sys/net.h"

/* RFC 8305 section 5: the Connection Attempt Delay it recommends, in milliseconds. */
#define NEXT_ATTEMPT_MS 250

#define AND_MORE "; and %u more"

void net_dial_start(
	struct net_dial *d, const struct net_addresses *addresses, int64_t now, int64_t deadline)
{
	unsigned i;

	*d = (struct net_dial){
		.addresses = *addresses, .next_start = now, .deadline = deadline, .winner = -1};
	for (i = 0; i < LIMIT_ADDRESSES; i++)
		d->attempts[i].fd = -1;
}

void net_dial_cancel(struct net_dial *d)
{
	unsigned i;

	for (i = 0; i < d->started; i++) {
		if (d->attempts[i].fd >= 0)
			close(d->attempts[i].fd);
		d->attempts[i].fd = -1;
	}
}

unsigned net_dial_poll(const struct net_dial *d, struct pollfd *fds, unsigned room)
{
	unsigned i, count = 0;

	for (i = 0; i < d->started && count < room; i++)
		if (d->attempts[i].fd >= 0)
			fds[count++] = (struct pollfd){.fd = d->attempts[i].fd, .events = POLLOUT};
	return count;
}

int64_t net_dial_wake(const struct net_dial *d)
{
	if (d->started < d->addresses.count && d->next_start < d->deadline)
		return d->next_start;
	return d->deadline;
}

static void attempt_failed(struct net_dial *d, unsigned i, int number, int64_t now)
{
	if (d->attempts[i].fd >= 0)
		close(d->attempts[i].fd);
	d->attempts[i] = (struct net_attempt){.fd = -1, .failure = number};
	/* RFC 8305 section 5: a failure does not wait for the delay to pass. */
	d->next_start = now;
}

/*
 * A connection to a port of this machine that nobody listens on may, by chance, be given that very
 * port as its own and then meet itself in a simultaneous open. Nobody is there all the same.
 */
static bool met_itself(int fd)
{
	union net_address here, there;
	socklen_t here_size = sizeof(here), there_size = sizeof(there);

	memset(&here, 0, sizeof(here));
	memset(&there, 0, sizeof(there));
	return getsockname(fd, &here.any, &here_size) == 0 &&
		getpeername(fd, &there.any, &there_size) == 0 && here_size == there_size &&
		memcmp(&here, &there, sizeof(here)) == 0;
}

/* Whether attempt I, which is ready, has been connected. */
static bool attempt_won(struct net_dial *d, unsigned i, int64_t now)
{
	int number = 0;
	socklen_t size = sizeof(number);

	if (getsockopt(d->attempts[i].fd, SOL_SOCKET, SO_ERROR, &number, &size) != 0)
		number = errno;
	if (number == 0 && met_itself(d->attempts[i].fd))
		number = ECONNREFUSED;
	if (number == 0)
		return true;
	attempt_failed(d, i, number, now);
	return false;
}

/* Looks at the attempts under way. */
static void collect(struct net_dial *d, int64_t now)
{
	struct pollfd ready;
	unsigned i;

	for (i = 0; i < d->started && d->winner < 0; i++) {
		ready = (struct pollfd){.fd = d->attempts[i].fd, .events = POLLOUT};
		if (ready.fd >= 0 && poll(&ready, 1, 0) == 1 && attempt_won(d, i, now))
			d->winner = (int)i;
	}
}

/* Begins to connect FD; the answer is connect()'s. */
static int begin_connect(int fd, const struct net_addresses *addresses, unsigned i)
{
	const union net_address *a = &addresses->list[i];
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	const int on = 1;

	if (addresses->local != NULL) {
		memcpy(local.sun_path, addresses->local, strlen(addresses->local));
		return connect(fd, (const struct sockaddr *)&local, sizeof(local));
	}
	/* Requests are written whole: waiting for more could only delay their last segment. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return connect(fd, &a->any, a->any.sa_family == AF_INET6 ? sizeof(a->v6) : sizeof(a->v4));
}

static void start_next(struct net_dial *d, int64_t now)
{
	const unsigned i = d->started++;
	const int family =
		d->addresses.local != NULL ? AF_UNIX : d->addresses.list[i].any.sa_family;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	d->attempts[i].fd = fd;
	if (fd < 0) {
		attempt_failed(d, i, errno, now);
		return;
	}
	d->next_start = clock_after(now, NEXT_ATTEMPT_MS);
	/* An interrupted connect() goes on by itself, as one that is under way does. */
	if (begin_connect(fd, &d->addresses, i) != 0 && errno != EINPROGRESS && errno != EINTR)
		attempt_failed(d, i, errno, now);
}

static bool under_way(const struct net_dial *d)
{
	struct pollfd one;

	return net_dial_poll(d, &one, 1) > 0;
}

static const struct {
	int number;
	const char *hint;
} advice[] = {
	{ECONNREFUSED,
		"nothing takes connections there: are host and port right, is it running? "
		"Firewalls refuse like this too"},
	{ENETUNREACH,
		"this machine has no route there: is the network up, is a proxy needed "
		"(--proxy)?"},
	{EHOSTUNREACH,
		"the way there is interrupted: is the network up, is a proxy needed "
		"(--proxy)?"},
	{ETIMEDOUT,
		"nothing answers there: a firewall may drop what is sent; is a proxy needed "
		"(--proxy)?"},
	{ENOENT, "there is no such socket: is the relay running?"},
	{EACCES, "this machine's own rules forbid the connection"},
	{EPERM, "this machine's own rules forbid the connection"},
	{EMFILE, "the limit on open files (ulimit -n) is too low"},
};

static void add_advice(int number, struct err *e)
{
	size_t i;

	for (i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		if (advice[i].number == number)
			err_hint(e, "%s", advice[i].hint);
}

void net_dial_failures(const struct net_dial *d, struct buf *out)
{
	char address[NET_PEER_TEXT], one[NET_PEER_TEXT + 64];
	unsigned i;
	int number;

	for (i = 0; i < d->started; i++) {
		if ((int)i == d->winner)
			continue;
		number = d->attempts[i].failure;
		net_peer_text(&d->addresses, i, address);
		snprintf(one, sizeof(one), "%s%s: %s", out->len > 0 ? "; " : "", address,
			number != 0 ? strerror(number) : "no answer");
		if (out->len + strlen(one) + sizeof(AND_MORE) > out->max) {
			buf_addf(out, AND_MORE, d->started - i);
			return;
		}
		buf_add_text(out, one);
	}
}

/* Ends the race without a winner. */
static enum io lost(struct net_dial *d, enum err_kind kind, struct err *e)
{
	const int number = d->started > 0 ? d->attempts[0].failure : 0;
	const bool fresh = e->kind == ERR_NONE;
	struct buf text;

	buf_init(&text, sizeof(e->text) - 64);
	net_dial_failures(d, &text);
	err_set(e, kind, "%s%s%s", kind == ERR_TIMEOUT ? "no connection in time" : "no connection",
		text.len > 0 ? ": " : "", buf_text(&text));
	buf_wipe(&text);
	if (fresh) {
		e->number = number;
		add_advice(number != 0 ? number : ETIMEDOUT, e);
	}
	net_dial_cancel(d);
	return IO_FAIL;
}

enum io net_dial_step(struct net_dial *d, struct net_socket *s, int64_t now, struct err *e)
{
	collect(d, now);
	while (d->winner < 0 && now < d->deadline && d->started < d->addresses.count &&
		now >= d->next_start) {
		start_next(d, now);
		collect(d, now);
	}
	if (d->winner >= 0) {
		net_socket_close(s);
		s->fd = d->attempts[d->winner].fd;
		d->attempts[d->winner].fd = -1;
		net_dial_cancel(d);
		return IO_OK;
	}
	if (now >= d->deadline)
		return lost(d, ERR_TIMEOUT, e);
	if (d->started == d->addresses.count && !under_way(d))
		return lost(d, ERR_CONNECT, e);
	return IO_WANT_WRITE;
}
