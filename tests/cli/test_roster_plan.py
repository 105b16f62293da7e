#!/usr/bin/env python3
"""`roster plan` and `roster apply`: differences, guards, saved plans, resuming."""
import csv
import io
import json
import os
import pty
import shutil
import subprocess
import threading

import harness
from harness import (ORG, TOKEN, Scripted, Sentry, answer, case, path, read_request,
                     run_until_killed, write)

HEAD = "userName,sentryOrgRole,teams\n"
READS = {"GET"}


def rows(result):
    return list(csv.DictReader(io.StringIO(result.out)))


def outcomes(result):
    return {r["userName"]: r["outcome"] for r in rows(result)}


def actions(result):
    """What a plan does, as (action, whom or what) pairs in order."""
    return [(c["action"], c.get("userName") or c["team"]) for c in result.json()["changes"]]


def teams(server):
    """Names of the members of each team that the server holds."""
    with open(server.state_file) as f:
        state = json.load(f)
    names = {m["id"]: m["userName"] for m in state["members"]}
    return {t["displayName"]: sorted(names[m] for m in t["members"]) for t in state["teams"]}


def roles(server):
    return {n: m["sentryOrgRole"] for n, m in server.members().items()}


def changes_sent(server):
    return [m for m in server.methods() if m not in READS]


PEOPLE = ("--member", "own@x.org:role=owner:joined", "--member", "a@x.org:role=admin:joined",
          "--member", "b@x.org", "--member", "c@x.org", "--team", "Blue:a@x.org:c@x.org")


@case("a plan shows creates, roles, teams and, with --prune only, removals; it changes nothing")
def _():
    with Sentry(*PEOPLE) as s:
        file = write(HEAD + "a@x.org,member,blue;Red\nB@X.org,,Red\nnew@x.org,admin,Red\n")
        plan = s.run("roster", "plan", file, "-o", "json").expect(
            0, err=["1 team to create", "1 member to create", "1 role to set",
                    "3 memberships to add"])
        assert actions(plan) == [
            ("create-team", "Red"), ("create", "new@x.org"), ("add-to-team", "a@x.org"),
            ("add-to-team", "b@x.org"), ("add-to-team", "new@x.org"),
            ("set-role", "a@x.org")], plan
        assert [c.get("line") for c in plan.json()["changes"]] == [None, 4, 2, 3, 4, 2]
        plan = s.run("roster", "plan", file, "--prune", "-o", "json").expect(0)
        assert actions(plan)[-2:] == [("remove", "c@x.org"), ("keep", "own@x.org")], plan
        table = s.run("roster", "plan", file, "-o", "table").expect(0).out.splitlines()
        assert table[0].split() == "ACTION USER NAME TEAM FROM TO ID LINE WHY".split(), table
        assert any(r.split() == "set-role a@x.org admin member 243 2".split() for r in table), table
        for line in s.run("roster", "plan", file, "-o", "jsonl").expect(0).out.splitlines():
            json.loads(line)
        assert rows(s.run("roster", "plan", file, "-o", "csv"))[1]["userName"] == "new@x.org"
        assert set(s.methods()) == READS


@case("apply does what plan shows, and a second time nothing")
def _():
    with Sentry(*PEOPLE) as s:
        file = write(HEAD + "a@x.org,member,blue;Red\nB@X.org,,Red\nnew@x.org,admin,Red\n"
                     "c@x.org,,Blue\n")
        r = s.run("roster", "apply", file, "-o", "csv").expect(0, err="6 of 6 changes done")
        assert outcomes(r) == {"new@x.org": "created", "a@x.org": "updated", "B@X.org": "updated",
                               "c@x.org": "unchanged"}, r
        assert {x["userName"]: x["line"] for x in rows(r)} == {
            "new@x.org": "4", "a@x.org": "2", "B@X.org": "3", "c@x.org": "5"}, r
        assert teams(s) == {"Blue": ["a@x.org", "c@x.org"],
                            "Red": ["a@x.org", "b@x.org", "new@x.org"]}, teams(s)
        assert roles(s)["a@x.org"] == "member" and roles(s)["new@x.org"] == "admin"
        before = len(changes_sent(s))
        r = s.run("roster", "apply", file, "-o", "csv").expect(0, err="4 unchanged")
        assert set(outcomes(r).values()) == {"unchanged"} and len(changes_sent(s)) == before


