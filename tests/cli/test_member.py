#!/usr/bin/env python3
"""`member list|get|status|set-role|delete`."""
import csv
import fcntl
import io
import json
import os
import pty
import struct
import subprocess
import termios
import time

import harness
from harness import ORG, TOKEN, Scripted, Sentry, answer, answering, case, read_request, run

ADA = "ada@example.com"


@case("list brings every page, in order, without duplicates")
def _():
    with Sentry("--members", "1003") as s:
        r = s.run("member", "list").expect(0)
        ids = [m["id"] for m in r.json()]
        assert len(ids) == 1003 == len(set(ids)), len(ids)
        starts = [t.split("startIndex=")[1].split("&")[0] for _, t in s.requests()]
        assert starts == [str(1 + 100 * i) for i in range(11)], starts
        assert len({e["connection"] for e in s.log_entries()}) == 1
        r = s.run("member", "list", "-o", "jsonl", "--limit", "150").expect(0)
        assert [json.loads(x)["id"] for x in r.out.splitlines()] == ids[:150]


@case("an empty list is [], a bare head, or nothing")
def _():
    with Sentry() as s:
        s.run("member", "list").expect(0, out="[]\n")
        s.run("member", "list", "-o", "csv").expect(0, out="userName,sentryOrgRole,active,id\n")
        s.run("member", "list", "-o", "jsonl").expect(0, out="")
        r = s.run("member", "list", "-o", "table").expect(0)
        assert r.out.split() == ["USER", "NAME", "ROLE", "ACTIVE", "ID"], r


@case("--user-name finds one member whatever the case, and nobody by another address")
def _():
    with Sentry("--member", ADA, "--member", "bob@example.com:joined:also=second@example.com") as s:
        r = s.run("member", "list", "--user-name", "ADA@example.com").expect(0)
        assert [m["userName"] for m in r.json()] == [ADA], r
        s.run("member", "list", "--user-name", "second@example.com").expect(
            0, out="[]\n", err="another address")
        s.run("member", "list", "--user-name", "x,y@example.com").expect(0, out="[]\n")
        s.run("member", "list", "--user-name", "").expect(2)
        s.run("member", "list", "--user-name", " ").expect(2)
        assert not any("%22%22" in t or "%22%20%22" in t for _, t in s.requests())


@case("csv is plain by default and safe for spreadsheets on request")
def _():
    page = {"totalResults": 1, "Resources": [{"id": "=1+1", "userName": "-a@x", "active": True}]}
    with Scripted(answering(answer(200, json.dumps(page)))) as s:
        base = ("--scim-url", s.url, "member", "list", "-o", "csv")
        rows = list(csv.reader(io.StringIO(run(*base).expect(0).out)))
        assert rows[1] == ["-a@x", "", "true", "=1+1"], rows
        rows = list(csv.reader(io.StringIO(run(*base, "--csv-safe").expect(0).out)))
        assert rows[1] == ["'-a@x", "", "true", "'=1+1"], rows


def on_terminal(columns, *arguments):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([harness.PROGRAM, *arguments], stdout=slave, stdin=slave,
                               stderr=subprocess.PIPE, start_new_session=True,
                               env=harness.environment({"SENTRY_AUTH_TOKEN": TOKEN}))
    os.close(slave)
    text = b""
    try:
        while True:
            more = os.read(master, 65536)
            if not more:
                break
            text += more
    except OSError:
        pass
    os.close(master)
    process.stderr.close()
    return process.wait(), text.decode()


