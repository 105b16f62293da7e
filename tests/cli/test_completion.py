#!/usr/bin/env python3
"""`completion`: the scripts are taken by the real shells, and complete what the help names."""
import os
import pty
import re
import shutil
import subprocess
import threading
import time

import harness
from harness import LIMIT, PROGRAM, Skip, case, environment, run, write


def nouns():
    """The first words of all commands, as the overview names them, and the aliases."""
    text = run("help", token=None).expect(0).out
    blocks = [b for b in text.split("\n\n") if re.match(r"(Other c|C)ommands", b)]
    found = set(re.findall(r"^  ([a-z]+)", "\n".join(blocks), re.MULTILINE))
    return found | set(re.findall(r"\(alias ([a-z]+)\)", text))


NOUNS = nouns()
assert {"member", "team", "provision", "api", "completion", "help"} <= NOUNS, NOUNS
MEMBER = {"create", "list", "get", "status", "set-role", "delete"}
FORMATS = {"auto", "table", "json", "jsonl", "csv"}

# What must come behind each line; a word that is being typed is its last.
LINES = {
    "": NOUNS,
    "m": {n for n in NOUNS if n.startswith("m")},
    "member ": MEMBER,
    "member s": {"status", "set-role"},
    "team re": {"rename", "remove"},
    # an option's value is no command, and its own words complete it
    "--org acme member l": {"list"},
    "--org member ": NOUNS,
    "-o json -q team cr": {"create"},
    "--output ": FORMATS,
    "member list --output j": {"json", "jsonl"},
    "member list -o t": {"table"},
    "provision --if-exists ": {"fail", "ok", "update"},
    "member delete ada@example.com --via d": {"delete", "deactivate"},
    # options of this command and no others
    "member list --li": {"--limit"},
    "member get --li": set(),
    "member create ada@example.com --ro": {"--role"},
    "provision --ro": {"--role"},
    "team list --org acme --ca-e": {"--ca-embedded"},
    # arguments that are words
    "completion ": {"bash", "zsh", "fish"},
    "completion z": {"zsh"},
    "help te": {"team"},
    # what is nothing
    "nonsense ": set(),
    "memberlist --li": set(),
}


def script(shell):
    return run("completion", shell, token=None).expect(0, err="").out


def installed(shell):
    if shutil.which(shell) is None:
        raise Skip(shell + " is not installed")


def options_in_help(command):
    """The long options that the help of COMMAND explains."""
    text = run("help", *command.split(), token=None).expect(0).out
    return set(re.findall(r"^ +(?:-\w, )?(--[a-z0-9-]+)", text, re.MULTILINE))


def compare(found, lines=None):
    """FOUND: line -> words that were offered."""
    for line, wanted in (lines or LINES).items():
        offered = found[line]
        if not line or line.endswith(" "):
            # where nothing has been typed, options may be offered too
            offered = {w for w in offered if not w.startswith("-")}
        assert offered == wanted, "%r: %s, not %s" % (line, sorted(offered), sorted(wanted))


def each_option(complete):
    """Every command offers exactly the options that its help explains."""
    commands = ["member list", "member create", "provision", "member delete", "team add", "schema",
                "api", "config", "version"]
    lines = [c + " --" for c in commands]
    found = complete(lines)
    for command, line in zip(commands, lines):
        offered = {w.rstrip("=") for w in found[line]}
        wanted = options_in_help(command)
        assert wanted and offered == wanted, "%s: %s" % (command, sorted(offered ^ wanted))


# ---- bash ----

def bash(lines):
    """COMPREPLY for each line, its words parted as readline parts them."""
    driver = script("bash") + (
        'while IFS= read -r line; do\n'
        '\tCOMP_WORDS=() word= rest="sentry-scim $line"\n'
        '\twhile [[ -n $rest ]]; do\n'
        '\t\tcase $rest in\n'
        '\t\t" "*) [[ -z $word ]] || COMP_WORDS+=("$word"); word= ;;\n'
        '\t\t"="*) [[ -z $word ]] || COMP_WORDS+=("$word"); COMP_WORDS+=("="); word= ;;\n'
        '\t\t*) word+=${rest:0:1} ;;\n'
        '\t\tesac\n'
        '\t\trest=${rest:1}\n'
        '\tdone\n'
        '\t[[ -z $word && $line == *= ]] || COMP_WORDS+=("$word")\n'
        '\tCOMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()\n'
        '\t_sentry_scim\n'
        '\techo "${COMPREPLY[*]}"\n'
        'done\n'
        'complete -p sentry-scim\n')
    done = subprocess.run(["bash", "--norc", "-c", driver], input="\n".join(lines) + "\n",
                          env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=LIMIT, text=True, check=True)
    assert done.stderr == "", done.stderr
    out = done.stdout.split("\n")
    assert out[len(lines)] == "complete -o default -F _sentry_scim sentry-scim", out
    return {line: set(words.split()) for line, words in zip(lines, out)}


@case("bash takes the script")
def _():
    subprocess.run(["bash", "-n", write(script("bash"))], check=True, timeout=LIMIT)


@case("bash completes commands, options and values")
def _():
    compare(bash(list(LINES)))


@case("bash offers for each command the options that its help explains")
def _():
    each_option(bash)


