#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "canned.h"
#include "codec/utf8.h"
#include "scim/answer.h"

#define SCIM(rest) "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:Error\"]," rest "}"
#define INNER(field, text)                                                                         \
	SCIM("\"status\":\"400\",\"detail\":\"{\\\"" field "\\\":[\\\"" text "\\\"]}\"")
#define HTML "<html><body>Sign in: token not provided, expired, may not be used</body></html>"

#define CREATES ANSWER_WHEN_CREATES
#define ITEM    ANSWER_WHEN_ITEM
#define SENTRY  ANSWER_WHEN_SENTRY
#define ORG     ANSWER_WHEN_ORG_TOKEN
#define EMPTY   ANSWER_WHEN_EMPTY
#define PAGE    ANSWER_WHEN_NOT_JSON
#define SHAPED  ANSWER_WHEN_SCIM_ERROR

/* One for each row of the table, in its order: an answer that this row and no earlier one takes. */
static const struct sample {
	int status;
	const char *fields, *body;
	unsigned asked;     /* of the question: CREATES, ITEM, SENTRY, ORG */
	unsigned holds;     /* besides: what the body is */
	const char *words;  /* what the server says in it */
	const char *inside; /* the value of a header that is part of the hint */
} samples[] = {
	{200, "", "{}", CREATES | SENTRY, 0, "", NULL},
	{307, "Location: https://sentry.example.com/\r\n", "", SENTRY, EMPTY, "",
		"https://sentry.example.com/"},
	{302, "", HTML, SENTRY, PAGE, HTML, NULL},
	{400, "", INNER("email", "The user a@b.c has already been invited"), CREATES | SENTRY,
		SHAPED, "The user a@b.c has already been invited", NULL},
	{400, "", INNER("email", "The user a@b.c is already a member"), CREATES | SENTRY, SHAPED,
		"The user a@b.c is already a member", NULL},
	{409, "", SCIM("\"detail\":\"A team with this slug already exists.\""), CREATES | SENTRY,
		SHAPED, "A team with this slug already exists.", NULL},
	{409, "",
		SCIM("\"status\":\"409\",\"detail\":\"User already exists in the database.\","
		     "\"scimType\":\"uniqueness\""),
		CREATES | SENTRY, SHAPED, "User already exists in the database.", NULL},
	{400, "", HTML, CREATES | SENTRY, PAGE, HTML, NULL},
	{400, "", SCIM("\"status\":\"400\",\"detail\":\"Invalid organization role.\""),
		CREATES | SENTRY, SHAPED, "Invalid organization role.", NULL},
	{400, "",
		SCIM("\"detail\":\"{\\\"email\\\":[\\\"Enter a valid email address.\\\","
		     "\\\"Enter a valid email address.\\\"]}\""),
		CREATES, SHAPED, "Enter a valid email address.; Enter a valid email address.",
		NULL},
	{400, "", INNER("email", "Ensure this field has no more than 75 characters."), CREATES,
		SHAPED, "Ensure this field has no more than 75 characters.", NULL},
	{400, "", INNER("email", "This field may not be null."), CREATES, SHAPED,
		"This field may not be null.", NULL},
	{400, "", "{\"detail\":\"JSON parse error - Expecting value: line 1 column 1 (char 0)\"}",
		CREATES, 0, "JSON parse error - Expecting value: line 1 column 1 (char 0)", NULL},
	{400, "", SCIM("\"status\":\"400\",\"scimType\":\"invalidFilter\""), SENTRY, SHAPED,
		"invalidFilter", NULL},
	{401, "WWW-Authenticate: Basic realm=\"gate\"\r\n", HTML, SENTRY, PAGE, HTML, NULL},
	{401, "", "{\"detail\":\"Authentication credentials were not provided.\"}", SENTRY, 0,
		"Authentication credentials were not provided.", NULL},
	{401, "", "{\"detail\":\"Token expired\"}", SENTRY, 0, "Token expired", NULL},
	{401, "", "{\"detail\":\"Unauthorized organization access.\"}", SENTRY, 0,
		"Unauthorized organization access.", NULL},
	{401, "WWW-Authenticate: Bearer realm=\"api\"\r\n", "{\"detail\":\"Invalid token\"}",
		SENTRY, 0, "Invalid token", NULL},
	{403,
		"WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"member:admin "
		"member:write\"\r\n",
		"{\"detail\":\"You do not have permission to perform this action.\"}", SENTRY | ORG,
		0, "You do not have permission to perform this action.",
		"member:admin member:write"},
	{403, "", "{\"detail\":\"You do not have permission to perform this action.\"}",
		SENTRY | ORG, 0, "You do not have permission to perform this action.", NULL},
	{403, "",
		"{\"detail\":\"You cannot remove the only remaining owner of the organization.\"}",
		SENTRY | ITEM, 0, "You cannot remove the only remaining owner of the organization.",
		NULL},
	{403, "",
		"{\"detail\":\"This member is managed by an active partnership and cannot be "
		"modified until the end of the partnership.\"}",
		SENTRY | ITEM, 0,
		"This member is managed by an active partnership and cannot be modified until the "
		"end of the partnership.",
		NULL},
	{403, "", HTML, SENTRY, PAGE, HTML, NULL},
	{403, "", "{\"detail\":\"You do not have permission to perform this action.\"}", SENTRY, 0,
		"You do not have permission to perform this action.", NULL},
	{403, "", "", 0, EMPTY, "", NULL},
	{404, "", SCIM("\"status\":\"404\",\"detail\":\"The requested resource does not exist\""),
		SENTRY | ITEM, SHAPED, "The requested resource does not exist", NULL},
	{404, "", "{\"info\":\"Route not found, did you forget a trailing slash? try: /x/\"}",
		SENTRY, 0, "Route not found, did you forget a trailing slash? try: /x/", NULL},
	{404, "", "", SENTRY | ITEM, EMPTY, "", NULL},
	{404, "", "{\"detail\":\"The requested resource does not exist\"}", CREATES | SENTRY, 0,
		"The requested resource does not exist", NULL},
	{404, "", HTML, SENTRY | ITEM, PAGE, HTML, NULL},
	{404, "", "{\"detail\":\"Not found.\"}", SENTRY | ITEM, 0, "Not found.", NULL},
	{405, "Allow: GET, POST\r\n", HTML, SENTRY, PAGE, HTML, NULL},
	{407, "Proxy-Authenticate: Basic realm=\"x\"\r\n", HTML, SENTRY, PAGE, HTML, NULL},
	{408, "", "", SENTRY, EMPTY, "", NULL},
	{413, "", HTML, SENTRY, PAGE, HTML, NULL},
	{421, "", "", SENTRY, EMPTY, "", NULL},
	{429, "",
		"{\"detail\":\"You are attempting to go above the allowed concurrency for this "
		"endpoint. Concurrency limit is 25\"}",
		SENTRY, 0,
		"You are attempting to go above the allowed concurrency for this endpoint. "
		"Concurrency limit is 25",
		NULL},
	{429, "Content-Type: text/html\r\n",
		"\"You are attempting to use this endpoint too frequently. Limit is 40 requests in "
		"1 seconds\"",
		SENTRY, 0,
		"You are attempting to use this endpoint too frequently. Limit is 40 requests in "
		"1 seconds",
		NULL},
	{405, "", "{\"detail\":\"Method \\\"PUT\\\" not allowed.\"}", SENTRY, 0,
		"Method \"PUT\" not allowed.", NULL},
	{501, "", HTML, SENTRY, PAGE, HTML, NULL},
	{505, "", HTML, SENTRY, PAGE, HTML, NULL},
	{503, "", "Sentry is currently in maintenance mode", SENTRY, PAGE,
		"Sentry is currently in maintenance mode", NULL},
	{503, "",
		"{\"error\":\"apigateway\",\"detail\":\"Downstream service temporarily "
		"unavailable\"}",
		SENTRY, 0, "Downstream service temporarily unavailable", NULL},
	{507, "", "", SENTRY, EMPTY, "", NULL},
	{522, "", HTML, SENTRY, PAGE, HTML, NULL},
	{500, "", "{\"detail\":\"Internal Error\",\"errorId\":\"d41d8cd98f00b204\"}", SENTRY, 0,
		"Internal Error", NULL},
	{600, "", "", SENTRY, EMPTY, "", NULL},
};
#define SAMPLES (sizeof samples / sizeof samples[0])

