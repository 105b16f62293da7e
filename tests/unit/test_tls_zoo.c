/*
 * Certificates that a client must accept or refuse, each shown by a real TLS server (OpenSSL) over
 * TLS 1.2 and 1.3: the tables of tests/corpora/tls-certificates and tests/corpora/x509-limbo. A
 * refusal counts only when the server has not seen a byte of application data.
 */
#include "tls_peer.h"

#include "codec/date.h"
#include "sys/heap.h"

#define ZOO           "tests/corpora/tls-certificates/"
#define LIMBO         "tests/corpora/x509-limbo/"
#define PATH_MAX_TEST 256

static struct peer peer;

enum verdict { ACCEPTED, REFUSED, UNSERVABLE, BROKEN };

/* One connection to HOST at TIME (0: now) under the certificate in folder CASE. */
struct visit {
	const char *chain, *key, *trust, *host;
	const char *version;
	int64_t time;
};

static enum verdict finish(struct tls *t, struct peer_socket *s, struct err *e)
{
	struct wire *w = tls_wire(t);
	char answer[8];
	size_t put = 0, got = 0;

	if (peer_handshake(t, e) != IO_OK) {
		if (w->write(w, "hello", 5, &put, &(struct err){.kind = ERR_NONE}) != IO_FAIL)
			return BROKEN;
		shutdown(s->fd, SHUT_WR);
		return REFUSED;
	}
	if (w->write(w, "hello", 5, &put, e) != IO_OK || put != 5 ||
		peer_tls_read(t, answer, sizeof(answer), &got, e) != IO_OK || got != 5 ||
		peer_tls_read(t, answer, sizeof(answer), &got, e) != IO_END)
		return BROKEN;
	return ACCEPTED;
}

static enum verdict visit_with(struct tls_config *c, const struct visit *v, struct err *e)
{
	char command[4 * PATH_MAX_TEST];
	struct peer_socket s;
	enum verdict verdict;
	struct tls *t;
	uint16_t port;

	snprintf(command, sizeof(command), "tls\t%s\t%s\t%s\techo", v->chain, v->key, v->version);
	port = peer_serve(&peer, command);
	if (port == 0)
		return UNSERVABLE;
	peer_connect(&s, port);
	t = tls_new(c, &s.wire, str_of(v->host), e);
	assert_non_null(t);
	verdict = finish(t, &s, e);
	tls_free(t);
	close(s.fd);
	peer_read(&peer);
	/* What the server saw must be the same story. */
	if (verdict == ACCEPTED && strncmp(peer.outcome, "open\t68656c6c6f\t", 16) != 0)
		return BROKEN;
	if (verdict == REFUSED && strncmp(peer.outcome, "refused\t", 8) != 0)
		return BROKEN;
	return verdict;
}

static enum verdict visit(const struct visit *v, struct err *e)
{
	struct tls_options options;
	struct tls_config *c;
	enum verdict verdict;
	struct trust trust;
	size_t before = heap_in_use();

	peer_trust(&trust, &options, v->trust);
	options.assume_time = v->time != 0;
	options.assumed = v->time;
	c = tls_config_new(&options, NULL, e);
	if (c == NULL)
		return REFUSED;
	verdict = visit_with(c, v, e);
	tls_config_free(c);
	assert_int_equal(heap_in_use(), before);
	return verdict;
}

/* Rows of a table */

struct row {
	struct str fields[8];
};

/* Takes the next line of *TABLE apart. */
static bool next_row(struct str *table, struct row *row)
{
	struct str line;

	if (table->n == 0)
		return false;
	str_cut(*table, '\n', &line, table);
	for (size_t i = 0; i < sizeof(row->fields) / sizeof(row->fields[0]); i++)
		str_cut(line, '\t', &row->fields[i], &line);
	return true;
}

static const char *const verdict_names[] = {"accepted", "refused", "unservable", "broken"};

static bool is_expected(struct str expected, enum verdict verdict)
{
	if (str_is(expected, "accept"))
		return verdict == ACCEPTED;
	if (str_is(expected, "reject"))
		return verdict == REFUSED;
	return verdict == ACCEPTED || verdict == REFUSED;
}

