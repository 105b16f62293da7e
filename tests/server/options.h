/*
 * The command line: switches, eras and seeds. A table holds every option with its help.
 */
#ifndef SENTRY_SCIM_SERVER_OPTIONS_H
#define SENTRY_SCIM_SERVER_OPTIONS_H

#include "server.h"

struct options {
	struct server *server;
	struct org *org; /* the one that switches and seeds are about: the last --org before them */
	const char *listen;
	const char *port_file;
	const char *chain, *key, *client_ca;
	const char *log;
	bool only_1_2;
	bool log_tokens;
};

/* Reads ARGV into O and its server; ends the program, with help, when something is wrong. */
void options_read(struct options *o, int argc, char **argv);

#endif
