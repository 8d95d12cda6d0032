"""Fixtures of all Python tests.

`server` is one objd for the whole run, on a port and data directory of its own; `own_server` makes servers that a test
may stop and kill. With OBJD_TEST_ENDPOINT, OBJD_TEST_ACCESS_KEY and OBJD_TEST_SECRET_KEY in the environment the tests use
that server, and those that need one of their own are skipped. OBJD and OBJCLI name the programs to test.
"""
import os
import pathlib
import shutil
import signal
import tempfile

import pytest

from objd_process import REGION, Objd, Remote, clean_environment, is_external, objcli_path, objd_path
from s3_access import empty_bucket, make_s3, unique_bucket

# A shell that runs the tests in the background has them ignore it, and every program that they start as well.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def work_dir():
    """A directory for the whole run. OBJD_TEST_DIR puts it on another disk, OBJD_TEST_KEEP leaves it there."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="objd-test-", dir=os.environ.get("OBJD_TEST_DIR")))
    yield path
    if "OBJD_TEST_KEEP" not in os.environ:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def server(work_dir):
    """One running server for the whole run; its address and root key also stand in OBJD_TEST_*."""
    if is_external():
        yield Remote()
        return
    if not os.access(objd_path(), os.X_OK):
        pytest.fail(f"no program {objd_path()}: ./dev build")
    objd = Objd(work_dir / "server").start()
    access_key, secret_key = objd.credentials()
    os.environ.update(OBJD_TEST_ENDPOINT=objd.endpoint, OBJD_TEST_ACCESS_KEY=access_key, OBJD_TEST_SECRET_KEY=secret_key)
    yield objd
    for name in ("OBJD_TEST_ENDPOINT", "OBJD_TEST_ACCESS_KEY", "OBJD_TEST_SECRET_KEY"):
        del os.environ[name]
    if objd.process.poll() is not None:
        pytest.fail(f"objd ended during the tests, with {objd.process.returncode}:\n{objd.log_tail()}")
    status = objd.stop()
    assert status == 0, f"objd stopped with {status}:\n{objd.log_tail()}"


@pytest.fixture
def own_server(tmp_path):
    """own_server(*arguments, start=True, data=None, **environment) -> Objd, stopped when the test ends."""
    if is_external():
        pytest.skip("needs servers of its own, and OBJD_TEST_ENDPOINT names one")
    started = []

    def make(*arguments, start=True, data=None, scheme="http", **environment):
        objd = Objd(data or tmp_path / f"objd{len(started)}", arguments, environment, scheme=scheme)
        started.append(objd)
        return objd.start() if start else objd

    yield make
    for objd in started:
        objd.kill()


@pytest.fixture(scope="session")
def endpoint(server):
    return server.endpoint


@pytest.fixture(scope="session")
def credentials(server):
    """(access key, secret key) of the server's root."""
    return server.credentials()


@pytest.fixture(scope="session")
def client_env(server, work_dir):
    """The environment of a client's process: its own home, AWS_* for the server, nothing else."""
    home = work_dir / "home"
    home.mkdir(exist_ok=True)
    access_key, secret_key = server.credentials()
    return clean_environment(home, AWS_ACCESS_KEY_ID=access_key, AWS_SECRET_ACCESS_KEY=secret_key,
                             AWS_DEFAULT_REGION=REGION, AWS_REGION=REGION, AWS_EC2_METADATA_DISABLED="true",
                             AWS_PAGER="", OBJCLI_ENDPOINT=server.endpoint)


@pytest.fixture(scope="session")
def s3(server):
    """A boto3 client that does not retry: what the server answers is what the test sees."""
    return make_s3(server)


@pytest.fixture
def make_bucket():
    """make_bucket(s3) -> the name of an empty bucket; it and what it then holds are deleted afterwards."""
    made = []

    def make(s3):
        name = unique_bucket()
        s3.create_bucket(Bucket=name)
        made.append((s3, name))
        return name

    yield make
    for s3, name in made:
        empty_bucket(s3, name)
        s3.delete_bucket(Bucket=name)


@pytest.fixture
def bucket(s3, make_bucket):
    """The name of an empty bucket of `server`."""
    return make_bucket(s3)


@pytest.fixture(scope="session")
def objcli():
    """The path of objcli."""
    if not os.access(objcli_path(), os.X_OK):
        pytest.fail(f"no program {objcli_path()}: ./dev build")
    return objcli_path()
