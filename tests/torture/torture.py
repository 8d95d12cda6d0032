"""Ill-treats stores for as long as one likes and adds up what was seen: the long form of the torture tests.

torture.py CLASS [--cycles N] [--minutes M] [--seed S]    one class
torture.py all --minutes M                                the classes that miss most of their claim
torture.py report                                         what the results file adds up to
"""
import argparse
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from crash_classes import Ext4PowerCutClass, KillClass, XfsPowerCutClass  # noqa: E402
from damage_class import BitRotClass  # noqa: E402
from background_class import BackgroundClass  # noqa: E402
from clock_class import ClockClass  # noqa: E402
from dying_disk_class import DyingDiskClass  # noqa: E402
from full_disk_class import FullDiskClass  # noqa: E402
from history_class import HistoryClass  # noqa: E402
from fault_sweeps import DiskErrorClass, InterruptionClass, NoSpaceClass  # noqa: E402
from kill_points import KillPointClass  # noqa: E402
from lost_writes import LostWritesClass  # noqa: E402
from memory_class import MemoryClass  # noqa: E402
from model_class import ModelClass  # noqa: E402
from network_class import NetworkClass  # noqa: E402
from ledger import UNCOMMITTED, Ledger, code_id  # noqa: E402
from objd_process import ROOT  # noqa: E402

CLASSES = [KillClass, Ext4PowerCutClass, XfsPowerCutClass, BitRotClass, KillPointClass,
           LostWritesClass, NoSpaceClass, DiskErrorClass, InterruptionClass, HistoryClass, BackgroundClass, ClockClass,
           NetworkClass, FullDiskClass, DyingDiskClass, MemoryClass,
           ModelClass]
FAILURES_MAX = 3          # of one run; then it ends
LINE_SECONDS = 300        # a long run appends a line this often, so that little is lost with it
FAILURE_CHARACTERS_MAX = 4000
SHARE_SECONDS_MIN = 20.0  # of a class that `all` gives time to


class Stop(BaseException):
    """The run was asked to end: no failure, so no cycle may take it for one."""


def last_words():
    """The traceback of what is being handled, without those that led to it; and not endless: its ends say most."""
    text = traceback.format_exc(chain=False)
    if len(text) <= FAILURE_CHARACTERS_MAX:
        return text
    return text[:FAILURE_CHARACTERS_MAX // 2] + "\n[...]\n" + text[-FAILURE_CHARACTERS_MAX // 2:]


class Run:
    """One class, until its cycles, its time or its failures are used up."""

    def __init__(self, torture_class, ledger, seed, work):
        self.torture_class, self.ledger, self.seed, self.work = torture_class, ledger, seed, work
        self.cycles = self.failures = self.rounds = 0
        self.failures_in_all = 0
        self.since = time.monotonic()

    def write_down(self):
        if self.cycles or self.failures:
            self.ledger.append(**{"class": self.torture_class.NAME}, seed=self.seed, cycles=self.cycles,
                               failures=self.failures, seconds=round(time.monotonic() - self.since, 1))
        self.cycles, self.failures, self.since = 0, 0, time.monotonic()

    def until(self, cycles, deadline):
        done, subject = 0, None
        try:
            while done < cycles and time.monotonic() < deadline and self.failures_in_all < FAILURES_MAX:
                try:
                    if subject is None:
                        subject = self.make()
                    count = subject.cycle(self.rounds)
                    done += count
                    self.cycles += count
                except Exception:  # whatever a cycle raises is what this looks for
                    self.failed(subject)
                    subject = None
                self.rounds += 1
                if time.monotonic() - self.since > LINE_SECONDS:
                    self.write_down()
        except Stop:
            pass
        finally:
            if subject is not None:
                subject.close()
            self.write_down()
        return done

    def make(self):
        subject = self.torture_class(self.work, f"{self.seed}/{self.failures_in_all}")
        subject.open()
        return subject

    def failed(self, subject):
        self.failures += 1
        self.failures_in_all += 1
        name = self.torture_class.NAME
        print(f"{name}: cycle {self.rounds} of seed {self.seed} FAILED:\n{last_words()}", flush=True)
        kept = self.work.parent / f"failed-{name}-{self.seed}-{self.rounds}"
        if subject is not None:
            subject.keep(kept)
            print(f"{name}: what it leaves is kept in {kept}; its log is {kept / 'objd.log'}", flush=True)
            subject.close()


def run_class(torture_class, options, ledger, cycles, deadline):
    reason = torture_class.reason_to_skip()
    if reason:
        print(f"{torture_class.NAME}: skipped: {reason}")
        return 0
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    base = pathlib.Path(options.work)
    base.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix=f"{torture_class.NAME}-", dir=base))
    print(f"{torture_class.NAME}: {torture_class.ABOUT}; seed {seed}", flush=True)
    run = Run(torture_class, ledger, seed, work)
    started = time.monotonic()
    done = run.until(cycles, deadline)
    print(f"{torture_class.NAME}: {done} cycles, {run.failures_in_all} failures, {time.monotonic() - started:.0f} s", flush=True)
    shutil.rmtree(work, ignore_errors=True)
    return run.failures_in_all


