#!/usr/bin/env python3
"""Section 5 of the contract: what happens to a create when the network fails."""
import os
import signal
import subprocess
import time

import harness
from harness import ORG, TOKEN, Scripted, Sentry, answer, answering, case, read_request, run

NAME = "ada@example.com"


def create(s, *arguments, **options):
    return s.run("member", "create", NAME, *arguments, **options)


def created_once(s):
    assert list(s.members()).count(NAME) == 1, s.members()


@case("an answer lost after the create was done: found by look-up, exit 0, said on stderr")
def _():
    for fault in ("drop-after", "reset-after", "commit-502", "commit-503", "commit-504",
                  "commit-then-500", "cut:40", "cut-reset:40"):
        with Sentry("--fault", "POST Users#1=" + fault) as s:
            r = create(s).expect(0, err="look-up confirmed")
            assert r.json()["userName"] == NAME, r
            assert s.methods() == ["POST", "GET"], (fault, s.methods())
            created_once(s)


@case("a create that was not done is sent again after the look-up said so")
def _():
    for fault in ("drop-before", "reset-before", "502", "503", "504"):
        with Sentry("--fault", "POST Users#1=" + fault) as s:
            r = create(s).expect(0)
            assert r.json()["userName"] == NAME, r
            assert s.methods() == ["POST", "GET", "POST"], (fault, s.methods())
            created_once(s)


@case("the look-up asks by the exact filter")
def _():
    with Sentry("--fault", "POST Users#1=drop-after") as s:
        create(s).expect(0)
        assert s.requests()[1][1].endswith(
            "/Users?filter=userName%20eq%20%22ada%40example.com%22"), s.requests()


@case("a slow server: after the time-out the member is looked up, not sent again blindly")
def _():
    with Sentry("--fault", "POST Users#1=stall") as s:
        create(s, "--timeout", "0.5").expect(0)
        assert s.methods()[:2] == ["POST", "GET"], s.methods()
        created_once(s)


@case("a create that the server finishes late is recognised, not refused as a duplicate")
def _():
    with Sentry("--fault", "POST Users#1=late-commit:400", "--fault", "POST Users#2=drop-after",
                ) as s:
        create(s).expect(0)
        created_once(s)


@case("when asking fails too the outcome is unknown: exit 4, stdout empty, no second create")
def _():
    for fault in ("GET Users#1+=drop-before", "GET Users#1+=503", "GET Users#1+=403",
                  "GET Users#1+=html200"):
        if fault.endswith("403"):
            fault = "GET Users#1+=status:403"
        with Sentry("--fault", "POST Users#1=drop-after", "--fault", fault) as s:
            create(s, "--retries", "1").expect(4, out="", err=[NAME, "not known", "hint: "])
            assert s.methods().count("POST") == 1, s.methods()


@case("a look-up that fails once is repeated")
def _():
    with Sentry("--fault", "POST Users#1=drop-after", "--fault", "GET Users#1=503") as s:
        create(s).expect(0)
        assert s.methods() == ["POST", "GET", "GET"], s.methods()


@case("retries are counted: N repetitions of the create, then exit 9")
def _():
    for retries in (0, 1, 3):
        with Sentry("--fault", "POST Users#1+=503") as s:
            create(s, "--retries", str(retries)).expect(9, out="", err="503")
            assert s.methods().count("POST") == retries + 1, s.methods()


@case("429 is waited for as Retry-After says, and repeated without a look-up")
def _():
    with Sentry("--fault", "POST Users#1=429,retry-after:1") as s:
        begun = time.monotonic()
        create(s).expect(0)
        assert time.monotonic() - begun >= 1
        assert s.methods() == ["POST", "POST"], s.methods()


@case("429 in every shape is repeated: with reset headers, bare, for concurrency")
def _():
    for fault in ("429", "429-bare", "429-concurrency"):
        with Sentry("--fault", "POST Users#1=" + fault) as s:
            create(s).expect(0)
            assert s.methods() == ["POST", "POST"], s.methods()


@case("a wait longer than --max-wait is not waited for: exit 9 at once, saying how long")
def _():
    with Sentry("--fault", "POST Users#1+=429,retry-after:3600") as s:
        begun = time.monotonic()
        create(s).expect(9, out="", err=["429", "3600 s", "--max-wait"])
        assert time.monotonic() - begun < 10
        assert s.methods() == ["POST"], s.methods()


@case("429 without end: exit 9 after the retries")
def _():
    with Sentry("--fault", "POST Users#1+=429-bare") as s:
        create(s, "--retries", "1").expect(9, out="")
        assert s.methods() == ["POST", "POST"], s.methods()


@case("a 500 that did nothing is reported as the refusal it is, once")
def _():
    with Sentry("--fault", "POST Users#1+=500") as s:
        create(s).expect(1, out="", err="sentry-scim: 500 ")
        assert s.methods() == ["POST", "GET"], s.methods()


@case("a login page with status 200 is not taken for a member")
def _():
    with Sentry("--fault", "POST Users#1=html200") as s:
        create(s).expect(1, out="", err="not this member")
        assert NAME not in s.members()


