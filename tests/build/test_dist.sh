#!/bin/sh
# A release of this machine's program alone: complete, sums right, bills of materials as their formats
# ask, the same bytes twice, signed where a tool is installed.
set -u
cd "$(dirname "$0")/../.." || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL SIGN_KEY
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
target=$(uname -m)-linux-musl
count=0 failed=0
check() { # TEXT COMMAND...
	text=$1
	shift
	count=$((count + 1))
	if "$@" >"$work/said" 2>&1; then
		echo "ok $count - $text"
	else
		echo "not ok $count - $text"
		sed 's/^/# /' "$work/said"
		failed=1
	fi
}

check "the program is built" make -s "build/$target/run"
check "a release is made" toolchains/dist "$work/one" "$target"
base=$(basename "$work"/one/sentry-scim-*.tar.gz .tar.gz)
sums_agree() { (cd "$work/one" && sha256sum -c --strict SHA256SUMS); }
all_summed() {
	(cd "$work/one" && find . -type f ! -name SHA256SUMS | sed 's|^\./||' | sort) >"$work/files"
	cut -c67- "$work/one/SHA256SUMS" | sort | diff "$work/files" -
}
complete() {
	for f in "$base.tar.gz" "$base-$target" "$base-$target.debug" sentry-scim.1 sentry-scim.bash \
		_sentry-scim sentry-scim.fish "$base.spdx.json" "$base.cdx.json" licences/sentry-scim.txt \
		licences/mbedtls.txt licences/musl.txt licences/mozilla-ca.txt licences/libgcc.txt; do
		[ -s "$work/one/$f" ] || { echo "$f is missing" && return 1; }
	done
}
program_runs() { "$work/one/$base-$target" version | grep -q "^sentry-scim ${base#sentry-scim-}$"; }
# The folder's tests are told apart from what is made by the source alone being in it.
source_whole() {
	tar -tzf "$work/one/$base.tar.gz" >"$work/names" &&
		grep -qx "$base/Makefile" "$work/names" && grep -qx "$base/src/main.c" "$work/names" &&
		! grep -qE "^$base/(build|third_party/dist)/" "$work/names"
}
bills() {
	python3 - "$work/one" "$base" "$target" <<'PYTHON'
import hashlib, json, re, sys
folder, base, target = sys.argv[1:]
digest = hashlib.sha256(open("%s/%s-%s" % (folder, base, target), "rb").read()).hexdigest()
spdx = json.load(open("%s/%s.spdx.json" % (folder, base)))
assert spdx["spdxVersion"] == "SPDX-2.3" and spdx["dataLicense"] == "CC0-1.0", spdx
assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", spdx["creationInfo"]["created"])
names = {p["name"]: p for p in spdx["packages"]}
assert set(names) == {"sentry-scim", "mbedtls", "musl", "mozilla-ca", "libgcc"}, names
for p in spdx["packages"]:
    assert p["versionInfo"] and p["downloadLocation"] and p["licenseDeclared"], p
for name in ("mbedtls", "musl", "mozilla-ca"):
    manifest = dict(l.split(None, 1) for l in open("third_party/%s.mf" % name).read().splitlines() if l)
    assert names[name]["versionInfo"] == manifest["version"]
    assert names[name]["checksums"][0]["checksumValue"] == manifest["sha256"]
    assert names[name]["externalRefs"][0]["referenceLocator"].startswith("cpe:2.3:a:")
ids = [x["SPDXID"] for x in spdx["packages"] + spdx["files"]] + ["SPDXRef-DOCUMENT"]
assert len(ids) == len(set(ids)) and all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", i) for i in ids)
assert all(r["spdxElementId"] in ids and r["relatedSpdxElement"] in ids for r in spdx["relationships"])
assert {"algorithm": "SHA256", "checksumValue": digest} in spdx["files"][0]["checksums"]
cdx = json.load(open("%s/%s.cdx.json" % (folder, base)))
assert cdx["bomFormat"] == "CycloneDX" and cdx["specVersion"] == "1.5" and cdx["version"] == 1
assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", cdx["serialNumber"])
refs = [c["bom-ref"] for c in cdx["components"]] + [cdx["metadata"]["component"]["bom-ref"]]
assert len(refs) == len(set(refs))
assert all(d["ref"] in refs and set(d["dependsOn"]) <= set(refs) for d in cdx["dependencies"])
assert any(h["content"] == digest for c in cdx["components"] for h in c.get("hashes", []))
PYTHON
}
same_again() { toolchains/dist "$work/two" "$target" && diff -r "$work/one" "$work/two"; }

check "everything is there" complete
check "every sum is right" sums_agree
check "every file has a sum" all_summed
check "the program in it runs" program_runs
check "the source is whole, and only source" source_whole
check "SPDX and CycloneDX name what is linked in, with the hashes of their pins" bills
check "made again it is the same bytes" same_again

signed() { # TOOL
	export SIGN_KEY
	case $1 in
	minisign)
		minisign -G -W -f -p "$work/pub" -s "$work/key" >/dev/null 2>&1 || return 1
		SIGN_KEY=$work/key toolchains/dist "$work/signed" "$target" &&
			(cd "$work/signed" && minisign -V -p "$work/pub" -m SHA256SUMS)
		;;
	*)
		rm -f "$work/k.pub" "$work/k.sec"
		"$1" -G -n -p "$work/k.pub" -s "$work/k.sec" || return 1
		SIGN_KEY=$work/k.sec toolchains/dist "$work/signed" "$target" &&
			"$1" -V -p "$work/k.pub" -m "$work/signed/SHA256SUMS" -x "$work/signed/SHA256SUMS.sig"
		;;
	esac
}
for tool in minisign signify-openbsd; do
	if command -v "$tool" >/dev/null; then
		check "signed by $tool, and verified" signed "$tool"
	else
		count=$((count + 1))
		echo "ok $count - signed by $tool # SKIP $tool is not installed"
	fi
done
echo "1..$count"
exit $failed
