"""Campaigns of histories: each takes what it is to try, tries it in as many threads as there are
processors, and answers a Tally. All of them for the long form, a sample for the short one."""
import collections
import concurrent.futures
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import history  # noqa: E402  pylint: disable=wrong-import-position
from history import ASAN, History, Trace, environment, harness, read, strace  # noqa: E402

QUICK = ("--max-wait", "0.02")


class Tally:
    """What came of a campaign."""

    def __init__(self):
        self.histories = self.runs = self.kills = self.taken = 0
        self.codes, self.notes = collections.Counter(), collections.Counter()
        self.wrong, self.texts = collections.Counter(), []
        self.begun = time.monotonic()
        self.seconds = 0.0

    def add(self, label, h):
        self.histories += 1
        self.runs += h.runs
        self.kills += h.kills
        self.taken += h.taken
        self.codes += h.codes
        for word, text in h.wrong:
            self.complain(word, "%s: %s" % (label, text))

    def complain(self, word, text):
        self.wrong[word] += 1
        if len(self.texts) < 20:
            self.texts.append("%s: %s" % (word, text))

    def __str__(self):
        words = ("lost", "doubled", "misreported", "journal", "undurable", "stuck")
        return "%d histories, %d runs, %d kills, %.0f s; %s; exit codes %s%s%s" % (
            self.histories, self.runs, self.kills, self.seconds,
            ", ".join("%d %s" % (self.wrong[w], w) for w in words),
            " ".join("%s:%d" % c for c in sorted(self.codes.items())),
            "; %d there before and taken for created" % self.taken if self.taken else "",
            "".join("; %s %d" % n for n in sorted(self.notes.items())))

    def check(self):
        assert not self.wrong, "%s\n%s" % (self, "\n".join(self.texts))


def every(items, function, sample=None, seed=0):
    """FUNCTION(item, tally) for all ITEMS, or SAMPLE of them; it answers a History or None."""
    items = list(items)
    if sample is not None and sample < len(items):
        items = random.Random(seed).sample(items, sample)
    tally = Tally()
    lock = threading.Lock()
    harness.folder()

    def one(item):
        h = None
        try:
            h = function(item, tally)
        except Exception:  # pylint: disable=broad-except
            with lock:
                tally.complain("stuck", "%s: %s" % (item, traceback.format_exc()))
        if h is not None:
            with lock:
                tally.add(item, h)
            h.wipe()

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for _ in pool.map(one, items):
            pass
    tally.seconds = time.monotonic() - tally.begun
    return tally


def need_strace():
    if not shutil.which("strace"):
        raise harness.Skip("strace is not installed")
    try:
        subprocess.run(["strace", "-o", "/dev/null", "true"], check=True, stderr=subprocess.PIPE)
    except subprocess.CalledProcessError as e:
        raise harness.Skip("strace cannot trace here: %s" % e.stderr.decode().strip()) from e


# ---- kill -9 at every system call ----

def calls_of_a_run(count, jobs):
    """(call, n) for every system call of an undisturbed run."""
    log = harness.path("trace")
    with harness.Sentry() as s:
        h = History(s, count, more=("--jobs", str(jobs)))
        h.run(wrapper=strace(log=log), env=environment(), expected=(0,))
        h.judge_trace(log)
        h.end().check()
    # How often the loop wakes is not the same every time: two more than this one needed.
    return [(name, n + 1) for name, times in Trace(log).count().items()
            for n in range(times + (2 if times > 4 else 0)) if (name, n) != ("execve", 0)]


def kill_at(call, log):
    return strace("-e", "inject=%s:signal=SIGKILL:when=%d" % call, log=log)


def kills_at_calls(count=20, jobs=4, sample=None, seed=0):
    def one(call, tally):
        with harness.Sentry() as s:
            h = History(s, count, more=("--jobs", str(jobs)))
            log = harness.path("trace")
            h.run(wrapper=kill_at(call, log), env=environment(), expected=(0, -9))
            h.judge_trace(log)
            tally.notes["not reached"] += h.kills == 0
            h.run(wrapper=strace(log=log), env=environment(), expected=(0,))
            h.judge_trace(log)
            os.unlink(log)
            return h.end()
    return every(calls_of_a_run(count, jobs), one, sample, seed)


def repeated_kills(histories, seed, count=20):
    calls = calls_of_a_run(count, 4)

    def one(number, _):
        chance = random.Random("%s/%d" % (seed, number))
        with harness.Sentry() as s:
            h = History(s, count, more=("--jobs", str(chance.choice((1, 2, 4, 10)))))
            log = harness.path("trace")
            for _ in range(chance.randint(2, 4)):
                h.run(wrapper=kill_at(chance.choice(calls), log), env=environment(),
                      expected=(0, -9))
                h.judge_trace(log)
            os.unlink(log)
            return h.finish()
    return every(range(histories), one)


