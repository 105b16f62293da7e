/*
 * Starts a command and prints its peak resident memory and its CPU time. A process inherits the
 * peak of the one it was forked from until it calls exec, and some kernels keep counting it: this
 * one is small.
 */
#define _DEFAULT_SOURCE /* wait4() */

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long long microseconds(struct timeval t)
{
	return t.tv_sec * 1000000LL + t.tv_usec;
}

int main(int argc, char *argv[])
{
	struct rusage usage;
	int status;
	pid_t child;

	if (argc < 2)
		return 2;
	child = vfork();
	if (child == 0) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) < 0)
		return 2;
	fprintf(stderr, "peak %ld KiB\n", usage.ru_maxrss);
	fprintf(stderr, "cpu %lld us\n",
		microseconds(usage.ru_utime) + microseconds(usage.ru_stime));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
