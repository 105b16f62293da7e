#!/bin/sh
# toolchains/gate refuses what is no true static PIE: each program here lacks one thing.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'int main(void) { return 0; }' >"$work/p.c"

count=0 failed=0
refused() { # WHY TEXT FLAGS...
	why=$1 text=$2
	shift 2
	count=$((count + 1))
	if gcc "$@" -o "$work/p" "$work/p.c" 2>"$work/said" &&
		! toolchains/gate '' "$work/p" 100000000 >"$work/said" 2>&1 &&
		grep -qF -- "$why" "$work/said" && [ ! -e "$work/p" ]; then
		echo "ok $count - refuses $text"
	else
		echo "not ok $count - refuses $text"
		sed 's/^/# /' "$work/said"
		failed=1
	fi
}

refused "not position-independent" "a static program at a fixed address" -static
refused "dynamic linker" "a dynamic PIE" -pie -Wl,-z,now
refused "no RELRO" "a static PIE without RELRO" -static-pie -Wl,-z,norelro
refused "stack is executable" "an executable stack" -static-pie -Wl,-z,now -Wl,-z,execstack
refused "BIND_NOW" "a static PIE that binds late" -static-pie -Wl,-z,lazy

count=$((count + 1))
gcc -static-pie -Wl,-z,now -o "$work/p" "$work/p.c"
if toolchains/gate '' "$work/p" 1000 2>&1 | grep -q "over the budget of 1000"; then
	echo "ok $count - refuses one over its budget"
else
	echo "not ok $count - refuses one over its budget"
	failed=1
fi

count=$((count + 1))
gcc -static-pie -Wl,-z,now -o "$work/p" "$work/p.c"
if toolchains/gate '' "$work/p" 100000000 >"$work/said" 2>&1 && [ -e "$work/p" ]; then
	echo "ok $count - passes a hardened static PIE"
else
	echo "not ok $count - passes a hardened static PIE"
	sed 's/^/# /' "$work/said"
	failed=1
fi

count=$((count + 1))
gcc -static-pie -Wl,-z,now -o "$work/p" "$work/p.c"
if toolchains/gate '' "$work/p" 100000000 '' 'Tag_CPU_arch: v6' 2>&1 | grep -q "instruction set"; then
	echo "ok $count - refuses one for another instruction set"
else
	echo "not ok $count - refuses one for another instruction set"
	failed=1
fi

echo "1..$count"
exit $failed
