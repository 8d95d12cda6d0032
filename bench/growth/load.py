"""What the measurements over HTTP share: one server, and runs of objbench against it."""
import argparse
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench" / "compare"))

import peers  # noqa: E402, F401

RATIO_MAX = 1.3  # of ten times as much of whatever grows
RUN_SECONDS_MAX = 3600
PREFIX = "growth/"


def count(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not above 0")
    return value


def add_programs(parser):
    parser.add_argument("--objd", default=os.environ.get("OBJD", str(ROOT / "build/release/bin/objd")), help="the server's program")
    parser.add_argument("--objbench", default=str(ROOT / "build/release/bin/objbench"), help="the load generator's program")
    parser.add_argument("--dir", default=None, help="where the store lies (a temporary folder)")


def check_programs(parser, options):
    for program in (options.objd, options.objbench):
        if not os.access(program, os.X_OK):
            parser.error(f"no program {program}")


def objbench(options, server, kind, *more, size="4K", prefix=PREFIX):
    command = [options.objbench, kind, "--endpoint", server.endpoint, "--size", size, "--prefix", prefix, "--json", "-",
               "--server-pid", str(server.pids[0]), *map(str, more)]
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key}
    done = subprocess.run(command, env=environment, text=True, capture_output=True, timeout=RUN_SECONDS_MAX)
    if done.returncode != 0:
        said = json.loads(done.stdout)["first_error"] if done.stdout else done.stderr.strip()
        raise RuntimeError(f"{kind} {' '.join(map(str, more))}: {said}")
    return json.loads(done.stdout)


