"""objcli when transfers are killed, stopped, throttled, and when the link is bad."""
import json
import os
import signal
import subprocess
import time

import pytest

from clientlib import MIB, file_digest, tree_digests, write_noise
from flaky_proxy import FlakyProxy
from objcli_command import INTERRUPTED, OK, cli  # noqa: F401, a fixture

FILE_BYTES = 96 * MIB + 12345


@pytest.fixture(scope="module")
def file(work_dir):
    return write_noise(work_dir / "resumed", FILE_BYTES, seed="resumed")


@pytest.fixture
def proxy(endpoint):
    proxies = []

    def make(**how):
        proxies.append(FlakyProxy(endpoint, **how))
        return proxies[-1]
    yield make
    for one in proxies:
        one.stop()


@pytest.fixture
def start(objcli, client_env, tmp_path):
    """start(...) -> a running objcli with a state directory of its own."""
    def call(*arguments):
        env = {**client_env, "XDG_STATE_HOME": str(tmp_path / "state")}
        return subprocess.Popen([objcli, *map(str, arguments)], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)
    return call


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_upload_goes_on(start, cli, bucket, s3, file, proxy, how, tmp_path):
    # Through the proxy only to know when half is there, and to be slow enough for that; the state names the endpoint.
    link = proxy(bytes_per_second=20 * MIB)
    put = start("--endpoint", link.endpoint, "put", f"{bucket}/k", file)
    wait_until(lambda: link.sent > FILE_BYTES // 2)
    put.send_signal(how)
    error = put.communicate(timeout=30)[1]
    assert put.returncode == (INTERRUPTED if how == signal.SIGINT else -signal.SIGKILL), error
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket), "half an object is seen"
    if how == signal.SIGINT:
        assert "the same command goes on" in error
    link.settle()

    done = start("--json", "--endpoint", link.endpoint, "put", f"{bucket}/k", file)
    line = json.loads(done.communicate(timeout=120)[0])
    assert done.returncode == OK
    assert line["resumed"] >= 16 * MIB
    assert link.sent < FILE_BYTES - line["resumed"] + MIB, "parts were sent again"
    cli("get", f"{bucket}/k", tmp_path / "back")
    assert file_digest(tmp_path / "back") == file_digest(file)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert list((tmp_path / "state/objcli/uploads").iterdir()) == []