@case("an export is in order: its plan is empty, also with --prune")
def _():
    with Sentry(*PEOPLE, "--team", "Empty", "--member", "Mixed@Case.org") as s:
        for form in ("csv", "jsonl", "json"):
            exported = s.run("roster", "export", "-o", form).expect(0).out
            for prune in ((), ("--prune",)):
                plan = s.run("roster", "plan", write(exported), *prune, "-o", "json").expect(
                    0, err="nothing to do")
                assert plan.json()["changes"] == [], plan
        s.run("roster", "apply", write(exported), "--prune").expect(0)
        assert changes_sent(s) == []


@case("a row without a role or a roster without teams leaves them as they are")
def _():
    with Sentry(*PEOPLE) as s:
        file = write("userName\na@x.org\nb@x.org\nc@x.org\n")
        s.run("roster", "apply", file, "--prune").expect(0, err="3 unchanged")
        file = write('{"userName":"a@x.org","teams":null}\n{"userName":"c@x.org"}\n'
                     '{"userName":"b@x.org"}\n')
        s.run("roster", "apply", file, "--prune").expect(0, err="3 unchanged")
        assert changes_sent(s) == [] and teams(s)["Blue"] == ["a@x.org", "c@x.org"]
        # A column that is empty says: in no team.
        file = write(HEAD + "a@x.org,,\nb@x.org,,\nc@x.org,,Blue\n")
        s.run("roster", "apply", file).expect(0, err="3 unchanged")
        r = s.run("roster", "apply", file, "--prune", "-o", "csv").expect(0, err="1 ended")
        assert outcomes(r)["a@x.org"] == "updated" and teams(s)["Blue"] == ["c@x.org"], r
        assert "own@x.org" in s.members()


@case("owners and the token's own member are never removed, an owner's role is never changed")
def _():
    with Sentry(*PEOPLE) as s:
        file = write("userName,sentryOrgRole\na@x.org,\n")
        plan = s.run("roster", "plan", file, "--prune", "-o", "json").expect(0)
        kept = [c for c in plan.json()["changes"] if c["action"] == "keep"]
        assert [c["userName"] for c in kept] == ["own@x.org"] and "owner" in kept[0]["reason"]
        s.run("roster", "apply", file, "--prune").expect(0, err="2 removed")
        assert set(s.members()) == {"own@x.org", "a@x.org"}
        # What cannot be done is a failed row, each time.
        file = write("userName,sentryOrgRole\nown@x.org,member\na@x.org,manager\n")
        for _ in range(2):
            r = s.run("roster", "apply", file, "-o", "csv").expect(8)
            assert outcomes(r)["own@x.org"] == "failed", r
            os.unlink(file + ".journal")
        assert roles(s) == {"own@x.org": "owner", "a@x.org": "manager"}
        # Nobody can be made an owner; who is one already may be called so.
        file = write("userName,sentryOrgRole\nown@x.org,owner\na@x.org,owner\nz@x.org,owner\n")
        before = len(changes_sent(s))
        for command in ("plan", "apply"):
            s.run("roster", command, file).expect(
                2, out="", err=[file + ":3:9: ", file + ":4:9: ", "2 faults"])
        assert len(changes_sent(s)) == before


def organization(own_id, meanwhile=None):
    """A server of three members that knows whose the token is. MEANWHILE: the
    answers for single ones, by id; by default the member as it is listed."""
    members = [{"id": str(n), "userName": name, "sentryOrgRole": "member"}
               for n, name in enumerate(["a@x.org", "me@x.org", "b@x.org"], 1)]
    deleted = []

    def handle(connection):
        while True:
            head, _ = read_request(connection)
            if not head:
                return
            method, target, _ = head.decode().split(" ", 2)
            number = target.rsplit("/", 1)[1]
            if method == "GET" and number.isdigit():
                connection.sendall((meanwhile or {}).get(number) or answer(
                    200, json.dumps(members[int(number) - 1])))
            elif "/members/me/" in target:
                body = '{"id":"%s"}' % own_id if own_id else '{"detail":"no"}'
                connection.sendall(answer(200 if own_id else 404, body))
            elif method == "DELETE":
                deleted.append(number)
                connection.sendall(answer(204))
            else:
                connection.sendall(answer(200, json.dumps({
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
                    "totalResults": 3, "startIndex": 1, "itemsPerPage": 3,
                    "Resources": members})))
    return handle, deleted


