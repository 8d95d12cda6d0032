"""F14: jobs of the background that a kill interrupts: the collector, and what else this objd has of long jobs.

A cycle makes objects that share chunks, deletes most of them, and kills the server a moment later, while their space is
collected; or it starts a job of the operator's and kills the server in the middle of that. In the end the store must be
consistent and the space must come back.
"""
import random
import subprocess
import time

from classes import TortureClass, check_store, has_command
from crash_load import POOL, WINDOW_STEP
from mixed_load import digest
from objd_process import clean_environment, objd_path

OBJECTS = 24
KEPT = 6
DRAIN_EVERY = 10
OPEN_SEGMENTS_MAX = 1
DRAIN_SECONDS_MAX = 60
FRESH_STORE_EVERY = 60
JOB_SECONDS_MAX = 60
# Commands that are run on a running server, with the arguments of a run in the folder given.
JOBS = {"fsck": ["--read-data"], "scrub": [], "compact": [], "backup": ["{folder}/backup"]}


class BackgroundClass(TortureClass):
    NAME = "F14"
    ABOUT = "background jobs interrupted by kill -9"
    CLAIM = 200
    SECONDS_GUESS = 1.0
    SLICE = 5

    def open(self):
        self.fresh_store()
        self.kept = {}

    def cycle(self, number):
        if number and number % FRESH_STORE_EVERY == 0:
            self.close()
            self.open()
        chance = random.Random(f"{self.seed}/{number}")
        self.make_garbage(chance, number)
        jobs = [None, None] + [name for name in JOBS if has_command(name)]
        job = chance.choice(jobs)
        running = self.start_job(job) if job else None
        time.sleep(chance.uniform(0, 0.15))
        self.objd.kill()
        if running:
            running.communicate(timeout=JOB_SECONDS_MAX)
        if chance.random() < 0.3:
            self.objd.spawn()
            time.sleep(chance.uniform(0, 0.2))
            self.objd.kill()
        if number % DRAIN_EVERY == DRAIN_EVERY - 1:
            check_store(self.data())
        self.objd.start()
        self.s3.forget()
        for key, value in chance.sample(sorted(self.kept.items()), min(len(self.kept), 20)):
            assert digest(self.s3.get_object(Bucket=self.BUCKET, Key=key)["Body"].read()) == value, f"{key} is another"
        assert self.s3.names(self.BUCKET) == sorted(self.kept)
        if number % DRAIN_EVERY == DRAIN_EVERY - 1:
            self.drain()
        return 1

    def make_garbage(self, chance, number):
        names = [f"{number:05}/{index:03}" for index in range(OBJECTS)]
        for name in names:
            start = chance.randrange(0, len(POOL) // WINDOW_STEP - 8) * WINDOW_STEP
            body = name.encode() + POOL[start:start + chance.choice([900, 40_000, 150_000, 400_000])]
            self.s3.put_object(Bucket=self.BUCKET, Key=name, Body=body)
            self.kept[name] = digest(body)
        for name in chance.sample(names, OBJECTS - KEPT):
            self.s3.delete_object(Bucket=self.BUCKET, Key=name)
            del self.kept[name]

    def start_job(self, job):
        arguments = [argument.format(folder=self.work) for argument in JOBS[job]]
        return subprocess.Popen([objd_path(), job, "--data", str(self.data()), *arguments], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, env=clean_environment(self.work))

    def drain(self):
        """Everything is deleted: nothing stays queued, no byte stays in use, and at most the segments that are being written stay."""
        for name in self.kept:
            self.s3.delete_object(Bucket=self.BUCKET, Key=name)
        self.kept.clear()
        end = time.monotonic() + DRAIN_SECONDS_MAX
        while not self.is_drained(metrics := self.s3.metrics()):
            assert time.monotonic() < end, f"space does not come back: {metrics}"
            time.sleep(0.1)

    @staticmethod
    def is_drained(metrics):
        return (metrics.get("objd_releases_waiting") == 0 and metrics.get("objd_segment_live_bytes", 0) == 0
                and metrics["objd_segments"] <= OPEN_SEGMENTS_MAX)
