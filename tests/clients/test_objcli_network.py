"""objcli in a network namespace whose link resets, loses and stalls: everything arrives, byte-equal."""
import subprocess

import pytest

import lossy_link
from clientlib import MIB, file_digest, tree_digests, write_noise
from flaky_proxy import FlakyProxy

FILE_BYTES = 40 * MIB + 321


@pytest.fixture(scope="module")
def link():
    reason = lossy_link.why_not()
    if reason:
        pytest.skip(reason)
    link = lossy_link.LossyLink()
    yield link
    link.close()


@pytest.fixture
def inside(link, endpoint, objcli, client_env):
    """inside("put", ...) runs objcli in the namespace, against the server outside."""
    door = FlakyProxy(endpoint, host=link.outside)

    def call(*arguments):
        patient = ("--endpoint", door.endpoint, "--timeout", "2s", "--attempts", "30", "--quiet")
        env = {**client_env, "PATH": client_env["PATH"] + ":/usr/sbin:/sbin"}
        done = subprocess.run(link.command(objcli, *patient, *map(str, arguments)), env=env, capture_output=True, text=True,
                              timeout=300)
        assert done.returncode == 0, f"{arguments} -> {done.returncode}\n{done.stdout}\n{done.stderr}"
    yield call
    door.stop()


def test_a_bad_link_loses_and_corrupts_nothing(inside, link, bucket, small_tree, s3, tmp_path):
    file = write_noise(tmp_path / "file", FILE_BYTES, seed="lossy")
    link.limit_rate(megabit=160)
    link.lose(0.002)
    link.reset_every(packets=300)
    with link.stalling(every=4, seconds=3):
        inside("put", f"{bucket}/k", file)
        inside("get", f"{bucket}/k", tmp_path / "back")
        inside("put", "-r", f"{bucket}/t", small_tree)
        inside("get", "-r", f"{bucket}/t", tmp_path / "tree")
        inside("sync", "--checksum", f"s3://{bucket}/t", tmp_path / "synced")
        inside("sync", "--checksum", tmp_path / "tree", f"s3://{bucket}/t2")
    assert link.resets() > 10 and link.stalls > 0
    assert file_digest(tmp_path / "back") == file_digest(file)
    for name in ("tree", "synced"):
        assert tree_digests(tmp_path / name) == tree_digests(small_tree)
    stored = s3.list_objects_v2(Bucket=bucket, Prefix="t2/")
    assert {entry["Key"].removeprefix("t2/"): entry["Size"] for entry in stored["Contents"]} == {
        str(path.relative_to(small_tree)): path.stat().st_size for path in small_tree.rglob("*") if path.is_file()}
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
