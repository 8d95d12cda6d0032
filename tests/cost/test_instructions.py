"""What requests cost, in instructions: a change that makes a hot path dearer fails here, on a busy machine too.

bounds.json has the instructions that each path took when it was recorded. A tenth more fails. So does a quarter less: then
the gain is recorded, lest it be lost again: `python3 tests/cost/test_instructions.py` writes the file anew.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE.parents[1] / "build" / "release" / "bin" / "hot_paths"
BOUNDS = HERE / "bounds.json"
MORE_MAX = 1.10
LESS_MAX = 0.75


def count():
    """Path -> instructions of one run of it."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=counts", "--combine-dumps=no",
                               str(PROGRAM)], cwd=folder, text=True, capture_output=True, timeout=900)
        assert done.returncode == 0, done.stderr
        times = dict(re.findall(r"^counted (\w+) (\d+)$", done.stdout, re.M))
        counts = {}
        for path in pathlib.Path(folder).iterdir():
            text = path.read_text()
            name = re.search(r"^desc: Trigger: Client Request: (\w+)$", text, re.M)
            if name:
                total = re.search(r"^(?:summary|totals): (\d+)", text, re.M)
                counts[name[1]] = int(total[1]) // int(times[name[1]])
        return counts


@pytest.fixture(scope="module")
def counts():
    if not PROGRAM.exists():
        pytest.skip("hot_paths is not built: ninja -C build/release hot_paths")
    if not shutil.which("valgrind"):
        pytest.skip("no valgrind")
    return count()


@pytest.mark.parametrize("path, recorded", json.loads(BOUNDS.read_text()).items())
def test_a_hot_path_is_as_cheap_as_it_was(counts, path, recorded):
    assert counts[path] <= recorded * MORE_MAX, f"{path} has become dearer"
    assert counts[path] >= recorded * LESS_MAX, f"{path} has become cheaper: record it (see above)"


def test_every_path_that_runs_has_a_bound(counts):
    assert set(counts) == set(json.loads(BOUNDS.read_text()))


if __name__ == "__main__":
    BOUNDS.write_text(json.dumps(count(), indent=1) + "\n")
    sys.stdout.write(BOUNDS.read_text())
