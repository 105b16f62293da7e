#!/usr/bin/env python3
"""`roster import`: files, outcomes, the journal, kills, storms."""
import csv
import fcntl
import io
import json
import os
import pty
import random
import re
import signal
import struct
import subprocess
import termios
import threading
import time

import harness
from harness import ORG, TOKEN, Scripted, Sentry, answer, case, path, read_request, run, write

HEAD = "userName,sentryOrgRole\n"
CLEAR = b"\r\x1b[K"


def roster(count, name="r.csv", prefix="m"):
    return write(HEAD + "".join("%s%d@example.com,member\n" % (prefix, i) for i in range(count)),
                 name)


def outcomes(result):
    return {r["userName"]: r["outcome"] for r in csv.DictReader(io.StringIO(result.out))}


@case("every row is created once, reported with its line, and a second run changes nothing")
def _():
    with Sentry("--member", "old@example.com") as s:
        file = write(HEAD + "a@example.com,admin\r\n\nold@example.com,\nb@example.com,billing\n")
        r = s.run("roster", "import", file, "-o", "csv").expect(0, err="3 of 3 rows done")
        assert r.out.splitlines()[0] == "line,userName,outcome,status,id,detail", r
        assert outcomes(r) == {"a@example.com": "created", "old@example.com": "exists",
                               "b@example.com": "created"}, r
        lines = {x["userName"]: x["line"] for x in csv.DictReader(io.StringIO(r.out))}
        assert lines == {"a@example.com": "2", "old@example.com": "4", "b@example.com": "5"}, r
        assert s.members()["a@example.com"]["sentryOrgRole"] == "admin"
        before = len(s.requests())
        s.run("roster", "import", file).expect(0, out="[]\n", err="done before")
        assert len(s.requests()) == before


@case("CSV with other delimiters, JSON Lines, arrays and standard input say the same")
def _():
    for text in ("userName;sentryOrgRole;name.givenName\na@example.com;admin;Ada\n",
                 "\ufeffuserName\tsentryOrgRole\tname.givenName\r\na@example.com\tadmin\tAda\r\n",
                 '{"userName":"a@example.com","sentryOrgRole":"admin","name":{"givenName":"Ada"}}\n',
                 '[ {"userName":"a@example.com",\n "sentryOrgRole":"admin",'
                 '"name":{"givenName":"Ada"}} ]'):
        with Sentry() as s:
            s.run("roster", "import", write(text)).expect(0)
            body = json.loads(s.log_entries()[0]["body"])
            assert body["sentryOrgRole"] == "admin" and body["name"] == {"givenName": "Ada"}, body
        with Sentry() as s:
            s.run("roster", "import", "-", stdin=text).expect(2, err="--journal")
            s.run("roster", "import", "-", "--no-journal", stdin=text).expect(0)
            assert list(s.members()) == ["a@example.com"]


@case("every fault is reported with its place, exit 2, and nothing is sent")
def _():
    with Sentry() as s:
        for text, places in (
                (HEAD + "a@example.com,x,y\nb@example.com\n", [":2:", ":3:"]),
                (HEAD + "a@example.com,\nA@Example.com,\n", [":3:1: "]),
                (HEAD + ",member\n", [":2:"]), (HEAD + "x" * 80 + "@example.com,\n", [":2:1: "]),
                (HEAD + "a@example.com,owner\n", [":2:15: "]), (HEAD + '"a,b\n', [":2:"]),
                ("name,role\na,b\n", [":1:"]), ("", [""]),
                ('{"userName":"a@example.com","userName":"b"}\n', [":1:29"]),
                ('[{"userName":"a@example.com"},\n {"userName":1}]', [":2:"])):
            file = write(text)
            r = s.run("roster", "import", file).expect(2, out="")
            for place in places:
                assert file + place in r.err or not place, (place, r)
        many = write(HEAD + "x,y,z\n" * 50)
        r = s.run("roster", "import", many).expect(2, err="50 faults")
        assert r.err.count(many + ":") == 20, r
        assert s.requests() == []


