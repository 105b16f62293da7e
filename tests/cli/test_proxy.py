#!/usr/bin/env python3
"""The way through proxies: HTTP CONNECT, SOCKS5, credentials, exceptions, and what fails on it."""
import base64
import contextlib
import ipaddress
import socket
import ssl
import threading

import harness
from harness import (MEMBER, ORG, TOKEN, Authority, Recorder, Scripted, Sentry, answer, case, path,
                     run, write)

CA = Authority()
HOST = "sentry.example"
ORIGIN = CA.issue("DNS:sentry.example,DNS:localhost,IP:127.0.0.1")
USER, PASSWORD = "us er@corp", "p:ss/w%rd-0123456789-canary"
CODED = "us%20er%40corp:p%3Ass%2Fw%25rd-0123456789-canary"
BASIC = "Basic " + base64.b64encode((USER + ":" + PASSWORD).encode()).decode()


class Proxy(Scripted):
    """What proxies have in common. TARGET: the port that every connection is led to, if not the one
    asked for. SEEN: what was asked for, in order. SENT: all bytes that clients sent through."""

    def __init__(self, target=None, **options):
        self.target, self.seen, self.sent = target, [], b""
        super().__init__(self.guide, **options)

    def relay(self, client, port):
        with socket.create_connection(("127.0.0.1", self.target or port), harness.LIMIT) as origin:
            def back():
                with contextlib.suppress(OSError):
                    while True:
                        data = origin.recv(65536)
                        if not data:
                            break
                        client.sendall(data)
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_WR)
            thread = threading.Thread(target=back, daemon=True)
            thread.start()
            while True:
                data = client.recv(65536)
                if not data:
                    break
                self.sent += data
                origin.sendall(data)
            with contextlib.suppress(OSError):
                origin.shutdown(socket.SHUT_WR)
            thread.join(harness.LIMIT)


class HttpProxy(Proxy):
    """ANSWER: said to CONNECT instead of 200. WANTS: the Proxy-Authorization that must come."""

    def __init__(self, target=None, reply=None, wants=None, **options):
        self.heads, self.reply, self.wants = [], reply, wants
        super().__init__(target, **options)

    def guide(self, client):
        data = b""
        while b"\r\n\r\n" not in data:
            more = client.recv(1)
            if not more:
                return
            data += more
        lines = data.decode("latin-1").split("\r\n")[:-2]
        self.heads.append(lines)
        self.seen.append(lines[0])
        fields = dict(line.split(": ", 1) for line in lines[1:])
        if self.wants is not None and fields.get("Proxy-Authorization") != self.wants:
            client.sendall(answer(407, "who are you?", 'Proxy-Authenticate: Basic realm="x"'))
        elif self.reply is not None:
            client.sendall(self.reply)
        else:
            port = int(lines[0].split(" ")[1].rsplit(":", 1)[1])
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.relay(client, port)

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port


class TlsProxy(HttpProxy):
    """An HTTP proxy that is itself reached over TLS."""

    def __init__(self, certificate, *arguments, version=None, **options):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificate)
        if version:
            self.context.minimum_version = self.context.maximum_version = version
        self.names, self.asked_for_certificate = [], False
        self.context.sni_callback = lambda _, name, __: self.names.append(name)
        super().__init__(*arguments, **options)

    def guide(self, client):
        try:
            inside = self.context.wrap_socket(client, server_side=True)
        except ssl.SSLError:
            return
        with inside:
            inside.settimeout(harness.LIMIT)
            super().guide(inside)

    @property
    def url(self):
        return "https://proxy.example:%d" % self.port

    def options(self):
        return "--resolve", "proxy.example:%d:127.0.0.1" % self.port


