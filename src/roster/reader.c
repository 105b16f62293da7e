#include "roster/reader.h"

#include <stdlib.h>
#include <string.h>

#include "roster/rows.h"
#include "sys/digest.h"
#include "sys/spool.h"

_Static_assert(ROSTER_DIGEST == DIGEST_BYTES, "the digest of a roster is SHA-256");

struct roster_reader {
	struct spool *file;    /* owned */
	struct rows *rows;     /* owned */
	struct digest *digest; /* owned: of this pass, while it is under way */
	uint64_t position;
	bool whole; /* SUM is that of all bytes */
	uint8_t sum[DIGEST_BYTES];
	char block[ROWS_FEED_MAX];
};

static bool begin_pass(struct roster_reader *r, struct err *e)
{
	digest_free(r->digest);
	r->digest = digest_new();
	r->position = 0;
	return r->digest != NULL || err_memory(e, "reading the roster");
}

struct roster_reader *roster_open(const char *path, struct err *e)
{
	struct roster_reader *r = calloc(1, sizeof(*r));

	if (r != NULL)
		r->rows = rows_new();
	if (r == NULL || r->rows == NULL) {
		err_memory(e, "reading the roster");
		roster_close(r);
		return NULL;
	}
	r->file = spool_open(path, e);
	if (r->file != NULL && begin_pass(r, e))
		return r;
	roster_close(r);
	return NULL;
}

void roster_close(struct roster_reader *r)
{
	if (r == NULL)
		return;
	spool_close(r->file);
	rows_free(r->rows);
	digest_free(r->digest);
	free(r);
}

bool roster_rewind(struct roster_reader *r, struct err *e)
{
	rows_restart(r->rows);
	return spool_rewind(r->file, e) && begin_pass(r, e);
}

static bool feed(struct roster_reader *r, struct err *e)
{
	size_t got;

	if (!spool_read(r->file, r->block, sizeof(r->block), &got, e))
		return false;
	r->position += got;
	if (got > 0)
		rows_feed(r->rows, r->block, got);
	else
		rows_finish(r->rows);
	/* Nothing is added behind the end, but a pass may ask for it again. */
	if (r->digest == NULL)
		return true;
	digest_add(r->digest, r->block, got);
	if (got == 0) {
		digest_end(r->digest, r->sum);
		r->digest = NULL;
		r->whole = true;
	}
	return true;
}

enum roster_step roster_next(
	struct roster_reader *r, struct roster_row *row, struct roster_fault *fault, struct err *e)
{
	enum rows_step step;

	while ((step = rows_next(r->rows, row, fault, e)) == ROWS_MORE)
		if (!feed(r, e))
			return ROSTER_FAIL;
	switch (step) {
	case ROWS_ROW: return ROSTER_ROW;
	case ROWS_FAULT: return ROSTER_FAULT;
	case ROWS_END: return ROSTER_END;
	default: return ROSTER_FAIL;
	}
}

enum roster_format roster_format(const struct roster_reader *r)
{
	return rows_format(r->rows);
}

struct str roster_header(const struct roster_reader *r)
{
	return rows_header(r->rows);
}

uint64_t roster_position(const struct roster_reader *r)
{
	return r->position;
}

uint64_t roster_size(const struct roster_reader *r)
{
	return spool_size(r->file);
}

bool roster_digest(const struct roster_reader *r, uint8_t digest[static ROSTER_DIGEST])
{
	if (r->whole)
		memcpy(digest, r->sum, sizeof(r->sum));
	return r->whole;
}
