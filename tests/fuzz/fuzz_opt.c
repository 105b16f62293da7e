/*
 * Input: arguments, each ended by a newline. A command line either parses, and then all it gives
 * points into argv and keeps the table's promises, or ends in a usage error with a hint.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cmd/opt.h"

#define MOST_ARGUMENTS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum opt_id own[] = {OPT_ROLE, OPT_SET, OPT_IF_EXISTS, OPT_COUNT};

const struct cmd_spec cmd_table[] = {
	{.words = "member create",
		.alias = "provision",
		.arguments = "USERNAME...",
		.summary = "create",
		.options = own,
		.groups = OPT_GROUP_SERVER | OPT_GROUP_OUTPUT,
		.min_args = 1,
		.max_args = UINT32_MAX},
	{.words = "member list",
		.arguments = "",
		.summary = "list",
		.groups = OPT_GROUP_SERVER | OPT_GROUP_OUTPUT},
	{.words = "version", .arguments = "", .summary = "version"},
	{.words = NULL},
};

static void check_values(const struct opts *o, const char *text, size_t size)
{
	unsigned i, n;

	for (i = 0; i < OPT_COUNT; i++) {
		const struct opt_spec *spec = &opt_table[i];
		const struct opt_values *given = &o->given[i];

		if ((spec->value == NULL) != (given->values == NULL) && given->count > 0)
			abort();
		if (spec->value == NULL)
			continue;
		if (given->count > 1 && !spec->repeatable)
			abort();
		for (n = 0; n < given->count; n++)
			if (given->values[n] < text || given->values[n] > text + size)
				abort();
	}
}

static void check(int argc, char *argv[], const char *text, size_t size)
{
	struct arena arena;
	struct opts o;
	struct err e;

	err_clear(&e);
	arena_init(&arena, LIMIT_COMMAND_ARENA);
	if (!opt_parse(argc, argv, &arena, &o, &e)) {
		if (e.kind != ERR_USAGE || e.text[0] == '\0' || e.hint[0] == '\0')
			abort();
	} else {
		check_values(&o, text, size);
		if (o.command != NULL && !opt_given(&o, OPT_HELP) && !opt_given(&o, OPT_VERSION) &&
			(o.arg_count < o.command->min_args || o.arg_count > o.command->max_args))
			abort();
	}
	arena_wipe(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char program[] = "sentry-scim";
	char *argv[MOST_ARGUMENTS + 2] = {program};
	char *text = malloc(size + 1), *at;
	int argc = 1;

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	for (at = text; at < text + size && argc <= MOST_ARGUMENTS; at++) {
		argv[argc++] = at;
		at += strcspn(at, "\n");
		*at = '\0';
	}
	check(argc, argv, text, size);
	free(text);
	return 0;
}