class SocksProxy(Proxy):
    """WANTS: the (user, password) that must come. CODE: the reply to CONNECT, if not success."""

    def __init__(self, target=None, wants=None, code=0, **options):
        self.wants, self.code, self.logins = wants, code, []
        super().__init__(target, **options)

    @staticmethod
    def take(client, count):
        data = b""
        while len(data) < count:
            more = client.recv(count - len(data))
            if not more:
                raise ValueError("the client left")
            data += more
        return data

    def text(self, client):
        return self.take(client, self.take(client, 1)[0]).decode()

    def logged_in(self, client):
        version, count = self.take(client, 2)
        methods = self.take(client, count)
        assert version == 5
        method = 2 if self.wants else 0
        if method not in methods:
            client.sendall(b"\5\xff")
            return False
        client.sendall(bytes([5, method]))
        if not self.wants:
            return True
        assert self.take(client, 1) == b"\1"
        self.logins.append((self.text(client), self.text(client)))
        good = self.logins[-1] == self.wants
        client.sendall(b"\1\0" if good else b"\1\1")
        return good

    def guide(self, client):
        if not self.logged_in(client):
            return
        _, command, _, kind = self.take(client, 4)
        assert command == 1
        if kind == 3:
            host = self.text(client)
        else:
            host = str(ipaddress.ip_address(self.take(client, 4 if kind == 1 else 16)))
        port = int.from_bytes(self.take(client, 2), "big")
        self.seen.append((kind, host, port))
        client.sendall(bytes([5, self.code, 0, 1, 0, 0, 0, 0, 0, 0]))
        if self.code == 0:
            self.relay(client, port)

    def address(self, scheme):
        return "%s://127.0.0.1:%d" % (scheme, self.port)


def create(url, *arguments, **options):
    return run("--url", url, "--org", ORG, "--ca-file", CA.file, "--retries", "0", "member",
               "create", MEMBER, *arguments, **options)


def https(port, host=HOST):
    return "https://%s:%d" % (host, port)


@case("an HTTP proxy is asked for the name and gets nothing else: no token, no header of the user")
def _():
    with Sentry(tls=ORIGIN) as s, HttpProxy(s.port) as p:
        create(https(9443), "--proxy", p.url, "--header", "X-Gateway: yes").expect(0)
        names = [line.split(":")[0] for line in p.heads[0][1:]]
        assert p.heads[0][0] == "CONNECT %s:9443 HTTP/1.1" % HOST, p.heads
        assert "Host: %s:9443" % HOST in p.heads[0] and names == ["Host", "User-Agent"], p.heads
        assert TOKEN.encode() not in p.sent and b"X-Gateway" not in p.sent and p.sent, p.sent
        assert list(s.members()) == [MEMBER]


PROXY = CA.issue("DNS:proxy.example")


@case("a proxy over TLS: its own name is verified, and the origin's inside, in both versions")
def _():
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with Sentry(tls=ORIGIN) as s, TlsProxy(PROXY, s.port, version=version) as p:
            create(https(9443), "b@example.com", "--proxy", p.url, *p.options()).expect(0)
            assert p.seen == ["CONNECT %s:9443 HTTP/1.1" % HOST], p.seen
            assert p.names == ["proxy.example"] and len(s.members()) == 2
            assert TOKEN.encode() not in p.sent and p.sent
    with Sentry(tls=ORIGIN) as s, TlsProxy(PROXY, s.port, wants=BASIC) as p:
        secrets = (TOKEN, PASSWORD)
        where = p.url.replace("://", "://" + CODED + "@")
        r = create(https(9443), "--proxy", where, *p.options(), "-vvv", secret=secrets)
        r.expect(0, err="with the proxy TLSv1.3")
        create(https(9443), "--proxy", p.url, *p.options()).expect(3, err="407")
    with Recorder() as origin, TlsProxy(PROXY) as p:
        create(origin.url, "--proxy", p.url, *p.options()).expect(0)
        assert origin.token() == TOKEN


