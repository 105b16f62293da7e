/*
 * The whole file is checked before anything is sent: every row must be readable, have a user name
 * that the server can take (sentry_check_user_name(), sentry_check_role() where the server is
 * Sentry), and no two rows may name the same member, ignoring the case of ASCII letters, as
 * user_match() does. Names are remembered as 64-bit hashes keyed by a random number, so that memory
 * stays below 16 bytes a row. Only where two rows share one is the file read again, and they are
 * called duplicates if a second hash, under a second key, agrees too. So a false accusation takes
 * two names that collide in 128 bits under keys which nobody knows; in 10^9 rows that is less
 * likely than 10^-20.
 */
#ifndef SENTRY_SCIM_ROSTER_CHECK_H
#define SENTRY_SCIM_ROSTER_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "roster/reader.h"

#define ROSTER_FAULTS_SHOWN 20u

struct roster_summary {
	uint64_t rows;       /* good ones */
	uint64_t faults;     /* all of them */
	uint64_t with_teams; /* that name some */
	uint64_t say_teams;  /* that say which, even if none */
};

/* Called for each of the first ROSTER_FAULTS_SHOWN faults, in the order of the file. */
typedef void roster_report(void *context, const struct roster_fault *fault);

/* Which rules of the server are known. */
enum roster_rules {
	ROSTER_ANY_SERVER,
	ROSTER_SENTRY,
	/* Sentry, with rows of members who are there already: such a one may be an owner. */
	ROSTER_SENTRY_STATE
};

/*
 * Reads all of R, which stands at its start or its end, and leaves it at its end. False only when
 * reading itself failed (or, ERR_SYSTEM, without random numbers); faults are counted in OUT. A row
 * that is wrong in several ways has as many faults.
 */
MUST_USE bool roster_check(struct roster_reader *r, enum roster_rules rules, roster_report *report,
	void *context, struct roster_summary *out, struct err *e);

#endif
