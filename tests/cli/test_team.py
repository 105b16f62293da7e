#!/usr/bin/env python3
"""`team create|list|get|rename|delete|add|remove|set`."""
import json

import harness
from harness import Sentry, case

ADA = "ada@example.com"


def bodies(s, method):
    return [json.loads(e["body"]) for e in s.log_entries() if e["method"] == method]


def people(team):
    return sorted(m["display"] for m in team["members"])


@case("create, list, get by name and by id, delete")
def _():
    with Sentry() as s:
        team = s.run("team", "create", "Data Eng").expect(0).json()
        assert team["displayName"] == "Data Eng" and team["members"] == [], team
        assert bodies(s, "POST") == [{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                                      "displayName": "Data Eng"}]
        s.run("team", "create", "Ops").expect(0)
        listed = s.run("team", "list").expect(0).json()
        assert [t["displayName"] for t in listed] == ["Data Eng", "Ops"], listed
        for who in ("Data Eng", "data eng", "data-eng", team["id"]):
            assert s.run("team", "get", who).expect(0).json()["id"] == team["id"], who
        assert s.run("team", "get", "Ops", "-o", "csv").expect(0).out == (
            "displayName,members,id\nOps,0,%s\n" % listed[1]["id"])
        s.run("team", "get", "Nobody").expect(7, out="", err="Nobody")
        s.run("team", "get", "99999").expect(7, out="", err="404")
        s.run("team", "delete", "Ops", "Nobody", "Data Eng").expect(8, out="", err="Nobody")
        s.run("team", "list").expect(0, out="[]\n")


@case("names that share a slug collide: exit 5 and the reason; impossible names are refused")
def _():
    with Sentry() as s:
        s.run("team", "create", "Data Eng").expect(0)
        s.run("team", "create", "DATA  eng").expect(5, out="", err=["409", "slug"])
        s.run("team", "create", "123").expect(1, out="", err="400")
        before = len(s.requests())
        s.run("team", "create", " ").expect(2)
        s.run("team", "create").expect(2)
        assert len(s.requests()) == before


@case("a create whose answer is lost makes one team")
def _():
    for fault, posts in (("drop-after", 1), ("drop-before", 2), ("503", 2), ("commit-503", 1),
                         ("429", 2)):
        with Sentry("--fault", "POST Groups#1=" + fault) as s:
            team = s.run("team", "create", "Ops").expect(0).json()
            assert team["displayName"] == "Ops" and "members" in team, team
            assert s.methods().count("POST") == posts, (fault, s.methods())
            assert len(s.run("team", "list").json()) == 1
    with Sentry("--fault", "POST Groups#1=drop-after", "--fault",
                "GET Groups#1+=drop-before") as s:
        s.run("team", "create", "Ops", "--retries", "1").expect(4, out="", err="not known")
        assert s.methods().count("POST") == 1
    with Sentry("--fault", "POST Groups#1+=503") as s:
        s.run("team", "create", "Ops", "--retries", "1").expect(9, out="", err="503")


@case("rename changes the name and warns of the slug")
def _():
    with Sentry("--team", "Ops") as s:
        team = s.run("team", "rename", "Ops", "Platform").expect(0, err="slug").json()
        assert team["displayName"] == "Platform", team
        s.run("team", "get", "Ops").expect(7)
        s.run("team", "create", "Ops").expect(0)
        s.run("team", "rename", "Ops", "Platform").expect(1, out="", err="400")


@case("add, remove and set by names and ids")
def _():
    with Sentry("--team", "Ops", "--member", ADA, "--member", "b@example.com", "--member",
                "c@example.com") as s:
        s.run("team", "add", "Ops", ADA, "B@example.com", ADA).expect(0)
        number = s.run("member", "get", "c@example.com").json()["id"]
        team = s.run("team", "add", "Ops", number).expect(0).json()
        assert people(team) == [ADA, "b@example.com", "c@example.com"], team
        team = s.run("team", "remove", "Ops", "b@example.com", number).expect(0).json()
        assert people(team) == [ADA], team
        team = s.run("team", "set", "Ops", "b@example.com").expect(0).json()
        assert people(team) == ["b@example.com"], team
        for body in bodies(s, "PATCH"):
            assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], body
            for op in body["Operations"]:
                if op["op"] == "remove":
                    assert "value" not in op and op["path"].startswith("members[value eq \""), op
                else:
                    assert all(isinstance(v["value"], str) for v in op["value"]), op


