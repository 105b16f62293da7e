"""One roster brought to the local Sentry, however many runs that takes, judged after every run.

Four accounts of what happened are held against each other: what the server holds, its log of
requests, the journal, and what the program reported (result lines, summary, exit code). What does
not agree is counted under one of these words:

    lost        the end was reported, and a member is not there
    doubled     a create went out for a member that an earlier one had made, or a member is there twice
    misreported a result line, the summary or the exit code says what is not so
    journal     the journal does not verify, or says something else than was reported
    undurable   a create went out before its intent was on disk
    stuck       runs that do not come to an end, or a crash
"""
import collections
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cli"))
import harness  # noqa: E402  pylint: disable=wrong-import-position

# What brings a roster to the server: an import tells what came of each row that is not done yet; what
# applies a roster lists the members first, and tells of every row each time.
COMMAND = os.environ.get("SOAK_COMMAND", "roster import").split()
ASAN = "asan" in harness.PROGRAM
HEAD = "userName,sentryOrgRole\n"
ROLE = "member"
DONE = ("created", "exists", "updated", "unchanged")
# Exit codes of a run that came to its end: all done, some unknown, some failed.
ENDED = (0, 4, 8)
SUMMARY = re.compile(r"(\d+) of (\d+) (?:rows|changes) done(?:, (\d+) of them before)?((?:, \d+ [a-z]+)*)")


def strace(*options, log):
    """A wrapper for harness.run: every system call goes to LOG."""
    return ("strace", "-f", "-qq", "-s", "2048", "-o", log, *options)


def environment():
    """The leak checker cannot work under strace, and waits for ever when a signal to stop finds it
    at work; memory errors are still found."""
    options = [os.environ.get("ASAN_OPTIONS"), "detect_leaks=0"]
    return {"ASAN_OPTIONS": ":".join(o for o in options if o)} if ASAN else {}


# ---- the journal, read by another hand than the program's ----

def _crc_table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
        table.append(crc)
    return table


_CRC = _crc_table()


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 255]
    return crc ^ 0xffffffff


class Journal:
    """The records of a journal up to the first that does not verify."""

    def __init__(self, data):
        self.states, self.ids = {}, {}  # of rows
        self.intents = set()            # rows
        self.records, self.last, self.torn = 0, None, b""
        self.run = None
        end = 0
        for line in data.splitlines(keepends=True):
            if not self._take(line):
                break
            end += len(line)
        self.torn = data[end:]

    def _take(self, line):
        words = line[:-1].decode("ascii", "replace").split(" ")
        if not line.endswith(b"\n") or len(words) != 6 or words[0] != str(self.records + 1):
            return False
        try:
            if self.records == 0:
                self.run = bytes.fromhex(words[3])
            text = line[:line.rindex(b" *")]
            if words[5] != "*%08x" % crc32c(self.run + text):
                return False
        except ValueError:
            return False
        self.records += 1
        self.last = words[1]
        row = int(words[2])
        if words[1] == "I":
            self.intents.add(row)
            self.states[row] = "intent"
        elif words[1] == "R":
            self.states[row], _, member = words[4].split(",")
            self.ids[row] = "" if member == "-" else member
        return True


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return b""


# ---- system calls ----

CALL = re.compile(r"(?:\d+ +)?(\w+)\((.*?)(?:\) += (-?\d+|\?)(.*))?$")


class Trace:
    """What strace wrote: the calls in their order as (name, arguments, result, remark)."""

    def __init__(self, path):
        self.calls = []
        with open(path, encoding="latin-1") as f:
            for line in f:
                m = CALL.match(line.rstrip("\n"))
                if m:
                    result = int(m[3]) if m[3] and m[3] != "?" else None
                    self.calls.append((m[1], m[2], result, m[4] or ""))

    def count(self):
        return collections.Counter(name for name, *_ in self.calls)

    def injected(self):
        """The call that was made to fail, or None."""
        for call in self.calls:
            if "(INJECTED)" in call[3]:
                return call
        return None


def unquoted(arguments):
    """The bytes of the first string among ARGUMENTS."""
    m = re.search(r'"((?:[^"\\]|\\.)*)"', arguments)
    return m[1].encode("latin-1").decode("unicode_escape").encode("latin-1") if m else b""


