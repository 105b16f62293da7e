"""Networks that lose, refuse and swallow, in a network namespace of our own."""
import csv
import io
import os
import subprocess

from parts import CA, CERT, need
import harness
from harness import ORG, TOKEN, Skip, case, path, write

NAME = "sentry-scim-test-%d" % os.getpid()
PORT = 8443


def inside(*arguments, **options):
    return subprocess.run(["ip", "netns", "exec", NAME, *arguments], check=True, **options)


class Namespace:
    """A network of its own with nothing but a loopback interface, and rules for it."""

    def __enter__(self):
        if os.getuid() != 0:
            raise Skip("root is needed")
        if subprocess.run(["ip", "netns", "add", NAME], stderr=subprocess.DEVNULL,
                          check=False).returncode != 0:
            raise Skip("no network namespaces here")
        inside("ip", "link", "set", "lo", "up")
        inside("ip", "address", "add", "198.51.100.1/32", "dev", "lo")
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "delete", NAME], check=True)

    @staticmethod
    def rule(text):
        rules = ("flush ruleset\ntable inet t {\n chain c {\n"
                 "  type filter hook input priority 0;\n  %s\n }\n}\n" % text)
        inside("nft", "-f", write(rules, "rules.nft"))


class Server:
    """The local Sentry inside the namespace."""

    def __init__(self):
        self.state, self.log, self.port_file = path("state.json"), path("log"), path("port")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", NAME, harness.LOCAL_SENTRY, "--listen", "127.0.0.1:%d" % PORT,
             "--port-file", self.port_file, "--org", ORG, "--token", TOKEN, "--state", self.state,
             "--log", self.log, "--tls", *CERT], stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    members = harness.Sentry.members
    log_entries = harness.Sentry.log_entries

    @property
    def state_file(self):
        return self.state


def program(*arguments, **options):
    return harness.run("--url", "https://localhost:%d" % PORT, "--org", ORG, "--ca-file", CA.file,
                       *arguments, wrapper=("ip", "netns", "exec", NAME), timeout=300, **options)


def outcomes(result):
    return {r["userName"]: r["outcome"] for r in csv.DictReader(io.StringIO(result.out))}


@case("packets are lost, from 1 to 50 in 100: every row is made once, however long it takes")
def _():
    with Namespace() as n:
        for loss, rows in ((1, 40), (10, 30), (30, 12), (50, 4)):
            with Server() as s:
                n.rule("tcp sport %d numgen random mod 100 < %d drop; "
                       "tcp dport %d numgen random mod 100 < %d drop;" % (PORT, loss, PORT, loss))
                names = ["m%d@example.com" % i for i in range(rows)]
                file = write("userName\n" + "\n".join(names) + "\n")
                for _ in range(12):
                    r = program("roster", "import", file, "-o", "csv", "--connect-timeout", "20",
                                "--timeout", "30")
                    if r.code == 0:
                        break
                    assert r.code in (3, 4, 8, 9), r
                assert r.code == 0, (loss, str(r))
                n.rule("accept")
                assert sorted(s.members()) == sorted(names), (loss, sorted(s.members()))


@case("a firewall that resets: at once, and in the middle of the exchange")
def _():
    with Namespace() as n, Server() as s:
        n.rule("tcp dport %d reject with tcp reset" % PORT)
        program("member", "create", "a@example.com", "--retries", "0").expect(
            3, out="", err=["refused", "hint: "])
        # The handshake's packets pass, what follows is answered by a reset.
        n.rule("tcp dport %d ct original packets > 12 reject with tcp reset" % PORT)
        names = ["m%d@example.com" % i for i in range(30)]
        file = write("userName\n" + "\n".join(names) + "\n")
        r = program("roster", "import", file, "--retries", "2")
        assert r.code in (0, 4, 8, 9), r
        n.rule("accept")
        program("roster", "import", file).expect(0)
        assert sorted(s.members()) == sorted(names)
        posts = [e for e in s.log_entries() if e["method"] == "POST" and e["status"] == 201]
        assert len(posts) == len(names), len(posts)


@case("an address that swallows everything beside one that lives: the live one answers at once")
def _():
    with Namespace() as n, Server():
        n.rule("ip daddr 198.51.100.1 drop")
        resolve = "localhost:%d:198.51.100.1,127.0.0.1" % PORT
        # Within less time than a single connection may take.
        program("member", "list", "--resolve", resolve, "-v", "--connect-timeout", "3").expect(
            0, err="connected to 127.0.0.1")
        r = program("member", "list", "--resolve", "localhost:%d:198.51.100.1" % PORT,
                    "--connect-timeout", "1", "--retries", "0").expect(3, err="198.51.100.1")
        assert "hint: " in r.err, r


@case("no route at all, and a name server that never answers, are said for what they are")
def _():
    with Namespace() as n:
        n.rule("udp dport 53 drop")
        program("member", "list", "--resolve", "localhost:%d:203.0.113.9" % PORT, "--retries",
                "0").expect(3, err=["203.0.113.9", "route"])
        r = harness.run("--url", "https://sentry.test", "--org", ORG, "--ca-file", CA.file,
                        "--connect-timeout", "2", "--retries", "0", "member", "list",
                        wrapper=("ip", "netns", "exec", NAME), timeout=60).expect(3)
        assert "sentry.test" in r.err, r


def prepare():
    need(("ip", "iproute2"), ("nft", "nftables"))
