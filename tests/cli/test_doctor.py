#!/usr/bin/env python3
"""What doctor finds, step by step, where it stops, and what it never shows."""
import base64
import datetime
import hashlib
import json
import re
import signal
import socket
import ssl
import subprocess
import threading

import harness
from harness import (ORG, TOKEN, Authority, Scripted, Sentry, answer, answering, case, on_terminal,
                     read_request, run, write)

CA = Authority()
OTHER = Authority("Other CA")
STEPS = ["settings", "clock", "name", "route", "connection", "proxy", "tls", "http", "token",
         "scopes", "scim", "limits"]
DETAIL = '{"detail":"%s"}'
FORBIDDEN = DETAIL % "You do not have permission to perform this action."


class Report:
    """What one run found: states, summaries, advice and evidence by step."""

    def __init__(self, result):
        self.result, self.steps = result, json.loads(result.out)
        assert [s["step"] for s in self.steps] == STEPS, result
        self.by_name = {s["step"]: s for s in self.steps}

    def states(self):
        return {s["step"]: s["state"] for s in self.steps}

    def failed(self, step, code, *texts):
        """STEP is the first that failed, CODE the exit code; TEXTS stand in what it says."""
        first = [s["step"] for s in self.steps if s["state"] == "failed"]
        assert first[:1] == [step], (step, self.result)
        assert self.result.code == code, self.result
        said = json.dumps(self.by_name[step])
        for text in texts:
            assert text in said, (text, self.result)
        assert step in self.result.err, self.result
        return self

    def only(self, *names):
        """NAMES, and no other step, were skipped."""
        skipped = [s["step"] for s in self.steps if s["state"] == "skipped"]
        assert skipped == list(names), (skipped, self.result)
        return self

    def facts(self, step, name):
        return [f["value"] for f in self.by_name[step]["evidence"] if f["name"] == name]


def doctor(*arguments, **options):
    return Report(run("doctor", "-o", "json", "--org", ORG, *arguments, **options))


def at(server, *arguments, **options):
    return doctor("--url", server.url, *arguments, **options)


def gets_only(server):
    assert set(server.methods()) <= {"GET"} and server.methods(), server.methods()


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@case("everything fine: each step is ok with its evidence, exit 0, only GETs, nothing on stderr")
def _():
    with Sentry("--rate-limit", "40", "--member", "ada@example.com",
                tls=CA.issue(days=90)) as s:
        r = at(s, "--ca-file", CA.file)
        assert r.result.code == 0 and r.result.err == "", r.result
        assert set(r.states().values()) == {"ok"}, r.result
        (chain,) = [f for f in r.facts("tls", "certificate") if f.startswith("test")]
        assert "issued by Test CA" in chain and re.search("(89|90) days left", chain), chain
        (root,) = r.facts("tls", "vouched for by")
        assert root == "Test CA in " + CA.file, root
        assert "TLSv1.3" in r.by_name["tls"]["summary"]
        assert r.facts("scopes", "member:read") == r.facts("scopes", "team:read") == ["yes"]
        assert "1 member" in r.by_name["scim"]["summary"]
        assert r.facts("scim", "resources in a page") == ["100"]
        assert "40 requests" in r.by_name["limits"]["summary"]
        gets_only(s)
        assert len(s.requests()) == 3 and len({e["connection"] for e in s.log_entries()}) == 1


@case("a server without discovery, and one without limits, are no worse")
def _():
    with Sentry("--era", "2025", "--self-hosted") as s:
        r = at(s)
        assert r.result.code == 0 and set(r.states().values()) == {"ok"}, r.result
        assert "no harm" in r.facts("scim", "ServiceProviderConfig")[0]