# ---- a connection cut at every byte ----

class Cutter(harness.Scripted):
    """Between client and SENTRY: behind PASSED connections one ends when LIMIT bytes have gone up (to
    the server) or down; all others go on. MEASURED: bytes of that connection."""

    def __init__(self, sentry, direction=None, limit=0, reset=False, passed=0):
        self.upstream, self.direction, self.limit, self.reset = (
            sentry.port, direction, limit, reset)
        self.measured = {"up": 0, "down": 0}
        self.left = passed
        self.lock = threading.Lock()
        super().__init__(self.relay)

    def relay(self, client):
        with self.lock:
            doomed, self.left = self.left == 0, self.left - 1
        if doomed and self.direction and self.limit == 0:
            return self.cut(client)
        with socket.create_connection(("127.0.0.1", self.upstream)) as server:
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self.pump, args=(server, client, "down", doomed),
                                    daemon=True)
            back.start()
            self.pump(client, server, "up", doomed)
            back.join(harness.LIMIT)
        return None

    def cut(self, *sockets):
        for one in sockets:
            if self.reset:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def pump(self, source, sink, direction, doomed):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    break
                if doomed:
                    left = self.limit - self.measured[direction]
                    self.measured[direction] += len(data)
                    if direction == self.direction and len(data) >= left:
                        sink.sendall(data[:left])
                        self.cut(source, sink)
                        return
                sink.sendall(data)
        except OSError:
            pass
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


_authority = []


def certificate():
    """(switches for the program, chain and key for the server)."""
    if not _authority:
        ca = harness.Authority()
        _authority.append((("--ca-file", ca.file), ca.issue()))
    return _authority[0]


def cuts(tls, sample=None, seed=0, resets=(False, True)):
    """One row and then another over the same connection, cut at every byte of all that. What applies
    a roster has listed the members before, over another connection."""
    trust, server = certificate() if tls else ((), None)
    more = ("--jobs", "1", *QUICK, *trust)
    passed = history.COMMAND[-1] == "apply"

    def url(cutter):
        return ("https://localhost:%d" if tls else "http://127.0.0.1:%d") % cutter.port

    def one(where, tally):
        with harness.Sentry(tls=server) as s, Cutter(s, *where, passed=passed) as cutter:
            h = History(s, 2, url=url(cutter), more=more)
            r = h.run()
            if r.code == 0:
                tally.notes["healed in the same run"] += 1
            else:
                tally.notes["ended with %d" % r.code] += 1
            return h.finish()

    with harness.Sentry(tls=server) as s, Cutter(s, passed=passed) as cutter:
        h = History(s, 2, url=url(cutter), more=more)
        h.run(expected=(0,))
        h.end().check()
        whole = dict(cutter.measured)
    # A handshake is not the same length every time (signatures): a few more.
    margin = 8 if tls else 0
    where = [(d, n, reset) for d in ("up", "down") for n in range(whole[d] + margin)
             for reset in resets]
    return every(where, one, sample, seed)


# ---- storms ----

NOTHING_DONE = ("drop-before", "reset-before", "500", "500-html", "502", "503", "504", "apigateway",
                "maintenance", "429-bare", "429-concurrency,retry-after:0", "429,retry-after:0",
                "html200", "garbage", "status:403", "status:400")
DONE = ("drop-after", "reset-after", "commit-500", "commit-then-500", "commit-502", "commit-503",
        "commit-504", "commit-html200", "commit-garbage", "cut:0", "cut:1",
        "cut:17", "cut:60", "cut:200", "cut:400", "cut-reset:9", "cut-reset:120", "no-length",
        "chunked", "chunked-trailers", "wrong-length:+7", "wrong-length:-3", "interim",
        "extra-bytes", "close", "delay:5", "delay:30", "slow:60000")
HANGING = ("stall", "stall-after:10", "stall-after:200", "delay:400")


def storm_rules(chance, requests, share, kinds):
    rules = []
    for number in range(1, requests + 1):
        if chance.random() < share:
            rules += ["--fault", "%s Users#%d=%s" % (
                chance.choice(("POST", "POST", "GET", "*")), number, chance.choice(kinds))]
    return rules


