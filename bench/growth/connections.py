"""What a GET of 4 KiB costs the server with more and more connections: ./dev bench growth connections.

One server, and one run of objbench for each number of connections, in turns; medians, and ratios from row to row.
"""
import argparse
import math
import pathlib
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

from load import RATIO_MAX, add_programs, check_programs, count, objbench, peers

FILES_BESIDE_CONNECTIONS = 1000
CONNECTIONS_PER_WARM_UP_SECOND = 500  # opened and used once before what is measured begins, also on a busy machine
# A thread of the load generator for each connection: on few processors one may wait long between connecting and asking.
PATIENCE = ("--head-timeout", "120", "--idle-timeout", "300")


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench growth connections", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("connections", type=count, nargs="*", default=[1, 100, 1000, 10_000],
                        help="how many, ascending (1 100 1000 10000)")
    parser.add_argument("--rounds", type=count, default=3, help="runs of each row; the median counts (3)")
    parser.add_argument("--seconds", type=count, default=5, help="length of a run (5)")
    parser.add_argument("--objects", type=count, default=2000, help="objects of 4 KiB that are read (2000)")
    add_programs(parser)
    options = parser.parse_args()
    if sorted(set(options.connections)) != options.connections:
        parser.error("the numbers of connections do not ascend")
    check_programs(parser, options)
    return options


def raise_open_files(connections):
    """For this process and those that it starts: each connection is a file, on both sides."""
    wanted = connections + FILES_BESIDE_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
        except ValueError:
            sys.exit(f"connections: {wanted} open files are needed, and {hard} are allowed (ulimit -Hn)")
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def figures(report):
    measured = next(o for o in report["operations"] if o["operation"] == "get")
    if not measured["count"]:
        raise RuntimeError("no operation came to its end; --seconds is too short")
    server = report["server"]
    return (measured["operations_per_second"], server["cpu_us_per_operation"], measured["latency_ms"]["p99"],
            server["bytes_peak"] / 1e6)


def measure(options, server):
    """Connections -> [(op/s, CPU us, p99 ms, MB)]."""
    objbench(options, server, "put", "--ops", options.objects, "--concurrency", 16)
    rows = {connections: [] for connections in options.connections}
    for number in range(1, options.rounds + 1):
        for connections in options.connections:
            warm_up = 1 + connections // CONNECTIONS_PER_WARM_UP_SECOND
            report = objbench(options, server, "get", "--prepared", "--objects", options.objects, "--concurrency", connections,
                              "--duration", options.seconds, "--warmup", warm_up)
            rows[connections].append(figures(report))
            rate, cpu, p99, memory = rows[connections][-1]
            print(f"    {number}/{options.rounds}  {connections:6} connections  {rate:9,.0f} op/s  {cpu:6.1f} us  p99 {p99:8.1f} ms  "
                  f"{memory:6.0f} MB", file=sys.stderr, flush=True)
    return rows


def table(rows):
    lines = ["| connections | op/s | server CPU us/op | p99 ms | server memory MB |", "|---|---|---|---|---|"]
    before = None
    for connections, runs in rows.items():
        rate, cpu, p99, memory = (statistics.median(column) for column in zip(*runs))
        ratio = ""
        if before:
            value = cpu / before[1]
            bold = "**" if value > RATIO_MAX ** math.log10(connections / before[0]) else ""
            ratio = f" ({bold}x {value:.2f}{bold})"
        lines.append(f"| {connections:,} | {rate:,.0f} | {cpu:.1f}{ratio} | {p99:.1f} | {memory:.0f} |")
        before = connections, cpu
    return "\n".join(lines)


def end(*_):
    sys.exit("connections: ended by a signal")


def main():
    options = arguments()
    most = options.connections[-1]
    raise_open_files(most)
    signal.signal(signal.SIGTERM, end)  # so that what was started is stopped
    folder = pathlib.Path(tempfile.mkdtemp(prefix="growth-", dir=options.dir))
    limit = str(most + FILES_BESIDE_CONNECTIONS)
    server = peers.Objd(folder, options.objd,
                        arguments=("--connections-max", limit, "--connections-per-peer-max", limit, *PATIENCE))
    try:
        server.start()
        print(table(measure(options, server)))
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        sys.exit(f"connections: {error}")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
