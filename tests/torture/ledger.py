"""The results file: one JSON line for each run, and what they add up to.

A line counts only while the code that it was about is still the same: it carries the git tree ids of those folders, so
that neither a rebase nor a later change elsewhere takes it away, and no change within them leaves it but one of layout.

New lines go to a file of the build; KEPT are those that came with the sources.
"""
import collections
import datetime
import functools
import json
import re
import subprocess

from objd_process import ROOT

CODE = ("server/storage", "server/model", "server/app")
UNCOMMITTED = "uncommitted"
KEPT = ROOT / "tests" / "torture" / "results.jsonl"


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


LINE = re.compile(r"""((?:[^"/]|"(?:\\.|[^"\\])*"|/(?!/)|["])*)(?://(.*))?""")


def bare(text):
    """C++ without what the layout decides: white space, where the lines of a comment end, the order of neighbouring includes."""
    parts, comment, includes = [], "", []
    for line in text.splitlines():
        code, remark = LINE.fullmatch(line).groups()
        if comment and (code.strip() or remark is None):
            parts.append(f"/*{comment}*/")
            comment = ""
        if code.startswith("#include <"):
            includes.append(code)
        elif code.strip():
            parts += sorted(includes)
            includes = []
            parts.append(code)
        comment += remark or ""
    return "".join("".join([*parts, *sorted(includes), comment]).split())


def without_layout(tree, name):
    return bare(git("cat-file", "blob", f"{tree}:{name}"))


@functools.cache
def same_code(then, now):
    """Whether two code ids name folders that differ in white space at most."""
    if UNCOMMITTED in (then, now):
        return False
    for old, new in zip(then.split("-"), now.split("-"), strict=True):
        if old == new:
            continue
        if not git("cat-file", "-t", old) or not git("cat-file", "-t", new):
            return False
        for name in git("diff", "--name-only", old, new).splitlines():
            if without_layout(old, name) != without_layout(new, name):
                return False
    return True


class Ledger:
    def __init__(self, path, kept=KEPT):
        self.path = path
        self.kept = kept

    def append(self, **line):
        line = {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                "commit": commit_id(), "code": code_id(), **line}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "a") as file:
            file.write(json.dumps(line) + "\n")

    def lines(self):
        """Each line once, although one that is kept may still be in the file of the build."""
        texts = [path.read_text() for path in (self.kept, self.path) if path and path.exists()]
        return [json.loads(line) for line in dict.fromkeys("\n".join(texts).splitlines()) if line.strip()]

    def totals(self):
        """Class -> Counter of cycles, failures, seconds, runs, and `stale`: cycles of code that has changed since."""
        totals = collections.defaultdict(collections.Counter)
        current = code_id()
        for line in self.lines():
            total = totals[line["class"]]
            if not same_code(line["code"], current):
                total["stale"] += line["cycles"]
                continue
            total["runs"] += 1
            for name in ("cycles", "failures", "seconds"):
                total[name] += line[name]
        return totals
