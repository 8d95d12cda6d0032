"""F12: clients that work on one key at once, while the collector runs; what they saw must be linearisable.

One cycle is one key's history: four clients with two or three operations each, and a read at the end. The operations
are puts, conditional puts, deletes, reads, and a multipart upload that one completes while another aborts it.
"""
import hashlib
import itertools
import random
import threading
import time

from classes import TortureClass
from linearisable import ABSENT, APPLIED, REFUSED, UNKNOWN, linearisable

CLIENTS = 4
HISTORIES_PER_CYCLE = 50
FRESH_STORE_EVERY = 400
KINDS = {"put": 5, "get": 6, "delete": 3, "create": 3, "replace": 3}
UPLOADED = "/upload"
TAIL = random.Random(12).randbytes(40_000)


class Client(threading.Thread):
    """One of those who work on the keys of a cycle; all begin each key together."""

    def __init__(self, subject, number, keys, seed):
        super().__init__(daemon=True)
        self.subject, self.number, self.keys = subject, number, keys
        self.random = random.Random(f"{seed}/{number}")
        self.error = None

    def run(self):
        try:
            for key, upload in self.keys:
                self.subject.barrier.wait(60)
                for operation in range(self.random.choice((2, 3))):
                    self.one(key, upload, operation)
        except Exception as error:  # the cycle raises it
            self.error = error
            self.subject.barrier.abort()

    def one(self, key, upload, operation):
        subject = self.subject
        name = f"{key}/{self.number}/{operation}"
        kind = self.random.choices(list(KINDS), list(KINDS.values()))[0]
        if upload and operation == 0 and self.number < 2:
            kind = ("complete", "abort")[self.number]
        argument = (name,)
        if kind == "replace":
            argument = (self.random.choice(subject.seen[key] or ["none"]), name)
        if kind == "complete":
            argument = (upload[2],)
        begin = time.monotonic_ns()
        outcome = getattr(subject, kind)(key, argument, upload)
        end = time.monotonic_ns()
        if kind == "get" and outcome:
            subject.seen[key].append(outcome)
        if kind != "abort":
            subject.histories[key].append((begin, end, kind, argument, outcome))


class HistoryClass(TortureClass):
    NAME = "F12"
    ABOUT = "histories of concurrent operations on one key, checked for linearisability"
    CLAIM = 100_000
    SECONDS_GUESS = 0.01
    SLICE = 6

    def open(self):
        self.fresh_store()
        self.numbers = itertools.count()

    def cycle(self, number):
        if number and number % FRESH_STORE_EVERY == 0:
            self.close()
            self.open()
        chance = random.Random(f"{self.seed}/{number}")
        names = [f"key {number} {index}" for index in range(HISTORIES_PER_CYCLE)]
        self.histories, self.seen = {name: [] for name in names}, {name: [] for name in names}
        keys = [(name, self.upload(name) if chance.random() < 0.15 else None) for name in names]
        self.barrier = threading.Barrier(CLIENTS)
        clients = [Client(self, index, keys, f"{self.seed}/{number}") for index in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join(300)
        errors = [client.error for client in clients if client.error and not isinstance(client.error, threading.BrokenBarrierError)]
        assert not errors, errors
        self.s3.forget()  # on a busy machine this thread's connection was idle for too long
        for name in names:
            begin = time.monotonic_ns()
            self.histories[name].append((begin, time.monotonic_ns(), "get", (), self.get(name, (), None)))
            history = sorted(self.histories[name])
            assert linearisable(history), f"{name}: not linearisable:\n" + "\n".join(map(str, history))
        return len(names)

    # --- the operations: what was seen of each ---

    @staticmethod
    def body(name):
        """Unique by its head; some share their tail with many others."""
        size = (0, 3000, 40_000)[hashlib.sha256(name.encode()).digest()[0] % 3]
        return name.encode() + b"\n" + TAIL[:size]

    def etag(self, name):
        found = hashlib.md5(self.body(name))
        if name.endswith(UPLOADED):  # of one part
            return f'"{hashlib.md5(found.digest()).hexdigest()}-1"'
        return f'"{found.hexdigest()}"'

    def send(self, method, key, *, body=b"", headers=None, query=None):
        status, _, data = self.s3.exchange(method, self.BUCKET, key, query, body, headers)
        if status < 300 and b"<Error>" not in data[:200]:
            return APPLIED, data
        return {404: ABSENT, 412: REFUSED, 409: REFUSED}.get(status, UNKNOWN), data

    def put(self, key, argument, _):
        outcome, data = self.send("PUT", key, body=self.body(argument[-1]))
        assert outcome == APPLIED, data
        return outcome

    def create(self, key, argument, _):
        return self.conditional(key, argument, {"If-None-Match": "*"})

    def replace(self, key, argument, _):
        return self.conditional(key, argument, {"If-Match": self.etag(argument[0])})

    def conditional(self, key, argument, headers):
        """A conflict with a write under way (409) says nothing about what the key holds: as good as no answer."""
        outcome, data = self.send("PUT", key, body=self.body(argument[-1]), headers=headers)
        return UNKNOWN if b"ConditionalRequestConflict" in data else outcome

    def delete(self, key, _, __):
        outcome, data = self.send("DELETE", key)
        assert outcome == APPLIED, data
        return outcome

    def get(self, key, _, __):
        status, headers, data = self.s3.exchange("GET", self.BUCKET, key)
        if status == 404:
            return None
        assert status == 200, data
        name = data.split(b"\n", 1)[0].decode()
        assert data == self.body(name), f"{key}: a body that nobody has sent: {data[:200]}"
        return name

    def upload(self, key):
        """(upload id, ETag of its part, value)."""
        value = key + UPLOADED
        upload = self.s3.create_multipart_upload(Bucket=self.BUCKET, Key=key)["UploadId"]
        part = self.s3.upload_part(Bucket=self.BUCKET, Key=key, UploadId=upload, PartNumber=1, Body=self.body(value))
        return upload, part["ETag"], value

    def complete(self, key, _, upload):
        document = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{upload[1]}</ETag></Part></CompleteMultipartUpload>"
        return self.send("POST", key, query={"uploadId": upload[0]}, body=document.encode())[0]

    def abort(self, key, _, upload):
        return self.send("DELETE", key, query={"uploadId": upload[0]})[0]
