#!/usr/bin/env python3
"""objcli, rclone, aws s3 and s5cmd put and get the same trees and files, against one objd in one run.

    bench/clients/clients.py [--files 60000] [--bytes 10G] [--tools objcli,rclone,aws,s5cmd] [--dir DIR] [--rounds 1]

A tool that is not there is left out and said so; S5CMD, RCLONE, AWS, OBJCLI and OBJD name other programs. Each step starts
with an empty bucket or directory. Prints a Markdown table: wall time, the client's CPU time, and both as ratios to objcli's.
The tools run with their own defaults for parallelism; all send to the same server on the same disk.
"""
import argparse
import hashlib
import os
import pathlib
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from objd_process import REGION, Objd, clean_environment, objcli_path  # noqa: E402

MIB = 1 << 20
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
FILES_PER_DIRECTORY = 40


def parse_size(text):
    return int(text[:-1]) * UNITS[text[-1]] if text[-1] in UNITS else int(text)


def make_tree(folder, count, seed=1):
    """Sizes as in a source tree: most of some kilobytes, few large."""
    generator = random.Random(seed)
    total = 0
    for number in range(count):
        path = folder / f"d{number // FILES_PER_DIRECTORY // 50:03}" / f"s{number // FILES_PER_DIRECTORY % 50:02}" / f"f{number}.c"
        path.parent.mkdir(parents=True, exist_ok=True)
        size = min(int(generator.lognormvariate(8.3, 1.3)), MIB)
        path.write_bytes(generator.randbytes(size))
        total += size
    return total


def make_file(path, size):
    with open("/dev/urandom", "rb") as noise, open(path, "wb") as file:
        while size > 0:
            size -= file.write(noise.read(min(size, 8 * MIB)))


def tools(endpoint, work):
    def program(name):
        return shutil.which(os.environ.get(name.upper(), name), path=os.environ.get("PATH", "") + ":/usr/bin")

    rclone = [program("rclone"), "--config", str(work / "rclone.conf"), "--quiet"]
    aws = [program("aws"), "--endpoint-url", endpoint, "s3", "--only-show-errors"]
    s5cmd = [program("s5cmd"), "--endpoint-url", endpoint, "--log", "error"]
    objcli = [objcli_path(), "--endpoint", endpoint, "--quiet"]
    aws_s3 = aws[:-1]
    return {
        "objcli": {
            "put tree": lambda source, key: [*objcli, "put", "-r", f"bench/{key}", source],
            "get tree": lambda key, target: [*objcli, "get", "-r", f"bench/{key}", target],
            "put file": lambda source, key: [*objcli, "put", f"bench/{key}", source],
            "get file": lambda key, target: [*objcli, "get", f"bench/{key}", target]},
        "rclone": rclone[0] and {
            "put tree": lambda source, key: [*rclone, "copy", source, f"bench:bench/{key}"],
            "get tree": lambda key, target: [*rclone, "copy", f"bench:bench/{key}", target],
            "put file": lambda source, key: [*rclone, "copyto", source, f"bench:bench/{key}"],
            "get file": lambda key, target: [*rclone, "copyto", f"bench:bench/{key}", target]},
        "s5cmd": s5cmd[0] and {
            "put tree": lambda source, key: [*s5cmd, "cp", f"{source}/", f"s3://bench/{key}/"],
            "get tree": lambda key, target: [*s5cmd, "cp", f"s3://bench/{key}/*", f"{target}/"],
            "put file": lambda source, key: [*s5cmd, "cp", source, f"s3://bench/{key}"],
            "get file": lambda key, target: [*s5cmd, "cp", f"s3://bench/{key}", target]},
        "aws": aws[0] and {
            "put tree": lambda source, key: [*aws_s3, "cp", "--only-show-errors", "--recursive", source, f"s3://bench/{key}"],
            "get tree": lambda key, target: [*aws_s3, "cp", "--only-show-errors", "--recursive", f"s3://bench/{key}", target],
            "put file": lambda source, key: [*aws_s3, "cp", "--only-show-errors", source, f"s3://bench/{key}"],
            "get file": lambda key, target: [*aws_s3, "cp", "--only-show-errors", f"s3://bench/{key}", target]},
    }


