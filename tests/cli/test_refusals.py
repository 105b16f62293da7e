#!/usr/bin/env python3
"""What a refused `member create` says: the server's words, a hint that fits, the exit code."""
import json
import re

import harness
from harness import MEMBER, Scripted, Sentry, answer, case, read_request, run

URN = "urn:ietf:params:scim:api:messages:2.0:Error"
LISTING = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]}
NOBODY = json.dumps({**LISTING, "totalResults": 0, "startIndex": 1, "itemsPerPage": 0,
                     "Resources": []})
ORG_TOKEN = "sntrys_eyJpYXQiOjE3MDAwMDAwMDB9_" + "B" * 43
AGENT_TOKEN = "sntryag_" + "c4" * 32


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def scim(status, detail, **more):
    """A SCIM error as servers of June 2026 and later send it; STATUS None: as older ones do."""
    body = {"schemas": [URN]}
    if status:
        body["status"] = str(status)
    if detail is not None:
        body["detail"] = detail
    return compact({**body, **more})


def field(status, name, *texts):
    """A serializer's errors: a document inside a string."""
    return scim(status, compact({name: list(texts)}))


def detail(text):
    return compact({"detail": text})


def printable(body):
    """BODY as it must stand in a line of text."""
    return "".join(c if c.isprintable() or c == " " else
                   "".join("\\x%02x" % b for b in c.encode()) for c in body)


def refusing(*reply):
    """A handler that refuses each create, and lists nobody."""
    def handle(connection):
        while True:
            head, _ = read_request(connection)
            if not head:
                return
            connection.sendall(answer(200, NOBODY) if head.startswith(b"GET ") else answer(*reply))
    return handle


def create(s, *arguments, **options):
    # Where --scim-url names a Sentry's root, what is special to Sentry's answers does not apply.
    return run("--url", s.url, "--org", "acme", "--retries", "0", "member", "create", MEMBER,
               *arguments, **options)


def check(reply, code, hint, *arguments, **options):
    """The first line is the server's, the second is the hint; there is nothing else."""
    with Scripted(refusing(*reply)) as s:
        r = create(s, *arguments, **options).expect(code, out="")
    lines = [line for line in r.err.split("\n") if "looking whether" not in line
             and not line.startswith("sentry-scim: warning: ")]
    assert lines[0] == "sentry-scim: %d %s" % (reply[0], printable(reply[1])), (reply, r)
    assert len(lines) == 3 and lines[2] == "" and lines[1].startswith("hint: "), (reply, r)
    assert hint in lines[1], (reply, hint, r)


HTML = "<html>\r\n<head><title>%s</title></head>\r\n<body>\u00e9</body>\r\n</html>\r\n"
NO_PERMISSION = detail("You do not have permission to perform this action.")
MISSING = "The requested resource does not exist"
OTHERWISE = "its words say why"
INVITED = "The user ada@example.com has already been invited"

# (status, body, fields...), exit code, part of the hint
BAD_REQUESTS = [
    ((400, scim(400, "Invalid organization role.")), 1, "has no such role"),
    ((400, scim(None, "Invalid organization role.")), 1, "has no such role"),
    ((400, field(400, "email", "Enter a valid email address.", "Enter a valid email address.")), 1,
     "only an e-mail address"),
    ((400, field(None, "email", "Enter a valid email address.")), 1, "only an e-mail address"),
    ((400, field(400, "email", "Ensure this field has no more than 75 characters.")), 1,
     "at most 75 characters"),
    ((400, field(400, "email", "This field may not be null.")), 1, "missing or empty"),
    ((400, field(400, "email", "This field may not be blank.")), 1, "missing or empty"),
    ((400, detail("JSON parse error - Expecting value: line 1 column 1 (char 0)")), 1,
     "changes the request's body"),
    ((400, scim(400, None, scimType="invalidFilter")), 1, "does not understand that filter"),
    ((400, HTML % "400 The plain HTTP request was sent to HTTPS port"), 1, "https"),
    ((400, '"Invalid origin: \\"x\\""'), 1, OTHERWISE),
    ((400, scim(400, "Invalid SCIM payload.")), 1, OTHERWISE),
    ((400, compact({"startIndex": ["A valid integer is required."]})), 1, OTHERWISE),
    ((400, field(400, "email", "Not a valid string.")), 1, OTHERWISE),
    ((400, ""), 1, OTHERWISE),
]

