#!/usr/bin/env python3
"""A zoo of certificate chains made by openssl at test time, each served by `openssl s_server` and
judged by the program: taken, or refused with exit 3 in words that say what is wrong."""
import os
import re
import signal
import socket
import subprocess

import harness
from harness import ALWAYS, case, folder, openssl, path, run, write

HOST = "www.zoo.example"
PAST = ("20000101000000Z", "20010101000000Z")
FUTURE = ("20480101000000Z", "20490101000000Z")
TAKEN = None  # the other verdict is what the message must say

CA_EXT = ("basicConstraints=critical,CA:TRUE%s\nkeyUsage=critical,keyCertSign,cRLSign\n"
          "subjectKeyIdentifier=hash\n")
SERVER_USE = "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"

KINDS = {
    "p256": ("EC", "ec_paramgen_curve:P-256"),
    "p384": ("EC", "ec_paramgen_curve:P-384"),
    "p521": ("EC", "ec_paramgen_curve:P-521"),
    "k256": ("EC", "ec_paramgen_curve:secp256k1"),
    "rsa2048": ("RSA", "rsa_keygen_bits:2048"),
    "rsa1024": ("RSA", "rsa_keygen_bits:1024"),
    "rsa4096": ("RSA", "rsa_keygen_bits:4096"),
    "ed25519": ("ED25519", None),
    "pss": ("RSA-PSS", "rsa_keygen_bits:2048"),
}
_keys = {}


def key(kind="p256", name=""):
    """A key of KIND, the same for the same NAME."""
    if (kind, name) not in _keys:
        algorithm, option = KINDS[kind]
        _keys[kind, name] = path(kind + ".key")
        openssl("genpkey", "-algorithm", algorithm, *(("-pkeyopt", option) if option else ()),
                "-out", _keys[kind, name])
    return _keys[kind, name]


class Cert:
    """A certificate: its file, and the key that goes with it."""

    def __init__(self, subject, extensions, issuer=None, kind="p256", dates=ALWAYS, digest="sha256",
                 its_key=None):
        self.key = its_key or key(kind, subject)
        self.file = path("cert.pem")
        request, base = path("csr"), path("ca")
        openssl("req", "-new", "-key", self.key, "-subj", "/CN=%s" % subject if subject else "/",
                "-out", request)
        os.mkdir(base)
        open(os.path.join(base, "index"), "w").close()
        config = write("[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\nnew_certs_dir=%s\n"
                       "rand_serial=yes\nunique_subject=no\npolicy=p\n[p]\n"
                       "commonName=optional\n" % (base, base), "ca.cnf")
        by = (("-cert", issuer.file, "-keyfile", issuer.key) if issuer
              else ("-selfsign", "-keyfile", self.key))
        openssl("ca", "-batch", "-config", config, *by, "-in", request, "-out", self.file,
                "-notext", "-md", "null" if (issuer.key if issuer else self.key) == _keys.get(
                    ("ed25519", "")) else digest, "-extfile", write(extensions, "ext"),
                "-startdate", dates[0], "-enddate", dates[1])


def ca(name, issuer=None, length="", extra="", **options):
    return Cert(name, CA_EXT % length + extra, issuer, **options)


def leaf(issuer, names="DNS:" + HOST, use=SERVER_USE, subject="leaf", extra="", **options):
    extensions = "basicConstraints=CA:FALSE\n" + use + extra
    if names:
        extensions += "subjectAltName=%s\n" % names
    return Cert(subject, extensions, issuer, **options)


