#define _DEFAULT_SOURCE /* mkdtemp() */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "codec/base64.h"
#include "codec/der.h"
#include "sys/file.h"
#include "sys/roots.h"
#include "sys/trust.h"

#define ZOO "tests/corpora/tls-certificates/"

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test_trust.XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

/* The path of NAME in the test's folder, in one of a few static places. */
static const char *place(const char *name)
{
	static char paths[4][128];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *path, struct str text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
	close(fd);
}

/* A stand-in certificate for the CA "CN=TEXT", whose key is NUMBER. */
static void make_der(const char *text, unsigned char number, struct buf *der)
{
	/* Name { RDN { AttributeTypeAndValue { commonName, UTF8String } } } */
	unsigned char name[128] = {
		0x30, 0, 0x31, 0, 0x30, 0, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0};
	char key[] = "\x30\x04\x02\x02\x01\x00";
	size_t n = strlen(text);

	assert_true(n < 100);
	name[1] = (unsigned char)(n + 11);
	name[3] = (unsigned char)(n + 9);
	name[5] = (unsigned char)(n + 7);
	name[12] = (unsigned char)n;
	memcpy(name + 13, text, n);
	key[5] = (char)number;
	der_anchor(str_from((char *)name, n + 13), str_from(key, sizeof(key) - 1), der);
}

static void add_pem(const char *text, unsigned char number, struct buf *out)
{
	struct buf der, lines;

	buf_init(&der, LIMIT_CERTIFICATE);
	buf_init(&lines, 2 * LIMIT_CERTIFICATE);
	make_der(text, number, &der);
	base64_encode(buf_str(&der), &lines);
	buf_add_text(out, "-----BEGIN CERTIFICATE-----\n");
	for (size_t at = 0; at < lines.len; at += 64)
		buf_addf(out, "%.64s\n", lines.data + at);
	buf_add_text(out, "-----END CERTIFICATE-----\n");
	buf_wipe(&der);
	buf_wipe(&lines);
}

static void subject_of(const char *text, struct buf *der, struct str *subject)
{
	struct der_certificate c;

	buf_clear(der);
	make_der(text, 0, der);
	assert_true(der_certificate(buf_str(der), false, &c));
	*subject = c.subject;
}

/* What a visit saw: the keys' numbers, one after the other. */
struct sight {
	unsigned char numbers[64];
	unsigned count, most;
	const struct trust_source *last;
};

static bool look(void *context, const struct trust_source *source, struct str der)
{
	struct sight *s = context;
	struct der_certificate c;

	assert_true(der_certificate(der, false, &c));
	assert_true(s->count < sizeof(s->numbers));
	s->numbers[s->count++] = (unsigned char)c.spki.p[c.spki.n - 1];
	s->last = source;
	return s->most == 0 || s->count < s->most;
}

static void one_file(struct trust *t, const char *path, bool named)
{
	struct err e = {.kind = ERR_NONE};

	trust_init(t);
	assert_true(trust_add(t, TRUST_FILE, path, named, &e));
}

static void finds_the_subject_asked_for(void **state)
{
	struct buf text, der;
	struct str subject;
	struct trust t;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_init(&der, LIMIT_CERTIFICATE);
	buf_add_text(&text, "# a comment\n\nCA one\n======\n");
	add_pem("one", 1, &text);
	add_pem("two", 2, &text);
	buf_add_text(&text,
		"-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n"
		"-----END TRUSTED CERTIFICATE-----\n");
	add_pem("three", 3, &text);
	add_pem("two", 4, &text);
	write_file(place("bundle"), buf_str(&text));
	one_file(&t, place("bundle"), true);
	subject_of("two", &der, &subject);
	{
		struct sight s = {.count = 0};
		struct trust_tally tally;
		struct err e = {.kind = ERR_NONE};

		assert_true(trust_visit(&t, &subject, 1, look, &s, &tally, &e));
		assert_int_equal(s.count, 2);
		assert_memory_equal(s.numbers, "\2\4", 2);
		assert_int_equal(tally.seen, 4);
		assert_int_equal(tally.spoilt, 0);
	}
	{
		struct sight s = {.most = 1};
		struct err e = {.kind = ERR_NONE};

		assert_true(trust_visit(&t, &subject, 1, look, &s, NULL, &e));
		assert_int_equal(s.count, 1);
	}
	{
		struct sight s = {.count = 0};
		struct err e = {.kind = ERR_NONE};

		assert_true(trust_visit(&t, NULL, 0, look, &s, NULL, &e));
		assert_memory_equal(s.numbers, "\1\2\3\4", 4);
	}
	{
		struct sight s = {.count = 0};
		struct err e = {.kind = ERR_NONE};
		struct buf other;
		struct str both[2] = {subject};

		buf_init(&other, LIMIT_CERTIFICATE);
		subject_of("one", &other, &both[1]);
		assert_true(trust_visit(&t, both, 2, look, &s, NULL, &e));
		assert_int_equal(s.count, 3);
		assert_memory_equal(s.numbers, "\1\2\4", 3);
		buf_wipe(&other);
	}
	subject_of("four", &der, &subject);
	{
		struct sight s = {.count = 0};
		struct err e = {.kind = ERR_NONE};

		assert_true(trust_visit(&t, &subject, 1, look, &s, NULL, &e));
		assert_int_equal(s.count, 0);
	}
	buf_wipe(&text);
	buf_wipe(&der);
}

