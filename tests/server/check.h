/*
 * Sentry's own judgement of what it is given: e-mail addresses, and the slugs of teams.
 */
#ifndef SENTRY_SCIM_SERVER_CHECK_H
#define SENTRY_SCIM_SERVER_CHECK_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

/* Whether S is an e-mail address as Django's validator has it. */
bool check_email(struct str s);
/* Appends the slug of NAME: lower-case ASCII letters, digits, underscores and single dashes. */
void check_slugify(struct str name, struct buf *out);
/* Whether S consists of digits only, which no slug may. */
bool check_all_digits(struct str s);
/* The length of S in characters. */
size_t check_length(struct str s);

#endif