def bundle(*certs):
    text = b""
    for c in certs:
        with open(c.file, "rb") as f:
            text += f.read()
    return write(text, "bundle.pem")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Served:
    """`openssl s_server` with the certificate and what it sends along."""

    def __init__(self, cert, *along, switches=()):
        for _ in range(20):
            self.port = free_port()
            command = ["openssl", "s_server", "-accept", "127.0.0.1:%d" % self.port, "-cert",
                       cert.file, "-key", cert.key, "-www", "-quiet", "-cipher",
                       "ALL:@SECLEVEL=0", *switches]
            if along:
                command += ["-cert_chain", bundle(*along)]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            if self._listens():
                return
            error = self.process.communicate()[1]
        raise AssertionError("openssl s_server does not start: %r" % error)

    def _listens(self):
        while self.process.poll() is None:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return True
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


def judge(verdict, roots, cert, *along, host=HOST, options=(), switches=()):
    """The program against CERT, trusting ROOTS only."""
    with Served(cert, *along, switches=switches) as server:
        shown = "[%s]" % host if ":" in host else host
        r = run("--scim-url", "https://%s:%d/scim/v2" % (shown, server.port), "--ca-file",
                bundle(*roots), "--resolve", "%s:%d:127.0.0.1" % (shown, server.port), "--retries",
                "0", *options, "member", "list")
    # s_server answers with a page, which is no SCIM: exit 1 means that the chain was taken.
    if verdict is TAKEN:
        r.expect(1)
    else:
        r.expect(3)
        assert re.search(verdict, r.err), "%r is not in stderr: %s" % (verdict, r)
    return r


class Root:
    """What most cases stand on, made once."""

    def __init__(self):
        self.root = ca("Zoo Root")
        self.middle = ca("Zoo Intermediate", self.root)
        self.good = leaf(self.middle)


_base = []


def base():
    if not _base:
        _base.append(Root())
    return _base[0]


def zoo(title):
    """A case of its own: a function that yields (what, verdict, roots, cert, along, options)."""
    def register(function):
        @case(title)
        def _():
            count = 0
            for animal in function():
                count += 1
                name, verdict, roots, cert, along = animal[:5]
                options = animal[5] if len(animal) > 5 else {}
                try:
                    judge(verdict, roots, cert, *along, **options)
                except AssertionError as problem:
                    raise AssertionError("%s: %s" % (name, problem)) from problem
            assert count >= 3
        return function
    return register


@zoo("chains: whole, without a part, out of order, with strangers, twice, the root among them")
def _():
    b = base()
    other = ca("Other Root")
    yield "good", TAKEN, [b.root], b.good, [b.middle]
    yield "root sent too", TAKEN, [b.root], b.good, [b.middle, b.root]
    yield "root first", TAKEN, [b.root], b.good, [b.root, b.middle]
    yield "intermediate twice", TAKEN, [b.root], b.good, [b.middle, b.middle]
    yield "a stranger among them", TAKEN, [b.root], b.good, [other, b.middle]
    yield "no intermediate", "issuer Zoo Intermediate is not in", [b.root], b.good, []
    yield "intermediate trusted", TAKEN, [b.middle], b.good, [b.middle]
    yield "intermediate trusted, nothing sent", TAKEN, [b.middle], b.good, []
    yield "unknown root", "is not trusted", [other], b.good, [b.middle]
    deep = [b.root]
    for i in range(6):
        deep.append(ca("Deep %d" % i, deep[-1]))
    cert = leaf(deep[-1])
    yield "depth 8", TAKEN, [b.root], cert, deep[:0:-1]
    yield "depth 8 backwards", TAKEN, [b.root], cert, deep[1:]
    for i in range(4):
        deep.append(ca("Deeper %d" % i, deep[-1]))
    yield "depth 12", "chain|trusted|long", [b.root], leaf(deep[-1]), deep[:0:-1]


@zoo("self-signed: refused, trusted when it is listed itself")
def _():
    b = base()
    alone = leaf(None, subject="alone")
    yield "unknown", "self-signed", [b.root], alone, []
    yield "listed", TAKEN, [alone], alone, []
    yield "a leaf listed that another signed", TAKEN, [b.good], b.good, [b.middle]


