"""The same table against objd and every peer that is there, in one run: ./dev bench compare.

All servers run at once and take turns, row by row and round by round, so that whatever else the machine does meets all of
them. A run begins when all of them are at rest: what a row leaves to be done in the background (collecting what was deleted,
compaction) is counted to that row, as the CPU time "after" it, and does not slow the next one. Before a cold row the page cache
forgets a server's files; what the server caches itself (Ceph's OSD) stays.

Writes build/bench-results/compare-DATE.md, and .json with everything that objbench said.
"""
import argparse
import datetime
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import ceph
import peers
import table

ROOT = peers.ROOT
RUN_SECONDS_MAX = 900
REST_SECONDS_MAX = 30   # that a server is waited for after a run
REST_SAMPLE_SECONDS = 0.5
REST_SHARE = 0.04       # of a processor: a server that takes less is at rest


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench compare", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="runs of each row; the median counts (5)")
    parser.add_argument("--seconds", type=int, default=5, help="length of a run (5)")
    parser.add_argument("--keys", type=int, default=100_000, help="keys that are listed (100,000)")
    parser.add_argument("--no-rest", action="store_true", help="a run begins at once, whatever the last one has left to be done")
    parser.add_argument("--rows", default="", help="only rows whose name contains one of these, separated by |")
    parser.add_argument("--without", default="", help="servers to leave out, separated by ,")
    parser.add_argument("--endpoint", action="append", default=[], metavar="NAME=URL,KEY,SECRET[,PID..]",
                        help="a further server that runs already")
    parser.add_argument("--objd", action="append", default=[], metavar="NAME=PROGRAM [ARGUMENT..]",
                        help="a further objd, to compare two builds or settings; the first one named is what others are "
                             "compared with")
    parser.add_argument("--dir", default=None, help="where the stores lie; its disk is measured too (a temporary folder)")
    parser.add_argument("--out", default=str(ROOT / "build" / "bench-results"), help="folder of the result")
    return parser.parse_args()


def servers(options, folder):
    """Those that can run here, started; and what is absent, with the reason."""
    builds = [text.partition("=")[::2] for text in options.objd]
    if not builds:
        builds = [("objd", os.environ.get("OBJD", str(ROOT / "build" / "release" / "bin" / "objd")))]
    commands = [(name, shlex.split(command)) for name, command in builds]
    candidates = [peers.Objd(folder / name, command[0], name, command[1:]) for name, command in commands]
    candidates += [ceph.CephGateway(folder / "ceph"), peers.S3rver(folder / "s3rver"), peers.Nginx(folder / "nginx")]
    candidates += [peers.External(text) for text in options.endpoint]
    running, absent = [], {}
    for peer in candidates:
        reason = "left out" if peer.name in options.without.split(",") else peer.absent()
        if reason is None:
            try:
                print(f"==> Starting {peer.name}", flush=True)
                peer.start()
                running.append(peer)
                continue
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                peer.stop()
                reason = f"did not start: {error}"
        absent[peer.name] = reason
        print(f"==> Absent: {peer.name} ({reason})", flush=True)
    return running, absent


def objbench(peer, kind, more):
    """One run's report; {"failure": text} when it gave none."""
    command = [str(ROOT / "build" / "release" / "bin" / "objbench"), kind, "--endpoint", peer.endpoint, "--json", "-", *more]
    for pid in peer.pids:
        command += ["--server-pid", str(pid)]
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": peer.access_key, "AWS_SECRET_ACCESS_KEY": peer.secret_key}
    try:
        done = subprocess.run(command, env=environment, text=True, capture_output=True, timeout=RUN_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return {"failure": f"not done after {RUN_SECONDS_MAX} s"}
    if done.returncode == 2 or not done.stdout:
        return {"failure": done.stderr.strip()[-300:]}
    report = json.loads(done.stdout)
    if report["first_error"]:
        return {"failure": report["first_error"]}
    return report


def cpu_seconds(peer):
    """CPU time of a server's processes so far."""
    ticks = 0
    for pid in peer.pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])  # utime, stime
    return ticks / os.sysconf("SC_CLK_TCK")


def wait_for_rest(running):
    """Waits until no server is busy. Gives the CPU time that each one took meanwhile, by its name."""
    first = {peer.name: cpu_seconds(peer) for peer in running}
    last, deadline = first, time.monotonic() + REST_SECONDS_MAX
    while time.monotonic() < deadline:
        time.sleep(REST_SAMPLE_SECONDS)
        now = {peer.name: cpu_seconds(peer) for peer in running}
        if all(now[name] - last[name] <= REST_SHARE * REST_SAMPLE_SECONDS for name in now):
            break
        last = now
    return {name: now[name] - first[name] for name in first}


