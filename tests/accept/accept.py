"""The acceptance run: real sizes, real clients, one server. ./dev accept

Prints what it does, then a table in Markdown with the figures, for docs/performance.md. Ends with status 1 when anything
is not as it must be. --quick uses small sizes, to try this program itself.
"""
import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "clients"), str(TESTS / "raw"), str(TESTS / "accept")]

from clientlib import file_digest, write_noise  # noqa: E402
from compaction import compaction  # noqa: E402
from guarantees import guarantees  # noqa: E402
from listing import listing  # noqa: E402
from mixed_load import MixedLoad  # noqa: E402
from objd_process import REGION, Objd, clean_environment  # noqa: E402
from s3_access import make_s3  # noqa: E402
from slow_connections import slow_connections  # noqa: E402

GIB = 1 << 30
MIB = 1 << 20
RESIDENT_BYTES_MAX = 300_000_000
SECOND_COPY_RATIO_MAX = 0.01
SAMPLE_SECONDS = 0.2
FREE_BYTES_NEEDED = 25 * GIB
BUCKET = "accept"


class Sizes:
    def __init__(self, quick):
        self.tree = pathlib.Path("/usr/lib/python3" if quick else "/usr/lib")
        self.file_bytes = (256 * MIB) if quick else 5 * GIB
        self.clients = 64
        self.mix_seconds = 10 if quick else 60
        self.kills = 2 if quick else 10
        self.keys = 20_000 if quick else 1_000_000
        self.slow_connections = 300 if quick else 2000
        self.fill_objects = 400 if quick else 3200
        self.probe_seconds = 3 if quick else 8
        self.load_seconds = 1 if quick else 4


class Watch:
    """Peak of the server's resident memory, and its CPU time, while something runs."""

    def __init__(self, objd):
        self.objd = objd
        self.peak = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.sample, daemon=True)

    def __enter__(self):
        self.started, self.cpu_started = time.monotonic(), self.objd.cpu_seconds()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()
        self.seconds = time.monotonic() - self.started
        self.cpu = self.objd.cpu_seconds() - self.cpu_started

    def sample(self):
        while not self.done.is_set():
            self.peak = max(self.peak, self.objd.resident_bytes())
            self.done.wait(SAMPLE_SECONDS)


class Run:
    """One acceptance run: its server, its folder, its rows."""

    def __init__(self, folder, sizes):
        self.folder = folder
        self.sizes = sizes
        self.objd = Objd(folder / "store").start()
        access_key, secret_key = self.objd.credentials()
        home = folder / "home"
        home.mkdir()
        self.env = clean_environment(home, AWS_ACCESS_KEY_ID=access_key, AWS_SECRET_ACCESS_KEY=secret_key,
                                     AWS_DEFAULT_REGION=REGION, AWS_EC2_METADATA_DISABLED="true")
        self.s3 = make_s3(self.objd)
        self.s3.create_bucket(Bucket=BUCKET)
        self.rows = []
        self.failures = []

    def aws(self, *arguments):
        subprocess.run(["/usr/bin/aws", "--endpoint-url", self.objd.endpoint, "s3", *map(str, arguments)], env=self.env,
                       check=True)

    def watch(self):
        return Watch(self.objd)

    def export_credentials(self, objd=None):
        """For what talks to a server on raw sockets."""
        objd = objd or self.objd
        access_key, secret_key = objd.credentials()
        os.environ.update(OBJD_TEST_ENDPOINT=objd.endpoint, OBJD_TEST_ACCESS_KEY=access_key, OBJD_TEST_SECRET_KEY=secret_key)

    def check(self, fine, what):
        print(("    fine: " if fine else "    WRONG: ") + what, flush=True)
        if not fine:
            self.failures.append(what)

    def row(self, what, watch, amount, byte_count=None):
        rate = f"{byte_count / watch.seconds / 1e6:.0f} MB/s" if byte_count else ""
        self.rows.append((what, amount, f"{watch.seconds:.1f} s", rate, f"{watch.cpu:.1f} s", f"{watch.peak / 1e6:.0f} MB"))
        print(f"    {what}: {amount}, {watch.seconds:.1f} s {rate}, peak {watch.peak / 1e6:.0f} MB", flush=True)


def digests(folder):
    return {str(path.relative_to(folder)): (path.stat().st_size, file_digest(path)) for path in folder.rglob("*")
            if path.is_file() and not path.is_symlink() and not any(p.is_symlink() for p in path.parents)}


def tree_there_and_back(run):
    """The regular files of a system's library folder by `aws s3 sync`, and back."""
    tree = run.sizes.tree
    expected = digests(tree)
    total = sum(size for size, _ in expected.values())
    amount = f"{len(expected)} files, {total / 1e9:.2f} GB"
    print(f"==> {tree}: {amount}", flush=True)
    with Watch(run.objd) as watch:
        run.aws("sync", "--only-show-errors", "--no-follow-symlinks", tree, f"s3://{BUCKET}/tree")
    run.row(f"`aws s3 sync` of `{tree}` in", watch, amount, total)
    back = run.folder / "tree"
    with Watch(run.objd) as watch:
        run.aws("sync", "--only-show-errors", f"s3://{BUCKET}/tree", back)
    run.row("... and back", watch, amount, total)
    run.check(digests(back) == expected, f"all {len(expected)} files came back byte-equal")
    shutil.rmtree(back)
    stored = run.objd.stored_bytes()
    run.rows.append(("the store after it", f"{stored / 1e9:.2f} GB (on disk {run.objd.disk_bytes() / 1e9:.2f} GB)", "",
                     f"{stored / total:.0%} of the input", "", ""))