@zoo("several roots of one name: the right key is found; cross-signed chains lead somewhere")
def _():
    b = base()
    twin = ca("Zoo Root", its_key=key("p256", "twin"))
    third = ca("Zoo Root", its_key=key("p256", "third"))
    yield "the wrong twin", "another key", [twin], b.good, [b.middle]
    yield "all of them", TAKEN, [twin, third, b.root], b.good, [b.middle]
    yield "all of them, other order", TAKEN, [b.root, twin, third], b.good, [b.middle]
    old = ca("Old Root")
    cross = ca("Zoo Root", old, its_key=b.root.key)
    yield "cross-signed, old root only", TAKEN, [old], b.good, [b.middle, cross]
    yield "cross-signed, new root only", TAKEN, [b.root], b.good, [b.middle, cross]
    yield "cross-signed, both", TAKEN, [old, b.root], b.good, [b.middle, cross]
    dead = ca("Dead Root", dates=PAST)
    cross_dead = ca("Zoo Root", dead, its_key=b.root.key)
    yield "cross-signed by an expired root", TAKEN, [b.root], b.good, [b.middle, cross_dead]
    yield "the same, both trusted", TAKEN, [dead, b.root], b.good, [b.middle, cross_dead]


@zoo("dates: expired and future, of leaf, intermediate and root")
def _():
    b = base()
    yield "leaf expired", "has expired", [b.root], leaf(b.middle, dates=PAST), [b.middle]
    yield "leaf future", "is not valid yet", [b.root], leaf(b.middle, dates=FUTURE), [b.middle]
    old = ca("Old Intermediate", b.root, dates=PAST)
    yield "intermediate expired", "Old Intermediate.*has expired", [b.root], leaf(old), [old]
    new = ca("New Intermediate", b.root, dates=FUTURE)
    yield "intermediate future", "New Intermediate.*not valid yet", [b.root], leaf(new), [new]
    root = ca("Old Root", dates=PAST)
    yield "root expired", "expired", [root], leaf(root), []
    yield ("leaf expired, time assumed", TAKEN, [root], leaf(root, dates=PAST), [],
           {"options": ("--assume-time", "2000-06-01T00:00:00Z")})
    far = leaf(b.middle, dates=("20000101000000Z", "99991231235959Z"))
    yield "until 9999", TAKEN, [b.root], far, [b.middle]
    yield ("after 2038", TAKEN, [b.root], b.good, [b.middle],
           {"options": ("--assume-time", "2045-01-01T00:00:00Z")})


@zoo("names: exact, wildcards, case, addresses, none, common name only")
def _():
    b = base()

    def named(names, **options):
        return leaf(b.middle, names, **options)

    for what, verdict, cert, host in (
            ("exact among others", TAKEN, named("DNS:a.example,DNS:%s" % HOST), HOST),
            ("other", "is not for " + HOST, named("DNS:other.example"), HOST),
            ("upper case", TAKEN, named("DNS:WWW.Zoo.EXAMPLE"), HOST),
            ("wildcard", TAKEN, named("DNS:*.zoo.example"), HOST),
            ("wildcard over two labels", "is not for", named("DNS:*.example"), HOST),
            ("wildcard for the bare domain", "is not for", named("DNS:*.zoo.example"),
             "zoo.example"),
            ("wildcard inside a label", "is not for", named("DNS:w*.zoo.example"), HOST),
            ("wildcard not leftmost", "is not for", named("DNS:www.*.example"), HOST),
            ("wildcard of everything", "is not for", named("DNS:*"), "zoo"),
            ("two wildcards", "is not for", named("DNS:*.*.example"), HOST),
            ("final dot", TAKEN, named("DNS:" + HOST), HOST + "."),
            ("suffix only", "is not for", named("DNS:zoo.example"), HOST),
            ("no SAN, right CN", "common name does not count", named(None, subject=HOST), HOST),
            ("SAN wrong, CN right", "is not for", named("DNS:x.example", subject=HOST), HOST),
            ("no SAN, no subject", "is not for", named(None, subject=""), HOST),
            ("e-mail and URI only", "is not for", named("email:a@b.example,URI:https://" + HOST),
             HOST),
            ("empty subject, SAN", TAKEN, named("DNS:" + HOST, subject=""), HOST),
            ("IPv4", TAKEN, named("IP:127.0.0.1"), "127.0.0.1"),
            ("IPv4 as DNS", "is not for", named("DNS:127.0.0.1"), "127.0.0.1"),
            ("other IPv4", "is not for", named("IP:127.0.0.2"), "127.0.0.1"),
            ("IPv6", TAKEN, named("IP:2001:db8::1"), "2001:db8::1"),
            ("IPv6 written long", TAKEN, named("IP:2001:db8::1"), "2001:0db8:0:0:0:0:0:1"),
            ("IPv4 for IPv6", "is not for", named("IP:127.0.0.1"), "::ffff:127.0.0.1")):
        yield what, verdict, [b.root], cert, [b.middle], {"host": host}


