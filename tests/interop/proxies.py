"""Through proxies and relays that nobody here wrote: tinyproxy, squid, stunnel, haproxy, microsocks,
ssh."""
import os
import shutil
import subprocess

from parts import ADA, CA, CERT, Daemon, command, folder, free_port, need
from harness import ORG, TOKEN, Sentry, Skip, case, path, run, write

PACKAGES = (("tinyproxy", "tinyproxy"), ("squid", "squid"), ("stunnel4", "stunnel4"),
            ("haproxy", "haproxy"), ("microsocks", "microsocks"), ("sshd", "openssh-server"),
            ("ssh", "openssh-client"))
USER, PASSWORD = "proxy-user", "p%ss:word/0123456789-canary"
CODED = "proxy-user:p%25ss%3Aword%2F0123456789-canary"


def create(server, *arguments, name=ADA, **options):
    return run("--url", server.url, "--org", ORG, "--ca-file", CA.file, "--retries", "0", "member",
               "create", name, *arguments, **options)


def through(scheme, port, coded=None):
    return "--proxy", "%s://%s127.0.0.1:%d" % (scheme, coded + "@" if coded else "", port)


def try_all(server, scheme, port, down):
    """What every proxy has to do. DOWN ends it."""
    create(server, *through(scheme, port), "-v").expect(0, err="the proxy connected it")
    create(server, *through(scheme, port), name="b@example.com").expect(0)
    assert sorted(server.members()) == [ADA, "b@example.com"]
    down()
    create(server, *through(scheme, port)).expect(3, out="", err=["the proxy", "refused"])


# ---- tinyproxy ----

def tinyproxy(extra=""):
    port = free_port()
    return Daemon(["tinyproxy", "-d", "-c", write(
        "Port %d\nListen 127.0.0.1\nTimeout 30\nAllow 127.0.0.1\nLogLevel Error\n%s" % (port, extra),
        "tinyproxy.conf", 0o644)], port)


@case("tinyproxy: through it, and without it")
def _():
    with Sentry(tls=CERT) as s, tinyproxy() as p:
        try_all(s, "http", p.port, p.stop)


@case("tinyproxy: credentials are wanted: given, wrong, missing")
def _():
    # Its configuration takes no '%' or ':' in a password.
    with Sentry(tls=CERT) as s, tinyproxy("BasicAuth user secret-0123456789\n") as p:
        good, bad = "user:secret-0123456789", "user:secret-9876543210"
        create(s, *through("http", p.port, good), secret=(TOKEN, "secret-0123456789")).expect(0)
        create(s, *through("http", p.port, bad), secret=(TOKEN, "secret-9876543210")).expect(
            3, out="", err=["password (401)", "hint: "])
        create(s, *through("http", p.port)).expect(3, out="", err=["407", "hint: "])
        assert len(s.members()) == 1


@case("tinyproxy: a port that it does not connect to is its refusal, not the server's")
def _():
    with Sentry(tls=CERT) as s, tinyproxy("ConnectPort 443\n") as p:
        create(s, *through("http", p.port)).expect(3, out="", err=["the proxy", "403"])


# ---- squid ----

def squid(extra="", allow="http_access allow all\n", listen=None):
    port, here = free_port(), folder("squid", 0o777)
    config = write("""
http_port %s
pid_filename none
cache deny all
cache_log %s/cache.log
access_log none
coredump_dir %s
shutdown_lifetime 0 seconds
%s%s""" % (listen or "127.0.0.1:%d" % port, here, here, extra, allow), "squid.conf", 0o644)
    return Daemon([command("squid"), "-N", "-f", config], port)


@case("squid: through it, and without it")
def _():
    with Sentry(tls=CERT) as s, squid() as p:
        try_all(s, "http", p.port, p.stop)


