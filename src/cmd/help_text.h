/*
 * The prose that help and manual share or that only the manual has. Its size is part of the
 * program's: every sentence here earns its place on an appliance without man(1).
 */
#ifndef SENTRY_SCIM_CMD_HELP_TEXT_H
#define SENTRY_SCIM_CMD_HELP_TEXT_H

struct help_entry {
	const char *term, *text; /* TERM is NULL at the end of a list */
};
extern const struct help_entry help_exit_codes[];
extern const struct help_entry help_environment[];
extern const struct help_entry help_files[];

extern const char help_summary[];
extern const char help_description[];
/* The keys of a configuration file, lines as they stand. */
extern const char help_file_keys[];
extern const char help_rosters[];
extern const char help_network[];
extern const char help_security[];

#endif
