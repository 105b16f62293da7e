#define _XOPEN_SOURCE 700 /* posix_openpt() */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apart.h"
#include "base/buf.h"
#include "codec/base64.h"
#include "codec/url.h"
#include "sys/console.h"

#define TOKEN "sntryu_0123456789abcdef+/\"\\%canary"

/* Standard error, as the sequence of writes it got: a SEQPACKET socket keeps them apart. */
static int errors_end = -1;
static char got[4096];

static int catch_errors(void)
{
	int ends[2];

	EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
	EXPECT(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
	errors_end = ends[0];
	return APART_PASSED;
}

/* The next write, or "" when there was none. */
static const char *next(void)
{
	ssize_t n = recv(errors_end, got, sizeof(got) - 1, MSG_DONTWAIT);

	got[n > 0 ? n : 0] = '\0';
	return got;
}

#define EXPECT_WRITE(text) EXPECT(strcmp(next(), text) == 0)
#define EXPECT_SILENCE()   EXPECT_WRITE("")

static int levels_have_their_prefixes_and_thresholds(void)
{
	static const struct {
		enum log_level level;
		const char *text;
		int from;
	} rows[] = {
		{LOG_ERROR, "sentry-scim: 7 words\n", -1},
		{LOG_WARN, "sentry-scim: warning: 7 words\n", 0},
		{LOG_NOTE, "sentry-scim: 7 words\n", 0},
		{LOG_DETAIL, "* 7 words\n", 1},
		{LOG_TRACE, "* 7 words\n", 2},
	};
	int verbosity;
	size_t i;

	EXPECT(catch_errors() == APART_PASSED);
	for (verbosity = -1; verbosity <= 3; verbosity++) {
		console_setup(verbosity);
		EXPECT(console_log()->verbosity == verbosity);
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			EXPECT(log_shows(console_log(), rows[i].level) ==
				(verbosity >= rows[i].from));
			console_line(rows[i].level, "%d %s", 7, "words");
			EXPECT_WRITE(verbosity >= rows[i].from ? rows[i].text : "");
			EXPECT_SILENCE();
		}
	}
	return APART_PASSED;
}

static int an_error_is_followed_by_its_hint(void)
{
	struct err e = {.kind = ERR_NONE};

	EXPECT(catch_errors() == APART_PASSED);
	console_setup(0);
	err_set(&e, ERR_INPUT, "it is wrong: 100%% %%s");
	console_err(&e);
	EXPECT_WRITE("sentry-scim: it is wrong: 100% %s\n");
	EXPECT_SILENCE();
	err_hint(&e, "do it right: 100%% %%n");
	console_err(&e);
	EXPECT_WRITE("sentry-scim: it is wrong: 100% %s\n");
	EXPECT_WRITE("hint: do it right: 100% %n\n");
	console_hint("see there");
	EXPECT_WRITE("hint: see there\n");

	console_setup(-1);
	console_err(&e);
	console_hint("see there");
	EXPECT_WRITE("sentry-scim: it is wrong: 100% %s\n");
	EXPECT_SILENCE();
	return APART_PASSED;
}

static int protocol_lines_are_shown_from_vv_on(void)
{
	EXPECT(catch_errors() == APART_PASSED);
	console_setup(1);
	log_text(console_log(), LOG_TRACE, "> ", str_of("GET / HTTP/1.1"));
	EXPECT_SILENCE();
	console_setup(2);
	log_text(console_log(), LOG_TRACE, "> ", str_of("GET / HTTP/1.1"));
	EXPECT_WRITE("> GET / HTTP/1.1\n");
	log_text(console_log(), LOG_TRACE, "< ", str_from("a\0b", 3));
	EXPECT_WRITE("< a\\x00b\n");
	log_text(console_log(), LOG_TRACE, "< ", str_from(NULL, 0));
	EXPECT_WRITE("< \n");
	return APART_PASSED;
}

static int one_message_is_one_printable_line(void)
{
	EXPECT(catch_errors() == APART_PASSED);
	console_line(LOG_ERROR, "%s", "a\nsentry-scim: forged\r\x1B[31m\t\x7F");
	EXPECT_WRITE("sentry-scim: a\\x0asentry-scim: forged\\x0d\\x1b[31m\\x09\\x7f\n");
	console_line(LOG_ERROR, "%s", "caf\xC3\xA9 \xFF \xC2\x9B");
	next();
	EXPECT(strstr(got, "caf\xC3\xA9 \\xff ") != NULL);
	EXPECT(strchr(got, '\x9B') == NULL);
	return APART_PASSED;
}