EXISTING = [
    ((409, scim(409, "User already exists in the database.", scimType="uniqueness")), 5,
     "--if-exists ok"),
    ((409, scim(None, "User already exists in the database.")), 5, "--if-exists ok"),
    ((409, ""), 5, "--if-exists ok"),
    ((409, HTML % "409"), 5, "--if-exists ok"),
    ((400, field(400, "email", INVITED)), 5, "invitation to this address is pending"),
    ((400, field(None, "email", INVITED)), 5, "invitation to this address is pending"),
    ((400, scim(400, compact({"email": [INVITED], "role": ["x"]}))), 5, "pending"),
    ((400, detail(INVITED)), 5, "pending"),
    ((400, field(400, "email", "The user ada@example.com is already a member")), 5,
     "--if-exists ok"),
]

BEARER = 'WWW-Authenticate: Bearer realm="api"'
SCOPE = 'WWW-Authenticate: Bearer error="insufficient_scope", scope="member:admin member:write"'
NOT_AUTHORIZED = [
    ((401, detail("Invalid token"), BEARER), "may have been revoked"),
    ((401, detail("Invalid token"), 'WWW-Authenticate: xBasic realm="api"'), "revoked"),
    ((401, detail("Invalid org token"), BEARER), "revoked"),
    ((401, detail("User inactive or deleted"), BEARER), "revoked"),
    ((401, detail("Token expired"), BEARER), "does not expire"),
    ((401, detail("Authentication credentials were not provided."), BEARER),
     "may remove the Authorization header"),
    ((401, detail("Unauthorized organization access."), BEARER), "--org"),
    ((401, HTML % "Log in"), "proxy or gateway"),
    ((401, ""), "revoked"),
    ((403, NO_PERMISSION, SCOPE), "one of these would do: member:admin member:write"),
    ((403, NO_PERMISSION), "SCIM is not switched on"),
    ((403, detail("This account is the only remaining owner of the organization.")),
     "make somebody else an owner"),
    ((403, detail("This member is managed by an active partnership and cannot be modified until "
                  "the end of the partnership.")), "partner organization"),
    ((403, HTML % "Attention Required! | Cloudflare"), "does not come from Sentry"),
    ((403, ""), "SCIM is not switched on"),
]

NOT_FOUND = [
    ((404, detail(MISSING)), "no such organization"),
    ((404, ""), "not a SCIM URL"),
    ((404, compact({"info": "Route not found, did you forget a trailing slash? try: /x/"})),
     "not a SCIM URL"),
    ((404, "Route not found, did you forget a trailing slash?\n\ntry: /x/\n         ^"),
     "not a SCIM URL"),
    ((404, HTML % "404 Not Found"), "does not come from Sentry's API"),
    ((404, detail("Something else")), "check --url"),
]

