/*
 * Reads the material under tests/corpora/: whole files, and tables of tab-separated cells below a
 * line of column names. Paths are relative to the root of the project, where tests are run.
 */
#ifndef SENTRY_SCIM_TESTS_CORPUS_H
#define SENTRY_SCIM_TESTS_CORPUS_H

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/str.h"

/* The content of FOLDER/NAME; whoever asked wipes OUT. Without the file the test cannot go on. */
static inline void corpus_read(const char *folder, struct str name, struct buf *out)
{
	char path[512];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "tests/corpora/%s/%.*s", folder, STR_ARG(name));
	file = fopen(path, "rb");
	if (file == NULL) {
		perror(path);
		abort();
	}
	buf_init(out, 1u << 24);
	do {
		n = fread(buf_room(out, 4096), 1, 4096, file);
		buf_grew(out, n);
	} while (n > 0);
	fclose(file);
}

/*
 * Takes the next row off TABLE, which starts as the whole file, and splits it into COUNT cells;
 * cells that a row lacks are empty. False at the end.
 */
static inline bool corpus_row(struct str *table, struct str *cells, size_t count)
{
	struct str line;
	size_t i;

	if (table->n == 0)
		return false;
	str_cut(*table, '\n', &line, table);
	for (i = 0; i < count; i++)
		str_cut(line, '\t', &cells[i], &line);
	return true;
}

/* Appends TEXT with its %XX undone. */
static inline void corpus_decode(struct str text, struct buf *out)
{
	while (text.n > 0) {
		uint64_t byte;

		if (text.p[0] == '%' && text.n > 2 &&
			str_hex_to_u64(str_from(text.p + 1, 2), 0xFF, &byte)) {
			buf_add_char(out, (char)byte);
			text = str_skip(text, 3);
		} else {
			buf_add_char(out, text.p[0]);
			text = str_skip(text, 1);
		}
	}
}

#endif