@case("the token's own member is asked for before anybody is removed")
def _():
    user = "sntryu_" + TOKEN[7:]
    for own, gone in (("2", ["3"]), (None, ["2", "3"])):
        handle, deleted = organization(own)
        with Scripted(handle) as s:
            file = write("userName\na@x.org\n")
            r = harness.run("--url", s.url, "--org", ORG, "roster", "apply", file, "--prune",
                            token=user).expect(0)
            assert sorted(deleted) == gone, (deleted, str(r))
            if own:
                plan = harness.run("--url", s.url, "--org", ORG, "roster", "plan", file,
                                   "--prune", "-o", "json", token=user).expect(0)
                assert ("keep", "me@x.org") in actions(plan), plan


@case("more than 10 removals that are also over a tenth are refused, before anything is changed")
def _():
    def server(count):
        return Sentry("--members", str(count))

    def roster_without(server, n):
        listed = server.run("member", "list", "-o", "json").expect(0).json()
        names = sorted(m["userName"] for m in listed)
        return write("userName\n" + "".join(x + "\n" for x in names[n:]))

    for count, removed, code in ((20, 10, 0), (20, 11, 2), (110, 11, 0), (110, 12, 2)):
        with server(count) as s:
            file = roster_without(s, removed)
            before = len(changes_sent(s))
            r = s.run("roster", "apply", file, "--prune")
            r.expect(code, err="--max-removals %d" % removed if code else None)
            assert len(s.members()) == (count if code else count - removed), r
            if code:
                assert len(changes_sent(s)) == before and r.out == ""
                s.run("roster", "plan", file, "--prune").expect(0, err="--max-removals")
                s.run("roster", "apply", file, "--prune", "--max-removals",
                      str(removed - 1)).expect(2)
                s.run("roster", "apply", file, "--prune", "--max-removals",
                      str(removed)).expect(0)
                assert len(s.members()) == count - removed
    with server(12) as s:
        file = roster_without(s, 3)
        s.run("roster", "apply", file, "--prune", "--max-removals", "2").expect(2)
        s.run("roster", "apply", file, "--prune", "--max-removals", "none").expect(2)


@case("a roster without rows removes nobody, unless that is said")
def _():
    with Sentry(*PEOPLE) as s:
        for text in ("userName\n", "[]"):
            s.run("roster", "apply", write(text), "--prune").expect(2, err="no rows")
            assert changes_sent(s) == []
        s.run("roster", "apply", write("[]")).expect(0)
        s.run("roster", "apply", write("[]"), "--prune", "--max-removals", "3").expect(0)
        assert list(s.members()) == ["own@x.org"]


def saved(s, file, *options):
    plan = s.run("roster", "plan", file, *options, "-o", "json").expect(0)
    return write(plan.out, "plan.json")


@case("a saved plan is made exactly, once; a changed organization, server or file is refused")
def _():
    roster = HEAD + "a@x.org,member,Blue;Red\nnew@x.org,admin,Red\n"
    with Sentry(*PEOPLE) as s:
        plan = saved(s, write(roster), "--prune")
        r = s.run("roster", "apply", "--plan", plan, "-o", "csv").expect(0, err="7 of 7 changes")
        assert [(x["userName"], x["outcome"]) for x in rows(r)] == [
            ("new@x.org", "created"), ("new@x.org", "updated"), ("a@x.org", "updated"),
            ("a@x.org", "updated"), ("b@x.org", "removed"), ("c@x.org", "removed")], r
        assert rows(r)[2]["detail"] == "add-to-team Red" and rows(r)[2]["line"] == "2", r
        assert teams(s) == {"Blue": ["a@x.org"], "Red": ["a@x.org", "new@x.org"]}
        before = len(s.requests())
        s.run("roster", "apply", "--plan", plan).expect(0, out="[]\n", err="done before")
        assert len(s.requests()) == before
    for change in (("member", "create", "z@x.org"), ("member", "set-role", "b@x.org", "admin"),
                   ("team", "create", "Late"), ("team", "remove", "Blue", "a@x.org"),
                   ("member", "delete", "c@x.org")):
        with Sentry(*PEOPLE) as s:
            plan = saved(s, write(roster))
            s.run(*change).expect(0)
            before = len(changes_sent(s))
            s.run("roster", "apply", "--plan", plan).expect(2, out="", err="has changed")
            assert len(changes_sent(s)) == before, change
    with Sentry(*PEOPLE) as s, Sentry(*PEOPLE) as other:
        plan = saved(s, write(roster))
        other.run("roster", "apply", "--plan", plan).expect(2, err="another server")
        assert other.requests() == []
        s.run("roster", "apply", "--plan", plan, "--prune").expect(2)
        s.run("roster", "apply", "--plan", plan, plan).expect(2)
        s.run("roster", "apply").expect(2, err="--plan")
        s.run("roster", "apply", "--plan", "-", stdin="{}").expect(2, err="no plan")
        with open(plan) as f:
            text = f.read()
        for old, new, what in (('"create-team"', '"destroy"', "known"),
                               ('"id":"243",', "", "neither there nor created"),
                               ('"to":"member"', '"to":7', "to is no text"),
                               ('"sentryScimPlan":1', '"sentryScimPlan":2', "version"),
                               ('"state":"', '"state":"0', "no plan"),
                               ('{"action"', '{"action":"remove"},{"action"', "userName")):
            assert old in text
            before = len(s.requests())
            s.run("roster", "apply", "--plan", write(text.replace(old, new, 1))).expect(
                2, err=what)
            assert len(s.requests()) == before, (old, new)
        s.run("roster", "apply", "--plan", write(text[:-20])).expect(2, err="line ")