@case("squid: credentials with every odd character, wrong ones, none; and what it forbids")
def _():
    done = subprocess.run(["openssl", "passwd", "-apr1", "-stdin"], input=PASSWORD.encode(),
                          stdout=subprocess.PIPE, check=True)
    # The helper runs as squid's own user.
    users = write("%s:%s" % (USER, done.stdout.decode()), "users", 0o644)
    parent = os.path.dirname(users)
    while parent not in ("/", "/tmp"):
        os.chmod(parent, 0o755)
        parent = os.path.dirname(parent)
    basic = "auth_param basic program /usr/lib/squid/basic_ncsa_auth %s\n" % users
    allow = "acl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all\n"
    with Sentry(tls=CERT) as s, squid(basic, allow) as p:
        create(s, *through("http", p.port, CODED), secret=(TOKEN, PASSWORD)).expect(0)
        create(s, *through("http", p.port, CODED + "x"), secret=(TOKEN, PASSWORD)).expect(
            3, out="", err=["407", "hint: "])
        create(s, *through("http", p.port)).expect(3, out="", err=["407", "hint: "])
        assert len(s.members()) == 1
    with Sentry(tls=CERT) as s, squid(allow="http_access deny all\n") as p:
        create(s, *through("http", p.port)).expect(3, out="", err=["the proxy", "403"])


@case("squid: an origin that is not there is told from a proxy that is not there")
def _():
    with Sentry(tls=CERT) as s, squid() as p:
        url = "https://localhost:%d" % free_port()
        run("--url", url, "--org", ORG, "--ca-file", CA.file, "--retries", "0",
            *through("http", p.port), "member", "list").expect(3, err=["the proxy", "503"])
        assert s.requests() == []


# ---- stunnel ----

def stunnel(service, port):
    here = folder("stunnel", 0o777)
    return Daemon(["stunnel4", write("foreground = yes\npid = %s/pid\nsyslog = no\n[x]\n%s" % (
        here, service), "stunnel.conf", 0o644)], port)


def terminator(to, port=None, options=""):
    port = port or free_port()
    return stunnel("accept = 127.0.0.1:%d\nconnect = 127.0.0.1:%d\ncert = %s\nkey = %s\n%s" % (
        port, to, CERT[0], CERT[1], options), port)


@case("stunnel: a proxy over TLS, which is tinyproxy behind it, in both versions")
def _():
    for version in ("TLSv1.2", "TLSv1.3"):
        with Sentry(tls=CERT) as s, tinyproxy() as inner, terminator(
                inner.port, options="sslVersion = %s\n" % version) as p:
            create(s, *through("https", p.port), "-v").expect(0, err="with the proxy " + version)
            inner.stop()
            create(s, *through("https", p.port), name="b@example.com").expect(
                3, err="the proxy")


@case("stunnel: TLS in front of a server that speaks none")
def _():
    with Sentry() as s, terminator(s.port) as p:
        run("--url", "https://localhost:%d" % p.port, "--org", ORG, "--ca-file", CA.file, "member",
            "create", ADA, "b@example.com", "-v").expect(0, err="TLSv1.3")
        assert len(s.members()) == 2


# ---- haproxy ----

def haproxy(text, port):
    return Daemon([command("haproxy"), "-db", "-f", write("""
defaults
  timeout connect 5s
  timeout client 30s
  timeout server 30s
%s""" % text, "haproxy.cfg", 0o644)], port)


def whole(certificate):
    text = b""
    for file in certificate:
        with open(file, "rb") as f:
            text += f.read()
    return write(text, "whole.pem")


@case("haproxy: ends TLS and speaks HTTP with the server; its own pages are told from Sentry's")
def _():
    port = free_port()
    with Sentry() as s:
        text = """
frontend f
  mode http
  bind 127.0.0.1:%d ssl crt %s alpn h2,http/1.1
  default_backend b
backend b
  mode http
  server s 127.0.0.1:%d
""" % (port, whole(CERT), s.port)
        url = ("--url", "https://localhost:%d" % port, "--org", ORG, "--ca-file", CA.file)
        with haproxy(text, port):
            r = run(*url, "member", "create", ADA, "b@example.com", "-v").expect(0, err="http/1.1")
            assert r.err.count("connected to") == 1 and len(s.members()) == 2, r
            file = write("userName\n" + "".join("m%d@example.com\n" % i for i in range(50)))
            run(*url, "roster", "import", file, "--rate", "1000").expect(0, err="50 created")
            s.process.kill()
            s.process.wait()
            run(*url, "member", "list", "--retries", "1").expect(9, out="", err="503")
            run(*url, "member", "create", "z@example.com", "--retries", "1").expect(4, err="503")


