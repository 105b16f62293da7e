#include "codec/json_scan.h"

#include <string.h>

#include "base/memory.h"
#include "codec/utf8.h"

/* What may come next; the values of json_scan.expect. */
enum expect {
	EXPECT_VALUE,    /* a value: at the top, behind a colon or behind an array's comma */
	EXPECT_ELEMENT,  /* just behind '[': a value or ']' */
	EXPECT_MEMBER,   /* just behind '{': a name or '}' */
	EXPECT_MORE,     /* behind a value in a container: a comma or the closing bracket */
	EXPECT_NOTHING,  /* the top-level value is complete */
	EXPECT_NO_RESCUE /* JSON_BAD was answered */
};

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"
#define EACH(b)         ((size_t)-1 / 255 * (b))

static bool fail(struct json_scan *s, size_t at, const char *fault)
{
	s->at = at;
	s->fault = fault;
	s->expect = EXPECT_NO_RESCUE;
	return false;
}

static enum json_token bad(struct json_scan *s, const char *fault)
{
	fail(s, s->at, fault);
	return JSON_BAD;
}

static bool in_object(const struct json_scan *s)
{
	return s->depth > 0 && (s->in_object[(s->depth - 1) / 8] >> ((s->depth - 1) % 8) & 1) != 0;
}

static char peek(const struct json_scan *s)
{
	/* NUL stands for the end too: neither may begin or continue a token. */
	return s->at < s->text.n ? s->text.p[s->at] : '\0';
}

static void skip_blanks(struct json_scan *s)
{
	while (s->at < s->text.n) {
		char c = s->text.p[s->at];

		if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
			break;
		s->at++;
	}
}

/*
 * Whether no byte of WORD is a control character, a quote, a backslash or beyond ASCII: each of the
 * four terms sets the top bit of such a byte, and none sets or borrows a bit while all are plain.
 */
static bool is_plain_word(size_t word)
{
	size_t low = word - EACH(0x20);
	size_t quote = (word ^ EACH('"')) - EACH(1);
	size_t backslash = (word ^ EACH('\\')) - EACH(1);

	return ((word | low | quote | backslash) & EACH(0x80)) == 0;
}

static bool is_plain(char c)
{
	return (unsigned char)(c - 0x20) < 0x60 && c != '"' && c != '\\';
}

/* The end of the run of plain characters of a string that begins at AT. */
static size_t plain_run(struct str text, size_t at)
{
	size_t word;

	while (text.n - at >= sizeof(word)) {
		memcpy(&word, text.p + at, sizeof(word));
		if (!is_plain_word(word))
			break;
		at += sizeof(word);
	}
	while (at < text.n && is_plain(text.p[at]))
		at++;
	return at;
}

/* The UTF-16 unit of a \uXXXX at the front of S. */
static bool read_unit(struct str s, uint32_t *unit)
{
	uint64_t n;

	if (s.n < 6 || s.p[0] != '\\' || s.p[1] != 'u' ||
		!str_hex_to_u64(str_from(s.p + 2, 4), 0xFFFF, &n))
		return false;
	*unit = (uint32_t)n;
	return true;
}

static bool is_surrogate(uint32_t unit)
{
	return unit >= 0xD800 && unit <= 0xDFFF;
}

/* The length of the \u escape, or pair of them, at the front of S; 0 when it means no character. */
static size_t read_u_escape(struct str s, uint32_t *point)
{
	uint32_t high, low;

	if (!read_unit(s, &high))
		return 0;
	*point = high;
	if (!is_surrogate(high))
		return 6;
	if (high > 0xDBFF || !read_unit(str_skip(s, 6), &low) || !is_surrogate(low) || low < 0xDC00)
		return 0;
	*point = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
	return 12;
}

/* The length of the escape at the front of S, 0 when it is none, and the character it means. */
static size_t read_escape(struct str s, uint32_t *point)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *hit;

	if (s.n < 2)
		return 0;
	if (s.p[1] == 'u')
		return read_u_escape(s, point);
	hit = memchr(letters, s.p[1], sizeof(letters) - 1);
	if (hit == NULL)
		return 0;
	*point = (uint32_t)meanings[hit - letters];
	return 2;
}

static bool is_control(struct str rest)
{
	return (unsigned char)rest.p[0] < 0x20;
}

