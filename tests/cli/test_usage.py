#!/usr/bin/env python3
"""The command line: words, options, what is refused with exit code 2, help, standard streams."""
import os
import re
import shutil
import subprocess

import harness
from harness import MEMBER, ORG, TOKEN, Sentry, case, run, write

COMMANDS = ["member create", "member list", "member get", "member status", "member set-role",
            "member delete", "team create", "team list", "team get", "team rename", "team delete",
            "team add", "team remove", "team set", "schema", "api", "doctor", "config",
            "completion", "help", "version", "man"]
SINGLE = {  # options that may be given once, with a value that they take
    "token-file": "/nowhere", "token-fd": "9", "org": "a", "region": "us",
          "url": "https://a.example",
    "scim-url": "https://a.example", "config": "/nowhere", "ca-file": "/nowhere",
    "ca-dir": "/nowhere", "cert": "/nowhere", "key": "/nowhere",
    "key-passphrase-file": "/nowhere", "unix-socket": "/nowhere", "proxy": "http://a.example",
    "no-proxy": "a", "connect-timeout": "1", "timeout": "1", "retries": "1", "max-wait": "1",
    "assume-time": "2026-01-01T00:00:00Z", "output": "json", "role": "a", "body": "/nowhere",
    "input": "/nowhere", "if-exists": "ok"}
REPEATABLE = {"ca-add": "/nowhere", "pin": "sha256//" + "A" * 43 + "=", "header": "X-A: b",
              "resolve": "a.example:443:127.0.0.1", "set": "a=b"}
PLAIN = ["token-stdin", "ca-embedded", "ipv4", "ipv6", "quiet", "verbose", "no-color",
         "no-progress", "csv-safe", "dry-run", "help", "version"]


def dry(*arguments, **options):
    return run("--org", ORG, "--dry-run", *arguments, **options)


