#!/usr/bin/env python3
"""The local Sentry itself, against what is known of Sentry: every exchange that the program's own tests
rely on. LOCAL_SENTRY names another build of it, as one under the sanitizers."""
import concurrent.futures
import email.utils
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

import harness
from harness import ORG, TOKEN, Authority, Sentry, case

harness.LOCAL_SENTRY = os.environ.get("LOCAL_SENTRY", harness.LOCAL_SENTRY)

BASE = "/api/0/organizations/%s/scim/v2/" % ORG
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
GONE = '{"schemas":["%s"],"status":"404","detail":"The requested resource does not exist"}' % ERROR
FORBIDDEN = '{"detail":"You do not have permission to perform this action."}'
SECRET = "sntryi_" + "ab" * 32
EXISTS = ('{"schemas":["%s"],"status":"409","detail":"User already exists in the database.",'
          '"scimType":"uniqueness"}' % ERROR)


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.raw = response.read()
        self.text = self.raw.decode()
        self.type = response.headers["Content-Type"]

    def json(self):
        return json.loads(self.text)

    def __str__(self):
        return "%d %s\n%s%r" % (self.status, self.type, self.headers, self.raw[:2000])

    def expect(self, status, text=None):
        assert self.status == status, "status is not %d: %s" % (status, self)
        assert text is None or self.text == text, "body is not %r: %s" % (text, self)
        return self


def connect(s, timeout=10):
    return http.client.HTTPConnection("127.0.0.1", s.port, timeout=timeout)


def ask(s, method, path, body=None, token=TOKEN, headers=None, connection=None):
    """One exchange. PATH is below the SCIM base unless it begins with '/'. A BODY that is no text
    is sent as JSON."""
    fields = dict(headers or {})
    if token is not None:
        fields.setdefault("Authorization", "Bearer " + token)
    if body is not None and not isinstance(body, (str, bytes)):
        body = json.dumps(body)
        fields.setdefault("Content-Type", "application/json")
    c = connection or connect(s)
    c.request(method, path if path.startswith("/") else BASE + path,
              body.encode() if isinstance(body, str) else body, fields)
    answer = Answer(c.getresponse())
    if connection is None:
        c.close()
    return answer


def shape_a(status, detail):
    return '{"schemas":["%s"],"status":"%d","detail":%s}' % (ERROR, status, json.dumps(detail))


def shape_b(inner):
    return shape_a(400, json.dumps(inner, separators=(",", ":"), ensure_ascii=False))


def field(name, text):
    return shape_b({name: [text]})


def user(number, name, role="member", active=True):
    return ('{"schemas":["%s"],"id":"%s","userName":"%s","name":{"givenName":"N/A",'
            '"familyName":"N/A"},"emails":[{"primary":true,"value":"%s","type":"work"}],"meta":'
            '{"resourceType":"User"},"sentryOrgRole":"%s"%s}' % (
                USER, number, name, name, role, ',"active":true' if active else ""))


def create(s, address, **more):
    return ask(s, "POST", "Users", dict(userName=address, **more))


def listed(s, **parameters):
    query = urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote)
    return ask(s, "GET", "Users" + ("?" + query if query else ""))


def names(answer):
    answer.expect(200)
    return [u["userName"] for u in answer.json()["Resources"]]


def patch(*operations, **more):
    return dict(Operations=list(operations), **more)


def exchange(port, data, end=False):
    """The bytes that come back for DATA on a connection of its own, until it ends."""
    with socket.create_connection(("127.0.0.1", port), 10) as c:
        c.sendall(data)
        if end:
            c.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while True:
                more = c.recv(65536)
                if not more:
                    return answer
                answer += more
        except ConnectionResetError:
            return answer + b"<reset>"


def request_bytes(method="GET", path=BASE + "Users", body=b"", close=True, more=b""):
    return (("%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%sContent-Length: %d\r\n" % (
        method, path, TOKEN, "Connection: close\r\n" if close else "", len(body))).encode() +
        more + b"\r\n" + body)


@case("POST: the minimum, every key ignored but two, roles lower-cased, an empty role is none")
def _():
    with Sentry() as s:
        a = create(s, "test.user@okta.local").expect(201, user(242, "test.user@okta.local"))
        assert a.type == "application/json" and a.headers["Location"] is None, a
        create(s, "b@example.com", sentryOrgRole="MANAGER").expect(
            201, user(243, "b@example.com", "manager"))
        create(s, "c@example.com", sentryOrgRole="", active=False, externalId="7", schemas=[],
               name={"givenName": "C"}).expect(201, user(244, "c@example.com"))
        create(s, "d@example.com", sentryOrgRole=None).expect(201)
        ask(s, "POST", "Users", '{"userName":" E@Example.com "}',
            headers={"Content-Type": "application/scim+json"}).expect(
                201, user(246, "E@Example.com"))
        held = s.members()
        assert held["b@example.com"]["idp_role_restricted"], held
        assert not held["c@example.com"]["idp_role_restricted"], held
        assert all(m["idp_provisioned"] for m in held.values()), held


@case("POST: roles that may not be given, and a bad role hides a bad address")
def _():
    refusal = shape_a(400, "Invalid organization role.")
    with Sentry("--role", "auditor") as s:
        create(s, "a@example.com", sentryOrgRole="owner").expect(400, refusal)
        create(s, "nonsense", sentryOrgRole="emperor").expect(400, refusal)
        create(s, "a@example.com", sentryOrgRole="billing").expect(201)
        create(s, "b@example.com", sentryOrgRole="Auditor").expect(201)
        assert create(s, "c@example.com", sentryOrgRole=["member"]).expect(500).json()[
            "detail"] == "Internal Error"
    with Sentry("--self-hosted") as s:
        create(s, "a@example.com", sentryOrgRole="billing").expect(400, refusal)
    with Sentry("--default-role", "owner") as s:
        create(s, "a@example.com").expect(400, refusal)
    with Sentry("--default-role", "manager") as s:
        create(s, "a@example.com").expect(201, user(242, "a@example.com", "manager"))