static int errno_survives(void)
{
	close(STDERR_FILENO);
	console_setup(2);
	errno = ENOENT;
	console_line(LOG_ERROR, "nobody hears this");
	log_text(console_log(), LOG_TRACE, "> ", str_of("nor this"));
	console_hint("nor this");
	EXPECT(errno == ENOENT);
	return APART_PASSED;
}

/* Every way in which the secret may be written; MASKED is all that is left of each. */
static int forms(struct buf *list)
{
	static const char hex[] = "0123456789ABCDEF";
	const struct str token = str_of(TOKEN);
	size_t i;

	buf_add_str(list, token);
	buf_add_char(list, '\0');
	url_encode(token, list);
	buf_add_char(list, '\0');
	for (i = 0; i < token.n; i++)
		buf_addf(list, "%%%c%c", hex[token.p[i] >> 4], "0123456789abcdef"[token.p[i] & 15]);
	buf_add_char(list, '\0');
	for (i = 0; i < token.n; i++)
		buf_addf(list, "\\u00%c%c", hex[token.p[i] >> 4], hex[token.p[i] & 15]);
	buf_add_char(list, '\0');
	buf_add_text(list, "sntryu_0123456789abcdef+/\\\"\\\\%canary");
	buf_add_char(list, '\0');
	buf_add_text(list, "sntryu_0123456789abcdef+\\/\\\"\\\\%canary");
	buf_add_char(list, '\0');
	base64_encode(token, list);
	buf_add_char(list, '\0');
	EXPECT(!list->failed);
	return APART_PASSED;
}

static int a_secret_is_hidden_in_every_form(void)
{
	const char *form;
	struct buf list;

	EXPECT(catch_errors() == APART_PASSED);
	log_hide(console_log(), str_of(TOKEN));
	buf_init(&list, 4096);
	EXPECT(forms(&list) == APART_PASSED);
	for (form = list.data; form < list.data + list.len; form += strlen(form) + 1) {
		console_line(LOG_ERROR, "%s", form);
		EXPECT_WRITE("sentry-scim: [hidden]\n");
		console_line(LOG_ERROR, "a \"%s\", and again %s.", form, form);
		EXPECT_WRITE("sentry-scim: a \"[hidden]\", and again [hidden].\n");
		console_hint(form);
		EXPECT(strncmp(next(), "hint: [hidden]", 14) == 0);
	}
	buf_wipe(&list);
	return APART_PASSED;
}

/* base64("user:password") and the like: the secret may begin at any of three places in a group. */
static int a_secret_is_hidden_inside_base64(void)
{
	static const char *const before[] = {"", "a", "ab", "abc", "user:", "Bearer ", "12345678"};
	static const char *const after[] = {"", "x", "xy", "xyz", "a longer end of it all"};
	struct buf plain, coded, clear;
	size_t i, j, at;

	EXPECT(catch_errors() == APART_PASSED);
	log_hide(console_log(), str_of(TOKEN));
	buf_init(&plain, 200);
	buf_init(&coded, 400);
	buf_init(&clear, 200);
	for (i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		for (j = 0; j < sizeof(after) / sizeof(after[0]); j++) {
			buf_clear(&plain);
			buf_clear(&coded);
			buf_addf(&plain, "%s%s%s", before[i], TOKEN, after[j]);
			base64_encode(buf_str(&plain), &coded);
			console_line(LOG_ERROR, "%s", buf_text(&coded));
			EXPECT(strstr(next(), "[hidden]") != NULL);
			/* No eight digits of it are left, wherever they might stand. */
			for (at = strlen(before[i]) * 4 / 3 + 1;
				at + 8 <= (strlen(before[i]) + strlen(TOKEN)) * 4 / 3; at++) {
				char part[9];

				memcpy(part, coded.data + at, 8);
				part[8] = '\0';
				EXPECT(strstr(got, part) == NULL);
			}
		}
	}
	buf_wipe(&plain);
	buf_wipe(&coded);
	buf_wipe(&clear);
	return APART_PASSED;
}

