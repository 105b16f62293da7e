#include "roster/reader.h"

#include <stdlib.h>
#include <string.h>

#include "codec/siphash.h"
#include "roster/rows.h"
#include "sys/digest.h"
#include "sys/entropy.h"
#include "sys/spool.h"

_Static_assert(ROSTER_DIGEST == DIGEST_BYTES, "the digest of a roster is SHA-256");

struct roster_reader {
	struct spool *file;    /* owned */
	struct rows *rows;     /* owned */
	struct digest *digest; /* owned: of the first whole pass, while it is under way */
	uint64_t position;
	bool whole; /* SUM is that of all bytes, MARKS are those of all blocks */
	uint8_t sum[DIGEST_BYTES];
	uint8_t key[SIPHASH_KEY];
	uint64_t *marks; /* owned: hashes of the blocks, the empty one at the end included */
	size_t mark_count, mark_room;
	size_t at; /* the block of this pass that is read next */
	char block[ROWS_FEED_MAX];
};

static bool begin_pass(struct roster_reader *r, struct err *e)
{
	r->position = 0;
	r->at = 0;
	if (r->whole)
		return true;
	digest_free(r->digest);
	r->digest = digest_new();
	r->mark_count = 0;
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
	if (r->file != NULL && !entropy_get(r->key, sizeof(r->key)))
		err_set(e, ERR_SYSTEM, "the kernel gives no random numbers");
	else if (r->file != NULL && begin_pass(r, e))
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
	free(r->marks);
	free(r);
}

bool roster_rewind(struct roster_reader *r, struct err *e)
{
	rows_restart(r->rows);
	return spool_rewind(r->file, e) && begin_pass(r, e);
}

/* Blocks are full but for the last: each pass must have the same ones. */
static bool read_block(struct roster_reader *r, size_t *len, struct err *e)
{
	size_t got = 1;

	for (*len = 0; got > 0 && *len < sizeof(r->block); *len += got)
		if (!spool_read(r->file, r->block + *len, sizeof(r->block) - *len, &got, e))
			return false;
	return true;
}

static bool keep_mark(struct roster_reader *r, uint64_t mark, struct err *e)
{
	if (r->mark_count == r->mark_room) {
		size_t room = r->mark_room + r->mark_room / 2 + 16;
		uint64_t *marks = realloc(r->marks, room * sizeof(*marks));

		if (marks == NULL)
			return err_memory(e, "reading the roster");
		r->marks = marks;
		r->mark_room = room;
	}
	r->marks[r->mark_count++] = mark;
	return true;
}

/* The block in hand as one of the first whole pass. */
static bool note(struct roster_reader *r, size_t len, uint64_t mark, struct err *e)
{
	digest_add(r->digest, r->block, len);
	if (len == 0) {
		digest_end(r->digest, r->sum);
		r->digest = NULL;
		r->whole = true;
	}
	return keep_mark(r, mark, e);
}

static bool feed(struct roster_reader *r, struct err *e)
{
	uint64_t mark;
	size_t len;

	if (!read_block(r, &len, e))
		return false;
	mark = siphash(r->key, str_from(r->block, len));
	if (!r->whole && !note(r, len, mark, e))
		return false;
	if (mark != r->marks[r->at])
		return err_set(e, ERR_INPUT, "the roster changed while it was used");
	/* A pass may ask for its end again. */
	if (r->at + 1 < r->mark_count || !r->whole)
		r->at++;
	r->position += len;
	if (len > 0)
		rows_feed(r->rows, r->block, len);
	else
		rows_finish(r->rows);
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
