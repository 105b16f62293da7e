/*
 * Build tool: turns Mozilla's list of certificates (certdata.txt of NSS) into the table behind
 * src/sys/roots.h, on stdout. Usage: mkroots CERTDATA DATE, the date of the list as 2026-10-10.
 *
 * Taken are the roots that Mozilla trusts to vouch for servers, except those that it trusts only
 * for certificates issued up to a day before DATE: what they issued until then has run out or soon
 * will.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "codec/der.h"

#define LIST_MAX   (16u * 1024u * 1024u)
#define OBJECT_MAX 1024
#define DAY_TEXT   sizeof "2026-10-10"

/* An object of the list: a certificate, or what is said of the one with this issuer and serial. */
struct object {
	bool is_certificate, is_trust;
	bool for_servers;    /* trust: CKT_NSS_TRUSTED_DELEGATOR for servers */
	char ends[DAY_TEXT]; /* certificate: last day of trust, or empty */
	struct buf issuer, serial, value;
};

static struct object objects[OBJECT_MAX];
static size_t object_count;

static _Noreturn void die(const char *what, size_t line)
{
	fprintf(stderr, "mkroots: line %zu: %s\n", line, what);
	exit(1);
}

static void read_all(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "rb");
	char piece[4096];
	size_t got;

	if (file == NULL) {
		perror(path);
		exit(1);
	}
	while ((got = fread(piece, 1, sizeof piece, file)) > 0)
		buf_add(out, piece, got);
	if (ferror(file) != 0 || out->failed) {
		fprintf(stderr, "mkroots: %s cannot be read\n", path);
		exit(1);
	}
	fclose(file);
}

static bool next_line(struct str *rest, struct str *line, size_t *number)
{
	if (rest->n == 0)
		return false;
	str_cut(*rest, '\n', line, rest);
	*line = str_trim_space(*line);
	++*number;
	return true;
}

/* "\060\202..." up to a line "END". */
static void read_octal(struct str *rest, size_t *number, struct buf *out)
{
	struct str line;

	while (next_line(rest, &line, number)) {
		if (str_is(line, "END"))
			return;
		for (; line.n >= 4 && line.p[0] == '\\'; line = str_skip(line, 4)) {
			unsigned value = 0;

			for (size_t i = 1; i < 4; i++) {
				if (line.p[i] < '0' || line.p[i] > '7')
					die("no octal digit", *number);
				value = value * 8 + (unsigned)(line.p[i] - '0');
			}
			buf_add_char(out, (char)value);
		}
		if (line.n > 0)
			die("not in octal", *number);
	}
	die("no END", *number);
}

/* The day of a UTCTime, "241130235959Z": years below 50 are of this century (RFC 5280 4.1.2.5.1).
 */
static void read_day(struct str *rest, size_t *number, char day[static DAY_TEXT])
{
	struct buf time;

	buf_init(&time, 64);
	read_octal(rest, number, &time);
	if (time.len != 13 || time.data[0] > '4')
		die("not a UTCTime of this century", *number);
	snprintf(day, DAY_TEXT, "20%.2s-%.2s-%.2s", time.data, time.data + 2, time.data + 4);
	buf_wipe(&time);
}

static struct object *new_object(size_t number)
{
	struct object *o = &objects[object_count++];

	if (object_count == OBJECT_MAX)
		die("more objects than expected", number);
	buf_init(&o->issuer, 4096);
	buf_init(&o->serial, 256);
	buf_init(&o->value, 65536);
	return o;
}