MISTAKES = [
    # commands
    (["memebr", "create", "x"], ["unknown command", "`member create`"]),
    (["member", "crate", "x"], ["unknown command", "`member create`"]),
    (["member", "creat"], "`member create`"),
    (["member", "remove", "x"], ["unknown command `member remove`", "member delete"]),
    (["member", "setrole", "x", "y"], "`member set-role`"),
    (["members", "list"], "`member list`"),
    (["provison", "x"], "`provision`"),
    (["prov"], "`provision`"),
    (["teem", "list"], "`team list`"),
    (["mebmer"], "`member`"),
    (["temas", "x"], "`team`"),
    (["hepl"], "`help`"),
    (["verison"], "`version`"),
    (["confg"], "`config`"),
    (["quux"], ["unknown command `quux`", "hint: run `sentry-scim help`"]),
    (["member"], ["wants one of its commands", "member create", "member delete"]),
    (["team"], ["team add", "team rename", "team set"]),
    (["help", "hepl"], "`help`"),
    (["help", "member", "crate"], "`member create`"),
    (["help", "quux"], ["unknown command `quux`", "hint: "]),
    # options
    (["--orgg", "x", "member", "list"], ["--orgg", "--org?"]),
    (["member", "list", "--ouput", "json"], ["--ouput", "--output?"]),
    (["member", "list", "--toke-file=x"], "--token-file?"),
    (["member", "list", "--tokenfile", "x"], "--token-file?"),
    (["member", "list", "--caadd", "x"], "--ca-add?"),
    (["member", "list", "--dryrun"], "--dry-run?"),
    (["member", "list", "--quux"], "unknown option --quux"),
    (["member", "list", "--Org", "x"], "--org?"),
    (["member", "list", "-z"], "unknown option -z"),
    (["member", "list", "-qz"], "unknown option -z"),
    (["member", "list", "-org", "x"], ["--output is auto", "'rg'"]),
    (["member", "list", "--token", "x"], ["--token:", "every user", "--token-file"]),
    (["member", "list", "--auth-token=x"], ["--auth-token:", "--token-file"]),
    (["member", "list", "--insecure"], ["cannot be switched off", "--ca-add"]),
    (["member", "list", "--role", "x"], ["--role does not belong to `member list`",
                                         "help member list"]),
    (["member", "get", "a", "--if-exists", "ok"], "--if-exists does not belong"),
    (["version", "--org", "x"], "--org does not belong to `version`"),
    # values
    (["member", "list", "--org"], ["--org wants a value", "SLUG"]),
    (["member", "list", "-o"], ["--output wants a value", "FORMAT"]),
    (["member", "list", "--org="], "the value of --org is empty"),
    (["member", "list", "--org", ""], "the value of --org is empty"),
    (["member", "create", MEMBER, "--role", ""], "the value of --role is empty"),
    (["member", "create", MEMBER, "--set="], "the value of --set is empty"),
    (["member", "list", "--quiet=1"], "--quiet takes no value"),
    (["member", "list", "--ipv4="], "--ipv4 takes no value"),
    (["member", "list", "-o", "yaml"], ["auto, table, json, jsonl or csv", "yaml"]),
    (["member", "list", "-oJSON"], "JSON"),
    (["member", "create", MEMBER, "--if-exists", "maybe"], ["fail, ok or update", "maybe"]),
    (["member", "delete", "1", "--via", "magic"], "delete or deactivate"),
    (["member", "list", "--limit", "x"], ["--limit", "'x'"]),
    (["member", "list", "--limit", "0"], "--limit"),
    (["member", "list", "--limit", "-1"], "--limit"),
    (["member", "list", "--limit", "1x"], "--limit"),
    (["member", "list", "-q", "-v"], ["--quiet", "--verbose", "contradict"]),
    (["member", "list", "-4", "-6"], ["--ipv4", "--ipv6", "contradict"]),
    # arguments
    (["member", "create"], ["no user name", "hint: "]),
    (["member", "create", ""], "user name is empty"),
    (["member", "create", "  "], "user name is empty"),
    (["member", "create", MEMBER, ""], "user name is empty"),
    (["member", "get"], ["`member get` wants MEMBER", "help member get"]),
    (["member", "get", "a", "b"], ["takes MEMBER only", "'b'"]),
    (["member", "list", "x"], "takes no argument, but 'x' is given"),
    (["member", "set-role", "a"], "wants MEMBER ROLE"),
    (["member", "delete"], "wants MEMBER..."),
    (["team", "create"], "wants NAME"),
    (["team", "rename", "a"], "wants TEAM NAME"),
    (["team", "add", "a"], "wants TEAM MEMBER..."),
    (["api", "GET"], "wants METHOD PATH"),
    (["member", "list", "--org", "a" * 3000], ["--org: 'aaa", "hint: give its slug"]),
    (["member", "list", "--proxy", "http://" + "a" * 100000], "--proxy: the proxy's URL cannot be"),
    (["completion"], "bash|zsh|fish"),
    (["completion", "tcsh"], "bash, zsh and fish"),
    (["version", "x"], "takes no argument"),
    (["man", "x"], "takes no argument"),
    (["--", "member", "list", "--org", "x"], "'--org' is given"),
    # bodies
    (["member", "create", MEMBER, "--set", "foo"], ["KEY=TEXT or KEY:=JSON", "'foo'"]),
    (["member", "create", MEMBER, "--set", "=x"], "KEY=TEXT"),
    (["member", "create", MEMBER, "--set", "a..b=x"], "--set"),
    (["member", "create", MEMBER, "--set", "a:=nope"], ["a:=", "not JSON"]),
    (["member", "create", MEMBER, "--set", "a:="], ["a:=", "not JSON"]),
    (["member", "create", MEMBER, "--set", "a=1", "--set", "a.b=2"], "not an object"),
    (["member", "create", MEMBER, "--body", "/nowhere"], ["/nowhere", "No such file"]),
    (["member", "create", MEMBER, "--input", "/nowhere"], ["/nowhere", "No such file"]),
    (["member", "create", MEMBER, "--body", "/"], "is a directory"),
    (["member", "create", MEMBER, "--body", "-", "--input", "-"], "standard input"),
    (["member", "create", MEMBER, "--body", "-", "--token-stdin"], "standard input"),
    (["member", "create", MEMBER, "--body", "-", "--token-file", "-"], "standard input"),
]


@case("each mistake on the command line: exit 2, stdout empty, the right word, nothing sent")
def _():
    with Sentry() as s:
        for arguments, words in MISTAKES:
            env = {"SENTRY_URL": s.url, "SENTRY_ORG": ORG}
            r = run(*arguments, env=env).expect(2, out="", err=words)
            assert r.err.startswith("sentry-scim: "), r
            assert len(r.err.splitlines()) <= 2, r
        assert s.requests() == []