def big_file_there_and_back(run):
    """One large file by multipart, back, and again under another key."""
    size = run.sizes.file_bytes
    amount = f"{size / GIB:.2f} GiB"
    print(f"==> one file of {amount}", flush=True)
    file = write_noise(run.folder / "big", size, seed="accept")
    expected = file_digest(file)
    with Watch(run.objd) as up:
        run.aws("cp", "--only-show-errors", file, f"s3://{BUCKET}/big")
    run.row("`aws s3 cp` of one file in, multipart", up, amount, size)
    with Watch(run.objd) as down:
        run.aws("cp", "--only-show-errors", f"s3://{BUCKET}/big", run.folder / "back")
    run.row("... and back", down, amount, size)
    run.check(file_digest(run.folder / "back") == expected, "the file came back byte-equal")
    (run.folder / "back").unlink()
    peak = max(up.peak, down.peak)
    run.check(peak < RESIDENT_BYTES_MAX, f"resident memory stayed below {RESIDENT_BYTES_MAX // 10**6} MB: {peak / 1e6:.0f} MB")
    second_copy(run, file, size)
    file.unlink()


def second_copy(run, file, size):
    before = run.objd.stored_bytes()
    with Watch(run.objd) as watch:
        run.aws("cp", "--only-show-errors", file, f"s3://{BUCKET}/again")
    added = max(0, run.objd.stored_bytes() - before)
    run.row("the same file under another key", watch, f"{added / 1e6:.1f} MB added", size)
    run.check(added < size * SECOND_COPY_RATIO_MAX, f"the same file again added {added / size:.2%} to the store")


def many_clients(run):
    """64 clients mix everything without an error."""
    print(f"==> {run.sizes.clients} clients for {run.sizes.mix_seconds} s", flush=True)
    run.s3.create_bucket(Bucket="mixed")
    load = MixedLoad(run.s3, "mixed", run.sizes.clients, seed=random.SystemRandom().randrange(1 << 32))
    with Watch(run.objd) as watch:
        load.begin()
        time.sleep(run.sizes.mix_seconds)
        load.end()
    problems = load.errors() + load.cut()
    run.row(f"{run.sizes.clients} clients (boto3 threads)", watch, f"{sum(load.counts().values())} operations")
    run.check(not problems, f"no error: {dict(load.counts())}" + "".join(f"\n      {text}" for text in problems))
    run.check(True, f"{load.verify()} keys hold what was acknowledged")


def kills(run):
    """kill -9 in the middle of that, and restart."""
    print(f"==> {run.sizes.kills} times kill -9 under {run.sizes.clients} clients", flush=True)
    seed = random.SystemRandom().randrange(1 << 32)
    run.s3.create_bucket(Bucket="killed")
    load = MixedLoad(run.s3, "killed", run.sizes.clients, seed=f"{seed}/0")
    timing, slowest = random.Random(seed), 0.0
    load.begin()
    for cycle in range(1, run.sizes.kills + 1):
        time.sleep(timing.uniform(0.5, 5))
        run.objd.kill()
        load.end()
        started = time.monotonic()
        run.objd.start()
        slowest = max(slowest, time.monotonic() - started)
        run.check(not load.errors(), f"kill {cycle}: no wrong answer before it" + "".join(load.errors()))
        load.verify()
        load.resume(seed=f"{seed}/{cycle}")
    load.end()
    count = load.verify()
    run.check(True, f"{count} keys hold what was acknowledged, after each of {run.sizes.kills} kills")
    run.rows.append((f"kill -9 under {run.sizes.clients} clients", f"{run.sizes.kills} kills, {sum(load.counts().values())} "
                     "operations", f"slowest restart: {slowest:.1f} s", "", "", ""))


def print_table(run):
    print("\n| what | amount | time | rate | server CPU | server memory, peak |\n|---|---|---|---|---|---|")
    for row in run.rows:
        print("| " + " | ".join(row) + " |")
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--dir", help="where to work (the system's folder for temporary files)")
    parser.add_argument("--only", choices=[step.__name__ for step in STEPS], action="append", help="only these steps")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="objd-accept-", dir=options.dir))
    sizes = Sizes(options.quick)
    if not options.quick and shutil.disk_usage(folder).free < FREE_BYTES_NEEDED:
        sys.exit(f"{folder} has less than {FREE_BYTES_NEEDED // GIB} GiB free; name another place with --dir")
    run = Run(folder, sizes)
    try:
        for step in STEPS:
            if not options.only or step.__name__ in options.only:
                step(run)
        run.check(run.objd.stop() == 0, "the server stopped cleanly")
    finally:
        run.objd.kill()
        shutil.rmtree(folder, ignore_errors=True)
    print_table(run)
    for failure in run.failures:
        print(f"WRONG: {failure}")
    sys.exit(1 if run.failures else 0)


STEPS = [tree_there_and_back, big_file_there_and_back, listing, slow_connections, compaction, guarantees, many_clients, kills]

if __name__ == "__main__":
    main()
