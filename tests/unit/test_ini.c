#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "codec/ini.h"
#include "guard.h"

/* One line a step: "LINE:section/key=value", or "LINE!fault". */
static void walk(struct str text, struct buf *out)
{
	struct guard g = {0};
	struct ini i;
	enum ini_step step;

	ini_init(&i, guard_copy(&g, text));
	while ((step = ini_next(&i)) != INI_END)
		if (step == INI_BAD)
			buf_addf(out, "%zu!%s\n", i.line, i.fault);
		else
			buf_addf(out, "%zu:%.*s/%.*s=%.*s\n", i.line, STR_ARG(i.section),
				STR_ARG(i.key), STR_ARG(i.value));
	assert_int_equal(ini_next(&i), INI_END);
	guard_release(&g);
}

static void each_line_means_what_it_says(void **state)
{
	static const struct {
		struct str text;
		const char *steps;
	} cases[] = {
		{STR(""), ""},
		{STR("\n\r\n  \t\n"), ""},
		{STR("a=b"), "1:/a=b\n"},
		{STR("[auth]\ntoken=x\n[defaults]\nurl = https://h:1/a=b\n"),
			"2:auth/token=x\n4:defaults/url=https://h:1/a=b\n"},
		{STR("[ s ]\r\n\tKey \t:\t v w \r\n"), "2:s/Key=v w\n"},
		{STR("; c\n# d = e\n  ;f\n"), ""},
		{STR("a = b ; c # d\n"), "1:/a=b ; c # d\n"},
		{STR("a = \"b\\n\"\n"), "1:/a=\"b\\n\"\n"},
		{STR("a=\nb:"), "1:/a=\n2:/b=\n"},
		{STR("a:b=c\na=b:c\n"), "1:/a=b=c\n2:/a=b:c\n"},
		{STR("\xEF\xBB\xBF[s]\na=1"), "2:s/a=1\n"},
		{STR("[]\na=1\n"), "2:/a=1\n"},
		{STR("[a]b]\nx=1\n"), "2:a]b/x=1\n"},
		{STR("a=1\n\xEF\xBB\xBF\xC3\xA9=2"), "1:/a=1\n2:/\xEF\xBB\xBF\xC3\xA9=2\n"},
	};
	struct buf b;
	size_t i;

	(void)state;
	buf_init(&b, 1000);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_clear(&b);
		walk(cases[i].text, &b);
		assert_string_equal(buf_text(&b), cases[i].steps);
	}
	buf_wipe(&b);
}

static void faults_name_their_line_and_reading_goes_on(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	walk(str_of("a=1\nnonsense\n[s\n= x\n:\n[\n[s] x\nb=2\n"), &b);
	assert_string_equal(buf_text(&b),
		"1:/a=1\n"
		"2!neither [section], name = value nor a comment\n"
		"3!a section without its closing bracket\n"
		"4!a value without a name\n"
		"5!a value without a name\n"
		"6!a section without its closing bracket\n"
		"7!a section without its closing bracket\n"
		"8:/b=2\n");
	buf_wipe(&b);
}

/* A file that was cut while it was copied is read up to there, and no byte further. */
static void every_cut_is_read_within_its_bounds(void **state)
{
	static const char text[] = "\xEF\xBB\xBF[auth]\r\ntoken = sntryi_x\r\n; end\r\n";
	struct buf b;
	size_t n;

	(void)state;
	buf_init(&b, 10000);
	for (n = 0; n < sizeof(text); n++) {
		buf_clear(&b);
		walk(str_from(text, n), &b);
	}
	assert_string_equal(buf_text(&b), "2:auth/token=sntryi_x\n");
	buf_wipe(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_means_what_it_says),
		cmocka_unit_test(faults_name_their_line_and_reading_goes_on),
		cmocka_unit_test(every_cut_is_read_within_its_bounds),
	};

	return cmocka_run_group_tests_name("ini", tests, NULL, NULL);
}
