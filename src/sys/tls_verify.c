#include <arpa/inet.h>
#include <mbedtls/oid.h>
#include <mbedtls/platform.h>
#include <mbedtls/sha256.h>
#include <stdio.h>
#include <string.h>

#include "codec/date.h"
#include "codec/der.h"
#include "codec/host_match.h"
#include "codec/name_constraints.h"
#include "codec/url.h"
#include "sys/clock.h"
#include "sys/roots.h"
#include "sys/tls_private.h"

/* GeneralName, by tag (RFC 5280 4.2.1.6). */
#define SAN_DNS 0x82
#define SAN_IP  0x87

#define DATE_TEXT 24
#define NAME_TEXT TLS_NAME_TEXT
#define WHAT_TEXT (NAME_TEXT + 48)
/* Names of the certificate that a message lists. */
#define NAMES_SHOWN 5

/* What to say when several things are wrong: the highest. Who signed it comes first, for nothing
   that an unknown signer certifies means anything. */
enum gravity {
	GRAVE_PIN = 1,
	GRAVE_USE,
	GRAVE_WEAK,
	GRAVE_NAME,
	GRAVE_CONSTRAINT,
	GRAVE_DATE,
	GRAVE_ISSUER
};

/* Finds the extension OID in CRT; *VALUE is what its OCTET STRING holds. */
static bool find_extension(const mbedtls_x509_crt *crt, const char *oid, struct str *value)
{
	struct str rest = tls_slice(&crt->v3_ext), one, field;
	uint8_t tag;

	if (!der_next(&rest, &tag, &one, NULL))
		return false;
	rest = one;
	while (der_next(&rest, &tag, &one, NULL)) {
		if (!der_next(&one, &tag, &field, NULL) || !str_is(field, oid))
			continue;
		/* Between the two may stand "critical", a BOOLEAN. */
		while (der_next(&one, &tag, value, NULL)) {
			if (tag == MBEDTLS_ASN1_OCTET_STRING)
				return true;
		}
	}
	return false;
}

static const mbedtls_x509_name *find_attribute(const mbedtls_x509_name *name, const char *oid)
{
	for (; name != NULL; name = name->next) {
		if (str_is(tls_slice(&name->oid), oid))
			return name;
	}
	return NULL;
}

/* "ISRG Root X1 (Internet Security Research Group)": common name and organization. */
static void name_text(const mbedtls_x509_name *name, char text[static NAME_TEXT])
{
	const mbedtls_x509_name *cn = find_attribute(name, MBEDTLS_OID_AT_CN);
	const mbedtls_x509_name *o = find_attribute(name, MBEDTLS_OID_AT_ORGANIZATION);

	if (cn != NULL && o != NULL)
		snprintf(text, NAME_TEXT, "%.*s (%.*s)", STR_ARG(tls_slice(&cn->val)),
			STR_ARG(tls_slice(&o->val)));
	else if (cn != NULL || o != NULL)
		snprintf(text, NAME_TEXT, "%.*s",
			STR_ARG(tls_slice(cn != NULL ? &cn->val : &o->val)));
	else
		snprintf(text, NAME_TEXT, "%s", "(no name)");
}

static void date_text(const mbedtls_x509_time *t, char text[static DATE_TEXT])
{
	snprintf(text, DATE_TEXT, "%04d-%02d-%02dT%02d:%02d:%02dZ", t->year, t->mon, t->day,
		t->hour, t->min, t->sec);
}

/* "the server's certificate" or "the CA certificate NAME in its chain" */
static void what_text(const mbedtls_x509_crt *crt, int depth, char text[static WHAT_TEXT])
{
	char name[NAME_TEXT];

	if (depth == 0) {
		snprintf(text, WHAT_TEXT, "%s", "the server's certificate");
		return;
	}
	name_text(&crt->subject, name);
	snprintf(text, WHAT_TEXT, "the CA certificate %s in the server's chain", name);
}

/* Where an objection of that gravity is to be written; NULL when a graver one stands already. */
static struct err *object(struct tls_verdict *v, enum gravity gravity)
{
	if ((unsigned)gravity <= v->gravity)
		return NULL;
	v->gravity = gravity;
	err_clear(&v->objection);
	return &v->objection;
}

