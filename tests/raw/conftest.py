"""Fixtures of the tests of who may do what: a server with two accounts, and a bucket of one of them."""
import shutil
import tempfile

import pytest

from accounts import World
from objd_process import is_external


@pytest.fixture(scope="module")
def world():
    if is_external():
        pytest.skip("needs a server of its own, and OBJD_TEST_ENDPOINT names one")
    directory = tempfile.mkdtemp(prefix="objd-auth-")
    made = World(directory)
    yield made
    made.objd.stop()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def world_bucket(world):
    """Of the first account, with five objects. The `bucket` of tests that have this one by that name."""
    return world.new_bucket("key", "public/a", "secret/b", "home/homer/x", "home/other/x")
