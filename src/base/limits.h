/*
 * Every limit of the program, each with its reason. Sizes are bytes unless the name says otherwise.
 */
#ifndef SENTRY_SCIM_BASE_LIMITS_H
#define SENTRY_SCIM_BASE_LIMITS_H

/* Response status line and header section together. Sentry sends about 1 KiB; large cookies and
   policies of front ends have been seen at 8 KiB. nginx's own default is 32 KiB. */
#define LIMIT_HTTP_HEAD (32u * 1024u)
/* Header fields in one response: 100 are three times what any front end sends. */
#define LIMIT_HTTP_FIELDS 128u
/* Interim (1xx) responses before the final one; more is a peer that never answers. */
#define LIMIT_HTTP_INTERIM 32u
/* One chunk-size line with its extensions, and all trailer fields together: framing that carries
   no data must not be endless. */
#define LIMIT_HTTP_CHUNK_LINE 1024u
#define LIMIT_HTTP_TRAILER    (16u * 1024u)
/* Response body. A page of 100 members is 35 KiB, a team with 10,000 members 650 KiB. */
#define LIMIT_HTTP_BODY (4u * 1024u * 1024u)
/* A request: head and body. The body limit is far above any SCIM document that makes sense. */
#define LIMIT_REQUEST_HEAD (16u * 1024u)
#define LIMIT_REQUEST_BODY (1024u * 1024u)

/* An answer that has begun must go on: so many bytes in so many milliseconds, 10 a second. The
   slowest modem brings a hundred times that; a peer below it only holds the connection. */
#define LIMIT_SLOW_BYTES 200u
#define LIMIT_SLOW_MS    20000

/* Nesting of JSON. RFC 7643 documents reach 6; the scanner keeps one bit a level. */
#define LIMIT_JSON_DEPTH 128u

/* A token: Sentry's longest kind is about 200 characters. */
#define LIMIT_TOKEN 4096u
/* A configuration file, and one line of it. */
#define LIMIT_CONFIG_FILE (64u * 1024u)
/* A host name (RFC 1035) and a URL in all. */
#define LIMIT_HOST 253u
#define LIMIT_URL  2048u
/* Extra headers of the user; `--pin` values; addresses of one host. */
#define LIMIT_USER_HEADERS 32u
#define LIMIT_PINS         16u
#define LIMIT_ADDRESSES    16u
/* Attributes set by --set in one call. */
#define LIMIT_SET 256u

/* Fields of one CSV record: as many as attributes that --set takes; a spreadsheet exported by
   mistake has more and is told so. */
#define LIMIT_CSV_FIELDS 256u
/* A row of a roster file as it stands there, and so what reading one takes. With every byte escaped
   to six in JSON, and its column's names likewise, it still fits into LIMIT_REQUEST_BODY. */
#define LIMIT_ROSTER_ROW (64u * 1024u)
/* Teams of one row: they are compared with each other, and nobody is in a thousand. */
#define LIMIT_ROSTER_TEAMS 1024u
/* A roster that comes through a pipe is kept for the second reading: in a file, enough for two
   million rows, or where no file can be made in memory, which may be all of a small machine's. */
#define LIMIT_ROSTER_SPOOL        (256u * 1024u * 1024u)
#define LIMIT_ROSTER_SPOOL_MEMORY (8u * 1024u * 1024u)

/* One certificate in DER; the largest in public use are below 8 KiB. */
#define LIMIT_CERTIFICATE (16u * 1024u)
/* A PEM file of trust anchors is streamed; this only stops an endless file. */
#define LIMIT_CA_FILE (8u * 1024u * 1024u)
/* A private key file. */
#define LIMIT_KEY_FILE (64u * 1024u)
/* Rounds of PBKDF2 over its passphrase: a hundred times what tools write, seconds on a router. */
#define LIMIT_KEY_ITERATIONS 10000000u
/* What mbedTLS may hold at once, all connections together. One connection needs about 100 KiB
   during its handshake and 45 KiB after it, twice that through a proxy over TLS. */
#define LIMIT_TLS_MEMORY (4u * 1024u * 1024u)

/* Settings and the strings of one command. */
#define LIMIT_COMMAND_ARENA (4u * 1024u * 1024u)

/* Sentry's own limits, known beforehand (userName: 75 characters). */
#define LIMIT_SENTRY_USER_NAME 75u

#endif