/* Objections */

static void object_to_issuer(struct tls *t, const mbedtls_x509_crt *crt, int depth)
{
	struct err *e = object(&t->verdict, GRAVE_ISSUER);
	char what[WHAT_TEXT], issuer[NAME_TEXT], places[160];
	struct buf sources;

	if (e == NULL)
		return;
	what_text(crt, depth, what);
	name_text(&crt->issuer, issuer);
	buf_init(&sources, sizeof places - 1);
	trust_describe(t->config->trust, &sources);
	snprintf(places, sizeof places, "%s", sources.failed ? "those given" : buf_text(&sources));
	buf_wipe(&sources);
	if (t->verdict.candidates > 0)
		err_set(e, ERR_CERTIFICATE,
			"%s is not trusted: its issuer %s is in %s, but with another key, or not "
			"as a CA",
			what, issuer, places);
	else if (der_name_equal(tls_slice(&crt->issuer_raw), tls_slice(&crt->subject_raw)))
		err_set(e, ERR_CERTIFICATE, "%s is not trusted: it is self-signed and not in %s",
			what, places);
	else
		err_set(e, ERR_CERTIFICATE, "%s is not trusted: its issuer %s is not in %s", what,
			issuer, places);
	err_hint(e, "for a private CA, name its certificate with --ca-add FILE%s",
		depth == 0 ? "; for a public one, the server may fail to send its intermediate "
			     "certificate, or something intercepts the connection"
			   : "");
}

static void hint_at_clock(struct err *e, bool assumed, int64_t now)
{
	int64_t list;

	if (assumed)
		err_hint(e, "certificates were judged at the time given by --assume-time");
	else if (date_parse_rfc3339(str_of(roots_date()), &list) && now < list)
		err_hint(e,
			"this machine's clock is wrong: this program was made later; set the "
			"clock, or give the right time with --assume-time");
	else
		err_hint(e,
			"if this machine's clock is right, the server needs a new certificate; "
			"if it is wrong, set it or give the right time with --assume-time");
}

static void object_to_dates(struct tls *t, const mbedtls_x509_crt *crt, int depth, bool future)
{
	struct err *e = object(&t->verdict, GRAVE_DATE);
	char what[WHAT_TEXT], from[DATE_TEXT], to[DATE_TEXT];
	int64_t now = (int64_t)mbedtls_time(NULL);
	struct buf clock;

	if (e == NULL)
		return;
	what_text(crt, depth, what);
	date_text(&crt->valid_from, from);
	date_text(&crt->valid_to, to);
	buf_init(&clock, DATE_TEXT);
	date_add_rfc3339(now, &clock);
	err_set(e, ERR_CERTIFICATE, "%s %s: it is valid from %s to %s, and %s %s", what,
		future ? "is not valid yet" : "has expired", from, to,
		t->config->assume_time ? "the time assumed is" : "this machine's clock says",
		buf_text(&clock));
	buf_wipe(&clock);
	hint_at_clock(e, t->config->assume_time, now);
}

/* The library goes on with an empty certificate where it does not know the signature's algorithm.
 */
static void object_to_algorithm(struct tls *t)
{
	struct err *e = object(&t->verdict, GRAVE_ISSUER);

	if (e != NULL)
		err_set(e, ERR_CERTIFICATE,
			"the server's certificate is signed with SHA-1, or in another way that is "
			"not taken here");
}

static void object_to_strength(
	struct tls *t, const mbedtls_x509_crt *crt, int depth, uint32_t flags)
{
	struct err *e = object(&t->verdict, GRAVE_WEAK);
	char what[WHAT_TEXT];

	if (e == NULL)
		return;
	what_text(crt, depth, what);
	if ((flags & MBEDTLS_X509_BADCERT_BAD_MD) != 0)
		err_set(e, ERR_CERTIFICATE, "%s is signed with a hash weaker than SHA-256", what);
	else
		err_set(e, ERR_CERTIFICATE,
			"%s, or the one that signed it, has a key that is too weak or of a kind "
			"not known here",
			what);
	err_hint(e,
		"taken are SHA-256 to SHA-512, RSA keys of 2048 bits and more, and the curves "
		"P-256 and P-384");
}

