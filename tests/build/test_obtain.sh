#!/bin/sh
# third_party/obtain, in a copy of its folder with a manifest and a tarball of the test's own, and
# neither network nor apt in reach: from third_party/dist, a wrong hash, nothing at all.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

count=0
check() { # TEXT CONDITION...
	text=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $text"
	else
		echo "not ok $count - $text"
		[ ! -f "$work/said" ] || sed 's/^/# /' "$work/said"
		failed=1
	fi
}
failed=0

# Commands of the script, without curl, wget and apt-get.
mkdir -p "$work/bin" "$work/tree/third_party/dist"
for c in sh sed cut sha256sum tar gzip rm mkdir mv dirname flock awk grep head tail ls cat; do
	ln -s "$(command -v "$c")" "$work/bin/$c"
done
cp "$root/third_party/obtain" "$work/tree/third_party/"
tree=$work/tree

mkdir "$work/thing-1.0"
echo "the wanted file" >"$work/thing-1.0/wanted.c"
echo "another" >"$work/thing-1.0/other.c"
tar -C "$work" -czf "$work/thing.tar.gz" thing-1.0
hash=$(sha256sum "$work/thing.tar.gz" | cut -d' ' -f1)

manifest() { # SHA256
	cat >"$tree/third_party/thing.mf" <<-MANIFEST
		name     thing
		version  1.0
		file     thing_1.0.orig.tar.gz
		sha256   $1
		licence  MIT
		upstream https://thing.invalid/thing-1.0.tar.gz
		source   thing
		suites   stable
		newer    1.
		keep     */wanted.c
	MANIFEST
}
obtain() {
	PATH="$work/bin" "$tree/third_party/obtain" thing >"$work/said" 2>&1
}
obtain_fails() { ! obtain; }
says() { grep -qF -- "$1" "$work/said"; }
says_nothing_of() { ! says "$1"; }
unpacked=$tree/build/third_party/thing

manifest "$hash"
check "nothing to be had: fails" obtain_fails
check "nothing to be had: names the file to bring" says "thing_1.0.orig.tar.gz"
check "nothing to be had: names where to put it" says "third_party/dist/"
check "nothing to be had: names the hash it must have" says "$hash"
check "nothing to be had: names where it comes from" says "https://thing.invalid/thing-1.0.tar.gz"
check "nothing to be had: leaves nothing unpacked" test ! -e "$unpacked"

cp "$work/thing.tar.gz" "$tree/third_party/dist/thing_1.0.orig.tar.gz"
check "from dist, without any network: succeeds" obtain
check "from dist: unpacks what the manifest keeps" test -f "$unpacked/wanted.c"
check "from dist: leaves out the rest" test ! -e "$unpacked/other.c"
check "from dist: notes version and hash" grep -qx "1.0 $hash" "$unpacked/.obtained"

rm -rf "$tree/build"
echo "tampered" >>"$tree/third_party/dist/thing_1.0.orig.tar.gz"
got=$(sha256sum "$tree/third_party/dist/thing_1.0.orig.tar.gz" | cut -d' ' -f1)
check "wrong hash: fails" obtain_fails
check "wrong hash: shows the one expected" says "expected $hash"
check "wrong hash: shows the one it got" says "got      $got"
check "wrong hash: unpacks nothing" test ! -e "$unpacked"
check "wrong hash: goes on to no other source" says_nothing_of "cannot obtain"

# Upstream by a curl that answers from a file.
rm -f "$tree/third_party/dist/thing_1.0.orig.tar.gz"
cat >"$work/bin/curl" <<EOC
#!/bin/sh
while [ \$# -gt 1 ]; do [ "\$1" = -o ] && out=\$2; shift; done
[ -f "$work/upstream.tar.gz" ] && cat "$work/upstream.tar.gz" >"\$out"
EOC
chmod +x "$work/bin/curl"
check "upstream out of reach: fails" obtain_fails
check "upstream out of reach: says what to do" says "third_party/dist/"
cp "$work/thing.tar.gz" "$work/upstream.tar.gz"
check "from upstream: succeeds" obtain
check "from upstream: unpacks" test -f "$unpacked/wanted.c"
rm "$work/upstream.tar.gz" "$work/bin/curl"
rm -rf "$unpacked"
check "obtained once, the archive serves again" obtain
rm -rf "$tree/build"
cp "$work/thing.tar.gz" "$tree/third_party/dist/thing_1.0.orig.tar.gz"
manifest 0000000000000000000000000000000000000000000000000000000000000000
check "another pin: the old tarball does not pass" obtain_fails

echo "1..$count"
exit $failed