@case("POST: addresses that are refused, word by word")
def _():
    invalid, long = "Enter a valid email address.", "Ensure this field has no more than 75 characters."
    with Sentry() as s:
        for body in ({}, {"userName": None}, ""):
            ask(s, "POST", "Users", body).expect(400, field("email", "This field may not be null."))
        for name in ("", "  \t"):
            create(s, name).expect(400, field("email", "This field may not be blank."))
        for name in ("x", "a@b", "a b@example.com", "a@example..com", "@example.com", ".a@b.cd", 12,
                     "a@-b.com", "a@@b.com"):
            create(s, name).expect(400, shape_b({"email": [invalid, invalid]}))
        create(s, "a" * 64 + "@example.com").expect(400, field("email", long))
        create(s, "a" * 76).expect(400, shape_b({"email": [long, invalid, invalid]}))
        create(s, "a" * 63 + "@example.com").expect(201)
        create(s, "someone@QQ.com").expect(400, field("email", invalid))
        for name in ([], {}, True):
            create(s, name).expect(400, field("email", "Not a valid string."))
        for name in ("o'neil+x@sub.example.co", "u@localhost", "j\u00fcrgen@example.com"):
            create(s, name).expect(400 if "\u00fc" in name else 201)


@case("POST: joined members in any case, invites in the same case, requests, in both eras")
def _():
    seeds = ("--member", "joined@example.com:joined:also=second@example.com",
             "--member", "invited@example.com", "--member", "both@example.com",
             "--member", "x@example.com:joined:also=both@example.com",
             "--member", "asked@example.com:request", "--member", "wants@example.com:join-request",
             "--member", "left@example.com:inactive")
    for conflict in ("400", "409"):
        with Sentry(*seeds, "--invite-conflict", conflict) as s:
            for name in ("joined@example.com", "Joined@Example.com", "SECOND@example.com"):
                create(s, name).expect(409, EXISTS)
            for name in ("invited@example.com", "both@example.com"):
                create(s, name).expect(int(conflict), EXISTS if conflict == "409" else field(
                    "email", "The user %s has already been invited" % name))
            create(s, "Invited@example.com").expect(201)
            create(s, "asked@example.com").expect(201, user(246, "asked@example.com"))
            create(s, "wants@example.com", sentryOrgRole="manager").expect(500)
            assert "asked@example.com" not in names(listed(s)), "a request is listed"
            assert not s.members()["asked@example.com"]["idp_provisioned"]
            create(s, "left@example.com").expect(201)


@case("JSON that is none is described as the framework does; other payloads by era")
def _():
    bad = ["{", "[1,]", '{"a":1,}', '{"a" 1}', '{"a":}', "{a:1}", '{"a":1 "b":2}', '{"a":1} x', "nul",
           '["\\x"]', '["a\n"]', '["abc', '{"\u00e9":1,\n "b":tru}', '["\\u12"]', "[1 2]", "{} {}",
           '{"a":[1,{"b":[}]}', "'a'", '{"a":1', "]"]
    with Sentry() as s:
        for text in bad:
            try:
                json.loads(text)
                raise AssertionError("%r is JSON" % text)
            except json.JSONDecodeError as problem:
                expected = {"detail": "JSON parse error - %s" % problem}
            a = ask(s, "POST", "Users", text).expect(400)
            assert a.json() == expected, (text, a.json(), expected)
        ask(s, "POST", "Users", "[]").expect(400, shape_a(400, "Invalid SCIM payload."))
    with Sentry("--era", "2026-06") as s:
        ask(s, "POST", "Users", "[]").expect(500)


@case("no route: three answers, none of which wants to know who is asking")
def _():
    hint = "Route not found, did you forget a trailing slash?"
    with Sentry() as s:
        for path in ("Users/", "Users/242/", "Bulk/", ""):
            a = ask(s, "GET", path, token=None).expect(404, "")
            assert a.type is None, a
        for path in ("Users/me", "Bulk", ".search", "/api/0/organizations/acme/scim/v2", "Groups/x"):
            full = path if path.startswith("/") else BASE + path
            a = ask(s, "POST", path, "{}", token=None,
                    headers={"Content-Type": "application/json; x"})
            a.expect(404, '{"info":"%s try: %s/"}' % (hint, full))
            a = ask(s, "GET", path, token=None)
            a.expect(404, "%s\n\ntry: %s/\n%s^" % (hint, full, " " * (len(full) + 5)))
            assert a.type == "text/plain", a


@case("401: every kind of token that is none, in both eras")
def _():
    tokens = ("--token", TOKEN, "--token", "sntryu_old:expired", "--token", "sntryu_gone:inactive",
              "--token", "sntrya_gone:app-inactive", "--token", "sntrya_odd:broken")
    for era, challenge in (("latest", 'Bearer realm="api"'), ("2025", 'xBasic realm="api"')):
        with Sentry(*tokens, "--era", era, token=None) as s:
            for value, text in (
                    (None, "Authentication credentials were not provided."),
                    ("Digest x", "Authentication credentials were not provided."),
                    ("Bearer", "Invalid token header. No credentials provided."),
                    ("Bearer a b", "Invalid token header. Token string should not contain spaces."),
                    ("Bearer sntryi_unknown", "Invalid token"),
                    ("Bearer sntrys_unknown", "Invalid org token"),
                    ("Bearer sntryu_old", "Token expired"),
                    ("bearer sntryu_gone", "User inactive or deleted"),
                    ("Bearer sntrya_gone", "UserApplication inactive or deleted"),
                    ("Bearer sntrya_odd", "Cannot resolve organization from token."),
                    ("Basic a2V5Og==", "API key is not valid")):
                a = ask(s, "GET", "Users", token=None,
                        headers={"Authorization": value} if value else None)
                a.expect(401, '{"detail":"%s"}' % text)
                assert a.headers["WWW-Authenticate"] == challenge, a
            ask(s, "GET", "Users", token=None, headers={"Authorization": "BEARER " + TOKEN}).expect(200)


