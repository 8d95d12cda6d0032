"""F7, on real file systems: a disk that dies while clients write, alone and with a second copy on another one.

Alone: no write is acknowledged that is not there later, reads go on where the disk reads, and /-/health/ready says why writes
are refused. Under --copies 2, with the metadata on another disk: every acknowledged object reads, before and after; writes are
acknowledged again after a moment; the metrics say which disk it is; and when it is back, a scrub makes the second copies, so
that afterwards the first disk's can be lost.
"""
import itertools
import math
import os
import pathlib
import random
import re
import subprocess
import threading
import time

import botocore.exceptions

import failing_disks
import variations
from classes import TortureClass
from crash_load import POOL
from failing_disks import FailingDisk, NoWritesDisk, ReadOnlyDisk
from fault_sweeps import ready
from mixed_load import ABSENT, digest
from objd_process import clean_environment, objd_path

WRITERS = 4
GRACE_SECONDS = 20       # for the server to find out what no longer works
ACKNOWLEDGED_IN_A_ROW = 30
PAUSE_SECONDS = 0.02
SCRUB_SECONDS_MAX = 120
DAMAGED_LOG = re.compile(r"(/\S+\.log): dropping (\d+) bytes; Corruption: checksum mismatch")


class Writer(threading.Thread):
    """Puts objects under names of its own until it is told to stop; one that got no 200 may be there or not."""

    def __init__(self, subject, name, stop):
        super().__init__(daemon=True)
        self.subject, self.name_of_mine, self.stop = subject, name, stop
        self.random = random.Random(name)
        self.error = None

    def run(self):
        for number in itertools.count():
            if self.stop.is_set():
                return
            try:
                self.subject.put(f"{self.name_of_mine}/{number:05}", self.random)
                time.sleep(PAUSE_SECONDS)
            except Exception as error:  # the cycle raises it
                self.error = error
                return