@zoo("keys and hashes: what is strong enough is taken, SHA-1 and RSA-1024 are not")
def _():
    b = base()
    for kind, verdict in (("p384", TAKEN), ("rsa2048", TAKEN), ("rsa4096", TAKEN),
                          ("rsa1024", "too weak|weak"), ("k256", ".")):
        yield ("leaf " + kind, verdict, [b.root], leaf(b.middle, subject=kind, kind=kind),
               [b.middle])
    for kind, verdict in (("p384", TAKEN), ("rsa2048", TAKEN), ("rsa1024", "weak")):
        root = ca("Root " + kind, kind=kind)
        middle = ca("Intermediate " + kind, root, kind=kind)
        yield "all " + kind, verdict, [root], leaf(middle, subject="l" + kind, kind=kind), [middle]
    for digest, verdict in (("sha384", TAKEN), ("sha512", TAKEN), ("sha1", "SHA-1|weaker"),
                            ("sha224", "SHA-1|weaker|not taken")):
        root = ca("RSA Root", kind="rsa2048")
        yield ("signed with " + digest, verdict, [root],
               leaf(root, subject="l" + digest, digest=digest), [])
    middle = ca("SHA-1 Intermediate", b.root, digest="sha1")
    yield "intermediate signed with SHA-1", "weaker|SHA-1", [b.root], leaf(middle), [middle]
    old = ca("SHA-1 Root", digest="sha1", kind="rsa2048")
    yield "a root that signed itself with SHA-1", TAKEN, [old], leaf(old), []


@zoo("what a certificate is for: CA flags, path lengths, key usages, unknown critical extensions")
def _():
    b = base()
    no_ca = Cert("No CA", "basicConstraints=critical,CA:FALSE\nkeyUsage=digitalSignature\n",
                 b.root)
    yield "CA flag false", "trusted", [b.root], leaf(no_ca), [no_ca]
    nothing = Cert("Nothing", "subjectKeyIdentifier=hash\n", b.root)
    yield "no basicConstraints", "trusted", [b.root], leaf(nothing), [nothing]
    no_sign = Cert("No Signer", "basicConstraints=critical,CA:TRUE\n"
                   "keyUsage=critical,cRLSign\n", b.root)
    yield "no keyCertSign", "trusted", [b.root], leaf(no_sign), [no_sign]
    zero = ca("Zero", b.root, ",pathlen:0")
    below = ca("Below Zero", zero)
    yield "path length kept", TAKEN, [b.root], leaf(zero), [zero]
    yield "path length exceeded", "trusted|chain", [b.root], leaf(below), [below, zero]
    one = ca("One", b.root, ",pathlen:1")
    under = ca("Under One", one)
    yield "path length 1", TAKEN, [b.root], leaf(under), [under, one]
    for what, use, verdict in (
            ("client only", "keyUsage=digitalSignature\nextendedKeyUsage=clientAuth\n",
             "not for servers"),
            ("client and server", "extendedKeyUsage=clientAuth,serverAuth\n", TAKEN),
            ("any use", "extendedKeyUsage=anyExtendedKeyUsage\n", TAKEN),
            ("no usages", "", TAKEN),
            ("no digitalSignature", "keyUsage=critical,keyAgreement\n", "not for servers")):
        yield what, verdict, [b.root], leaf(b.middle, use=use), [b.middle]
    client_ca = ca("Client CA", b.root, extra="extendedKeyUsage=clientAuth\n")
    yield "a CA for clients only", "not for servers", [b.root], leaf(client_ca), [client_ca]
    unknown = "1.2.3.4.5=critical,ASN1:UTF8String:x\n"
    yield ("unknown critical extension", ".", [b.root], leaf(b.middle, extra=unknown),
           [b.middle])
    yield ("unknown extension", TAKEN, [b.root],
           leaf(b.middle, extra=unknown.replace("critical,", "")), [b.middle])
    odd = ca("Odd", b.root, extra=unknown)
    yield "unknown critical extension in a CA", ".", [b.root], leaf(odd), [odd]