/* The rows marked "either", and what this program makes of them. */
static const struct {
	const char *name;
	enum verdict verdict;
	const char *why;
} choices[] = {
	{"good-p521", REFUSED, "P-521 is not compiled in: no public CA issues it"},
	{"good-ed25519", REFUSED, "mbedTLS has no Ed25519"},
	{"cn-only", REFUSED, "RFC 9525: the common name does not count"},
	{"ku-no-signature", REFUSED, "RFC 5280: the key may not sign"},
	{"rsa-pss-sig", ACCEPTED, "RSA-PSS with SHA-256 is as good as PKCS#1"},
	{"self-trusted", ACCEPTED, "the user has named this very certificate"},
	{"nc-crit-kept", ACCEPTED, "judged by codec/name_constraints"},
	{"nc-plain-kept", ACCEPTED, "judged by codec/name_constraints"},
	{"big-leaf", REFUSED, "a Certificate message above 16 KiB"},
	{"chain-of-8", ACCEPTED, "seven intermediates are within the limit of eight"},
	{"chain-junk-60", REFUSED, "a Certificate message above 16 KiB"},
};

static bool is_our_choice(struct str name, enum verdict verdict)
{
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		if (str_is(name, choices[i].name))
			return choices[i].verdict == verdict;
	}
	return false;
}

/* Why this program departs from x509-limbo, which takes RFC 5280 and the rules for public CAs by
   the letter. None of the accepted ones lets anybody pass for a host that is not theirs. */
#define FORM       "a fault of form, for which the issuer answers: it says nothing of whose name this is"
#define ANY_USE    "RFC 5280 4.2.1.12: a certificate without limits to its use may serve"
#define NO_CN      "the common name is not looked at, whatever it holds"
#define CA_LEAF    "RFC 5280 does not forbid a server to be a CA; self-signed servers mostly are"
#define NO_LIST    "no list of public suffixes is compiled in; no CA may issue such wildcards"
#define HONOURED   "the constraints should be critical, and are kept all the same"
#define ONE_PATH   "of several certificates of one name the library follows the first that signed"
#define NO_SIGNING "its keyUsage lacks digitalSignature, which ECDHE needs (RFC 8446 4.4.2.2)"
#define CRITICAL   "a critical extension that the library does not know, in what the server sends"
#define UNSERVED   "OpenSSL does not even load it"
static const struct {
	const char *name;
	enum verdict verdict;
	const char *why;
} departures[] = {
	{"rfc5280_aki_critical-aki", ACCEPTED, FORM},
	{"rfc5280_aki_cross-signed-root-missing-aki", ACCEPTED, FORM},
	{"rfc5280_aki_intermediate-missing-aki", ACCEPTED, FORM},
	{"rfc5280_aki_leaf-missing-aki", ACCEPTED, FORM},
	{"rfc5280_leaf-ku-keycertsign", ACCEPTED, FORM},
	{"rfc5280_nc_not-allowed-in-ee-noncritical", ACCEPTED, FORM},
	{"rfc5280_nc_not-allowed-in-ee-critical", ACCEPTED, FORM},
	{"rfc5280_pc_ica-noncritical-pc", ACCEPTED, FORM},
	{"rfc5280_root-non-critical-basic-constraints", ACCEPTED, FORM},
	{"rfc5280_san_noncritical-with-empty-subject", ACCEPTED, FORM},
	{"rfc5280_san_underscore-dns", ACCEPTED, FORM},
	{"rfc5280_serial_too-long", ACCEPTED, FORM},
	{"rfc5280_serial_zero", ACCEPTED, FORM},
	{"rfc5280_ski_critical-ski", ACCEPTED, FORM},
	{"rfc5280_ski_intermediate-missing-ski", ACCEPTED, FORM},
	{"rfc5280_ski_root-missing-ski", ACCEPTED, FORM},
	{"webpki_aki_root-with-aki-all-fields", ACCEPTED, FORM},
	{"webpki_aki_root-with-aki-ski-mismatch", ACCEPTED, FORM},
	{"webpki_eku_ee-critical-eku", ACCEPTED, FORM},
	{"webpki_eku_root-has-eku", ACCEPTED, FORM},
	{"webpki_forbidden-rsa-key-not-divisible-by-8-in-leaf", ACCEPTED, FORM},
	{"webpki_forbidden-rsa-not-divisible-by-8-in-root", ACCEPTED, FORM},
	{"webpki_malformed-aia", ACCEPTED, FORM},
	{"webpki_san_san-critical-with-nonempty-subject", ACCEPTED, FORM},
	{"webpki_eku_ee-anyeku", ACCEPTED, ANY_USE},
	{"webpki_eku_ee-without-eku", ACCEPTED, ANY_USE},
	{"webpki_cn_case-mismatch", ACCEPTED, NO_CN},
	{"webpki_cn_ipv4-hex-mismatch", ACCEPTED, NO_CN},
	{"webpki_cn_ipv4-leading-zeros-mismatch", ACCEPTED, NO_CN},
	{"webpki_cn_ipv6-non-rfc5952-mismatch", ACCEPTED, NO_CN},
	{"webpki_cn_ipv6-uncompressed-mismatch", ACCEPTED, NO_CN},
	{"webpki_cn_ipv6-uppercase-mismatch", ACCEPTED, NO_CN},
	{"webpki_cn_not-in-san", ACCEPTED, NO_CN},
	{"webpki_cn_punycode-not-in-san", ACCEPTED, NO_CN},
	{"webpki_cn_utf8-vs-punycode-mismatch", ACCEPTED, NO_CN},
	{"webpki_ee-basicconstraints-ca", ACCEPTED, CA_LEAF},
	{"webpki_san_public-suffix-multi-label-wildcard-san", ACCEPTED, NO_LIST},
	{"webpki_san_public-suffix-private-namespace-wildcard-san", ACCEPTED, NO_LIST},
	{"rfc5280_nc_permitted-dns-match-noncritical", ACCEPTED, HONOURED},
	{"pathlen_self-issued-certs-pathlen", REFUSED, ONE_PATH},
	{"pathlen_validation-ignores-pathlen-in-leaf", REFUSED, NO_SIGNING},
	{"rfc5280_ca-as-leaf", REFUSED, NO_SIGNING},
	{"rfc5280_nc_nc-forbids-alternate-chain-ica", REFUSED, ONE_PATH},
	{"rfc5280_nc_nc-forbids-same-chain-ica", REFUSED, ONE_PATH},
	{"rfc5280_unknown-critical-extension-unrelated-intermediate", REFUSED, CRITICAL},
	{"rfc5280_duplicate-extensions", UNSERVABLE, UNSERVED},
	{"rfc5280_san_malformed", UNSERVABLE, UNSERVED},
};

