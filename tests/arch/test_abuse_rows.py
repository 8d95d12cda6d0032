"""Every row of the tables of abuse cases (docs/reliability.md) is a test that is named by it."""
import re
import subprocess

import pytest

from objd_process import ROOT

# Table: (first row, last row).
TABLES = {"A": (1, 14), "B": (1, 20), "C": (1, 16), "D": (1, 16), "E": (1, 12), "X": (1, 8), "G": (1, 18),
          "I": (1, 14)}


def rows_named():
    """The rows in names of tests: test_A1_..., test_C12_to_C16_..., TEST_CASE("A1-A7: ...")."""
    files = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "tests"], cwd=ROOT, check=True, capture_output=True, text=True)
    found = set()
    for name in files.stdout.splitlines():
        if not name.endswith((".py", ".cc")):
            continue
        for title in re.findall(r'def test_(\w+)|TEST_CASE\("([^:"]+):', (ROOT / name).read_text(errors="replace")):
            text = (title[0] or title[1]).replace("_to_", "-").replace("_", " ")
            for letter, first, last in re.findall(r"\b([A-Z])(\d+)(?:-[A-Z]?(\d+))?\b", text):
                found |= {f"{letter}{number}" for number in range(int(first), int(last or first) + 1)}
    return found


@pytest.mark.parametrize("table", TABLES)
def test_each_row_has_a_test(table):
    first, last = TABLES[table]
    rows = {f"{table}{number}" for number in range(first, last + 1)}
    assert rows - rows_named() == set()
