"""What a second version costs: caches, delta transfers and artifacts of a 600 MB tree of real files, 2 % of them changed.

    python3 tests/accept/pipelines.py [--bytes 600000000] [--dir DIR] [--source /usr/lib]

Prints a table in Markdown with the figures, for docs/performance.md; ends with status 1 when anything comes back other
than it went in, or costs more than it may. A changed file has all of its bytes changed, a tenth of them got longer.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "clients")]

from clientlib import file_digest, tree_digests  # noqa: E402
from objd_process import Objd, clean_environment, objcli_path  # noqa: E402

CHANGED_SHARE = 0.02
CACHE_GROWTH_MAX = 0.10
DELTA_SENT_MAX = 0.05
BUCKET = "pipelines"


def make_tree(target, source, bytes_wanted, seed):
    """Whole directories of this system, chosen by chance, until there is enough."""
    folders = [pathlib.Path(folder) for folder, _, names in os.walk(source) if names]
    folders.sort()
    random.Random(seed).shuffle(folders)
    total = count = 0
    for folder in folders:
        for path in sorted(folder.iterdir()):
            if path.is_symlink() or not path.is_file() or path.stat().st_size > bytes_wanted // 10:
                continue
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
            os.utime(place, (1_600_000_000, 1_600_000_000))
            total, count = total + path.stat().st_size, count + 1
            if total >= bytes_wanted:
                return total, count
    return total, count


def change_tree(tree, seed):
    generator = random.Random(seed)
    paths = sorted(path for path in tree.rglob("*") if path.is_file())
    chosen = generator.sample(paths, max(1, round(len(paths) * CHANGED_SHARE)))
    table = bytes((byte + 1) % 256 for byte in range(256))
    changed = 0
    for number, path in enumerate(chosen):
        data = path.read_bytes().translate(table)
        if number % 10 == 0:
            data = data[:len(data) // 2] + b"a few lines more\n" * 20 + data[len(data) // 2:]
        path.write_bytes(data)
        changed += len(data)
    return changed, len(chosen)


class Run:
    def __init__(self, arguments):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="objstore-pipelines-", dir=arguments.dir))
        self.objd = Objd(self.dir / "data", ["--access-log", "false"]).start()
        access, secret = self.objd.credentials()
        self.env = clean_environment(self.dir, AWS_ACCESS_KEY_ID=access, AWS_SECRET_ACCESS_KEY=secret,
                                     OBJCLI_ENDPOINT=self.objd.endpoint, TMPDIR=str(self.dir))
        self.rows = []
        self.wrong = []

    def cli(self, *command, cwd=None):
        started = time.monotonic()
        before = self.objd.cpu_seconds()
        done = subprocess.run([objcli_path(), "--json", *map(str, command)], env=self.env, cwd=cwd, text=True,
                              capture_output=True, timeout=1800)
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return (lines[-1] if lines else {}), time.monotonic() - started, self.objd.cpu_seconds() - before

    def row(self, *cells):
        self.rows.append(cells)
        print(" | ".join(str(cell) for cell in cells), flush=True)

    def must(self, holds, what):
        if not holds:
            self.wrong.append(what)
            print("WRONG:", what, flush=True)

    def close(self):
        self.objd.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


def megabytes(count):
    return f"{count / 1e6:.1f} MB"


def caches(run, tree, change):
    before = run.objd.stored_bytes()
    first, seconds, cpu = run.cli("cache", "save", "--bucket", BUCKET, "--key", "build-1", "--root", tree, ".")
    stored = run.objd.stored_bytes() - before
    run.row("cache save", f"{first['files']} files, {megabytes(first['tree_bytes'])}", f"{seconds:.1f} s", f"{cpu:.1f} s",
            f"packed {megabytes(first['archive_bytes'])}, stored {megabytes(stored)}")
    changed, count = change()
    before = run.objd.stored_bytes()
    second, seconds, cpu = run.cli("cache", "save", "--bucket", BUCKET, "--key", "build-2", "--root", tree,
                                   "--restore-key", "build-", ".")
    added = run.objd.stored_bytes() - before
    run.row("... of the second version", f"{count} files changed, {megabytes(changed)}", f"{seconds:.1f} s", f"{cpu:.1f} s",
            f"added {megabytes(added)} ({100 * added / stored:.1f} %), sent {megabytes(second['sent_bytes'])} "
            f"({100 * second['sent_bytes'] / second['archive_bytes']:.1f} %)")
    run.must(added < CACHE_GROWTH_MAX * stored, f"the second cache added {100 * added / stored:.1f} % to the store")
    back = run.dir / "restored"
    back.mkdir()
    found, seconds, cpu = run.cli("cache", "restore", "--bucket", BUCKET, "--key", "build-3", "--restore-key", "build-",
                                  "--root", back)
    run.row("cache restore", megabytes(found["tree_bytes"]), f"{seconds:.1f} s", f"{cpu:.1f} s", found["key"])
    run.must(found["key"] == "build-2", "the newest cache was not the one that was found")
    run.must(tree_digests(back) == tree_digests(tree), "the restored tree is another one")
    shutil.rmtree(back)


def make_image(tree, path):
    with tarfile.open(path, "w") as tar:
        for file in sorted(tree.rglob("*")):
            tar.add(file, file.relative_to(tree), recursive=False)
    return path


def deltas(run, old, new):
    run.cli("put", f"{BUCKET}/image.tar", old)
    sent, seconds, cpu = run.cli("put", "--delta", f"{BUCKET}/image.tar", new)
    share = sent["sent_bytes"] / sent["size"]
    run.row("put --delta of the tree as one tar file", megabytes(sent["size"]), f"{seconds:.1f} s", f"{cpu:.1f} s",
            f"sent {megabytes(sent['sent_bytes'])} ({100 * share:.1f} %), received {megabytes(sent['received_bytes'])}")
    run.must(sent["delta"] and share < DELTA_SENT_MAX, f"the delta put sent {100 * share:.1f} %")
    got, seconds, cpu = run.cli("get", "--delta-from", old, f"{BUCKET}/image.tar", run.dir / "back.tar")
    share = got["received_bytes"] / got["size"]
    run.row("get --delta-from of it, with the first version here", megabytes(got["size"]), f"{seconds:.1f} s", f"{cpu:.1f} s",
            f"received {megabytes(got['received_bytes'])} ({100 * share:.1f} %)")
    run.must(got["delta"] and got["verified"], "the delta get fetched all of it")
    run.must(file_digest(run.dir / "back.tar") == file_digest(new), "the image came back as another one")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=600_000_000)
    parser.add_argument("--dir")
    parser.add_argument("--source", default="/usr/lib")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    run = Run(arguments)
    try:
        tree = run.dir / "tree"
        tree.mkdir()
        make_tree(tree, pathlib.Path(arguments.source), arguments.bytes, arguments.seed)
        run.cli("mb", BUCKET)
        old = make_image(tree, run.dir / "old.tar")
        caches(run, tree, lambda: change_tree(tree, arguments.seed + 1))
        deltas(run, old, make_image(tree, run.dir / "new.tar"))
    finally:
        run.close()
    print("\n| what | amount | time | server CPU | |\n|---|---|---|---|---|")
    for row in run.rows:
        print("| " + " | ".join(row) + " |")
    sys.exit(1 if run.wrong else 0)


if __name__ == "__main__":
    main()