static void read_attribute(struct object *o, struct str line, struct str *rest, size_t *number)
{
	struct str name, tail;
	bool octal = str_ends_fold(line, " MULTILINE_OCTAL");

	str_cut(line, ' ', &name, &tail);
	if (str_is(line, "CKA_CLASS CK_OBJECT_CLASS CKO_CERTIFICATE"))
		o->is_certificate = true;
	else if (str_is(line, "CKA_CLASS CK_OBJECT_CLASS CKO_NSS_TRUST"))
		o->is_trust = true;
	else if (str_is(line, "CKA_TRUST_SERVER_AUTH CK_TRUST CKT_NSS_TRUSTED_DELEGATOR"))
		o->for_servers = true;
	else if (octal && str_is(name, "CKA_ISSUER"))
		read_octal(rest, number, &o->issuer);
	else if (octal && str_is(name, "CKA_SERIAL_NUMBER"))
		read_octal(rest, number, &o->serial);
	else if (octal && str_is(name, "CKA_VALUE"))
		read_octal(rest, number, &o->value);
	else if (octal && str_is(name, "CKA_NSS_SERVER_DISTRUST_AFTER"))
		read_day(rest, number, o->ends);
}

static void read_list(struct str rest)
{
	struct object *o = NULL;
	struct str line;
	size_t number = 0;

	while (next_line(&rest, &line, &number)) {
		if (str_starts(line, "CKA_CLASS "))
			o = new_object(number);
		if (o != NULL)
			read_attribute(o, line, &rest, &number);
	}
}

static bool vouches_for_servers(const struct object *certificate)
{
	for (size_t i = 0; i < object_count; i++) {
		const struct object *o = &objects[i];

		if (o->is_trust && o->for_servers &&
			str_equal(buf_str(&o->issuer), buf_str(&certificate->issuer)) &&
			str_equal(buf_str(&o->serial), buf_str(&certificate->serial)))
			return true;
	}
	return false;
}

static bool is_wanted(const struct object *o, const char *date)
{
	return o->is_certificate && vouches_for_servers(o) &&
		(o->ends[0] == '\0' || strcmp(o->ends, date) >= 0);
}

static void write_bytes(struct str bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		printf("%s%u,", i % 20 == 0 ? "\n\t" : " ", (unsigned)(unsigned char)bytes.p[i]);
}

static void write_table(const char *date)
{
	static size_t ends[OBJECT_MAX + 1];
	size_t count = 0;

	printf("#include \"sys/roots_data.h\"\n\nstatic const unsigned char bytes[] = {");
	for (size_t i = 0; i < object_count; i++) {
		struct der_certificate c;

		if (!is_wanted(&objects[i], date))
			continue;
		if (!der_certificate(buf_str(&objects[i].value), false, &c)) {
			fprintf(stderr, "mkroots: object %zu is no certificate\n", i);
			exit(1);
		}
		write_bytes(c.subject);
		write_bytes(c.spki);
		ends[count + 1] = ends[count] + c.subject.n + c.spki.n;
		count++;
	}
	if (count == 0) {
		fprintf(stderr, "mkroots: no root found\n");
		exit(1);
	}
	printf("\n};\n\nstatic const uint32_t ends[] = {");
	for (size_t i = 0; i <= count; i++)
		printf("%s%zu,", i % 10 == 0 ? "\n\t" : " ", ends[i]);
	printf("\n};\n\nconst struct roots_data roots_data = {\n\t.date = \"%s\",\n\t.count = "
	       "%zu,\n"
	       "\t.ends = ends,\n\t.bytes = bytes,\n};\n",
		date, count);
}

static bool is_date(const char *text)
{
	static const char shape[] = "0000-00-00";

	if (strlen(text) != sizeof shape - 1)
		return false;
	for (size_t i = 0; shape[i] != '\0'; i++) {
		if (shape[i] == '0' ? !char_is_digit(text[i]) : text[i] != shape[i])
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct buf list;

	if (argc != 3 || !is_date(argv[2])) {
		fprintf(stderr, "usage: mkroots CERTDATA DATE\n");
		return 2;
	}
	buf_init(&list, LIST_MAX);
	read_all(argv[1], &list);
	read_list(buf_str(&list));
	write_table(argv[2]);
	return fflush(stdout) != 0 || ferror(stdout) != 0;
}
