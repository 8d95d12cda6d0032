"""F3: SIGKILL before and after the n-th system call that changes the disk, for each operation and each n.

A walk: n = 1, 2, ..., and for each n all operations that have come to their n-th call so far. One cycle is one kill with
its restart and verification. When it is through, the next walk begins: by turns over one directory, and over two with a copy
of each chunk in both.
"""
import signal
import subprocess

from faults import DURABLE, KILL_AFTER, KILL_BEFORE
from operation_oracle import UNKNOWN, OperationClass
from operations import OPERATIONS, Compaction
from variations import PLAIN

FRESH_STORE_EVERY = 60
CHECK_EVERY = 15
STOP_SECONDS_MAX = 60
START, STOP = "start", "stop"


class KillPointClass(OperationClass):
    NAME = "F3"
    ABOUT = "SIGKILL before and after the n-th durable system call of each operation, for all n"
    CLAIM = 1000
    SECONDS_GUESS = 0.5
    SLICE = 30

    def open(self):
        self.walks = 0
        self.configure()
        super().open()
        self.begin_walk()

    def configure(self):
        """Of the next walk's stores. Compaction begins with little that is dead, so that each deletion leads to one."""
        copies = self.walks % 2 + 1
        self.variation = PLAIN._replace(compaction="hard", copies=copies, directories=copies)

    def begin_walk(self):
        self.n, self.left = 0, []
        self.came = [(what, action) for what in [*OPERATIONS, Compaction, START, STOP] for action in (KILL_BEFORE, KILL_AFTER)]

    def next_step(self):
        if not self.left:
            if not self.came:
                print(f"{self.NAME}: through all calls, at most {self.n} of an operation")
                self.walks += 1
                self.configure()
                self.renew()
                self.begin_walk()
            self.n, self.left, self.came = self.n + 1, self.came, []
        return self.left.pop(0)

    def cycle(self, number):
        if number and number % FRESH_STORE_EVERY == 0:
            self.renew()
        what, action = self.next_step()
        try:
            strike = {START: self.strike_start, STOP: self.strike_stop}.get(what, self.strike_operation)
            killed = strike(what, action)
            self.check_others()
        except Exception as error:
            raise AssertionError(f"{getattr(what, 'NAME', what)}, action {action}, call {self.n}: {error}") from error
        if killed:
            self.came.append((what, action))
        return 1 if killed else 0

    def strike_operation(self, what, action):
        operation = self.prepare(what)
        self.faults.arm(action, DURABLE, self.n)
        outcome = self.attempt(operation)
        killed = self.faults.seen()[1] > 0
        self.faults.disarm()
        assert killed or outcome != UNKNOWN, "a connection was cut though nothing was done to the server"
        if killed:
            self.objd.process.wait(STOP_SECONDS_MAX)
            if self.operations % CHECK_EVERY == 0:
                self.check_store()
            self.restart()
        self.settle(operation, outcome)
        return killed

    def strike_start(self, _, action):
        self.objd.kill()
        self.faults.arm(action, DURABLE, self.n)
        return self.come_back()

    def strike_stop(self, _, action):
        self.faults.arm(action, DURABLE, self.n)
        self.objd.process.send_signal(signal.SIGTERM)
        self.objd.process.wait(STOP_SECONDS_MAX)
        killed = self.faults.seen()[1] > 0
        self.restart()
        return killed

    def come_back(self):
        """Whether the start that runs into a fault was ended by it; afterwards a server runs."""
        self.objd.spawn()
        try:
            self.objd.wait_ready()
            self.objd.process.wait(0.05)
        except (RuntimeError, subprocess.TimeoutExpired):
            pass
        killed = self.faults.seen()[1] > 0
        self.restart()
        return killed
