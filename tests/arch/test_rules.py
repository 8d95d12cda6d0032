"""The rules under concurrency (tests/rules): each has its place in the source, a test that is tagged with it, and a line in the documentation."""
import re
import sys

import pytest

from objd_process import ROOT

sys.path.insert(0, str(ROOT / "tests/rules"))
from rules import RULES  # noqa: E402


@pytest.fixture(scope="module")
def tags():
    """Of all cases: TEST_CASE("a sentence", "[tag][tag]")."""
    found = set()
    for source in [*ROOT.glob("tests/unit/**/*.cc"), *ROOT.glob("tests/contract/*.cc")]:
        for listed in re.findall(r'TEST_CASE\(\s*"[^"]*",\s*"([^"]*)"', source.read_text()):
            found |= set(re.findall(r"\[([^\]]+)\]", listed))
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_can_be_taken_out_and_is_tested(rule, tags):
    assert (ROOT / rule.file).read_text().count(rule.old) == 1, "its place has changed: mend tests/rules/rules.py"
    assert rule.name in tags or rule.covered_by
    assert f"(`{rule.name}`)" in (ROOT / "docs/reliability.md").read_text()
