"""F5: a crash that loses, tears or reorders what no sync had covered."""
import collections
import random

import faults
from crash_classes import KillClass
from fault_journal import MODES, SUBSET, take_back
from faults import Faults


REFUSALS = ("objd ended with 1", "objd fsck says 1:\nobjd: opening the metadata: ")  # whichever opens the store first


class LostWritesClass(KillClass):
    """As F2, with every kill followed by the loss. Any such state is one that a power cut may leave, so a start must succeed,
    unless writes to one file came to the disk in another order: then a log may be refused, loudly."""

    NAME = "F5"
    ABOUT = "lost, torn and reordered unsynced writes after a kill under load"
    CLAIM = 1000
    SECONDS_GUESS = 1.2
    SLICE = 8

    @classmethod
    def reason_to_skip(cls):
        return faults.reason_to_skip()

    def open(self):
        self.faults = Faults(self.work, self.data(), journal=True)
        self.lost = collections.Counter()
        self.crashes = 0
        self.modes = []  # of the crashes since the last start that came through: one may be killed while it recovers from another
        super().open()

    def fresh_store(self, **environment):
        super().fresh_store(**environment, **self.faults.environment())

    def crash(self):
        self.objd.kill()
        self.crashes += 1
        chance = random.Random(f"{self.seed}/crash {self.crashes}")
        mode = chance.choice(MODES)
        self.modes.append(mode)
        writes, names = take_back([self.data(), *self.segment_folders()], self.faults.journal, self.faults.graveyard, mode, chance)
        if self.faults.journal.exists():  # for whoever looks into a failure: the next start begins a new one
            self.faults.journal.rename(self.work / "journal-of-last-crash")
        self.lost.update(crashes=1, writes=writes, names=names)

    def revive(self, start=True):
        """What lies on the disk now is durable: the journal begins anew."""
        if start is not None:
            self.objd.environment = self.faults.environment()
        super().revive(start)
        if start:
            self.modes.clear()

    def cycle(self, number):
        try:
            return super().cycle(number)
        except (AssertionError, RuntimeError) as error:
            if SUBSET not in self.modes or not any(refusal in str(error) for refusal in REFUSALS):
                raise AssertionError(f"modes {self.modes}, crash {self.crashes}: {error}") from error
            self.lost["refused starts"] += 1
            super().close()
            super().open()
            self.modes.clear()
            return 1

    def close(self):
        super().close()
        print(f"{self.NAME}: {dict(self.lost)}")
        self.lost.clear()
