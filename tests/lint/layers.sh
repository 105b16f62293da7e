#!/bin/sh
# Which folder may include what: itself and the layers below it, never sideways or up. The TLS
# library's headers are known to src/sys alone, sockets and files to src/sys, src/client (poll) and
# src/cmd.
set -eu
cd "$(dirname "$0")/../.."

allowed() {
	case $1 in
	base) echo base ;;
	codec) echo base codec ;;
	scim) echo base codec scim ;;
	sys) echo base codec sys ;;
	client) echo base codec scim sys client ;;
	lib) echo base codec scim sys client lib ;;
	roster) echo base codec scim sys client roster ;;
	cmd) echo base codec scim sys client roster cmd ;;
	esac
}

n=0
failed=0
verdict() { # FAULTS TEXT
	n=$((n + 1))
	if [ -z "$1" ]; then
		echo "ok $n - $2"
	else
		failed=1
		echo "not ok $n - $2"
		echo "$1" | sed 's/^/# /'
	fi
}

for folder in src/*/; do
	layer=$(basename "$folder")
	pattern=$(allowed "$layer" | tr ' ' '|')
	verdict "$(grep -nE '^#[[:space:]]*include "' "$folder"*.[ch] | grep -vE "\"($pattern)/[a-z0-9_]+\.h\"" || true)" \
		"src/$layer includes only $(allowed "$layer")"
done
verdict "$(grep -lE '#[[:space:]]*include <(mbedtls|psa)/' -r src --include='*.[ch]' | grep -v '^src/sys/' || true)" \
	"mbedTLS is known to src/sys alone"
verdict "$(grep -nE '#[[:space:]]*include <(sys/|netinet/|netdb|unistd|fcntl|poll|time|signal|errno|stdio)' \
	src/base/*.[ch] src/codec/*.[ch] src/scim/*.[ch] |
	grep -vE 'src/base/(err|buf)\.c:.*<(stdio|errno)\.h>|<stdio\.h>' || true)" \
	"base, codec and scim touch no descriptor, clock or signal"
# Globals that change: only where the process has one of something.
verdict "$(grep -nE '^static [a-z_ *]*[a-z_]+( = [^;]*|\[[^]]*\])?;' src/base/*.c src/codec/*.c src/scim/*.c |
	grep -vE 'static const|inline' || true)" \
	"base, codec and scim keep no state of their own"
exit $failed