/* Why a string cannot go on with REST. */
static const char *string_fault(struct str rest)
{
	uint32_t unit;

	if (rest.n == 0)
		return "unexpected end in a string";
	if (is_control(rest))
		return "a control character in a string";
	if (rest.p[0] != '\\')
		return "a byte that is not UTF-8";
	return read_unit(rest, &unit) ? "half a surrogate pair" : "an unknown escape";
}

/* Consumes the string whose opening quote is next; RAW becomes what stands between the quotes. */
static bool scan_string(struct json_scan *s)
{
	size_t first = s->at + 1;
	size_t at = first;
	uint32_t point;

	for (;;) {
		struct str rest;
		size_t n = 0;

		at = plain_run(s->text, at);
		rest = str_skip(s->text, at);
		if (rest.n > 0 && rest.p[0] == '"')
			break;
		if (rest.n > 0 && !is_control(rest))
			n = rest.p[0] == '\\' ? read_escape(rest, &point)
					      : utf8_decode(rest, &point);
		if (n == 0)
			return fail(s, at, string_fault(rest));
		at += n;
	}
	s->raw = str_from(s->text.p + first, at - first);
	s->at = at + 1;
	return true;
}

static bool skip_digits(struct json_scan *s)
{
	size_t before = s->at;

	while (char_is_digit(peek(s)))
		s->at++;
	return s->at > before;
}

static bool scan_number(struct json_scan *s)
{
	if (peek(s) == '-')
		s->at++;
	if (peek(s) == '0')
		s->at++;
	else if (!skip_digits(s))
		return false;
	if (peek(s) == '.') {
		s->at++;
		if (!skip_digits(s))
			return false;
	}
	if (char_lower(peek(s)) == 'e') {
		s->at++;
		if (peek(s) == '+' || peek(s) == '-')
			s->at++;
		return skip_digits(s);
	}
	return true;
}

/* The value that just ended may be the last of its container, or of the text. */
static enum json_token complete(struct json_scan *s, enum json_token t)
{
	s->expect = s->depth > 0 ? EXPECT_MORE : EXPECT_NOTHING;
	return t;
}

static void take_raw(struct json_scan *s)
{
	s->raw = str_from(s->text.p + s->start, s->at - s->start);
}

static enum json_token open_container(struct json_scan *s, bool object)
{
	uint8_t bit = (uint8_t)(1u << (s->depth % 8));
	uint8_t *kinds = &s->in_object[s->depth / 8];

	if (s->depth == LIMIT_JSON_DEPTH)
		return bad(s, "too many levels of nesting");
	*kinds = object ? (uint8_t)(*kinds | bit) : (uint8_t)(*kinds & ~bit);
	s->depth++;
	s->at++;
	take_raw(s);
	s->expect = object ? EXPECT_MEMBER : EXPECT_ELEMENT;
	return object ? JSON_OBJECT : JSON_ARRAY;
}

static enum json_token close_container(struct json_scan *s)
{
	enum json_token t = in_object(s) ? JSON_OBJECT_CLOSE : JSON_ARRAY_CLOSE;

	s->at++;
	take_raw(s);
	s->depth--;
	return complete(s, t);
}

static enum json_token scan_word(struct json_scan *s, const char *word, enum json_token t)
{
	if (!str_starts(str_skip(s->text, s->at), word))
		return bad(s, "an unknown word");
	s->at += strlen(word);
	take_raw(s);
	return complete(s, t);
}

static enum json_token no_value(struct json_scan *s)
{
	if (s->at == s->text.n)
		return bad(s, "unexpected end");
	if (s->at == 0 && str_starts(s->text, BYTE_ORDER_MARK))
		return bad(s, "a byte order mark");
	return bad(s, "unexpected character");
}

static enum json_token scan_value(struct json_scan *s)
{
	char c = peek(s);

	switch (c) {
	case '"': return scan_string(s) ? complete(s, JSON_STRING) : JSON_BAD;
	case '{': return open_container(s, true);
	case '[': return open_container(s, false);
	case 't': return scan_word(s, "true", JSON_TRUE);
	case 'f': return scan_word(s, "false", JSON_FALSE);
	case 'n': return scan_word(s, "null", JSON_NULL);
	default: break;
	}
	if (c != '-' && !char_is_digit(c))
		return no_value(s);
	if (!scan_number(s))
		return bad(s, "a number without the digits it needs");
	take_raw(s);
	return complete(s, JSON_NUMBER);
}

