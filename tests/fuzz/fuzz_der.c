#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "codec/der.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static bool lies_in(struct str part, struct str whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static void walk(struct str rest)
{
	struct str content, element;
	size_t before;
	uint8_t tag;

	for (before = rest.n; der_next(&rest, &tag, &content, &element); before = rest.n) {
		must(rest.n < before && element.n == before - rest.n);
		must(lies_in(content, element));
	}
	must(rest.n == before);
}

/* A stand-in made of a certificate's name and key must hold the same name and key. */
static void rebuild(const struct der_certificate *c)
{
	struct der_certificate again;
	struct buf out;

	buf_init(&out, c->subject.n * 2 + c->spki.n + 256);
	der_anchor(c->subject, c->spki, &out);
	must(!out.failed && der_certificate(buf_str(&out), false, &again));
	must(str_equal(again.subject, c->subject) && str_equal(again.spki, c->spki));
	buf_wipe(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = str_from((const char *)data, size);
	struct der_certificate c, front;

	walk(bytes);
	if (der_certificate(bytes, true, &front))
		must(lies_in(front.subject, bytes) && lies_in(front.issuer, bytes));
	if (der_certificate(bytes, false, &c)) {
		must(lies_in(c.spki, bytes) && str_equal(c.subject, front.subject));
		rebuild(&c);
	}
	return 0;
}
