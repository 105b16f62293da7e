#!/bin/sh
# Each header compiles alone, twice in one file, and has a guard named after its place.
set -eu
cd "$(dirname "$0")/../.."
n=0
failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for header in src/*/*.h; do
	n=$((n + 1))
	place=${header#src/}
	guard=SENTRY_SCIM_$(echo "${place%.h}_H" | tr 'a-z/' 'A-Z_')
	case $header in
	src/sys/mbedtls_config.h | src/lib/mbedtls_config.h) # goes into every file of the library, not into ours
		echo "ok $n - $header is the library's configuration"
		continue
		;;
	esac
	if ! grep -q "^#ifndef $guard\$" "$header"; then
		echo "no guard $guard" >"$out"
	elif printf '#include "%s"\n#include "%s"\nextern int unit;\n' "$place" "$place" |
		"${CC:-gcc}" -std=c11 -D_POSIX_C_SOURCE=200809L -Isrc -isystem build/third_party/mbedtls/include \
			-Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c - 2>"$out"; then
		echo "ok $n - $header stands alone"
		continue
	fi
	failed=1
	echo "not ok $n - $header stands alone"
	sed 's/^/# /' "$out"
done
exit $failed