@case("a plan that somebody else applies spares them too, and owners, whatever it says")
def _():
    user = "sntryu_" + TOKEN[7:]
    handle, deleted = organization(None)
    with Scripted(handle) as s:
        plan = harness.run("--url", s.url, "--org", ORG, "roster", "plan",
                           write("userName\na@x.org\n"), "--prune", "-o", "json",
                           token=user).expect(0)
        text = plan.out
    handle, deleted = organization("3")
    with Scripted(handle) as s:
        port = s.url.rsplit(":", 1)[1]
        moved = text.replace(plan.json()["server"].split("/")[2], "127.0.0.1:" + port)
        r = harness.run("--url", s.url, "--org", ORG, "roster", "apply", "--plan", write(moved),
                        "-o", "csv", token=user).expect(0)
        assert deleted == ["2"] and outcomes(r)["b@x.org"] == "unchanged", (deleted, str(r))
    with Sentry(*PEOPLE) as s:
        file = saved(s, write("userName\na@x.org\n"), "--prune")
        with open(file) as f:
            text = f.read().replace('"action":"keep"', '"action":"remove"').replace(
                '"members":4', '"members":4000')
        r = s.run("roster", "apply", "--plan", write(text), "-o", "csv").expect(0)
        assert set(s.members()) == {"a@x.org", "own@x.org"}, r


@case("a new plan under the name of one that is done is applied; one that is half done is refused")
def _():
    with Sentry(*PEOPLE) as s:
        file = path("plan.json")
        for name in ("x@x.org", "y@x.org"):
            plan = s.run("roster", "plan", write("userName\n%s\n" % name), "-o", "json").expect(0)
            with open(file, "w") as f:
                f.write(plan.out)
            s.run("roster", "apply", "--plan", file).expect(0)
        assert {"x@x.org", "y@x.org"} <= set(s.members())


@case("a member who has gone since an unfinished run made it is made again")
def _():
    with Sentry(*PEOPLE, "--fault", "PUT Users/244=status:400") as s:
        file = write("userName,sentryOrgRole\nnew@x.org,\nb@x.org,admin\n")
        s.run("roster", "apply", file).expect(8)
        s.run("member", "delete", "new@x.org").expect(0)
        r = s.run("roster", "apply", file, "-o", "csv").expect(8)
        assert outcomes(r)["new@x.org"] == "created" and "new@x.org" in s.members(), r


@case("--plan from standard input wants a place for its journal")
def _():
    with Sentry(*PEOPLE) as s:
        with open(saved(s, write("userName\nnew@x.org\n"))) as f:
            text = f.read()
        s.run("roster", "apply", "--plan", "-", stdin=text).expect(2, err="--journal")
        s.run("roster", "apply", "--plan", "-", "--no-journal", stdin=text).expect(0)
        assert "new@x.org" in s.members()


@case("a roster that was edited is applied anew once the last run is complete, else refused")
def _():
    with Sentry(*PEOPLE) as s:
        file = write("userName,sentryOrgRole\nb@x.org,admin\n")
        s.run("roster", "apply", file).expect(0)
        with open(file, "a") as f:
            f.write("c@x.org,admin\n")
        s.run("roster", "apply", file).expect(0, err="1 updated")
        with open(file, "a") as f:
            f.write("bad role@x.org,nonsense\n")
        s.run("roster", "apply", file).expect(8)
        with open(file, "a") as f:
            f.write("d@x.org,admin\n")
        s.run("roster", "apply", file).expect(2, err="another roster")
        other = path("import.journal")
        s.run("roster", "import", write("userName\nq@x.org\n"), "--journal", other).expect(0)
        s.run("roster", "apply", write("userName\nq@x.org\n"), "--journal", other).expect(
            2, err="another action")


