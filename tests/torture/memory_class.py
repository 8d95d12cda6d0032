"""F8, memory: the server may use no more than it has, from a random moment under load on.

Two ways: RLIMIT_AS, where an allocation fails, and a memory cgroup, where the kernel ends the process. Requests may be answered
with a 5xx, or the server may end; then it is started again, without the limit. The oracle is F2's.
"""
import collections
import os
import pathlib
import random
import resource
import time

from classes import is_root
from crash_classes import KillClass

GROUPS = pathlib.Path("/sys/fs/cgroup/memory")
MIB = 1 << 20
CAP_MARGIN_MIB = (0, 24)    # of address space beyond what is in use
GROUP_SHARE = (0.55, 1.05)  # of what it holds: below one the kernel ends it sooner or later
BURST_SECONDS_MAX = 1.5


class MemoryClass(KillClass):
    NAME = "F8-memory"
    ABOUT = "memory that runs out under load: allocations fail, or the kernel ends the server"
    CLAIM = 200
    SECONDS_GUESS = 3.0
    SLICE = 3

    def __init__(self, work, seed):
        super().__init__(work, seed)
        self.outcomes = collections.Counter()

    @staticmethod
    def has_groups():
        return is_root() and (GROUPS / "memory.limit_in_bytes").exists()

    @property
    def group(self):
        return GROUPS / f"objd-torture-{os.getpid()}"

    def burst(self, number):
        chance = random.Random(f"{self.seed}/{number}")
        in_group = self.has_groups() and chance.random() < 0.5
        if in_group:
            self.start_in_group()
        self.load.resume(f"{self.seed}/{number}")
        time.sleep(chance.uniform(0.05, 0.3))
        if in_group:
            self.limit_group(chance)
        else:
            self.cap_address_space(chance)
        self.wait_for_outcome()
        self.load.stop.set()
        self.outcomes["ended by itself" if self.objd.process.poll() is not None else
                      "refused requests" if self.load.errors() else "went on"] += 1
        self.crash()
        self.load.end()
        self.check_errors()
        self.leave_group()
        self.check_store()
        self.revive()
        self.load.verify_touched(chance)
        return 1

    def cap_address_space(self, chance):
        in_use = int(pathlib.Path(f"/proc/{self.objd.pid}/statm").read_text().split()[0]) * resource.getpagesize()
        limit = in_use + chance.randrange(CAP_MARGIN_MIB[0], CAP_MARGIN_MIB[1] + 1) * MIB
        resource.prlimit(self.objd.pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))

    def start_in_group(self):
        """What a process held before does not count in its group."""
        self.group.mkdir(exist_ok=True)
        self.objd.kill()
        self.objd.spawn()
        (self.group / "cgroup.procs").write_text(str(self.objd.pid))
        self.objd.wait_ready()
        self.s3.forget()

    def limit_group(self, chance):
        limit = max(8 * MIB, int(self.objd.resident_bytes() * chance.uniform(*GROUP_SHARE)))
        try:
            (self.group / "memory.limit_in_bytes").write_text(str(limit))
        except OSError:  # it holds more already, and the kernel could take nothing away
            pass

    def leave_group(self):
        if self.group.exists():
            self.group.rmdir()

    def wait_for_outcome(self):
        """Until the server has ended, every client has been refused something, or for a while."""
        end = time.monotonic() + BURST_SECONDS_MAX
        while (time.monotonic() < end and self.objd.process.poll() is None
               and any(worker.is_alive() for worker in self.load.workers)):
            time.sleep(0.02)

    def check_errors(self):
        """A client stops at its first error: it must be one that says that the server cannot."""
        wrong = [error for error in self.load.errors() if not any(word in error for word in
                                                                  ("InternalError", "ServiceUnavailable", "SlowDown", "(500)", "(503)"))]
        assert not wrong, wrong

    def close(self):
        super().close()
        self.leave_group()
        print(f"{self.NAME}: {dict(self.outcomes)}")
        self.outcomes.clear()
