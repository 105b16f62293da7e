/*
 * Runs one command of the program as main() would, in a child of its own, while this process plays
 * the server. The command line is that of tests/unit/commands.c, whose `member create` takes any
 * arguments and options; which function runs is the test's choice.
 */
#ifndef SENTRY_SCIM_TESTS_COMMAND_H
#define SENTRY_SCIM_TESTS_COMMAND_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "cmd/cmd.h"
#include "scripted.h"
#include "sys/console.h"
#include "sys/signals.h"

#define COMMAND_TOKEN "sntryi_0123456789canary0123456789canary"
#define COMMAND_ORG   "/api/0/organizations/acme/scim/v2"

struct command {
	int code;            /* the exit code; 128 + a signal's number */
	struct buf out, err; /* what it wrote */
	const char *input;   /* its standard input, or NULL */
	const char *token;   /* in the environment; NULL: none */
};

static inline void command_init(struct command *c)
{
	*c = (struct command){.token = COMMAND_TOKEN};
	buf_init(&c->out, 1u << 24);
	buf_init(&c->err, 1u << 24);
}

static inline void command_wipe(struct command *c)
{
	buf_wipe(&c->out);
	buf_wipe(&c->err);
}

static inline int command_scratch(void)
{
	FILE *file = tmpfile();
	int fd = file != NULL ? dup(fileno(file)) : -1;

	if (fd < 0)
		peer_fail("scratch");
	fclose(file);
	return fd;
}

static inline void command_read_back(int fd, struct buf *out)
{
	ssize_t n;

	buf_clear(out);
	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, buf_room(out, 65536), 65536)) > 0)
		buf_grew(out, (size_t)n);
	close(fd);
}

static inline void command_environment(const struct command *c)
{
	static char *none[] = {NULL};
	extern char **environ;

	environ = none;
	if (c->token != NULL && setenv("SENTRY_AUTH_TOKEN", c->token, 1) != 0)
		abort();
}

static inline int command_child(
	const struct command *c, int (*run)(struct cmd_context *), int argc, char **argv)
{
	struct arena arena;
	struct opts opts;
	struct cmd_context context = {.opts = &opts, .arena = &arena};
	struct err e = {.kind = ERR_NONE};

	command_environment(c);
	signals_install();
	console_setup(0);
	arena_init(&arena, LIMIT_COMMAND_ARENA);
	if (!opt_parse(argc, argv, &arena, &opts, &e))
		return cmd_fail(&e);
	return run(&context);
}

/*
 * Runs RUN with ARGUMENTS, ended by NULL, and with options that name SERVER if there is one: as
 * Sentry's if its root is COMMAND_ORG, else as another provider's.
 */
static inline void command_run(struct command *c, struct scripted *server,
	int (*run)(struct cmd_context *), const char *const *arguments)
{
	int out = command_scratch(), err = command_scratch(), in = open("/dev/null", O_RDONLY);
	char url[64];
	char *argv[48] = {"sentry-scim", "member", "create"};
	int argc = 3, life[2], status;
	pid_t child;

	for (; *arguments != NULL; arguments++)
		argv[argc++] = strdup(*arguments);
	if (server != NULL) {
		const bool sentry = strcmp(server->root, COMMAND_ORG) == 0;

		snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", (unsigned)server->peer.port,
			sentry ? "" : server->root);
		argv[argc++] = strdup(sentry ? "--url" : "--scim-url");
		argv[argc++] = strdup(url);
		if (sentry)
			argv[argc++] = strdup("--org=acme");
	}
	if (c->input != NULL) {
		close(in);
		in = command_scratch();
		if (write(in, c->input, strlen(c->input)) != (ssize_t)strlen(c->input))
			peer_fail("input");
		lseek(in, 0, SEEK_SET);
	}
	fflush(NULL);
	if (pipe(life) != 0 || (child = fork()) < 0)
		peer_fail("fork");
	if (child == 0) {
		if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
			_exit(127);
		close(life[0]);
		_exit(command_child(c, run, argc, argv));
	}
	close(life[1]);
	close(in);
	if (server != NULL)
		scripted_serve(server, life[0]);
	close(life[0]);
	while (waitpid(child, &status, 0) < 0)
		;
	c->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	command_read_back(out, &c->out);
	command_read_back(err, &c->err);
	while (argc > 3)
		free(argv[--argc]);
	/* the token is for the server alone */
	if (strstr(buf_text(&c->out), "canary") != NULL ||
		strstr(buf_text(&c->err), "canary") != NULL ||
		strstr(buf_text(&c->err), "Sanitizer") != NULL) {
		fprintf(stderr, "%s\n%s\n", buf_text(&c->out), buf_text(&c->err));
		abort();
	}
}

#endif
