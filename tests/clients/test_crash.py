"""kill -9 in the middle of a load, restart: everything acknowledged is there and byte-equal.

OBJD_CRASH_CYCLES sets how often (6), OBJD_CRASH_SEED repeats a run.
"""
import os
import random
import time

from mixed_load import MixedLoad
from s3_access import make_s3

CYCLES = int(os.environ.get("OBJD_CRASH_CYCLES", "6"))
SEED = int(os.environ.get("OBJD_CRASH_SEED", random.SystemRandom().randrange(1 << 32)))
WORKERS = 16


def test_a_killed_server_has_lost_nothing(own_server):
    objd = own_server()
    s3 = make_s3(objd)
    s3.create_bucket(Bucket="crash")
    load = MixedLoad(s3, "crash", WORKERS, seed=f"{SEED}/0")
    timing = random.Random(SEED)
    load.begin()
    for cycle in range(1, CYCLES + 1):
        time.sleep(timing.uniform(0.3, 3.0))
        objd.kill()
        load.end()
        assert not load.errors(), load.errors()
        objd.start()
        load.verify()
        load.resume(seed=f"{SEED}/{cycle}")
    time.sleep(1)
    load.end()
    assert not load.errors() and not load.cut(), load.errors() + load.cut()
    load.verify()
    print(f"{CYCLES} kills, operations: {dict(load.counts())}")
    assert load.counts()["put"] > 0
    assert objd.stop() == 0, objd.log_tail()


def test_a_server_killed_while_it_starts_starts_again(own_server):
    objd = own_server()
    s3 = make_s3(objd)
    s3.create_bucket(Bucket="crash")
    for number in range(50):
        s3.put_object(Bucket="crash", Key=f"{number}", Body=bytes([number]) * 5000)
    objd.kill()
    for pause in (0.0, 0.01, 0.03, 0.1):
        objd.spawn()
        time.sleep(pause)
        objd.kill()
    objd.start()
    for number in range(50):
        assert s3.get_object(Bucket="crash", Key=f"{number}")["Body"].read() == bytes([number]) * 5000
