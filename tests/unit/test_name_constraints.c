#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "codec/name_constraints.h"
#include "guard.h"

/* Elements below 128 bytes are enough for all of these. */
static struct str wrap(struct buf *out, char tag, struct str content)
{
	assert_true(content.n < 0x80);
	buf_clear(out);
	buf_add_char(out, tag);
	buf_add_char(out, (char)content.n);
	buf_add_str(out, content);
	return buf_str(out);
}

#define DNS '\x82'
#define IP  '\x87'
#define URI '\x86'
#define DN  '\xa4'

#define PERMITTED '\xa0'
#define EXCLUDED  '\xa1'

static const struct str no_subject = STR("\x30\x00");
/* C=DE, O=Test, and the same with CN=a below */
static const struct str de = STR("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02"
				 "DE");
static const struct str de_lower = STR("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x0c\x02"
				       "de");
static const struct str de_a = STR("\x30\x19\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02"
				   "DE"
				   "\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
				   "a");
static const struct str fr = STR("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02"
				 "FR");

static struct guard guards[3];

/* NameConstraints of one subtree BASE of KIND, judged against SUBJECT and one name. */
static enum name_verdict judge(
	char list, char kind, struct str base, struct str subject, char name_kind, struct str name)
{
	struct buf a, b;
	struct str constraints, names = str_from(NULL, 0), culprit;
	enum name_verdict verdict;

	buf_init(&a, 1024);
	buf_init(&b, 1024);
	wrap(&a, kind, base);
	wrap(&b, 0x30, buf_str(&a));
	wrap(&a, list, buf_str(&b));
	wrap(&b, 0x30, buf_str(&a));
	constraints = guard_copy(&guards[0], buf_str(&b));
	if (name_kind != 0) {
		wrap(&a, name_kind, name);
		names = guard_copy(&guards[1], wrap(&b, 0x30, buf_str(&a)));
	}
	verdict = name_constraints_judge(
		constraints, guard_copy(&guards[2], subject), names, &culprit);
	if (verdict == NAME_OUTSIDE)
		assert_true(str_equal(culprit, name_kind != 0 ? name : subject));
	buf_wipe(&a);
	buf_wipe(&b);
	return verdict;
}

