#include "codec/http_request.h"

#include <string.h>

#define EACH(b) ((size_t)-1 / 255 * (b))

/* The characters of tokens (RFC 9110 5.6.2), a bit each: these are looked at for every request. */
static const uint32_t token_chars[4] = {0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff};

static bool is_token_char(char c)
{
	unsigned char u = (unsigned char)c;

	return u < 0x80 && (token_chars[u / 32] >> (u % 32) & 1) != 0;
}

bool http_is_token(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!is_token_char(s.p[i]))
			return false;
	return s.n > 0;
}

static bool is_control(char c)
{
	unsigned char u = (unsigned char)c;

	return u < 0x20 || u == 0x7f;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * Whether no byte of WORD is a control character: the terms set the top bit of a byte below 0x20
 * and of DEL. A borrow may set it in the byte above such a one as well, but in none otherwise.
 */
static bool is_printable_word(size_t word)
{
	size_t del = word ^ EACH(0x7f);

	return ((((word - EACH(0x20)) & ~word) | ((del - EACH(1)) & ~del)) & EACH(0x80)) == 0;
}

bool http_is_field_value(struct str s)
{
	size_t i = 0;
	size_t word;

	while (i < s.n) {
		if (s.n - i >= sizeof(word)) {
			memcpy(&word, s.p + i, sizeof(word));
			if (is_printable_word(word)) {
				i += sizeof(word);
				continue;
			}
		}
		if (is_control(s.p[i]) && s.p[i] != '\t')
			return false;
		i++;
	}
	return s.n == 0 || (!is_blank(s.p[0]) && !is_blank(s.p[s.n - 1]));
}

static bool is_target(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e)
			return false;
	return s.n > 0;
}

static bool refuse(struct http_request *r, bool ok, const char *fault)
{
	if (!ok && r->fault == NULL)
		r->fault = fault;
	return r->fault != NULL;
}

static void end_line(struct http_request *r)
{
	buf_add_text(r->out, "\r\n");
}

void http_request_start(
	struct http_request *r, struct buf *out, struct str method, struct str target)
{
	*r = (struct http_request){.out = out};
	if (refuse(r, http_is_token(method), "the method is no token") ||
		refuse(r, is_target(target), "the target holds a character that no URL may hold"))
		return;
	buf_add_str(out, method);
	buf_add_char(out, ' ');
	buf_add_str(out, target);
	buf_add_text(out, " HTTP/1.1");
	end_line(r);
}

void http_request_field(struct http_request *r, struct str name, struct str value)
{
	if (refuse(r, http_is_token(name), "a header's name is no token") ||
		refuse(r, http_is_field_value(value),
			"a header's value holds a control character or has blanks at its ends"))
		return;
	buf_add_str(r->out, name);
	buf_add_text(r->out, ": ");
	buf_add_str(r->out, value);
	end_line(r);
}

void http_request_length(struct http_request *r, uint64_t length)
{
	if (r->fault != NULL)
		return;
	buf_add_text(r->out, "Content-Length: ");
	buf_add_u64(r->out, length);
	end_line(r);
}

bool http_request_end(struct http_request *r)
{
	if (r->fault != NULL)
		return false;
	end_line(r);
	return !r->out->failed;
}
