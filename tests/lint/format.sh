#!/bin/sh
# Layout is decided by .clang-format.
set -eu
cd "$(dirname "$0")/../.."
format=$(command -v clang-format-14 || command -v clang-format) || {
	echo "not ok 1 - clang-format-14 is installed"
	exit 1
}
n=0
failed=0
for file in $(find src tests third_party toolchains -name '*.[ch]' -not -path 'tests/corpora/*' | sort); do
	n=$((n + 1))
	if "$format" --dry-run -Werror "$file" 2>/dev/null; then
		echo "ok $n - layout of $file"
	else
		failed=1
		echo "not ok $n - layout of $file (make format)"
	fi
done
exit $failed