@case("403: scopes and their hierarchy, other organizations, SCIM switched off")
def _():
    tokens = ("--org", "other", "--token", "r:member:read", "--token", "w:member:write:org=acme",
              "--token", "t:team:admin+member:read:org=acme", "--token", "sntrys_x:member:admin",
              "--token", "sntryi_o:member:admin:org=other", "--token", "sntrya_o:org=other",
              "--scim-off", "--token", "sntryi_off:org=other")
    with Sentry(*tokens, "--member", "a@example.com:org=acme") as s:
        def refused(method, path, token, scopes):
            a = ask(s, method, path, {} if method != "GET" else None, token=token)
            a.expect(403, FORBIDDEN)
            shown = scopes and 'Bearer error="insufficient_scope", scope="%s"' % scopes
            assert a.headers["WWW-Authenticate"] == shown, "%s: %s" % (shown, a)
        refused("POST", "Users", "t", "member:admin member:write")
        refused("GET", "Groups", "w", "team:admin team:read team:write")
        refused("DELETE", "Users/242", "w", "member:admin")
        refused("GET", "Users", "sntrys_x", "member:admin member:read member:write")
        refused("PUT", "Groups/1", "t", None)
        refused("PUT", "Groups", TOKEN, None)
        refused("GET", "Users", "sntryi_o", None)
        refused("GET", "/api/0/organizations/other/scim/v2/Users", "sntryi_off", None)
        # The scope comes before the organization, which therefore stays unknown.
        refused("GET", "/api/0/organizations/none/scim/v2/Groups", "w",
                "team:admin team:read team:write")
        a = ask(s, "GET", "Users", token="sntrya_o")
        a.expect(401, '{"detail":"Unauthorized organization access."}')
        # What PATCH may, DELETE may not.
        body = patch({"op": "replace", "path": "active", "value": False})
        ask(s, "PATCH", "Users/242", body, token="w").expect(204, "")
        a = ask(s, "HEAD", "Users").expect(403, "")
        ask(s, "OPTIONS", "Users", token=None).expect(200, "")
    with Sentry("--insufficient-scope", "off", token_rights=":none") as s:
        a = ask(s, "GET", "Users").expect(403, FORBIDDEN)
        assert a.headers["WWW-Authenticate"] is None, a


@case("405 comes after the scopes, and unknown organizations have three answers")
def _():
    with Sentry() as s:
        for method, path in (("PUT", "Users"), ("DELETE", "Users"), ("POST", "Users/1"),
                             ("PATCH", "Groups"), ("POST", "Groups/1")):
            a = ask(s, method, path, {})
            a.expect(405, '{"detail":"Method \\"%s\\" not allowed."}' % method)
            assert "GET" in a.headers["Allow"], a
        other = "/api/0/organizations/nobody/scim/v2/"
        plain = '{"detail":"The requested resource does not exist"}'
        ask(s, "GET", other + "Users").expect(404, plain)
        ask(s, "GET", other + "Groups/1").expect(404, plain)
        ask(s, "GET", other + "Users/1").expect(404, GONE)
        ask(s, "GET", "/api/0/organizations/1/scim/v2/Users").expect(200)
    with Sentry("--proxy-mode") as s:
        ask(s, "GET", other + "Users", token=None).expect(404, "")
        a = ask(s, "GET", "Users").expect(200)
        assert a.headers["Transfer-Encoding"] == "chunked", a
        assert a.headers["X-Sentry-Proxy-URL"], a


@case("GET: order, pages, the count that means a hundred, and what is wrong with numbers")
def _():
    with Sentry("--members", "240", "--member", "z@example.com", "--member", "b@example.com") as s:
        first = listed(s).json()
        assert (first["totalResults"], first["startIndex"], first["itemsPerPage"]) == (242, 1, 100)
        seen, start = [], 1
        while True:
            page = names(listed(s, startIndex=start, count=90))
            if not page:
                break
            seen += page
            start += len(page)
        assert seen[:3] == ["b@example.com", "z@example.com", "member00001@example.com"], seen[:3]
        assert len(seen) == 242 and len(set(seen)) == 242, len(seen)
        assert len(names(listed(s, count=0))) == 100
        assert len(names(listed(s, count=5, per_page=7))) == 7
        past = listed(s, startIndex=1000).json()
        assert past["itemsPerPage"] == 0 and past["Resources"] == [], past
        number, least = "A valid integer is required.", "Ensure this value is greater than or equal to %d."
        for query, expected in (
                ("startIndex=0", {"startIndex": [least % 1]}), ("count=-1", {"count": [least % 0]}),
                ("startIndex=abc", {"startIndex": [number]}), ("count=1.5", {"count": [number]}),
                ("startIndex=x&count=y", {"startIndex": [number], "count": [number]})):
            ask(s, "GET", "Users?" + query).expect(400, json.dumps(expected, separators=(",", ":")))
        invalid = '{"schemas":["%s"],"status":"400","scimType":"invalidFilter"}' % ERROR
        ask(s, "GET", "Users?filter=x&startIndex=x").expect(400, invalid)


@case("filters: what is understood, what is not, and the traps")
def _():
    seeds = ("--member", "a+b@example.com", "--member", "Mixed@Example.com",
             "--member", "prime@example.com:joined:also=other@example.com")
    with Sentry(*seeds) as s:
        everybody = names(listed(s))
        for text, found in (
                ('userName eq "mixed@example.com"', ["Mixed@Example.com"]),
                ("userName eq 'MIXED@example.com'", ["Mixed@Example.com"]),
                ('userName eq "a+b@example.com"', ["a+b@example.com"]),
                ('displayName eq "OTHER@example.com"', ["prime@example.com"]),
                ('userName eq "nobody@example.com"', []), ("userName eq mixed@example.com", []),
                ('value eq "242"', []), ('userName eq ""', everybody)):
            assert names(listed(s, filter=text)) == found, text
        assert names(ask(s, "GET", 'Users?filter=userName%20eq%20%22a+b@example.com%22')) == []
        for text in ('userName EQ "x"', 'userName ne "x"', 'username eq "x"', 'id eq "1"', "",
                     'userName eq "x" and userName eq "y"', 'userName eq "a,b"', "userName", " eq ",
                     'userName eq "a eq b"', "(userName eq x)", "userName pr"):
            listed(s, filter=text).expect(
                400, '{"schemas":["%s"],"status":"400","scimType":"invalidFilter"}' % ERROR)
        listed(s, filter='value eq "x"').expect(500)
    with Sentry("--error-status", "off") as s:
        listed(s, filter="x").expect(400, '{"schemas":["%s"],"scimType":"invalidFilter"}' % ERROR)
        ask(s, "GET", "Users/1").expect(404, GONE.replace('"status":"404",', ""))
    with Sentry("--error-status", "off", "--member", "a@example.com:joined") as s:
        create(s, "a@example.com").expect(
            409, EXISTS.replace('"status":"409",', "").replace(',"scimType":"uniqueness"', ""))