@case("teams with more than 100 members are filled in requests of at most 100 operations")
def _():
    with Sentry("--members", "130", "--team", "Old") as s:
        s.run("member", "create", "first@x.org").expect(0)
        names = sorted(s.members())
        file = write(HEAD + "".join("%s,,Old;Data Eng\n" % n for n in names))
        s.run("roster", "apply", file).expect(0, err="262 memberships")
        patches = [json.loads(r["body"]) for r in s.log_entries() if r["method"] == "PATCH"]
        assert all(len(p["Operations"]) <= 100 and len(p["Operations"][0]["value"]) <= 100
                   for p in patches), patches
        assert teams(s) == {"Old": names, "Data Eng": names}
        # Other spellings of one slug are one team.
        file = write(HEAD + "".join("%s,,\n" % n for n in names[:-1]) +
                     "%s,,data-eng;OLD\n" % names[-1])
        s.run("roster", "apply", file, "--prune").expect(0, err="260 ended")
        assert teams(s) == {"Old": names[-1:], "Data Eng": names[-1:]}


@case("a member known by another address is found by the create, and not removed under its own")
def _():
    with Sentry("--member", "main@x.org:joined:also=alias@x.org", "--member", "b@x.org") as s:
        file = write("userName\nalias@x.org\nb@x.org\n")
        r = s.run("roster", "apply", file, "--prune", "-o", "csv").expect(0)
        assert "main@x.org" in s.members(), r
        assert outcomes(r)["main@x.org"] == "unchanged", r


@case("who is not any more as the plan saw is not removed, and that is a failure with its reason")
def _():
    member = {"id": "2", "userName": "me@x.org", "sentryOrgRole": "member"}
    page = answer(200, "<html>", "Content-Type: text/html")
    changed = "the member has changed since the plan was made"
    for reply, outcome, detail in (
            (answer(200, json.dumps(member)), "removed", ""),
            (answer(200, json.dumps(dict(member, sentryOrgRole="Member"))), "removed", ""),
            (answer(200, json.dumps(dict(member, sentryOrgRole="owner"))), "failed", changed),
            (answer(200, json.dumps(dict(member, sentryOrgRole=None))), "failed", changed),
            (answer(200, json.dumps(dict(member, userName="other@x.org"))), "failed", changed),
            (answer(200, json.dumps(dict(member, userName="Me@x.org"))), "failed", changed),
            (answer(200, json.dumps(dict(member, id="3"))), "failed", changed),
            (answer(200, "{}"), "failed", "the server's answer is no member"),
            (page, "failed", "the server's answer is no member"),
            (answer(400, '{"detail":"no"}'), "failed", "no"),
            (answer(404, '{"detail":"no"}'), "removed", "it was gone already")):
        handle, deleted = organization(None, {"2": reply})
        with Scripted(handle) as s:
            file = write("userName\na@x.org\n")
            r = harness.run("--url", s.url, "--org", ORG, "roster", "apply", file, "--prune", "-o",
                            "csv").expect(8 if outcome == "failed" else 0)
        assert outcomes(r) == {"a@x.org": "unchanged", "me@x.org": outcome,
                               "b@x.org": "removed"}, r
        told = next(x for x in rows(r) if x["userName"] == "me@x.org")
        assert detail in told["detail"], r
        gone = b"404" in reply[:20] or outcome == "failed"
        assert deleted == (["3"] if gone else ["3", "2"]), (deleted, str(r))
    # Where asking is refused as such, or not answered, nobody is removed, and the run ends.
    for reply, code in ((answer(403, "{}"), 6), (answer(503, "{}"), 9)):
        handle, deleted = organization(None, dict.fromkeys("123", reply))
        with Scripted(handle) as s:
            harness.run("--url", s.url, "--org", ORG, "roster", "apply", write("[]"), "--prune",
                        "--retries", "0", "--max-removals", "3").expect(code)
        assert deleted == [], deleted


