/*
 * Name constraints (RFC 5280 4.2.1.10): which names a CA may certify at all. Judged are the kinds
 * that matter to a server's certificate: dNSName, iPAddress and directoryName. A constraint on
 * another kind restrains nobody who bears no such name; whoever does cannot be judged here.
 */
#ifndef SENTRY_SCIM_CODEC_NAME_CONSTRAINTS_H
#define SENTRY_SCIM_CODEC_NAME_CONSTRAINTS_H

#include "base/str.h"

enum name_verdict {
	NAME_WITHIN,  /* every name is permitted and none excluded */
	NAME_OUTSIDE, /* some name is not permitted, or excluded */
	NAME_UNJUDGED /* malformed, or of a kind that is not judged */
};

/*
 * Judges a certificate's names by the NameConstraints element CONSTRAINTS of a CA above it: SUBJECT
 * is its subject, a Name element; NAMES its subjectAltName, a GeneralNames element, or empty. On
 * NAME_OUTSIDE the name in question goes to *CULPRIT, its content, which may be binary.
 */
enum name_verdict name_constraints_judge(
	struct str constraints, struct str subject, struct str names, struct str *culprit);

#endif