/* mbedTLS takes "Two" in a PrintableString for "two" in a UTF8String; so must the search. */
static void compares_names_as_the_verifier_does(void **state)
{
	struct buf text, der, name;
	struct sight s = {.count = 0};
	struct err e = {.kind = ERR_NONE};
	struct str subject;
	struct trust t;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_init(&der, LIMIT_CERTIFICATE);
	buf_init(&name, 1024);
	add_pem("Root Two", 2, &text);
	write_file(place("bundle"), buf_str(&text));
	one_file(&t, place("bundle"), true);
	subject_of("rOOT tWO", &der, &subject);
	buf_add_str(&name, subject);
	name.data[11] = 0x13;
	assert_true(trust_visit(&t, &(struct str){name.data, name.len}, 1, look, &s, NULL, &e));
	assert_int_equal(s.count, 1);
	name.data[11] = 0x16; /* IA5String is something else */
	assert_true(trust_visit(&t, &(struct str){name.data, name.len}, 1, look, &s, NULL, &e));
	assert_int_equal(s.count, 1);
	buf_wipe(&text);
	buf_wipe(&der);
	buf_wipe(&name);
}

/* Every block lies once across every edge of the pieces that are read. */
static void finds_certificates_across_the_pieces_read(void **state)
{
	struct buf text, der;
	struct str subject;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_init(&der, LIMIT_CERTIFICATE);
	subject_of("sought", &der, &subject);
	for (size_t shift = 4096 - 700; shift <= 4096 + 10; shift++) {
		struct sight s = {.count = 0};
		struct err e = {.kind = ERR_NONE};
		struct trust_tally tally;
		struct trust t;

		buf_clear(&text);
		for (size_t i = 0; i < shift; i++)
			buf_add_char(&text, i % 64 == 63 ? '\n' : 'x');
		buf_add_char(&text, '\n');
		add_pem("other", 1, &text);
		add_pem("sought", 2, &text);
		write_file(place("bundle"), buf_str(&text));
		one_file(&t, place("bundle"), true);
		assert_true(trust_visit(&t, &subject, 1, look, &s, &tally, &e));
		assert_int_equal(s.count, 1);
		assert_int_equal(s.numbers[0], 2);
		assert_int_equal(tally.seen, 2);
		assert_int_equal(tally.spoilt, 0);
	}
	buf_wipe(&text);
	buf_wipe(&der);
}

static void one_bad_certificate_spoils_nothing(void **state)
{
	static const char *const bad[] = {
		"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nAAAAAAAA\n",
	};
	struct buf text, der;
	struct str subject;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_init(&der, LIMIT_CERTIFICATE);
	subject_of("good", &der, &subject);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct sight s = {.count = 0};
		struct err e = {.kind = ERR_NONE};
		struct trust_tally tally;
		struct trust t;

		buf_clear(&text);
		buf_add_text(&text, bad[i]);
		add_pem("good", 1, &text);
		buf_add_text(&text, bad[i]);
		write_file(place("bundle"), buf_str(&text));
		one_file(&t, place("bundle"), true);
		assert_true(trust_visit(&t, &subject, 1, look, &s, &tally, &e));
		assert_int_equal(s.count, 1);
		assert_int_equal(tally.seen, 1);
		assert_int_equal(tally.spoilt, 2);
	}
	buf_wipe(&text);
	buf_wipe(&der);
}

