/*
 * The network: names to addresses, and TCP connections. Names are resolved by the C library, whose
 * getaddrinfo(3) knows no deadline: the program asks it in a child process (sys/net_apart.h), where
 * a dead name server costs what the user allowed and no more. Connections race as RFC 8305
 * describes: addresses of both families alternate, the next one starts 250 ms after the last or at
 * once when that fails.
 */
#ifndef SENTRY_SCIM_SYS_NET_H
#define SENTRY_SCIM_SYS_NET_H

#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "sys/stop.h"
#include "sys/wire.h"

enum net_family { NET_ANY, NET_IPV4, NET_IPV6 };

union net_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct net_addresses {
	unsigned count;
	const char *local; /* the path of a unix-domain socket, which counts as one address; NULL:
			      `list` has them */
	union net_address list[LIMIT_ADDRESSES];
};

/* What became of asking for a name. */
struct net_answer {
	int code;                       /* of getaddrinfo(3) */
	int number;                     /* errno for EAI_SYSTEM */
	struct net_addresses addresses; /* without ports */
};

/* Who is asked. All zeroes: the C library, in the caller's thread, for as long as that takes. */
struct net_resolver {
	/* False with *E when there is no answer: ERR_TIMEOUT at DEADLINE, ERR_INTERRUPTED,
	   ERR_SYSTEM. */
	bool (*ask)(const struct net_resolver *r, const char *name, enum net_family family,
		int64_t deadline, struct net_answer *out, struct err *e);
	struct stop *stop; /* or NULL; not owned */
};
/* What is asked when there is no `ask`. */
bool net_ask_here(const struct net_resolver *r, const char *name, enum net_family family,
	int64_t deadline, struct net_answer *out, struct err *e);

/*
 * The addresses of HOST, a name or a literal without brackets (IPv6 with a zone id as "%eth0"),
 * with PORT filled in, families alternating, in the resolver's order. Literals ask nobody. ERR_NAME
 * (with a hint: no such name, or no name server, or /etc/resolv.conf missing; its number is EAGAIN
 * where asking again later may help, else 0), ERR_TIMEOUT at DEADLINE, ERR_INTERRUPTED, ERR_SYSTEM.
 */
MUST_USE bool net_resolve(const struct net_resolver *r, struct str host, uint16_t port,
	enum net_family family, int64_t deadline, struct net_addresses *out, struct err *e);
/* Parses an address literal; false when TEXT is none. */
bool net_parse_address(struct str text, uint16_t port, union net_address *out);
/* ADDRESS and port as a person writes them, "[::1]:443", into TEXT, NUL-terminated. */
#define NET_ADDRESS_TEXT 80
void net_address_text(const union net_address *a, char text[static NET_ADDRESS_TEXT]);

/* Makes A the unix-domain socket PATH, which must outlive it; false when the path is empty or
   longer than NET_LOCAL_MAX. */
#define NET_LOCAL_MAX 107
bool net_local(struct net_addresses *a, const char *path);
/* The address of index I, as above or "unix:/run/relay". */
#define NET_PEER_TEXT (NET_LOCAL_MAX + 6)
void net_peer_text(const struct net_addresses *a, unsigned i, char text[static NET_PEER_TEXT]);

bool net_is_loopback(const union net_address *a);
/* Appends the servers that /etc/resolv.conf names, ", " between them; nothing if there are none. */
void net_name_servers(struct buf *out);
/*
 * Whether this machine has a route to PEER: 0, with the address it would send from in *LOCAL (port
 * 0), or the errno of why not. Nothing is sent.
 */
int net_route(const union net_address *peer, union net_address *local);

/* A connected, non-blocking stream socket as a wire. */
struct net_socket {
	struct wire wire; /* first member */
	int fd;           /* -1 when closed; owned */
};
void net_socket_init(struct net_socket *s);
void net_socket_close(struct net_socket *s);

/* A race of connection attempts. */
struct net_attempt {
	int fd;      /* -1: not started, or over */
	int failure; /* errno of its end, 0 while it runs */
};
struct net_dial {
	struct net_addresses addresses;
	unsigned started;   /* attempts begun, in the list's order */
	int64_t next_start; /* when the next attempt may begin */
	int64_t deadline;
	int winner; /* index of the address that answered, or -1 */
	struct net_attempt attempts[LIMIT_ADDRESSES];
};

/* Begins at NOW, to ADDRESSES as they are now; the whole race ends at DEADLINE. Sockets are
 * TCP_NODELAY, close-on-exec. */
void net_dial_start(
	struct net_dial *d, const struct net_addresses *addresses, int64_t now, int64_t deadline);
/*
 * Goes on: starts and collects attempts. IO_OK: S is connected, the other attempts are closed.
 * IO_WANT_WRITE: wait for the descriptors of net_dial_poll() until net_dial_wake(). IO_FAIL:
 * ERR_CONNECT or ERR_TIMEOUT naming each address with its cause, numbered as the first of them; all
 * attempts are closed.
 */
enum io net_dial_step(struct net_dial *d, struct net_socket *s, int64_t now, struct err *e);
/* Fills FDS with what to wait for, at most ROOM; answers how many. */
unsigned net_dial_poll(const struct net_dial *d, struct pollfd *fds, unsigned room);
/* Appends what became of the addresses that were tried and did not win: "127.0.0.1:1: Connection
   refused; [::1]:1: no answer; and 3 more", as much as fits. */
void net_dial_failures(const struct net_dial *d, struct buf *out);
/* The time at which the race wants to go on even if no descriptor is ready. */
int64_t net_dial_wake(const struct net_dial *d);
/* Closes all attempts under way. */
void net_dial_cancel(struct net_dial *d);

#endif
