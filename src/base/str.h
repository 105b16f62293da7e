/*
 * Slices: a pointer and a length, passed by value. A slice never owns what it points to and need
 * not end in NUL; whoever made it says how long it lives. All comparisons are on bytes; "fold"
 * means that ASCII letters compare equal in either case, whatever the locale (RFC 9110 2.1).
 */
#ifndef SENTRY_SCIM_BASE_STR_H
#define SENTRY_SCIM_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
	const char *p; /* may be NULL when n is 0 */
	size_t n;      /* bytes */
};

/* A slice over a string literal, usable in constant expressions' initialisers. */
#define STR(literal)                                                                               \
	{                                                                                          \
		.p = "" literal, .n = sizeof(literal) - 1                                          \
	}
/* The two arguments that "%.*s" takes for slice S; slices here are far below INT_MAX. */
#define STR_ARG(s) (int)(s).n, (s).n > 0 ? (s).p : ""

/* The slice over a NUL-terminated string; NULL gives the empty slice. */
struct str str_of(const char *text);
struct str str_from(const char *bytes, size_t len);

bool str_equal(struct str a, struct str b);
bool str_equal_fold(struct str a, struct str b);
/* Whether A equals the NUL-terminated B. */
bool str_is(struct str a, const char *b);
bool str_is_fold(struct str a, const char *b);
bool str_starts(struct str s, const char *prefix);
bool str_starts_fold(struct str s, const char *prefix);
bool str_ends_fold(struct str s, const char *suffix);
bool str_contains(struct str s, const char *needle);

/* The part from byte AT on, clamped to the end. */
struct str str_skip(struct str s, size_t at);
/* Without leading and trailing bytes that are a blank or a tab (RFC 9110 5.6.3, OWS). */
struct str str_trim(struct str s);
/* As str_trim, and CR, LF, VT and FF go too. */
struct str str_trim_space(struct str s);
/*
 * Splits S at the first SEPARATOR: HEAD is what stands before it, TAIL what stands after. Without
 * one HEAD is all of S, TAIL is empty, and the answer is false. HEAD or TAIL may alias &S.
 */
bool str_cut(struct str s, char separator, struct str *head, struct str *tail);
/* As str_cut, at the last SEPARATOR. */
bool str_cut_last(struct str s, char separator, struct str *head, struct str *tail);

/*
 * All of S as an unsigned decimal number of digits only (no sign, no blanks), at most MAX. False,
 * with *OUT untouched, for an empty slice, any other byte, or a larger number.
 */
bool str_to_u64(struct str s, uint64_t max, uint64_t *out);
/* The same for hexadecimal digits in either case, without a prefix. */
bool str_hex_to_u64(struct str s, uint64_t max, uint64_t *out);

/* ASCII classes, the same in every locale. */
bool char_is_digit(char c);
bool char_is_alpha(char c);
bool char_is_alnum(char c);
bool char_is_hex(char c);
char char_lower(char c);

#endif