@case("one member: GET, DELETE twice, the golden 404, the last owner, partnership, Entra")
def _():
    with Sentry("--member", "o@example.com:owner", "--member", "p@example.com:joined:partnership",
                "--member", "q@example.com:request", "--member", "r@example.com") as s:
        ask(s, "GET", "Users/244").expect(200, user(244, "q@example.com"))
        ask(s, "DELETE", "Users/245").expect(204, "")
        a = ask(s, "DELETE", "Users/245").expect(404, GONE)
        assert a.type == "application/json" and a.headers["Allow"] == (
            "GET, DELETE, PUT, PATCH, HEAD, OPTIONS"), a
        ask(s, "GET", "Users/99999999999999999999999").expect(404, GONE)
        off = patch({"op": "replace", "value": {"active": False}})
        only = '{"detail":"You cannot remove the only remaining owner of the organization."}'
        ask(s, "DELETE", "Users/242").expect(403, only)
        ask(s, "PATCH", "Users/242", off).expect(403, only)
        for method, body in (("DELETE", None), ("PATCH", off), ("PUT", {"sentryOrgRole": "member"})):
            assert "active partnership" in ask(s, method, "Users/243", body).expect(403).text
        create(s, "r@example.com").expect(201, user(246, "r@example.com"))
    with Sentry("--provider", "active-directory", "--member", "a@example.com") as s:
        ask(s, "GET", "Users/242").expect(200, user(242, "a@example.com", active=False))


@case("PATCH of a member: every row of the table")
def _():
    urn = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
    ok = {"op": "replace", "value": {"active": False}}
    inner = "Operations"
    with Sentry("--members", "9") as s:
        for body, answer in (
                ({}, field(inner, "This field is required.")),
                (patch(*[ok] * 101), field(inner, "Ensure this field has no more than 100 elements.")),
                (patch({"op": "ADD", "value": True}), shape_b(
                    {inner: {"op": ['"add" is not a valid choice']}})),
                (patch({"op": "replace"}), shape_b({inner: {"value": ["This field is required."]}})),
                (patch({"op": "replace", "value": None}), shape_b(
                    {inner: {"value": ["This field may not be null."]}})),
                (patch({"op": "replace", "value": "no"}), shape_b(
                    {inner: {"value": ["value must be a boolean or object"]}})),
                (patch({"op": "x", "value": 1}), shape_b({inner: {
                    "op": ['"x" is not a valid choice'],
                    "value": ["value must be a boolean or object"]}})),
                (patch(ok, {"op": "x", "value": True}), shape_b(
                    {inner: {"op": ['"x" is not a valid choice']}})),
                (patch({"op": "replace", "value": {"active": True}}),
                 shape_a(400, "Invalid Patch Operation.")),
                (patch({"op": "replace", "path": "Active", "value": False}),
                 shape_a(400, "Invalid Patch Operation.")),
                (patch({"op": "replace", "path": "active", "value": True}, ok),
                 shape_a(400, "Invalid Patch Operation."))):
            ask(s, "PATCH", "Users/242", body).expect(400, answer)
        ask(s, "PATCH", "Users/242", patch()).expect(200, user(242, "member00001@example.com"))
        for number, operation in enumerate((
                ok, {"op": "Replace", "path": "active", "value": "False"},
                {"op": "REPLACE", "path": "active", "value": False},
                {"op": "replace", "path": "name", "value": {"active": "fALSE"}})):
            path = "Users/%d" % (242 + number)
            ask(s, "PATCH", path, patch(operation, schemas=[urn])).expect(204, "")
            ask(s, "GET", path).expect(404, GONE)


@case("PUT of a member: every row of the table, the trap included")
def _():
    with Sentry("--member", "o@example.com:owner:restricted", "--member", "m@example.com:role=manager",
                "--member", "r@example.com:role=manager:restricted") as s:
        def put(number, body, role):
            a = ask(s, "PUT", "Users/%d" % number, body).expect(200)
            assert a.json()["sentryOrgRole"] == role, a
        def restricted(name):
            return s.members()[name]["idp_role_restricted"]
        put(242, {"sentryOrgRole": "member"}, "owner")
        assert not restricted("o@example.com")
        put(243, {"userName": "new@example.com", "active": False}, "manager")
        put(243, {"sentryOrgRole": " "}, "manager")
        put(243, {"sentryOrgRole": "MANAGER"}, "manager")
        assert restricted("m@example.com")
        put(243, {"sentryOrgRole": "Admin"}, "admin")
        put(243, {}, "member")
        assert not restricted("m@example.com")
        put(244, {"sentryOrgRole": None}, "member")
        for role in ("owner", "emperor"):
            ask(s, "PUT", "Users/243", {"sentryOrgRole": role}).expect(
                400, shape_a(400, "Invalid organization role."))


def group(number, name, members=()):
    return '{"schemas":["%s"],"id":"%s","displayName":"%s","meta":{"resourceType":"Group"},"members":[%s]}' % (
        GROUP, number, name, ",".join('{"value":"%d","display":"%s"}' % m for m in members))


@case("Groups: creation, slugs, lists, deletion")
def _():
    exists = "A team with this slug already exists."
    slug = ("Enter a valid slug consisting of lowercase letters, numbers, underscores or hyphens. "
            "It cannot be entirely numeric.")
    def make(name):
        return ask(s, "POST", "Groups", {"displayName": name, "members": [{"value": "242"}]})
    with Sentry("--member", "a@example.com", "--team", "Zoo:a@example.com") as s:
        make("Data  Eng").expect(201, group(23233, "Data  Eng"))
        make("data-eng").expect(409, '{"non_field_errors":["%s"],"detail":"%s"}' % (exists, exists))
        make("123").expect(400, '{"slug":["%s"]}' % slug)
        for name in ("", "!?", "\u4f60\u597d"):
            make(name).expect(400, '{"slug":["This field may not be blank."]}')
        make("x" * 65).expect(400, '{"name":["Ensure this field has no more than 64 characters."],'
                                   '"slug":["Ensure this field has no more than 50 characters."]}')
        make("nul\0").expect(400, '{"name":["Null characters are not allowed."]}')
        make("\u00c9quipe \u0141\u00f3d\u017a").expect(201)
        slugs = [t["slug"] for t in json.load(open(s.state_file))["teams"]]
        assert slugs == ["zoo", "data-eng", "equipe-odz"], slugs
        shown = ask(s, "GET", "Groups").json()["Resources"]
        assert [g["id"] for g in shown] == ["23233", "23234", "23232"], shown
        a = ask(s, "GET", "Groups?filter=" + urllib.parse.quote('displayName eq "ZOO"'))
        assert a.json()["Resources"] == [json.loads(group(23232, "Zoo", [(242, "a@example.com")]))], a
        for query, there in (("excludedAttributes=members", False),
                             ("excludedAttributes=x&excludedAttributes=members", False),
                             ("excludedAttributes=members,x", True)):
            for path in ("Groups?", "Groups/23232?"):
                assert ('"members"' in ask(s, "GET", path + query).expect(200).text) == there, query
        ask(s, "GET", "Groups/23232?count=x").expect(400)
        ask(s, "GET", "Groups/1").expect(404, shape_a(404, "Group not found."))
        ask(s, "DELETE", "Groups/23233").expect(204, "")
        make("data eng").expect(201)
        ask(s, "POST", "Groups", {}).expect(400, shape_a(400, "Invalid SCIM payload."))
    with Sentry("--era", "2025") as s:
        ask(s, "POST", "Groups", {}).expect(500)


