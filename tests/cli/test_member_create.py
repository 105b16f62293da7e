#!/usr/bin/env python3
"""`member create`: bodies, several names, --if-exists, --input, --dry-run, output."""
import csv
import io
import json
import os
import pty
import subprocess

import harness
from harness import ORG, TOKEN, Scripted, Sentry, answer, answering, case, read_request, run, write


def last_body(server):
    return json.loads(server.log_entries()[-1]["body"])


@case("one member is created; stdout is the resource and nothing else")
def _():
    with Sentry() as s:
        r = s.run("member", "create", "ada@example.com", "--role", "manager").expect(0)
        assert r.err == "", r
        assert r.out.endswith("}\n") and r.out.count("\n") == 1, r
        member = r.json()
        assert member["userName"] == "ada@example.com", r
        assert member["sentryOrgRole"] == "manager", r
        assert s.requests() == [["POST", "/api/0/organizations/acme/scim/v2/Users"]], s.requests()
        assert s.members()["ada@example.com"]["id"] == member["id"]


@case("provision is the same command")
def _():
    with Sentry() as s:
        r = s.run("provision", "ada@example.com").expect(0)
        assert r.json()["userName"] == "ada@example.com"


@case("the resource is printed byte for byte as the server sent it")
def _():
    body = ('{"userName" : "ada@example.com",\n\t"id":  "7", "n":1.50e+01, "x":"\\u00e9\\/",'
            '"meta":{"a":[1, 2 ]}}')
    with Scripted(answering(answer(201, body))) as s:
        r = run("--scim-url", s.url + "/scim", "member", "create", "ada@example.com")
        r.expect(0, out=body + "\n")


@case("the body holds schemas, userName and the role, and nothing that was not asked for")
def _():
    with Sentry() as s:
        s.run("member", "create", "ada@example.com", "--role", "member").expect(0)
        assert last_body(s) == {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "ada@example.com", "sentryOrgRole": "member"}, last_body(s)


@case("--set adds text, JSON and nested attributes")
def _():
    with Sentry() as s:
        s.run("member", "create", "ada@example.com", "--set", "name.givenName=Ada",
              "--set", "name.familyName=L=ve", "--set", "active:=true", "--set", "n:=1.0e2",
              "--set", "list:=[1,{\"a\":null}]", "--set", "a\\.b=dot").expect(0)
        body = last_body(s)
        assert body["name"] == {"givenName": "Ada", "familyName": "L=ve"}, body
        assert body["active"] is True and body["list"] == [1, {"a": None}], body
        assert body["a.b"] == "dot", body
        assert '"n":1.0e2' in s.log_entries()[-1]["body"], s.log_entries()[-1]


@case("--body keeps unknown keys, their order and the digits of numbers; arguments override")
def _():
    document = write('{"zeta":1.00,"userName":"x@example.com","alpha":{"b":1E400},'
                     '"sentryOrgRole":"member"}')
    with Sentry() as s:
        s.run("member", "create", "ada@example.com", "--role", "admin", "--body",
              document).expect(0)
        text = s.log_entries()[-1]["body"]
        assert text == ('{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"zeta":1.00,'
                        '"userName":"ada@example.com","alpha":{"b":1E400},'
                        '"sentryOrgRole":"admin"}'), text


@case("--body - reads standard input, and the user name may stand in the body alone")
def _():
    with Sentry() as s:
        r = s.run("member", "create", "--body", "-", stdin='{"userName":"ada@example.com"}\n')
        assert r.expect(0).json()["userName"] == "ada@example.com"


@case("schemas given by the user stay as they are")
def _():
    with Sentry() as s:
        s.run("member", "create", "--body", "-",
              stdin='{"userName":"ada@example.com","schemas":["x"]}').expect(0)
        assert last_body(s)["schemas"] == ["x"]


