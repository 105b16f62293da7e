#!/usr/bin/env python3
"""Whom the program takes for the server, and what it says when it does not."""
import base64
import datetime
import hashlib
import os
import ssl
import subprocess

import harness
from harness import (MEMBER, ORG, TOKEN, Authority, Scripted, Sentry, answer, answering, case,
                     path, read_request, run, write)

CA = Authority()
OTHER = Authority("Other CA")
GOOD = CA.issue()
CREATED = '{"id":"1","userName":"%s"}' % MEMBER
SYSTEM = any(os.path.exists(f) for f in (
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"))


def create(s, *arguments, **options):
    return s.run("--retries", "0", "member", "create", MEMBER, *arguments, **options)


def create_at(host, port, *arguments, **options):
    return run("--url", "https://%s:%d" % (host, port), "--org", ORG, "--retries", "0", "member",
               "create", MEMBER, *arguments, **options)


def text_of(file):
    with open(file, encoding="ascii") as f:
        return f.read()


def folder_of(*files):
    """A folder that holds these certificates, under names that say nothing."""
    where = path("certs")
    os.mkdir(where)
    for number, file in enumerate(files):
        with open(os.path.join(where, "name-%d" % number), "w", encoding="ascii") as f:
            f.write(text_of(file))
    return where


def pin_of(key):
    der = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout
    return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def serving(identity, handler, adjust=None):
    """HANDLER behind Python's TLS, with the certificate and key of IDENTITY."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*identity)
    if adjust:
        adjust(context)

    def serve(connection):
        with context.wrap_socket(connection, server_side=True) as tls:
            handler(tls)
    return serve


@case("a private CA is trusted by each option, each variable and each key that can name it")
def _():
    folder = folder_of(OTHER.file, CA.file)
    ways = [
        (["--ca-file", CA.file], {}, ""),
        (["--ca-dir", folder], {}, ""),
        (["--ca-dir", folder, "--ca-file", OTHER.file], {}, ""),
        (["--ca-add", CA.file], {}, ""),
        (["--ca-add", OTHER.file, "--ca-add", CA.file], {}, ""),
        (["--ca-file", OTHER.file, "--ca-add", CA.file], {}, ""),
        (["--ca-embedded", "--ca-add", CA.file], {}, ""),
        ([], {"SSL_CERT_FILE": CA.file}, ""),
        ([], {"SSL_CERT_DIR": folder}, ""),
        ([], {"SSL_CERT_DIR": folder_of(OTHER.file) + ":" + folder}, ""),
        ([], {"SSL_CERT_FILE": OTHER.file, "SSL_CERT_DIR": folder}, ""),
        ([], {"CURL_CA_BUNDLE": CA.file}, ""),
        ([], {}, "[http]\nca_file=%s\n" % CA.file),
        ([], {}, "[http]\nca_add=%s\nca_add=%s\n" % (OTHER.file, CA.file)),
        ([], {"SSL_CERT_FILE": OTHER.file}, "[http]\nca_add=%s\n" % CA.file),
    ]
    with Sentry(tls=GOOD) as s:
        for number, (arguments, env, config) in enumerate(ways):
            options = arguments + (["--config", write(config)] if config else [])
            r = s.run("member", "create", "m%d@example.com" % number, *options, env=env)
            assert r.code == 0 and r.err == "", (number, r)


@case("the stronger source of CA certificates replaces the weaker one")
def _():
    good, bad = CA.file, OTHER.file
    config = write("[http]\nca_file=%s\n" % good)
    ways = [
        (["--ca-file", bad], {"SSL_CERT_FILE": good}, bad),
        (["--ca-dir", folder_of(bad)], {"SSL_CERT_FILE": good}, "certs"),
        (["--ca-embedded"], {"SSL_CERT_FILE": good}, "the roots compiled in"),
        ([], {"SSL_CERT_FILE": bad, "CURL_CA_BUNDLE": good}, bad),
        ([], {"SSL_CERT_DIR": folder_of(bad), "CURL_CA_BUNDLE": good}, "certs"),
        (["--config", config], {"CURL_CA_BUNDLE": bad}, bad),
        (["--config", config, "--ca-file", bad], {}, bad),
        (["--config", write("[http]\nca_add=%s\n" % good), "--ca-add", bad, "--ca-file", bad], {},
         bad),
    ]
    with Sentry(tls=GOOD) as s:
        for arguments, env, searched in ways:
            create(s, *arguments, env=env).expect(3, out="", err=["not trusted", searched])
        assert s.requests() == []


@case("an empty variable counts as unset")
def _():
    with Sentry(tls=GOOD) as s:
        create(s, env={"SSL_CERT_FILE": "", "SSL_CERT_DIR": "",
                       "CURL_CA_BUNDLE": CA.file}).expect(0)


@case("an unknown CA is refused with its name and that of the file searched; nothing is sent")
def _():
    with Sentry(tls=GOOD) as s:
        create(s, "--ca-file", OTHER.file).expect(
            3, out="", err=["Test CA", "not in " + OTHER.file, "hint: ", "--ca-add"])
        create(s, "--ca-embedded").expect(3, out="", err=["Test CA", "the roots compiled in"])
        r = create(s).expect(3, out="", err=["Test CA", "not in "])
        assert not SYSTEM or "not in /" in r.err, r
        assert s.requests() == []


@case("a CA of the same name but another key is told from an unknown one")
def _():
    with Sentry(tls=GOOD) as s:
        namesake = Authority("Test CA")
        create(s, "--ca-file", namesake.file).expect(
            3, out="", err=["Test CA", namesake.file, "another key"])


@case("a self-signed certificate is named as such, and trusted when it is listed itself")
def _():
    key, cert = path("self.key"), path("self.pem")
    harness.openssl("req", "-x509", *harness.EC_KEY, "-keyout", key, "-out", cert, "-days", "5",
                    "-subj", "/CN=appliance", "-addext", "subjectAltName=DNS:localhost")
    with Sentry(tls=(cert, key)) as s:
        create(s, "--ca-file", CA.file).expect(3, out="", err=["self-signed", CA.file])
        create(s, "--ca-file", cert).expect(0)


@case("a chain with its intermediate is verified; without it the hint says what may be missing")
def _():
    middle = Authority("Middle CA", parent=CA)
    cert, key = middle.issue()
    whole = write(text_of(cert) + text_of(middle.file), "chain.pem")
    with Sentry(tls=(whole, key)) as s:
        create(s, "--ca-file", CA.file).expect(0)
    with Sentry(tls=(cert, key)) as s:
        create(s, "--ca-file", CA.file).expect(3, out="", err=["Middle CA", "intermediate"])
        create(s, "--ca-file", CA.file, "--ca-add", middle.file).expect(0)


@case("a leaf whose CA may not sign is refused")
def _():
    cert, key = GOOD
    fake_key, request = path("f.key"), path("f.csr")
    harness.openssl("req", "-new", *harness.EC_KEY, "-keyout", fake_key, "-out", request, "-subj",
                    "/CN=fake")
    fake = harness.sign(request, "subjectAltName=DNS:localhost\n", 5, None, cert, key)
    chain = write(text_of(fake) + text_of(cert), "chain.pem")
    with Sentry(tls=(chain, fake_key)) as s:
        create(s, "--ca-file", CA.file).expect(3, out="", err="not trusted")
        assert s.requests() == []


@case("TLS 1.2 and 1.3 both work, and -v tells which it was")
def _():
    for version in ("1.2", "1.3"):
        with Sentry("--max-tls", version, tls=GOOD) as s:
            create(s, "--ca-file", CA.file, "-v").expect(
                0, err=["TLSv%s, TLS" % version, "ALPN http/1.1"])


@case("several members go over one TLS connection")
def _():
    with Sentry(tls=GOOD) as s:
        s.run("member", "create", "a@example.com", "b@example.com", "--ca-file", CA.file).expect(0)
        assert len({e["connection"] for e in s.log_entries()}) == 1, s.log_entries()


@case("a certificate for another name is refused with the names that it has; nothing is sent")
def _():
    with Sentry(tls=CA.issue("DNS:sentry.example,DNS:*.sentry.example,IP:192.0.2.7")) as s:
        create(s, "--ca-file", CA.file).expect(
            3, out="", err=["not for localhost but for sentry.example, *.sentry.example", "hint: "])
        create_at("127.0.0.1", s.port, "--ca-file", CA.file).expect(
            3, out="", err=["not for 127.0.0.1", "IP:192.0.2.7"])
        assert s.requests() == []


@case("names match as RFC 9525 has it: case aside, a wildcard for one whole label")
def _():
    names = "DNS:sentry.example,DNS:*.wild.example,DNS:par*.example"
    hosts = {"sentry.example": 0, "SENTRY.Example": 0, "x.sentry.example": 3, "a.wild.example": 0,
             "a.b.wild.example": 3, "wild.example": 3, "partial.example": 3, "entry.example": 3}
    with Sentry(tls=CA.issue(names)) as s:
        for host, code in hosts.items():
            r = create_at(host, s.port, "--resolve", "%s:%d:127.0.0.1" % (host, s.port),
                          "--ca-file", CA.file, "--if-exists", "ok")
            assert r.code == code, (host, r)


@case("the common name alone does not count, and the message says so")
def _():
    with Sentry(tls=CA.issue(None, common_name="localhost")) as s:
        create(s, "--ca-file", CA.file).expect(
            3, out="", err=["not for localhost", "subjectAltName", "common name"])
    with Sentry(tls=CA.issue("DNS:other.example", common_name="localhost")) as s:
        create(s, "--ca-file", CA.file).expect(3, out="", err="other.example")


@case("an address needs an address entry: a DNS entry of the same letters will not do")
def _():
    for names, code in (("IP:127.0.0.1", 0), ("DNS:127.0.0.1", 3), ("DNS:*.0.0.1", 3),
                        ("IP:127.0.0.2", 3), ("IP:::ffff:127.0.0.1", 3)):
        with Sentry(tls=CA.issue(names)) as s:
            r = create_at("127.0.0.1", s.port, "--ca-file", CA.file)
            assert r.code == code, (names, r)


@case("a certificate that is not for servers is refused")
def _():
    # Python's server, since the local Sentry's library refuses to serve with such a certificate.
    handler = answering(answer(201, CREATED))
    with Scripted(serving(CA.issue(usage="clientAuth"), handler)) as s:
        create_at("localhost", s.port, "--ca-file", CA.file).expect(
            3, out="", err=["not for servers", "serverAuth"])


@case("expired, not yet valid: both times, the machine's clock and --assume-time, which mends it")
def _():
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT")
    for start, word, when in (
            (("20200101000000Z", "20210102030405Z"), "has expired", "2020-06-01T00:00:00Z"),
            (("20400101000000Z", "20410102030405Z"), "is not valid yet",
             "2040-06-01T02:00:00+02:00")):
        span = ["from %s-01-01T00:00:00Z" % start[0][:4], "to %s-01-02T03:04:05Z" % start[1][:4]]
        with Sentry(tls=CA.issue(start=start)) as s:
            create(s, "--ca-file", CA.file).expect(3, out="", err=[
                word, *span, "this machine's clock says " + today, "hint: ", "--assume-time"])
            assert s.requests() == []
            create(s, "--ca-file", CA.file, "--assume-time", when).expect(0)


@case("a clock far in the past refuses good certificates, naming the time that was assumed")
def _():
    with Sentry(tls=GOOD) as s:
        for when in ("1970-01-01T00:00:00Z", "2001-01-01T00:00:00Z"):
            create(s, "--ca-file", CA.file, "--assume-time", when).expect(3, out="", err=[
                "is not valid yet", "the time assumed is " + when, "--assume-time"])
        assert s.requests() == []


@case("a CA that has expired is named, with its dates")
def _():
    old = Authority("Old CA", dates=("20150101000000Z", "20200101000000Z"))
    cert, key = old.issue()
    chain = write(text_of(cert) + text_of(old.file), "chain.pem")
    with Sentry(tls=(chain, key)) as s:
        create(s, "--ca-file", old.file).expect(
            3, out="", err=["Old CA", "expired", "2020-01-01T00:00:00Z"])


@case("pins: one right one is enough, anywhere in the chain; none right is exit 3")
def _():
    leaf, root, wrong = pin_of(GOOD[1]), pin_of(CA.key), pin_of(OTHER.key)
    with Sentry(tls=GOOD) as s:
        common = ("--ca-file", CA.file)
        create(s, *common, "--pin", wrong).expect(3, out="", err=["among the pins", "--pin"])
        create(s, "--ca-file", OTHER.file, "--pin", leaf).expect(3, out="", err="not trusted")
        assert s.requests() == []
        for number, pins in enumerate([[leaf], [root], [wrong, leaf]]):
            options = [x for pin in pins for x in ("--pin", pin)]
            s.run("member", "create", "m%d@example.com" % number, *common, *options).expect(0)
        config = write("[http]\npin=%s\nca_file=%s\n" % (wrong, CA.file))
        create(s, "--config", config).expect(3, out="", err="among the pins")
        create(s, "--config", config, "--pin", leaf).expect(0)


@case("client certificates: required and given, in both versions of TLS, in one file or two")
def _():
    mine = CA.issue("DNS:client", usage="clientAuth")
    both = write(text_of(mine[0]) + text_of(mine[1]))
    config = write("[http]\ncert=%s\nkey=%s\n" % mine)
    for version in ("1.2", "1.3"):
        with Sentry("--client-ca", CA.file, "--max-tls", version, tls=GOOD) as s:
            ways = (["--cert", mine[0], "--key", mine[1]], ["--cert", both], ["--config", config])
            for number, way in enumerate(ways):
                r = s.run("member", "create", "m%d@example.com" % number, "--ca-file", CA.file,
                          *way)
                assert r.expect(0).err == "", r


def demanding(version):
    """What makes Python's server demand a client certificate of CA, speaking TLS of VERSION."""
    def adjust(context):
        context.minimum_version = context.maximum_version = version
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(CA.file)
    return adjust


@case("client certificates: missing or foreign is exit 3 in clear words, in both versions of TLS")
def _():
    # Python's server, since the local Sentry's library encrypts its alert with the wrong keys.
    foreign = OTHER.issue("DNS:client", usage="clientAuth")
    seen = []

    def handle(tls):
        seen.append(read_request(tls)[0])
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with Scripted(serving(GOOD, handle, demanding(version))) as s:
            for way, words in (([], "client certificate"),
                               (["--cert", foreign[0], "--key", foreign[1]],
                                "does not know who issued the client certificate")):
                r = run("--url", "https://localhost:%d" % s.port, "--org", ORG, "member", "create",
                        MEMBER, "--ca-file", CA.file, *way)
                r.expect(3, out="", err=[words, "hint: ", "--cert"])
                assert "looking whether" not in r.err and "again" not in r.err, r
            assert s.connections == 2 and seen == [], (s.connections, seen)
    with Sentry("--client-ca", CA.file, "--max-tls", "1.2", tls=GOOD) as s:
        create(s, "--ca-file", CA.file).expect(3, out="", err=["client certificate", "--cert"])
        assert s.requests() == [] and s.members() == {}


@case("client certificates: keys under a passphrase, from a file, the environment, the configuration")
def _():
    word = "p\u00e4ss word, \"quoted\""
    good = write("\r\n".join([word, "second line"]), "passphrase")
    rsa = path("rsa.key"), path("rsa.csr"), path("rsa.pem")
    harness.openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", rsa[0], "-out",
                    rsa[1], "-subj", "/CN=rsa")
    harness.openssl("x509", "-req", "-in", rsa[1], "-CA", CA.file, "-CAkey", CA.key,
                    "-CAcreateserial", "-days", "2", "-out", rsa[2])
    mine = CA.issue("DNS:client", usage="clientAuth")
    locked = []
    for cert, key, cipher, prf in ((mine[0], mine[1], "aes-256-cbc", "hmacWithSHA256"),
                                   (mine[0], mine[1], "aes-128-cbc", "hmacWithSHA1"),
                                   (mine[0], mine[1], "aes-192-cbc", "hmacWithSHA384"),
                                   (rsa[2], rsa[0], "aes-256-cbc", "hmacWithSHA512")):
        locked.append((cert, path("locked.key")))
        harness.openssl("pkcs8", "-topk8", "-in", key, "-v2", cipher, "-v2prf", prf, "-iter",
                        "1000", "-passout", "pass:" + word, "-out", locked[-1][1])
    variable = {"SENTRY_KEY_PASSPHRASE": word}
    with Sentry("--client-ca", CA.file, tls=GOOD) as s:
        for number, (cert, key) in enumerate(locked):
            create(s, "--ca-file", CA.file, "--cert", cert, "--key", key, "--set", "n=1",
                   "--key-passphrase-file", good, "-v", "--if-exists", "ok",
                   secret=(TOKEN, word)).expect(0)
            create(s, "--ca-file", CA.file, "--cert", cert, "--key", key, "--if-exists", "ok",
                   "-v", env=variable, secret=(TOKEN, word)).expect(0)
        cert, key = locked[0]
        config = write("[http]\ncert=%s\nkey=%s\nkey_passphrase_file=%s\n" % (cert, key, good))
        create(s, "--ca-file", CA.file, "--config", config, "--if-exists", "ok").expect(0)
        asked = len(s.requests())
        # The option counts before the variable.
        wrong = write("something else", "wrong")
        create(s, "--ca-file", CA.file, "--cert", cert, "--key", key, "--key-passphrase-file",
               wrong, env=variable).expect(2, out="", err=[key, "passphrase does not open"])
        create(s, "--ca-file", CA.file, "--cert", cert, "--key", key).expect(
            2, out="", err=[key, "is encrypted", "hint: ", "--key-passphrase-file", "openssl pkey"])
        create(s, "--ca-file", CA.file, "--cert", cert, "--key", key, "--key-passphrase-file",
               write("\n", "blank")).expect(2, out="", err=["blank", "no passphrase"])
        create(s, "--ca-file", CA.file, "--cert", cert, "--key", key, "--key-passphrase-file",
               "/nowhere").expect(2, out="", err="/nowhere")
        for command in (("pkcs8", "-topk8", "-in", mine[1], "-scrypt"),
                        ("pkcs8", "-topk8", "-in", mine[1], "-v2", "des3"),
                        ("ec", "-in", mine[1], "-aes128")):
            other = path("other.key")
            harness.openssl(*command, "-passout", "pass:" + word, "-out", other)
            create(s, "--ca-file", CA.file, "--cert", cert, "--key", other,
                   "--key-passphrase-file", good).expect(
                       2, out="", err=[other, "not known here", "openssl pkcs8 -topk8"])
        assert len(s.requests()) == asked
    os.chmod(good, 0o644)
    r = run("--cert", cert, "--key", key, "--key-passphrase-file", good, "config", "-o", "jsonl",
            "--org", ORG, secret=(TOKEN, word)).expect(0, err=["warning", good, "chmod 600"])
    assert '"key_passphrase_file","value":"%s"' % good in r.out.replace(" ", ""), r.out
    r = run("--cert", cert, "--key", key, "config", "-o", "jsonl", "--org", ORG, env=variable,
            secret=(TOKEN, word)).expect(0)
    assert "SENTRY_KEY_PASSPHRASE" in r.out, r.out


@case("a client certificate whose files cannot be used is exit 2; nothing is sent")
def _():
    mine, other = CA.issue(usage="clientAuth"), CA.issue(usage="clientAuth")
    locked = path("locked.key")
    harness.openssl("pkey", "-in", mine[1], "-aes256", "-passout", "pass:x", "-out", locked)
    ways = [
        (["--cert", mine[0], "--key", other[1]], [other[1], "does not belong"]),
        (["--cert", mine[0], "--key", locked], [locked, "encrypted"]),
        (["--cert", mine[0]], [mine[0], "no private key"]),
        (["--cert", mine[0], "--key", "/nowhere.key"], ["/nowhere.key", "No such file"]),
        (["--cert", "/nowhere.pem", "--key", mine[1]], ["/nowhere.pem", "No such file"]),
        (["--cert", write("x", "junk"), "--key", mine[1]], ["junk", "not a client certificate"]),
        (["--key", mine[1]], ["--key", "--cert"]),
    ]
    with Sentry(tls=GOOD) as s:
        for options, words in ways:
            create(s, "--ca-file", CA.file, *options).expect(2, out="", err=words)
        assert s.requests() == []


@case("a private key that others may read is used with a warning")
def _():
    cert, key = CA.issue(usage="clientAuth")
    os.chmod(key, 0o644)
    with Sentry("--client-ca", CA.file, tls=GOOD) as s:
        create(s, "--ca-file", CA.file, "--cert", cert, "--key", key).expect(
            0, err=["warning", key, "chmod 600"])


@case("a CA file that is missing, empty, a folder, in DER or without a usable certificate: exit 2")
def _():
    der, empty = path("ca.der"), path("empty-folder")
    harness.openssl("x509", "-in", CA.file, "-outform", "DER", "-out", der)
    os.mkdir(empty)
    spoilt = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    files = [
        ("/nowhere.pem", ["/nowhere.pem", "No such file"]),
        (write(""), "holds no CA certificate"),
        (write("nothing here\n"), "holds no CA certificate"),
        (der, ["holds no CA certificate", "DER"]),
        (write(spoilt), "none of its 1 certificates"),
        (empty, ["is a directory", "--ca-dir"]),
    ]
    with Sentry(tls=GOOD) as s:
        for file, words in files:
            create(s, "--ca-file", file).expect(2, out="", err=words)
            create(s, "--ca-file", CA.file, "--ca-add", file).expect(2, out="", err=words)
            create(s, env={"SSL_CERT_FILE": file}).expect(2, out="", err=words)
            create(s, env={"CURL_CA_BUNDLE": file}).expect(2, out="", err=words)
            create(s, "--config", write("[http]\nca_file=%s\n" % file)).expect(2, out="", err=words)
        create(s, "--ca-dir", "/nowhere").expect(2, out="", err="/nowhere")
        create(s, "--ca-dir", empty).expect(2, out="", err="holds no CA certificate")
        create(s, env={"SSL_CERT_DIR": empty}).expect(2, out="", err="holds no CA certificate")
        assert s.requests() == []


@case("an unusable certificate in a bundle is skipped and counted")
def _():
    spoilt = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    for number, text in enumerate((
            spoilt + text_of(CA.file), text_of(CA.file) + spoilt,
            "words\n" + text_of(OTHER.file) + spoilt + "more\r\n" +
            text_of(CA.file).replace("\n", "\r\n"))):
        with Sentry(tls=GOOD) as s:
            create(s, "--ca-file", write(text)).expect(
                0, err=["warning", "1 unusable certificate among"])
            assert len(s.requests()) == 1, number


@case("a server that speaks plain HTTP on the port is called by its name")
def _():
    def plain(connection):
        connection.recv(64)
        connection.sendall(answer(400, "no"))
    with Scripted(plain) as s:
        create_at("127.0.0.1", s.port).expect(
            3, out="", err=["does not speak TLS", "plain HTTP", "hint: ", "http://"])


@case("other protocols and closed doors are told apart")
def _():
    speeches = [(b"SSH-2.0-OpenSSH_9.6\r\n", "SSH"), (b"220 mail ESMTP\r\n", "does not speak TLS"),
                (b"", "closed the connection"),
                (bytes.fromhex("15030100020246"), "neither TLS 1.2 nor TLS 1.3"),
                (bytes.fromhex("15030300020228"), "handshake_failure"),
                (bytes.fromhex("15030300020270"), "unrecognized_name")]
    for speech, words in speeches:
        def speak(connection, speech=speech):
            connection.recv(4096)
            connection.sendall(speech)
        with Scripted(speak) as s:
            create_at("127.0.0.1", s.port).expect(3, out="", err=[words, "hint: "])


@case("http to a port that speaks TLS is a refusal that doubts the URL's scheme")
def _():
    with Sentry(tls=GOOD) as s:
        r = run("--url", "http://127.0.0.1:%d" % s.port, "--org", ORG, "member", "create", MEMBER)
        r.expect(1, out="", err=["sentry-scim: 400 ", "hint: ", "https"])


@case("SNI is the name without its final dot, and nothing for an address")
def _():
    seen = []

    def adjust(context):
        context.sni_callback = lambda sock, name, ctx: seen.append(name)
    hosts = [("localhost", "localhost"), ("127.0.0.1", None), ("localhost.", "localhost")]
    with Scripted(serving(GOOD, answering(answer(201, CREATED)), adjust)) as s:
        for host, _name in hosts:
            run("--scim-url", "https://%s:%d" % (host, s.port), "--ca-file", CA.file, "member",
                "create", MEMBER).expect(0)
    assert seen == [name for _host, name in hosts], seen


@case("an answer cut without close_notify is looked up, in both versions of TLS")
def _():
    for version in ("1.2", "1.3"):
        for fault in ("cut:40", "cut:400", "drop-after", "reset-after"):
            with Sentry("--fault", "POST Users#1=" + fault, "--max-tls", version, tls=GOOD) as s:
                s.run("member", "create", MEMBER, "--ca-file", CA.file).expect(
                    0, err="look-up confirmed")
                assert s.methods() == ["POST", "GET"], (version, fault, s.methods())
                assert list(s.members()) == [MEMBER], s.members()


@case("an answer that only the connection's end ends counts with close_notify, not without")
def _():
    listing = ('{"schemas":[],"totalResults":1,"startIndex":1,"itemsPerPage":1,"Resources":[%s]}'
               % CREATED)
    for polite in (True, False):
        seen = []

        def handle(tls, polite=polite, seen=seen):
            while True:
                head, _ = read_request(tls)
                if not head:
                    return
                seen.append(head.split(b" ")[0])
                if seen[-1] == b"GET":
                    tls.sendall(answer(200, listing))
                    continue
                tls.sendall(b"HTTP/1.1 201 Created\r\n\r\n" + CREATED.encode())
                if polite:
                    tls.unwrap()
                return
        with Scripted(serving(GOOD, handle)) as s:
            r = run("--scim-url", "https://localhost:%d" % s.port, "--ca-file", CA.file, "member",
                    "create", MEMBER).expect(0, out=CREATED + "\n")
            assert seen == ([b"POST"] if polite else [b"POST", b"GET"]), (polite, seen, r)
            assert polite or "close_notify" in r.err, r


@case("a TLS 1.3 server that drops the connection after the handshake has accepted nothing unseen")
def _():
    with Sentry("--fault", "POST Users#1=drop-before", tls=GOOD) as s:
        s.run("member", "create", MEMBER, "--ca-file", CA.file).expect(0)
        assert s.methods() == ["POST", "GET", "POST"], s.methods()
        assert list(s.members()) == [MEMBER]


@case("verification cannot be switched off: not by an option, not by sentry-cli's key")
def _():
    with Sentry(tls=GOOD) as s:
        create(s, "--insecure").expect(2, out="", err=["--insecure", "--ca-add"])
        create(s, "-k").expect(2, out="", err="-k")
        create(s, "--config", write("[http]\nverify_ssl=false\n")).expect(
            3, out="", err=["verify_ssl", "not trusted"])
        assert s.requests() == []


@case("--dry-run needs neither server nor certificates, config names those in use")
def _():
    r = run("--org", ORG, "--ca-file", CA.file, "--ca-add", OTHER.file, "config", "-o", "json")
    rows = {row["setting"]: row for row in r.expect(0).json()}
    assert rows["CA certificates in use"]["value"] == "%s and %s" % (CA.file, OTHER.file), rows
    assert rows["CA certificates in use"]["from"] == "--ca-file", rows
    run("--org", ORG, "--ca-file", "/nowhere", "--dry-run", "member", "create", MEMBER).expect(0)


if __name__ == "__main__":
    harness.main()