@case("a table fits the terminal, counts wide characters, and shows nothing raw")
def _():
    names = ["\u6f22\u5b57@example.com", "a" * 60 + "@example.com", "x\u202e\u009b\x1b@y"]
    page = {"totalResults": 3, "Resources": [
        {"id": str(i), "userName": n, "sentryOrgRole": "member", "active": True}
        for i, n in enumerate(names)]}
    with Scripted(answering(answer(200, json.dumps(page)))) as s:
        code, text = on_terminal(40, "--scim-url", s.url, "--no-color", "member", "list")
        lines = text.replace("\r", "").splitlines()
        assert code == 0 and len(lines) == 4, text
        wide = [sum(2 if ord(c) > 0x2e7f and c != "\u2026" else 1 for c in x) for x in lines]
        assert max(wide) <= 40, (wide, lines)
        assert "\u2026" in lines[2] and "\u202e" not in text and "\x1b" not in text, text
        where = [x.index("member") + (2 if "\u6f22" in x else 0) for x in lines[1:]]
        assert len(set(where)) == 1, lines


@case("a pipe that closes early ends quietly")
def _():
    with Sentry("--members", "2000") as s:
        done = subprocess.run(
            "%s --url %s --org %s member list -o csv | head -n 1" % (
                harness.PROGRAM, s.url, ORG), shell=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=harness.environment({"SENTRY_AUTH_TOKEN": TOKEN}),
            check=False)
        assert done.stdout == b"userName,sentryOrgRole,active,id\n", done
        assert done.stderr == b"", done