BAD_JSON = {
    '{"userName":"a@example.com",}': ":1:29:",
    '{"a":1,"a":2}': ":1:8:",
    '{"a":{"b":1,"\\u0062":2}}': ":1:13:",
    '["a"]': ":1:1:",
    "": ":1:1:",
    '{"a":01}': ":1:7:",
    "{'a':1}": ":1:2:",
    '{"a":1}\n{"b":2}': ":2:1:",
    '{"a":"\\ud800"}': ":1:7:",
    '{"a":NaN}': ":1:6:",
    "\ufeff{}": ":1:1:",
}


@case("a body that is not one strict JSON object is refused with its place; nothing is sent")
def _():
    with Sentry() as s:
        for text, place in BAD_JSON.items():
            file = write(text)
            s.run("member", "create", "ada@example.com", "--body", file).expect(
                2, out="", err=file + place)
        assert s.requests() == []


@case("several names go over one connection, in order, and come out as an array")
def _():
    names = ["m%d@example.com" % i for i in range(5)]
    with Sentry() as s:
        r = s.run("member", "create", *names).expect(0)
        assert [m["userName"] for m in r.json()] == names, r
        assert len({e["connection"] for e in s.log_entries()}) == 1, s.log_entries()


@case("jsonl is one resource a line, csv has its four columns")
def _():
    with Sentry() as s:
        r = s.run("member", "create", "a@example.com", "b@example.com", "-o", "jsonl").expect(0)
        assert [json.loads(x)["userName"] for x in r.out.splitlines()] == [
            "a@example.com", "b@example.com"], r
        r = s.run("member", "create", "c@example.com", "--role", "billing", "--output=csv")
        rows = list(csv.reader(io.StringIO(r.expect(0).out)))
        assert rows[0] == ["userName", "sentryOrgRole", "active", "id"], r
        assert rows[1][:3] == ["c@example.com", "billing", "true"], r


@case("jsonl puts a pretty-printed resource on one line without changing its values")
def _():
    body = '{\n  "id": "7",\n  "userName": "a@example.com",\n  "x": [ 1.0 , { } ]\n}'
    with Scripted(answering(answer(201, body))) as s:
        r = run("--scim-url", s.url, "member", "create", "a@example.com", "-o", "jsonl")
        r.expect(0, out='{"id":"7","userName":"a@example.com","x":[1.0,{}]}\n')


@case("csv quotes what RFC 4180 says, and ids that are not numbers pass")
def _():
    body = '{"id":"x,\\"y\\"\\nz","userName":"a@example.com"}'
    with Scripted(answering(answer(201, body))) as s:
        r = run("--scim-url", s.url, "member", "create", "a@example.com", "-o", "csv").expect(0)
        assert r.out == 'userName,sentryOrgRole,active,id\na@example.com,,,"x,""y""\nz"\n', r


def on_terminal(*arguments, env=None):
    """The program with a terminal as its standard output."""
    master, slave = pty.openpty()
    values = {"SENTRY_AUTH_TOKEN": TOKEN, "TERM": "xterm"}
    values.update(env or {})
    process = subprocess.Popen([harness.PROGRAM, *arguments], stdout=slave,
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                               env=harness.environment(values))
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


@case("on a terminal it is a table, without colours under NO_COLOR and --no-color")
def _():
    with Sentry() as s:
        common = ("--url", s.url, "--org", ORG, "member", "create")
        code, text = on_terminal(*common, "ada@example.com", env={"NO_COLOR": "1"})
        assert code == 0 and text.splitlines()[0].split() == [
            "USER", "NAME", "ROLE", "ACTIVE", "ID"], text
        assert text.splitlines()[1].split()[:3] == ["ada@example.com", "member", "true"], text
        assert "\033" not in text, text
        code, text = on_terminal(*common, "bob@example.com")
        assert code == 0 and "\033[" in text, text
        code, text = on_terminal(*common, "eve@example.com", "--no-color")
        assert code == 0 and "\033" not in text, text