@case("PATCH of a team: every row of the table")
def _():
    with Sentry("--members", "4", "--team", "One:member00001@example.com", "--team", "Two") as s:
        def send(*operations, status=204, text=""):
            return ask(s, "PATCH", "Groups/23232", patch(*operations, schemas=[])).expect(status, text)
        def members():
            return [m["value"] for m in ask(s, "GET", "Groups/23232").json()["members"]]
        def refs(*ids):
            return [{"value": i} for i in ids]
        for body, missing in ((patch(), "schemas"), ({"schemas": []}, "Operations")):
            ask(s, "PATCH", "Groups/23232", body).expect(
                400, field(missing, "This field is required."))
        send({"op": "x"}, status=400, text=shape_b({"Operations": {"op": ['"x" is not a valid choice']}}))
        send(*[{"op": "add", "path": "z"}] * 101, status=400,
             text=shape_a(400, "Too many patch ops sent, limit is 100."))
        send({"op": "Add", "path": "members", "value": refs("242", "243", "244")})
        assert members() == ["242", "243", "244"], members()
        send({"op": "remove", "path": 'members[value eq "243"]'})
        send({"op": "remove", "path": 'members[value eq "245"]'})
        send({"op": "add", "path": "members", "value": refs("243", "245")})
        send({"op": "remove", "path": "members", "value": refs("243", "245")})
        assert members() == ["242", "244", "245"], members()
        send({"op": "replace", "path": "members", "value": refs("245", "999")}, status=404,
             text=shape_a(404, "User not found."))
        send({"op": "remove", "path": 'members[value eq "242"]'},
             {"op": "remove", "path": 'members[value eq "999"]'}, status=404,
             text=shape_a(404, "User not found."))
        assert members() == ["242", "244", "245"], "the request was not taken back: %s" % members()
        send({"op": "replace", "path": "members", "value": refs("245", "242")})
        assert members() == ["245", "242"], members()
        send({"op": "replace", "path": "members", "value": []})
        assert members() == []
        send({"op": "replace", "value": {"id": "23232", "displayName": "New Name"}})
        send({"op": "replace", "path": "displayName", "value": "Newer"})
        team = json.load(open(s.state_file))["teams"][0]
        assert (team["displayName"], team["slug"], team["idp_provisioned"]) == ("Newer", "newer", True)
        send({"op": "add", "path": "members", "value": refs("242")}, {"op": "replace", "path": "x"},
             status=400,
             text=shape_a(400, "Invalid Replace attr. Only displayName and members supported."))
        assert members() == ["242"], "an operation before the refused one was taken back"
        send({"op": "add", "path": "x"}, {"op": "remove", "path": "y"})
        send({"op": "remove", "path": 'members[value ne "1"]'}, status=400,
             text='{"schemas":["%s"],"status":"400","scimType":"invalidFilter"}' % ERROR)
        send({"op": "replace", "path": "displayName", "value": "two"}, status=400,
             text='{"slug":["The slug \\"two\\" is already in use."]}')
        a = ask(s, "PATCH", "Groups/23232",
                patch({"op": "replace", "path": "displayName", "value": "77"}, schemas=[])).expect(400)
        assert "Enter a valid slug" in a.text, a
        for operation in ({"op": "add", "value": refs("242")}, {"op": "remove"},
                          {"op": "add", "path": "members", "value": "242"},
                          {"op": "add", "path": "members", "value": refs("x")}):
            ask(s, "PATCH", "Groups/23232", patch(operation, schemas=[])).expect(500)
        ask(s, "DELETE", "Users/242").expect(204)
        assert members() == [], "a member who is gone is still in the team"


@case("discovery in both eras")
def _():
    with Sentry() as s:
        config = ask(s, "GET", "ServiceProviderConfig").expect(200).json()
        assert config["meta"]["location"] == s.url + BASE + "ServiceProviderConfig", config
        assert config["filter"] == {"supported": True, "maxResults": 100}, config
        assert config["authenticationSchemes"][0]["type"] == "oauthbearertoken", config
        types = ask(s, "GET", "ResourceTypes?startIndex=x").expect(200).json()
        assert [t["endpoint"] for t in types["Resources"]] == ["/Users", "/Groups"], types
        assert ask(s, "GET", "ResourceTypes/User").json() == types["Resources"][0]
        ask(s, "GET", "ResourceTypes/user").expect(404, shape_a(404, "Resource type not found."))
        ask(s, "GET", "Schemas/x").expect(404, shape_a(404, "Schema not found."))
        schema = ask(s, "GET", "Schemas/" + USER).expect(200).json()
        assert schema == ask(s, "GET", "Schemas").json()["Resources"][0]
        by_name = {a["name"]: a for a in schema["attributes"]}
        assert by_name["userName"]["mutability"] == "immutable" and by_name["userName"]["required"]
        assert by_name["emails"]["mutability"] == "readOnly", by_name
        for path in ("Schemas", "ResourceTypes", "ServiceProviderConfig"):
            ask(s, "GET", path + "?filter=x").expect(
                403, shape_a(403, "Filtering is not supported on this endpoint."))
            ask(s, "POST", path, {}).expect(405, shape_a(405, 'Method "POST" not allowed.'))
    with Sentry("--discovery", "off") as s:
        for path in ("ServiceProviderConfig", "ResourceTypes", "Schemas/" + USER):
            assert "Route not found" in ask(s, "GET", path).expect(404).text
        old = ask(s, "GET", "Schemas?count=1").expect(200).json()
        assert (old["totalResults"], old["itemsPerPage"]) == (2, 1), old
        assert "schemas" not in old["Resources"][0], old
        assert {a["name"]: a for a in old["Resources"][0]["attributes"]}["userName"]["mutability"] == "read"
        ask(s, "GET", "Schemas?startIndex=0").expect(400)
        ask(s, "POST", "Schemas", {}).expect(403, FORBIDDEN)


