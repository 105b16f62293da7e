/*
 * The program's version, by Semantic Versioning. This is its only place; the build, the manual and
 * the User-Agent take it from here.
 */
#ifndef SENTRY_SCIM_BASE_VERSION_H
#define SENTRY_SCIM_BASE_VERSION_H

#define SENTRY_SCIM_VERSION "0.1.0"

#endif
