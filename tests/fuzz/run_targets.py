"""Runs fuzz targets one after another and adds what they did to build/fuzz-results.jsonl, so that CPU time adds up over runs.

A line of the results: target, commit, digest of its program, when, CPU seconds, executions, and the names of inputs that
broke it. Corpora lie in build/fuzz/corpus, inputs that broke a target in build/fuzz/found. `./dev fuzz` builds the targets
and calls this. A copy of build/fuzz runs on while the tree is worked at: --in COPY.
"""
import argparse
import collections
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/fuzz"
RESULTS = ROOT / "build/fuzz-results.jsonl"
SEEDS = ROOT / "tests/fuzz/corpus"
INPUT_SECONDS_MAX = 60  # wall time: on a busy machine 10 s were over before the input had had 30 ms
MEMORY_MB_MAX = 2048


def options():
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__)
    parser.add_argument("seconds", nargs="?", type=int, default=60, help="for each target (60)")
    parser.add_argument("targets", nargs="*", help="all of them without a name")
    parser.add_argument("--until", type=float, metavar="MINUTES",
                        help="go round until each target has had so many CPU minutes without a finding")
    parser.add_argument("--report", action="store_true", help="run nothing, print what the results say")
    parser.add_argument("--in", dest="folder", metavar="DIR", type=pathlib.Path, default=BUILD,
                        help="where bin, corpus and found lie (build/fuzz)")
    parser.add_argument("--results", metavar="FILE", type=pathlib.Path, default=RESULTS, help="instead of build/fuzz-results.jsonl")
    return parser.parse_intermixed_args()  # options may stand between seconds and targets


def results(chosen):
    if not chosen.results.exists():
        return []
    return [json.loads(line) for line in chosen.results.read_text().splitlines() if line]


def digest(program):
    """Names what is tested: the program without what tells of where and when it was built."""
    with tempfile.NamedTemporaryFile() as bare:
        subprocess.run(["strip", "-R", ".note.gnu.build-id", "-o", bare.name, program], check=True)
        return hashlib.sha256(pathlib.Path(bare.name).read_bytes()).hexdigest()[:16]


def clean_seconds(runs, target):
    """CPU seconds of the newest program since its last finding."""
    runs = [run for run in runs if run["target"] == target]
    total = 0.0
    for run in runs:
        if run.get("program") == runs[-1].get("program"):
            total = 0.0 if run["findings"] else total + run["cpu_seconds"]
    return total


def is_due(chosen, name):
    if chosen.until is None:
        return True
    program = digest(chosen.folder / f"bin/fuzz_{name}")
    return clean_seconds([run for run in results(chosen) if run.get("program") == program], name) < chosen.until * 60


def was_held_up(program, path):
    """Whether an input that took too long does so no more: then the machine had stopped, not the target."""
    if not any(kind in path.name for kind in ("timeout-", "slow-unit-")):
        return False
    try:
        is_fine = subprocess.run([program, path], stdin=subprocess.DEVNULL, capture_output=True, timeout=INPUT_SECONDS_MAX).returncode == 0
    except subprocess.TimeoutExpired:
        return False
    if is_fine:
        path.unlink()
    return is_fine


def run_target(chosen, name):
    """One run. The inputs that broke it."""
    corpus, found, log = chosen.folder / "corpus" / name, chosen.folder / "found", chosen.folder / f"{name}.log"
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(exist_ok=True)
    before = set(found.glob(f"{name}-*"))
    program = chosen.folder / f"bin/fuzz_{name}"
    command = [program, f"-max_total_time={chosen.seconds}", f"-timeout={INPUT_SECONDS_MAX}",
               f"-rss_limit_mb={MEMORY_MB_MAX}", "-print_final_stats=1", f"-artifact_prefix={found}/{name}-", corpus]
    if (SEEDS / name).is_dir():
        command.append(SEEDS / name)
    with open(log, "wb") as out:
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text(errors="replace")
    executed = re.search(r"number_of_executed_units: (\d+)", text)
    findings = sorted(path.name for path in set(found.glob(f"{name}-*")) - before if not was_held_up(program, path))
    if process.returncode != 0 and not findings and "libFuzzer: timeout" not in text:
        findings = [f"exit status {process.returncode}"]
    now = datetime.datetime.now(datetime.timezone.utc).isoformat("T", "seconds")
    line = {"target": name, "commit": commit(), "program": digest(program), "when": now,
            "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1), "executions": int(executed[1]) if executed else 0,
            "findings": findings}
    chosen.results.parent.mkdir(parents=True, exist_ok=True)
    with open(chosen.results, "a") as out:
        out.write(json.dumps(line) + "\n")
    print(f"{name}: {line['cpu_seconds']} CPU s, {line['executions']} executions"
          + (f", FOUND {findings}:\n{text[-2500:]}" if findings else ""), flush=True)
    return findings


def commit():
    return subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout.strip()


def print_report(chosen):
    total, executions, findings = collections.Counter(), collections.Counter(), collections.Counter()
    runs = results(chosen)
    for run in runs:
        total[run["target"]] += run["cpu_seconds"]
        executions[run["target"]] += run["executions"]
        findings[run["target"]] += len(run["findings"])
    print(f"{'target':18} {'CPU min':>8} {'clean for':>10} {'executions':>12} {'findings':>9}")
    for name in sorted(total):
        print(f"{name:18} {total[name] / 60:8.1f} {clean_seconds(runs, name) / 60:10.1f} {executions[name]:12} {findings[name]:9}")


def main():
    chosen = options()
    if chosen.report:
        return print_report(chosen)
    there = sorted(path.name.removeprefix("fuzz_") for path in (chosen.folder / "bin").glob("fuzz_*"))
    for name in chosen.targets:
        if name not in there:
            sys.exit(f"no fuzz target '{name}'; there are {', '.join(there)}")
    names = chosen.targets or there
    broken = set()  # looked at by somebody before they go on; the others are not held up
    while due := [name for name in names if name not in broken and is_due(chosen, name)]:
        for name in due:
            if run_target(chosen, name):
                broken.add(name)
        if chosen.until is None:
            break
    print_report(chosen)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
