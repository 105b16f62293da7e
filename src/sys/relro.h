/*
 * Makes read-only what only start-up writes (.data.rel.ro, .got: the segment PT_GNU_RELRO). A
 * dynamic linker does so; a static program of musl's is left to do it by itself.
 */
#ifndef SENTRY_SCIM_SYS_RELRO_H
#define SENTRY_SCIM_SYS_RELRO_H

/* To be called first of all. Where it cannot be done, the program goes on as it is. */
void relro_protect(void);

#endif
