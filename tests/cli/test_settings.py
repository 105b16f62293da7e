#!/usr/bin/env python3
"""Where settings come from, which of two counts, and what is refused."""
import json
import os
import shutil
import subprocess
import base64
import socket
import time

import harness
from harness import (MEMBER, ORG, TOKEN, Recorder, Scripted, Sentry, answer, answering, case,
                     on_terminal, path, read_request, run, write)


def token(number):
    """Different tokens of one kind."""
    return "sntryi_" + ("%02x" % number) * 32


def home(text, mode=0o600):
    """A home folder whose .sentryclirc holds TEXT."""
    where = path("home")
    os.mkdir(where)
    with open(os.path.join(where, ".sentryclirc"), "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(os.path.join(where, ".sentryclirc"), mode)
    return where


def url_of(*arguments, **options):
    """The URL to which a create would go."""
    r = run(*arguments, "--dry-run", "member", "create", MEMBER, **options).expect(0)
    method, url, version = r.out.split("\n")[0].split(" ")
    assert (method, version) == ("POST", "HTTP/1.1"), r
    return url


def sentry(base, org=ORG):
    return "%s/api/0/organizations/%s/scim/v2/Users" % (base, org)


def rows_of(*arguments, **options):
    """setting -> row of `config`."""
    r = run(*arguments, "config", "-o", "json", **options)
    return {row["setting"]: row for row in r.json()}


# ---- the target ----

# What one place can say, and the URL that follows where an organization is known.
TARGETS = {
    "region": ("de", sentry("https://de.sentry.io")),
    "url": ("https://sentry.corp.example", sentry("https://sentry.corp.example")),
    "scim-url": ("https://idp.example/scim", "https://idp.example/scim/Users"),
}
OTHER_TARGETS = {
    "region": ("us", sentry("https://us.sentry.io")),
    "url": ("https://other.example:8443", sentry("https://other.example:8443")),
    "scim-url": ("https://idp2.example/v2/", "https://idp2.example/v2/Users"),
}


def placed(place, name, value):
    """Arguments, variables and configuration that say NAME = VALUE in PLACE."""
    if place == "flag":
        return ["--%s=%s" % (name, value)], {}, ""
    if place == "environment":
        return [], {"SENTRY_" + name.upper().replace("-", "_"): value}, ""
    return [], {}, "[defaults]\n%s = %s\n" % (name.replace("-", "_"), value)


def together(*parts, config=""):
    arguments, env = ["--org", ORG], {}
    for more, variables, text in parts:
        arguments += more
        env.update(variables)
        config += text
    return arguments, {**env, "HOME": home(config)}


PLACES = ("flag", "environment", "file")
# For settings that are refused: were they not, nothing would be sent all the same.
LIST = ("--dry-run", "member", "list")


@case("the default is https://sentry.io, and each of region, URL and SCIM root works in each place")
def _():
    assert url_of("--org", ORG) == sentry("https://sentry.io")
    for place in PLACES:
        for name, (value, wanted) in TARGETS.items():
            arguments, env = together(placed(place, name, value))
            assert url_of(*arguments, env=env) == wanted, (place, name)


@case("of region, URL and SCIM root the one from the stronger place counts, whichever it is")
def _():
    for strong, weak in (("flag", "environment"), ("flag", "file"), ("environment", "file")):
        for name, (value, wanted) in TARGETS.items():
            for other, (weaker, _) in OTHER_TARGETS.items():
                arguments, env = together(placed(strong, name, value), placed(weak, other, weaker))
                assert url_of(*arguments, env=env) == wanted, (strong, name, weak, other)


@case("two of them from one place contradict each other: exit 2, both named, nothing sent")
def _():
    names = list(TARGETS)
    for place in PLACES:
        for first in range(3):
            for second in range(first + 1, 3):
                arguments, env = together(*(placed(place, n, TARGETS[n][0])
                                            for n in (names[first], names[second])))
                run(*arguments, *LIST, env=env).expect(
                    2, out="", err=[names[first], names[second], "contradict"])
    # A contradiction of weaker places does not matter.
    arguments, env = together(placed("flag", "region", "de"), placed("environment", "url",
                                                                     "https://a.example"),
                              placed("environment", "scim-url", "https://b.example"))
    assert url_of(*arguments, env=env) == sentry("https://de.sentry.io")


@case("organization: flag, environment, file, in this order")
def _():
    env = {"SENTRY_ORG": "two", "HOME": home("[defaults]\norg=three\n")}
    assert url_of("--org", "one", env=env) == sentry("https://sentry.io", "one")
    assert url_of(env=env) == sentry("https://sentry.io", "two")
    assert url_of(env={**env, "SENTRY_ORG": None}) == sentry("https://sentry.io", "three")
    assert url_of(env={**env, "SENTRY_ORG": ""}) == sentry("https://sentry.io", "three")
    run(*LIST).expect(2, out="", err=["no organization", "--org", "SENTRY_ORG", "hint: "])


@case("slugs and ids are organizations; what could lead elsewhere is not")
def _():
    for org in ("acme", "Acme-2", "a", "0", "12345", "old_slug", "x" * 60):
        assert url_of("--org", org) == sentry("https://sentry.io", org)
    for org in ("..", ".", "a/b", "a/../b", "a b", "a%2fb", "-a", "a-", "a.b", "\u00e9", "a?b",
                "a#b", "a\\b", "a\n", " "):
        run("--org", org, *LIST).expect(2, out="", err="is not an organization")


@case("a region is one word")
def _():
    for region in ("us", "de", "US", "eu-west-1", "x9"):
        assert url_of("--org", ORG, "--region", region) == sentry("https://%s.sentry.io" % region)
    for region in ("a.b", "evil.example/", "us/", "us.evil.example", "us:8", "us@evil", "-a", "a-",
                   " ", "us sentry", "https://us.sentry.io", "x" * 64, "us#", "us?", "\u00fcs"):
        run("--org", ORG, "--region", region, *LIST).expect(
            2, out="", err=["--region", "is not a region", "hint: "])


@case("a base URL may have a port, a final slash, /api/0 and capitals, and nothing else")
def _():
    good = {
        "https://sentry.corp.example/": "https://sentry.corp.example",
        "https://sentry.corp.example///": "https://sentry.corp.example",
        "https://sentry.corp.example/api/0": "https://sentry.corp.example",
        "https://sentry.corp.example/api/0/": "https://sentry.corp.example",
        "https://sentry.corp.example:443": "https://sentry.corp.example",
        "https://sentry.corp.example:8443": "https://sentry.corp.example:8443",
        "HTTPS://sentry.corp.example": "https://sentry.corp.example",
        "http://localhost:9000": "http://localhost:9000",
        "http://localhost:80": "http://localhost",
        "http://127.0.0.1": "http://127.0.0.1",
        "http://[::1]:9000": "http://[::1]:9000",
        "https://xn--sntry-dva.example": "https://xn--sntry-dva.example",
        "https://acme.sentry.io": "https://acme.sentry.io",
    }
    for url, base in good.items():
        assert url_of("--org", ORG, "--url", url) == sentry(base), url
    bad = ["sentry.corp.example", "ftp://a.example", "//a.example", "https://", "https:///x",
           "https://a b",
           "https://u:p@a.example", "https://u@a.example", "https://a.example/sentry",
           "https://a.example/?x", "https://a.example/#x", "https://a.example:0",
           "https://a.example:65536", "https://a.example:x", "https://a.example:-1", "https://[::1",
           "https://[1.2.3.4]", "https://a..b", "https://.example", "https://127.1", "https://1",
           "https://0x7f.1", "https://a%2eb", "https://\u00e4.example", "https://a\\@b",
           "file:///etc"]
    for url in bad:
        words = ["--url: ", "path /sentry" if "/sentry" in url else "URL"]
        run("--org", ORG, "--url", url, *LIST).expect(2, out="", err=words)
        run("--org", ORG, *LIST, env={"SENTRY_URL": url}).expect(2, out="", err="SENTRY_URL: ")


@case("a pasted SCIM base URL names host and organization")
def _():
    pasted = "https://sentry.io/api/0/organizations/pasted/scim/v2"
    for url in (pasted, pasted + "/"):
        wanted = sentry("https://sentry.io", "pasted")
        assert url_of("--url", url) == wanted
        assert url_of(env={"SENTRY_URL": url}) == wanted
        assert url_of(env={"HOME": home("[defaults]\nurl=%s\n" % url)}) == wanted
    with Sentry() as s:
        run("--url", s.url + "/api/0/organizations/acme/scim/v2/", "member", "create",
            MEMBER).expect(0)
    for url in (pasted + "/Users", "https://sentry.io/api/0/organizations/pasted",
                "https://sentry.io/organizations/pasted/", pasted + "?x=1"):
        run("--url", url, *LIST).expect(2, out="", err="--url")
    run("--url", "https://sentry.io/api/0/organizations/a%2f..%2fb/scim/v2", *LIST).expect(2,
                                                                                           out="")


@case("the organization of a pasted URL counts like one from the URL's place")
def _():
    pasted = "https://sentry.io/api/0/organizations/pasted/scim/v2"
    assert url_of("--url", pasted, env={"SENTRY_ORG": "weaker"}) == sentry("https://sentry.io",
                                                                           "pasted")
    assert url_of("--org", "stronger", env={"SENTRY_URL": pasted}) == sentry("https://sentry.io",
                                                                             "stronger")
    assert url_of("--url", pasted, "--org", "pasted") == sentry("https://sentry.io", "pasted")
    run("--url", pasted, "--org", "other", *LIST).expect(2, out="", err="contradict")
    run(*LIST, env={"SENTRY_URL": pasted, "SENTRY_ORG": "other"}).expect(2, err="contradict")
    run(*LIST, env={"HOME": home("[defaults]\nurl=%s\norg=other\n" % pasted)}).expect(
        2, err="contradict")


@case("--scim-url is used as it is, needs no organization, and loses only its final slash")
def _():
    for url, wanted in (("https://idp.example", "https://idp.example/Users"),
                        ("https://idp.example/", "https://idp.example/Users"),
                        ("https://idp.example:8443/a/b%20c/v2/",
                         "https://idp.example:8443/a/b%20c/v2/Users"),
                        ("http://localhost:1/scim", "http://localhost:1/scim/Users")):
        assert url_of("--scim-url", url) == wanted
        assert url_of(env={"SENTRY_SCIM_URL": url}) == wanted
    for url in ("idp.example", "ftp://idp.example", "https://u:p@idp.example",
                "https://idp.example?x", "https://idp.example#x", "https://idp.example/a b"):
        run("--scim-url", url, *LIST).expect(2, out="", err="--scim-url")
    run("--scim-url", "https://idp.example", "member", "status", "1").expect(2, out="")


@case("plain http to another machine is warned of, to this one it is not")
def _():
    for url, warned in (("http://sentry.corp.example", True), ("http://192.0.2.1:9000", True),
                        ("http://127.0.0.1:9000", False), ("http://localhost", False),
                        ("http://a.localhost", False), ("http://[::1]", False),
                        ("https://sentry.corp.example", False)):
        r = run("--org", ORG, "--url", url, "-n", "member", "create", MEMBER).expect(0)
        assert ("travels unencrypted" in r.err) == warned, r
        assert run("--org", ORG, "--url", url, "-nq", "member", "create", MEMBER).err == ""


@case("the Host header has no default port and brackets IPv6")
def _():
    for url, host in (("https://a.example:443", "a.example"), ("https://a.example:80",
                                                               "a.example:80"),
                      ("http://localhost:80", "localhost"), ("http://[::1]:443", "[::1]:443")):
        r = run("--org", ORG, "--url", url, "-n", "member", "create", MEMBER).expect(0)
        assert "\nHost: %s\n" % host in r.out, r


def claims(org="claimed", **more):
    payload = json.dumps({"iat": 1700000000.1, "org": org, **more}).encode()
    return "sntrys_%s_%s" % (base64.b64encode(payload).decode(), "A" * 43)


@case("an organization token tells its organization and region, the weakest place, with a warning")
def _():
    full = claims(url="https://sentry.io", region_url="https://us.sentry.io")
    r = run("-n", "member", "create", MEMBER, token=full).expect(0, err=["warning", "403",
                                                                         "sntryi_"])
    assert r.out.startswith("POST " + sentry("https://us.sentry.io", "claimed")), r
    assert url_of(token=claims(url="https://sentry.corp.example")) == sentry(
        "https://sentry.corp.example", "claimed")
    assert url_of(token=claims(url=None)) == sentry("https://sentry.io", "claimed")
    for env in ({"SENTRY_REGION": "de"}, {"HOME": home("[defaults]\nregion=de\n")}):
        assert url_of(token=full, env=env) == sentry("https://de.sentry.io", "claimed")
    for env in ({"SENTRY_ORG": "mine"}, {"HOME": home("[defaults]\norg=mine\n")}):
        assert url_of(token=full, env=env) == sentry("https://us.sentry.io", "mine")
    assert url_of("--region", "de", "--org", "mine", token=full) == sentry("https://de.sentry.io",
                                                                           "mine")
    assert url_of("--scim-url", "https://idp.example", token=full) == "https://idp.example/Users"


@case("claims that cannot be read are no claims; those that can are checked like any setting")
def _():
    for broken in ("sntrys_!!!_" + "A" * 43, "sntrys_" + "A" * 80,
                   "sntrys_bm90IGpzb24=_" + "A" * 43, claims() + "_x"):
        assert url_of("--org", ORG, token=broken) == sentry("https://sentry.io")
    run(*LIST, token=claims(org="../x")).expect(2, out="")
    run(*LIST, token=claims(url="https://evil.example/path")).expect(2, out="")


# ---- the token ----

@case("the token comes from a file, a descriptor, stdin, a variable, a named file, systemd, a file")
def _():
    directory = path("credentials")
    os.mkdir(directory)
    with open(os.path.join(directory, "sentry-auth-token"), "w", encoding="ascii") as f:
        f.write(token(6) + "\n")
    config = home("[auth]\ntoken = %s\n" % token(7))
    with Recorder() as s:
        def sent(*arguments, **options):
            env = options.pop("env", {})
            run("--url", s.url, "--org", ORG, *arguments, "member", "create", MEMBER, token=None,
                secret=[token(n) for n in range(1, 10)], env=env, **options).expect(0)
            return s.token()
        assert sent("--token-file", write(token(1))) == token(1)
        read, end = os.pipe()
        os.write(end, token(2).encode() + b"\n")
        os.close(end)
        assert sent("--token-fd=%d" % read, pass_fds=[read]) == token(2)
        os.close(read)
        assert sent("--token-stdin", stdin=token(3) + "\n") == token(3)
        assert sent("--token-fd", "0", stdin=token(3)) == token(3)
        assert sent("--token-file", "-", stdin=token(3)) == token(3)
        everything = {"SENTRY_AUTH_TOKEN": token(4), "SENTRY_AUTH_TOKEN_FILE": write(token(5)),
                      "CREDENTIALS_DIRECTORY": directory, "HOME": config}
        # The strongest first; each is taken away in turn.
        assert sent("--token-file", write(token(1)), env=everything) == token(1)
        assert sent("--token-stdin", stdin=token(3), env=everything) == token(3)
        assert sent(env=everything) == token(4)
        assert sent(env={**everything, "SENTRY_AUTH_TOKEN": ""}) == token(5)
        del everything["SENTRY_AUTH_TOKEN"]
        assert sent(env=everything) == token(5)
        assert sent(env={**everything, "SENTRY_AUTH_TOKEN_FILE": ""}) == token(6)
        del everything["SENTRY_AUTH_TOKEN_FILE"]
        assert sent(env=everything) == token(6)
        os.unlink(os.path.join(directory, "sentry-auth-token"))
        assert sent(env=everything) == token(7)
        document = write(json.dumps({"auth": {"token": token(8)}, "body": {"userName": MEMBER}}))
        assert sent("--input", document, env={"SENTRY_AUTH_TOKEN": token(4)}) == token(8)
        assert sent("--input", document, "--token-file", write(token(1))) == token(1)


@case("no token: exit 2, with the ways to give one")
def _():
    for env in ({}, {"SENTRY_AUTH_TOKEN": ""}, {"CREDENTIALS_DIRECTORY": "/nowhere"}):
        run("--org", ORG, *LIST, token=None, env=env).expect(
            2, out="", err=["no token", "hint: ", "--token-file", "SENTRY_AUTH_TOKEN"])


@case("blanks and line ends around a token do not belong to it")
def _():
    with Recorder() as s:
        for text in (TOKEN, TOKEN + "\n", TOKEN + "\r\n", "  " + TOKEN + " \n\n", "\n" + TOKEN):
            run("--url", s.url, "--org", ORG, "--token-file", write(text), "member", "create",
                MEMBER, token=None).expect(0)
            assert s.token() == TOKEN
        run("--url", s.url, "--org", ORG, "member", "create", MEMBER, token=TOKEN + "\n").expect(0)
        assert s.token() == TOKEN


@case("tokens of any kind are sent; what is no token is refused")
def _():
    with Recorder() as s:
        for text in ("f" * 64, "sntryu_" + "a" * 64, "ghp_anything-else.at/all+=~", "x"):
            run("--url", s.url, "--org", ORG, "member", "create", MEMBER, token=text,
                secret=TOKEN).expect(0)
            assert s.token() == text
    for text in ("", "\n", "two words", "a\nb", "\ufeff" + TOKEN, "a\x7fb", "\u00e9"):
        run("--org", ORG, "--token-file", write(text), *LIST, token=None).expect(
            2, out="", err=["--token-file", "holds no token"])


@case("places that cannot be read are exit 2 with their name")
def _():
    rows = [(["--token-file", "/nowhere"], ["/nowhere", "No such file"]),
            (["--token-file", "/"], ["/", "directory"]),
            (["--token-fd", "99"], ["99", "Bad file descriptor"]),
            (["--token-fd", "1"], "--token-fd"), (["--token-fd", "2"], "--token-fd"),
            (["--token-fd", "-1"], "--token-fd"), (["--token-fd", "x"], "--token-fd"),
            (["--token-fd", "99999999999"], "--token-fd"), (["--token-stdin"], "standard input"),
            (["--token-stdin", "--token-fd", "0"], "contradict"),
            (["--token-file", "x", "--token-stdin"], "contradict")]
    for options, words in rows:
        run("--org", ORG, *options, *LIST).expect(2, out="", err=words)
    run("--org", ORG, *LIST, token=None, env={"SENTRY_AUTH_TOKEN_FILE": "/nowhere"}).expect(
        2, out="", err=["SENTRY_AUTH_TOKEN_FILE", "/nowhere"])


@case("a token file that others may read is used, with a warning")
def _():
    for mode, warned in ((0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o644,
                                                                                        True)):
        file = write(TOKEN, mode=mode)
        folder = home("[auth]\ntoken=%s\n" % TOKEN, mode=mode)
        for options, env, name in ((["--token-file", file], {}, file),
                                   ([], {"SENTRY_AUTH_TOKEN_FILE": file}, file),
                                   ([], {"HOME": folder}, folder + "/.sentryclirc")):
            r = run("--org", ORG, *options, "-n", "member", "create", MEMBER, token=None, env=env)
            r.expect(0)
            assert ("warning" in r.err and name in r.err and "chmod 600" in r.err) == warned, (mode,
                                                                                               r)
        assert run("--org", ORG, "--token-file", file, "-nq", "member", "create", MEMBER,
                   token=None).expect(0).err == ""
    # A file without a token in it is nobody's secret.
    r = run("-n", "member", "create", MEMBER, env={"HOME": home("[defaults]\norg=acme\n",
                                                                mode=0o644)})
    assert r.expect(0).err == "", r


# ---- files ----

@case("--config alone is read, then SENTRY_SCIM_CONFIG, else ~/.sentryclirc")
def _():
    one, two = (write("[defaults]\norg=%s\n" % org) for org in ("one", "two"))
    env = {"HOME": home("[defaults]\norg=three\nregion=de\n"), "SENTRY_SCIM_CONFIG": two}
    # What the named file does not say is not taken from the others.
    assert url_of("--config", one, env=env) == sentry("https://sentry.io", "one")
    assert url_of(env=env) == sentry("https://sentry.io", "two")
    assert url_of(env={**env, "SENTRY_SCIM_CONFIG": ""}) == sentry("https://de.sentry.io", "three")
    for where in (["--config", "/nowhere"], ["--config=/"]):
        run(*where, "--org", ORG, *LIST).expect(2, out="", err=where[-1].split("=")[-1])
    run("--org", ORG, *LIST, env={"SENTRY_SCIM_CONFIG": "/nowhere"}).expect(2, err="/nowhere")


@case("~/.sentryclirc comes before /etc/sentry-scim.conf, key by key")
def _():
    probe = ["unshare", "-r", "-m", "true"]
    if not shutil.which("unshare") or subprocess.run(probe, stderr=subprocess.DEVNULL,
                                                     check=False).returncode:
        raise harness.Skip("no mount namespaces here")
    etc = path("etc")
    os.mkdir(etc)
    with open(os.path.join(etc, "sentry-scim.conf"), "w", encoding="ascii") as f:
        f.write("[defaults]\norg=machine\nregion=de\n[http]\ntimeout=9\nretries=1\n"
                "header=X-One: machine\nheader=X-Two: machine\n")
    wrapper = ("unshare", "-r", "-m", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', etc)
    assert url_of(wrapper=wrapper) == sentry("https://de.sentry.io", "machine")
    env = {"HOME": home("[defaults]\norg=user\n[http]\nheader=X-One: user\n")}
    assert url_of(wrapper=wrapper, env=env) == sentry("https://de.sentry.io", "user")
    r = run("-n", "member", "create", MEMBER, wrapper=wrapper, env=env).expect(0)
    assert "X-One: user\n" in r.out and "X-Two: machine\n" in r.out, r
    assert "X-One: machine" not in r.out, r
    # Of region and URL the one of the stronger file counts, and does not contradict the other.
    env = {"HOME": home("[defaults]\nurl=https://mine.example\n")}
    assert url_of(wrapper=wrapper, env=env) == sentry("https://mine.example", "machine")
    rows = rows_of("--org", ORG, wrapper=wrapper, env={"HOME": home("[http]\ntimeout=8\n")})
    assert rows["timeout"]["value"] == "8", rows
    assert rows["region"]["from"] == "/etc/sentry-scim.conf", rows
    assert url_of("--config", write("[defaults]\norg=named\n"), wrapper=wrapper) == sentry(
        "https://sentry.io", "named")
    run("--org", ORG, "-n", "member", "create", MEMBER, wrapper=wrapper,
        env={"HOME": None}).expect(0)


@case("without $HOME, and with one that is empty, missing or no folder, nothing fails")
def _():
    for where in (None, "", "/nowhere", "/dev/null", "relative"):
        r = run("--org", ORG, "-n", "member", "create", MEMBER, env={"HOME": where})
        assert r.expect(0).err == "", (where, r)


@case("a ~/.sentryclirc that cannot be read is passed over with a warning, a broken one is exit 2")
def _():
    where = path("home")
    os.makedirs(os.path.join(where, ".sentryclirc"))
    run("--org", ORG, "-n", "member", "create", MEMBER, env={"HOME": where}).expect(
        0, err=["warning", ".sentryclirc", "passed over"])
    for text, line in (("nonsense\n", 1), ("[defaults\norg=a\n", 1), ("[a]\n\n=x\n", 3),
                       ("[defaults]\norg=a\n\nwhat\n", 4)):
        folder = home(text)
        run("--org", ORG, *LIST, env={"HOME": folder}).expect(
            2, out="", err="%s/.sentryclirc:%d: " % (folder, line))
    run("--org", ORG, "--config", write("[defaults]\norg=a\0b\n"), *LIST).expect(
        2, out="", err="NUL")


@case("the dialect of the file is sentry-cli's")
def _():
    for text in ("[defaults]\norg=acme", "[defaults]\r\norg = acme\r\n",
                 "\ufeff[defaults]\norg=acme\n",
                 "; c\n# c\n\n [ defaults ] \n\torg\t:\tacme\t\n", "[DEFAULTS]\nORG=acme\n",
                 "[defaults]\norg=old\norg=acme\n", "[defaults]\norg=acme\norg=\n",
                 "[x]\norg=no\n[defaults]\norg=acme\n[y]\norg=no\n",
                 "[defaults]\nproject=x\norg=acme\n"):
        assert url_of("--config", write(text)) == sentry("https://sentry.io"), repr(text)
    run("-n", "member", "create", MEMBER, "--config", write("org=acme\n")).expect(
        2, err="no organization")


# ---- numbers, headers, addresses ----

FILE_KEYS = {"connect-timeout": "connect_timeout", "timeout": "timeout", "retries": "max_retries",
             "max-wait": "max_wait"}


@case("time-outs, retries and waits: flag before file before default, each told by config")
def _():
    defaults = {"connect-timeout": "10", "timeout": "60", "retries": "4", "max-wait": "60"}
    plain = rows_of("--org", ORG)
    config = write("[http]\n" + "".join("%s = 7\n" % key for key in FILE_KEYS.values()))
    filed = rows_of("--org", ORG, "--config", config)
    for name, key in FILE_KEYS.items():
        assert plain[key]["value"] == defaults[name] and plain[key]["from"] == "default", plain
        assert filed[key]["value"] == "7" and filed[key]["from"] == config, filed
        row = rows_of("--org", ORG, "--config", config, "--" + name, "8")[key]
        assert row["value"] == "8" and row["from"] == "--" + name, row


@case("time-outs, retries and waits are checked, in the option and in the file")
def _():
    good = {"connect-timeout": ["1", "0.5", "0.001", "86400", "10.25", "0.0001", "007"],
            "timeout": ["1", "0.5"], "max-wait": ["0", "0.5", "3600"], "retries": ["0", "1", "100"]}
    bad = {"connect-timeout": ["0", "0.0", "-1", "+1", "x", "1s", "1e3", " 1", "1.", ".5", "1,5",
                               "86401", "99999999999999999999", "inf", "nan", "1.2.3", "0x10"],
           "timeout": ["0", "-1", "x"], "max-wait": ["-1", "x", "1m"],
           "retries": ["-1", "1.5", "x", "101", "99999999999999999999", ""]}
    for name, values in good.items():
        for value in values:
            run("--org", ORG, "--" + name, value, "-n", "member", "create", MEMBER).expect(0)
    for name, values in bad.items():
        for value in values:
            run("--org", ORG, "--%s=%s" % (name, value), "-n", "member", "create", MEMBER).expect(
                2, out="", err="--" + name)
            if value.strip() == value and value:
                config = write("[http]\n%s=%s\n" % (FILE_KEYS[name], value))
                run("--org", ORG, "--config", config, "-n", "member", "create", MEMBER).expect(
                    2, out="", err=[config, "'%s'" % value])


@case("the time-outs of a file are obeyed")
def _():
    with Scripted(lambda c: read_request(c) and time.sleep(5)) as s:
        config = write("[http]\ntimeout=0.3\nmax_retries=0\n")
        begun = time.monotonic()
        run("--url", s.url, "--org", ORG, "--config", config, "member", "list").expect(
            9, err="timed out")
        assert time.monotonic() - begun < 4


@case("--assume-time takes RFC 3339, or a date alone, and nothing else")
def _():
    for when in ("2026-11-24T08:15:30Z", "2026-11-24t08:15:30.5z", "2026-11-24T08:15:30+02:00",
                 "2026-11-24"):
        run("--org", ORG, "--assume-time", when, "-n", "member", "create", MEMBER).expect(0)
    for when in ("now", "1700000000", "24.11.2026", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
                 "2026-11-24T08:15:30", "2026-11-24 08:15", "2026-11-24T25:00:00Z"):
        run("--org", ORG, "--assume-time", when, *LIST).expect(2, out="", err="--assume-time")


@case("headers: from option and file, the option's first of a name; they reach the server")
def _():
    config = write("[http]\nheader = X-File: 1\nheader = X-Both: file\nheader = x-gateway: a: b\n")
    with Recorder() as s:
        run("--url", s.url, "--org", ORG, "--config", config, "--header", "X-Flag: 2",
            "--header=x-both:flag", "--header", "X-Flag: 3", "member", "create", MEMBER).expect(0)
        assert s.field("X-File") == ["1"] and s.field("X-Flag") == ["2", "3"], s.heads
        assert s.field("X-Both") == ["flag"] and s.field("X-Gateway") == ["a: b"], s.heads
        r = run("--url", s.url, "--org", ORG, "--config", config, "-n", "member", "create", MEMBER)
        assert "X-File: 1\n" in r.expect(0).out, r


@case("headers that the program owns, that are malformed, or that could smuggle: exit 2")
def _():
    owned = ("Host", "Authorization", "authorization", "Content-Length", "Content-Type",
             "Transfer-Encoding", "Connection", "Accept", "Accept-Encoding", "User-Agent", "Expect",
             "Upgrade", "TE", "Trailer", "Proxy-Authorization", "proxy-connection")
    with Sentry() as s:
        for name in owned:
            for where in (["--header", name + ": x"],
                          ["--config", write("[http]\nheader=%s: x\n" % name)]):
                s.run(*where, "member", "create", MEMBER).expect(2, out="", err=[name, "own"])
        for text in ("X", "X ", ": x", "X:", "X: ", "X Y: z", "X : y", " X: y", "X\u00e9: y",
                     "X: a\r\nY: b", "X: a\nY: b", "X: a\x01b", "X(: y", "X: \x7f"):
            s.run("--header", text, "member", "create", MEMBER).expect(2, out="", err="--header")
        many = [x for n in range(100) for x in ("--header", "X-%d: y" % n)]
        s.run(*many, "member", "create", MEMBER).expect(2, out="", err="headers")
        assert s.requests() == []


@case("--resolve leads a name to other addresses, the first that answers")
def _():
    with Sentry() as s:
        def reaches(*resolve, host="no-such-host.invalid", code=0):
            options = [x for one in resolve for x in ("--resolve", one.format(p=s.port,
                                                                              q=s.port + 1))]
            return run("--url", "http://%s:%d" % (host, s.port), "--org", ORG, "--retries", "0",
                       *options, "--if-exists", "ok", "member", "create", MEMBER).expect(code)
        reaches(code=3)
        reaches("no-such-host.invalid:{p}:127.0.0.1")
        reaches("NO-such-host.INVALID:{p}:127.0.0.1")
        reaches("no-such-host.invalid:{p}:127.0.0.1", host="No-Such-Host.Invalid")
        reaches("no-such-host.invalid:{p}:[::1],127.0.0.1")
        reaches("no-such-host.invalid:{p}:127.0.0.1,[::1]")
        reaches("other.example:{p}:192.0.2.1", "no-such-host.invalid:{p}:127.0.0.1")
        reaches("localhost:{p}:127.0.0.1", host="localhost")
        r = reaches("no-such-host.invalid:{q}:127.0.0.1", code=3)
        assert "names no host" in r.err, r
        # The request still names the host that was asked for.
        assert ["Host", "no-such-host.invalid:%d" % s.port] in s.log_entries()[0]["headers"]


@case("--resolve is checked")
def _():
    for text in ("a", "a:1", "a:1:", ":1:127.0.0.1", "a:0:127.0.0.1", "a:65536:127.0.0.1",
                 "a:x:127.0.0.1",
                 "a:1:b", "a:1:127.0.0.1,", "a:1:,127.0.0.1", "a:1:127.1", "a:1:[127.0.0.1",
                 "a b:1:127.0.0.1",
                 "[::1:1:127.0.0.1", "[::1]1:127.0.0.1", "a:1:999.0.0.1", "a:1:fe80::g"):
        run("--org", ORG, "--resolve", text, *LIST).expect(2, out="", err="--resolve")


@case("-4 and -6 choose among the addresses")
def _():
    with Sentry() as s:
        base = ("--org", ORG, "--retries", "0", "--if-exists", "ok", "member", "create", MEMBER)
        url = "http://host.example:%d" % s.port
        both = ("--resolve", "host.example:%d:[::1],127.0.0.1" % s.port)
        run("--url", url, *both, "-4", *base).expect(0)
        run("--url", url, *both, "-6", *base).expect(3, out="", err="[::1]")
        run("--url", url, "--resolve", "host.example:%d:127.0.0.1" % s.port, "-6", *base).expect(
            2, out="", err="family")
        run("--url", "http://127.0.0.1:%d" % s.port, "-6", *base).expect(3, out="", err="IPv6")
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError as problem:
        raise harness.Skip("no IPv6 here") from problem
    created = answer(201, '{"id":"1","userName":"%s"}' % MEMBER)
    with Scripted(answering(created), family=socket.AF_INET6, host="::1") as s:
        run("--scim-url", "http://[::1]:%d" % s.port, "member", "create", MEMBER).expect(0)
        run("--scim-url", "http://host.example:%d" % s.port, "--resolve",
            "host.example:%d:127.0.0.1,[::1]" % s.port, "-6", "member", "create", MEMBER).expect(0)


# ---- output ----

@case("colours: on a terminal, unless NO_COLOR, --no-color or a dumb terminal says otherwise")
def _():
    with Sentry() as s:
        common = ("--url", s.url, "--org", ORG, "member", "create", MEMBER, "--if-exists", "ok")
        for options, env, coloured in (([], {}, True), ([], {"NO_COLOR": ""}, True),
                                       ([], {"NO_COLOR": "1"}, False), ([], {"NO_COLOR": "0"},
                                                                        False),
                                       (["--no-color"], {}, False), ([], {"TERM": "dumb"}, False)):
            r = on_terminal(*common, *options, env=env)
            assert r.code == 0 and ("\033" in r.out) == coloured, (options, env, r)
        assert "\033" not in run(*common, "-o", "table", env={"TERM": "xterm"}).expect(0).out


@case("config tells every setting, its value and its place, and survives what is missing")
def _():
    config = write("[auth]\ntoken=%s\n[http]\n"
                   "proxy_url=http://u:hunter2hunter2@p.example:1\n" % TOKEN)
    rows = rows_of("--org", ORG, "--config", config, token=None, secret=[TOKEN, "hunter2hunter2"])
    assert rows["token"]["value"] == "sntryi_... (%d characters)" % len(TOKEN), rows
    assert rows["token"]["from"] == config and rows["proxy"]["value"] == "http://p.example:1", rows
    assert rows["SCIM base in use"]["value"] == sentry("https://sentry.io")[:-6], rows
    r = run("config", "-o", "json", token=None).expect(0, err="no token")
    names = {row["setting"] for row in r.json()}
    assert {"token", "org", "region", "url", "scim_url", "CA certificates in use", "cert", "key",
            "proxy",
            "proxy in use", "no_proxy", "connect_timeout", "timeout", "max_retries", "max_wait",
            "assume_time", "config file"} <= names, names
    for form in ("table", "csv", "jsonl", "json"):
        r = run("--org", ORG, "config", "-o", form).expect(0)
        assert "sntryi_..." in r.out and "SENTRY_AUTH_TOKEN" in r.out, r


if __name__ == "__main__":
    harness.main()