def storm(seed, command=None):
    """One history, all from its SEED: faults, kills, interrupts, until the server is calm."""
    chance = random.Random(seed)
    kinds = list(NOTHING_DONE + DONE)
    more = ["--jobs", str(chance.choice((1, 1, 2, 3, 5))), "--retries", str(chance.choice(
        (0, 1, 2, 4))), *QUICK]
    if chance.random() < 0.1:
        kinds += HANGING
        more += ["--timeout", "0.25"]
    if chance.random() < 0.1:
        kinds += ["late-commit:%d" % ms for ms in (1, 5, 20, 60)]
    count = chance.randint(2, 8)
    names = ["m%d@example.com" % i for i in range(count)]
    seeded = [n for n in names if chance.random() < 0.2] if chance.random() < 0.3 else []
    switches = [w for n in seeded for w in (
        "--member", "%s:%s" % (n, chance.choice(("joined", "role=member", "role=admin"))))]
    switches += storm_rules(chance, chance.randint(4, 40), chance.uniform(0.1, 0.9), kinds)
    switches += ["--era", chance.choice(("2025", "2026-01", "2026-06", "latest"))]
    if chance.random() < 0.2:
        switches += ["--latency", str(chance.randint(1, 5))]
    if chance.random() < 0.1:
        switches += ["--rate-limit", "1000,2"]
    killing = chance.choice((0, 0, 0.3, 0.6))
    with harness.Sentry(*switches) as s:
        h = History(s, count, seeded, command=command, more=more)
        while chance.random() < killing and h.runs < 6:
            which = chance.choice(("KILL", "KILL", "INT", "TERM"))
            h.run(wrapper=("timeout", "--preserve-status", "-s", which, "%.4f" % (
                chance.uniform(0.001, 0.08 if ASAN else 0.03))), env=environment())
        return h.finish()


def storms(histories, seed, command=None):
    def one(number, _):
        return storm("%s/%d" % (seed, number), command)
    return every(range(histories), one)


# ---- a journal that is damaged ----

def damaged_journals(kind, sample=None, seed=0):
    """The journal of half a run, cut at every byte or with every bit flipped ("cut", "flip"), and
    the run gone on with: refused with exit 2 and nothing sent, or right."""
    with harness.Sentry("--fault", "POST Users#3=stall") as s:
        h = History(s, 4, more=("--jobs", "1"))
        h.run_until(3)
        data, members = read(h.journal), s.state()["members"]
        port, text = s.port, read(h.roster)
    h.check()
    assert len(members) == 3, members
    head = data.index(b"\n") + 1
    last = data.rindex(b"\n", 0, len(data) - 1) + 1
    places = [(n, None) for n in range(len(data))] if kind == "cut" else [
        (n, bit) for n in range(len(data)) for bit in range(8)]
    seeds = [w for m in members for w in ("--member", "%s:role=member" % m["userName"])]
    lock = threading.Lock()  # the journal knows its server by address: one at a time has it

    def one(place, tally):
        n, bit = place
        broken = data[:n] if bit is None else (
            data[:n] + bytes([data[n] ^ 1 << bit]) + data[n + 1:])
        with lock, harness.Sentry(*seeds, port=port) as s:
            h = History(s, 4, [m["userName"] for m in members], more=("--jobs", "1"))
            assert read(h.roster) == text
            with open(h.journal, "wb") as f:
                f.write(broken)
            r = h.run(expected=(0, 2))
            if r.code == 0:
                tally.notes["gone on with"] += 1
                if n < head or bit is not None and n < last - 1:
                    h.say("journal", "believed: %s", r)
                return h.end()
            tally.notes["refused"] += 1
            if h.posted or read(h.journal) != broken or "journal" not in r.err:
                h.say("journal", "refused, and touched: %s", r)
            if n >= head and (bit is None or n >= last):
                h.say("journal", "refused for a torn end: %s", r)
            return h
    return every(places, one, sample, seed)


# ---- a disk that is full or fails ----

def judge_failure(h, r, call):
    """R is a run in which CALL was made to fail."""
    name, arguments, _, remark = call
    descriptor = arguments.split(",")[0]
    if name not in ("write", "fdatasync", "ftruncate", "fsync"):
        return
    if name == "write" and descriptor == "2":
        # What cannot be said on stderr is not said.
        h.wrong = [w for w in h.wrong if "no summary" not in w[1]]
        return
    if r.code != 10:
        h.say("misreported", "%s(%.60s) failed: exit %d, %s", name, arguments, r.code, r)
    said = {"ENOSPC": ("No space left",), "EIO": ("I/O error", "Input/output error")}
    if not any(words in r.err for words in said[remark.split()[0]]) or ("standard output" if descriptor == "1" else "journal") not in r.err:
        h.say("misreported", "the reason is not told: %s", r)


