#!/usr/bin/env python3
"""What every machine must be able to do, over verified TLS: create, list, a roster that is killed and
resumed, dates beyond 2038. Short enough to be run under an emulator for each target."""
import csv
import io
import mmap
import struct
import subprocess
import time

import harness
from harness import Authority, Sentry, case

ROWS = 12
authority = Authority(dates=("20000101000000Z", "21491231235959Z"))


def names(count):
    return ["m%d@example.com" % i for i in range(count)]


@case("a member is created and listed over verified TLS")
def _():
    with Sentry(tls=authority.issue()) as s:
        ca = ["--ca-file", authority.file]
        made = s.run(*ca, "member", "create", "ada@example.com", "--role", "manager").expect(0)
        assert made.json()["userName"] == "ada@example.com", made
        listed = s.run(*ca, "member", "list", "-o", "csv").expect(0)
        rows = list(csv.DictReader(io.StringIO(listed.out)))
        assert [(r["userName"], r["sentryOrgRole"]) for r in rows] == [
            ("ada@example.com", "manager")], listed
        assert s.members()["ada@example.com"]["sentryOrgRole"] == "manager"


@case("a server that nobody vouches for is refused, and gets no request")
def _():
    with Sentry(tls=Authority("Somebody else").issue()) as s:
        s.run("--ca-file", authority.file, "member", "create", "ada@example.com").expect(3)
        assert s.requests() == []


@case("certificates valid until 2149 are taken, those from 2040 on not yet")
def _():
    far = authority.issue(start=("20000101000000Z", "21480101000000Z"))
    with Sentry(tls=far) as s:
        s.run("--ca-file", authority.file, "member", "create", "ada@example.com").expect(0)
    later = authority.issue(start=("20400101000000Z", "21480101000000Z"))
    with Sentry(tls=later) as s:
        s.run("--ca-file", authority.file, "member", "create", "ada@example.com").expect(
            3, err="2040-01-01")


@case("a roster killed half-way and resumed makes each member once")
def _():
    roster = harness.write("userName,sentryOrgRole\n" + "".join(
        "%s,member\n" % n for n in names(ROWS)), "people.csv")
    with Sentry(tls=authority.issue()) as s:
        command = ["--url", s.url, "--org", harness.ORG, "--ca-file", authority.file, "roster",
                   "import", roster, "--rate", "4"]
        process = harness.start(*command)
        end = time.monotonic() + harness.LIMIT
        while s.methods().count("POST") < ROWS // 3:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end, s.requests()
            time.sleep(0.02)
        process.kill()
        process.communicate()
        assert len(s.members()) < ROWS, "the run was over before it was killed"
        harness.run(*command[:-1], "40", timeout=harness.LIMIT).expect(0)
        assert sorted(s.members()) == sorted(names(ROWS)), s.members()
        created = [e for e in s.log_entries() if e["method"] == "POST" and e["status"] == 201]
        assert len(created) == ROWS, created


def relro(path):
    """From where to where PT_GNU_RELRO lies in the 64-bit little-endian program at PATH, less what
    shares its last page."""
    with open(path, "rb") as f:
        image = f.read(4096)
    offset, = struct.unpack_from("<Q", image, 32)
    size, count = struct.unpack_from("<HH", image, 54)
    for i in range(count):
        kind, _, _, begin, _, _, length = struct.unpack_from("<IIQQQQQ", image, offset + i * size)
        if kind == 0x6474E552:
            return begin & -mmap.PAGESIZE, (begin + length) & -mmap.PAGESIZE
    raise AssertionError("no PT_GNU_RELRO")


@case("what only start-up writes is read-only afterwards")
def _():
    with open(harness.PROGRAM, "rb") as f:
        if f.read(6) != b"\x7fELF\2\1":
            raise harness.Skip("not a program of this machine")
    begin, end = relro(harness.PROGRAM)
    process = subprocess.Popen([harness.PROGRAM, "--token-stdin", "--org", "acme", "member", "list"],
                               env=harness.environment(), stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        limit = time.monotonic() + harness.LIMIT
        pages = []
        # It has started once it sleeps: it waits for its standard input.
        while time.monotonic() < limit and not pages:
            with open("/proc/%d/stat" % process.pid) as f:
                if f.read().rsplit(")", 1)[1].split()[0] != "S":
                    time.sleep(0.02)
                    continue
            with open("/proc/%d/maps" % process.pid) as f:
                lines = [line.split() for line in f if line.rstrip().endswith(harness.PROGRAM)]
            base = int(lines[0][0].split("-")[0], 16)
            pages = [(int(a, 16) - base, int(b, 16) - base, how) for a, b, how in (
                (*line[0].split("-"), line[1]) for line in lines)]
        assert pages, "it does not wait for its input"
        within = [how for a, b, how in pages if a < end and b > begin]
        assert within and all("w" not in how for how in within), (begin, end, pages)
    finally:
        process.stdin.close()
        process.wait()


harness.main()
