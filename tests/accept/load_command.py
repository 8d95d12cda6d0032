"""objbench as a child process: one measurement, as a dictionary."""
import json
import os
import subprocess

from objd_process import ROOT


def objbench_path():
    return os.environ.get("OBJBENCH", str(ROOT / "build/release/bin/objbench"))


def load(objd, kind, prefix, *arguments):
    """What objbench says of one run against a server of ours; an operation that failed is an error here."""
    command = [objbench_path(), kind, "--endpoint", objd.endpoint, "--credentials", str(objd.data / "root-credentials"),
               "--bucket", "load", "--prefix", prefix, "--server-pid", str(objd.pid), "--json", "-", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{command} says {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}"
    return json.loads(done.stdout)


def of(measured, operation):
    """One operation's part of it."""
    return next(row for row in measured["operations"] if row["operation"] == operation)
