#!/bin/sh
# The programs for other machines: each is built, passes the gate, and creates members end to end
# over verified TLS under an emulator. What cannot be built for want of a compiler is skipped.
set -u
cd "$(dirname "$0")/../.." || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL
count=0 failed=0
said=$(mktemp)
trap 'rm -f "$said"' EXIT

check() { # TARGET COMPILER EMULATOR
	count=$((count + 1))
	if ! command -v "$2" >/dev/null || ! command -v "$3" >/dev/null; then
		echo "ok $count - $1 # SKIP $2 or $3 is not installed"
		return
	fi
	if ! make -s TARGET="$1" all "build/$1/run" server >"$said" 2>&1; then
		echo "not ok $count - $1 is built"
		sed 's/^/# /' "$said"
		failed=1
		return
	fi
	echo "ok $count - $1 is built: $(sed -n 's/.*: \([0-9]* bytes\) of.*/\1/p' "$said")"
	SENTRY_SCIM=build/$1/run tests/cli/run everywhere member_create tls >"$said" 2>&1 || failed=1
	while read -r line; do
		case $line in
		ok\ * | not\ ok\ *)
			count=$((count + 1))
			echo "$line" | sed "s/^\(ok\|not ok\) [0-9]* - /\1 $count - $1: /"
			;;
		\#*) echo "$line" ;;
		esac
	done <"$said"
}

check aarch64-linux-musl aarch64-linux-gnu-gcc qemu-aarch64
check mips-linux-muslsf mips-linux-gnu-gcc qemu-mips
exit $failed
