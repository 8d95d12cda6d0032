"""Many clients at once, without an error."""
import random
import time

from mixed_load import MixedLoad

SECONDS = 10


def test_sixteen_clients_mix_everything(s3, bucket):
    load = MixedLoad(s3, bucket, workers=16, seed=random.SystemRandom().randrange(1 << 32))
    load.begin()
    time.sleep(SECONDS)
    load.end()
    assert not load.errors() and not load.cut(), load.errors() + load.cut()
    load.verify()
    print(dict(load.counts()))
    assert all(load.counts()[name] > 0 for name in load.weights)