@case("no command at all: exit 2, and the overview on stderr")
def _():
    for arguments in ([], ["--"], ["--org", "x"], ["-v"]):
        run(*arguments).expect(2, out="", err=["Usage: sentry-scim", "member create"])


@case("of several mistakes the first is told, once, and the hint names the command's help")
def _():
    run("--orgg=x", "member", "creat", "--rolle=y").expect(2, out="", err="--orgg")
    r = run("--orgg=x", "member", "create", "--rolle=y").expect(2, out="")
    assert r.err.count("sentry-scim: ") == 1 and "help member create" in r.err, r


@case("a token among the arguments is a mistake that is not repeated in the message")
def _():
    for arguments in ([TOKEN], ["member", TOKEN], [TOKEN, "list"], ["member", "list", TOKEN],
                      ["member", "list", "-o", TOKEN], ["--token", TOKEN],
                      ["--auth-token=" + TOKEN],
                      ["completion", TOKEN], ["help", TOKEN], ["--token-file", TOKEN, "member",
                                                               "list"],
                      ["--token-file=" + TOKEN, "config"]):
        run(*arguments, token=None, env={"SENTRY_ORG": ORG}).expect(2, out="")


@case("a single-valued option given twice is an error, however it is written")
def _():
    for name, value in SINGLE.items():
        for twice in (["--" + name, value, "--" + name, value], ["--%s=%s" % (name, value)] * 2):
            run("member", "create", MEMBER, *twice).expect(2, out="",
                                                           err="--%s is given twice" % name)
    run("member", "list", "-o", "json", "--output=csv").expect(2, err="--output is given twice")
    run("member", "list", "--limit=1", "--limit=2").expect(2, err="--limit is given twice")
    run("member", "delete", "1", "--via=delete", "--via=delete").expect(2,
                                                                        err="--via is given twice")


@case("repeatable options may be repeated, and those without a value too")
def _():
    for name, value in REPEATABLE.items():
        dry("--url", "https://a.example", "member", "create", MEMBER, "--" + name, value,
            "--%s=%s" % (name, value)).expect(0)
    dry("member", "create", MEMBER, "--no-color", "--no-color", "--dry-run", "-4", "-4").expect(0)


@case("help member create lists every option, and no other takes a name of theirs")
def _():
    text = run("help", "member", "create").expect(0).out
    names = set(re.findall(r"^ {2}(?:-., |    )--([a-z0-9-]+)", text, re.M))
    assert names == set(SINGLE) | set(REPEATABLE) | set(PLAIN), (
        names ^ (set(SINGLE) | set(REPEATABLE) | set(PLAIN)))


@case("options stand anywhere: each order is the same request")
def _():
    words = ["member", "create", MEMBER]
    wanted = dry(*words, "--role", "admin").expect(0).out
    assert '"sentryOrgRole":"admin"' in wanted
    for at in range(len(words) + 1):
        for option in (["--role", "admin"], ["--role=admin"]):
            assert dry(*words[:at], *option, *words[at:]).expect(0).out == wanted, (at, option)
    assert run("member", "create", MEMBER, "-n", "--org=" + ORG, "--role=admin").out == wanted
    assert run("provision", "-n", MEMBER, "--org", ORG, "--role", "admin").out == wanted


@case("letters: together, with the value attached or next")
def _():
    wanted = dry("member", "create", MEMBER, "-v", "-v", "-o", "csv").expect(0)
    for letters in (["-vvocsv"], ["-vvo", "csv"], ["-vv", "-ocsv"], ["-vv", "--output=csv"]):
        r = dry("member", "create", MEMBER, *letters).expect(0)
        assert (r.out, r.err) == (wanted.out, wanted.err), r


@case("-- ends the options: what follows is an argument, even another --")
def _():
    for name in ("--role", "-x@example.com", "--", "--help", "-"):
        r = dry("member", "create", "--", name).expect(0)
        assert '"userName":"%s"' % name in r.out, r
    assert '"userName":"-"' in dry("member", "create", "-").expect(0).out