@case("a proxy over TLS that is not the one named, or speaks no TLS, gets nothing")
def _():
    other = Authority("Another CA")
    for certificate, words in ((CA.issue("DNS:else.example"), "not for proxy.example"),
                               (other.issue("DNS:proxy.example"), "not trusted"),
                               (CA.issue("DNS:proxy.example",
                                         start=("20000101000000Z", "20010101000000Z")),
                                "expired")):
        with Sentry(tls=ORIGIN) as s, TlsProxy(certificate, s.port) as p:
            create(https(9443), "--proxy", p.url.replace("://", "://" + CODED + "@"),
                   *p.options(), secret=(TOKEN, PASSWORD)).expect(
                       3, out="", err=["the proxy: ", words])
            assert p.seen == [] and s.requests() == []
    with HttpProxy() as p:
        create(https(9443), "--proxy", "https://127.0.0.1:%d" % p.port, "--timeout", "3").expect(
            3, err="the proxy")
    # A pin and a client certificate are for the origin.
    with Sentry(tls=ORIGIN) as s, TlsProxy(PROXY, s.port) as p:
        pin = "sha256//" + "A" * 43 + "="
        create(https(9443), "--proxy", p.url, *p.options(), "--pin", pin).expect(3, err="pins")
        assert len(p.seen) == 1 and s.requests() == []


class Relay(Scripted):
    """A unix-domain socket that leads to a port."""

    def __init__(self, port):
        self.path, self.to = path("relay"), port
        self.connections = 0
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(self.path)
        self.socket.listen(16)
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def handler(self, client):
        Proxy.relay(self, client, self.to)

    target, sent = None, b""


@case("--unix-socket: a local relay instead of the address; name and certificate are the origin's")
def _():
    with Sentry(tls=ORIGIN) as s, Relay(s.port) as relay:
        create(https(443), "--unix-socket", relay.path, "-v").expect(
            0, err="connected to unix:" + relay.path)
        create(https(443, "other.example"), "--unix-socket", relay.path).expect(
            3, err="not for other.example")
        # A proxy from the environment is not used then; two flags contradict each other.
        env = {"https_proxy": "http://127.0.0.1:9"}
        create(https(443), "b@example.com", "--unix-socket", relay.path, "--if-exists", "ok",
               env=env).expect(0)
        create(https(443), "--unix-socket", relay.path, "--proxy", "http://127.0.0.1:9").expect(
            2, err="contradict")
        config = write("[http]\nunix_socket = %s\n" % relay.path)
        create(https(443), "c@example.com", "--config", config, "--if-exists", "ok").expect(0)
        assert len(s.members()) == 3
        r = run("--url", https(443), "--org", ORG, "--unix-socket", relay.path, "config", "-o",
                "jsonl").expect(0)
        assert relay.path in r.out and "a unix-domain socket is used" in r.out
    with Recorder() as origin, Relay(origin.port) as relay:
        r = create("http://anywhere.example", "--unix-socket", relay.path).expect(0)
        assert "unencrypted" not in r.err and origin.token() == TOKEN


@case("--unix-socket: a socket that is not there, not heard, or no socket")
def _():
    gone = path("gone")
    create(https(443), "--unix-socket", gone).expect(3, err=[gone, "is the relay running"])
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(path("deaf"))
        create(https(443), "--unix-socket", deaf.getsockname()).expect(3, err="refused")
    create(https(443), "--unix-socket", write("")).expect(3, err="refused")
    create(https(443), "--unix-socket", "/" + "x" * 107).expect(2, err="107 bytes")


@case("the certificate is checked against the origin's name, not the proxy's")
def _():
    with Sentry(tls=ORIGIN) as s, HttpProxy(s.port) as p:
        create(https(9443, "other.example"), "--proxy", p.url).expect(3, out="", err=[
            "not for other.example", HOST])
        assert s.requests() == []


@case("several members go through one tunnel")
def _():
    with Sentry(tls=ORIGIN) as s, HttpProxy(s.port) as p:
        create(https(9443), "b@example.com", "--proxy", p.url).expect(0)
        assert len(p.seen) == 1 and len(s.members()) == 2, p.seen