@case("a roster that is changed while it is used ends the run before anything of the change is sent")
def _():
    # Of 8,000 rows the first 64 KiB are read when the first create goes out.
    file = roster(8000)
    journal = file + ".journal"
    for jobs in ("1", "4"):
        posted = []

        def handle(connection):
            while True:
                head, body = read_request(connection)
                if not head:
                    return
                if not posted:
                    with open(file, "r+b") as f:
                        f.seek(70000)
                        at = 70000 + f.read().index(b"\nm") + 1
                        f.seek(at)
                        f.write(b"x")
                posted.append(json.loads(body)["userName"])
                connection.sendall(answer(201, json.dumps(
                    {"id": str(len(posted)), "userName": posted[-1], "active": True})))
        roster_text = open(file, "rb").read()
        with Scripted(handle) as s:
            r = run("--url", s.url, "--org", ORG, "roster", "import", file, "--jobs", jobs,
                    "--rate", "10000", "-o", "csv", "--journal", journal).expect(
                        2, err=["the roster changed while it was used",
                                "hint: with the roster as it was the same command goes on"])
        told = outcomes(r)
        assert sorted(told) == sorted(posted) and set(told.values()) == {"created"}, r
        assert 2000 < len(posted) < 5000 and not any(n.startswith("x") for n in posted), posted
        os.unlink(journal)
        with open(file, "wb") as f:
            f.write(roster_text)


@case("failed rows exit 8, are reported, and --rejects writes a roster of them")
def _():
    with Sentry() as s:
        file = write(HEAD + 'a@example.com,member\nnot an address,member\nb@example.com,none\n')
        rejects = path("rejects.csv")
        r = s.run("roster", "import", file, "-o", "csv", "--rejects", rejects).expect(8)
        rows = list(csv.DictReader(io.StringIO(r.out)))
        bad = [x for x in rows if x["outcome"] == "failed"]
        assert len(bad) == 2 and all(x["status"] == "400" and x["detail"] for x in bad), rows
        text = open(rejects, encoding="utf-8").read()
        assert text.startswith(HEAD) and sorted(text.splitlines()[1:]) == [
            "b@example.com,none", "not an address,member"], text
        again = write(text.replace("not an address", "c@example.com").replace("none", "member"))
        s.run("roster", "import", again).expect(0)
        assert len(s.members()) == 3


@case("a row whose member is there and not in its teams is in --rejects, and once")
def _():
    with Sentry("--team", "Old", "--fault", "POST Users#3=status:400") as s:
        lines = ["a@example.com,Old\n", "b@example.com,!!!;Old;???\n", "c@example.com,!!!\n",
                 "d@example.com,\n"]
        file, rejects = write("userName,teams\n" + "".join(lines)), path("rejects.csv")
        s.run("roster", "import", file, "--rejects", rejects, "--jobs", "1").expect(8)
        with open(rejects) as f:
            assert f.read() == "userName,teams\n" + lines[2] + lines[1]


@case("--if-exists fail and update are heeded")
def _():
    with Sentry("--member", "a@example.com:role=member") as s:
        file = write(HEAD + "a@example.com,admin\n")
        r = s.run("roster", "import", file, "-o", "csv", "--no-journal", "--if-exists", "fail")
        assert outcomes(r.expect(8)) == {"a@example.com": "failed"}, r
        r = s.run("roster", "import", file, "-o", "csv", "--no-journal", "--if-exists", "update")
        assert outcomes(r.expect(0)) == {"a@example.com": "updated"}, r
        r = s.run("roster", "import", file, "-o", "csv", "--no-journal", "--if-exists", "update")
        assert outcomes(r.expect(0)) == {"a@example.com": "unchanged"}, r


@case("teams are created when missing and filled, and filling them again changes nothing")
def _():
    with Sentry("--team", "Old") as s:
        file = write("userName,teams\n" + "".join(
            "m%d@example.com,Old;New Team\n" % i for i in range(120)))
        s.run("roster", "import", file, "--rate", "5000", "--jobs", "8").expect(
            0, err="1 team created")
        teams = {t["displayName"]: len(t["members"]) for t in s.run("team", "list").json()}
        assert teams == {"Old": 120, "New Team": 120}, teams
        sizes = [len(json.loads(e["body"])["Operations"][0]["value"]) for e in s.log_entries()
                 if e["method"] == "PATCH"]
        assert max(sizes) <= 100 and sum(sizes) == 240, sizes


