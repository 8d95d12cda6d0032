"""What the classes that fault single operations have in common: run one, then compare what is there with what may be."""
import random

import botocore.exceptions

import faults
from classes import TortureClass
from faults import Faults
from lite_s3 import LiteS3
from mixed_load import ABSENT, digest

SAMPLE = 12
ACKNOWLEDGED, REFUSED, UNKNOWN = "acknowledged", "refused", "unknown"


class OperationClass(TortureClass):
    """A store with the faults' library in its server, and what all operations so far have left in it."""

    JOURNAL = False

    @classmethod
    def reason_to_skip(cls):
        return faults.reason_to_skip()

    def options(self):
        """Small segments: then operations come to their ends, too."""
        options = super().options()
        options[options.index("--segment-size") + 1] = "1MiB"
        options[options.index("--chunk-average") + 1] = "32KiB"
        return options

    def open(self):
        self.faults = Faults(self.work, self.data(), self.JOURNAL)
        self.operations = 0
        self.renew()

    def renew(self):
        if self.objd is not None:
            self.objd.kill()
        self.faults.disarm()
        self.known = {}
        self.fresh_store(**self.faults.environment())

    def restart(self):
        """After a fault: a start without faults must succeed."""
        self.faults.disarm()
        self.objd.kill()
        self.objd.environment = self.faults.environment()
        self.objd.start()
        self.s3 = LiteS3(self.objd)

    def prepare(self, operation_class):
        self.operations += 1
        operation = operation_class(self.s3, self.BUCKET, self.operations)
        operation.prepare()
        return operation

    @staticmethod
    def attempt(operation):
        """What the client learns of the operation's outcome."""
        try:
            operation.run()
            return ACKNOWLEDGED
        except botocore.exceptions.ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500, error
            return REFUSED
        except ConnectionError:
            return UNKNOWN

    def settle(self, operation, outcome):
        """Each key of the operation holds what it may; from now on it must hold what was found."""
        for key, after in operation.after.items():
            before = operation.before[key]
            found = self.fetch(key)
            allowed = {after} if outcome == ACKNOWLEDGED else {before, after}
            assert found in allowed, f"{key} holds {found} after an operation that was {outcome}; before: {before}, then: {after}"
            self.known[key] = found

    def check_others(self, chance=random):
        for key in chance.sample(sorted(self.known), min(SAMPLE, len(self.known))):
            found = self.fetch(key)
            assert found == self.known[key], f"{key} holds {found}, not {self.known[key]}"

    def fetch(self, key):
        try:
            return digest(self.s3.get_object(Bucket=self.BUCKET, Key=key)["Body"].read())
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return ABSENT
            raise

    def close(self):
        super().close()
        self.faults.close()
