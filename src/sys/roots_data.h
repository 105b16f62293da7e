/*
 * The table behind sys/roots.h, written at build time by third_party/mkroots.c from Mozilla's list.
 */
#ifndef SENTRY_SCIM_SYS_ROOTS_DATA_H
#define SENTRY_SCIM_SYS_ROOTS_DATA_H

#include <stdint.h>

struct roots_data {
	const char *date; /* of Mozilla's list: "2026-10-10" */
	unsigned count;   /* roots in the table */
	const uint32_t
		*ends; /* COUNT + 1 places in BYTES: root I lies from ends[I] to ends[I + 1] */
	const unsigned char *bytes; /* one after the other: Name, SubjectPublicKeyInfo */
};

extern const struct roots_data roots_data;

#endif