@case("the table has the same facts as JSON, in 80 columns, and no colour off a terminal")
def _():
    with Sentry(tls=CA.issue(days=90)) as s:
        table = s.run("doctor", "-o", "table", "--ca-file", CA.file).expect(0, err=[])
        assert "\033" not in table.out
        assert all(len(line) <= 80 for line in table.out.splitlines()), table
        # A day may end between the two runs.
        flat = re.sub(r", \d+ days left", "", re.sub(r"\s+", " ", table.out))
        for step in at(s, "--ca-file", CA.file).steps:
            for fact in step["evidence"]:
                value = re.sub(r", \d+ days left", "", fact["value"])
                if "clock" not in fact["name"]:
                    assert "%s: %s" % (fact["name"], value) in flat, (fact, table)


@case("a terminal gets the table, in colour unless that is unwanted")
def _():
    with Sentry() as s:
        arguments = ["doctor", "--url", s.url, "--org", ORG]
        assert "\033[32mok" in on_terminal(*arguments).out
        plain = on_terminal(*arguments, "--no-color")
        assert "\033" not in plain.out and plain.out.startswith("ok    settings"), plain


@case("jsonl has a step a line, csv a row a step")
def _():
    with Sentry() as s:
        lines = s.run("doctor", "-o", "jsonl").expect(0).out.splitlines()
        assert [json.loads(line)["step"] for line in lines] == STEPS
        rows = s.run("doctor", "-o", "csv").expect(0).out.splitlines()
        assert rows[0] == "step,state,summary,advice,ms" and len(rows) == 13, rows


@case("no token: said first, and the way to the server is looked at all the same, without one")
def _():
    with Sentry() as s:
        r = at(s, token=None).failed("settings", 2, "no token is given", "--token-file")
        r.only("token", "scopes", "scim", "limits")
        assert r.states()["http"] == "ok"
        assert all(n.lower() != "authorization" for e in s.log_entries() for n, _ in e["headers"])
        gets_only(s)


@case("no organization: the same, and the token is not sent for nothing")
def _():
    with Sentry() as s:
        r = Report(run("doctor", "-o", "json", "--url", s.url))
        r.failed("settings", 2, "no organization is given", "--org").only(
            "token", "scopes", "scim", "limits")
        assert s.requests() == [["GET", "/api/0/"]]
        assert all(n.lower() != "authorization" for e in s.log_entries() for n, _ in e["headers"])


@case("a setting that cannot be used stops it at once: exit 2, the clock is looked at")
def _():
    for arguments, text in ((["--region", "a b"], "--region"), (["--ca-file", "/nowhere"], "/nowhere"),
                            (["--proxy", "ftp://x"], "ftp")):
        r = doctor(*arguments).failed("settings", 2, text)
        r.only(*STEPS[2:])
        assert r.states()["clock"] in ("ok", "warning")


@case("a name that cannot be resolved: exit 3, the name servers are told")
def _():
    r = doctor("--url", "https://nosuch.invalid", "--connect-timeout", "2")
    r.failed("name", 3, "nosuch.invalid").only(*STEPS[3:])
    assert r.facts("name", "name servers")


@case("--resolve is said, and does without name servers")
def _():
    with Sentry() as s:
        r = doctor("--url", "http://sentry.example:%d" % s.port, "--resolve",
                   "sentry.example:%d:127.0.0.1" % s.port)
        assert r.result.code == 0, r.result
        assert "--resolve" in r.by_name["name"]["summary"] and not r.facts("name", "name servers")


@case("an address that does not take connections is named beside the one that does")
def _():
    with Sentry() as s:
        r = doctor("--url", "http://sentry.example:%d" % s.port, "--resolve",
                   "sentry.example:%d:127.0.0.2,127.0.0.1" % s.port)
        assert r.result.code == 0, r.result
        assert r.facts("connection", "127.0.0.2:%d" % s.port) == ["Connection refused"]
        assert r.facts("connection", "127.0.0.1:%d" % s.port) == ["connected"]


@case("nothing listens: exit 3, the address with its cause")
def _():
    port = free_port()
    r = doctor("--url", "http://127.0.0.1:%d" % port).failed("connection", 3, "refused")
    r.only(*STEPS[5:])
    assert r.facts("connection", "127.0.0.1:%d" % port) == ["Connection refused"]


