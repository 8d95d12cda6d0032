"""Runs fuzz targets one after another and adds what they did to build/fuzz-results.jsonl, so that CPU time adds up over runs.

A line of the results: target, commit, when, CPU seconds, executions, and the names of inputs that broke it. Corpora lie in
build/fuzz/corpus, inputs that broke a target in build/fuzz/found. `./dev fuzz` builds the targets and calls this.
"""
import argparse
import collections
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build/fuzz"
RESULTS = ROOT / "build/fuzz-results.jsonl"
SEEDS = ROOT / "tests/fuzz/corpus"
INPUT_SECONDS_MAX = 10
MEMORY_MB_MAX = 2048


def options():
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__)
    parser.add_argument("seconds", nargs="?", type=int, default=60, help="for each target (60)")
    parser.add_argument("targets", nargs="*", help="all of them without a name")
    parser.add_argument("--until", type=float, metavar="MINUTES",
                        help="go round until each target has had so many CPU minutes without a finding")
    parser.add_argument("--report", action="store_true", help="run nothing, print what the results say")
    return parser.parse_intermixed_args()  # options may stand between seconds and targets


def results():
    if not RESULTS.exists():
        return []
    return [json.loads(line) for line in RESULTS.read_text().splitlines() if line]


def clean_seconds(target):
    """CPU seconds since the last finding."""
    total = 0.0
    for run in results():
        if run["target"] == target:
            total = 0.0 if run["findings"] else total + run["cpu_seconds"]
    return total


def run_target(name, seconds):
    """One run. The inputs that broke it."""
    corpus, found, log = BUILD / "corpus" / name, BUILD / "found", BUILD / f"{name}.log"
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(exist_ok=True)
    before = set(found.glob(f"{name}-*"))
    command = [BUILD / f"bin/fuzz_{name}", f"-max_total_time={seconds}", f"-timeout={INPUT_SECONDS_MAX}",
               f"-rss_limit_mb={MEMORY_MB_MAX}", "-print_final_stats=1", f"-artifact_prefix={found}/{name}-", corpus]
    if (SEEDS / name).is_dir():
        command.append(SEEDS / name)
    with open(log, "wb") as out:
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text(errors="replace")
    executed = re.search(r"number_of_executed_units: (\d+)", text)
    findings = sorted(path.name for path in set(found.glob(f"{name}-*")) - before)
    if process.returncode != 0 and not findings:
        findings = [f"exit status {process.returncode}"]
    line = {"target": name, "commit": commit(), "when": datetime.datetime.now(datetime.timezone.utc).isoformat("T", "seconds"),
            "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1), "executions": int(executed[1]) if executed else 0,
            "findings": findings}
    with open(RESULTS, "a") as out:
        out.write(json.dumps(line) + "\n")
    print(f"{name}: {line['cpu_seconds']} CPU s, {line['executions']} executions"
          + (f", FOUND {findings}:\n{text[-2500:]}" if findings else ""), flush=True)
    return findings


def commit():
    return subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True).stdout.strip()


def print_report():
    total, executions, findings = collections.Counter(), collections.Counter(), collections.Counter()
    for run in results():
        total[run["target"]] += run["cpu_seconds"]
        executions[run["target"]] += run["executions"]
        findings[run["target"]] += len(run["findings"])
    print(f"{'target':18} {'CPU min':>8} {'clean for':>10} {'executions':>12} {'findings':>9}")
    for name in sorted(total):
        print(f"{name:18} {total[name] / 60:8.1f} {clean_seconds(name) / 60:10.1f} {executions[name]:12} {findings[name]:9}")


def main():
    chosen = options()
    if chosen.report:
        return print_report()
    there = sorted(path.name.removeprefix("fuzz_") for path in (BUILD / "bin").glob("fuzz_*"))
    for name in chosen.targets:
        if name not in there:
            sys.exit(f"no fuzz target '{name}'; there are {', '.join(there)}")
    names = chosen.targets or there
    found = []
    while True:
        due = [name for name in names if chosen.until is None or clean_seconds(name) < chosen.until * 60]
        for name in due:
            found += run_target(name, chosen.seconds)
        if chosen.until is None or not due or found:
            break
    print_report()
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
