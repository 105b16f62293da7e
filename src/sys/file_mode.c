#include "sys/file_mode.h"

#include <sys/stat.h>

bool file_mode_others_may_read(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		(st.st_mode & (S_IRGRP | S_IROTH)) != 0;
}
