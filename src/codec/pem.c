#include "codec/pem.h"

#include <string.h>

/* Editors on Windows put a byte order mark in front of the first line. */
#define MARK "\xEF\xBB\xBF"

static const struct str begin_line = STR("-----BEGIN CERTIFICATE-----");
static const struct str end_line = STR("-----END CERTIFICATE-----");

void pem_init(struct pem *p, struct buf *der)
{
	*p = (struct pem){.der = der};
	base64_decode_init(&p->decoder);
}

/* The start of the line under way. */
static struct str line_start(const struct pem *p)
{
	return str_from(p->line, p->line_len < sizeof(p->line) ? p->line_len : sizeof(p->line));
}

static bool is_begin(const struct pem *p)
{
	struct str line = str_trim_space(line_start(p));

	if (p->line_len > sizeof(p->line))
		return false;
	if (str_starts(line, MARK))
		line = str_skip(line, sizeof(MARK) - 1);
	return str_equal(line, begin_line);
}

static void begin(struct pem *p)
{
	buf_clear(p->der);
	base64_decode_init(&p->decoder);
	p->inside = true;
	p->spoilt = false;
	p->skip = false;
}

/* Ends the block under way. */
static enum pem_step end(struct pem *p)
{
	bool whole = !p->spoilt && base64_decode_done(&p->decoder, false, p->der);

	p->inside = false;
	if (p->skip)
		return PEM_MORE;
	return whole && !p->der->failed && p->der->len > 0 ? PEM_CERTIFICATE : PEM_SPOILT;
}

/* The line is over. */
static enum pem_step take_line(struct pem *p)
{
	enum pem_step step = PEM_MORE;

	if (is_begin(p)) {
		if (p->inside && !p->skip)
			step = PEM_SPOILT; /* the block before has no end */
		begin(p);
	} else if (p->inside && p->line_len > 0 && p->line[0] == '-') {
		p->spoilt = true;
	}
	p->line_len = 0;
	return step;
}

static void keep(struct pem *p, struct str bytes)
{
	size_t room = sizeof(p->line) - line_start(p).n;

	if (room > 0 && bytes.n > 0)
		memcpy(p->line + p->line_len, bytes.p, bytes.n < room ? bytes.n : room);
	p->line_len += bytes.n;
}

static void decode(struct pem *p, struct str bytes)
{
	if (p->inside && !p->spoilt && !p->skip && p->line[0] != '-')
		p->spoilt = !base64_decode_feed(&p->decoder, bytes, p->der) || p->der->failed;
}

/*
 * Whether BYTES, the next of the line, complete an END line; then *USED is what it took of them.
 * Its last dash ends the block: the file may end there as well.
 */
static bool completes_end(struct pem *p, struct str bytes, size_t *used)
{
	struct str missing;

	if (!p->inside || p->line_len >= end_line.n)
		return false;
	missing = str_skip(end_line, p->line_len);
	*used = missing.n;
	return str_equal(line_start(p), str_from(end_line.p, p->line_len)) &&
		bytes.n >= missing.n && str_equal(str_from(bytes.p, missing.n), missing);
}

/* Takes bytes up to the end of the line, of an END line, or of DATA. */
static enum pem_step feed_line(struct pem *p, struct str data, size_t *used)
{
	const char *lf = memchr(data.p, '\n', data.n);
	struct str bytes = lf != NULL ? str_from(data.p, (size_t)(lf - data.p)) : data;

	if (completes_end(p, bytes, used)) {
		keep(p, str_from(bytes.p, *used));
		return end(p);
	}
	keep(p, bytes);
	decode(p, bytes);
	*used = bytes.n + (lf != NULL ? 1 : 0);
	return lf != NULL ? take_line(p) : PEM_MORE;
}

/*
 * How much of DATA a block that nobody wants reaches over. Base64 has no dash, so the next one is
 * where its last line begins.
 */
static size_t passed_over(struct pem *p, struct str data)
{
	const char *dash;

	if (!p->inside || !p->skip || (p->line_len > 0 && p->line[0] == '-'))
		return 0;
	p->line_len = 0;
	dash = memchr(data.p, '-', data.n);
	return dash != NULL ? (size_t)(dash - data.p) : data.n;
}

enum pem_step pem_feed(struct pem *p, const char *data, size_t len, size_t *used)
{
	enum pem_step step = PEM_MORE;
	size_t n;

	*used = 0;
	while (step == PEM_MORE) {
		*used += passed_over(p, str_from(data + *used, len - *used));
		if (*used == len)
			break;
		step = feed_line(p, str_from(data + *used, len - *used), &n);
		*used += n;
	}
	return step;
}

void pem_skip(struct pem *p)
{
	p->skip = p->inside;
}

bool pem_cut(const struct pem *p)
{
	return p->inside || is_begin(p);
}