class DyingDiskClass(TortureClass):
    NAME = "F7-disk"
    ABOUT = "disks that die under load: gone, read-only, failing writes; alone, and with a second copy"
    CLAIM = 30
    SECONDS_GUESS = 8.0
    SLICE = 3
    CASES = ((FailingDisk, 2), (ReadOnlyDisk, 1), (NoWritesDisk, 2), (FailingDisk, 1), (ReadOnlyDisk, 2), (NoWritesDisk, 1))

    @classmethod
    def reason_to_skip(cls):
        return failing_disks.reason_to_skip("mkfs.ext4", "e2fsck", "findmnt")

    def open(self):
        """Each cycle has disks of its own."""
        self.disk = None

    def data(self):
        return self.work / ("victim/store" if self.variation.copies == 1 else "store")

    def segment_folders(self):
        return [self.work / "victim" / "store-2"] if self.variation.copies > 1 else []

    def options(self):
        options = super().options()
        options[options.index("--segment-size") + 1] = "4MiB"
        return options

    def cycle(self, number):
        kind, copies = self.CASES[number % len(self.CASES)]
        if kind is not FailingDisk and kind.reason_to_skip():
            print(f"{self.NAME}: {kind.__name__} left out: {kind.reason_to_skip()}")
            kind = FailingDisk
        self.close()
        self.variation = variations.PLAIN._replace(copies=copies, directories=copies)
        try:
            self.prepare(kind, number)
            self.strike(random.Random(f"{self.seed}/{number}"))
        except (AssertionError, RuntimeError, botocore.exceptions.ClientError, ConnectionError) as error:
            raise AssertionError(f"{kind.__name__}, copies {copies}: {type(error).__name__}: {error}\n{self.objd.log_tail(12)}") from error
        return 1

    def prepare(self, kind, number):
        self.disk = kind(self.work / "victim")
        self.disk.mount()
        self.fresh_store()
        self.known, self.doubtful = {}, {}  # key -> digest of what was acknowledged; of what was not
        self.dying = (math.inf, math.inf)   # from when until when the disk dies
        self.number = number

    def put(self, key, chance):
        """Whether it was acknowledged."""
        start = chance.randrange(0, 48) * 65536
        body = f"{self.number}/{key}".encode() + POOL[start:start + chance.choice([900, 20_000, 90_000, 400_000])]
        begun = time.monotonic()
        try:
            self.s3.put_object(Bucket=self.BUCKET, Key=key, Body=body)
        except botocore.exceptions.ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500, error
            self.doubtful[key] = digest(body)
            return False
        # ext4 may answer 0 to an fdatasync that its shutdown overtakes (shutdown_race.py shows it without a server): what
        # was under way while the disk died is not counted for either side.
        from_when, until_when = self.dying
        was_overtaken = begun < until_when and time.monotonic() > from_when
        (self.doubtful if was_overtaken else self.known)[key] = digest(body)
        return True

    def strike(self, chance):
        stop = threading.Event()
        writers = [Writer(self, f"{self.seed}/{self.number}/{index}", stop) for index in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(chance.uniform(0.1, 1.0))
        begun = time.monotonic()
        self.dying = (begun, math.inf)
        self.disk.die()
        self.dying = (begun, time.monotonic())
        time.sleep(chance.uniform(0.2, 1.0))
        if self.variation.copies == 2:
            self.goes_on(chance)
        else:
            self.stops_in_order(chance)
        stop.set()
        for writer in writers:
            writer.join(60)
            assert not writer.is_alive() and writer.error is None, f"a writer: {writer.error}"
        self.objd.kill()
        self.disk.repair()
        self.start_again()
        self.s3.forget()
        self.verify()
        assert self.put("afterwards", chance), "a repaired disk takes no writes"
        if self.variation.copies == 2:
            self.scrub()
        self.objd.kill()
        self.check_store("--read-data")
        if self.variation.copies == 2:
            self.lose_first_copies(chance)

    def start_again(self):
        """An ext4 that stops in the middle of its work may have made a file longer whose bytes it then could not write: such a log
        of the metadata is refused, as that of a disk which reorders. Cut off where it is damaged, it must have all that was
        acknowledged."""
        try:
            self.objd.start()
        except RuntimeError as error:
            damage = DAMAGED_LOG.search(str(error))
            if self.variation.copies == 2 or type(self.disk) is FailingDisk or not damage:
                raise
            log = pathlib.Path(damage[1])
            os.truncate(log, log.stat().st_size - int(damage[2]))
            print(f"{self.NAME}: the log is refused, and cut")
            self.objd.start()

    def goes_on(self, chance):
        end, in_a_row = time.monotonic() + GRACE_SECONDS, 0
        for number in itertools.count():
            in_a_row = in_a_row + 1 if self.put(f"during/{number:05}", chance) else 0
            if in_a_row == ACKNOWLEDGED_IN_A_ROW:
                break
            assert time.monotonic() < end, f"one disk of two has died, and writes are not taken: {ready(self.objd)}"
            time.sleep(0 if in_a_row else 0.1)
        failed = [name for name, value in self.objd.metrics().items() if name.startswith("objd_segment_directory_failed") and value]
        assert len(failed) == 1 and "store-2" in failed[0], f"the metrics say that these have failed: {failed}"
        self.verify()

    def stops_in_order(self, chance):
        """It may take what needs no write to this disk; at last it refuses, and says so."""
        end = time.monotonic() + GRACE_SECONDS
        while self.put(f"during/{len(self.known):05}-{len(self.doubtful)}", chance):
            assert time.monotonic() < end, "writes are acknowledged by a disk that takes none"
        status, text = ready(self.objd)
        assert status == 503 and text.strip(), f"writes are refused, and ready says {status} {text!r}"
        if type(self.disk) is not FailingDisk:  # which reads nothing either
            self.verify(chance)

    def verify(self, chance=None):
        """Every acknowledged object, or a sample while others are written."""
        for key, value in chance.sample(sorted(self.known.items()), min(40, len(self.known))) if chance else list(self.known.items()):
            found = digest(self.s3.get_object(Bucket=self.BUCKET, Key=key)["Body"].read())
            assert found == value, f"{key} holds {found}, not {value}"
        if chance is None:
            for key, value in list(self.doubtful.items()):
                assert self.fetch(key) in (ABSENT, value), f"{key}, which was refused, holds something else"

    def fetch(self, key):
        try:
            return digest(self.s3.get_object(Bucket=self.BUCKET, Key=key)["Body"].read())
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return ABSENT
            raise

    def scrub(self):
        done = subprocess.run([objd_path(), "scrub", "--data", str(self.data()), "--wait"], capture_output=True, text=True,
                              timeout=SCRUB_SECONDS_MAX, env=clean_environment(self.work))
        assert done.returncode == 0, f"scrub says {done.returncode}: {done.stdout}{done.stderr}"

    def lose_first_copies(self, chance):
        """The second copies are all that is left, and they are enough. (A read that repairs costs a sync.)"""
        for segment in (self.data() / "segments").glob("*.seg"):
            segment.unlink()
        self.objd.start()
        self.s3.forget()
        self.verify(chance)

    def close(self):
        super().close()
        if self.disk:
            self.disk.close()
            self.disk = None