@case("plain http goes through a tunnel as well, so a proxy never sees a request as its own")
def _():
    with Recorder() as origin, HttpProxy() as p:
        create(origin.url, "--proxy", p.url).expect(0)
        assert p.seen == ["CONNECT 127.0.0.1:%d HTTP/1.1" % origin.port], p.seen
        assert origin.heads[0].startswith("POST /api/0/"), origin.heads
        assert origin.token() == TOKEN


@case("an IPv6 address stands in brackets for an HTTP proxy and is 16 bytes for SOCKS5")
def _():
    with Sentry() as s, HttpProxy(s.port) as p:
        create("http://[::1]:8080", "--proxy", p.url).expect(0)
        assert p.seen == ["CONNECT [::1]:8080 HTTP/1.1"], p.seen
        assert "Host: [::1]:8080" in p.heads[0], p.heads
    for scheme in ("socks5", "socks5h"):
        with Sentry() as s, SocksProxy(s.port) as p:
            create("http://[::1]:8080", "--proxy", p.address(scheme)).expect(0)
            assert p.seen == [(4, "::1", 8080)], p.seen


@case("socks5 gets an address that was looked up here, socks5h gets the name")
def _():
    for scheme, host, seen in (("socks5", "localhost", (1, "127.0.0.1")),
                               ("socks5h", "localhost", (3, "localhost")),
                               ("socks5h", HOST, (3, HOST)),
                               ("socks5h", "127.0.0.1", (1, "127.0.0.1")),
                               ("SOCKS5H", HOST, (3, HOST))):
        with Sentry(tls=ORIGIN) as s, SocksProxy(s.port) as p:
            create(https(9443, host), "-4", "--proxy", p.address(scheme)).expect(0)
            assert p.seen == [seen + (9443,)], p.seen
            assert TOKEN.encode() not in p.sent
    with SocksProxy() as p:
        create(https(9443, "no-such-host.invalid"), "--proxy", p.address("socks5")).expect(
            3, out="", err="no-such-host.invalid")
        assert p.seen == []


@case("--resolve tells socks5 the address of the origin, and where a proxy's name leads")
def _():
    with Sentry(tls=ORIGIN) as s, SocksProxy(s.port) as p:
        create(https(9443), "--proxy", p.address("socks5"), "--resolve",
               HOST + ":9443:192.0.2.9").expect(0)
        assert p.seen == [(1, "192.0.2.9", 9443)], p.seen
    with Sentry(tls=ORIGIN) as s, HttpProxy(s.port) as p:
        create(https(9443), "--proxy", "http://proxy.example:%d" % p.port, "--resolve",
               "proxy.example:%d:127.0.0.1" % p.port).expect(0)
        assert len(p.seen) == 1


@case("credentials reach the proxy percent-decoded, never the origin, never any output")
def _():
    secrets = [TOKEN, PASSWORD, BASIC[6:]]
    with Sentry("--log-token", tls=ORIGIN) as s, HttpProxy(s.port, wants=BASIC) as p:
        url = p.url.replace("//", "//%s@" % CODED)
        r = create(https(9443), "--proxy", url, "-vvv", secret=secrets).expect(0)
        assert "127.0.0.1:%d" % p.port in r.err, r
        r = run("--org", ORG, "--proxy", url, "config", "-o", "json", secret=secrets).expect(0)
        assert '"http://127.0.0.1:%d"' % p.port in r.out and "us%20er" not in r.out, r
        heads = str(s.log_entries())
        assert "Proxy-" not in heads and PASSWORD not in heads and "us er" not in heads, heads
    for scheme in ("socks5", "socks5h"):
        with Sentry(tls=ORIGIN) as s, SocksProxy(s.port, wants=(USER, PASSWORD)) as p:
            url = p.address(scheme).replace("//", "//%s@" % CODED)
            create(https(9443, "localhost"), "--proxy", url, "-vvv", secret=secrets).expect(0)
            assert p.logins == [(USER, PASSWORD)], p.logins


@case("credentials are not offered to a SOCKS5 proxy that does not ask for them")
def _():
    with Sentry(tls=ORIGIN) as s, SocksProxy(s.port) as p:
        create(https(9443), "--proxy", p.address("socks5h").replace("//", "//u:secret@")).expect(0)
        assert p.logins == [] and p.seen != []