def run(command, env):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    done = subprocess.run([str(part) for part in command], env=env, capture_output=True, text=True)
    seconds = time.monotonic() - started
    if done.returncode != 0:
        sys.exit(f"{command}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_tree(source, target):
    """All files, byte by byte: a tool that is quick because it leaves some out is not quick."""
    names = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    assert names == {path.relative_to(target) for path in target.rglob("*") if path.is_file()}, "files are missing"
    for name in names:
        assert (source / name).read_bytes() == (target / name).read_bytes(), name


class Bench:
    def __init__(self, arguments, work, server):
        self.arguments, self.work, self.server = arguments, work, server
        access_key, secret_key = server.credentials()
        self.env = clean_environment(work, AWS_ACCESS_KEY_ID=access_key, AWS_SECRET_ACCESS_KEY=secret_key,
                                     AWS_REGION=REGION, AWS_DEFAULT_REGION=REGION, AWS_EC2_METADATA_DISABLED="true")
        (work / "rclone.conf").write_text(
            f"[bench]\ntype = s3\nprovider = Other\nenv_auth = true\nendpoint = {server.endpoint}\nregion = {REGION}\n")
        available = tools(server.endpoint, work)
        self.tools = {}
        for name in arguments.tools.split(","):
            if available.get(name):
                self.tools[name] = available[name]
            else:
                print(f"{name} is not there", file=sys.stderr)
        run([objcli_path(), "--endpoint", server.endpoint, "mb", "bench"], self.env)
        self.times = {}

    def step(self, what, name, command):
        seconds, cpu = run(command, self.env)
        print(f"  {what:9} {name:7} {seconds:8.1f} s  CPU {cpu:7.1f} s", file=sys.stderr, flush=True)
        self.times.setdefault((what, name), []).append((seconds, cpu))

    def trees(self, source, round_number):
        for name, commands in self.tools.items():
            key, target = f"tree-{name}-{round_number}", self.work / "back"
            self.step("put tree", name, commands["put tree"](source, key))
            target.mkdir()
            self.step("get tree", name, commands["get tree"](key, target))
            check_tree(source, target)
            shutil.rmtree(target)
            run([objcli_path(), "--endpoint", self.server.endpoint, "--quiet", "rm", "-r", f"bench/{key}"], self.env)

    def files(self, size, round_number):
        for name, commands in self.tools.items():
            # A file of its own for each: what the store holds already would cost it less.
            source, target, key = self.work / "large", self.work / "large-back", f"file-{name}-{round_number}"
            make_file(source, size)
            os.sync()
            self.step("put file", name, commands["put file"](source, key))
            self.step("get file", name, commands["get file"](key, target))
            assert digest(source) == digest(target)
            source.unlink()
            target.unlink()
            run([objcli_path(), "--endpoint", self.server.endpoint, "--quiet", "rm", f"bench/{key}"], self.env)

    def table(self):
        lines = ["| what | tool | time | CPU of the client | time / objcli's | CPU / objcli's |", "|---|---|---|---|---|---|"]
        median = {key: tuple(statistics.median(column) for column in zip(*values)) for key, values in self.times.items()}
        for (what, name), (seconds, cpu) in median.items():
            own = median[(what, "objcli")]
            lines.append(f"| {what} | {name} | {seconds:.1f} s | {cpu:.1f} s | {seconds / own[0]:.2f} | {cpu / own[1]:.2f} |")
        return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=60_000)
    parser.add_argument("--bytes", type=parse_size, default=parse_size("10G"))
    parser.add_argument("--tools", default="objcli,rclone,s5cmd,aws", help="objcli has to be among them")
    parser.add_argument("--dir", help="where the server's data and the files go")
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="objstore-clients-", dir=arguments.dir))
    server = Objd(work / "data").start()
    try:
        bench = Bench(arguments, work, server)
        if arguments.files:
            (work / "tree").mkdir()
            total = make_tree(work / "tree", arguments.files)
            print(f"{arguments.files} files, {total / MIB:.0f} MiB", file=sys.stderr)
        for round_number in range(arguments.rounds):
            if arguments.files:
                bench.trees(work / "tree", round_number)
            if arguments.bytes:
                bench.files(arguments.bytes, round_number)
        print(bench.table())
    finally:
        server.stop()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