@case("a member that changes behind the verification of a saved plan is not removed")
def _():
    plan = None
    for word, expected in (("member", ["3", "2"]), ("manager", ["3"])):
        handle, deleted = organization(None, {"2": answer(200, json.dumps(
            {"id": "2", "userName": "me@x.org", "sentryOrgRole": word}))})
        with Scripted(handle) as s:
            base = ("--url", s.url, "--org", ORG, "roster")
            plan = harness.run(*base, "plan", write("userName\na@x.org\n"), "--prune", "-o",
                               "json").expect(0).out
            r = harness.run(*base, "apply", "--plan", write(plan), "-o", "csv").expect(
                8 if word == "manager" else 0)
        assert deleted == expected, (deleted, str(r))


@case("a saved plan removes nobody who may be the member that a create has met")
def _():
    with Sentry("--member", "main@x.org:joined:also=alias@x.org", "--member", "b@x.org") as s:
        plan = saved(s, write("userName\nalias@x.org\nb@x.org\n"), "--prune")
        assert ("remove", "main@x.org") in [(c["action"], c.get("userName"))
                                            for c in json.load(open(plan))["changes"]]
        for _ in range(2):
            r = s.run("roster", "apply", "--plan", plan, "-o", "csv").expect(8)
            assert outcomes(r) == {"alias@x.org": "failed", "main@x.org": "failed"}, r
            assert "main@x.org" in s.members(), r


def provider(members, groups):
    """A server of any provider that filters nothing, and makes the team 77."""
    sent = []

    def handle(connection):
        while True:
            head, body = read_request(connection)
            if not head:
                return
            method, target, _ = head.decode().split(" ", 2)
            if method != "GET":
                sent.append((method, target.split("/scim/", 1)[-1]))
            if method == "POST" and "Groups" not in target:
                connection.sendall(answer(409, "{}"))
            elif method == "POST":
                groups.append({"id": "77", "displayName": json.loads(body)["displayName"]})
                connection.sendall(answer(201, json.dumps(groups[-1])))
            elif method == "GET":
                found = groups if "Groups" in target else members
                connection.sendall(answer(200, json.dumps(
                    {"totalResults": len(found), "Resources": found})))
            else:
                connection.sendall(answer(204))
    return handle, sent


def person(number, name):
    return {"id": number, "userName": name}


@case("a team whose name is the id of another one is not taken for that")
def _():
    for name, other in (("2024", "2024"), ("abc", "abc")):
        handle, sent = provider([person("1", "a@x.org")], [{"id": other, "displayName": "Other"}])
        with Scripted(handle) as s:
            file = write("userName,teams\na@x.org,%s\n" % name)
            for command in (("apply", file), ("import", file, "--no-journal")):
                harness.run("--scim-url", s.url + "/scim", "roster", *command)
        assert sent and all(t in ("Groups", "Groups/77", "Users") for _, t in sent), sent
        assert ("PATCH", "Groups/77") in sent, sent


@case("two teams that differ in case only are each changed by their own ids")
def _():
    groups = [{"id": "g1", "displayName": "Dev", "members": [{"value": "1"}]},
              {"id": "g2", "displayName": "dev", "members": [{"value": "1"}, {"value": "2"}]}]
    handle, sent = provider([person("1", "a@x.org"), person("2", "b@x.org")], groups)
    with Scripted(handle) as s:
        file = write("userName,teams\na@x.org,Dev\nb@x.org,Dev\n")
        harness.run("--scim-url", s.url + "/scim", "roster", "apply", file, "--prune").expect(0)
    assert sorted(sent) == [("PATCH", "Groups/g1"), ("PATCH", "Groups/g2")], sent


@case("of members whose names differ in case only a row means the one that it spells")
def _():
    both = [dict(person(n, name), sentryOrgRole="member") for n, name in (
        ("1", "A@x.org"), ("2", "a@x.org"), ("3", "B@x.org"), ("4", "C@x.org"), ("5", "c@X.org"))]
    for members in (both, both[::-1]):
        handle, sent = provider(members, [])
        with Scripted(handle) as s:
            file = write("userName,sentryOrgRole\na@x.org,admin\nb@x.org,admin\nc@x.org,admin\n")
            plan = harness.run("--scim-url", s.url + "/scim", "roster", "plan", file, "--prune",
                               "-o", "json").expect(0)
        first_c = next(m["userName"] for m in members if m["userName"].lower() == "c@x.org")
        assert sorted(actions(plan)) == sorted(
            [("keep", "A@x.org"), ("keep", "C@x.org" if first_c != "C@x.org" else "c@X.org"),
             ("set-role", "a@x.org"), ("set-role", "B@x.org"), ("set-role", first_c)]), plan
        assert {c["reason"] for c in plan.json()["changes"] if c["action"] == "keep"} == {
            "another spelling of a name in the roster"}, plan


