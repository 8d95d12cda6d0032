"""A sync that fails while no client waits for it: the compactor's."""
import random
import time

import botocore.exceptions
import pytest

import faults
from faults import FAIL, FOR_GOOD, SEGMENTS, SYNC, Faults
from fault_sweeps import ready
from lite_s3 import LiteS3
from objd_process import Objd

OPTIONS = ["--ballast", "0", "--free-space-reserve", "1MiB", "--segment-size", "1MiB", "--chunk-average", "32KiB",
           "--compaction-threshold", "10", "--compaction-rate", "0", "--checkpoint-interval", "1"]
BUCKET = "bucket"
SECONDS_MAX = 30
pytestmark = pytest.mark.skipif(faults.reason_to_skip() is not None, reason=str(faults.reason_to_skip()))


def test_a_sync_that_fails_in_background_work_stops_writing_until_a_restart(tmp_path):
    shim = Faults(tmp_path, tmp_path / "store")
    objd = Objd(tmp_path / "store", OPTIONS, shim.environment()).start()
    try:
        s3 = LiteS3(objd)
        s3.create_bucket(Bucket=BUCKET)
        bodies = {f"{number}": random.Random(number).randbytes(30_000) for number in range(200)}
        for key, body in bodies.items():
            s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        kept = list(bodies)[::10]
        shim.arm(FAIL, SYNC, last=FOR_GOOD, files=SEGMENTS)
        for key in bodies:  # a change of metadata alone; then segments are mostly dead, and get rewritten
            if key not in kept:
                s3.delete_object(Bucket=BUCKET, Key=key)
        end = time.monotonic() + SECONDS_MAX
        while shim.seen()[1] == 0 and time.monotonic() < end:
            time.sleep(0.05)
        assert shim.seen()[1] > 0, "nothing was compacted"
        while ready(objd)[0] == 200 and time.monotonic() < end:
            time.sleep(0.05)
        shim.disarm()
        assert ready(objd)[0] == 503
        assert objd.metrics()["objd_write_failed"] == 1
        with pytest.raises(botocore.exceptions.ClientError) as refusal:
            s3.put_object(Bucket=BUCKET, Key="new", Body=bodies["1"])
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
        for key in kept:
            assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == bodies[key]
        objd.kill()
        objd.start()
        s3.forget()
        s3.put_object(Bucket=BUCKET, Key="new", Body=bodies["1"])
        for key in kept:
            assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == bodies[key]
    finally:
        objd.kill()
        shim.close()
