"""What a roster costs: beside `curl --parallel`, which sends the same requests over as many
connections, and a loop of fetch() in Node, which sends one after another over one."""
import contextlib
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
JOBS = 4
ROWS = 3000          # of a run whose CPU time is taken
CPU_RUNS = 3
INSTRUCTION_ROWS = (500, 2000)
LATENCY_MS = 50
LATENCY_ROWS = 400
MILLION = 1000000
MILLION_LEFT = 1000  # of them, rows that are really created
HEADER = "userName,sentryOrgRole\n"


def names(count):
    return ["row%d@example.com" % i for i in range(count)]


class Rosters:
    def __init__(self, bench, program):
        self.b = bench
        self.program = program
        self.folder = bench.folder
        node = shutil.which("node")
        version = re.match(r"v(\d+)", subprocess.run(
            [node, "--version"], stdout=subprocess.PIPE, check=True).stdout.decode()) if node else None
        self.node = node if version and int(version.group(1)) >= 18 else None
        if self.node is None:
            print("no node of version 18 or later: its column stays empty", file=sys.stderr)

    @contextlib.contextmanager
    def server(self, latency=0):
        """A server without members and without a rate limit, for one run."""
        port, process = self.b.serve("--self-hosted", "--latency", str(latency))
        try:
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()

    def path(self, name):
        return os.path.join(self.folder, name)

    def roster(self, count):
        path = self.path("roster%d.csv" % count)
        if not os.path.exists(path):
            with open(path, "w") as f:
                f.write(HEADER)
                f.writelines(n + ",member\n" for n in names(count))
        return path

    def ours(self, port, count, *more):
        journal = self.roster(count) + ".journal"
        if os.path.exists(journal):
            os.unlink(journal)
        return self.again(port, count, *more)

    def again(self, port, count, *more):
        return [self.program, "--url", "https://localhost:" + port, "--org", "acme", "--resolve",
                "localhost:%s:127.0.0.1" % port, "--ca-file", self.path("ca.pem"), "roster",
                "import", self.roster(count), "--jobs", str(JOBS), "--rate", "10000", "-o",
                "jsonl", *more]

    def unjournaled(self, port, count):
        return self.ours(port, count, "--no-journal")

    def curl(self, port, count):
        path = self.path("curl.cfg")
        with open(path, "w") as f:
            for i, name in enumerate(names(count)):
                f.write("next\n" if i else "")
                f.write('url = "https://localhost:%s/api/0/organizations/acme/scim/v2/Users"\n'
                        'resolve = "localhost:%s:127.0.0.1"\ncacert = "%s"\nhttp1.1\nsilent\n'
                        'header = "Authorization: Bearer %s"\n'
                        'header = "Content-Type: application/json"\n'
                        'data = "{\\"schemas\\":[\\"urn:ietf:params:scim:schemas:core:2.0:User\\"],'
                        '\\"userName\\":\\"%s\\",\\"sentryOrgRole\\":\\"member\\"}"\n' % (
                            port, port, self.path("ca.pem"), self.b.env["SENTRY_AUTH_TOKEN"], name))
        return ["curl", "--parallel", "--parallel-max", str(JOBS), "-K", path]

    def fetch(self, port, count):
        return [self.node, "--dns-result-order=ipv4first", os.path.join(HERE, "loop.js"),
                "https://localhost:%s/api/0/organizations/acme/scim/v2/" % port,
                self.roster(count)]

    def run(self, command, count):
        """Seconds, CPU microseconds and the peak in KiB of one run that answers for COUNT rows."""
        env = dict(self.b.env, NODE_EXTRA_CA_CERTS=self.path("ca.pem"))
        begun = time.perf_counter()
        done = subprocess.run([self.path("launch"), *command], env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        wall = time.perf_counter() - begun
        cpu = re.search(rb"^cpu (\d+) us$", done.stderr, re.M)
        peak = re.search(rb"^peak (\d+) KiB$", done.stderr, re.M)
        if done.returncode != 0 or not cpu or done.stdout.count(b'"userName"') != count:
            sys.exit("%s: %s" % (command[0], done.stderr.decode()[-2000:]))
        return wall, int(cpu.group(1)), int(peak.group(1))

    def makers(self):
        """The programs in the order of the columns, and ours without a journal."""
        return [self.ours, self.unjournaled, self.curl] + ([self.fetch] if self.node else [])

    def instructions(self, maker):
        counts = []
        for rows in INSTRUCTION_ROWS:
            with self.server() as port:
                counts.append(self.b.instructions(maker(port, rows)))
        return (counts[1] - counts[0]) // (INSTRUCTION_ROWS[1] - INSTRUCTION_ROWS[0])

    def million(self):
        """The peak of a run whose million rows are read and checked and of which the last are
        created; a journal that is made here says that the others were."""
        begin = MILLION - MILLION_LEFT
        roster = self.roster(MILLION)
        with self.server() as port:
            # Without a token that holds the first request is refused: what is left is a journal
            # with its head.
            refused = dict(self.b.env, SENTRY_AUTH_TOKEN="sntryi_" + "0" * 64)
            subprocess.run(self.ours(port, MILLION), env=refused, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
            subprocess.run(["build/native/tests/bench/journal_fill", roster + ".journal", "0", str(begin)],
                           check=True)
            return self.run(self.again(port, MILLION), MILLION_LEFT)[2]


def budget(rows):
    """KiB: 1.5 MiB and 16 bytes a row."""
    return 1536 + rows * 16 // 1024


def measure(bench, program, row):
    r = Rosters(bench, program)
    makers = r.makers()

    runs = [[] for _ in makers]
    for _ in range(CPU_RUNS):
        for place, maker in enumerate(makers):
            with r.server() as port:
                runs[place].append(r.run(maker(port, ROWS), ROWS))
    cpu = [statistics.median(x[1] for x in one) / ROWS for one in runs]
    rate = [ROWS / statistics.median(x[0] for x in one) for one in runs]
    lanes = [JOBS, JOBS, JOBS, 1]

    def columns(values, form, ours=0):
        text = [form % v for v in values]
        return text[ours], None, text[2], text[3] if len(text) > 3 else None

    for name, ours in (("", 0), (", no journal", 1)):
        mine, floor, curl, node = columns(cpu, "%.0f", ours)
        row("roster: CPU a row" + name, mine, floor, curl, "us", cpu[ours] / cpu[2],
            "0.67 x curl", cpu[ours] * 1.5 <= cpu[2], node=node)
    counts = [r.instructions(m) for m in makers[:3]]
    for name, ours in (("", 0), (", no journal", 1)):
        row("roster: instructions a row" + name, counts[ours], None, counts[2], "",
            counts[ours] / counts[2])
    for name, ours in (("", 0), (", no journal", 1)):
        mine, floor, curl, node = columns([x / n for x, n in zip(rate, lanes)], "%.0f", ours)
        row("roster: rows/s a connection, 0 ms" + name, mine, floor, curl, "",
            rate[ours] / rate[2], node=node)

    slow = []
    for maker in makers:
        count = LATENCY_ROWS if maker != r.fetch else LATENCY_ROWS // JOBS
        with r.server(LATENCY_MS) as port:
            slow.append(count / r.run(maker(port, count), count)[0])
    ideal = 1000 / LATENCY_MS
    mine, floor, curl, node = columns([x / n for x, n in zip(slow, lanes)], "%.1f")
    row("roster: rows/s a connection, %d ms" % LATENCY_MS, mine, floor, curl, "",
        slow[0] / slow[2], "%.0f" % (0.9 * ideal), slow[0] / JOBS >= 0.9 * ideal, node=node)

    peaks = [max(x[2] for x in one) for one in runs]
    with r.server() as port:
        small = r.run(r.ours(port, 1000), 1000)[2]
    row("roster: peak memory, 1,000 rows", small, None, None, "KiB", None, str(budget(1000)),
        small <= budget(1000))
    mine, floor, curl, node = columns(peaks, "%d")
    row("roster: peak memory, %d,000 rows" % (ROWS // 1000), mine, floor, curl, "KiB",
        peaks[0] / peaks[2], str(budget(ROWS)), peaks[0] <= budget(ROWS), node=node)
    big = r.million()
    row("roster: peak memory, 1,000,000 rows", big, None, None, "KiB", None, str(budget(MILLION)),
        big <= budget(MILLION))