def measure(options, running, measured, results):
    """Fills `results`: (row's name, server's name) -> reports."""
    for peer in running:
        for prepare in dict.fromkeys(row.prepare for row in measured if row.prepare and row.kind in peer.kinds):
            made = objbench(peer, prepare[0], prepare[1:])
            if "failure" in made:
                print(f"    {peer.name}: {' '.join(prepare)}: {made['failure']}", flush=True)
    if not options.no_rest:
        wait_for_rest(running)
    for number in range(1, options.rounds + 1):
        for row in measured:
            for peer in running:
                if row.kind not in peer.kinds + (("mixed",) if "list" in peer.kinds else ()):
                    continue
                if row.cold:
                    peer.forget_files()
                report = objbench(peer, row.kind, row.arguments)
                if not options.no_rest and report.get("server"):
                    report["server"]["cpu_seconds_after"] = wait_for_rest(running)[peer.name]
                results.setdefault((row.name, peer.name), []).append(report)
                said = report.get("failure") or f"{table.short(row.value(report) or 0)} {row.unit}"
                cost = row.cost(report) if "failure" not in report else None
                said += f", server CPU {table.priced(cost)}" if cost else ""
                print(f"    {number}/{options.rounds}  {row.name:38} {peer.name:14} {said}", flush=True)


def check_space(options, folder, servers_running):
    """A full disk makes every figure a failure, and takes everything else on it down, too."""
    body = 64 << 20
    of_a_round = (2 * 4 * options.seconds + 4 * 3 + 8) * body + (2 << 30)
    needed = servers_running * ((options.rounds + 1) * of_a_round + 64 * body)
    there = shutil.disk_usage(folder).free
    if there < needed:
        sys.exit(f"compare: {servers_running} servers write up to {needed >> 30} GiB in {options.rounds} rounds of {options.seconds} s, "
                 f"and {there >> 30} GiB are free; take less, or another disk (--dir)")


def machine():
    facts = dict(line.split(":", 1) for line in open("/proc/cpuinfo") if ":" in line)
    facts = {name.strip(): value.strip() for name, value in facts.items()}
    # Virtual machines tend to hide the model's name; family and model say which it is.
    model = f"{facts.get('model name', '?')}, family {facts.get('cpu family', '?')} model {facts.get('model', '?')}"
    memory = int(open("/proc/meminfo").readline().split()[1]) // (1 << 20)
    return f"{os.cpu_count()} processors ({model}), {memory} GiB, Linux {os.uname().release}, load {os.getloadavg()[0]:.1f} at the end"


def write(options, running, absent, measured, results):
    names = [peer.name for peer in running]
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"compare-{datetime.date.today().isoformat()}.md"
    commit = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], text=True, capture_output=True).stdout.strip()
    text = [f"# Comparison of {datetime.datetime.now().strftime('%Y-%m-%d %H:%M')}", "",
            f"objd {commit or 'of no checkout'}; {machine()}.",
            f"`./dev bench compare {' '.join(sys.argv[1:])}`: median (least-most) of {options.rounds} runs in turns, and the server's CPU time (+ what it took afterwards until it was at rest); ratios by the medians, of speed and of both CPU times together (above 1: {names[0]} is better).", ""]
    text += [f"* {peer.name}: {peer.durability}" for peer in running]
    text += [f"* absent: {name} ({reason})" for name, reason in absent.items()]
    failures = {f"* {peer}: {row}: {r['failure'][:200]}" for (row, peer), reports in results.items() for r in reports if "failure" in r}
    text += ["", table.markdown(measured, names, results)]
    text += ["What failed:", *sorted(failures)] if failures else []
    path.write_text("\n".join(text) + "\n")
    path.with_suffix(".json").write_text(json.dumps({f"{row} / {peer}": r for (row, peer), r in results.items()}, indent=1))
    print(path.read_text())
    print(f"==> {path}")


def end(*_):
    sys.exit("compare: ended by a signal")


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, end)  # so that what was started is stopped
    wanted = [word for word in options.rows.split("|") if word]
    measured = [row for row in table.rows(options.seconds, options.keys) if not wanted or any(w in row.name for w in wanted)]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="objbench-", dir=options.dir))
    running = []
    try:
        running, absent = servers(options, folder)
        if not running:
            sys.exit("compare: nothing to measure")
        check_space(options, folder, len(running))
        results = {}
        try:
            measure(options, running, measured, results)
        finally:
            if results:  # also of a run that was ended early
                write(options, running, absent, measured, results)
    finally:
        for peer in running:
            peer.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
