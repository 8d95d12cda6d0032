"""What the guarantees cost: syncs, a second copy, the verification of reads. The same loads against servers that differ in that.

Without syncs: libeatmydata (Debian) is preloaded, which makes nothing of them. Without verification: there is no such
server; OBJD_UNVERIFIED may name one, built with a verify_payload() (server/storage/segment_format.cc) that returns at once.
Both copies lie on the disk of --dir, so two copies cost more here than on two disks.
"""
import os
import pathlib
import statistics

from load_command import load, of
from objd_process import Objd

RUNS = 5
LOADS = {"put 4 KiB": ("put", "--size", "4K", "--concurrency", 16), "put 1 MiB": ("put", "--size", "1M", "--concurrency", 4),
         "get 1 MiB": ("get", "--size", "1M", "--concurrency", 4, "--objects", 64, "--prepared")}
EATMYDATA = next(pathlib.Path("/usr/lib").glob("*/libeatmydata.so"), None)
BASE = ("--access-log", "false", "--ballast", "0")


class Variant:
    """A server that is measured again and again: `objd` is another binary, `loads` those that differ."""

    def __init__(self, run, name, loads, options=(), environment=None, objd=None):
        self.name, self.loads = name, loads
        self.measured = {load: [] for load in loads}
        self.server = Objd(run.folder / f"guarantees-{name.replace(' ', '-')}", [*BASE, *options], environment)
        with_binary(objd, self.server.start)
        load(self.server, *LOADS["get 1 MiB"][:1], "read/", *LOADS["get 1 MiB"][1:-1], "--duration", 1)

    def measure(self, name, number, seconds):
        kind, *arguments = LOADS[name]
        prefix = "read/" if kind == "get" else f"{name}/{number}/"
        measured = load(self.server, kind, prefix.replace(" ", "-"), *arguments, "--duration", seconds)
        self.measured[name].append((of(measured, kind)["operations_per_second"], measured["server"]["cpu_us_per_operation"]))

    def median(self, name):
        """(operations a second, microseconds of server CPU an operation)"""
        return tuple(statistics.median(column) for column in zip(*self.measured[name]))


def with_binary(objd, start):
    before = os.environ.get("OBJD")
    if objd:
        os.environ["OBJD"] = objd
    try:
        start()
    finally:
        if objd and before is None:
            del os.environ["OBJD"]
        elif objd:
            os.environ["OBJD"] = before


def guarantees(run):
    """Throughput and CPU time with and without each guarantee, interleaved."""
    print("==> what the guarantees cost", flush=True)
    puts = [name for name in LOADS if name.startswith("put")]
    variants = [Variant(run, "all guarantees", list(LOADS)),
                Variant(run, "two copies", puts, ["--segments", str(run.folder / "guarantees-second"), "--copies", "2"])]
    if EATMYDATA:
        variants.append(Variant(run, "without syncs", puts, environment={"LD_PRELOAD": str(EATMYDATA)}))
    if os.environ.get("OBJD_UNVERIFIED"):
        variants.append(Variant(run, "without verification", ["get 1 MiB"], objd=os.environ["OBJD_UNVERIFIED"]))
    try:
        for number in range(RUNS):
            for name in LOADS:
                for variant in variants:
                    if name in variant.loads:
                        variant.measure(name, number, run.sizes.load_seconds)
    finally:
        for variant in variants:
            variant.server.kill()
    base = variants[0]
    for variant in variants:
        for name in variant.loads:
            rate, cpu = variant.median(name)
            ratio = "" if variant is base else f"{rate / base.median(name)[0]:.2f} of the rate, {cpu / base.median(name)[1]:.2f} of the CPU"
            run.rows.append((f"{variant.name}: {name}", f"median of {RUNS}", f"{rate:.0f}/s", ratio, f"{cpu:.0f} us each", ""))
    run.check(EATMYDATA is not None, "libeatmydata is there, so that the cost of syncs could be measured")