@case("407 and SOCKS5's refusals of a log-in: exit 3, with and without credentials, nothing shown")
def _():
    secrets = [TOKEN, "wrong-password-0123"]
    with Sentry(tls=ORIGIN) as s, HttpProxy(s.port, wants=BASIC) as p:
        create(https(9443), "--proxy", p.url).expect(
            3, out="", err=["407", "demands", "hint: ", "USER:PASSWORD"])
        create(https(9443), "--proxy", p.url.replace("//", "//u:wrong-password-0123@"), "-vvv",
               secret=secrets).expect(3, out="", err=["407", "refused the user name", "hint: "])
        assert s.requests() == []
    with Sentry(tls=ORIGIN) as s, SocksProxy(s.port, wants=(USER, PASSWORD)) as p:
        create(https(9443), "--proxy", p.address("socks5h")).expect(
            3, out="", err=["demands", "hint: ", "USER:PASSWORD@HOST"])
        url = p.address("socks5h").replace("//", "//u:wrong-password-0123@")
        create(https(9443), "--proxy", url, secret=secrets).expect(
            3, out="", err=["refused the user name", "hint: "])
        assert s.requests() == []


@case("a proxy that refuses CONNECT is quoted: exit 3, never the exit code of that status")
def _():
    for status, reason, hint in ((403, "Forbidden by policy", "rules"),
                                 (404, "Not Found", None), (405, "No", "another way"),
                                 (429, "Slow", None), (500, "Oops", None),
                                 (502, "Bad Gateway", None), (503, "No DNS", None),
                                 (504, "Late", None), (302, "Found", "portal")):
        with HttpProxy(reply=answer(status, "<html>page</html>", reason=reason)) as p:
            r = create(https(9443), "--proxy", p.url)
            r.expect(3, out="", err=["the proxy refused to connect to %s:9443" % HOST,
                                     "%d %s" % (status, reason)])
            assert r.err.startswith("sentry-scim: the proxy ") and "<html>" not in r.err, r
            if hint and status != 403:
                assert "hint: " in r.err and hint in r.err, r
    with HttpProxy(reply=answer(401, "", reason="Who")) as p:
        create(https(9443), "--proxy", p.url).expect(3, out="", err=["demands", "(401)"])


@case("a proxy that takes no Basic is told by what it takes")
def _():
    offer = "Proxy-Authenticate: Negotiate", 'Proxy-Authenticate: NTLM'
    with HttpProxy(reply=answer(407, "", *offer)) as p:
        create(https(9443), "--proxy", p.url).expect(
            3, out="", err=["wants a log-in by Negotiate, NTLM (407)", "hint: ", "cntlm"])


@case("each reply code of SOCKS5 is explained: exit 3")
def _():
    words = {1: "failed", 2: "rules", 3: "network", 4: "cannot reach the host", 5: "refused",
             6: "TTL", 7: "CONNECT", 8: "kind of address", 99: "unknown"}
    for code, word in words.items():
        with SocksProxy(code=code) as p:
            create(https(9443), "--proxy", p.address("socks5h")).expect(3, out="", err=[
                "the proxy could not connect to %s:9443" % HOST, word, "(SOCKS5 reply %d)" % code])


