"""What all torture classes have in common: a store to be ill-treated, its server, and one more oracle, fsck.

A class is made for a work directory and a seed; open() prepares a fresh store, cycle(n) does one round of damage and
verification and says how many cycles of the claim that was, close() ends whatever runs. A cycle that finds something
wrong raises. What a cycle does follows from the seed and its number, timing apart.
"""
import functools
import os
import random
import shutil
import subprocess

import variations
from lite_s3 import LiteS3
from objd_process import Objd, clean_environment, objd_path

FSCK_SECONDS_MAX = 300
# Small files and no space held back, so that a store is made and opened in a tenth of a second.
SMALL_STORE = ["--ballast", "0", "--free-space-reserve", "1MiB", "--access-log", "false", "--metadata-cache", "8MiB"]


@functools.lru_cache(maxsize=1)
def has_command(name):
    """Whether this objd has a subcommand of that name."""
    text = subprocess.run([objd_path(), "--help"], capture_output=True, text=True, check=True).stdout
    return any(line.split()[:1] == [name] for line in text.split("Subcommands:")[-1].splitlines())


def fsck(data, *arguments):
    """`objd fsck` of a store that no server has open: (exit status, what it says)."""
    done = subprocess.run([objd_path(), "fsck", "--data", str(data), *arguments], capture_output=True, text=True,
                          timeout=FSCK_SECONDS_MAX, env=clean_environment(data))
    return done.returncode, done.stdout + done.stderr


def check_store(data, *arguments):
    """The store's own checker finds nothing wrong."""
    if has_command("fsck"):
        status, text = fsck(data, *arguments)
        assert status == 0, f"objd fsck says {status}:\n{text[-3000:]}"


class TortureClass:
    NAME = ""
    ABOUT = ""
    CLAIM = 0            # cycles that the project wants to have seen
    SECONDS_GUESS = 1.0  # of a cycle, until one was measured
    SLICE = 3            # cycles in the test command
    BUCKET = "torture"
    VARIED = False       # whether stores differ in what variations.py draws

    def __init__(self, work, seed):
        self.work, self.seed = work, seed
        self.random = random.Random(f"{self.NAME}/{seed}")
        self.objd = None
        self.s3 = None
        self.variation = variations.PLAIN

    @classmethod
    def reason_to_skip(cls):
        """Why this class cannot run here, or None."""
        return None

    def data(self):
        return self.work / "store"

    def segment_folders(self):
        """The further directories for segments that this store has."""
        return [self.data().with_name(f"store-{number}") for number in range(2, self.variation.directories + 1)]

    def segment_options(self):
        """Also for commands that work on a store which no server has open."""
        return variations.segment_options(self.segment_folders(), self.variation.copies)

    def check_store(self, *arguments):
        check_store(self.data(), *self.segment_options(), *arguments)

    def vary(self, **wanted):
        """Draws how the next store is configured; `wanted` overrides what was drawn."""
        if self.VARIED:
            self.variation = variations.draw(self.random)._replace(**wanted)

    def options(self):
        return [*SMALL_STORE, *self.segment_options(), *variations.other_options(self.variation), "--segment-size", self.random.choice(["1MiB", "4MiB", "16MiB"]),
                "--chunk-average", self.random.choice(["16KiB", "32KiB", "128KiB"])]

    def open(self):
        self.fresh_store()

    def fresh_store(self, **environment):
        for folder in self.data().parent.glob("store*"):
            if folder.is_dir():
                shutil.rmtree(folder)
        self.objd = Objd(self.data(), self.options(), environment)
        self.objd.log = self.work / "objd.log"
        self.objd.start()
        self.s3 = LiteS3(self.objd)
        self.s3.create_bucket(Bucket=self.BUCKET)

    def cycle(self, number):
        raise NotImplementedError

    def keep(self, folder):
        """Copies what a failed cycle leaves, for whoever looks into it."""
        self.close()
        shutil.copytree(self.work, folder, dirs_exist_ok=True)

    def close(self):
        if self.objd is not None:
            self.objd.kill()


def is_root():
    return os.geteuid() == 0


def without(*programs):
    """A reason why a class that needs these programs cannot run, or None."""
    absent = [program for program in programs if not shutil.which(program, path="/usr/bin:/bin:/usr/sbin:/sbin")]
    return f"not installed: {', '.join(absent)}" if absent else None