/* Whether VERDICT on the case NAME is what the table, or the list of departures, says. */
static bool is_agreed(
	struct str name, struct str expected, enum verdict verdict, unsigned *departed)
{
	for (size_t i = 0; i < sizeof(departures) / sizeof(departures[0]); i++) {
		if (str_is(name, departures[i].name)) {
			++*departed;
			return departures[i].verdict == verdict;
		}
	}
	return is_expected(expected, verdict);
}

static void visit_limbo(const char *version)
{
	char *text = peer_file(LIMBO "index.tsv");
	unsigned rows = 0, departed = 0, wrong = 0;
	struct str table = str_of(text);
	struct row row;

	next_row(&table, &row);
	while (next_row(&table, &row)) {
		char chain[PATH_MAX_TEST], key[PATH_MAX_TEST], trust[PATH_MAX_TEST];
		char host[PATH_MAX_TEST];
		struct visit v = {.chain = chain, .key = key, .trust = trust, .host = host};
		struct err e = {.kind = ERR_NONE};
		enum verdict verdict;

		/* Without a key nobody can serve it, without a name nobody can ask for it. */
		if (!str_is(row.fields[5], "yes") || str_is(row.fields[2], "-"))
			continue;
		snprintf(
			chain, sizeof(chain), LIMBO "cases/%.*s/chain.pem", STR_ARG(row.fields[0]));
		snprintf(key, sizeof(key), LIMBO "cases/%.*s/key.pem", STR_ARG(row.fields[0]));
		snprintf(
			trust, sizeof(trust), LIMBO "cases/%.*s/roots.pem", STR_ARG(row.fields[0]));
		snprintf(host, sizeof(host), "%.*s", STR_ARG(row.fields[3]));
		v.version = version;
		if (!str_is(row.fields[4], "-"))
			assert_true(date_parse_rfc3339(row.fields[4], &v.time));
		verdict = visit(&v, &e);
		rows++;
		if (is_agreed(row.fields[0], row.fields[1], verdict, &departed))
			continue;
		print_message("# %s %.*s: expected %.*s, %s: %s\n", version, STR_ARG(row.fields[0]),
			STR_ARG(row.fields[1]), verdict_names[verdict],
			e.kind != ERR_NONE ? e.text : peer.outcome);
		wrong++;
	}
	free(text);
	assert_int_equal(wrong, 0);
	assert_int_equal(rows, 164);
	/* Every departure listed is a case there is. */
	assert_int_equal(departed, sizeof(departures) / sizeof(departures[0]));
}

