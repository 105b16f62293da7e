"""What the interoperability tests share: packages, and servers that nobody here wrote."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests/cli"))
import harness  # pylint: disable=wrong-import-position
from harness import Authority, path  # pylint: disable=wrong-import-position

CA = Authority("Interop CA")
CERT = CA.issue()
ADA = "ada@example.com"


def need(*commands):
    """Installs the packages of the (command, package) pairs that are missing, or says how."""
    missing = [package for command, package in commands
               if not shutil.which(command, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")]
    if not missing:
        return
    line = ["apt-get", "install", "-y", "--no-install-recommends"] + missing
    if os.getuid() != 0:
        sys.exit("to install what is missing, type: sudo " + " ".join(line))
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL,
                   env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))


def command(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def folder(name, mode=0o755):
    where = path(name)
    os.mkdir(where)
    os.chmod(where, mode)
    return where


class Daemon:
    """A program that listens on PORT (or the socket file UNIX) while it runs."""

    def __init__(self, arguments, port=None, unix=None, prefix=(), env=None):
        self.port, self.unix = port, unix
        self.log = path("daemon.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*prefix, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                start_new_session=True)
        for _ in range(400):
            if self.process.poll() is not None:
                break
            if self._answers():
                return
            time.sleep(0.05)
        self.stop()
        with open(self.log, encoding="utf-8", errors="replace") as log:
            raise AssertionError("%s does not start: %s" % (arguments[0], log.read()[-2000:]))

    def _answers(self):
        family, where = ((socket.AF_UNIX, self.unix) if self.unix else
                         (socket.AF_INET, ("127.0.0.1", self.port)))
        with socket.socket(family) as s:
            return s.connect_ex(where) == 0

    def stop(self):
        """Ends it and what it has started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