@case("bash completes values behind an equals sign, which is a word of its own there")
def _():
    lines = {"member list --output=": FORMATS, "member list --output=j": {"json", "jsonl"},
             "--org=acme member l": {"list"}, "--org=acme --output=csv team cr": {"create"}}
    compare(bash(list(lines)), lines)


@case("bash leaves files to readline, and offers nothing for free text")
def _():
    lines = {"member list --ca-file ": set(), "api GET Users --body x": set(),
             "member list --org ": set(), "--url ": set()}
    found = bash(list(lines))
    assert not any(found.values()), found


# ---- zsh ----

ZSHRC = r"""
PS1= PS2= ZLE_REMOVE_SUFFIX_CHARS=
unsetopt beep
autoload -Uz compinit
compinit -u -D
source $SCRIPT
compadd() {
	local -a found
	builtin compadd -O found "$@" 2>/dev/null
	print -rl -- $found >>$FOUND
	builtin compadd "$@"
}
capture() {
	zle complete-word
	print -r -- . >>$FOUND
	BUFFER=
}
zle -N capture
bindkey '^T' capture
precmd() { print -r -- ready >>$FOUND }
"""


def zsh(lines):
    """What zsh would add for each line, typed at a terminal."""
    installed("zsh")
    folder, found = harness.path("zsh"), write("", "found")
    os.mkdir(folder)
    with open(os.path.join(folder, ".zshrc"), "w") as f:
        f.write(ZSHRC)
    env = environment({"ZDOTDIR": folder, "SCRIPT": write(script("zsh"), "script"), "FOUND": found,
                       "TERM": "xterm", "COLUMNS": "200", "LINES": "60",
                       "PATH": os.path.dirname(PROGRAM) + ":" + os.environ["PATH"]})
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe("zsh", ["zsh", "-d", "-i"], env)

    def drain():
        try:
            while os.read(terminal, 65536):
                pass
        except OSError:
            pass
    threading.Thread(target=drain, daemon=True).start()

    def wait(text, count):
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            with open(found) as f:
                parts = f.read().split(text)
            if len(parts) > count:
                return parts
            time.sleep(0.02)
        raise AssertionError("zsh does not answer")

    wait("ready\n", 1)
    open(found, "w").close()
    for number, line in enumerate(lines, 1):
        os.write(terminal, ("sentry-scim " + line + "\x14").encode())
        parts = wait(".\n", number)
    os.write(terminal, b"exit\n")
    os.waitpid(pid, 0)
    os.close(terminal)
    return {line: set(part.split("\n")) - {""} for line, part in zip(lines, parts)}


@case("zsh takes the script")
def _():
    installed("zsh")
    subprocess.run(["zsh", "-n", write(script("zsh"))], check=True, timeout=LIMIT)


@case("zsh completes commands, options and values")
def _():
    found = zsh(list(LINES))
    compare({line: {w.rstrip("=") for w in words} for line, words in found.items()})


@case("zsh offers for each command the options that its help explains")
def _():
    each_option(lambda lines: {line: {w for w in words if w.startswith("--")}
                               for line, words in zsh(lines).items()})


@case("zsh takes the script as an autoloaded function too")
def _():
    installed("zsh")
    folder = harness.path("functions")
    os.mkdir(folder)
    with open(os.path.join(folder, "_sentry-scim"), "w") as f:
        f.write(script("zsh"))
    done = subprocess.run(
        ["zsh", "-f", "-c", "fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D; "
         "print $_comps[sentry-scim]" % folder], env=environment(), stdout=subprocess.PIPE,
        timeout=LIMIT, text=True, check=True)
    assert done.stdout == "_sentry-scim\n", done.stdout


# ---- fish ----

def fish(lines):
    """What `complete -C` offers for each line."""
    installed("fish")
    commands = "source %s\n" % write(script("fish"), "script")
    for line in lines:
        commands += "complete -C 'sentry-scim %s'\necho .\n" % line
    env = environment({"PATH": os.path.dirname(PROGRAM) + ":" + os.environ["PATH"],
                       "TERM": "xterm"})
    empty = harness.path("empty")
    os.mkdir(empty)
    done = subprocess.run(["fish", "--no-config", "-c", commands], env=env, cwd=empty,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT, text=True,
                          check=True)
    assert done.stderr == "", done.stderr
    parts = done.stdout.split(".\n")
    return {line: {w.split("\t")[0] for w in part.split("\n")} - {""}
            for line, part in zip(lines, parts)}


@case("fish takes the script")
def _():
    installed("fish")
    subprocess.run(["fish", "--no-config", "-n", write(script("fish"))], check=True, timeout=LIMIT)


@case("fish completes commands, options and values")
def _():
    compare(fish(list(LINES)))


@case("fish offers for each command the options that its help explains")
def _():
    each_option(fish)


# ---- all ----

@case("there are completions for three shells and no others")
def _():
    for shell in ("sh", "", "Bash", "powershell"):
        run("completion", shell, token=None).expect(2, out="", err="bash, zsh and fish")
    run("completion", token=None).expect(2, out="")


@case("completions need no settings")
def _():
    bad = write("nonsense\n", "config")
    for shell in ("bash", "zsh", "fish"):
        r = run("completion", shell, token=None, env={"SENTRY_SCIM_CONFIG": bad, "SENTRY_URL": ":"})
        r.expect(0)
        assert r.err == "" and "sentry-scim" in r.out, r


harness.main()