@case("redirects are reported with their target and never followed")
def _():
    for code in ("301", "302", "303", "307", "308"):
        with Sentry("--fault", "POST Users#1+=redirect:%s:https://other.example/x" % code) as s:
            create(s).expect(1, out="", err=[code, "https://other.example/x"])
            assert s.methods() == ["POST"], s.methods()


@case("nothing listens: exit 3 after the retries, naming address and cause")
def _():
    r = run("--url", "http://127.0.0.1:1", "--org", ORG, "--retries", "1", "member", "create", NAME)
    r.expect(3, out="", err=["127.0.0.1:1", "refused"])


@case("a name that does not exist: exit 3")
def _():
    r = run("--url", "https://no-such-host.invalid", "--org", ORG, "--retries", "0", "member",
            "create", NAME)
    r.expect(3, out="", err="no-such-host.invalid")


@case("a connection that is never answered ends at --connect-timeout with exit 3")
def _():
    def deaf(connection):
        time.sleep(harness.LIMIT)
    with Scripted(deaf) as s:
        begun = time.monotonic()
        run("--url", "https://127.0.0.1:%d" % s.port, "--org", ORG, "--retries", "0",
            "--connect-timeout", "0.5", "member", "create", NAME).expect(
                3, out="", err=["timed out", "TLS"])
        assert time.monotonic() - begun < 10


@case("what is no HTTP is a protocol error, and after a create its outcome is looked up")
def _():
    with Sentry("--fault", "POST Users#1=garbage") as s:
        create(s).expect(0)
        assert s.methods() == ["POST", "GET", "POST"], s.methods()


@case("a read that is answered by what is no HTTP is not understood, not unavailable: exit 1")
def _():
    for arguments in (("list",), ("get", "a@example.com"), ("get", "242")):
        with Sentry("--fault", "GET Users=garbage") as s:
            s.run("member", *arguments, "--retries", "1").expect(1, out="", err="not valid HTTP")
            assert s.methods() == ["GET", "GET"], s.methods()


@case("an answer without length counts only when the connection ends in order")
def _():
    with Sentry("--fault", "POST Users#1=no-length") as s:
        create(s).expect(0)
        assert s.methods() == ["POST"], s.methods()


@case("chunked answers, trailers and interim answers are understood")
def _():
    for fault in ("chunked", "chunked-trailers", "interim"):
        with Sentry("--fault", "POST Users#1=" + fault) as s:
            create(s).expect(0)
            assert s.methods() == ["POST"], (fault, s.methods())


@case("a kept connection that the server closed is replaced before the next create is sent")
def _():
    for fault in ("close", "extra-bytes"):
        with Sentry("--fault", "POST Users#1=" + fault) as s:
            s.run("member", "create", "a@example.com", "b@example.com").expect(0)
            assert s.methods() == ["POST", "POST"], (fault, s.methods())
            assert len({e["connection"] for e in s.log_entries()}) == 2


@case("an endless body is cut off at the limit; the create's outcome is looked up")
def _():
    with Sentry("--fault", "POST Users#1=huge-body:8000000") as s:
        create(s).expect(0)
        assert s.methods()[1] == "GET", s.methods()
        created_once(s)


@case("a compressed answer that nobody asked for is not guessed at")
def _():
    body = '{"id":"1","userName":"%s"}' % NAME
    with Scripted(answering(answer(201, body, "Content-Encoding: gzip"))) as s:
        run("--scim-url", s.url, "--retries", "0", "member", "create", NAME).expect(4, out="")


@case("SIGINT in the middle of a create: exit 130 and the doubt is said; SIGTERM: 143")
def _():
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        with Sentry("--fault", "POST Users#1+=stall") as s:
            process = subprocess.Popen(
                [harness.PROGRAM, "--url", s.url, "--org", ORG, "member", "create", NAME],
                env=harness.environment({"SENTRY_AUTH_TOKEN": TOKEN}), stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, start_new_session=True)
            for _ in range(200):
                if s.methods():
                    break
                time.sleep(0.05)
            os.kill(process.pid, number)
            out, err = process.communicate(timeout=harness.LIMIT)
            assert process.returncode == code, (process.returncode, err)
            assert out == b"" and b"not known" in err, err


@case("a user name that cannot be searched for is never sent twice")
def _():
    name = 'a,"b"@example.com'
    with Scripted(lambda c: read_request(c)) as s:
        run("--url", s.url, "--org", ORG, "member", "create", name).expect(4, out="")
        assert s.connections == 1, s.connections


@case("notes about repetition are silent under -q, and -v tells of connections")
def _():
    with Sentry("--fault", "POST Users#1=503") as s:
        assert create(s, "-q").expect(0).err == ""
    with Sentry() as s:
        create(s, "-v").expect(0, err="connected to 127.0.0.1:%d" % s.port)
    with Sentry() as s:
        r = create(s, "-vvv").expect(0, err=["> POST ", "< HTTP/1.1 201", "userName"])


if __name__ == "__main__":
    harness.main()
