/*
 * One TLS connection: against OpenSSL (tls_peer.py), and against scripted bytes where a server has
 * to misbehave. Certificates in all their kinds are test_tls_zoo.c's matter.
 */
#include "tls_peer.h"

#include <mbedtls/platform.h>
#include <mbedtls/platform_time.h>
#include <mbedtls/version.h>

#include "codec/date.h"
#include "sys/heap.h"
#include "sys/roots.h"
#include "sys/tls_private.h"

#define ZOO  "tests/corpora/tls-certificates/"
#define GOOD "tls\t" ZOO "good/chain.pem\t" ZOO "good/key.pem\t"

/* Of the chain "good": leaf, intermediate, root. */
static const char *const good_pins[] = {
	"sha256//5ExsNHGqWRYedJt1Rd91n24+Ux+7lq5aTyPQvXckTSg=",
	"sha256//t/CbKwgalB0TMoz6H61KIZ0NWoVRCYme2Xz/fMgF8sw=",
	"sha256//LddQPqd/S6/SUcdUCQTlMLng1BbOeHgC+/2m2JtsB3o=",
};

static struct peer peer;

/* A connection and all it stands on. */
struct session {
	struct trust trust;
	struct tls_options options;
	struct tls_config *config;
	struct peer_socket socket;
	struct tls *tls;
	struct err e;
};

static void prepare(struct session *s, const char *trust)
{
	memset(s, 0, sizeof(*s));
	peer_trust(&s->trust, &s->options, trust);
}

static void open_to(struct session *s, const char *command, const char *host)
{
	uint16_t port = peer_serve(&peer, command);

	if (port == 0)
		fail_msg("%s: %s", command, peer.outcome);
	s->config = tls_config_new(&s->options, NULL, &s->e);
	if (s->config == NULL)
		fail_msg("%s", s->e.text);
	peer_connect(&s->socket, port);
	s->tls = tls_new(s->config, &s->socket.wire, str_of(host), &s->e);
	assert_non_null(s->tls);
}

static void end(struct session *s)
{
	tls_free(s->tls);
	tls_config_free(s->config);
	close(s->socket.fd);
	peer_read(&peer);
}

static void start_to(struct session *s, const char *command)
{
	prepare(s, ZOO "good/trust.pem");
	open_to(s, command, "localhost");
	if (peer_handshake(s->tls, &s->e) != IO_OK)
		fail_msg("%s: %s", command, s->e.text);
}

static void say(struct session *s, const char *text)
{
	struct wire *w = tls_wire(s->tls);
	size_t put = 0;

	assert_int_equal(w->write(w, text, strlen(text), &put, &s->e), IO_OK);
	assert_int_equal(put, strlen(text));
}

/* Reads LEN bytes, in as many calls as it takes. */
static void hear(struct session *s, const char *text)
{
	char got[64];
	size_t len = 0;

	while (len < strlen(text)) {
		size_t n = 0;

		assert_int_equal(
			peer_tls_read(s->tls, got + len, sizeof(got) - len, &n, &s->e), IO_OK);
		len += n;
	}
	assert_int_equal(len, strlen(text));
	assert_memory_equal(got, text, len);
}

static enum io hear_end(struct session *s)
{
	size_t n = 0;
	char byte;

	return peer_tls_read(s->tls, &byte, 1, &n, &s->e);
}

static void has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", text, part);
}

/* The refusal of a server that acts by COMMAND. */
static void refuses(const char *command, enum err_kind kind, const char *text, const char *hint)
{
	struct session s;

	prepare(&s, ZOO "good/trust.pem");
	open_to(&s, command, "localhost");
	assert_int_equal(peer_handshake(s.tls, &s.e), IO_FAIL);
	if (s.e.kind != kind)
		fail_msg("%s: kind %s: %s", command, err_kind_name(s.e.kind), s.e.text);
	has(s.e.text, text);
	has(s.e.hint, hint);
	assert_true(strlen(s.e.text) < sizeof(s.e.text) - 1);
	assert_true(strlen(s.e.hint) < sizeof(s.e.hint) - 1);
	/* It stays refused, whatever is tried. */
	assert_int_equal(tls_handshake(s.tls, &(struct err){.kind = ERR_NONE}), IO_FAIL);
	assert_false(tls_pending(s.tls));
	end(&s);
}