@case("what is no proxy, or the other kind, is told so: exit 3")
def _():
    def says(data):
        def handle(connection):
            connection.recv(4096)
            connection.sendall(data)
        return handle
    rows = [
        ("http", b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "no HTTP proxy"),
        ("http", b"\5\xff", "SOCKS5"),
        ("http", bytes.fromhex("15030300020228"), "TLS"),
        ("http", b"HTTP/1.1 2\0\0 x\r\n\r\n", "proxy"),
        ("http", b"", "the proxy closed the connection without an answer"),
        ("http", b"HTTP/1.1 200 OK\r\nX-", "in the middle of its answer"),
        ("http", b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 201 Created\r\n\r\n",
         "nobody can have asked for"),
        ("socks5h", b"HTTP/1.1 400 Bad Request\r\n\r\n", "it speaks HTTP"),
        ("socks5h", b"\0\x5a\0\0\0\0\0\0", "it speaks SOCKS4"),
        ("socks5h", b"", "closed the connection"),
        ("socks5h", b"\5\2", "not offered"),
        ("socks5h", b"\5", "in the middle"),
    ]
    for scheme, data, words in rows:
        with Scripted(says(data)) as p:
            create(https(9443), "--proxy", "%s://127.0.0.1:%d" % (scheme, p.port)).expect(
                3, out="", err=["proxy", words])


@case("a proxy that is not there, not known or silent: exit 3, named as the proxy")
def _():
    create(https(9443), "--proxy", "http://127.0.0.1:1").expect(
        3, out="", err=["the proxy", "127.0.0.1:1", "refused"])
    create(https(9443), "--proxy", "http://no-such-proxy.invalid:3128").expect(
        3, out="", err=["the proxy", "no-such-proxy.invalid"])
    with Scripted(lambda c: c.recv(9999) and c.recv(9999)) as p:
        create(https(9443), "--proxy", "http://127.0.0.1:%d" % p.port, "--connect-timeout",
               "0.4").expect(3, out="", err=["timed out", "the answer of the proxy"])


@case("a tunnel that is cut after the create was done: looked up through a new one, created once")
def _():
    with Sentry("--fault", "POST Users#1=drop-after", tls=ORIGIN) as s, HttpProxy(s.port) as p:
        run("--url", https(9443), "--org", ORG, "--ca-file", CA.file, "--proxy", p.url, "member",
            "create", MEMBER).expect(0, err="look-up confirmed")
        assert s.methods() == ["POST", "GET"] and len(p.seen) == 2, (s.methods(), p.seen)


@case("407 from the origin inside the tunnel is not taken for the proxy's: exit 3 all the same")
def _():
    with Recorder(answer(407, '{"detail":"x"}')) as origin, HttpProxy() as p:
        create(origin.url, "--proxy", p.url).expect(3, out="", err="sentry-scim: 407 ")


# What NO_PROXY excepts. {p}: the port in use, {q}: another one.
EXCEPTIONS = [
    ("sentry.example", "sentry.example", True),
    ("sentry.example", ".sentry.example", True),
    ("sentry.example", "example", True),
    ("sentry.example", "SENTRY.EXAMPLE.", True),
    ("sentry.example.", "sentry.example", True),
    ("us.sentry.example", "sentry.example", True),
    ("us.sentry.example", ".sentry.example", True),
    ("mysentry.example", "sentry.example", False),
    ("sentry.example", "us.sentry.example", False),
    ("sentry.example", "other.example,sentry.example", True),
    ("sentry.example", "other.example sentry.example", True),
    ("sentry.example", " , other.example ,\tsentry.example,", True),
    ("sentry.example", "*", True),
    ("sentry.example", " * ", True),
    ("sentry.example", "*,other.example", False),
    ("sentry.example", "*.example", False),
    ("sentry.example", "sentry.example:{p}", True),
    ("sentry.example", "sentry.example:{q}", False),
    ("sentry.example", "127.0.0.0/8", False),
    ("127.0.0.1", "127.0.0.1", True),
    ("127.0.0.1", "127.0.0.1:{p}", True),
    ("127.0.0.1", "127.0.0.1:{q}", False),
    ("127.0.0.1", "127.0.0.0/8", True),
    ("127.0.0.1", "126.0.0.0/7", True),
    ("127.0.0.1", "127.0.0.0/32", False),
    ("127.0.0.1", "127.0.0.0/33", False),
    ("127.0.0.1", "0.0.0.0/0", True),
    ("127.0.0.1", "0.0.1", False),
    ("127.0.0.1", "::/0", False),
    ("localhost", "127.0.0.1", False),
    ("localhost", "", False),
    ("[::1]", "::1", True),
    ("[::1]", "[::1]", True),
    ("[::1]", "[::1]:{p}", True),
    ("[::1]", "[::1]:{q}", False),
    ("[::1]", "0:0::1", True),
    ("[::1]", "::/64", True),
    ("[::1]", "2001:db8::/32", False),
]


