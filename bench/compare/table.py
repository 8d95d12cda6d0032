"""What is measured, and how a run's figures become a table."""
import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table: a call of objbench, and which of its figures counts."""
    name: str
    kind: str             # objbench's command
    arguments: tuple
    unit: str             # "op/s", "GB/s", "keys/s" or "s"
    operation: str = ""   # of objbench's output; the kind when empty
    prepare: tuple = ()   # a call of objbench that stores its keys, once, before the first round
    cold: bool = False    # nothing of the server's files is in the kernel's memory when a run begins

    def value(self, report):
        """The figure of one run, or None when nothing succeeded."""
        found = [o for o in report["operations"] if o["operation"] == (self.operation or self.kind) and o["count"]]
        if not found:
            return None
        measured = found[0]
        return {"op/s": measured["operations_per_second"], "GB/s": measured["bytes_per_second"] / 1e9,
                "keys/s": measured["keys_per_second"], "s": measured["latency_ms"]["p50"] / 1e3}[self.unit]

    def cost(self, report):
        """The server's CPU time: (figure, what it took afterwards on top, unit), or None."""
        server = report.get("server")
        if not server:
            return None
        if self.unit == "keys/s":
            keys = sum(o["keys"] for o in report["operations"])
            if not keys:
                return None
            figure, unit = server["cpu_seconds"] * 1e6 / keys, "us/key"
        elif self.unit in ("GB/s", "s"):
            figure, unit = server["cpu_seconds_per_gb"], "s/GB"
        else:
            figure, unit = server["cpu_us_per_operation"], "us"
        during, after = server["cpu_seconds"], server.get("cpu_seconds_after", 0)
        return figure, figure * after / during if during else 0, unit


def rows(seconds, keys):
    timed = ("--duration", str(seconds), "--warmup", "1")
    small = ("--size", "4K", "--concurrency", "64")
    # By number: where an upload takes longer than `seconds`, none would begin and end within them.
    large = ("--size", "64M", "--unsigned-payload")
    counted = ("--ops", str(4 * seconds), "--warmup", "1")
    # No warm-up, which would read some already; of 12 objects out of 64 eleven are others.
    stored = ("put", *large, "--ops", "64", "--prefix", "cold/")
    unread = (*large, "--ops", "12", "--objects", "64", "--prepared", "--prefix", "cold/")
    listing = ("--size", "16", "--objects", str(keys), "--prefix", "list/")
    return [
        Row("PUT 4 KiB, 64 connections", "put", (*small, *timed), "op/s"),
        Row("PUT 4 KiB, 1 connection", "put", ("--size", "4K", *timed), "op/s"),
        Row("GET 4 KiB, 64", "get", (*small, *timed, "--objects", "2000"), "op/s"),
        Row("HEAD 4 KiB, 64", "stat", (*small, *timed, "--objects", "2000"), "op/s"),
        Row("DELETE 4 KiB, 64", "delete", (*small, "--objects", str(2000 * seconds)), "op/s"),
        Row("LIST, pages of 1,000", "list", (*listing, "--prepared"), "keys/s",
            prepare=("put", "--size", "16", "--ops", str(keys), "--concurrency", "16", "--prefix", "list/")),
        Row("PUT 64 MiB, 1 connection", "put", (*large, *counted), "GB/s"),
        Row("PUT 64 MiB, 4 connections", "put", (*large, "--concurrency", "4", *counted), "GB/s"),
        Row("PUT 64 MiB that is there already, 4", "put", (*large, "--concurrency", "4", "--ops", "8", "--prefix", "again/"),
            "GB/s", prepare=("put", *large, "--concurrency", "4", "--ops", "8", "--prefix", "again/")),
        Row("GET 64 MiB, 1 connection", "get", (*large, *counted, "--objects", "4", "--concurrency", "1"), "GB/s"),
        Row("GET 64 MiB, cold, 1 connection", "get", (*unread, "--concurrency", "1"), "GB/s", prepare=stored, cold=True),
        Row("GET 64 MiB, cold, 4 connections", "get", (*unread, "--concurrency", "4"), "GB/s", prepare=stored, cold=True),
        Row("multipart 1 GiB, 4 connections", "multipart", ("--unsigned-payload", "--concurrency", "4", "--ops", "1"), "s",
            operation="upload"),
        Row("... its Complete", "multipart", ("--unsigned-payload", "--concurrency", "4", "--ops", "1", "--parts", "16",
                                              "--part-size", "5M"), "s", operation="complete"),
        Row("mixed 45/15/10/30, 4 KiB, 64", "mixed", (*small, *timed, "--objects", "2000"), "op/s", operation="get"),
    ]


def short(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def priced(cost):
    figure, after, unit = cost
    return f"{short(figure)} + {short(after)} {unit}" if after else f"{short(figure)} {unit}"


def cell(row, reports):
    """Median (least-most) and CPU of a server's runs; the first word of what went wrong without any."""
    values = [v for report in reports if "failure" not in report and (v := row.value(report)) is not None]
    if not values:
        return "fails" if reports else "-"
    costs = [c for report in reports if "failure" not in report and (c := row.cost(report)) is not None]
    text = f"{short(statistics.median(values))} ({short(min(values))}-{short(max(values))})"
    if costs:
        text += f", {priced((statistics.median(c[0] for c in costs), statistics.median(c[1] for c in costs), costs[0][2]))}"
    return text


def middle(figure, reports):
    values = [v for r in reports if "failure" not in r and (v := figure(r)) is not None]
    return statistics.median(values) if values else None


def ratio(row, ours, theirs):
    """How many times faster we are, and how many times less CPU time we take, by the medians."""
    def cost(report):
        found = row.cost(report)
        return found[0] + found[1] if found else None
    mine, other = middle(row.value, ours), middle(row.value, theirs)
    if not mine or not other:
        return "-"
    text = f"{other / mine if row.unit == 's' else mine / other:.2f}"
    my_cost, other_cost = middle(cost, ours), middle(cost, theirs)
    return f"{text}, CPU {other_cost / my_cost:.2f}" if my_cost and other_cost else text


def markdown(measured_rows, names, results):
    """results: {(row name, server): [report]}. The first server is what the others are compared with."""
    first, *others = names
    lines = ["| operation | unit | " + " | ".join(names) + "".join(f" | {first} against {other}" for other in others) + " |",
             "|---" * (2 + len(names) + len(others)) + "|"]
    for row in measured_rows:
        cells = [cell(row, results.get((row.name, name), [])) for name in names]
        ratios = [ratio(row, results.get((row.name, first), []), results.get((row.name, other), [])) for other in others]
        lines.append(f"| {row.name} | {row.unit} | " + " | ".join(cells + ratios) + " |")
    return "\n".join(lines) + "\n"
