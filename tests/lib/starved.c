/*
 * Allocations of opening, creating and listing fail, one in each round: nothing is lost, nothing
 * crashes, and no call says that it succeeded without its answer. Each of the first ones does, then
 * every STEP-th.
 *
 *     starved URL ORGANIZATION CA_FILE STEP      (the token is in SENTRY_AUTH_TOKEN)
 */
#include <sentryscim.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many fail one by one. */
#define EACH 100

/* Stands before each block. */
union header {
	size_t size;
	max_align_t align;
};

struct ration {
	size_t in_use; /* bytes */
	long left;     /* allocations until the one that fails; below 0: none */
	bool failed;
};

static void *rationed(void *context, void *block, size_t size)
{
	struct ration *r = context;
	union header *old = block == NULL ? NULL : (union header *)block - 1, *made;

	if (size == 0) {
		if (old != NULL)
			r->in_use -= old->size;
		free(old);
		return NULL;
	}
	if (r->left-- == 0) {
		r->failed = true;
		return NULL;
	}
	made = malloc(sizeof(*made) + size);
	if (made == NULL)
		abort();
	made->size = size;
	r->in_use += size;
	if (old != NULL) {
		memcpy(made + 1, block, old->size < size ? old->size : size);
		r->in_use -= old->size;
		free(old);
	}
	return made + 1;
}

/* Whether a call that ended so has said what it should. */
static bool is_right(enum sentryscim_status status, const struct sentryscim_answer *answer,
	const struct sentryscim_error *error)
{
	if (status == SENTRYSCIM_DONE)
		return answer->body_size > 0 && strstr(answer->body, "schemas") != NULL;
	return error->status == status && error->text[0] != '\0';
}

static int round_of(char *argv[], struct ration *r, long number)
{
	const struct sentryscim_member member = {.user_name = "starved@example.com",
		.role = "member",
		.body = "{\"name\":{\"givenName\":\"Ada\"}}",
		.if_exists = SENTRYSCIM_IF_EXISTS_UPDATE};
	struct sentryscim_options options;
	struct sentryscim_error error;
	struct sentryscim_answer answer;
	struct sentryscim *s;
	bool right = true;

	sentryscim_defaults(&options, sizeof(options));
	options.url = argv[1];
	options.organization = argv[2];
	options.ca_file = argv[3];
	options.token = getenv("SENTRY_AUTH_TOKEN");
	options.context = r;
	options.memory = rationed;
	options.retries = 0;
	s = sentryscim_open(&options, &error);
	if (s == NULL)
		right = error.status != SENTRYSCIM_DONE && error.text[0] != '\0';
	else
		right = is_right(sentryscim_create(s, &member, &answer, &error), &answer, &error) &&
			is_right(sentryscim_request(s, "GET", "Users", NULL, 0, &answer, &error),
				&answer, &error);
	sentryscim_close(s);
	if (right && r->in_use == 0)
		return 0;
	printf("allocation %ld: status %d, %zu bytes left: %s\n", number, (int)error.status,
		r->in_use, error.text);
	return 1;
}

int main(int argc, char *argv[])
{
	struct ration r = {.failed = true};
	long number, step;
	int wrong = 0;

	if (argc != 5)
		return 2;
	step = atol(argv[4]);
	for (number = 0; r.failed; number += number < EACH ? 1 : step) {
		r = (struct ration){.left = number};
		wrong += round_of(argv, &r, number);
	}
	printf("%ld allocations\n", number);
	return wrong > 0;
}
