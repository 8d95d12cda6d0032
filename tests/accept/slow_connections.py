"""Two thousand slow connections, a third each of heads, bodies and readers: what others notice of them."""
import multiprocessing
import os
import pathlib
import resource
import statistics
import time

from objd_process import Objd
from rawhttp import Connection, signed, signed_headers, head

PROBE_SECONDS = 5
RUNS = 5
RATIO_MAX = 4
SETTLE_SECONDS = 1.0
SETTLE_SECONDS_MAX = 60
IDLE_CPU_SECONDS_MAX = 0.25  # in a second: what arrives has been dealt with, what is left is the dripping
SWEEP_SECONDS = 1.0     # each slow connection moves a little once in this time
PIECE_BYTES = 2048
READ_OBJECT_BYTES = 8 << 20
BACK_SECONDS_MAX = 60
DESCRIPTORS_LEFT_MAX = 16
MEMORY_LEFT_MAX = 64 << 20
BUCKET = "slow"


class Slow:
    """One connection that is always in the middle of something. It begins anew when the server has ended it."""

    def __init__(self, kind):
        self.kind = kind
        self.connection = None
        self.begin()

    def begin(self):
        if self.connection:
            self.connection.__exit__()
        self.connection = Connection()
        self.connection.socket.setblocking(False)
        if self.kind == "head":
            first = b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "
        elif self.kind == "body":
            target = f"/{BUCKET}/never"
            first = head("PUT", target, signed_headers("PUT", target, [("Content-Length", str(64 << 20))]))
        else:
            first = signed("GET", f"/{BUCKET}/large")
        self.connection.socket.sendall(first)

    def move(self):
        try:
            if self.kind == "reader":
                if not self.connection.socket.recv(PIECE_BYTES):
                    self.begin()
            else:
                self.connection.socket.send(b"x" if self.kind == "head" else b"x" * PIECE_BYTES)
        except BlockingIOError:
            pass
        except OSError:
            self.begin()


def hold(count, ready, stop):
    """Opens `count` slow connections and keeps all of them moving, evenly spread over time."""
    kinds = ("head", "body", "reader")
    connections = []
    for number in range(count):
        connections.append(Slow(kinds[number % len(kinds)]))
        if number % 20 == 0:
            time.sleep(0.01)
    ready.set()
    number = 0
    while not stop.is_set():
        for _ in range(10):
            connections[number % count].move()
            number += 1
        time.sleep(SWEEP_SECONDS * 10 / count)


def probe():
    """p99 in ms of one client that reads and writes 4 KiB."""
    taken = []
    body = os.urandom(4096)
    with Connection() as connection:
        deadline = time.monotonic() + PROBE_SECONDS
        while time.monotonic() < deadline:
            for request in (signed("GET", f"/{BUCKET}/small"), signed("PUT", f"/{BUCKET}/written", body)):
                started = time.perf_counter()
                connection.send(request)
                assert connection.read_response().status == 200
                taken.append(time.perf_counter() - started)
    return sorted(taken)[len(taken) * 99 // 100] * 1000


def descriptors(objd):
    return len(os.listdir(f"/proc/{objd.pid}/fd"))


def comes_back(value, limit):
    deadline = time.monotonic() + BACK_SECONDS_MAX
    while time.monotonic() < deadline and value() > limit:
        time.sleep(0.5)
    return value() <= limit


def cpu_seconds(objd):
    fields = pathlib.Path(f"/proc/{objd.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def settle(objd):
    """Until the server has dealt with the arrivals: on a busy machine that takes longer than on a quiet one."""
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    while time.monotonic() < deadline:
        before = cpu_seconds(objd)
        time.sleep(SETTLE_SECONDS)
        if cpu_seconds(objd) - before < IDLE_CPU_SECONDS_MAX:
            return


def probe_with_slow(objd, count):
    ready, stop = multiprocessing.Event(), multiprocessing.Event()
    holder = multiprocessing.Process(target=hold, args=(count, ready, stop))
    holder.start()
    ready.wait()
    settle(objd)
    result = probe()
    stop.set()
    holder.join()
    return result


def slow_connections(run):
    """p99 of others with and without, in turns; afterwards descriptors and memory are back."""
    count = run.sizes.slow_connections
    print(f"==> {count} slow connections", flush=True)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    objd = Objd(pathlib.Path(run.folder) / "slow", ["--connections-max", str(count + 500), "--connections-per-peer-max",
                                                    str(count + 500)]).start()
    try:
        run.export_credentials(objd)
        for target, body in ((f"/{BUCKET}", None), (f"/{BUCKET}/small", os.urandom(4096)),
                             (f"/{BUCKET}/large", os.urandom(READ_OBJECT_BYTES))):
            with Connection() as connection:
                connection.send(signed("PUT", target, body))
                assert connection.read_response().status == 200
        probe()  # warm
        fds, memory = descriptors(objd), objd.resident_bytes()
        probe_with_slow(objd, count)
        without, with_slow = [], []
        for _ in range(RUNS):
            without.append(probe())
            with_slow.append(probe_with_slow(objd, count))
        run.rows.append((f"p99 of others, without and with {count} slow connections", f"median of {RUNS}",
                         f"{statistics.median(without):.2f} ms, {statistics.median(with_slow):.2f} ms", "", "",
                         f"{objd.resident_bytes() / 1e6:.0f} MB"))
        ratio = statistics.median(with_slow) / statistics.median(without)
        run.check(ratio < RATIO_MAX, f"p99 of others with {count} slow connections is {ratio:.1f} times that without "
                  f"({statistics.median(with_slow):.2f} ms, {statistics.median(without):.2f} ms)")
        run.check(comes_back(lambda: descriptors(objd), fds + DESCRIPTORS_LEFT_MAX), "descriptors are back")
        run.check(comes_back(objd.resident_bytes, memory + MEMORY_LEFT_MAX),
                  f"memory is back: {objd.resident_bytes() / 1e6:.0f} MB, {memory / 1e6:.0f} MB before")
        run.check(objd.stop() == 0, "that server stopped cleanly")
    finally:
        objd.kill()
