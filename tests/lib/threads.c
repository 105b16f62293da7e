/*
 * Handles in several threads at once: for the thread sanitizer.
 *
 *     threads URL ORGANIZATION CA_FILE      (the token is in SENTRY_AUTH_TOKEN)
 */
#include <pthread.h>
#include <sentryscim.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 4
#define MEMBERS 5
#define ROUNDS  3

static char **arguments;

/* One handle after the other, each with members of its own. Answers how many calls went wrong. */
static void *work(void *number)
{
	struct sentryscim_options options;
	struct sentryscim_error error;
	struct sentryscim_answer answer;
	struct sentryscim *s;
	char name[64];
	size_t wrong = 0;
	int round, i;

	sentryscim_defaults(&options, sizeof(options));
	options.url = arguments[1];
	options.organization = arguments[2];
	options.ca_file = arguments[3];
	options.token = getenv("SENTRY_AUTH_TOKEN");
	for (round = 0; round < ROUNDS; round++) {
		s = sentryscim_open(&options, &error);
		for (i = 0; s != NULL && i < MEMBERS; i++) {
			const struct sentryscim_member member = {.user_name = name};

			snprintf(name, sizeof(name), "t%d-%d-%d@example.com", *(int *)number, round,
				i);
			if (sentryscim_create(s, &member, &answer, &error) == SENTRYSCIM_DONE)
				continue;
			fprintf(stderr, "%s: %s\n", name, error.text);
			wrong++;
		}
		wrong += s == NULL;
		sentryscim_close(s);
	}
	return wrong == 0 ? NULL : number;
}

int main(int argc, char *argv[])
{
	pthread_t threads[THREADS];
	int numbers[THREADS], i, code = 0;
	void *wrong;

	if (argc != 4)
		return 2;
	arguments = argv;
	for (i = 0; i < THREADS; i++) {
		numbers[i] = i;
		if (pthread_create(&threads[i], NULL, work, &numbers[i]) != 0)
			return 10;
	}
	for (i = 0; i < THREADS; i++) {
		if (pthread_join(threads[i], &wrong) != 0 || wrong != NULL)
			code = 1;
	}
	return code;
}