@case("a team that is listed twice is left by nobody whom the roster wants in it")
def _():
    group = {"id": "g1", "displayName": "Dev", "members": [{"value": "1"}]}
    others = [{"id": "o%d" % n, "displayName": "Other %d" % n} for n in range(600)]
    handle, sent = provider([person("1", "a@x.org")], [group] + others + [group])
    with Scripted(handle) as s:
        file = write("userName,teams\na@x.org,Dev\n")
        harness.run("--scim-url", s.url + "/scim", "roster", "apply", file, "--prune").expect(0)
    assert sent == [], sent


@case("a server that lists an id which leads elsewhere in a path is not believed")
def _():
    for members, groups in (([person("..", "a@x.org")], []),
                            ([person("1", "a@x.org")], [{"id": ".", "displayName": "Dev"}])):
        handle, sent = provider(members, groups)
        with Scripted(handle) as s:
            file = write("userName,teams\nb@x.org,Dev\n")
            harness.run("--scim-url", s.url + "/scim", "roster", "apply", file,
                        "--prune").expect(1, err="an id that is none")
        assert sent == [], sent


@case("rows that fail are told and written to --rejects, the others are made")
def _():
    with Sentry(*PEOPLE, "--fault", "PUT Users/244=status:400") as s:
        rejects = path("rejects.csv")
        file = write(HEAD + "b@x.org,admin,\nc@x.org,admin,\nq@x.org,nonsense,\nz@x.org,,!!!\n")
        r = s.run("roster", "apply", file, "--rejects", rejects, "-o", "csv").expect(8)
        assert outcomes(r) == {"b@x.org": "failed", "c@x.org": "updated", "q@x.org": "failed",
                               "z@x.org": "created"}, r
        with open(rejects) as f:
            assert f.read() == HEAD + "q@x.org,nonsense,\nb@x.org,admin,\nz@x.org,,!!!\n"
        assert roles(s)["c@x.org"] == "admin"
        # They are a roster again, which fails in the same way.
        again = s.run("roster", "apply", rejects, "--rejects", rejects + "2", "-o", "csv").expect(8)
        assert set(outcomes(again).values()) == {"failed"}, again
        assert rows(again)[2]["detail"] == "not in all its teams", again
        with open(rejects) as one, open(rejects + "2") as two:
            assert one.read() == two.read()


@case("a row that cannot be made true, and one whose role is not known to be set, are in --rejects")
def _():
    with Sentry(*PEOPLE, "--fault", "PUT Users/244=drop-after") as s:
        rejects = path("rejects.csv")
        file = write("userName,sentryOrgRole\nown@x.org,member\nb@x.org,admin\na@x.org,admin\n")
        r = s.run("roster", "apply", file, "--rejects", rejects, "-o", "csv", "--retries",
                  "0").expect(4)
        assert outcomes(r) == {"own@x.org": "failed", "b@x.org": "unknown",
                               "a@x.org": "unchanged"}, r
        with open(rejects) as f:
            assert f.read() == "userName,sentryOrgRole\nown@x.org,member\nb@x.org,admin\n"


@case("a removal that fails is of no row: nothing to write to --rejects, and that is said")
def _():
    with Sentry(*PEOPLE, "--fault", "DELETE Users/245=status:400") as s:
        rejects = path("rejects.csv")
        file = write("userName\na@x.org\nb@x.org\n")
        r = s.run("roster", "apply", file, "--prune", "--rejects", rejects, "-o", "csv").expect(
            8, err="no rows, so not in %s: 1" % rejects)
        assert outcomes(r) == {"a@x.org": "unchanged", "b@x.org": "unchanged",
                               "c@x.org": "failed"}, r
        with open(rejects) as f:
            assert f.read() == ""


@case("--rejects of a plan has the members that were not created, and tells of the rest")
def _():
    with Sentry(*PEOPLE, "--fault", "PUT Users/244=status:400") as s:
        rejects = path("rejects.jsonl")
        plan = saved(s, write(HEAD + "b@x.org,admin,Red\nq@x.org,nonsense,Red\nz@x.org,,!!!\n"))
        r = s.run("roster", "apply", "--plan", plan, "--rejects", rejects, "-o", "csv").expect(
            8, err="no rows, so not in %s: 2" % rejects)
        assert [(x["userName"], x["outcome"]) for x in rows(r)] == [
            ("q@x.org", "failed"), ("z@x.org", "created"), ("z@x.org", "failed"),
            ("b@x.org", "updated"), ("b@x.org", "failed")], r
        with open(rejects) as f:
            assert [json.loads(line)["userName"] for line in f] == ["q@x.org"]