static struct canned canned;
static struct buf words;

static int begin(void **state)
{
	(void)state;
	canned_init(&canned);
	buf_init(&words, LIMIT_HTTP_BODY);
	return 0;
}

static int end(void **state)
{
	(void)state;
	canned_wipe(&canned);
	buf_wipe(&words);
	return 0;
}

static void judge(
	int status, const char *fields, const char *body, unsigned asked, struct answer *out)
{
	const struct answer_question question = {
		.creates = (asked & CREATES) != 0,
		.item = (asked & ITEM) != 0,
		.is_sentry = (asked & SENTRY) != 0,
		.token = (asked & ORG) != 0 ? SENTRY_TOKEN_ORGANIZATION : SENTRY_TOKEN_INTEGRATION,
	};

	canned_set(&canned, status, fields, body);
	/* whatever stood there before must not show through */
	memset(out, 0x55, sizeof(*out));
	answer_judge(&canned.response, buf_str(&canned.body), &question, out);
}

/* The table read by its own words, with what the sample says of itself. */
static bool takes(const struct answer_row *row, const struct sample *s)
{
	struct str value = str_of(s->words);

	if (s->status < row->status_min || s->status > row->status_max ||
		(row->when & ~(s->asked | s->holds)) != 0)
		return false;
	if (row->header != NULL && !http_response_field(&canned.response, row->header, &value))
		return false;
	return row->says == NULL || str_contains(value, row->says);
}