@case("a value may look like an option, and may hold an equals sign")
def _():
    assert '"sentryOrgRole":"--org"' in dry("member", "create", MEMBER, "--role",
                                            "--org").expect(0).out
    assert '"a":"b=c"' in dry("member", "create", MEMBER, "--set=a=b=c").expect(0).out


@case("--help and --version win over what is missing, and -h, -V are the same")
def _():
    wanted = run("help", "member", "create").expect(0).out
    for arguments in (["member", "create", "--help"], ["member", "create", "-h"],
                      ["-h", "member", "create"], ["provision", "--help"], ["help", "provision"],
                      ["member", "create", "a", "b", "--role", "x", "-h"]):
        r = run(*arguments, token=None).expect(0, out=wanted)
        assert r.err == "", r
    version = run("version").expect(0).out
    assert re.match(r"sentry-scim \d+\.\d+\.\d+\nmbedTLS \d", version), version
    for arguments in (["--version"], ["-V"], ["member", "create", "--version"], ["-hV"]):
        run(*arguments, token=None).expect(0, out=version)
    overview = run("help").expect(0).out
    for arguments in (["--help"], ["-h"]):
        run(*arguments, token=None).expect(0, out=overview)
    for noun in ("member", "team"):
        for arguments in (["help", noun], [noun, "--help"]):
            text = run(*arguments, token=None).expect(0).out
            for command in COMMANDS:
                assert (("  " + command + " ") in text) == command.startswith(noun + " "), (noun,
                                                                                            text)


@case("help needs nothing: no token, no home, a broken configuration, a locale unknown here")
def _():
    env = {"HOME": None, "SENTRY_SCIM_CONFIG": "/nowhere", "SENTRY_URL": "::", "LC_ALL": "xx_YY"}
    for arguments in (["help"], ["version"], ["man"], ["completion", "bash"]):
        r = run(*arguments, token=None, env=env).expect(0)
        assert r.out and r.err == "", r


@case("every help text is at most 80 columns wide, without blanks at line ends, and complete")
def _():
    for command in [""] + COMMANDS + ["member", "team"]:
        r = run("help", *command.split()).expect(0)
        for line in r.out.splitlines():
            assert len(line) <= 80 and line == line.rstrip() and "\t" not in line, (command, line)
        assert r.out.endswith("\n") and not r.out.endswith("\n\n"), r
        if command in COMMANDS and command != "help":
            assert r.out.startswith("Usage: sentry-scim %s" % command), r
    overview = run("help").out
    for command in COMMANDS:
        assert re.search(r"^  %s( |$)" % command, overview, re.M), command
    for code in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, "130, 143"):
        assert re.search(r"^  %s  " % code, overview, re.M), code


@case("the examples of the help are understood by the program itself")
def _():
    document = write('{"auth":{"organizationSlug":"acme"},"body":{"userName":"a@example.com"}}')
    patch = write("{}")
    count = 0
    for command in COMMANDS:
        text = run("help", *command.split()).out
        for line in text.partition("\nExamples:\n")[2].splitlines():
            example = re.search(r"sentry-scim ([^|)]*)", line)
            if not example:
                continue
            text = example.group(1).replace("request.json", document).replace("patch.json", patch)
            words = subprocess.run(["bash", "-c", "printf '%s\\0' " + text], check=True,
                                   stdout=subprocess.PIPE).stdout.decode().split("\0")[:-1]
            offline = [] if words[0] in ("completion", "man", "help", "version") else ["--dry-run"]
            r = run(*words, *offline, env={"SENTRY_ORG": ORG})
            assert r.code in (0, 3), (words, r)
            count += 1
    assert count >= len(COMMANDS) - 5, count


@case("the manual passes mandoc, and names every command, option, file and exit code")
def _():
    r = run("man", token=None).expect(0)
    for command in COMMANDS:
        assert command.split()[0] in r.out, command
    for option in list(SINGLE) + list(REPEATABLE) + PLAIN + ["via", "limit", "user-name", "yes"]:
        assert "Fl Fl " + option + "\n" in r.out or "Fl Fl " + option + " " in r.out, option
    for text in ("SENTRY_AUTH_TOKEN_FILE", "CREDENTIALS_DIRECTORY", "sentryclirc",
                 "/etc/sentry-scim.conf", "130"):
        assert text in r.out, text
    if not shutil.which("mandoc"):
        raise harness.Skip("no mandoc here")
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=r.raw_out, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert lint.returncode == 0 and lint.stdout == b"", lint.stdout.decode()
    page = subprocess.run(["mandoc", "-T", "utf8"], input=r.raw_out, check=True,
                          stdout=subprocess.PIPE).stdout.decode()
    assert max(len(re.sub(".\b", "", line)) for line in page.splitlines()) <= 80