static void passes_over_certificates_that_are_too_large(void **state)
{
	struct sight s = {.count = 0};
	struct err e = {.kind = ERR_NONE};
	struct trust_tally tally;
	struct buf text;
	struct trust t;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_add_text(&text, "-----BEGIN CERTIFICATE-----\n");
	for (size_t i = 0; i < LIMIT_CERTIFICATE / 48 + 2; i++)
		buf_add_text(&text,
			"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
			"\n");
	buf_add_text(&text, "-----END CERTIFICATE-----\n");
	add_pem("good", 7, &text);
	write_file(place("bundle"), buf_str(&text));
	one_file(&t, place("bundle"), true);
	assert_true(trust_visit(&t, NULL, 0, look, &s, &tally, &e));
	assert_int_equal(s.count, 1);
	assert_int_equal(s.numbers[0], 7);
	assert_int_equal(tally.spoilt, 1);
	buf_wipe(&text);
}

static void reads_folders_file_by_file(void **state)
{
	struct sight s = {.count = 0};
	struct err e = {.kind = ERR_NONE};
	struct buf text;
	struct trust t;

	(void)state;
	buf_init(&text, 1 << 20);
	assert_int_equal(mkdir(place("certs"), 0755), 0);
	assert_int_equal(mkdir(place("certs/sub"), 0755), 0);
	assert_int_equal(mkfifo(place("certs/fifo"), 0644), 0);
	add_pem("a", 1, &text);
	write_file(place("certs/a.pem"), buf_str(&text));
	buf_clear(&text);
	add_pem("b", 2, &text);
	write_file(place("b.pem"), buf_str(&text));
	assert_int_equal(symlink("../b.pem", place("certs/0123abcd.0")), 0);
	assert_int_equal(symlink("nowhere", place("certs/89abcdef.0")), 0);
	write_file(place("certs/README"), str_of("no certificate here\n"));
	trust_init(&t);
	assert_true(trust_add(&t, TRUST_DIR, place("certs"), true, &e));
	assert_true(trust_visit(&t, NULL, 0, look, &s, NULL, &e));
	assert_int_equal(s.count, 2);
	assert_int_equal(s.numbers[0] + s.numbers[1], 3);
	buf_wipe(&text);
}

static void only_named_sources_must_be_readable(void **state)
{
	struct sight s = {.count = 0};
	struct err e = {.kind = ERR_NONE};
	struct buf text;
	struct trust t;

	(void)state;
	buf_init(&text, 1 << 20);
	add_pem("a", 1, &text);
	write_file(place("a.pem"), buf_str(&text));
	trust_init(&t);
	assert_true(trust_add(&t, TRUST_FILE, place("missing"), false, &e));
	assert_true(trust_add(&t, TRUST_DIR, place("missing"), false, &e));
	assert_true(trust_add(&t, TRUST_FILE, folder, false, &e));
	assert_true(trust_add(&t, TRUST_FILE, place("a.pem"), true, &e));
	assert_true(trust_visit(&t, NULL, 0, look, &s, NULL, &e));
	assert_int_equal(s.count, 1);
	assert_ptr_equal(s.last, &t.sources[3]);

	one_file(&t, place("missing"), true);
	assert_false(trust_visit(&t, NULL, 0, look, &s, NULL, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.text, "missing: No such file or directory"));
	err_clear(&e);
	one_file(&t, folder, true);
	assert_false(trust_visit(&t, NULL, 0, look, &s, NULL, &e));
	assert_non_null(strstr(e.text, "is a directory"));
	assert_non_null(strstr(e.hint, "--ca-dir"));
	buf_wipe(&text);
}