/* The row's hint, with S in the place of "%s". */
static void expect_hint(const struct answer_row *row, const char *s, const char *hint)
{
	const char *gap = strstr(row->hint, "%s");
	struct buf wanted;

	buf_init(&wanted, 4096);
	if (gap == NULL) {
		assert_null(s);
		buf_add_text(&wanted, row->hint);
	} else {
		assert_non_null(s);
		buf_addf(&wanted, "%.*s%s%s", (int)(gap - row->hint), row->hint, s, gap + 2);
	}
	assert_string_equal(hint, buf_text(&wanted));
	buf_wipe(&wanted);
}

static void each_row_has_an_answer_that_only_it_takes(void **state)
{
	struct answer a;
	unsigned i, first;

	(void)state;
	assert_int_equal(answer_table_rows, SAMPLES);
	for (i = 0; i < SAMPLES; i++) {
		const struct sample *s = &samples[i];
		const struct answer_row *row = &answer_table[i];

		judge(s->status, s->fields, s->body, s->asked, &a);
		for (first = 0; !takes(&answer_table[first], s); first++)
			assert_true(first + 1 < answer_table_rows);
		if (first != i)
			fail_msg("sample %u is taken by row %u: %s", i, first,
				answer_table[first].hint);
		if (a.class != row->class || a.kind != row->kind)
			fail_msg("sample %u: class %d, kind %d", i, a.class, a.kind);
		expect_hint(row, s->inside, a.hint);
		/* the words that the sample claims are those that are found */
		buf_clear(&words);
		answer_detail(buf_str(&canned.body), &words);
		if ((s->holds & PAGE) != 0)
			assert_int_equal(words.len, 0);
		else
			assert_string_equal(buf_text(&words), s->words);
	}
}

