#!/usr/bin/env python3
"""`api`, `schema`, `config`, `completion`, `help`, `man`, `version`."""
import json
import os
import shutil
import subprocess

import harness
from harness import ORG, TOKEN, Scripted, Sentry, answer, answering, case, run, write

URN = "urn:ietf:params:scim:schemas:core:2.0:User"


@case("api makes any request below the base and prints the body of the answer")
def _():
    with Sentry("--members", "3") as s:
        assert s.run("api", "GET", "Users?count=1").expect(0).json()["totalResults"] == 3
        assert s.run("api", "get", "/Users").expect(0).json()["totalResults"] == 3
        body = write('{"userName":"ada@example.com","x":1.0}')
        made = s.run("api", "POST", "Users", "--body", body).expect(0).json()
        assert s.log_entries()[-1]["body"] == '{"userName":"ada@example.com","x":1.0}'
        s.run("api", "PUT", "Users/" + made["id"], "--body", "-",
              stdin='{"sentryOrgRole":"admin"}').expect(0)
        s.run("api", "DELETE", "Users/" + made["id"]).expect(0, out="")
        s.run("api", "DELETE", "Users/" + made["id"]).expect(7, out="", err="404")
        s.run("api", "POST", "Users", "--body", write("{")).expect(1, out="", err="400")


@case("api never leaves the base, however the path is written")
def _():
    with Sentry() as s:
        for path in ("..", "../x", "Users/..", "Users/../../x", "./Users", "Users/%2e%2e/x",
                     "Users/%2E./x", "%2e%2e/x", "//x", "Users//x", "http://other.example/x",
                     "https://other.example/", "Users/..%2fx", "Users/%2e%2e%2fx", "Users#x",
                     "Users/..\\x", "", "/", "Users/%zz", "a b", "Users\r\nX: 1", "Users?\x01"):
            r = s.run("api", "GET", path).expect(2, out="")
        assert s.requests() == []
        s.run("api", "CONNECT", "Users").expect(2)
        s.run("api", "GE T", "Users").expect(2)
        s.run("api", "GET").expect(2)
        assert s.requests() == []


@case("api repeats what may be repeated; after a lost POST the outcome is unknown")
def _():
    with Sentry("--fault", "GET Users#1=503", "--fault", "POST Users#1=drop-after") as s:
        s.run("api", "GET", "Users").expect(0)
        s.run("api", "POST", "Users", "--body", write('{"userName":"a@example.com"}')).expect(
            4, out="")
        assert s.methods() == ["GET", "GET", "POST"], s.methods()


@case("api prints what is no JSON too, and nothing for an empty answer")
def _():
    for body in ("plain\ntext", "", '{"a": 1}'):
        with Scripted(answering(answer(200, body))) as s:
            r = run("--scim-url", s.url, "api", "GET", "x").expect(0)
            assert r.out.rstrip("\n") == body, r


@case("schema shows all three documents, one schema, and copes with servers that lack them")
def _():
    with Sentry() as s:
        every = s.run("schema").expect(0).json()
        assert list(every) == ["ServiceProviderConfig", "ResourceTypes", "Schemas"], every
        assert every["ServiceProviderConfig"]["patch"] == {"supported": True}
        assert s.run("schema", URN).expect(0).json()["id"] == URN
        s.run("schema", "urn:none").expect(7, out="", err="urn:none")
        r = s.run("schema", URN, "-o", "table").expect(0)
        assert "userName" in r.out and "ATTRIBUTE" in r.out, r
        assert "Users" in s.run("schema", "-o", "csv").expect(0).out
    with Sentry("--discovery", "off") as s:
        every = s.run("schema").expect(0, err="no ServiceProviderConfig").json()
        assert every["ServiceProviderConfig"] is None and every["Schemas"], every
        assert s.run("schema", URN).expect(0).json()["id"] == URN
    with Scripted(answering(answer(404, "{}"))) as s:
        run("--scim-url", s.url, "schema").expect(7, out="")
        run("--scim-url", s.url, "schema", URN).expect(7, out="")


@case("config shows each setting with its value and where it came from, the token by its kind")
def _():
    file = write("[defaults]\norg=fromfile\n[http]\ntimeout=7\n")
    r = run("config", "--config", file, "--region", "de", env={"SENTRY_ORG": "fromenv"}).expect(0)
    rows = {x["setting"]: x for x in r.json()}
    assert rows["org"]["value"] == "fromenv" and rows["org"]["from"] == "SENTRY_ORG", rows
    assert rows["timeout"]["value"] == "7" and rows["timeout"]["from"] == file, rows
    assert rows["region"] == {"setting": "region", "value": "de", "from": "--region"}, rows
    assert rows["token"]["value"] == "sntryi_... (%d characters)" % len(TOKEN), rows
    assert rows["SCIM base in use"]["value"] == (
        "https://de.sentry.io/api/0/organizations/fromenv/scim/v2"), rows
    assert rows["max_retries"]["from"] == "default", rows
    r = run("config", "-o", "table", env={"https_proxy": "http://u:secretpw@proxy:3128"},
            token=None)
    r.expect(0, err="token")
    assert "https_proxy" in r.out and "secretpw" not in r.out + r.err, r


