"""F9: bit rot. What lies on the disk is changed behind the server's back.

A store is made once and copied for each cycle; each cycle damages one kind of file and reads everything. Segments take
many damages a cycle, since each concerns few objects; files of the metadata take one to three, since a refused start
would hide the others. A cycle counts as many as it has done damages.

The oracle: an object reads as its own bytes, or with an error, or cut off; or the server refuses to start and says why.
Never as other bytes; and never as absent, unless what was damaged is a log whose end cannot be told from what a crash
leaves. `objd fsck --read-data` fails too, and names every object that a damaged segment keeps from being read.
"""
import collections
import random
import re
import shutil
import subprocess

import botocore.exceptions

from classes import TortureClass, fsck, has_command
from crash_load import POOL
from lite_s3 import LiteS3
from objd_process import Objd

OBJECTS = 120
SEGMENT_DAMAGES = 60
PAGE = 4096
FRESH_STORE_EVERY = 40
KIND_BY_FILE = [("segment", r"\.seg$"), ("sst", r"\.sst$"), ("wal", r"metadata/\d+\.log$"), ("manifest", r"MANIFEST-\d+$"),
                ("current", r"CURRENT$"), ("options", r"OPTIONS-\d+$"), ("identity", r"IDENTITY$"), ("format", r"^format$")]
# How often each kind of file is what a cycle damages.
WEIGHTS = {"segment": 8, "sst": 6, "wal": 4, "manifest": 3, "current": 1, "options": 1, "identity": 1, "format": 1}
# What may have lost acknowledged objects without anybody's being able to tell: a log that just ends earlier.
SHORTER = {"truncated", "missing", "stale"}
UNKNOWABLE = {("wal", how) for how in SHORTER} | {("wal", "zeroed tail")}
ABSENT = "absent"
UNREADABLE = "unreadable"


def kind_of(name):
    return next((kind for kind, pattern in KIND_BY_FILE if re.search(pattern, name)), None)


