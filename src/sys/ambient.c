#include "sys/ambient.h"

static struct ambient only;
static bool started;

struct ambient *ambient(void)
{
	return &only;
}

bool ambient_start(bool (*start)(struct err *e), struct err *e)
{
	started = started || start(e);
	return started;
}
