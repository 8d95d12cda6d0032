"""F1: random operations on the catalogue against a model in memory; a front for the C++ test, which prints and takes seeds."""
import os
import pathlib
import re
import subprocess

from classes import TortureClass
from objd_process import ROOT

PROGRAM = pathlib.Path(os.environ.get("OBJD_UNIT_MODEL", ROOT / "build/dev/bin/unit_model"))
SOURCES = sorted((ROOT / "tests/unit/model").glob("random_*_test.cc"))
OPERATIONS_PER_CYCLE = 2000
CYCLE_SECONDS_MAX = 900


class ModelClass(TortureClass):
    NAME = "F1"
    ABOUT = "random operations against a model of the catalogue"
    CLAIM = 1_000_000
    SECONDS_GUESS = 0.002
    SLICE = 1

    @classmethod
    def reason_to_skip(cls):
        if not any("OBJSTORE_SEED" in source.read_text() for source in SOURCES):
            return "no test of tests/unit/model takes seeds"
        return None if os.access(PROGRAM, os.X_OK) else "no build/dev/bin/unit_model: ./dev build dev"

    def open(self):
        """The test makes its own stores. Its cases are those that its source names, whatever they are called."""
        self.cases = [case for source in SOURCES for case in re.findall(r'TEST_CASE\("([^"]+)"', source.read_text())]

    def cycle(self, number):
        seed = self.random.randrange(1 << 32)
        env = {**os.environ, "OBJSTORE_SEED": str(seed), "OBJSTORE_OPERATIONS": str(OPERATIONS_PER_CYCLE)}
        done = subprocess.run([str(PROGRAM), ",".join('"' + case.replace(",", "\\,") + '"' for case in self.cases)], env=env, capture_output=True,
                              text=True, timeout=CYCLE_SECONDS_MAX)
        assert done.returncode == 0, f"OBJSTORE_SEED={seed} OBJSTORE_OPERATIONS={OPERATIONS_PER_CYCLE}:\n{done.stdout[-2500:]}"
        return OPERATIONS_PER_CYCLE * len(self.cases)
