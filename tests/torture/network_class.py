"""F11: connections that break: reset or half closed in a body, silent, vanished without a word, too slow to be waited for.

The oracle: no object comes of an incomplete body, what was there stays, timeouts end what never ends, and the server's open
files return to what they were.
"""
import os
import socket
import struct
import time

from classes import TortureClass

HEAD_TIMEOUT, IDLE_TIMEOUT = 1, 2
BODY = b"b" * 300_000
BASELINE_SECONDS_MAX = 25
TCP_REPAIR = 19
WHERE = (0, 1, 5000, 150_000, 299_999)


class NetworkClass(TortureClass):
    """One cycle is one way of breaking at one place."""

    NAME = "F11"
    ABOUT = "connections reset, half closed, stalled, vanished, slow"
    CLAIM = 25
    SECONDS_GUESS = 2.0
    SLICE = 4

    def options(self):
        return [*super().options(), "--head-timeout", str(HEAD_TIMEOUT), "--idle-timeout", str(IDLE_TIMEOUT),
                "--body-rate-min", "1000000"]

    def open(self):
        self.fresh_store()
        self.s3.put_object(Bucket=self.BUCKET, Key="there", Body=BODY)
        self.cases = [(how, where) for how in ("reset", "half_close", "close", "vanish") for where in WHERE]
        self.cases += [("reset_while_reading", 0), ("stall_while_reading", 0), ("slow_head", 0), ("silent", 0), ("silent_vanish", 0),
                       ("slow_body", 0)]
        self.random.shuffle(self.cases)

    def cycle(self, number):
        how, where = self.cases[number % len(self.cases)]
        before = self.open_files()
        target = self.random.choice(["new", "there"])
        try:
            getattr(self, how)(target, where)
            self.verify(before)
        except AssertionError as error:
            raise AssertionError(f"{how} at {where}, key {target}: {error}") from error
        return 1

    def open_files(self):
        self.s3.forget()
        time.sleep(0.05)
        return len(os.listdir(f"/proc/{self.objd.pid}/fd"))

    def verify(self, before):
        end = time.monotonic() + BASELINE_SECONDS_MAX
        # Segments and tables are kept open, too: only what stays above that is a leak.
        while self.connections() > 0:
            assert time.monotonic() < end, f"{self.connections()} connections stay open; files: {before}, now {self.open_files()}"
            time.sleep(0.1)
        status, _, data = self.s3.exchange("GET", self.BUCKET, "new")
        assert status == 404, f"an object of an incomplete body: {status}, {len(data)} bytes"
        assert self.s3.get_object(Bucket=self.BUCKET, Key="there")["Body"].read() == BODY, "the old object is another"

    def connections(self):
        """Sockets of the server that are connected."""
        self.s3.forget()
        inodes = set()
        for entry in os.listdir(f"/proc/{self.objd.pid}/fd"):
            try:
                link = os.readlink(f"/proc/{self.objd.pid}/fd/{entry}")
            except OSError:
                continue
            if link.startswith("socket:["):
                inodes.add(link[8:-1])
        with open("/proc/net/tcp") as table:
            rows = [line.split() for line in table.readlines()[1:]]
        port = f":{self.objd.port:04X}"
        return sum(1 for row in rows if row[1].endswith(port) and row[3] != "0A" and row[9] in inodes)

    # --- ways to break ---

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.objd.port), timeout=30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def head(self, method, key, length):
        head = self.s3.signed_head(method, f"/{self.BUCKET}/{key}", "", {})
        lines = [f"{method} /{self.BUCKET}/{key} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()),
                 f"content-length: {length}", "", ""]
        return "\r\n".join(lines).encode()

    def begin(self, key, where):
        connection = self.connect()
        connection.sendall(self.head("PUT", key, len(BODY)) + BODY[:where].replace(b"b", b"x"))
        time.sleep(0.05)
        return connection

    def reset(self, key, where):
        connection = self.begin(key, where)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def close_quietly(self, connection):
        """As a machine goes whose cable was pulled: the peer is told nothing."""
        try:
            connection.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        except PermissionError:
            pass  # without root it is a close, which is tested anyway
        connection.close()

    def vanish(self, key, where):
        self.close_quietly(self.begin(key, where))

    def half_close(self, key, where):
        connection = self.begin(key, where)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(4096)
        assert not answer.startswith(b"HTTP/1.1 2"), answer[:100]
        connection.close()

    def close(self, key=None, where=0):
        if key is None:
            super().close()
        else:
            self.begin(key, where).close()

    def silent(self, *_):
        self.ends(self.connect())

    def silent_vanish(self, *_):
        self.close_quietly(self.connect())

    def slow_head(self, key, _):
        connection = self.connect()
        for byte in self.head("PUT", key, len(BODY))[:200]:
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                break
            time.sleep(0.02)
        self.ends(connection)

    def slow_body(self, key, _):
        """Slower than --body-rate-min: given up once its grace is over."""
        connection = self.begin(key, 1000)
        end = time.monotonic() + BASELINE_SECONDS_MAX
        try:
            while time.monotonic() < end:
                connection.sendall(b"x" * 10)
                time.sleep(0.2)
        except OSError:
            pass
        self.ends(connection)

    def reset_while_reading(self, *_):
        connection = self.connect()
        connection.sendall(self.head("GET", "there", 0))
        connection.recv(1000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    def stall_while_reading(self, *_):
        connection = self.connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(self.head("GET", "there", 0))
        time.sleep(1)
        connection.close()

    def ends(self, connection):
        """The server ends it, in its time."""
        connection.settimeout(BASELINE_SECONDS_MAX)
        try:
            while connection.recv(65536):
                pass
        except ConnectionError:
            pass
        except TimeoutError as error:
            raise AssertionError("the server does not end the connection") from error
        connection.close()