def shell(redirection, *arguments, env=None):
    """The program started by a shell with REDIRECTION."""
    return run(*arguments, env=env, wrapper=("sh", "-c", 'exec "$0" "$@" ' + redirection))


@case("a closed stdout: exit 10 and why; the member was created all the same")
def _():
    for text in (["help"], ["version"], ["man"], ["completion", "zsh"], ["help", "member"]):
        shell(">&-", *text).expect(10, err="standard output")
    with Sentry() as s:
        shell(">&-", "--url", s.url, "--org", ORG, "member", "create", MEMBER).expect(
            10, err="standard output")
        assert list(s.members()) == [MEMBER]
        shell(">&-", "--url", s.url, "--org", ORG, "config").expect(10, err="standard output")


@case("a full disk behind stdout: exit 10 and why")
def _():
    for text in (["help"], ["version"], ["config", "--org", ORG]):
        shell(">/dev/full", *text).expect(10, err=["standard output", "No space"])


@case("closed stdin and stderr do no harm, and no socket takes their place")
def _():
    with Sentry() as s:
        for number, closed in enumerate(("<&-", "2>&-", "<&- 2>&-")):
            r = shell(closed, "--url", s.url, "--org", ORG, "-vvv", "member", "create",
                      "m%d@example.com" % number).expect(0)
            assert r.json()["userName"] == "m%d@example.com" % number, r
        r = shell("<&- >&- 2>&-", "--url", s.url, "--org", ORG, "-vvv", "member", "create", MEMBER)
        assert r.code == 10, r
        assert len(s.requests()) == 4 and len(s.members()) == 4
        shell("<&-", "--url", s.url, "--org", ORG, "member", "create", "--body", "-").expect(
            2, out="", err="standard input")


@case("stdin is read only when it is asked for")
def _():
    with Sentry() as s:
        read, write_end = os.pipe()
        os.write(write_end, b"rest\n")
        os.close(write_end)
        with os.fdopen(read) as stdin:
            subprocess.run([harness.PROGRAM, "--url", s.url, "--org", ORG, "member", "create",
                            MEMBER],
                           stdin=stdin, env=harness.environment({"SENTRY_AUTH_TOKEN": TOKEN}),
                           check=True, stdout=subprocess.DEVNULL)
            assert os.read(read, 99) == b"rest\n"


@case("a reader that leaves early is met in silence")
def _():
    for arguments in (["help"], ["man"], ["completion", "bash"], ["config", "--org", ORG]):
        read, write_end = os.pipe()
        os.close(read)
        with os.fdopen(write_end, "wb") as gone:
            r = run(*arguments, stdout=gone)
            assert r.err == "" and r.code in (0, 10, -13), r
    done = subprocess.run(["sh", "-c", '"$0" help | head -1', harness.PROGRAM], check=True,
                          env=harness.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.stdout.startswith(b"sentry-scim: provision") and done.stdout.count(b"\n") == 1
    assert done.stderr == b"", done.stderr


@case("thousands of arguments are taken")
def _():
    names = ["m%05d@example.com" % i for i in range(3000)]
    r = dry("member", "create", *names).expect(0)
    assert r.out.count("POST https://") == len(names)


@case("whatever the arguments are, the program ends with a code of its own")
def _():
    for arguments in (["-"], ["--="], ["--=x"], ["---"], ["-="], ["--org=x=y", "-"], ["\x01"],
                      ["\u00e9"], ["member", "\x1b[31m"], ["-\x1b"], ["--\x1b[31m"], ["x" * 100000],
                      ["--" + "x" * 100000], ["%s%n"], ["--%s%n"], ["member", "list", "-o", "%n"],
                      ["member", "create", MEMBER, "--set", "%n%s"]):
        r = run(*arguments).expect(2, out="")
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", r.err), r
        assert len(r.err) < 20000, len(r.err)


if __name__ == "__main__":
    harness.main()
