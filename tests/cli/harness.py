"""What the end-to-end tests share: the program under test, local servers, certificates, TAP.

A test file declares cases with @case("what must be true") and ends with harness.main(). Each case is
a function without arguments that raises AssertionError. The program under test is the one named
by SENTRY_SCIM, by default build/sentry-scim. Every run of it is checked for the token: it may
appear in nothing the program writes.
"""
import atexit
import base64
import contextlib
import json
import os
import shutil
import signal
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

_cases = []
_folder = None


def folder():
    """A folder that goes away with the process."""
    global _folder
    if _folder is None:
        _folder = tempfile.mkdtemp(prefix="sentry-scim-test-")
        atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    return _folder


_serial = [0]


def path(name="file"):
    """A path of its own in that folder."""
    _serial[0] += 1
    return os.path.join(folder(), "%d-%s" % (_serial[0], name))


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


class Result:
    def __init__(self, arguments, code, out, err):
        self.arguments, self.code, self.raw_out, self.raw_err = arguments, code, out, err
        self.out = out.decode("utf-8", "surrogateescape")
        self.err = err.decode("utf-8", "surrogateescape")

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return "%r\n  exit %s\n  stdout %r\n  stderr %r" % (
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


def check_secret(result, secret):
    shapes = [secret, urllib.parse.quote(secret, safe=""), secret[8:40],
              base64.b64encode(secret.encode()).decode()[:40]]
    for shape in shapes:
        for stream in (result.out, result.err):
            assert shape not in stream, "the token is shown: %s" % result


def environment(extra=None):
    """As little as possible: nothing of the machine's own settings reaches the program."""
    env = {"PATH": os.environ.get("PATH", ""), "HOME": folder(), "LC_ALL": "C.UTF-8"}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            env[name] = os.environ[name]
    env.update({k: v for k, v in (extra or {}).items() if v is not None})
    return env


def run(*arguments, env=None, stdin=None, token=TOKEN, secret=None, timeout=LIMIT, cwd=None,
        pass_fds=(), stdout=None):
    """Runs the program. TOKEN goes in by the environment unless it is None."""
    values = dict(env or {})
    if token is not None:
        values.setdefault("SENTRY_AUTH_TOKEN", token)
    process = subprocess.run(
        [PROGRAM, *arguments], env=environment(values), timeout=timeout, cwd=cwd or folder(),
        input=stdin if stdin is None or isinstance(stdin, bytes) else stdin.encode(),
        stdin=subprocess.DEVNULL if stdin is None else None,
        stdout=subprocess.PIPE if stdout is None else stdout, stderr=subprocess.PIPE,
        pass_fds=pass_fds)
    result = Result(arguments, process.returncode, process.stdout or b"", process.stderr)
    check_secret(result, secret or token or TOKEN)
    assert "AddressSanitizer" not in result.err and "runtime error" not in result.err, result
    return result


class Sentry:
    """The local Sentry with the given switches, as a context."""

    def __init__(self, *switches, token=TOKEN, tls=None, token_rights=""):
        self.log, self.state_file = path("requests.log"), path("state.json")
        port_file = path("port")
        self.tls = tls
        command = [LOCAL_SENTRY, "--listen", "127.0.0.1:0", "--port-file", port_file, "--org", ORG,
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

    def members(self):
        """userName -> resource of what the server holds."""
        with open(self.state_file) as f:
            return {m["userName"]: m for m in json.load(f)["members"]}


class Scripted:
    """A TCP server that gives each connection to HANDLER(socket) in a thread, as a context."""

    def __init__(self, handler, family=None, host="127.0.0.1"):
        import socket
        self.socket = socket.socket(family or socket.AF_INET, socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((host, 0))
        self.socket.listen(16)
        self.port = self.socket.getsockname()[1]
        self.handler = handler
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

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


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE, cwd=folder())


class Authority:
    """A private CA that signs server and client certificates."""

    def __init__(self, name="Test CA"):
        self.key, self.file = path("ca.key"), path("ca.pem")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self.key, "-out", self.file, "-days", "30", "-subj", "/CN=" + name,
                "-addext", "basicConstraints=critical,CA:TRUE",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, names="DNS:localhost,IP:127.0.0.1,IP:::1", usage="serverAuth", days=10,
              start=None, common_name="test"):
        """(certificate file, key file)"""
        key, request, cert = path("leaf.key"), path("leaf.csr"), path("leaf.pem")
        extensions = write("subjectAltName=%s\nextendedKeyUsage=%s\nbasicConstraints=CA:FALSE\n"
                           % (names, usage), "leaf.ext")
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", key, "-out", request, "-subj", "/CN=" + common_name)
        if start is None:
            openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key,
                    "-CAcreateserial", "-days", str(days), "-extfile", extensions, "-out", cert)
        else:
            base = path("ca")
            os.mkdir(base)
            open(os.path.join(base, "index"), "w").close()
            config = write("[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\nnew_certs_dir=%s\n"
                           "rand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\n"
                           "commonName=supplied\n" % (base, base), "ca.cnf")
            openssl("ca", "-batch", "-config", config, "-cert", self.file, "-keyfile", self.key,
                    "-in", request, "-out", cert, "-notext", "-extfile", extensions,
                    "-startdate", start[0], "-enddate", start[1])
        return cert, key


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
        except Exception as problem:  # pylint: disable=broad-except
            failed += 1
            print("not ok %d - %s" % (number, title))
            text = str(problem) if isinstance(problem, AssertionError) and str(problem) else (
                traceback.format_exc())
            for line in text.splitlines():
                print("# " + line)
            print("# after %.1f s" % (time.monotonic() - begun), flush=True)
    sys.exit(1 if failed else 0)