static void object_to_use(struct tls *t, const char *what, const char *lacks)
{
	struct err *e = object(&t->verdict, GRAVE_USE);

	if (e != NULL)
		err_set(e, ERR_CERTIFICATE, "%s is not for servers: %s", what, lacks);
}

static void object_to_pins(struct tls *t)
{
	struct err *e = object(&t->verdict, GRAVE_PIN);

	if (e == NULL)
		return;
	err_set(e, ERR_CERTIFICATE, "no key in the server's certificate chain is among the pins");
	err_hint(e, "if the server's key was changed on purpose, change --pin");
}

static void add_printable(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_add_char(out, s.p[i] >= ' ' && s.p[i] <= '~' ? s.p[i] : '?');
}

/* "a.example" or "IP:192.0.2.1"; names are marked too where the difference matters. */
static bool add_name(struct buf *out, uint8_t tag, struct str name, bool marked)
{
	char address[INET6_ADDRSTRLEN];

	if (tag == SAN_DNS) {
		if (marked)
			buf_add_text(out, "DNS:");
		add_printable(out, name);
		return true;
	}
	if (tag != SAN_IP || (name.n != 4 && name.n != 16) ||
		inet_ntop(name.n == 4 ? AF_INET : AF_INET6, name.p, address, sizeof address) ==
			NULL)
		return false;
	buf_addf(out, "IP:%s", address);
	return true;
}

/* "a.example, b.example and 3 more"; empty when a certificate names no host at all. */
static void list_names(struct str names, bool marked, struct buf *out)
{
	unsigned more = 0, shown = 0;
	struct str name;
	uint8_t tag;

	while (der_next(&names, &tag, &name, NULL)) {
		size_t before = out->len;

		if (shown == NAMES_SHOWN || name.n > NAME_TEXT) {
			more += tag == SAN_DNS || tag == SAN_IP;
			continue;
		}
		if (shown > 0)
			buf_add_text(out, ", ");
		if (add_name(out, tag, name, marked))
			shown++;
		else
			buf_truncate(out, before);
	}
	if (more > 0)
		buf_addf(out, " and %u more", more);
}

/* NAMES is empty, or the content of a GeneralNames element. */
static void object_to_names(struct tls *t, struct str names)
{
	struct err *e = object(&t->verdict, GRAVE_NAME);
	enum url_host_kind kind;
	struct buf list;

	if (e == NULL)
		return;
	buf_init(&list, 300);
	list_names(names, !url_host_kind(str_of(t->host), &kind) || kind != URL_HOST_NAME, &list);
	if (list.len > 0 || list.failed)
		err_set(e, ERR_CERTIFICATE, "the server's certificate is not for %s but for %s",
			t->host, list.failed ? "others" : buf_text(&list));
	else
		err_set(e, ERR_CERTIFICATE,
			"the server's certificate is not for %s: it names no host in a "
			"subjectAltName (its common name does not count, RFC 9525)",
			t->host);
	err_hint(e,
		"use a host name that the certificate has, or give the server one with the "
		"right name; verification cannot be turned off");
	buf_wipe(&list);
}

static void object_to_constraint(
	struct tls *t, const mbedtls_x509_crt *crt, int depth, enum name_verdict verdict)
{
	struct err *e = object(&t->verdict, GRAVE_CONSTRAINT);
	char what[WHAT_TEXT];

	if (e == NULL)
		return;
	what_text(crt, depth, what);
	err_set(e, ERR_CERTIFICATE, "%s %s", what,
		verdict == NAME_OUTSIDE
			? "bears a name that its issuer may not certify (name constraints)"
			: "is subject to name constraints that cannot be judged here");
}

/* Judging one certificate */

static bool host_is_covered(struct str names, const char *host)
{
	struct str name;
	uint8_t tag;

	while (der_next(&names, &tag, &name, NULL)) {
		if (tag == SAN_DNS && host_match_name(name, str_of(host)))
			return true;
		if (tag == SAN_IP && host_match_address(name, str_of(host)))
			return true;
	}
	return false;
}