@case("NO_PROXY row by row: excepted hosts are reached directly, the others through the proxy")
def _():
    with Recorder() as origin, HttpProxy(origin.port) as p:
        for host, entries, direct in EXCEPTIONS:
            entries = entries.format(p=origin.port, q=origin.port + 1)
            before, connections = len(p.seen), origin.connections
            url = "http://%s:%d" % (host, origin.port)
            resolve = "%s:%d:127.0.0.1" % (host, origin.port)
            r = create(url, env={"ALL_PROXY": p.url, "NO_PROXY": entries}, *(
                ["--resolve", resolve] if direct else []))
            assert r.code == 0, (host, entries, r)
            assert (len(p.seen) == before) == direct, (host, entries, direct, r)
            assert origin.connections == connections + 1


@case("NO_PROXY beats --proxy, --no-proxy replaces it, no_proxy comes first, and '' cancels")
def _():
    rows = [
        ({"NO_PROXY": HOST}, [], True),
        ({"no_proxy": HOST}, [], True),
        ({"no_proxy": "x.example", "NO_PROXY": HOST}, [], False),
        ({"no_proxy": HOST, "NO_PROXY": "x.example"}, [], True),
        ({"no_proxy": "", "NO_PROXY": HOST}, [], True),
        ({"NO_PROXY": HOST}, ["--no-proxy", "x.example"], False),
        ({"NO_PROXY": HOST}, ["--no-proxy", ""], False),
        ({"NO_PROXY": "*"}, ["--no-proxy="], False),
        ({}, ["--no-proxy", HOST], True),
        ({}, ["--no-proxy", "*"], True),
    ]
    with Recorder() as origin, HttpProxy(origin.port) as p:
        for env, options, direct in rows:
            before = len(p.seen)
            resolve = ["--resolve", "%s:%d:127.0.0.1" % (HOST, origin.port)] if direct else []
            r = create("http://%s:%d" % (HOST, origin.port), "--proxy", p.url, *options, *resolve,
                       env=env)
            assert r.code == 0 and (len(p.seen) == before) == direct, (env, options, r)


@case("an excepted host is told by config, with the entry and where it stands")
def _():
    r = run("--url", "https://us.sentry.example", "--org", ORG, "--proxy", "http://p.example:1",
            "config", "-o", "json", env={"NO_PROXY": "x.example,sentry.example"}).expect(0)
    rows = {row["setting"]: row for row in r.json()}
    assert rows["proxy in use"]["value"] == "none", rows
    assert "'sentry.example' in NO_PROXY" in rows["proxy in use"]["from"], rows


def in_use(*arguments, url="https://sentry.example", **options):
    r = run("--url", url, "--org", ORG, *arguments, "config", "-o", "json", **options).expect(0)
    rows = {row["setting"]: row for row in r.json()}
    return rows["proxy in use"]["value"]


def numbered(port):
    return "http://p.example:%d" % port


@case("which variable counts: lower case, then upper case, then ALL; HTTP_PROXY never does")
def _():
    names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    for first in range(len(names)):
        env = {name: numbered(number + 1) for number, name in enumerate(names) if number >= first}
        assert in_use(env=env) == numbered(first + 1), env
        assert in_use(env={**env, names[first]: ""}) == (
            numbered(first + 2) if first + 1 < len(names) else "none"), env
    both = {"http_proxy": numbered(1), "HTTP_PROXY": numbered(2)}
    assert in_use(env=both) == "none"
    plain = "http://localhost:9000"
    assert in_use(url=plain, env=both) == numbered(1)
    assert in_use(url=plain, env={"HTTP_PROXY": numbered(2)}) == "none"
    assert in_use(url=plain, env={"HTTPS_PROXY": numbered(3)}) == "none"
    assert in_use(url=plain, env={"ALL_PROXY": numbered(4)}) == numbered(4)


