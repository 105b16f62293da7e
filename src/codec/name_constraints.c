#include "codec/name_constraints.h"

#include <stdbool.h>
#include <stdint.h>

#include "codec/der.h"

#define TAG_SEQUENCE  0x30
#define TAG_PERMITTED 0xa0 /* [0] GeneralSubtrees */
#define TAG_EXCLUDED  0xa1 /* [1] GeneralSubtrees */

/* GeneralName, by tag; the kinds that are judged. */
#define NAME_DNS       0x82
#define NAME_DIRECTORY 0xa4
#define NAME_IP        0x87

/* One name and what the subtrees of its kind, looked at so far, say to it. */
struct judged {
	uint8_t kind;
	struct str name;
	bool constrained; /* some permitted subtree is of this kind */
	bool permitted;   /* ... and one of those holds the name */
	bool excluded;
	bool unjudged;
};

/* Whether NAME is BASE or stands below it; an empty BASE holds every name. */
static bool dns_within(struct str name, struct str base)
{
	size_t extra;

	if (base.n == 0)
		return true;
	if (name.n < base.n)
		return false;
	extra = name.n - base.n;
	return str_equal_fold(str_skip(name, extra), base) &&
		(extra == 0 || name.p[extra - 1] == '.');
}

/* Whether the wildcard NAME stands for at least one name below BASE, beside those dns_within()
 * finds. */
static bool wildcard_reaches(struct str name, struct str base)
{
	struct str label, parent;

	return str_starts(name, "*.") && str_cut(base, '.', &label, &parent) &&
		str_equal_fold(str_skip(name, 2), parent);
}

/* BASE is an address and a mask of the same size. */
static bool ip_within(struct str name, struct str base)
{
	if (base.n != 2 * name.n)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		if (((name.p[i] ^ base.p[i]) & base.p[name.n + i]) != 0)
			return false;
	}
	return true;
}

/* Whether the first RDNs of NAME are those of BASE; both are Name elements. */
static bool directory_within(struct str name, struct str base)
{
	struct str rdns, base_rdns;
	uint8_t tag;

	if (!der_next(&name, &tag, &rdns, NULL) || !der_next(&base, &tag, &base_rdns, NULL))
		return false;
	return rdns.n >= base_rdns.n && der_name_equal(str_from(rdns.p, base_rdns.n), base_rdns);
}

static bool within(const struct judged *j, struct str base)
{
	switch (j->kind) {
	case NAME_DNS: return dns_within(j->name, base);
	case NAME_IP: return ip_within(j->name, base);
	case NAME_DIRECTORY: return directory_within(j->name, base);
	default: return false;
	}
}

/* Whether BASE is such as RFC 5280 wants it; what is not restrains in a way nobody knows. */
static bool is_well_formed(uint8_t kind, struct str base)
{
	struct str rest = base, content;
	uint8_t tag;

	switch (kind) {
	case NAME_DNS: return base.n == 0 || base.p[0] != '.';
	case NAME_IP: return base.n == 8 || base.n == 32;
	case NAME_DIRECTORY:
		return der_next(&rest, &tag, &content, NULL) && rest.n == 0 && tag == TAG_SEQUENCE;
	default: return false;
	}
}

static void weigh(struct judged *j, bool permitted, struct str base)
{
	if (!is_well_formed(j->kind, base)) {
		j->unjudged = true;
	} else if (permitted) {
		j->constrained = true;
		j->permitted = j->permitted || within(j, base);
	} else {
		j->excluded = j->excluded || within(j, base) ||
			(j->kind == NAME_DNS && wildcard_reaches(j->name, base));
	}
}

/* GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] DEFAULT 0, maximum [1] OPTIONAL } */
static bool weigh_subtrees(struct judged *j, bool permitted, struct str subtrees)
{
	while (subtrees.n > 0) {
		struct str subtree, base;
		uint8_t tag;

		if (!der_next(&subtrees, &tag, &subtree, NULL) || tag != TAG_SEQUENCE ||
			!der_next(&subtree, &tag, &base, NULL))
			return false;
		/* RFC 5280 allows neither minimum nor maximum. */
		if (subtree.n > 0)
			return false;
		if (tag == j->kind)
			weigh(j, permitted, base);
	}
	return true;
}

static enum name_verdict judge(struct judged *j, struct str constraints)
{
	struct str rest;
	uint8_t tag;

	/* RFC 5280 4.2.1.10: at least one kind of subtrees, and at least one subtree in each. */
	if (!der_next(&constraints, &tag, &rest, NULL) || tag != TAG_SEQUENCE ||
		constraints.n > 0 || rest.n == 0)
		return NAME_UNJUDGED;
	if (j->kind == NAME_DNS && (j->name.n == 0 || j->name.p[0] == '.'))
		return NAME_UNJUDGED;
	while (rest.n > 0) {
		struct str subtrees;

		if (!der_next(&rest, &tag, &subtrees, NULL) ||
			(tag != TAG_PERMITTED && tag != TAG_EXCLUDED) || subtrees.n == 0 ||
			!weigh_subtrees(j, tag == TAG_PERMITTED, subtrees))
			return NAME_UNJUDGED;
	}
	if (j->unjudged)
		return NAME_UNJUDGED;
	return j->excluded || (j->constrained && !j->permitted) ? NAME_OUTSIDE : NAME_WITHIN;
}

static bool is_empty_name(struct str name)
{
	uint8_t tag;
	struct str content;

	return der_next(&name, &tag, &content, NULL) && content.n == 0;
}

enum name_verdict name_constraints_judge(
	struct str constraints, struct str subject, struct str names, struct str *culprit)
{
	struct judged j = {.kind = NAME_DIRECTORY, .name = subject};
	enum name_verdict verdict = NAME_WITHIN;
	struct str rest;
	uint8_t tag;

	if (!is_empty_name(subject))
		verdict = judge(&j, constraints);
	*culprit = j.name;
	if (names.n == 0 || verdict != NAME_WITHIN)
		return verdict;
	if (!der_next(&names, &tag, &rest, NULL) || tag != TAG_SEQUENCE)
		return NAME_UNJUDGED;
	while (rest.n > 0) {
		j = (struct judged){.unjudged = false};
		if (!der_next(&rest, &j.kind, &j.name, NULL))
			return NAME_UNJUDGED;
		verdict = judge(&j, constraints);
		*culprit = j.name;
		if (verdict != NAME_WITHIN)
			return verdict;
	}
	return NAME_WITHIN;
}