static uint32_t judge_host(struct tls *t, const mbedtls_x509_crt *leaf, uint32_t flags)
{
	struct str value, names = str_from(NULL, 0);
	uint8_t tag;

	if (find_extension(leaf, MBEDTLS_OID_SUBJECT_ALT_NAME, &value) &&
		!der_next(&value, &tag, &names, NULL))
		names = str_from(NULL, 0);
	if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) == 0 && host_is_covered(names, t->host))
		return 0;
	object_to_names(t, names);
	return MBEDTLS_X509_BADCERT_CN_MISMATCH;
}

/* RFC 5280 6.1.4 (b): a CA's renewal of itself is exempt, unless it is the leaf. */
static uint32_t judge_constraints(struct tls *t, const mbedtls_x509_crt *crt, int depth)
{
	struct tls_verdict *v = &t->verdict;
	struct str subject = tls_slice(&crt->subject_raw), names, culprit;

	if (depth > 0 && der_name_equal(subject, tls_slice(&crt->issuer_raw)))
		return 0;
	if (!find_extension(crt, MBEDTLS_OID_SUBJECT_ALT_NAME, &names))
		names = str_from(NULL, 0);
	for (unsigned i = 0; i < v->constraint_count; i++) {
		enum name_verdict verdict =
			name_constraints_judge(v->constraints[i], subject, names, &culprit);

		if (verdict != NAME_WITHIN) {
			object_to_constraint(t, crt, depth, verdict);
			return MBEDTLS_X509_BADCERT_OTHER;
		}
	}
	return 0;
}

static uint32_t keep_constraints(struct tls_verdict *v, const mbedtls_x509_crt *ca)
{
	struct str value;

	if (!find_extension(ca, MBEDTLS_OID_NAME_CONSTRAINTS, &value))
		return 0;
	if (v->constraint_count == sizeof v->constraints / sizeof v->constraints[0])
		return MBEDTLS_X509_BADCERT_OTHER;
	v->constraints[v->constraint_count++] = value;
	return 0;
}

/* The library looks at extendedKeyUsage in the leaf only. In a CA's certificate it limits what the
   CA may certify, as every browser reads it. */
static uint32_t judge_ca_use(struct tls *t, const mbedtls_x509_crt *ca, int depth)
{
	char what[WHAT_TEXT];

	if (mbedtls_x509_crt_check_extended_key_usage(
		    ca, MBEDTLS_OID_SERVER_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) == 0)
		return 0;
	what_text(ca, depth, what);
	object_to_use(t, what, "its extendedKeyUsage lacks serverAuth");
	return MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
}

static void object_to_flags(struct tls *t, const mbedtls_x509_crt *crt, int depth, uint32_t flags)
{
	const uint32_t weak = MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK |
		MBEDTLS_X509_BADCERT_BAD_KEY;

	if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0)
		object_to_issuer(t, crt, depth);
	if ((flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0)
		object_to_dates(t, crt, depth, false);
	if ((flags & MBEDTLS_X509_BADCERT_FUTURE) != 0)
		object_to_dates(t, crt, depth, true);
	if ((flags & weak) != 0)
		object_to_strength(t, crt, depth, flags);
}

static bool is_pinned(const struct tls_config *c, const mbedtls_x509_crt *crt)
{
	unsigned char hash[TLS_PIN_BYTES];

	if (c->pin_count == 0 || mbedtls_sha256(crt->pk_raw.p, crt->pk_raw.len, hash, 0) != 0)
		return false;
	for (unsigned i = 0; i < c->pin_count; i++) {
		if (memcmp(hash, c->pins[i], sizeof hash) == 0)
			return true;
	}
	return false;
}

/* Years that a date cannot be in give the nearest second that it can. */
static int64_t seconds_of(const mbedtls_x509_time *t)
{
	const struct date d = {.year = t->year,
		.month = t->mon,
		.day = t->day,
		.hour = t->hour,
		.minute = t->min,
		.second = t->sec};
	int64_t seconds = 0;

	if (!date_to_seconds(&d, &seconds) && t->year > 1970)
		seconds = INT64_MAX;
	return seconds;
}

