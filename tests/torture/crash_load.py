"""The mixed load, made for short bursts: cheap random bodies that share chunks, and uploads that are aborted.

Bodies are windows of one pool of random bytes behind a unique head, so that chunks are shared, counts go up and down,
and the collector has work. The oracle is mixed_load.py's: what was acknowledged is there and equal; an operation
whose answer never came happened as a whole or not at all.
"""
import concurrent.futures
import hashlib
import random

from mixed_load import ABSENT, KEYS_PER_WORKER, MIB, PART_BYTES, Key, MixedLoad, Worker, digest

POOL = random.Random(20260101).randbytes(8 * MIB)
WINDOW_STEP = 1 << 16
INLINE_BYTES_MAX = 2048
READERS = 6


class TouchedKey(Key):
    """A key that knows whether anything was done with it since it was last verified."""

    def __init__(self, name):
        super().__init__(name)
        self.touched = False

    def settle(self, value):
        super().settle(value)
        self.touched = True


class CrashWorker(Worker):
    def __init__(self, load, number):
        super().__init__(load, number)
        self.keys = [TouchedKey(f"w{number:03}/{index:02} ä+") for index in range(load.keys_per_worker)]

    def body(self):
        kind = self.random.random()
        if kind < 0.25:
            size = self.random.randrange(0, INLINE_BYTES_MAX + 2)
        elif kind < 0.8:
            size = self.random.randrange(INLINE_BYTES_MAX, 60_000)
        elif kind < 0.97:
            size = self.random.randrange(60_000, 400_000)
        else:
            size = self.random.randrange(MIB, 3 * MIB)
        return self.window(size)

    def window(self, size):
        """`size` bytes, unique unless they are few; most of them stand in other bodies too."""
        head = hashlib.sha256(f"{self.load.seed}/{self.prefix}/{self.random.random()}".encode()).digest()[:size]
        start = self.random.randrange(0, len(POOL) // WINDOW_STEP) * WINDOW_STEP
        body = head + POOL[start:start + size - len(head)]
        return body + POOL[:size - len(body)]

    def multipart(self, key):
        """Most uploads have one part, since two need 5 MiB; some are aborted."""
        s3, bucket = self.load.s3, self.load.bucket
        if self.random.random() < 0.1:
            bodies = [self.window(PART_BYTES), self.window(self.random.randrange(1, 100_000))]
        else:
            bodies = [self.window(self.random.randrange(1, 300_000))]
        upload = s3.create_multipart_upload(Bucket=bucket, Key=key.name)["UploadId"]
        etags = [s3.upload_part(Bucket=bucket, Key=key.name, UploadId=upload, PartNumber=number, Body=body)["ETag"]
                 for number, body in enumerate(bodies, 1)]
        if self.random.random() < 0.15:
            s3.abort_multipart_upload(Bucket=bucket, Key=key.name, UploadId=upload)
            return
        whole = digest(b"".join(bodies))
        key.pending = [whole]
        s3.complete_multipart_upload(Bucket=bucket, Key=key.name, UploadId=upload, MultipartUpload={
            "Parts": [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]})
        key.settle(whole)


class CrashLoad(MixedLoad):
    """As MixedLoad; verify_touched() looks at less than verify(): what this burst changed, and a sample of the rest."""

    WEIGHTS = {"put": 52, "get": 12, "delete": 14, "list": 4, "copy": 12, "multipart": 6}
    WORKER = CrashWorker
    SAMPLE = 0.1

    def __init__(self, s3, bucket, workers, seed, keys_per_worker=KEYS_PER_WORKER):
        self.keys_per_worker = keys_per_worker
        super().__init__(s3, bucket, workers, seed)

    def names(self, prefix):
        return self.s3.names(self.bucket, prefix)

    def keys(self):
        return [key for worker in self.workers for key in worker.keys]

    @staticmethod
    def at_once(call, items):
        """The results of many calls that mostly wait, in order. Threads of their own: so are their connections."""
        with concurrent.futures.ThreadPoolExecutor(READERS) as pool:
            return list(pool.map(call, items))

    def verify_touched(self, chance):
        """Keys that were worked on, and one in ten of the others; and one listing of all of them."""
        wrong = []
        keys = [key for key in self.keys() if key.touched or key.pending or chance.random() < self.SAMPLE]
        for key, found in zip(keys, self.at_once(self.fetch, keys)):
            if found not in key.allowed():
                wrong.append(f"{key.name}: holds {found}, may hold {key.allowed()}")
            key.settle(found)
            key.touched = False
        expected = sorted((key.name for key in self.keys() if key.acknowledged is not ABSENT), key=str.encode)
        listed = self.names("")
        if listed != expected:
            wrong.append(f"listed only: {sorted(set(listed) - set(expected))}, "
                         f"not listed: {sorted(set(expected) - set(listed))}")
        assert not wrong, f"seed {self.seed}:\n" + "\n".join(wrong)
