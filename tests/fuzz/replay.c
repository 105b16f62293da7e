/*
 * Feeds files to a fuzz target without a fuzzer: every regular file under the paths named on the
 * command line, each in a heap block of exactly its size, so that the sanitizers see a read past
 * the end. Prints TAP, one line for each path.
 */
#define _XOPEN_SOURCE 700 /* nftw() */
#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t fed;

static int feed(const char *path, const struct stat *status, int type, struct FTW *position)
{
	(void)position;
	if (type != FTW_F)
		return 0;
	size_t size = (size_t)status->st_size;
	uint8_t *bytes = malloc(size + (size == 0));
	FILE *file = fopen(path, "rb");
	if (bytes == NULL || file == NULL || fread(bytes, 1, size, file) != size) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		abort();
	}
	fclose(file);
	/* A finding ends the process inside the target: what it was fed must be known by then. */
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	fed++;
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		fed = 0;
		bool good = nftw(argv[i], feed, 8, FTW_PHYS) == 0 && fed > 0;
		failed += !good;
		printf("%s %d - %zu inputs of %s\n", good ? "ok" : "not ok", i, fed, argv[i]);
	}
	return failed != 0;
}