@case("beside SCIM: one member in full, and the organization")
def _():
    with Sentry("--member", "a@example.com:expired", "--member", "o@example.com:owner",
                "--team", "Data:o@example.com", "--role", "auditor", "--token", "x:org:read") as s:
        at = "/api/0/organizations/acme/members/%s/"
        m = ask(s, "GET", at % "242").expect(200).json()
        assert m["id"] == "242" and m["pending"] and m["expired"] and m["orgRole"] == "member", m
        assert m["inviteStatus"] == "approved" and not m["flags"]["sso:linked"], m
        roles = {r["id"]: r for r in m["orgRoleList"]}
        assert roles["admin"]["isRetired"] and not roles["owner"]["isAllowed"], roles
        assert roles["auditor"]["isAllowed"], roles
        o = ask(s, "GET", at % "243").json()
        assert o["isOnlyOwner"] and o["teams"] == ["data"] and not o["pending"], o
        ask(s, "GET", at % "9").expect(404, '{"detail":"The requested resource does not exist"}')
        assert "Route not found" in ask(s, "GET", (at % "242")[:-1]).expect(404).text
        ask(s, "GET", "/api/0/organizations/acme/").expect(403)
        assert ask(s, "GET", "/api/0/organizations/acme/", token="x").json()["links"]["regionUrl"] == s.url


@case("rate limit: a window of one second, its fields, and recovery")
def _():
    with Sentry("--rate-limit", "3,25") as s:
        at = int(time.time())
        while int(time.time()) == at:
            pass  # the next window has just begun
        answers = [ask(s, "GET", "Users") for _ in range(5)]
        if int(time.time()) != at + 1:
            return  # the machine was too slow to hit one window
        assert [a.status for a in answers] == [200, 200, 200, 429, 429], answers
        assert [a.headers["X-Sentry-Rate-Limit-Remaining"] for a in answers] == list("21000")
        a = answers[3]
        assert a.text == ('{"detail":"You are attempting to use this endpoint too frequently. Limit '
                          'is 3 requests in 1 seconds"}'), a
        assert a.type == "text/html; charset=utf-8" and a.headers["Retry-After"] is None, a
        assert a.headers["X-Sentry-Rate-Limit-Limit"] == "3", a
        reset = int(a.headers["X-Sentry-Rate-Limit-Reset"])
        assert reset == int(email.utils.parsedate_to_datetime(a.headers["Date"]).timestamp()) + 1, a
        create(s, "a@example.com").expect(201)  # counted per method
        while time.time() < reset:
            time.sleep(0.02)
        ask(s, "GET", "Users").expect(200)
    with Sentry("--rate-limit", "1", "--self-hosted") as s:
        a = [ask(s, "GET", "Users") for _ in range(3)][2].expect(200)
        assert a.headers["X-Sentry-Rate-Limit-Limit"] is None, a


@case("concurrency: twenty-five slow answers overlap, the twenty-sixth is refused at once")
def _():
    with Sentry("--rate-limit", "999", "--latency", "1500") as s:
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(26) as pool:
            answers = list(pool.map(lambda _: ask(s, "GET", "Users"), range(26)))
        took = time.monotonic() - begun
        assert sorted(a.status for a in answers) == [200] * 25 + [429], answers
        assert took < 10, took
        a = [a for a in answers if a.status == 429][0]
        assert a.text == ('{"detail":"You are attempting to go above the allowed concurrency for this '
                          'endpoint. Concurrency limit is 25"}'), a
        assert a.headers["X-Sentry-Rate-Limit-ConcurrentLimit"] == "25", a
        a = ask(s, "GET", "Users").expect(200)
        assert a.headers["X-Sentry-Rate-Limit-ConcurrentRemaining"] == "24", a


@case("faults: whose answer goes out, and whether the work was done")
def _():
    cases = (
        ("500", 500, "application/json", False), ("commit-then-500", 500, "application/json", True),
        ("500-html", 500, "text/html", False), ("502", 502, "text/html", False),
        ("commit-503", 503, "text/html", True), ("504", 504, "text/html", False),
        ("status:418", 418, None, False), ("html200", 200, "text/html; charset=utf-8", False),
        ("redirect:307:https://other.example/a?b=c", 307, "text/html", False),
        ("apigateway", 503, "application/json", False), ("maintenance", 503, "text/plain", False),
        ("429", 429, "text/html; charset=utf-8", False), ("429-bare", 429, "text/html; charset=utf-8", False))
    for fault, status, kind, done in cases:
        with Sentry("--fault", "POST Users#1=" + fault) as s:
            a = create(s, "a@example.com").expect(status)
            assert a.type == kind, (fault, a)
            assert ("a@example.com" in s.members()) == done, fault
            assert s.log_entries()[0]["done"] == (201 if done else None), fault
            if status == 307:
                assert a.headers["Location"] == "https://other.example/a?b=c", a
            if fault == "429":
                assert a.headers["X-Sentry-Rate-Limit-Remaining"] == "0", a
            if fault == "429-bare":
                assert a.text.startswith('"You') and not a.headers["X-Sentry-Rate-Limit-Reset"], a
            create(s, "b@example.com").expect(201)
    page = harness.write('{"detail":"mine"}')
    with Sentry("--fault", "* *=status:404:" + page) as s:
        a = ask(s, "DELETE", "anything").expect(404, '{"detail":"mine"}')
        assert a.type == "application/json", a


@case("faults: connections that end before, after or inside an answer")
def _():
    post = request_bytes("POST", body=b'{"userName":"a@example.com"}')
    for fault, ends, done in (("drop-before", b"", False), ("drop-after", b"", True),
                              ("reset-before", b"<reset>", False), ("reset-after", b"<reset>", True),
                              ("cut:20", b"HTTP/1.1 201 Created", True), ("cut:0", b"", True),
                              ("cut-reset:8", b"HTTP/1.1<reset>", True)):
        with Sentry("--fault", "POST Users=" + fault) as s:
            got = exchange(s.port, post)
            if fault.startswith("cut-reset"):
                assert got.endswith(b"<reset>") and ends.startswith(got[:-7]), (fault, got)
            else:
                assert got == ends, (fault, got)
            assert ("a@example.com" in s.members()) == done, fault


