#!/usr/bin/env python3
"""Whom the program takes for the server, and what it says when it does not."""
import os
import socket
import ssl

import harness
from harness import ORG, Authority, Scripted, Sentry, answer, answering, case, path, run, write

CA = Authority()
OTHER = Authority("Other CA")
GOOD = CA.issue()
NAME = "ada@example.com"


def create(s, *arguments, **options):
    return s.run("member", "create", NAME, *arguments, **options)


@case("a private CA is trusted by option, by each environment variable and by configuration")
def _():
    folder = path("certs")
    os.mkdir(folder)
    with open(os.path.join(folder, "any-name.pem"), "w", encoding="ascii") as f:
        f.write(open(CA.file, encoding="ascii").read())
    config = write("[http]\nca_file=%s\n" % CA.file)
    with Sentry(tls=GOOD) as s:
        for number, (arguments, env) in enumerate([
                (["--ca-file", CA.file], {}), (["--ca-dir", folder], {}),
                ([], {"SSL_CERT_FILE": CA.file}), ([], {"SSL_CERT_DIR": folder}),
                ([], {"CURL_CA_BUNDLE": CA.file}), (["--ca-add", CA.file], {}),
                (["--config", config], {}), (["--ca-file", OTHER.file, "--ca-add", CA.file], {})]):
            s.run("member", "create", "m%d@example.com" % number, *arguments, env=env).expect(0)


@case("SSL_CERT_FILE counts before CURL_CA_BUNDLE, and an option before both")
def _():
    with Sentry(tls=GOOD) as s:
        create(s, env={"SSL_CERT_FILE": OTHER.file, "CURL_CA_BUNDLE": CA.file}).expect(3)
        create(s, "--ca-file", OTHER.file, env={"SSL_CERT_FILE": CA.file}).expect(3)
        create(s, "--ca-file", CA.file, env={"SSL_CERT_FILE": OTHER.file}).expect(0)


@case("an unknown CA is refused with the name of the file that was searched; nothing is sent")
def _():
    with Sentry(tls=GOOD) as s:
        create(s, "--ca-file", OTHER.file).expect(3, out="", err=[OTHER.file, "hint: "])
        create(s, "--ca-embedded").expect(3, out="", err="hint: ")
        assert s.requests() == []


@case("both versions of TLS work")
def _():
    for version in ("1.2", "1.3"):
        with Sentry("--max-tls", version, tls=GOOD) as s:
            create(s, "--ca-file", CA.file, "-v").expect(0, err="TLSv" + version)


@case("a certificate for another name lists its names")
def _():
    wrong = CA.issue("DNS:sentry.example,DNS:*.sentry.example")
    with Sentry(tls=wrong) as s:
        create(s, "--ca-file", CA.file).expect(
            3, out="", err=["sentry.example", "*.sentry.example", "localhost"])
        run("--url", "https://sentry.example:%d" % s.port, "--org", ORG, "--resolve",
            "sentry.example:%d:127.0.0.1" % s.port, "--ca-file", CA.file, "member", "create",
            NAME).expect(0)


@case("an address needs an address entry: neither a DNS entry nor the common name will do")
def _():
    for names, code in (("IP:127.0.0.1", 0), ("DNS:127.0.0.1", 3), ("DNS:*.0.0.1", 3)):
        with Sentry(tls=CA.issue(names)) as s:
            run("--url", "https://127.0.0.1:%d" % s.port, "--org", ORG, "--ca-file", CA.file,
                "member", "create", NAME).expect(code)
    with Sentry(tls=CA.issue("DNS:other.example", common_name="localhost")) as s:
        create(s, "--ca-file", CA.file).expect(3, out="")


@case("expired and not yet valid certificates name both times and the clock; --assume-time mends it")
def _():
    for start, when in ((("20200101000000Z", "20210101000000Z"), "2020-06-01T00:00:00Z"),
                        (("20400101000000Z", "20410101000000Z"), "2040-06-01T00:00:00Z")):
        # The CA has to be valid then as well: it is trusted as it stands, whatever its dates.
        leaf = CA.issue(start=start)
        with Sentry(tls=leaf) as s:
            r = create(s, "--ca-file", CA.file).expect(3, out="", err=["clock", start[0][:4]])
            assert "--assume-time" in r.err, r
            r = create(s, "--ca-file", CA.file, "--assume-time", when)
            assert r.code in (0, 3), r
            if r.code == 3:
                assert "CA" in r.err or "issuer" in r.err, r


@case("a certificate that is not for servers is refused")
def _():
    with Sentry(tls=CA.issue(usage="clientAuth")) as s:
        create(s, "--ca-file", CA.file).expect(3, out="")