static void judges_host_names(void **state)
{
	static const struct {
		const char *base, *name;
		enum name_verdict permitted, excluded;
	} cases[] = {
		{"example.com", "example.com", NAME_WITHIN, NAME_OUTSIDE},
		{"example.com", "a.example.com", NAME_WITHIN, NAME_OUTSIDE},
		{"example.com", "a.b.EXAMPLE.com", NAME_WITHIN, NAME_OUTSIDE},
		{"example.com", "badexample.com", NAME_OUTSIDE, NAME_WITHIN},
		{"example.com", "example.org", NAME_OUTSIDE, NAME_WITHIN},
		{"example.com", "com", NAME_OUTSIDE, NAME_WITHIN},
		{"", "anything.example", NAME_WITHIN, NAME_OUTSIDE},
		/* A wildcard is within when all it stands for is, and excluded when some of it is.
		 */
		{"example.com", "*.example.com", NAME_WITHIN, NAME_OUTSIDE},
		{"a.example.com", "*.example.com", NAME_OUTSIDE, NAME_OUTSIDE},
		{"b.a.example.com", "*.example.com", NAME_OUTSIDE, NAME_WITHIN},
		/* RFC 5280 knows no leading dot. */
		{".example.com", "a.example.com", NAME_UNJUDGED, NAME_UNJUDGED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str base = str_of(cases[i].base), name = str_of(cases[i].name);

		assert_int_equal(
			judge(PERMITTED, DNS, base, no_subject, DNS, name), cases[i].permitted);
		assert_int_equal(
			judge(EXCLUDED, DNS, base, no_subject, DNS, name), cases[i].excluded);
	}
}

static void judges_addresses(void **state)
{
	static const struct {
		struct str base, name;
		enum name_verdict permitted, excluded;
	} cases[] = {
		{STR("\xc0\x00\x02\x00\xff\xff\xff\x00"), STR("\xc0\x00\x02\x07"), NAME_WITHIN,
			NAME_OUTSIDE},
		{STR("\xc0\x00\x02\x00\xff\xff\xff\x00"), STR("\xc0\x00\x03\x07"), NAME_OUTSIDE,
			NAME_WITHIN},
		{STR("\x00\x00\x00\x00\x00\x00\x00\x00"), STR("\xc0\x00\x03\x07"), NAME_WITHIN,
			NAME_OUTSIDE},
		/* Of the other family: not within, and not excluded by it. */
		{STR("\x00\x00\x00\x00\x00\x00\x00\x00"), STR("0123456789abcdef"), NAME_OUTSIDE,
			NAME_WITHIN},
		{STR("\xc0\x00\x02\x00\xff\xff\xff"), STR("\xc0\x00\x02\x07"), NAME_UNJUDGED,
			NAME_UNJUDGED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(judge(PERMITTED, IP, cases[i].base, no_subject, IP, cases[i].name),
			cases[i].permitted);
		assert_int_equal(judge(EXCLUDED, IP, cases[i].base, no_subject, IP, cases[i].name),
			cases[i].excluded);
	}
}

static void judges_directory_names(void **state)
{
	struct str none = str_from(NULL, 0);

	(void)state;
	assert_int_equal(judge(PERMITTED, DN, de, de_a, 0, none), NAME_WITHIN);
	assert_int_equal(judge(PERMITTED, DN, de_lower, de_a, 0, none), NAME_WITHIN);
	assert_int_equal(judge(PERMITTED, DN, de_a, de, 0, none), NAME_OUTSIDE);
	assert_int_equal(judge(PERMITTED, DN, fr, de_a, 0, none), NAME_OUTSIDE);
	assert_int_equal(judge(EXCLUDED, DN, de, de_a, 0, none), NAME_OUTSIDE);
	assert_int_equal(judge(EXCLUDED, DN, fr, de_a, 0, none), NAME_WITHIN);
	assert_int_equal(judge(PERMITTED, DN, de, no_subject, DN, de_a), NAME_WITHIN);
	assert_int_equal(judge(PERMITTED, DN, fr, no_subject, DN, de_a), NAME_OUTSIDE);
	/* No subject is no name. */
	assert_int_equal(judge(PERMITTED, DN, de, no_subject, 0, none), NAME_WITHIN);
	assert_int_equal(judge(PERMITTED, DN, str_of("x"), de_a, 0, none), NAME_UNJUDGED);
}

static void restrains_only_its_own_kind(void **state)
{
	struct str host = str_of("a.example"), address = str_of("\x7f\x01\x01\x01");

	(void)state;
	assert_int_equal(judge(PERMITTED, DNS, host, no_subject, IP, address), NAME_WITHIN);
	assert_int_equal(judge(PERMITTED, DNS, host, de, 0, host), NAME_WITHIN);
	/* A kind that is not judged restrains who bears it, and nobody else. */
	assert_int_equal(judge(PERMITTED, URI, host, no_subject, DNS, host), NAME_WITHIN);
	assert_int_equal(judge(PERMITTED, URI, host, no_subject, URI, host), NAME_UNJUDGED);
	assert_int_equal(judge(EXCLUDED, URI, host, no_subject, URI, host), NAME_UNJUDGED);
}

/* Two permitted subtrees and one excluded: within one of the former and not in the latter. */
static void weighs_all_subtrees(void **state)
{
	static const struct str constraints = STR("\x30\x27"
						  "\xa0\x16"
						  "\x30\x09\x82\x07"
						  "one.tld"
						  "\x30\x09\x82\x07"
						  "two.tld"
						  "\xa1\x0d"
						  "\x30\x0b\x82\x09"
						  "x.two.tld");
	static const struct {
		struct str names;
		enum name_verdict verdict;
	} cases[] = {
		{STR("\x30\x09\x82\x07"
		     "one.tld"),
			NAME_WITHIN},
		{STR("\x30\x09\x82\x07"
		     "two.tld"),
			NAME_WITHIN},
		{STR("\x30\x0b\x82\x09"
		     "x.two.tld"),
			NAME_OUTSIDE},
		/* One name outside is enough. */
		{STR("\x30\x14\x82\x07"
		     "one.tld"
		     "\x82\x09"
		     "three.tld"),
			NAME_OUTSIDE},
		{STR("\x30\x12\x82\x07"
		     "one.tld"
		     "\x82\x07"
		     "two.tld"),
			NAME_WITHIN},
	};
	struct str culprit;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			name_constraints_judge(constraints, no_subject, cases[i].names, &culprit),
			cases[i].verdict);
}

/* Whatever is cut off or changed, nothing is read that is not there, and no cut is taken for good.
 */
static void judges_nothing_malformed(void **state)
{
	static const struct str constraints = STR("\x30\x0d\xa0\x0b\x30\x09\x82\x07"
						  "one.tld");
	static const struct str with_minimum = STR("\x30\x10\xa0\x0e\x30\x0c\x82\x07"
						   "one.tld"
						   "\x80\x01\x00");
	static const struct str names = STR("\x30\x09\x82\x07"
					    "one.tld");
	struct str culprit;

	(void)state;
	for (size_t i = 0; i < constraints.n; i++)
		assert_int_equal(
			name_constraints_judge(guard_copy(&guards[0], str_from(constraints.p, i)),
				no_subject, names, &culprit),
			NAME_UNJUDGED);
	for (size_t i = 1; i < names.n; i++)
		assert_int_equal(name_constraints_judge(constraints, no_subject,
					 guard_copy(&guards[1], str_from(names.p, i)), &culprit),
			NAME_UNJUDGED);
	assert_int_equal(
		name_constraints_judge(with_minimum, no_subject, names, &culprit), NAME_UNJUDGED);
	assert_int_equal(
		name_constraints_judge(constraints, no_subject, names, &culprit), NAME_WITHIN);
	for (size_t i = 0; i < 8 * constraints.n; i++) {
		char copy[32];

		memcpy(copy, constraints.p, constraints.n);
		copy[i / 8] = (char)(copy[i / 8] ^ (1 << i % 8));
		/* Only that it ends, and touches nothing else. */
		(void)name_constraints_judge(guard_copy(&guards[0], str_from(copy, constraints.n)),
			no_subject, names, &culprit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_host_names),
		cmocka_unit_test(judges_addresses),
		cmocka_unit_test(judges_directory_names),
		cmocka_unit_test(restrains_only_its_own_kind),
		cmocka_unit_test(weighs_all_subtrees),
		cmocka_unit_test(judges_nothing_malformed),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++)
		guard_release(&guards[i]);
	return failed;
}
