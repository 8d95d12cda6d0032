"""Many clients that put, get, list, copy, delete and upload in parts at once, and know what must then be there.

Each worker owns its keys and works on one at a time, so what a key may hold is known at every moment: what was
acknowledged last, and, when an operation's answer never came, also what that operation would have left. Seeds are
printed: a run can be repeated, though not its timing.
"""
import collections
import hashlib
import random
import threading

import botocore.exceptions

MIB = 1 << 20
PART_BYTES = 5 * MIB
KEYS_PER_WORKER = 12
ABSENT = None


class Key:
    """What a key may hold, as digests: one value, or two while an answer is missing."""

    def __init__(self, name):
        self.name = name
        self.acknowledged = ABSENT
        self.pending = []

    def allowed(self):
        return {self.acknowledged, *self.pending}

    def settle(self, value):
        self.acknowledged = value
        self.pending = []


def digest(body):
    return hashlib.sha256(body).hexdigest()


class Worker(threading.Thread):
    """One client. Stops at `stop`, or at the first failure: `error` for an answer that must not be, `cut` for a lost one."""

    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load = load
        self.random = random.Random(f"{load.seed}/{number}")
        self.keys = [Key(f"w{number:03}/{index:02} ä+") for index in range(KEYS_PER_WORKER)]
        self.prefix = f"w{number:03}/"
        self.counts = collections.Counter()
        self.error = None
        self.cut = False

    def run(self):
        names = list(self.load.weights)
        weights = list(self.load.weights.values())
        while not self.load.stop.is_set():
            name = self.random.choices(names, weights)[0]
            try:
                getattr(self, name)(self.random.choice(self.keys))
                self.counts[name] += 1
            except botocore.exceptions.ClientError as error:
                self.error = f"{name}: {error}"
                return
            except AssertionError as error:
                self.error = f"{name}: {error}"
                return
            except (botocore.exceptions.BotoCoreError, OSError) as error:
                self.cut = f"{name}: {error}"
                return

    def body(self):
        kind = self.random.random()
        if kind < 0.6:
            size = self.random.randrange(0, 20_000)
        elif kind < 0.95:
            size = self.random.randrange(20_000, MIB)
        else:
            size = self.random.randrange(MIB, 4 * MIB)
        return self.random.randbytes(size)

    def put(self, key):
        body = self.body()
        key.pending = [digest(body)]
        self.load.s3.put_object(Bucket=self.load.bucket, Key=key.name, Body=body)
        key.settle(digest(body))

    def delete(self, key):
        key.pending = [ABSENT]
        self.load.s3.delete_object(Bucket=self.load.bucket, Key=key.name)
        key.settle(ABSENT)

    def copy(self, key):
        source = self.random.choice(self.keys)
        if source is key or source.acknowledged is ABSENT:
            return
        key.pending = [source.acknowledged]
        self.load.s3.copy_object(Bucket=self.load.bucket, Key=key.name,
                                 CopySource={"Bucket": self.load.bucket, "Key": source.name})
        key.settle(source.acknowledged)

    def multipart(self, key):
        s3, bucket = self.load.s3, self.load.bucket
        bodies = [self.random.randbytes(PART_BYTES), self.random.randbytes(self.random.randrange(1, 300_000))]
        upload = s3.create_multipart_upload(Bucket=bucket, Key=key.name)["UploadId"]
        etags = [s3.upload_part(Bucket=bucket, Key=key.name, UploadId=upload, PartNumber=number, Body=body)["ETag"]
                 for number, body in enumerate(bodies, 1)]
        key.pending = [digest(b"".join(bodies))]
        s3.complete_multipart_upload(Bucket=bucket, Key=key.name, UploadId=upload, MultipartUpload={
            "Parts": [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]})
        key.settle(digest(b"".join(bodies)))

    def get(self, key):
        found = self.load.fetch(key)
        assert found == key.acknowledged, f"{key.name} holds {found}, not {key.acknowledged}"

    def list(self, _):
        found = self.load.names(self.prefix)
        expected = [key.name for key in self.keys if key.acknowledged is not ABSENT]
        assert found == sorted(expected, key=str.encode), f"{self.prefix} lists {found}, not {expected}"


class MixedLoad:
    """Use: load.begin(); ...; load.end(); load.verify()."""

    WEIGHTS = {"put": 40, "get": 30, "delete": 10, "list": 10, "copy": 8, "multipart": 2}
    WORKER = Worker

    def __init__(self, s3, bucket, workers, seed, weights=None):
        self.s3 = s3
        self.bucket = bucket
        self.seed = seed
        self.weights = weights or self.WEIGHTS
        self.stop = threading.Event()
        self.workers = [self.WORKER(self, number) for number in range(workers)]
        print(f"mixed load: {workers} workers, seed {seed}")

    def begin(self):
        for worker in self.workers:
            worker.start()

    def end(self):
        """Every worker has come to its end."""
        self.stop.set()
        for worker in self.workers:
            worker.join(300)
            assert not worker.is_alive(), "a request was neither answered nor cut in 300 s"

    def resume(self, seed):
        """The same keys and what is known of them, with new threads."""
        old, self.seed = self.workers, seed
        self.stop = threading.Event()
        self.workers = [self.WORKER(self, number) for number in range(len(old))]
        for before, after in zip(old, self.workers):
            after.keys = before.keys
            after.counts = before.counts
        self.begin()

    def errors(self):
        return [worker.error for worker in self.workers if worker.error]

    def cut(self):
        return [worker.cut for worker in self.workers if worker.cut]

    def counts(self):
        return sum((worker.counts for worker in self.workers), collections.Counter())

    def fetch(self, key):
        try:
            return digest(self.s3.get_object(Bucket=self.bucket, Key=key.name)["Body"].read())
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return ABSENT
            raise

    def names(self, prefix):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def verify(self):
        """Each key holds what it may hold; listings agree. Afterwards what was found counts as acknowledged."""
        wrong = []
        for worker in self.workers:
            for key in worker.keys:
                found = self.fetch(key)
                if found not in key.allowed():
                    wrong.append(f"{key.name}: holds {found}, may hold {key.allowed()}")
                key.settle(found)
            expected = sorted((key.name for key in worker.keys if key.acknowledged is not ABSENT), key=str.encode)
            if self.names(worker.prefix) != expected:
                wrong.append(f"{worker.prefix}: listed {self.names(worker.prefix)}, fetched {expected}")
        assert not wrong, f"seed {self.seed}:\n" + "\n".join(wrong)
        return sum(len(worker.keys) for worker in self.workers)