@zoo("name constraints: permitted and excluded, for names and addresses")
def _():
    b = base()

    def under(constraint, names, critical=True):
        c = ca("Constrained", b.root, extra="nameConstraints=%s%s\n" % (
            "critical," if critical else "", constraint))
        return leaf(c, names), [c]

    for what, verdict, constraint, names in (
            ("permitted", TAKEN, "permitted;DNS:zoo.example", "DNS:" + HOST),
            ("another domain", "name constraints", "permitted;DNS:other.example", "DNS:" + HOST),
            ("excluded", "name constraints", "excluded;DNS:zoo.example", "DNS:" + HOST),
            ("excluded elsewhere", TAKEN, "excluded;DNS:other.example", "DNS:" + HOST),
            ("one of two names", "name constraints", "permitted;DNS:zoo.example",
             "DNS:%s,DNS:a.other.example" % HOST),
            ("no dot boundary", "name constraints", "permitted;DNS:oo.example", "DNS:" + HOST),
            ("wildcard leaf", TAKEN, "permitted;DNS:zoo.example", "DNS:*.zoo.example")):
        for critical in (True, False):
            cert, along = under(constraint, names, critical)
            yield what, verdict, [b.root], cert, along
    cert, along = under("permitted;IP:127.0.0.0/255.0.0.0", "IP:127.0.0.1")
    yield "address permitted", TAKEN, [b.root], cert, along, {"host": "127.0.0.1"}
    cert, along = under("excluded;IP:127.0.0.0/255.0.0.0", "IP:127.0.0.1")
    yield "address excluded", "name constraints", [b.root], cert, along, {"host": "127.0.0.1"}


@zoo("versions: TLS 1.2 and 1.3 are spoken, older ones and other suites are explained")
def _():
    b = base()
    for switch, verdict in (("-tls1_2", TAKEN), ("-tls1_3", TAKEN), ("-tls1_1", "TLS 1.2"),
                            ("-tls1", "TLS 1.2")):
        yield (switch, verdict, [b.root], b.good, [b.middle], {"switches": (switch,)})
    rsa = leaf(b.middle, subject="rsa", kind="rsa2048", use="")
    for suite, verdict in (("ECDHE-RSA-AES256-GCM-SHA384", TAKEN),
                           ("ECDHE-RSA-CHACHA20-POLY1305", TAKEN), ("AES128-GCM-SHA256", "."),
                           ("ECDHE-RSA-AES128-SHA", ".")):
        yield (suite, verdict, [b.root], rsa, [b.middle],
               {"switches": ("-tls1_2", "-cipher", suite + ":@SECLEVEL=0")})


if __name__ == "__main__":
    if folder():
        harness.main()
