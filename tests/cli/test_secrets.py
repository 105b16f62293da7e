#!/usr/bin/env python3
"""The token appears in nothing that is written, and nothing in the working directory is read."""
import base64
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import time

import harness
from harness import (MEMBER, ORG, TOKEN, Authority, Recorder, Scripted, Sentry, answer, case, path,
                     read_request, run, start, write)


def spellings(token):
    """TOKEN as servers and proxies may write it."""
    def coded(offset):
        return base64.b64encode(b"xyz"[:offset] + token.encode() + b"tail").decode()
    yield token
    yield "Bearer " + token
    yield "".join("%%%02X" % ord(c) for c in token)
    yield "".join("%%%02x" % ord(c) if n % 3 else c for n, c in enumerate(token))
    yield "".join("\\u%04x" % ord(c) for c in token)
    yield "".join("\\x%02x" % ord(c) for c in token)
    for offset in range(3):
        yield coded(offset)
        yield coded(offset).replace("+", "-").replace("/", "_").rstrip("=")
    yield token + token


def echoing(status, *places):
    """A handler that sends the token back, spelt in every way, in PLACES: "header", "body",
    "detail", "location", "challenge"."""
    def handle(connection):
        left = list(spellings(TOKEN))
        while True:
            head, _ = read_request(connection)
            if not head:
                return
            text = left.pop(0)
            left.append(text)
            fields, body = [], ""
            if "header" in places:
                fields += ["X-Echo: " + text]
                fields += ["X-%s: 1" % text] if text.replace("_", "").isalnum() else []
            if "location" in places:
                fields += ["Location: https://elsewhere.example/?t=" + text]
            if "challenge" in places:
                fields += ['WWW-Authenticate: Bearer error="insufficient_scope", scope="%s"' % text]
            if "body" in places:
                body = "<p>" + text + "</p>\n"
            if "detail" in places:
                body = '{"detail":"%s"}' % text.replace("\\x", "")
            connection.sendall(answer(status, body, *fields))
    return handle


@case("what looks for the token in these tests finds every spelling, and nothing else")
def _():
    for text in spellings(TOKEN):
        assert harness.shows("> " + text + " <", TOKEN), text
    assert harness.shows(TOKEN[10:50], TOKEN)
    assert not harness.shows("Authorization: Bearer *** sntryi_... (71 characters)", TOKEN)


REFUSALS = [(400, "body"), (400, "detail", "header"), (401, "detail", "challenge"),
            (403, "challenge", "header"), (404, "body", "header"), (302, "location", "body"),
            (307, "location"), (409, "detail"), (429, "detail", "header"), (500, "detail"),
            (503, "body", "header")]


@case("a server that sends the token back, in any spelling, in headers, bodies and redirects")
def _():
    count = len(list(spellings(TOKEN)))
    for status, *places in REFUSALS:
        with Scripted(echoing(status, *places)) as s:
            for verbosity in ("-q", "-vvv"):
                # One connection a command: several names make the server go through the spellings.
                names = ["m%d@example.com" % n for n in range(count)]
                r = run("--url", s.url, "--org", ORG, "--retries", "0", verbosity, "member",
                        "create", *names)
                assert r.code not in (0, 2) and r.out == "", r
                for name in ("member get 1", "api GET Users", "team list"):
                    r = run("--url", s.url, "--org", ORG, "--retries", "0", verbosity,
                            *name.split())
                    assert r.code != 0, r


@case("each spelling is really sent, and replaced by a word in what is shown")
def _():
    for text in spellings(TOKEN):
        body = "<" + text + ">"
        with Scripted(lambda c, body=body: (read_request(c), c.sendall(answer(400, body)))) as s:
            r = run("--url", s.url, "--org", ORG, "member", "create", MEMBER).expect(1, out="")
            assert "[hidden]" in r.err and r.err.startswith("sentry-scim: 400 <"), (text, r)


