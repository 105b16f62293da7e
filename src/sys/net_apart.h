/*
 * Asking for names in a child process, so that a deadline and a signal can end it, which
 * getaddrinfo(3) itself does not know. The program's way; not for those who must not fork.
 */
#ifndef SENTRY_SCIM_SYS_NET_APART_H
#define SENTRY_SCIM_SYS_NET_APART_H

#include "sys/net.h"

/* As struct net_resolver has it. */
bool net_ask_apart(const struct net_resolver *r, const char *name, enum net_family family,
	int64_t deadline, struct net_answer *out, struct err *e);

#endif
