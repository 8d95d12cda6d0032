"""What others notice of collection and compaction: p99 without and with, in turns, and how much space comes back how fast."""
import concurrent.futures
import statistics
import time

from load_command import load, of
from objd_process import Objd
from s3_access import make_s3

RUNS = 5
RATIO_GOAL, RATIO_MAX = 2, 4
BACK_SHARE_MIN = 0.85
BACK_SECONDS_MAX = 300
DELETED_OF_TEN = 9
OBJECT_BYTES = 256 << 10
PROBE_BYTES = 16 << 10
PROBE = ("--size", PROBE_BYTES, "--concurrency", 2)
PROBED = 500  # objects that are read
OPTIONS = ("--segment-size", "16MiB", "--checkpoint-interval", "5", "--access-log", "false")


def delete_most(s3, prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="load", Prefix=prefix)
    names = [item["Key"] for page in pages for item in page.get("Contents", [])]
    victims = [name for number, name in enumerate(names) if number % 10 < DELETED_OF_TEN]
    for first in range(0, len(victims), 1000):
        s3.delete_objects(Bucket="load", Delete={"Objects": [{"Key": name} for name in victims[first:first + 1000]], "Quiet": True})
    return len(victims) * OBJECT_BYTES


def come_back(objd, before, deleted):
    """Share of the deleted bytes that are back, and the seconds until enough are. `before`: what the segments had, and what was written since."""
    begun = time.monotonic()
    while True:
        share = (before - objd.metrics()["objd_segment_bytes"]) / deleted
        seconds = time.monotonic() - begun
        if share >= BACK_SHARE_MIN or seconds > BACK_SECONDS_MAX:
            return share, seconds
        time.sleep(0.2)


def probe(objd, number, seconds):
    """p99 in ms of clients that read and of others that write at the same time, and the bytes that these wrote."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        reads = pool.submit(load, objd, "get", "probe/", *PROBE, "--objects", PROBED, "--prepared", "--duration", seconds)
        writes = pool.submit(load, objd, "put", f"written/{number}/", *PROBE, "--duration", seconds)
    measured = {"get": of(reads.result(), "get"), "put": of(writes.result(), "put")}
    return {kind: row["latency_ms"]["p99"] for kind, row in measured.items()}, measured["put"]["count"] * PROBE_BYTES


def one_run(run, number):
    """p99 in ms of reads and writes: (without, with) each; and what came back."""
    objd = Objd(run.folder / f"compaction-{number}", OPTIONS).start()
    seconds = run.sizes.probe_seconds
    try:
        s3 = make_s3(objd)
        load(objd, "put", "fill/", "--size", OBJECT_BYTES, "--ops", run.sizes.fill_objects, "--concurrency", 8)
        load(objd, "put", "probe/", *PROBE, "--ops", PROBED)
        quiet, _ = probe(objd, 1, seconds)
        before = objd.metrics()
        deleted = delete_most(s3, "fill/")
        begun = time.monotonic()
        busy, written = probe(objd, 2, seconds)
        moved = objd.metrics()["objd_compacted_bytes_total"] - before["objd_compacted_bytes_total"]
        share, _ = come_back(objd, before["objd_segment_bytes"] + written, deleted)
        assert objd.stop() == 0, objd.log_tail()
    finally:
        objd.kill()
    return {kind: (quiet[kind], busy[kind]) for kind in quiet}, moved, share, time.monotonic() - begun


def compaction(run):
    """Nine tenths of a store are deleted while clients read and write."""
    print(f"==> deleting nine tenths of {run.sizes.fill_objects * OBJECT_BYTES / 1e6:.0f} MB under load, {RUNS} times", flush=True)
    runs = [one_run(run, number) for number in range(RUNS)]
    run.check(all(moved > 0 for _, moved, _, _ in runs), "the compactor worked while it was measured")
    for kind in ("get", "put"):
        quiet, busy = (statistics.median(p99[kind][index] for p99, _, _, _ in runs) for index in (0, 1))
        ratio = statistics.median(p99[kind][1] / p99[kind][0] for p99, _, _, _ in runs)
        run.rows.append((f"p99 of {kind}, without and with compaction", f"median of {RUNS}", f"{quiet:.2f} ms, {busy:.2f} ms",
                         f"ratio {ratio:.2f}, goal < {RATIO_GOAL}", "", ""))
        run.check(ratio < RATIO_MAX, f"p99 of {kind} is {ratio:.2f} times that without compaction (goal {RATIO_GOAL}, at most {RATIO_MAX})")
    share, slowest = min(share for _, _, share, _ in runs), max(seconds for _, _, _, seconds in runs)
    run.rows.append(("space that comes back, of the bytes deleted", f"{share:.0%}", f"within {slowest:.0f} s", "", "", ""))
    run.check(share >= BACK_SHARE_MIN, f"at least {BACK_SHARE_MIN:.0%} of what was deleted came back: {share:.0%}, within {slowest:.0f} s")