/* SOURCE: where it is trusted from, NULL if it is not trusted for itself. */
static void record(
	struct tls_verdict *v, const mbedtls_x509_crt *crt, const struct trust_source *source)
{
	struct tls_certificate c = {.source = source};

	name_text(&crt->subject, c.subject);
	name_text(&crt->issuer, c.issuer);
	snprintf(c.key, sizeof c.key, "%s %u bits", mbedtls_pk_get_name(&crt->pk),
		(unsigned)mbedtls_pk_get_bitlen(&crt->pk));
	c.not_before = seconds_of(&crt->valid_from);
	c.not_after = seconds_of(&crt->valid_to);
	buf_add(&v->chain, &c, sizeof c);
}

/* The user's trust in the leaf itself makes what stands above it meaningless. */
static void forget_above(struct tls_verdict *v)
{
	v->flags = 0;
	v->gravity = 0;
	v->constraint_count = 0;
	buf_clear(&v->chain);
}

static uint32_t judge_ca(struct tls *t, const mbedtls_x509_crt *ca, int depth)
{
	/* The first to come is the root, or the last that was found: nothing restrains a root's
	   own use, it is trusted for being listed. */
	bool first = t->verdict.chain.len == 0;

	uint32_t found = judge_constraints(t, ca, depth);

	if (!first)
		found |= judge_ca_use(t, ca, depth);
	/* Only now: a CA's own name is not under its own constraints. */
	return found | keep_constraints(&t->verdict, ca);
}

static uint32_t judge_leaf(struct tls *t, const mbedtls_x509_crt *leaf, uint32_t flags)
{
	uint32_t found = judge_host(t, leaf, flags) | judge_constraints(t, leaf, 0);

	if (t->config->pin_count > 0 && !t->verdict.pinned) {
		object_to_pins(t);
		found |= MBEDTLS_X509_BADCERT_OTHER;
	}
	return found;
}

/*
 * Called from the root down. The library's flags are held back until the leaf, which comes last, so
 * that the whole chain is judged in one place.
 */
int tls_judge(void *context, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
	struct tls *t = context;
	struct tls_verdict *v = &t->verdict;
	const struct trust_source *source = tls_source_of(&t->anchors, crt);
	uint32_t own = *flags;

	if (depth == 0 && ((own | v->flags) & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
		source = tls_trusts_itself(t, crt);
		if (source != NULL) {
			forget_above(v);
			own &= ~(uint32_t)MBEDTLS_X509_BADCERT_NOT_TRUSTED;
		}
	}
	v->pinned = v->pinned || is_pinned(t->config, crt);
	if (crt->raw.len == 0) {
		own |= MBEDTLS_X509_BADCERT_BAD_MD;
		object_to_algorithm(t);
	}
	object_to_flags(t, crt, depth, own);
	own |= depth > 0 ? judge_ca(t, crt, depth) : judge_leaf(t, crt, own);
	record(v, crt, source);
	v->flags |= own;
	v->complete = depth == 0;
	if (v->complete)
		tls_anchors_wipe(&t->anchors);
	*flags = depth == 0 ? v->flags : 0;
	return 0;
}

void tls_judge_late(struct tls *t, uint32_t flags)
{
	static const char what[] = "the server's certificate";

	if ((flags & MBEDTLS_X509_BADCERT_KEY_USAGE) != 0)
		object_to_use(t, what, "its keyUsage lacks digitalSignature");
	if ((flags & MBEDTLS_X509_BADCERT_EXT_KEY_USAGE) != 0)
		object_to_use(t, what, "its extendedKeyUsage lacks serverAuth");
	if ((flags & MBEDTLS_X509_BADCERT_BAD_KEY) != 0 && t->verdict.gravity == 0)
		err_set(&t->verdict.objection, ERR_CERTIFICATE,
			"%s has a key on a curve that is not taken here", what);
}

void tls_verdict_wipe(struct tls_verdict *v)
{
	buf_wipe(&v->chain);
}
