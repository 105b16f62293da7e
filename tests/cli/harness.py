"""What the end-to-end tests share: the program under test, local servers, certificates, TAP.

A test file declares cases with @case("what must be true") and ends with harness.main(). Each case
is a function without arguments that raises AssertionError. The program under test is the one named
by SENTRY_SCIM, by default build/sentry-scim. Every run of it is checked for the token: it may
appear in nothing the program writes.
"""
import atexit
import base64
import contextlib
import http.client
import itertools
import json
import os
import pty
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.abspath(os.environ.get("SENTRY_SCIM", os.path.join(ROOT, "build/sentry-scim")))
LOCAL_SENTRY = os.path.join(ROOT, "build/local-sentry")
TOKEN = "sntryi_c4na2yc4na2yc4na2yc4na2yc4na2yc4na2yc4na2yc4na2yc4na2yc4na2yc4"
ORG = "acme"
LIMIT = 60  # seconds that nothing here takes

# A shell that runs the tests in the background has these ignored, and the programs would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
for ignored in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
    signal.signal(ignored, signal.SIG_DFL)

_cases = []
_folder = None


def folder():
    """A folder that goes away with the process."""
    global _folder
    if _folder is None:
        _folder = tempfile.mkdtemp(prefix="sentry-scim-test-")
        atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    return _folder


_serial = itertools.count(1)


def path(name="file"):
    """A path of its own in that folder, whatever thread asks."""
    return os.path.join(folder(), "%d-%s" % (next(_serial), name))