@case("an option counts before a variable, a variable before a file")
def _():
    config = write("[http]\nproxy_url=%s\n" % numbered(3))
    env = {"HTTPS_PROXY": numbered(2)}
    assert in_use("--config", config) == numbered(3)
    assert in_use("--config", config, env=env) == numbered(2)
    assert in_use("--config", config, "--proxy", numbered(1), env=env) == numbered(1)


@case("where REQUEST_METHOD is set (CGI) no variable names a proxy; an option and a file still do")
def _():
    cgi = {"REQUEST_METHOD": "GET", "HTTPS_PROXY": numbered(1), "https_proxy": numbered(2),
           "ALL_PROXY": numbered(3)}
    assert in_use(env=cgi) == "none"
    assert in_use("--proxy", numbered(4), env=cgi) == numbered(4)
    assert in_use("--config", write("[http]\nproxy_url=%s\n" % numbered(5)), env=cgi) == numbered(5)
    with Recorder() as origin, HttpProxy() as p:
        create(origin.url, env={"REQUEST_METHOD": "POST", "ALL_PROXY": p.url}).expect(0)
        assert p.seen == [] and len(origin.heads) == 1


@case("sentry-cli's proxy_username and proxy_password belong to the proxy of their file only")
def _():
    with Sentry(tls=ORIGIN) as s, HttpProxy(s.port, wants=BASIC) as p:
        config = write("[http]\nproxy_url=%s\nproxy_username=%s\nproxy_password=%s\n" % (
            p.url, USER, PASSWORD))
        secrets = [TOKEN, PASSWORD, BASIC[6:]]
        create(https(9443), "--config", config, "-vvv", secret=secrets).expect(0)
        create(https(9443), "--config", config, "--proxy", p.url, secret=secrets).expect(
            3, out="", err="407")
        assert "Proxy-Authorization" not in str(p.heads[-1]), p.heads


@case("a proxy's URL: http without a scheme, port 1080 without a port")
def _():
    with Recorder() as origin, HttpProxy() as p:
        create(origin.url, "--proxy", "127.0.0.1:%d" % p.port).expect(0)
        create(origin.url, "--proxy", "HTTP://localhost:%d/" % p.port).expect(0)
        assert len(p.seen) == 2
    assert in_use("--proxy", "p.example") == "http://p.example:1080"
    assert in_use("--proxy", "socks5h://[::1]") == "socks5h://[::1]:1080"


@case("a proxy's URL that cannot be used is exit 2 and shows no password, used or excepted")
def _():
    secret = "hunter2-0123456789"
    rows = ["ftp://p.example:1", "socks4://p.example", "ftp://p.example", "http://p.example:0",
            "http://p.example:99999", "http://p.example/path", "http://p.example?q", "http://",
            "http://p ample", "http://u:%s%%zz@p.example" % secret,
            "socks6://u:%s@p.example" % secret,
            "http://a%%3Ab:%s@127.0.0.1:1" % secret, "socks5h://:%s@127.0.0.1:1" % secret,
            "socks5h://u:%s@127.0.0.1:1" % (secret + "x" * 256),
            "http://u:%s%%0d%%0aX:y@127.0.0.1:1" % secret]
    with Recorder() as origin:
        for url in rows:
            for where in (["--proxy", url], ["--config", write("[http]\nproxy_url=%s\n" % url)]):
                r = create(origin.url, *where, secret=[TOKEN, secret])
                r.expect(2, out="", err="prox")
            create(origin.url, env={"ALL_PROXY": url}, secret=[TOKEN, secret]).expect(2, out="")
        assert origin.heads == []


@case("--dry-run asks no proxy")
def _():
    with HttpProxy() as p:
        create("https://sentry.example", "--proxy", p.url, "--dry-run").expect(0)
        assert p.connections == 0


if __name__ == "__main__":
    harness.main()