/* Errors and hints have a bounded length: what is cut there comes here without its end. */
static int the_beginning_of_a_secret_is_hidden_too(void)
{
	const char *form;
	struct buf list;

	EXPECT(catch_errors() == APART_PASSED);
	log_hide(console_log(), str_of(TOKEN));
	buf_init(&list, 4096);
	EXPECT(forms(&list) == APART_PASSED);
	for (form = list.data; form < list.data + list.len; form += strlen(form) + 1) {
		console_line(LOG_ERROR, "%.*s", (int)strlen(form) * 2 / 3, form);
		EXPECT(strncmp(next(), "sentry-scim: [hidden]", 21) == 0);
		EXPECT(strlen(got) <= 21 + 6);
	}
	console_line(LOG_ERROR, "%.12s, %.11s", TOKEN, TOKEN);
	EXPECT(strncmp(next(), "sentry-scim: [hidden], ", 23) == 0);
	EXPECT(strncmp(got + 23, TOKEN, 11) == 0);
	buf_wipe(&list);
	return APART_PASSED;
}

static int text_for_elsewhere_is_made_safe_too(void)
{
	struct buf out;

	buf_init(&out, 4096);
	log_hide(console_log(), str_of(TOKEN));
	log_safe(console_log(), str_of("a\n" TOKEN " \033[1m"), &out);
	EXPECT(strcmp(buf_text(&out), "a\\x0a[hidden] \\x1b[1m") == 0);
	buf_wipe(&out);
	return APART_PASSED;
}

static int what_only_resembles_a_secret_is_shown(void)
{
	EXPECT(catch_errors() == APART_PASSED);
	log_hide(console_log(), str_of("password1"));
	console_line(LOG_ERROR, "password password2 passwordpassword1 %%70assword");
	EXPECT_WRITE("sentry-scim: password password2 password[hidden] %70assword\n");
	console_line(LOG_ERROR, "Password1 passw\xC3\xB6rd1");
	EXPECT_WRITE("sentry-scim: Password1 passw\xC3\xB6rd1\n");
	return APART_PASSED;
}

static int short_secrets_are_not_looked_for(void)
{
	EXPECT(catch_errors() == APART_PASSED);
	log_hide(console_log(), str_of("1234567"));
	log_hide(console_log(), str_of(""));
	console_line(LOG_ERROR, "1234567");
	EXPECT_WRITE("sentry-scim: 1234567\n");
	return APART_PASSED;
}

static int four_secrets_are_hidden(void)
{
	EXPECT(catch_errors() == APART_PASSED);
	log_hide(console_log(), str_of("secret-a"));
	log_hide(console_log(), str_of("secret-b"));
	log_hide(console_log(), str_of("secret-c"));
	log_hide(console_log(), str_of("secret-d"));
	console_line(LOG_ERROR, "secret-dsecret-c,secret-b,secret-a,secret-e");
	EXPECT_WRITE("sentry-scim: [hidden][hidden],[hidden],[hidden],secret-e\n");
	return APART_PASSED;
}

static int hide_five(void)
{
	static const char secrets[5][9] = {
		"secret-a", "secret-b", "secret-c", "secret-d", "secret-e"};
	int i;

	/* The sanitizer would explain the abort at length. */
	signal(SIGABRT, SIG_DFL);
	for (i = 0; i < 5; i++)
		log_hide(console_log(), str_of(secrets[i]));
	return APART_PASSED;
}

static int a_secret_too_many_is_never_left_unhidden(void)
{
	EXPECT(apart_end(apart_start(hide_five)) == 128 + SIGABRT);
	return APART_PASSED;
}

#define LONGEST 65536u

/* All that was written to standard error, which is the file F now. */
static size_t written(FILE *f, char *text, size_t size)
{
	size_t n;

	rewind(f);
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	return n;
}