@case("a token torn over the end of what is shown of a long answer")
def _():
    for shift in range(60, 75, 3):
        with Scripted(lambda c, n=shift: (read_request(c), c.sendall(answer(
                400, "x" * (65536 - n) + TOKEN + "y" * 100)))) as s:
            run("--url", s.url, "--org", ORG, "-vvv", "member", "create", MEMBER).expect(1, out="")


@case("-vvv against the local Sentry: every command, the token shown by nothing")
def _():
    with Sentry("--member", "bob@example.com", "--team", "Data") as s:
        for words in ("member create " + MEMBER, "member list", "member get bob@example.com",
                      "member status bob@example.com", "member set-role bob@example.com admin",
                      "team create Ops", "team add Data bob@example.com", "team get Data",
                      "team list", "schema", "api GET Users", "member delete bob@example.com",
                      "config", "member create x@example.com --dry-run"):
            for form in ("json", "table"):
                r = s.run(*words.split(), "-vvv", "-o", form)
                assert r.code in (0, 5, 7), r
        r = s.run("member", "list", "-vv").expect(0)
        assert "> Authorization: " in r.err and "> GET " in r.err, r


@case("the token in the wrong place of the command line or the environment is not repeated")
def _():
    env = {"SENTRY_ORG": ORG}
    rows = [["--token-file", TOKEN], ["--token-file=" + TOKEN], ["--token", TOKEN], ["--token-fd",
                                                                                     TOKEN],
            ["--timeout", TOKEN], ["--retries", TOKEN], ["--region", TOKEN], ["--url", TOKEN],
            ["--url", "https://%s@sentry.example" % TOKEN], ["--pin", TOKEN], ["--assume-time",
                                                                               TOKEN],
            ["--resolve", TOKEN], ["--proxy", TOKEN + "://x"], ["--header", TOKEN], ["-o", TOKEN]]
    for options in rows:
        for token in (TOKEN, None):
            if token is None and options[0] in ("--timeout", "--retries", "--region", "--pin",
                                                "--assume-time", "--resolve", "--proxy",
                                                "--header"):
                continue  # nothing tells then that this is a token, or what it is for
            r = run(*options, "-n", "member", "list", token=token, env=env)
            assert r.code == 2 and r.out == "", r
    run("member", "list", token=None, env={**env, "SENTRY_AUTH_TOKEN_FILE": TOKEN}).expect(2)


@case("a broken token is described without being shown")
def _():
    half = TOKEN[:40]
    for text in (half + " " + TOKEN[40:], half + "\n" + TOKEN[40:], "\ufeff" + TOKEN,
                 half + "\u00e9",
                 half + "\x00" + TOKEN[40:], half + "\t" + TOKEN[40:], "Bearer " + TOKEN,
                 "token=" + TOKEN + "\n\nmore", TOKEN * 200):
        file = write(text)
        run("--org", ORG, "--token-file", file, "member", "list", token=None,
            secret=[TOKEN, half]).expect(2, out="", err=[file, " holds "])
        if "\x00" not in text:
            run("--org", ORG, "member", "list", token=text, secret=[TOKEN, half]).expect(
                2, out="", err="holds no token")


@case("a configuration that cannot be read is not quoted")
def _():
    for text in ("[auth]\n" + TOKEN + "\n", "[auth\ntoken=" + TOKEN, "[auth]\n=" + TOKEN,
                 "[auth]\ntoken=" + TOKEN + "\n\x00"):
        file = write(text)
        run("--org", ORG, "--config", file, "member", "list", token=None).expect(2, out="",
                                                                                 err=file)


