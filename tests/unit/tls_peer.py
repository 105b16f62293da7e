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


def serve(fields):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        if fields[0] == "tls":
            context(*fields[1:])
        print("port\t%d" % listener.getsockname()[1], flush=True)
        if fields[0] == "tls":
            return serve_tls(listener, *fields[1:])
        return serve_raw(listener, fields[1:])


def main():
    for line in sys.stdin:
        try:
            outcome = serve(line.rstrip("\n").split("\t"))
        except (ssl.SSLError, OSError, ValueError) as e:
            outcome = "failed\t%s" % e
        print(outcome.replace("\n", " "), flush=True)


main()
