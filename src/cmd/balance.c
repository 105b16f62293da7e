#include "cmd/balance.h"

static int code_of(enum err_kind kind)
{
	const struct err e = {.kind = kind};

	return err_exit_code(&e);
}

void balance_failure(struct balance *b, const struct err *e)
{
	int code = err_exit_code(e);

	if (e->kind == ERR_INTERRUPTED || b->code == 0 || code == code_of(ERR_UNKNOWN))
		b->code = code;
	else if (b->code != code && b->code != code_of(ERR_UNKNOWN))
		b->code = code_of(ERR_PARTIAL);
	b->failed++;
}

int balance_exit_code(const struct balance *b)
{
	if (b->failed == 0)
		return 0;
	if (b->done > 0 && b->code < 128 && b->code != code_of(ERR_UNKNOWN))
		return code_of(ERR_PARTIAL);
	return b->code;
}