@case("control characters of the server never reach a terminal raw")
def _():
    evil = '{"id":"7","userName":"a@example.com","x":"\x7f\u009b31m\u202e"}'
    with Scripted(answering(answer(201, evil))) as s:
        for form in ("json", "jsonl", "csv", "table"):
            code, text = on_terminal("--scim-url", s.url, "member", "create", "a@example.com",
                                     "-o", form, "--no-color")
            assert code == 0, text
            for c in "\x7f\u009b\u202e\033":
                assert c not in text, repr(text)
    with Scripted(answering(answer(403, "\033]0;owned\007\r\nx"))) as s:
        r = run("--scim-url", s.url, "member", "create", "a@example.com").expect(6, out="")
        assert "\\x1b]0;owned\\x07\\x0d\\x0ax" in r.err, r


@case("exists: fail is the default and exits 5, with the server's words and a hint")
def _():
    for status in ("409", "400"):
        with Sentry("--member", "ada@example.com", "--invite-conflict", status) as s:
            r = s.run("member", "create", "ada@example.com").expect(5, out="")
            lines = r.err.splitlines()
            assert lines[0].startswith("sentry-scim: %s {" % status), r
            assert lines[1].startswith("hint: "), r


@case("--if-exists ok reports the existing member, whether joined or invited, in every era")
def _():
    for seed in ("ada@example.com", "ada@example.com:joined"):
        for conflict in ("400", "409"):
            with Sentry("--member", seed + ":role=member", "--invite-conflict", conflict) as s:
                r = s.run("member", "create", "ada@example.com", "--role", "admin",
                          "--if-exists", "ok").expect(0, err="exists already")
                assert r.json()["userName"] == "ada@example.com", r
                assert r.json()["sentryOrgRole"] == "member", r
                assert "PUT" not in s.methods()


@case("--if-exists update brings the role to the one asked, and only if it differs")
def _():
    with Sentry("--member", "ada@example.com:role=member") as s:
        r = s.run("member", "create", "ada@example.com", "--role", "admin", "--if-exists",
                  "update").expect(0)
        assert r.json()["sentryOrgRole"] == "admin", r
        assert s.members()["ada@example.com"]["sentryOrgRole"] == "admin"
        assert s.methods() == ["POST", "GET", "PUT"], s.methods()
        s.run("member", "create", "ada@example.com", "--role", "admin", "--if-exists",
              "update").expect(0)
        s.run("member", "create", "ada@example.com", "--if-exists", "update").expect(0)
        assert s.methods().count("PUT") == 1, s.methods()


@case("--if-exists update on an owner, whose role stays, is no success")
def _():
    with Sentry("--member", "ada@example.com:owner") as s:
        s.run("member", "create", "ada@example.com", "--role", "admin", "--if-exists",
              "update").expect(1, out="", err="owner")


@case("--input takes both inputs of the reference script in one document")
def _():
    with Sentry() as s:
        document = write(json.dumps({
            "auth": {"token": TOKEN, "organizationSlug": ORG},
            "body": {"userName": "ada@example.com", "sentryOrgRole": "billing", "x": 1}}))
        r = run("--url", s.url, "member", "create", "--input", document, token=None).expect(0)
        assert r.json()["sentryOrgRole"] == "billing", r
        assert last_body(s)["x"] == 1
        r = run("--url", s.url, "member", "create", "--input", "-", token=None,
                stdin=open(document, encoding="utf-8").read())
        assert r.expect(5)


@case("--input names the region, and its token is the one that is sent")
def _():
    document = write(json.dumps({
        "auth": {"token": TOKEN, "region": "de", "organizationSlug": "other"},
        "body": {"userName": "ada@example.com"}}))
    r = run("member", "create", "--input", document, "--dry-run", token="sntryu_" + "f" * 64)
    r.expect(0)
    assert r.out.startswith(
        "POST https://de.sentry.io/api/0/organizations/other/scim/v2/Users"), r