def seconds_missing(torture_class, totals):
    """How long what is still missing of the claim will take, judged by what has run."""
    total = totals[torture_class.NAME]
    each = total["seconds"] / total["cycles"] if total["cycles"] else torture_class.SECONDS_GUESS
    return max(0, torture_class.CLAIM - total["cycles"]) * each


def run_all(options, ledger):
    end = time.monotonic() + options.minutes * 60
    classes = [c for c in CLASSES if not c.reason_to_skip()]
    failures = 0
    for torture_class in (c for c in CLASSES if c.reason_to_skip()):
        print(f"{torture_class.NAME}: skipped: {torture_class.reason_to_skip()}")
    while classes and time.monotonic() < end:
        totals = ledger.totals()
        missing = {c: seconds_missing(c, totals) for c in classes}
        if not any(missing.values()):
            missing = {c: 1.0 for c in classes}
        wanting = [c for c in classes if missing[c]]
        left = end - time.monotonic()
        for torture_class in wanting:
            if time.monotonic() >= end:
                break
            share = max(SHARE_SECONDS_MIN, left * missing[torture_class] / sum(missing.values()))
            deadline = min(end, time.monotonic() + share)
            cycles = torture_class.CLAIM - totals[torture_class.NAME]["cycles"]
            failures += run_class(torture_class, options, ledger, cycles if cycles > 0 else 1 << 60, deadline)
    return failures


def report(ledger):
    totals = ledger.totals()
    if code_id() == UNCOMMITTED:
        print("The code has changes that are in no commit: nothing counts.")
    print("| class | about | cycles | claim | failures | runs | hours | of older code |\n|---|---|---:|---:|---:|---:|---:|---:|")
    for torture_class in CLASSES:
        total = totals[torture_class.NAME]
        print(f"| {torture_class.NAME} | {torture_class.ABOUT} | {total['cycles']:,} | {torture_class.CLAIM:,} | "
              f"{total['failures']} | {total['runs']} | {total['seconds'] / 3600:.2f} | {total['stale']:,} |")


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[c.NAME for c in CLASSES] + ["all", "report"])
    parser.add_argument("--cycles", type=int, default=None)
    parser.add_argument("--minutes", type=float, default=None)
    parser.add_argument("--seed", default=None)
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "build/torture-results.jsonl")
    parser.add_argument("--work", default=str(ROOT / "build/torture"), help="where the stores are made")
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    ledger = Ledger(options.results)
    if options.what == "report":
        report(ledger)
        return 0

    def stop(*_):
        raise Stop

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if options.what == "all":
        options.minutes = options.minutes or 10
        return 1 if run_all(options, ledger) else 0
    torture_class = next(c for c in CLASSES if c.NAME == options.what)
    if options.cycles is None and options.minutes is None:
        options.cycles = max(1, torture_class.CLAIM - ledger.totals()[torture_class.NAME]["cycles"])
    deadline = time.monotonic() + (options.minutes * 60 if options.minutes else float("inf"))
    return 1 if run_class(torture_class, options, ledger, options.cycles or 1 << 60, deadline) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