@case("haproxy: passes TLS through by its SNI, to the right server")
def _():
    port = free_port()
    with Sentry(tls=CA.issue("DNS:a.example")) as a, Sentry(tls=CA.issue("DNS:b.example")) as b:
        text = """
frontend f
  mode tcp
  bind 127.0.0.1:%d
  tcp-request inspect-delay 5s
  tcp-request content accept if { req_ssl_hello_type 1 }
  use_backend a if { req_ssl_sni -i a.example }
  use_backend b if { req_ssl_sni -i b.example }
backend a
  mode tcp
  server s 127.0.0.1:%d
backend b
  mode tcp
  server s 127.0.0.1:%d
""" % (port, a.port, b.port)
        with haproxy(text, port):
            for name, server in (("a", a), ("b", b)):
                run("--url", "https://%s.example:%d" % (name, port), "--org", ORG, "--ca-file",
                    CA.file, "--resolve", "%s.example:%d:127.0.0.1" % (name, port), "member",
                    "create", name + "@example.com").expect(0)
                assert list(server.members()) == [name + "@example.com"]
            run("--url", "https://c.example:%d" % port, "--org", ORG, "--ca-file", CA.file,
                "--resolve", "c.example:%d:127.0.0.1" % port, "--retries", "0", "member",
                "list").expect(3)


# ---- microsocks ----

def microsocks(*options):
    port = free_port()
    return Daemon(["microsocks", "-i", "127.0.0.1", "-p", str(port), *options], port)


@case("microsocks: with the name, with the address, without it")
def _():
    for scheme in ("socks5", "socks5h"):
        with Sentry(tls=CERT) as s, microsocks() as p:
            try_all(s, scheme, p.port, p.stop)


@case("microsocks: credentials are wanted: given, wrong, missing; an origin that is not there")
def _():
    with Sentry(tls=CERT) as s, microsocks("-u", USER, "-P", PASSWORD) as p:
        create(s, *through("socks5h", p.port, CODED), secret=(TOKEN, PASSWORD)).expect(0)
        create(s, *through("socks5h", p.port, CODED + "x"), secret=(TOKEN, PASSWORD)).expect(
            3, out="", err="hint: ")
        create(s, *through("socks5h", p.port)).expect(3, out="", err="hint: ")
        assert len(s.members()) == 1
    with microsocks() as p:
        run("--url", "https://localhost:%d" % free_port(), "--org", ORG, "--ca-file", CA.file,
            "--retries", "0", *through("socks5h", p.port), "member", "list").expect(
                3, err=["the proxy", "refused"])


# ---- ssh ----

class SshServer(Daemon):
    """sshd for whoever runs this, with keys of its own."""

    def __init__(self):
        here = folder("ssh", 0o700)
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                            os.path.join(here, name)], check=True)
        shutil.copy(os.path.join(here, "user.pub"), os.path.join(here, "authorized"))
        self.here, port = here, free_port()
        os.makedirs("/run/sshd", exist_ok=True)
        config = write("""
ListenAddress 127.0.0.1:%d
HostKey %s/host
AuthorizedKeysFile %s/authorized
StrictModes no
PasswordAuthentication no
UsePAM no
PidFile none
PermitRootLogin prohibit-password
AllowTcpForwarding yes
AllowStreamLocalForwarding yes
""" % (port, here, here), "sshd_config")
        super().__init__([command("sshd"), "-D", "-e", "-f", config], port)

    def client(self, *options, port=None, unix=None):
        return Daemon(["ssh", "-N", "-F", "none", "-i", os.path.join(self.here, "user"), "-p",
                       str(self.port), "-o", "StrictHostKeyChecking=no", "-o",
                       "UserKnownHostsFile=/dev/null", "-o", "ExitOnForwardFailure=yes",
                       *options, "127.0.0.1"], port=port, unix=unix)


def ssh_works():
    if os.getuid() != 0:
        raise Skip("sshd is started by root only")


@case("ssh -D: the jump host's resolver and network are used, and it may go away")
def _():
    ssh_works()
    port = free_port()
    with Sentry(tls=CERT) as s, SshServer() as server, server.client(
            "-D", "127.0.0.1:%d" % port, port=port) as p:
        p.port = port
        try_all(s, "socks5h", port, p.stop)


@case("ssh -L with a socket file: a relay for --unix-socket")
def _():
    ssh_works()
    where = path("relay.sock")
    with Sentry(tls=CERT) as s, SshServer() as server, server.client(
            "-L", "%s:127.0.0.1:%d" % (where, s.port), unix=where) as p:
        create(s, "--unix-socket", where).expect(0)
        assert list(s.members()) == [ADA]
        p.stop()
        create(s, "--unix-socket", where).expect(3, err=["unix:" + where, "hint: "])


def prepare():
    need(*PACKAGES)