@case("--dry-run shows the exact request with the token masked and sends nothing")
def _():
    with Sentry() as s:
        r = s.run("member", "create", "ada@example.com", "--role", "admin", "--dry-run",
                  "--header", "X-Extra: 1").expect(0)
        lines = r.out.split("\n")
        assert lines[0] == "POST %s/api/0/organizations/acme/scim/v2/Users HTTP/1.1" % s.url, r
        blank = lines.index("")
        fields = dict(x.split(": ", 1) for x in lines[1:blank])
        assert fields["Content-Type"] == "application/json", r
        assert fields["X-Extra"] == "1", r
        assert fields["Host"] == s.url[7:], r
        assert fields["Authorization"].startswith("Bearer ") and "*" in fields["Authorization"], r
        body = lines[blank + 1]
        assert int(fields["Content-Length"]) == len(body), r
        assert json.loads(body)["sentryOrgRole"] == "admin", r
        assert s.requests() == []


@case("the request carries exactly the headers it should")
def _():
    seen = []

    def handle(connection):
        head, _ = read_request(connection)
        seen.append(head.decode())
        connection.sendall(answer(201, '{"id":"1","userName":"a@example.com"}'))
    with Scripted(handle) as s:
        run("--scim-url", s.url + "/x", "member", "create", "a@example.com",
            "--header", "X-One: 1", "--header=X-Two: 2").expect(0)
    lines = seen[0].split("\r\n")
    assert lines[0] == "POST /x/Users HTTP/1.1", seen
    names = sorted(x.split(":")[0].lower() for x in lines[1:])
    assert names == sorted(["host", "user-agent", "authorization", "accept", "x-one", "x-two",
                            "content-type", "content-length"]), names
    assert "Authorization: Bearer " + TOKEN in lines, lines
    assert "Content-Type: application/json" in lines, lines


@case("a mixed outcome exits 8, shows what worked and reports each that did not")
def _():
    with Sentry("--member", "b@example.com") as s:
        r = s.run("member", "create", "a@example.com", "b@example.com", "c@example.com")
        r.expect(8, err=["b@example.com"])
        assert [m["userName"] for m in r.json()] == ["a@example.com", "c@example.com"], r


@case("failures of one kind keep their exit code and leave stdout empty")
def _():
    with Sentry("--member", "a@example.com", "--member", "b@example.com") as s:
        s.run("member", "create", "a@example.com", "b@example.com").expect(5, out="")


@case("a refused token stops the rest at once and says so")
def _():
    with Sentry() as s:
        r = s.run("member", "create", "a@example.com", "b@example.com", "c@example.com",
                  token="sntryi_" + "0" * 64).expect(6, out="", err="2 more were not tried")
        assert len(s.requests()) == 1, s.requests()
        assert r.err.count("hint: ") == 1, r


@case("a refusal prints status, body and hint, in that order, and nothing else")
def _():
    with Sentry() as s:
        r = s.run("member", "create", "not an address").expect(1, out="")
        lines = r.err.splitlines()
        assert lines[0].startswith("sentry-scim: 400 {"), r
        json.loads(lines[0][len("sentry-scim: 400 "):])
        assert lines[1].startswith("hint: ") and len(lines) == 2, r


@case("output that cannot be written exits 10 although the member was created")
def _():
    with Sentry() as s, open("/dev/full", "wb") as full:
        s.run("member", "create", "a@example.com", stdout=full).expect(10, err="standard output")
        assert "a@example.com" in s.members()


@case("user names beyond ASCII and with every printable character reach the server unharmed")
def _():
    seen = []

    def handle(connection):
        _, body = read_request(connection)
        seen.append(json.loads(body)["userName"])
        connection.sendall(answer(201, json.dumps({"id": "1", "userName": seen[-1]})))
    name = 'jos\u00e9+"tag"\\ \U0001f600/<>&@ex\u00e4mple.com'
    with Scripted(handle) as s:
        r = run("--scim-url", s.url, "member", "create", name).expect(0)
        assert r.json()["userName"] == name and seen == [name], (r, seen)
        run("--scim-url", s.url, "member", "create", b"\xff@example.com".decode(
            "utf-8", "surrogateescape")).expect(2, out="", err="UTF-8")


if __name__ == "__main__":
    harness.main()
