"""put and get with --delta: what differs travels, the rest does not, and the result is the same wherever it comes from."""
import json
import shutil

import pytest

from clientlib import MIB, file_digest, noise, tree_digests
from flaky_proxy import FlakyProxy
from objcli_command import DENIED, NOT_FOUND, PRECONDITION, USAGE, cli  # noqa: F401, a fixture


def edited(data):
    """A change in place, an insertion and a removal."""
    middle = len(data) // 2
    return data[:MIB] + b"changed!" + data[MIB + 8:middle] + noise(5_000, seed="new") + data[middle:-MIB] + data[-MIB + 77:]


@pytest.fixture
def versions(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(noise(20 * MIB + 321, seed="delta"))
    new.write_bytes(edited(old.read_bytes()))
    return old, new


def put(cli, *arguments, **options):
    return json.loads(cli("--json", "put", "--delta", *arguments, **options).stdout)


def get(cli, *arguments, **options):
    return json.loads(cli("--json", "get", "--delta", *arguments, **options).stdout)


def test_a_put_sends_what_differs_from_the_object_that_it_replaces(cli, bucket, versions, s3):
    old, new = versions
    first = put(cli, f"{bucket}/image", old)
    assert first["delta"] is False and first["sent_bytes"] == old.stat().st_size
    second = put(cli, f"{bucket}/image", new)
    assert second["delta"] is True and second["sent_bytes"] < 30_000
    assert second["checksum"].startswith("CRC64NVME:")
    assert s3.get_object(Bucket=bucket, Key="image")["Body"].read() == new.read_bytes()
    head = s3.head_object(Bucket=bucket, Key="image", ChecksumMode="ENABLED")["ResponseMetadata"]["HTTPHeaders"]
    assert head["x-amz-checksum-crc64nvme"] == second["checksum"].split(":")[1]


def test_the_object_is_the_one_that_a_plain_put_makes(cli, bucket, versions, s3):
    old, new = versions
    cli("put", f"{bucket}/base", old)
    put(cli, "--delta-base", f"{bucket}/base", f"{bucket}/made", new)
    s3.put_object(Bucket=bucket, Key="plain", Body=new.read_bytes())
    assert s3.head_object(Bucket=bucket, Key="made")["ETag"] == s3.head_object(Bucket=bucket, Key="plain")["ETag"]


def test_a_get_receives_what_differs_from_an_older_copy(cli, bucket, versions, tmp_path):
    old, new = versions
    cli("put", f"{bucket}/image", new)
    back = get(cli, "--delta-from", old, f"{bucket}/image", tmp_path / "back")
    assert back["delta"] is True and back["verified"] is True and back["received_bytes"] < MIB
    assert file_digest(tmp_path / "back") == file_digest(new)
    assert get(cli, f"{bucket}/image", old)["delta"] is True
    assert file_digest(old) == file_digest(new)


def test_headers_conditions_and_times_are_those_of_the_ordinary_commands(cli, bucket, versions, s3, tmp_path):
    old, new = versions
    put(cli, "--metadata", "a=1", "--tag", "t=2", "--content-type", "x/y", f"{bucket}/image", old)
    etag = s3.head_object(Bucket=bucket, Key="image")["ETag"]
    assert put(cli, "--metadata", "a=3", "--tag", "t=4", "--if-match", etag, f"{bucket}/image", new)["delta"] is True
    head = s3.head_object(Bucket=bucket, Key="image")
    assert head["Metadata"] == {"a": "3"} and head["ContentType"] == "application/octet-stream"
    assert s3.get_object_tagging(Bucket=bucket, Key="image")["TagSet"] == [{"Key": "t", "Value": "4"}]
    cli("put", "--delta", "--if-match", etag, f"{bucket}/image", old, status=PRECONDITION)
    cli("put", "--delta", "--no-overwrite", f"{bucket}/image", old, status=PRECONDITION)
    assert s3.get_object(Bucket=bucket, Key="image")["Body"].read() == new.read_bytes()


def test_an_older_version_comes_by_what_differs_too(cli, bucket, versions, s3, tmp_path):
    old, new = versions
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    cli("put", f"{bucket}/image", old)
    version = s3.head_object(Bucket=bucket, Key="image")["VersionId"]
    cli("put", f"{bucket}/image", new)
    back = get(cli, "--version-id", version, "--delta-from", new, f"{bucket}/image", tmp_path / "back")
    assert back["delta"] is True
    assert file_digest(tmp_path / "back") == file_digest(old)
    cli("rm", "-r", "--versions", f"{bucket}/")


def test_trees_travel_by_what_differs(cli, bucket, versions, endpoint, tmp_path):
    old, new = versions
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, image in ((first, old), (second, new)):
        folder.mkdir()
        shutil.copy(image, folder / "image")
        (folder / "small").write_text(folder.name)
    link = FlakyProxy(endpoint)
    cli("put", "-r", "--delta", f"{bucket}/t", first)
    cli("--endpoint", link.endpoint, "put", "-r", "--delta", f"{bucket}/t", second)
    assert link.sent < MIB
    cli("--endpoint", link.endpoint, "get", "-r", "--delta", f"{bucket}/t", first)
    assert link.received < 3 * MIB
    assert tree_digests(first) == tree_digests(second)
    shutil.copy(old, second / "image")
    cli("--endpoint", link.endpoint, "sync", "--checksum", "--delta", second, f"s3://{bucket}/t")
    assert link.sent < MIB
    link.stop()
    cli("sync", f"s3://{bucket}/t", tmp_path / "back")
    assert tree_digests(tmp_path / "back") == tree_digests(second)


def test_what_makes_no_sense_is_refused(cli, bucket, versions):
    old, new = versions
    cli("put", "--delta-base", f"{bucket}/a", f"{bucket}/", old, new, status=USAGE)
    cli("put", "--delta", f"{bucket}/a", "-", input="x", status=USAGE)
    cli("get", "--delta", f"{bucket}/a", "-", status=USAGE)
    cli("get", "--delta", "--range", "0-1", f"{bucket}/a", old, status=USAGE)
    cli("get", "-r", "--delta-from", old, f"{bucket}/a", "x", status=USAGE)


def test_without_anything_alike_the_whole_goes_over(cli, bucket, versions, tmp_path):
    old, new = versions
    cli("put", f"{bucket}/other", versions[0])
    (tmp_path / "unlike").write_bytes(noise(5 * MIB, seed="unlike"))
    assert put(cli, f"{bucket}/other", tmp_path / "unlike")["delta"] is False
    assert put(cli, "--delta-base", f"{bucket}/none", f"{bucket}/image", new)["delta"] is False
    assert get(cli, "--delta-from", tmp_path / "none", f"{bucket}/image", tmp_path / "back")["delta"] is False
    assert file_digest(tmp_path / "back") == file_digest(new)


def test_refusals_are_those_of_a_plain_transfer(cli, bucket, versions, tmp_path):
    cli("get", "--delta", f"{bucket}/missing", tmp_path / "x", status=NOT_FOUND)
    assert not (tmp_path / "x").exists()
    cli("--anonymous", "put", "--delta", f"{bucket}/key", versions[0], status=DENIED)
    cli("put", "--delta", f"{bucket}/key", tmp_path / "missing", status=NOT_FOUND)


def test_a_cache_is_saved_by_what_differs_from_the_last_one(cli, bucket, tmp_path):
    root = tmp_path / "tree"
    root.mkdir()
    for number in range(200):
        (root / f"f{number}").write_bytes(noise(30_000, seed=number))
    save = ("--json", "cache", "save", "--bucket", bucket, "--root", root, "--restore-key", "b-", "--key")
    cli(*save, "b-1", ".")
    (root / "f7").write_bytes(noise(30_001, seed="changed"))
    second = json.loads(cli(*save, "b-2", ".").stdout)
    assert second["saved"] is True and second["sent_bytes"] < second["archive_bytes"] / 10
    (tmp_path / "back").mkdir()
    cli("cache", "restore", "--bucket", bucket, "--key", "b-2", "--root", tmp_path / "back")
    assert {p.name: file_digest(p) for p in (tmp_path / "back").iterdir()} == {p.name: file_digest(p) for p in root.iterdir()}
