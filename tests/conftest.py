"""Fixtures of all Python tests.

`server` is one objd for the whole run, on a port and data directory of its own; `own_server` makes servers that a test
may stop and kill. With OBJD_TEST_ENDPOINT, OBJD_TEST_ACCESS_KEY and OBJD_TEST_SECRET_KEY in the environment the tests use
that server, and those that need one of their own are skipped. OBJD and OBJCLI name the programs to test.
"""
import itertools
import os
import pathlib
import shutil
import tempfile

import pytest

from objd_process import REGION, Objd, Remote, clean_environment, objcli_path, objd_path

_names = itertools.count(1)
_external = "OBJD_TEST_ENDPOINT" in os.environ


@pytest.fixture(scope="session")
def work_dir():
    """A directory for the whole run. OBJD_TEST_DIR puts it on another disk."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="objd-test-", dir=os.environ.get("OBJD_TEST_DIR")))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def server(work_dir):
    """One running server for the whole run; its address and root key also stand in OBJD_TEST_*."""
    if _external:
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
    if _external:
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


def make_s3(server, **config):
    """A boto3 client for a server."""
    import boto3
    from botocore.config import Config
    options = {"s3": {"addressing_style": "path"}, "retries": {"max_attempts": 0}, "read_timeout": 300,
               "max_pool_connections": 80}
    options.update(config)
    access_key, secret_key = server.credentials()
    return boto3.client("s3", endpoint_url=server.endpoint, region_name=REGION, aws_access_key_id=access_key,
                        aws_secret_access_key=secret_key, config=Config(**options))


@pytest.fixture(scope="session")
def s3(server):
    """A boto3 client that does not retry: what the server answers is what the test sees."""
    return make_s3(server)


def unique_bucket():
    return f"test-{os.getpid()}-{next(_names)}"


@pytest.fixture
def bucket(s3):
    """The name of an empty bucket; it and what it then holds are deleted afterwards."""
    name = unique_bucket()
    s3.create_bucket(Bucket=name)
    yield name
    empty_bucket(s3, name)
    s3.delete_bucket(Bucket=name)


def empty_bucket(s3, name):
    for upload in s3.list_multipart_uploads(Bucket=name).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
        if keys:
            s3.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True})


@pytest.fixture(scope="session")
def objcli():
    """The path of objcli."""
    if not os.access(objcli_path(), os.X_OK):
        pytest.fail(f"no program {objcli_path()}: ./dev build")
    return objcli_path()
