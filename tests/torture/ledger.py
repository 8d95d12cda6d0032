"""The results file: one JSON line for each run, and what they add up to.

A line counts only while the code that it was about is still the same: it carries the git tree ids of those folders, so
that neither a rebase nor a later change elsewhere takes it away, and no change within them leaves it.
"""
import collections
import datetime
import json
import subprocess

from objd_process import ROOT

CODE = ("server/storage", "server/model", "server/app")
UNCOMMITTED = "uncommitted"


def git(*arguments):
    done = subprocess.run(["git", "-C", str(ROOT), "-c", "safe.directory=*", *arguments], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def commit_id():
    return git("rev-parse", "HEAD") or UNCOMMITTED


def code_id():
    """What the folders concerned contain, as one word; UNCOMMITTED when they differ from the commit, or without git."""
    trees = [git("rev-parse", f"HEAD:{folder}") for folder in CODE]
    if not all(trees) or git("status", "--porcelain", "--", *CODE):
        return UNCOMMITTED
    return "-".join(tree[:12] for tree in trees)


class Ledger:
    def __init__(self, path):
        self.path = path

    def append(self, **line):
        line = {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                "commit": commit_id(), "code": code_id(), **line}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "a") as file:
            file.write(json.dumps(line) + "\n")

    def lines(self):
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text().splitlines() if line.strip()]

    def totals(self):
        """Class -> Counter of cycles, failures, seconds, runs, and `stale`: cycles of code that has changed since."""
        totals = collections.defaultdict(collections.Counter)
        current = code_id()
        for line in self.lines():
            total = totals[line["class"]]
            if line["code"] != current or current == UNCOMMITTED:
                total["stale"] += line["cycles"]
                continue
            total["runs"] += 1
            for name in ("cycles", "failures", "seconds"):
                total[name] += line[name]
        return totals
