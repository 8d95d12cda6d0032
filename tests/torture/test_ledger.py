"""Cycles add up over runs, and those of other code do not count."""
import pytest

import ledger


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(ledger, "code_id", lambda: "now")
    return ledger.Ledger(tmp_path / "folder" / "results.jsonl", kept=None)


def test_runs_add_up(results):
    for cycles in (3, 4):
        results.append(**{"class": "F2"}, seed=1, cycles=cycles, failures=1, seconds=1.5)
    total = results.totals()["F2"]
    assert (total["cycles"], total["failures"], total["runs"], total["seconds"]) == (7, 2, 2, 3.0)


def test_cycles_of_other_code_do_not_count(results, monkeypatch):
    results.append(**{"class": "F2"}, seed=1, cycles=3, failures=0, seconds=1)
    monkeypatch.setattr(ledger, "code_id", lambda: "later")
    results.append(**{"class": "F2"}, seed=1, cycles=4, failures=0, seconds=1)
    total = results.totals()["F2"]
    assert (total["cycles"], total["stale"]) == (4, 3)


def test_a_change_of_layout_takes_nothing_away(tmp_path, monkeypatch):
    monkeypatch.setattr(ledger, "ROOT", tmp_path)
    trees = {}
    for name, text in (("old", "int a = 1;\n"), ("laid out", "int a =\n    1;\n"), ("changed", "int a = 2;\n")):
        (tmp_path / "a.cc").write_text(text)
        ledger.git("init", "-q")
        ledger.git("add", "-A")
        trees[name] = ledger.git("write-tree")[:12]
    assert ledger.same_code(trees["old"], trees["laid out"])
    assert not ledger.same_code(trees["old"], trees["changed"])
    assert not ledger.same_code(trees["old"], "0" * 12)


@pytest.mark.parametrize("one, other, same", [
    ("// a b\nx;", "// a\n//   b\nx;", True),
    ("x;  // a b\ny;", "x;  // a\n    // b\ny;", True),
    ("#include <b>\n\n#include <a>\nx;", "#include <a>\n#include <b>\nx;", True),
    ("// a\nx;", "// a\n// x;", False),
    ("// a\nx;", "// a x;", False),
    ("x;\n// a\n", "x;\n", False),
    ('x = "//a";', 'x = ""; //a";', False),
    ("x / y; // z", "x / y; / z", False),
])
def test_what_is_layout(one, other, same):
    assert (ledger.bare(one) == ledger.bare(other)) == same


def test_lines_that_came_with_the_sources_count_once(results):
    results.append(**{"class": "F2"}, seed=1, cycles=3, failures=0, seconds=1)
    both = ledger.Ledger(results.path, kept=results.path)
    assert both.totals()["F2"]["cycles"] == 3


def test_nothing_counts_while_the_code_is_in_no_commit(results, monkeypatch):
    monkeypatch.setattr(ledger, "code_id", lambda: ledger.UNCOMMITTED)
    results.append(**{"class": "F2"}, seed=1, cycles=3, failures=0, seconds=1)
    assert results.totals()["F2"]["cycles"] == 0
