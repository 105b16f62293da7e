#!/usr/bin/env python3
"""What every machine must be able to do, over verified TLS: create, list, a roster that is killed and
resumed, dates beyond 2038. Short enough to be run under an emulator for each target."""
import csv
import io
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


harness.main()