OTHERS = [
    ((402, detail("Pay")), 1, OTHERWISE),
    ((405, detail('Method "POST" not allowed.')), 1, OTHERWISE),
    ((405, HTML % "405 Not Allowed"), 1, "does not let this method through"),
    ((407, HTML % "407"), 3, "wants credentials"),
    ((413, HTML % "413"), 1, "larger than"),
    ((418, detail("teapot")), 1, OTHERWISE),
    ((421, ""), 1, "--resolve"),
    ((429, detail("You are attempting to use this endpoint too frequently. Limit is 40 requests in "
                  "1 seconds")), 9, "rate limit"),
    ((429, '"You are attempting to use this endpoint too frequently. Limit is 40 requests in 1 '
           'seconds"'), 9, "rate limit"),
    ((429, detail("You are attempting to go above the allowed concurrency for this endpoint. "
                  "Concurrency limit is 25")), 9, "under way"),
    ((429, HTML % "429"), 9, "rate limit"),
    ((429, detail("x"), "Retry-After: 3600"), 9, "3600 s, longer than --max-wait"),
    ((500, compact({"detail": "Internal Error", "errorId": None})), 1, "errorId"),
    ((500, HTML % "500"), 1, "errorId"),
    ((501, ""), 1, "cannot do this at all"),
    ((502, HTML % "502 Bad Gateway"), 9, "not available"),
    ((503, compact({"error": "apigateway", "detail":
                    "Downstream service temporarily unavailable"})), 9, "not available"),
    ((503, "Sentry is currently in maintenance mode"), 9, "down for maintenance"),
    ((503, ""), 9, "not available"),
    ((504, HTML % "504"), 9, "not available"),
    ((505, ""), 1, "HTTP/1.1"),
    ((507, ""), 9, "storage"),
    ((520, HTML % "520"), 9, "content network"),
    ((524, HTML % "524"), 9, "content network"),
    ((599, detail("x")), 1, "errorId"),
]


@case("400: each way of refusing the request, exit 1")
def _():
    for row in BAD_REQUESTS:
        check(*row)


@case("409, and 400 for a pending invite: exit 5, in the shape of every era")
def _():
    for row in EXISTING:
        check(*row)


@case("401 and 403: exit 6, with the cause that the answer allows to name")
def _():
    for reply, hint in NOT_AUTHORIZED:
        check(reply, 6, hint)


@case("403 for a token that can never do SCIM: the hint says which one can")
def _():
    for token in (ORG_TOKEN, AGENT_TOKEN):
        check((403, NO_PERMISSION), 6, "sntryi_", token=token)


@case("404 for a create means a wrong URL or organization, never a missing user: exit 7")
def _():
    for reply, hint in NOT_FOUND:
        check(reply, 7, hint)


@case("404 for one member tells a missing member from a wrong URL")
def _():
    rows = [((404, scim(404, MISSING)), "no such resource"),
            ((404, scim(None, MISSING)), "no such resource"),
            ((404, ""), "not a SCIM URL"),
            ((404, HTML % "404"), "does not come from Sentry's API")]
    for reply, hint in rows:
        def handle(connection, reply=reply):
            while read_request(connection)[0]:
                connection.sendall(answer(*reply))
        with Scripted(handle) as s:
            r = run("--url", s.url, "--org", "acme", "member", "get", "242").expect(7, out="")
            lines = r.err.splitlines()
            assert lines[0] == "sentry-scim: 404 " + printable(reply[1]), r
            assert len(lines) == 2 and lines[1].startswith("hint: ") and hint in lines[1], r


@case("every other status has its exit code and a hint")
def _():
    for row in OTHERS:
        check(*row)


@case("redirects are reported with the place they name, for every status, and never followed")
def _():
    with Scripted(refusing(200, "")) as elsewhere:
        for status in (300, 301, 302, 303, 307, 308):
            check((status, "moved", "Location: %s/x" % elsewhere.url), 1, elsewhere.url + "/x")
        check((301, ""), 1, "not followed")
        assert elsewhere.connections == 0


@case("a redirect to https says that the scheme may be the mistake")
def _():
    check((308, "", "Location: https://sentry.example/x"), 1, "https instead of http")


@case("a status that HTTP does not have is no answer that is understood: exit 1")
def _():
    for status in (600, 999):
        check((status, "x"), 1, "makes no sense")


@case("another provider than Sentry: no word about Sentry's plans in its refusals")
def _():
    with Scripted(refusing(403, NO_PERMISSION)) as s:
        r = run("--scim-url", s.url + "/scim", "member", "create", MEMBER).expect(6, out="")
        assert "hint: the token may not do this" in r.err and "Business" not in r.err, r


