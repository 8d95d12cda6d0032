"""The operations of the API as the fault classes see them: each with what must hold before and after it.

prepare() makes what the operation needs, run() does it. `before` and `after` say what each key holds before it and once it
has been acknowledged; while its outcome is unknown a key may hold either.
"""
import random
import time
import zlib

from crash_load import POOL
from mixed_load import ABSENT, digest

SMALL, MEDIUM, LARGE = 900, 30_000, 3_000_000
COLLECT_SECONDS_MAX = 3
COMPACT_SECONDS_MAX = 8  # the compactor looks every two seconds


class Operation:
    """One subclass an operation. `number` makes keys and bodies unique."""

    NAME = ""

    def __init__(self, s3, bucket, number):
        self.s3, self.bucket, self.number = s3, bucket, number
        self.key = f"{self.NAME}/{number}"
        self.before = {}  # key -> digest, or ABSENT
        self.after = {}

    def body(self, size, salt=""):
        start = zlib.crc32(f"{self.number}{salt}".encode()) % 64 * 65536
        return (f"{self.NAME}/{self.number}/{salt}/".encode() + POOL[start:start + size])[:size]

    def put(self, key, body):
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return digest(body)

    def prepare(self):
        """Makes what run() needs; fills `before` and `after`."""

    def run(self):
        raise NotImplementedError


class Put(Operation):
    SIZE = MEDIUM

    def prepare(self):
        self.before = {self.key: ABSENT}
        self.after = {self.key: digest(self.body(self.SIZE))}

    def run(self):
        self.put(self.key, self.body(self.SIZE))


class PutInline(Put):
    NAME, SIZE = "put-inline", SMALL


class PutMedium(Put):
    NAME, SIZE = "put", MEDIUM


class PutLarge(Put):
    NAME, SIZE = "put-large", LARGE


class Overwrite(Operation):
    NAME = "overwrite"

    def prepare(self):
        self.before = {self.key: self.put(self.key, self.body(MEDIUM, "old"))}
        self.after = {self.key: digest(self.body(MEDIUM, "new"))}

    def run(self):
        self.put(self.key, self.body(MEDIUM, "new"))


class Copy(Operation):
    NAME = "copy"

    def prepare(self):
        source = self.put(self.key + "/source", self.body(MEDIUM))
        self.before = {self.key: ABSENT, self.key + "/source": source}
        self.after = {self.key: source, self.key + "/source": source}

    def run(self):
        self.s3.copy_object(Bucket=self.bucket, Key=self.key, CopySource={"Bucket": self.bucket, "Key": self.key + "/source"})


class Delete(Operation):
    NAME = "delete"

    def prepare(self):
        self.before = {self.key: self.put(self.key, self.body(MEDIUM))}
        self.after = {self.key: ABSENT}

    def run(self):
        self.s3.delete_object(Bucket=self.bucket, Key=self.key)


class Collection(Delete):
    """A deletion and what the collector then does, while another object shares some of the chunks."""

    NAME = "collection"

    def prepare(self):
        shared = self.put(self.key + "/shared", self.body(LARGE)[:LARGE // 2])
        whole = self.put(self.key, self.body(LARGE))
        self.before = {self.key: whole, self.key + "/shared": shared}
        self.after = {self.key: ABSENT, self.key + "/shared": shared}

    def run(self):
        super().run()
        self.wait_for_collector()

    def wait_for_collector(self):
        """Until nothing is queued, or for a while: a server that a fault has stopped collects nothing."""
        end = time.monotonic() + COLLECT_SECONDS_MAX
        while time.monotonic() < end:
            text = self.s3.metrics().get("objd_releases_waiting")
            if text == 0:
                return
            time.sleep(0.02)


class Complete(Operation):
    NAME = "complete"

    def prepare(self):
        whole = self.body(MEDIUM)
        self.before = {self.key: ABSENT}
        self.after = {self.key: digest(whole)}
        self.upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key=self.key)["UploadId"]
        self.etag = self.s3.upload_part(Bucket=self.bucket, Key=self.key, UploadId=self.upload, PartNumber=1, Body=whole)["ETag"]

    def run(self):
        self.s3.complete_multipart_upload(Bucket=self.bucket, Key=self.key, UploadId=self.upload,
                                          MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": self.etag}]})


class UploadParts(Complete):
    """All of a multipart upload."""

    NAME = "multipart"

    def prepare(self):
        self.before = {self.key: ABSENT}
        self.after = {self.key: digest(self.body(MEDIUM))}

    def run(self):
        Complete.prepare(self)
        Complete.run(self)


class Abort(Complete):
    NAME = "abort"

    def prepare(self):
        super().prepare()
        self.after = {self.key: ABSENT}

    def run(self):
        self.s3.abort_multipart_upload(Bucket=self.bucket, Key=self.key, UploadId=self.upload)


class SealSegments(Operation):
    """Enough new data that segments are sealed and new ones begun, with a store whose segments end at 1 MiB."""

    NAME = "segments"
    OBJECTS = 4

    def prepare(self):
        self.before = {f"{self.key}/{index}": ABSENT for index in range(self.OBJECTS)}
        self.after = {f"{self.key}/{index}": digest(self.unique(index)) for index in range(self.OBJECTS)}

    def unique(self, index):
        return random.Random(f"{self.number}/{index}").randbytes(400_000)

    def run(self):
        for index in range(self.OBJECTS):
            self.put(f"{self.key}/{index}", self.unique(index))


class Compaction(Operation):
    """Deletions that leave a sealed segment mostly dead, and what collector and compactor then do; some of what lies in it stays."""

    NAME = "compaction"
    OBJECTS = 4

    def prepare(self):
        dead = {f"{self.key}/{index}": self.put(f"{self.key}/{index}", self.unique(index, 400_000)) for index in range(self.OBJECTS)}
        kept = {f"{self.key}/kept-{index}": self.put(f"{self.key}/kept-{index}", self.unique(-index - 1, 30_000))
                for index in range(self.OBJECTS)}
        self.before = {**dead, **kept}
        self.after = {**dict.fromkeys(dead, ABSENT), **kept}

    def unique(self, index, size):
        return random.Random(f"compaction/{self.number}/{index}").randbytes(size)

    def run(self):
        before = self.s3.metrics().get("objd_compacted_segments_total", 0)
        for index in range(self.OBJECTS):
            self.s3.delete_object(Bucket=self.bucket, Key=f"{self.key}/{index}")
        end = time.monotonic() + COMPACT_SECONDS_MAX
        while time.monotonic() < end and (metrics := self.s3.metrics()):
            if metrics["objd_releases_waiting"] == 0 and metrics["objd_compacted_segments_total"] > before \
                    and metrics["objd_compaction_candidates"] == 0:
                return
            time.sleep(0.05)


OPERATIONS = [PutInline, PutMedium, PutLarge, Overwrite, Copy, Delete, Collection, Complete, UploadParts, Abort, SealSegments]
