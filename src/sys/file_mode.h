/*
 * Who may read a file that holds a secret.
 */
#ifndef SENTRY_SCIM_SYS_FILE_MODE_H
#define SENTRY_SCIM_SYS_FILE_MODE_H

#include <stdbool.h>

/* Whether PATH is a regular file that its group or others may read. False when that cannot be
   found out. */
bool file_mode_others_may_read(const char *path);

#endif