class History:
    """SENTRY is a harness.Sentry, COUNT the rows. SEEDED of the names are on the server already."""

    serial = 0

    def __init__(self, sentry, count, seeded=(), url=None, command=None, folder=None, seen=None,
                 more=()):
        """The journal is in FOLDER, which is SEEN there by us; by default beside the roster."""
        self.sentry, self.url, self.more = sentry, url or sentry.url, tuple(more)
        self.command = command or COMMAND
        self.applies = self.command[-1] == "apply"
        self.names = ["m%d@example.com" % i for i in range(count)]
        self.rows = {name: i for i, name in enumerate(self.names)}
        self.seeded = set(seeded)
        text = HEAD + "".join("%s,%s\n" % (name, ROLE) for name in self.names)
        self.roster = harness.write(text, "roster.csv")
        self.journal = (os.path.join(folder, "journal") if folder
                        else self.roster + ".journal")
        self.seen = os.path.join(seen, "journal") if seen else self.journal
        self.wrong = []                # (word, text)
        self.runs = self.kills = 0
        self.codes = collections.Counter()
        self.told = {}                 # name -> the last outcome reported
        self.taken = 0                 # confirmed by look-up, and had been there before
        # the server's log, as far as it has been read
        self.log_offset = 0
        self.posted, self.made, self.late = set(), set(), set()
        self.last, self.overtaken = {}, set()
        self.state = {}

    # -- complaints --

    def say(self, word, text, *arguments):
        self.wrong.append((word, "run %d: " % self.runs + text % arguments))

    # -- reading the server --

    def _log(self):
        try:
            with open(self.sentry.log, "rb") as f:
                f.seek(self.log_offset)
                data = f.read()
        except FileNotFoundError:
            return []
        data = data[:data.rfind(b"\n") + 1]
        self.log_offset += len(data)
        return [json.loads(line) for line in data.splitlines()]

    def _name(self, entry):
        if entry["method"] == "POST" and entry["path"].endswith("/Users"):
            return json.loads(entry["body"])["userName"]
        m = re.search(r"/Users/(\d+)$", entry["path"])
        if m:
            return next((x["userName"] for x in self.state["members"] if x["id"] == m[1]), None)
        m = re.search(r"userName%20eq%20%22(.*)%22", entry["path"])
        return urllib.parse.unquote(m[1]) if m else None

    def _list(self, entry):
        """A list of all is a look-up of everybody."""
        if entry["method"] == "GET" and "/Users?startIndex" in entry["path"]:
            self.last.update(dict.fromkeys(self.names, "GET"))
            self.overtaken.clear()

    def _account(self):
        """Reads what is new in the log: name -> its entries."""
        by_name = collections.defaultdict(list)
        self.state = self.sentry.state()
        for entry in self._log():
            name = self._name(entry)
            if name is None:
                self._list(entry)
                continue
            by_name[name].append(entry)
            before, self.last[name] = self.last.get(name), entry["method"]
            if entry["method"] != "POST":
                self.overtaken.discard(name)
                continue
            self.posted.add(name)
            # A look-up can overtake a create whose connection was cut and that the server is still
            # at: it rightly says that nobody is there, and the create that follows is refused.
            if name in self.made and name in self.overtaken and entry["done"] != 201:
                self.overtaken.discard(name)
            elif name in self.made:
                self.say("doubled", "a create for %s, which was there by an earlier one", name)
            if entry["done"] == 201:
                self.made.add(name)
                if before == "GET":
                    self.overtaken.add(name)
            if "late-commit" in (entry["fault"] or ""):
                self.late.add(name)
        return by_name

    def held(self, name):
        return [m for m in self.state["members"] if m["userName"].lower() == name.lower()]

    # -- running --

    def run(self, *more, wrapper=(), env=None, expected=None):
        """One run and its judgement; answers the Result. EXPECTED: its exit codes."""
        before = Journal(read(self.seen))
        self.runs += 1
        try:
            r = harness.run(*self._arguments(), *more, wrapper=wrapper, env=env)
        except subprocess.TimeoutExpired:
            self.say("stuck", "no end after %d s", harness.LIMIT)
            raise
        self._judge(r, before, expected)
        return r

    def run_until(self, held):
        """One run, killed when the server holds so many members, and its judgement."""
        self.runs += 1
        before = Journal(read(self.seen))
        process = harness.start(*self._arguments())
        while len(self.sentry.state()["members"]) < held and process.poll() is None:
            time.sleep(0.002)
        process.kill()
        out, err = process.communicate()
        self._judge(harness.Result(self.command, process.returncode, out, err), before, (-9,))

    def _arguments(self):
        return ("--url", self.url, "--org", harness.ORG, *self.command, self.roster, "-o", "csv",
                "--rate", "10000", "--journal", self.journal, *self.more)

    def finish(self, most=40):
        """Runs until it is done, and judges the end."""
        for _ in range(most):
            if self.run().code == 0:
                break
        else:
            self.say("stuck", "%d runs and no end", most)
        return self.end()

    # -- judging --

    def _judge(self, r, before, expected):
        killed = r.code in (-signal.SIGKILL, 128 + signal.SIGKILL)
        entries = self._account()
        self.kills += killed
        self.codes[r.code] += 1
        if expected is not None and r.code not in expected:
            self.say("misreported", "exit code is not in %s: %s", expected, r)
        if r.code < 0 and not killed or r.code in (134, 139):
            self.say("stuck", "ended by a signal: %s", r)
        lines = r.out if r.out.endswith("\n") else r.out[:r.out.rfind("\n") + 1]
        report = list(csv.DictReader(io.StringIO(lines)))
        for row in report:
            self._judge_row(row, entries.get(row["userName"], []), killed)
        self._judge_whole(r, report, before, killed)
        self._judge_journal(report, before, r.code in ENDED, killed or r.code in (2, 10))

    def _judge_row(self, row, entries, killed):
        name, outcome = row["userName"], row["outcome"]
        if name not in self.rows or row["line"] != str(self.rows[name] + 2):
            self.say("misreported", "a line about nobody: %s", row)
            return
        self.told[name] = outcome
        held = self.held(name)
        # Who is as they should be without anything being sent has no id there.
        if outcome in DONE and row["id"] not in [m["id"] for m in held] and not (
                self.applies and outcome == "unchanged" and row["id"] == "" and held):
            self.say("misreported", "%s, and the server does not hold it: %s", outcome, row)
        if outcome == "created" and name not in self.made | self.late:
            # Told from one that was there before only by its role: allowed where a create was, or
            # may have been, sent without an answer.
            if name in self.seeded and row["detail"] == "confirmed by look-up":
                self.taken += 1
            else:
                self.say("misreported", "created, and no create was taken: %s", row)
        elif outcome == "exists" and name not in self.seeded | self.late:
            self.say("misreported", "exists, and it was made by us: %s", row)
        elif outcome == "failed":
            if name in self.made:
                self.say("misreported", "failed, and it was made: %s %s", row, entries)
            if row["status"] and int(row["status"]) not in [
                    e["status"] for e in entries]:
                self.say("misreported", "failed with a status nobody sent: %s %s", row, entries)
        elif outcome == "unknown" and not killed:
            if not self._in_doubt(entries) and "out of memory" not in row["detail"]:
                self.say("misreported", "unknown, and it was known: %s %s", row, entries)

    def _in_doubt(self, entries):
        """Whether the last thing that the server saw of a name left its create in doubt."""
        last = entries[-1] if entries else None
        looks = ("GET", "PUT") if self.applies else ("GET",)
        return last is not None and bool(last["fault"]) and last["method"] in looks or (
            "--timeout" in self.more and (last is None or last["method"] == "GET"))

    def _judge_whole(self, r, report, before, killed):
        names = [row["userName"] for row in report]
        done = {i for i, s in before.states.items() if s in DONE and not self.applies}
        todo = [n for n in self.names if self.rows[n] not in done]
        if len(set(names)) != len(names) or not set(names) <= set(todo):
            self.say("misreported", "rows twice, or done before: %s", r)
        if killed:
            return
        counts = collections.Counter(row["outcome"] for row in report)
        if r.code in ENDED:
            code = 4 if counts["unknown"] else 8 if counts["failed"] else 0
            if set(names) != set(todo):
                self.say("misreported", "rows without a line: %s", r)
            if r.code != code:
                self.say("misreported", "exit code %s, not %d: %s", r.code, code, r)
        m = SUMMARY.search(r.err)
        if not m:
            if r.code in ENDED:
                self.say("misreported", "no summary: %s", r)
            return
        words = {w.split()[1]: int(w.split()[0]) for w in m[4].split(", ") if w}
        if self.applies:
            # Of changes, which those who were as they should be from the start had none of.
            adds_up = (sum(counts.values()) - counts["unchanged"] <= int(m[1]) <= len(names) and
                       int(m[1]) <= int(m[2]) and (r.code not in ENDED or m[1] == m[2]))
        else:
            adds_up = (int(m[2]) == len(self.names) and int(m[3] or 0) == len(done) and
                       int(m[1]) == len(done) + len(names))
        # A result whose line could not be written counts in the summary only.
        if r.code != 10 and (words != dict(counts) or not adds_up):
            self.say("misreported", "the summary does not add up: %s", r)

    def _judge_journal(self, report, before, ended, broken_off):
        """ENDED: every row was brought to its end; BROKEN_OFF: what was appended may not have
        reached the file, or the file was not touched."""
        now = Journal(read(self.seen))
        if now.torn and not broken_off:
            self.say("journal", "a torn end: %r", now.torn)
        told = {self.rows[row["userName"]]: row for row in report if row["userName"] in self.rows}
        if self.applies:
            # What was as it should be is not written down.
            told = {i: row for i, row in told.items() if row["outcome"] != "unchanged" or row["id"]}
            # A journal that is complete gives way to a new one.
            if before.last == "E" and now.run != before.run:
                before = Journal(b"")
                self.posted &= {self.names[i] for i in now.intents}
        for i, name in enumerate(self.names):
            state, was = now.states.get(i), before.states.get(i)
            if name in self.posted and i not in now.intents:
                self.say("undurable", "%s was sent and is not in the journal", name)
            if i in told:
                if state != told[i]["outcome"] and not (broken_off and state in (was, "intent")):
                    self.say("journal", "%s was reported %s and is %s", name,
                             told[i]["outcome"], state)
                if state in DONE and now.ids[i] != told[i]["id"]:
                    self.say("journal", "%s has another id", name)
            elif state != was and not broken_off and (ended or state != "intent"):
                self.say("journal", "%s became %s without a word", name, state)
            if state in DONE and now.ids[i] not in [m["id"] for m in self.held(name)]:
                self.say("journal", "%s is %s with an id that is not there", name, state)

    def end(self):
        """The last run has ended with 0: everything must be there, once."""
        self._account()
        journal = Journal(read(self.seen))
        if journal.last != "E" or journal.torn:
            self.say("journal", "no end in the journal")
        for i, name in enumerate(self.names):
            held = self.held(name)
            if len(held) == 0:
                self.say("lost", "%s is not there", name)
            elif len(held) > 1:
                self.say("doubled", "%s is there %d times", name, len(held))
            elif (name in self.made or self.applies) and held[0]["sentryOrgRole"] != ROLE:
                self.say("misreported", "%s has another role than asked for", name)
            if journal.states.get(i) not in DONE and not self.applies:
                self.say("journal", "%s is %s at the end", name, journal.states.get(i))
            if self.told.get(name, "created") not in DONE:
                self.say("misreported", "the last word on %s was %s", name, self.told[name])
        if len(self.state["members"]) != len(self.seeded | set(self.names)):
            self.say("doubled", "there are %d members", len(self.state["members"]))
        return self

    def judge_trace(self, path):
        """Every create that went out must stand in the journal by an intent that was synced."""
        trace = Trace(path)
        fd, written, durable = None, set(), set()
        for name, arguments, result, _ in trace.calls:
            if name in ("open", "openat") and '"%s"' % self.journal in arguments and result:
                fd = result if result > 0 and "O_APPEND" in arguments else fd
            elif name == "write" and fd is not None and arguments.startswith("%d, " % fd):
                text = unquoted(arguments)[:max(result or 0, 0)]
                written |= {int(line.split()[2]) for line in text.splitlines(keepends=True)
                            if re.match(rb"\d+ I .*\n", line)}
            elif name in ("fdatasync", "fsync") and arguments == str(fd) and result == 0:
                durable |= written
            elif name in ("sendto", "sendmsg", "write") and '"POST ' in arguments and result:
                body = unquoted(arguments).partition(b"\r\n\r\n")[2]
                member = json.loads(body)["userName"] if body else None
                if self.rows.get(member) not in durable:
                    self.say("undurable", "%s was sent before its intent was synced", member)
        return trace

    def wipe(self):
        for path in (self.roster, self.journal, self.sentry.log, self.sentry.state_file):
            if os.path.exists(path):
                os.unlink(path)

    def check(self):
        assert not self.wrong, "\n".join("%s: %s" % w for w in self.wrong)
        return self
