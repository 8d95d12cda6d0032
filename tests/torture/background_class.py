"""F14: jobs of the background that a kill interrupts: the collector, and what else this objd has of long jobs.

A cycle makes objects that share chunks, deletes most of them (of a bucket with versions: most versions), and kills the server
a moment later, while their space is collected and segments are rewritten; or it starts a job of the operator's and kills the
server in the middle of that. In the end the store must be consistent and the space must come back.
"""
import random
import subprocess
import time

import variations
from classes import TortureClass, has_command
from crash_load import POOL, WINDOW_STEP
from mixed_load import digest
from objd_process import clean_environment, objd_path

OBJECTS = 24
KEPT = 6
DRAIN_EVERY = 10
OPEN_SEGMENTS_MAX = 1
DRAIN_SECONDS_MAX = 60
FRESH_STORE_EVERY = 20
COMPACTION_SHARE = 0.35  # of the kills: while the start's compaction runs
JOB_SECONDS_MAX = 60
# Commands that are run on a running server, with the arguments of a run in the folder given.
JOBS = {"fsck": ["--read-data"], "scrub": [], "compact": [], "backup": ["{folder}/backup"]}


class BackgroundClass(TortureClass):
    NAME = "F14"
    ABOUT = "background jobs interrupted by kill -9"
    CLAIM = 200
    SECONDS_GUESS = 1.0
    SLICE = 5
    VARIED = True

    def open(self):
        self.vary()
        self.fresh_store()
        if self.variation.versions:
            self.s3.put_bucket_versioning(Bucket=self.BUCKET, VersioningConfiguration={"Status": "Enabled"})
        self.kept = {}      # (key, version) -> digest; without versioning the version is None
        self.compacted = 0  # segments that were rewritten, as far as anybody looked

    def cycle(self, number):
        if number and number % FRESH_STORE_EVERY == 0:
            self.close()
            self.open()
        try:
            return self.interrupt(number)
        except (AssertionError, RuntimeError) as error:
            raise type(error)(f"store: {variations.describe(self.variation)}: {error}") from error

    def interrupt(self, number):
        chance = random.Random(f"{self.seed}/{number}")
        self.make_garbage(chance, number)
        jobs = [None, None] + [name for name in JOBS if has_command(name)]
        job = chance.choice(jobs)
        running = self.start_job(job) if job else None
        time.sleep(chance.uniform(0, 0.15))
        self.objd.kill()
        if running:
            running.communicate(timeout=JOB_SECONDS_MAX)
        if chance.random() < COMPACTION_SHARE:
            self.interrupt_compaction(chance)
        if number % DRAIN_EVERY == DRAIN_EVERY - 1:
            self.check_store()
        self.objd.start()
        self.s3.forget()
        self.verify(chance)
        if number % DRAIN_EVERY == DRAIN_EVERY - 1:
            self.drain()
        return 1

    def interrupt_compaction(self, chance):
        """A start seals what was open and rewrites at once what is mostly dead; the kill hits that."""
        self.objd.spawn()
        if chance.random() < 0.5:
            self.objd.wait_ready()
        time.sleep(chance.uniform(0, 0.2))
        self.objd.kill()

    def verify(self, chance):
        current, versions = {}, {}
        for key, version in self.kept:  # in the order of writing: the last one is current
            current[key] = version
            versions.setdefault(key, []).insert(0, (version, False))
        for key, version in chance.sample(list(self.kept), min(len(self.kept), 20)):
            named = {"VersionId": version} if version and chance.random() < 0.8 else {}
            value = self.kept[key, version if named else current[key]]
            found = digest(self.s3.get_object(Bucket=self.BUCKET, Key=key, **named)["Body"].read())
            assert found == value, f"{key}, {named or 'current'}: holds {found}, not {value}"
        assert self.s3.names(self.BUCKET) == sorted(current)
        if self.variation.versions:
            assert self.s3.versions(self.BUCKET) == versions
        self.compacted += self.s3.metrics().get("objd_compacted_segments_total", 0)

    def make_garbage(self, chance, number):
        made = []
        for index in range(OBJECTS):
            # With versions, a third of the names is written over.
            name = f"{number:05}/{index if not self.variation.versions else index * 2 // 3:03}"
            start = chance.randrange(0, len(POOL) // WINDOW_STEP - 8) * WINDOW_STEP
            body = f"{name} {index}".encode() + POOL[start:start + chance.choice([900, 40_000, 150_000, 400_000])]
            answer = self.s3.put_object(Bucket=self.BUCKET, Key=name, Body=body)
            made.append((name, answer["VersionId"] if self.variation.versions else None))
            self.kept[made[-1]] = digest(body)
        for name in chance.sample(made, OBJECTS - KEPT):
            self.delete(name)

    def delete(self, name):
        self.s3.delete_object(Bucket=self.BUCKET, Key=name[0], VersionId=name[1])
        del self.kept[name]

    def start_job(self, job):
        arguments = [argument.format(folder=self.work) for argument in JOBS[job]]
        return subprocess.Popen([objd_path(), job, "--data", str(self.data()), *arguments], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, env=clean_environment(self.work))

    def drain(self):
        """Everything is deleted: nothing stays queued, no byte stays in use, and at most the segments that are being written stay."""
        for name in list(self.kept):
            self.delete(name)
        end = time.monotonic() + DRAIN_SECONDS_MAX
        while not self.is_drained(metrics := self.s3.metrics()):
            assert time.monotonic() < end, f"space does not come back: {metrics}"
            time.sleep(0.1)

    def is_drained(self, metrics):
        return (metrics.get("objd_releases_waiting") == 0 and metrics.get("objd_segment_live_bytes", 0) == 0
                and metrics["objd_segments"] <= OPEN_SEGMENTS_MAX * self.variation.copies)

    def close(self):
        super().close()
        if getattr(self, "compacted", 0):
            print(f"{self.NAME}: {self.compacted:.0f} segments were rewritten ({variations.describe(self.variation)})")
            self.compacted = 0
