"""What a bundle of certificates and a proxy cost."""
import re
import selectors
import socket
import threading

RELAY_RUNS = 8


class Relay(threading.Thread):
    """Passes one connection on, as a proxy that is asked by CONNECT or as the server itself, and
    counts round trips: how often something comes back after something has gone out."""

    def __init__(self, port, proxy):
        super().__init__(daemon=True)
        self.target = ("127.0.0.1", int(port))
        self.proxy = proxy
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = str(self.listener.getsockname()[1])
        self.trips = 0
        self.last = None
        self.start()

    def passed(self, direction):
        self.trips += direction == "down" and self.last == "up"
        self.last = direction

    def run(self):
        client, _ = self.listener.accept()
        with client, socket.create_connection(self.target) as server:
            if self.proxy:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += client.recv(65536)
                self.passed("up")
                if not head.startswith(b"CONNECT localhost:"):
                    return
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self.passed("down")
            ways = {client: ("up", server), server: ("down", client)}
            with selectors.DefaultSelector() as wait:
                for end in ways:
                    wait.register(end, selectors.EVENT_READ)
                while True:
                    for key, _ in wait.select():
                        direction, to = ways[key.fileobj]
                        data = key.fileobj.recv(65536)
                        if not data:
                            return
                        self.passed(direction)
                        to.sendall(data)


def round_trips(b, maker, proxy):
    """The fewest of several runs: what the server sends by the way, such as tickets, may cross what
    is on its way to it, or not."""
    fewest = None
    for _ in range(RELAY_RUNS):
        relay = Relay(b.port, proxy)
        b.check(maker(relay.port))
        relay.join()
        fewest = relay.trips if fewest is None else min(fewest, relay.trips)
    return fewest


def calls(b, maker, proxy):
    relay = Relay(b.port, proxy)
    return b.syscalls(maker(relay.port))


def on_port(command, here, port):
    return [re.sub(r"\blocalhost:%s\b" % here, "localhost:" + port, word) for word in command]


def measure(b, row):
    one, all_ = b.wall(b.ours, lambda: b.ours(bundle=True))
    row("140 CAs: time more", "%.2f" % (all_ - one), None, None, "ms", None, "1.00",
        all_ - one <= 1)
    one, all_ = b.peak(b.ours), b.peak(lambda: b.ours(bundle=True))
    row("140 CAs: memory more", all_ - one, None, None, "KiB", None, "100", all_ - one <= 100)
    trips, system = [], []
    for make in (b.ours, b.curl):
        def direct(port, make=make):
            return on_port(make(), b.port, port)

        def tunnel(port, make=make):
            program, *rest = make()
            return [program, "--proxy", "http://127.0.0.1:" + port, *rest]
        trips.append([round_trips(b, direct, False), round_trips(b, tunnel, True)])
        system.append([calls(b, direct, False), calls(b, tunnel, True)])
    more = [[tunnelled - plain for plain, tunnelled in x] for x in (trips, system)]
    row("round trips, 1 create", trips[0][0], None, trips[1][0], "")
    row("round trips more by CONNECT", more[0][0], None, more[0][1], "", None, "1",
        more[0][0] == 1)
    row("system calls more by CONNECT", more[1][0], None, more[1][1], "")