/* Connections that come about */

static void speaks_and_ends_in_order(void **state)
{
	static const struct {
		const char *command, *text;
	} cases[] = {
		{GOOD "1.2\techo", "TLSv1.2, TLS-ECDHE-ECDSA-WITH-"},
		{GOOD "1.3\techo", "TLSv1.3, TLS1-3-"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct session s;
		struct buf out;

		start_to(&s, cases[i].command);
		buf_init(&out, 256);
		tls_describe(s.tls, &out);
		assert_true(str_starts(buf_str(&out), cases[i].text));
		has(buf_text(&out), ", ALPN http/1.1");
		buf_wipe(&out);
		say(&s, "hello");
		hear(&s, "hello");
		assert_int_equal(hear_end(&s), IO_END);
		assert_int_equal(s.e.kind, ERR_NONE);
		tls_close_notify(s.tls);
		end(&s);
		has(peer.outcome, "open\t68656c6c6f\tlocalhost");
	}
}

static void takes_bytes_one_by_one(void **state)
{
	static const char *const commands[] = {GOOD "1.2\techo", GOOD "1.3\techo"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct session s;

		prepare(&s, ZOO "good/trust.pem");
		open_to(&s, commands[i], "localhost");
		s.socket.most = 1;
		assert_int_equal(peer_handshake(s.tls, &s.e), IO_OK);
		say(&s, "hello");
		hear(&s, "hello");
		end(&s);
	}
}

static void survives_session_tickets(void **state)
{
	struct session s;

	(void)state;
	start_to(&s, GOOD "1.3\ttickets");
	say(&s, "abcde");
	hear(&s, "abcde");
	assert_int_equal(hear_end(&s), IO_END);
	end(&s);
}

static void sends_no_literal_as_server_name(void **state)
{
	struct session s;

	(void)state;
	prepare(&s, ZOO "ip-san/trust.pem");
	open_to(&s, "tls\t" ZOO "ip-san/chain.pem\t" ZOO "ip-san/key.pem\t1.3\techo", "127.0.0.1");
	assert_int_equal(peer_handshake(s.tls, &s.e), IO_OK);
	say(&s, "x");
	hear(&s, "x");
	end(&s);
	assert_string_equal(peer.outcome, "open\t78\t-");
}

static void describes_the_chain_leaf_first(void **state)
{
	struct session s;
	struct buf out;
	struct str lines[4], rest;

	(void)state;
	start_to(&s, GOOD "1.3\tsilent");
	buf_init(&out, 4096);
	tls_describe_chain(s.tls, &out);
	rest = buf_str(&out);
	for (size_t i = 0; i < 4; i++)
		str_cut(rest, '\n', &lines[i], &rest);
	assert_true(str_starts(lines[0],
		"localhost, issued by Matrix intermediate, EC 256 bits, "
		"valid from 2026-11-23T03:44:34Z to 2036-10-02T03:44:34Z"));
	assert_true(str_starts(lines[1], "Matrix intermediate, issued by Matrix root, "));
	assert_true(str_starts(lines[2], "Matrix root, issued by Matrix root, "));
	assert_int_equal(lines[3].n, 0);
	buf_wipe(&out);
	end(&s);
}

static void tells_where_the_trust_is_from(void **state)
{
	struct session s;
	struct tls_certificate c;

	(void)state;
	start_to(&s, GOOD "1.3\tsilent");
	assert_true(tls_certificate(s.tls, 0, &c));
	assert_string_equal(c.subject, "localhost");
	assert_int_equal(c.not_before, 1795405474); /* 2026-11-23T03:44:34Z */
	assert_true(c.not_after > c.not_before);
	assert_null(c.source);
	assert_true(tls_certificate(s.tls, 2, &c));
	assert_string_equal(c.subject, "Matrix root");
	assert_ptr_equal(c.source, &s.trust.sources[0]);
	assert_false(tls_certificate(s.tls, 3, &c));
	end(&s);
}

static void a_refused_chain_can_be_looked_at(void **state)
{
	struct session s;
	struct tls_certificate c;

	(void)state;
	prepare(&s, ZOO "good/trust.pem");
	open_to(&s, GOOD "1.3\tsilent", "other.example");
	assert_false(tls_certificate(s.tls, 0, &c));
	assert_int_equal(peer_handshake(s.tls, &s.e), IO_FAIL);
	assert_int_equal(s.e.kind, ERR_CERTIFICATE);
	assert_true(tls_certificate(s.tls, 0, &c));
	assert_string_equal(c.subject, "localhost");
	assert_true(tls_certificate(s.tls, 2, &c));
	assert_non_null(c.source);
	end(&s);
}

/* Endings */

static void tells_a_cut_from_an_end(void **state)
{
	static const char *const commands[] = {GOOD "1.2\tcut", GOOD "1.3\tcut"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct session s;

		start_to(&s, commands[i]);
		say(&s, "hello");
		hear(&s, "hello");
		assert_int_equal(hear_end(&s), IO_FAIL);
		assert_int_equal(s.e.kind, ERR_CLOSED);
		has(s.e.text, "without the close_notify");
		/* And it stays so. */
		assert_int_equal(hear_end(&s), IO_FAIL);
		end(&s);
	}
}

static void writes_nothing_before_the_handshake_is_over(void **state)
{
	struct session s;
	struct wire *w;
	size_t n = 0;
	char byte = 'x';

	(void)state;
	prepare(&s, ZOO "good/trust.pem");
	open_to(&s, GOOD "1.3\techo", "localhost");
	w = tls_wire(s.tls);
	assert_int_equal(w->write(w, "token", 5, &n, &s.e), IO_FAIL);
	assert_int_equal(s.e.kind, ERR_TLS);
	err_clear(&s.e);
	assert_int_equal(w->read(w, &byte, 1, &n, &s.e), IO_FAIL);
	end(&s);
	has(peer.outcome, "refused");
}

/* Refusals */

static void explains_alerts(void **state)
{
	(void)state;
	refuses("raw\t15030100020228", ERR_TLS, "alert handshake_failure", "older ones");
	refuses("raw\t15030100020246", ERR_TLS, "neither TLS 1.2 nor TLS 1.3", "RFC 8996");
	refuses("raw\t15030300020270", ERR_TLS, "no host of this name", "host name");
	refuses("raw\t15030300020230", ERR_CERTIFICATE, "alert unknown_ca", "--cert");
	refuses("raw\t15030300020278", ERR_TLS, "HTTP/1.1", "");
	refuses("raw\t150303000202c8", ERR_TLS, "TLS alert 200", "");
	refuses("raw\t15030300020150", ERR_CLOSED, "during the TLS handshake", "");
}

static void explains_servers_without_tls(void **state)
{
	(void)state;
	/* "HTTP/1.1 400 Bad Request" */
	refuses("raw\t485454502f312e31203430302042616420526571756573740d0a0d0a", ERR_TLS,
		"does not speak TLS on this port (it answered in plain HTTP)", "http://");
	refuses("raw\t5353482d322e302d4f70656e5353480d0a", ERR_TLS, "SSH", "port");
	refuses("raw\t3232302072656164790d0a", ERR_TLS, "something else", "port");
	refuses("raw\t", ERR_CLOSED, "at the beginning of the TLS handshake", "firewall");
}

static void refuses_the_forged_server_hello(void **state)
{
	static const char *const shapes[] = {"forge\twhole", "forge\tbytes", "forge\tretry"};

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		refuses(shapes[i], ERR_TLS, "forged ServerHello", "tampering");
	/* Cut finer than the library takes: it refuses before the guard has seen enough. */
	refuses("forge\tdust", ERR_TLS, "malformed or oversized TLS record", "");
}

/* The hole that the guard is for: while this holds, the guard has to stay. */
static void is_needed_as_guard(void **state)
{
	struct session s;

	(void)state;
	prepare(&s, ZOO "good/trust.pem");
	open_to(&s, "forge\twhole", "localhost");
	s.tls->guard.state = HELLO_GUARD_DONE;
	assert_int_equal(peer_handshake(s.tls, &s.e), IO_FAIL);
#if MBEDTLS_VERSION_NUMBER < 0x03060800
	/* CVE-2026-115490: the library took it, and waited for what comes next. */
	assert_int_equal(s.e.kind, ERR_CLOSED);
	end(&s);
	assert_string_equal(peer.outcome, "open\t-\t-");
#else
	assert_int_equal(s.e.kind, ERR_TLS);
	end(&s);
#endif
}

static void refuses_when_the_host_is_another(void **state)
{
	struct session s;

	(void)state;
	prepare(&s, ZOO "good/trust.pem");
	open_to(&s, GOOD "1.3\techo", "sentry.example");
	assert_int_equal(peer_handshake(s.tls, &s.e), IO_FAIL);
	assert_int_equal(s.e.kind, ERR_CERTIFICATE);
	assert_string_equal(s.e.text,
		"the server's certificate is not for sentry.example but for localhost, "
		"IP:127.0.0.1");
	end(&s);
}

static void names_the_issuer_and_the_place_searched(void **state)
{
	struct session s;

	(void)state;
	prepare(&s, ZOO "incomplete-chain/trust.pem");
	open_to(&s,
		"tls\t" ZOO "incomplete-chain/chain.pem\t" ZOO
		"incomplete-chain/key.pem\t1.3\techo",
		"localhost");
	assert_int_equal(peer_handshake(s.tls, &s.e), IO_FAIL);
	assert_int_equal(s.e.kind, ERR_CERTIFICATE);
	assert_string_equal(s.e.text,
		"the server's certificate is not trusted: its issuer Matrix intermediate is not in "
		"tests/corpora/tls-certificates/incomplete-chain/trust.pem");
	has(s.e.hint, "--ca-add");
	has(s.e.hint, "intermediate");
	end(&s);
}

/* Time */

#define EXPIRED "tls\t" ZOO "expired/chain.pem\t" ZOO "expired/key.pem\t1.3\techo"

static void judges_at_the_time_assumed(void **state)
{
	struct session s;

	(void)state;
	prepare(&s, ZOO "expired/trust.pem");
	s.options.assume_time = true;
	assert_true(date_parse_rfc3339(str_of("2026-11-23T03:44:36Z"), &s.options.assumed));
	open_to(&s, EXPIRED, "localhost");
	/* The last second of its life; the intermediate begins earlier. */
	if (peer_handshake(s.tls, &s.e) != IO_OK)
		fail_msg("%s", s.e.text);
	end(&s);

	prepare(&s, ZOO "expired/trust.pem");
	s.options.assume_time = true;
	assert_true(date_parse_rfc3339(str_of("2026-11-23T03:44:37Z"), &s.options.assumed));
	open_to(&s, EXPIRED, "localhost");
	assert_int_equal(peer_handshake(s.tls, &s.e), IO_FAIL);
	assert_int_equal(s.e.kind, ERR_CERTIFICATE);
	has(s.e.text,
		"has expired: it is valid from 2026-10-25T03:44:36Z to 2026-11-23T03:44:36Z, "
		"and the time assumed is 2026-11-23T03:44:37Z");
	has(s.e.hint, "--assume-time");
	end(&s);
}

static mbedtls_time_t long_ago(mbedtls_time_t *out)
{
	if (out != NULL)
		*out = 86400;
	return 86400;
}

static void says_that_the_clock_is_wrong(void **state)
{
	mbedtls_time_t (*clock)(mbedtls_time_t *) = mbedtls_time;
	struct session s;
	enum io io;

	(void)state;
	prepare(&s, ZOO "good/trust.pem");
	open_to(&s, GOOD "1.3\techo", "localhost");
	mbedtls_platform_set_time(long_ago);
	io = peer_handshake(s.tls, &s.e);
	mbedtls_platform_set_time(clock);
	assert_int_equal(io, IO_FAIL);
	assert_int_equal(s.e.kind, ERR_CERTIFICATE);
	has(s.e.text, "is not valid yet");
	has(s.e.text, "this machine's clock says 1970-01-02T00:00:00Z");
	has(s.e.hint, roots_count() > 0 ? "this machine's clock is wrong" : "clock");
	end(&s);
}

/* Pins */

static void meets_pins(void **state)
{
	uint8_t pin[TLS_PIN_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(good_pins) / sizeof(good_pins[0]); i++) {
		struct session s;

		prepare(&s, ZOO "good/trust.pem");
		s.options.pin_count = 2; /* the first is nobody's */
		assert_true(tls_parse_pin(str_of(good_pins[i]), s.options.pins[1]));
		open_to(&s, GOOD "1.3\techo", "localhost");
		assert_int_equal(peer_handshake(s.tls, &s.e), IO_OK);
		end(&s);
	}
	assert_true(tls_parse_pin(str_of(good_pins[0]), pin));
	assert_int_equal(pin[0], 0xe4);
	assert_int_equal(pin[31], 0x28);
}

static void refuses_when_no_pin_is_met(void **state)
{
	struct session s;

	(void)state;
	prepare(&s, ZOO "good/trust.pem");
	s.options.pin_count = 1;
	assert_true(tls_parse_pin(str_of(good_pins[0]), s.options.pins[0]));
	s.options.pins[0][31] ^= 1;
	open_to(&s, GOOD "1.3\techo", "localhost");
	assert_int_equal(peer_handshake(s.tls, &s.e), IO_FAIL);
	assert_int_equal(s.e.kind, ERR_CERTIFICATE);
	has(s.e.text, "among the pins");
	end(&s);
	has(peer.outcome, "refused");
}

static void takes_only_whole_pins(void **state)
{
	static const char *const texts[] = {"", "sha256//", "sha1//5ExsNHGqWRYedJt1Rd91n24+Ux8=",
		"5ExsNHGqWRYedJt1Rd91n24+Ux+7lq5aTyPQvXckTSg=",
		"sha256//5ExsNHGqWRYedJt1Rd91n24+Ux+7lq5aTyPQvXckTSg",
		"sha256//5ExsNHGqWRYedJt1Rd91n24+Ux+7lq5aTyPQvXckTQ==",
		"sha256//5ExsNHGqWRYedJt1Rd91n24+Ux+7lq5aTyPQvXckTSgA",
		"sha256//5ExsNHGqWRYedJt1Rd91n24+Ux+7lq5aTyPQvXck!Sg="};
	uint8_t pin[TLS_PIN_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(tls_parse_pin(str_of(texts[i]), pin));
}

/* Client certificates */

#define CLIENT ZOO "eku-client-only/"

static void shows_a_client_certificate(void **state)
{
	static const char *const commands[] = {
		GOOD "1.2\tclient:" CLIENT "trust.pem", GOOD "1.3\tclient:" CLIENT "trust.pem"};
	char *chain = peer_file(CLIENT "chain.pem"), *key = peer_file(CLIENT "key.pem");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct session s;

		prepare(&s, ZOO "good/trust.pem");
		s.options.certificate = str_of(chain);
		s.options.key = str_of(key);
		s.options.certificate_name = "chain.pem";
		s.options.key_name = "key.pem";
		open_to(&s, commands[i], "localhost");
		if (peer_handshake(s.tls, &s.e) != IO_OK)
			fail_msg("%s: %s", s.e.text, peer.outcome);
		say(&s, "hello");
		hear(&s, "hello");
		end(&s);
	}
	free(chain);
	free(key);
}

static void says_that_a_client_certificate_is_wanted(void **state)
{
	struct session s;

	(void)state;
	/* TLS 1.2 refuses in the handshake, TLS 1.3 with the first answer. */
	refuses(GOOD "1.2\tclient:" CLIENT "trust.pem", ERR_TLS, "TLS alert", "--cert");
	start_to(&s, GOOD "1.3\tclient:" CLIENT "trust.pem");
	assert_int_equal(hear_end(&s), IO_FAIL);
	assert_int_equal(s.e.kind, ERR_CERTIFICATE);
	has(s.e.text, "requires a client certificate");
	has(s.e.hint, "--cert");
	end(&s);
}

static void refuses_unusable_client_certificates(void **state)
{
	static const struct {
		const char *certificate, *key, *text;
	} cases[] = {
		{CLIENT "chain.pem", ZOO "good/key.pem", "K: the key does not belong"},
		{CLIENT "chain.pem", ZOO "good-rsa2048/key.pem", "K: the key does not belong"},
		{CLIENT "key.pem", CLIENT "key.pem", "C: not a client certificate"},
		{CLIENT "chain.pem", CLIENT "chain.pem", "K: holds no private key"},
		{CLIENT "chain.pem", ZOO "good-ed25519/key.pem", "K: holds no private key"},
		{CLIENT "chain.pem", ZOO "index.tsv", "K: holds no private key"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *chain = peer_file(cases[i].certificate), *key = peer_file(cases[i].key);
		struct session s;
		size_t before = heap_in_use();

		prepare(&s, ZOO "good/trust.pem");
		s.options.certificate = str_of(chain);
		s.options.key = str_of(key);
		s.options.certificate_name = "C";
		s.options.key_name = "K";
		assert_null(tls_config_new(&s.options, NULL, &s.e));
		assert_int_equal(s.e.kind, ERR_CONFIG);
		has(s.e.text, cases[i].text);
		assert_int_equal(heap_in_use(), before);
		free(chain);
		free(key);
	}
}

static void refuses_encrypted_keys(void **state)
{
	static const char key[] = "-----BEGIN RSA PRIVATE KEY-----\n"
				  "Proc-Type: 4,ENCRYPTED\n"
				  "DEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n"
				  "AAAA\n-----END RSA PRIVATE KEY-----\n";
	char *chain = peer_file(CLIENT "chain.pem");
	struct session s;

	(void)state;
	prepare(&s, ZOO "good/trust.pem");
	s.options.certificate = str_of(chain);
	s.options.key = str_of(key);
	s.options.certificate_name = "C";
	s.options.key_name = "K";
	assert_null(tls_config_new(&s.options, NULL, &s.e));
	assert_int_equal(s.e.kind, ERR_CONFIG);
	has(s.e.text, "K: the private key is encrypted");
	has(s.e.hint, "openssl pkey");
	s.options.passphrase = str_of("x");
	err_clear(&s.e);
	assert_null(tls_config_new(&s.options, NULL, &s.e));
	has(s.e.text, "K: the private key is encrypted in a way that is not known here");
	free(chain);
}

/* Trust */

static void config_refuses(const char *path, enum trust_kind kind, const char *text)
{
	struct tls_options options = {.pin_count = 0};
	struct err e = {.kind = ERR_NONE};
	struct trust trust;

	trust_init(&trust);
	assert_true(trust_add(&trust, kind, path, true, &e));
	options.trust = &trust;
	assert_null(tls_config_new(&options, NULL, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	has(e.text, text);
}

static void wants_named_sources_to_be_usable(void **state)
{
	(void)state;
	config_refuses("/nonexistent/ca.pem", TRUST_FILE,
		"/nonexistent/ca.pem: No such file or directory");
	config_refuses("/nonexistent", TRUST_DIR, "/nonexistent: No such file or directory");
	config_refuses(ZOO "good", TRUST_FILE, ZOO "good: is a directory");
	config_refuses(ZOO "index.tsv", TRUST_FILE, "holds no CA certificate");
	config_refuses(ZOO "good/key.pem", TRUST_FILE, "holds no CA certificate");
	config_refuses("/dev/null", TRUST_FILE, "not a regular file");
	config_refuses("/proc/self/fd", TRUST_DIR, "holds no CA certificate");
	config_refuses(
		ZOO "good-ed25519/chain.pem", TRUST_DIR, "good-ed25519/chain.pem: Not a directory");
}

static void counts_what_was_skipped(void **state)
{
	char path[] = "/tmp/test_tls.XXXXXX";
	int fd = mkstemp(path);
	char *good = peer_file(ZOO "good/trust.pem");
	static const char bad[] = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
				  "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
	struct session s;
	unsigned skipped = 0;

	(void)state;
	assert_true(fd >= 0);
	dprintf(fd, "%s", bad);
	config_refuses(path, TRUST_FILE, "none of its 2 certificates can be used");
	dprintf(fd, "%s%s", good, bad);
	close(fd);
	prepare(&s, path);
	s.config = tls_config_new(&s.options, &skipped, &s.e);
	assert_non_null(s.config);
	/* Those behind the usable one count too. */
	assert_int_equal(skipped, 4);
	tls_config_free(s.config);
	unlink(path);
	free(good);
}

static void does_without_sources_that_nobody_named(void **state)
{
	struct session s;

	(void)state;
	prepare(&s, ZOO "good/trust.pem");
	assert_true(trust_add(&s.trust, TRUST_FILE, "/nonexistent", false, &s.e));
	open_to(&s, GOOD "1.3\techo", "localhost");
	assert_int_equal(peer_handshake(s.tls, &s.e), IO_OK);
	end(&s);
}

static void judges_against_the_roots_compiled_in(void **state)
{
	struct session s;

	(void)state;
	if (roots_count() == 0)
		skip();
	prepare(&s, ZOO "good/trust.pem");
	trust_init(&s.trust);
	assert_true(trust_add(&s.trust, TRUST_EMBEDDED, NULL, true, &s.e));
	open_to(&s, GOOD "1.3\techo", "localhost");
	assert_int_equal(peer_handshake(s.tls, &s.e), IO_FAIL);
	assert_int_equal(s.e.kind, ERR_CERTIFICATE);
	has(s.e.text, "is not in the roots compiled in");
	end(&s);
}

/* A fifth of all public roots: nobody verifies a root's own signature. */
static void trusts_roots_that_signed_themselves_with_sha1(void **state)
{
#define SHA1_ROOT "tests/corpora/tls-sha1-root/"
	static const char *const versions[] = {"1.2", "1.3"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char command[256];
		struct session s;

		snprintf(command, sizeof(command),
			"tls\t" SHA1_ROOT "chain.pem\t" SHA1_ROOT "key.pem\t%s\techo", versions[i]);
		prepare(&s, SHA1_ROOT "trust.pem");
		open_to(&s, command, "localhost");
		if (peer_handshake(s.tls, &s.e) != IO_OK)
			fail_msg("TLS %s: %s", versions[i], s.e.text);
		end(&s);
	}
}

static void takes_hosts_and_nothing_else(void **state)
{
	static const char *const hosts[] = {"", "a b", "a/b", "[::1]", "a..b"};
	struct session s;

	(void)state;
	prepare(&s, ZOO "good/trust.pem");
	s.config = tls_config_new(&s.options, NULL, &s.e);
	assert_non_null(s.config);
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		err_clear(&s.e);
		if (tls_new(s.config, &s.socket.wire, str_of(hosts[i]), &s.e) != NULL)
			fail_msg("took \"%s\"", hosts[i]);
		assert_int_equal(s.e.kind, ERR_CONFIG);
	}
	tls_config_free(s.config);
}

/* Memory */

static unsigned long allocations, fail_at;
static bool fail_on;

static void *failing_calloc(size_t count, size_t size)
{
	allocations++;
	if (allocations == fail_at || (fail_on && allocations > fail_at))
		return NULL;
	return heap_calloc(count, size);
}

/* One connection in which allocation number N fails, and from there on all if ON. */
static bool connects_without(unsigned long n, bool on, const char *command)
{
	struct session s;
	bool connected;

	prepare(&s, ZOO "good/trust.pem");
	open_to(&s, command, "localhost");
	allocations = 0;
	fail_at = n;
	fail_on = on;
	mbedtls_platform_set_calloc_free(failing_calloc, heap_free);
	connected = peer_handshake(s.tls, &s.e) == IO_OK;
	mbedtls_platform_set_calloc_free(heap_calloc, heap_free);
	if (connected) {
		say(&s, "hello");
		hear(&s, "hello");
	} else {
		assert_int_not_equal(s.e.kind, ERR_NONE);
	}
	end(&s);
	return connected;
}

/*
 * Allocations of a handshake fail once, and from each on all: no crash, no leak, and never a
 * handshake that ends well although something in it could not be had (CVE-2025-27810 was that).
 * Most of the allocations are numbers of elliptic curves, all alike, so the test takes the first
 * and the last ones and every SWEEP_STEP-th between; TLS_SWEEP=all in the environment takes every
 * one.
 */
#define SWEEP_EDGE 150
#define SWEEP_STEP 61

static unsigned long next_failure(unsigned long n, unsigned long total)
{
	const char *all = getenv("TLS_SWEEP");

	if (n < SWEEP_EDGE || n + SWEEP_EDGE > total || (all != NULL && strcmp(all, "all") == 0))
		return n + 1;
	return n + SWEEP_STEP;
}

/*
 * CVE-2026-93843: up to 3.6.7 a failure while the keys of the connection are set up in TLS 1.3
 * loses what was allocated for them before. It is out of our reach, and the cap holds all the same.
 */
#if MBEDTLS_VERSION_NUMBER < 0x03060800
#define LOST_IN_TLS_1_3 8192
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:mbedtls_ssl_tls13_populate_transform\n";
}
#else
#define LOST_IN_TLS_1_3 0
#endif

static void survives_failed_allocations(const char *command, size_t lost)
{
	unsigned long total, n;
	size_t before;

	assert_true(connects_without(0, false, command));
	total = allocations;
	before = heap_in_use();
	assert_true(total > 2 * SWEEP_EDGE);
	for (n = 1; n <= total; n = next_failure(n, total)) {
		assert_false(connects_without(n, false, command));
		assert_false(connects_without(n, true, command));
		assert_in_range(heap_in_use(), before, before + lost);
	}
}

static void survives_failed_allocations_in_tls_1_2(void **state)
{
	(void)state;
	survives_failed_allocations(GOOD "1.2\techo", 0);
}

static void survives_failed_allocations_in_tls_1_3(void **state)
{
	(void)state;
	survives_failed_allocations(GOOD "1.3\techo", LOST_IN_TLS_1_3);
}

static int start(void **state)
{
	(void)state;
	peer_start(&peer);
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
		cmocka_unit_test_setup_teardown(speaks_and_ends_in_order, start, stop),
		cmocka_unit_test_setup_teardown(takes_bytes_one_by_one, start, stop),
		cmocka_unit_test_setup_teardown(survives_session_tickets, start, stop),
		cmocka_unit_test_setup_teardown(sends_no_literal_as_server_name, start, stop),
		cmocka_unit_test_setup_teardown(describes_the_chain_leaf_first, start, stop),
		cmocka_unit_test_setup_teardown(tells_where_the_trust_is_from, start, stop),
		cmocka_unit_test_setup_teardown(a_refused_chain_can_be_looked_at, start, stop),
		cmocka_unit_test_setup_teardown(tells_a_cut_from_an_end, start, stop),
		cmocka_unit_test_setup_teardown(
			writes_nothing_before_the_handshake_is_over, start, stop),
		cmocka_unit_test_setup_teardown(explains_alerts, start, stop),
		cmocka_unit_test_setup_teardown(explains_servers_without_tls, start, stop),
		cmocka_unit_test_setup_teardown(refuses_the_forged_server_hello, start, stop),
		cmocka_unit_test_setup_teardown(is_needed_as_guard, start, stop),
		cmocka_unit_test_setup_teardown(refuses_when_the_host_is_another, start, stop),
		cmocka_unit_test_setup_teardown(
			names_the_issuer_and_the_place_searched, start, stop),
		cmocka_unit_test_setup_teardown(judges_at_the_time_assumed, start, stop),
		cmocka_unit_test_setup_teardown(says_that_the_clock_is_wrong, start, stop),
		cmocka_unit_test_setup_teardown(meets_pins, start, stop),
		cmocka_unit_test_setup_teardown(refuses_when_no_pin_is_met, start, stop),
		cmocka_unit_test_setup_teardown(takes_only_whole_pins, start, stop),
		cmocka_unit_test_setup_teardown(shows_a_client_certificate, start, stop),
		cmocka_unit_test_setup_teardown(
			says_that_a_client_certificate_is_wanted, start, stop),
		cmocka_unit_test_setup_teardown(refuses_unusable_client_certificates, start, stop),
		cmocka_unit_test_setup_teardown(refuses_encrypted_keys, start, stop),
		cmocka_unit_test_setup_teardown(wants_named_sources_to_be_usable, start, stop),
		cmocka_unit_test_setup_teardown(counts_what_was_skipped, start, stop),
		cmocka_unit_test_setup_teardown(
			does_without_sources_that_nobody_named, start, stop),
		cmocka_unit_test_setup_teardown(judges_against_the_roots_compiled_in, start, stop),
		cmocka_unit_test_setup_teardown(
			trusts_roots_that_signed_themselves_with_sha1, start, stop),
		cmocka_unit_test_setup_teardown(takes_hosts_and_nothing_else, start, stop),
		cmocka_unit_test_setup_teardown(
			survives_failed_allocations_in_tls_1_2, start, stop),
		cmocka_unit_test_setup_teardown(
			survives_failed_allocations_in_tls_1_3, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
