#include "codec/json_split.h"

#include <string.h>

void json_split_init(struct json_split *s)
{
	*s = (struct json_split){.at = 0};
}

static bool is_one_of(char c, const char *set)
{
	return memchr(set, c, strlen(set)) != NULL;
}

/* Consumes one byte of a string. */
static enum json_split_step in_string(struct json_split *s, char c)
{
	if ((unsigned char)c < 0x20)
		return JSON_SPLIT_BROKEN;
	s->at++;
	if (s->escape || c == '\\') {
		s->escape = !s->escape;
		return JSON_SPLIT_MORE;
	}
	if (c != '"')
		return JSON_SPLIT_MORE;
	s->string = false;
	return s->depth > 0 ? JSON_SPLIT_MORE : JSON_SPLIT_DONE;
}

static enum json_split_step open_bracket(struct json_split *s, bool object)
{
	uint8_t *kinds = &s->in_object[s->depth / 8];
	uint8_t bit = (uint8_t)(1u << (s->depth % 8));

	if (s->depth == LIMIT_JSON_DEPTH)
		return JSON_SPLIT_BROKEN;
	*kinds = object ? (uint8_t)(*kinds | bit) : (uint8_t)(*kinds & ~bit);
	s->depth++;
	s->at++;
	return JSON_SPLIT_MORE;
}

static enum json_split_step close_bracket(struct json_split *s, bool object)
{
	unsigned top = s->depth - 1;

	if ((s->in_object[top / 8] >> (top % 8) & 1) != object)
		return JSON_SPLIT_BROKEN;
	s->depth--;
	s->at++;
	return s->depth > 0 ? JSON_SPLIT_MORE : JSON_SPLIT_DONE;
}

/* Consumes one byte outside of strings, but not one that ends a number or a word. */
static enum json_split_step outside(struct json_split *s, char c)
{
	/* Between brackets everything but these goes by. */
	const char *ends = s->depth > 0 ? "" : " \t\r\n,:]}";

	if (is_one_of(c, ends) || (s->depth == 0 && s->at > 0 && is_one_of(c, "\"[{"))) {
		s->at += s->at == 0;
		return JSON_SPLIT_DONE;
	}
	if (c == '{' || c == '[')
		return open_bracket(s, c == '{');
	if (c == '}' || c == ']')
		return close_bracket(s, c == '}');
	s->string = c == '"';
	s->at++;
	return JSON_SPLIT_MORE;
}

enum json_split_step json_split_next(struct json_split *s, struct str text)
{
	enum json_split_step step = JSON_SPLIT_MORE;

	while (step == JSON_SPLIT_MORE && s->at < text.n)
		step = s->string ? in_string(s, text.p[s->at]) : outside(s, text.p[s->at]);
	return step;
}
