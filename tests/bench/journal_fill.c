/*
 * Goes on with the journal of a run: as if rows had been created that were not, so that a run of a
 * million rows can be measured where most of it is done before.
 *
 *     journal_fill JOURNAL FIRST END
 *
 * appends a result for the rows FIRST to END - 1, counted from 0.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "codec/journal_record.h"

static bool read_run(const char *hex, uint8_t run[static JOURNAL_RUN_ID])
{
	unsigned i, byte;

	for (i = 0; i < JOURNAL_RUN_ID; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return false;
		run[i] = (uint8_t)byte;
	}
	return true;
}

int main(int argc, char *argv[])
{
	uint8_t run[JOURNAL_RUN_ID];
	char line[JOURNAL_RECORD_MAX], id[2 * JOURNAL_RUN_ID + 1];
	uint64_t row, end, seq = 0;
	struct buf text;
	FILE *f;

	if (argc != 4 || (f = fopen(argv[1], "r+")) == NULL)
		return 2;
	row = strtoull(argv[2], NULL, 10);
	end = strtoull(argv[3], NULL, 10);
	if (fgets(line, sizeof(line), f) == NULL || sscanf(line, "1 H %*u %32s", id) != 1 ||
		!read_run(id, run))
		return 2;
	do
		seq = strtoull(line, NULL, 10);
	while (fgets(line, sizeof(line), f) != NULL);
	fseek(f, 0, SEEK_END);
	buf_init(&text, JOURNAL_RECORD_MAX);
	for (; row < end; row++) {
		const struct journal_record r = {.seq = ++seq,
			.type = 'R',
			.row = row,
			.who = str_of("0000000000000000"),
			.data = str_of("created,0,1")};

		buf_clear(&text);
		if (!journal_record_write(&r, run, &text))
			return 1;
		fwrite(text.data, 1, text.len, f);
	}
	buf_wipe(&text);
	return fclose(f) == 0 ? 0 : 1;
}