@case("250 members go out in requests of at most 100 operations, and all arrive")
def _():
    with Sentry("--team", "Ops", "--members", "250") as s:
        ids = [m["id"] for m in s.run("member", "list").json()]
        assert len(s.run("team", "add", "Ops", *ids).expect(0).json()["members"]) == 250
        assert s.run("team", "remove", "Ops", *ids[:230]).expect(0).json()["members"] == [
            {"value": m["id"], "display": m["userName"]}
            for m in s.run("member", "list").json()[230:]]
        sizes = [sum(len(op.get("value", [0])) for op in b["Operations"])
                 for b in bodies(s, "PATCH")]
        assert sizes == [100, 100, 50, 100, 100, 30], sizes
        assert len(s.run("team", "set", "Ops", *ids).expect(0).json()["members"]) == 250


@case("unknown members are all named, and nothing is sent")
def _():
    with Sentry("--team", "Ops", "--member", ADA) as s:
        s.run("team", "add", "Ops", "x@example.com", ADA, "y@example.com").expect(
            7, out="", err=["x@example.com", "y@example.com", "nothing was changed"])
        assert "PATCH" not in s.methods()
        s.run("team", "add", "Ops", "99999", ADA).expect(7, out="", err="99999")
        assert s.run("team", "get", "Ops").json()["members"] == []


@case("what was done before a refusal is said: exit 8")
def _():
    with Sentry("--team", "Ops", "--members", "120") as s:
        ids = [m["id"] for m in s.run("member", "list").json()]
        s.run("team", "add", "Ops", *ids, "99999").expect(
            8, out="", err=["99999", "the first 100 were changed"])
        assert len(s.run("team", "get", "Ops").json()["members"]) == 100


@case("a change whose answer is lost is made again, which changes nothing more")
def _():
    for fault in ("drop-after", "drop-before", "503", "429"):
        with Sentry("--team", "Ops", "--member", ADA, "--fault", "PATCH Groups#1=" + fault) as s:
            assert people(s.run("team", "add", "Ops", ADA).expect(0).json()) == [ADA], fault
    with Sentry("--team", "Ops", "--fault", "DELETE Groups#1=drop-after") as s:
        s.run("team", "delete", "Ops").expect(0)


@case("--dry-run of every command sends nothing")
def _():
    with Sentry("--team", "Ops") as s:
        for words in (["create", "X"], ["list"], ["get", "Ops"], ["rename", "1", "X"],
                      ["delete", "1"], ["add", "1", "2"], ["remove", "1", "2"], ["set", "1", "2"]):
            r = s.run("team", *words, "--dry-run").expect(0)
            assert r.out.split()[0] in ("GET", "POST", "PATCH", "DELETE") and "***" in r.out, r
        assert s.requests() == []


@case("every era of the server takes the same commands with the same outcome")
def _():
    for era in ("2025", "2026-01", "2026-06", "latest"):
        for more in ([], ["--self-hosted"], ["--chunked"]):
            with Sentry("--era", era, *more) as s:
                s.run("member", "create", ADA, "--role", "member").expect(0)
                s.run("member", "create", ADA).expect(5)
                s.run("member", "create", ADA, "--if-exists", "ok").expect(0)
                s.run("member", "set-role", ADA, "manager").expect(0)
                s.run("team", "create", "Ops").expect(0)
                s.run("team", "create", "ops").expect(5)
                s.run("team", "add", "Ops", ADA).expect(0)
                s.run("team", "get", "Nobody").expect(7)
                s.run("member", "get", "99999").expect(7)
                s.run("member", "list").expect(0)
                s.run("member", "delete", ADA).expect(0)
                s.run("team", "delete", "Ops").expect(0)


if __name__ == "__main__":
    harness.main()