def failing_calls(errors=(("write", "ENOSPC"), ("write", "EIO"), ("fdatasync", "EIO"),
                          ("fdatasync", "ENOSPC"), ("fsync", "EIO"), ("link", "EIO"),
                          ("open", "ENOSPC"), ("openat", "ENOSPC"), ("ftruncate", "EIO"),
                          ("read", "EIO"), ("fstat", "EIO"), ("fcntl", "ENOLCK"), ("lseek", "EIO"),
                          ("close", "EIO"), ("unlink", "EIO"), ("mmap", "ENOMEM"),
                          ("getrandom", "EIO"), ("socket", "EMFILE"),
                          ("connect", "ECONNREFUSED"),
                          ("recvfrom", "ECONNRESET"), ("ppoll", "ENOMEM")),
                  count=8, jobs=2, sample=None, seed=0, torn=False):
    """Each call that an undisturbed run makes fails once, by turns; with TORN the run is one that
    finds a torn journal."""
    def begin(s):
        h = History(s, count, more=("--jobs", str(jobs)))
        if torn:
            h.run_until(3)
            with open(h.journal, "ab") as f:
                f.write(b"7 I 1 0123")
        return h

    faults = ("--fault", "POST Users#3=stall") if torn else ()
    log = harness.path("trace")
    with harness.Sentry(*faults) as s:
        h = begin(s)
        h.run(wrapper=strace(log=log), env=environment(), expected=(0,))
        h.end().check()
    counts = Trace(log).count()
    # The sanitizers and the loader need some calls for themselves.
    places = [(call, error, n + 1) for call, error in errors for n in range(counts[call])
              if not ASAN or call in ("write", "fdatasync", "fsync", "ftruncate", "link", "lseek")]

    def one(place, tally):
        log = harness.path("trace")
        with harness.Sentry(*faults) as s:
            h = begin(s)
            r = h.run(wrapper=strace("-e", "inject=%s:error=%s:when=%d" % place, log=log),
                      env=environment())
            trace = h.judge_trace(log)
            os.unlink(log)
            failed = trace.injected()
            if failed is None:
                tally.notes["not reached"] += 1
            else:
                judge_failure(h, r, failed)
            return h.finish()
    return every(places, one, sample, seed)


def small_files(sample=None, seed=0, count=4):
    """No file may grow over N bytes, for every N: writes of the journal end in the middle."""
    with harness.Sentry() as s:
        h = History(s, count)
        h.run(expected=(0,))
        size = len(read(h.journal))

    def one(limit, _):
        with harness.Sentry() as s:
            h = History(s, count, more=("--jobs", "2"))
            r = h.run(wrapper=("prlimit", "--fsize=%d" % limit), expected=(10,))
            if "File too large" not in r.err or "journal" not in r.err:
                h.say("misreported", "the reason is not told: %s", r)
            h.run(wrapper=("prlimit", "--fsize=%d" % limit), expected=(10, 0))
            return h.finish()
    return every(range(size), one, sample, seed)


class SmallDisk:
    """A file system of PAGES pages of 4096 bytes in a mount namespace of its own, as a context;
    Skip where that cannot be had."""

    def __init__(self, pages):
        if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("nsenter"):
            raise harness.Skip("a small disk needs root, unshare and nsenter")
        self.folder = harness.path("disk")
        os.mkdir(self.folder)
        self.process = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", "mount -t tmpfs -o size=%dk tmpfs '%s' && echo ok && "
             "while read x; do mount -o remount,size=$x '%s' && echo ok; done" % (
                 4 * pages, self.folder, self.folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if self.process.stdout.readline() != b"ok\n":
            raise harness.Skip("no small disk can be mounted here: %s" % (
                self.process.stderr.read().decode().strip()))
        self.wrapper = ("nsenter", "-m", "-t", str(self.process.pid))
        self.seen = "/proc/%d/root%s" % (self.process.pid, self.folder)

    def grow(self):
        self.process.stdin.write(b"1m\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == b"ok\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


def full_disks(pages=(1, 2, 3), count=300):
    """A roster whose journal needs more than a disk has, then room is made."""
    def one(size, _):
        with harness.Sentry() as s, SmallDisk(size) as disk:
            h = History(s, count, more=("--jobs", "4"), folder=disk.folder, seen=disk.seen)
            r = h.run(wrapper=disk.wrapper, expected=(10,))
            for text in ("No space left", "hint: make room", "goes on"):
                if text not in r.err:
                    h.say("misreported", "%r is not told: %s", text, r)
            h.run(wrapper=disk.wrapper, expected=(10,))
            disk.grow()
            h.run(wrapper=disk.wrapper, expected=(0,))
            return h.end()
    with SmallDisk(1):
        pass
    return every(pages, one)