@case("a black hole: the connection times out as --connect-timeout says, exit 3")
def _():
    with socket.socket() as hole:  # its queue is full: what more comes is dropped
        hole.bind(("127.0.0.1", 0))
        hole.listen(0)
        port = hole.getsockname()[1]
        fillers = [socket.socket() for _ in range(8)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        r = doctor("--url", "http://127.0.0.1:%d" % port, "--connect-timeout", "0.3")
        for filler in fillers:
            filler.close()
    r.failed("connection", 3, "no connection in time", "firewall").only(*STEPS[5:])


@case("a silent server: taken, but not answered, exit 9 as every command says")
def _():
    with Scripted(lambda c: (read_request(c), c.recv(1))) as s:
        at(s, "--timeout", "0.5").failed("http", 9, "timed out").only(*STEPS[8:])


@case("a proxy that wants a log-in: exit 3, and its name and place are told, no password")
def _():
    with Scripted(answering(answer(407, "who?", 'Proxy-Authenticate: Basic realm="x"'))) as p:
        r = doctor("--url", "https://sentry.example", "--proxy",
                   "http://u:pass-word-canary@127.0.0.1:%d" % p.port, secret="pass-word-canary")
        r.failed("proxy", 3, "407").only(*STEPS[6:])
        (fact,) = r.facts("proxy", "proxy")
        assert "127.0.0.1:%d" % p.port in fact and "--proxy" in fact, fact
        assert "the proxy looks it up" in r.facts("name", "behind the proxy")[0]


@case("a proxy that is down: exit 3, blamed on the proxy")
def _():
    r = doctor("--url", "https://sentry.example", "--proxy", "http://127.0.0.1:%d" % free_port())
    r.failed("connection", 3, "the proxy", "refused").only(*STEPS[5:])
    assert "from --proxy" in r.facts("settings", "proxy")[0]


def tls_proxy(identity):
    """A proxy over TLS that says 407 to everything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*identity)

    def serve(connection):
        with context.wrap_socket(connection, server_side=True) as tls:
            answering(answer(407, "who?"))(tls)
    return Scripted(serve)


@case("a proxy over TLS: its certificate is evidence of the proxy step, whether it is trusted or not")
def _():
    with tls_proxy(CA.issue()) as p:
        arguments = ["--url", "https://sentry.example", "--proxy", "https://127.0.0.1:%d" % p.port]
        r = doctor(*arguments, "--ca-file", CA.file).failed("proxy", 3, "407")
        assert r.facts("proxy", "tls") and "Test CA" in r.facts("proxy", "vouched for by")[0]
        r = doctor(*arguments, "--ca-file", OTHER.file).failed("proxy", 3, "not trusted")
        assert r.facts("proxy", "certificate") and not r.facts("proxy", "tls"), r.result
        r.only(*STEPS[6:])


@case("a unix-domain socket needs neither name nor route; one that is not there is exit 3")
def _():
    r = doctor("--url", "http://sentry.example", "--unix-socket", "/nowhere/relay")
    r.failed("connection", 3, "/nowhere/relay").only(*STEPS[5:])
    assert "unix-domain" in r.by_name["name"]["summary"] + r.by_name["route"]["summary"]


@case("an untrusted CA: exit 3, with the chain that came and where was looked")
def _():
    with Sentry(tls=CA.issue()) as s:
        r = at(s, "--ca-file", OTHER.file).failed("tls", 3, "not trusted", OTHER.file, "--ca-add")
        r.only(*STEPS[7:])
        assert r.facts("tls", "certificate")[0].startswith("test, issued by Test CA")
        assert r.facts("tls", "vouched for by") == [] and s.requests() == []


@case("a certificate for another name: exit 3, with its names")
def _():
    with Sentry(tls=CA.issue("DNS:other.example")) as s:
        at(s, "--ca-file", CA.file).failed("tls", 3, "other.example").only(*STEPS[7:])


@case("an expired certificate: exit 3, both dates and the clock")
def _():
    with Sentry(tls=CA.issue(start=("20200101000000Z", "20210101000000Z"))) as s:
        r = at(s, "--ca-file", CA.file).failed(
            "tls", 3, "has expired", "2020-01-01", "2021-01-01", "clock")
        assert r.facts("tls", "certificate")
        good = at(s, "--ca-file", CA.file, "--assume-time", "2020-06-01T00:00:00Z")
        assert good.result.code == 0 and "--assume-time" in good.by_name["clock"]["summary"]


@case("a certificate that ends within two weeks is warned of, exit 0")
def _():
    with Sentry(tls=CA.issue(days=10)) as s:
        r = at(s, "--ca-file", CA.file)
        assert r.result.code == 0 and r.states()["tls"] == "warning", r.result
        assert re.search("expires in (9|10) days", r.by_name["tls"]["summary"]), r.result
        assert "renew" in r.by_name["tls"]["advice"]


@case("a pin that is not met: exit 3; one that is met is told")
def _():
    identity = CA.issue()
    key = subprocess.run(["openssl", "pkey", "-in", identity[1], "-pubout", "-outform", "DER"],
                         check=True, stdout=subprocess.PIPE).stdout
    pin = "sha256//" + base64.b64encode(hashlib.sha256(key).digest()).decode()
    with Sentry(tls=identity) as s:
        r = at(s, "--ca-file", CA.file, "--pin", pin)
        assert r.result.code == 0 and r.facts("tls", "pin") == ["one of 1 is met"], r.result
    with Sentry(tls=CA.issue()) as s:
        at(s, "--ca-file", CA.file, "--pin", "sha256//" + "A" * 43 + "=").failed(
            "tls", 3, "pin").only(*STEPS[7:])


@case("a server that speaks no TLS on that port is told so")
def _():
    with Scripted(lambda c: (c.recv(1), c.sendall(answer(400)))) as s:
        doctor("--url", "https://127.0.0.1:%d" % s.port).failed("tls", 3, "plain HTTP")


@case("a clock that differs from the server's Date is warned of, exit 0")
def _():
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=2)
    date = then.strftime("Date: %a, %d %b %Y %H:%M:%S GMT")
    with Scripted(answering(answer(200, '{"totalResults":0,"Resources":[]}', date))) as s:
        r = at(s)
        assert r.result.code == 0 and r.states()["http"] == "warning", r.result
        assert "ahead of the server's" in r.by_name["http"]["summary"]


@case("401: the token, exit 6; what the server says is quoted without it")
def _():
    with Sentry(token="sntryi_" + "b" * 64) as s:
        r = at(s).failed("token", 6, "401", "Invalid token").only("scopes", "scim")
        assert r.states()["http"] == "ok"
        gets_only(s)
    with Scripted(answering(answer(401, DETAIL % ("Invalid token " + TOKEN)))) as s:
        at(s).failed("token", 6, "Invalid token")


@case("403 with the scopes that would do: exit 6")
def _():
    with Sentry(token_rights=":team:read") as s:
        r = at(s).failed("scopes", 6, "lacks a scope", "member:read").only("scim")
        assert r.states()["token"] == "ok" and r.facts("scopes", "member:read") == ["no"]
        gets_only(s)


@case("a token without the scope for teams is warned of, exit 0")
def _():
    with Sentry(token_rights=":member:admin") as s:
        r = at(s)
        assert r.result.code == 0 and r.states()["scopes"] == "warning", r.result
        assert r.facts("scopes", "team:read") == ["no"] and "team:read" in r.by_name["scopes"]["advice"]


@case("an older server's 403 that may be the scope is not taken for SCIM being off")
def _():
    with Sentry("--era", "2025", token_rights=":team:read") as s:
        r = at(s).failed("scopes", 6, "lacks the scope", "SCIM is not switched on").only("scim")
        assert r.states()["token"] == "ok"
        gets_only(s)


@case("SCIM switched off is told from a missing scope, in old eras too: exit 6")
def _():
    for era in ("2025", "latest"):
        with Sentry("--era", era, "--scim-off") as s:
            r = at(s).failed("scim", 6, "not switched on", "Enable SCIM")
            assert r.states()["token"] == r.states()["scopes"] == "ok", r.result
            assert s.requests()[-1][1].endswith("/organizations/acme/members/1/")
            gets_only(s)


@case("an organization token is told apart before its scopes: exit 6")
def _():
    token = "sntrys_" + "e30=" + "_" + "a" * 43
    with Sentry(token=token) as s:
        at(s, token=token).failed("token", 6, "sntryi_").only("scopes", "scim")
        gets_only(s)


@case("an unknown organization: exit 7; forwarded by sentry.io the token has not been looked at")
def _():
    with Sentry() as s:
        r = Report(run("doctor", "-o", "json", "--url", s.url, "--org", "nobody"))
        r.failed("scim", 7, "404", "no such organization")
        assert r.states()["token"] == "ok"
    with Sentry("--proxy-mode") as s:
        r = Report(run("doctor", "-o", "json", "--url", s.url, "--org", "nobody"))
        r.failed("scim", 7, "404").only("token", "scopes")


@case("429: the limits, exit 9; it is not repeated")
def _():
    with Sentry("--fault", "GET Users=429,retry-after:7") as s:
        r = at(s).failed("limits", 9, "429").only("token", "scopes", "scim")
        assert r.facts("limits", "retry after") == ["7"] and len(s.requests()) == 1


@case("a page instead of the API: exit 1, with a status of its own that status's code")
def _():
    with Sentry("--fault", "GET Users=html200") as s:
        at(s).failed("http", 1, "not JSON", "log-in").only("token", "scopes", "scim")
    with Scripted(answering(answer(403, "<html>blocked</html>"))) as s:
        at(s).failed("http", 6, "does not come from Sentry").only("token", "scopes", "scim")
    with Sentry("--fault", "GET Users=502") as s:
        at(s).failed("http", 9, "502")
    with Sentry("--fault", "GET Users=redirect:302:https://elsewhere.example/") as s:
        at(s).failed("http", 1, "elsewhere.example")


@case("what fails behind the members is warned of: exit 0")
def _():
    with Sentry("--fault", "GET Groups=500", "--fault", "GET Service=drop-after") as s:
        r = at(s)
        assert r.result.code == 0 and r.states()["scopes"] == "warning", r.result
        assert r.states()["scim"] == "warning", r.result


@case("another provider gets no advice about Sentry")
def _():
    def reply(connection):
        while True:
            head, _ = read_request(connection)
            if not head:
                return
            status = 403 if b"/Users" in head else 404
            connection.sendall(answer(status, DETAIL % "no"))
    with Scripted(reply) as s:
        r = Report(run("doctor", "-o", "json", "--scim-url", s.url + "/scim"))
        r.failed("scopes", 6, "the token may not do this")
        assert "entry" not in re.sub(r"sentry-scim|%s" % TOKEN[:7], "", r.result.out), r.result


@case("SIGINT ends it with 130 and a whole document: the step under way failed, the rest is skipped")
def _():
    started = threading.Event()

    def silent(connection):
        read_request(connection)
        started.wait(harness.LIMIT)
        process.send_signal(signal.SIGINT)
        connection.recv(1)
    with Scripted(silent) as s:
        process = harness.start("doctor", "-o", "json", "--url", s.url, "--org", ORG)
        started.set()
        out, err = process.communicate(timeout=harness.LIMIT)
    r = Report(harness.Result([], process.returncode, out, err))
    r.failed("http", 130).only(*STEPS[8:])


@case("--dry-run shows the requests and sends nothing")
def _():
    with Sentry() as s:
        r = s.run("doctor", "--dry-run").expect(0)
        assert re.findall(r"^([A-Z]+) \S+/v2/(\w+)", r.out, re.M) == [
            ("GET", "Users"), ("GET", "Groups"), ("GET", "ServiceProviderConfig")], r
        assert s.requests() == []


@case("what the server sends reaches no terminal raw")
def _():
    with Scripted(answering(answer(200, "{}", "Server: \x1b[31mred"))) as s:
        r = on_terminal("doctor", "--url", s.url, "--org", ORG, "--no-color")
        assert "\033" not in r.out, r


harness.main()