/* What scripts rely on, in numbers of their own and not the table's. */
static void statuses_mean_what_the_contract_says(void **state)
{
	static const struct {
		int status;
		const char *body;
		unsigned asked;
		enum answer_class class;
		int exit_code;
	} rows[] = {
		{200, "", 0, ANSWER_SUCCESS, 0},
		{201, HTML, CREATES, ANSWER_SUCCESS, 0},
		{204, "", 0, ANSWER_SUCCESS, 0},
		{299, "", 0, ANSWER_SUCCESS, 0},
		{300, "", 0, ANSWER_REFUSED, 1},
		{304, "", 0, ANSWER_REFUSED, 1},
		{399, "", 0, ANSWER_REFUSED, 1},
		{400, "", CREATES, ANSWER_REFUSED, 1},
		{401, "", CREATES, ANSWER_REFUSED, 6},
		{402, "", CREATES, ANSWER_REFUSED, 1},
		{403, "", CREATES, ANSWER_REFUSED, 6},
		{404, "", CREATES, ANSWER_REFUSED, 7},
		{407, "", 0, ANSWER_REFUSED, 3},
		{408, "", 0, ANSWER_UNAVAILABLE, 9},
		{409, "", CREATES, ANSWER_EXISTS, 5},
		{409, "", ITEM, ANSWER_REFUSED, 1},
		{409, HTML, CREATES, ANSWER_EXISTS, 5},
		{418, "", 0, ANSWER_REFUSED, 1},
		{429, "", CREATES, ANSWER_THROTTLED, 9},
		{429, HTML, 0, ANSWER_THROTTLED, 9},
		{499, "", 0, ANSWER_REFUSED, 1},
		{500, "", 0, ANSWER_BROKEN, 1},
		{501, "", 0, ANSWER_REFUSED, 1},
		{502, HTML, 0, ANSWER_UNAVAILABLE, 9},
		{503, "", 0, ANSWER_UNAVAILABLE, 9},
		{504, HTML, 0, ANSWER_UNAVAILABLE, 9},
		{505, "", 0, ANSWER_REFUSED, 1},
		{506, "", 0, ANSWER_BROKEN, 1},
		{507, "", 0, ANSWER_UNAVAILABLE, 9},
		{508, "", 0, ANSWER_BROKEN, 1},
		{519, "", 0, ANSWER_BROKEN, 1},
		{520, HTML, 0, ANSWER_UNAVAILABLE, 9},
		{527, HTML, 0, ANSWER_UNAVAILABLE, 9},
		{528, "", 0, ANSWER_BROKEN, 1},
		{599, "", 0, ANSWER_BROKEN, 1},
		{600, "", 0, ANSWER_REFUSED, 1},
		{999, "", 0, ANSWER_REFUSED, 1},
		/* only a create is answered with "exists" */
		{400, INNER("email", "The user x has already been invited"), 0, ANSWER_REFUSED, 1},
		{400, INNER("email", "x is already a member"), ITEM, ANSWER_REFUSED, 1},
		{400, INNER("email", "x is already a member"), CREATES, ANSWER_EXISTS, 5},
		/* the words may stand in any of the shapes, and a page's are not the server's */
		{400, "{\"email\":[\"x has already been invited\"]}", CREATES, ANSWER_EXISTS, 5},
		{400, "[\"x has already been invited\"]", CREATES, ANSWER_EXISTS, 5},
		{400, "\"x has already been inv\\u0069ted\"", CREATES, ANSWER_EXISTS, 5},
		{400, "{\"has already been invited\":1}", CREATES, ANSWER_REFUSED, 1},
		/* a missing resource and a wrong address are told apart by shape alone */
		{404, SCIM("\"detail\":\"\""), ITEM, ANSWER_REFUSED, 7},
	};
	struct answer a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err e = {.kind = ERR_NONE};

		judge(rows[i].status, "", rows[i].body, rows[i].asked | SENTRY, &a);
		e.kind = a.kind;
		if (a.class != rows[i].class || err_exit_code(&e) != rows[i].exit_code)
			fail_msg("%d %s: class %d, exit %d", rows[i].status, rows[i].body, a.class,
				err_exit_code(&e));
	}
}

