"""A TCP proxy between a client and a server that counts, slows down, resets and stalls as a test wants."""
import socket
import struct
import threading
import time

BLOCK = 64 * 1024


class FlakyProxy:
    """`reset_every`: each connection is reset after about so many bytes, either way. `stall_every`: every n-th connection
    falls silent after 100 kB. `bytes_per_second`: of each direction of each connection."""

    def __init__(self, endpoint, reset_every=None, stall_every=None, bytes_per_second=None, host="127.0.0.1"):
        server, port = endpoint.removeprefix("http://").split(":")
        self.upstream = (server, int(port))
        self.reset_every, self.stall_every, self.bytes_per_second = reset_every, stall_every, bytes_per_second
        self.sent = self.received = self.connections = self.resets = self.stalls = 0
        self.lock = threading.Lock()
        self.links = []
        self.stopped = threading.Event()
        self.listener = socket.create_server((host, 0))
        self.endpoint = f"http://{host}:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                number = self.connections
            link = Link(self, client, number)
            self.links.append(link)
            threading.Thread(target=link.run, daemon=True).start()

    def settle(self):
        """Full speed; returns when nothing moves any more, with the counters at zero."""
        self.bytes_per_second, before = None, -1
        while before != self.sent + self.received:
            before = self.sent + self.received
            time.sleep(0.3)
        self.sent = self.received = 0

    def stop(self):
        self.stopped.set()
        self.listener.close()
        for link in self.links:
            link.reset()


class Link:
    def __init__(self, proxy, client, number):
        self.proxy, self.client = proxy, client
        self.server = socket.create_connection(proxy.upstream)
        self.moved = 0
        self.stalls = proxy.stall_every is not None and number % proxy.stall_every == 0

    def run(self):
        back = threading.Thread(target=self.pump, args=(self.server, self.client, "received"), daemon=True)
        back.start()
        self.pump(self.client, self.server, "sent")
        back.join()
        self.client.close()
        self.server.close()

    def pump(self, source, target, counter):
        proxy = self.proxy
        while not proxy.stopped.is_set():
            try:
                data = source.recv(BLOCK)
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                if self.stalls and self.moved > 100_000:
                    with proxy.lock:
                        proxy.stalls += 1
                    proxy.stopped.wait()
                    return
                target.sendall(data)
            except OSError:
                self.reset()
                return
            with proxy.lock:
                setattr(proxy, counter, getattr(proxy, counter) + len(data))
                self.moved += len(data)
            if proxy.bytes_per_second:
                time.sleep(len(data) / proxy.bytes_per_second)
            if proxy.reset_every and self.moved > proxy.reset_every:
                with proxy.lock:
                    proxy.resets += 1
                self.reset()
                return

    def reset(self):
        """An RST for the client, as a broken link's neighbour sends it."""
        for one in (self.client, self.server):
            try:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