@case("a roster that is changed while the members are listed changes nobody")
def _():
    handle, deleted = organization(None)
    file = write("userName\na@x.org\nb@x.org\n")

    def changing(connection):
        with open(file, "r+") as f:
            f.seek(len("userName\na@x.org\n"))
            f.write("c")
        handle(connection)
    with Scripted(changing) as s:
        r = harness.run("--url", s.url, "--org", ORG, "roster", "apply", file, "--prune").expect(
            2, out="", err="the roster changed while it was used")
        assert deleted == [], r


@case("on a terminal the changes are shown and asked about once")
def _():
    for word, made in ((b"no\n", False), (b"yes\n", True)):
        with Sentry(*PEOPLE) as s:
            file = write("userName,sentryOrgRole\na@x.org,member\n")
            master, slave = pty.openpty()
            process = subprocess.Popen(
                [harness.PROGRAM, "--url", s.url, "--org", ORG, "roster", "apply", file,
                 "--prune"], stdin=slave, stderr=slave, stdout=subprocess.PIPE,
                env=harness.environment({"SENTRY_AUTH_TOKEN": TOKEN, "TERM": "xterm"}))
            os.close(slave)
            text = b""
            while b"[y/N]" not in text:
                text += os.read(master, 4096)
            os.write(master, word)
            rest = threading.Thread(target=lambda: swallow(master))
            rest.start()
            process.stdout.read()
            code = process.wait(harness.LIMIT)
            rest.join()
            os.close(master)
            assert b"remove c@x.org" in text and b"set-role a@x.org" in text, text
            assert code == (0 if made else 2), (code, text)
            assert (changes_sent(s) != []) == made


def swallow(master):
    try:
        while os.read(master, 4096):
            pass
    except OSError:
        pass


@case("--dry-run sends nothing")
def _():
    with Sentry(*PEOPLE) as s:
        file = write("userName\nnew@x.org\n")
        for command in ("plan", "apply"):
            r = s.run("roster", command, file, "--dry-run").expect(0)
            assert "GET " in r.out and not os.path.exists(file + ".journal"), r
        assert s.requests() == []


@case("the server's refusal is shown as it came")
def _():
    with Sentry(*PEOPLE, token_rights=":team:read") as s:
        file = write("userName\nnew@x.org\n")
        for command in ("plan", "apply"):
            r = s.run("roster", command, file).expect(6, out="")
            assert r.err.count("403 ") >= 1, r


ROSTER = HEAD + ("a@x.org,member,Blue;Red\nb@x.org,admin,\nnew1@x.org,admin,Red\n"
                 "new2@x.org,,Red;Green\nown@x.org,owner,\n")
WANTED = {"own@x.org": "owner", "a@x.org": "member", "b@x.org": "admin", "new1@x.org": "admin",
          "new2@x.org": "member"}
WANTED_TEAMS = {"Blue": ["a@x.org"], "Red": ["a@x.org", "new1@x.org", "new2@x.org"],
                "Green": ["new2@x.org"]}


@case("killed at system calls all along, a roster and a saved plan are gone on with to their end")
def _():
    if not shutil.which("strace") or "asan" in harness.PROGRAM:
        raise harness.Skip("strace is needed, and a program without sanitizers")
    for use_plan in (False, True):
        for call in ("write", "fdatasync", "sendto", "read"):
            nth = 1
            while True:
                with Sentry(*PEOPLE) as s:
                    file = write(ROSTER)
                    command = ("roster", "apply", file, "--prune", "--rate", "1000")
                    if use_plan:
                        command = ("roster", "apply", "--plan", saved(s, file, "--prune"),
                                   "--rate", "1000")
                    if not run_until_killed(("--url", s.url, "--org", ORG, *command), call, nth):
                        break
                    s.run(*command).expect(0)
                    assert roles(s) == WANTED, (call, nth, roles(s))
                    assert teams(s) == WANTED_TEAMS, (call, nth, teams(s))
                    posts = [json.loads(r["body"]).get("userName") for r in s.log_entries()
                             if r["method"] == "POST" and r["path"].endswith("/Users")]
                    assert len(posts) <= 4, (call, nth, posts)
                nth += 1 + nth // 3
            assert nth > 1, call


if __name__ == "__main__":
    harness.main()