/* A name and its colon. */
static enum json_token scan_name(struct json_scan *s)
{
	if (s->at == s->text.n)
		return bad(s, "unexpected end");
	if (peek(s) != '"')
		return bad(s, "no quoted name where a member begins");
	if (!scan_string(s))
		return JSON_BAD;
	skip_blanks(s);
	if (peek(s) != ':')
		return bad(s, "no colon behind a name");
	s->at++;
	s->expect = EXPECT_VALUE;
	return JSON_KEY;
}

/* Behind a value in a container. */
static enum json_token scan_more(struct json_scan *s)
{
	bool object = in_object(s);

	if (peek(s) == (object ? '}' : ']'))
		return close_container(s);
	if (s->at == s->text.n)
		return bad(s, "unexpected end");
	if (peek(s) != ',')
		return bad(s, "no comma or closing bracket behind a value");
	s->at++;
	skip_blanks(s);
	s->start = s->at;
	return object ? scan_name(s) : scan_value(s);
}

void json_scan_init(struct json_scan *s, struct str text)
{
	*s = (struct json_scan){.text = text, .expect = EXPECT_VALUE};
}

enum json_token json_scan_next(struct json_scan *s)
{
	if (s->expect == EXPECT_NO_RESCUE)
		return JSON_BAD;
	skip_blanks(s);
	s->start = s->at;
	switch ((enum expect)s->expect) {
	case EXPECT_ELEMENT: return peek(s) == ']' ? close_container(s) : scan_value(s);
	case EXPECT_MEMBER: return peek(s) == '}' ? close_container(s) : scan_name(s);
	case EXPECT_MORE: return scan_more(s);
	case EXPECT_NOTHING:
		if (s->at < s->text.n)
			return bad(s, "something behind the end of the value");
		return JSON_END;
	default: return scan_value(s);
	}
}

enum json_token json_scan_skip(struct json_scan *s, enum json_token t)
{
	unsigned outside = s->depth - 1;

	if (t != JSON_OBJECT && t != JSON_ARRAY)
		return t;
	do
		t = json_scan_next(s);
	while (t != JSON_BAD && s->depth > outside);
	return t;
}

bool json_scan_value(struct json_scan *s, struct json_value *out)
{
	size_t start;

	out->type = json_scan_next(s);
	out->raw = s->raw;
	start = s->start;
	switch (out->type) {
	case JSON_END:
	case JSON_OBJECT_CLOSE:
	case JSON_ARRAY_CLOSE:
	case JSON_KEY:
	case JSON_BAD: return false;
	default: break;
	}
	if (json_scan_skip(s, out->type) == JSON_BAD)
		return false;
	out->whole = str_from(s->text.p + start, s->at - start);
	if (out->type == JSON_OBJECT || out->type == JSON_ARRAY)
		out->raw = out->whole;
	return true;
}

void json_place(struct str text, size_t at, size_t *line, size_t *column)
{
	size_t i, begin = 0;

	if (at > text.n)
		at = text.n;
	*line = 1;
	for (i = 0; i < at; i++)
		if (text.p[i] == '\n') {
			(*line)++;
			begin = i + 1;
		}
	*column = at - begin + 1;
}

static bool say(struct json_fault *fault, const char *what, size_t at)
{
	if (fault != NULL)
		*fault = (struct json_fault){.what = what, .at = at};
	return false;
}

bool json_valid(struct str text, struct json_fault *fault)
{
	struct json_scan s;
	enum json_token t;

	json_scan_init(&s, text);
	do
		t = json_scan_next(&s);
	while (t != JSON_END && t != JSON_BAD);
	return t == JSON_END || say(fault, s.fault, s.at);
}

/*
 * Reads the next character of a string whose escapes are known to be good, up to its closing quote
 * or the end of RAW. False there.
 */
static bool next_char(struct str *raw, uint32_t *point)
{
	size_t n;

	if (raw->n == 0 || raw->p[0] == '"')
		return false;
	n = raw->p[0] == '\\' ? read_escape(*raw, point) : utf8_decode(*raw, point);
	*raw = str_skip(*raw, n);
	return n > 0;
}

