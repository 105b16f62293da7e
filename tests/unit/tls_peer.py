#!/usr/bin/env python3
"""The server side of the TLS tests: OpenSSL, by way of Python's ssl module.

Commands come as lines on stdin, fields parted by tabs; for each the port is answered, one connection
is served, and its outcome is answered:

  tls CHAIN KEY VERSION MODE   VERSION is 1.2 or 1.3. MODE says what follows the handshake: "echo"
                               answers what it got, then close_notify; "cut" answers, then FIN
                               without close_notify; "tickets" answers in pieces, a NewSessionTicket
                               having been sent before; "silent" only says close_notify; "client:CA"
                               requires a client certificate of CA.
  raw HEX...                   answers each piece that the client sends with the next HEX
  forge SHAPE                  answers with the ServerHello of CVE-2026-115490: SHAPE is "whole",
                               "bytes" (a record for each byte behind the header), "dust" (a
                               record for each byte) or "retry" (after a HelloRetryRequest)

Outcomes: "open GOT NAME" with the application bytes received in hex and the server name asked for,
"-" for none; "refused WHY" when the handshake did not come to its end; "failed WHY" when this side
could not even serve.
"""
import socket
import ssl
import sys


def context(chain, key, version, mode, names=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # The zoo holds weak keys and hashes; to refuse them is the client's part.
    c.set_ciphers("ALL:@SECLEVEL=0")
    c.minimum_version = c.maximum_version = {
        "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
    c.load_cert_chain(chain, key)
    c.set_alpn_protocols(["h2"] if mode == "h2" else ["http/1.1"])
    if names is not None:
        c.sni_callback = lambda tls, name, ctx: names.append(name)
    if mode.startswith("client:"):
        c.verify_mode = ssl.CERT_REQUIRED
        c.load_verify_locations(mode[len("client:"):])
    return c


def talk(tls, plain, mode):
    if mode == "silent":
        tls.unwrap()
        return b""
    got = tls.recv(4096)
    if not got:
        return b""
    if mode == "cut":
        tls.sendall(got)
        plain.shutdown(socket.SHUT_WR)
        return got
    if mode == "tickets":
        for i in range(len(got)):
            tls.sendall(got[i:i + 1])
    else:
        tls.sendall(got)
    try:
        tls.unwrap()
    except (ssl.SSLError, OSError):
        pass
    return got


def serve_tls(listener, chain, key, version, mode):
    names = []
    c = context(chain, key, version, mode, names)
    plain, _ = listener.accept()
    plain.settimeout(20)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    shadow = socket.socket(fileno=socket.dup(plain.fileno()))
    with shadow:
        try:
            tls = c.wrap_socket(plain, server_side=True)
        except (ssl.SSLError, OSError) as e:
            plain.close()
            return "refused\t%s" % e
        with tls:
            try:
                got = talk(tls, shadow, mode)
            except (ssl.SSLError, OSError) as e:
                # TLS 1.3: the client's refusal comes after the server's last message.
                return "refused\t%s" % e
    return "open\t%s\t%s" % (got.hex() or "-", names[0] or "-" if names else "-")


def serve_raw(listener, pieces):
    plain, _ = listener.accept()
    plain.settimeout(20)
    got = b""
    with plain:
        try:
            for piece in pieces:
                got = plain.recv(16384)
                if not got:
                    break
                plain.sendall(bytes.fromhex(piece))
            plain.shutdown(socket.SHUT_WR)
            rest = got
            while rest:
                rest = plain.recv(16384)
                got += rest
        except OSError as e:
            return "refused\t%s" % e
    return "open\t%s\t-" % (got.hex() or "-")


def record(message):
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


def server_hello(version, random, session, extensions):
    body = version + random + bytes([len(session)]) + session + b"\x13\x01\x00"
    body += len(extensions).to_bytes(2, "big") + extensions
    return b"\x02" + len(body).to_bytes(3, "big") + body


def read_hello(plain):
    """The session id of a ClientHello, which stands in one record."""
    got = b""
    while len(got) < 5 or len(got) < 5 + int.from_bytes(got[3:5], "big"):
        piece = plain.recv(4096)
        if not piece:
            raise OSError("no ClientHello")
        got += piece
    at = 5 + 4 + 2 + 32
    return got[at + 1:at + 1 + got[at]]


RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def serve_forged(listener, shape):
    plain, _ = listener.accept()
    plain.settimeout(20)
    with plain:
        session = read_hello(plain)
        if shape == "retry":
            # supported_versions: TLS 1.3; key_share: P-256
            plain.sendall(record(server_hello(
                b"\x03\x03", RETRY, session, bytes.fromhex("002b00020304003300020017"))))
            ccs = plain.recv(6, socket.MSG_PEEK)
            if ccs[:1] == b"\x14":
                plain.recv(6)
            session = read_hello(plain)
        hello = server_hello(b"\x03\x04", b"\x11" * 32, session, b"")
        cuts = {"bytes": range(4, len(hello)), "dust": range(1, len(hello))}.get(shape, [])
        ends = [0, *cuts, len(hello)]
        plain.sendall(b"".join(record(hello[a:b]) for a, b in zip(ends, ends[1:])))
        plain.shutdown(socket.SHUT_WR)
        got = b""
        try:
            piece = plain.recv(4096)
            while piece:
                got += piece
                piece = plain.recv(4096)
        except OSError:
            pass
    return "open\t%s\t-" % (got.hex() or "-")


def serve(fields):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        if fields[0] == "tls":
            context(*fields[1:])
        print("port\t%d" % listener.getsockname()[1], flush=True)
        if fields[0] == "tls":
            return serve_tls(listener, *fields[1:])
        if fields[0] == "forge":
            return serve_forged(listener, fields[1])
        return serve_raw(listener, fields[1:])


def main():
    for line in sys.stdin:
        try:
            outcome = serve(line.rstrip("\n").split("\t"))
        except (ssl.SSLError, OSError, ValueError) as e:
            outcome = "failed\t%s" % e
        print(outcome.replace("\n", " "), flush=True)


main()
