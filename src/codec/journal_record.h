/*
 * Records of a run's journal as lines of text:
 *
 *     <seq> <type> <row> <who> <data> *<crc>\n
 *
 * SEQ and ROW are decimal, TYPE one capital letter, WHO and DATA visible ASCII and never empty ("-"
 * stands for nothing), CRC eight hex digits of CRC-32C (RFC 3720 12.1) over the run's id and the
 * line up to the blank before the asterisk: a record of another run, and any damage, does not
 * verify.
 */
#ifndef SENTRY_SCIM_CODEC_JOURNAL_RECORD_H
#define SENTRY_SCIM_CODEC_JOURNAL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* A line with its end. */
#define JOURNAL_RECORD_MAX 512u
#define JOURNAL_RUN_ID     16

struct journal_record {
	uint64_t seq;
	char type;
	uint64_t row;
	struct str who, data;
};

/* CRC-32C of BYTES, going on from CRC (0 to begin). */
uint32_t journal_crc(uint32_t crc, const void *bytes, size_t len);
/* Appends R as a line; false, nothing appended, when it is too long or holds what may not be. */
bool journal_record_write(
	const struct journal_record *r, const uint8_t run[static JOURNAL_RUN_ID], struct buf *out);
/* Reads LINE, without its end; the slices point into it. False unless it is whole and verifies. */
bool journal_record_read(
	struct str line, const uint8_t run[static JOURNAL_RUN_ID], struct journal_record *out);

#endif