/*
 * The names of all open objects, as offsets of their opening quotes, the innermost object's last.
 * When an object closes, its names are sorted, neighbours compared, and dropped: n log n in time
 * whatever the names are, and four bytes a name that is open at once in memory.
 */
struct names {
	struct str text;
	uint32_t *at; /* owned */
	size_t count, room;
	size_t first[LIMIT_JSON_DEPTH]; /* where the names of each open object begin in `at` */
};

/* Below, equal or above 0, as text A comes before B. */
static int compare_text(struct str a, struct str b)
{
	uint32_t x = 0, y = 0;
	bool more_a, more_b;

	do {
		more_a = next_char(&a, &x);
		more_b = next_char(&b, &y);
	} while (more_a && more_b && x == y);
	if (more_a && more_b)
		return x < y ? -1 : 1;
	return more_a - more_b;
}

static int compare_names(const struct names *n, uint32_t a, uint32_t b)
{
	return compare_text(str_skip(n->text, a + 1), str_skip(n->text, b + 1));
}

/* Equal names are put in the order in which they stand in the text. */
static bool is_before(const struct names *n, uint32_t a, uint32_t b)
{
	int order = compare_names(n, a, b);

	return order < 0 || (order == 0 && a < b);
}

/* Moves the name at ROOT down to its place in the heap of COUNT names. */
static void sift(const struct names *n, uint32_t *heap, size_t root, size_t count)
{
	uint32_t moved = heap[root];

	for (;;) {
		size_t child = 2 * root + 1;

		if (child >= count)
			break;
		if (child + 1 < count && is_before(n, heap[child], heap[child + 1]))
			child++;
		if (!is_before(n, moved, heap[child]))
			break;
		heap[root] = heap[child];
		root = child;
	}
	heap[root] = moved;
}

/* A heap sort: no recursion, no memory, no bad case. */
static void sort_names(const struct names *n, uint32_t *at, size_t count)
{
	size_t i;

	for (i = count / 2; i-- > 0;)
		sift(n, at, i, count);
	for (i = count; i-- > 1;) {
		uint32_t last = at[i];

		at[i] = at[0];
		at[0] = last;
		sift(n, at, 0, i);
	}
}

static bool add_name(struct names *n, size_t start)
{
	if (n->count == n->room) {
		size_t room = n->room == 0 ? 32 : n->room * 2;
		uint32_t *at = memory_resize(n->at, room * sizeof(*at));

		if (at == NULL)
			return false;
		n->at = at;
		n->room = room;
	}
	n->at[n->count++] = (uint32_t)start;
	return true;
}

/* Drops the names of the object that closed at DEPTH. Answers where the first repeated one stands;
   the length of the text when none is. */
static size_t drop_names(struct names *n, unsigned depth)
{
	size_t count = n->count - n->first[depth];
	size_t i, repeated = n->text.n;
	uint32_t *at;

	n->count -= count;
	if (count < 2)
		return repeated;
	at = n->at + n->count;
	sort_names(n, at, count);
	for (i = 1; i < count; i++)
		if (at[i] < repeated && compare_names(n, at[i - 1], at[i]) == 0)
			repeated = at[i];
	return repeated;
}

static bool walk_names(struct names *n, struct json_fault *fault)
{
	struct json_scan s;
	enum json_token t;

	json_scan_init(&s, n->text);
	while ((t = json_scan_next(&s)) != JSON_END) {
		size_t repeated = n->text.n;

		if (t == JSON_BAD)
			return say(fault, s.fault, s.at);
		if (t == JSON_OBJECT)
			n->first[s.depth - 1] = n->count;
		else if (t == JSON_KEY && !add_name(n, s.start))
			return say(fault, "more names than memory can hold", s.start);
		else if (t == JSON_OBJECT_CLOSE)
			repeated = drop_names(n, s.depth);
		if (repeated < n->text.n)
			return say(fault, "a name that stands in the same object twice", repeated);
	}
	return true;
}

bool json_valid_unique(struct str text, struct json_fault *fault)
{
	struct names n = {.text = text};
	bool ok;

	if (text.n > UINT32_MAX)
		return say(fault, "more than 4 GiB", UINT32_MAX);
	ok = walk_names(&n, fault);
	memory_free(n.at);
	return ok;
}