@case("the --input document's token is not shown, whatever is wrong with the document")
def _():
    good = {"auth": {"token": TOKEN, "organizationSlug": ORG}, "body": {"userName": MEMBER}}
    rows = [json.dumps(good)[:-1], json.dumps({**good, "body": 1}), '{"auth":"%s"}' % TOKEN,
            '{"auth":{"token":["%s"]}}' % TOKEN, '{"auth":{"token":"%s","token":"x"}}' % TOKEN,
            '{"auth":{"token":"%s"},"auth":{}}' % TOKEN, TOKEN, '"%s"' % TOKEN, '{%s:1}' % TOKEN]
    for text in rows:
        run("member", "create", "--input", write(text), "-vvv", token=None).expect(2, out="")
    r = run("member", "create", "--input", write(json.dumps(good)), "--dry-run", "-vvv", token=None)
    assert "Authorization: Bearer *" in r.expect(0).out, r


@case("the keys of a client certificate and the password of a proxy are shown by nothing")
def _():
    ca = Authority()
    cert, key = ca.issue(usage="clientAuth")
    with open(key, encoding="ascii") as f:
        lines = f.read().splitlines()[1:-1]
    password = "proxy-password-canary-0123"
    with Scripted(lambda c: c.close()) as s:
        run("--url", "https://127.0.0.1:%d" % s.port, "--org", ORG, "--cert", cert, "--key", key,
            "--retries", "0", "-vvv", "member", "create", MEMBER, secret=[TOKEN, *lines]).expect(3)
    for words in (["config"], ["config", "-o", "table"], ["member", "create", MEMBER, "-n",
                                                          "-vvv"]):
        run("--org", ORG, "--cert", cert, "--key", key, "--proxy",
            "http://user:%s@proxy.example:1" % password, *words,
            secret=[TOKEN, password, *lines]).expect(0)


@case("a redirect takes the token nowhere")
def _():
    with Recorder() as elsewhere:
        for status in (301, 302, 303, 307, 308):
            with Recorder(answer(status, "", "Location: %s/x" % elsewhere.url)) as s:
                for words in ("member create " + MEMBER, "member list", "member get 1",
                              "api GET Users"):
                    run("--url", s.url, "--org", ORG, *words.split()).expect(1, out="")
        assert elsewhere.connections == 0


def stalled(connection):
    read_request(connection)
    time.sleep(harness.LIMIT)


def proc(process, name):
    with open("/proc/%d/%s" % (process.pid, name), "rb") as f:
        return f.read()


def end(process):
    process.kill()
    out, err = process.communicate(timeout=harness.LIMIT)
    for stream in (out, err):
        assert not harness.shows(stream.decode("utf-8", "replace"), TOKEN)


def running(s, *options, **more):
    """The program, waiting for the answer of S."""
    process = start("--url", s.url, "--org", ORG, *options, "member", "create", MEMBER, **more)
    deadline = time.monotonic() + harness.LIMIT
    while s.connections == 0:
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.01)
    return process


@case("a running process shows the token neither in its command line nor in its environment")
def _():
    with Scripted(stalled) as s:
        for options, token in (([], TOKEN), (["--token-file", write(TOKEN)], None),
                               (["--token-file", write(TOKEN)], TOKEN)):
            before = s.connections
            process = start("--url", s.url, "--org", ORG, *options, "member", "create", MEMBER,
                            token=token)
            while s.connections == before:
                assert process.poll() is None, process.communicate()
                time.sleep(0.01)
            try:
                assert TOKEN.encode() not in proc(process, "cmdline")
                # Only root may look, since the process is marked as not dumpable.
                try:
                    assert TOKEN[8:].encode() not in proc(process, "environ")
                except PermissionError:
                    pass
            finally:
                end(process)


@case("a process that runs can be neither traced nor dumped by its user")
def _():
    with Scripted(stalled) as s:
        process = running(s)
        try:
            limits = proc(process, "limits").decode()
            assert re.search(r"Max core file size +0 +0 ", limits), limits
            # What is not dumpable belongs to root in /proc, whoever runs it.
            assert os.stat("/proc/%d/environ" % process.pid).st_uid == 0
        finally:
            end(process)


