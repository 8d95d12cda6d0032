"""A short slice of each torture class, with a fixed seed; `./dev torture` is the long form.

OBJD_TORTURE_SEED repeats another one. What a machine cannot do (mounts, tools) is skipped, and the reason printed.
"""
import os

import pytest

from torture import CLASSES

SEED = os.environ.get("OBJD_TORTURE_SEED", "1")


@pytest.mark.parametrize("torture_class", CLASSES, ids=[c.NAME for c in CLASSES])
def test_slice(torture_class, tmp_path):
    reason = torture_class.reason_to_skip()
    if reason:
        pytest.skip(f"{torture_class.NAME}: {reason}")
    subject = torture_class(tmp_path, SEED)
    try:
        subject.open()
        done = sum(subject.cycle(number) for number in range(torture_class.SLICE))
    finally:
        subject.close()
    assert done > 0