@case("a journal belongs to its roster, server and organization, and to one run at a time")
def _():
    with Sentry() as s:
        file = roster(3)
        s.run("roster", "import", file).expect(0)
        with open(file, "a", encoding="utf-8") as f:
            f.write("x@example.com,\n")
        s.run("roster", "import", file).expect(2, out="", err="another roster")
        other = path("other.journal")
        s.run("roster", "import", file, "--journal", other).expect(0)
        run("--url", s.url, "--org", "elsewhere", "roster", "import", file, "--journal",
            other).expect(2, out="", err="another server")
        text = open(other, encoding="ascii").read()
        assert "example" not in text, text
        with open(other, "r+", encoding="ascii") as f:
            f.seek(len(text) // 2)
            f.write("#")
        s.run("roster", "import", file, "--journal", other).expect(2, out="", err="damaged")


def count_members(s, names):
    held = list(s.members())
    for name in names:
        assert held.count(name) == 1, (name, held.count(name))


def posts(s):
    seen = {}
    for e in s.log_entries():
        if e["method"] == "POST":
            name = json.loads(e["body"])["userName"]
            seen[name] = seen.get(name, 0) + 1
    return seen


@case("killed at random instants and started again, each member exists exactly once")
def _():
    chance = random.Random(7)
    count = 60
    with Sentry("--latency", "3") as s:
        file = roster(count)
        names = ["m%d@example.com" % i for i in range(count)]
        kills = 0
        for _ in range(60):
            process = subprocess.Popen(
                [harness.PROGRAM, "--url", s.url, "--org", ORG, "roster", "import", file, "-o",
                 "csv", "--rate", "2000", "--jobs", "4"],
                env=harness.environment({"SENTRY_AUTH_TOKEN": TOKEN}), stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE)
            try:
                process.wait(chance.uniform(0.002, 0.04))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                kills += 1
            process.wait()
            process.stderr.close()
            if process.returncode == 0:
                break
        s.run("roster", "import", file).expect(0)
        assert kills > 2, kills
        count_members(s, names)
        assert all(n == 1 for n in posts(s).values()), posts(s)


@case("the server's pace is kept: 120 creates at 40 a second without a 429")
def _():
    with Sentry("--rate-limit", "40,25") as s:
        begun = time.monotonic()
        s.run("roster", "import", roster(120)).expect(0)
        took = time.monotonic() - begun
        answers = [e.get("status") for e in s.log_entries()]
        assert answers.count(429) == 0 and 2.5 < took < 5, (took, answers.count(429))


@case("one pause for all: a 429 with Retry-After stops every connection")
def _():
    times = []

    def handle(connection):
        while True:
            head, body = read_request(connection)
            if not head:
                return
            times.append(time.monotonic())
            if len(times) == 3:
                connection.sendall(answer(429, "{}", "Retry-After: 1"))
                continue
            name = json.loads(body)["userName"] if body else ""
            connection.sendall(answer(201, json.dumps({"id": str(len(times)), "userName": name})))
    with Scripted(handle) as s:
        run("--scim-url", s.url, "roster", "import", roster(20), "--rate", "200").expect(0)
        gaps = [b - a for a, b in zip(times, times[1:])]
        assert max(gaps) > 0.9, gaps


@case("a connection whose answer has come goes on at once, whatever the others wait for")
def _():
    count = 40
    others, seen = threading.Event(), []

    def handle(connection):
        while True:
            head, body = read_request(connection)
            if not head:
                return
            name = json.loads(body)["userName"]
            if name == "m0@example.com":
                # Its answer wakes nobody: it comes when all the others have been served.
                others.wait()
            seen.append(name)
            if len(seen) == count - 1:
                others.set()
            connection.sendall(answer(201, json.dumps({"id": str(len(seen)), "userName": name})))
    with Scripted(handle) as s:
        run("--scim-url", s.url, "roster", "import", roster(count), "--jobs", "2", "--rate",
            "10000", "--timeout", "20", "--retries", "0").expect(0)
        assert seen[-1] == "m0@example.com" and len(seen) == count, seen


@case("an unwell server ends the run early, resumable; a refused token too")
def _():
    with Sentry("--fault", "POST Users#1+=503") as s:
        file = roster(100)
        r = s.run("roster", "import", file, "--retries", "0", "--rate", "3000").expect(
            9, err=["not well", "goes on"])
        assert len(s.requests()) < 60, len(s.requests())
    with Sentry() as s:
        s.run("roster", "import", roster(100), token="sntryi_" + "0" * 64).expect(6)
        assert len(s.requests()) < 12, len(s.requests())


@case("a wait longer than --max-wait ends the run with exit 9 at once, resumable")
def _():
    with Sentry("--fault", "POST Users#3=429,retry-after:3600") as s:
        file = roster(30)
        begun = time.monotonic()
        s.run("roster", "import", file).expect(9, err=["3600 s", "goes on"])
        assert time.monotonic() - begun < 50
        s.run("roster", "import", file).expect(0)
        count_members(s, ["m%d@example.com" % i for i in range(30)])


@case("Ctrl-C finishes what is under way, prints the summary and how to go on")
def _():
    with Sentry("--latency", "30") as s:
        file = roster(300)
        process = subprocess.Popen(
            [harness.PROGRAM, "--url", s.url, "--org", ORG, "roster", "import", file, "-o", "csv"],
            env=harness.environment({"SENTRY_AUTH_TOKEN": TOKEN}), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        while len(s.methods()) < 8:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=harness.LIMIT)
        assert process.returncode == 130, (process.returncode, err)
        assert b"rows done" in err and b"goes on" in err, err
        told = out.decode().splitlines()[1:]
        assert len(told) == len(s.members()), (len(told), len(s.members()))
        s.run("roster", "import", file, "--rate", "3000", "--jobs", "20").expect(0)
        count_members(s, ["m%d@example.com" % i for i in range(300)])
        assert all(n == 1 for n in posts(s).values())


@case("--dry-run shows every request and sends nothing; rows are checked all the same")
def _():
    with Sentry() as s:
        r = s.run("roster", "import", roster(3), "--dry-run").expect(0)
        assert r.out.count("POST ") == 3 and "***" in r.out, r
        s.run("roster", "import", write(HEAD + "a,b,c\n"), "--dry-run").expect(2)
        assert s.requests() == []


@case("numbers out of range, missing files and contradictions are exit 2")
def _():
    with Sentry() as s:
        file = roster(1)
        for more in (["--jobs", "0"], ["--jobs", "26"], ["--rate", "x"], ["--rate", "0"],
                     ["--journal", "x", "--no-journal"]):
            s.run("roster", "import", file, *more).expect(2, out="")
        s.run("roster", "import", "/nowhere.csv").expect(2, out="", err="/nowhere.csv")
        s.run("roster", "import").expect(2)
        assert s.requests() == []


@case("export gives every member with role and teams, as a roster that imports to the same")
def _():
    with Sentry("--members", "250", "--member", "own@example.com:owner", "--team", "A", "--team",
                "Old Team") as s:
        ids = [m["id"] for m in s.run("member", "list").json()]
        s.run("team", "add", "A", *ids[:150]).expect(0)
        s.run("team", "add", "Old Team", *ids[100:110]).expect(0)
        text = s.run("roster", "export").expect(0).out
        rows = list(csv.DictReader(io.StringIO(text)))
        assert len(rows) == 251 and list(rows[0]) == ["userName", "sentryOrgRole", "teams"], rows[0]
        assert rows[0]["teams"] == "A" and rows[105]["teams"] == "A;Old Team", rows[105]
        assert rows[200]["teams"] == "" and rows[0]["sentryOrgRole"] == "member", rows[200]
        lines = s.run("roster", "export", "-o", "jsonl").expect(0).out.splitlines()
        assert json.loads(lines[105])["teams"] == ["A", "Old Team"], lines[105]
        without_owner = "".join(x + "\n" for x in lines if "own@example.com" not in x)
    with Sentry("--member", "x@example.com") as s:
        s.run("roster", "import", write(without_owner), "--rate", "5000").expect(0)
        teams = {t["displayName"]: len(t["members"]) for t in s.run("team", "list").json()}
        assert teams == {"A": 150, "Old Team": 10}, teams
        assert len(s.members()) == 251
    with Sentry() as s:
        s.run("roster", "export").expect(0, out="userName,sentryOrgRole,teams\n")
    with Sentry("--team", "a;b", "--member", "x@example.com") as s:
        s.run("team", "add", "a;b", "x@example.com").expect(0)
        s.run("roster", "export").expect(2, err="jsonl")
        s.run("roster", "export", "-o", "jsonl").expect(0)


@case("on a terminal a progress line is drawn, never wider than it is, and gone at the end")
def _():
    with Sentry("--latency", "20") as s:
        master, slave = pty.openpty()

        def resize(columns):
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        resize(40)
        process = subprocess.Popen(
            [harness.PROGRAM, "--url", s.url, "--org", ORG, "roster", "import", roster(60)],
            env=harness.environment({"SENTRY_AUTH_TOKEN": TOKEN, "TERM": "xterm"}),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave)
        text, before = b"", b""
        while b"rows done" not in text:
            text += os.read(master, 4096)
            if not before and text.count(CLEAR) > 3:
                resize(30)
                text, before = b"", text
        assert process.wait(harness.LIMIT) == 0, text
        os.close(slave)
        os.close(master)
        for part in (before, text):
            drawn = [x for x in part.split(CLEAR) if b"/60 rows" in x]
            assert drawn and all(len(x) < 40 for x in drawn), drawn
        # What was drawn while the width changed may still be wider; the last line is not.
        assert len(drawn[-1]) < 30, drawn
        assert CLEAR + b"sentry-scim: 60 of 60 rows done" in text, text


if __name__ == "__main__":
    harness.main()
