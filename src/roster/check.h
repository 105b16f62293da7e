/*
 * The whole file is checked before anything is sent: every row must be readable, have a user name
 * that the server can take (sentry_check_user_name(), sentry_check_role() where the server is
 * Sentry), and no two rows may name the same member, ignoring the case of letters. Names are
 * remembered as 64-bit hashes keyed by a random number, at most 16 bytes a row, freed at the end;
 * two rows that share a hash are compared in the file itself before they are called duplicates.
 */
#ifndef SENTRY_SCIM_ROSTER_CHECK_H
#define SENTRY_SCIM_ROSTER_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "roster/reader.h"

#define ROSTER_FAULTS_SHOWN 20u

struct roster_summary {
	uint64_t rows;   /* good ones */
	uint64_t faults; /* all of them */
	uint64_t with_teams;
};

/* Called for each of the first ROSTER_FAULTS_SHOWN faults, in the order of the file. */
typedef void roster_report(void *context, const struct roster_fault *fault);

/* Reads all of R, from its start, and leaves it at its end. False only when reading itself failed;
   faults are counted in OUT. */
MUST_USE bool roster_check(struct roster_reader *r, bool is_sentry, roster_report *report,
	void *context, struct roster_summary *out, struct err *e);

#endif
