/*
 * Request bodies other than a new member's: teams (Group resources, RFC 7643 4.2), roles, and the
 * PATCH requests (RFC 7644 3.5.2) that change members and teams, in the one form that every Sentry
 * takes: `schemas` always there, ids as strings, one operation for each removal.
 */
#ifndef SENTRY_SCIM_SCIM_BODY_H
#define SENTRY_SCIM_SCIM_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

#define GROUP_URN "urn:ietf:params:scim:schemas:core:2.0:Group"
#define PATCH_URN "urn:ietf:params:scim:api:messages:2.0:PatchOp"
/* Sentry takes no more operations in one request; members added by one operation are kept to as
   many. */
#define PATCH_MAX 100u

/* Each appends a request body; false when a text is not UTF-8 or OUT is full. */

/* To change a member's role. */
bool body_role(struct str role, struct buf *out);
/* To create a team called NAME. */
bool body_team(struct str name, struct buf *out);
/* To rename it. */
bool body_rename(struct str name, struct buf *out);
/* To add members; to remove members; to make the team consist of just these. */
bool body_add_members(const struct str *ids, size_t count, struct buf *out);
bool body_remove_members(const struct str *ids, size_t count, struct buf *out);
bool body_set_members(const struct str *ids, size_t count, struct buf *out);
/* To deactivate a member, which at Sentry removes for good. */
bool body_deactivate(struct buf *out);

#endif