@case("faults: silence, slowness, and a change that comes late")
def _():
    with Sentry("--fault", "GET Users#1=stall", "--fault", "GET Users#2=stall-after:30",
                "--fault", "GET Users#3=slow:4000", "--fault", "GET Users#4=delay:300",
                "--fault", "POST Users=late-commit:800") as s:
        for expected in (0, 30):
            with socket.create_connection(("127.0.0.1", s.port), 10) as c:
                c.sendall(request_bytes())
                c.settimeout(0.4)
                got = b""
                try:
                    while True:
                        more = c.recv(1000)
                        assert more, "the connection ended"
                        got += more
                except socket.timeout:
                    assert len(got) == expected, got
        for least in (0.15, 0.3):
            begun = time.monotonic()
            ask(s, "GET", "Users").expect(200)
            assert time.monotonic() - begun > least, least
        assert exchange(s.port, request_bytes("POST", body=b'{"userName":"a@example.com"}')) == b""
        assert "a@example.com" not in s.members()
        deadline = time.monotonic() + 10
        while "a@example.com" not in s.members():
            assert time.monotonic() < deadline, "the change never came"
            time.sleep(0.02)


@case("faults: framing right and wrong, interim answers, bytes that do not belong")
def _():
    def raw(fault, **more):
        with Sentry("--fault", "GET Users=" + fault) as s:
            return exchange(s.port, request_bytes(**more), end=True)
    body = b'"itemsPerPage":0,"Resources":[]}'
    got = raw("no-length")
    assert b"Content-Length" not in got and b"chunked" not in got and got.endswith(body), got
    got = raw("chunked")
    assert b"Transfer-Encoding: chunked\r\n" in got and got.endswith(b"\r\n0\r\n\r\n"), got
    got = raw("chunked-trailers")
    assert b'1 ; piece="a;b"\r\n{\r\n' in got and b"\r\n0\r\nX-Checksum: " in got, got
    assert got.endswith(b"dur=12\r\n\r\n"), got
    plain = raw("close")
    length = int(plain.split(b"Content-Length: ")[1].split(b"\r")[0])
    assert len(plain.split(b"\r\n\r\n", 1)[1]) == length, plain
    assert b"Content-Length: %d\r\n" % (length + 5) in raw("wrong-length:+5")
    assert b"Content-Length: %d\r\n" % (length - 5) in raw("wrong-length:-5")
    got = raw("interim")
    assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 "), got
    assert got.count(b"HTTP/1.1 ") == 3, got
    assert len(raw("huge-body:100000")) > 100000
    assert raw("extra-bytes").count(b"HTTP/1.1 200 OK") == 2
    assert raw("garbage").startswith(b"SSH-2.0")
    assert raw("raw:" + harness.write("hello")) == b"hello"
    got = raw("no-date,header:'X-A: 1, 2',retry-after:7")
    assert b"Date:" not in got and b"\r\nX-A: 1, 2\r\n" in got and b"\r\nRetry-After: 7\r\n" in got, got
    got = raw("503,retry-after:date+60")
    when = got.split(b"Retry-After: ")[1].split(b"\r")[0].decode()
    assert 55 < email.utils.parsedate_to_datetime(when).timestamp() - time.time() < 65, when
    assert b"\r\nConnection: close\r\n" in raw("close", close=False)


@case("faults: which requests they are about")
def _():
    def statuses(rule, n=6, path="Users"):
        with Sentry("--fault", rule) as s:
            return [ask(s, "GET", path).status for _ in range(n)]
    assert statuses("GET Users#2=503") == [200, 503, 200, 200, 200, 200]
    assert statuses("GET Users#2-3=503") == [200, 503, 503, 200, 200, 200]
    assert statuses("GET Users#5+=503") == [200] * 4 + [503] * 2
    assert statuses("GET Users#%3=503") == [200, 200, 503, 200, 200, 503]
    assert statuses("* Users=503", 2) == [503] * 2
    assert statuses("POST Users=503", 2) == [200] * 2
    assert statuses("GET Groups=503", 1) == [200]
    assert statuses("GET Users?filter#1=503", 1, "Users?filter=x") == [503]
    assert statuses("GET /api/0/organizations/acme/scim/v2/Us=503", 1) == [503]
    for rule in ("GET Users", "GET=500", "GET Users=", "GET Users=nonsense", "GET Users#x=500",
                 "GET Users=cut:x", "GET Users=commit-stall", "GET Users=500,"):
        done = subprocess.run([harness.LOCAL_SENTRY, "--fault", rule], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=10, check=False)
        assert done.returncode == 2 and b"--fault" in done.stderr, (rule, done)


@case("a list that lags behind does not show what was just created, and does later")
def _():
    with Sentry("--fault", "GET Users=stale:1000") as s:
        create(s, "a@example.com").expect(201)
        begun = time.monotonic()
        assert names(listed(s)) == []
        ask(s, "GET", "Users/242").expect(200)
        while names(listed(s)) == []:
            assert time.monotonic() - begun < 10
            time.sleep(0.02)
        assert time.monotonic() - begun > 0.8


