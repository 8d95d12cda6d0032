"""F2: kill -9 under load. F4: the power cut of a file system under load."""
import os
import random
import shutil
import signal
import subprocess
import time

import failing_disks
import variations
from classes import TortureClass
from crash_load import CrashLoad
from version_load import VersionedLoad

WORKERS = 16
FULL_VERIFICATION_EVERY = 25
FRESH_STORE_EVERY = 40
SETTLE_SECONDS = 0.05
IMAGE_BYTES = 2 << 30  # sparse; twenty open segments reserve 320 MiB, and the reserve for a full disk is off


class KillClass(TortureClass):
    NAME = "F2"
    ABOUT = "kill -9 at a random time under load"
    CLAIM = 2000
    SECONDS_GUESS = 1.2
    SLICE = 6
    VARIED = True

    def open(self):
        self.vary()
        self.fresh_store()
        load = VersionedLoad if self.variation.versions else CrashLoad
        self.load = load(self.s3, self.BUCKET, WORKERS, f"{self.seed}/0")

    def cycle(self, number):
        if number and number % FRESH_STORE_EVERY == 0:
            self.close()
            self.open()
        try:
            return self.burst(number)
        except (AssertionError, RuntimeError) as error:
            raise type(error)(f"store: {variations.describe(self.variation)}: {error}") from error

    def burst(self, number):
        chance = random.Random(f"{self.seed}/{number}")
        self.load.resume(f"{self.seed}/{number}")
        time.sleep(chance.uniform(0.02, 0.5))
        self.crash()
        self.load.end()
        assert not self.load.errors(), self.load.errors()
        if chance.random() < 0.15:  # again, while it recovers
            self.revive(start=False)
            time.sleep(chance.uniform(0, 0.12))
            self.crash()
        if chance.random() < 0.1 or number % FULL_VERIFICATION_EVERY == FULL_VERIFICATION_EVERY - 1:
            self.revive(start=None)
            self.check_store()
        self.revive()
        if number % FULL_VERIFICATION_EVERY == FULL_VERIFICATION_EVERY - 1:
            self.load.verify()
            assert self.objd.stop() == 0, self.objd.log_tail()
            self.check_store("--read-data")
            self.revive()
        self.load.verify_touched(chance)
        return 1

    def crash(self):
        self.objd.kill()

    def revive(self, start=True):
        """The store's disk is there again, and its server: ready (True), just started (False), or not (None)."""
        if start is not None:
            self.objd.spawn()
        if start:
            self.objd.wait_ready()
        self.s3.forget()


class PowerCutClass(KillClass):
    """The file system forgets what it has not made durable: a shutdown without flushing its log."""

    FILE_SYSTEM = ""
    DISKS_MAX = 2   # the further directories for segments share the second one
    mounted = ()    # those that are
    is_cut = False  # mounted, and answering every call with an error
    SECONDS_GUESS = 2.0
    SLICE = 4

    @classmethod
    def reason_to_skip(cls):
        return failing_disks.reason_to_skip(f"mkfs.{cls.FILE_SYSTEM}")

    def disks(self):
        """Half of the stores with several directories have them on one disk."""
        return [self.work / f"disk-{number}" for number in range(1, self.disk_count + 1)]

    def data(self):
        return self.work / "disk-1" / "store"

    def segment_folders(self):
        return [self.disks()[-1] / folder.name for folder in super().segment_folders()]

    def vary(self):
        super().vary()
        self.disk_count = min(self.DISKS_MAX, self.variation.directories) if self.random.random() < 0.5 else 1
        for disk in self.disks():
            image = disk.with_suffix(".image")
            image.unlink(missing_ok=True)
            with open(image, "wb") as file:
                file.truncate(IMAGE_BYTES)
            subprocess.run([f"/usr/sbin/mkfs.{self.FILE_SYSTEM}", "-q", str(image)], check=True)
            disk.mkdir(exist_ok=True)
        self.mount()

    def mount(self):
        self.is_cut = False
        for disk in self.disks():
            subprocess.run(["mount", "-o", "loop", str(disk.with_suffix(".image")), str(disk)], check=True)
            self.mounted = (*self.mounted, disk)

    def unmount(self):
        for disk in self.mounted:
            failing_disks.unmount(disk)
        self.mounted = ()

    def crash(self):
        # A sync in flight may report success for what the shutdown is about to lose: whoever is stopped reads no report.
        os.kill(self.objd.pid, signal.SIGSTOP)
        time.sleep(SETTLE_SECONDS)
        for disk in self.disks():
            failing_disks.shut_down(disk)
        self.is_cut = True
        self.objd.kill()

    def revive(self, start=True):
        if self.is_cut:
            self.unmount()
            self.mount()
        super().revive(start)

    def cycle(self, number):
        if min(shutil.disk_usage(disk).free for disk in self.disks()) < IMAGE_BYTES // 3:
            self.close()
            self.open()
        return super().cycle(number)

    def close(self):
        super().close()
        self.unmount()


class Ext4PowerCutClass(PowerCutClass):
    NAME = "F4-ext4"
    ABOUT = "power cut on ext4"
    CLAIM = 1000
    FILE_SYSTEM = "ext4"


class XfsPowerCutClass(PowerCutClass):
    NAME = "F4-xfs"
    ABOUT = "power cut on XFS"
    CLAIM = 200
    FILE_SYSTEM = "xfs"
