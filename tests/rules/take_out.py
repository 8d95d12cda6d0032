"""Takes each rule of rules.py out of a copy of the source, and looks which test fails: each rule must have one.

take_out.py WORK [NAME..]: builds in the folder WORK, which is kept; all rules, or those named. All rules get a switch there, so
that one build serves them all. Prints a table. Ends with status 1 when a rule could be taken out without a test's noticing.
"""
import html
import os
import pathlib
import re
import shutil
import subprocess
import sys

from rules import RULES

ROOT = pathlib.Path(__file__).resolve().parents[2]
VARIABLE = "OBJSTORE_RULE_OUT"
HEAD = ("#include <cstdlib>\n#include <string_view>\n"
        f'static bool rule_out(std::string_view name) {{ const char* out = std::getenv("{VARIABLE}"); return out != nullptr && name == out; }}\n')
TEST_SECONDS_MAX = 300


def copy_source(work):
    """What git knows of, as it is in the working tree, with a switch for each rule."""
    switched = {rule.file: with_switches(rule.file) for rule in RULES}
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        source, copy = ROOT / name, work / name
        if not source.is_file():
            continue
        text = switched.get(name, "").encode() or source.read_bytes()
        if not copy.exists() or copy.read_bytes() != text:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(text)
            shutil.copymode(source, copy)


def with_switches(file):
    text = (ROOT / file).read_text()
    for rule in (rule for rule in RULES if rule.file == file):
        assert text.count(rule.old) == 1, f"{rule.name}: {file} has the text {text.count(rule.old)} times"
        text = text.replace(rule.old, rule.new.replace("OUT", f'rule_out("{rule.name}")'))
    return HEAD + text


def failing_test(work, rule):
    """The first test that fails while the rule is out, "" when none does: those tagged with the rule's name are asked first."""
    return first_failure(work, rule, [f"[{rule.name}]"]) or first_failure(work, rule, [])


def first_failure(work, rule, which):
    """A test that hangs fails."""
    folder = "/dev/shm" if os.path.isdir("/dev/shm") else str(work)
    try:
        done = subprocess.run([str(work / "build/dev/bin" / rule.target), *which, "--reporter", "xml", "--abort"], capture_output=True, text=True,
                              errors="replace", timeout=TEST_SECONDS_MAX, cwd=work, env={**os.environ, "TMPDIR": folder, VARIABLE: rule.name})
    except subprocess.TimeoutExpired:
        return "(hangs)"
    if done.returncode == 0:
        return ""
    cases = re.findall(r'<TestCase name="([^"]*)"(.*?)(?=<TestCase |\Z)', done.stdout, re.S)
    failed = [html.unescape(name) for name, text in cases if '<OverallResult success="true"' not in text]
    return failed[0] if failed else f"(ends with {done.returncode})"


def covered(rule):
    return f"none can: {rule.covered_by}" if rule.covered_by else "**none**"


def main(work, names):
    if unknown := set(names) - {rule.name for rule in RULES}:
        sys.exit(f"no such rule: {', '.join(sorted(unknown))}")
    work = pathlib.Path(work).resolve()
    copy_source(work)
    env = {**os.environ, "PATH": "/usr/bin:" + os.environ["PATH"]}
    subprocess.run(["cmake", "--preset", "dev"], cwd=work, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    built = subprocess.run(["ninja", "-C", str(work / "build/dev"), *{rule.target for rule in RULES}], env=env, capture_output=True, text=True, errors="replace")
    if built.returncode != 0:
        sys.exit(built.stdout[-8000:])
    missed = 0
    print("| rule | taken out, this test fails |\n|---|---|", flush=True)
    for rule in RULES:
        if names and rule.name not in names:
            continue
        failed = failing_test(work, rule)
        missed += not failed and not rule.covered_by
        print(f"| {rule.text} (`{rule.name}`) | {failed or covered(rule)} |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
