/*
 * Changes one member of a JSON object given as text, leaving every other byte as it was: order,
 * white space and the digits of numbers survive. It works on spans found by the scanner; no tree
 * is built.
 */
#ifndef SENTRY_SCIM_CODEC_JSON_EDIT_H
#define SENTRY_SCIM_CODEC_JSON_EDIT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum json_edit_where {
	JSON_EDIT_LAST, /* a new member goes behind the others */
	JSON_EDIT_FIRST /* a new member goes before the others */
};

/*
 * Writes to OUT the object OBJECT with the member at PATH set to the JSON value VALUE. Dots in PATH
 * part the names of nested objects: "name.givenName" sets a member of the member "name"; `\.` is a
 * dot and `\\` a backslash that belong to a name. A member that exists is replaced in its place; a
 * missing one, and missing objects on the way, are added at WHERE. OBJECT must be a valid object
 * without duplicate names, VALUE valid JSON. Fails with ERR_INPUT when an empty name stands in
 * PATH or something on the way is there and is not an object, ERR_MEMORY when OUT is full; OUT
 * then holds what it held before.
 */
MUST_USE bool json_edit_set(struct str object, struct str path, struct str value,
	enum json_edit_where where, struct buf *out, struct err *e);

#endif
