#include "sys/roots.h"

#include <stdint.h>

#include "codec/der.h"
#include "sys/roots_data.h"

/* Stands in when nothing is linked that defines the table: a binary without roots. */
const struct roots_data roots_data __attribute__((weak)) = {.date = "none"};

size_t roots_count(void)
{
	return roots_data.count;
}

const char *roots_date(void)
{
	return roots_data.date;
}

void roots_get(size_t index, struct str *subject, struct str *spki)
{
	size_t start = roots_data.ends[index], end = roots_data.ends[index + 1];
	struct str rest = str_from((const char *)roots_data.bytes + start, end - start);
	uint8_t tag;
	struct str content;

	*subject = *spki = str_from(NULL, 0);
	/* The tool that writes the table has checked each pair. */
	if (der_next(&rest, &tag, &content, subject))
		*spki = rest;
}