@case("a crash leaves no core, even where the limit of the shell allows one")
def _():
    def allow():
        _soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    with Scripted(stalled) as s:
        process = running(s, preexec_fn=allow)
        os.kill(process.pid, signal.SIGQUIT)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = 1  # it is waited for already
        process.stdout.close()
        process.stderr.close()
        assert os.WIFSIGNALED(status) and not os.WCOREDUMP(status), status
    assert not [f for f in os.listdir(harness.folder()) if f.startswith("core")]


BAIT = {
    ".sentryclirc": "[auth]\ntoken=%s\n[defaults]\nurl=%s\norg=evil\n[http]\nproxy_url=%s\n",
    "sentry-scim.conf": "[defaults]\nurl=%s\n", ".env": "SENTRY_URL=%s\nSENTRY_ORG=evil\n",
    "sentrycli.ini": "[defaults]\nurl=%s\n", ".sentry-scim": "x",
    "sentry.properties": "defaults.url=%s",
    ".netrc": "machine 127.0.0.1 login x password y", ".curlrc": "proxy = %s", "cert.pem": "x",
    "ca-certificates.crt": "x", "openssl.cnf": "x", "resolv.conf": "nameserver 192.0.2.1",
    "hosts": "192.0.2.1 localhost", "sentry-auth-token": "x",
}


def baited(url):
    """A folder inside another one, both full of files that others read, with settings for URL."""
    outer = path("checkout")
    inner = os.path.join(outer, "deep")
    os.makedirs(inner)
    for where in (outer, inner):
        for name, text in BAIT.items():
            with open(os.path.join(where, name), "w", encoding="ascii") as f:
                f.write(text.replace("token=%s", "token=sntryi_" + "e" * 64).replace("%s", url))
    return inner


@case("no file of the working directory or above it changes anything")
def _():
    with Recorder() as evil, Recorder() as good:
        here = baited(evil.url)
        run("--url", good.url, "--org", ORG, "member", "create", MEMBER, cwd=here).expect(0)
        assert good.token() == TOKEN and "/%s/" % ORG in good.heads[0], good.heads
        r = run("--org", ORG, "-n", "member", "create", MEMBER, cwd=here).expect(0)
        assert r.out.startswith("POST https://sentry.io/"), r
        run("member", "list", cwd=here).expect(2, err="no organization")
        run("--org", ORG, "member", "list", cwd=here, token=None).expect(2, err="no token")
        run("--org", ORG, "member", "list", cwd=here, token=None,
            env={"HOME": None}).expect(2, err="no token")
        assert evil.connections == 0


@case("strace: nothing relative and nothing of the working directory is opened or looked at")
def _():
    if not shutil.which("strace") or subprocess.run(
            ["strace", "-o", "/dev/null", "true"], stderr=subprocess.DEVNULL,
            check=False).returncode:
        raise harness.Skip("no strace here")
    ca = Authority()
    with Recorder() as evil, Sentry(tls=ca.issue()) as s:
        here = baited(evil.url)
        for number, options in enumerate(([], ["--ca-embedded", "--ca-add", ca.file], ["-n"])):
            trace = path("trace")
            r = run("--url", s.url, "--org", ORG, *options, "member", "create",
                    "m%d@example.com" % number, cwd=here,
                    wrapper=("strace", "-f", "-qq", "-s", "4096", "-e", "trace=%file", "-o", trace),
                    env={"SSL_CERT_FILE": ca.file if not number else None,
                         "ASAN_OPTIONS": "detect_leaks=0"})
            assert r.code == 0, r
            with open(trace, encoding="utf-8") as f:
                calls = [c for c in f.read().splitlines() if "execve(" not in c and '"' in c]
            assert calls, "strace has seen nothing"
            for call in calls:
                name = re.search(r'"([^"]*)"', call).group(1)
                assert name.startswith("/") or name == "", call
                assert "checkout" not in name, call
        assert evil.connections == 0


if __name__ == "__main__":
    harness.main()