def write(text, name="file", mode=0o600):
    where = path(name)
    with open(where, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    os.chmod(where, mode)
    return where


def case(title):
    def register(function):
        _cases.append((title, function))
        return function
    return register


class Skip(Exception):
    """Ends a case that this machine cannot run; its text says what is missing."""


class Result:
    def __init__(self, arguments, code, out, err):
        self.arguments, self.code, self.raw_out, self.raw_err = arguments, code, out, err
        self.out = out.decode("utf-8", "surrogateescape")
        self.err = err.decode("utf-8", "surrogateescape")

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return "%r\n  exit %s\n  stdout %.2000r\n  stderr %.2000r" % (
            self.arguments, self.code, self.out, self.err)

    def expect(self, code, out=None, err=None):
        """Checks the exit code, the exact stdout if OUT is given, and that ERR (a text or several)
        stands in stderr."""
        assert self.code == code, "exit code is not %s: %s" % (code, self)
        if out is not None:
            assert self.out == out, "stdout is not %r: %s" % (out, self)
        for text in [err] if isinstance(err, str) else err or []:
            assert text in self.err, "%r is not in stderr: %s" % (text, self)
        return self


def base64_core(secret, offset):
    """The characters of base64 that SECRET alone decides when OFFSET bytes stand before it."""
    text = base64.b64encode(b"\0" * offset + secret.encode()).decode().rstrip("=")
    end = len(text) - (1 if (offset + len(secret)) % 3 else 0)
    return text[-(-offset * 8 // 6):end]


def unescaped(text):
    """TEXT with its \\xHH, \\uHHHH and \\C written out."""
    return re.sub(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|(.))",
                  lambda m: m.group(3) or chr(int(m.group(1) or m.group(2), 16)), text)


def shows(text, secret):
    """Whether SECRET, or the greater part of it, can be read out of TEXT."""
    plain = [text, urllib.parse.unquote(text), unescaped(text), re.sub(r"\s", "", text)]
    parts = [secret] + ([secret[8:40]] if len(secret) >= 24 else [])
    if any(part in view for part in parts for view in plain):
        return True
    coded = text.replace("-", "+").replace("_", "/")
    return any(base64_core(secret, offset) in coded for offset in range(3))


def check_secret(result, secret):
    for one in [secret] if isinstance(secret, str) else secret:
        for stream in (result.out, result.err):
            assert not shows(stream, one), "a secret is shown: %s" % result


def environment(extra=None):
    """As little as possible: nothing of the machine's own settings reaches the program."""
    env = {"PATH": os.environ.get("PATH", ""), "HOME": folder(), "LC_ALL": "C.UTF-8"}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            env[name] = os.environ[name]
    env.update(extra or {})
    return {k: v for k, v in env.items() if v is not None}


def run(*arguments, env=None, stdin=None, token=TOKEN, secret=None, timeout=LIMIT, cwd=None,
        pass_fds=(), stdout=None, wrapper=()):
    """Runs the program. TOKEN goes in by the environment unless it is None. SECRET, one or
    several, may not be shown; by default it is the token. WRAPPER is a command that runs another. A
    variable of ENV that is None is not set."""
    values = dict(env or {})
    if token is not None:
        values.setdefault("SENTRY_AUTH_TOKEN", token)
    process = subprocess.run(
        [*wrapper, PROGRAM, *arguments], env=environment(values), timeout=timeout,
        cwd=cwd or folder(),
        input=stdin if stdin is None or isinstance(stdin, bytes) else stdin.encode(),
        stdin=subprocess.DEVNULL if stdin is None else None,
        stdout=subprocess.PIPE if stdout is None else stdout, stderr=subprocess.PIPE,
        pass_fds=pass_fds)
    result = Result(arguments, process.returncode, process.stdout or b"", process.stderr)
    check_secret(result, secret or token or TOKEN)
    check_sanitizers(result)
    return result


def check_sanitizers(result):
    assert "Sanitizer" not in result.err and "runtime error" not in result.err, result


def start(*arguments, env=None, token=TOKEN, **options):
    """The program, running."""
    values = dict(env or {})
    if token is not None:
        values.setdefault("SENTRY_AUTH_TOKEN", token)
    return subprocess.Popen([PROGRAM, *arguments], env=environment(values), cwd=folder(),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **options)


def on_terminal(*arguments, env=None, token=TOKEN):
    """Runs the program with a terminal as its standard output."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, *arguments], stdout=slave, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        env=environment({"SENTRY_AUTH_TOKEN": token, "TERM": "xterm", **(env or {})}))
    os.close(slave)
    text = b""
    with contextlib.suppress(OSError):  # the other end is closed: that is how a terminal ends
        while True:
            more = os.read(master, 65536)
            if not more:
                break
            text += more
    os.close(master)
    with process.stderr:
        errors = process.stderr.read()
    result = Result(arguments, process.wait(), text, errors)
    check_secret(result, token or TOKEN)
    check_sanitizers(result)
    return result


def run_until_killed(command, call, nth):
    """Runs the program until its NTH system call CALL, if there is one, kills it; whether it did."""
    done = subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e",
         "inject=%s:signal=SIGKILL:when=%d" % (call, nth), PROGRAM, *command],
        env=environment({"SENTRY_AUTH_TOKEN": TOKEN}), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=LIMIT, check=False)
    return done.returncode != 0


class Sentry:
    """The local Sentry with the given switches, as a context."""

    def __init__(self, *switches, token=TOKEN, tls=None, token_rights="", port=0):
        self.log, self.state_file = path("requests.log"), path("state.json")
        port_file = path("port")
        self.tls = tls
        command = [LOCAL_SENTRY, "--listen", "127.0.0.1:%d" % port, "--port-file", port_file, "--org", ORG,
                   "--log", self.log, "--state", self.state_file]
        if token is not None:
            command += ["--token", token + token_rights]
        if tls:
            command += ["--tls", tls[0], tls[1]]
        self.process = subprocess.Popen(command + list(switches), stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        line = self.process.stdout.readline().decode()
        assert line.startswith("listening on "), (
            "the local Sentry does not start: %s" % self.process.stderr.read().decode())
        self.port = int(line.rsplit(":", 1)[1])
        self.url = "%s://%s:%d" % ("https" if tls else "http",
                                   "localhost" if tls else "127.0.0.1", self.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        errors = self.process.stderr.read().decode()
        self.process.stderr.close()
        assert "Sanitizer" not in errors, errors

    def run(self, *arguments, **options):
        """The program against this server and its organization."""
        return run("--url", self.url, "--org", ORG, *arguments, **options)

    def requests(self):
        """What arrived, as [method, target] pairs."""
        return [[r["method"], r["path"]] for r in self.log_entries()]

    def log_entries(self):
        try:
            with open(self.log) as f:
                return [json.loads(line) for line in f if line.strip()]
        except FileNotFoundError:
            return []

    def methods(self):
        return [m for m, _ in self.requests()]

    def state(self):
        """All that the server holds, after everything that has reached it until now."""
        if self.tls:
            c = http.client.HTTPSConnection("localhost", self.port, timeout=LIMIT,
                                            context=ssl._create_unverified_context())
        else:
            c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        with contextlib.closing(c):
            c.request("GET", "/_local/state")
            return json.loads(c.getresponse().read())

    def members(self):
        """userName -> resource of what the server holds."""
        with open(self.state_file) as f:
            return {m["userName"]: m for m in json.load(f)["members"]}


class Scripted:
    """A TCP server that gives each connection to HANDLER(socket) in a thread, as a context."""

    def __init__(self, handler, family=None, host="127.0.0.1"):
        self.socket = socket.socket(family or socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((host, 0))
        self.socket.listen(16)
        self.port = self.socket.getsockname()[1]
        self.handler = handler
        self.connections = 0
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError, ValueError), connection:
            connection.settimeout(LIMIT)
            self.handler(connection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Closed under the thread's feet, the descriptor could be the next server's by the time that
        # the thread comes back to it.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(LIMIT)
        self.socket.close()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port


def read_request(connection):
    """One request with its body, as (head, body) in bytes; (b"", b"") at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b"", b""
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        more = connection.recv(65536)
        if not more:
            break
        body += more
    return head, body


def answering(*answers):
    """A handler that reads a request and sends the next of ANSWERS (bytes), over all
    connections; the last one again and again."""
    left = list(answers)
    lock = threading.Lock()

    def handle(connection):
        while read_request(connection)[0]:
            with lock:
                answer = left.pop(0) if len(left) > 1 else left[0]
            connection.sendall(answer)
    return handle


def answer(status, body=b"", *headers, reason="X"):
    body = body if isinstance(body, bytes) else body.encode()
    head = "HTTP/1.1 %d %s\r\nContent-Length: %d\r\n" % (status, reason, len(body))
    return (head + "".join(h + "\r\n" for h in headers) + "\r\n").encode() + body


MEMBER = "ada@example.com"


class Recorder(Scripted):
    """A server that answers everything as if it were the creation of MEMBER, and keeps the heads
    and bodies of what came."""

    def __init__(self, reply=None, **options):
        self.heads, self.bodies = [], []
        self.reply = reply or answer(201, '{"id":"1","userName":"%s"}' % MEMBER)
        super().__init__(self._record, **options)

    def _record(self, connection):
        while True:
            head, body = read_request(connection)
            if not head:
                return
            self.heads.append(head.decode("latin-1"))
            self.bodies.append(body)
            connection.sendall(self.reply)

    def field(self, name):
        """The values of the field NAME in the last request."""
        lines = [line.partition(":") for line in self.heads[-1].split("\r\n")[1:]]
        return [value.strip() for key, _, value in lines if key.lower() == name.lower()]

    def token(self):
        """The token of the last request."""
        (value,) = self.field("Authorization")
        assert value.startswith("Bearer "), value
        return value[7:]


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE, cwd=folder())


# From when to when certificates of an Authority with ALWAYS are valid.
ALWAYS = ("20000101000000Z", "20491231235959Z")
EC_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def sign(request, extensions, days, dates, *by):
    """The file of a certificate for REQUEST, valid for DAYS from now or between the two DATES."""
    cert, extensions = path("cert.pem"), write(extensions, "ext")
    if dates is None:
        openssl("x509", "-req", "-in", request, "-CA", by[0], "-CAkey", by[1], "-CAcreateserial",
                "-days", str(days), "-extfile", extensions, "-out", cert)
        return cert
    base = path("ca")
    os.mkdir(base)
    open(os.path.join(base, "index"), "w").close()
    config = write("[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\nnew_certs_dir=%s\n"
                   "rand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n"
                   % (base, base), "ca.cnf")
    issuer = ("-cert", by[0], "-keyfile", by[1]) if by[0] else ("-selfsign", "-keyfile", by[1])
    openssl("ca", "-batch", "-config", config, *issuer, "-in", request, "-out", cert, "-notext",
            "-extfile", extensions, "-startdate", dates[0], "-enddate", dates[1])
    return cert


class Authority:
    """A private CA that signs server and client certificates. DATES: from when to when its own
    certificate is valid; PARENT: the Authority that signed it, if it did not do so itself."""

    EXTENSIONS = ("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
                  "subjectKeyIdentifier=hash\n")

    def __init__(self, name="Test CA", dates=ALWAYS, parent=None):
        self.key, request = path("ca.key"), path("ca.csr")
        openssl("req", "-new", *EC_KEY, "-keyout", self.key, "-out", request, "-subj",
                "/CN=" + name)
        by = (parent.file, parent.key) if parent else (None, self.key)
        self.file = sign(request, self.EXTENSIONS, 30, dates, *by)

    def issue(self, names="DNS:localhost,IP:127.0.0.1,IP:::1", usage="serverAuth", days=10,
              start=None, common_name="test"):
        """(certificate file, key file); without NAMES there is no subjectAltName."""
        key, request = path("leaf.key"), path("leaf.csr")
        openssl("req", "-new", *EC_KEY, "-keyout", key, "-out", request,
                "-subj", "/CN=" + common_name)
        extensions = "extendedKeyUsage=%s\nbasicConstraints=CA:FALSE\n" % usage
        if names:
            extensions += "subjectAltName=%s\n" % names
        return sign(request, extensions, days, start, self.file, self.key), key


def main():
    """Runs the cases and prints TAP. Arguments choose cases by part of their title."""
    chosen = [c for c in _cases if len(sys.argv) < 2 or any(a in c[0] for a in sys.argv[1:])]
    print("1..%d" % len(chosen), flush=True)
    failed = 0
    for number, (title, function) in enumerate(chosen, 1):
        begun = time.monotonic()
        try:
            function()
            print("ok %d - %s" % (number, title), flush=True)
        except Skip as reason:
            print("ok %d - %s # SKIP %s" % (number, title, reason), flush=True)
        except Exception as problem:  # pylint: disable=broad-except
            failed += 1
            print("not ok %d - %s" % (number, title))
            text = str(problem) if isinstance(problem, AssertionError) and str(problem) else (
                traceback.format_exc())
            for line in text.splitlines():
                print("# " + line)
            print("# after %.1f s" % (time.monotonic() - begun), flush=True)
    sys.exit(1 if failed else 0)