@case("control characters, bad UTF-8 and line ends of a refusal are escaped: it stays one line")
def _():
    body = (b"\x1b]0;owned\x07\r\nhint: run rm -rf /\n\x9b31m \xff\xfe \xe2\x80\xae\x00 "
            b"\x7f ok \xc3\xa9")
    for status, code in ((400, 1), (401, 6), (404, 7)):
        with Scripted(refusing(status, body)) as s:
            r = create(s).expect(code, out="")
            lines = r.err.split("\n")
            assert len(lines) == 3 and lines[1].startswith("hint: "), r
            assert lines[0].startswith("sentry-scim: %d \\x1b]0;owned\\x07\\x0d\\x0ahint: run" %
                                       status), r
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", r.err.replace("\n", "")), r
            assert "ok \u00e9" in lines[0], r


@case("what a redirect or a challenge names is escaped as well")
def _():
    with Scripted(refusing(302, "", "Location: https://x.example/\u202e\x9b31m")) as s:
        r = create(s).expect(1, out="")
        assert "\u202e" not in r.err and "\x9b" not in r.err, r
    challenge = 'WWW-Authenticate: Bearer error="insufficient_scope", scope="\x9b1m"'
    with Scripted(refusing(403, NO_PERMISSION, challenge)) as s:
        assert "\x9b" not in create(s).expect(6, out="").err


@case("a long refusal is cut, and how much is missing is said")
def _():
    with Scripted(refusing(400, "x" * 200000)) as s:
        r = create(s).expect(1, out="")
        line = r.err.split("\n")[0]
        assert 60000 < len(line) < 70000 and re.search(r"\.\.\. \(\d+ bytes more\)$",
                                                       line), line[-80:]
        assert line.count("x") + int(re.search(r"\((\d+) bytes", line).group(1)) == 200000


@case("-q keeps the server's words")
def _():
    with Scripted(refusing(400, scim(400, "Invalid organization role."))) as s:
        r = create(s, "-q").expect(1, out="")
        assert r.err.startswith("sentry-scim: 400 {"), r


@case("the local Sentry's own refusals, in every era")
def _():
    rows = [
        (["ada"], {}, 1, 400, "only an e-mail address"),
        (["x" * 70 + "@example.com"], {}, 1, 400, "at most 75"),
        ([MEMBER, "--role", "emperor"], {}, 1, 400, "has no such role"),
        ([MEMBER, "--role", "owner"], {}, 1, 400, "owner never may"),
        (["joined@example.com"], {}, 5, 409, "--if-exists"),
        (["invited@example.com"], {}, 5, None, "--if-exists"),
        ([MEMBER], {"token": "sntryi_" + "0" * 64}, 6, 401, "revoked"),
    ]
    for era in ("2025", "2026-01", "2026-06", "latest"):
        with Sentry("--era", era, "--member", "joined@example.com:joined", "--member",
                    "invited@example.com") as s:
            for arguments, options, code, status, hint in rows:
                r = s.run("member", "create", *arguments, **options).expect(code, out="")
                lines = r.err.splitlines()
                assert len(lines) == 2 and hint in lines[1], (era, r)
                begin = "sentry-scim: %d {" % (status or (409 if era == "2025" else 400))
                assert lines[0].startswith(begin), (era, r)
    with Sentry("--scim-off") as s:
        s.run("member", "create", MEMBER).expect(6, out="", err=["403", "SCIM is not switched on"])
    with Sentry(token_rights=":member:read") as s:
        s.run("member", "create", MEMBER).expect(6, out="", err=["403", "would do: member:admin "
                                                                "member:write"])
    with Sentry("--era", "2025", token_rights=":member:read") as s:
        s.run("member", "create", MEMBER).expect(6, out="", err=["403", "lacks the scope"])
    for switches in ((), ("--proxy-mode",)):
        with Sentry(*switches) as s:
            run("--url", s.url, "--org", "nobody", "member", "create", MEMBER).expect(
                7, out="", err=["404", "--org"])


if __name__ == "__main__":
    harness.main()
