"""F6, F7, F8: the n-th system call of an operation fails, once or from then on; disks that are full or cannot be written.

A walk as in F3: n = 1, 2, ... for each operation, each fault and both ways, as long as calls come to their n-th. While the
fault lasts: the server lives, other objects read (unless reads are what fails), a sync that failed is never repeated,
and when writes are refused though the fault is over, /-/health/ready says so. Then kill -9, a start without faults, and what was
acknowledged is there.
"""
import collections
import errno
import http.client
import time

from faults import (ALL_FILES, ALLOCATE, CREATE, FAIL, FOR_GOOD, METADATA, MKDIR, NAMES, OPEN, READ, RENAME, SEGMENTS, SHORTEN, SYNC,
                    TRUNCATE, UNLINK, WRITE)
from operation_oracle import ACKNOWLEDGED, UNKNOWN, OperationClass
from operations import OPERATIONS, PutInline, PutMedium

FRESH_STORE_EVERY = 50
RECOVERY_SECONDS_MAX = 3
INTERRUPTIONS = 5  # of calls in a row
Fault = collections.namedtuple("Fault", "action calls error files reads_go_on")


def ready(objd):
    """(status, text) of /-/health/ready; (None, "") without an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", objd.port, timeout=10)
    try:
        connection.request("GET", "/-/health/ready")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return None, ""
    finally:
        connection.close()


class SweepClass(OperationClass):
    FAULTS = []
    SECONDS_GUESS = 0.6
    CLAIM = 1000
    SLICE = 24

    def open(self):
        super().open()
        self.injected = collections.Counter()
        self.begin_walk()

    def begin_walk(self):
        self.n, self.left = 0, []
        self.came = [(operation, fault, for_good) for operation in OPERATIONS for fault in self.FAULTS for for_good in (False, True)]
        self.random.shuffle(self.came)

    def next_step(self):
        if not self.left:
            if not self.came:
                self.begin_walk()
            self.n, self.left, self.came = self.n + 1, self.came, []
        return self.left.pop(0)

    def cycle(self, number):
        if number and number % FRESH_STORE_EVERY == 0:
            self.renew()
        what, fault, for_good = self.next_step()
        name = (f"{what.NAME}: {errno.errorcode.get(fault.error, 'short')} from {NAMES.get(fault.calls, 'any change')} {self.n}"
                f"{' for good' if for_good else ''}, files {fault.files}")
        try:
            came = self.strike(what, fault, for_good)
        except Exception as error:
            raise AssertionError(f"{name}: {type(error).__name__}: {error}\n{self.objd.log_tail(30)}") from error
        if came:
            self.came.append((what, fault, for_good))
            self.injected[NAMES.get(fault.calls, "change")] += 1
        return 1 if came else 0

    def strike(self, what, fault, for_good):
        operation = self.prepare(what)
        witness = self.prepare(PutMedium)
        witness.run()
        self.known.update(witness.after)
        # A signal that never stops interrupting is no fault that a disk has.
        for_good_last = self.n + INTERRUPTIONS if fault.error == errno.EINTR else FOR_GOOD
        last = for_good_last if for_good else self.n
        self.faults.arm(fault.action, fault.calls, self.n, last, fault.error, fault.files)
        outcomes = [(operation, self.attempt(operation))]
        if self.faults.seen()[1] == 0:
            self.faults.disarm()
            assert outcomes[0][1] == ACKNOWLEDGED, f"nothing was injected, and the outcome is {outcomes[0][1]}"
            self.settle(*outcomes[0])
            return False
        second = PutInline(self.s3, self.BUCKET, f"{self.operations}-during")
        second.prepare()
        outcomes.append((second, self.attempt(second)))
        if fault.reads_go_on:
            self.check_others()
        self.faults.disarm()
        assert self.faults.seen()[2] == 0, "a sync that had failed was repeated"
        outcomes += self.afterwards()
        assert self.objd.process.poll() is None, f"objd ended with {self.objd.process.returncode}"
        assert all(outcome != UNKNOWN for _, outcome in outcomes), "a connection was cut without an answer"
        self.restart()
        for each in outcomes:
            self.settle(*each)
        self.check_others()
        return True

    def afterwards(self):
        """The fault is over: other objects read; writes are taken again, or the server says that it needs a restart."""
        self.check_others()
        third = PutMedium(self.s3, self.BUCKET, f"{self.operations}-after")
        third.prepare()
        end = time.monotonic() + RECOVERY_SECONDS_MAX
        outcomes = []
        while True:
            outcome = self.attempt(third)
            outcomes.append((third, outcome))
            if outcome == ACKNOWLEDGED:
                return outcomes[-1:]
            status, text = ready(self.objd)
            if status == 503 and text.strip():
                return outcomes[-1:]
            assert time.monotonic() < end, f"writes are refused, and ready says {status} {text!r}"
            time.sleep(0.1)


SPACE_CALLS = WRITE | ALLOCATE | CREATE | MKDIR


class NoSpaceClass(SweepClass):
    NAME = "F6"
    ABOUT = "ENOSPC at the n-th write, once and for good"
    FAULTS = [Fault(FAIL, SPACE_CALLS, errno.ENOSPC, files, True) for files in (SEGMENTS, METADATA, ALL_FILES)]


class DiskErrorClass(SweepClass):
    NAME = "F7"
    ABOUT = "EIO from the n-th read, write, sync, rename, open, unlink"
    FAULTS = ([Fault(FAIL, call, errno.EIO, files, True) for call in (WRITE, SYNC) for files in (SEGMENTS, METADATA)] +
              [Fault(FAIL, call, errno.EIO, ALL_FILES, True) for call in (RENAME, CREATE, UNLINK, TRUNCATE)] +
              [Fault(FAIL, call, errno.EIO, ALL_FILES, False) for call in (READ, OPEN)] +
              [Fault(FAIL, WRITE | SYNC | RENAME | CREATE | UNLINK | TRUNCATE | ALLOCATE | MKDIR, errno.EROFS, ALL_FILES, True)])


class InterruptionClass(SweepClass):
    NAME = "F8"
    ABOUT = "short writes and reads, EINTR, no more open files"
    FAULTS = [Fault(SHORTEN, WRITE, 0, ALL_FILES, True), Fault(SHORTEN, READ, 0, ALL_FILES, True),
              Fault(FAIL, WRITE, errno.EINTR, ALL_FILES, True), Fault(FAIL, READ, errno.EINTR, ALL_FILES, True),
              Fault(FAIL, OPEN | CREATE, errno.EMFILE, ALL_FILES, False), Fault(FAIL, OPEN | CREATE, errno.ENFILE, SEGMENTS, False)]
