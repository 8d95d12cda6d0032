"""F6, on real file systems: a disk that the clients fill, one without inodes, and one that somebody else fills to the last byte.

The oracle: what was acknowledged stays, before and after a restart; a write that finds no room is refused with a 5xx;
reads and deletions go on; and writes are taken again once there is room, without a restart where the server itself
had stopped in time.
"""
import os
import random
import subprocess
import time

import botocore.exceptions

from classes import TortureClass, check_store, is_root
from mixed_load import ABSENT, digest

RECOVERY_SECONDS_MAX = 60
POLL_SECONDS = 0.3  # the server asks for the free space a little less often than that
OBJECT_BYTES = 300_000
OBJECTS_MAX = 1000


class FullDiskClass(TortureClass):
    NAME = "F6-disk"
    ABOUT = "disks that are really full, or have no inodes left"
    CLAIM = 30
    SECONDS_GUESS = 6.0
    SLICE = 3
    CASES = ("filled by clients", "no inodes", "filled by somebody else")

    @classmethod
    def reason_to_skip(cls):
        return None if is_root() else "needs root, to mount a file system"

    def data(self):
        return self.work / "disk" / "store"

    def options(self):
        options = super().options()
        options[options.index("--segment-size") + 1] = "1MiB"
        options[options.index("--free-space-reserve") + 1] = "24MiB"
        return options

    def open(self):
        """Each cycle has a disk of its own."""
        self.is_mounted = False

    def mount(self, how):
        (self.work / "disk").mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(self.work / "disk")], check=True)
        self.is_mounted = True
        self.fresh_store()
        self.known = {}

    def close(self):
        super().close()
        if self.is_mounted:
            subprocess.run(["umount", "-l", str(self.work / "disk")], check=True)
            self.is_mounted = False

    def cycle(self, number):
        case = self.CASES[number % len(self.CASES)]
        self.close()
        try:
            getattr(self, case.replace(" ", "_"))(random.Random(f"{self.seed}/{number}"))
        except (AssertionError, botocore.exceptions.ClientError, ConnectionError) as error:
            raise AssertionError(f"{case}: {error}\n{self.objd.log_tail(8)}") from error
        return 1

    def filled_by_clients(self, chance):
        self.mount("size=64m")
        self.fill(chance)
        assert self.objd.process.poll() is None, "objd ended"
        self.verify()
        self.objd.kill()
        self.restart()
        self.verify()
        for key in list(self.known)[:len(self.known) * 2 // 3]:
            self.s3.delete_object(Bucket=self.BUCKET, Key=key)
            self.known[key] = ABSENT
        self.wait_for_writes(chance)
        self.verify()

    def no_inodes(self, chance):
        self.mount(f"size=256m,nr_inodes={chance.choice([45, 60, 75])}")
        self.fill(chance)
        self.verify()
        subprocess.run(["mount", "-o", "remount,size=256m,nr_inodes=10000", str(self.work / "disk")], check=True)
        self.restart()
        self.wait_for_writes(chance)
        self.verify()

    def filled_by_somebody_else(self, chance):
        self.mount("size=96m")
        for _ in range(5):
            self.put(chance)
        filler = self.work / "disk" / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\xff" * 65536)
            except OSError:
                pass
        time.sleep(POLL_SECONDS)
        refused = sum(not self.put(chance) for _ in range(5))
        assert refused == 5, f"{5 - refused} writes of 5 were taken on a full disk"
        self.verify()
        filler.unlink()
        self.wait_for_writes(chance)
        self.restart()
        self.verify()

    def put(self, chance):
        """Whether the server took an object."""
        key, body = f"object {len(self.known)}", chance.randbytes(OBJECT_BYTES)
        try:
            self.s3.put_object(Bucket=self.BUCKET, Key=key, Body=body)
        except botocore.exceptions.ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500, error
            self.known[key] = ABSENT
            return False
        self.known[key] = digest(body)
        return True

    def fill(self, chance):
        for _ in range(OBJECTS_MAX):
            if not self.put(chance):
                return
        raise AssertionError("the disk does not become full")

    def wait_for_writes(self, chance):
        end = time.monotonic() + RECOVERY_SECONDS_MAX
        while not self.put(chance):
            assert time.monotonic() < end, f"writes are still refused; free: {os.statvfs(self.work / 'disk').f_bavail}"
            time.sleep(0.2)

    def restart(self):
        self.objd.kill()
        check_store(self.data())
        self.objd.start()
        self.s3.forget()

    def verify(self):
        """Every object, by a read; what was refused may not be there."""
        for key, value in self.known.items():
            try:
                found = digest(self.s3.get_object(Bucket=self.BUCKET, Key=key)["Body"].read())
            except botocore.exceptions.ClientError as error:
                assert error.response["Error"]["Code"] == "NoSuchKey", error
                found = ABSENT
            assert found == value, f"{key} holds {found}, not {value}"