@case("requests: kept alive, pipelined, chunked, with Expect; a client that frames wrongly is told")
def _():
    with Sentry() as s:
        c = connect(s)
        for n in range(3):
            ask(s, "POST", "Users", {"userName": "u%d@example.com" % n}, connection=c).expect(201)
        c.close()
        assert {r["connection"] for r in s.log_entries()} == {s.log_entries()[0]["connection"]}
        c = connect(s)
        c.request("POST", BASE + "Users", iter([b'{"userName":', b'"k@example.com"}']),
                  {"Authorization": "Bearer " + TOKEN, "Transfer-Encoding": "chunked"},
                  encode_chunked=True)
        Answer(c.getresponse()).expect(201)
        c.close()
        got = exchange(s.port, request_bytes(close=False) * 2 + request_bytes())
        assert got.count(b"HTTP/1.1 200 OK\r\n") == 3, got
        got = exchange(s.port, request_bytes("POST", body=b'{"userName":"e@example.com"}',
                                             more=b"Expect: 100-continue\r\n"))
        assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 "), got
        got = exchange(s.port, request_bytes(path="http://x" + BASE + "Users"))
        assert got.startswith(b"HTTP/1.1 200 "), got
        one = request_bytes(more=b"X-A:1\r\n")
        with socket.create_connection(("127.0.0.1", s.port), 10) as split:
            for i in range(len(one)):
                split.sendall(one[i:i + 1])
            assert split.recv(100).startswith(b"HTTP/1.1 200 ")
        head = b"GET / HTTP/1.1\r\nHost: x\r\n"
        for data, status in (
                (b"GET / HTTP/1.1\nHost: x\n\n", 400), (b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
                (b"GET / HTTP/1.1\r\n\r\n", 400), (head + b"Host: y\r\n\r\n", 400),
                (head + b"A : b\r\n\r\n", 400), (head + b"A: b\r\n c\r\n\r\n", 400),
                (head + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
                (head + b"Content-Length: +1\r\n\r\nx", 400),
                (head + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
                (head + b"Transfer-Encoding: gzip\r\n\r\n", 501),
                (head + b"Transfer-Encoding: chunked\r\n\r\nx\r\n", 400),
                (head + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400),
                (head + b"Content-Length: 99999999999\r\n\r\n", 413),
                (head + b"A: \x01\r\n\r\n", 400), (head + b"A: b\rc\r\n\r\n", 400),
                (head + b"A: b\r\n" * 200 + b"\r\n", 431), (head + b"A: " + b"b" * 40000, 431),
                (b"GET / HTTP/2.0\r\n\r\n", 505), (b"PRI * HTTP/2.0\r\n\r\n", 505),
                (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400)):
            got = exchange(s.port, data)
            assert got.startswith(b"HTTP/1.1 %d " % status), (data[:80], got[:80])
            assert b"\r\nConnection: close\r\n" in got, got
        ask(s, "GET", "Users", headers={"Origin": "https://evil.example"}).expect(
            400, '"Invalid origin: https://evil.example"')


@case("the log: one line a request, the token masked unless asked for; the state on request")
def _():
    with Sentry("--fault", "DELETE Users=drop-before") as s:
        create(s, "a@example.com").expect(201)
        exchange(s.port, request_bytes("DELETE", BASE + "Users/242"))
        first, second = s.log_entries()
        assert (first["n"], first["method"], first["path"], first["status"], first["fault"]) == (
            1, "POST", BASE + "Users", 201, None), first
        assert json.loads(first["body"]) == {"userName": "a@example.com"}, first
        assert (second["status"], second["fault"]) == (None, "drop-before"), second
        assert ["Authorization", "Bearer sntryi_***"] in first["headers"], first
        assert TOKEN not in open(s.log).read()
        os.unlink(s.state_file)
        shown = ask(s, "GET", "/_local/state", token=None).expect(200).json()
        assert shown["requests"] == 2 and shown == json.load(open(s.state_file)), shown
        assert len(s.log_entries()) == 2
    with Sentry("--log-token") as s:
        ask(s, "GET", "Users")
        assert ["Authorization", "Bearer " + TOKEN] in s.log_entries()[0]["headers"]
    with Sentry("--invite-mail", "on") as s:
        create(s, "a@example.com")
        create(s, "a@example.com")
        assert json.load(open(s.state_file))["mails"] == 1


@case("TLS: both versions, the limit, client certificates, and what a cut leaves out")
def _():
    ca = Authority()
    files = ca.issue()
    def tls(s, version=None, certificate=None):
        context = ssl.create_default_context(cafile=ca.file)
        context.set_alpn_protocols(["http/1.1"])
        if version:
            context.maximum_version = version
        if certificate:
            context.load_cert_chain(*certificate)
        plain = socket.create_connection(("127.0.0.1", s.port), 10)
        return context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False)
    def read_all(c):
        c.sendall(request_bytes())
        got = b""
        while True:
            more = c.recv(65536)
            if not more:
                return got
            got += more
    with Sentry("--members", "200", tls=files) as s:
        for version, name in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (None, "TLSv1.3")):
            with tls(s, version) as c:
                assert c.version() == name and c.selected_alpn_protocol() == "http/1.1", c.version()
                assert read_all(c).startswith(b"HTTP/1.1 200 ")
        assert exchange(s.port, request_bytes()).startswith(b"HTTP/1.1 400 ")
    with Sentry("--max-tls", "1.2", tls=files) as s:
        with tls(s) as c:
            assert c.version() == "TLSv1.2"
    with Sentry("--fault", "GET Users=cut:60", tls=files) as s:
        with tls(s) as c:
            try:
                read_all(c)
                raise AssertionError("the end was announced")
            except ssl.SSLEOFError:
                pass
    with Sentry("--client-ca", ca.file, tls=files) as s:
        with tls(s, certificate=ca.issue(usage="clientAuth")) as c:
            assert read_all(c).startswith(b"HTTP/1.1 200 ")
        try:
            with tls(s) as c:
                read_all(c)
            raise AssertionError("a client without a certificate was served")
        except (ssl.SSLError, ConnectionResetError):
            pass


@case("ends: on SIGTERM with 0, after the last request, idle connections; says where it listens")
def _():
    with Sentry("--idle-close", "200") as s:
        with socket.create_connection(("127.0.0.1", s.port), 10) as c:
            c.sendall(request_bytes(close=False))
            begun = time.monotonic()
            while c.recv(65536):
                pass
            assert 0.1 < time.monotonic() - begun < 5
        s.process.send_signal(signal.SIGTERM)
        assert s.process.wait(10) == 0
    with Sentry("--max-requests", "2", "--fault", "GET Users#2=drop-after") as s:
        ask(s, "GET", "Users").expect(200)
        exchange(s.port, request_bytes())
        assert s.process.wait(10) == 0
    where = harness.path("sock")
    process = subprocess.Popen([harness.LOCAL_SENTRY, "--listen", "unix:" + where],
                               stdout=subprocess.PIPE)
    assert process.stdout.readline().decode() == "listening on unix:%s\n" % where
    with socket.socket(socket.AF_UNIX) as c:
        c.connect(where)
        c.sendall(request_bytes())
        assert c.recv(20).startswith(b"HTTP/1.1 401 ")
    process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()
    for arguments, words in ((["--nonsense"], "no option"), (["--era", "2024"], "wanted"),
                             (["--token"], "--token wants"), (["--client-ca", "x"], "needs --tls"),
                             (["--team", "T:nobody@example.com"], "no member")):
        done = subprocess.run([harness.LOCAL_SENTRY, *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=10, check=False)
        assert done.returncode == 2 and words in done.stderr.decode(), (arguments, done)


harness.main()
