/* Whole and byte by byte the same certificates must be found. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "codec/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DER_MAX 512u

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* What was found, each certificate behind a 'C', 'S' for a spoilt block, '!' for a cut one. */
static void read_all(struct str text, size_t piece, struct buf *found)
{
	struct buf der;
	struct pem p;
	enum pem_step step;
	size_t used, n;

	buf_init(&der, DER_MAX);
	pem_init(&p, &der);
	while (text.n > 0) {
		n = text.n < piece ? text.n : piece;
		step = pem_feed(&p, text.p, n, &used);
		must(used <= n && used > 0 && (step != PEM_MORE || used == n));
		if (step == PEM_CERTIFICATE) {
			must(der.len > 0 && der.len <= DER_MAX);
			buf_add_char(found, 'C');
			buf_add_str(found, buf_str(&der));
		} else if (step == PEM_SPOILT) {
			buf_add_char(found, 'S');
		}
		text = str_skip(text, used);
	}
	if (pem_cut(&p))
		buf_add_char(found, '!');
	buf_wipe(&der);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_from((const char *)data, size);
	struct buf whole, bytewise;

	buf_init(&whole, size + 1);
	buf_init(&bytewise, size + 1);
	read_all(text, size + 1, &whole);
	read_all(text, 1, &bytewise);
	must(!whole.failed && str_equal(buf_str(&whole), buf_str(&bytewise)));
	buf_wipe(&whole);
	buf_wipe(&bytewise);
	return 0;
}