static void takes_no_endless_file(void **state)
{
	struct sight s = {.count = 0};
	struct err e = {.kind = ERR_NONE};
	struct trust t;

	(void)state;
	write_file(place("huge"), str_of(""));
	assert_int_equal(truncate(place("huge"), LIMIT_CA_FILE + 1), 0);
	one_file(&t, place("huge"), true);
	assert_false(trust_visit(&t, NULL, 0, look, &s, NULL, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_non_null(strstr(e.text, "longer than"));
}

static void counts_its_sources(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct trust t;

	(void)state;
	trust_init(&t);
	for (unsigned i = 0; i < TRUST_SOURCES; i++)
		assert_true(trust_add(&t, TRUST_FILE, "x", true, &e));
	assert_false(trust_add(&t, TRUST_FILE, "x", true, &e));
	assert_int_equal(e.kind, ERR_CONFIG);
	assert_null(trust_add_system(&t));
}

static void finds_what_the_system_has(void **state)
{
	const struct trust_source *source;
	struct trust t;

	(void)state;
	trust_init(&t);
	source = trust_add_system(&t);
	assert_non_null(source);
	assert_int_equal(t.count, 1);
	assert_false(source->named);
	if (source->kind == TRUST_FILE)
		assert_int_equal(access(source->path, R_OK), 0);
	else
		assert_int_equal(source->kind, TRUST_EMBEDDED);
}

static void finds_each_root_compiled_in(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct trust t;

	(void)state;
	trust_init(&t);
	assert_true(trust_add(&t, TRUST_EMBEDDED, NULL, true, &e));
	for (size_t i = 0; i < roots_count(); i++) {
		struct sight s = {.count = 0};
		struct str subject, spki;

		roots_get(i, &subject, &spki);
		assert_true(trust_visit(&t, &subject, 1, look, &s, NULL, &e));
		assert_in_range(s.count, 1, 3);
	}
}

static void describes_its_sources(void **state)
{
	struct err e = {.kind = ERR_NONE};
	struct trust t;
	struct buf out;

	(void)state;
	buf_init(&out, 256);
	trust_init(&t);
	assert_true(trust_add(&t, TRUST_FILE, "/a", true, &e));
	trust_describe(&t, &out);
	assert_string_equal(buf_text(&out), "/a");
	assert_true(trust_add(&t, TRUST_DIR, "/b", true, &e));
	assert_true(trust_add(&t, TRUST_EMBEDDED, NULL, true, &e));
	buf_clear(&out);
	trust_describe(&t, &out);
	assert_string_equal(buf_text(&out), "/a, /b and the roots compiled in");
	buf_wipe(&out);
}

#define row(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

static bool take_one(void *context, const struct trust_source *source, struct str der)
{
	unsigned *taken = context;

	assert_int_equal(source->kind, TRUST_BYTES);
	assert_true(der.n > 0);
	++*taken;
	return true;
}

static void takes_certificates_from_memory(void **state)
{
	static const char junk[] = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
	struct trust_tally tally;
	struct buf der, pem, text;
	struct err e = {.kind = ERR_NONE};
	unsigned taken = 0;
	struct trust t;

	(void)state;
	buf_init(&der, 4096);
	buf_init(&pem, 8192);
	buf_init(&text, 4096);
	make_der("In memory", 1, &der);
	base64_encode(buf_str(&der), &text);
	buf_addf(&pem, "%s-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n", junk,
		buf_text(&text));
	trust_init(&t);
	assert_true(trust_add_bytes(&t, "the PEM", buf_str(&pem), &e));
	assert_true(trust_visit(&t, NULL, 0, take_one, &taken, &tally, &e));
	assert_int_equal(taken, 1);
	assert_int_equal(tally.seen, 1);
	assert_int_equal(tally.spoilt, 1);
	buf_clear(&text);
	trust_describe(&t, &text);
	assert_string_equal(buf_text(&text), "the PEM");
	buf_wipe(&der);
	buf_wipe(&pem);
	buf_wipe(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(takes_certificates_from_memory),
		row(finds_the_subject_asked_for),
		row(compares_names_as_the_verifier_does),
		row(finds_certificates_across_the_pieces_read),
		row(one_bad_certificate_spoils_nothing),
		row(passes_over_certificates_that_are_too_large),
		row(reads_folders_file_by_file),
		row(only_named_sources_must_be_readable),
		row(takes_no_endless_file),
		row(counts_its_sources),
		row(finds_what_the_system_has),
		row(finds_each_root_compiled_in),
		row(describes_its_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