static int long_messages_are_cut_and_say_so(void)
{
	static char text[LONGEST + 2000], out[LONGEST * 2];
	FILE *f = tmpfile();
	size_t n;

	EXPECT(f != NULL && dup2(fileno(f), STDERR_FILENO) == STDERR_FILENO);
	memset(text, 'x', sizeof(text) - 1);
	text[LONGEST] = '\0';
	console_line(LOG_ERROR, "%s", text);
	n = written(f, out, sizeof(out));
	EXPECT(n == 13 + LONGEST + 1 && strchr(out, '.') == NULL);

	text[LONGEST] = 'x';
	text[LONGEST + 1] = '\0';
	EXPECT(ftruncate(fileno(f), 0) == 0);
	rewind(f);
	console_line(LOG_ERROR, "%s", text);
	written(f, out, sizeof(out));
	EXPECT(strcmp(out + 13 + LONGEST, "... (1 bytes more)\n") == 0);

	text[LONGEST + 1] = 'x';
	EXPECT(ftruncate(fileno(f), 0) == 0);
	rewind(f);
	console_setup(2);
	log_text(console_log(), LOG_TRACE, "< ", str_from(text, LONGEST + 1500));
	written(f, out, sizeof(out));
	EXPECT(strcmp(out + 2 + LONGEST, "... (1500 bytes more)\n") == 0);
	return APART_PASSED;
}

/* Story: half a secret at the place of the cut is no secret that anybody recognises. */
static int a_cut_leaves_no_half_secret(void)
{
	static char text[LONGEST + 4096], out[LONGEST * 2];
	FILE *f = tmpfile();
	size_t at, n;
	int wire;

	EXPECT(f != NULL && dup2(fileno(f), STDERR_FILENO) == STDERR_FILENO);
	console_setup(2);
	log_hide(console_log(), str_of(TOKEN));
	for (at = LONGEST - strlen(TOKEN) - 1; at <= LONGEST + 1; at += 3) {
		for (wire = 0; wire < 2; wire++) {
			memset(text, '.', sizeof(text) - 1);
			memcpy(text + at, TOKEN, strlen(TOKEN));
			EXPECT(ftruncate(fileno(f), 0) == 0);
			rewind(f);
			if (wire)
				log_text(console_log(), LOG_TRACE, "< ",
					str_from(text, sizeof(text) - 1));
			else
				console_line(LOG_ERROR, "%s", text);
			n = written(f, out, sizeof(out));
			EXPECT(n > LONGEST - 100 && strstr(out, " bytes more)\n") != NULL);
			EXPECT(strstr(out, "sntr") == NULL && strstr(out, "..s") == NULL);
		}
	}
	return APART_PASSED;
}

static int a_cut_tears_no_character(void)
{
	static char text[LONGEST + 100], out[LONGEST * 2];
	FILE *f = tmpfile();
	size_t i;

	EXPECT(f != NULL && dup2(fileno(f), STDERR_FILENO) == STDERR_FILENO);
	text[0] = 'x';
	for (i = 1; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xC3\xA9", 2);
	console_line(LOG_ERROR, "%s", text);
	written(f, out, sizeof(out));
	EXPECT(strchr(out, '\\') == NULL);
	EXPECT(strstr(out, "\xC3\xA9... (") != NULL);
	return APART_PASSED;
}

static int terminals_are_recognised(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	int ends[2];

	EXPECT(pipe(ends) == 0);
	EXPECT(!console_is_terminal(ends[0]));
	EXPECT(!console_is_terminal(987));
	if (master < 0)
		return APART_SKIP;
	EXPECT(console_is_terminal(master));
	return APART_PASSED;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		apart_test(levels_have_their_prefixes_and_thresholds),
		apart_test(an_error_is_followed_by_its_hint),
		apart_test(protocol_lines_are_shown_from_vv_on),
		apart_test(one_message_is_one_printable_line),
		apart_test(errno_survives),
		apart_test(a_secret_is_hidden_in_every_form),
		apart_test(a_secret_is_hidden_inside_base64),
		apart_test(the_beginning_of_a_secret_is_hidden_too),
		apart_test(text_for_elsewhere_is_made_safe_too),
		apart_test(what_only_resembles_a_secret_is_shown),
		apart_test(short_secrets_are_not_looked_for),
		apart_test(four_secrets_are_hidden),
		apart_test(a_secret_too_many_is_never_left_unhidden),
		apart_test(long_messages_are_cut_and_say_so),
		apart_test(a_cut_leaves_no_half_secret),
		apart_test(a_cut_tears_no_character),
		apart_test(terminals_are_recognised),
	};

	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
