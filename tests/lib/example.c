/*
 * The library in use: creates a member, then lists the organization's members, with memory that is
 * counted and messages that go where this program wants them.
 *
 *     example URL ORGANIZATION CA_FILE USERNAME      (the token is in SENTRY_AUTH_TOKEN)
 */
#include <sentryscim.h>
#include <stdio.h>
#include <stdlib.h>

/* Blocks that the library has and has not given back. */
struct counter {
	long blocks;
};

static void *counted(void *context, void *block, size_t size)
{
	struct counter *c = context;
	void *moved;

	if (size == 0) {
		c->blocks -= block != NULL;
		free(block);
		return NULL;
	}
	moved = realloc(block, size);
	if (block == NULL && moved != NULL)
		c->blocks++;
	return moved;
}

static void tell(void *context, enum sentryscim_level level, const char *text)
{
	(void)context;
	fprintf(stderr, "[%d] %s\n", (int)level, text);
}

static int complain(const char *what, const struct sentryscim_error *error)
{
	fprintf(stderr, "%s: %s\n", what, error->text);
	if (error->hint[0] != '\0')
		fprintf(stderr, "(%s)\n", error->hint);
	return (int)error->status;
}

static int use(struct sentryscim *s, const char *user_name)
{
	const struct sentryscim_member member = {
		.user_name = user_name, .role = "member", .if_exists = SENTRYSCIM_IF_EXISTS_OK};
	struct sentryscim_answer answer;
	struct sentryscim_error error;

	if (sentryscim_create(s, &member, &answer, &error) != SENTRYSCIM_DONE)
		return complain("create", &error);
	printf("%s %s\n", answer.outcome == SENTRYSCIM_CREATED ? "created" : "existed",
		answer.body);
	if (sentryscim_request(s, "GET", "Users?count=100", NULL, 0, &answer, &error) !=
		SENTRYSCIM_DONE)
		return complain("list", &error);
	printf("%d %s\n", answer.status, answer.body);
	return 0;
}

int main(int argc, char *argv[])
{
	struct counter counter = {0};
	struct sentryscim_options options;
	struct sentryscim_error error;
	struct sentryscim *s;
	int code;

	if (argc != 5)
		return 2;
	sentryscim_defaults(&options, sizeof(options));
	options.url = argv[1];
	options.organization = argv[2];
	options.ca_file = argv[3];
	options.token = getenv("SENTRY_AUTH_TOKEN");
	options.context = &counter;
	options.memory = counted;
	options.log = tell;
	options.verbosity = 1;
	s = sentryscim_open(&options, &error);
	code = s == NULL ? complain("open", &error) : use(s, argv[4]);
	sentryscim_close(s);
	printf("%ld blocks left\n", counter.blocks);
	return code;
}