class BitRotClass(TortureClass):
    NAME = "F9"
    ABOUT = "damages on disk: flipped bits, zeroed pages, cut, missing, swapped and stale files"
    CLAIM = 10000
    SECONDS_GUESS = 0.05
    SLICE = 14

    def open(self):
        self.generation = -1
        self.hits = collections.Counter()

    def prepare(self):
        """A store with segments, tables and a log that a kill has left: in half of the cases the objects are in tables."""
        self.close()
        self.generation += 1
        self.bodies = {}
        self.fresh_store()
        chance = random.Random(f"{self.seed}/{self.generation}")
        for number in range(OBJECTS):
            size = chance.choice([0, 700, 2048, 2049, 20_000, 90_000, 250_000])
            start = chance.randrange(0, 60) * 65536
            key = f"object {number:04}"
            self.bodies[key] = (f"{self.generation}/{number}/".encode() + POOL[start:start + size])[:size]
            self.s3.put_object(Bucket=self.BUCKET, Key=key, Body=self.bodies[key])
            if number % 40 == 39 and chance.random() < 0.7:
                self.objd.restart()  # seals segments, turns the log into tables
                self.s3.forget()
            if number % 5 == 4:
                victim = f"object {number - 3:04}"
                self.s3.delete_object(Bucket=self.BUCKET, Key=victim)
                self.bodies.pop(victim)
            if number == OBJECTS // 2:
                self.older = self.copy_segments()
        if chance.random() < 0.5:
            self.objd.stop()
        self.objd.kill()
        shutil.rmtree(self.work / "prepared", ignore_errors=True)
        shutil.move(self.data(), self.work / "prepared")

    def copy_segments(self):
        """Segments as they were in the middle, to be put back as stale ones."""
        return {path.name: path.read_bytes() for path in (self.data() / "segments").glob("*.seg")}

    def cycle(self, number):
        if number // FRESH_STORE_EVERY != self.generation:
            self.generation = number // FRESH_STORE_EVERY - 1
            self.prepare()
        chance = random.Random(f"{self.seed}/{number}")
        shutil.rmtree(self.data(), ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", "--sparse=always", str(self.work / "prepared"), str(self.data())], check=True)
        kind = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        files = sorted(path for path in self.data().rglob("*") if path.is_file() and path.stat().st_size
                       and kind_of(str(path.relative_to(self.data()))) == kind)
        if not files:
            return 0
        count = SEGMENT_DAMAGES if kind == "segment" else chance.choice([1, 1, 2, 3])
        done = [self.damage(chance, kind, files) for _ in range(count)]
        done = [what for what in done if what]
        try:
            self.judge(done)
        except AssertionError as error:
            raise AssertionError(f"{error}\nafter these damages: {done}") from error
        self.hits.update(f"{kind} {what[0]}" for what in done)
        return len(done)

    # --- damages: each returns (how, file, offset, length), or None where there is nothing to change ---

    def damage(self, chance, kind, files):
        files = [path for path in files if path.exists() and path.stat().st_size]
        if not files:
            return None
        path = chance.choice(files)
        # The rest are drastic: few of a batch, or little would be left to look at.
        common = kind == "segment" and chance.random() < 0.97 or chance.random() < 0.6
        how = "flipped" if common and chance.random() < 0.8 else "zeroed" if common else chance.choice(
            ["truncated", "missing", "swapped", "stale"])
        return getattr(self, how)(chance, path, files)

    def flipped(self, chance, path, _):
        data = bytearray(path.read_bytes())
        # Reserved space behind what was written holds nothing that could rot.
        offset = chance.randrange(len(data.rstrip(b"\0")) or len(data))
        data[offset] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        return "flipped", path.name, offset, 1

    def zeroed(self, chance, path, _):
        data = bytearray(path.read_bytes())
        used = len(data.rstrip(b"\0"))
        offset = chance.randrange(0, max(used, 1)) // PAGE * PAGE
        if not any(data[offset:offset + PAGE]):
            return None
        size = len(data[offset:offset + PAGE])
        data[offset:offset + PAGE] = bytes(size)
        path.write_bytes(data)
        return ("zeroed tail" if offset + size >= used else "zeroed"), path.name, offset, size

    def truncated(self, chance, path, _):
        data = path.read_bytes()
        used = len(data.rstrip(b"\0"))
        if not used:
            return None
        size = chance.randrange(used)
        path.write_bytes(data[:size])
        return "truncated", path.name, size, used - size

    def missing(self, _, path, __):
        path.unlink()
        return "missing", path.name, 0, 0

    def swapped(self, chance, path, files):
        other = chance.choice(files)
        if other == path or other.read_bytes() == path.read_bytes():
            return None
        first, second = path.read_bytes(), other.read_bytes()
        path.write_bytes(second)
        other.write_bytes(first)
        return "swapped", f"{path.name} {other.name}", 0, 0

    def stale(self, chance, path, _):
        """A segment as it once was; of the other files, one without its newest part."""
        old = self.older.get(path.name)
        data = path.read_bytes()
        if old is None:
            old = data[:len(data.rstrip(b"\0")) * chance.randrange(50, 100) // 100]
        if old == data:
            return None
        path.write_bytes(old)
        return "stale", path.name, len(old), 0

    # --- the oracle ---

    def judge(self, done):
        self.objd = Objd(self.data(), self.options())
        self.objd.log = self.work / "objd.log"
        self.objd.log.write_text("")
        said, degraded = "", False
        try:
            self.objd.start()
        except RuntimeError:
            said = self.objd.log_tail()
            # A table that is damaged where RocksDB compacts it: no write is taken, and what reads is right or an error.
            degraded = self.objd.process.poll() is None and self.objd.health("live") == 200
        if degraded:
            assert "writing stops" in said, f"neither started nor refused:\n{said}"
            self.hits["writing stopped"] += 1
        elif said:
            assert self.objd.process.poll() not in (None, 0), f"neither started nor refused:\n{said}"
            assert self.objd.process.returncode > 0, f"ended by a signal, {self.objd.process.returncode}:\n{said}"
            assert "objd:" in said or "error" in said, f"a refused start says nothing:\n{said}"
            self.hits["refused start"] += 1
            return
        self.s3 = LiteS3(self.objd)
        found = {key: self.read(key) for key in self.bodies}
        listed = self.listing()
        assert self.objd.process.poll() is None, f"objd ended while it was read:\n{self.objd.log_tail()}"
        self.objd.kill()
        wrong = [key for key, what in found.items() if what not in (self.bodies[key], ABSENT, UNREADABLE)]
        assert not wrong, f"other bytes in a 200: {wrong}"
        in_logs = [what[0] for what in done if kind_of(f"metadata/{what[1]}") == "wal"]
        # A record of which both the length and what its checksum covers are damaged looks like one that was cut off.
        unknowable = any(("wal", how) in UNKNOWABLE for how in in_logs) or len(in_logs) > 1
        absent = [key for key, what in found.items() if what == ABSENT]
        assert not absent or unknowable, f"objects are gone without a word: {absent}"
        assert unknowable or listed in (sorted(self.bodies), UNREADABLE), f"the listing differs: {listed}"
        unreadable = [key for key, what in found.items() if what == UNREADABLE]
        self.hits["unreadable objects"] += len(unreadable)
        self.hits["objects read"] += len(found) - len(unreadable)
        if has_command("fsck") and (unreadable or done):
            self.compare_with_fsck(unreadable, all(what[1].endswith(".seg") for what in done))

    def read(self, key):
        try:
            status, _, data = self.s3.exchange("GET", self.BUCKET, key)
        except ConnectionError:
            return UNREADABLE
        if status == 404 and (b"NoSuchKey" in data or b"NoSuchBucket" in data):
            return ABSENT
        return data if status == 200 else UNREADABLE

    def listing(self):
        try:
            return self.s3.names(self.BUCKET)
        except (ConnectionError, botocore.exceptions.ClientError):
            return UNREADABLE

    def compare_with_fsck(self, unreadable, names):
        """Where the metadata itself is damaged, fsck says so, and cannot name every object."""
        status, text = fsck(self.data(), "--read-data")
        assert not unreadable or status != 0, f"fsck finds nothing, and these do not read: {unreadable}"
        unnamed = [key for key in unreadable if names and key not in text]
        assert not unnamed, f"fsck does not name {unnamed}:\n{text[-2000:]}"

    def close(self):
        super().close()
        if getattr(self, "hits", None):
            print(f"{self.NAME}: {dict(sorted(self.hits.items()))}")
            self.hits.clear()
