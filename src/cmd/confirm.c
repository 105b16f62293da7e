#include "cmd/confirm.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/console.h"
#include "sys/signals.h"

/* One line from the terminal, cut to SIZE. */
static bool read_answer(char *line, size_t size, size_t *len, struct err *e)
{
	struct pollfd terminal = {.fd = STDIN_FILENO, .events = POLLIN};
	ssize_t n;

	*len = 0;
	while (stop_poll(signals_stop(), &terminal, 1, -1) < 0) {
		if (stop_asked(signals_stop()) != 0)
			return stop_error(signals_stop(), e);
		if (errno != EINTR)
			return err_sys(e, ERR_SYSTEM, errno, "the terminal");
	}
	n = read(STDIN_FILENO, line, size);
	if (n < 0)
		return err_sys(e, ERR_INPUT, errno, "the terminal");
	*len = (size_t)n;
	return true;
}

bool confirm(const struct opts *o, const char *what, struct err *e)
{
	char line[64];
	struct str answer;
	size_t len;

	if (opt_given(o, OPT_YES) || !console_is_terminal(STDIN_FILENO) ||
		!console_is_terminal(STDERR_FILENO))
		return true;
	console_line(LOG_ERROR, "%s. This cannot be taken back. Go on? [y/N]", what);
	if (!read_answer(line, sizeof(line), &len, e))
		return false;
	answer = str_trim_space(str_from(line, len));
	return str_is_fold(answer, "y") || str_is_fold(answer, "yes") ||
		err_set(e, ERR_INPUT, "nothing was done");
}