static void judges_limbo_over_tls_1_2(void **state)
{
	(void)state;
	visit_limbo("1.2");
}

static void judges_limbo_over_tls_1_3(void **state)
{
	(void)state;
	visit_limbo("1.3");
}

static void visit_zoo(const char *version)
{
	char *text = peer_file(ZOO "index.tsv");
	struct str table = str_of(text);
	unsigned rows = 0, wrong = 0;
	struct row row;

	next_row(&table, &row);
	while (next_row(&table, &row)) {
		char chain[PATH_MAX_TEST], key[PATH_MAX_TEST], trust[PATH_MAX_TEST];
		char host[PATH_MAX_TEST];
		struct visit v = {.chain = chain, .key = key, .trust = trust, .host = host};
		struct err e = {.kind = ERR_NONE};
		enum verdict verdict;
		bool right;

		snprintf(chain, sizeof(chain), ZOO "%.*s/chain.pem", STR_ARG(row.fields[0]));
		snprintf(key, sizeof(key), ZOO "%.*s/key.pem", STR_ARG(row.fields[0]));
		snprintf(trust, sizeof(trust), ZOO "%.*s", STR_ARG(row.fields[3]));
		snprintf(host, sizeof(host), "%.*s", STR_ARG(row.fields[2]));
		v.version = version;
		verdict = visit(&v, &e);
		right = is_expected(row.fields[1], verdict) &&
			(!str_is(row.fields[1], "either") || is_our_choice(row.fields[0], verdict));
		/* A refusal has to be about the certificate, and to say what to do or what is. */
		if (verdict == REFUSED && e.kind != ERR_CERTIFICATE && e.kind != ERR_TLS)
			right = false;
		if (!right || getenv("TLS_ZOO_VERBOSE") != NULL)
			print_message("# %s %.*s: expected %.*s, %s: %s (%s) | %s\n", version,
				STR_ARG(row.fields[0]), STR_ARG(row.fields[1]),
				verdict_names[verdict], e.kind != ERR_NONE ? e.text : "",
				e.kind != ERR_NONE ? e.hint : "", peer.outcome);
		wrong += !right;
		rows++;
	}
	free(text);
	assert_int_equal(wrong, 0);
	assert_int_equal(rows, 60);
}

static void judges_the_zoo_over_tls_1_2(void **state)
{
	(void)state;
	visit_zoo("1.2");
}

static void judges_the_zoo_over_tls_1_3(void **state)
{
	(void)state;
	visit_zoo("1.3");
}

/* The first handshake makes the library allocate what it then keeps for the next. */
static int start(void **state)
{
	static const struct visit first = {
		.chain = ZOO "good/chain.pem",
		.key = ZOO "good/key.pem",
		.trust = ZOO "good/trust.pem",
		.host = "localhost",
		.version = "1.3",
	};
	struct err e = {.kind = ERR_NONE};
	struct tls_options options;
	struct tls_config *c;
	struct trust trust;

	(void)state;
	peer_start(&peer);
	peer_trust(&trust, &options, first.trust);
	c = tls_config_new(&options, NULL, &e);
	assert_non_null(c);
	assert_int_equal(visit_with(c, &first, &e), ACCEPTED);
	tls_config_free(c);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	peer_stop(&peer);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_the_zoo_over_tls_1_2),
		cmocka_unit_test(judges_the_zoo_over_tls_1_3),
		cmocka_unit_test(judges_limbo_over_tls_1_2),
		cmocka_unit_test(judges_limbo_over_tls_1_3),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