def test_an_upload_of_a_changed_file_begins_anew(start, cli, bucket, s3, proxy, tmp_path):
    file = write_noise(tmp_path / "file", 40 * MIB, seed=1)
    link = proxy(bytes_per_second=10 * MIB)
    put = start("--endpoint", link.endpoint, "put", f"{bucket}/k", file)
    wait_until(lambda: link.sent > 20 * MIB)
    put.kill()
    put.communicate()
    write_noise(file, 40 * MIB, seed=2)
    link.bytes_per_second = None
    done = start("--json", "--endpoint", link.endpoint, "put", f"{bucket}/k", file)
    line = json.loads(done.communicate(timeout=120)[0])
    assert done.returncode == OK and "resumed" not in line
    cli("get", f"{bucket}/k", tmp_path / "back")
    assert file_digest(tmp_path / "back") == file_digest(file)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket), "the old upload was left"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_download_goes_on(start, cli, bucket, file, proxy, how, tmp_path):
    cli("put", f"{bucket}/k", file)
    folder = tmp_path / "out"
    folder.mkdir()
    link = proxy(bytes_per_second=60 * MIB)
    get = start("--endpoint", link.endpoint, "get", f"{bucket}/k", folder / "file")
    wait_until(lambda: link.received > FILE_BYTES // 2)
    get.send_signal(how)
    get.communicate(timeout=30)
    assert [path.name.endswith(".part") for path in folder.iterdir()] == [True], "half a file has the file's name"
    link.settle()

    done = start("--json", "--endpoint", link.endpoint, "get", f"{bucket}/k", folder / "file")
    line = json.loads(done.communicate(timeout=120)[0])
    assert done.returncode == OK and line["verified"] is True
    assert FILE_BYTES > line["resumed"] > FILE_BYTES // 4
    assert link.received < FILE_BYTES - line["resumed"] + MIB, "it was fetched again"
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert file_digest(folder / "file") == file_digest(file)


def test_a_download_of_a_replaced_object_begins_anew(start, cli, bucket, file, proxy, tmp_path):
    cli("put", f"{bucket}/k", file)
    folder = tmp_path / "out"
    folder.mkdir()
    link = proxy(bytes_per_second=60 * MIB)
    get = start("--endpoint", link.endpoint, "get", f"{bucket}/k", folder / "file")
    wait_until(lambda: link.received > 30 * MIB)
    get.kill()
    get.communicate()
    other = write_noise(tmp_path / "other", 50 * MIB, seed="other")
    cli("put", f"{bucket}/k", other)
    link.bytes_per_second = None
    done = start("--json", "--endpoint", link.endpoint, "get", f"{bucket}/k", folder / "file")
    line = json.loads(done.communicate(timeout=120)[0])
    assert done.returncode == OK and "resumed" not in line
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert file_digest(folder / "file") == file_digest(other)


def test_what_is_damaged_of_a_part_file_is_fetched_again(start, cli, bucket, file, proxy, tmp_path):
    cli("put", f"{bucket}/k", file)
    folder = tmp_path / "out"
    folder.mkdir()
    link = proxy(bytes_per_second=60 * MIB)
    get = start("--endpoint", link.endpoint, "get", f"{bucket}/k", folder / "file")
    wait_until(lambda: link.received > 30 * MIB)
    get.kill()
    get.communicate()
    with open(next(folder.iterdir()), "r+b") as part:
        part.seek(MIB)
        part.write(b"damage")
    link.bytes_per_second = None
    done = cli("--json", "--endpoint", link.endpoint, "get", f"{bucket}/k", folder / "file")
    assert 0 < json.loads(done.stdout)["resumed"] < FILE_BYTES
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert file_digest(folder / "file") == file_digest(file)


def test_a_link_that_resets_and_stalls_loses_and_corrupts_nothing(cli, bucket, file, small_tree, proxy, tmp_path):
    link = proxy(reset_every=9 * MIB, stall_every=7)
    patient = ("--endpoint", link.endpoint, "--timeout", "2s", "--attempts", "10")
    cli(*patient, "put", f"{bucket}/k", file)
    cli(*patient, "--quiet", "put", "-r", f"{bucket}/tree", small_tree)
    cli(*patient, "get", f"{bucket}/k", tmp_path / "back")
    cli(*patient, "--quiet", "get", "-r", f"{bucket}/tree", tmp_path / "tree")
    assert link.resets > 5 and link.stalls > 0
    assert file_digest(tmp_path / "back") == file_digest(file)
    assert tree_digests(tmp_path / "tree") == tree_digests(small_tree)


def test_the_rate_is_limited_in_both_directions(cli, bucket, tmp_path):
    file = write_noise(tmp_path / "file", 6 * MIB, seed=3)
    started = time.monotonic()
    cli("--limit-rate", "2M", "put", f"{bucket}/k", file)
    cli("--limit-rate", "2M", "get", f"{bucket}/k", tmp_path / "back")
    assert 5 < time.monotonic() - started < 12
    assert file_digest(tmp_path / "back") == file_digest(file)


def test_ctrl_c_in_a_tree_leaves_whole_files_only(start, cli, bucket, small_tree, tmp_path):
    put = start("--limit-rate", "200K", "put", "-r", f"{bucket}/t", small_tree)
    wait_until(lambda: cli("ls", "-r", bucket).stdout.count("\n") > 2)
    put.send_signal(signal.SIGINT)
    error = put.communicate(timeout=30)[1]
    assert put.returncode == INTERRUPTED and error.count("\n") < 5, error
    cli("--quiet", "get", "-r", f"{bucket}/t", tmp_path / "back")
    files = tree_digests(small_tree)
    back = tree_digests(tmp_path / "back")
    assert 0 < len(back) < len(files) and all(files[name] == digest for name, digest in back.items())


def test_without_a_terminal_a_line_each_ten_seconds(start, bucket, tmp_path):
    file = write_noise(tmp_path / "file", 5 * MIB, seed=4)
    put = start("--limit-rate", "400K", "put", f"{bucket}/k", file)
    error = put.communicate(timeout=60)[1]
    assert put.returncode == OK
    lines = error.splitlines()
    assert len(lines) == 1 and "of 5.0 MiB" in lines[0] and "/s" in lines[0] and "left" in lines[0], error
    assert "\r" not in error and "\033" not in error and os.linesep in error
