"""What a request costs the server as its buckets grow, all of HTTP and signatures included: ./dev bench growth http.

One server, filled step by step; after each step the metadata's compaction comes to rest, then objbench runs each
operation in turns. Medians of the server's CPU time, and ratios from column to column.
"""
import argparse
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from load import PREFIX, RATIO_MAX, add_programs, check_programs, count, objbench, peers

BODY = "128"  # bytes: they lie in the metadata
CONNECTIONS = 64
DELETED = 4000
REST_SECONDS = 3
REST_CPU_SHARE = 0.05
REST_SECONDS_MAX = 600


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench growth http", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("keys", type=count, nargs="*", default=[10_000, 100_000, 1_000_000],
                        help="how many keys, ascending (10000 100000 1000000)")
    parser.add_argument("--rounds", type=count, default=3, help="runs of each row; the median counts (3)")
    parser.add_argument("--seconds", type=count, default=3, help="length of a run (3)")
    add_programs(parser)
    options = parser.parse_args()
    if sorted(set(options.keys)) != options.keys:
        parser.error("the numbers of keys do not ascend")
    check_programs(parser, options)
    return options


def cpu_seconds(server):
    fields = pathlib.Path(f"/proc/{server.pids[0]}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def rest(server):
    """Until the server does next to nothing by itself."""
    deadline = time.monotonic() + REST_SECONDS_MAX
    while time.monotonic() < deadline:
        before = cpu_seconds(server)
        time.sleep(REST_SECONDS)
        if cpu_seconds(server) - before < REST_CPU_SHARE * REST_SECONDS:
            return
    raise RuntimeError("the server does not come to rest")


def rows(options, server, keys, unique):
    """Operation -> server CPU us of one."""
    there = ["--prepared", "--objects", keys, "--concurrency", CONNECTIONS, "--duration", options.seconds, "--warmup", 1]
    fresh = ["--concurrency", CONNECTIONS]
    runs = {
        "HEAD": objbench(options, server, "stat", *there, size=BODY),
        "GET": objbench(options, server, "get", *there, size=BODY),
        "list, a page of 1,000": objbench(options, server, "list", "--prepared", "--objects", keys, "--concurrency", 1,
                                          "--duration", options.seconds, size=BODY),
        "PUT, new key": objbench(options, server, "put", *fresh, "--duration", options.seconds, "--warmup", 1, size=BODY,
                                 prefix=f"fresh/{unique}/"),
        "DELETE": objbench(options, server, "delete", *fresh, "--objects", DELETED, "--ops", DELETED, size=BODY,
                           prefix=f"gone/{unique}/"),
    }
    return {name: report["server"]["cpu_us_per_operation"] for name, report in runs.items()}


def measure(options, server):
    """Keys -> operation -> [us]."""
    out = {}
    there = 0
    for keys in options.keys:
        print(f"    filling up to {keys:,} keys", file=sys.stderr, flush=True)
        objbench(options, server, "put", "--ops", keys, "--concurrency", CONNECTIONS, size=BODY)
        there = keys
        out[keys] = {}
        for number in range(1, options.rounds + 1):
            rest(server)
            for name, cpu in rows(options, server, there, f"{keys}-{number}").items():
                out[keys].setdefault(name, []).append(cpu)
                print(f"    {number}/{options.rounds}  {keys:9,} keys  {name:22} {cpu:7.1f} us", file=sys.stderr, flush=True)
    return out


def table(measured):
    sizes = list(measured)
    lines = ["| server CPU, us a request | " + " | ".join(f"{keys:,} keys" for keys in sizes) + " |", "|---" * (len(sizes) + 1) + "|"]
    for name in measured[sizes[0]]:
        cells = []
        before = None
        for keys in sizes:
            value = statistics.median(measured[keys][name])
            ratio = f" (x {value / before:.2f})" if before else ""
            if before and value / before > RATIO_MAX:
                ratio = f" (**x {value / before:.2f}**)"
            cells.append(f"{value:,.1f}{ratio}")
            before = value
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def end(*_):
    sys.exit("http: ended by a signal")


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, end)  # so that what was started is stopped
    folder = pathlib.Path(tempfile.mkdtemp(prefix="growth-", dir=options.dir))
    server = peers.Objd(folder, options.objd)
    try:
        server.start()
        print(table(measure(options, server)))
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        sys.exit(f"http: {error}")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