@case("memory does not grow with the list")
def _():
    if "asan" in harness.PROGRAM:
        return  # the sanitizer keeps freed memory
    peaks = []
    for count in ("100", "8000"):
        with Sentry("--members", count) as s:
            code = ("import resource,subprocess,sys\n"
                    "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n"
                    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
            done = subprocess.run(
                ["python3", "-c", code, harness.PROGRAM, "--url", s.url, "--org", ORG, "member",
                 "list"], stdout=subprocess.PIPE, check=True,
                env=harness.environment({"SENTRY_AUTH_TOKEN": TOKEN}))
            peaks.append(int(done.stdout))
    assert peaks[1] < 1.25 * peaks[0] + 512, peaks


class Shifting:
    """A list of N members of which some vanish while it is read."""

    def __init__(self, count, change):
        self.ids = list(range(1, count + 1))
        self.change = change
        self.served = 0

    def __call__(self, connection):
        while True:
            head, _ = read_request(connection)
            if not head:
                return
            target = head.split()[1].decode()
            start = int(target.split("startIndex=")[1].split("&")[0])
            self.change(self, start)
            page = [{"id": str(i), "userName": "m%d@x" % i}
                    for i in self.ids[start - 1:start + 99]]
            connection.sendall(answer(200, json.dumps(
                {"totalResults": len(self.ids), "Resources": page})))
            self.served += 1


@case("a list that shrinks while it is read loses nobody who stays")
def _():
    def drop(server, start):
        if server.served == 1:
            del server.ids[10:15]
    handler = Shifting(350, drop)
    with Scripted(handler) as s:
        r = run("--scim-url", s.url, "member", "list").expect(0, err="changed")
        got = [int(m["id"]) for m in r.json()]
        assert len(got) == len(set(got)), "duplicates"
        assert set(handler.ids) <= set(got), set(handler.ids) - set(got)


@case("a list that grows shows nobody twice")
def _():
    def add(server, start):
        if server.served == 1:
            server.ids.insert(0, 9999)
    handler = Shifting(350, add)
    with Scripted(handler) as s:
        r = run("--scim-url", s.url, "member", "list").expect(0)
        got = [int(m["id"]) for m in r.json()]
        assert len(got) == len(set(got)) and set(range(1, 351)) <= set(got)


@case("a server that repeats a page, or has no end, is an error and no loop")
def _():
    page = [{"id": str(i), "userName": "m%d@x" % i} for i in range(100)]
    body = json.dumps({"totalResults": 1000, "Resources": page})
    with Scripted(answering(answer(200, body))) as s:
        begun = time.monotonic()
        run("--scim-url", s.url, "member", "list").expect(1, err="again and again")
        assert time.monotonic() - begun < 20


@case("what is no list is a protocol error")
def _():
    for body in ("", "[]", "<html>", '{"Resources":{}}', '{"x":1}', '{"Resources":[1'):
        with Scripted(answering(answer(200, body))) as s:
            run("--scim-url", s.url, "member", "list").expect(1, out="")


@case("get takes an id or a name, whatever its case; byte for byte")
def _():
    with Sentry("--member", ADA + ":role=manager") as s:
        by_name = s.run("member", "get", "Ada@Example.com").expect(0)
        member = by_name.json()
        by_id = s.run("member", "get", member["id"]).expect(0)
        assert by_id.out == by_name.out, (by_id, by_name)
        s.run("member", "get", "999999").expect(7, out="", err="404")
        s.run("member", "get", "nobody@example.com").expect(7, out="", err="nobody@example.com")
        s.run("member", "get", "").expect(2)


@case("other providers: string ids, pretty-printed bodies, application/scim+json, missing members")
def _():
    uid = "2819c223-7f76-453a-919d-413861904646"
    user = '{\n  "id": "%s",\n  "userName": "%s"\n}' % (uid, ADA)

    def handle(connection):
        while True:
            head, _ = read_request(connection)
            if not head:
                return
            target = head.split()[1].decode()
            if "filter=" in target:
                body = '{"totalResults": %d, "Resources": [ %s ]}' % (
                    ("%22" + ADA.replace("@", "%40") in target,
                     user if "ada%40example.com" in target else ""))
            elif target.endswith("/Users/" + uid):
                body = user
            else:
                connection.sendall(answer(404, "{}"))
                continue
            connection.sendall(answer(200, body, "Content-Type: application/scim+json"))
    with Scripted(handle) as s:
        run("--scim-url", s.url, "member", "get", ADA).expect(0, out=user + "\n")
        run("--scim-url", s.url, "member", "get", uid).expect(0, out=user + "\n")
        r = run("--scim-url", s.url, "member", "get", uid, "-o", "csv").expect(0)
        assert r.out.splitlines()[1] == "%s,,,%s" % (ADA, uid), r


@case("status tells joined from invited, and only at Sentry")
def _():
    with Sentry("--member", ADA + ":joined", "--member", "bob@example.com") as s:
        r = s.run("member", "status", ADA, "-o", "table").expect(0)
        assert "joined" in r.out and "May be" in r.out, r
        r = s.run("member", "status", "bob@example.com", "-o", "table").expect(0)
        assert "invited" in r.out, r
        assert s.run("member", "status", ADA).expect(0).json()["pending"] is False
        s.run("member", "status", "nobody@example.com").expect(7)
        s.run("member", "status", "99999").expect(7)
    run("--scim-url", "http://127.0.0.1:1", "member", "status", "1").expect(2, err="--scim-url")


@case("set-role changes, compares, and never sends an empty role")
def _():
    with Sentry("--member", ADA, "--member", "own@example.com:owner") as s:
        r = s.run("member", "set-role", ADA, "manager").expect(0)
        assert r.json()["sentryOrgRole"] == "manager", r
        assert s.members()[ADA]["sentryOrgRole"] == "manager"
        s.run("member", "set-role", "own@example.com", "member").expect(1, out="", err="owner")
        before = len(s.requests())
        s.run("member", "set-role", ADA, "").expect(2)
        s.run("member", "set-role", ADA).expect(2)
        assert len(s.requests()) == before
        s.run("member", "set-role", ADA, "nonsense").expect(1, out="", err="400")


@case("a change whose answer is lost is repeated until it is known to be made")
def _():
    for fault in ("PUT Users#1=drop-after", "PUT Users#1=503", "PUT Users#1=429"):
        with Sentry("--member", ADA, "--fault", fault) as s:
            r = s.run("member", "set-role", ADA, "admin").expect(0)
            assert r.json()["sentryOrgRole"] == "admin", r
    with Sentry("--member", ADA, "--fault", "PUT Users#1+=drop-after") as s:
        s.run("member", "set-role", ADA, "admin", "--retries", "1").expect(
            4, out="", err="not known")


@case("delete removes in both ways, by name and by id, and reports each")
def _():
    with Sentry("--member", ADA, "--member", "b@example.com", "--member", "c@example.com") as s:
        number = s.members()["b@example.com"]["id"] if s.run("member", "list") else None
        s.run("member", "delete", ADA, number).expect(0, out="", err=[ADA, "id " + number])
        s.run("member", "delete", "c@example.com", "--via", "deactivate").expect(0)
        assert s.members() == {} and "PATCH" in s.methods()
        s.run("member", "delete", ADA).expect(7, err=ADA)


@case("several deletes: mixed outcomes exit 8, every one is tried and reported")
def _():
    with Sentry("--member", ADA, "--member", "own@example.com:owner:joined") as s:
        r = s.run("member", "delete", "own@example.com", "nobody@example.com", ADA)
        r.expect(8, err=["own@example.com was not removed", "403", "nobody@example.com", ADA])
        assert list(s.members()) == ["own@example.com"]


@case("a delete whose answer is lost ends well: gone afterwards means done")
def _():
    with Sentry("--member", ADA, "--fault", "DELETE Users#1=drop-after") as s:
        s.run("member", "delete", ADA).expect(0)
        assert s.methods().count("DELETE") == 2 and s.members() == {}


@case("a change never hits a member known by another address")
def _():
    with Sentry("--member", "bob@example.com:joined:also=second@example.com") as s:
        for command in (["delete"], ["set-role"]):
            arguments = command + ["second@example.com"] + (["admin"] if command[0] != "delete" else [])
            s.run("member", *arguments).expect(7, out="", err="bob@example.com")
        assert set(s.methods()) == {"GET"}


def ask(arguments, typed):
    """Runs with a terminal as stdin and stderr, types TYPED; (exit code, what was shown)."""
    master, slave = pty.openpty()
    process = subprocess.Popen([harness.PROGRAM, *arguments], stdin=slave, stderr=slave,
                               stdout=subprocess.PIPE, start_new_session=True,
                               env=harness.environment({"SENTRY_AUTH_TOKEN": TOKEN}))
    os.close(slave)
    os.write(master, typed)
    text = b""
    try:
        while True:
            more = os.read(master, 65536)
            if not more:
                break
            text += more
    except OSError:
        pass
    os.close(master)
    process.stdout.close()
    return process.wait(), text.decode()


@case("on a terminal a delete is asked about once, unless --yes")
def _():
    for typed, code in ((b"y\n", 0), (b"yes\n", 0), (b"n\n", 2), (b"\n", 2), (b"\x04", 2)):
        with Sentry("--member", ADA) as s:
            got, text = ask(["--url", s.url, "--org", ORG, "member", "delete", ADA], typed)
            assert got == code and text.count("[y/N]") == 1, (typed, got, text)
            assert (ADA in s.members() if s.requests() else True) == (code != 0)
    with Sentry("--member", ADA) as s:
        got, text = ask(["--url", s.url, "--org", ORG, "member", "delete", ADA, "--yes"], b"")
        assert got == 0 and "[y/N]" not in text, text


@case("--dry-run of every command shows a request with the token masked and sends nothing")
def _():
    with Sentry("--member", ADA) as s:
        for words in (["list"], ["get", ADA], ["get", "1"], ["status", "1"], ["delete", "1"],
                      ["delete", ADA], ["set-role", "1", "admin"],
                      ["delete", "1", "--via", "deactivate"]):
            r = s.run("member", *words, "--dry-run").expect(0)
            assert r.out.split()[0] in ("GET", "PUT", "DELETE", "PATCH") and "***" in r.out, r
            assert s.url in r.out.split("\n")[0], r
        assert s.requests() == []


if __name__ == "__main__":
    harness.main()