@case("completions complete in a real bash, and pass the other shells' parsers")
def _():
    script = path = write(run("completion", "bash", token=None).expect(0).out, "completion")

    def complete(*words):
        code = ("source %s; COMP_WORDS=(%s); COMP_CWORD=%d; _sentry_scim; "
                "printf '%%s\\n' \"${COMPREPLY[@]}\"" % (
                    script, " ".join("'%s'" % w for w in words), len(words) - 1))
        return subprocess.run(["bash", "-c", code], stdout=subprocess.PIPE,
                              check=True).stdout.decode().split()
    assert complete("sentry-scim", "mem") == ["member"], complete("sentry-scim", "mem")
    assert set(complete("sentry-scim", "team", "")) >= {"create", "list", "add", "set"}
    assert complete("sentry-scim", "member", "create", "--if-e") == ["--if-exists"]
    assert complete("sentry-scim", "member", "create", "--if-exists", "u") == ["update"]
    assert complete("sentry-scim", "--org", "prov") in (["provision"], [])
    for shell in ("zsh", "fish"):
        path = write(run("completion", shell, token=None).expect(0).out, "completion." + shell)
        if shutil.which(shell):
            done = subprocess.run([shell, "-n", path], stderr=subprocess.PIPE, check=False)
            assert done.returncode == 0, done.stderr
    run("completion", "tcsh", token=None).expect(2, out="", err="fish")


@case("help of every command is there, narrow enough, and names only what exists")
def _():
    overview = run("help", token=None).expect(0).out
    commands = [c for c in ("member create", "member list", "member get", "member status",
                            "member set-role", "member delete", "team create", "team list",
                            "team get", "team rename", "team delete", "team add", "team remove",
                            "team set", "schema", "api", "config", "help", "version", "man",
                            "completion")]
    for command in commands:
        assert command in overview, command
        r = run("help", *command.split(), token=None).expect(0)
        assert "Usage: sentry-scim " + command in r.out, r
        if command != "help":  # which shows the overview then
            assert run(*command.split(), "--help", token=None).expect(0).out == r.out
        assert max(len(x) for x in r.out.splitlines()) <= 80, r
    run("help", "nonsense", token=None).expect(2, out="")
    run(token=None)
    assert "0.1.0" in run("version", token=None).expect(0).out
    assert "0.1.0" in run("--version", token=None).expect(0).out


@case("the manual is valid mdoc and names every command")
def _():
    text = run("man", token=None).expect(0).out
    for command in ("member create", "team set", "completion"):
        assert command in text, command
    if shutil.which("mandoc"):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=text.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.stdout == b"", done.stdout


@case("mistakes on the command line exit 2 with the nearest right word and send nothing")
def _():
    with Sentry() as s:
        for arguments, word in ((["member", "crate", "a@x"], "create"),
                                (["membr", "list"], "member"),
                                (["member", "list", "--limt", "3"], "--limit"),
                                (["member", "create", "a@x", "--rol", "x"], "--role"),
                                (["member", "list", "--role", "x"], "--role"),
                                (["member", "create", "a@x", "--role"], "--role"),
                                (["member", "create", "a@x", "--role="], "--role"),
                                (["member", "create", "a@x", "--role=a", "--role=b"], "twice"),
                                (["member", "create", "a@x", "-o", "xml"], "json"),
                                (["member", "create", "a@x", "--if-exists", "no"], "update"),
                                (["member", "create", "a@x", "--token", "x"], "--token-file"),
                                (["member", "create", "a@x", "--insecure"], "--ca"),
                                (["member", "get"], "MEMBER"), (["team", "add", "x"], "MEMBER"),
                                (["member"], "create"), (["member", "get", "a", "b"], "MEMBER")):
            s.run(*arguments).expect(2, out="", err=word)
        assert s.requests() == []


@case("options stand anywhere, -- ends them, both forms of values are the same")
def _():
    with Sentry() as s:
        for number, arguments in enumerate([
                ["--role", "admin", "member", "create", "X"], ["member", "--role=admin", "create", "X"],
                ["member", "create", "X", "--role", "admin"], ["member", "create", "--role=admin", "--", "X"],
                ["-q", "provision", "X", "--role=admin"]]):
            name = "m%d@example.com" % number
            r = s.run(*[name if a == "X" else a for a in arguments]).expect(0)
            assert r.json()["sentryOrgRole"] == "admin", r
        s.run("member", "create", "--", "-x@example.com").expect(0)


@case("closed standard descriptors are no place for the server's socket")
def _():
    with Sentry() as s:
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            done = subprocess.run(
                "exec %s --url %s --org %s member create 'c%d@example.com' %s" % (
                    harness.PROGRAM, s.url, ORG, len(s.requests()), closed),
                shell=True, env=harness.environment({"SENTRY_AUTH_TOKEN": TOKEN}), check=False,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
            assert done.returncode == (10 if ">&-" in closed.replace("2>&-", "") else 0), (
                closed, done)


if __name__ == "__main__":
    harness.main()