static void whatever_the_status_success_alone_has_no_error(void **state)
{
	static const char *const bodies[] = {"", " \r\n", "{}", HTML, "\"\"", SCIM("\"x\":1")};
	struct answer a;
	unsigned asked;
	size_t i;
	int status;

	(void)state;
	for (status = 200; status < 1000; status++)
		for (i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
			for (asked = 0; asked < 4; asked++) {
				judge(status, "", status == 204 || status == 304 ? "" : bodies[i],
					asked | SENTRY, &a);
				assert_int_equal(
					a.class == ANSWER_SUCCESS, status >= 200 && status <= 299);
				assert_int_equal(a.kind == ERR_NONE, a.class == ANSWER_SUCCESS);
				assert_true(a.class < ANSWER_CLASSES);
				assert_non_null(memchr(a.hint, '\0', sizeof(a.hint)));
			}
}

static void hints_fit_and_have_one_gap_at_most(void **state)
{
	const struct answer_row *row;
	struct answer a;
	struct err e = {.kind = ERR_NONE};

	(void)state;
	for (row = answer_table; row < answer_table + answer_table_rows; row++) {
		const char *gap = strchr(row->hint, '%');

		/* "%s" is 2 bytes long and becomes 160 at most */
		assert_true(strlen(row->hint) + (gap != NULL ? 158 : 0) < sizeof(a.hint));
		assert_true(strlen(row->hint) + (gap != NULL ? 158 : 0) < sizeof(e.hint));
		assert_true(utf8_valid(str_of(row->hint)));
		assert_true(row->hint[0] != '\0' || row->class == ANSWER_SUCCESS);
		assert_true(row->status_min <= row->status_max);
		if (gap == NULL)
			continue;
		assert_int_equal(gap[1], 's');
		assert_null(strchr(gap + 1, '%'));
		assert_non_null(row->header);
	}
}

/* Headers come from anybody who answers. */
static void header_values_are_made_printable_and_cut(void **state)
{
	char fields[4200], wanted[161];
	struct answer a;

	(void)state;
	judge(302, "Location: http://x/\xc2\x9b\x9b\xe2\x80\xae%s%n\tend\r\n", "", SENTRY, &a);
	assert_non_null(
		strstr(a.hint, "redirects to http://x/\\xc2\\x9b\\x9b\\u{202e}%s%n\\x09end;"));

	snprintf(fields, sizeof(fields), "Location: %04000d\r\n", 7);
	judge(302, fields, "", SENTRY, &a);
	memset(wanted, '0', 160);
	wanted[160] = '\0';
	expect_hint(&answer_table[1], wanted, a.hint);

	/* no character is torn */
	memset(wanted, 'x', 159);
	snprintf(fields, sizeof(fields), "Location: %.159s\xc3\xa9\r\n", wanted);
	judge(302, fields, "", SENTRY, &a);
	assert_true(utf8_valid(str_of(a.hint)));
	wanted[159] = '\0';
	expect_hint(&answer_table[1], wanted, a.hint);

	judge(302, "Location:\r\n", "", SENTRY, &a);
	expect_hint(&answer_table[1], "", a.hint);
}

static void challenges_of_other_shapes_are_shown_whole(void **state)
{
	static const struct {
		const char *fields, *shown;
	} rows[] = {
		{"WWW-Authenticate: Bearer error=\"insufficient_scope\"\r\n",
			"Bearer error=\"insufficient_scope\""},
		{"www-authenticate: Bearer scope=\"a b\", error=\"insufficient_scope\"\r\n", "a b"},
		{"WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"a b\r\n", "a b"},
		{"WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"\"\r\n", ""},
		{"WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=a\r\n",
			"Bearer error=\"insufficient_scope\", scope=a"},
		/* a gateway's challenge may stand before Sentry's */
		{"WWW-Authenticate: Basic realm=\"gate\"\r\n"
		 "WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"a b\"\r\n",
			"a b"},
	};
	struct answer a;
	char wanted[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		judge(403, rows[i].fields, "{}", SENTRY, &a);
		snprintf(wanted, sizeof(wanted),
			"the token lacks a scope; one of these would do: %s", rows[i].shown);
		assert_string_equal(a.hint, wanted);
	}
	judge(403, "WWW-Authenticate: Bearer realm=\"api\"\r\n", "{}", SENTRY, &a);
	assert_non_null(strstr(a.hint, "SCIM is not switched on"));
}

static void agent_tokens_are_told_like_organization_tokens(void **state)
{
	struct answer_question question = {.is_sentry = true, .token = SENTRY_TOKEN_AGENT};
	struct answer a;

	(void)state;
	canned_set(&canned, 403, "", "{}");
	answer_judge(&canned.response, buf_str(&canned.body), &question, &a);
	assert_non_null(strstr(a.hint, "sntryi_"));
	question.token = SENTRY_TOKEN_USER;
	answer_judge(&canned.response, buf_str(&canned.body), &question, &a);
	assert_null(strstr(a.hint, "sntryi_"));
}

static void the_servers_words_are_found_in_every_shape(void **state)
{
	static const struct {
		const char *body, *words;
	} rows[] = {
		{"", ""},
		{" ", ""},
		{HTML, ""},
		{"{\"detail\":\"cut", ""},
		{"{\"detail\":\"x\"} trailing", ""},
		{"null", ""},
		{"12", ""},
		{"\"bare\"", "bare"},
		{"{\"detail\":\"plain\"}", "plain"},
		{" {\"errorId\":null,\"detail\" : \"plain\"}\n", "plain"},
		{"{\"detail\":\"a\\nb\\u001b\\ud83d\\ude00\\\"\"}", "a\nb\x1b\xf0\x9f\x98\x80\""},
		/* detail comes first, then scimType, then info */
		{"{\"scimType\":\"uniqueness\",\"detail\":\"there\",\"info\":\"i\"}", "there"},
		{"{\"info\":\"i\",\"scimType\":\"invalidFilter\"}", "invalidFilter"},
		{"{\"schemas\":[\"urn:x\"],\"info\":\"i\"}", "i"},
		/* a document inside */
		{"{\"detail\":\"{\\\"email\\\":[\\\"one\\\",\\\"two\\\"],\\\"n\\\":{\\\"op\\\":["
		 "\\\"\\\\\\\"add\\\\\\\" is not a valid choice\\\"]}}\"}",
			"one; two; \"add\" is not a valid choice"},
		{"{\"detail\":\"{not json}\"}", "{not json}"},
		{"{\"detail\":\"[\\\"x\\\"]\"}", "[\"x\"]"},
		{"{\"detail\":\"\"}", ""},
		/* fields beside each other, names left out */
		{"{\"startIndex\":[\"A valid integer is required.\"],\"count\":[\"b\"]}",
			"A valid integer is required.; b"},
		{"{\"detail\":7,\"other\":\"text\"}", "text"},
		{"{\"detail\":[\"listed\"]}", "listed"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_clear(&words);
		answer_detail(str_of(rows[i].body), &words);
		if (strcmp(buf_text(&words), rows[i].words) != 0)
			fail_msg("%s: %s", rows[i].body, buf_text(&words));
	}
}

/* A line end is no body, and so no page either. */
static void blank_bodies_are_empty(void **state)
{
	struct answer empty, blank, page;

	(void)state;
	judge(404, "", "", SENTRY | ITEM, &empty);
	judge(404, "", " \r\n", SENTRY | ITEM, &blank);
	judge(404, "", HTML, SENTRY | ITEM, &page);
	assert_string_equal(blank.hint, empty.hint);
	assert_string_not_equal(blank.hint, page.hint);
}

/* The body may hold a NUL, and is longer than what C would see of it. */
static void bodies_are_bytes(void **state)
{
	static const char body[] = "{\"detail\":\"a\\u0000b\"}";
	static const char raw[] = "{\"detail\":\"a\0b\"}";
	struct str page = str_from("x\0maintenance mode", 18);
	struct answer_question question = {.is_sentry = true};
	struct answer a;

	(void)state;
	buf_clear(&words);
	answer_detail(str_from(body, sizeof(body) - 1), &words);
	assert_int_equal(words.len, 3);
	assert_memory_equal(words.data, "a\0b", 3);
	buf_clear(&words);
	answer_detail(str_from(raw, sizeof(raw) - 1), &words);
	assert_int_equal(words.len, 0);
	canned_set(&canned, 503, "", "");
	answer_judge(&canned.response, page, &question, &a);
	assert_non_null(strstr(a.hint, "maintenance"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_has_an_answer_that_only_it_takes),
		cmocka_unit_test(statuses_mean_what_the_contract_says),
		cmocka_unit_test(whatever_the_status_success_alone_has_no_error),
		cmocka_unit_test(hints_fit_and_have_one_gap_at_most),
		cmocka_unit_test(header_values_are_made_printable_and_cut),
		cmocka_unit_test(challenges_of_other_shapes_are_shown_whole),
		cmocka_unit_test(agent_tokens_are_told_like_organization_tokens),
		cmocka_unit_test(the_servers_words_are_found_in_every_shape),
		cmocka_unit_test(blank_bodies_are_empty),
		cmocka_unit_test(bodies_are_bytes),
	};

	return cmocka_run_group_tests_name("answer", tests, begin, end);
}
