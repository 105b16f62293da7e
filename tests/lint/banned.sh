#!/bin/sh
# Calls that a reviewer would have to argue about each time are not made at all.
set -eu
cd "$(dirname "$0")/../.."
n=0
failed=0
code() { # source lines without comments, strings emptied
	sed -E 's|//.*||; s|"([^"\\]\|\\.)*"|""|g; s|/\*.*\*/||g; s|^[[:space:]]*\*.*||; s|/\*.*||' "$1"
}
look() { # TEXT PATTERN FILES...
	text=$1 pattern=$2
	shift 2
	faults=
	for file; do
		hits=$(code "$file" | grep -nE "$pattern" | sed "s|^|$file:|" || true)
		[ -z "$hits" ] || faults="$faults$hits
"
	done
	n=$((n + 1))
	if [ -z "$faults" ]; then
		echo "ok $n - $text"
	else
		failed=1
		echo "not ok $n - $text"
		printf %s "$faults" | sed 's/^/# /'
	fi
}
all="$(find src third_party tests/server -name '*.c' -o -name '*.h' | sort)"
own="$(find src -name '*.c' -o -name '*.h' | sort)"
# shellcheck disable=SC2086
{
	look "no unbounded copies" '\b(strcpy|strcat|sprintf|vsprintf|gets|stpcpy|strncpy|strncat)\(' $all
	look "no conversions that hide errors" '\b(atoi|atol|atoll|atof|strtol|strtoul|strtoll|strtoull|strtod|sscanf|scanf|fscanf)\(' $own
	look "no hidden state" '\b(strtok|localtime|gmtime|ctime|asctime|gethostbyname|inet_ntoa|inet_aton|rand|srand|random|setlocale)\(' $own
	look "no locale's character classes" '\b(isalpha|isdigit|isalnum|isspace|isupper|islower|isprint|isxdigit|toupper|tolower|strcasecmp|strncasecmp)\(' $own
	look "no stack memory of run-time size" '\b(alloca)\(' $own
	look "no shells and no exec" '\b(system|popen|execvp|execlp|execv|execl|execve)\(' $own
	look "no jumps out of functions" '\b(setjmp|longjmp|sigsetjmp|siglongjmp)\(' $own
	look "no buffered streams" '\b(printf|fprintf|puts|fputs|putchar|fopen|fread|fwrite|fgets|getline|perror)\(' $own
	look "nobody but main and the resolver's child ends the process" '\b(exit|_exit|_Exit|quick_exit)\(' \
		$(echo "$own" | tr ' ' '\n' | grep -vE '^src/(main|sys/net_apart)\.c$')
	look "below roster, memory comes from base/memory" '\b(malloc|calloc|realloc|free|strdup|strndup)\(' \
		$(echo "$own" | tr ' ' '\n' | grep -E '^src/(base|codec|scim|sys|client|lib)/' | grep -vE '^src/(base/memory|lib/surroundings)\.c$')
	look "nothing is left for later" '(TODO|FIXME|XXX|HACK)' $all
}
exit $failed