bool json_valid_object(struct str text, struct json_fault *fault)
{
	struct json_scan s;
	enum json_token t;

	json_scan_init(&s, text);
	t = json_scan_next(&s);
	if (t != JSON_OBJECT && t != JSON_BAD)
		return say(fault, "a value that is not an object", s.start);
	return json_valid_unique(text, fault);
}

static bool find_member(struct str object, struct str name, struct json_value *out)
{
	struct json_scan s;
	struct json_value v;
	enum json_token t;
	bool found = false;

	json_scan_init(&s, object);
	if (json_scan_next(&s) != JSON_OBJECT)
		return false;
	while ((t = json_scan_next(&s)) == JSON_KEY) {
		bool match = json_text_equal(s.raw, name, false);

		if (!json_scan_value(&s, &v))
			return false;
		if (match)
			*out = v;
		found = found || match;
	}
	return found && t == JSON_OBJECT_CLOSE && json_scan_next(&s) == JSON_END;
}

bool json_member(struct str object, const char *name, struct json_value *out)
{
	struct json_value v;

	if (!find_member(object, str_of(name), &v))
		return false;
	*out = v;
	return true;
}

static bool find_index(struct str array, struct str index, struct json_value *out)
{
	uint64_t left;
	size_t at = 0;

	if (!str_to_u64(index, array.n, &left))
		return false;
	do
		if (!json_element(array, &at, out))
			return false;
	while (left-- > 0);
	return true;
}

bool json_find(struct str text, const char *path, struct json_value *out)
{
	struct str rest = str_of(path), step;
	struct json_value v;
	struct json_scan s;
	bool more;

	json_scan_init(&s, text);
	if (!json_scan_value(&s, &v) || json_scan_next(&s) != JSON_END)
		return false;
	do {
		bool found = false;

		more = str_cut(rest, '.', &step, &rest);
		if (v.type == JSON_OBJECT)
			found = find_member(v.whole, step, &v);
		else if (v.type == JSON_ARRAY)
			found = find_index(v.whole, step, &v);
		if (!found)
			return false;
	} while (more);
	*out = v;
	return true;
}

/* The scanner is put back to where it stood behind the last element: inside one array. */
bool json_element(struct str array, size_t *at, struct json_value *out)
{
	struct json_scan s;
	struct json_value v;

	json_scan_init(&s, array);
	if (*at == 0) {
		if (json_scan_next(&s) != JSON_ARRAY)
			return false;
	} else {
		s.at = *at;
		s.depth = 1;
		s.expect = EXPECT_MORE;
	}
	if (!json_scan_value(&s, &v))
		return false;
	*at = s.at;
	*out = v;
	return true;
}

void json_unescape(struct str raw, struct buf *out)
{
	struct str plain, rest;
	uint32_t point;

	while (raw.n > 0) {
		size_t n;

		str_cut(raw, '\\', &plain, &rest);
		buf_add_str(out, plain);
		raw = str_skip(raw, plain.n);
		n = read_escape(raw, &point);
		if (n == 0)
			return;
		utf8_encode(point, out);
		raw = str_skip(raw, n);
	}
}

static bool has_escape(struct str raw)
{
	return raw.n > 0 && memchr(raw.p, '\\', raw.n) != NULL;
}

static uint32_t fold_point(uint32_t point)
{
	return point < 0x80 ? (uint32_t)char_lower((char)point) : point;
}

static bool equal_escaped(struct str raw, struct str plain, bool fold)
{
	uint32_t x, y;

	while (next_char(&raw, &x)) {
		size_t n = utf8_decode(plain, &y);

		if (n == 0 || (fold ? fold_point(x) != fold_point(y) : x != y))
			return false;
		plain = str_skip(plain, n);
	}
	return plain.n == 0;
}

/* An escape is longer than what it means, so most texts are told apart by their lengths alone. */
bool json_text_equal(struct str raw, struct str plain, bool fold)
{
	if (raw.n < plain.n)
		return false;
	if (raw.n > plain.n)
		return has_escape(raw) && equal_escaped(raw, plain, fold);
	return (fold ? str_equal_fold(raw, plain) : str_equal(raw, plain)) && !has_escape(raw);
}