@case("pins: the right one passes, a wrong one does not, a malformed one is exit 2")
def _():
    import base64
    import hashlib
    import subprocess
    key = subprocess.run(["openssl", "pkey", "-in", GOOD[1], "-pubout", "-outform", "DER"],
                         check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout
    pin = "sha256//" + base64.b64encode(hashlib.sha256(key).digest()).decode()
    wrong = "sha256//" + base64.b64encode(bytes(32)).decode()
    with Sentry(tls=GOOD) as s:
        create(s, "--ca-file", CA.file, "--pin", wrong).expect(3, out="", err="pin")
        create(s, "--ca-file", CA.file, "--pin", wrong, "--pin", pin).expect(0)
        create(s, "--ca-file", CA.file, "--pin", "sha256//abc").expect(2, out="")
        create(s, "--pin", pin, "--ca-file", OTHER.file).expect(3, out="")


@case("client certificates: given they pass, missing or foreign they are refused with exit 3")
def _():
    mine = CA.issue("DNS:client", usage="clientAuth")
    both = write(open(mine[0]).read() + open(mine[1]).read())
    for version in ("1.2", "1.3"):
        with Sentry("--client-ca", CA.file, "--max-tls", version, tls=GOOD) as s:
            common = ("--ca-file", CA.file, "--retries", "0")
            create(s, *common, "--cert", mine[0], "--key", mine[1]).expect(0)
            s.run("member", "create", "b@example.com", *common, "--cert", both).expect(0)
            s.run("member", "create", "c@example.com", *common).expect(3, out="", err="certificate")
            assert len(s.members()) == 2, s.members()


@case("a key that does not belong to the certificate, and unreadable ones, are exit 2")
def _():
    mine, other = CA.issue(usage="clientAuth"), CA.issue(usage="clientAuth")
    with Sentry(tls=GOOD) as s:
        common = ("--ca-file", CA.file)
        create(s, *common, "--cert", mine[0], "--key", other[1]).expect(2, out="")
        create(s, *common, "--cert", "/nowhere", "--key", mine[1]).expect(2, out="", err="/nowhere")
        create(s, *common, "--cert", write("x"), "--key", mine[1]).expect(2, out="")
        assert s.requests() == []


@case("a named CA file that is missing or holds nothing usable is exit 2; a spoilt one is skipped")
def _():
    spoilt = write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" +
                   open(CA.file).read())
    with Sentry(tls=GOOD) as s:
        create(s, "--ca-file", "/nowhere.pem").expect(2, out="", err="/nowhere.pem")
        create(s, "--ca-file", write("nothing here\n")).expect(2, out="", err="certificate")
        create(s, "--ca-file", spoilt).expect(0)


@case("a server that speaks plain HTTP on the port is called by its name")
def _():
    with Scripted(answering(answer(400, "no"))) as s:
        def plain(connection):
            connection.recv(64)
            connection.sendall(answer(400, "no"))
        s.handler = plain
        run("--url", "https://127.0.0.1:%d" % s.port, "--org", ORG, "--retries", "0", "member",
            "create", NAME).expect(3, out="", err="HTTP")


@case("TLS 1.1 and a server without a common suite are explained")
def _():
    def old(connection):
        connection.recv(4096)
        connection.sendall(bytes.fromhex("15030100020246"))  # protocol_version
    with Scripted(old) as s:
        run("--url", "https://127.0.0.1:%d" % s.port, "--org", ORG, "--retries", "0", "member",
            "create", NAME).expect(3, out="", err="hint: ")


@case("no SNI for addresses, the name without its final dot otherwise")
def _():
    seen = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*GOOD)
    context.sni_callback = lambda sock, name, ctx: seen.append(name)

    def serve(connection):
        with context.wrap_socket(connection, server_side=True) as tls:
            if harness.read_request(tls)[0]:
                tls.sendall(answer(201, '{"id":"1","userName":"%s"}' % NAME))
    for host in ("localhost", "127.0.0.1", "localhost."):
        with Scripted(serve) as s:
            run("--scim-url", "https://%s:%d" % (host, s.port), "--ca-file", CA.file, "member",
                "create", NAME).expect(0)
    assert seen == ["localhost", None, "localhost"], seen


@case("a connection cut without close_notify is no end of an answer: it is looked up")
def _():
    with Sentry("--fault", "POST Users#1=cut:400", tls=GOOD) as s:
        create(s, "--ca-file", CA.file).expect(0)
        assert s.methods()[1] == "GET", s.methods()


@case("-4, -6, --resolve and IPv6 literals choose the address")
def _():
    with Sentry(tls=GOOD) as s:
        base = ("--org", ORG, "--ca-file", CA.file, "--retries", "0", "member", "create")
        host = "https://localhost:%d" % s.port
        run("--url", host, "-4", *base, "a@example.com").expect(0)
        run("--url", host, "--resolve", "localhost:%d:[::1],127.0.0.1" % s.port, *base,
            "b@example.com").expect(0)
        run("--url", host, "-6", "--resolve", "localhost:%d:[::1]" % s.port, *base,
            "c@example.com").expect(3, out="", err="[::1]")
    try:
        socket.socket(socket.AF_INET6).bind(("::1", 0))
    except OSError:
        return
    with Scripted(answering(answer(201, '{"id":"1","userName":"%s"}' % NAME)),
                  family=socket.AF_INET6, host="::1") as s:
        run("--scim-url", "http://[::1]:%d" % s.port, "member", "create", NAME).expect(0)


if __name__ == "__main__":
    harness.main()
